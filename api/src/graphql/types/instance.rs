//! Instances: where they stand, and what this viewer may see of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use docket_domain::access::Privilege;
use docket_domain::access::instance::{may_withdraw, may_write};
use docket_domain::bpmn;
use docket_domain::engine::instance::{self as domain, Instance, ScopeId};
use docket_domain::ids::InstanceId;
use docket_domain::task::worklist::Span;
use docket_domain::value::Name;
use docket_infra::store::InstanceFilter;
use serde_json::Value as Json;
use uuid::Uuid;

use super::field::{self, Field};
use super::history::{self, HistoryEntry, HistoryFilter};
use super::process::Process;
use super::scalar::{DateTime, DateTimeRange, OrderDirection};
use super::task::{self, Task, TaskFilter};
use super::user::User;
use crate::graphql::error::{Code, Result};
use crate::graphql::id::{Id, Malformed};
use crate::graphql::page::{self, Connection, Listing, PageArgs, wants_total};
use crate::graphql::session::Asking;

/// Where the life of an instance stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::InstanceState")]
pub enum ProcessInstanceState {
    /// It runs.
    Active,
    /// An administrator stopped it for the time being: nothing moves, and what is asked of it is refused.
    Suspended,
    /// It came to its end.
    Completed,
    /// Its initiator took it back.
    Withdrawn,
    /// An administrator ended it.
    Terminated,
}

/// What a list of instances is narrowed to; all parts must hold.
#[derive(Clone, Default, Debug, InputObject)]
pub struct ProcessInstanceFilter {
    /// Only of this process, by key, in any version.
    process: Option<String>,
    /// Only in one of these states.
    state: Option<Vec<ProcessInstanceState>>,
    /// Only started in this range.
    started: Option<DateTimeRange>,
    /// Only initiated by this user.
    initiator: Option<Id>,
}

impl TryFrom<ProcessInstanceFilter> for InstanceFilter {
    type Error = Malformed;

    fn try_from(filter: ProcessInstanceFilter) -> std::result::Result<Self, Malformed> {
        Ok(InstanceFilter {
            process: filter.process.map(Name::from),
            process_id: None,
            state: filter
                .state
                .map(|states| states.into_iter().map(Into::into).collect()),
            started: filter.started.map(Span::from),
            initiator: filter.initiator.map(Id::user).transpose()?,
            parent: None,
        })
    }
}

/// What instances are sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
pub enum ProcessInstanceOrderField {
    /// When it began.
    StartedAt,
}

/// An order of instances.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct ProcessInstanceOrder {
    /// By what.
    field: ProcessInstanceOrderField,
    /// Which end comes first.
    #[graphql(default)]
    direction: OrderDirection,
}

/// Whether the latest comes first, as it does unless something else is asked for.
pub fn descending(orders: Option<Vec<ProcessInstanceOrder>>) -> Result<bool> {
    match orders.unwrap_or_default().as_slice() {
        [] => Ok(true),
        [order] => match order.field {
            ProcessInstanceOrderField::StartedAt => Ok(order.direction == OrderDirection::Desc),
        },
        _ => Err(Code::BadInput.error("`orderBy` takes one order")),
    }
}

/// An instance that the viewer may read.
pub struct ProcessInstance(pub Arc<Instance>);

/// One run of a process.
#[Object(serial)]
impl ProcessInstance {
    /// Names the instance.
    pub async fn id(&self) -> Id {
        Id::Instance(self.0.id)
    }

    /// The version that it runs.
    async fn process(&self, ctx: &Context<'_>) -> Result<Process> {
        let fixed = Process::asks_fixed(&ctx.field());
        let asking = Asking::of(ctx)?;
        Ok(Process(asking.process(self.0.process, fixed).await?))
    }

    /// The key that the outside knows it by.
    async fn business_key(&self) -> Option<&str> {
        self.0.business_key.as_deref()
    }

    /// Where its life stands.
    async fn state(&self) -> ProcessInstanceState {
        self.0.state.into()
    }

    /// Whose case it is; null if the system started it.
    async fn initiator(&self) -> Option<User> {
        User::maybe(Some(&self.0.initiator))
    }

