//! Work that is done outside, as workers find it. The instance itself holds the work; a row says in which queue it stands,
//! how urgent it is, from when on it is free, and as whose it is in hand.
//!
//! A queue is the pseudonym of a type together with one principal that may do its work and, where the process takes roles
//! (G3), one of these: so a worker looks only into queues of its own, and what it fetches costs the same however much work
//! there is for others. Neither types nor workers can be read from the rows.

use std::collections::{BTreeSet, HashMap, HashSet};

use docket_domain::access::{Acl, Actor, Principal};
use docket_domain::bpmn::Process;
use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, WorkId};
use docket_domain::value::Name;
use docket_domain::work::{self, PendingWork};
use jiff::Timestamp;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::entity::work::{ActiveModel, Column, Entity};
use super::row::{micros, uuid};
use super::transitions::{CHUNK, Transition, Turn};
use super::{Read, StoreError, Write};
use crate::crypto::{Pseudonym, TenantKeys};

/// Queues that one statement looks into: SQLite takes 32,766 values in one.
const QUEUES: usize = 5_000;
/// When work of an instance that does not run is free.
const NEVER: i64 = i64::MAX;
/// In the place of a role where the process takes none.
const NO_ROLE: Pseudonym = [0; 16];

/// Work that can be fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FreeWork {
    /// Which.
    pub work: WorkId,
    /// Of which instance.
    pub instance: InstanceId,
}

/// When there is work for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkTimes {
    /// Whether there is some now.
    pub now: bool,
    /// When some more is free next, if nothing happens until then.
    pub next: Option<Timestamp>,
}

/// A queue with the highest priority in it.
type Top = (Uuid, i64);
/// Free work: since when, which, of which instance.
type Row = (i64, Uuid, Uuid);

impl Read {
    /// Work of a type that is free for somebody: the most urgent first, and of these what has been free the longest. What is
    /// to be skipped is left out.
    pub async fn free_work(
        &self,
        actor: &Actor,
        kind: &str,
        now: Timestamp,
        limit: usize,
        skip: &HashSet<WorkId>,
    ) -> Result<Vec<FreeWork>, StoreError> {
        let mut tops = self.tops(&self.queues(actor, kind), None).await?;
        let mut found = Vec::new();
        let mut seen: HashSet<Uuid> = skip.iter().map(|work| work.0).collect();
        while let Some(priority) = tops.iter().map(|top| top.1).max() {
            let here: Vec<Uuid> = tops
                .iter()
                .filter(|top| top.1 == priority)
                .map(|top| top.0)
                .collect();
            let mut rows: Vec<Row> = Vec::new();
            for queue in &here {
                let most = limit - found.len() + seen.len();
                rows.extend(self.rows::<Row>(&free(*queue, priority, now, most)).await?);
            }
            rows.sort_unstable();
            for (_, work, instance) in rows {
                if seen.insert(work) {
                    found.push(FreeWork {
                        work: WorkId(work),
                        instance: InstanceId(instance),
                    });
                }
                if found.len() == limit {
                    return Ok(found);
                }
            }
            tops.retain(|top| top.1 != priority);
            tops.extend(self.tops(&here, Some(priority)).await?);
        }
        Ok(found)
    }

