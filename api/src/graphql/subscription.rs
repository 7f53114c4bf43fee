//! Streams of changes. Each begins with what there is now, or with what happened since a cursor, and is numbered without a
//! gap; fields are rendered for this viewer when they are delivered, by the same types as a query.

use async_graphql::futures_util::stream::{self, BoxStream, StreamExt};
use async_graphql::{Context, Subscription as Streams};
use docket_domain::ids::TaskId;
use docket_domain::task::worklist;

use super::error::{Code, Result};
use super::id::Id;
use super::mutation::key;
use super::session::Asking;
use super::types::change::{
    LeaveReason, ProcessInstanceChange, ProcessInstanceLeft, ProcessInstanceReset,
    ProcessInstanceSnapshot, ProcessInstanceUpdated, TaskChange, TaskEntered, TaskLeft, TaskReset,
    TaskSnapshot, TaskUpdated, WorklistChange, WorklistCountsChange, WorklistReset,
    WorklistSnapshot,
};
use super::types::instance::ProcessInstance;
use super::types::scalar::DateTime;
use super::types::task::{self, Task, TaskFilter};
use super::types::work::WorkAvailable;
use super::types::worklist::Worklist;
use crate::app::KeyField;
use crate::feed::delivery::{Delivery, Message, News, Watch};
use crate::feed::work::{Hint, Waiting};

/// Streams of changes, which end with the session. What the viewer may not read is `NOT_FOUND`, as what is absent is.
pub struct Subscription;

/// Streams of changes, which end with the session. What the viewer may not read is `NOT_FOUND`, as what is absent is.
#[Streams]
impl Subscription {
    /// What happens on a worklist of the viewer: what it holds first, or what happened after a cursor, then each change.
    async fn worklist_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which worklist.")] worklist: Id,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<TaskFilter>,
        #[graphql(desc = "Go on after this cursor: of the same subscription, or of a mutation.")]
        after: Option<String>,
    ) -> Result<BoxStream<'static, Result<WorklistChange>>> {
        let asking = Asking::of(ctx)?;
        let worklist = Worklist::of(asking.actor(), worklist.worklist()?);
        let worklist = worklist.ok_or_else(|| Code::NotFound.error("not available"))?;
        let filter = Box::new(task::filter(filter)?);
        let watch = Watch::Worklist(worklist.0, filter);
        follow(&asking, watch, after, worklist_change).await
    }

    /// What happens to a task: how it is first, or what happened after a cursor, then each change.
    async fn task_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which task.")] task: Id,
        #[graphql(desc = "Go on after this cursor: of the same subscription, or of a mutation.")]
        after: Option<String>,
    ) -> Result<BoxStream<'static, Result<TaskChange>>> {
        let watch = Watch::Task(task.task()?);
        follow(&Asking::of(ctx)?, watch, after, task_change).await
    }

    /// What happens to an instance: how it is first, or what happened after a cursor, then each change.
    async fn process_instance_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which instance.")] process_instance: Id,
        #[graphql(desc = "Go on after this cursor: of the same subscription, or of a mutation.")]
        after: Option<String>,
    ) -> Result<BoxStream<'static, Result<ProcessInstanceChange>>> {
        let watch = Watch::Instance(process_instance.instance()?);
        follow(&Asking::of(ctx)?, watch, after, instance_change).await
    }

    /// Says that there is work of a type for the viewer: at once if there is some, then whenever some becomes free. Others may
    /// be faster. Takes the privilege `WORKER`.
    async fn work_available(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "type", desc = "Of what type, as the model says.")] kind: String,
    ) -> Result<BoxStream<'static, Result<WorkAvailable>>> {
        let asking = Asking::of(ctx)?;
        let kind = key(KeyField::WorkType, kind)?;
        let waiting = Waiting::open(asking.app, asking.viewer, kind.clone()).await?;
        let hints = stream::unfold(Some(waiting), async |waiting| {
            let mut waiting = waiting?;
            match waiting.next().await {
                Ok(hint) => Some((Ok(hint?), Some(waiting))),
                Err(error) => Some((Err(error.into()), None)),
            }
        });
        Ok(hints
            .map(move |hint: Result<Hint>| {
                Ok(WorkAvailable {
                    sequence: hint.as_ref().map_err(Clone::clone)?.sequence,
                    at: DateTime(hint?.at),
                    kind: kind.to_string(),
                })
            })
            .boxed())
    }

    /// How many tasks the worklists of the viewer have: now, and whenever a task of theirs changes.
    async fn worklist_counts(
        &self,
        ctx: &Context<'_>,
    ) -> Result<BoxStream<'static, Result<WorklistCountsChange>>> {
        let asking = Asking::of(ctx)?;
        let actor = asking.actor().clone();
        follow(&asking, Watch::Counts, None, move |message| {
            let all = worklist::Worklist::all_of(&actor).into_iter();
            Some(WorklistCountsChange {
                sequence: message.sequence,
                cursor: message.cursor,
                at: DateTime(message.at),
                worklists: all.filter_map(|one| Worklist::of(&actor, one)).collect(),
            })
        })
        .await
    }
}

