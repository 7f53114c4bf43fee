//! `POST /graphql`, by the GraphQL-over-HTTP draft. Cheap questions come first: the method, the media types, who asks;
//! only then the body is read. What executes here also executes on sockets.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use async_graphql::ServerError;
use axum::body::{self, Body};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use docket_domain::access::Privilege;
use futures_util::FutureExt;
use tokio::time::timeout;
use tracing::error;

use super::document::Order;
use super::fault::Fault;
use super::negotiate::{Media, sends_json};
use super::parameters::{Kind, Parameters, Prepared};
use super::{Gateway, RequestId, Subject, auth};
use crate::app::Viewer;
use crate::metrics::{Outcome, Transport};

/// No answer lists more errors than this: one document can hold thousands.
const MAX_ERRORS: usize = 50;

/// Every method but POST.
pub(super) async fn other_method() -> Fault {
    Fault::Method
}

/// The endpoint.
pub(super) async fn post(
    State(gateway): State<Gateway>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let begun = Instant::now();
    let media = Media::accepted(&headers);
    let answered = match media {
        None => Err(Fault::NotAcceptable),
        Some(_) => answer(&gateway, request, &headers, body).await,
    };
    let outcome = match &answered {
        Ok((answer, _)) => outcome(answer),
        Err(fault) => fault.outcome(),
    };
    let took = begun.elapsed();
    gateway.metrics.request(Transport::Http, outcome, took);
    let media = media.unwrap_or(Media::Json);
    match answered {
        Ok((answer, subject)) => {
            let mut response = render(answer, media, request);
            response.extensions_mut().insert(subject);
            response
        }
        Err(fault) => fault.respond(media),
    }
}

async fn answer(
    gateway: &Gateway,
    request: RequestId,
    headers: &HeaderMap,
    body: Body,
) -> Result<(async_graphql::Response, Subject), Fault> {
    if !sends_json(headers) {
        return Err(Fault::MediaType);
    }
    let viewer = auth::viewer(gateway, headers, request.0).await?;
    let subject = Subject(viewer.actor.tenant);
    let limit = match viewer.actor.has(Privilege::Designer) {
        true => gateway.limits.model_body,
        false => gateway.limits.body,
    };
    let body = timeout(gateway.timeout, read(headers, body, limit))
        .await
        .map_err(|_| Fault::Body)??;
    let prepared = Parameters::parse(&body)?.prepare(&gateway.bounds)?;
    drop(body);
    if prepared.kind == Some(Kind::Subscription) {
        return Err(Fault::Subscription);
    }
    let answer = execute(gateway, prepared, viewer, request).await?;
    Ok((answer, subject))
}

/// The whole body, unless it is longer than the bound; one that says so itself is not read at all.
async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<body::Bytes, Fault> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Fault::BodyTooLarge { limit });
    }
    // A broken connection gets the same answer, which nobody is there to read.
    body::to_bytes(body, limit)
        .await
        .map_err(|_| Fault::BodyTooLarge { limit })
}

/// Executes a query or a mutation as a viewer, within the deadline. What is not finished then is dropped, and its
/// transaction with it; a panic ends the request, not the server.
pub(super) async fn execute(
    gateway: &Gateway,
    prepared: Prepared,
    viewer: Viewer,
    id: RequestId,
) -> Result<async_graphql::Response, Fault> {
    let request = prepared.request.data(id);
    let execution = AssertUnwindSafe(gateway.schema.execute(request, viewer)).catch_unwind();
    match timeout(gateway.timeout, execution).await {
        Ok(Ok(answer)) => Ok(tidy(answer, &prepared.order)),
        Ok(Err(_)) => {
            error!(request.id = %id.0, "the request panicked");
            Err(Fault::Internal(id.0))
        }
        Err(_) => Err(Fault::Timeout),
    }
}

/// The answer with its data in the order of the document and a code on each error. Errors without one come from
/// validation and from reading arguments: the document is at fault.
pub(super) fn tidy(mut answer: async_graphql::Response, order: &Order) -> async_graphql::Response {
    order.arrange(&mut answer.data);
    answer.errors.truncate(MAX_ERRORS);
    for error in &mut answer.errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", "BAD_INPUT");
        }
    }
    answer
}

