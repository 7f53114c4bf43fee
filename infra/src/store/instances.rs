//! Instances: one row for the run with its data, one for each task, in one transaction with the journal. An instance is
//! read whole, with its open tasks, in one statement.

use std::collections::HashMap;

use docket_domain::access::Actor;
use docket_domain::bpmn::Process;
use docket_domain::engine::instance::{Instance, InstanceState};
use docket_domain::ids::{InstanceId, ProcessId, TaskId};
use docket_domain::journal::Entry;
use docket_domain::task::worklist::Span;
use docket_domain::value::{Data, Name};
use jiff::Timestamp;
use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, IntoTableRef, Order, Query, SelectStatement,
    UnionType, WithClause,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set, TryInsertResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::{Entries, ID, SORT, Slot, Start, aliased, key, page_of_rows, replace};
use super::condition::{instance_filter, me, object, of_tenant, readable, unrestricted, with_me};
use super::entity::instance::{ActiveModel, Column, Entity};
use super::entity::task;
use super::row::{
    Cell, Fields, instance_state, instance_state_code, micros, or_absent, timestamp, uuid,
};
use super::tasks::TaskSort;
use super::{Key, Page, Read, Slice, StoreError, Write, key_id};
use crate::crypto::Cipher;

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

/// What is sealed of an instance besides data and tasks.
#[derive(Serialize, Deserialize)]
struct Body {
    /// Without data and tasks.
    instance: Instance,
    /// The open tasks, in the instance's order. One that is missing is found out.
    open: Vec<TaskId>,
}

/// The rows of a statement that loads: what (an instance or a task), sort value, instance, row, key, body, data.
type Row = (i64, i64, Uuid, Uuid, Uuid, Vec<u8>, Option<Vec<u8>>);
const INSTANCE: i64 = 0;
const TASK: i64 = 1;

/// An instance as it was found, still sealed.
struct Sealed {
    id: Uuid,
    key: Uuid,
    body: Vec<u8>,
    data: Vec<u8>,
    /// Id, key and body of each open task.
    tasks: Vec<(Uuid, Vec<u8>)>,
}

impl Read {
    /// An instance with its open tasks.
    pub async fn instance(
        &self,
        actor: &Actor,
        id: InstanceId,
    ) -> Result<Option<Instance>, StoreError> {
        Ok(self.instances_by_id(actor, &[id]).await?.remove(&id))
    }

    /// An instance with its open tasks, as the engine sees it: for timers and administrators' commands.
    pub async fn instance_for_engine(
        &self,
        id: InstanceId,
    ) -> Result<Option<Instance>, StoreError> {
        let found = self.found(Condition::all().add(object(Column::Id).eq(id.0)));
        let mut sealed = self.load(&[Uuid::nil()], found).await?;
        let Some((_, sealed)) = sealed.pop() else {
            return Ok(None);
        };
        let ciphers = self.ciphers([sealed.key]).await?;
        self.open_instance(ciphers.get(&key_id(sealed.key)), sealed)
            .map(Some)
    }

    /// Instances by id.
    pub async fn instances_by_id(
        &self,
        actor: &Actor,
        ids: &[InstanceId],
    ) -> Result<HashMap<InstanceId, Instance>, StoreError> {
        let found = self.found(
            Condition::all()
                .add(object(Column::Id).is_in(ids.iter().map(|id| id.0)))
                .add(readable(&[Slot::InstanceRead])),
        );
        let sealed = self.load(&self.principals(actor, true), found).await?;
        let ciphers = self.ciphers(sealed.iter().map(|row| row.1.key)).await?;
        let mut instances = HashMap::with_capacity(sealed.len());
        for (_, sealed) in sealed {
            let cipher = ciphers.get(&key_id(sealed.key));
            if let Some(instance) = or_absent(self.open_instance(cipher, sealed))? {
                instances.insert(instance.id, instance);
            }
        }
        Ok(instances)
    }

