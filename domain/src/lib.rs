//! The rules of Docket: how models are read, how instances run, what a task may become, and who may see what.
//!
//! What this crate does *not* know: runtimes and `async`, databases, HTTP, GraphQL, files, the clock and randomness.
//! Time and fresh ids come in as arguments; the same inputs give the same outputs.

pub mod access;
pub mod bpmn;
pub mod dmn;
pub mod engine;
pub mod expr;
pub mod history;
pub mod ids;
pub mod journal;
pub mod process;
pub mod task;
pub mod time;
pub mod value;
pub mod work;
