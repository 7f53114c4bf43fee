//! From the journal to live subscriptions. The journal is the truth: nothing is published by hand after a commit, a wake-up
//! is only a hint that it has grown.

use docket_infra::store::{Store, StoreError};

pub mod cursor;

/// Live subscriptions of this node. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hub {}

impl Hub {
    /// Reads the journal after the hub's position and routes it; how many entries were routed.
    pub async fn pump(&self, _store: &Store) -> Result<usize, StoreError> {
        todo!()
    }

    /// Hints that the journal has grown.
    pub fn wake(&self) {
        todo!()
    }

    /// Waits for a hint; one that came since the last wait counts.
    pub async fn woken(&self) {
        todo!()
    }
}
