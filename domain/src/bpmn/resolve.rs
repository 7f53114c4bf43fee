//! (stub)
use super::read::Draft;
use super::{Problem, Process};

/// The executable process of a key, or everything that stands in its way.
pub fn resolve(_draft: &Draft, _key: &str) -> Result<Process, Vec<Problem>> {
    todo!()
}
