//! What administrators stopped and let go on: processes, and versions of them.

use async_graphql::{Context, Enum, Object};
use docket_infra::store::{self, Suspension};

use super::scalar::DateTime;
use super::user::User;
use crate::graphql::error::Result;
use crate::graphql::page::{Connection, Listing, PageArgs, wants_total};
use crate::graphql::session::Asking;

/// What was done to a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "store::SuspensionKind")]
pub enum ProcessSuspensionKind {
    /// It was stopped.
    Suspended,
    /// It goes on.
    Resumed,
}

/// Who stopped a process or let it go on, when and why.
pub struct ProcessSuspension(pub Suspension);

/// Who stopped a process or let it go on, when and why.
#[Object(serial)]
impl ProcessSuspension {
    /// The key of the process.
    async fn process_key(&self) -> &str {
        &self.0.process_key
    }

    /// These versions of it; null are all, also those to come.
    async fn versions(&self) -> Option<&[u32]> {
        let versions = self.0.versions.as_slice();
        (!versions.is_empty()).then_some(versions)
    }

    /// What was done.
    async fn kind(&self) -> ProcessSuspensionKind {
        self.0.kind.into()
    }

    /// When.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// Who did it.
    async fn by(&self) -> Option<User> {
        User::maybe(Some(&self.0.by))
    }

    /// Why, in their words.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
}

/// A page of them, of one process or of all.
pub async fn list(
    ctx: &Context<'_>,
    process: Option<String>,
    args: &PageArgs,
) -> Result<Connection<ProcessSuspension>> {
    let asking = Asking::of(ctx)?;
    let (actor, process) = (asking.actor(), process.as_deref());
    let listing = Listing::open(&asking, "suspensions", args).await?;
    let tx = asking.read().await?;
    let slice = tx.suspensions(actor, process, &listing.page).await?;
    let total = match wants_total(ctx) {
        true => Some(tx.count_suspensions(actor, process).await?),
        false => None,
    };
    Ok(listing.connection(slice, total, ProcessSuspension))
}
