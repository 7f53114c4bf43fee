//! Worklists: named sets of open tasks that one person may see.

use async_graphql::{Context, Enum, Object, SimpleObject};
use docket_domain::access::{Actor, Privilege};
use docket_domain::task::worklist::Worklist as Domain;
use docket_infra::store;

use super::task::{self, Task, TaskFilter, TaskOrder};
use crate::graphql::error::Result;
use crate::graphql::id::Id;
use crate::graphql::page::{self, Connection, PageArgs};
use crate::graphql::session::Asking;

/// What a worklist is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
pub enum WorklistKind {
    /// What the viewer has in hand.
    Assigned,
    /// What the viewer may claim.
    Claimable,
    /// What a group of the viewer may claim.
    Group,
    /// What a role of the viewer may claim.
    Role,
    /// What the viewer delegated and is accountable for.
    Owned,
    /// What is to be done in the cases that the viewer initiated.
    Initiated,
}

/// A worklist of the viewer.
pub struct Worklist(pub Domain);

impl Worklist {
    /// The worklist, if this person has it.
    pub fn of(actor: &Actor, worklist: Domain) -> Option<Worklist> {
        let has = actor.has(Privilege::User)
            && match &worklist {
                Domain::Group(name) => actor.groups().any(|group| group == name),
                Domain::Role(name) => actor.roles().any(|role| role == name),
                Domain::Assigned | Domain::Claimable | Domain::Owned | Domain::Initiated => true,
            };
        has.then_some(Worklist(worklist))
    }
}

/// A named set of open tasks that the viewer may see.
#[Object(serial)]
impl Worklist {
    /// Names the worklist, among those of whoever asks.
    pub async fn id(&self) -> Id {
        Id::Worklist(self.0.clone())
    }

    /// What it is called.
    async fn name(&self) -> &str {
        match &self.0 {
            Domain::Assigned => "Assigned to me",
            Domain::Claimable => "To be claimed",
            Domain::Group(name) | Domain::Role(name) => name,
            Domain::Owned => "Delegated by me",
            Domain::Initiated => "Initiated by me",
        }
    }

    /// What it is made of.
    async fn kind(&self) -> WorklistKind {
        match &self.0 {
            Domain::Assigned => WorklistKind::Assigned,
            Domain::Claimable => WorklistKind::Claimable,
            Domain::Group(_) => WorklistKind::Group,
            Domain::Role(_) => WorklistKind::Role,
            Domain::Owned => WorklistKind::Owned,
            Domain::Initiated => WorklistKind::Initiated,
        }
    }

    /// The tasks on it, the oldest first unless another order is asked for.
    #[graphql(complexity = "page::cost(first, last) * child_complexity")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the four of a page, a filter and an order"
    )]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the list is narrowed to.")] filter: Option<TaskFilter>,
        #[graphql(desc = "In which order; one order is supported.")] order_by: Option<
            Vec<TaskOrder>,
        >,
        #[graphql(desc = "The first rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last rows, 100 at most.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Task>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let filter = task::filter(filter)?;
        task::list(ctx, Some(&self.0), &filter, order_by, &args).await
    }

    /// How many tasks it has.
    async fn counts(&self, ctx: &Context<'_>) -> Result<WorklistCounts> {
        let counts = Asking::of(ctx)?.counts(self.0.clone()).await?;
        Ok(counts.into())
    }
}

/// How many tasks a worklist has.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(serial)]
pub struct WorklistCounts {
    /// All.
    total: u64,
    /// Past their due date.
    overdue: u64,
    /// Due today (UTC) and not past yet.
    due_today: u64,
    /// In nobody's hands.
    unassigned: u64,
}

impl From<store::WorklistCounts> for WorklistCounts {
    fn from(counts: store::WorklistCounts) -> Self {
        WorklistCounts {
            total: counts.total,
            overdue: counts.overdue,
            due_today: counts.due_today,
            unassigned: counts.unassigned,
        }
    }
}
