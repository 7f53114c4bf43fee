//! The engine (stub).

pub mod command;
pub mod event;
pub mod instance;

use command::{Command, Fresh, Rejection, Start};
use event::Event;
use instance::Instance;

use crate::access::Actor;
use crate::bpmn::Process;

/// Judges a start: the instance before anything happened to it, and what happens.
pub fn start(
    _process: &Process,
    _start: &Start,
    _actor: &Actor,
    _fresh: &mut Fresh<'_>,
) -> Result<(Instance, Vec<Event>), Rejection> {
    todo!()
}

/// Judges a command on a running instance and runs it to rest. Changes nothing.
pub fn decide(
    _process: &Process,
    _instance: &Instance,
    _command: &Command<'_>,
    _fresh: &mut Fresh<'_>,
) -> Result<Vec<Event>, Rejection> {
    todo!()
}

impl Instance {
    /// Folds the events of one transition into the state; the revision goes up by one. Total.
    pub fn apply(&mut self, _events: &[Event]) {
        todo!()
    }
}
