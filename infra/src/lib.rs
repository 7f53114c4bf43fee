//! What Docket does to the world outside: the database, keys, the identity provider, the clock.
//!
//! What this crate does *not* know: GraphQL, serving HTTP, and any rule about business.

pub mod clock;
pub mod config;
pub mod crypto;
pub mod identity;
pub mod store;
