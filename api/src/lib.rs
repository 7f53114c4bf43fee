//! What Docket serves: use cases, the GraphQL contract, and the feed of changes.
//!
//! What this crate does *not* know: SQL, ciphers, and any rule about business. What is decided is decided in
//! `docket_domain`; what touches the world is in `docket_infra`.

pub mod app;
pub mod demo;
pub mod feed;
pub mod graphql;
pub mod http;
pub mod metrics;
pub mod worker;
