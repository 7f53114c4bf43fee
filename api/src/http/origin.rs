//! Which pages may open a socket, and which of others may send requests. Browsers let any page connect anywhere and say from
//! where; so we have to look.

use axum::http::{HeaderMap, HeaderValue, Uri, header};

/// Whether a socket may be opened: by our own pages, by those that the configuration names, and by what is no browser
/// and sends no `Origin`.
pub(super) fn may_connect(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(text) = origin.to_str() else {
        return false;
    };
    named(headers, allowed).is_some() || is_same_host(text, headers.get(header::HOST))
}

/// The origin of a page elsewhere, if the configuration names it.
pub(super) fn named(headers: &HeaderMap, allowed: &[String]) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    allowed
        .iter()
        .any(|allowed| allowed.trim_end_matches('/').eq_ignore_ascii_case(text))
        .then(|| origin.clone())
}

/// Whether the request was sent to this machine by a name that only this machine answers to. A page elsewhere can point
/// its own name at 127.0.0.1, but cannot choose this header.
pub(super) fn names_loopback(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let uri = host.and_then(|host| host.parse::<Uri>().ok());
    matches!(
        uri.as_ref().and_then(Uri::host),
        Some("localhost" | "127.0.0.1" | "[::1]")
    )
}

/// Whether an origin is the host that was asked. The scheme is not compared: in front of us it may end elsewhere.
fn is_same_host(origin: &str, host: Option<&HeaderValue>) -> bool {
    let Some(host) = host.and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |authority: &str| {
        let lower = authority.to_ascii_lowercase();
        lower
            .strip_suffix(default)
            .map(str::to_owned)
            .unwrap_or(lower)
    };
    bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&'static str>, host: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn our_own_pages_the_named_ones_and_programs_connect() {
        let allowed = ["https://apps.example.org".to_owned()];
        let table = [
            (None, "docket.example.org", true),
            (
                Some("https://docket.example.org"),
                "docket.example.org",
                true,
            ),
            (
                Some("https://docket.example.org"),
                "docket.example.org:443",
                true,
            ),
            (
                Some("http://DOCKET.example.org"),
                "docket.example.org:80",
                true,
            ),
            (Some("http://127.0.0.1:8080"), "127.0.0.1:8080", true),
            (Some("http://[::1]:8080"), "[::1]:8080", true),
            (Some("https://apps.example.org"), "docket.example.org", true),
            (Some("http://apps.example.org"), "docket.example.org", false),
            (
                Some("https://apps.example.org:8443"),
                "docket.example.org",
                false,
            ),
            (
                Some("https://evil.example.org"),
                "docket.example.org",
                false,
            ),
            (Some("http://127.0.0.1:8081"), "127.0.0.1:8080", false),
            (
                Some("https://docket.example.org.evil.com"),
                "docket.example.org",
                false,
            ),
            (
                Some("https://docket.example.org@evil.com"),
                "docket.example.org",
                false,
            ),
            (
                Some("file://docket.example.org"),
                "docket.example.org",
                false,
            ),
            (Some("null"), "docket.example.org", false),
            (Some(""), "docket.example.org", false),
        ];
        for (origin, host, expected) in table {
            assert_eq!(
                may_connect(&headers(origin, host), &allowed),
                expected,
                "{origin:?} {host}"
            );
        }
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for (host, expected) in [
            ("localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("localhost", true),
            ("evil.com:8080", false),
            ("localhost.evil.com", false),
            ("127.0.0.1.evil.com", false),
            ("", false),
        ] {
            assert_eq!(names_loopback(&headers(None, host)), expected, "{host}");
        }
    }
}
