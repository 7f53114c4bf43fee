//! Schedules: when a published version starts an instance by itself. A row is there as long as its version is the latest
//! published one of its key and something is still to come.

use docket_domain::engine::schedule::Schedule;
use docket_domain::ids::{ProcessId, TenantId};
use docket_domain::process::ProcessState;
use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::entity::process;
use super::entity::schedule::{ActiveModel, Column, Entity};
use super::row::{Cell, micros, process_state_code, timestamp};
use super::suspensions::of_schedule;
use super::{Read, Store, StoreError, Write, rows};

/// A schedule that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DueSchedule {
    /// The tenant.
    pub tenant: TenantId,
    /// The row.
    pub id: Uuid,
    /// The version.
    pub process: ProcessId,
    /// Since when, or until when it was put off.
    pub due_at: Timestamp,
    /// How often it failed.
    pub tries: u32,
}

impl Store {
    /// Schedules that are due, oldest first, but not those of suspended processes; only those behind another one, if it is given.
    pub async fn due_schedules(
        &self,
        now: Timestamp,
        after: Option<&DueSchedule>,
        limit: u32,
    ) -> Result<Vec<DueSchedule>, StoreError> {
        let mut select = Query::select();
        select
            .columns([
                Column::TenantId,
                Column::Id,
                Column::ProcessId,
                Column::DueAt,
                Column::Tries,
            ])
            .from(Entity)
            .and_where(Column::DueAt.into_expr().lte(micros(now)))
            .and_where(Expr::exists(of_schedule()).not())
            .order_by(Column::DueAt, Order::Asc)
            .order_by(Column::Id, Order::Asc)
            .limit(u64::from(limit));
        if let Some(after) = after {
            let place = Expr::tuple([Column::DueAt.into_expr(), Column::Id.into_expr()]);
            let behind = Expr::tuple([Expr::val(micros(after.due_at)), Expr::val(after.id)]);
            select.and_where(place.gt(behind));
        }
        let rows: Vec<(Uuid, Uuid, Uuid, i64, i32)> = rows(&self.db, &select).await?;
        rows.into_iter()
            .map(|(tenant, id, process, due_at, tries)| {
                Ok(DueSchedule {
                    tenant: TenantId(tenant),
                    id,
                    process: ProcessId(process),
                    due_at: timestamp(due_at, "schedules", "due_at", id)?,
                    tries: u32::try_from(tries).unwrap_or(0),
                })
            })
            .collect()
    }

    /// Puts off a schedule that did not start anything, unless it has moved since it was found.
    pub async fn put_off_schedule(
        &self,
        due: &DueSchedule,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let _writer = self.writer.lock().await;
        Entity::update_many()
            .col_expr(Column::DueAt, Expr::val(micros(until)))
            .col_expr(Column::Tries, Column::Tries.into_expr().add(1))
            .filter(Column::TenantId.eq(due.tenant.0))
            .filter(Column::Id.eq(due.id))
            .filter(Column::DueAt.eq(micros(due.due_at)))
            .exec(&self.writing)
            .await?;
        Ok(())
    }

    /// When the next schedule is due after a moment.
    pub async fn next_schedule(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let select = Query::select()
            .columns([Column::DueAt, Column::Id])
            .from(Entity)
            .and_where(Column::DueAt.into_expr().gt(micros(after)))
            .and_where(Expr::exists(of_schedule()).not())
            .order_by(Column::DueAt, Order::Asc)
            .limit(1)
            .take();
        let rows: Vec<(i64, Uuid)> = rows(&self.db, &select).await?;
        rows.first()
            .map(|(due_at, id)| timestamp(*due_at, "schedules", "due_at", *id))
            .transpose()
    }
}

impl Read {
    /// The latest published version of a key, whoever may read it: for what happens by itself.
    pub async fn latest_for_engine(&self, key: &str) -> Result<Option<ProcessId>, StoreError> {
        use process::Column;

        let published = process_state_code(ProcessState::Published);
        let select = Query::select()
            .column(Column::Id)
            .from(process::Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::Key.eq(key))
            .and_where(Column::State.eq(published))
            .order_by(Column::Version, Order::Desc)
            .limit(1)
            .take();
        let id: Option<Uuid> = self.row(&select).await?;
        Ok(id.map(ProcessId))
    }

    fn schedule_cell(&self, row: Uuid) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "schedules",
            row,
            column: "body",
            part: &[],
        }
    }
}

impl Write {
    /// A schedule, if it is still to happen when it was found to.
    pub async fn schedule(&self, due: &DueSchedule) -> Result<Option<Schedule>, StoreError> {
        let select = Query::select()
            .column(Column::Body)
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::Id.eq(due.id))
            .and_where(Column::DueAt.eq(micros(due.due_at)))
            .take();
        let body: Option<Vec<u8>> = self.row(&select).await?;
        body.map(|body| self.schedule_cell(due.id).open_json(&self.keys.data, &body))
            .transpose()
    }

    /// What comes after a schedule has happened; nothing ends it.
    pub async fn save_schedule(
        &self,
        was: &DueSchedule,
        next: Option<&Schedule>,
    ) -> Result<(), StoreError> {
        let Some(next) = next else {
            Entity::delete_many()
                .filter(Column::TenantId.eq(self.tenant.0))
                .filter(Column::Id.eq(was.id))
                .exec(&self.tx)
                .await?;
            return Ok(());
        };
        let cell = self.schedule_cell(was.id);
        Entity::update_many()
            .set(ActiveModel {
                due_at: Set(micros(next.due.at)),
                tries: Set(0),
                body: Set(cell.seal_json(&self.keys.data, next)?),
                ..ActiveModel::default()
            })
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::Id.eq(was.id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Puts the schedules of one version of a key, under fresh ids, in the place of those of all its versions.
    pub async fn replace_schedules(
        &self,
        key: &str,
        process: Option<ProcessId>,
        schedules: &[(Uuid, Schedule)],
    ) -> Result<(), StoreError> {
        let versions = Query::select()
            .column(process::Column::Id)
            .from(process::Entity)
            .and_where(process::Column::TenantId.eq(self.tenant.0))
            .and_where(process::Column::Key.eq(key))
            .take();
        Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::ProcessId.in_subquery(versions))
            .exec(&self.tx)
            .await?;
        let Some(process) = process else {
            return Ok(());
        };
        for (id, schedule) in schedules {
            Entity::insert(ActiveModel {
                id: Set(*id),
                tenant_id: Set(self.tenant.0),
                process_id: Set(process.0),
                due_at: Set(micros(schedule.due.at)),
                tries: Set(0),
                body: Set(self
                    .schedule_cell(*id)
                    .seal_json(&self.keys.data, schedule)?),
            })
            .exec_without_returning(&self.tx)
            .await?;
        }
        Ok(())
    }
}
