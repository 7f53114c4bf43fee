//! Who is asking, and what they may do.

use async_graphql::{Context, Enum, Object};
use docket_domain::access::Privilege as DomainPrivilege;
use docket_domain::task::worklist::Worklist as DomainWorklist;

use super::process::{Process, startable};
use super::user::{Tenant, User};
use super::worklist::Worklist;
use crate::graphql::error::Result;
use crate::graphql::page::{self, Connection, PageArgs};
use crate::graphql::session::Asking;

/// What a person may do at all in a tenant, apart from any one object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "DomainPrivilege")]
pub enum Privilege {
    /// Uploads models.
    Designer,
    /// Publishes and retires models that somebody else uploaded.
    Manager,
    /// Terminates instances and reassigns tasks.
    Administrator,
    /// Sees status without data.
    Monitor,
    /// Has worklists, claims and completes tasks.
    User,
    /// Starts instances.
    Instantiator,
    /// Reads the audit.
    Auditor,
    /// Erases persons.
    DataProtectionOfficer,
    /// Fetches the work of service, send and business rule tasks, and says how it went.
    Worker,
}

/// Who is asking, as the token says.
pub struct Viewer;

/// Who is asking, as the token says, and what they may do.
#[Object(serial)]
impl Viewer {
    /// The person.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        Ok(User(Asking::of(ctx)?.actor().user.clone()))
    }

    /// The tenant, outside of which nothing exists for the viewer.
    async fn tenant(&self, ctx: &Context<'_>) -> Result<Tenant> {
        let name = Asking::of(ctx)?.viewer.tenant_name.to_string();
        Ok(Tenant { name })
    }

    /// The roles that the token states.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let roles = Asking::of(ctx)?.actor().roles();
        Ok(roles.map(|name| name.to_string()).collect())
    }

    /// The groups that the token states.
    async fn groups(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let groups = Asking::of(ctx)?.actor().groups();
        Ok(groups.map(|name| name.to_string()).collect())
    }

    /// The privileges that the token states.
    async fn privileges(&self, ctx: &Context<'_>) -> Result<Vec<Privilege>> {
        let actor = Asking::of(ctx)?.actor();
        let held = DomainPrivilege::ALL.into_iter();
        Ok(held
            .filter(|privilege| actor.has(*privilege))
            .map(Privilege::from)
            .collect())
    }

    /// Exactly the processes that `startProcess` starts for the viewer without a version, by key.
    #[graphql(complexity = "page::cost(first, None) * child_complexity")]
    async fn startable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many rows, 100 at most; 20 unless named.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor.")] after: Option<String>,
    ) -> Result<Connection<Process>> {
        let args = PageArgs {
            first,
            after,
            ..PageArgs::default()
        };
        startable(ctx, &args).await
    }

    /// What is assigned to the viewer, what they may claim, what they own and what they initiated; then one list per group
    /// and role. Without the privilege `USER` there are none.
    async fn worklists(&self, ctx: &Context<'_>) -> Result<Vec<Worklist>> {
        let actor = Asking::of(ctx)?.actor();
        let all = DomainWorklist::all_of(actor).into_iter();
        Ok(all
            .filter_map(|worklist| Worklist::of(actor, worklist))
            .collect())
    }
}
