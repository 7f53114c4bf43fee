//! People and tenants, as tokens name them: there is no directory.

use async_graphql::{Context, Object};
use docket_domain::value::Name;

use super::calendar::Calendar;
use crate::graphql::error::Result;
use crate::graphql::id::Id;
use crate::graphql::session::Asking;

/// A person, by the name that their token gives.
pub struct User(pub Name);

/// A person, by the name that their token gives.
#[Object(serial)]
impl User {
    /// Names the person: `User_`, then the name in base64url without padding. There is no directory to look it up in, so whoever
    /// knows a name can write it down, to delegate a task for example.
    pub async fn id(&self) -> Id {
        Id::User(self.0.clone())
    }

    /// The name that the person's token gives.
    async fn name(&self) -> &str {
        &self.0
    }
}

impl User {
    /// Somebody, if there is one: the empty name is nobody's.
    pub fn maybe(name: Option<&Name>) -> Option<User> {
        name.filter(|name| !name.is_empty()).cloned().map(User)
    }
}

/// The border that nothing crosses.
pub struct Tenant {
    /// What it is called.
    pub name: String,
}

/// The border that nothing crosses.
#[Object(serial)]
impl Tenant {
    /// What it is called.
    async fn name(&self) -> &str {
        &self.name
    }

    /// When its people work.
    async fn calendar(&self, ctx: &Context<'_>) -> Result<Calendar> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        Ok(Calendar(asking.app.calendar(&tx).await?))
    }
}
