//! Transitions, written: each the instance, its tasks, timers, work, access rows, history and journal entry, all or none. The
//! revision that was read is the condition for writing the next. One transition and many take the same statements, and what
//! is sealed in a snapshot is stored later, on the same condition.

use std::collections::HashMap;

use docket_domain::bpmn::Process;
use docket_domain::engine::instance::Instance;
use docket_domain::history;
use docket_domain::ids::TaskId;
use docket_domain::journal::{Entry, InstanceImage};
use docket_domain::value::Data;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait, EntityTrait, NotSet, Set};
use tokio::task::yield_now;
use uuid::Uuid;

use super::access::{Entries, replace};
use super::condition::person;
use super::entity::history as history_row;
use super::entity::instance::{ActiveModel, Column, Entity};
use super::entity::{journal, task, timer, wait, work};
use super::instances::Body;
use super::row::{instance_state_code, micros};
use super::waits::Wait;
use super::{Held, Read, StoreError, Write, inserted, key_id};
use crate::crypto::Cipher;

/// Rows of one statement: SQLite takes 32,766 values in one, and texts of statements should not grow without bound.
pub(super) const CHUNK: usize = 500;
/// Transitions sealed before others have a turn on this thread.
const BREATH: usize = 16;

/// The columns that a transition may change.
const CHANGING: [Column; 11] = [
    Column::ProcessId,
    Column::State,
    Column::Revision,
    Column::EndedAt,
    Column::Clauses,
    Column::Denials,
    Column::OpenTasks,
    Column::Incidents,
    Column::Held,
    Column::Body,
    Column::Data,
];

/// Id, revision, key and fields of an instance that is stored.
type Stored = (Uuid, i64, Uuid, Vec<u8>);

/// One transition, as it is to be stored.
pub struct Transition<'a> {
    /// The model that it ran on.
    pub process: &'a Process,
    /// The instance as it was read; nothing when it is new.
    pub before: Option<&'a Instance>,
    /// The instance after it, with the tasks that it closed.
    pub after: &'a Instance,
    /// What it says to those whom it concerns.
    pub entry: &'a Entry,
    /// What is remembered of it.
    pub remembered: &'a [history::Entry],
}

/// Transitions as rows, sealed and not stored: what takes a while is done without holding up those who write.
pub struct Prepared {
    /// What was read, and at which revision.
    read: Vec<(Uuid, i64)>,
    new: Vec<ActiveModel>,
    changed: Vec<ActiveModel>,
    tasks: Vec<task::ActiveModel>,
    /// Who may read what had rows, and what is new.
    access: (Vec<Entries>, Vec<Entries>),
    timers: Turn<Uuid, timer::ActiveModel>,
    waits: Turn<Wait, wait::ActiveModel>,
    work: Turn<Uuid, work::ActiveModel>,
    history: Vec<history_row::ActiveModel>,
    entries: Vec<journal::ActiveModel>,
}

/// Rows that go, by what they are found by, and rows that come.
pub(super) struct Turn<K, R> {
    pub gone: Vec<K>,
    pub new: Vec<R>,
}

impl<K, R> Default for Turn<K, R> {
    fn default() -> Turn<K, R> {
        Turn {
            gone: Vec::new(),
            new: Vec::new(),
        }
    }
}

/// A transition with the key of its instance.
pub(super) struct Keyed<'a> {
    pub transition: &'a Transition<'a>,
    pub cipher: Cipher,
    /// What is stored of the fields, if it is not new.
    data: Option<Vec<u8>>,
}

