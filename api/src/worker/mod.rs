//! What runs beside requests, and the only place that starts it: the server itself, the feed, the timers and the chores.
//! A round that fails or panics is logged and counted, and the next one is tried.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::error;

use crate::app::AppError;
use crate::http::Gateway;

mod chores;
mod effects;
mod feed;
mod timers;

/// What runs beside requests.
pub struct Workers {
    tasks: JoinSet<()>,
}

impl Workers {
    /// Starts the server, which ends by itself when the gateway closes, and the loops.
    pub fn start(gateway: &Gateway, serving: impl Future<Output = ()> + Send + 'static) -> Workers {
        let mut tasks = JoinSet::new();
        tasks.spawn(serving);
        tasks.spawn(feed::run(gateway.clone()));
        tasks.spawn(timers::run(gateway.clone()));
        tasks.spawn(effects::run(gateway.clone()));
        tasks.spawn(chores::run(gateway.clone()));
        Workers { tasks }
    }

    /// Waits until everything has ended after the gateway was closed; what takes longer is cut off.
    pub async fn join(mut self, patience: Duration) {
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(cause) = ended {
                    error!(error = %cause, "background work ended badly");
                }
            }
        };
        if timeout(patience, all).await.is_err() {
            error!("background work did not end in time and was cut off");
        }
    }
}

/// Moves a clock that can be moved, and lets everything that became due happen and be told; the new time, or `None` if
/// the clock is the system's.
pub async fn advance(gateway: &Gateway, by: SignedDuration) -> Result<Option<Timestamp>, AppError> {
    let firing = gateway.firing.lock().await;
    if !gateway.app.clock.advance(by) {
        return Ok(None);
    }
    timers::fire(gateway).await?;
    drop(firing);
    feed::route(gateway).await?;
    gateway.moved.send_modify(|moved| *moved += 1);
    gateway.app.hub.move_clock();
    Ok(Some(gateway.app.clock.now()))
}

/// Routes what the journal holds and nobody was told of.
pub async fn settle(gateway: &Gateway) -> Result<(), AppError> {
    feed::route(gateway).await
}

/// One round of background work; `None` if it failed.
async fn round<T, E: std::fmt::Debug>(
    gateway: &Gateway,
    work: &'static str,
    round: impl Future<Output = Result<T, E>>,
) -> Option<T> {
    let failed = match AssertUnwindSafe(round).catch_unwind().await {
        Ok(Ok(done)) => return Some(done),
        Ok(Err(cause)) => format!("{cause:?}"),
        Err(_) => "it panicked".to_owned(),
    };
    error!(work, error = failed, "a round of background work failed");
    gateway.metrics.failure();
    None
}

/// Until the gateway closes.
async fn closed(gateway: &Gateway) {
    let mut closing = gateway.closing.subscribe();
    // The sender lives in the gateway, so this can only end in one way.
    closing.wait_for(|closing| *closing).await.ok();
}
