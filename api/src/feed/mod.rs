//! From the journal to live subscriptions. The journal is the truth: nothing is published by hand after a commit, a wake-up
//! is only a hint that it has grown. Knows nothing of GraphQL and of sockets.
//!
//! ```text
//!  journal ──pump──▶ router ──▶ queue (256) ──▶ delivery: judge, number ──▶ subscription
//!                    principal → subscriptions    overflow or an entry that is missing ⇒ reset, and the list again
//! ```

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use docket_domain::access::Actor;
use docket_infra::store::{Position, Store, StoreError};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

pub mod cursor;
pub mod delivery;
mod router;
pub mod work;

pub use router::{Heard, Listener, Subject};

use router::Router;

/// Entries that are read at once.
const BATCH: u32 = 256;

/// Live subscriptions of this node. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hub(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// How far the journal was routed; nothing before the first subscription or pump.
    position: tokio::sync::Mutex<Option<Position>>,
    router: Mutex<Router>,
    grown: Notify,
    moved: Notify,
}

impl Hub {
    /// Reads the journal after the hub's position and routes it; how many entries were routed. Two at once take turns.
    pub async fn pump(&self, store: &Store) -> Result<usize, StoreError> {
        let mut position = self.0.position.lock().await;
        let mut after = known(&mut position, store).await?;
        let mut routed = 0;
        loop {
            let entries = store.journal_after(after, BATCH).await?;
            let full = entries.len() == BATCH as usize;
            for (at, tenant, entry) in entries {
                match entry {
                    Some(entry) => self.router().route(tenant, at, &Arc::new(entry)),
                    // Whom it concerned cannot be told: everybody in the tenant reads anew, and nobody else notices.
                    None => self.router().miss(tenant),
                }
                after = at;
                *position = Some(at);
                routed += 1;
            }
            if !full {
                return Ok(routed);
            }
        }
    }

    /// Hints that the journal has grown.
    pub fn wake(&self) {
        self.0.grown.notify_one();
    }

    /// Waits for a hint; one that came since the last wait counts. For one waiter.
    pub async fn woken(&self) {
        self.0.grown.notified().await;
    }

    /// Says that somebody has moved the clock.
    pub fn move_clock(&self) {
        self.0.moved.notify_waiters();
    }

    /// Waits until somebody moves the clock from now on.
    pub fn clock_moved(&self) -> Notified<'_> {
        self.0.moved.notified()
    }

    /// Begins to listen as a person to what concerns a subject. Whatever is committed from now on is heard; what was
    /// committed shortly before may be heard as well.
    pub async fn listen(
        &self,
        store: &Store,
        actor: &Actor,
        subject: Subject,
    ) -> Result<Listener, StoreError> {
        // Without a position of its own the hub would begin after what is committed until the first pump.
        known(&mut *self.0.position.lock().await, store).await?;
        Ok(Listener::join(self.clone(), actor, subject))
    }

    /// How many subscriptions are live.
    pub fn subscriptions(&self) -> usize {
        self.router().len()
    }

    fn router(&self) -> MutexGuard<'_, Router> {
        self.0.router.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn known(position: &mut Option<Position>, store: &Store) -> Result<Position, StoreError> {
    match *position {
        Some(position) => Ok(position),
        None => Ok(*position.insert(store.position().await?)),
    }
}
