//! `/graphql/ws`: the `graphql-transport-ws` protocol, by the letter, with the limits that it leaves open.
//!
//! ```text
//! upgrade ─ origin, subprotocol ─▶ session ─ connection_init within 5 s ─▶ operations ─▶ outbox ─▶ socket
//!                                     ▲                                        │
//!                                     └── clock, shutdown, silence ── ending ──┘
//! ```
//!
//! One task serves one socket: it reads, polls what runs, and writes. Nobody waits for a slow reader: what does not fit
//! into the outbox ends the session, and a client that comes back resumes with its cursor.

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Gateway, RequestId, origin};

mod ending;
mod message;
mod operation;
mod outbox;
mod seats;
mod session;

pub use seats::Seats;

/// The protocol's name on the wire.
const PROTOCOL: &str = "graphql-transport-ws";
/// Axum's default of 128 KiB is what most of an idle socket's memory would be.
const READ_BUFFER: usize = 4 * 1024;
/// What is written at once; the outbox holds what waits.
const WRITE_BUFFER: usize = 4 * 1024;

/// The upgrade. Refuses pages of other origins (403) and clients of other protocols (400) before there is a socket.
pub(super) async fn upgrade(
    State(gateway): State<Gateway>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([PROTOCOL]),
        Err(rejection) => return rejection.into_response(),
    };
    if !origin::may_connect(&headers, &gateway.origins) {
        return (StatusCode::FORBIDDEN, "this origin may not connect").into_response();
    }
    if upgrade.selected_protocol().is_none() {
        let hint = "the subprotocol `graphql-transport-ws` is required";
        return (StatusCode::BAD_REQUEST, hint).into_response();
    }
    let limits = &gateway.socket;
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(limits.queue_bytes + limits.message + 2 * WRITE_BUFFER)
        .max_message_size(limits.message)
        .max_frame_size(limits.message)
        .on_upgrade(move |socket: WebSocket| session::run(gateway, request, socket))
}
