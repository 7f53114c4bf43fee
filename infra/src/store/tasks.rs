//! Tasks. A row holds in clear what lists are filtered and sorted by, and the whole image sealed; lists open images only,
//! and load no instance.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use docket_domain::access::{Actor, Principal, Privilege};
use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, TaskId};
use docket_domain::task::worklist::{TaskFilter, TaskImage, Worklist};
use jiff::Timestamp;
use sea_orm::sea_query::{
    Condition, Expr, ExprTrait, IntoTableRef, OnConflict, Query, SelectStatement, UnionType,
};
use sea_orm::{EntityTrait, JoinType, Set};
use uuid::Uuid;

use super::access::{Entries, ID, SORT, Slot, Start, aliased, key, page_of_rows};
use super::condition::{
    from_ids, not_in, object, of_tenant, person, readable, task_filter, unrestricted, with_me,
};
use super::entity::task::{ActiveModel, Column, Entity};
use super::page::Walk;
use super::row::{Cell, micros, or_absent, task_state_code, uuid};
use super::transitions::{CHUNK, Keyed};
use super::{Page, Read, Slice, StoreError, Write, key_id};
use crate::crypto::{Cipher, KeyId};

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

/// More lists than this are counted in more than one statement: SQLite takes 500 parts in a union.
const MOST_LISTS: usize = 200;

/// A sealed image: the task, the key, the bytes.
type Row = (i64, Uuid, Uuid, Vec<u8>);

