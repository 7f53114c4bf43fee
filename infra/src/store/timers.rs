//! Timers: when an instance is to be woken. The instance itself says what for.

use docket_domain::engine::instance::{Instance, InstanceState, PendingTimer};
use docket_domain::ids::{InstanceId, TenantId, TimerId};
use jiff::Timestamp;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::entity::timer::{ActiveModel, Column, Entity};
use super::row::{micros, timestamp};
use super::suspensions::of_timer;
use super::transitions::{CHUNK, Turn};
use super::{Read, Store, StoreError, Transition, Write, rows};

/// A timer that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DueTimer {
    /// The tenant.
    pub tenant: TenantId,
    /// The instance.
    pub instance: InstanceId,
    /// The timer.
    pub timer: TimerId,
    /// Since when, or until when it was put off.
    pub due_at: Timestamp,
    /// How often it failed.
    pub tries: u32,
}

impl Store {
    /// Timers that are due, oldest first, but not those of suspended processes; only those behind another one, if it is given.
    pub async fn due_timers(
        &self,
        now: Timestamp,
        after: Option<&DueTimer>,
        limit: u32,
    ) -> Result<Vec<DueTimer>, StoreError> {
        let place = || Expr::tuple([Column::DueAt.into_expr(), Column::Id.into_expr()]);
        let behind = after.map(|timer| {
            let (due_at, id) = (micros(timer.due_at), timer.timer.0);
            place().gt(Expr::tuple([Expr::val(due_at), Expr::val(id)]))
        });
        let select = Query::select()
            .columns([
                Column::TenantId,
                Column::InstanceId,
                Column::Id,
                Column::DueAt,
                Column::Tries,
            ])
            .from(Entity)
            .and_where(Column::DueAt.into_expr().lte(micros(now)))
            .cond_where(Condition::all().add_option(behind))
            .and_where(Expr::exists(of_timer()).not())
            .order_by(Column::DueAt, Order::Asc)
            .order_by(Column::Id, Order::Asc)
            .limit(u64::from(limit))
            .take();
        let rows: Vec<(Uuid, Uuid, Uuid, i64, i32)> = rows(&self.db, &select).await?;
        rows.into_iter()
            .map(|(tenant, instance, timer, due_at, tries)| {
                Ok(DueTimer {
                    tenant: TenantId(tenant),
                    instance: InstanceId(instance),
                    timer: TimerId(timer),
                    due_at: timestamp(due_at, "timers", "due_at", timer)?,
                    tries: u32::try_from(tries).unwrap_or(0),
                })
            })
            .collect()
    }

    /// Puts off a timer that did not fire, unless it has moved since it was found.
    pub async fn put_off_timer(
        &self,
        timer: &DueTimer,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let _writer = self.writer.lock().await;
        Entity::update_many()
            .col_expr(Column::DueAt, Expr::val(micros(until)))
            .col_expr(Column::Tries, Column::Tries.into_expr().add(1))
            .filter(Column::TenantId.eq(timer.tenant.0))
            .filter(Column::Id.eq(timer.timer.0))
            .filter(Column::DueAt.eq(micros(timer.due_at)))
            .exec(&self.writing)
            .await?;
        Ok(())
    }

    /// When the next timer is due after a moment.
    pub async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let select = Query::select()
            .columns([Column::DueAt, Column::Id])
            .from(Entity)
            .and_where(Column::DueAt.into_expr().gt(micros(after)))
            .and_where(Expr::exists(of_timer()).not())
            .order_by(Column::DueAt, Order::Asc)
            .limit(1)
            .take();
        let rows: Vec<(i64, Uuid)> = rows(&self.db, &select).await?;
        rows.first()
            .map(|(due_at, id)| timestamp(*due_at, "timers", "due_at", *id))
            .transpose()
    }
}

impl Read {
    /// What changes between two states of each instance.
    pub(super) fn timer_rows(&self, transitions: &[Transition<'_>]) -> Turn<Uuid, ActiveModel> {
        let differs = |timer: &PendingTimer, others: &[PendingTimer]| {
            !others
                .iter()
                .any(|other| other.id == timer.id && other.due_at == timer.due_at)
        };
        let mut turn = Turn::default();
        for Transition { before, after, .. } in transitions {
            // What is suspended waits for no clock; what became due meanwhile is found when it goes on.
            let awake = |instance: &'_ Instance| instance.state != InstanceState::Suspended;
            let were = before.filter(|before| awake(before));
            let were = were.map_or(&[][..], |before| &before.timers);
            let are = match awake(after) {
                true => &after.timers[..],
                false => &[],
            };
            let left = were.iter().filter(|timer| differs(timer, are));
            turn.gone.extend(left.map(|timer| timer.id.0));
            let came = are.iter().filter(|timer| differs(timer, were));
            turn.new.extend(came.map(|timer| ActiveModel {
                id: Set(timer.id.0),
                tenant_id: Set(self.tenant.0),
                instance_id: Set(after.id.0),
                due_at: Set(micros(timer.due_at)),
                tries: Set(0),
            }));
        }
        turn
    }
}

impl Write {
    pub(super) async fn save_timers(
        &self,
        turn: Turn<Uuid, ActiveModel>,
    ) -> Result<(), StoreError> {
        for chunk in turn.gone.chunks(CHUNK) {
            Entity::delete_many()
                .filter(Column::Id.is_in(chunk.iter().copied()))
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