    /// An instance by the key that the outside knows it by: of this process key, the latest started.
    pub async fn instance_by_business_key(
        &self,
        actor: &Actor,
        process: &str,
        key: &str,
    ) -> Result<Option<Instance>, StoreError> {
        let mut found = self.found(
            Condition::all()
                .add(object(Column::BusinessKey).eq(self.business_key(process, key)))
                .add(readable(&[Slot::InstanceRead])),
        );
        found
            .order_by_expr(object(Column::StartedAt), Order::Desc)
            .order_by_expr(object(Column::Id), Order::Desc)
            .limit(1);
        let mut sealed = self.load(&self.principals(actor, true), found).await?;
        let ciphers = self.ciphers(sealed.iter().map(|row| row.1.key)).await?;
        let Some((_, sealed)) = sealed.pop() else {
            return Ok(None);
        };
        let cipher = ciphers.get(&key_id(sealed.key));
        let instance = or_absent(self.open_instance(cipher, sealed))?;
        // The index is a truncated hash: the opened value decides.
        Ok(instance.filter(|instance| instance.business_key.as_deref() == Some(key)))
    }

    /// Instances, the latest started first unless `descending` is false.
    pub async fn instances(
        &self,
        actor: &Actor,
        filter: &InstanceFilter,
        descending: bool,
        page: &Page,
    ) -> Result<Slice<Instance>, StoreError> {
        let walk = page.walk(descending);
        let me = self.principals(actor, true);
        let found = if filter.initiator.is_some() {
            let conditions = self.narrowed(filter).add(readable(&[Slot::InstanceRead]));
            page_of_rows(
                aliased(Entity),
                object(Column::StartedAt),
                conditions,
                &walk,
            )
        } else {
            self.readable_instances(filter, &me)
                .page(TaskSort::Created, &walk)
        };
        let mut sealed = self.load(&me, found).await?;
        sealed.sort_by_key(|(key, _)| (key.sort, key.id));
        if !walk.rising() {
            sealed.reverse();
        }
        let ciphers = self.ciphers(sealed.iter().map(|row| row.1.key)).await?;
        page.cut(sealed).try_filter_map(|sealed| {
            or_absent(self.open_instance(ciphers.get(&key_id(sealed.key)), sealed))
        })
    }

    /// How many there are.
    pub async fn count_instances(
        &self,
        actor: &Actor,
        filter: &InstanceFilter,
    ) -> Result<u64, StoreError> {
        let me = self.principals(actor, true);
        let mut select = Query::select();
        select
            .expr(Expr::col(("u", ID)).count())
            .from_subquery(self.readable_instances(filter, &me).ids(), "u");
        self.count(&with_me(&me, &mut select)).await
    }

    /// Statuses of instances, the latest started first, whoever may read them: for holders of `monitor` alone.
    pub async fn statuses(
        &self,
        filter: &InstanceFilter,
        page: &Page,
    ) -> Result<Slice<InstanceStatus>, StoreError> {
        let walk = page.walk(true);
        let (at, id) = (object(Column::StartedAt), object(Column::Id));
        let select = Query::select()
            .exprs(
                [
                    Column::Id,
                    Column::ProcessId,
                    Column::ProcessKey,
                    Column::State,
                    Column::StartedAt,
                    Column::EndedAt,
                    Column::OpenTasks,
                    Column::Incidents,
                    Column::EndedBy,
                ]
                .map(object),
            )
            .from(aliased(Entity))
            .cond_where(self.narrowed(filter))
            .cond_where(walk.bounds(&at, &id))
            .order_by_expr(at, walk.order.into())
            .order_by_expr(id, walk.order.into())
            .limit(walk.limit)
            .take();
        let rows: Vec<StatusRow> = self.rows(&select).await?;
        let rows = rows.into_iter().map(|row| (key(row.0, row.4), row));
        page.cut(rows.collect())
            .try_filter_map(|row| or_absent(self.status(row)))
    }

    /// How many there are, in all states together.
    pub async fn count_statuses(&self, filter: &InstanceFilter) -> Result<u64, StoreError> {
        let select = Query::select()
            .expr(object(Column::Id).count())
            .from(aliased(Entity))
            .cond_where(self.narrowed(filter))
            .take();
        self.count(&select).await
    }

    fn narrowed(&self, filter: &InstanceFilter) -> Condition {
        Condition::all()
            .add(of_tenant(self.tenant.0))
            .add(instance_filter(&self.keys, filter))
    }

