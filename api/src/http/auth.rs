//! From a bearer token to a viewer. Nothing is cached: a token is looked at each time it is shown.

use axum::http::{HeaderMap, header};
use tracing::error;
use uuid::Uuid;

use super::Gateway;
use super::fault::Fault;
use crate::app::Viewer;

/// The viewer that a request's header stands for.
pub(super) async fn viewer(
    gateway: &Gateway,
    headers: &HeaderMap,
    request: Uuid,
) -> Result<Viewer, Fault> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Fault::Unauthenticated);
    };
    let value = value.to_str().map_err(|_| Fault::Unauthenticated)?;
    viewer_of(gateway, value, request).await
}

/// The viewer that the value of an `authorization` stands for, in a header or in a socket's message.
pub(super) async fn viewer_of(
    gateway: &Gateway,
    value: &str,
    request: Uuid,
) -> Result<Viewer, Fault> {
    let token = bearer(value).ok_or(Fault::Unauthenticated)?;
    let bearer = gateway
        .verifier
        .verify(token, gateway.app.clock.wall())
        .map_err(|_| Fault::Unauthenticated)?;
    gateway.app.viewer(&bearer).await.map_err(|cause| {
        error!(request.id = %request, error = ?cause, "the viewer's tenant cannot be read");
        Fault::Internal(request)
    })
}

/// The token of `Bearer <token>` (RFC 6750, 2.1; the scheme's case does not matter).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' '))
        .then_some(token)
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn only_a_bearer_token_is_one() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        for wrong in [
            "",
            "abc",
            "Bearer",
            "Bearer ",
            "Basic abc",
            "Bearer a b",
            "Bearerabc",
        ] {
            assert_eq!(bearer(wrong), None, "{wrong}");
        }
    }
}
