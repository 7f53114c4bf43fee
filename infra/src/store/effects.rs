//! What instances throw for others: signals and messages. What each instance waits for and each process begins with are
//! rows with pseudonyms; a throw becomes one delivery for each of them, in the transaction that throws. A delivery is done in
//! a transaction that removes it: each once, whenever somebody dies.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use docket_domain::access::Actor;
use docket_domain::bpmn::Process;
use docket_domain::engine::effect::{Awaited, Effect};
use docket_domain::ids::{InstanceId, ProcessId, TenantId};
use docket_domain::value::{Name, Value};
use jiff::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::{Slot, aliased};
use super::condition::{object, of_tenant, readable, with_me};
use super::entity::{beginning, delivery, effect, instance, process, wait};
use super::row::{Cell, micros, timestamp};
use super::versions::latest;
use super::waits::{MESSAGE, SIGNAL, correlated, named_by};
use super::{Read, Store, StoreError, Write, rows};
use crate::clock::Clock;

/// Something thrown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Thrown {
    /// What: a signal or a message, or what a called instance tells the one that called it.
    pub effect: Effect,
    /// Which instance threw it and does not hear it; nothing if a person did.
    pub by: Option<InstanceId>,
    /// How many throws led to it, one in answer to the other.
    pub hops: u32,
}

/// Whom a delivery is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recipient {
    /// An instance that waited when it was thrown.
    Instance(InstanceId),
    /// A process that begins with it.
    Process(ProcessId),
    /// Whoever waits when it is delivered, or else begins with it.
    First,
}

impl Recipient {
    fn code(self) -> (i16, Uuid) {
        match self {
            Recipient::Instance(id) => (1, id.0),
            Recipient::Process(id) => (2, id.0),
            Recipient::First => (3, Uuid::nil()),
        }
    }

    fn of(code: i16, target: Uuid) -> Option<Recipient> {
        match code {
            1 => Some(Recipient::Instance(InstanceId(target))),
            2 => Some(Recipient::Process(ProcessId(target))),
            3 => Some(Recipient::First),
            _ => None,
        }
    }
}

/// A delivery that is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DueDelivery {
    /// The tenant.
    pub tenant: TenantId,
    /// What was thrown.
    pub effect: Uuid,
    /// For whom.
    pub to: Recipient,
    /// Since when.
    pub due_at: Timestamp,
    /// How often it has failed.
    pub tries: u32,
}

impl Store {
    /// Deliveries that are due, the longest due first.
    pub async fn due_deliveries(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        use delivery::{Column, Entity};

        let select = Query::select()
            .columns([
                Column::TenantId,
                Column::EffectId,
                Column::Recipient,
                Column::Target,
                Column::DueAt,
                Column::Tries,
            ])
            .from(Entity)
            .and_where(Column::DueAt.into_expr().lte(micros(now)))
            .order_by(Column::DueAt, Order::Asc)
            .order_by(Column::EffectId, Order::Asc)
            .order_by(Column::Target, Order::Asc)
            .limit(u64::from(limit))
            .take();
        let found: Vec<(Uuid, Uuid, i16, Uuid, i64, i32)> = rows(&self.db, &select).await?;
        found
            .into_iter()
            .map(|(tenant, effect, code, target, due_at, tries)| {
                let to = Recipient::of(code, target).ok_or(StoreError::Corrupt {
                    table: "deliveries",
                    column: "recipient",
                    row: effect,
                })?;
                Ok(DueDelivery {
                    tenant: TenantId(tenant),
                    effect,
                    to,
                    due_at: timestamp(due_at, "deliveries", "due_at", effect)?,
                    tries: tries.unsigned_abs(),
                })
            })
            .collect()
    }

    /// Puts a delivery that has failed off to a later moment, unless it was woken since it was found.
    pub async fn put_off(&self, due: &DueDelivery, until: Timestamp) -> Result<(), StoreError> {
        use delivery::{ActiveModel, Column, Entity};

        let _writer = self.writer.lock().await;
        let (_, target) = due.to.code();
        let tries = due.tries.saturating_add(1);
        Entity::update_many()
            .set(ActiveModel {
                due_at: Set(micros(until)),
                tries: Set(i32::try_from(tries).unwrap_or(i32::MAX)),
                ..ActiveModel::default()
            })
            .filter(Column::TenantId.eq(due.tenant.0))
            .filter(Column::EffectId.eq(due.effect))
            .filter(Column::Target.eq(target))
            .filter(Column::DueAt.eq(micros(due.due_at)))
            .filter(Column::Tries.eq(i32::try_from(due.tries).unwrap_or(i32::MAX)))
            .exec(&self.db)
            .await?;
        Ok(())
    }
}

