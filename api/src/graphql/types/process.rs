//! Process versions, their elements and what validation found in them.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SelectionField, SimpleObject};
use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn;
use docket_domain::process::{self as domain, ProcessCommand};
use docket_domain::value::Name;
use docket_infra::store::{self, InstanceFilter, Key, Page, ProcessRecord, Read, Slice};
use serde_json::Value as Json;

use super::instance::{self, ProcessInstance};
use super::scalar::DateTime;
use super::user::User;
use crate::app::process::{draft, errors};
use crate::graphql::error::Result;
use crate::graphql::id::Id;
use crate::graphql::page::{self, Connection, Listing, PageArgs, wants_total};
use crate::graphql::session::Asking;

/// Where the life of a process version stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::ProcessState")]
pub enum ProcessState {
    /// Uploaded; nobody can start it.
    Draft,
    /// Instances can be started.
    Published,
    /// Running instances go on, no new ones start.
    Retired,
}

/// What a list of processes is narrowed to; all parts must hold.
#[derive(Clone, Default, Debug, InputObject)]
pub struct ProcessFilter {
    /// Only versions of this key.
    key: Option<String>,
    /// Only versions in one of these states.
    state: Option<Vec<ProcessState>>,
    /// Only the latest published version of each key.
    #[graphql(default)]
    latest: bool,
}

impl From<ProcessFilter> for store::VersionFilter {
    fn from(filter: ProcessFilter) -> Self {
        store::VersionFilter {
            key: filter.key.map(Name::from),
            state: filter
                .state
                .map(|states| states.into_iter().map(Into::into).collect()),
            latest: filter.latest,
        }
    }
}

/// A version of a process that the viewer may read.
pub struct Process(pub Arc<ProcessRecord>);

/// What never changes of a version.
const FIXED: [&str; 5] = ["__typename", "id", "key", "version", "name"];

impl From<ProcessRecord> for Process {
    fn from(record: ProcessRecord) -> Self {
        Process(Arc::new(record))
    }
}

impl Process {
    /// Whether nothing but what never changes of a version is asked for where one is selected.
    pub fn asks_fixed(selected: &SelectionField<'_>) -> bool {
        selected
            .selection_set()
            .all(|asked| FIXED.contains(&asked.name()))
    }
}

/// A deployed, versioned process definition.
#[Object(serial)]
impl Process {
    /// Names this version.
    pub async fn id(&self) -> Id {
        Id::Process(self.0.id)
    }

    /// What instances are started by: the id of the process in the model, the same for all versions.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Counts from 1 for each key.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// Its name in the model.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Where its life stands.
    async fn state(&self) -> ProcessState {
        self.0.state.into()
    }

    /// The model as it was uploaded, for drawing.
    #[graphql(complexity = 10)]
    async fn bpmn_xml(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let tx = Asking::of(ctx)?.read().await?;
        let xml = tx.model(self.0.id).await?;
        Ok(xml.map(|xml| xml.to_string()))
    }

    /// Every element of the model that belongs to this process, in the order of the file.
    #[graphql(complexity = "20 + child_complexity")]
    async fn elements(&self, ctx: &Context<'_>) -> Result<Vec<Element>> {
        let tx = Asking::of(ctx)?.read().await?;
        let draft = Box::pin(draft(&tx, &self.0)).await?;
        let elements = draft.elements().into_iter();
        Ok(elements
            .filter(|element| element.process.as_ref() == Some(&self.0.key))
            .filter_map(Element::of)
            .collect())
    }

    /// What a person fills in to start it, if the model has a form for it. `startProcess` takes no other fields then.
    #[graphql(complexity = 10)]
    async fn start_form(&self, ctx: &Context<'_>) -> Result<Option<Form>> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        let form = asking.app.start_form(&tx, &self.0).await?;
        Ok(form.as_ref().map(Form::from))
    }

    /// Whether an administrator has suspended it: its instances do not move, and no new ones begin.
    async fn suspended(&self, ctx: &Context<'_>) -> Result<bool> {
        let tx = Asking::of(ctx)?.read().await?;
        Ok(tx.is_suspended(&self.0.key, self.0.id).await?)
    }

    /// Who uploaded it.
    async fn uploaded_by(&self) -> Option<User> {
        Some(User(self.0.uploaded_by.clone()))
    }

    /// When it was uploaded.
    async fn uploaded_at(&self) -> DateTime {
        DateTime(self.0.uploaded_at)
    }

    /// Who published it.
    async fn published_by(&self) -> Option<User> {
        User::maybe(self.0.published_by.as_ref())
    }

    /// When it was published.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(DateTime)
    }

    /// What validation found, in the order of the file.
    #[graphql(complexity = "20 + child_complexity")]
    async fn findings(&self, ctx: &Context<'_>) -> Result<Vec<Finding>> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        let found = Box::pin(asking.app.findings(&tx, &self.0)).await?;
        Ok(found.iter().cloned().map(Finding::from).collect())
    }

    /// What the viewer may do with this version now.
    #[graphql(complexity = "20 + child_complexity")]
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<ProcessPermissions> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        let record = &self.0;
        let errors = errors(&Box::pin(asking.app.findings(&tx, record)).await?);
        let moves = |command| {
            let by = &record.uploaded_by;
            domain::decide(record.state, by, errors, asking.actor(), command).is_ok()
        };
        Ok(ProcessPermissions {
            start: Box::pin(asking.app.may_start(&tx, asking.actor(), record)).await?,
            publish: moves(ProcessCommand::Publish),
            retire: moves(ProcessCommand::Retire),
        })
    }

    /// The instances of this version that the viewer may read, the latest started first.
    #[graphql(complexity = "page::cost(first, None) * child_complexity")]
    async fn instances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<Connection<ProcessInstance>> {
        let filter = InstanceFilter {
            process_id: Some(self.0.id),
            ..InstanceFilter::default()
        };
        let args = PageArgs {
            first,
            after,
            ..PageArgs::default()
        };
        Box::pin(instance::list(ctx, filter, true, &args)).await
    }
}

