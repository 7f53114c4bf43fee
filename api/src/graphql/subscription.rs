//! Streams of changes. Each begins with what there is now, or with what happened since a cursor, and is numbered without a
//! gap; fields are rendered for this viewer when they are delivered, by the same types as a query.

use async_graphql::futures_util::stream::{self, BoxStream, StreamExt};
use async_graphql::{Context, Enum, Interface, SimpleObject, Subscription as Streams, Union};
use docket_domain::ids::TaskId;
use docket_domain::task::worklist;

use super::error::{Code, Result};
use super::id::Id;
use super::session::Asking;
use super::types::instance::ProcessInstance;
use super::types::scalar::DateTime;
use super::types::task::{self, Task, TaskFilter};
use super::types::worklist::{Worklist, WorklistCounts};
use crate::feed::delivery::{Delivery, Message, News, Watch};

/// Why a task left a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "worklist::LeaveReason")]
pub enum LeaveReason {
    /// It is done.
    Completed,
    /// Somebody else has it in hand.
    Taken,
    /// It is no longer needed.
    Cancelled,
    /// It does not match the list or its filter any more.
    NoLongerMatches,
    /// The viewer may not see it any more.
    NoLongerVisible,
}

/// What every change says of itself.
#[derive(Interface)]
#[graphql(
    field(
        name = "sequence",
        ty = "&u32",
        desc = "Counts from 1 for each subscription, without a gap: a gap means a loss."
    ),
    field(
        name = "cursor",
        ty = "&String",
        desc = "Given as `after` of the same subscription, it goes on behind this change."
    ),
    field(
        name = "at",
        ty = "&DateTime",
        desc = "When it was committed; of a snapshot, when it was read."
    )
)]
pub enum Change {
    /// A worklist as it is.
    WorklistSnapshot(WorklistSnapshot),
    /// A task came.
    TaskEntered(TaskEntered),
    /// A task changed.
    TaskUpdated(TaskUpdated),
    /// A task left.
    TaskLeft(TaskLeft),
    /// Something of a worklist is missing.
    WorklistReset(WorklistReset),
    /// A task as it is.
    TaskSnapshot(TaskSnapshot),
    /// Something of a task is missing.
    TaskReset(TaskReset),
    /// An instance as it is.
    ProcessInstanceSnapshot(ProcessInstanceSnapshot),
    /// An instance changed.
    ProcessInstanceUpdated(ProcessInstanceUpdated),
    /// An instance left.
    ProcessInstanceLeft(ProcessInstanceLeft),
    /// Something of an instance is missing.
    ProcessInstanceReset(ProcessInstanceReset),
    /// Counts changed.
    WorklistCountsChange(WorklistCountsChange),
}

/// A worklist as it is.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct WorklistSnapshot {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
    /// The first 100 tasks of it, the oldest first; the counts say how many there are.
    tasks: Vec<Task>,
    /// How many tasks match.
    counts: WorklistCounts,
}

/// A task came onto the worklist.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskEntered {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
    /// The task, as it came.
    task: Task,
}

/// A task changed.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskUpdated {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
    /// The task after the change.
    task: Task,
}

/// A task is not there any more. Nothing of it but what the viewer had already.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskLeft {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
    /// Which task.
    task_id: Id,
    /// Why it left.
    reason: LeaveReason,
}

/// Something is missing before this: forget the list. A snapshot follows.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct WorklistReset {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
}

/// A task as it is.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskSnapshot {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
    /// The task.
    task: Task,
}

/// Something is missing before this: forget the task. A snapshot follows.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskReset {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
}

/// An instance as it is.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstanceSnapshot {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
    /// The instance.
    process_instance: ProcessInstance,
}

/// An instance changed.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstanceUpdated {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
    /// The instance as it is now, which may be later than the change.
    process_instance: ProcessInstance,
}

/// The viewer may not see the instance any more.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstanceLeft {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
    /// Which instance.
    process_instance_id: Id,
    /// Why it left.
    reason: LeaveReason,
}

/// Something is missing before this: forget the instance. A snapshot follows.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstanceReset {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
}

/// The counts of the worklists have changed, or may have.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct WorklistCountsChange {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    at: DateTime,
    /// Every worklist of the viewer; the counts are those of now.
    worklists: Vec<Worklist>,
}

/// What happens on a worklist.
#[derive(Union)]
pub enum WorklistChange {
    /// The worklist as it is.
    Snapshot(WorklistSnapshot),
    /// A task came.
    Entered(TaskEntered),
    /// A task changed.
    Updated(TaskUpdated),
    /// A task left.
    Left(TaskLeft),
    /// Something is missing.
    Reset(WorklistReset),
}

/// What happens to a task.
#[derive(Union)]
pub enum TaskChange {
    /// The task as it is.
    Snapshot(TaskSnapshot),
    /// It changed.
    Updated(TaskUpdated),
    /// It may not be seen any more.
    Left(TaskLeft),
    /// Something is missing.
    Reset(TaskReset),
}

/// What happens to an instance.
#[derive(Union)]
pub enum ProcessInstanceChange {
    /// The instance as it is.
    Snapshot(ProcessInstanceSnapshot),
    /// It changed.
    Updated(ProcessInstanceUpdated),
    /// It may not be seen any more.
    Left(ProcessInstanceLeft),
    /// Something is missing.
    Reset(ProcessInstanceReset),
}

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
            task: Task(*image),
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
            task: Task(*image),
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
        task: Task(image),
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
