//! Process versions. What a modeller wrote is sealed with the tenant's data key; key, version and state are clear.

use std::collections::HashMap;
use std::sync::Arc;

use docket_domain::access::Actor;
use docket_domain::access::instance::process_acl;
use docket_domain::engine::call::Wanted;
use docket_domain::ids::ProcessId;
use docket_domain::process::ProcessState;
use docket_domain::value::Name;
use jiff::Timestamp;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::{Entries, Slot, aliased, key, replace};
use super::condition::{object, of_tenant, readable, with_me};
use super::entity::process::{ActiveModel, Column, Entity};
use super::row::{Cell, micros, or_absent, process_state, process_state_code, timestamp, uuid};
use super::versions::{VersionFilter, named, paged};
use super::{Page, Read, Slice, StoreError, Write, inserted};

/// A process version as it is stored, without its model.
#[derive(Clone, PartialEq, Debug)]
pub struct ProcessRecord {
    /// Which version of which process.
    pub id: ProcessId,
    /// The key.
    pub key: Name,
    /// The version, from 1 per key.
    pub version: u32,
    /// Where its life stands.
    pub state: ProcessState,
    /// Its name.
    pub name: Option<Name>,
    /// G3.
    pub security_roles: Option<Vec<Name>>,
    /// Who uploaded it.
    pub uploaded_by: Name,
    /// When.
    pub uploaded_at: Timestamp,
    /// Who published it.
    pub published_by: Option<Name>,
    /// When.
    pub published_at: Option<Timestamp>,
}

/// A new process version; the store gives it the next version of its key.
#[derive(Clone, Debug)]
pub struct NewProcess {
    /// Fresh.
    pub id: ProcessId,
    /// The key.
    pub key: Name,
    /// Its name.
    pub name: Option<Name>,
    /// The model, as it was uploaded.
    pub xml: Arc<str>,
    /// What all processes of one uploaded file have in common. Fresh.
    pub upload: Uuid,
    /// The tag that a call may ask for.
    pub version_tag: Option<Name>,
    /// G3.
    pub security_roles: Option<Vec<Name>>,
    /// Who uploads it.
    pub uploaded_by: Name,
    /// When.
    pub uploaded_at: Timestamp,
}

/// The sealed part of a record.
#[derive(Serialize, Deserialize)]
struct Body {
    name: Option<Name>,
    security_roles: Option<Vec<Name>>,
    uploaded_by: Name,
    published_by: Option<Name>,
}

impl From<&ProcessRecord> for Body {
    fn from(record: &ProcessRecord) -> Body {
        Body {
            name: record.name.clone(),
            security_roles: record.security_roles.clone(),
            uploaded_by: record.uploaded_by.clone(),
            published_by: record.published_by.clone(),
        }
    }
}

type Row = (Uuid, String, i32, i16, i64, Option<i64>, Vec<u8>);

impl Read {
    /// A process version.
    pub async fn process(
        &self,
        actor: &Actor,
        id: ProcessId,
    ) -> Result<Option<ProcessRecord>, StoreError> {
        let this = Condition::all().add(object(Column::Id).eq(id.0));
        self.one_process(actor, this).await
    }

    /// A process by key; without a version, the latest published one.
    pub async fn process_by_key(
        &self,
        actor: &Actor,
        key: &str,
        version: Option<u32>,
    ) -> Result<Option<ProcessRecord>, StoreError> {
        self.one_process(actor, named(Entity, key, version)).await
    }

    /// Process versions by id.
    pub async fn processes_by_id(
        &self,
        ids: &[ProcessId],
    ) -> Result<HashMap<ProcessId, ProcessRecord>, StoreError> {
        let select = self
            .select_processes()
            .and_where(object(Column::Id).is_in(ids.iter().map(|id| id.0)))
            .take();
        let rows: Vec<Row> = self.rows(&select).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in rows {
            if let Some(record) = or_absent(self.record(row))? {
                found.insert(record.id, record);
            }
        }
        Ok(found)
    }

    /// Process versions, sorted by key, then version, both rising.
    pub async fn processes(
        &self,
        actor: &Actor,
        filter: &VersionFilter,
        page: &Page,
    ) -> Result<Slice<ProcessRecord>, StoreError> {
        let walk = page.walk(false);
        let mut select = self.select_processes();
        select
            .cond_where(filter.condition(Entity))
            .cond_where(readable(&[Slot::ProcessRead]));
        paged(&mut select, Entity, self.tenant, page, &walk);
        let select = with_me(&self.principals(actor, true), &mut select);
        let rows: Vec<Row> = self.rows(&select).await?;
        let rows = rows
            .into_iter()
            .map(|row| (key(row.0, i64::from(row.2)), row));
        page.cut(rows.collect())
            .try_filter_map(|row| or_absent(self.record(row)))
    }

