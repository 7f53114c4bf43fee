//! (stub) the store.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use docket_domain::access::Actor;
use docket_domain::bpmn::Process;
use docket_domain::engine::instance::{Instance, InstanceState};
use docket_domain::ids::{CommentId, InstanceId, ProcessId, TaskId, TenantId, TimerId};
use docket_domain::journal::Entry;
use docket_domain::process::ProcessState;
use docket_domain::task::worklist::{Span, TaskFilter, TaskImage, Worklist};
use docket_domain::value::Name;
use jiff::Timestamp;

use crate::crypto::Keyring;

pub mod error;
pub mod page;

pub use error::StoreError;
pub use page::{Key, Page, Slice};

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {}

/// A place in the journal; goes up with each commit. Never shown to a client unsealed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Position(pub i64);

/// A process version as it is stored, without its model.
#[derive(Clone, PartialEq, Debug)]
pub struct ProcessRecord {
    /// Which version of which process.
    pub id: ProcessId,
    /// The key.
    pub key: Name,
    /// The version, from 1 per key.
    pub version: u32,
    /// Where its life stands.
    pub state: ProcessState,
    /// Its name.
    pub name: Option<Name>,
    /// G3.
    pub security_roles: Option<Vec<Name>>,
    /// Who uploaded it.
    pub uploaded_by: Name,
    /// When.
    pub uploaded_at: Timestamp,
    /// Who published it.
    pub published_by: Option<Name>,
    /// When.
    pub published_at: Option<Timestamp>,
}

/// A new process version; the store gives it the next version of its key.
#[derive(Clone, Debug)]
pub struct NewProcess {
    /// Fresh.
    pub id: ProcessId,
    /// The key.
    pub key: Name,
    /// Its name.
    pub name: Option<Name>,
    /// The model, as it was uploaded.
    pub xml: Arc<str>,
    /// G3.
    pub security_roles: Option<Vec<Name>>,
    /// Who uploads it.
    pub uploaded_by: Name,
    /// When.
    pub uploaded_at: Timestamp,
}

/// What a list of processes is narrowed to.
#[derive(Clone, Default, Debug)]
pub struct ProcessFilter {
    /// This key.
    pub key: Option<Name>,
    /// One of these states.
    pub state: Option<Vec<ProcessState>>,
    /// Only the latest published version of each key.
    pub latest: bool,
}

/// What a list of instances is narrowed to.
#[derive(Clone, Default, Debug)]
pub struct InstanceFilter {
    /// Of this process key.
    pub process: Option<Name>,
    /// Of this process version.
    pub process_id: Option<ProcessId>,
    /// In one of these states.
    pub state: Option<Vec<InstanceState>>,
    /// Started in this range.
    pub started: Option<Span>,
    /// Initiated by this user.
    pub initiator: Option<Name>,
}

/// What tasks are sorted by; the id breaks ties.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TaskSort {
    /// When it was created.
    Created,
    /// When it is due; tasks without a due date come last in both directions.
    Due,
    /// Its priority.
    Priority,
}

/// An order of tasks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TaskOrder {
    /// By what.
    pub sort: TaskSort,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// How many tasks a worklist has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WorklistCounts {
    /// All.
    pub total: u64,
    /// Past their due date.
    pub overdue: u64,
    /// Due in the day (UTC) of the moment of counting, and not past yet.
    pub due_today: u64,
    /// In nobody's hands.
    pub unassigned: u64,
}

/// A comment.
#[derive(Clone, PartialEq, Debug)]
pub struct Comment {
    /// Which.
    pub id: CommentId,
    /// On which task.
    pub task: TaskId,
    /// Who said it.
    pub author: Name,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: Arc<str>,
}

/// The status of an instance, without data.
#[derive(Clone, PartialEq, Debug)]
pub struct InstanceStatus {
    /// Which run.
    pub id: InstanceId,
    /// Of which version.
    pub process: ProcessId,
    /// The key of the process.
    pub process_key: Name,
    /// Where its life stands.
    pub state: InstanceState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How many tasks are open.
    pub open_tasks: u32,
    /// How many incidents hold it.
    pub incidents: u32,
    /// Who terminated it, if somebody did.
    pub ended_by: Option<Name>,
}

/// A timer that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DueTimer {
    /// The tenant.
    pub tenant: TenantId,
    /// The instance.
    pub instance: InstanceId,
    /// The timer.
    pub timer: TimerId,
}

/// What an idempotent request made: the ids that its answer is rendered from again.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Remembered {
    /// A hash of what was asked, so that another request under the same key is refused.
    pub request: [u8; 32],
    /// The instance.
    pub instance: InstanceId,
    /// The task, if it was about one.
    pub task: Option<TaskId>,
}

