//! What one transition says to those it concerns: the images before and after, each with its access list. One entry feeds
//! everything that is told of changes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::{self, Acl};
use crate::bpmn::Process;
use crate::engine::instance::{Instance, InstanceState};
use crate::ids::{InstanceId, ProcessId};
use crate::task::worklist::{TaskChange, TaskImage};
use crate::value::Name;

/// One transition.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When it was committed, by our clock.
    pub at: Timestamp,
    /// Of which instance.
    pub instance: InstanceId,
    /// Nothing when the instance is new.
    pub before: Option<InstanceImage>,
    /// After.
    pub after: InstanceImage,
    /// The tasks that changed, or whose readers did.
    pub tasks: Vec<TaskChange>,
}

/// An instance as it was at one commit: no data, only who could read it and where its life stood.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct InstanceImage {
    /// Who could read it.
    pub acl: Acl,
    /// The version of the process.
    pub process: ProcessId,
    /// The key of the process.
    pub process_key: Name,
    /// Where its life stood.
    pub state: InstanceState,
    /// Goes up with each transition.
    pub revision: u32,
}

/// The entry of a transition. Tasks of `before` that `after` does not hold any more are not possible: closing keeps them.
pub fn entry(
    process: &Process,
    before: Option<&Instance>,
    after: &Instance,
    at: Timestamp,
) -> Entry {
    let tasks = after
        .tasks
        .iter()
        .filter_map(|task| {
            let was = before.and_then(|instance| {
                Some((
                    instance,
                    instance.tasks.iter().find(|was| was.id == task.id)?,
                ))
            });
            let change = TaskChange {
                before: was.map(|(instance, task)| task_image(process, instance, task)),
                after: task_image(process, after, task),
            };
            (change.before.as_ref() != Some(&change.after)).then_some(change)
        })
        .collect();
    Entry {
        at,
        instance: after.id,
        before: before.map(|instance| image(process, instance)),
        after: image(process, after),
        tasks,
    }
}

fn image(process: &Process, instance: &Instance) -> InstanceImage {
    InstanceImage {
        acl: access::instance::acl(process, instance),
        process: instance.process,
        process_key: process.key.clone(),
        state: instance.state,
        revision: instance.revision,
    }
}

/// The image of one task of an instance.
pub fn task_image(process: &Process, instance: &Instance, task: &crate::task::Task) -> TaskImage {
    let element = process.element(task.element);
    TaskImage {
        task: task.clone(),
        acl: access::instance::task_acl(process, instance, task),
        element_id: element.id.clone(),
        name: element.name.clone().unwrap_or_else(|| element.id.clone()),
        instance: instance.id,
        process: instance.process,
        process_key: process.key.clone(),
        initiator: instance.initiator.clone(),
    }
}