/// What a viewer may do with a version of a process.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(serial)]
pub struct ProcessPermissions {
    /// Start an instance of it.
    start: bool,
    /// Publish it.
    publish: bool,
    /// Retire it.
    retire: bool,
}

/// A part of a model.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct Element {
    /// Its id in the model.
    id: String,
    /// Its name in the model.
    name: Option<String>,
    /// The name of its tag in BPMN: `userTask`.
    #[graphql(name = "type")]
    tag: String,
    /// The line of the file where it begins, from 1.
    line: u32,
    /// The column where it begins, from 1.
    column: u32,
}

impl Element {
    fn of(element: bpmn::read::DraftElement) -> Option<Element> {
        Some(Element {
            id: element.id?.to_string(),
            name: element.name.map(|name| name.to_string()),
            tag: element.tag.to_string(),
            line: element.place.line,
            column: element.place.column,
        })
    }
}

/// What validation found in a model.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct Finding {
    /// Whether it stands in the way of publishing.
    severity: Severity,
    /// A stable name for the kind of finding: `unknown-reference`.
    rule: String,
    /// What is wrong.
    message: String,
    /// The id of the element that it is about.
    element_id: Option<String>,
    /// The line of the file, from 1.
    line: u32,
    /// The column, from 1.
    column: u32,
}

/// How much a finding weighs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "bpmn::Severity")]
pub enum Severity {
    /// Worth a look.
    Warning,
    /// The model cannot be published.
    Error,
}

impl From<bpmn::Problem> for Finding {
    fn from(problem: bpmn::Problem) -> Self {
        Finding {
            severity: problem.severity.into(),
            rule: problem.rule.to_string(),
            message: problem.message,
            element_id: problem.element.map(|id| id.to_string()),
            line: problem.place.line,
            column: problem.place.column,
        }
    }
}

/// What a person fills in.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct Form {
    /// How a front end knows it.
    key: Option<String>,
    /// The form-js schema, if the model carries it.
    schema: Option<Json>,
}

impl From<&bpmn::Form> for Form {
    fn from(form: &bpmn::Form) -> Self {
        Form {
            key: form.key.as_ref().map(|key| key.to_string()),
            schema: form.schema.clone(),
        }
    }
}

/// A page of processes, by key, then version.
pub async fn list(
    ctx: &Context<'_>,
    filter: store::VersionFilter,
    args: &PageArgs,
) -> Result<Connection<Process>> {
    let asking = Asking::of(ctx)?;
    let listing = Listing::open(&asking, "processes", args).await?;
    let tx = asking.read().await?;
    let slice = tx.processes(asking.actor(), &filter, &listing.page).await?;
    let total = match wants_total(ctx) {
        true => Some(tx.count_processes(asking.actor(), &filter).await?),
        false => None,
    };
    Ok(listing.connection(slice, total, Process::from))
}

/// The latest published processes that the viewer may start. Whether they may is judged by the model, so the list is
/// filtered here; a tenant has few published processes.
pub async fn startable(ctx: &Context<'_>, args: &PageArgs) -> Result<Connection<Process>> {
    let asking = Asking::of(ctx)?;
    let listing = Listing::open(&asking, "startable", args).await?;
    let after = listing.page.after;
    let mut all = Vec::new();
    if asking.actor().has(Privilege::Instantiator) {
        let tx = asking.read().await?;
        for (key, record) in latest(&tx, asking.actor()).await? {
            if asking.app.may_start(&tx, asking.actor(), &record).await? {
                all.push((key, record));
            }
        }
    }
    let total = all.len() as u64;
    let start = after.map_or(0, |after| {
        all.iter()
            .position(|(key, _)| *key == after)
            .map_or(0, |at| at + 1)
    });
    let size = listing.page.size as usize;
    let slice = Slice {
        has_previous: start > 0,
        has_next: all.len() > start + size,
        items: all.into_iter().skip(start).take(size).collect(),
    };
    Ok(listing.connection(slice, Some(total), Process::from))
}

/// The latest published version of each key that the actor may read.
async fn latest(tx: &Read, actor: &Actor) -> Result<Vec<(Key, ProcessRecord)>> {
    let filter = store::VersionFilter {
        latest: true,
        ..store::VersionFilter::default()
    };
    let mut page = Page {
        size: 100,
        after: None,
        before: None,
        from_end: false,
    };
    let mut all = Vec::new();
    loop {
        let slice = tx.processes(actor, &filter, &page).await?;
        page.after = slice.items.last().map(|(key, _)| *key);
        all.extend(slice.items);
        if !slice.has_next || page.after.is_none() {
            return Ok(all);
        }
    }
}
