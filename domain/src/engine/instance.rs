//! The state of one run: what events fold to. Open tasks, timers and waits are part of it, so that one transition is one
//! aggregate. Everything here can be stored as it stands. [`Instance::apply`] is the only way to change it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::call::{Parent, PendingCall};
use super::compensable::{Compensable, Undoing};
use super::event::Event;
use super::gate::Gate;
pub use super::incident::{Incident, IncidentKind, Phase};
pub use super::pending::{Happened, PendingCondition, PendingMessage, PendingSignal, PendingTimer};
use crate::access::Principal;
use crate::bpmn::ElementIx;
use crate::history;
use crate::ids::{InstanceId, ProcessId, TaskId, WorkId};
use crate::task::{Task, TaskEvent};
use crate::value::{Data, Name, Value};
use crate::work::{PendingWork, WorkEvent};

/// Where the life of an instance stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum InstanceState {
    /// It runs.
    Active,
    /// An administrator stopped it for the time being: nothing moves.
    Suspended,
    /// It came to its end.
    Completed,
    /// Its initiator took it back.
    Withdrawn,
    /// An administrator ended it; or, of one that was called: what called it did, or an error that it did not catch.
    Terminated,
}

/// A token's number within its instance; never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenId(pub u32);

/// A scope's number within its instance: 0 is the instance itself, a sub-process's scope has the number of the token
/// that entered it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScopeId(pub u32);

impl ScopeId {
    /// The instance itself.
    pub const ROOT: ScopeId = ScopeId(0);
}

/// One run of a process.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// Which run.
    pub id: InstanceId,
    /// Of which version of which process.
    pub process: ProcessId,
    /// Where its life stands.
    pub state: InstanceState,
    /// The key that the outside knows it by.
    pub business_key: Option<Name>,
    /// Whose case it is; empty, which no person is called, if nobody's: the system started it.
    pub initiator: Name,
    /// Who pressed the button; empty if nobody did.
    pub created_by: Name,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The fields of the process.
    pub data: Data,
    /// Where it stands, by number. Those that go are mostly among the oldest, those that come are the newest.
    pub tokens: VecDeque<Token>,
    /// The number of the next token.
    pub next_token: u32,
    /// The sub-processes that are open, by number: parents before children.
    pub scopes: Vec<Scope>,
    /// Open tasks, and those that a transition has closed since the instance was loaded: storing writes them for the last
    /// time, loading leaves them out.
    pub tasks: Vec<Task>,
    /// Timers that have not fired.
    pub timers: Vec<PendingTimer>,
    /// Messages waited for.
    pub waits: Vec<PendingMessage>,
    /// By key, what the messages of its conversations are told apart by, once the first of each has come or gone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<Name, Value>,
    /// Conditions waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<PendingCondition>,
    /// Signals waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<PendingSignal>,
    /// Work that somebody outside is to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<PendingWork>,
    /// What has happened of events that wait for several things together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub happened: Vec<Happened>,
    /// What was called and is not over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<PendingCall>,
    /// What called it, if something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// What went wrong and holds a token.
    pub incidents: Vec<Incident>,
    /// The number of the next incident.
    #[serde(default = "first_incident")]
    pub next_incident: u32,
    /// What is done and could be compensated, in order of completion.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compensable: Vec<Compensable>,
    /// The complex gateways that wait to be reset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// Who completed a task here.
    pub past: BTreeSet<Name>,
    /// The lists of the last state, kept when the instance has ended.
    pub last_lists: Lists,
    /// How many entries its history has.
    #[serde(default)]
    pub history: u32,
    /// Goes up with each transition.
    pub revision: u32,
}

/// A place where an instance stands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Token {
    /// Its number.
    pub id: TokenId,
    /// The element that it stands at.
    pub element: ElementIx,
    /// The scope that it runs in.
    pub scope: ScopeId,
    /// The flow that it came by, for joins.
    pub via: Option<u32>,
    /// How many others it has taken in, for an activity that takes several to begin.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gathered: u32,
    /// When it came here.
    pub since: Timestamp,
    /// G7 as resolved on entry.
    pub lists: Lists,
}

