//! One socket, from its upgrade to its end.

use std::collections::HashMap;
use std::future::poll_fn;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use async_graphql::ServerError;
use axum::extract::ws::Message;
use docket_infra::clock::Clock;
use docket_infra::config::SocketLimits;
use futures_util::stream::{self, AbortHandle, BoxStream, SelectAll};
use futures_util::{Sink, Stream, StreamExt};
use tokio::sync::watch;
use tokio::time::{Instant as Moment, timeout, timeout_at};
use tracing::debug;

use super::ending::Ending;
use super::message::{Incoming, Malformed, Outgoing};
use super::operation::{self, Step, Told};
use super::outbox::{Full, Outbox};
use super::seats::Seat;
use crate::app::Viewer;
use crate::http::fault::Fault;
use crate::http::parameters::Parameters;
use crate::http::{Gateway, RequestId, auth, graphql};
use crate::metrics::Held;

/// How long an end may take.
const FAREWELL: Duration = Duration::from_secs(5);
/// A clock that can be set may be moved by somebody who tells nobody.
const GLANCE: Duration = Duration::from_secs(1);

/// Serves one socket until it ends. Generic, so that anything that reads and writes frames is a socket.
pub(super) async fn run<S, E>(gateway: Gateway, request: RequestId, mut socket: S)
where
    S: Stream<Item = Result<Message, E>> + Sink<Message, Error = E> + Unpin + Send,
    E: std::error::Error,
{
    let _entered = gateway.seats.enter();
    let _counted = gateway.metrics.socket();
    let mut session = Session::new(gateway, request);
    let ending = session.serve(&mut socket).await;
    // What runs ends before the farewell: nothing is executed for somebody who is being sent away.
    session.operations.clear();
    session.running.clear();
    debug!(request.id = %request.0, ending = ending.name(), "the socket ended");
    if let Some(frame) = ending.frame() {
        session.outbox.close(Message::Close(Some(frame)));
        // A failure here means that the other side is gone, which is what was wanted.
        timeout(FAREWELL, farewell(&mut session.outbox, &mut socket))
            .await
            .ok();
    }
}

/// Writes the last word, and reads until the other side has answered it: a socket that is closed with unread bytes resets
/// the connection, and the last word with it. Both at once, for the other side may read only when it has written.
async fn farewell<S, E>(outbox: &mut Outbox, socket: &mut S)
where
    S: Stream<Item = Result<Message, E>> + Sink<Message, Error = E> + Unpin,
{
    poll_fn(|cx| {
        if let Poll::Ready(Err(_)) = outbox.poll_drain(socket, cx) {
            return Poll::Ready(());
        }
        while let Some(Ok(_)) = ready!(socket.poll_next_unpin(cx)) {}
        Poll::Ready(())
    })
    .await;
}

/// Who is at the other end.
enum Standing {
    /// Nobody yet.
    Unknown,
    /// Somebody with a token.
    Known { viewer: Viewer, _seat: Seat },
}

/// An operation that runs.
struct Running {
    serial: u64,
    abort: AbortHandle,
    _counted: Held,
}

/// What the session wakes up for.
enum Turn<E> {
    Frame(Option<Result<Message, E>>),
    Told(Box<Told>),
    Late,
    ClockMoved,
    Closing,
}

/// How long what may take.
struct Times {
    /// From the upgrade to `connection_init`.
    init: Duration,
    /// From one ping to the next.
    ping: Duration,
    /// Without any frame, the other side is dead.
    silence: Duration,
}

impl From<&SocketLimits> for Times {
    fn from(limits: &SocketLimits) -> Self {
        Times {
            init: Duration::from_millis(limits.init_timeout_ms),
            ping: Duration::from_millis(limits.ping_ms),
            silence: Duration::from_millis(limits.dead_ms),
        }
    }
}

struct Session {
    gateway: Gateway,
    times: Times,
    request: RequestId,
    opened: Instant,
    heard: Instant,
    pinged: Instant,
    standing: Standing,
    operations: SelectAll<BoxStream<'static, Told>>,
    running: HashMap<String, Running>,
    serial: u64,
    outbox: Outbox,
}

impl Session {
    fn new(gateway: Gateway, request: RequestId) -> Session {
        let now = Instant::now();
        let limits = &gateway.socket;
        let outbox = Outbox::new(limits.queue_messages, limits.queue_bytes);
        Session {
            times: Times::from(limits),
            gateway,
            request,
            opened: now,
            heard: now,
            pinged: now,
            standing: Standing::Unknown,
            operations: SelectAll::new(),
            running: HashMap::new(),
            serial: 0,
            outbox,
        }
    }

