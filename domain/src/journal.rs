//! What one transition says to those it concerns: the images before and after, each with its access list. One entry feeds
//! everything that is told of changes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::{self, Acl, Actor};
use crate::bpmn::Process;
use crate::engine::instance::{Instance, InstanceState};
use crate::ids::{InstanceId, ProcessId};
use crate::task::Task;
use crate::task::worklist::{LeaveReason, Step, TaskChange, TaskImage};
use crate::value::Name;
use crate::work::{self, WorkImage};

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
    /// The work that workers may fetch at another time than before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<WorkImage>,
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

/// What a transition means for a person who watches the instance; nothing if it does not concern them. Each transition of
/// an instance that one reads is an update, for its revision is something that one reads.
pub fn instance_step(actor: &Actor, entry: &Entry) -> Option<Step> {
    let before = entry
        .before
        .as_ref()
        .is_some_and(|image| image.acl.admits(actor));
    match (before, entry.after.acl.admits(actor)) {
        (false, false) => None,
        (false, true) => Some(Step::Entered),
        (true, true) => Some(Step::Updated),
        (true, false) => Some(Step::Left(LeaveReason::NoLongerVisible)),
    }
}

/// The entry of a transition. Tasks of `before` that `after` does not hold any more are not possible: closing keeps them.
/// Tasks that were closed before keep the readers that they were stored with.
pub fn entry(
    process: &Process,
    before: Option<&Instance>,
    after: &Instance,
    at: Timestamp,
) -> Entry {
    between(before.map(|before| (process, before)), (process, after), at)
}

/// The entry of a migration: who could read before is what the version says that was left.
pub fn migrated(
    (from, before): (&Process, &Instance),
    (to, after): (&Process, &Instance),
    at: Timestamp,
) -> Entry {
    between(Some((from, before)), (to, after), at)
}

fn between(
    before: Option<(&Process, &Instance)>,
    (process, after): (&Process, &Instance),
    at: Timestamp,
) -> Entry {
    let common = |(process, instance)| access::instance::Common::of(process, instance);
    let (common_before, common_after) = (before.map(common), common((process, after)));
    let tasks = after
        .tasks
        .iter()
        .filter_map(|task| {
            let was = before.zip(common_before.as_ref()).and_then(|before| {
                let ((process, instance), common) = before;
                let was = instance.tasks.iter().find(|was| was.id == task.id)?;
                Some(((process, instance, common), was))
            });
            if was.is_some_and(|(_, was)| !was.state.is_open()) {
                return None;
            }
            let change = TaskChange {
                before: was.map(|((process, before, common), was)| {
                    image_of(process, before, was, common.task_acl(was))
                }),
                after: image_of(process, after, task, common_after.task_acl(task)),
            };
            (change.before.as_ref() != Some(&change.after)).then_some(change)
        })
        .collect();
    Entry {
        at,
        instance: after.id,
        before: before.map(|(process, instance)| image(process, instance)),
        after: image(process, after),
        tasks,
        work: work::freed(process, before.map(|(_, before)| before), after),
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
pub fn task_image(process: &Process, instance: &Instance, task: &Task) -> TaskImage {
    let acl = access::instance::task_acl(process, instance, task);
    image_of(process, instance, task, acl)
}

/// The images of all tasks of an instance, in its order.
pub fn task_images(process: &Process, instance: &Instance) -> impl Iterator<Item = TaskImage> {
    let common = access::instance::Common::of(process, instance);
    let tasks = instance.tasks.iter();
    tasks.map(move |task| image_of(process, instance, task, common.task_acl(task)))
}

fn image_of(process: &Process, instance: &Instance, task: &Task, acl: Acl) -> TaskImage {
    let element = process.element(task.element);
    TaskImage {
        task: task.clone(),
        acl,
        element_id: element.id.clone(),
        name: element.name.clone().unwrap_or_else(|| element.id.clone()),
        instance: instance.id,
        process: instance.process,
        process_key: process.key.clone(),
        initiator: instance.initiator.clone(),
    }
}

#[cfg(test)]
mod tests;
