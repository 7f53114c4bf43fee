//! When batches are loaded: as soon as execution can go no further without them. Everything that a level of the answer
//! asks for is then in one batch, always. A timer would make the number of statements a matter of luck, a task of its own
//! would start before the last sibling has asked.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use async_graphql::futures_util::future::BoxFuture;
use async_graphql::futures_util::stream::{FuturesUnordered, StreamExt};

/// The batches that resolvers of one request have asked for and that do not run yet.
#[derive(Clone, Default)]
pub struct Batches(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

/// Whether an execution that waits has already been told to go on: large lists make way for others in the middle.
struct Turn {
    again: AtomicBool,
    outer: Waker,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.again.store(true, Ordering::SeqCst);
        self.outer.wake_by_ref();
    }
}

impl Batches {
    /// Asks for a batch.
    pub fn add(&self, batch: BoxFuture<'static, ()>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(batch);
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs an execution, and the batches that it asks for each time it waits.
    pub async fn drive<F: Future>(&self, execution: F) -> F::Output {
        let mut execution = pin!(execution);
        let mut running = FuturesUnordered::new();
        poll_fn(|cx| {
            let turn = Arc::new(Turn {
                again: AtomicBool::new(false),
                outer: cx.waker().clone(),
            });
            let waker = Waker::from(turn.clone());
            loop {
                let mut inner = Context::from_waker(&waker);
                if let Poll::Ready(output) = execution.as_mut().poll(&mut inner) {
                    return Poll::Ready(output);
                }
                if turn.again.swap(false, Ordering::SeqCst) {
                    continue;
                }
                running.extend(self.take());
                match running.poll_next_unpin(cx) {
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) | Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }
}