/// The messages of a subscription, rendered; the stream ends after the first error.
async fn follow<T: Send + 'static>(
    asking: &Asking<'_>,
    watch: Watch,
    after: Option<String>,
    render: impl Fn(Message) -> Option<T> + Send + 'static,
) -> Result<BoxStream<'static, Result<T>>> {
    let delivery = Delivery::open(asking.app, asking.viewer, watch, after.as_deref()).await?;
    let messages = stream::unfold(Some(delivery), async |delivery| {
        let mut delivery = delivery?;
        match delivery.next().await {
            Ok(message) => Some((Ok(message?), Some(delivery))),
            Err(error) => Some((Err(error.into()), None)),
        }
    });
    let changes = messages.filter_map(move |message: Result<Message>| {
        let change = message.map(&render).transpose();
        async { change }
    });
    Ok(changes.boxed())
}

/// What the watch of a worklist never tells is left out.
fn worklist_change(message: Message) -> Option<WorklistChange> {
    let Message {
        sequence,
        cursor,
        at,
        news,
    } = message;
    let at = DateTime(at);
    Some(match news {
        News::Tasks(tasks, counts) => WorklistChange::Snapshot(WorklistSnapshot {
            sequence,
            cursor,
            at,
            tasks: tasks.into_iter().map(Task).collect(),
            counts: counts.into(),
        }),
        News::Entered(image) => WorklistChange::Entered(TaskEntered {
            sequence,
            cursor,
            at,
            task: Task::from(*image),
        }),
        News::Updated(image) => WorklistChange::Updated(updated(sequence, cursor, at, *image)),
        News::Left(id, reason) => WorklistChange::Left(left(sequence, cursor, at, id, reason)),
        News::Reset => WorklistChange::Reset(WorklistReset {
            sequence,
            cursor,
            at,
        }),
        News::Counts
        | News::Task(_)
        | News::Instance(_)
        | News::InstanceUpdated(_)
        | News::InstanceLeft(_) => return None,
    })
}

/// What the watch of a task never tells is left out.
fn task_change(message: Message) -> Option<TaskChange> {
    let Message {
        sequence,
        cursor,
        at,
        news,
    } = message;
    let at = DateTime(at);
    Some(match news {
        News::Task(image) => TaskChange::Snapshot(TaskSnapshot {
            sequence,
            cursor,
            at,
            task: Task::from(*image),
        }),
        News::Updated(image) => TaskChange::Updated(updated(sequence, cursor, at, *image)),
        News::Left(id, reason) => TaskChange::Left(left(sequence, cursor, at, id, reason)),
        News::Reset => TaskChange::Reset(TaskReset {
            sequence,
            cursor,
            at,
        }),
        News::Counts
        | News::Tasks(..)
        | News::Entered(_)
        | News::Instance(_)
        | News::InstanceUpdated(_)
        | News::InstanceLeft(_) => return None,
    })
}

/// What the watch of an instance never tells is left out.
fn instance_change(message: Message) -> Option<ProcessInstanceChange> {
    let Message {
        sequence,
        cursor,
        at,
        news,
    } = message;
    let at = DateTime(at);
    Some(match news {
        News::Instance(instance) => ProcessInstanceChange::Snapshot(ProcessInstanceSnapshot {
            sequence,
            cursor,
            at,
            process_instance: ProcessInstance(instance),
        }),
        News::InstanceUpdated(instance) => ProcessInstanceChange::Updated(ProcessInstanceUpdated {
            sequence,
            cursor,
            at,
            process_instance: ProcessInstance(instance),
        }),
        News::InstanceLeft(id) => ProcessInstanceChange::Left(ProcessInstanceLeft {
            sequence,
            cursor,
            at,
            process_instance_id: Id::Instance(id),
            reason: LeaveReason::NoLongerVisible,
        }),
        News::Reset => ProcessInstanceChange::Reset(ProcessInstanceReset {
            sequence,
            cursor,
            at,
        }),
        News::Counts
        | News::Tasks(..)
        | News::Task(_)
        | News::Entered(_)
        | News::Updated(_)
        | News::Left(..) => return None,
    })
}

fn updated(sequence: u32, cursor: String, at: DateTime, image: worklist::TaskImage) -> TaskUpdated {
    TaskUpdated {
        sequence,
        cursor,
        at,
        task: Task::from(image),
    }
}

fn left(
    sequence: u32,
    cursor: String,
    at: DateTime,
    id: TaskId,
    reason: worklist::LeaveReason,
) -> TaskLeft {
    TaskLeft {
        sequence,
        cursor,
        at,
        task_id: Id::Task(id),
        reason: reason.into(),
    }
}