/// The state lists, resolved to principals. `None`: no state so far has said anything.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Lists {
    /// Who reads.
    pub readers: Option<BTreeSet<Principal>>,
    /// Who writes.
    pub writers: Option<BTreeSet<Principal>>,
    /// Who is accountable.
    pub owners: Option<BTreeSet<Principal>>,
    /// Which of them follow the data, so that they are resolved anew also where they were carried to.
    #[serde(default, skip_serializing_if = "Sources::is_none")]
    pub live: Sources,
    /// What said them last, so that another version of the process can say otherwise; nothing where several did.
    #[serde(default, skip_serializing_if = "Sources::is_none")]
    pub from: Sources,
}

/// Where lists came from.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Sources {
    /// Whose readers.
    pub readers: Option<Source>,
    /// Whose writers.
    pub writers: Option<Source>,
    /// Whose owners.
    pub owners: Option<Source>,
}

/// What declares a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Source {
    /// The process.
    Process,
    /// An element.
    Element(ElementIx),
}

impl Sources {
    /// Whether none is known.
    pub fn is_none(&self) -> bool {
        *self == Sources::default()
    }
}

/// An open sub-process, or the fields that an activity or an event has for itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Scope {
    /// Its number: that of the token that waits at the sub-process.
    pub id: ScopeId,
    /// The scope around it.
    pub parent: ScopeId,
    /// The sub-process.
    pub element: ElementIx,
    /// Its own fields; they shadow those around it.
    pub data: Data,
    /// Whether what opened it has fields of its own, which its token sees where it stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// How far an activity that repeats has come, if the scope is there for its rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Rounds>,
    /// Whose turn it is, if its activities come one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<TokenId>,
    /// Why what is done is undone here, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoing: Option<Undoing>,
}

