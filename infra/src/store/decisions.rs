//! Decision versions and the files that they came in. What a modeller wrote is sealed with the tenant's data key, and so
//! are names and tags; key, version and state are clear. A tag is looked up by its pseudonym.

use std::sync::Arc;

use docket_domain::access::Actor;
use docket_domain::bpmn::{DecisionBinding, DecisionRef};
use docket_domain::dmn::may_read;
use docket_domain::ids::{DecisionFileId, DecisionId};
use docket_domain::process::ProcessState;
use docket_domain::value::Name;
use jiff::Timestamp;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::access::{aliased, key};
use super::condition::{object, of_tenant};
use super::entity::decision::{ActiveModel, Column, Entity};
use super::entity::decision_file;
use super::row::{Cell, micros, or_absent, process_state, process_state_code, timestamp, uuid};
use super::versions::{VersionFilter, named, paged};
use super::{Page, Read, Slice, StoreError, Write, inserted};

/// A decision version as it is stored, without its file.
#[derive(Clone, PartialEq, Debug)]
pub struct DecisionRecord {
    /// Which version of which decision.
    pub id: DecisionId,
    /// The file that it came in.
    pub file: DecisionFileId,
    /// The key.
    pub key: Name,
    /// The version, from 1 per key.
    pub version: u32,
    /// Where its life stands: the same as that of a process version.
    pub state: ProcessState,
    /// Its name.
    pub name: Option<Name>,
    /// What the modeller calls this version.
    pub version_tag: Option<Name>,
    /// Who uploaded it.
    pub uploaded_by: Name,
    /// When.
    pub uploaded_at: Timestamp,
    /// Who published it.
    pub published_by: Option<Name>,
    /// When.
    pub published_at: Option<Timestamp>,
}

/// A new decision version; the store gives it the next version of its key.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// Fresh.
    pub id: DecisionId,
    /// The key.
    pub key: Name,
    /// Its name.
    pub name: Option<Name>,
    /// What the modeller calls this version.
    pub version_tag: Option<Name>,
}

/// The sealed part of a record.
#[derive(Serialize, Deserialize)]
struct Body {
    name: Option<Name>,
    version_tag: Option<Name>,
    uploaded_by: Name,
    published_by: Option<Name>,
}

impl From<&DecisionRecord> for Body {
    fn from(record: &DecisionRecord) -> Body {
        Body {
            name: record.name.clone(),
            version_tag: record.version_tag.clone(),
            uploaded_by: record.uploaded_by.clone(),
            published_by: record.published_by.clone(),
        }
    }
}

type Row = (Uuid, Uuid, String, i32, i16, i64, Option<i64>, Vec<u8>);

impl Read {
    /// A decision version.
    pub async fn decision(
        &self,
        actor: &Actor,
        id: DecisionId,
    ) -> Result<Option<DecisionRecord>, StoreError> {
        let this = Condition::all().add(object(Column::Id).eq(id.0));
        self.one_decision(actor, this).await
    }

    /// A decision by key; without a version, the latest published one.
    pub async fn decision_by_key(
        &self,
        actor: &Actor,
        key: &str,
        version: Option<u32>,
    ) -> Result<Option<DecisionRecord>, StoreError> {
        self.one_decision(actor, named(Entity, key, version)).await
    }

    /// Decision versions, sorted by key, then version, both rising.
    pub async fn decisions(
        &self,
        actor: &Actor,
        filter: &VersionFilter,
        page: &Page,
    ) -> Result<Slice<DecisionRecord>, StoreError> {
        let walk = page.walk(false);
        let mut select = self.select_decisions();
        select
            .cond_where(filter.condition(Entity))
            .and_where(self.decisions_open_to(actor));
        paged(&mut select, Entity, self.tenant, page, &walk);
        let rows: Vec<Row> = self.rows(&select).await?;
        let rows = rows
            .into_iter()
            .map(|row| (key(row.0, i64::from(row.3)), row));
        page.cut(rows.collect())
            .try_filter_map(|row| or_absent(self.decision_record(row)))
    }