    /// Who pressed the button; null if the system started it.
    async fn created_by(&self) -> Option<User> {
        User::maybe(Some(&self.0.created_by))
    }

    /// The initiator, and who has a task of it in hand now.
    async fn participants(&self) -> Option<Vec<User>> {
        let open = self.0.open_tasks();
        let names: BTreeSet<&Name> = open
            .filter_map(|task| task.assignee.as_ref())
            .chain([&self.0.initiator])
            .collect();
        Some(
            names
                .into_iter()
                .filter_map(|name| User::maybe(Some(name)))
                .collect(),
        )
    }

    /// When it began.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.started_at)
    }

    /// When it ended.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }

    /// Goes up with each change; name it in a mutation to be told of a conflict.
    async fn revision(&self) -> u32 {
        self.0.revision
    }

    /// Where it stands, for drawing on the diagram.
    async fn tokens(&self, ctx: &Context<'_>) -> Result<Option<Vec<Token>>> {
        let model = Asking::of(ctx)?.model(self.0.process).await?;
        let tokens = self.0.tokens.iter();
        Ok(Some(tokens.map(|token| Token::of(&model, token)).collect()))
    }

    /// What went wrong and holds a token.
    async fn incidents(&self, ctx: &Context<'_>) -> Result<Option<Vec<Incident>>> {
        let model = Asking::of(ctx)?.model(self.0.process).await?;
        let incidents = self.0.incidents.iter();
        Ok(Some(
            incidents
                .map(|incident| Incident::of(&model, &self.0, incident))
                .collect(),
        ))
    }

    /// Its data, in order of name. Null where the viewer may not read the instance.
    async fn fields(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only fields of these names.")] names: Option<Vec<String>>,
    ) -> Result<Option<Vec<Field>>> {
        let fields = field::fields(ctx, &self.0, ScopeId::ROOT, names).await?;
        Ok(Some(fields))
    }

    /// The clear fields as one object; what is masked or hidden is not in it.
    async fn data(&self, ctx: &Context<'_>) -> Result<Option<Json>> {
        Ok(Some(field::data(ctx, &self.0, ScopeId::ROOT).await?))
    }

    /// The tasks of it that the viewer may read, the oldest first.
    #[graphql(complexity = "page::cost(first, None) * child_complexity")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<TaskFilter>,
        #[graphql(desc = "At most so many rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<Option<Connection<Task>>> {
        let mut filter = task::filter(filter)?;
        filter.instance = Some(self.0.id);
        let args = PageArgs {
            first,
            after,
            ..PageArgs::default()
        };
        let list = task::list(ctx, None, &filter, None, &args);
        Box::pin(list).await.map(Some)
    }

    /// The instance that called it; null where nothing has, and where the viewer may not read what has.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<ProcessInstance>> {
        let parent = self.0.parent.as_ref().map(|parent| parent.instance);
        // Where there is none, an id that nothing has costs the same.
        let id = parent.unwrap_or(InstanceId(Uuid::nil()));
        let found = Asking::of(ctx)?.instance(id).await?;
        Ok(found.map(ProcessInstance))
    }

    /// The instances that it called and that the viewer may read, the latest started first.
    #[graphql(complexity = "page::cost(first, None) * child_complexity")]
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<Connection<ProcessInstance>> {
        let filter = InstanceFilter {
            parent: Some(self.0.id),
            ..InstanceFilter::default()
        };
        let args = PageArgs {
            first,
            after,
            ..PageArgs::default()
        };
        list(ctx, filter, true, &args).await
    }

    /// What happened to it, the oldest first: every element entered, completed and cancelled. A page with a filter looks at
    /// 2,000 entries at most: it may be shorter than was asked for, or empty, while `hasNextPage` says that there is more to
    /// look at after `endCursor`.
    #[graphql(complexity = "page::cost(first, last) * child_complexity")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<HistoryFilter>,
        #[graphql(desc = "The first rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows, 100 at most; not together with `first`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<HistoryEntry>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        history::list(ctx, &self.0, filter, &args).await
    }

    /// What the viewer may do with it now.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<ProcessInstancePermissions> {
        let asking = Asking::of(ctx)?;
        let actor = asking.actor();
        let model = asking.model(self.0.process).await?;
        let active = self.0.state == domain::InstanceState::Active;
        Ok(ProcessInstancePermissions {
            update: active && may_write(&model, &self.0, actor),
            withdraw: active && may_withdraw(&model, &self.0, actor),
            terminate: (active || self.0.state == domain::InstanceState::Suspended)
                && actor.has(Privilege::Administrator),
            suspend: active && actor.has(Privilege::Administrator),
            resume: self.0.state == domain::InstanceState::Suspended
                && actor.has(Privilege::Administrator),
            modify: active && actor.has(Privilege::Administrator),
            migrate: (active || self.0.state == domain::InstanceState::Suspended)
                && actor.has(Privilege::Administrator),
            retry: active
                && !self.0.incidents.is_empty()
                && (actor.has(Privilege::Administrator) || may_write(&model, &self.0, actor)),
        })
    }
}

