//! Work that is done outside: a worker fetches it by its type, has it in hand while its lock lasts, and says how it went.
//! [`decide`] judges what a worker asks of one piece of work, [`PendingWork::apply`] folds what happened; letting the
//! instance go on is the engine's part.
//!
//! ```text
//!               activate                    complete, throw
//!   available ───────────▶ locked until t ──────────────────▶ gone
//!       ▲  ▲                  │   │ fail
//!       │  └── t is over ─────┘   ├──▶ tries are left: rests, then available
//!       └─────────────────────────┘    none is left: gone, and an incident holds its token
//! ```
//!
//! A lock is nothing but a moment: when it is over, anybody takes the work, and nobody has to tidy up. Until somebody does,
//! whoever had it may still say how it went.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use jiff::fmt::temporal::SpanParser;
use jiff::{SignedDuration, SpanRelativeTo, Timestamp};
use serde::{Deserialize, Serialize};

use crate::access::{self, Acl, Actor, Principal, Privilege, field};
use crate::bpmn::{ElementIx, ExternalWork, Kind, Process};
use crate::engine::command::Rejection;
use crate::engine::instance::{Instance, InstanceState, ScopeId, TokenId};
use crate::ids::WorkId;
use crate::value::{Data, Name};

mod view;

pub use view::{WorkView, view};

/// How often work may be tried.
pub const TRIES: RangeInclusive<u32> = 1..=100;
/// How often it is when the model does not say.
pub const USUAL_TRIES: u32 = 3;
/// How long a lock lasts when neither the worker nor the model says.
pub const USUAL_LOCK: SignedDuration = SignedDuration::from_mins(5);
/// How long a lock may last.
pub const LOCKS: RangeInclusive<SignedDuration> =
    SignedDuration::from_secs(1)..=SignedDuration::from_hours(24);
/// How long work may rest after a failure.
pub const RESTS: RangeInclusive<SignedDuration> =
    SignedDuration::ZERO..=SignedDuration::from_hours(24 * 30);
/// Bytes of a type at most.
pub const MAX_TYPE: usize = 256;

static SPANS: SpanParser = SpanParser::new();

/// A piece of work that waits to be done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingWork {
    /// Which one.
    pub id: WorkId,
    /// The token that waits for it.
    pub token: TokenId,
    /// The scope that its data lives in.
    pub scope: ScopeId,
    /// The element of the model.
    pub element: ElementIx,
    /// Of what type: what workers ask by.
    pub kind: Name,
    /// How often it will still be tried, this time included; at least once.
    pub retries: u32,
    /// 0 to 100; higher is more urgent.
    pub priority: i32,
    /// How long it rests after a failure.
    pub backoff: SignedDuration,
    /// How long a worker has it that does not say for how long.
    pub timeout: SignedDuration,
    /// Who may do it, among those with the privilege; `None` abstains.
    pub workers: Option<BTreeSet<Principal>>,
    /// When it came into being.
    pub created_at: Timestamp,
    /// Not to be fetched before.
    pub available_at: Timestamp,
    /// Who has or had it in hand last, since it failed last.
    pub lock: Option<Lock>,
    /// How it failed last, in the words of the worker: these may hold anything.
    pub failure: Option<Failure>,
}

/// Who has work in hand.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Lock {
    /// The user of the worker's token.
    pub user: Name,
    /// What the worker calls itself, among those of one user.
    pub worker: Name,
    /// From then on others may take it.
    pub until: Timestamp,
}

/// How work failed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The user of the worker's token.
    pub user: Name,
    /// What the worker said.
    pub message: String,
}

/// What a worker may ask of work that it has in hand.
#[derive(Clone, PartialEq, Debug)]
pub enum WorkCommand {
    /// It is done. The fields are written to the instance, or go into the output mappings of the element if it has any.
    Complete {
        /// The fields.
        data: Data,
    },
    /// It did not work out.
    Fail {
        /// How often it is to be tried still; never more often than the model says.
        retries: Option<u32>,
        /// How long it rests; without, as the model says.
        backoff: Option<SignedDuration>,
        /// What went wrong.
        message: Option<String>,
    },
    /// An error that the model knows, for the nearest event that catches its code.
    Throw {
        /// The code.
        code: Name,
        /// Fields that come along.
        data: Data,
    },
    /// More time.
    Extend {
        /// From now on.
        lock: SignedDuration,
    },
}

