//! The protocols, by the letter: GraphQL over HTTP and over sockets, the pages, and what operators ask for. Nothing here
//! knows what a query means; that is `graphql`'s.
//!
//! ```text
//!  POST /graphql ─▶ cors ─▶ negotiate ─▶ auth ─▶ parameters ─▶ document ─▶ schema
//!  /graphql/ws   ─▶ origin ─▶ socket ──▶ auth ─▶ parameters ─▶ document ─▶ schema
//!  /  /graphiql ─▶ assets      /healthz /readyz /metrics ─▶ probe      /dev/… ─▶ dev (`--dev` only)
//! ```

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use docket_domain::ids::TenantId;
use docket_infra::config::{Limits, SocketLimits};
use docket_infra::identity::{DevIssuer, Verifier};
use tokio::sync::{Mutex, Notify, watch};

use crate::app::App;
use crate::graphql::Schema;
use crate::metrics::Metrics;

mod assets;
mod auth;
mod cors;
mod dev;
pub mod document;
mod fault;
mod graphql;
mod log;
mod negotiate;
mod origin;
mod parameters;
mod probe;
mod server;
mod socket;

pub use log::RequestId;
pub use server::{Opened, Server, StartError, open};

/// What the protocols share. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

/// See [`Gateway`].
pub struct Shared {
    /// The use cases.
    pub app: App,
    /// The contract.
    pub schema: Schema,
    /// What is counted.
    pub metrics: Metrics,
    /// Held while timers fire, so that a moved clock and the worker do not fire the same ones.
    pub firing: Mutex<()>,
    /// Held while the journal is routed; up to where it was told to subscribers.
    pub told: Mutex<i64>,
    /// Notified when the journal was routed.
    pub committed: Notify,
    /// Changes when somebody moves the clock.
    pub moved: watch::Sender<u64>,
    /// Turns true when this node stops.
    pub closing: watch::Sender<bool>,
    verifier: Verifier,
    issuer: Option<DevIssuer>,
    bounds: document::Bounds,
    timeout: Duration,
    limits: Limits,
    socket: SocketLimits,
    origins: Vec<String>,
    seats: socket::Seats,
}

impl std::ops::Deref for Gateway {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The tenant of a request, for the log: put into the extensions of an answer.
#[derive(Clone, Copy, Debug)]
struct Subject(TenantId);

/// Everything that is served.
fn router(gateway: Gateway) -> Router {
    let mut router = Router::new()
        .route(
            "/graphql",
            post(graphql::post)
                .fallback(graphql::other_method)
                .layer(from_fn_with_state(gateway.clone(), cors::share)),
        )
        .route("/graphql/ws", get(socket::upgrade))
        .route("/healthz", get(probe::health))
        .route("/readyz", get(probe::ready))
        .route("/metrics", get(probe::metrics))
        .route("/graphiql", get(assets::graphiql))
        .fallback(assets::page);
    if gateway.issuer.is_some() {
        router = router
            .route("/dev/clock", post(dev::clock))
            .route("/dev/people", get(dev::people))
            .route("/dev/token", post(dev::token));
    }
    router
        .layer(from_fn(assets::secure))
        .layer(from_fn(log::log))
        .with_state(gateway)
}
