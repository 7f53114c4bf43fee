//! Claim, complete and hand over tasks.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, SimpleObject};
use docket_domain::ids::TaskId;
use docket_domain::task::TaskCommand;
use docket_domain::value::{Data, Name};
use serde_json::Value as Json;

use super::{cursor, data, once, settled};
use crate::app::AppError;
use crate::app::instance::Transition;
use crate::app::task::TaskRequest;
use crate::graphql::error::{Result, UserError};
use crate::graphql::id::Id;
use crate::graphql::session::Asking;
use crate::graphql::types::comment::Comment;
use crate::graphql::types::instance::ProcessInstance;
use crate::graphql::types::scalar::DateTime;
use crate::graphql::types::task::Task;

/// What `claimTask` takes.
#[derive(Clone, Debug, InputObject)]
pub struct ClaimTaskInput {
    /// Which task.
    task: Id,
    /// The revision of the task that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
}

/// What `unclaimTask` takes.
#[derive(Clone, Debug, InputObject)]
pub struct UnclaimTaskInput {
    /// Which task.
    task: Id,
    /// The revision of the task that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
}

/// What `completeTask` takes.
#[derive(Clone, Debug, InputObject)]
pub struct CompleteTaskInput {
    /// Which task.
    task: Id,
    /// The fields that were filled in: an object of named values.
    data: Option<Json>,
    /// What the viewer chose, if the task asks for it.
    outcome: Option<String>,
    /// The revision of the task that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
    /// A request with a key that this viewer has used for the same request gets the first answer again.
    idempotency_key: Option<String>,
}

/// What `delegateTask` takes.
#[derive(Clone, Debug, InputObject)]
pub struct DelegateTaskInput {
    /// Which task.
    task: Id,
    /// Who is to do it. It comes back afterwards.
    user: Id,
    /// The revision of the task that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
}

/// What `reassignTask` takes.
#[derive(Clone, Debug, InputObject)]
pub struct ReassignTaskInput {
    /// Which task.
    task: Id,
    /// Who is to have it in hand from now on; without a name it lies with the candidates again.
    user: Option<Id>,
    /// The revision of the task that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
}

/// What `updateTask` takes. What is not named stays; null clears.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTaskInput {
    /// Which task.
    task: Id,
    /// 0 to 100; higher is more urgent.
    priority: Option<i32>,
    /// When it should be done.
    due_at: MaybeUndefined<DateTime>,
    /// When to look at it again.
    follow_up_at: MaybeUndefined<DateTime>,
    /// What is typed and not sent: an object of named values.
    draft: MaybeUndefined<Json>,
    /// The revision of the task that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
}

/// What `addComment` takes.
#[derive(Clone, Debug, InputObject)]
pub struct AddCommentInput {
    /// Which task.
    task: Id,
    /// What to say: 1 to 4,000 characters.
    text: String,
}

/// What came of a mutation of a task.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct TaskPayload {
    /// The task after it. Null if nothing was changed, or if the viewer may not read it now.
    task: Option<Task>,
    /// Where the feeds stand after this commit: a subscription with it in `after` shows what comes later.
    cursor: Option<String>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// What came of completing a task.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct CompleteTaskPayload {
    /// The task after it. Null if nothing was changed, or if the viewer may not read it now.
    task: Option<Task>,
    /// The instance after it. Null if nothing was changed, or if the viewer may not read it now.
    process_instance: Option<ProcessInstance>,
    /// From the same commit: what the viewer has in hand or may claim next in this instance, 100 at most.
    next_tasks: Vec<Task>,
    /// Where the feeds stand after this commit: a subscription with it in `after` shows what comes later.
    cursor: Option<String>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// What came of a comment.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct CommentPayload {
    /// The comment.
    comment: Option<Comment>,
    /// The task after it.
    task: Option<Task>,
    /// Where the feeds stand after this commit.
    cursor: Option<String>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// The mutations of tasks.
#[derive(Default)]
pub struct TaskMutation;

