//! What is remembered of a run: one entry for each element that a token came to, that was done, or that was taken away, and
//! for what went wrong. An entry says what the model said at the time, so that it still reads when the instance has moved to
//! another version.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bpmn::{ElementIx, Process};
use crate::engine::event::Event;
use crate::engine::instance::{Instance, ScopeId, TokenId};
use crate::ids::{InstanceId, TaskId};
use crate::value::Name;

/// What an entry says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// A token came to the element.
    Entered,
    /// The element is done.
    Completed,
    /// The element was left before it was done.
    Cancelled,
    /// Something went wrong, and the token is held.
    Incident,
    /// What went wrong was tried again.
    Retried,
    /// Somebody has dealt with what went wrong, and the token went past it.
    Resolved,
    /// Somebody stopped the instance for the time being.
    Suspended,
    /// Somebody let it go on.
    Resumed,
    /// Somebody moved it by hand; what follows came of that.
    Modified,
    /// Somebody moved it to another version of its process; what follows came of that, and speaks of that version.
    Migrated,
}

/// What an entry about an activity that repeats is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Repetition {
    /// The activity as a whole: its rounds have entries of their own.
    Whole,
    /// One round of it.
    Round,
}

/// One thing that is remembered. Entries of an instance are numbered from 1 without a gap; the number is where the entry
/// stands, not part of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// What happened.
    pub kind: Kind,
    /// The id of the element; that of the process, of what happened to the instance as a whole.
    pub element_id: Name,
    /// The name of the element.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element_name: Option<Name>,
    /// What BPMN calls the element: `userTask`.
    pub element_type: Name,
    /// The token that stood there; 0, of what happened to the instance as a whole.
    pub token: TokenId,
    /// The token that waits at the sub-process around; nothing at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<TokenId>,
    /// Whether this is about an activity that repeats, or about one of its rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition: Option<Repetition>,
    /// When.
    pub at: Timestamp,
    /// The person whose command the transition was; nobody where a timer, a signal or another instance moved it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Name>,
    /// The task at the element.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The instance that the element called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<InstanceId>,
    /// What went wrong: it may quote the model, never data. Of what was done by hand: why, in the words of who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The numbers of the versions that it was moved from and to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<(u32, u32)>,
}

/// What an event says for the history, of which token, at which element; nothing where it leaves no entry.
fn remembered(event: &Event) -> Option<(Kind, TokenId, Option<ElementIx>)> {
    let at = |kind, token: &TokenId, element: &ElementIx| Some((kind, *token, Some(*element)));
    let whole = |kind| Some((kind, TokenId(ScopeId::ROOT.0), None));
    match event {
        Event::Entered { token, element, .. } => at(Kind::Entered, token, element),
        Event::Completed { token, element } => at(Kind::Completed, token, element),
        Event::Cancelled { token, element } => at(Kind::Cancelled, token, element),
        Event::IncidentRaised(incident) => at(Kind::Incident, &incident.token, &incident.element),
        Event::IncidentRetried { token, element, .. } => at(Kind::Retried, token, element),
        Event::IncidentResolved { token, element, .. } => at(Kind::Resolved, token, element),
        Event::Suspended { .. } => whole(Kind::Suspended),
        Event::Resumed { .. } => whole(Kind::Resumed),
        Event::Modified { .. } => whole(Kind::Modified),
        Event::Migrated(_) => whole(Kind::Migrated),
        // It has left, and what it came for is done by the other.
        Event::Merged { token, element, .. } => at(Kind::Cancelled, token, element),
        Event::ScopeOpened { .. }
        | Event::Furnished { .. }
        | Event::TurnTaken { .. }
        | Event::GatewayStarted(_)
        | Event::GatewayReset { .. }
        | Event::Remembered(_)
        | Event::CompensationBegun { .. }
        | Event::Compensated { .. }
        | Event::RoundsOpened { .. }
        | Event::ScopeClosed { .. }
        | Event::DataSet { .. }
        | Event::Conversed { .. }
        | Event::Relisted { .. }
        | Event::TaskCreated(_)
        | Event::Task { .. }
        | Event::TimerSet(_)
        | Event::TimerCleared(_)
        | Event::MessageAwaited(_)
        | Event::MessageCleared { .. }
        | Event::ConditionJudged(_)
        | Event::ConditionCleared { .. }
        | Event::SignalAwaited(_)
        | Event::SignalCleared { .. }
        | Event::WorkCreated(_)
        | Event::Work { .. }
        | Event::WorkCleared(_)
        | Event::PartHappened(_)
        | Event::PartsCleared { .. }
        | Event::Called(_)
        | Event::CallReaders { .. }
        | Event::CallReturned { .. }
        | Event::CallCleared { .. }
        | Event::Asked(_)
        | Event::Ended { .. } => None,
    }
}

