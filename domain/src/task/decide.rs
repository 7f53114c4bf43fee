//! What a person may ask of a task, in which state, and what then happens. Judged on a task that the person has been
//! found to read, or need not ([`takes_no_reading`]); without the privilege `user` there are no tasks, so that refusal comes first of all.

use std::collections::BTreeSet;

use super::{Permissions, Task, TaskCommand, TaskEvent, TaskState, form};
use crate::access::instance::{may_write, task_acl};
use crate::access::{Actor, Principal, Privilege, field, state};
use crate::bpmn::{Kind, Process, UserTask};
use crate::engine::command::Rejection;
use crate::engine::instance::Instance;
use crate::value::{Data, Name, Value};

/// Judges what a person who reads the task asks of it. Changes nothing; completing lets the engine go on.
pub fn decide(
    process: &Process,
    instance: &Instance,
    task: &Task,
    actor: &Actor,
    command: &TaskCommand,
    expected_revision: Option<u32>,
) -> Result<Vec<TaskEvent>, Rejection> {
    let case = Case {
        process,
        instance,
        task,
        actor,
    };
    case.check_privilege(command)?;
    if let Some(expected) = expected_revision
        && expected != task.revision
    {
        return Err(Rejection::Stale {
            expected,
            actual: task.revision,
        });
    }
    let event = match (command, task.state) {
        (TaskCommand::Claim, TaskState::Ready) => case.claim(),
        (TaskCommand::Claim, TaskState::Claimed | TaskState::Delegated) => Err(case.in_hand()),

        (TaskCommand::Unclaim, TaskState::Ready) => Err(Rejection::NotClaimed),
        (TaskCommand::Unclaim, TaskState::Claimed | TaskState::Delegated) => case.unclaim(),

        (TaskCommand::Complete { .. }, TaskState::Ready) => Err(Rejection::NotClaimed),
        (TaskCommand::Complete { data, outcome }, TaskState::Claimed | TaskState::Delegated) => {
            case.complete(data, outcome.as_ref())
        }

        (TaskCommand::Delegate { .. }, TaskState::Ready) => Err(Rejection::NotClaimed),
        (TaskCommand::Delegate { to }, TaskState::Claimed | TaskState::Delegated) => {
            case.delegate(to)
        }

        (
            TaskCommand::Reassign { to },
            TaskState::Ready | TaskState::Claimed | TaskState::Delegated,
        ) => case.reassign(to.as_ref()),

        (
            TaskCommand::Update {
                priority,
                due_at,
                follow_up_at,
                draft,
            },
            TaskState::Ready | TaskState::Claimed | TaskState::Delegated,
        ) => case
            .check_update(*priority, draft.as_ref())
            .map(|()| TaskEvent::Updated {
                priority: priority.unwrap_or(task.priority),
                due_at: due_at.unwrap_or(task.due_at),
                follow_up_at: follow_up_at.unwrap_or(task.follow_up_at),
                draft: draft.clone().unwrap_or_else(|| task.draft.clone()),
            }),

        (TaskCommand::Comment, TaskState::Ready | TaskState::Claimed | TaskState::Delegated) => {
            Ok(TaskEvent::Commented)
        }

        (
            TaskCommand::Claim
            | TaskCommand::Unclaim
            | TaskCommand::Complete { .. }
            | TaskCommand::Delegate { .. }
            | TaskCommand::Reassign { .. }
            | TaskCommand::Update { .. }
            | TaskCommand::Comment,
            TaskState::Completed | TaskState::Cancelled,
        ) => Err(Rejection::TaskClosed),

        (
            TaskCommand::Claim
            | TaskCommand::Unclaim
            | TaskCommand::Complete { .. }
            | TaskCommand::Delegate { .. }
            | TaskCommand::Reassign { .. }
            | TaskCommand::Update { .. }
            | TaskCommand::Comment,
            TaskState::Suspended,
        ) => Err(Rejection::Suspended),
    }?;
    Ok(vec![event])
}

/// Whether this may be asked of a task that the actor does not read: administrators move what is stuck, and see nothing.
pub fn takes_no_reading(actor: &Actor, command: &TaskCommand) -> bool {
    match command {
        TaskCommand::Reassign { .. } => actor.has(Privilege::Administrator),
        TaskCommand::Claim
        | TaskCommand::Unclaim
        | TaskCommand::Complete { .. }
        | TaskCommand::Delegate { .. }
        | TaskCommand::Update { .. }
        | TaskCommand::Comment => false,
    }
}

