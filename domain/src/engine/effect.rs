//! What a transition asks to be done outside of the instance. The engine only says so; whoever saves the transition sees
//! to it that each effect is done once.

use serde::{Deserialize, Serialize};

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
}
