//! Processes that are suspended: one row stops every instance of a process, or of one version of it, without touching any of
//! them. It is asked for in the transaction of each transition. Who stopped what and let it go on stays in a log.

use std::sync::Arc;

use docket_domain::access::{Actor, Privilege};
use docket_domain::ids::ProcessId;
use docket_domain::value::Name;
use jiff::Timestamp;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, IntoTableRef, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::{aliased, key};
use super::condition::object;
use super::entity::suspension::{ActiveModel, Column, Entity};
use super::entity::{instance, process, schedule, suspension_entry, timer};
use super::row::{Cell, micros, or_absent, timestamp};
use super::{Page, Read, Slice, StoreError, Write, inserted};
use crate::clock::Clock;

/// The version that stands for all, also for those to come.
const EVERY: i32 = 0;

/// What an administrator did to a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum SuspensionKind {
    /// It was stopped.
    Suspended,
    /// It goes on.
    Resumed,
}

/// Who suspended or resumed a process, when and why.
#[derive(Clone, PartialEq, Debug)]
pub struct Suspension {
    /// The key of the process.
    pub process_key: Name,
    /// These versions of it; none are all, also those to come.
    pub versions: Vec<u32>,
    /// What was done.
    pub kind: SuspensionKind,
    /// Who.
    pub by: Name,
    /// When.
    pub at: Timestamp,
    /// Why, in their words.
    pub reason: Option<Arc<str>>,
}

/// What is sealed of an entry.
#[derive(Serialize, Deserialize)]
struct Body {
    versions: Vec<u32>,
    kind: SuspensionKind,
    by: Name,
    reason: Option<Arc<str>>,
}

impl Read {
    /// Whether a version of a process is suspended, by itself or with all others.
    pub async fn is_suspended(&self, key: &str, process: ProcessId) -> Result<bool, StoreError> {
        let of = |column: process::Column| Expr::col(("p", column));
        let version = Query::select()
            .expr(of(process::Column::Version))
            .from_as(process::Entity, "p")
            .and_where(of(process::Column::TenantId).eq(self.tenant.0))
            .and_where(of(process::Column::Id).eq(process.0))
            .take();
        let select = Query::select()
            .expr(Column::Version.into_expr().count())
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::ProcessKey.eq(key))
            .cond_where(
                Condition::any()
                    .add(Column::Version.eq(EVERY))
                    .add(Column::Version.into_expr().eq(Expr::from(version))),
            )
            .take();
        Ok(self.count(&select).await? > 0)
    }

    /// Whether the tenant has a process of this key, whoever may read it, and each of these versions: for administrators.
    pub async fn has_process(&self, key: &str, versions: &[u32]) -> Result<bool, StoreError> {
        let wanted = versions.iter().filter_map(|it| i32::try_from(*it).ok());
        let wanted: Vec<i32> = wanted.collect();
        let mut select = Query::select();
        select
            .expr(process::Column::Id.into_expr().count())
            .from(process::Entity)
            .and_where(process::Column::TenantId.eq(self.tenant.0))
            .and_where(process::Column::Key.eq(key));
        if !versions.is_empty() {
            select.and_where(process::Column::Version.is_in(wanted));
        }
        let found = self.count(&select).await?;
        Ok(found >= u64::try_from(versions.len().max(1)).unwrap_or(u64::MAX))
    }

    /// What administrators stopped and let go on, of one process or of all, the latest first: for those who administrate or
    /// monitor, and nothing for anybody else.
    pub async fn suspensions(
        &self,
        actor: &Actor,
        process: Option<&str>,
        page: &Page,
    ) -> Result<Slice<Suspension>, StoreError> {
        use suspension_entry::{Column, Entity};

        let walk = page.walk(true);
        let (at, id) = (object(Column::At), object(Column::Id));
        let select = Query::select()
            .exprs([Column::Id, Column::ProcessKey, Column::At, Column::Body].map(object))
            .from(aliased(Entity))
            .cond_where(self.logged(actor, process))
            .cond_where(walk.bounds(&at, &id))
            .order_by_expr(at, walk.order.into())
            .order_by_expr(id, walk.order.into())
            .limit(walk.limit)
            .take();
        let rows: Vec<(Uuid, String, i64, Vec<u8>)> = self.rows(&select).await?;
        let rows = rows.into_iter().map(|row| (key(row.0, row.2), row));
        page.cut(rows.collect())
            .try_filter_map(|(id, key, at, body)| {
                let opened = self.log_cell(id).open_json(&self.keys.data, &body);
                let Some(Body {
                    versions,
                    kind,
                    by,
                    reason,
                }) = or_absent(opened)?
                else {
                    return Ok(None);
                };
                Ok(Some(Suspension {
                    process_key: key.into(),
                    versions,
                    kind,
                    by,
                    at: timestamp(at, "suspension_log", "at", id)?,
                    reason,
                }))
            })
    }

    /// How many there are.
    pub async fn count_suspensions(
        &self,
        actor: &Actor,
        process: Option<&str>,
    ) -> Result<u64, StoreError> {
        use suspension_entry::{Column, Entity};

        let select = Query::select()
            .expr(object(Column::Id).count())
            .from(aliased(Entity))
            .cond_where(self.logged(actor, process))
            .take();
        self.count(&select).await
    }

    fn logged(&self, actor: &Actor, process: Option<&str>) -> Condition {
        use suspension_entry::Column;

        let open = actor.tenant == self.tenant
            && (actor.has(Privilege::Administrator) || actor.has(Privilege::Monitor));
        let tenant = if open { self.tenant.0 } else { Uuid::nil() };
        Condition::all()
            .add(object(Column::TenantId).eq(tenant))
            .add_option(process.map(|key| object(Column::ProcessKey).eq(key)))
    }

    fn log_cell(&self, row: Uuid) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "suspension_log",
            row,
            column: "body",
            part: &[],
        }
    }
}

