//! The state of one run: what events fold to. Open tasks, timers and waits are part of it, so that one transition is one
//! aggregate. Everything here can be stored as it stands.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::Principal;
use crate::bpmn::ElementIx;
use crate::ids::{InstanceId, ProcessId, TimerId};
use crate::task::Task;
use crate::value::{Data, Name};

/// Where the life of an instance stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum InstanceState {
    /// It runs.
    Active,
    /// It came to its end.
    Completed,
    /// Its initiator took it back.
    Withdrawn,
    /// An administrator ended it.
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
    /// Whose case it is.
    pub initiator: Name,
    /// Who pressed the button.
    pub created_by: Name,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The fields of the process.
    pub data: Data,
    /// Where it stands.
    pub tokens: Vec<Token>,
    /// The number of the next token.
    pub next_token: u32,
    /// The sub-processes that are open, parents before children.
    pub scopes: Vec<Scope>,
    /// Open tasks, and those that a transition has closed since the instance was loaded: storing writes them for the last
    /// time, loading leaves them out.
    pub tasks: Vec<Task>,
    /// Timers that have not fired.
    pub timers: Vec<PendingTimer>,
    /// Messages waited for.
    pub waits: Vec<PendingMessage>,
    /// What went wrong and holds a token.
    pub incidents: Vec<Incident>,
    /// Who completed a task here.
    pub past: BTreeSet<Name>,
    /// The lists of the last state, kept when the instance has ended.
    pub last_lists: Lists,
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
}

/// An open sub-process.
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
}

/// A timer that has not fired.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingTimer {
    /// Its id.
    pub id: TimerId,
    /// The token that waits: at the event itself, or at the activity whose boundary it is.
    pub token: TokenId,
    /// The event.
    pub element: ElementIx,
    /// When it fires.
    pub due_at: Timestamp,
    /// How many more times after that; `None` is for ever.
    pub repeats: Option<u32>,
}

/// A message waited for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingMessage {
    /// The token that waits.
    pub token: TokenId,
    /// The event or receive task.
    pub element: ElementIx,
    /// The message.
    pub name: Name,
    /// What the sender must name, if anything.
    pub correlation: Option<crate::value::Value>,
}

/// Why a token is held.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Incident {
    /// The token.
    pub token: TokenId,
    /// Where.
    pub element: ElementIx,
    /// When.
    pub at: Timestamp,
    /// What went wrong: it may quote the model, never data.
    pub message: String,
}
