//! What idempotent requests made, so that the same request asked again answers the same and does nothing. A key is a
//! person's own, for one operation: it is stored as a blind index of the three.

use docket_domain::access::Actor;
use docket_domain::ids::{InstanceId, TaskId};
use jiff::Timestamp;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::entity::idempotency::{ActiveModel, Column, Entity};
use super::row::{Cell, micros, or_absent, uuid};
use super::{Read, Store, StoreError, Write, inserted};

/// What an idempotent request made: the ids that its answer is rendered from again.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Remembered {
    /// A hash of what was asked, so that another request under the same key is refused.
    pub request: [u8; 32],
    /// The instance.
    pub instance: InstanceId,
    /// The task, if it was about one.
    pub task: Option<TaskId>,
}

impl Store {
    /// Forgets idempotent answers from before a moment.
    pub async fn forget_before(&self, at: Timestamp) -> Result<u64, StoreError> {
        let _writer = self.writer.lock().await;
        let deleted = Entity::delete_many()
            .filter(Column::CreatedAt.lt(micros(at)))
            .exec(&self.writing)
            .await?;
        Ok(deleted.rows_affected)
    }
}

impl Read {
    /// What an earlier request of this person under this key made.
    pub async fn recall(
        &self,
        actor: &Actor,
        operation: &str,
        key: &str,
    ) -> Result<Option<Remembered>, StoreError> {
        let row = self.remembered_as(actor, operation, key);
        let select = Query::select()
            .column(Column::Body)
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::Key.eq(row))
            .take();
        let body: Option<Vec<u8>> = self.row(&select).await?;
        let Some(body) = body else { return Ok(None) };
        or_absent(self.cell(row).open_json(&self.keys.data, &body))
    }

    fn remembered_as(&self, actor: &Actor, operation: &str, key: &str) -> Uuid {
        let mut value = Vec::new();
        for part in [actor.user.as_ref(), operation, key] {
            value.extend_from_slice(&part.len().to_be_bytes());
            value.extend_from_slice(part.as_bytes());
        }
        uuid(self.keys.blind_index("idempotency", &value))
    }

    fn cell(&self, row: Uuid) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "idempotency",
            row,
            column: "body",
            part: &[],
        }
    }
}

impl Write {
    /// Remembers what a request under a key made; `Conflict` if the key is taken.
    pub async fn remember(
        &self,
        actor: &Actor,
        operation: &str,
        key: &str,
        made: &Remembered,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let row = self.remembered_as(actor, operation, key);
        let result = Entity::insert(ActiveModel {
            tenant_id: Set(self.tenant.0),
            key: Set(row),
            created_at: Set(micros(at)),
            body: Set(self.cell(row).seal_json(&self.keys.data, made)?),
        })
        .on_conflict_do_nothing_on([Column::TenantId, Column::Key])
        .exec_without_returning(&self.tx)
        .await?;
        inserted(result, 1)
    }
}
