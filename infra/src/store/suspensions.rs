//! Processes that are suspended: one row stops every instance of a process, or of one version of it, without touching any of
//! them. It is asked for in the transaction of each transition.

use std::sync::Arc;

use docket_domain::ids::ProcessId;
use docket_domain::value::Name;
use jiff::Timestamp;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, IntoTableRef, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::entity::suspension::{ActiveModel, Column, Entity};
use super::entity::{instance, process, timer};
use super::row::Cell;
use super::{Read, StoreError, Write};

/// The version that stands for all, also for those to come.
const EVERY: i32 = 0;

/// Who suspended a process, when and why.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Suspension {
    /// Who.
    pub by: Name,
    /// When.
    pub at: Timestamp,
    /// Why, in their words.
    pub reason: Option<Arc<str>>,
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
}

impl Write {
    /// Suspends a process, or versions of it. False if one of them was suspended so before; the caller then commits nothing.
    pub async fn suspend_process(
        &self,
        key: &str,
        versions: &[u32],
        suspension: &Suspension,
    ) -> Result<bool, StoreError> {
        for version in codes(versions) {
            let done = Entity::insert(ActiveModel {
                tenant_id: Set(self.tenant.0),
                process_key: Set(key.to_owned()),
                version: Set(version),
                body: Set(self
                    .suspension_cell(version)
                    .seal_json(&self.keys.data, suspension)?),
            })
            .on_conflict_do_nothing()
            .exec_without_returning(&self.tx)
            .await?;
            if super::inserted(done, 1).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Lets a process, or versions of it, go on. False if one of them was not suspended so; the caller then commits nothing.
    pub async fn resume_process(&self, key: &str, versions: &[u32]) -> Result<bool, StoreError> {
        let codes = codes(versions);
        let all = codes.len();
        let gone = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::ProcessKey.eq(key))
            .filter(Column::Version.is_in(codes))
            .exec(&self.tx)
            .await?;
        Ok(gone.rows_affected == all as u64)
    }

    fn suspension_cell(&self, version: i32) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "suspensions",
            row: Uuid::from_u128(u128::from(version.unsigned_abs())),
            column: "body",
            part: &[],
        }
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
    let of = |column: Column| Expr::col(("s", column));
    let of_instance = |column: instance::Column| Expr::col(("i", column));
    let of_process = |column: process::Column| Expr::col(("p", column));
    let of_timer = |column: timer::Column| Expr::col((timer::Entity, column));
    let version = Query::select()
        .expr(of_process(process::Column::Version))
        .from_as(process::Entity, "p")
        .and_where(of_process(process::Column::Id).eq(of_instance(instance::Column::ProcessId)))
        .take();
    Query::select()
        .expr(of(Column::Version))
        .from_as(Entity, "s")
        .cross_join(instance::Entity.into_table_ref().alias("i"))
        .and_where(of(Column::TenantId).eq(of_timer(timer::Column::TenantId)))
        .and_where(of_instance(instance::Column::Id).eq(of_timer(timer::Column::InstanceId)))
        .and_where(of(Column::ProcessKey).eq(of_instance(instance::Column::ProcessKey)))
        .cond_where(
            Condition::any()
                .add(of(Column::Version).eq(EVERY))
                .add(of(Column::Version).eq(Expr::from(version))),
        )
        .take()
}
