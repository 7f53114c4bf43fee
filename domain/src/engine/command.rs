//! What may be asked of an instance, and why it may be refused.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::call::{Heir, Outcome};
use crate::access::{Actor, Privilege};
use crate::bpmn::{DecisionRef, ElementIx};
use crate::dmn::Decision;
use crate::engine::incident::IncidentKind;
pub use crate::engine::modify::{MOST_OPERATIONS, Operation, Side, Taken};
use crate::ids::{InstanceId, ProcessId, TaskId, TimerId, WorkId};
use crate::task::TaskCommand;
use crate::time::Calendar;
use crate::value::{Data, Name, Value};
use crate::work::WorkCommand;

/// How an instance is asked to begin.
#[derive(Clone, PartialEq, Debug)]
pub struct Start {
    /// Its id, fresh.
    pub id: InstanceId,
    /// The version that it runs.
    pub process: ProcessId,
    /// What begins it.
    pub begin: Begin,
    /// The key that the outside knows it by.
    pub business_key: Option<Name>,
    /// Its first data.
    pub data: Data,
}

/// What begins an instance: which start event of the process it begins at (BPMN 2.0.2, 13.5.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Begin {
    /// Nothing but being asked to: the none start event.
    Plain,
    /// A message of this name.
    Message(Name),
    /// A signal of this name.
    Signal(Name),
    /// The timer of this start event, or what is due of it, has come.
    Timer(ElementIx),
}

