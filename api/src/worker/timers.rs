//! Timers and schedules: what is due by our clock, which somebody may move, happens. When the next one is due is
//! remembered; the database is asked again when something was committed, and every second, for what other nodes set.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use super::{closed, round};
use crate::app::AppError;
use crate::app::timer::Pace;
use crate::http::Gateway;

/// Processes started by themselves before timers have their turn again.
const STARTS: u32 = 64;
/// Rounds for one moved clock; a model can set a timer that is due at once for ever.
const MAX_ROUNDS: usize = 1_000;
/// How long nobody looks at most: another node may have set what it does not live to fire, and what is due and does not
/// happen is tried again.
const GLANCE: Duration = Duration::from_secs(1);

pub(super) async fn run(gateway: Gateway) {
    let mut moved = gateway.moved.subscribe();
    let mut pace = Pace::default();
    loop {
        let next = round(&gateway, "timers", turn(&gateway, &mut pace)).await;
        tokio::select! {
            () = closed(&gateway) => return,
            () = due(&gateway, next.flatten()) => {}
            () = gateway.committed.notified() => {}
            Ok(()) = moved.changed() => {}
        }
    }
}

/// Waits for a moment of our clock, a glance at most.
async fn due(gateway: &Gateway, next: Option<Timestamp>) {
    let left = next.map(|next| next.duration_since(gateway.app.clock.now()));
    let pause = match left.map(Duration::try_from) {
        Some(Ok(left)) => left.min(GLANCE),
        Some(Err(_)) => return,
        None => GLANCE,
    };
    timeout(pause, std::future::pending::<()>()).await.ok();
}

/// Lets happen what is due; when the next one is that is not due yet.
async fn turn(gateway: &Gateway, pace: &mut Pace) -> Result<Option<Timestamp>, AppError> {
    let store = &gateway.app.store;
    loop {
        let now = gateway.app.clock.now();
        let firing = gateway.firing.lock().await;
        let happened = step(gateway, pace).await?;
        drop(firing);
        if happened == 0 {
            let timer = store.next_timer(now).await?;
            let schedule = store.next_schedule(now).await?;
            return Ok(timer.into_iter().chain(schedule).min());
        }
    }
}

/// Lets happen everything that is due, and what becomes due by that.
pub(super) async fn fire(gateway: &Gateway) -> Result<(), AppError> {
    let mut pace = Pace::default();
    for _ in 0..MAX_ROUNDS {
        if step(gateway, &mut pace).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// A batch of what is due; how many happened.
async fn step(gateway: &Gateway, pace: &mut Pace) -> Result<usize, AppError> {
    let fired = gateway.app.fire_due_timers(pace).await?;
    gateway.metrics.timers(fired);
    let started = gateway.app.start_due(STARTS).await?;
    Ok(fired + started)
}