    fn readable_instances<'a>(&self, filter: &InstanceFilter, me: &'a [Uuid]) -> Start<'a> {
        Start {
            table: aliased(Entity),
            slots: &[Slot::InstanceRead],
            principals: me,
            whole_actor: true,
            conditions: self.narrowed(filter).add(unrestricted()),
        }
    }

    /// Ids and sort values of the tenant's instances for which this holds.
    fn found(&self, conditions: Condition) -> SelectStatement {
        Query::select()
            .expr_as(object(Column::Id), ID)
            .expr_as(object(Column::StartedAt), SORT)
            .from(aliased(Entity))
            .and_where(of_tenant(self.tenant.0))
            .cond_where(conditions)
            .take()
    }

    /// Loads what a statement finds, with open tasks, in one statement and no order. Cross joins, because SQLite keeps
    /// their order: left to itself it reads all tasks of the tenant and looks each up in what was found.
    async fn load(
        &self,
        principals: &[Uuid],
        found: SelectStatement,
    ) -> Result<Vec<(Key, Sealed)>, StoreError> {
        let of = |column: Column| Expr::col(("i", column));
        let of_task = |column: task::Column| Expr::col(("k", column));
        let tasks = Query::select()
            .expr(Expr::val(TASK))
            .column(("f", SORT))
            .expr(of_task(task::Column::InstanceId))
            .expr(of_task(task::Column::Id))
            .expr(of_task(task::Column::KeyId))
            .expr(of_task(task::Column::Body))
            .expr(Expr::val(None::<Vec<u8>>))
            .from("f")
            .cross_join(task::Entity.into_table_ref().alias("k"))
            .and_where(of_task(task::Column::InstanceId).equals(("f", ID)))
            .and_where(of_task(task::Column::TenantId).eq(self.tenant.0))
            .and_where(of_task(task::Column::Open).eq(true))
            .take();
        let mut select = Query::select();
        select
            .expr(Expr::val(INSTANCE))
            .column(("f", SORT))
            .expr(of(Column::Id))
            .expr(of(Column::Id))
            .expr(of(Column::KeyId))
            .expr(of(Column::Body))
            .expr(of(Column::Data))
            .from("f")
            .cross_join(Entity.into_table_ref().alias("i"))
            .and_where(of(Column::Id).equals(("f", ID)))
            .union(UnionType::All, tasks)
            .with_cte(
                WithClause::new()
                    .cte(me(principals))
                    .cte(
                        CommonTableExpression::new()
                            .table_name("f")
                            .columns([ID, SORT])
                            .query(found)
                            .to_owned(),
                    )
                    .to_owned(),
            );
        let mut rows: Vec<Row> = self.rows(&select).await?;
        rows.sort_by_key(|row| row.0);
        let mut found: HashMap<Uuid, (Key, Sealed)> = HashMap::new();
        for (what, sort, instance, id, row_key, body, data) in rows {
            if what == INSTANCE {
                let sealed = Sealed {
                    id,
                    key: row_key,
                    body,
                    data: data.unwrap_or_default(),
                    tasks: Vec::new(),
                };
                found.insert(instance, (key(id, sort), sealed));
            } else if let Some((_, sealed)) = found.get_mut(&instance) {
                sealed.tasks.push((id, body));
            }
        }
        Ok(found.into_values().collect())
    }

    fn open_instance(
        &self,
        cipher: Option<&Cipher>,
        sealed: Sealed,
    ) -> Result<Instance, StoreError> {
        let cell = self.instance_cell(sealed.id, "body");
        let cipher = cipher.ok_or_else(|| cell.corrupt())?;
        let Body { mut instance, open } = cell.open_json(cipher, &sealed.body)?;
        instance.data = self.fields(instance.id, cipher).open(&sealed.data)?;
        let mut tasks = HashMap::with_capacity(sealed.tasks.len());
        for (id, body) in &sealed.tasks {
            let image = self.open_task(Some(cipher), *id, body)?;
            tasks.insert(image.task.id, image.task);
        }
        if tasks.len() != open.len() {
            return Err(self.instance_cell(sealed.id, "open_tasks").corrupt());
        }
        instance.tasks = open
            .iter()
            .map(|id| tasks.remove(id))
            .collect::<Option<_>>()
            .ok_or_else(|| self.instance_cell(sealed.id, "open_tasks").corrupt())?;
        Ok(instance)
    }

    fn fields<'a>(&'a self, instance: InstanceId, cipher: &'a Cipher) -> Fields<'a> {
        Fields {
            tenant: self.tenant,
            keys: &self.keys,
            instance,
            cipher,
        }
    }

    fn business_key(&self, process: &str, key: &str) -> Uuid {
        let mut value = process.len().to_be_bytes().to_vec();
        value.extend_from_slice(process.as_bytes());
        value.extend_from_slice(key.as_bytes());
        uuid(self.keys.blind_index("business-key", &value))
    }

    fn status(&self, row: StatusRow) -> Result<InstanceStatus, StoreError> {
        let (
            id,
            process,
            process_key,
            state,
            started_at,
            ended_at,
            open_tasks,
            incidents,
            ended_by,
        ) = row;
        let corrupt = |column| self.instance_cell(id, column).corrupt();
        let by = self.instance_cell(id, "ended_by");
        Ok(InstanceStatus {
            id: InstanceId(id),
            process: ProcessId(process),
            process_key: process_key.into(),
            state: instance_state(state).ok_or_else(|| corrupt("state"))?,
            started_at: timestamp(started_at, "instances", "started_at", id)?,
            ended_at: ended_at
                .map(|at| timestamp(at, "instances", "ended_at", id))
                .transpose()?,
            open_tasks: u32::try_from(open_tasks).map_err(|_| corrupt("open_tasks"))?,
            incidents: u32::try_from(incidents).map_err(|_| corrupt("incidents"))?,
            ended_by: ended_by
                .map(|name| by.open_json(&self.keys.data, &name))
                .transpose()?,
        })
    }

    fn instance_cell(&self, row: Uuid, column: &'static str) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "instances",
            row,
            column,
            part: &[],
        }
    }
}

