//! Tasks: every command goes the same way, so that a new one changes nothing here.

use std::sync::Arc;

use docket_domain::access::Actor;
use docket_domain::engine::command::Command;
use docket_domain::ids::{CommentId, TaskId};
use docket_domain::journal;
use docket_domain::task::worklist::{TaskImage, Worklist};
use docket_domain::task::{self, TaskCommand};
use docket_infra::clock::Clock;
use docket_infra::store::{Comment, Read, Remembered, Write};

use super::instance::{Idempotency, Transition, recall};
use super::{App, AppError, Invalid, MAX_COMMENT, retry};

/// Tasks that an answer names as the next ones: a model can make thousands.
pub const MAX_NEXT: usize = 100;

/// What is asked of a task.
#[derive(Clone, Debug)]
pub struct TaskRequest {
    /// Which one.
    pub task: TaskId,
    /// What.
    pub command: TaskCommand,
    /// The revision that the asker has seen.
    pub expected_revision: Option<u32>,
    /// Answered once.
    pub once: Option<Idempotency>,
}

impl App {
    /// Asks something of a task that the actor may read, or need not.
    pub async fn ask_task(
        &self,
        actor: &Actor,
        request: &TaskRequest,
    ) -> Result<Transition, AppError> {
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                if let Some(once) = &request.once
                    && let Some(made) = recall(&tx, actor, "completeTask", once).await?
                {
                    return self.repeat_task(&tx, actor, made).await;
                }
                self.ask_in(tx, actor, request, None).await
            })
        })
        .await
    }

    /// Says something about a task that the actor may read.
    pub async fn comment(
        &self,
        actor: &Actor,
        task: TaskId,
        text: &str,
    ) -> Result<(Comment, Transition), AppError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > MAX_COMMENT {
            return Err(Invalid::Comment.into());
        }
        let comment = Comment {
            id: CommentId(Clock::fresh_id()),
            task,
            author: actor.user.clone(),
            at: self.clock.now(),
            text: Arc::from(text),
        };
        let request = TaskRequest {
            task,
            command: TaskCommand::Comment,
            expected_revision: None,
            once: None,
        };
        let (request, said) = (&request, &comment);
        let done = retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move { self.ask_in(tx, actor, request, Some(said)).await })
        })
        .await?;
        Ok((comment, done))
    }

    async fn ask_in(
        &self,
        tx: Write,
        actor: &Actor,
        request: &TaskRequest,
        comment: Option<&Comment>,
    ) -> Result<Transition, AppError> {
        let instance = match tx.task(actor, request.task).await? {
            Some(image) => Some(image.instance),
            None if task::takes_no_reading(actor, &request.command) => {
                tx.instance_of_task(request.task).await?
            }
            None => None,
        };
        let instance = instance.ok_or(AppError::NotAvailable)?;
        // Who reads a task need not read its instance: the task has decided already.
        let before = tx.instance_for_engine(instance).await?;
        let before = before.ok_or(AppError::NotAvailable)?;
        let command = Command::Task {
            task: request.task,
            actor,
            command: request.command.clone(),
            expected_revision: request.expected_revision,
        };
        let (model, after) = self.decide(&tx, &before, &command).await?;
        if let Some(comment) = comment {
            tx.insert_comment(after.id, comment).await?;
        }
        if let Some(once) = &request.once {
            let made = Remembered {
                request: once.request,
                instance: after.id,
                task: Some(request.task),
            };
            let now = self.clock.now();
            tx.remember(actor, "completeTask", &once.key, &made, now)
                .await?;
        }
        self.finish(tx, model, after).await
    }

    /// The answer to a completion that was answered before. The stored instance has only open tasks: the closed one is
    /// put back, so that both answers look alike.
    async fn repeat_task(
        &self,
        tx: &Read,
        actor: &Actor,
        made: Remembered,
    ) -> Result<Transition, AppError> {
        let instance = tx.instance_for_engine(made.instance).await?;
        let mut instance = instance.ok_or(AppError::NotAvailable)?;
        let closed = match made.task {
            Some(task) => tx.task(actor, task).await?,
            None => None,
        };
        if let Some(closed) = closed
            && !instance.tasks.iter().any(|task| task.id == closed.task.id)
        {
            instance.tasks.push(closed.task);
        }
        Ok(Transition {
            model: self.model(tx, instance.process).await?,
            instance: Arc::new(instance),
            position: tx.position().await?,
        })
    }
}

impl Transition {
    /// A task as it is after the transition, if the actor may still read it.
    pub fn task(&self, actor: &Actor, id: TaskId) -> Option<TaskImage> {
        let task = self.instance.task(id)?;
        let image = journal::task_image(&self.model, &self.instance, task);
        Some(image).filter(|image| image.visible_to(actor))
    }

    /// The open tasks of the instance that the actor has in hand or may claim, not more than [`MAX_NEXT`].
    pub fn next_tasks(&self, actor: &Actor) -> Vec<TaskImage> {
        journal::task_images(&self.model, &self.instance)
            .filter(|image| {
                Worklist::Assigned.holds(actor, image) || Worklist::Claimable.holds(actor, image)
            })
            .take(MAX_NEXT)
            .collect()
    }

    /// Whether the actor may read the instance after the transition.
    pub fn readable_by(&self, actor: &Actor) -> bool {
        docket_domain::access::instance::acl(&self.model, &self.instance).admits(actor)
    }
}
