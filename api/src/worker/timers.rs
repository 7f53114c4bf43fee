//! Timers: fired when they are due by our clock, which somebody may move. When the next one is due is remembered; the
//! database is asked again when something was committed.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use super::{closed, round};
use crate::app::AppError;
use crate::http::Gateway;

/// Timers fired before somebody else gets a turn.
const BATCH: u32 = 64;
/// Rounds for one moved clock; a model can set a timer that is due at once for ever.
const MAX_ROUNDS: usize = 1_000;
/// A clock that can be set may be moved by somebody who tells nobody.
const GLANCE: Duration = Duration::from_secs(1);

pub(super) async fn run(gateway: Gateway) {
    let mut moved = gateway.moved.subscribe();
    loop {
        let next = round(&gateway, "timers", turn(&gateway)).await.flatten();
        tokio::select! {
            () = closed(&gateway) => return,
            () = due(&gateway, next) => {}
            () = gateway.committed.notified() => {}
            Ok(()) = moved.changed() => {}
        }
    }
}

/// Waits for a moment of our clock; for ever, if there is none.
async fn due(gateway: &Gateway, next: Option<Timestamp>) {
    let Some(next) = next else {
        return std::future::pending().await;
    };
    // At least one glance, so that what is due and does not fire is not tried all the time.
    loop {
        let left = next.duration_since(gateway.app.clock.now());
        let pause = Duration::try_from(left).map_or(GLANCE, |left| left.min(GLANCE));
        timeout(pause, std::future::pending::<()>()).await.ok();
        if next <= gateway.app.clock.now() {
            return;
        }
    }
}

/// Fires what is due; when the next one is, or those that did not fire.
async fn turn(gateway: &Gateway) -> Result<Option<Timestamp>, AppError> {
    let app = &gateway.app;
    loop {
        let next = app.store.next_timer().await?;
        if next.is_none_or(|next| next > app.clock.now()) {
            return Ok(next);
        }
        let firing = gateway.firing.lock().await;
        let fired = app.fire_due_timers(BATCH).await?;
        drop(firing);
        gateway.metrics.timers(fired);
        if fired == 0 {
            return Ok(next);
        }
    }
}

/// Fires everything that is due, and what becomes due by that.
pub(super) async fn fire(gateway: &Gateway) -> Result<(), AppError> {
    for _ in 0..MAX_ROUNDS {
        let fired = gateway.app.fire_due_timers(BATCH).await?;
        if fired == 0 {
            break;
        }
        gateway.metrics.timers(fired);
    }
    Ok(())
}