impl Read {
    /// Transitions of as many instances as rows, all with as many statements as one. `Conflict` if any of the instances is
    /// not at the revision that was read.
    pub async fn prepare(&self, transitions: &[Transition<'_>]) -> Result<Prepared, StoreError> {
        let keyed = self.keyed(transitions).await?;
        let before = transitions.iter().filter_map(|one| one.before);
        let mut prepared = Prepared {
            read: before.map(|it| (it.id.0, it.revision.into())).collect(),
            new: Vec::new(),
            changed: Vec::new(),
            tasks: Vec::new(),
            access: (Vec::new(), Vec::new()),
            timers: self.timer_rows(transitions),
            waits: self.wait_rows(transitions),
            work: self.work_rows(transitions),
            history: Vec::new(),
            entries: Vec::with_capacity(keyed.len()),
        };
        for (number, one) in keyed.iter().enumerate() {
            if number % BREATH == BREATH - 1 {
                yield_now().await;
            }
            let entries = self.instance_entries(one.transition.after, &one.transition.entry.after);
            let row = self.instance_row(one, &entries)?;
            match one.transition.before {
                None => prepared.new.push(row),
                Some(_) => prepared.changed.push(row),
            }
            prepared.tasks.extend(self.task_rows(one)?);
            self.add_access(one.transition, entries, &mut prepared.access);
            prepared.history.extend(self.history_rows(one)?);
            prepared.entries.push(self.entry_row(one)?);
        }
        Ok(prepared)
    }

    /// The keys of the instances: fresh ones for new instances; the others are found at the revision that was read.
    async fn keyed<'a>(
        &self,
        transitions: &'a [Transition<'a>],
    ) -> Result<Vec<Keyed<'a>>, StoreError> {
        let ids = transitions.iter().filter_map(|one| one.before);
        let mut stored = self.stored(ids.map(|before| before.id.0)).await?;
        let ciphers = self.ciphers(stored.values().map(|row| row.2)).await?;
        let mut keyed = Vec::with_capacity(transitions.len());
        for transition in transitions {
            let (cipher, data) = match transition.before {
                None => (self.keyring.fresh_instance_key(self.tenant).await?, None),
                Some(before) => {
                    let row = stored.remove(&before.id.0);
                    let (_, revision, key, data) = row.ok_or(StoreError::Conflict)?;
                    if revision != i64::from(before.revision) {
                        return Err(StoreError::Conflict);
                    }
                    let cipher = ciphers.get(&key_id(key)).cloned();
                    let cell = self.instance_cell(before.id.0, "body");
                    (cipher.ok_or_else(|| cell.corrupt())?, Some(data))
                }
            };
            keyed.push(Keyed {
                transition,
                cipher,
                data,
            });
        }
        Ok(keyed)
    }

    async fn stored(
        &self,
        ids: impl Iterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Stored>, StoreError> {
        let ids: Vec<Uuid> = ids.collect();
        let mut stored = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let select = Query::select()
                .columns([Column::Id, Column::Revision, Column::KeyId, Column::Data])
                .from(Entity)
                .and_where(Column::TenantId.eq(self.tenant.0))
                .and_where(Column::Id.is_in(chunk.iter().copied()))
                .take();
            let rows: Vec<Stored> = self.rows(&select).await?;
            stored.extend(rows.into_iter().map(|row| (row.0, row)));
        }
        Ok(stored)
    }

    fn instance_row(
        &self,
        keyed: &Keyed<'_>,
        entries: &Entries,
    ) -> Result<ActiveModel, StoreError> {
        let Keyed {
            transition,
            cipher,
            data,
        } = keyed;
        let Transition {
            process,
            before,
            after,
            ..
        } = transition;
        let fields = self.fields(after.id, cipher);
        let data = match (before, data) {
            (Some(before), Some(data)) if before.data == after.data => data.clone(),
            (Some(before), Some(data)) => fields.seal(&after.data, Some((&before.data, data)))?,
            (_, _) => fields.seal(&after.data, None)?,
        };
        let open: Vec<TaskId> = after.open_tasks().map(|task| task.id).collect();
        let open_tasks = open.len();
        let business_key = after.business_key.as_ref();
        let body = Body {
            instance: Instance {
                data: Data::new(),
                tasks: Vec::new(),
                ..Instance::clone(after)
            },
            open,
        };
        Ok(ActiveModel {
            id: Set(after.id.0),
            tenant_id: Set(self.tenant.0),
            process_id: Set(after.process.0),
            process_key: Set(process.key.to_string()),
            state: Set(instance_state_code(after.state)),
            revision: Set(i64::from(after.revision)),
            started_at: Set(micros(after.started_at)),
            ended_at: Set(after.ended_at.map(micros)),
            key_id: Set(Uuid::from_bytes(cipher.key_id().0)),
            business_key: Set(business_key.map(|key| self.business_key(&process.key, key))),
            initiator: Set(person(&self.keys, &after.initiator)),
            clauses: Set(entries.clauses),
            denials: Set(entries.denials),
            open_tasks: Set(i32::try_from(open_tasks).unwrap_or(i32::MAX)),
            incidents: Set(i32::try_from(after.incidents.len()).unwrap_or(i32::MAX)),
            body: Set(self
                .instance_cell(after.id.0, "body")
                .seal_json(cipher, &body)?),
            data: Set(data),
            held: Set(self.held(process, after)?),
            ended_by: NotSet,
            ended_reason: NotSet,
            parent: Set(after.parent.as_ref().map(|parent| parent.instance.0)),
        })
    }

    /// Where incidents hold the instance, sealed with the tenant's key: for the monitor.
    fn held(&self, process: &Process, after: &Instance) -> Result<Option<Vec<u8>>, StoreError> {
        let held = Held::of(process, after);
        let cell = self.instance_cell(after.id.0, "held");
        (!held.is_empty())
            .then(|| cell.seal_json(&self.keys.data, &held))
            .transpose()
    }

    /// The access rows of what changed who may read it, or where it stands in an order.
    fn add_access(
        &self,
        transition: &Transition<'_>,
        entries: Entries,
        to: &mut (Vec<Entries>, Vec<Entries>),
    ) {
        let Transition { after, entry, .. } = transition;
        let mut add = |was: Option<Entries>, is: Entries| match was {
            None => to.1.push(is),
            Some(was) if was != is => to.0.push(is),
            Some(_) => {}
        };
        let was = entry.before.as_ref();
        add(
            was.map(|image| self.instance_entries(after, image)),
            entries,
        );
        for change in &entry.tasks {
            let was = change.before.as_ref();
            add(
                was.map(|image| Entries::of_task(&self.keys, image)),
                Entries::of_task(&self.keys, &change.after),
            );
        }
    }

    fn instance_entries(&self, instance: &Instance, image: &InstanceImage) -> Entries {
        Entries::of_instance(&self.keys, instance.id.0, image, instance.started_at)
    }
}

