//! What the client sends and what it takes, by the GraphQL-over-HTTP draft (sections "Media Types" and "Status Codes").

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

/// The two forms of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Media {
    /// `application/graphql-response+json`: the status tells request errors from answers.
    GraphqlResponse,
    /// `application/json`: every well-formed request is answered with 200.
    Json,
}

impl Media {
    /// What `Accept` asks for; `None` if we have neither. Without the header, and where a wildcard leaves it open, the
    /// older form: a client that knows the newer one names it.
    pub fn accepted(headers: &HeaderMap) -> Option<Media> {
        let mut ranges = Vec::new();
        for value in headers.get_all(header::ACCEPT) {
            ranges.extend(value.to_str().ok()?.split(',').filter_map(Range::parse));
        }
        if ranges.is_empty() {
            return Some(Media::Json);
        }
        let quality = |names: &[&str]| {
            names.iter().find_map(|name| {
                let matching = ranges.iter().filter(|range| range.name == *name);
                matching.map(|range| range.quality).max()
            })
        };
        let newer = quality(&["application/graphql-response+json"]).unwrap_or(0);
        let older = quality(&["application/json", "application/*", "*/*"]).unwrap_or(0);
        match (newer, older) {
            (0, 0) => None,
            (newer, older) if newer >= older => Some(Media::GraphqlResponse),
            _ => Some(Media::Json),
        }
    }

    /// The value of `Content-Type`.
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Media::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Media::Json => "application/json; charset=utf-8",
        })
    }

    /// The status of a well-formed request that was not executed.
    pub fn request_error(self) -> StatusCode {
        match self {
            Media::GraphqlResponse => StatusCode::BAD_REQUEST,
            Media::Json => StatusCode::OK,
        }
    }
}

/// Whether the body is announced as JSON in UTF-8. Nothing else is read: a form or plain text can be sent by any page
/// without the browser asking us first.
pub fn sends_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let (name, parameters) = value.split_once(';').unwrap_or((value, ""));
    name.trim().eq_ignore_ascii_case("application/json") && is_utf8(parameters)
}

/// Whether the parameters of a media type name no character set, or UTF-8.
fn is_utf8(parameters: &str) -> bool {
    parameters.split(';').all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.trim().eq_ignore_ascii_case("charset")
            || matches!(
                value.trim().trim_matches('"').to_ascii_lowercase().as_str(),
                "utf-8" | "utf8"
            )
    })
}

/// One entry of `Accept`.
struct Range {
    name: String,
    /// In thousandths.
    quality: u16,
}

impl Range {
    /// `None` for what asks for another character set, and for nothing between two commas.
    fn parse(text: &str) -> Option<Range> {
        let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty() || !is_utf8(parameters) {
            return None;
        }
        let quality = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then_some(value)
        });
        let quality = match quality {
            Some(value) => thousandths(value.trim())?,
            None => 1_000,
        };
        Some(Range { name, quality })
    }
}

/// `None` for what is no quality value: the entry does not count.
fn thousandths(text: &str) -> Option<u16> {
    let number: f32 = text.parse().ok()?;
    (0.0..=1.0)
        .contains(&number)
        .then_some((number * 1_000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_form_of_an_answer_is_what_the_client_prefers() {
        let newer = Some(Media::GraphqlResponse);
        let older = Some(Media::Json);
        let table = [
            ("", older),
            ("*/*", older),
            ("application/*", older),
            ("application/json", older),
            ("APPLICATION/JSON; charset=UTF-8", older),
            ("application/graphql-response+json", newer),
            ("application/graphql-response+json; charset=utf-8", newer),
            ("application/graphql-response+json, application/json", newer),
            ("application/json, application/graphql-response+json", newer),
            (
                "application/graphql-response+json;q=0.5, application/json",
                older,
            ),
            (
                "application/graphql-response+json, application/json;q=0.9",
                newer,
            ),
            ("application/graphql-response+json, */*;q=0.1", newer),
            ("application/graphql-response+json;q=0, */*", older),
            ("application/json;q=0, */*", None),
            ("text/html, */*;q=0.8", older),
            ("text/html", None),
            ("application/json; charset=latin1", older),
            ("text/html, application/json; charset=latin1", None),
            ("application/json;q=nonsense, text/html", None),
        ];
        for (accept, expected) in table {
            let asked = headers(header::ACCEPT, accept);
            assert_eq!(Media::accepted(&asked), expected, "{accept}");
        }
        assert_eq!(Media::accepted(&HeaderMap::new()), older);
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        let table = [
            ("application/json", true),
            ("Application/JSON", true),
            ("application/json; charset=utf-8", true),
            ("application/json;charset=\"UTF-8\"", true),
            ("application/json; charset=utf-16", false),
            ("application/json5", false),
            ("application/graphql", false),
            ("application/graphql+json", false),
            ("text/plain", false),
            ("text/plain; application/json", false),
            ("application/x-www-form-urlencoded", false),
            ("multipart/form-data; boundary=x", false),
            ("", false),
        ];
        for (sent, expected) in table {
            let sending = headers(header::CONTENT_TYPE, sent);
            assert_eq!(sends_json(&sending), expected, "{sent}");
        }
        assert!(!sends_json(&HeaderMap::new()));
        let mut twice = headers(header::CONTENT_TYPE, "application/json");
        twice.append(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert!(!sends_json(&twice));
    }
}
