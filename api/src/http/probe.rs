//! What operators and their machines ask.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use tokio::time::timeout;
use tracing::warn;

use super::Gateway;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process runs.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// Requests can be served: the database answers, and this node does not stop.
pub(super) async fn ready(State(gateway): State<Gateway>) -> (StatusCode, &'static str) {
    if *gateway.closing.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match timeout(PATIENCE, gateway.app.store.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(cause)) => {
            warn!(error = ?cause, "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database fails\n")
        }
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}

/// The counters, for Prometheus. Asking costs no statement.
pub(super) async fn metrics(State(gateway): State<Gateway>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let page = gateway.metrics.page(gateway.app.store.statements());
    ([(header::CONTENT_TYPE, kind)], page)
}
