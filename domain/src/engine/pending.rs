//! What an instance waits for besides people: timers, messages, signals and conditions.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::instance::TokenId;
use crate::bpmn::ElementIx;
use crate::ids::TimerId;
use crate::time::Series;
use crate::value::{Name, Value};

/// A timer that has not fired.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingTimer {
    /// Its id.
    pub id: TimerId,
    /// The token that waits: at the event itself, at the activity whose boundary it is, or at the sub-process that holds the
    /// event sub-process; 0, which is no token, where the instance itself holds it.
    pub token: TokenId,
    /// The event.
    pub element: ElementIx,
    /// Which of the event's definitions, where it has several.
    #[serde(default, skip_serializing_if = "is_first")]
    pub part: u32,
    /// When it fires.
    pub due_at: Timestamp,
    /// How many more times after that; `None` is for ever.
    pub repeats: Option<u32>,
    /// Where it stands in a series of equal steps, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
}

/// A message waited for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingMessage {
    /// The token that waits, as of a timer.
    pub token: TokenId,
    /// The event or receive task.
    pub element: ElementIx,
    /// Which of the event's definitions, where it has several.
    #[serde(default, skip_serializing_if = "is_first")]
    pub part: u32,
    /// The message.
    pub name: Name,
    /// What the sender must name, if anything.
    pub correlation: Option<Value>,
}

/// A signal waited for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingSignal {
    /// The token that waits, as of a timer.
    pub token: TokenId,
    /// The event.
    pub element: ElementIx,
    /// Which of the event's definitions, where it has several.
    #[serde(default, skip_serializing_if = "is_first")]
    pub part: u32,
    /// The signal.
    pub name: Name,
}

/// A condition waited for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingCondition {
    /// The token that waits, as of a timer.
    pub token: TokenId,
    /// The event.
    pub element: ElementIx,
    /// Which of the event's definitions, where it has several.
    #[serde(default, skip_serializing_if = "is_first")]
    pub part: u32,
    /// Whether it held when the data last changed: it happens when it becomes true, not while it is.
    pub held: bool,
}

impl PendingCondition {
    /// Whether both wait for the same, whatever each was judged.
    pub fn is_of(&self, other: &PendingCondition) -> bool {
        (self.token, self.element, self.part) == (other.token, other.element, other.part)
    }
}

/// One of several things that have to happen together, and has happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Happened {
    /// The token that waits, as of a timer.
    pub token: TokenId,
    /// The event.
    pub element: ElementIx,
    /// Which of the event's definitions.
    pub part: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_first(part: &u32) -> bool {
    *part == 0
}
