//! The journal to its subscribers: when somebody hints that it has grown, and each second in any case.

use std::time::Duration;

use tokio::time::timeout;

use super::{closed, round};
use crate::app::AppError;
use crate::http::Gateway;

/// Hints may be lost; then this is how late a change is told.
const POLL: Duration = Duration::from_secs(1);

pub(super) async fn run(gateway: Gateway) {
    loop {
        round(&gateway, "feed", route(&gateway)).await;
        tokio::select! {
            () = closed(&gateway) => return,
            // Woken or not, the next round looks.
            _ = timeout(POLL, gateway.app.hub.woken()) => {}
        }
    }
}

/// Routes until nothing is left. One at a time, so that the order is the journal's.
pub(super) async fn route(gateway: &Gateway) -> Result<(), AppError> {
    let _routing = gateway.routing.lock().await;
    let end = gateway.app.store.position().await?;
    while gateway.app.hub.pump(&gateway.app.store).await? > 0 {}
    gateway.routed.send_replace(end.0);
    gateway.metrics.journal(end.0);
    Ok(())
}