#[Object(serial)]
impl TaskMutation {
    /// Takes a task in hand.
    async fn claim_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to take.")] input: ClaimTaskInput,
    ) -> Result<TaskPayload> {
        let task = input.task.task()?;
        ask(ctx, task, TaskCommand::Claim, input.expected_revision).await
    }

    /// Gives a task back to its candidates; a delegate gives it back to its owner.
    async fn unclaim_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to give back.")] input: UnclaimTaskInput,
    ) -> Result<TaskPayload> {
        let task = input.task.task()?;
        ask(ctx, task, TaskCommand::Unclaim, input.expected_revision).await
    }

    /// Finishes a task: its fields are written, and the instance goes on.
    async fn complete_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to finish.")] input: CompleteTaskInput,
    ) -> Result<CompleteTaskPayload> {
        let asking = Asking::writing(ctx)?;
        let task = input.task.task()?;
        let asked = async {
            let request = completion(task, input)?;
            asking.app.ask_task(asking.actor(), &request).await
        };
        Ok(match settled(asked).await? {
            Ok(done) => completed(&asking, task, done).await?,
            Err(user_errors) => CompleteTaskPayload {
                user_errors,
                ..CompleteTaskPayload::default()
            },
        })
    }

    /// Hands a task to somebody else; the viewer stays accountable and gets it back.
    async fn delegate_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to hand over, and to whom.")] input: DelegateTaskInput,
    ) -> Result<TaskPayload> {
        let task = input.task.task()?;
        let command = TaskCommand::Delegate {
            to: input.user.user()?,
        };
        ask(ctx, task, command, input.expected_revision).await
    }

    /// Hands a task to somebody else for good, or to nobody. With the privilege `ADMINISTRATOR` also one that the viewer may
    /// not read; then no task comes back.
    async fn reassign_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to hand over, and to whom.")] input: ReassignTaskInput,
    ) -> Result<TaskPayload> {
        let task = input.task.task()?;
        let command = TaskCommand::Reassign {
            to: input.user.map(Id::user).transpose()?,
        };
        ask(ctx, task, command, input.expected_revision).await
    }

    /// Changes what surrounds a task: its priority, its dates, and what is typed and not sent.
    async fn update_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateTaskInput,
    ) -> Result<TaskPayload> {
        let asking = Asking::writing(ctx)?;
        let task = input.task.task()?;
        payload(&asking, task, async {
            let request = update(task, input)?;
            asking.app.ask_task(asking.actor(), &request).await
        })
        .await
    }

    /// Says something about a task.
    async fn add_comment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to say.")] input: AddCommentInput,
    ) -> Result<CommentPayload> {
        let asking = Asking::writing(ctx)?;
        let task = input.task.task()?;
        let asked = asking.app.comment(asking.actor(), task, &input.text);
        Ok(match settled(asked).await? {
            Ok((comment, done)) => CommentPayload {
                comment: Some(Comment(comment)),
                task: done.task(asking.actor(), task).map(Task::from),
                cursor: cursor(&asking, done.position).await?,
                user_errors: Vec::new(),
            },
            Err(user_errors) => CommentPayload {
                user_errors,
                ..CommentPayload::default()
            },
        })
    }
}

async fn ask(
    ctx: &Context<'_>,
    task: TaskId,
    command: TaskCommand,
    expected_revision: Option<u32>,
) -> Result<TaskPayload> {
    let asking = Asking::writing(ctx)?;
    let request = TaskRequest {
        task,
        command,
        expected_revision,
        once: None,
    };
    payload(&asking, task, asking.app.ask_task(asking.actor(), &request)).await
}

async fn payload(
    asking: &Asking<'_>,
    task: TaskId,
    asked: impl Future<Output = std::result::Result<Transition, AppError>>,
) -> Result<TaskPayload> {
    Ok(match settled(asked).await? {
        Ok(done) => TaskPayload {
            task: done.task(asking.actor(), task).map(Task::from),
            cursor: cursor(asking, done.position).await?,
            user_errors: Vec::new(),
        },
        Err(user_errors) => TaskPayload {
            user_errors,
            ..TaskPayload::default()
        },
    })
}

async fn completed(
    asking: &Asking<'_>,
    task: TaskId,
    done: Transition,
) -> Result<CompleteTaskPayload> {
    let actor = asking.actor();
    Ok(CompleteTaskPayload {
        task: done.task(actor, task).map(Task::from),
        next_tasks: done.next_tasks(actor).into_iter().map(Task::from).collect(),
        cursor: cursor(asking, done.position).await?,
        process_instance: done
            .readable_by(actor)
            .then_some(ProcessInstance(done.instance)),
        user_errors: Vec::new(),
    })
}

fn completion(
    task: TaskId,
    input: CompleteTaskInput,
) -> std::result::Result<TaskRequest, AppError> {
    let expected_revision = input.expected_revision;
    let asked = (task, &input.data, &input.outcome, expected_revision);
    Ok(TaskRequest {
        task,
        once: once(input.idempotency_key, &asked)?,
        command: TaskCommand::Complete {
            data: data(input.data)?,
            outcome: input.outcome.map(Name::from),
        },
        expected_revision,
    })
}

fn update(task: TaskId, input: UpdateTaskInput) -> std::result::Result<TaskRequest, AppError> {
    let draft: Option<Option<Data>> = match input.draft {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(json) => Some(Some(data(Some(json))?)),
    };
    let moment = |at: MaybeUndefined<DateTime>| Option::<Option<DateTime>>::from(at);
    Ok(TaskRequest {
        task,
        command: TaskCommand::Update {
            priority: input.priority,
            due_at: moment(input.due_at).map(|at| at.map(|at| at.0)),
            follow_up_at: moment(input.follow_up_at).map(|at| at.map(|at| at.0)),
            draft,
        },
        expected_revision: input.expected_revision,
        once: None,
    })
}