/// The rounds of an activity that repeats: each is a token in the scope, with a scope of its own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rounds {
    /// How many there are to be; `None` is as long as a condition holds.
    pub all: Option<u32>,
    /// How many have begun.
    pub begun: u32,
    /// How many are done.
    pub completed: u32,
    /// The values that they are for, if they come one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Value>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Instance {
    /// Folds the events of one transition into the state; the revision goes up by one. Total: an event about what is not
    /// there changes nothing.
    pub fn apply(&mut self, events: &[Event]) {
        for event in events {
            self.fold(event);
        }
        self.revision = self.revision.saturating_add(1);
    }

    /// The token of a number.
    pub fn token(&self, id: TokenId) -> Option<&Token> {
        // Numbers only grow and tokens are appended, so the list is sorted.
        let at = self
            .tokens
            .binary_search_by_key(&id, |token| token.id)
            .ok()?;
        self.tokens.get(at)
    }

    fn token_mut(&mut self, id: TokenId) -> Option<&mut Token> {
        let at = self.tokens.binary_search_by_key(&id, |token| token.id);
        self.tokens.get_mut(at.ok()?)
    }

    fn take(&mut self, id: TokenId) {
        if let Ok(at) = self.tokens.binary_search_by_key(&id, |token| token.id) {
            self.tokens.remove(at);
        }
    }

    /// The task of an id, open or closed since loading.
    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// The tasks that are open.
    pub fn open_tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.state.is_open())
    }

    /// The open sub-process of a number; the root is none.
    pub fn scope(&self, id: ScopeId) -> Option<&Scope> {
        // They are sorted by number as well.
        let at = self.scopes.binary_search_by_key(&id, |scope| scope.id);
        self.scopes.get(at.ok()?)
    }

    pub(super) fn scope_mut(&mut self, id: ScopeId) -> Option<&mut Scope> {
        let at = self.scopes.binary_search_by_key(&id, |scope| scope.id);
        self.scopes.get_mut(at.ok()?)
    }

    /// Whether a token is one round of an activity that repeats.
    pub fn is_round(&self, token: &Token) -> bool {
        let around = self.scope(token.scope);
        around.is_some_and(|around| around.rounds.is_some())
    }

    /// The call that an instance came of.
    pub fn call_of(&self, child: InstanceId) -> Option<&PendingCall> {
        self.calls.iter().find(|call| call.child == child)
    }

    /// Whether a token's activity or event has fields of its own.
    pub fn has_own(&self, token: TokenId) -> bool {
        self.scope(ScopeId(token.0)).is_some_and(|open| open.own)
    }

    /// The scope whose fields a token sees where it stands: a round sees its own, and so does what has fields of its own.
    pub fn scope_of(&self, token: &Token) -> ScopeId {
        match self.is_round(token) || self.has_own(token.id) {
            true => ScopeId(token.id.0),
            false => token.scope,
        }
    }

    pub(super) fn fold(&mut self, event: &Event) {
        if history::is_remembered(event) {
            self.history = self.history.saturating_add(1);
        }
        match event {
            Event::Entered {
                token,
                element,
                scope,
                via,
                at,
                lists,
            } => {
                self.next_token = self.next_token.max(token.0.saturating_add(1));
                self.tokens.push_back(Token {
                    id: *token,
                    element: *element,
                    scope: *scope,
                    via: *via,
                    gathered: 0,
                    since: *at,
                    lists: lists.clone(),
                });
                if let Some(rounds) = self.rounds_mut(*scope) {
                    rounds.begun = rounds.begun.saturating_add(1);
                }
            }
            Event::Completed { token, .. } | Event::Cancelled { token, .. } => {
                let scope = self.token(*token).map(|held| held.scope);
                if matches!(event, Event::Completed { .. })
                    && let Some(rounds) = scope.and_then(|scope| self.rounds_mut(scope))
                {
                    rounds.completed = rounds.completed.saturating_add(1);
                }
                self.take(*token);
                self.happened.retain(|it| it.token != *token);
                self.incidents.retain(|incident| incident.token != *token);
                self.gone(*token, matches!(event, Event::Completed { .. }));
            }
            Event::ScopeOpened { token } => self.open_scope(*token),
            Event::Furnished { token } => {
                if let Some(open) = self.scope_mut(ScopeId(token.0)) {
                    open.own = true;
                }
            }
            Event::RoundsOpened { scope, all, items } => {
                if let Some(open) = self.scope_mut(*scope) {
                    open.rounds = Some(Rounds {
                        all: *all,
                        begun: 0,
                        completed: 0,
                        items: items.clone(),
                    });
                }
            }
            Event::ScopeClosed { scope } => {
                if let Ok(at) = self.scopes.binary_search_by_key(scope, |open| open.id) {
                    self.scopes.remove(at);
                }
                self.release(*scope);
                self.gates.retain(|gate| gate.scope != *scope);
            }
            Event::Merged { token, into, .. } => {
                self.take(*token);
                if let Some(held) = self.token_mut(*into) {
                    held.gathered = held.gathered.saturating_add(1);
                }
            }
            Event::TurnTaken { token } => {
                let scope = self.token(*token).map(|held| held.scope);
                let open = scope.and_then(|scope| self.scope_mut(scope));
                if let Some(open) = open {
                    open.turn = Some(*token);
                }
            }
            Event::GatewayStarted(gate) => self.gates.push(gate.clone()),
            Event::GatewayReset { element, scope } => self
                .gates
                .retain(|gate| gate.element != *element || gate.scope != *scope),
            Event::Remembered(done) => self.remember(done),
            Event::CompensationBegun { token, undoing, of } => self.undo(*token, *undoing, of),
            Event::Compensated { activity, by } => self.undone(*activity, *by),
            Event::DataSet {
                scope,
                field,
                value,
            } => {
                if let Some(data) = self.data_mut(*scope) {
                    data.insert(field.clone(), value.clone());
                }
            }
            Event::Relisted { token, lists } => {
                if let Some(held) = self.token_mut(*token) {
                    held.lists = lists.clone();
                }
            }
            Event::TaskCreated(task) => self.tasks.push(Task::clone(task)),
            Event::Task { task, event } => self.fold_task(*task, event),
            Event::TimerSet(timer) => self.timers.push(timer.clone()),
            Event::TimerCleared(id) => self.timers.retain(|timer| timer.id != *id),
            Event::MessageAwaited(wait) => self.waits.push(wait.clone()),
            Event::MessageCleared { token, element } => self
                .waits
                .retain(|wait| wait.token != *token || wait.element != *element),
            Event::Conversed {
                key,
                value,
                messages,
            } => {
                self.keys.insert(key.clone(), value.clone());
                let mut waits = self.waits.iter_mut();
                while let Some(wait) =
                    waits.find(|it| it.correlation.is_none() && messages.contains(&it.name))
                {
                    wait.correlation = Some(value.clone());
                }
            }
            Event::ConditionJudged(judged) => {
                self.conditions.retain(|waits| !waits.is_of(judged));
                self.conditions.push(judged.clone());
            }
            Event::ConditionCleared { token, element } => self
                .conditions
                .retain(|waits| waits.token != *token || waits.element != *element),
            Event::PartHappened(part) => {
                let place = (part.token, part.element, part.part);
                self.timers
                    .retain(|it| (it.token, it.element, it.part) != place);
                self.waits
                    .retain(|it| (it.token, it.element, it.part) != place);
                self.signals
                    .retain(|it| (it.token, it.element, it.part) != place);
                self.conditions
                    .retain(|it| (it.token, it.element, it.part) != place);
                self.happened.push(*part);
            }
            Event::PartsCleared { token, element } => self
                .happened
                .retain(|it| it.token != *token || it.element != *element),
            Event::SignalAwaited(wait) => self.signals.push(wait.clone()),
            Event::SignalCleared { token, element } => self
                .signals
                .retain(|wait| wait.token != *token || wait.element != *element),
            Event::WorkCreated(work) => self.work.push(PendingWork::clone(work)),
            Event::Work { work, event } => self.fold_work(*work, event),
            Event::WorkCleared(id) => self.work.retain(|work| work.id != *id),
            Event::Called(call) => self.calls.push(call.clone()),
            Event::CallReaders { child, readers } => {
                if let Some(call) = self.calls.iter_mut().find(|call| call.child == *child) {
                    call.readers = readers.clone();
                }
            }
            Event::CallReturned { child, data } => {
                if let Some(call) = self.calls.iter_mut().find(|call| call.child == *child) {
                    call.returned = Some(data.clone());
                }
            }
            Event::CallCleared { child } => self.calls.retain(|call| call.child != *child),
            Event::Asked(_) => {}
            Event::IncidentRaised(incident) => {
                let next = incident.number.saturating_add(1);
                self.next_incident = self.next_incident.max(next);
                self.incidents.push(incident.clone());
            }
            Event::IncidentRetried { number, .. } | Event::IncidentResolved { number, .. } => {
                self.incidents.retain(|incident| incident.number != *number);
            }
            Event::Suspended { .. } => self.state = InstanceState::Suspended,
            Event::Resumed { .. } => self.state = InstanceState::Active,
            Event::Modified { .. } => {}
            Event::Migrated(migrated) => self.carry(migrated),
            Event::Ended { state, at, lists } => {
                self.state = *state;
                self.ended_at = Some(*at);
                self.last_lists = lists.clone();
                self.compensable.clear();
                self.gates.clear();
            }
        }
    }

    fn open_scope(&mut self, host: TokenId) {
        let Some((parent, element)) = self.token(host).map(|token| (token.scope, token.element))
        else {
            return;
        };
        let at = self.scopes.partition_point(|open| open.id.0 < host.0);
        if self.scopes.get(at).is_some_and(|open| open.id.0 == host.0) {
            return;
        }
        let open = Scope {
            id: ScopeId(host.0),
            parent,
            element,
            data: Data::new(),
            own: false,
            rounds: None,
            undoing: None,
            turn: None,
        };
        self.scopes.insert(at, open);
    }

    fn rounds_mut(&mut self, scope: ScopeId) -> Option<&mut Rounds> {
        let open = self.scope_mut(scope)?;
        open.rounds.as_mut()
    }

    fn fold_task(&mut self, id: TaskId, event: &TaskEvent) {
        if let Some(task) = self.tasks.iter_mut().find(|task| task.id == id) {
            task.apply(event);
            if let TaskEvent::Completed { by } = event {
                self.past.insert(by.clone());
            }
        }
    }

    fn fold_work(&mut self, id: WorkId, event: &WorkEvent) {
        self.work
            .retain_mut(|work| work.id != id || work.apply(event));
    }

    fn data_mut(&mut self, scope: ScopeId) -> Option<&mut Data> {
        if scope == ScopeId::ROOT {
            return Some(&mut self.data);
        }
        let open = self.scope_mut(scope)?;
        Some(&mut open.data)
    }
}

/// For instances that were stored before incidents had numbers.
fn first_incident() -> u32 {
    1
}