impl Store {
    /// Opens the database in a file, making and migrating it as needed.
    pub async fn open(_path: &Path, _keyring: Arc<Keyring>) -> Result<Store, StoreError> {
        todo!()
    }

    /// The id of a tenant by its name, made on first sight. Cached.
    pub async fn tenant(&self, _name: &str, _now: Timestamp) -> Result<TenantId, StoreError> {
        todo!()
    }

    /// A snapshot of one tenant.
    pub async fn read(&self, _tenant: TenantId) -> Result<Read, StoreError> {
        todo!()
    }

    /// The unit of work of one tenant: takes the write lock at once.
    pub async fn write(&self, _tenant: TenantId) -> Result<Write, StoreError> {
        todo!()
    }

    /// The journal after a position, over all tenants, in order of commit; at most `limit` entries.
    pub async fn journal_after(
        &self,
        _position: Position,
        _limit: u32,
    ) -> Result<Vec<(Position, TenantId, Entry)>, StoreError> {
        todo!()
    }

    /// Where the journal ends.
    pub async fn position(&self) -> Result<Position, StoreError> {
        todo!()
    }

    /// Timers that are due, oldest first.
    pub async fn due_timers(
        &self,
        _now: Timestamp,
        _limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        todo!()
    }

    /// When the next timer is due.
    pub async fn next_timer(&self) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }

    /// Forgets idempotent answers from before a moment.
    pub async fn forget_before(&self, _at: Timestamp) -> Result<u64, StoreError> {
        todo!()
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// SQL statements sent since the start, for metrics and tests.
    pub fn statements(&self) -> u64 {
        todo!()
    }
}

/// A snapshot of one tenant. Every method that takes an actor finds only what the actor may read; what is not there and
/// what may not be read are the same, and cost the same statements.
pub struct Read {}

impl Read {
    /// A process version.
    pub async fn process(
        &self,
        _actor: &Actor,
        _id: ProcessId,
    ) -> Result<Option<ProcessRecord>, StoreError> {
        todo!()
    }

    /// A process by key; without a version, the latest published one.
    pub async fn process_by_key(
        &self,
        _actor: &Actor,
        _key: &str,
        _version: Option<u32>,
    ) -> Result<Option<ProcessRecord>, StoreError> {
        todo!()
    }

    /// Process versions by id.
    pub async fn processes_by_id(
        &self,
        _ids: &[ProcessId],
    ) -> Result<HashMap<ProcessId, ProcessRecord>, StoreError> {
        todo!()
    }

    /// Process versions, sorted by key, then version, both rising.
    pub async fn processes(
        &self,
        _actor: &Actor,
        _filter: &ProcessFilter,
        _page: &Page,
    ) -> Result<Slice<ProcessRecord>, StoreError> {
        todo!()
    }

    /// How many there are.
    pub async fn count_processes(
        &self,
        _actor: &Actor,
        _filter: &ProcessFilter,
    ) -> Result<u64, StoreError> {
        todo!()
    }

    /// The model of a version, as it was uploaded. For the engine, or after the version was found to be readable.
    pub async fn model(&self, _id: ProcessId) -> Result<Option<Arc<str>>, StoreError> {
        todo!()
    }

    /// An instance with its open tasks.
    pub async fn instance(
        &self,
        _actor: &Actor,
        _id: InstanceId,
    ) -> Result<Option<Instance>, StoreError> {
        todo!()
    }

    /// An instance with its open tasks, as the engine sees it: for timers and administrators' commands.
    pub async fn instance_for_engine(
        &self,
        _id: InstanceId,
    ) -> Result<Option<Instance>, StoreError> {
        todo!()
    }

    /// Instances by id.
    pub async fn instances_by_id(
        &self,
        _actor: &Actor,
        _ids: &[InstanceId],
    ) -> Result<HashMap<InstanceId, Instance>, StoreError> {
        todo!()
    }

    /// An instance by the key that the outside knows it by: of this process key, the latest started.
    pub async fn instance_by_business_key(
        &self,
        _actor: &Actor,
        _process: &str,
        _key: &str,
    ) -> Result<Option<Instance>, StoreError> {
        todo!()
    }

    /// Instances, the latest started first unless `descending` is false.
    pub async fn instances(
        &self,
        _actor: &Actor,
        _filter: &InstanceFilter,
        _descending: bool,
        _page: &Page,
    ) -> Result<Slice<Instance>, StoreError> {
        todo!()
    }