/// What a person who reads the task may ask of it now. [`decide`] agrees, for a command whose particulars are in order.
pub fn permissions(
    process: &Process,
    instance: &Instance,
    task: &Task,
    actor: &Actor,
) -> Permissions {
    let case = Case {
        process,
        instance,
        task,
        actor,
    };
    if !task.state.is_open() || task.state == TaskState::Suspended {
        return Permissions::default();
    }
    let user = actor.has(Privilege::User);
    let mine = user && case.mine();
    Permissions {
        claim: user && task.state == TaskState::Ready && case.claim().is_ok(),
        unclaim: mine && case.unclaim().is_ok(),
        complete: mine && !case.excluded(),
        delegate: mine,
        reassign: (user || actor.has(Privilege::Administrator)) && case.may_reassign(),
        update: user && (mine || may_write(process, instance, actor)),
        comment: user,
    }
}

/// A task, where it belongs, and who asks.
struct Case<'a> {
    process: &'a Process,
    instance: &'a Instance,
    task: &'a Task,
    actor: &'a Actor,
}

impl Case<'_> {
    /// The privilege `user` for everything; an administrator reassigns without.
    fn check_privilege(&self, command: &TaskCommand) -> Result<(), Rejection> {
        let enough = match command {
            TaskCommand::Reassign { .. } => {
                self.actor.has(Privilege::User) || self.actor.has(Privilege::Administrator)
            }
            TaskCommand::Claim
            | TaskCommand::Unclaim
            | TaskCommand::Complete { .. }
            | TaskCommand::Delegate { .. }
            | TaskCommand::Update { .. }
            | TaskCommand::Comment => self.actor.has(Privilege::User),
        };
        if enough {
            Ok(())
        } else {
            Err(Rejection::Privilege(Privilege::User))
        }
    }

    fn claim(&self) -> Result<TaskEvent, Rejection> {
        if self.excluded() {
            Err(Rejection::Excluded)
        } else if !self.actor.is_any(&self.task.candidates) {
            Err(Rejection::NotCandidate)
        } else {
            Ok(TaskEvent::Claimed {
                by: self.actor.user.clone(),
            })
        }
    }

    fn unclaim(&self) -> Result<TaskEvent, Rejection> {
        self.check_mine()?;
        Ok(match &self.task.owner {
            Some(owner) if self.task.state == TaskState::Delegated => TaskEvent::Returned {
                owner: owner.clone(),
            },
            Some(_) | None => {
                self.check_candidates()?;
                TaskEvent::Unclaimed
            }
        })
    }

    /// A task that nobody could claim is not given back: it would be lost to everyone.
    fn check_candidates(&self) -> Result<(), Rejection> {
        if self.task.candidates.is_empty() {
            return Err(Rejection::NoCandidates);
        }
        Ok(())
    }

    fn complete(&self, data: &Data, outcome: Option<&Name>) -> Result<TaskEvent, Rejection> {
        self.check_mine()?;
        if self.excluded() {
            return Err(Rejection::Excluded);
        }
        self.check_outcome(data, outcome)?;
        self.check_data(data, outcome, true)?;
        Ok(TaskEvent::Completed {
            by: self.actor.user.clone(),
        })
    }

    /// Delegating on keeps the first owner; delegating to the owner gives it back.
    fn delegate(&self, to: &Name) -> Result<TaskEvent, Rejection> {
        self.check_mine()?;
        if *to == self.actor.user {
            return Err(Rejection::AlreadyYours);
        }
        self.check_target(to)?;
        let owner = self.task.owner.as_ref().unwrap_or(&self.actor.user).clone();
        Ok(if *to == owner {
            TaskEvent::Returned { owner }
        } else {
            TaskEvent::Delegated {
                owner,
                to: to.clone(),
            }
        })
    }

    fn reassign(&self, to: Option<&Name>) -> Result<TaskEvent, Rejection> {
        if !self.may_reassign() {
            return Err(match self.task.state {
                TaskState::Ready => Rejection::NotClaimed,
                TaskState::Claimed
                | TaskState::Delegated
                | TaskState::Suspended
                | TaskState::Completed
                | TaskState::Cancelled => Rejection::NotAssignee,
            });
        }
        match to {
            // Moving a task must not be a way to read it.
            Some(to) if *to == self.actor.user && !self.reads() => {
                return Err(Rejection::NotReader);
            }
            Some(to) => self.check_target(to)?,
            None => self.check_candidates()?,
        }
        Ok(TaskEvent::Reassigned { to: to.cloned() })
    }

    /// The assignee, the owner, whoever is accountable for the state of the instance, and administrators.
    fn may_reassign(&self) -> bool {
        self.mine()
            || self.task.owner.as_ref() == Some(&self.actor.user)
            || self.actor.has(Privilege::Administrator)
            || self
                .instance
                .tokens
                .iter()
                .find(|token| token.id == self.task.token)
                .and_then(|token| token.lists.owners.as_ref())
                .is_some_and(|owners| self.actor.is_any(owners))
    }

    fn check_update(
        &self,
        priority: Option<i32>,
        draft: Option<&Option<Data>>,
    ) -> Result<(), Rejection> {
        if !self.mine() && !may_write(self.process, self.instance, self.actor) {
            return Err(Rejection::NotWriter);
        }
        if priority.is_some_and(|priority| !(0..=100).contains(&priority)) {
            return Err(Rejection::Priority);
        }
        match draft {
            None => Ok(()),
            Some(draft) => {
                self.check_mine()?;
                draft
                    .as_ref()
                    .map_or(Ok(()), |data| self.check_data(data, None, false))
            }
        }
    }

    /// An outcome may come by itself or as its field.
    fn check_outcome(&self, data: &Data, outcome: Option<&Name>) -> Result<(), Rejection> {
        let Some(model) = self.model().filter(|model| !model.outcomes.is_empty()) else {
            return Ok(());
        };
        let field = model
            .outcome_field
            .as_ref()
            .and_then(|field| data.get(field))
            .filter(|value| **value != Value::Null);
        let chosen: &str = match (outcome, field) {
            (Some(outcome), _) => outcome,
            (None, Some(Value::Text(text))) => text,
            (
                None,
                None
                | Some(
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::List(_)
                    | Value::Object(_),
                ),
            ) => return Err(Rejection::OutcomeMissing),
        };
        if model.outcomes.iter().any(|known| **known == *chosen) {
            Ok(())
        } else {
            Err(Rejection::UnknownOutcome(chosen.into()))
        }
    }

    /// The fields that come with a draft or with completing. Rights come before the form: what a form says of a value must
    /// tell nothing to those who may not see the field. The outcome's field belongs to the outcome, whoever writes it.
    fn check_data(
        &self,
        data: &Data,
        outcome: Option<&Name>,
        complete: bool,
    ) -> Result<(), Rejection> {
        let model = self.model();
        let outcome_field = model
            .filter(|model| !model.outcomes.is_empty())
            .and_then(|model| model.outcome_field.as_ref());
        let mut data = data.clone();
        let chosen = outcome_field.and_then(|field| data.remove(field));
        field::check_write(
            self.process,
            self.instance,
            self.actor,
            Some(self.task.element),
            &data,
        )?;
        let Some(schema) = model
            .and_then(|model| model.form.as_ref())
            .and_then(|form| form.schema.as_ref())
        else {
            return Ok(());
        };
        let chosen = outcome
            .map(|outcome| Value::Text(outcome.clone()))
            .or(chosen);
        if let (Some(field), Some(chosen)) = (outcome_field, chosen)
            && form::fields(schema).contains(field)
        {
            data.insert(field.clone(), chosen);
        }
        let existing = state::layers(self.instance, self.task.scope);
        form::check(schema, &data, &existing, complete)
    }

    fn model(&self) -> Option<&UserTask> {
        let Kind::UserTask(model) = &self.process.element(self.task.element).kind else {
            return None;
        };
        Some(model)
    }

    fn reads(&self) -> bool {
        task_acl(self.process, self.instance, self.task).admits(self.actor)
    }

    fn mine(&self) -> bool {
        self.task.assignee.as_ref() == Some(&self.actor.user)
    }

    fn excluded(&self) -> bool {
        self.actor.is_any(&self.task.excluded)
    }

    fn check_mine(&self) -> Result<(), Rejection> {
        if self.mine() {
            Ok(())
        } else if self.task.assignee.is_none() {
            Err(Rejection::NotClaimed)
        } else {
            Err(Rejection::NotAssignee)
        }
    }

    /// Why a task that somebody has in hand cannot be claimed.
    fn in_hand(&self) -> Rejection {
        if self.mine() {
            Rejection::AlreadyYours
        } else {
            Rejection::Taken
        }
    }

    /// Of the person to hand it to only the name is known: exclusion by group or role meets them when they act.
    fn check_target(&self, to: &Name) -> Result<(), Rejection> {
        if to.trim().is_empty() {
            Err(Rejection::FieldInvalid {
                field: "to".into(),
                reason: "must name a user".to_owned(),
            })
        } else if excludes(&self.task.excluded, to) {
            Err(Rejection::TargetExcluded(to.clone()))
        } else {
            Ok(())
        }
    }
}

fn excludes(excluded: &BTreeSet<Principal>, name: &Name) -> bool {
    excluded.contains(&Principal::Everyone) || excluded.contains(&Principal::User(name.clone()))
}

#[cfg(test)]
mod tests;
