//! What a transition asks to be done outside of the instance. The engine only says so; whoever saves the transition sees
//! to it that each effect is done once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::call::{Calling, Outcome};
use crate::ids::InstanceId;
use crate::value::{Data, Name, Value};

/// One thing to be done outside.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Effect {
    /// Tell every other instance of the tenant that waits for this signal, and start the processes that begin with it.
    Signal {
        /// Its name.
        name: Name,
        /// Fields that come along.
        data: Data,
    },
    /// Bring a message to the one instance of the tenant that waits for it, or start the process that begins with it.
    Message {
        /// Its name.
        name: Name,
        /// What the wait asks the sender to name.
        correlation: Option<Value>,
        /// Fields that come along.
        data: Data,
    },
    /// Begin an instance of another process, which comes back by [`Effect::Return`].
    Call(Box<Calling>),
    /// End an instance that was called, for nothing waits for it any more.
    End(InstanceId),
    /// Tell what called this instance that it is over, and how.
    Return(Outcome),
    /// Tell what called this instance of an escalation that nothing in it catches.
    Escalate(Name),
    /// Tell what called this instance who has a task of it in hand.
    Participants(BTreeSet<Name>),
}
