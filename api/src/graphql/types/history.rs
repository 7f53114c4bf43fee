//! The history of an instance: what it came to, what was done and what was left, by whom and when.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object};
use docket_domain::engine::instance::Instance;
use docket_domain::history as domain;
use docket_domain::value::Name;
use docket_infra::store::{HistoryFilter as StoreFilter, Remembrance};

use super::instance::ProcessInstance;
use super::scalar::DateTime;
use super::task::Task;
use super::user::User;
use crate::graphql::error::{Code, Result};
use crate::graphql::page::{Connection, Listing, PageArgs};
use crate::graphql::session::Asking;

/// Element ids that a filter names at most.
const MAX_ELEMENTS: usize = 100;

/// What an entry of a history says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::Kind")]
pub enum HistoryKind {
    /// A token came to the element.
    Entered,
    /// The element is done.
    Completed,
    /// The element was left before it was done.
    Cancelled,
    /// Something went wrong, and the token is held there.
    Incident,
    /// What went wrong was tried again.
    Retried,
    /// Somebody has dealt with what went wrong, and the token went past it.
    Resolved,
    /// Somebody stopped the instance for the time being.
    Suspended,
    /// Somebody let it go on.
    Resumed,
    /// Somebody moved it by hand; what follows came of that.
    Modified,
    /// Somebody moved it to another version of its process; what follows came of that, and speaks of that version.
    Migrated,
}

/// What an entry about an activity that repeats is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::Repetition")]
pub enum HistoryRepetition {
    /// The activity as a whole; its rounds have entries of their own.
    Whole,
    /// One round of it.
    Round,
}

/// What a history is narrowed to; all parts must hold.
#[derive(Clone, Default, Debug, InputObject)]
pub struct HistoryFilter {
    /// Only entries of one of these kinds.
    kind: Option<Vec<HistoryKind>>,
    /// Only entries of one of these elements of the model, 100 at most.
    element_id: Option<Vec<String>>,
}

impl TryFrom<HistoryFilter> for StoreFilter {
    type Error = crate::graphql::error::Failure;

    fn try_from(filter: HistoryFilter) -> Result<Self> {
        let elements = filter.element_id;
        if elements
            .as_ref()
            .is_some_and(|ids| ids.len() > MAX_ELEMENTS)
        {
            let message = format!("`elementId` takes {MAX_ELEMENTS} ids at most");
            return Err(Code::BadInput.error(message));
        }
        Ok(StoreFilter {
            kinds: filter
                .kind
                .map(|kinds| kinds.into_iter().map(Into::into).collect()),
            elements: elements.map(|ids| ids.into_iter().map(Name::from).collect()),
        })
    }
}

/// One entry of the history of an instance that the viewer may read.
pub struct HistoryEntry(Remembrance);

/// One thing that happened to an instance. What it says of the element is what the model said at the time.
#[Object(serial)]
impl HistoryEntry {
    /// Its number: from 1, without a gap within the instance.
    async fn sequence(&self) -> u32 {
        self.0.sequence
    }

    /// What happened.
    async fn kind(&self) -> HistoryKind {
        self.0.entry.kind.into()
    }

    /// The id of the element in the model; the key of the process, where it happened to the instance as a whole.
    async fn element_id(&self) -> &str {
        &self.0.entry.element_id
    }

    /// The name of the element in the model.
    async fn element_name(&self) -> Option<&str> {
        self.0.entry.element_name.as_deref()
    }

    /// What BPMN calls the element: `userTask`, `exclusiveGateway`.
    async fn element_type(&self) -> &str {
        &self.0.entry.element_type
    }

    /// The number of the token that stood there: the entries of one stay at an element have the same, no other entry has it.
    async fn token(&self) -> u32 {
        self.0.entry.token.0
    }

    /// The number of the token that waits at the sub-process around the element; null at the top.
    async fn parent_token(&self) -> Option<u32> {
        self.0.entry.scope.map(|token| token.0)
    }

    /// Whether it is about an activity that repeats or about one round of it; null where the element does not repeat.
    async fn repetition(&self) -> Option<HistoryRepetition> {
        self.0.entry.repetition.map(Into::into)
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.entry.at)
    }

    /// The person whose command led to it; null where a timer, a signal or another instance did.
    async fn by(&self) -> Option<User> {
        User::maybe(self.0.entry.by.as_ref())
    }

    /// The task at the element. Null if there was none, or if the viewer may not read it.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Task>> {
        let Some(id) = self.0.entry.task else {
            return Ok(None);
        };
        Ok(Asking::of(ctx)?
            .task(id)
            .await?
            .map(|image| Task(Arc::new(image))))
    }

    /// The instance that a call activity called. Null if there was none, or if the viewer may not read it.
    async fn called_process_instance(&self, ctx: &Context<'_>) -> Result<Option<ProcessInstance>> {
        let Some(id) = self.0.entry.called else {
            return Ok(None);
        };
        Ok(Asking::of(ctx)?.instance(id).await?.map(ProcessInstance))
    }

    /// The number of the version that it was moved from; null of everything else that happened.
    async fn from_version(&self) -> Option<u32> {
        self.0.entry.versions.map(|(from, _)| from)
    }

    /// The number of the version that it was moved to; null of everything else that happened.
    async fn to_version(&self) -> Option<u32> {
        self.0.entry.versions.map(|(_, to)| to)
    }

    /// What went wrong, of an incident; why, of what was done by hand.
    async fn message(&self) -> Option<&str> {
        self.0.entry.message.as_deref()
    }
}

/// A page of the history of an instance.
pub async fn list(
    ctx: &Context<'_>,
    instance: &Instance,
    filter: Option<HistoryFilter>,
    args: &PageArgs,
) -> Result<Connection<HistoryEntry>> {
    let asking = Asking::of(ctx)?;
    let filter = StoreFilter::try_from(filter.unwrap_or_default())?;
    let listing = Listing::open(&asking, &format!("history/{}", instance.id), args).await?;
    let tx = asking.read().await?;
    let actor = asking.actor();
    let page = tx.history(actor, instance, &filter, &listing.page).await?;
    Ok(listing.history(page, instance.history, HistoryEntry))
}
