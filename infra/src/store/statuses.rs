//! What the monitor sees: where instances stand, and nothing of what is in them. Nothing here is sealed with an instance's
//! key, so nothing here opens with one.

use std::sync::Arc;

use docket_domain::bpmn::Process;
use docket_domain::engine::instance::{Incident, IncidentKind, Instance, InstanceState};
use docket_domain::ids::{InstanceId, ProcessId};
use docket_domain::value::Name;
use jiff::Timestamp;
use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::{aliased, key};
use super::condition::object;
use super::entity::instance::{ActiveModel, Column, Entity};
use super::row::{instance_state, or_absent, timestamp};
use super::{InstanceFilter, Page, Read, Slice, StoreError, Write};

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
    /// Where they hold it: the first hundred.
    pub held: Vec<Held>,
    /// Who terminated it, if somebody did.
    pub ended_by: Option<Name>,
    /// Why, in that person's words.
    pub ended_reason: Option<Arc<str>>,
}

/// One place where an incident holds an instance: nothing of what went wrong, which is for its readers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Held {
    /// The number of the incident.
    pub number: u32,
    /// The id of the element in the model.
    pub element_id: Name,
    /// Of what kind.
    pub kind: IncidentKind,
    /// Since when.
    pub at: Timestamp,
}

impl Held {
    /// The first hundred places where an instance is held.
    pub fn of(process: &Process, instance: &Instance) -> Vec<Held> {
        let incidents = instance.incidents.iter().take(MOST_HELD);
        let held = |incident: &Incident| {
            let element = process.elements.get(incident.element.0 as usize)?;
            Some(Held {
                number: incident.number,
                element_id: element.id.clone(),
                kind: incident.kind,
                at: incident.at,
            })
        };
        incidents.filter_map(held).collect()
    }
}

/// Places that a status names at most.
const MOST_HELD: usize = 100;

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
    Option<Vec<u8>>,
    Option<Vec<u8>>,
);

impl Read {
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
                    Column::EndedReason,
                    Column::Held,
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
            ended_reason,
            held,
        ) = row;
        let corrupt = |column| self.instance_cell(id, column).corrupt();
        let cell = |column| self.instance_cell(id, column);
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
            held: held
                .map(|held| cell("held").open_json(&self.keys.data, &held))
                .transpose()?
                .unwrap_or_default(),
            ended_by: ended_by
                .map(|name| cell("ended_by").open_json(&self.keys.data, &name))
                .transpose()?,
            ended_reason: ended_reason
                .map(|reason| cell("ended_reason").open_json(&self.keys.data, &reason))
                .transpose()?,
        })
    }
}

impl Write {
    /// Records who ended an instance and why, for the monitor. Sealed with the tenant's key: the monitor opens nothing that
    /// an instance's key has sealed.
    pub async fn save_ended_by(
        &self,
        instance: InstanceId,
        by: &Name,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let cell = |column| self.instance_cell(instance.0, column);
        let by = cell("ended_by").seal_json(&self.keys.data, by)?;
        let reason = reason
            .map(|reason| cell("ended_reason").seal_json(&self.keys.data, &reason))
            .transpose()?;
        let updated = Entity::update_many()
            .set(ActiveModel {
                ended_by: Set(Some(by)),
                ended_reason: Set(reason),
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
}
