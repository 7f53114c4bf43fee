//! Pages of other origins that the configuration names: browsers ask before they send such a page's request, and keep the
//! answer from it unless we say that it may be read (the Fetch standard, "CORS protocol"). Who asks is in the token alone,
//! so cookies are never asked for.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Gateway, origin};

/// What a page may send, besides what every page may.
const SENT: &str = "authorization, content-type";
/// What a page may read, besides what every page may.
const READ: &str = "x-request-id";
/// For how long a browser need not ask again, in seconds.
const REMEMBERED: &str = "7200";

/// Answers the question before a request, and lets pages of the named origins read what is answered.
pub(super) async fn share(
    State(gateway): State<Gateway>,
    request: Request,
    next: Next,
) -> Response {
    let named = origin::named(request.headers(), &gateway.origins);
    let mut response = match named.is_some() && asks_first(&request) {
        true => preflight().into_response(),
        false => next.run(request).await,
    };
    allow(response.headers_mut(), named);
    response
}

fn asks_first(request: &Request) -> bool {
    let asked = header::ACCESS_CONTROL_REQUEST_METHOD;
    request.method() == Method::OPTIONS && request.headers().contains_key(asked)
}

fn preflight() -> (StatusCode, [(HeaderName, &'static str); 3]) {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, SENT),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
    ];
    (StatusCode::NO_CONTENT, headers)
}

/// The answer is another for another origin, whatever it is.
fn allow(headers: &mut HeaderMap, named: Option<HeaderValue>) {
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = named {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let read = HeaderValue::from_static(READ);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, read);
    }
}
