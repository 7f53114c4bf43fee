//! The contract, code first. Types translate what the domain says; nothing here judges.
//!
//! ```text
//!  session   who asks, loaders, redactions      id, page, error    the wire's small change
//!  query ─┐
//!  mutation ─┼─▶ types/*  ◀── app, store
//!  subscription ─┘
//! ```

use async_graphql::{SDLExportOptions, SchemaBuilder};

use crate::app::App;

mod batch;
pub mod error;
pub mod id;
pub mod loader;
pub mod mutation;
pub mod page;
pub mod query;
pub mod session;
pub mod subscription;
pub mod types;

pub use mutation::Mutation;
pub use query::Query;
pub use subscription::Subscription;

/// The executable schema. Requests carry the [`crate::app::Viewer`] in their data; for subscriptions the session's data
/// will do as well.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// What a document may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Selections nest at most so deep.
    pub depth: usize,
    /// Fields, multiplied by the size of the lists that they are in.
    pub complexity: usize,
    /// Nesting of the document itself, which the parser recurses on.
    pub recursion: usize,
    /// Directives on one field.
    pub directives: usize,
}

/// The schema over an application.
pub fn schema(app: App, limits: Limits) -> Schema {
    builder()
        .data(app)
        .extension(session::Sessions)
        .limit_depth(limits.depth)
        .limit_complexity(limits.complexity)
        .limit_recursive_depth(limits.recursion)
        .limit_directives(limits.directives)
        .disable_suggestions()
        .finish()
}

/// The schema as text, sorted, with descriptions.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by();
    builder().finish().sdl_with_options(options)
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(Query, Mutation::default(), Subscription)
        .register_output_type::<types::Node>()
        .register_output_type::<types::change::Change>()
}

#[cfg(test)]
mod tests;