    /// How many there are.
    pub async fn count_processes(
        &self,
        actor: &Actor,
        filter: &VersionFilter,
    ) -> Result<u64, StoreError> {
        let mut select = Query::select();
        select
            .expr(object(Column::Id).count())
            .from(aliased(Entity))
            .and_where(of_tenant(self.tenant.0))
            .cond_where(filter.condition(Entity))
            .cond_where(readable(&[Slot::ProcessRead]));
        self.count(&with_me(&self.principals(actor, true), &mut select))
            .await
    }

    /// The model of a version, as it was uploaded. For the engine, or after the version was found to be readable.
    pub async fn model(&self, id: ProcessId) -> Result<Option<Arc<str>>, StoreError> {
        let select = Query::select()
            .column(Column::Model)
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::Id.eq(id.0))
            .take();
        let model: Option<Vec<u8>> = self.row(&select).await?;
        let Some(model) = model else { return Ok(None) };
        let cell = self.process_cell(id.0, "model");
        let xml = String::from_utf8(cell.open(&self.keys.data, &model)?);
        Ok(Some(xml.map_err(|_| cell.corrupt())?.into()))
    }

    /// The published version that a call means, of a caller of this version. For the engine: a call asks for no right to
    /// read or start what it calls.
    pub async fn callee_for_engine(
        &self,
        caller: ProcessId,
        key: &str,
        version: &Wanted,
    ) -> Result<Option<ProcessRecord>, StoreError> {
        let published = process_state_code(ProcessState::Published);
        let mut select = self.select_processes();
        select
            .and_where(object(Column::Key).eq(key))
            .and_where(object(Column::State).eq(published));
        match version {
            Wanted::Latest => {}
            Wanted::Version(number) => {
                select.and_where(object(Column::Version).eq(i64::from(*number)));
            }
            Wanted::Tag(tag) => {
                let tag = self.version_tag(key, tag);
                select.and_where(object(Column::VersionTag).eq(tag));
            }
            Wanted::Deployment => {
                let of_caller = |column: Column| {
                    let select = Query::select()
                        .column(column)
                        .from(Entity)
                        .and_where(Column::TenantId.eq(self.tenant.0))
                        .and_where(Column::Id.eq(caller.0))
                        .take();
                    Expr::from(select)
                };
                let upload = || of_caller(Column::Upload);
                let same = object(Column::Upload).eq(upload());
                let in_force = object(Column::PublishedAt).lte(of_caller(Column::PublishedAt));
                // A file holds a process once, whether published or not: another version is not meant then.
                let held = Query::select()
                    .expr(Expr::val(1))
                    .from_as(Entity, "o")
                    .and_where(Expr::col(("o", Column::TenantId)).eq(self.tenant.0))
                    .and_where(Expr::col(("o", Column::Key)).eq(key))
                    .and_where(Expr::col(("o", Column::Upload)).eq(upload()))
                    .take();
                let other = Expr::exists(held).not().and(in_force);
                select.cond_where(Condition::any().add(same).add(other));
            }
        }
        select
            .order_by_expr(object(Column::Version), Order::Desc)
            .limit(1);
        let row: Option<Row> = self.row(&select).await?;
        let Some(row) = row else { return Ok(None) };
        or_absent(self.record(row))
    }

    fn version_tag(&self, key: &str, tag: &str) -> Uuid {
        let mut value = key.len().to_be_bytes().to_vec();
        value.extend_from_slice(key.as_bytes());
        value.extend_from_slice(tag.as_bytes());
        uuid(self.keys.blind_index("version-tag", &value))
    }

    async fn one_process(
        &self,
        actor: &Actor,
        this: Condition,
    ) -> Result<Option<ProcessRecord>, StoreError> {
        let mut select = self.select_processes();
        select
            .cond_where(this)
            .cond_where(readable(&[Slot::ProcessRead]));
        let row: Option<Row> = self
            .row(&with_me(&self.principals(actor, true), &mut select))
            .await?;
        let Some(row) = row else { return Ok(None) };
        or_absent(self.record(row))
    }

    fn select_processes(&self) -> SelectStatement {
        Query::select()
            .expr(object(Column::Id))
            .expr(object(Column::Key))
            .expr(object(Column::Version))
            .expr(object(Column::State))
            .expr(object(Column::UploadedAt))
            .expr(object(Column::PublishedAt))
            .expr(object(Column::Body))
            .from(aliased(Entity))
            .and_where(of_tenant(self.tenant.0))
            .take()
    }

    fn record(&self, row: Row) -> Result<ProcessRecord, StoreError> {
        let (id, key, version, state, uploaded_at, published_at, body) = row;
        let body: Body = self
            .process_cell(id, "body")
            .open_json(&self.keys.data, &body)?;
        let corrupt = |column| self.process_cell(id, column).corrupt();
        Ok(ProcessRecord {
            id: ProcessId(id),
            key: key.into(),
            version: u32::try_from(version).map_err(|_| corrupt("version"))?,
            state: process_state(state).ok_or_else(|| corrupt("state"))?,
            name: body.name,
            security_roles: body.security_roles,
            uploaded_by: body.uploaded_by,
            uploaded_at: timestamp(uploaded_at, "processes", "uploaded_at", id)?,
            published_by: body.published_by,
            published_at: published_at
                .map(|at| timestamp(at, "processes", "published_at", id))
                .transpose()?,
        })
    }

    fn process_cell(&self, row: Uuid, column: &'static str) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table: "processes",
            row,
            column,
            part: &[],
        }
    }
}