/// What happened to work.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum WorkEvent {
    /// A worker took it in hand.
    Locked(Lock),
    /// The worker that has it got more time.
    Extended {
        /// From then on others may take it.
        until: Timestamp,
    },
    /// It did not work out.
    Failed {
        /// How often it will still be tried; at 0 it is gone.
        retries: u32,
        /// Not to be fetched before.
        available_at: Timestamp,
        /// How.
        failure: Option<Failure>,
    },
    /// Its instance runs another version of its process: what that says of it. Who has it in hand keeps it, and it is tried
    /// as often as before.
    Renewed {
        /// Of what type.
        kind: Name,
        /// 0 to 100.
        priority: i32,
        /// How long it rests after a failure.
        backoff: SignedDuration,
        /// How long a worker has it that does not say for how long.
        timeout: SignedDuration,
        /// Who may do it.
        workers: Option<BTreeSet<Principal>>,
    },
    /// It is done, and gone.
    Completed {
        /// By whom: the user of the worker's token.
        by: Name,
    },
    /// It ended with an error, and is gone.
    Thrown {
        /// By whom: the user of the worker's token.
        by: Name,
    },
}

impl PendingWork {
    /// Folds one event into the state; whether the work is still there. Total: any event can be folded into any state.
    pub fn apply(&mut self, event: &WorkEvent) -> bool {
        match event {
            WorkEvent::Locked(lock) => {
                self.lock = Some(lock.clone());
                true
            }
            WorkEvent::Extended { until } => {
                if let Some(lock) = &mut self.lock {
                    lock.until = *until;
                }
                true
            }
            WorkEvent::Failed {
                retries,
                available_at,
                failure,
            } => {
                self.retries = *retries;
                self.available_at = *available_at;
                self.failure.clone_from(failure);
                self.lock = None;
                *retries > 0
            }
            WorkEvent::Renewed {
                kind,
                priority,
                backoff,
                timeout,
                workers,
            } => {
                self.kind = kind.clone();
                self.priority = *priority;
                self.backoff = *backoff;
                self.timeout = *timeout;
                self.workers.clone_from(workers);
                true
            }
            WorkEvent::Completed { .. } | WorkEvent::Thrown { .. } => false,
        }
    }

    /// From when on it can be fetched: after its rest, and after its lock.
    pub fn free_at(&self) -> Timestamp {
        let locked = self.lock.as_ref().map(|lock| lock.until);
        locked.map_or(self.available_at, |until| until.max(self.available_at))
    }
}

/// From when on work of an instance can be fetched; never of one that does not run.
pub fn free_at(instance: &Instance, work: &PendingWork) -> Option<Timestamp> {
    match instance.state {
        InstanceState::Active => Some(work.free_at()),
        InstanceState::Suspended
        | InstanceState::Completed
        | InstanceState::Withdrawn
        | InstanceState::Terminated => None,
    }
}

/// Work as those are told of it who wait for some: no more than whether it is for them, and when.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct WorkImage {
    /// Of what type.
    pub kind: Name,
    /// Who may do it.
    pub acl: Acl,
    /// From when on.
    pub free_at: Timestamp,
}

/// The work that a transition has made free, at once or later, at another time than it was before.
pub fn freed(process: &Process, before: Option<&Instance>, after: &Instance) -> Vec<WorkImage> {
    // In another version it may be for others, of another type, even where it is free at the same moment.
    let before = before.filter(|before| before.process == after.process);
    let were: BTreeMap<WorkId, Timestamp> = before
        .into_iter()
        .flat_map(|before| before.work.iter().map(move |work| (before, work)))
        .filter_map(|(before, work)| Some((work.id, free_at(before, work)?)))
        .collect();
    let mut freed: Vec<WorkImage> = Vec::new();
    for work in &after.work {
        let was = were.get(&work.id);
        let Some(free_at) = free_at(after, work).filter(|free_at| was != Some(free_at)) else {
            continue;
        };
        let image = WorkImage {
            kind: work.kind.clone(),
            acl: acl(process, after, work),
            free_at,
        };
        // An activity that repeats makes much of the same at once: to know of one is enough.
        if freed.last() != Some(&image) {
            freed.push(image);
        }
    }
    freed
}