type StatusRow = (
    Uuid,
    Uuid,
    String,
    i16,
    i64,
    Option<i64>,
    i32,
    i32,
    Option<Vec<u8>>,
);

impl Write {
    /// Stores one transition: the instance, its tasks, timers, access rows and journal entry. `Conflict` if the instance
    /// is not at the revision that was read.
    pub async fn save_instance(
        &self,
        process: &Process,
        before: Option<&Instance>,
        after: &Instance,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let cipher = match before {
            None => self.insert_instance(process, after, entry).await?,
            Some(before) => self.update_instance(before, after, entry).await?,
        };
        self.save_tasks(&cipher, entry).await?;
        self.save_access(after, entry).await?;
        self.save_timers(before, after).await?;
        self.insert_entry(&cipher, entry).await
    }

    /// Records who ended an instance, for the monitor. Sealed with the tenant's key: the monitor opens nothing that an
    /// instance's key has sealed.
    pub async fn save_ended_by(&self, instance: InstanceId, by: &Name) -> Result<(), StoreError> {
        let sealed = self
            .instance_cell(instance.0, "ended_by")
            .seal_json(&self.keys.data, by)?;
        let updated = Entity::update_many()
            .set(ActiveModel {
                ended_by: Set(Some(sealed)),
                ..ActiveModel::default()
            })
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::Id.eq(instance.0))
            .exec(&self.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(StoreError::Conflict);
        }
        Ok(())
    }

    async fn insert_instance(
        &self,
        process: &Process,
        after: &Instance,
        entry: &Entry,
    ) -> Result<Cipher, StoreError> {
        let cipher = self.keyring.fresh_instance_key(self.tenant).await?;
        let data = self.fields(after.id, &cipher).seal(&after.data, None)?;
        let business_key = after
            .business_key
            .as_ref()
            .map(|key| self.business_key(&process.key, key));
        let initiator = super::condition::person(&self.keys, &after.initiator);
        let row = ActiveModel {
            id: Set(after.id.0),
            tenant_id: Set(self.tenant.0),
            process_id: Set(after.process.0),
            process_key: Set(process.key.to_string()),
            started_at: Set(micros(after.started_at)),
            key_id: Set(Uuid::from_bytes(cipher.key_id().0)),
            business_key: Set(business_key),
            initiator: Set(initiator),
            data: Set(data),
            ended_by: Set(None),
            ..self.changing(&cipher, after, entry)?
        };
        let inserted = Entity::insert(row)
            .on_conflict_do_nothing()
            .exec_without_returning(&self.tx)
            .await?;
        match inserted {
            TryInsertResult::Inserted(1..) => Ok(cipher),
            TryInsertResult::Inserted(0) | TryInsertResult::Conflicted | TryInsertResult::Empty => {
                Err(StoreError::Conflict)
            }
        }
    }

    async fn update_instance(
        &self,
        before: &Instance,
        after: &Instance,
        entry: &Entry,
    ) -> Result<Cipher, StoreError> {
        let select = Query::select()
            .columns([Column::KeyId, Column::Data])
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::Id.eq(after.id.0))
            .and_where(Column::Revision.eq(i64::from(before.revision)))
            .take();
        let stored: Option<(Uuid, Vec<u8>)> = self.row(&select).await?;
        let (key, old) = stored.ok_or(StoreError::Conflict)?;
        let cipher = self
            .ciphers([key])
            .await?
            .remove(&key_id(key))
            .ok_or_else(|| self.instance_cell(after.id.0, "body").corrupt())?;
        let mut row = self.changing(&cipher, after, entry)?;
        if before.data != after.data {
            let old: (&Data, &[u8]) = (&before.data, &old);
            row.data = Set(self
                .fields(after.id, &cipher)
                .seal(&after.data, Some(old))?);
        }
        let updated = Entity::update_many()
            .set(row)
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::Id.eq(after.id.0))
            .filter(Column::Revision.eq(i64::from(before.revision)))
            .exec(&self.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(StoreError::Conflict);
        }
        Ok(cipher)
    }

    /// The columns that a transition may change, besides the data.
    fn changing(
        &self,
        cipher: &Cipher,
        after: &Instance,
        entry: &Entry,
    ) -> Result<ActiveModel, StoreError> {
        let open: Vec<TaskId> = after
            .tasks
            .iter()
            .filter(|task| task.state.is_open())
            .map(|task| task.id)
            .collect();
        let entries = self.instance_entries(after, &entry.after);
        let open_tasks = open.len();
        let body = Body {
            instance: Instance {
                data: Data::new(),
                tasks: Vec::new(),
                ..after.clone()
            },
            open,
        };
        Ok(ActiveModel {
            state: Set(instance_state_code(after.state)),
            revision: Set(i64::from(after.revision)),
            ended_at: Set(after.ended_at.map(micros)),
            clauses: Set(entries.clauses),
            denials: Set(entries.denials),
            open_tasks: Set(i32::try_from(open_tasks).unwrap_or(i32::MAX)),
            incidents: Set(i32::try_from(after.incidents.len()).unwrap_or(i32::MAX)),
            body: Set(self
                .instance_cell(after.id.0, "body")
                .seal_json(cipher, &body)?),
            ..ActiveModel::default()
        })
    }

    /// Writes the access rows of what changed who may read it, or where it stands in an order. What had rows loses all of
    /// them first: rows that an older version of the rules has left behind would otherwise stay for ever.
    async fn save_access(&self, after: &Instance, entry: &Entry) -> Result<(), StoreError> {
        let mut new = Vec::new();
        let mut changed = Vec::new();
        let mut add = |was: Option<Entries>, is: Entries| match was {
            None => new.push(is),
            Some(was) if was != is => changed.push(is),
            Some(_) => {}
        };
        add(
            entry
                .before
                .as_ref()
                .map(|image| self.instance_entries(after, image)),
            self.instance_entries(after, &entry.after),
        );
        for change in &entry.tasks {
            add(
                change
                    .before
                    .as_ref()
                    .map(|image| Entries::of_task(&self.keys, image)),
                Entries::of_task(&self.keys, &change.after),
            );
        }
        replace(&self.tx, self.tenant, &changed, true).await?;
        replace(&self.tx, self.tenant, &new, false).await
    }

    fn instance_entries(
        &self,
        instance: &Instance,
        image: &docket_domain::journal::InstanceImage,
    ) -> Entries {
        Entries::of_instance(&self.keys, instance.id.0, image, instance.started_at)
    }
}