/// A sealed image, and beside it the id, key, body and data of its instance: nothing where the actor may not read that, the
/// id alone where it is large.
type FlatRow = (
    i64,
    Uuid,
    Uuid,
    Vec<u8>,
    Option<Uuid>,
    Option<Uuid>,
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

/// What a page finds, its tasks and their instances, in one statement.
const FOUND: &str = "f";
const TASK: &str = "k";
const INSTANCE: &str = "i";

/// A page of tasks and what surrounds them.
#[derive(Debug)]
pub struct Surrounded {
    /// The page.
    pub tasks: Slice<Arc<TaskImage>>,
    /// The instances of its tasks; those that the actor may not read are missing.
    pub instances: HashMap<InstanceId, Arc<Instance>>,
}

/// How a list of tasks is found.
enum List {
    /// From the entries of principals.
    Entries {
        slots: Vec<Slot>,
        principals: Vec<Uuid>,
        whole_actor: bool,
        conditions: Condition,
    },
    /// From the tasks themselves, by a column that says whose they are.
    Rows(Condition),
}

impl Read {
    /// A task.
    pub async fn task(&self, actor: &Actor, id: TaskId) -> Result<Option<TaskImage>, StoreError> {
        Ok(self.tasks_by_id(actor, &[id]).await?.remove(&id))
    }

    /// The instance of a task, whoever may read either: for administrators' commands.
    pub async fn instance_of_task(&self, id: TaskId) -> Result<Option<InstanceId>, StoreError> {
        let select = Query::select()
            .expr(object(Column::InstanceId))
            .from(aliased(Entity))
            .and_where(of_tenant(self.tenant.0))
            .and_where(object(Column::Id).eq(id.0))
            .take();
        let found: Option<Uuid> = self.row(&select).await?;
        Ok(found.map(InstanceId))
    }

    /// Tasks by id.
    pub async fn tasks_by_id(
        &self,
        actor: &Actor,
        ids: &[TaskId],
    ) -> Result<HashMap<TaskId, TaskImage>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = Query::select();
        select
            .expr(object(Column::CreatedAt))
            .expr(object(Column::Id))
            .expr(object(Column::KeyId))
            .expr(object(Column::Body))
            .and_where(of_tenant(self.tenant.0))
            .cond_where(readable(&[Slot::ReadOpen, Slot::ReadClosed]));
        from_ids(&mut select, aliased(Entity), ids.iter().map(|id| id.0));
        let me = self.task_principals(actor);
        let rows: Vec<Row> = self.rows(&with_me(&me, &mut select)).await?;
        let ciphers = self.ciphers(rows.iter().map(|row| row.2)).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for (_, id, key, body) in rows {
            let cipher = ciphers.get(&key_id(key));
            if let Some(image) = or_absent(self.open_task(cipher, id, &body))? {
                found.insert(TaskId(id), image);
            }
        }
        Ok(found)
    }

    /// Tasks on a worklist, or all that the actor may read.
    pub async fn tasks(
        &self,
        actor: &Actor,
        worklist: Option<&Worklist>,
        filter: &TaskFilter,
        order: TaskOrder,
        page: &Page,
    ) -> Result<Slice<Arc<TaskImage>>, StoreError> {
        let walk = page.walk(order.descending);
        let me = self.task_principals(actor);
        let found = self
            .list(actor, &me, worklist, filter)
            .page(order.sort, &walk);
        let mut select = Query::select();
        select
            .column((FOUND, SORT))
            .exprs([Column::Id, Column::KeyId, Column::Body].map(object))
            .from_subquery(found, FOUND)
            .cross_join(aliased(Entity))
            .and_where(object(Column::Id).equals((FOUND, ID)))
            .order_by((FOUND, SORT), walk.order.into())
            .order_by((FOUND, ID), walk.order.into());
        let rows: Vec<Row> = self.rows(&with_me(&me, &mut select)).await?;
        let ciphers = self.ciphers(rows.iter().map(|row| row.2)).await?;
        self.slice(rows, page, &ciphers)
    }

    /// The same together with the instances of these tasks that the actor may read, in the same statement. Several tasks of
    /// one instance bring it several times, so what is large is left to a statement of its own.
    pub async fn tasks_with_instances(
        &self,
        actor: &Actor,
        worklist: Option<&Worklist>,
        filter: &TaskFilter,
        order: TaskOrder,
        page: &Page,
    ) -> Result<Surrounded, StoreError> {
        let walk = page.walk(order.descending);
        let me = self.task_principals(actor);
        let found = self
            .list(actor, &me, worklist, filter)
            .page(order.sort, &walk);
        let of_task = |column: Column| Expr::col((TASK, column));
        let mut select = Query::select();
        select
            .column((FOUND, SORT))
            .exprs([Column::Id, Column::KeyId, Column::Body].map(of_task))
            .columns(["id", "key_id", "body", "data"].map(|column| (INSTANCE, column)))
            .from_subquery(found, FOUND)
            .cross_join(Entity.into_table_ref().alias(TASK))
            .join_subquery(
                JoinType::LeftJoin,
                self.shown_instances(),
                INSTANCE,
                Expr::col((INSTANCE, "id")).equals((TASK, Column::InstanceId)),
            )
            .and_where(of_task(Column::Id).equals((FOUND, ID)));
        let mut rows: Vec<FlatRow> = self.rows(&with_me(&me, &mut select)).await?;
        rows.sort_unstable_by_key(|row| (row.0, row.1));
        if !walk.rising() {
            rows.reverse();
        }
        let keys: Vec<Uuid> = rows
            .iter()
            .flat_map(|row| [Some(row.2), row.5])
            .flatten()
            .collect();
        let ciphers = self.ciphers(keys).await?;
        let mut tasks: Vec<Row> = Vec::with_capacity(rows.len());
        let mut instances = BTreeMap::new();
        let mut large = BTreeSet::new();
        for (sort, id, key, body, instance, instance_key, instance_body, data) in rows {
            tasks.push((sort, id, key, body));
            let Some(id) = instance else {
                continue;
            };
            match (instance_key, instance_body, data) {
                (Some(key), Some(body), Some(data)) => {
                    instances.insert(id, (id, key, body, data));
                }
                _ => {
                    large.insert(InstanceId(id));
                }
            }
        }
        let large: Vec<InstanceId> = large.into_iter().collect();
        let mut shown = self.instances_by_id(actor, &large).await?;
        let instances = instances.into_values().collect();
        shown.extend(self.instances_at_hand(instances, &ciphers).await?);
        Ok(Surrounded {
            tasks: self.slice(tasks, page, &ciphers)?,
            instances: shown,
        })
    }

    /// The page of what was found for it.
    fn slice(
        &self,
        rows: Vec<Row>,
        page: &Page,
        ciphers: &HashMap<KeyId, Cipher>,
    ) -> Result<Slice<Arc<TaskImage>>, StoreError> {
        let rows = rows.into_iter().map(|row| (key(row.1, row.0), row));
        page.cut(rows.collect())
            .try_filter_map(|(_, id, key, body)| {
                or_absent(self.task_at_hand(ciphers.get(&key_id(key)), id, body))
            })
    }

    /// An image, opened now or lately.
    fn task_at_hand(
        &self,
        cipher: Option<&Cipher>,
        id: Uuid,
        body: Vec<u8>,
    ) -> Result<Arc<TaskImage>, StoreError> {
        let tasks = &self.opened.tasks;
        let known = cipher.and_then(|_| tasks.find(self.tenant, id, &body));
        match known {
            Some(image) => Ok(image),
            None => {
                let image = self.open_task(cipher, id, &body)?;
                Ok(tasks.keep(self.tenant, id, body, image))
            }
        }
    }

    /// How many there are.
    pub async fn count_tasks(
        &self,
        actor: &Actor,
        worklist: Option<&Worklist>,
        filter: &TaskFilter,
    ) -> Result<u64, StoreError> {
        let me = self.task_principals(actor);
        let mut select = Query::select();
        select
            .expr(Expr::col(("u", ID)).count())
            .from_subquery(self.list(actor, &me, worklist, filter).ids(), "u");
        self.count(&with_me(&me, &mut select)).await
    }

    /// The counts of worklists, in their order.
    pub async fn worklist_counts(
        &self,
        actor: &Actor,
        worklists: &[Worklist],
        filter: &TaskFilter,
        now: Timestamp,
    ) -> Result<Vec<WorklistCounts>, StoreError> {
        let me = self.task_principals(actor);
        let mut counts = vec![WorklistCounts::default(); worklists.len()];
        for (chunk, of) in counts
            .chunks_mut(MOST_LISTS)
            .zip(worklists.chunks(MOST_LISTS))
        {
            let mut parts = (0i64..).zip(of).map(|(number, worklist)| {
                let list = self.list(actor, &me, Some(worklist), filter);
                count_part(number, list.ids(), now)
            });
            let Some(mut select) = parts.next() else {
                continue;
            };
            select.unions(parts.map(|part| (UnionType::All, part)));
            let rows: Vec<(i64, i64, i64, i64, i64)> =
                self.rows(&with_me(&me, &mut select)).await?;
            for (number, total, overdue, due_today, unassigned) in rows {
                let number = usize::try_from(number).unwrap_or(usize::MAX);
                if let Some(counts) = chunk.get_mut(number) {
                    *counts = WorklistCounts {
                        total: total.unsigned_abs(),
                        overdue: overdue.unsigned_abs(),
                        due_today: due_today.unsigned_abs(),
                        unassigned: unassigned.unsigned_abs(),
                    };
                }
            }
        }
        Ok(counts)
    }

    /// Tasks take the privilege `user` to be there at all (G2).
    pub(super) fn task_principals(&self, actor: &Actor) -> Vec<Uuid> {
        self.principals(actor, actor.has(Privilege::User))
    }

    /// `Worklist::holds` and `TaskFilter::holds`.
    fn list(
        &self,
        actor: &Actor,
        me: &[Uuid],
        worklist: Option<&Worklist>,
        filter: &TaskFilter,
    ) -> List {
        let narrowed = Condition::all()
            .add(of_tenant(self.tenant.0))
            .add(task_filter(&self.keys, filter));
        let mine = |column: Column| {
            List::Rows(
                narrowed
                    .clone()
                    .add(object(column).eq(person(&self.keys, &actor.user)))
                    .add(object(Column::Open).eq(true))
                    .add(readable(&[Slot::ReadOpen])),
            )
        };
        let candidate = |principal: Principal| List::Entries {
            slots: vec![Slot::Candidate],
            principals: vec![if actor.is(&principal) {
                uuid(self.keys.pseudonym(&principal))
            } else {
                Uuid::nil()
            }],
            whole_actor: false,
            conditions: narrowed.clone().add(readable(&[Slot::ReadOpen])),
        };
        match worklist {
            None if filter.instance.is_some() || filter.assignee.is_some() => List::Rows(
                narrowed
                    .clone()
                    .add(readable(&[Slot::ReadOpen, Slot::ReadClosed])),
            ),
            None => List::Entries {
                slots: read_slots(filter),
                principals: me.to_vec(),
                whole_actor: true,
                conditions: narrowed.clone().add(unrestricted()),
            },
            Some(Worklist::Assigned) => mine(Column::Assignee),
            Some(Worklist::Owned) => mine(Column::Owner),
            Some(Worklist::Initiated) => mine(Column::Initiator),
            Some(Worklist::Claimable) => List::Entries {
                slots: vec![Slot::Claimable],
                principals: me.to_vec(),
                whole_actor: true,
                conditions: narrowed
                    .clone()
                    .add(not_in(Slot::ClaimExcluded))
                    .add(readable(&[Slot::ReadOpen])),
            },
            Some(Worklist::Group(name)) => candidate(Principal::Group(name.clone())),
            Some(Worklist::Role(name)) => candidate(Principal::Role(name.clone())),
        }
    }

    /// Opens an image; without its key it is corrupt like one that does not open.
    pub(super) fn open_task(
        &self,
        cipher: Option<&Cipher>,
        id: Uuid,
        body: &[u8],
    ) -> Result<TaskImage, StoreError> {
        let cell = self.task_cell(id);
        cell.open_json(cipher.ok_or_else(|| cell.corrupt())?, body)
    }

    fn task_cell(&self, id: Uuid) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "tasks",
            row: id,
            column: "body",
            part: &[],
        }
    }
}

