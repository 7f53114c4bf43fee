//! The life of a process version: draft, published, retired; and who may move it on. What it does is in `bpmn`.

use serde::{Deserialize, Serialize};

use crate::access::{Actor, Privilege};
use crate::value::Name;

/// Where the life of a process version stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ProcessState {
    /// Uploaded; nobody can start it.
    Draft,
    /// Instances can be started.
    Published,
    /// Running instances go on, no new ones start.
    Retired,
}

/// What may be asked of a process version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcessCommand {
    /// Let people start it.
    Publish,
    /// Let nobody start it any more.
    Retire,
}

/// Why not.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProcessRejection {
    /// The privilege is missing (G2).
    #[error("this takes the privilege `{0}`")]
    Privilege(Privilege),
    /// The person who uploaded a version does not publish it.
    #[error("a version is published by somebody else than the person who uploaded it")]
    OwnUpload,
    /// The model has errors.
    #[error("the model has {0} errors: see the findings")]
    Broken(usize),
    /// Not a draft any more, or not published.
    #[error("the version is {0:?} and cannot be moved there")]
    WrongState(ProcessState),
    /// A time at which it would start by itself cannot be computed.
    #[error("the start event `{element}`: {reason}")]
    Schedule {
        /// The start event.
        element: Name,
        /// Why, quoting the model.
        reason: String,
    },
}

/// The state after a command, or why not. `errors` are the findings that stand in the way of publishing.
pub fn decide(
    state: ProcessState,
    uploaded_by: &Name,
    errors: usize,
    actor: &Actor,
    command: ProcessCommand,
) -> Result<ProcessState, ProcessRejection> {
    if !actor.has(Privilege::Manager) {
        return Err(ProcessRejection::Privilege(Privilege::Manager));
    }
    match (command, state) {
        (ProcessCommand::Publish, ProcessState::Draft) if *uploaded_by == actor.user => {
            Err(ProcessRejection::OwnUpload)
        }
        (ProcessCommand::Publish, ProcessState::Draft) if errors > 0 => {
            Err(ProcessRejection::Broken(errors))
        }
        (ProcessCommand::Publish, ProcessState::Draft) => Ok(ProcessState::Published),
        (ProcessCommand::Retire, ProcessState::Published) => Ok(ProcessState::Retired),
        (ProcessCommand::Publish, ProcessState::Published | ProcessState::Retired)
        | (ProcessCommand::Retire, ProcessState::Draft | ProcessState::Retired) => {
            Err(ProcessRejection::WrongState(state))
        }
    }
}

#[cfg(test)]
mod tests;
