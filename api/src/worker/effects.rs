//! Signals and messages that whoever threw them did not deliver: after a restart, in great number, or put off after a
//! failure.

use std::time::Duration;

use tokio::time::timeout;

use super::{closed, round};
use crate::app::AppError;
use crate::http::Gateway;

/// Deliveries done before somebody else gets a turn.
const BATCH: u32 = 64;
/// Without a hint: what was put off becomes due by a clock that somebody may move.
const GLANCE: Duration = Duration::from_secs(1);

pub(super) async fn run(gateway: Gateway) {
    loop {
        round(&gateway, "effects", deliver(&gateway)).await;
        tokio::select! {
            () = closed(&gateway) => return,
            // Woken or not, the next round looks.
            _ = timeout(GLANCE, gateway.app.thrown.notified()) => {}
        }
    }
}

/// Delivers what is due.
async fn deliver(gateway: &Gateway) -> Result<(), AppError> {
    while gateway.app.deliver_due(BATCH).await? > 0 {}
    Ok(())
}
