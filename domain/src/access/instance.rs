//! G3 and G6 (stub).

use std::collections::BTreeSet;

use super::{Acl, Actor, Principal};
use crate::bpmn::Process;
use crate::engine::instance::Instance;
use crate::task::Task;

/// What G6 judges apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Start.
    Create,
    /// Read.
    Read,
    /// Change data.
    Update,
    /// Withdraw.
    Delete,
    /// Send a message or an event.
    Signal,
}

/// The sets that G3 and G6 ask for besides a grant.
pub fn required(
    _process: &Process,
    _instance: &Instance,
    _operation: Operation,
) -> Vec<BTreeSet<Principal>> {
    todo!()
}

/// Who may read the instance.
pub fn acl(_process: &Process, _instance: &Instance) -> Acl {
    todo!()
}

/// Who may read a task of the instance.
pub fn task_acl(_process: &Process, _instance: &Instance, _task: &Task) -> Acl {
    todo!()
}

/// Whether a person who reads the instance may write to it (G6.update and the writers of G7).
pub fn may_write(_process: &Process, _instance: &Instance, _actor: &Actor) -> bool {
    todo!()
}

/// Whether a person who reads the instance may withdraw it.
pub fn may_withdraw(_process: &Process, _instance: &Instance, _actor: &Actor) -> bool {
    todo!()
}

/// Whether a person may start the process: privilege, G3, the start event's roles.
pub fn may_start(_process: &Process, _actor: &Actor) -> bool {
    todo!()
}

/// Who may know of a process version at all: designers and managers always; others a published one, if G3 lets them.
pub fn process_acl(_security_roles: Option<&[crate::value::Name]>, _published: bool) -> Acl {
    todo!()
}
