//! Which tasks a person sees where, and what entering, changing and leaving mean. Judged on the image before *and* after
//! a change, so that who loses a task is told. The store asks the same questions in SQL.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Task, TaskState};
use crate::access::{Acl, Actor, Principal, Privilege};
use crate::ids::{InstanceId, ProcessId};
use crate::value::Name;

/// A worklist: a named set of open tasks that one person may see.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Worklist {
    /// What the person has in hand.
    Assigned,
    /// What the person may claim.
    Claimable,
    /// What a group of the person is a candidate for.
    Group(Name),
    /// What a role of the person is a candidate for.
    Role(Name),
    /// What the person has delegated and is accountable for.
    Owned,
    /// What is to be done in the cases that the person initiated.
    Initiated,
}

/// A task as it was at one commit, with who could read it then.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskImage {
    /// The task.
    pub task: Task,
    /// Who could read it.
    pub acl: Acl,
    /// The id of its element in the model.
    pub element_id: Name,
    /// What it is called: the element's name, else its id.
    pub name: Name,
    /// Its instance.
    pub instance: InstanceId,
    /// The version of the process.
    pub process: ProcessId,
    /// The key of the process.
    pub process_key: Name,
    /// Whose case it is.
    pub initiator: Name,
}

/// One task before and after a commit.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TaskChange {
    /// Nothing when the task is new.
    pub before: Option<TaskImage>,
    /// After.
    pub after: TaskImage,
}

/// A range of moments: from inclusive, until exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
pub struct Span {
    /// From here on.
    pub from: Option<Timestamp>,
    /// Until before here.
    pub until: Option<Timestamp>,
}

/// What a list of tasks is narrowed to. Parts that are `None` or empty narrow nothing; all parts must hold.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
pub struct TaskFilter {
    /// In the hands of this user.
    pub assignee: Option<Name>,
    /// This group is a candidate.
    pub candidate_group: Option<Name>,
    /// Of this process, in any version.
    pub process: Option<Name>,
    /// Of this instance.
    pub instance: Option<InstanceId>,
    /// At this element.
    pub element_id: Option<Name>,
    /// In one of these states.
    pub state: Option<Vec<TaskState>>,
    /// Due in this range; a task without a due date is in none.
    pub due: Option<Span>,
    /// Created in this range.
    pub created: Option<Span>,
    /// Priority at least.
    pub min_priority: Option<i32>,
    /// Priority at most.
    pub max_priority: Option<i32>,
}

/// What a commit means for one list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The task came onto it.
    Entered,
    /// The task changed on it.
    Updated,
    /// The task left it.
    Left(LeaveReason),
}

/// Why a task left a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeaveReason {
    /// It is done.
    Completed,
    /// Somebody else has it in hand.
    Taken,
    /// It is no longer needed.
    Cancelled,
    /// It does not match the list or its filter any more.
    NoLongerMatches,
    /// The person may not see it any more.
    NoLongerVisible,
}

impl TaskImage {
    /// Whether the person sees the task at all: the privilege `user`, and the list of this commit.
    pub fn visible_to(&self, actor: &Actor) -> bool {
        actor.has(Privilege::User) && self.acl.admits(actor)
    }
}

impl Worklist {
    /// Every worklist of a person: the four fixed ones, then one per group and role.
    pub fn all_of(actor: &Actor) -> Vec<Worklist> {
        let mut all = vec![
            Worklist::Assigned,
            Worklist::Claimable,
            Worklist::Owned,
            Worklist::Initiated,
        ];
        all.extend(actor.groups().cloned().map(Worklist::Group));
        all.extend(actor.roles().cloned().map(Worklist::Role));
        all
    }

    /// Whether the task is on this person's list. Reading it is asked first.
    pub fn holds(&self, actor: &Actor, image: &TaskImage) -> bool {
        let task = &image.task;
        image.visible_to(actor)
            && task.state.is_open()
            && match self {
                Worklist::Assigned => task.assignee.as_ref() == Some(&actor.user),
                Worklist::Claimable => {
                    task.state == TaskState::Ready
                        && actor.is_any(&task.candidates)
                        && !actor.is_any(&task.excluded)
                }
                Worklist::Group(name) => candidate_as(actor, task, &Principal::Group(name.clone())),
                Worklist::Role(name) => candidate_as(actor, task, &Principal::Role(name.clone())),
                Worklist::Owned => task.owner.as_ref() == Some(&actor.user),
                Worklist::Initiated => image.initiator == actor.user,
            }
    }
}

