//! What events wait for and throw, as the model says it.

use super::{Assignment, ElementIx, Text};
use crate::expr::Expr;
use crate::value::Name;

/// What starts or continues a flow.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// Nothing: at once.
    None,
    /// A moment.
    Timer(Timer),
    /// A message.
    Message(MessageWait),
    /// An error thrown inside the activity; `None` catches every code.
    Error(Option<Name>),
    /// An escalation thrown inside the activity; `None` catches every code.
    Escalation(Option<Name>),
    /// A condition over the data: when it becomes true.
    Condition(Expr),
    /// The compensation of the activity whose border this is, or of the sub-process around the event sub-process.
    Compensation,
    /// The cancelling of the transaction whose border this is.
    Cancel,
    /// A signal of this name, wherever in the tenant it is thrown.
    Signal(Name),
    /// Several at once (BPMN 2.0.2, 10.5.1): none of them is nothing or several itself.
    Multiple {
        /// Whether all of them must happen, rather than any one.
        all: bool,
        /// Two at least, in document order.
        of: Vec<Trigger>,
    },
}

impl Trigger {
    /// What can happen for itself: each of several, else the trigger as it is.
    pub fn parts(&self) -> &[Trigger] {
        match self {
            Trigger::Multiple { of, .. } => of,
            Trigger::None
            | Trigger::Timer(_)
            | Trigger::Message(_)
            | Trigger::Error(_)
            | Trigger::Escalation(_)
            | Trigger::Condition(_)
            | Trigger::Compensation
            | Trigger::Cancel
            | Trigger::Signal(_) => std::slice::from_ref(self),
        }
    }

    /// How many parts must happen before the event does.
    pub fn needed(&self) -> usize {
        match self {
            Trigger::Multiple { all: true, of } => of.len(),
            Trigger::Multiple { all: false, .. }
            | Trigger::None
            | Trigger::Timer(_)
            | Trigger::Message(_)
            | Trigger::Error(_)
            | Trigger::Escalation(_)
            | Trigger::Condition(_)
            | Trigger::Compensation
            | Trigger::Cancel
            | Trigger::Signal(_) => 1,
        }
    }
}

/// What an event on the flow or at its end does besides going on or ending its token.
#[derive(Clone, Debug)]
pub enum Throw {
    /// Nothing.
    None,
    /// Ends its whole scope.
    Terminate,
    /// Throws an error of this code to the nearest boundary that catches it.
    Error(Name),
    /// Tells of an escalation of this code to the nearest event that catches it; if none does, that is fine.
    Escalation(Name),
    /// Compensates what is completed in the scope around.
    Compensate {
        /// This activity alone; `None` is every one.
        activity: Option<ElementIx>,
        /// Whether the token waits until that is done.
        wait: bool,
    },
    /// Cancels the transaction around.
    Cancel,
    /// Tells everything in the tenant that waits for a signal.
    Signal(Sent),
    /// Brings a message to the one that waits for it.
    Message(Sent),
    /// Several, in document order; what ends the token comes last, and at most once. None of them is several itself.
    Multiple(Vec<Throw>),
}

impl Throw {
    /// Whether it tells something to whoever waits: a signal or a message.
    pub fn tells(&self) -> bool {
        self.parts()
            .iter()
            .any(|part| matches!(part, Throw::Signal(_) | Throw::Message(_)))
    }

    /// What is thrown for itself: each of several, else the throw as it is.
    pub fn parts(&self) -> &[Throw] {
        match self {
            Throw::Multiple(of) => of,
            Throw::None
            | Throw::Terminate
            | Throw::Error(_)
            | Throw::Escalation(_)
            | Throw::Compensate { .. }
            | Throw::Cancel
            | Throw::Signal(_)
            | Throw::Message(_) => std::slice::from_ref(self),
        }
    }
}

/// A signal or a message to be thrown.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its name.
    pub name: Name,
    /// What a message is correlated by, as an expression over the fields that go along and those of the thrower. Signals have
    /// none.
    pub correlation: Option<Expr>,
    /// The fields that go along, in order.
    pub fields: Vec<Assignment>,
}

/// An element without a way in that starts an instance when what it waits for comes (BPMN 2.0.2, 13.3.3 and 13.4.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opener {
    /// The receive task, or the event or receive task behind the gateway.
    pub element: ElementIx,
    /// The event-based gateway before it, and whether all of its events must happen in the instance.
    pub gateway: Option<(ElementIx, bool)>,
}

/// A message to wait for.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageWait {
    /// The message's name.
    pub name: Name,
    /// What a sender must name besides the instance or business key, as an expression over the instance's data; `None` is nothing.
    pub correlation: Option<Expr>,
}

/// When.
#[derive(Clone, Debug)]
pub enum Timer {
    /// A date and time (ISO 8601; without a zone it is in the tenant's).
    Date(Text),
    /// After a duration (ISO 8601).
    Duration(Text),
    /// Repeatedly (ISO 8601 repeating interval, or cron).
    Cycle(Text),
}
