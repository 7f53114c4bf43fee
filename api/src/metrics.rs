//! What is counted, for `/metrics`. Labels are of a closed set: no name of a person, tenant or process becomes one.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper ends of the buckets, in seconds.
const BUCKETS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

/// How a GraphQL request came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Transport {
    /// One request, one answer.
    Http,
    /// An operation on a socket.
    Socket,
}

/// How a GraphQL request ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// Executed, without errors.
    Answered,
    /// Executed, with errors among the answer.
    Partial,
    /// Not executed.
    Refused,
    /// Without a valid token.
    Unauthenticated,
    /// Given up at the deadline.
    TimedOut,
    /// Our fault.
    Failed,
}

impl EncodeLabelValue for Transport {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            Transport::Http => "http",
            Transport::Socket => "socket",
        })
    }
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(match self {
            Outcome::Answered => "answered",
            Outcome::Partial => "partial",
            Outcome::Refused => "refused",
            Outcome::Unauthenticated => "unauthenticated",
            Outcome::TimedOut => "timed_out",
            Outcome::Failed => "failed",
        })
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RequestLabels {
    transport: Transport,
    outcome: Outcome,
}

/// Everything that is counted. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Histogram,
    statements: Counter<u64, AtomicU64>,
    sockets: Gauge,
    operations: Gauge,
    timers: Counter,
    position: Gauge,
    lag: Gauge,
    failures: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("docket");
        let metrics = Metrics {
            registry: Arc::new(Registry::default()),
            requests: Family::default(),
            durations: Histogram::new(BUCKETS),
            statements: Counter::default(),
            sockets: Gauge::default(),
            operations: Gauge::default(),
            timers: Counter::default(),
            position: Gauge::default(),
            lag: Gauge::default(),
            failures: Counter::default(),
        };
        let of = &metrics;
        registry.register("graphql_requests", "GraphQL requests", of.requests.clone());
        registry.register(
            "graphql_duration_seconds",
            "Time from a request's head to its answer",
            of.durations.clone(),
        );
        registry.register("statements", "SQL statements sent", of.statements.clone());
        registry.register("sockets", "Open sockets", of.sockets.clone());
        registry.register(
            "socket_operations",
            "Operations that run on sockets, subscriptions above all",
            of.operations.clone(),
        );
        registry.register("timers_fired", "Timers fired", of.timers.clone());
        registry.register(
            "journal_position",
            "Where the journal ends, as the feed last saw it",
            of.position.clone(),
        );
        registry.register(
            "journal_lag",
            "How far behind it what subscribers were told is",
            of.lag.clone(),
        );
        registry.register(
            "worker_failures",
            "Rounds of background work that failed",
            of.failures.clone(),
        );
        Metrics {
            registry: Arc::new(registry),
            ..metrics
        }
    }
}

impl Metrics {
    /// One GraphQL request ended.
    pub fn request(&self, transport: Transport, outcome: Outcome, took: Duration) {
        let labels = RequestLabels { transport, outcome };
        self.requests.get_or_create(&labels).inc();
        self.durations.observe(took.as_secs_f64());
    }

    /// One more open socket, until the value is dropped.
    pub fn socket(&self) -> Held {
        Held::new(&self.sockets)
    }

    /// One more operation on a socket, until the value is dropped.
    pub fn operation(&self) -> Held {
        Held::new(&self.operations)
    }

    /// So many timers fired.
    pub fn timers(&self, fired: usize) {
        self.timers.inc_by(fired as u64);
    }

    /// A round of background work failed.
    pub fn failure(&self) {
        self.failures.inc();
    }

    /// Where the journal ends, as the feed last saw it, and up to where it was told to subscribers.
    pub fn journal(&self, end: i64, told: i64) {
        self.position.set(end);
        self.lag.set((end - told).max(0));
    }

    /// The page that Prometheus reads (OpenMetrics text). `statements` are all since the start.
    pub fn page(&self, statements: u64) -> String {
        self.statements.inner().store(statements, Ordering::Relaxed);
        let mut page = String::new();
        text::encode(&mut page, &self.registry).expect("writing to a string does not fail");
        page
    }
}

/// Counts as one in a gauge until it is dropped.
pub struct Held(Gauge);

impl Held {
    fn new(gauge: &Gauge) -> Held {
        gauge.inc();
        Held(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_what_was_counted() {
        let metrics = Metrics::default();
        metrics.request(Transport::Http, Outcome::Answered, Duration::from_millis(3));
        let held = metrics.socket();
        metrics.timers(2);
        let page = metrics.page(7);
        for line in [
            "docket_graphql_requests_total{transport=\"http\",outcome=\"answered\"} 1",
            "docket_graphql_duration_seconds_bucket{le=\"0.005\"} 1",
            "docket_statements_total 7",
            "docket_sockets 1",
            "docket_timers_fired_total 2",
        ] {
            assert!(page.contains(line), "{line} in {page}");
        }
        drop(held);
        assert!(metrics.page(7).contains("docket_sockets 0"));
    }
}
