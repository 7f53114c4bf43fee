//! What happened to an instance, in the order in which it happened. Folding the events of a run gives its state again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bpmn::ElementIx;
use crate::engine::call::PendingCall;
use crate::engine::compensable::{Compensable, Undoing};
use crate::engine::effect::Effect;
use crate::engine::gate::Gate;
use crate::engine::incident::Incident;
use crate::engine::instance::{
    Happened, InstanceState, Lists, PendingCondition, PendingMessage, PendingSignal, PendingTimer,
    ScopeId, TokenId,
};
use crate::engine::migrate::Migrated;
use crate::ids::{InstanceId, TaskId, TimerId, WorkId};
use crate::task::{Task, TaskEvent};
use crate::value::{Data, Name, Value};
use crate::work::{PendingWork, WorkEvent};

/// One thing that happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Event {
    /// A token came to an element.
    Entered {
        /// The token, new.
        token: TokenId,
        /// The element.
        element: ElementIx,
        /// The scope.
        scope: ScopeId,
        /// The flow that it came by.
        via: Option<u32>,
        /// When.
        at: Timestamp,
        /// G7 from here on.
        lists: Lists,
    },
    /// A token's element is done; the token is gone.
    Completed {
        /// The token.
        token: TokenId,
        /// The element.
        element: ElementIx,
    },
    /// A token was taken away before its element was done.
    Cancelled {
        /// The token.
        token: TokenId,
        /// The element.
        element: ElementIx,
    },
    /// A sub-process was opened; its number is that of the token.
    ScopeOpened {
        /// The token that waits at the sub-process.
        token: TokenId,
    },
    /// An activity or an event has its own fields; their scope, which is open, has the number of its token.
    Furnished {
        /// The token.
        token: TokenId,
    },
    /// The scope of an activity that repeats is there for its rounds.
    RoundsOpened {
        /// Its number.
        scope: ScopeId,
        /// How many there are to be; `None` is as long as a condition holds.
        all: Option<u32>,
        /// The values that they are for, if they come one after the other.
        items: Vec<Value>,
    },
    /// A sub-process was closed, and its own fields are gone.
    ScopeClosed {
        /// Its number.
        scope: ScopeId,
    },
    /// A token was taken into another that waits at the same activity for more to come.
    Merged {
        /// The token, gone.
        token: TokenId,
        /// The activity.
        element: ElementIx,
        /// The other.
        into: TokenId,
    },
    /// It is the turn of a token in an ad-hoc sub-process whose activities come one after the other.
    TurnTaken {
        /// The token.
        token: TokenId,
    },
    /// A complex gateway has started, and waits to be reset.
    GatewayStarted(Gate),
    /// A complex gateway is reset.
    GatewayReset {
        /// The gateway.
        element: ElementIx,
        /// The scope that it runs in.
        scope: ScopeId,
    },
    /// An activity is done that could be compensated.
    Remembered(Compensable),
    /// A token's scope compensates from now on.
    CompensationBegun {
        /// The token.
        token: TokenId,
        /// Why.
        undoing: Undoing,
        /// The tokens that did what is to be undone; the last of them is undone first.
        of: Vec<TokenId>,
    },
    /// An activity is being undone, and not again.
    Compensated {
        /// The token that had done it.
        activity: TokenId,
        /// The token that undoes it: at its handler, or at the activity, whose scope it has opened again.
        by: TokenId,
    },
    /// A field got a value.
    DataSet {
        /// Where.
        scope: ScopeId,
        /// Which.
        field: Name,
        /// What.
        value: Value,
    },
    /// The lists of a token were resolved anew.
    Relisted {
        /// The token.
        token: TokenId,
        /// G7 from here on.
        lists: Lists,
    },
    /// A task came into being.
    TaskCreated(Box<Task>),
    /// Something happened to a task.
    Task {
        /// Which.
        task: TaskId,
        /// What.
        event: TaskEvent,
    },
    /// A timer runs.
    TimerSet(PendingTimer),
    /// A timer is gone: fired, or no longer needed.
    TimerCleared(TimerId),
    /// A message is waited for.
    MessageAwaited(PendingMessage),
    /// A message is no longer waited for.
    MessageCleared {
        /// The token that waited.
        token: TokenId,
        /// The event.
        element: ElementIx,
    },
    /// The first message of a conversation has come or gone: what the others of it are told apart by.
    Conversed {
        /// The key of the conversation.
        key: Name,
        /// Its value.
        value: Value,
        /// The messages that bear it: those that are waited for already ask for the value from now on.
        messages: Vec<Name>,
    },
    /// A condition is waited for, or holds no longer, or holds.
    ConditionJudged(PendingCondition),
    /// A condition is no longer waited for.
    ConditionCleared {
        /// The token that waited.
        token: TokenId,
        /// The event.
        element: ElementIx,
    },
    /// A signal is waited for.
    SignalAwaited(PendingSignal),
    /// A signal is no longer waited for.
    SignalCleared {
        /// The token that waited.
        token: TokenId,
        /// The event.
        element: ElementIx,
    },
    /// Work for somebody outside came into being.
    WorkCreated(Box<PendingWork>),
    /// Something happened to work.
    Work {
        /// Which.
        work: WorkId,
        /// What.
        event: WorkEvent,
    },
    /// Work is no longer needed.
    WorkCleared(WorkId),
    /// One of several things that have to happen together has happened, and is no longer waited for.
    PartHappened(Happened),
    /// What has happened of an event that waits for several things counts no longer.
    PartsCleared {
        /// The token that waits.
        token: TokenId,
        /// The event.
        element: ElementIx,
    },
    /// Another process was called.
    Called(PendingCall),
    /// Who takes part in what was called, and reads this instance therefore.
    CallReaders {
        /// What was called.
        child: InstanceId,
        /// Who.
        readers: BTreeSet<Name>,
    },
    /// What was called is over, and what came back could not be taken over.
    CallReturned {
        /// What was called.
        child: InstanceId,
        /// What came back.
        data: Data,
    },
    /// What was called is over, or nothing waits for it any more.
    CallCleared {
        /// What was called.
        child: InstanceId,
    },
    /// Something is to be done outside of the instance. Changes nothing in it.
    Asked(Effect),
    /// A token is held.
    IncidentRaised(Incident),
    /// What holds a token is tried again.
    IncidentRetried {
        /// Its number.
        number: u32,
        /// The token.
        token: TokenId,
        /// Where.
        element: ElementIx,
        /// By whom.
        by: Name,
    },
    /// What holds a token is passed.
    IncidentResolved {
        /// Its number.
        number: u32,
        /// The token.
        token: TokenId,
        /// Where.
        element: ElementIx,
        /// By whom.
        by: Name,
        /// Why, in their words.
        reason: Name,
    },
    /// Nothing moves until it is resumed. Its open tasks say so themselves.
    Suspended {
        /// By whom.
        by: Name,
        /// When.
        at: Timestamp,
        /// Why, in their words.
        reason: Option<Name>,
    },
    /// It goes on.
    Resumed {
        /// By whom.
        by: Name,
        /// When.
        at: Timestamp,
        /// Why, in their words.
        reason: Option<Name>,
    },
    /// What follows was done by hand. Changes nothing by itself.
    Modified {
        /// By whom.
        by: Name,
        /// Why, in their words.
        reason: Name,
    },
    /// The instance runs another version of its process from here on.
    Migrated(Box<Migrated>),
    /// The instance has ended.
    Ended {
        /// How.
        state: InstanceState,
        /// When.
        at: Timestamp,
        /// The lists of the last state.
        lists: Lists,
    },
}
