//! What passes between an instance that calls and the one that it has called. Each decides for itself; what one asks of the
//! other is an [`Effect`](super::effect::Effect), which whoever saves the transition turns into a command.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::instance::TokenId;
use crate::access::Principal;
use crate::bpmn::ElementIx;
use crate::ids::InstanceId;
use crate::value::{Data, Name};

/// How deep calls nest at most: an instance that nobody called has depth 0.
pub const MOST_DEPTH: u8 = 32;

/// A call that has not come back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PendingCall {
    /// The token that waits.
    pub token: TokenId,
    /// The call activity.
    pub element: ElementIx,
    /// The instance that was called.
    pub child: InstanceId,
    /// Who reads this instance because they take part in the called one, where the model says so.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub readers: BTreeSet<Name>,
    /// What has come back and could not be taken over: it is kept until it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Data>,
}

/// What called an instance, and what the instance has from it for all of its life.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Parent {
    /// The instance that calls.
    pub instance: InstanceId,
    /// The token that waits there.
    pub token: TokenId,
    /// How many calls lead here, from 1 to [`MOST_DEPTH`].
    pub depth: u8,
    /// G3 of every instance above: one of the roles of each must be held.
    pub roles: Vec<Vec<Name>>,
    /// Whether who has a task of this instance in hand reads the one above.
    pub readers_up: bool,
}

/// Asks for an instance of another process.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Calling {
    /// The id that it is to have.
    pub child: InstanceId,
    /// The key of the process.
    pub callee: Name,
    /// Which version of it.
    pub version: Wanted,
    /// The key that the outside is to know it by.
    pub business_key: Option<Name>,
    /// Its first data.
    pub data: Data,
    /// What it has from the instance that calls.
    pub heir: Heir,
}

/// What a called instance has from the one that calls.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Heir {
    /// What called it.
    pub parent: Parent,
    /// Whose case it is: that of the instance that calls.
    pub initiator: Name,
    /// Who pressed the button there.
    pub creator: Name,
    /// Who reads it until its own model says something; `None` is its initiator.
    pub readers: Option<BTreeSet<Principal>>,
}

/// Which version of a process is called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Wanted {
    /// The latest published one.
    Latest,
    /// The one of the same upload; if that file held none, the one that was in force when the caller was published.
    Deployment,
    /// The one of this number.
    Version(u32),
    /// The latest published one that bears this tag.
    Tag(Name),
}

/// How a call came back.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// It came to its end, with this data.
    Completed(Data),
    /// An error of this code left it.
    Error(Name),
    /// Somebody ended it.
    Ended,
    /// It never began.
    NotCalled(NotCalled),
}

/// Why a process was not called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
pub enum NotCalled {
    /// Absent, or not published.
    #[error("no such version is published")]
    NotPublished,
    /// Its model cannot be used any more.
    #[error("its model cannot be used")]
    Unusable,
    /// It begins with a message or a signal alone.
    #[error("it has no start event for a call")]
    NoStart,
    /// What it is given is too large.
    #[error("the data that it is given is too large")]
    TooLarge,
    /// One transaction has begun as many instances as it may.
    #[error("too many instances would begin at once")]
    TooMany,
}