fn candidate_as(actor: &Actor, task: &Task, principal: &Principal) -> bool {
    actor.is(principal) && task.candidates.contains(principal)
}

impl Span {
    fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }
}

impl TaskFilter {
    /// Whether the task matches.
    pub fn holds(&self, image: &TaskImage) -> bool {
        let task = &image.task;
        self.assignee
            .as_ref()
            .is_none_or(|name| task.assignee.as_ref() == Some(name))
            && self
                .candidate_group
                .as_ref()
                .is_none_or(|name| task.candidates.contains(&Principal::Group(name.clone())))
            && self
                .process
                .as_ref()
                .is_none_or(|key| image.process_key == *key)
            && self.instance.is_none_or(|id| image.instance == id)
            && self
                .element_id
                .as_ref()
                .is_none_or(|id| image.element_id == *id)
            && self
                .state
                .as_ref()
                .is_none_or(|states| states.contains(&task.state))
            && self
                .due
                .is_none_or(|span| task.due_at.is_some_and(|at| span.holds(at)))
            && self.created.is_none_or(|span| span.holds(task.created_at))
            && self.min_priority.is_none_or(|least| task.priority >= least)
            && self.max_priority.is_none_or(|most| task.priority <= most)
    }
}

/// What a commit means for a person's filtered worklist; nothing if it does not concern them. A commit that changed only
/// who else may read the task does not: it would tell of people the person may not know of.
pub fn step(
    worklist: &Worklist,
    filter: &TaskFilter,
    actor: &Actor,
    change: &TaskChange,
) -> Option<Step> {
    let holds = |image: &TaskImage| worklist.holds(actor, image) && filter.holds(image);
    let before = change.before.as_ref().filter(|image| holds(image));
    match (before, holds(&change.after)) {
        (None, false) => None,
        (None, true) => Some(Step::Entered),
        (Some(before), true) => (before.task != change.after.task).then_some(Step::Updated),
        (Some(before), false) => Some(Step::Left(reason(actor, before, &change.after))),
    }
}

/// What a commit means for a person who watches one task, open or not. That it is done or cancelled is an update for who
/// still reads it; who does not, is told once, and told nothing of what follows.
pub fn task_step(actor: &Actor, change: &TaskChange) -> Option<Step> {
    let before = change
        .before
        .as_ref()
        .filter(|image| image.visible_to(actor));
    match (before, change.after.visible_to(actor)) {
        (None, false) => None,
        (None, true) => Some(Step::Entered),
        (Some(before), true) => (before.task != change.after.task).then_some(Step::Updated),
        (Some(before), false) => Some(Step::Left(reason(actor, before, &change.after))),
    }
}

/// Why a person who had the task does not have it any more. Who may not read it now learns nothing more than that, unless
/// they completed it themselves.
fn reason(actor: &Actor, before: &TaskImage, after: &TaskImage) -> LeaveReason {
    let task = &after.task;
    let visible = after.visible_to(actor);
    let taken = task.assignee != before.task.assignee
        && task
            .assignee
            .as_ref()
            .is_some_and(|assignee| *assignee != actor.user);
    match task.state {
        TaskState::Completed if visible || task.completed_by.as_ref() == Some(&actor.user) => {
            LeaveReason::Completed
        }
        TaskState::Cancelled if visible => LeaveReason::Cancelled,
        TaskState::Ready
        | TaskState::Claimed
        | TaskState::Delegated
        | TaskState::Suspended
        | TaskState::Completed
        | TaskState::Cancelled => {
            if !visible {
                LeaveReason::NoLongerVisible
            } else if taken {
                LeaveReason::Taken
            } else {
                LeaveReason::NoLongerMatches
            }
        }
    }
}

#[cfg(test)]
mod tests;
