//! One operation on a socket, as the steps that the session tells.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use async_graphql::Response;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use jiff::Timestamp;
use tracing::error;

use crate::app::Viewer;
use crate::http::fault::Fault;
use crate::http::parameters::{Kind, Prepared};
use crate::http::{Gateway, RequestId, graphql};
use crate::metrics::{Outcome, Transport};

/// What an operation does next.
pub(super) enum Step {
    Answer(Response),
    Fault(Fault),
    End,
}

/// A step, and of which operation. Ids can be used again, serials cannot.
pub(super) struct Told {
    pub(super) id: String,
    pub(super) serial: u64,
    pub(super) step: Step,
}

/// What an operation does, but for its end.
pub(super) fn steps(
    gateway: &Gateway,
    prepared: Prepared,
    viewer: Viewer,
    id: RequestId,
) -> BoxStream<'static, Step> {
    match prepared.kind {
        Some(Kind::Subscription) => live(gateway, prepared, viewer, id),
        Some(Kind::Query | Kind::Mutation) | None => once(gateway, prepared, viewer, id),
    }
}

/// A query or a mutation: one answer, within the deadline.
fn once(
    gateway: &Gateway,
    prepared: Prepared,
    viewer: Viewer,
    id: RequestId,
) -> BoxStream<'static, Step> {
    let gateway = gateway.clone();
    stream::once(async move {
        let begun = Instant::now();
        let answered = graphql::execute(&gateway, prepared, viewer, id).await;
        let outcome = match &answered {
            Ok(answer) => graphql::outcome(answer),
            Err(fault) => fault.outcome(),
        };
        let took = begun.elapsed();
        gateway.metrics.request(Transport::Socket, outcome, took);
        match answered {
            Ok(answer) => Step::Answer(answer),
            Err(fault) => Step::Fault(fault),
        }
    })
    .boxed()
}

/// A subscription: answers until it ends. A panic ends it, and it alone.
fn live(
    gateway: &Gateway,
    prepared: Prepared,
    viewer: Viewer,
    id: RequestId,
) -> BoxStream<'static, Step> {
    let Prepared { request, order, .. } = prepared;
    // The session tells nothing after its viewer's time, and that time moves when the token is replaced; what runs must
    // not hold on to the old one.
    let viewer = Viewer {
        expires_at: Timestamp::MAX,
        ..viewer
    };
    let answers = gateway.schema.execute_stream(request.data(id), viewer);
    let took = Duration::ZERO;
    gateway
        .metrics
        .request(Transport::Socket, Outcome::Answered, took);
    AssertUnwindSafe(answers)
        .catch_unwind()
        .map(move |answer| match answer {
            Ok(answer) => Step::Answer(graphql::tidy(answer, &order)),
            Err(_) => {
                error!(request.id = %id.0, "a subscription panicked");
                Step::Fault(Fault::Internal(id.0))
            }
        })
        .boxed()
}
