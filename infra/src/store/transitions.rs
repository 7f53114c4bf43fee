//! One transition, written: the instance, its tasks, timers, access rows and journal entry, all or none. The revision that
//! was read is the condition for writing the next.

use docket_domain::bpmn::Process;
use docket_domain::engine::instance::Instance;
use docket_domain::ids::TaskId;
use docket_domain::journal::{Entry, InstanceImage};
use docket_domain::value::Data;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::access::{Entries, replace};
use super::condition::person;
use super::entity::instance::{ActiveModel, Column, Entity};
use super::instances::Body;
use super::row::{instance_state_code, micros};
use super::{StoreError, Write, inserted, key_id};
use crate::crypto::Cipher;

impl Write {
    /// Stores one transition: the instance, its tasks, timers, access rows and journal entry. `Conflict` if the instance
    /// is not at the revision that was read.
    pub async fn save_instance(
        &self,
        process: &Process,
        before: Option<&Instance>,
        after: &Instance,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let cipher = match before {
            None => self.insert_instance(process, after, entry).await?,
            Some(before) => self.update_instance(before, after, entry).await?,
        };
        self.save_tasks(&cipher, entry).await?;
        self.save_access(after, entry).await?;
        self.save_timers(before, after).await?;
        self.insert_entry(&cipher, entry).await
    }

    async fn insert_instance(
        &self,
        process: &Process,
        after: &Instance,
        entry: &Entry,
    ) -> Result<Cipher, StoreError> {
        let cipher = self.keyring.fresh_instance_key(self.tenant).await?;
        let data = self.fields(after.id, &cipher).seal(&after.data, None)?;
        let business_key = after
            .business_key
            .as_ref()
            .map(|key| self.business_key(&process.key, key));
        let initiator = person(&self.keys, &after.initiator);
        let row = ActiveModel {
            id: Set(after.id.0),
            tenant_id: Set(self.tenant.0),
            process_id: Set(after.process.0),
            process_key: Set(process.key.to_string()),
            started_at: Set(micros(after.started_at)),
            key_id: Set(Uuid::from_bytes(cipher.key_id().0)),
            business_key: Set(business_key),
            initiator: Set(initiator),
            data: Set(data),
            ended_by: Set(None),
            ended_reason: Set(None),
            parent: Set(after.parent.as_ref().map(|parent| parent.instance.0)),
            ..self.changing(&cipher, after, entry)?
        };
        let result = Entity::insert(row)
            .on_conflict_do_nothing()
            .exec_without_returning(&self.tx)
            .await?;
        inserted(result)?;
        Ok(cipher)
    }

    async fn update_instance(
        &self,
        before: &Instance,
        after: &Instance,
        entry: &Entry,
    ) -> Result<Cipher, StoreError> {
        let select = Query::select()
            .columns([Column::KeyId, Column::Data])
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::Id.eq(after.id.0))
            .and_where(Column::Revision.eq(i64::from(before.revision)))
            .take();
        let stored: Option<(Uuid, Vec<u8>)> = self.row(&select).await?;
        let (key, old) = stored.ok_or(StoreError::Conflict)?;
        let cipher = self
            .ciphers([key])
            .await?
            .remove(&key_id(key))
            .ok_or_else(|| self.instance_cell(after.id.0, "body").corrupt())?;
        let mut row = self.changing(&cipher, after, entry)?;
        if before.data != after.data {
            let old: (&Data, &[u8]) = (&before.data, &old);
            row.data = Set(self
                .fields(after.id, &cipher)
                .seal(&after.data, Some(old))?);
        }
        let updated = Entity::update_many()
            .set(row)
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::Id.eq(after.id.0))
            .filter(Column::Revision.eq(i64::from(before.revision)))
            .exec(&self.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(StoreError::Conflict);
        }
        Ok(cipher)
    }

    /// The columns that a transition may change, besides the data.
    fn changing(
        &self,
        cipher: &Cipher,
        after: &Instance,
        entry: &Entry,
    ) -> Result<ActiveModel, StoreError> {
        let open: Vec<TaskId> = after
            .tasks
            .iter()
            .filter(|task| task.state.is_open())
            .map(|task| task.id)
            .collect();
        let entries = self.instance_entries(after, &entry.after);
        let open_tasks = open.len();
        let body = Body {
            instance: Instance {
                data: Data::new(),
                tasks: Vec::new(),
                ..after.clone()
            },
            open,
        };
        Ok(ActiveModel {
            state: Set(instance_state_code(after.state)),
            revision: Set(i64::from(after.revision)),
            ended_at: Set(after.ended_at.map(micros)),
            clauses: Set(entries.clauses),
            denials: Set(entries.denials),
            open_tasks: Set(i32::try_from(open_tasks).unwrap_or(i32::MAX)),
            incidents: Set(i32::try_from(after.incidents.len()).unwrap_or(i32::MAX)),
            body: Set(self
                .instance_cell(after.id.0, "body")
                .seal_json(cipher, &body)?),
            ..ActiveModel::default()
        })
    }

    /// Writes the access rows of what changed who may read it, or where it stands in an order. What had rows loses all of
    /// them first: rows that an older version of the rules has left behind would otherwise stay for ever.
    async fn save_access(&self, after: &Instance, entry: &Entry) -> Result<(), StoreError> {
        let mut new = Vec::new();
        let mut changed = Vec::new();
        let mut add = |was: Option<Entries>, is: Entries| match was {
            None => new.push(is),
            Some(was) if was != is => changed.push(is),
            Some(_) => {}
        };
        add(
            entry
                .before
                .as_ref()
                .map(|image| self.instance_entries(after, image)),
            self.instance_entries(after, &entry.after),
        );
        for change in &entry.tasks {
            add(
                change
                    .before
                    .as_ref()
                    .map(|image| Entries::of_task(&self.keys, image)),
                Entries::of_task(&self.keys, &change.after),
            );
        }
        replace(&self.tx, self.tenant, &changed, true).await?;
        replace(&self.tx, self.tenant, &new, false).await
    }

    fn instance_entries(&self, instance: &Instance, image: &InstanceImage) -> Entries {
        Entries::of_instance(&self.keys, instance.id.0, image, instance.started_at)
    }
}