/// Who starts an instance.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Starter<'a> {
    /// A person: the gates of a start are theirs to pass.
    Person(&'a Actor),
    /// A timer, a signal or a message of another instance. It is nobody's case: initiator and creator are the empty name,
    /// which no person has.
    System,
    /// Another instance that calls it, of whose case it is a part.
    Call(&'a Heir),
}

/// What the tenant has that models refer to by name, as it stands in the transaction that decides.
#[derive(Clone, Default, Debug)]
pub struct Known {
    /// The decisions that they ask, those that are there.
    pub decisions: HashMap<DecisionRef, Arc<Decision>>,
    /// Its zone and its working days.
    pub calendar: Arc<Calendar>,
}

/// What is asked of a running instance.
#[derive(Clone, PartialEq, Debug)]
pub enum Command<'a> {
    /// Something about a task, by a person.
    Task {
        /// Which one.
        task: TaskId,
        /// Who asks.
        actor: &'a Actor,
        /// What.
        command: TaskCommand,
        /// The revision that the asker has seen.
        expected_revision: Option<u32>,
    },
    /// Fields, by a person who may write.
    UpdateData {
        /// Who asks.
        actor: &'a Actor,
        /// The fields.
        data: Data,
    },
    /// A message for it, by a person who may write.
    Message {
        /// Who asks.
        actor: &'a Actor,
        /// The message.
        name: Name,
        /// What the wait asks the sender to name.
        correlation: Option<Value>,
        /// Fields that come along.
        data: Data,
    },
    /// A timer is due. Asked by the clock.
    Fire(TimerId),
    /// A signal of the tenant, for every event that waits for it. Asked by whoever threw it.
    Signal {
        /// Its name.
        name: Name,
        /// Fields that come along.
        data: Data,
    },
    /// A message of another instance, for the oldest wait that it fits. Asked by whoever threw it.
    Deliver {
        /// The message.
        name: Name,
        /// What the wait asks the sender to name.
        correlation: Option<Value>,
        /// Fields that come along.
        data: Data,
    },
    /// Work to be taken in hand: what of it is free and for this worker.
    Activate {
        /// Who asks.
        actor: &'a Actor,
        /// What the worker calls itself.
        worker: Name,
        /// Which.
        work: Vec<WorkId>,
        /// For how long; without, as the model says.
        lock: Option<SignedDuration>,
    },
    /// Something about work, by the worker that has it in hand.
    Work {
        /// Who asks.
        actor: &'a Actor,
        /// What the worker calls itself.
        worker: Name,
        /// Which.
        work: WorkId,
        /// What.
        command: WorkCommand,
    },
    /// What it has called is over, or never began: which, and how. Asked by those instances.
    Returned(Vec<(InstanceId, Outcome)>),
    /// Escalations have left what it has called. Asked by that instance.
    Escalated {
        /// What was called.
        child: InstanceId,
        /// Their codes, in order.
        codes: Vec<Name>,
    },
    /// Who takes part in what it has called has changed. Asked by that instance.
    Participants {
        /// What was called.
        child: InstanceId,
        /// Who has a task in hand there.
        people: BTreeSet<Name>,
    },
    /// What has called it does not wait any more. Asked by that instance.
    Abandon,
    /// What holds a token is tried again, by an administrator or a person who may write.
    Retry {
        /// Who asks.
        actor: &'a Actor,
        /// The number of the incident; `None` are all that there are.
        incident: Option<u32>,
        /// Fields that may mend it; only of a person who may write.
        data: Data,
    },
    /// What holds a token was dealt with outside: it goes on past the element. By an administrator.
    Resolve {
        /// Who asks.
        actor: &'a Actor,
        /// The number of the incident.
        incident: u32,
        /// Why, in their words.
        reason: Name,
    },
    /// Nothing moves any more. By an administrator.
    Suspend {
        /// Who asks.
        actor: &'a Actor,
        /// Why, in their words.
        reason: Option<Name>,
    },
    /// It goes on. By an administrator.
    Resume {
        /// Who asks.
        actor: &'a Actor,
        /// Why, in their words.
        reason: Option<Name>,
    },
    /// Tokens are taken away and put elsewhere, all or nothing. By an administrator.
    Modify {
        /// Who asks.
        actor: &'a Actor,
        /// What, in order.
        operations: Vec<Operation>,
        /// Why, in their words.
        reason: Name,
    },
    /// Its initiator takes it back.
    Withdraw(&'a Actor),
    /// An administrator ends it.
    Terminate(&'a Actor),
}

impl Command<'_> {
    /// Whether it is refused while the process is suspended. What only says how an instance stands, or ends it, is not.
    pub fn moves(&self) -> bool {
        match self {
            Command::Participants { .. }
            | Command::Abandon
            | Command::Suspend { .. }
            | Command::Resume { .. }
            | Command::Terminate(_) => false,
            Command::Task { .. }
            | Command::UpdateData { .. }
            | Command::Message { .. }
            | Command::Activate { .. }
            | Command::Work { .. }
            | Command::Fire(_)
            | Command::Signal { .. }
            | Command::Deliver { .. }
            | Command::Returned(_)
            | Command::Escalated { .. }
            | Command::Retry { .. }
            | Command::Resolve { .. }
            | Command::Modify { .. }
            | Command::Withdraw(_) => true,
        }
    }

    /// The person who asks; nobody where the clock does, or another instance.
    pub fn actor(&self) -> Option<&Actor> {
        match self {
            Command::Task { actor, .. }
            | Command::UpdateData { actor, .. }
            | Command::Message { actor, .. }
            | Command::Activate { actor, .. }
            | Command::Work { actor, .. }
            | Command::Retry { actor, .. }
            | Command::Resolve { actor, .. }
            | Command::Suspend { actor, .. }
            | Command::Resume { actor, .. }
            | Command::Modify { actor, .. }
            | Command::Withdraw(actor)
            | Command::Terminate(actor) => Some(actor),
            Command::Fire(_)
            | Command::Signal { .. }
            | Command::Deliver { .. }
            | Command::Returned(_)
            | Command::Escalated { .. }
            | Command::Participants { .. }
            | Command::Abandon => None,
        }
    }
}

/// What a decision takes from outside: the moment, and ids.
pub struct Fresh<'a> {
    /// Now.
    pub now: Timestamp,
    /// A new id at each call.
    pub id: &'a mut dyn FnMut() -> uuid::Uuid,
    /// What the tenant has besides.
    pub known: &'a Known,
}