fn message(event: &Event) -> Option<String> {
    if let Event::IncidentRaised(incident) = event {
        Some(incident.message.clone())
    } else if let Event::IncidentResolved { reason, .. } | Event::Modified { reason, .. } = event {
        Some(reason.to_string())
    } else if let Event::Migrated(migrated) = event {
        Some(migrated.reason.to_string())
    } else if let Event::Suspended { reason, .. } | Event::Resumed { reason, .. } = event {
        reason.as_ref().map(|reason| reason.to_string())
    } else {
        None
    }
}

fn versions(event: &Event) -> Option<(u32, u32)> {
    if let Event::Migrated(migrated) = event {
        Some((migrated.from_version, migrated.to_version))
    } else {
        None
    }
}

/// Whether an event leaves an entry.
pub(crate) fn is_remembered(event: &Event) -> bool {
    remembered(event).is_some()
}

/// The entries of one transition, in order: exactly as many as applying its events adds to [`Instance::history`]. `before` is
/// nothing where the instance is new; `by` is the person who asked for the transition. Of a migration the process is the
/// version that it has gone to.
pub fn entries(
    process: &Process,
    before: Option<&Instance>,
    events: &[Event],
    at: Timestamp,
    by: Option<&Name>,
) -> Vec<Entry> {
    let places = Places::of(before, events);
    events
        .iter()
        .filter_map(|event| {
            let (kind, token, ix) = remembered(event)?;
            let element = ix.map(|ix| process.element(ix));
            let repeat = element.and_then(|element| element.repeat.as_ref());
            Some(Entry {
                kind,
                element_id: element.map_or(&process.key, |element| &element.id).clone(),
                element_name: element
                    .map_or(&process.name, |element| &element.name)
                    .clone(),
                element_type: element.map_or_else(|| Name::from("process"), |it| it.tag.clone()),
                token,
                scope: places.scope(token),
                repetition: repeat.map(|_| places.repetition(token)),
                at,
                by: by.cloned(),
                task: places.tasks.get(&token).copied(),
                called: places.calls.get(&token).copied(),
                message: message(event),
                versions: versions(event),
            })
        })
        .collect()
}

/// Where the tokens of a transition stand or stood, whichever of them are gone by its end.
struct Places {
    /// Element, and token of the scope around.
    tokens: HashMap<TokenId, (ElementIx, TokenId)>,
    tasks: HashMap<TokenId, TaskId>,
    calls: HashMap<TokenId, InstanceId>,
}

impl Places {
    fn of(before: Option<&Instance>, events: &[Event]) -> Places {
        let mut places = Places {
            tokens: HashMap::new(),
            tasks: HashMap::new(),
            calls: HashMap::new(),
        };
        for token in before.iter().flat_map(|before| &before.tokens) {
            let place = (token.element, TokenId(token.scope.0));
            places.tokens.insert(token.id, place);
        }
        for task in before.iter().flat_map(|before| before.open_tasks()) {
            places.tasks.insert(task.token, task.id);
        }
        for call in before.iter().flat_map(|before| &before.calls) {
            places.calls.insert(call.token, call.child);
        }
        for event in events {
            if let Event::Migrated(migrated) = event {
                for (element, _) in places.tokens.values_mut() {
                    *element = migrated.elements.get(element).copied().unwrap_or(*element);
                }
            } else if let Event::Called(call) = event {
                places.calls.insert(call.token, call.child);
            } else if let Event::Entered {
                token,
                element,
                scope,
                ..
            } = event
            {
                places.tokens.insert(*token, (*element, TokenId(scope.0)));
            } else if let Event::TaskCreated(task) = event {
                places.tasks.insert(task.token, task.id);
            }
        }
        places
    }

    fn scope(&self, token: TokenId) -> Option<TokenId> {
        let (_, scope) = self.tokens.get(&token)?;
        self.tokens.contains_key(scope).then_some(*scope)
    }

    /// A round stands at the element of the token whose scope it is in: nothing else can.
    fn repetition(&self, token: TokenId) -> Repetition {
        let element = |token| self.tokens.get(&token).map(|(element, _)| *element);
        let around = self.scope(token).and_then(element);
        match around.is_some() && around == element(token) {
            true => Repetition::Round,
            false => Repetition::Whole,
        }
    }
}
