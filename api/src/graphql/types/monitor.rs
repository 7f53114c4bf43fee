//! Status without data: no type here has a field that could carry any.

use async_graphql::{Context, Object, SimpleObject};
use docket_domain::engine::instance::InstanceState;
use docket_infra::store::{InstanceFilter, InstanceStatus};

use super::instance::{IncidentKind, ProcessInstanceFilter, ProcessInstanceState};
use super::scalar::DateTime;
use super::user::User;
use crate::graphql::error::{Code, Result};
use crate::graphql::id::Id;
use crate::graphql::page::{self, Connection, Listing, PageArgs, wants_total};
use crate::graphql::session::Asking;

/// What holders of the privilege `MONITOR` see of all instances of the tenant.
pub struct Monitor;

/// What holders of the privilege `MONITOR` see of all instances of the tenant: status, never data.
#[Object(serial)]
impl Monitor {
    /// The instances, the latest started first. They cannot be narrowed to an initiator: a status does not name one.
    #[graphql(complexity = "page::cost(first, last) * child_complexity")]
    async fn instances(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<ProcessInstanceFilter>,
        #[graphql(desc = "The first rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ProcessInstanceStatus>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let filter = InstanceFilter::try_from(filter.unwrap_or_default())?;
        // What is not shown must not be found by trying either.
        if filter.initiator.is_some() {
            return Err(Code::BadInput.error("a status names no `initiator`"));
        }
        list(ctx, filter, &args).await
    }

    /// How many instances are in each state.
    #[graphql(complexity = "20 + child_complexity")]
    async fn counts(&self, ctx: &Context<'_>) -> Result<Vec<StateCount>> {
        let tx = Asking::of(ctx)?.read().await?;
        let mut counts = Vec::new();
        for state in STATES {
            let filter = InstanceFilter {
                state: Some(vec![state]),
                ..InstanceFilter::default()
            };
            let total = tx.count_statuses(&filter).await?;
            let state = state.into();
            counts.push(StateCount { state, total });
        }
        Ok(counts)
    }
}

const STATES: [InstanceState; 5] = [
    InstanceState::Active,
    InstanceState::Suspended,
    InstanceState::Completed,
    InstanceState::Withdrawn,
    InstanceState::Terminated,
];

/// How many instances are in a state.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(serial)]
pub struct StateCount {
    /// The state.
    state: ProcessInstanceState,
    /// How many.
    total: u64,
}

/// The status of an instance, without data.
pub struct ProcessInstanceStatus(pub InstanceStatus);

/// The status of an instance, without data.
#[Object(serial)]
impl ProcessInstanceStatus {
    /// The instance. Knowing its id opens nothing.
    async fn id(&self) -> Id {
        Id::Instance(self.0.id)
    }

    /// The version of the process that it runs.
    async fn process_id(&self) -> Id {
        Id::Process(self.0.process)
    }

    /// The key of the process.
    async fn process_key(&self) -> &str {
        &self.0.process_key
    }

    /// Where its life stands.
    async fn state(&self) -> ProcessInstanceState {
        self.0.state.into()
    }

    /// When it began.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.started_at)
    }

    /// When it ended.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// How many of its tasks are open.
    async fn open_tasks(&self) -> u32 {
        self.0.open_tasks
    }

    /// How many incidents hold it.
    async fn incidents(&self) -> u32 {
        self.0.incidents
    }

    /// Where they hold it, a hundred places at most: nothing of what went wrong, which is for who reads the instance.
    async fn held(&self) -> Vec<HeldElement> {
        let held = self.0.held.iter();
        held.map(|held| HeldElement {
            incident: Id::Incident(self.0.id, held.number),
            element_id: held.element_id.to_string(),
            kind: held.kind.into(),
            at: DateTime(held.at),
        })
        .collect()
    }

    /// The administrator who ended it, if one did.
    async fn ended_by(&self) -> Option<User> {
        User::maybe(self.0.ended_by.as_ref())
    }

    /// Why, in the administrator's words.
    async fn ended_reason(&self) -> Option<&str> {
        self.0.ended_reason.as_deref()
    }
}

/// One place where an incident holds an instance.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct HeldElement {
    /// Names the incident, for `retryIncident` and `resolveIncident`.
    incident: Id,
    /// The id of the element in the model.
    element_id: String,
    /// What went wrong.
    kind: IncidentKind,
    /// Since when.
    at: DateTime,
}

async fn list(
    ctx: &Context<'_>,
    filter: InstanceFilter,
    args: &PageArgs,
) -> Result<Connection<ProcessInstanceStatus>> {
    let asking = Asking::of(ctx)?;
    let listing = Listing::open(&asking, "statuses", args).await?;
    let tx = asking.read().await?;
    let slice = tx.statuses(&filter, &listing.page).await?;
    let total = match wants_total(ctx) {
        true => Some(tx.count_statuses(&filter).await?),
        false => None,
    };
    Ok(listing.connection(slice, total, ProcessInstanceStatus))
}