/// Why not. The person has already been found to read the object, or is an administrator who need not.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Rejection {
    /// The privilege is missing (G2).
    #[error("this takes the privilege `{0}`")]
    Privilege(Privilege),
    /// The process does not let this person start it (G3, start event, G6.create).
    #[error("you may not start this process")]
    MayNotStart,
    /// The process has no start event for what was asked.
    #[error("the process has no start event for this")]
    NoStart,
    /// The actor may not act on behalf of another.
    #[error("you may not start this process on behalf of somebody else")]
    OnBehalf,
    /// No open task of this id.
    #[error("the task is no longer open")]
    TaskClosed,
    /// Claimed by another.
    #[error("the task is assigned to someone else")]
    NotAssignee,
    /// Cannot be claimed: somebody else was faster.
    #[error("somebody else has the task in hand")]
    Taken,
    /// Nobody has it in hand, and this takes somebody.
    #[error("the task must be claimed first")]
    NotClaimed,
    /// The actor has it already.
    #[error("the task is already yours")]
    AlreadyYours,
    /// Neither candidate nor anything else that lets the person claim.
    #[error("you are no candidate for this task")]
    NotCandidate,
    /// The task was given to a person, and nobody else could claim it.
    #[error("the task has no candidates to go back to: hand it to somebody")]
    NoCandidates,
    /// Four eyes (G4).
    #[error("you are excluded from this task")]
    Excluded,
    /// The person to hand it to is excluded.
    #[error("`{0}` is excluded from this task")]
    TargetExcluded(Name),
    /// Somebody changed the task since.
    #[error("the task has changed: you saw revision {expected}, it is now {actual}")]
    Stale {
        /// What the asker saw.
        expected: u32,
        /// What it is.
        actual: u32,
    },
    /// An administrator would give a task that they do not read to themselves.
    #[error("you may not take what you may not read")]
    NotReader,
    /// The person reads, and may not write (G7).
    #[error("you may not change this")]
    NotWriter,
    /// G6 lets others do this.
    #[error("you may not withdraw this")]
    MayNotWithdraw,
    /// A field that the person may not write (G9), or that the form does not hold.
    #[error("the field `{0}` cannot be changed here")]
    FieldNotWritable(Name),
    /// A field's value is wrong.
    #[error("the field `{field}` {reason}")]
    FieldInvalid {
        /// Which.
        field: Name,
        /// Why, as the end of a sentence.
        reason: String,
    },
    /// Several fields at once, each with its reason ([`Rejection::FieldNotWritable`], [`Rejection::FieldInvalid`]).
    #[error("{} fields are refused", .0.len())]
    Fields(Vec<Rejection>),
    /// Not one of the task's outcomes.
    #[error("the task has no outcome `{0}`")]
    UnknownOutcome(Name),
    /// The task asks for an outcome.
    #[error("the task asks for an outcome")]
    OutcomeMissing,
    /// A priority outside 0 to 100.
    #[error("the priority must lie between 0 and 100")]
    Priority,
    /// The instance has ended.
    #[error("the instance has ended")]
    Ended,
    /// The instance or its process is suspended.
    #[error("it is suspended")]
    Suspended,
    /// There is nothing to resume.
    #[error("it is not suspended")]
    NotSuspended,
    /// The model has no such element.
    #[error("the process has no element `{0}`")]
    NoElement(Name),
    /// No token stands where one is to be taken away.
    #[error("nothing stands at {0}")]
    NotThere(Name),
    /// What cannot be modified so, and why.
    #[error("`{element}` {reason}")]
    Unmodifiable {
        /// The element.
        element: Name,
        /// Why, as the end of a sentence.
        reason: &'static str,
    },
    /// The version to go to is of another process.
    #[error("the version belongs to another process")]
    OtherProcess,
    /// There is nowhere to go.
    #[error("it runs this version already")]
    SameVersion,
    /// Nothing waits for the message.
    #[error("nothing waits for the message `{0}`")]
    NotWaiting(Name),
    /// The call is over, or was taken away.
    #[error("nothing waits for what was called")]
    NoCall,
    /// The incident has been looked after, or what it held has gone.
    #[error("the incident is over")]
    NoIncident,
    /// Which of the events behind the gateway is to have happened is not for us to say.
    #[error("there is no way past this element: try it again")]
    NoWayPast,
    /// The timer is gone.
    #[error("the timer is gone")]
    NoTimer,
    /// The worker does not have the work in hand: whether it is there is not said.
    #[error("not available")]
    NotInHand,
    /// The worker has said already that it is done, and something else then.
    #[error("the work is done")]
    WorkDone,
    /// An output mapping of the model has no value with what the worker sent.
    #[error("the output `{0}` has no value with this data")]
    OutputInvalid(Name),
    /// The data would grow too large.
    #[error(
        "the data of the instance would be larger than {} bytes",
        crate::value::MAX_BYTES
    )]
    TooLarge,
}

/// Where an incident arose while deciding; kept apart from rejections, because the transition stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// At which element.
    pub element: ElementIx,
    /// What went wrong: it may quote the model, never data.
    pub message: String,
    /// Of what kind.
    pub kind: IncidentKind,
}

impl Trouble {
    /// Trouble with an expression, unless it is said to be of another kind.
    pub fn new(element: ElementIx, message: String) -> Trouble {
        Trouble {
            element,
            message,
            kind: IncidentKind::Expression,
        }
    }

    /// The same, of this kind.
    pub fn of(mut self, kind: IncidentKind) -> Trouble {
        self.kind = kind;
        self
    }
}