    /// When there is work of a type for somebody.
    pub async fn work_times(
        &self,
        actor: &Actor,
        kind: &str,
        now: Timestamp,
    ) -> Result<WorkTimes, StoreError> {
        let mut times = WorkTimes {
            now: false,
            next: None,
        };
        for chunk in self.queues(actor, kind).chunks(QUEUES) {
            let earliest = |bound: Expr| {
                Query::select()
                    .column(Column::FreeAt)
                    .from(Entity)
                    .and_where(Column::Queue.into_expr().eq(Expr::col(("v", "column1"))))
                    .and_where(bound)
                    .order_by(Column::FreeAt, Order::Asc)
                    .limit(1)
                    .take()
            };
            let free_at = Column::FreeAt.into_expr();
            let now = micros(now);
            let select = Query::select()
                .expr(Expr::from(earliest(free_at.clone().lte(now))))
                .expr(Expr::from(earliest(
                    free_at.gt(now).and(Column::FreeAt.into_expr().lt(NEVER)),
                )))
                .from_values(chunk.iter().copied(), "v")
                .take();
            let rows: Vec<(Option<i64>, Option<i64>)> = self.rows(&select).await?;
            times.now |= rows.iter().any(|row| row.0.is_some());
            let next = rows.iter().filter_map(|row| row.1).min();
            let next = next.and_then(|next| Timestamp::from_microsecond(next).ok());
            times.next = times.next.into_iter().chain(next).min();
        }
        Ok(times)
    }

    /// The instance of work that somebody has in hand, as this worker. What is not there, or in other hands, is not found.
    pub async fn held_work(
        &self,
        actor: &Actor,
        worker: &str,
        id: WorkId,
    ) -> Result<Option<InstanceId>, StoreError> {
        let select = Query::select()
            .column(Column::InstanceId)
            .from(Entity)
            .and_where(Column::WorkId.eq(id.0))
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::Holder.eq(holder(&self.keys, &actor.user, worker)))
            .limit(1)
            .take();
        let found: Option<Uuid> = self.row(&select).await?;
        Ok(found.map(InstanceId))
    }

    /// Of these queues those that hold anything, each with the highest priority in it that is below another.
    async fn tops(&self, queues: &[Uuid], below: Option<i64>) -> Result<Vec<Top>, StoreError> {
        let mut tops = Vec::new();
        for chunk in queues.chunks(QUEUES) {
            let top = Query::select()
                .column(Column::Priority)
                .from(Entity)
                .and_where(Column::Queue.into_expr().eq(Expr::col(("v", "column1"))))
                .cond_where(
                    Condition::all()
                        .add_option(below.map(|below| Column::Priority.into_expr().lt(below))),
                )
                .order_by(Column::Priority, Order::Desc)
                .limit(1)
                .take();
            let select = Query::select()
                .column(("v", "column1"))
                .expr(Expr::from(top))
                .from_values(chunk.iter().copied(), "v")
                .take();
            let rows: Vec<(Uuid, Option<i64>)> = self.rows(&select).await?;
            tops.extend(
                rows.into_iter()
                    .filter_map(|(queue, top)| Some((queue, top?))),
            );
        }
        Ok(tops)
    }

    /// The queues of a type that somebody may take work from.
    fn queues(&self, actor: &Actor, kind: &str) -> Vec<Uuid> {
        if actor.tenant != self.tenant {
            return Vec::new();
        }
        let roles = actor
            .principals()
            .iter()
            .filter(|principal| match principal {
                Principal::Role(_) => true,
                Principal::Everyone
                | Principal::User(_)
                | Principal::Group(_)
                | Principal::Privilege(_) => false,
            });
        let pseudonym = |principal| self.keys.pseudonym(principal);
        let roles: Vec<_> = std::iter::once(NO_ROLE)
            .chain(roles.map(pseudonym))
            .collect();
        let all = actor.principals().iter().map(pseudonym);
        all.flat_map(|principal| {
            let queue = |role| queue(&self.keys, kind, role, &principal);
            roles.iter().map(queue).collect::<Vec<_>>()
        })
        .collect()
    }
}

/// Free work of one queue and priority.
fn free(queue: Uuid, priority: i64, now: Timestamp, limit: usize) -> SelectStatement {
    Query::select()
        .columns([Column::FreeAt, Column::WorkId, Column::InstanceId])
        .from(Entity)
        .and_where(Column::Queue.eq(queue))
        .and_where(Column::Priority.eq(priority))
        .and_where(Column::FreeAt.lte(micros(now)))
        .order_by(Column::FreeAt, Order::Asc)
        .order_by(Column::WorkId, Order::Asc)
        .limit(limit as u64)
        .take()
}

