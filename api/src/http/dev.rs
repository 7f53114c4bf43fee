//! What only `--dev` serves, on loopback: a clock that can be moved, and tokens for the people of the demo. Pages of
//! other origins are kept out by asking for JSON, which they may not send, and for a host name that only this machine has.

use std::net::SocketAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Extension, FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::Deserialize;
use serde_json::json;
use tracing::error;

use super::fault::Fault;
use super::negotiate::sends_json;
use super::{Gateway, RequestId, origin};
use crate::demo;
use crate::worker;

/// How long a token of the demo holds.
const TOKEN: SignedDuration = SignedDuration::from_hours(12);

/// A request from this machine, sent to a name of this machine.
pub(super) struct Local;

impl FromRequestParts<Gateway> for Local {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &Gateway) -> Result<Local, StatusCode> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let is_local = peer.is_some_and(|ConnectInfo(peer)| peer.ip().is_loopback())
            && origin::names_loopback(&parts.headers)
            && origin::may_connect(&parts.headers, &[])
            && (parts.method.is_safe() || sends_json(&parts.headers));
        is_local.then_some(Local).ok_or(StatusCode::FORBIDDEN)
    }
}

#[derive(Deserialize)]
struct Advance {
    advance: String,
}

/// Moves the clock and lets everything that became due happen before it answers.
pub(super) async fn clock(
    _: Local,
    State(gateway): State<Gateway>,
    Extension(request): Extension<RequestId>,
    body: Bytes,
) -> Response {
    let Some(by) = serde_json::from_slice(&body)
        .ok()
        .and_then(|Advance { advance }| duration(&advance))
    else {
        let expected = "an ISO 8601 duration that goes forward, as in {\"advance\":\"PT1H\"}";
        return Fault::Parameter {
            name: "advance",
            expected,
        }
        .into_response();
    };
    match worker::advance(&gateway, by).await {
        Ok(Some(now)) => Json(json!({ "now": now.to_string() })).into_response(),
        Ok(None) => StatusCode::CONFLICT.into_response(),
        Err(cause) => {
            error!(request.id = %request.0, error = ?cause, "what became due did not happen");
            Fault::Internal(request.0).into_response()
        }
    }
}

/// Days have 24 hours and weeks 7 days; months and years have no fixed length and are refused.
fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    let by = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (!by.is_negative()).then_some(by)
}

/// The people of the demo.
pub(super) async fn people(_: Local) -> Response {
    Json(json!({ "people": demo::PEOPLE })).into_response()
}

#[derive(Deserialize)]
struct Wanted {
    user: String,
    tenant: Option<String>,
}

/// A token for one of them.
pub(super) async fn token(_: Local, State(gateway): State<Gateway>, body: Bytes) -> Response {
    let Ok(wanted) = serde_json::from_slice::<Wanted>(&body) else {
        let expected = "the name of one of the people of the demo";
        return Fault::Parameter {
            name: "user",
            expected,
        }
        .into_response();
    };
    let person = demo::find(&wanted.user, wanted.tenant.as_deref());
    let (Some(person), Some(issuer)) = (person, gateway.issuer.as_ref()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let now = gateway.app.clock.wall();
    let bearer = person.bearer(now + TOKEN);
    let expires = bearer.expires_at.to_string();
    Json(json!({ "token": issuer.issue(&bearer, now), "expiresAt": expires })).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_goes_forward_by_fixed_lengths() {
        let table = [
            ("PT1H", Some(3_600)),
            ("P1D", Some(86_400)),
            ("P3DT12H", Some(302_400)),
            ("P1W", Some(604_800)),
            ("PT0S", Some(0)),
            ("-PT1H", None),
            ("P1M", None),
            ("P1Y", None),
            ("1", None),
            ("", None),
        ];
        for (text, seconds) in table {
            assert_eq!(
                duration(text),
                seconds.map(SignedDuration::from_secs),
                "{text}"
            );
        }
    }
}