impl Write {
    /// Suspends a process, or versions of it. False if one of them was suspended so before; the caller then commits nothing.
    pub async fn suspend_process(&self, suspension: &Suspension) -> Result<bool, StoreError> {
        let rows = codes(&suspension.versions)
            .into_iter()
            .map(|version| ActiveModel {
                tenant_id: Set(self.tenant.0),
                process_key: Set(suspension.process_key.to_string()),
                version: Set(version),
            });
        let rows: Vec<ActiveModel> = rows.collect();
        let all = rows.len();
        let done = Entity::insert_many(rows)
            .on_conflict_do_nothing()
            .exec_without_returning(&self.tx)
            .await?;
        self.log(suspension).await?;
        Ok(inserted(done, all).is_ok())
    }

    /// Lets a process, or versions of it, go on. False if one of them was not suspended so; the caller then commits nothing.
    pub async fn resume_process(&self, resumption: &Suspension) -> Result<bool, StoreError> {
        let codes = codes(&resumption.versions);
        let all = codes.len();
        let gone = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::ProcessKey.eq(resumption.process_key.as_ref()))
            .filter(Column::Version.is_in(codes))
            .exec(&self.tx)
            .await?;
        self.log(resumption).await?;
        Ok(gone.rows_affected == all as u64)
    }

    async fn log(&self, done: &Suspension) -> Result<(), StoreError> {
        use suspension_entry::{ActiveModel, Entity};

        let id = Clock::fresh_id();
        let body = Body {
            versions: done.versions.clone(),
            kind: done.kind,
            by: done.by.clone(),
            reason: done.reason.clone(),
        };
        Entity::insert(ActiveModel {
            id: Set(id),
            tenant_id: Set(self.tenant.0),
            process_key: Set(done.process_key.to_string()),
            at: Set(micros(done.at)),
            body: Set(self.log_cell(id).seal_json(&self.keys.data, &body)?),
        })
        .exec_without_returning(&self.tx)
        .await?;
        Ok(())
    }
}

/// No version is all of them. Each once.
fn codes(versions: &[u32]) -> Vec<i32> {
    let mut codes: Vec<i32> = match versions {
        [] => vec![EVERY],
        versions => versions
            .iter()
            .map(|version| i32::try_from(*version).unwrap_or(i32::MAX))
            .collect(),
    };
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The suspensions that keep a timer from firing.
pub(super) fn of_timer() -> SelectStatement {
    let of = |column: instance::Column| Expr::col(("i", column));
    let of_timer = |column: timer::Column| Expr::col((timer::Entity, column));
    let version = version_of(of(instance::Column::ProcessId));
    of_version(of(instance::Column::ProcessKey), version)
        .cross_join(instance::Entity.into_table_ref().alias("i"))
        .and_where(suspended(Column::TenantId).eq(of_timer(timer::Column::TenantId)))
        .and_where(of(instance::Column::Id).eq(of_timer(timer::Column::InstanceId)))
        .take()
}

/// The suspensions that keep a process from starting by itself.
pub(super) fn of_schedule() -> SelectStatement {
    let of = |column: process::Column| Expr::col(("v", column));
    let of_schedule = |column: schedule::Column| Expr::col((schedule::Entity, column));
    of_version(of(process::Column::Key), of(process::Column::Version))
        .cross_join(process::Entity.into_table_ref().alias("v"))
        .and_where(suspended(Column::TenantId).eq(of_schedule(schedule::Column::TenantId)))
        .and_where(of(process::Column::Id).eq(of_schedule(schedule::Column::ProcessId)))
        .take()
}

/// The suspensions of a version, by itself or with all others.
fn of_version(key: Expr, version: Expr) -> SelectStatement {
    Query::select()
        .expr(suspended(Column::Version))
        .from_as(Entity, "s")
        .and_where(suspended(Column::ProcessKey).eq(key))
        .cond_where(
            Condition::any()
                .add(suspended(Column::Version).eq(EVERY))
                .add(suspended(Column::Version).eq(version)),
        )
        .take()
}

fn version_of(process: Expr) -> Expr {
    let of = |column: process::Column| Expr::col(("p", column));
    let version = Query::select()
        .expr(of(process::Column::Version))
        .from_as(process::Entity, "p")
        .and_where(of(process::Column::Id).eq(process))
        .take();
    Expr::from(version)
}

fn suspended(column: Column) -> Expr {
    Expr::col(("s", column))
}
