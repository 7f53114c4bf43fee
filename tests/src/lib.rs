//! The harness: one server, one database, one clock; people, and what they can send. A test makes a [`TestServer`], then
//! people, and the people speak GraphQL over HTTP or a socket as any client would.
//!
//! What this crate does *not* know: rows, keys and tables. What cannot be reached through the API is not tested here.

pub mod betsy;
pub mod conformance;
pub mod models;
pub mod server;
pub mod socket;
pub mod user;

pub use server::{Executable, TestServer};
pub use socket::Socket;
pub use user::User;