impl List {
    fn page(self, sort: TaskSort, walk: &Walk) -> SelectStatement {
        match self {
            List::Entries {
                slots,
                principals,
                whole_actor,
                conditions,
            } => Start {
                table: aliased(Entity),
                slots: &slots,
                principals: &principals,
                whole_actor,
                conditions,
            }
            .page(sort, walk),
            List::Rows(conditions) => {
                let never = if walk.descending { i64::MIN } else { i64::MAX };
                let sort = match sort {
                    TaskSort::Created => object(Column::CreatedAt),
                    TaskSort::Due => object(Column::DueAt).if_null(never),
                    TaskSort::Priority => object(Column::Priority),
                };
                page_of_rows(aliased(Entity), sort, conditions, walk)
            }
        }
    }

    /// The ids of all tasks of the list, each once.
    fn ids(self) -> SelectStatement {
        match self {
            List::Entries {
                slots,
                principals,
                whole_actor,
                conditions,
            } => Start {
                table: aliased(Entity),
                slots: &slots,
                principals: &principals,
                whole_actor,
                conditions,
            }
            .ids(),
            List::Rows(conditions) => Query::select()
                .expr_as(object(Column::Id), ID)
                .from(aliased(Entity))
                .cond_where(conditions)
                .take(),
        }
    }
}