    async fn serve<S, E>(&mut self, socket: &mut S) -> Ending
    where
        S: Stream<Item = Result<Message, E>> + Sink<Message, Error = E> + Unpin,
        E: std::error::Error,
    {
        let mut moved = self.gateway.moved.subscribe();
        let mut closing = self.gateway.closing.subscribe();
        loop {
            let turn = self.turn(socket, &mut moved, &mut closing).await;
            let done = match turn {
                Turn::Frame(Some(Ok(frame))) => self.hear(frame).await,
                Turn::Frame(Some(Err(cause))) => Err(broken(&cause)),
                Turn::Frame(None) => Err(Ending::Gone),
                Turn::Told(told) => self.tell(*told),
                Turn::Late | Turn::ClockMoved => self.look_at_the_time(),
                Turn::Closing => Err(Ending::GoingAway),
            };
            if let Err(ending) = done {
                return ending;
            }
        }
    }

    /// Waits for whatever comes first, and writes meanwhile.
    async fn turn<S, E>(
        &mut self,
        socket: &mut S,
        moved: &mut watch::Receiver<u64>,
        closing: &mut watch::Receiver<bool>,
    ) -> Turn<E>
    where
        S: Stream<Item = Result<Message, E>> + Sink<Message, Error = E> + Unpin,
    {
        let late = Moment::from_std(self.next_look());
        let outbox = &mut self.outbox;
        let frame = poll_fn(|cx| {
            if let Poll::Ready(Err(cause)) = outbox.poll_drain(socket, cx) {
                return Poll::Ready(Some(Err(cause)));
            }
            socket.poll_next_unpin(cx)
        });
        let operations = &mut self.operations;
        let idle = operations.is_empty();
        let first = async {
            tokio::select! {
                frame = frame => Turn::Frame(frame),
                Some(told) = operations.next(), if !idle => Turn::Told(Box::new(told)),
                Ok(()) = moved.changed() => Turn::ClockMoved,
                Ok(_) = closing.wait_for(|closing| *closing) => Turn::Closing,
            }
        };
        timeout_at(late, first).await.unwrap_or(Turn::Late)
    }

    /// When the time has to be looked at again, whatever else happens.
    fn next_look(&self) -> Instant {
        let mut next = (self.heard + self.times.silence).min(self.pinged + self.times.ping);
        let now = Instant::now();
        match &self.standing {
            Standing::Unknown => next = next.min(self.opened + self.times.init),
            Standing::Known { viewer, .. } => {
                let clock = &self.gateway.app.clock;
                let left = viewer.expires_at.duration_since(clock.wall());
                // An expiry beyond what can be counted is looked at again with the next ping.
                if let Ok(left) = Duration::try_from(left)
                    && let Some(at) = now.checked_add(left)
                {
                    next = next.min(at);
                }
            }
        }
        match *self.gateway.app.clock {
            Clock::System => next,
            Clock::Settable(_) | Clock::Fixed(_) => next.min(now + GLANCE),
        }
    }

    fn look_at_the_time(&mut self) -> Result<(), Ending> {
        let now = Instant::now();
        if now.duration_since(self.heard) >= self.times.silence {
            return Err(Ending::Gone);
        }
        match &self.standing {
            Standing::Unknown if now.duration_since(self.opened) >= self.times.init => {
                return Err(Ending::InitTimeout);
            }
            Standing::Unknown => {}
            Standing::Known { .. } => {
                self.viewer()?;
            }
        }
        if now.duration_since(self.pinged) >= self.times.ping {
            self.pinged = now;
            self.outbox.ping();
        }
        Ok(())
    }

    /// Who is at the other end, if their time is not over.
    fn viewer(&self) -> Result<&Viewer, Ending> {
        match &self.standing {
            Standing::Unknown => Err(Ending::Unauthorized),
            Standing::Known { viewer, .. }
                if viewer.expires_at <= self.gateway.app.clock.wall() =>
            {
                Err(Ending::Expired)
            }
            Standing::Known { viewer, .. } => Ok(viewer),
        }
    }

    async fn hear(&mut self, frame: Message) -> Result<(), Ending> {
        self.heard = Instant::now();
        let text = match frame {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(Ending::BadMessage),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(Ending::Gone),
        };
        match Incoming::parse(&text) {
            Ok(Incoming::Init(authorization)) => self.init(authorization).await,
            Ok(Incoming::Ping {
                authorization,
                payload,
            }) => {
                if let Some(authorization) = authorization {
                    self.refresh(&authorization).await?;
                }
                self.send(&Outgoing::Pong { payload })
            }
            Ok(Incoming::Pong) => Ok(()),
            Ok(Incoming::Subscribe { id, parameters }) => self.subscribe(id, *parameters),
            Ok(Incoming::Complete { id }) => {
                self.stop(&id);
                Ok(())
            }
            Err(Malformed) => Err(Ending::BadMessage),
        }
    }

    async fn init(&mut self, authorization: Option<String>) -> Result<(), Ending> {
        if matches!(self.standing, Standing::Known { .. }) {
            return Err(Ending::SecondInit);
        }
        let viewer = authenticate(&self.gateway, self.request, authorization.as_deref()).await?;
        let seat = self
            .gateway
            .seats
            .take(viewer.actor.tenant, &viewer.actor.user)
            .ok_or(Ending::TooManySockets)?;
        self.standing = Standing::Known {
            viewer,
            _seat: seat,
        };
        self.send(&Outgoing::ConnectionAck)
    }

