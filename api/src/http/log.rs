//! A name for each request, and one line of the log: what was asked for, how it ended and how long it took. No query, no
//! variable, no person.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use docket_infra::clock::Clock;
use tracing::info;
use uuid::Uuid;

use super::Subject;

/// What a request is called in the log and in answers. Always ours: a name from outside could carry anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestId(pub Uuid);

/// Names the request and logs it.
pub(super) async fn log(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId(Clock::fresh_id());
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    // The pattern, not the path: a path can hold anything.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id.0.to_string()) {
        let name = HeaderName::from_static("x-request-id");
        response.headers_mut().insert(name, value);
    }
    let tenant = response.extensions().get::<Subject>();
    info!(
        request.id = %id.0,
        http.method = %method,
        http.route = route.as_ref().map_or("other", MatchedPath::as_str),
        http.status = response.status().as_u16(),
        tenant.id = tenant.map(|subject| tracing::field::display(subject.0)),
        duration_ms = begun.elapsed().as_secs_f64() * 1_000.0,
        "a request was answered"
    );
    response
}
