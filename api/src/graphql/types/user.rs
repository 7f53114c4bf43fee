//! People and tenants, as tokens name them: there is no directory.

use async_graphql::{Object, SimpleObject};
use docket_domain::value::Name;

use crate::graphql::id::Id;

/// A person, by the name that their token gives.
pub struct User(pub Name);

/// A person, by the name that their token gives.
#[Object(serial)]
impl User {
    /// Names the person.
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
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct Tenant {
    /// What it is called.
    pub name: String,
}