impl Read {
    /// Instances that wait for a message that asks for nothing or for one of these, the longest waiting first. For the
    /// engine.
    pub async fn receivers_for_engine(
        &self,
        name: &Name,
        named: &[Value],
        limit: u32,
    ) -> Result<Vec<InstanceId>, StoreError> {
        let select = self.waiting(name, named).limit(u64::from(limit)).take();
        let found: Vec<Uuid> = self.rows(&select).await?;
        Ok(found.into_iter().map(InstanceId).collect())
    }

    /// The versions of which instances wait for a message and ask for something. For the engine.
    pub async fn askers_for_engine(
        &self,
        name: &Name,
        limit: u32,
    ) -> Result<Vec<ProcessId>, StoreError> {
        let found: Vec<Uuid> = self.rows(&self.asking(name, limit)).await?;
        Ok(found.into_iter().map(ProcessId).collect())
    }

    /// The same, of instances that the actor may read.
    pub async fn askers(
        &self,
        actor: &Actor,
        name: &Name,
        limit: u32,
    ) -> Result<Vec<ProcessId>, StoreError> {
        let mut select = self.asking(name, limit);
        select
            .and_where(of_tenant(self.tenant.0))
            .cond_where(readable(&[Slot::InstanceRead]));
        let select = with_me(&self.principals(actor, true), &mut select);
        let found: Vec<Uuid> = self.rows(&select).await?;
        Ok(found.into_iter().map(ProcessId).collect())
    }

    /// The same, of instances that the actor may read.
    pub async fn receivers(
        &self,
        actor: &Actor,
        name: &Name,
        named: &[Value],
        limit: u32,
    ) -> Result<Vec<InstanceId>, StoreError> {
        let mut select = self.waiting(name, named);
        select
            .inner_join(
                aliased(instance::Entity),
                object(instance::Column::Id).equals(("w", wait::Column::InstanceId)),
            )
            .and_where(of_tenant(self.tenant.0))
            .cond_where(readable(&[Slot::InstanceRead]))
            .limit(u64::from(limit));
        let select = with_me(&self.principals(actor, true), &mut select);
        let found: Vec<Uuid> = self.rows(&select).await?;
        Ok(found.into_iter().map(InstanceId).collect())
    }

    /// The process that begins with a message: of several the first by key. For the engine.
    pub async fn beginner_for_engine(&self, name: &Name) -> Result<Option<ProcessId>, StoreError> {
        let mut select = self.beginning(MESSAGE, name);
        select.order_by_expr(object(process::Column::Key), Order::Asc);
        let found: Option<Uuid> = self.row(&select.limit(1).take()).await?;
        Ok(found.map(ProcessId))
    }

    /// Processes that begin with a message and that the actor may read, by key.
    pub async fn beginners(
        &self,
        actor: &Actor,
        name: &Name,
        limit: u32,
    ) -> Result<Vec<ProcessId>, StoreError> {
        let mut select = self.beginning(MESSAGE, name);
        select
            .cond_where(readable(&[Slot::ProcessRead]))
            .order_by_expr(object(process::Column::Key), Order::Asc)
            .limit(u64::from(limit));
        let select = with_me(&self.principals(actor, true), &mut select);
        let found: Vec<Uuid> = self.rows(&select).await?;
        Ok(found.into_iter().map(ProcessId).collect())
    }

    fn asking(&self, name: &Name, limit: u32) -> SelectStatement {
        use wait::Column;

        let of = |column: Column| Expr::col(("w", column));
        Query::select()
            .distinct()
            .expr(object(instance::Column::ProcessId))
            .from_as(wait::Entity, "w")
            .inner_join(
                aliased(instance::Entity),
                object(instance::Column::Id).equals(("w", Column::InstanceId)),
            )
            .and_where(of(Column::TenantId).eq(self.tenant.0))
            .and_where(of(Column::Kind).eq(MESSAGE))
            .and_where(of(Column::Name).eq(named_by(&self.keys, MESSAGE, name)))
            .and_where(of(Column::Correlation).ne(correlated(&self.keys, None)))
            .limit(u64::from(limit))
            .take()
    }