/// The slots in which a grant can stand, given the states that the filter asks for.
fn read_slots(filter: &TaskFilter) -> Vec<Slot> {
    let both = vec![Slot::ReadOpen, Slot::ReadClosed];
    match filter.state.as_deref() {
        None | Some([]) => both,
        Some(states) if states.iter().all(|state| state.is_open()) => vec![Slot::ReadOpen],
        Some(states) if states.iter().any(|state| state.is_open()) => both,
        Some(_) => vec![Slot::ReadClosed],
    }
}

/// One row of counts.
fn count_part(number: i64, mut ids: SelectStatement, now: Timestamp) -> SelectStatement {
    ids.expr_as(object(Column::DueAt), "due_at")
        .expr_as(object(Column::Assignee), "assignee");
    let due = || Expr::col(("u", "due_at"));
    let past = || due().lt(micros(now));
    let today = due().gte(micros(now)).and(due().lt(end_of_day(now)));
    let unassigned = Expr::col(("u", "assignee")).is_null();
    let count_if = |condition: Expr| {
        let one: Expr = Expr::case(condition, 1).into();
        one.count()
    };
    Query::select()
        .expr_as(Expr::val(number), "number")
        .expr(Expr::col(("u", ID)).count())
        .expr(count_if(past()))
        .expr(count_if(today))
        .expr(count_if(unassigned))
        .from_subquery(ids, "u")
        .take()
}

