//! Instances: one row for the run with its data, one for each task. An instance is read whole, with its open tasks, in one
//! statement; how it is written is in `transitions`.

use std::collections::HashMap;
use std::sync::Arc;

use docket_domain::access::Actor;
use docket_domain::engine::instance::{Instance, InstanceState};
use docket_domain::ids::{InstanceId, ProcessId, TaskId};
use docket_domain::task::worklist::Span;
use docket_domain::value::Name;
use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, Func, IntoTableRef, Order, Query,
    SelectStatement, UnionType, WithClause,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::{ID, SORT, Slot, Start, aliased, key, page_of_rows};
use super::condition::{
    from_ids, instance_filter, me, object, of_tenant, readable, unrestricted, with_me,
};
use super::entity::instance::{Column, Entity};
use super::entity::task;
use super::row::{Cell, Fields, or_absent, uuid};
use super::tasks::TaskSort;
use super::{Key, Page, Read, Slice, StoreError, key_id};
use crate::crypto::{Cipher, KeyId};

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
    /// Called by this instance.
    pub parent: Option<InstanceId>,
}

/// What is sealed of an instance besides data and tasks.
#[derive(Serialize, Deserialize)]
pub(super) struct Body {
    /// Without data and tasks.
    pub instance: Instance,
    /// The open tasks, in the instance's order. One that is missing is found out.
    pub open: Vec<TaskId>,
}

