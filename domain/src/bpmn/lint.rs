//! (stub)
use super::Problem;
use super::read::Draft;

/// Everything that validation finds in a process of the file: what stands in the way of publishing, and what is legal and
/// still worth a look. In order of place.
pub fn findings(_draft: &Draft, _key: &str) -> Vec<Problem> {
    todo!()
}
