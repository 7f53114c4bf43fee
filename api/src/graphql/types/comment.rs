//! What people say about a task.

use async_graphql::Object;
use docket_infra::store;

use super::scalar::DateTime;
use super::user::User;
use crate::graphql::id::Id;

/// What somebody said about a task.
pub struct Comment(pub store::Comment);

/// What somebody said about a task.
#[Object(serial)]
impl Comment {
    /// Names the comment.
    async fn id(&self) -> Id {
        Id::Comment(self.0.id)
    }

    /// Who said it.
    async fn author(&self) -> User {
        User(self.0.author.clone())
    }

    /// When.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// What was said.
    async fn text(&self) -> &str {
        &self.0.text
    }
}