/// Who may do the work: whom the model names, else everybody with the privilege `worker`; and G3. Doing it takes the
/// privilege besides.
pub fn acl(process: &Process, instance: &Instance, work: &PendingWork) -> Acl {
    let everybody = || BTreeSet::from([Principal::Privilege(Privilege::Worker)]);
    Acl {
        grants: work.workers.clone().unwrap_or_else(everybody),
        require: access::instance::services(process, instance),
        denied: BTreeSet::new(),
    }
}

/// Whether somebody may do the work (G2, G3, `wf:workers`).
pub fn may_do(process: &Process, instance: &Instance, work: &PendingWork, actor: &Actor) -> bool {
    actor.has(Privilege::Worker) && acl(process, instance, work).admits(actor)
}

/// Takes work in hand, if it is free and the actor may do it.
pub fn lock(
    process: &Process,
    instance: &Instance,
    work: &PendingWork,
    (actor, worker): (&Actor, &Name),
    asked: Option<SignedDuration>,
    now: Timestamp,
) -> Option<WorkEvent> {
    let free = work.free_at() <= now && may_do(process, instance, work, actor);
    free.then(|| {
        WorkEvent::Locked(Lock {
            user: actor.user.clone(),
            worker: worker.clone(),
            until: after(now, asked.unwrap_or(work.timeout)),
        })
    })
}

/// Judges what a worker asks of work. Whatever it does not have in hand is not there for it. Changes nothing.
pub fn decide(
    process: &Process,
    instance: &Instance,
    work: &PendingWork,
    (actor, worker): (&Actor, &Name),
    command: &WorkCommand,
    now: Timestamp,
) -> Result<WorkEvent, Rejection> {
    let mine = work
        .lock
        .as_ref()
        .is_some_and(|lock| lock.user == actor.user && lock.worker == *worker);
    if !mine || !may_do(process, instance, work, actor) {
        return Err(Rejection::NotInHand);
    }
    let by = actor.user.clone();
    let check =
        |data: &Data| field::check_worker_write(process, instance, work.element, actor, data);
    match command {
        WorkCommand::Complete { data } => {
            // Where the model says what is kept of it, it says so for every field.
            if process.element(work.element).outputs.is_empty() {
                check(data)?;
            }
            Ok(WorkEvent::Completed { by })
        }
        WorkCommand::Throw { data, .. } => {
            check(data)?;
            Ok(WorkEvent::Thrown { by })
        }
        WorkCommand::Fail {
            retries,
            backoff,
            message,
        } => {
            let left = work.retries.saturating_sub(1);
            Ok(WorkEvent::Failed {
                retries: retries.map_or(left, |asked| asked.min(left)),
                available_at: after(now, backoff.unwrap_or(work.backoff)),
                failure: message.as_ref().map(|message| Failure {
                    user: by,
                    message: message.clone(),
                }),
            })
        }
        WorkCommand::Extend { lock } => Ok(WorkEvent::Extended {
            until: after(now, *lock),
        }),
    }
}

/// What the model says of the work at an element.
pub fn described(process: &Process, element: ElementIx) -> Option<&ExternalWork> {
    if let Kind::Work(work) = &process.element(element).kind {
        Some(work)
    } else {
        None
    }
}

/// A duration of ISO 8601 that work may rest or be locked for; days have 24 hours, and months have no length.
pub fn duration(text: &str) -> Option<SignedDuration> {
    let span = SPANS.parse_span(text.trim()).ok()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    RESTS.contains(&duration).then_some(duration)
}

/// The end of time, where it would lie behind it; in whole microseconds, which is what is stored.
fn after(now: Timestamp, pause: SignedDuration) -> Timestamp {
    let at = now.checked_add(pause).unwrap_or(Timestamp::MAX);
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_iso_8601_of_a_fixed_length_of_at_most_thirty_days() {
        for (text, seconds) in [
            ("PT0S", 0),
            ("PT5M", 300),
            ("P1DT1H", 90_000),
            ("P4W", 2_419_200),
        ] {
            assert_eq!(
                duration(text).map(|it| it.as_secs()),
                Some(seconds),
                "{text}"
            );
        }
        for text in [
            "",
            "5 minutes",
            "P1M",
            "P1Y",
            "-PT1S",
            "P31D",
            "PT99999999999H",
            "R/PT1S",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
