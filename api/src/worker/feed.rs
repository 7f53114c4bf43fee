//! The journal to its subscribers: whenever somebody hints that it has grown. Each commit of this process hints, and a hint
//! waits for its reader, so between them nothing has to be asked.

use std::time::Duration;

use tokio::time::timeout;

use super::{closed, round};
use crate::app::AppError;
use crate::http::Gateway;

/// Without a hint: for what another process did to the database, which this one is alone with.
const POLL: Duration = Duration::from_secs(10);

pub(super) async fn run(gateway: Gateway) {
    loop {
        // What was committed may have set a timer; that must not wait for the feed.
        gateway.committed.notify_one();
        round(&gateway, "feed", route(&gateway)).await;
        tokio::select! {
            () = closed(&gateway) => return,
            // Woken or not, the next round looks.
            _ = timeout(POLL, gateway.app.hub.woken()) => {}
        }
    }
}

/// Routes all that the journal holds. One at a time, so that the order is the journal's.
pub(super) async fn route(gateway: &Gateway) -> Result<(), AppError> {
    let mut told = gateway.told.lock().await;
    let end = gateway.app.store.position().await?.0;
    if end == *told {
        return Ok(());
    }
    // A round that fails leaves this behind it, for `/metrics`.
    gateway.metrics.journal(end, *told);
    gateway.app.hub.pump(&gateway.app.store).await?;
    *told = end;
    gateway.metrics.journal(end, end);
    Ok(())
}
