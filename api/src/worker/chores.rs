//! What has to be tidied up now and then.

use std::time::Duration;

use docket_infra::store::StoreError;
use jiff::SignedDuration;
use tokio::time::timeout;
use tracing::debug;

use super::{closed, round};
use crate::http::Gateway;

/// How long an answer to an idempotent request is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// From one round to the next.
const PERIOD: Duration = Duration::from_secs(600);

pub(super) async fn run(gateway: Gateway) {
    loop {
        round(&gateway, "chores", forget(&gateway)).await;
        if timeout(PERIOD, closed(&gateway)).await.is_ok() {
            return;
        }
    }
}

async fn forget(gateway: &Gateway) -> Result<(), StoreError> {
    let before = gateway.app.clock.now() - KEPT;
    let forgotten = gateway.app.store.forget_before(before).await?;
    if forgotten > 0 {
        debug!(
            forgotten,
            "answers to old idempotent requests were forgotten"
        );
    }
    Ok(())
}