impl Write {
    /// Stores a new version of a process and says which.
    pub async fn insert_process(&self, new: &NewProcess) -> Result<ProcessRecord, StoreError> {
        let version = self.next_version(Entity, &new.key).await?;
        let record = ProcessRecord {
            id: new.id,
            key: new.key.clone(),
            version,
            state: ProcessState::Draft,
            name: new.name.clone(),
            security_roles: new.security_roles.clone(),
            uploaded_by: new.uploaded_by.clone(),
            uploaded_at: new.uploaded_at,
            published_by: None,
            published_at: None,
        };
        let entries = self.process_entries(&record);
        let body = self
            .process_cell(new.id.0, "body")
            .seal_json(&self.keys.data, &Body::from(&record))?;
        let model = self
            .process_cell(new.id.0, "model")
            .seal(&self.keys.data, new.xml.as_bytes());
        let result = Entity::insert(ActiveModel {
            id: Set(new.id.0),
            tenant_id: Set(self.tenant.0),
            key: Set(new.key.to_string()),
            version: Set(i32::try_from(version).unwrap_or(i32::MAX)),
            state: Set(process_state_code(record.state)),
            clauses: Set(entries.clauses),
            denials: Set(entries.denials),
            uploaded_at: Set(micros(new.uploaded_at)),
            published_at: Set(None),
            body: Set(body),
            model: Set(model),
            upload: Set(Some(new.upload)),
            version_tag: Set(new
                .version_tag
                .as_ref()
                .map(|tag| self.version_tag(&new.key, tag))),
        })
        .on_conflict_do_nothing()
        .exec_without_returning(&self.tx)
        .await?;
        inserted(result, 1)?;
        replace(&self.tx, self.tenant, &[entries], false).await?;
        Ok(record)
    }

    /// Moves a version on; `Conflict` if it is not in the state that was read.
    pub async fn save_process_state(
        &self,
        read: &ProcessRecord,
        to: ProcessState,
        by: &Name,
        at: Timestamp,
    ) -> Result<ProcessRecord, StoreError> {
        let mut record = read.clone();
        record.state = to;
        match to {
            ProcessState::Published => {
                record.published_by = Some(by.clone());
                record.published_at = Some(at);
            }
            ProcessState::Draft | ProcessState::Retired => {}
        }
        let entries = self.process_entries(&record);
        let body = self
            .process_cell(record.id.0, "body")
            .seal_json(&self.keys.data, &Body::from(&record))?;
        let updated = Entity::update_many()
            .set(ActiveModel {
                state: Set(process_state_code(to)),
                clauses: Set(entries.clauses),
                denials: Set(entries.denials),
                published_at: Set(record.published_at.map(micros)),
                body: Set(body),
                ..ActiveModel::default()
            })
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::Id.eq(record.id.0))
            .filter(Column::State.eq(process_state_code(read.state)))
            .exec(&self.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(StoreError::Conflict);
        }
        replace(&self.tx, self.tenant, &[entries], true).await?;
        Ok(record)
    }

    fn process_entries(&self, record: &ProcessRecord) -> Entries {
        let published = match record.state {
            ProcessState::Published => true,
            ProcessState::Draft | ProcessState::Retired => false,
        };
        let acl = process_acl(record.security_roles.as_deref(), published);
        Entries::of_process(&self.keys, record.id.0, &acl, record.uploaded_at)
    }
}