    /// Replaces the token. What runs keeps the rights that it started with, so a token of other rights ends the session:
    /// the client connects again and resumes.
    async fn refresh(&mut self, authorization: &str) -> Result<(), Ending> {
        let actor = self.viewer()?.actor.clone();
        let fresh = authenticate(&self.gateway, self.request, Some(authorization)).await?;
        match &mut self.standing {
            Standing::Known { viewer, .. } if fresh.actor == actor => {
                viewer.expires_at = fresh.expires_at;
                Ok(())
            }
            Standing::Known { .. } | Standing::Unknown => Err(Ending::Expired),
        }
    }

    fn subscribe(&mut self, id: String, parameters: Parameters) -> Result<(), Ending> {
        let viewer = self.viewer()?.clone();
        if self.running.contains_key(&id) {
            return Err(Ending::DuplicateId);
        }
        let limit = self.gateway.socket.subscriptions;
        if self.running.len() >= limit {
            return self.refuse(&id, &Fault::Operations { limit });
        }
        let prepared = match parameters.prepare(&self.gateway.bounds) {
            Ok(prepared) => prepared,
            Err(fault) => return self.refuse(&id, &fault),
        };
        let steps = operation::steps(&self.gateway, prepared, viewer, self.request);
        let (steps, abort) = stream::abortable(steps);
        self.serial += 1;
        let serial = self.serial;
        let running = Running {
            serial,
            abort,
            _counted: self.gateway.metrics.operation(),
        };
        self.running.insert(id.clone(), running);
        let ended = stream::iter([Step::End]);
        self.operations.push(
            steps
                .chain(ended)
                .map(move |step| Told {
                    id: id.clone(),
                    serial,
                    step,
                })
                .boxed(),
        );
        Ok(())
    }

    /// Ends an operation, if it runs; its steps that are under way are not told any more.
    fn stop(&mut self, id: &str) {
        if let Some(running) = self.running.remove(id) {
            running.abort.abort();
        }
    }

    fn tell(&mut self, told: Told) -> Result<(), Ending> {
        let Told { id, serial, step } = told;
        if self
            .running
            .get(&id)
            .is_none_or(|running| running.serial != serial)
        {
            return Ok(());
        }
        // Nothing is told to somebody whose time is over, however soon that is noticed.
        self.viewer()?;
        match step {
            Step::Answer(answer) if graphql::is_request_error(&answer) => {
                self.stop(&id);
                let payload = &answer.errors;
                self.send(&Outgoing::Error { id: &id, payload })
            }
            Step::Answer(answer) => match self.push(&Outgoing::Next {
                id: &id,
                payload: &answer,
            }) {
                Err(Full::Message) => {
                    self.stop(&id);
                    let limit = self.gateway.socket.queue_bytes;
                    self.refuse(&id, &Fault::AnswerTooLarge { limit })
                }
                Err(Full::Behind) => Err(Ending::TooSlow),
                Ok(()) => Ok(()),
            },
            Step::Fault(fault) => {
                self.stop(&id);
                self.refuse(&id, &fault)
            }
            Step::End => {
                self.stop(&id);
                self.send(&Outgoing::Complete { id: &id })
            }
        }
    }

    fn refuse(&mut self, id: &str, fault: &Fault) -> Result<(), Ending> {
        let payload: &[ServerError] = &[fault.to_error()];
        self.send(&Outgoing::Error { id, payload })
    }

    fn send(&mut self, message: &Outgoing<'_>) -> Result<(), Ending> {
        self.push(message).map_err(|_| Ending::TooSlow)
    }

    fn push(&mut self, message: &Outgoing<'_>) -> Result<(), Full> {
        let text = serde_json::to_string(message)
            .expect("answers are made of JSON values, whose keys are strings");
        self.outbox.push(text)
    }
}

/// Who a token stands for. Does not borrow the session, which no two threads may look at.
async fn authenticate(
    gateway: &Gateway,
    request: RequestId,
    authorization: Option<&str>,
) -> Result<Viewer, Ending> {
    let value = authorization.ok_or(Ending::Unauthorized)?;
    match auth::viewer_of(gateway, value, request.0).await {
        Ok(viewer) => Ok(viewer),
        Err(Fault::Internal(_)) => Err(Ending::Internal),
        Err(_) => Err(Ending::Unauthorized),
    }
}

/// A message beyond the bound is told; everything else that breaks leaves nobody to tell.
fn broken(cause: &impl std::error::Error) -> Ending {
    let mut source = cause.source();
    while let Some(inner) = source {
        if let Some(tokio_tungstenite::tungstenite::Error::Capacity(_)) = inner.downcast_ref() {
            return Ending::TooBig;
        }
        source = inner.source();
    }
    Ending::Gone
}