impl Write {
    /// Stores one transition: the instance, its tasks, timers, access rows, journal entry and what is remembered of it.
    /// `Conflict` if the instance is not at the revision that was read.
    pub async fn save_instance(
        &self,
        process: &Process,
        before: Option<&Instance>,
        after: &Instance,
        entry: &Entry,
        remembered: &[history::Entry],
    ) -> Result<(), StoreError> {
        self.save_instances(&[Transition {
            process,
            before,
            after,
            entry,
            remembered,
        }])
        .await
    }

    /// Stores transitions of as many instances, with as many statements as for one. `Conflict` if any of the instances is
    /// not at the revision that was read; the caller then commits nothing.
    pub async fn save_instances(&self, transitions: &[Transition<'_>]) -> Result<(), StoreError> {
        let prepared = self.prepare(transitions).await?;
        self.store(prepared).await
    }

    /// Stores what was prepared in a snapshot. `Conflict` if any of the instances has moved since then; the caller then
    /// commits nothing.
    pub async fn save_prepared(&self, prepared: Prepared) -> Result<(), StoreError> {
        let mut found: HashMap<Uuid, i64> = HashMap::with_capacity(prepared.read.len());
        for chunk in prepared.read.chunks(CHUNK) {
            let select = Query::select()
                .columns([Column::Id, Column::Revision])
                .from(Entity)
                .and_where(Column::TenantId.eq(self.tenant.0))
                .and_where(Column::Id.is_in(chunk.iter().map(|read| read.0)))
                .take();
            found.extend(self.rows::<(Uuid, i64)>(&select).await?);
        }
        let as_read = |(id, revision): &(Uuid, i64)| found.get(id) == Some(revision);
        if !prepared.read.iter().all(as_read) {
            return Err(StoreError::Conflict);
        }
        self.store(prepared).await
    }

    /// Writes the rows. This unit of work has the write lock, so that what was found is still there.
    async fn store(&self, prepared: Prepared) -> Result<(), StoreError> {
        for chunk in prepared.new.chunks(CHUNK) {
            let result = Entity::insert_many(chunk.iter().cloned())
                .on_conflict_do_nothing()
                .exec_without_returning(&self.tx)
                .await?;
            inserted(result, chunk.len())?;
        }
        for chunk in prepared.changed.chunks(CHUNK) {
            Entity::insert_many(chunk.iter().cloned())
                .on_conflict(
                    OnConflict::column(Column::Id)
                        .update_columns(CHANGING)
                        .to_owned(),
                )
                .exec_without_returning(&self.tx)
                .await?;
        }
        self.save_tasks(&prepared.tasks).await?;
        let (changed, new) = &prepared.access;
        // What had rows loses all of them first: rows that an older version of the rules has left behind would otherwise stay
        // for ever.
        replace(&self.tx, self.tenant, changed, true).await?;
        replace(&self.tx, self.tenant, new, false).await?;
        self.save_timers(prepared.timers).await?;
        self.save_waits(prepared.waits).await?;
        self.save_work(prepared.work).await?;
        self.insert_history(&prepared.history).await?;
        self.insert_entries(&prepared.entries).await
    }
}