/// What a viewer may do with an instance.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstancePermissions {
    /// Change its data.
    update: bool,
    /// Take it back.
    withdraw: bool,
    /// End it.
    terminate: bool,
    /// Try again what holds it.
    retry: bool,
    /// Stop it for the time being.
    suspend: bool,
    /// Let it go on.
    resume: bool,
    /// Move it by hand.
    modify: bool,
    /// Move it to another version of its process.
    migrate: bool,
}

/// A place where an instance stands.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct Token {
    /// Its number, which no other place of the instance ever has.
    number: u32,
    /// The id of the element in the model.
    element_id: String,
    /// The name of the element in the model.
    element_name: Option<String>,
    /// When it came there.
    since: DateTime,
}

impl Token {
    fn of(model: &bpmn::Process, token: &domain::Token) -> Token {
        let element = model.element(token.element);
        Token {
            number: token.id.0,
            element_id: element.id.to_string(),
            element_name: element.name.as_ref().map(|name| name.to_string()),
            since: DateTime(token.since),
        }
    }
}

/// What went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::IncidentKind")]
pub enum IncidentKind {
    /// An expression has no value, or none of the kind that is asked for.
    Expression,
    /// The run did not come to rest within its bounds, or its expressions took too much.
    Budget,
    /// No condition holds, and there is no default flow.
    NoWay,
    /// Nobody catches the error that was thrown.
    Uncaught,
    /// The data would grow too large.
    Size,
    /// The model asks for what cannot be done.
    Model,
    /// Work outside has failed, and is not tried again by itself.
    Work,
    /// What was called has failed, or could not be begun.
    Call,
    /// A decision is not there, or says nothing that can be used.
    Decision,
}

/// Why an instance does not go on.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct Incident {
    /// Names it, for `retryIncident` and `resolveIncident`.
    id: Id,
    /// What went wrong.
    kind: IncidentKind,
    /// The name of the element in the model.
    element_name: Option<String>,
    /// The id of the element in the model.
    element_id: String,
    /// When.
    at: DateTime,
    /// What went wrong, in words: it may quote the model, never data.
    message: String,
}

impl Incident {
    fn of(model: &bpmn::Process, instance: &Instance, incident: &domain::Incident) -> Incident {
        let element = model.element(incident.element);
        Incident {
            id: Id::Incident(instance.id, incident.number),
            kind: incident.kind.into(),
            element_name: element.name.as_ref().map(|name| name.to_string()),
            element_id: element.id.to_string(),
            at: DateTime(incident.at),
            message: incident.message.clone(),
        }
    }
}

/// A page of instances, by the time they began.
pub async fn list(
    ctx: &Context<'_>,
    filter: InstanceFilter,
    descending: bool,
    args: &PageArgs,
) -> Result<Connection<ProcessInstance>> {
    let asking = Asking::of(ctx)?;
    let name = format!("instances/{descending}");
    let listing = Listing::open(&asking, &name, args).await?;
    let tx = asking.read().await?;
    let actor = asking.actor();
    let slice = tx
        .instances(actor, &filter, descending, &listing.page)
        .await?;
    let total = match wants_total(ctx) {
        true => Some(tx.count_instances(actor, &filter).await?),
        false => None,
    };
    Ok(listing.connection(slice, total, |instance| ProcessInstance(Arc::new(instance))))
}