    fn waiting(&self, name: &Name, named: &[Value]) -> SelectStatement {
        use wait::Column;

        let of = |column: Column| Expr::col(("w", column));
        let named = named
            .iter()
            .map(|value| correlated(&self.keys, Some(value)));
        let fits = std::iter::once(correlated(&self.keys, None)).chain(named);
        Query::select()
            .expr(of(Column::InstanceId))
            .from_as(wait::Entity, "w")
            .and_where(of(Column::TenantId).eq(self.tenant.0))
            .and_where(of(Column::Kind).eq(MESSAGE))
            .and_where(of(Column::Name).eq(named_by(&self.keys, MESSAGE, name)))
            .and_where(of(Column::Correlation).is_in(fits))
            .order_by_expr(of(Column::Since), Order::Asc)
            .order_by_expr(of(Column::InstanceId), Order::Asc)
            .take()
    }

    /// The latest published versions that begin with something; the process is the object.
    fn beginning(&self, kind: i16, name: &Name) -> SelectStatement {
        use beginning::Column;

        let of = |column: Column| Expr::col(("b", column));
        Query::select()
            .expr(of(Column::ProcessId))
            .from_as(beginning::Entity, "b")
            .inner_join(
                aliased(process::Entity),
                object(process::Column::Id).equals(("b", Column::ProcessId)),
            )
            .and_where(of(Column::TenantId).eq(self.tenant.0))
            .and_where(of(Column::Kind).eq(kind))
            .and_where(of(Column::Name).eq(named_by(&self.keys, kind, name)))
            .and_where(latest(process::Entity))
            .take()
    }

    fn effect_cell(&self, row: Uuid) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "effects",
            row,
            column: "body",
            part: &[],
        }
    }
}

impl Write {
    /// Throws: a signal for everyone who waits for it or begins with it now, a message for the first who does when it is
    /// delivered. A signal that nobody hears leaves nothing.
    pub async fn throw(&self, thrown: &Thrown, now: Timestamp) -> Result<(), StoreError> {
        let id = Clock::fresh_id();
        let made = match &thrown.effect {
            Effect::Signal { name, .. } => {
                let waits = self.hearers(name, thrown.by);
                let begins = self.beginning(SIGNAL, name);
                let waiting = self.deliveries(id, 1, waits, now).await?;
                waiting + self.deliveries(id, 2, begins, now).await?
            }
            Effect::Message { .. } => {
                self.deliver_to(id, Recipient::First, now).await?;
                1
            }
            Effect::Call(_)
            | Effect::End(_)
            | Effect::Return(_)
            | Effect::Escalate(_)
            | Effect::Participants(_) => 0,
        };
        match made {
            0 => Ok(()),
            _ => self.insert_effect(id, thrown, now).await,
        }
    }

    async fn deliver_to(
        &self,
        effect: Uuid,
        to: Recipient,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (recipient, target) = to.code();
        delivery::Entity::insert(delivery::ActiveModel {
            effect_id: Set(effect),
            target: Set(target),
            recipient: Set(recipient),
            tenant_id: Set(self.tenant.0),
            due_at: Set(micros(now)),
            tries: Set(0),
        })
        .exec_without_returning(&self.tx)
        .await?;
        Ok(())
    }

    async fn insert_effect(
        &self,
        id: Uuid,
        thrown: &Thrown,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let body = self.effect_cell(id).seal_json(&self.keys.data, thrown)?;
        effect::Entity::insert(effect::ActiveModel {
            id: Set(id),
            tenant_id: Set(self.tenant.0),
            created_at: Set(micros(now)),
            body: Set(body),
        })
        .exec_without_returning(&self.tx)
        .await?;
        self.thrown.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps what one instance tells another, to be delivered to it alone.
    pub async fn throw_to(
        &self,
        target: InstanceId,
        thrown: &Thrown,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = Clock::fresh_id();
        self.deliver_to(id, Recipient::Instance(target), now)
            .await?;
        self.insert_effect(id, thrown, now).await
    }

    /// Lets what was put off for an instance be delivered at once.
    pub async fn wake_deliveries(&self, to: InstanceId, now: Timestamp) -> Result<(), StoreError> {
        let this = Expr::col(delivery::Column::Target).eq(to.0);
        self.wake(this, now).await
    }

    /// Lets what was put off for instances of a process be delivered at once.
    pub async fn wake_deliveries_of(
        &self,
        process: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        use instance::{Column, Entity};

        let instances = Query::select()
            .column(Column::Id)
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::ProcessKey.eq(process))
            .and_where(
                Expr::col((Entity, Column::Id))
                    .equals((delivery::Entity, delivery::Column::Target)),
            )
            .take();
        self.wake(Expr::exists(instances), now).await
    }

