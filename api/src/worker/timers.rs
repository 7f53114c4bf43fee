//! Timers: fired when they are due by our clock, which somebody may move.

use std::time::Duration;

use tokio::time::timeout;

use super::{closed, round};
use crate::app::AppError;
use crate::http::Gateway;

/// Timers fired before somebody else gets a turn.
const BATCH: u32 = 64;
/// Rounds for one moved clock; a model can set a timer that is due at once for ever.
const MAX_ROUNDS: usize = 1_000;
/// Other nodes set timers too; this is how late one of theirs is noticed.
const POLL: Duration = Duration::from_secs(1);

pub(super) async fn run(gateway: Gateway) {
    let mut moved = gateway.moved.subscribe();
    loop {
        let pause = round(&gateway, "timers", turn(&gateway))
            .await
            .unwrap_or(POLL);
        tokio::select! {
            () = closed(&gateway) => return,
            // Whichever it is, the next round looks.
            _ = timeout(pause, moved.changed()) => {}
        }
    }
}

/// Fires what is due; how long until something may be due again.
async fn turn(gateway: &Gateway) -> Result<Duration, AppError> {
    let app = &gateway.app;
    let Some(next) = app.store.next_timer().await? else {
        return Ok(POLL);
    };
    let now = app.clock.now();
    if next > now {
        let left = Duration::try_from(next.duration_since(now)).unwrap_or(POLL);
        return Ok(left.min(POLL));
    }
    let firing = gateway.firing.lock().await;
    let fired = app.fire_due_timers(BATCH).await?;
    drop(firing);
    gateway.metrics.timers(fired);
    // What is due and does not fire was logged; without a pause it would be tried all the time.
    Ok(if fired > 0 { Duration::ZERO } else { POLL })
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
