//! Why a request is not executed, or its execution given up: one status, one code and one message each, in the body that
//! GraphQL clients expect.

use async_graphql::{ErrorExtensionValues, Pos, ServerError};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::document::Refusal;
use super::negotiate::Media;
use crate::metrics::Outcome;

/// Why not.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Fault {
    /// Something else than POST.
    #[error("GraphQL is served for POST only")]
    Method,
    /// The body is not announced as JSON.
    #[error("the body must be `application/json`, in UTF-8")]
    MediaType,
    /// The client takes neither of the two forms of an answer.
    #[error("answers are `application/graphql-response+json` or `application/json`")]
    NotAcceptable,
    /// No token, or not a good one.
    #[error("this takes a valid bearer token")]
    Unauthenticated,
    /// The body is too long.
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// The bound for this person.
        limit: usize,
    },
    /// The connection broke, or the body came too slowly.
    #[error("the body could not be read to its end")]
    Body,
    /// Not JSON.
    #[error("the body is not JSON at line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 0, as the parser counts.
        column: usize,
    },
    /// An array of requests.
    #[error("one request at a time: arrays are not accepted")]
    Batch,
    /// JSON, but of another shape.
    #[error("the body must be an object with `query`")]
    NotAnObject,
    /// A parameter of another shape.
    #[error("`{name}` must be {expected}")]
    Parameter {
        /// Which.
        name: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The document is not executed.
    #[error(transparent)]
    Document(#[from] Refusal),
    /// A variable that the operation cannot do without.
    #[error("the variable at line {}, column {} must be given, and not null", at.line, at.column)]
    Variable {
        /// Its definition.
        at: Pos,
    },
    /// Too many operations at once on one socket.
    #[error("one socket runs at most {limit} operations at a time")]
    Operations {
        /// The bound.
        limit: usize,
    },
    /// The answer is too long for a socket.
    #[error("the answer is larger than {limit} bytes: ask for a smaller page")]
    AnswerTooLarge {
        /// The bound.
        limit: usize,
    },
    /// Only on a socket.
    #[error("subscriptions run on the socket at `/graphql/ws`")]
    Subscription,
    /// It took too long and was given up.
    #[error("the request took too long and was given up")]
    Timeout,
    /// Something that is not the client's fault.
    #[error("internal error, request {0}")]
    Internal(Uuid),
}

impl Fault {
    /// The closed set of codes that clients switch over.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Method
            | Fault::MediaType
            | Fault::NotAcceptable
            | Fault::Body
            | Fault::Json { .. }
            | Fault::Batch
            | Fault::NotAnObject
            | Fault::Parameter { .. }
            | Fault::Document(_)
            | Fault::Variable { .. }
            | Fault::Subscription => "BAD_INPUT",
            Fault::Unauthenticated => "UNAUTHENTICATED",
            Fault::BodyTooLarge { .. }
            | Fault::Operations { .. }
            | Fault::AnswerTooLarge { .. } => "TOO_LARGE",
            Fault::Timeout => "TIMEOUT",
            Fault::Internal(_) => "INTERNAL",
        }
    }

    /// How it is counted.
    pub fn outcome(&self) -> Outcome {
        match self {
            Fault::Method
            | Fault::MediaType
            | Fault::NotAcceptable
            | Fault::BodyTooLarge { .. }
            | Fault::Body
            | Fault::Json { .. }
            | Fault::Batch
            | Fault::NotAnObject
            | Fault::Parameter { .. }
            | Fault::Document(_)
            | Fault::Variable { .. }
            | Fault::Operations { .. }
            | Fault::AnswerTooLarge { .. }
            | Fault::Subscription => Outcome::Refused,
            Fault::Unauthenticated => Outcome::Unauthenticated,
            Fault::Timeout => Outcome::TimedOut,
            Fault::Internal(_) => Outcome::Failed,
        }
    }

    /// As an error of a GraphQL answer.
    pub fn to_error(&self) -> ServerError {
        let mut error = match self {
            Fault::Document(refusal) => refusal.to_error(),
            Fault::Variable { at } => ServerError::new(self.to_string(), Some(*at)),
            other => ServerError::new(other.to_string(), None),
        };
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code());
        error.extensions = Some(extensions);
        error
    }

    /// The status. A well-formed request whose document is refused is 200 in the older form of an answer, whose clients
    /// take every other status for a broken connection; 400 in the newer one.
    fn status(&self, media: Media) -> StatusCode {
        match self {
            Fault::Method => StatusCode::METHOD_NOT_ALLOWED,
            Fault::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Fault::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Fault::Unauthenticated => StatusCode::UNAUTHORIZED,
            Fault::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::Body
            | Fault::Json { .. }
            | Fault::Batch
            | Fault::NotAnObject
            | Fault::Parameter { .. } => StatusCode::BAD_REQUEST,
            Fault::Document(_)
            | Fault::Variable { .. }
            | Fault::Subscription
            | Fault::Operations { .. }
            | Fault::AnswerTooLarge { .. } => media.request_error(),
            Fault::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Fault::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The whole answer.
    pub fn respond(&self, media: Media) -> Response {
        let body = Json(serde_json::json!({ "errors": [self.to_error()] }));
        let mut response = (self.status(media), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, media.header());
        match self {
            Fault::Method => {
                headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            Fault::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

impl IntoResponse for Fault {
    /// The answer where no form was negotiated.
    fn into_response(self) -> Response {
        self.respond(Media::Json)
    }
}