    /// How many there are.
    pub async fn count_instances(
        &self,
        _actor: &Actor,
        _filter: &InstanceFilter,
    ) -> Result<u64, StoreError> {
        todo!()
    }

    /// A task.
    pub async fn task(&self, _actor: &Actor, _id: TaskId) -> Result<Option<TaskImage>, StoreError> {
        todo!()
    }

    /// Tasks by id.
    pub async fn tasks_by_id(
        &self,
        _actor: &Actor,
        _ids: &[TaskId],
    ) -> Result<HashMap<TaskId, TaskImage>, StoreError> {
        todo!()
    }

    /// Tasks on a worklist, or all that the actor may read.
    pub async fn tasks(
        &self,
        _actor: &Actor,
        _worklist: Option<&Worklist>,
        _filter: &TaskFilter,
        _order: TaskOrder,
        _page: &Page,
    ) -> Result<Slice<TaskImage>, StoreError> {
        todo!()
    }

    /// How many there are.
    pub async fn count_tasks(
        &self,
        _actor: &Actor,
        _worklist: Option<&Worklist>,
        _filter: &TaskFilter,
    ) -> Result<u64, StoreError> {
        todo!()
    }

    /// The counts of worklists, in their order.
    pub async fn worklist_counts(
        &self,
        _actor: &Actor,
        _worklists: &[Worklist],
        _filter: &TaskFilter,
        _now: Timestamp,
    ) -> Result<Vec<WorklistCounts>, StoreError> {
        todo!()
    }

    /// The comments of tasks that the actor was found to read, oldest first.
    pub async fn comments(
        &self,
        _task: TaskId,
        _page: &Page,
    ) -> Result<Slice<Comment>, StoreError> {
        todo!()
    }

    /// How many there are.
    pub async fn count_comments(&self, _task: TaskId) -> Result<u64, StoreError> {
        todo!()
    }

    /// Statuses of instances, the latest started first, whoever may read them: for holders of `monitor` alone.
    pub async fn statuses(
        &self,
        _filter: &InstanceFilter,
        _page: &Page,
    ) -> Result<Slice<InstanceStatus>, StoreError> {
        todo!()
    }

    /// How many there are in each state.
    pub async fn count_statuses(&self, _filter: &InstanceFilter) -> Result<u64, StoreError> {
        todo!()
    }

    /// What an earlier request of this person under this key made.
    pub async fn recall(
        &self,
        _actor: &Actor,
        _operation: &str,
        _key: &str,
    ) -> Result<Option<Remembered>, StoreError> {
        todo!()
    }

    /// Where the journal ends in this snapshot.
    pub async fn position(&self) -> Result<Position, StoreError> {
        todo!()
    }

    /// The tenant's journal after a position, in order, at most `limit` entries.
    pub async fn journal_after(
        &self,
        _position: Position,
        _limit: u32,
    ) -> Result<Vec<(Position, Entry)>, StoreError> {
        todo!()
    }
}

/// The unit of work of one tenant. Reads what it has written; what is not committed is rolled back on drop.
pub struct Write {}

impl std::ops::Deref for Write {
    type Target = Read;

    fn deref(&self) -> &Read {
        todo!()
    }
}

impl Write {
    /// Stores a new version of a process and says which.
    pub async fn insert_process(&self, _new: &NewProcess) -> Result<ProcessRecord, StoreError> {
        todo!()
    }

    /// Moves a version on; `Conflict` if it is not in the state that was read.
    pub async fn save_process_state(
        &self,
        _read: &ProcessRecord,
        _to: ProcessState,
        _by: &Name,
        _at: Timestamp,
    ) -> Result<ProcessRecord, StoreError> {
        todo!()
    }

    /// Stores one transition: the instance, its tasks, timers, access rows and journal entry. `Conflict` if the instance
    /// is not at the revision that was read.
    pub async fn save_instance(
        &self,
        _process: &Process,
        _before: Option<&Instance>,
        _after: &Instance,
        _entry: &Entry,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Records who ended an instance, for the monitor.
    pub async fn save_ended_by(&self, _instance: InstanceId, _by: &Name) -> Result<(), StoreError> {
        todo!()
    }

    /// Stores a comment.
    pub async fn insert_comment(
        &self,
        _instance: InstanceId,
        _comment: &Comment,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Remembers what a request under a key made.
    pub async fn remember(
        &self,
        _actor: &Actor,
        _operation: &str,
        _key: &str,
        _made: &Remembered,
        _at: Timestamp,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Makes it durable; the position of its journal entry, or of the last one.
    pub async fn commit(self) -> Result<Position, StoreError> {
        todo!()
    }
}
