//! The contract, code first. Types translate what the domain says; nothing here judges.
//!
//! ```text
//!  session   who asks, loaders, redactions      id, page, error    the wire's small change
//!  query ─┐
//!  mutation ─┼─▶ types/*  ◀── app, store
//!  subscription ─┘
//! ```

use async_graphql::futures_util::Stream;
use async_graphql::{Request, Response, SDLExportOptions, SchemaBuilder};

use crate::app::{App, Viewer};

mod batch;
pub mod error;
pub mod id;
pub mod loader;
pub mod mutation;
pub mod page;
pub mod query;
pub mod session;
pub mod snapshot;
pub mod subscription;
pub mod types;

pub use mutation::Mutation;
pub use query::Query;
pub use subscription::Subscription;

type Executable = async_graphql::Schema<Query, Mutation, Subscription>;

/// The executable schema. Cheap to clone.
#[derive(Clone)]
pub struct Schema {
    app: App,
    once: Executable,
    live: Executable,
}

impl Schema {
    /// Executes a query or a mutation.
    pub async fn execute(&self, request: Request, viewer: Viewer) -> Response {
        session::execute(&self.once, &self.app, viewer, request).await
    }

    /// Executes a subscription: a response for each message.
    pub fn execute_stream(
        &self,
        request: Request,
        viewer: Viewer,
    ) -> impl Stream<Item = Response> + Send + 'static {
        self.live.execute_stream(request.data(viewer))
    }
}

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
    let limited = |builder: SchemaBuilder<Query, Mutation, Subscription>| {
        builder
            .data(app.clone())
            .limit_depth(limits.depth)
            .limit_complexity(limits.complexity)
            .limit_recursive_depth(limits.recursion)
            .limit_directives(limits.directives)
            .disable_suggestions()
            .finish()
    };
    Schema {
        once: limited(builder()),
        live: limited(builder().extension(session::Sessions)),
        app,
    }
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
