//! When loaders load: as soon as the execution that asks can do nothing else, and no sooner. On a thread of its own a batch
//! would begin while the rows of a page are still asking, and a page would cost as many statements as the threads happen to
//! give it.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, Stream};

/// How often an execution that wakes itself is asked again before batches begin.
const TURNS: usize = 64;

/// The batches of one execution that have not begun.
#[derive(Clone, Default)]
pub struct Batches(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl Batches {
    /// Adds a batch.
    pub fn push(&self, batch: BoxFuture<'static, ()>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(batch);
    }

    fn take(&self) -> Vec<BoxFuture<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs an execution together with its batches. What is left of them ends with it.
    pub fn drive<F: Future>(self, execution: F) -> impl Future<Output = F::Output> {
        Driven {
            execution: Box::pin(execution),
            batches: self,
            running: FuturesUnordered::new(),
        }
    }
}

struct Driven<F> {
    execution: Pin<Box<F>>,
    batches: Batches,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl<F: Future> Future for Driven<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        loop {
            if let Poll::Ready(output) = settle(self.execution.as_mut(), context) {
                return Poll::Ready(output);
            }
            let begun = self.batches.take();
            let mut moved = !begun.is_empty();
            self.running.extend(begun);
            while let Poll::Ready(Some(())) = Pin::new(&mut self.running).poll_next(context) {
                moved = true;
            }
            if !moved {
                return Poll::Pending;
            }
        }
    }
}

/// Polls until the execution waits for somebody else: one that has woken itself has more to ask.
fn settle<F: Future>(mut execution: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
    let note = Arc::new(Note {
        woken: AtomicBool::new(false),
        outer: context.waker().clone(),
    });
    let waker = Waker::from(note.clone());
    for _ in 0..TURNS {
        note.woken.store(false, Ordering::Release);
        let polled = execution.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() || !note.woken.load(Ordering::Acquire) {
            return polled;
        }
    }
    Poll::Pending
}

/// Notes a wake-up and passes it on.
struct Note {
    woken: AtomicBool,
    outer: Waker,
}

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.outer.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    /// Fifty rows ask, each after giving way once; one batch answers whoever has asked by then.
    #[tokio::test]
    async fn a_batch_begins_when_every_row_has_asked() {
        let batches = Batches::default();
        let asked: Arc<Mutex<Vec<oneshot::Sender<usize>>>> = Arc::default();
        let begun = Arc::new(AtomicUsize::new(0));
        let rows = (0..50).map(|_| {
            let (batches, asked, begun) = (batches.clone(), asked.clone(), begun.clone());
            async move {
                tokio::task::yield_now().await;
                let (sender, answer) = oneshot::channel();
                let first = {
                    let mut asked = asked.lock().unwrap();
                    asked.push(sender);
                    asked.len() == 1
                };
                if first {
                    batches.push(Box::pin(async move {
                        begun.fetch_add(1, Ordering::SeqCst);
                        let asked = std::mem::take(&mut *asked.lock().unwrap());
                        let size = asked.len();
                        for sender in asked {
                            sender.send(size).unwrap();
                        }
                    }));
                }
                answer.await.unwrap()
            }
        });
        let sizes = batches.clone().drive(join_all(rows)).await;
        assert_eq!(sizes, vec![50; 50]);
        assert_eq!(begun.load(Ordering::SeqCst), 1);
    }
}