    async fn wake(&self, these: Expr, now: Timestamp) -> Result<(), StoreError> {
        use delivery::{Column, Entity};

        let woken = Entity::update_many()
            .col_expr(Column::DueAt, Expr::val(micros(now)))
            .col_expr(Column::Tries, Expr::val(0))
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(these)
            .exec(&self.tx)
            .await?;
        if woken.rows_affected > 0 {
            self.thrown.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether this unit of work has thrown something that is to be delivered.
    pub fn has_thrown(&self) -> bool {
        self.thrown.load(Ordering::Relaxed)
    }

    /// Whether something that was thrown before is still to be delivered to the same. For what must not come first.
    pub async fn is_behind(&self, due: &DueDelivery) -> Result<bool, StoreError> {
        use delivery::{Column, Entity};

        let (_, target) = due.to.code();
        let earlier = Query::select()
            .expr(Expr::val(1i64))
            .from(Entity)
            .and_where(Column::Target.eq(target))
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::EffectId.lt(due.effect))
            .limit(1)
            .take();
        let earlier: Option<i64> = self.row(&earlier).await?;
        Ok(earlier.is_some())
    }

    /// Removes a delivery, which this unit of work now does: what was thrown, or nothing if another has done it.
    pub async fn take_delivery(&self, due: &DueDelivery) -> Result<Option<Thrown>, StoreError> {
        use delivery::{Column, Entity};

        let (_, target) = due.to.code();
        let removed = Entity::delete_many()
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::EffectId.eq(due.effect))
            .filter(Column::Target.eq(target))
            .exec(&self.tx)
            .await?;
        if removed.rows_affected == 0 {
            return Ok(None);
        }
        let select = Query::select()
            .column(effect::Column::Body)
            .from(effect::Entity)
            .and_where(effect::Column::TenantId.eq(self.tenant.0))
            .and_where(effect::Column::Id.eq(due.effect))
            .take();
        let cell = self.effect_cell(due.effect);
        let body: Option<Vec<u8>> = self.row(&select).await?;
        let body = body.ok_or_else(|| cell.corrupt())?;
        let others = Query::select()
            .expr(Expr::val(1))
            .from(Entity)
            .and_where(Column::EffectId.eq(due.effect))
            .take();
        effect::Entity::delete_many()
            .filter(effect::Column::TenantId.eq(self.tenant.0))
            .filter(effect::Column::Id.eq(due.effect))
            .filter(Expr::exists(others).not())
            .exec(&self.tx)
            .await?;
        cell.open_json(&self.keys.data, &body).map(Some)
    }

    /// Who waits for a signal, but for the one who throws it.
    fn hearers(&self, name: &Name, by: Option<InstanceId>) -> SelectStatement {
        use wait::Column;

        let by = by.map_or(Uuid::nil(), |by| by.0);
        Query::select()
            .column(Column::InstanceId)
            .from(wait::Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::Kind.eq(SIGNAL))
            .and_where(Column::Name.eq(named_by(&self.keys, SIGNAL, name)))
            .and_where(Column::InstanceId.ne(by))
            .take()
    }

    /// One delivery for each that a statement finds; how many.
    async fn deliveries(
        &self,
        effect: Uuid,
        recipient: i16,
        mut found: SelectStatement,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        use delivery::{Column, Entity};

        found
            .expr(Expr::val(effect))
            .expr(Expr::val(recipient))
            .expr(Expr::val(self.tenant.0))
            .expr(Expr::val(micros(now)))
            .expr(Expr::val(0));
        let mut insert = Query::insert();
        insert.into_table(Entity).columns([
            Column::Target,
            Column::EffectId,
            Column::Recipient,
            Column::TenantId,
            Column::DueAt,
            Column::Tries,
        ]);
        let insert = match insert.select_from(found) {
            Ok(insert) => insert.take(),
            Err(_) => return Err(self.effect_cell(effect).corrupt()),
        };
        Ok(self.tx.execute(&insert).await?.rows_affected())
    }

    /// Says what a process version that is published begins with.
    pub async fn save_beginnings(
        &self,
        id: ProcessId,
        process: &Process,
    ) -> Result<(), StoreError> {
        use beginning::{ActiveModel, Entity};

        let begins: BTreeSet<(i16, Uuid)> = Awaited::at_start(process)
            .map(|awaited| self.index(&awaited))
            .map(|(kind, name, _)| (kind, name))
            .collect();
        let new: Vec<ActiveModel> = begins
            .into_iter()
            .map(|(kind, name)| ActiveModel {
                process_id: Set(id.0),
                kind: Set(kind),
                name: Set(name),
                tenant_id: Set(self.tenant.0),
            })
            .collect();
        if !new.is_empty() {
            Entity::insert_many(new)
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }
}
