//! The contract, code first. Types translate what the domain says; nothing here judges.

use async_graphql::{Object, SDLExportOptions};

use crate::app::App;

/// The executable schema. Requests carry the [`crate::app::Viewer`] in their data.
pub type Schema =
    async_graphql::Schema<Query, async_graphql::EmptyMutation, async_graphql::EmptySubscription>;

/// What a document may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Selections nest at most so deep.
    pub depth: usize,
    /// Fields, weighed by list sizes.
    pub complexity: usize,
    /// Nesting of the document itself, which the parser recurses on.
    pub recursion: usize,
    /// Directives on one field.
    pub directives: usize,
}

/// Where reading begins.
pub struct Query;

#[Object]
impl Query {
    /// Placeholder of the first commit.
    async fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }
}

/// The schema over an application.
pub fn schema(app: App, limits: Limits) -> Schema {
    async_graphql::Schema::build(
        Query,
        async_graphql::EmptyMutation,
        async_graphql::EmptySubscription,
    )
    .data(app)
    .limit_depth(limits.depth)
    .limit_complexity(limits.complexity)
    .limit_recursive_depth(limits.recursion)
    .limit_directives(limits.directives)
    .disable_suggestions()
    .finish()
}

/// The schema as text, sorted, with descriptions.
pub fn sdl() -> String {
    async_graphql::Schema::build(
        Query,
        async_graphql::EmptyMutation,
        async_graphql::EmptySubscription,
    )
    .finish()
    .sdl_with_options(
        SDLExportOptions::new()
            .sorted_fields()
            .sorted_arguments()
            .sorted_enum_items(),
    )
}