/// The rows of a statement that loads: what (an instance or a task), sort value, instance, row, key, body, data.
type Row = (i64, i64, Uuid, Uuid, Uuid, Vec<u8>, Option<Vec<u8>>);
/// The row of an instance that is shown: id, key, body, data.
pub(super) type Shown = (Uuid, Uuid, Vec<u8>, Vec<u8>);
/// Sealed bytes of an instance that are sent beside each of its tasks.
const BESIDE: i64 = 16 * 1024;

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
    /// An instance with its open tasks, opened from what is stored: for commands.
    pub async fn instance(
        &self,
        actor: &Actor,
        id: InstanceId,
    ) -> Result<Option<Instance>, StoreError> {
        let found = self.found(
            Condition::all()
                .add(object(Column::Id).eq(id.0))
                .add(readable(&[Slot::InstanceRead])),
        );
        let mut sealed = self.load(&self.principals(actor, true), found).await?;
        let ciphers = self.ciphers(sealed.iter().map(|row| row.1.key)).await?;
        let Some((_, sealed)) = sealed.pop() else {
            return Ok(None);
        };
        let cipher = ciphers.get(&key_id(sealed.key));
        or_absent(self.open_instance(cipher, sealed))
    }

    /// An instance with its open tasks, as the engine sees it: for timers and administrators' commands.
    pub async fn instance_for_engine(
        &self,
        id: InstanceId,
    ) -> Result<Option<Instance>, StoreError> {
        self.instances_for_engine(&[id])
            .await?
            .pop()
            .map(|(_, instance)| instance)
            .transpose()
    }

    /// Instances with their open tasks, as the engine sees them, with as many statements as one takes. One that is damaged
    /// is an error of its own; those that are absent are missing.
    pub async fn instances_for_engine(
        &self,
        ids: &[InstanceId],
    ) -> Result<Vec<(InstanceId, Result<Instance, StoreError>)>, StoreError> {
        let these = object(Column::Id).is_in(ids.iter().map(|id| id.0));
        let found = self.found(Condition::all().add(these));
        let sealed = self.load(&[Uuid::nil()], found).await?;
        let ciphers = self.ciphers(sealed.iter().map(|row| row.1.key)).await?;
        let opened = sealed.into_iter().map(|(_, sealed)| {
            let cipher = ciphers.get(&key_id(sealed.key));
            (InstanceId(sealed.id), self.open_instance(cipher, sealed))
        });
        Ok(opened.collect())
    }

    /// The instances of a version that are not over, behind one of them, in order of their ids: for administrators' commands.
    /// Walks the instances of the tenant in that order, as administrators do from one hundred to the next.
    pub async fn running_for_engine(
        &self,
        process: ProcessId,
        after: Option<InstanceId>,
        limit: u32,
    ) -> Result<Vec<InstanceId>, StoreError> {
        let filter = InstanceFilter {
            process_id: Some(process),
            state: Some(vec![InstanceState::Active, InstanceState::Suspended]),
            ..InstanceFilter::default()
        };
        let behind = after.map(|after| object(Column::Id).gt(after.0));
        let select = Query::select()
            .expr(object(Column::Id))
            .from(aliased(Entity))
            .cond_where(self.narrowed(&filter).add_option(behind))
            .order_by_expr(object(Column::Id), Order::Asc)
            .limit(u64::from(limit))
            .take();
        let rows: Vec<(Uuid,)> = self.rows(&select).await?;
        Ok(rows.into_iter().map(|(id,)| InstanceId(id)).collect())
    }

    /// Instances by id: for showing them. One statement, and one more for the tasks of those that were not opened lately. The
    /// body is sealed anew with each transition, so that the same body has the same tasks.
    pub async fn instances_by_id(
        &self,
        actor: &Actor,
        ids: &[InstanceId],
    ) -> Result<HashMap<InstanceId, Arc<Instance>>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = Query::select();
        select
            .exprs([Column::Id, Column::KeyId, Column::Body, Column::Data].map(object))
            .and_where(of_tenant(self.tenant.0))
            .cond_where(readable(&[Slot::InstanceRead]))
            // What is sorted is sent at one go, instead of waking the reader for each row.
            .order_by_expr(object(Column::Id), Order::Asc);
        from_ids(&mut select, aliased(Entity), ids.iter().map(|id| id.0));
        let me = self.principals(actor, true);
        let rows: Vec<Shown> = self.rows(&with_me(&me, &mut select)).await?;
        let ciphers = self.ciphers(rows.iter().map(|row| row.1)).await?;
        self.instances_at_hand(rows, &ciphers).await
    }

    /// Instances that the actor may read, for showing them beside something else; body and data are null where they are
    /// large.
    pub(super) fn shown_instances(&self) -> SelectStatement {
        let small = || {
            let bytes = |column: Column| Func::cust("LENGTH").arg(object(column));
            Expr::from(bytes(Column::Body))
                .add(bytes(Column::Data))
                .lte(BESIDE)
        };
        let if_small = |column: Column| Expr::case(small(), object(column));
        Query::select()
            .exprs([Column::Id, Column::KeyId].map(object))
            .expr_as(if_small(Column::Body), Column::Body)
            .expr_as(if_small(Column::Data), Column::Data)
            .from(aliased(Entity))
            .and_where(of_tenant(self.tenant.0))
            .cond_where(readable(&[Slot::InstanceRead]))
            .take()
    }

    /// Instances that were found for showing them, opened now or lately.
    pub(super) async fn instances_at_hand(
        &self,
        rows: Vec<Shown>,
        ciphers: &HashMap<KeyId, Cipher>,
    ) -> Result<HashMap<InstanceId, Arc<Instance>>, StoreError> {
        let mut instances = HashMap::with_capacity(rows.len());
        let mut fresh = Vec::new();
        for (id, key, body, data) in rows {
            let sealed = [body.as_slice(), &data].concat();
            let known = ciphers
                .contains_key(&key_id(key))
                .then(|| self.opened.instances.find(self.tenant, id, &sealed));
            match known.flatten() {
                Some(instance) => drop(instances.insert(InstanceId(id), instance)),
                None => fresh.push((
                    sealed,
                    Sealed {
                        id,
                        key,
                        body,
                        data,
                        tasks: Vec::new(),
                    },
                )),
            }
        }
        self.add_tasks(&mut fresh).await?;
        for (bytes, sealed) in fresh {
            let (id, cipher) = (sealed.id, ciphers.get(&key_id(sealed.key)));
            if let Some(instance) = or_absent(self.open_instance(cipher, sealed))? {
                let instance = self.opened.instances.keep(self.tenant, id, bytes, instance);
                instances.insert(InstanceId(id), instance);
            }
        }
        Ok(instances)
    }

    /// The open tasks of some instances, still sealed.
    async fn add_tasks(&self, instances: &mut [(Vec<u8>, Sealed)]) -> Result<(), StoreError> {
        if instances.is_empty() {
            return Ok(());
        }
        let of_task = |column: task::Column| Expr::col(("k", column));
        let select = Query::select()
            .exprs(
                [
                    task::Column::InstanceId,
                    task::Column::Id,
                    task::Column::Body,
                ]
                .map(of_task),
            )
            .from_values(instances.iter().map(|(_, sealed)| sealed.id), "w")
            .cross_join(task::Entity.into_table_ref().alias("k"))
            .and_where(of_task(task::Column::InstanceId).equals(("w", "column1")))
            .and_where(of_task(task::Column::TenantId).eq(self.tenant.0))
            .and_where(of_task(task::Column::Open).eq(true))
            .take();
        let rows: Vec<(Uuid, Uuid, Vec<u8>)> = self.rows(&select).await?;
        let mut tasks: HashMap<Uuid, Vec<(Uuid, Vec<u8>)>> = HashMap::new();
        for (instance, id, body) in rows {
            tasks.entry(instance).or_default().push((id, body));
        }
        for (_, sealed) in instances {
            sealed.tasks = tasks.remove(&sealed.id).unwrap_or_default();
        }
        Ok(())
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
        let found = if filter.initiator.is_some() || filter.parent.is_some() {
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

    pub(super) fn narrowed(&self, filter: &InstanceFilter) -> Condition {
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

    pub(super) fn fields<'a>(&'a self, instance: InstanceId, cipher: &'a Cipher) -> Fields<'a> {
        Fields {
            tenant: self.tenant,
            keys: &self.keys,
            instance,
            cipher,
        }
    }

    pub(super) fn business_key(&self, process: &str, key: &str) -> Uuid {
        let mut value = process.len().to_be_bytes().to_vec();
        value.extend_from_slice(process.as_bytes());
        value.extend_from_slice(key.as_bytes());
        uuid(self.keys.blind_index("business-key", &value))
    }

    pub(super) fn instance_cell(&self, row: Uuid, column: &'static str) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "instances",
            row,
            column,
            part: &[],
        }
    }
}