impl Read {
    /// What changes between two states of each instance. What has changed loses all of its rows first.
    pub(super) fn work_rows(&self, transitions: &[Transition<'_>]) -> Turn<Uuid, ActiveModel> {
        let mut turn = Turn::default();
        for Transition {
            process,
            before,
            after,
            ..
        } in transitions
        {
            // In another version, and when it goes on after a rest, it stands elsewhere even where it is the same.
            let comparable = before
                .filter(|before| (before.process, before.state) == (after.process, after.state));
            let were = by_id(comparable);
            let are = by_id(comparable.map(|_| *after));
            let before = before.iter().flat_map(|before| &before.work);
            let left = before.filter(|work| are.get(&work.id) != Some(work));
            turn.gone.extend(left.map(|work| work.id.0));
            let came = after.work.iter();
            for work in came.filter(|work| were.get(&work.id) != Some(work)) {
                turn.new.extend(self.rows_of(process, after, work));
            }
        }
        turn
    }

    fn rows_of(
        &self,
        process: &Process,
        instance: &Instance,
        work: &PendingWork,
    ) -> Vec<ActiveModel> {
        let free_at = work::free_at(instance, work).map_or(NEVER, micros);
        let holder = work
            .lock
            .as_ref()
            .map(|lock| holder(&self.keys, &lock.user, &lock.worker));
        let queues = queues_of(&self.keys, &work.kind, &work::acl(process, instance, work));
        let row = |queue| ActiveModel {
            work_id: Set(work.id.0),
            queue: Set(queue),
            tenant_id: Set(self.tenant.0),
            instance_id: Set(instance.id.0),
            priority: Set(i64::from(work.priority)),
            free_at: Set(free_at),
            holder: Set(holder),
        };
        queues.into_iter().map(row).collect()
    }
}

impl Write {
    pub(super) async fn save_work(&self, turn: Turn<Uuid, ActiveModel>) -> Result<(), StoreError> {
        for chunk in turn.gone.chunks(CHUNK) {
            Entity::delete_many()
                .filter(Column::WorkId.is_in(chunk.iter().copied()))
                .filter(Column::TenantId.eq(self.tenant.0))
                .exec(&self.tx)
                .await?;
        }
        for chunk in turn.new.chunks(CHUNK) {
            Entity::insert_many(chunk.iter().cloned())
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }
}

fn by_id(instance: Option<&Instance>) -> HashMap<WorkId, &PendingWork> {
    let work = instance.into_iter().flat_map(|instance| &instance.work);
    work.map(|work| (work.id, work)).collect()
}

/// The queues in which work stands. Of several required sets the first tells queues apart; the rules judge by all of them.
fn queues_of(keys: &TenantKeys, kind: &Name, acl: &Acl) -> BTreeSet<Uuid> {
    let pseudonym = |principal| keys.pseudonym(principal);
    let roles: Vec<_> = match acl.require.first() {
        None => vec![NO_ROLE],
        Some(roles) => roles.iter().map(pseudonym).collect(),
    };
    let all = acl.grants.iter().map(pseudonym);
    all.flat_map(|principal| {
        let queue = |role| queue(keys, kind, role, &principal);
        roles.iter().map(queue).collect::<Vec<_>>()
    })
    .collect()
}

fn queue(keys: &TenantKeys, kind: &str, role: &Pseudonym, principal: &Pseudonym) -> Uuid {
    let value = [role, principal, kind.as_bytes()].concat();
    uuid(keys.blind_index("work", &value))
}

fn holder(keys: &TenantKeys, user: &str, worker: &str) -> Uuid {
    let mut value = user.len().to_be_bytes().to_vec();
    value.extend_from_slice(user.as_bytes());
    value.extend_from_slice(worker.as_bytes());
    uuid(keys.blind_index("work-holder", &value))
}