    /// How many there are.
    pub async fn count_decisions(
        &self,
        actor: &Actor,
        filter: &VersionFilter,
    ) -> Result<u64, StoreError> {
        let select = Query::select()
            .expr(object(Column::Id).count())
            .from(aliased(Entity))
            .and_where(of_tenant(self.tenant.0))
            .cond_where(filter.condition(Entity))
            .and_where(self.decisions_open_to(actor))
            .take();
        self.count(&select).await
    }

    /// The version that a model of this tenant asks, with its file. What is bound to a version goes on after it was retired;
    /// the latest and a tag are of what is published. `deployed_at` is when the process version was published.
    pub async fn decision_for_engine(
        &self,
        decision: &DecisionRef,
        deployed_at: Option<Timestamp>,
    ) -> Result<Option<(DecisionId, DecisionFileId)>, StoreError> {
        let column = object;
        let published = || column(Column::State).eq(process_state_code(ProcessState::Published));
        let once = || column(Column::PublishedAt).is_not_null();
        let bound = match &decision.binding {
            DecisionBinding::Latest => published(),
            DecisionBinding::Deployment => {
                column(Column::PublishedAt).lte(deployed_at.map_or(i64::MIN, micros))
            }
            DecisionBinding::Version(version) => {
                once().and(column(Column::Version).eq(i64::from(*version)))
            }
            DecisionBinding::VersionTag(tag) => {
                published().and(column(Column::VersionTag).eq(self.tag(tag)))
            }
        };
        let select = Query::select()
            .expr(column(Column::Id))
            .expr(column(Column::FileId))
            .from(aliased(Entity))
            .and_where(of_tenant(self.tenant.0))
            .and_where(column(Column::Key).eq(decision.key.as_ref()))
            .and_where(bound)
            .order_by_expr(column(Column::Version), Order::Desc)
            .limit(1)
            .take();
        let row: Option<(Uuid, Uuid)> = self.row(&select).await?;
        Ok(row.map(|(id, file)| (DecisionId(id), DecisionFileId(file))))
    }

    /// A file as it was uploaded. For the engine, or after a decision of it was found to be readable.
    pub async fn decision_source(
        &self,
        file: DecisionFileId,
    ) -> Result<Option<Arc<str>>, StoreError> {
        use decision_file::{Column, Entity};

        let select = Query::select()
            .column(Column::Source)
            .from(Entity)
            .and_where(Column::TenantId.eq(self.tenant.0))
            .and_where(Column::Id.eq(file.0))
            .take();
        let source: Option<Vec<u8>> = self.row(&select).await?;
        let Some(source) = source else {
            return Ok(None);
        };
        let cell = self.decision_cell("decision_files", file.0, "source");
        let xml = String::from_utf8(cell.open(&self.keys.data, &source)?);
        Ok(Some(xml.map_err(|_| cell.corrupt())?.into()))
    }

    async fn one_decision(
        &self,
        actor: &Actor,
        this: Condition,
    ) -> Result<Option<DecisionRecord>, StoreError> {
        let select = self
            .select_decisions()
            .cond_where(this)
            .and_where(self.decisions_open_to(actor))
            .take();
        let row: Option<Row> = self.row(&select).await?;
        let Some(row) = row else { return Ok(None) };
        or_absent(self.decision_record(row))
    }

    fn select_decisions(&self) -> SelectStatement {
        Query::select()
            .expr(object(Column::Id))
            .expr(object(Column::FileId))
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

    /// Whether the actor reads decisions at all, as a condition: the statements are the same for everybody.
    fn decisions_open_to(&self, actor: &Actor) -> Expr {
        let open = actor.tenant == self.tenant && may_read(actor);
        Expr::val(i32::from(open)).eq(1)
    }

    fn decision_record(&self, row: Row) -> Result<DecisionRecord, StoreError> {
        let (id, file, key, version, state, uploaded_at, published_at, body) = row;
        let cell = |column| self.decision_cell("decisions", id, column);
        let body: Body = cell("body").open_json(&self.keys.data, &body)?;
        Ok(DecisionRecord {
            id: DecisionId(id),
            file: DecisionFileId(file),
            key: key.into(),
            version: u32::try_from(version).map_err(|_| cell("version").corrupt())?,
            state: process_state(state).ok_or_else(|| cell("state").corrupt())?,
            name: body.name,
            version_tag: body.version_tag,
            uploaded_by: body.uploaded_by,
            uploaded_at: timestamp(uploaded_at, "decisions", "uploaded_at", id)?,
            published_by: body.published_by,
            published_at: published_at
                .map(|at| timestamp(at, "decisions", "published_at", id))
                .transpose()?,
        })
    }

    fn tag(&self, tag: &str) -> Uuid {
        uuid(self.keys.blind_index("decision tag", tag.as_bytes()))
    }

    fn decision_cell(&self, table: &'static str, row: Uuid, column: &'static str) -> Cell<'static> {
        Cell {
            tenant: self.tenant,
            table,
            row,
            column,
            part: &[],
        }
    }
}

