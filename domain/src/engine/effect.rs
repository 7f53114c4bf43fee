//! What a transition asks to be done outside of the instance. The engine only says so; whoever saves the transition sees
//! to it that each effect is done once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::call::{Calling, Outcome};
use super::instance::Instance;
use crate::bpmn::{Kind, Process, Trigger};
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

/// What an instance waits for, or a process begins with, that others throw.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Awaited<'a> {
    /// A signal of this name.
    Signal(&'a Name),
    /// A message of this name; what the sender must name, if anything.
    Message(&'a Name, Option<&'a Value>),
}

impl<'a> Awaited<'a> {
    /// What an instance waits for.
    pub fn of(instance: &'a Instance) -> impl Iterator<Item = Awaited<'a>> {
        let signals = instance.signals.iter();
        let messages = instance.waits.iter();
        signals
            .map(|wait| Awaited::Signal(&wait.name))
            .chain(messages.map(|wait| Awaited::Message(&wait.name, wait.correlation.as_ref())))
    }

    /// What a process begins with: at a start event, or at what stands before any.
    pub fn at_start(process: &'a Process) -> impl Iterator<Item = Awaited<'a>> {
        let starts = process.children(None).map(|(_, element)| &element.kind);
        let starts = starts.filter(|kind| matches!(kind, Kind::Start(_)));
        let openers = process.openers.iter();
        let opening = openers.map(|opener| &process.element(opener.element).kind);
        starts.chain(opening).flat_map(Awaited::by)
    }

    fn by(kind: &'a Kind) -> Vec<Awaited<'a>> {
        if let Kind::Receive(wait) = kind {
            return vec![Awaited::Message(&wait.name, None)];
        }
        let parts = kind.trigger().map_or(&[][..], Trigger::parts);
        let awaited = parts.iter().filter_map(|part| {
            if let Trigger::Signal(name) = part {
                Some(Awaited::Signal(name))
            } else if let Trigger::Message(wait) = part {
                Some(Awaited::Message(&wait.name, None))
            } else {
                None
            }
        });
        awaited.collect()
    }
}
