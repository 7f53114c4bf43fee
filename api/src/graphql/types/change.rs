//! What streams tell: each change numbered, with the cursor behind it.

use async_graphql::{Enum, Interface, SimpleObject, Union};
use docket_domain::task::worklist;

use super::instance::ProcessInstance;
use super::scalar::DateTime;
use super::task::Task;
use super::worklist::{Worklist, WorklistCounts};
use crate::graphql::id::Id;

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
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
    /// The first 100 tasks of it, the oldest first; the counts say how many there are.
    pub tasks: Vec<Task>,
    /// How many tasks match.
    pub counts: WorklistCounts,
}

/// A task came onto the worklist.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskEntered {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
    /// The task, as it came.
    pub task: Task,
}

/// A task changed.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskUpdated {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
    /// The task after the change.
    pub task: Task,
}

/// A task is not there any more. Nothing of it but what the viewer had already.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskLeft {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
    /// Which task.
    pub task_id: Id,
    /// Why it left.
    pub reason: LeaveReason,
}

/// Something is missing before this: forget the list. A snapshot follows.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct WorklistReset {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
}

/// A task as it is.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskSnapshot {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
    /// The task.
    pub task: Task,
}

/// Something is missing before this: forget the task. A snapshot follows.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct TaskReset {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
}

/// An instance as it is.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstanceSnapshot {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
    /// The instance.
    pub process_instance: ProcessInstance,
}

/// An instance changed.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstanceUpdated {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
    /// The instance as it is now, which may be later than the change.
    pub process_instance: ProcessInstance,
}

/// The viewer may not see the instance any more.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstanceLeft {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
    /// Which instance.
    pub process_instance_id: Id,
    /// Why it left.
    pub reason: LeaveReason,
}

/// Something is missing before this: forget the instance. A snapshot follows.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstanceReset {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
}

/// The counts of the worklists have changed, or may have.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct WorklistCountsChange {
    /// Counts from 1 for each subscription, without a gap: a gap means a loss.
    pub sequence: u32,
    /// Given as `after` of the same subscription, it goes on behind this change.
    pub cursor: String,
    /// When it was committed; of a snapshot, when it was read.
    pub at: DateTime,
    /// Every worklist of the viewer; the counts are those of now.
    pub worklists: Vec<Worklist>,
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