impl Write {
    /// Stores a file and a new version of each decision in it.
    pub async fn insert_decisions(
        &self,
        file: DecisionFileId,
        source: &str,
        new: &[NewDecision],
        by: &Name,
        at: Timestamp,
    ) -> Result<Vec<DecisionRecord>, StoreError> {
        let sealed = self
            .decision_cell("decision_files", file.0, "source")
            .seal(&self.keys.data, source.as_bytes());
        let result = decision_file::Entity::insert(decision_file::ActiveModel {
            id: Set(file.0),
            tenant_id: Set(self.tenant.0),
            source: Set(sealed),
        })
        .on_conflict_do_nothing()
        .exec_without_returning(&self.tx)
        .await?;
        inserted(result, 1)?;
        let mut records = Vec::with_capacity(new.len());
        for new in new {
            let record = DecisionRecord {
                id: new.id,
                file,
                key: new.key.clone(),
                version: self.next_version(Entity, &new.key).await?,
                state: ProcessState::Draft,
                name: new.name.clone(),
                version_tag: new.version_tag.clone(),
                uploaded_by: by.clone(),
                uploaded_at: at,
                published_by: None,
                published_at: None,
            };
            self.insert_decision(&record).await?;
            records.push(record);
        }
        Ok(records)
    }

    async fn insert_decision(&self, record: &DecisionRecord) -> Result<(), StoreError> {
        let row = ActiveModel {
            id: Set(record.id.0),
            tenant_id: Set(self.tenant.0),
            file_id: Set(record.file.0),
            key: Set(record.key.to_string()),
            version: Set(i32::try_from(record.version).unwrap_or(i32::MAX)),
            version_tag: Set(record.version_tag.as_ref().map(|tag| self.tag(tag))),
            uploaded_at: Set(micros(record.uploaded_at)),
            ..self.moving(record)?
        };
        let result = Entity::insert(row)
            .on_conflict_do_nothing()
            .exec_without_returning(&self.tx)
            .await?;
        inserted(result, 1)
    }

    /// The columns that change as a version moves on.
    fn moving(&self, record: &DecisionRecord) -> Result<ActiveModel, StoreError> {
        let body = self
            .decision_cell("decisions", record.id.0, "body")
            .seal_json(&self.keys.data, &Body::from(record))?;
        Ok(ActiveModel {
            state: Set(process_state_code(record.state)),
            published_at: Set(record.published_at.map(micros)),
            body: Set(body),
            ..ActiveModel::default()
        })
    }

    /// Moves a version on; `Conflict` if it is not in the state that was read.
    pub async fn save_decision_state(
        &self,
        read: &DecisionRecord,
        to: ProcessState,
        by: &Name,
        at: Timestamp,
    ) -> Result<DecisionRecord, StoreError> {
        let mut record = read.clone();
        record.state = to;
        match to {
            ProcessState::Published => {
                record.published_by = Some(by.clone());
                record.published_at = Some(at);
            }
            ProcessState::Draft | ProcessState::Retired => {}
        }
        let updated = Entity::update_many()
            .set(self.moving(&record)?)
            .filter(Column::TenantId.eq(self.tenant.0))
            .filter(Column::Id.eq(record.id.0))
            .filter(Column::State.eq(process_state_code(read.state)))
            .exec(&self.tx)
            .await?;
        if updated.rows_affected == 0 {
            return Err(StoreError::Conflict);
        }
        Ok(record)
    }
}