/// Whether nothing was executed: no data, and no error that stands at a place in the data.
pub(super) fn is_request_error(answer: &async_graphql::Response) -> bool {
    answer.is_err()
        && answer.data == async_graphql::Value::Null
        && answer.errors.iter().all(|error| error.path.is_empty())
}

/// How an executed request is counted.
pub(super) fn outcome(answer: &async_graphql::Response) -> Outcome {
    if answer.is_ok() {
        Outcome::Answered
    } else if is_request_error(answer) {
        Outcome::Refused
    } else {
        Outcome::Partial
    }
}

/// A request error has no `data`, everything else has.
#[derive(serde::Serialize)]
struct Errors<'a> {
    errors: &'a [ServerError],
}

fn render(answer: async_graphql::Response, media: Media, request: RequestId) -> Response {
    let (status, body) = if is_request_error(&answer) {
        let errors = Errors {
            errors: &answer.errors,
        };
        (media.request_error(), serde_json::to_vec(&errors))
    } else {
        (StatusCode::OK, serde_json::to_vec(&answer))
    };
    match body {
        Ok(body) => (status, [(header::CONTENT_TYPE, media.header())], body).into_response(),
        Err(cause) => {
            error!(request.id = %request.0, error = %cause, "the answer cannot be written as JSON");
            Fault::Internal(request.0).respond(media)
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Object, PathSegment, Response as Answer, Value};

    use super::*;

    #[test]
    fn an_error_without_a_place_and_without_data_was_not_executed() {
        let mut answer = Answer::from_errors(vec![ServerError::new("unknown field", None)]);
        assert!(is_request_error(&answer));
        answer.errors[0].path = vec![PathSegment::Field("viewer".to_owned())];
        assert!(!is_request_error(&answer));
        assert!(!is_request_error(&Answer::new(Value::Null)));
    }

    #[test]
    fn an_error_keeps_its_code_and_gets_one_if_it_has_none() {
        let mut known = ServerError::new("gone", None);
        known
            .extensions
            .get_or_insert_default()
            .set("code", "NOT_FOUND");
        let errors = vec![known, ServerError::new("what?", None)];
        let answer = tidy(Answer::from_errors(errors), &Order::default());
        let codes: Vec<_> = answer
            .errors
            .iter()
            .map(|error| {
                error
                    .extensions
                    .as_ref()
                    .and_then(|all| all.get("code"))
                    .cloned()
            })
            .collect();
        assert_eq!(
            codes,
            [
                Some(Value::from("NOT_FOUND")),
                Some(Value::from("BAD_INPUT"))
            ]
        );
    }

    #[test]
    fn a_request_error_is_rendered_without_data() {
        let answer = Answer::from_errors(vec![ServerError::new("unknown field", None)]);
        let request = RequestId(uuid::Uuid::nil());
        assert_eq!(
            render(answer, Media::GraphqlResponse, request).status(),
            400
        );
        let answer = Answer::from_errors(vec![ServerError::new("unknown field", None)]);
        assert_eq!(render(answer, Media::Json, request).status(), 200);
    }

    struct Root;

    #[Object]
    impl Root {
        async fn ok(&self) -> bool {
            true
        }

        async fn wrong(&self) -> async_graphql::Result<bool> {
            Err("wrong".into())
        }
    }

    #[tokio::test]
    async fn what_the_library_answers_is_told_apart() {
        let schema = async_graphql::Schema::new(
            Root,
            async_graphql::EmptyMutation,
            async_graphql::EmptySubscription,
        );
        for (document, expected) in [
            ("{ ok }", Outcome::Answered),
            ("{ wrong }", Outcome::Partial),
            ("{ unknown }", Outcome::Refused),
            ("query A { ok } query B { ok }", Outcome::Refused),
        ] {
            let answer = schema.execute(document).await;
            assert_eq!(outcome(&answer), expected, "{document}: {answer:?}");
        }
    }
}