/// The first moment of the next day, UTC.
fn end_of_day(now: Timestamp) -> i64 {
    const DAY: i64 = 86_400_000_000;
    (micros(now).div_euclid(DAY) + 1).saturating_mul(DAY)
}

impl Read {
    /// The images after a transition of the tasks that it concerned, as rows.
    pub(super) fn task_rows(&self, keyed: &Keyed<'_>) -> Result<Vec<ActiveModel>, StoreError> {
        let changes = keyed.transition.entry.tasks.iter();
        changes
            .map(|change| self.task_row(&keyed.cipher, &change.after))
            .collect()
    }

    fn task_row(&self, cipher: &Cipher, image: &TaskImage) -> Result<ActiveModel, StoreError> {
        let task = &image.task;
        let entries = Entries::of_task(&self.keys, image);
        let named = |name: &Option<_>| name.as_ref().map(|name| person(&self.keys, name));
        Ok(ActiveModel {
            id: Set(task.id.0),
            tenant_id: Set(self.tenant.0),
            instance_id: Set(image.instance.0),
            process_id: Set(image.process.0),
            process_key: Set(image.process_key.to_string()),
            element_id: Set(image.element_id.to_string()),
            key_id: Set(Uuid::from_bytes(cipher.key_id().0)),
            state: Set(task_state_code(task.state)),
            open: Set(task.state.is_open()),
            assignee: Set(named(&task.assignee)),
            owner: Set(named(&task.owner)),
            initiator: Set(person(&self.keys, &image.initiator)),
            priority: Set(i64::from(task.priority)),
            created_at: Set(micros(task.created_at)),
            due_at: Set(task.due_at.map(micros)),
            follow_up_at: Set(task.follow_up_at.map(micros)),
            revision: Set(i64::from(task.revision)),
            clauses: Set(entries.clauses),
            denials: Set(entries.denials),
            body: Set(self.task_cell(task.id.0).seal_json(cipher, image)?),
        })
    }
}

impl Write {
    pub(super) async fn save_tasks(&self, rows: &[ActiveModel]) -> Result<(), StoreError> {
        for chunk in rows.chunks(CHUNK) {
            Entity::insert_many(chunk.iter().cloned())
                .on_conflict(
                    OnConflict::column(Column::Id)
                        .update_columns([
                            Column::ProcessId,
                            Column::ElementId,
                            Column::State,
                            Column::Open,
                            Column::Assignee,
                            Column::Owner,
                            Column::Priority,
                            Column::DueAt,
                            Column::FollowUpAt,
                            Column::Revision,
                            Column::Clauses,
                            Column::Denials,
                            Column::Body,
                        ])
                        .to_owned(),
                )
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }
}
