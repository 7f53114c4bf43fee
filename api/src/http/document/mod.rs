//! Guards the parser and the validator from documents that cost more than they say. The stock parser recurses on brackets
//! and overflows its stack, and validation visits a fragment once for each spread: so brackets and tokens are counted
//! before the text is parsed, and what the selections expand to before anything validates them. The same function stands
//! before HTTP and sockets; nothing here knows the schema.

use async_graphql::Pos;
use async_graphql::ServerError;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition};
use docket_infra::config::Limits;

mod measure;
mod order;
mod scan;
#[cfg(test)]
mod tests;

pub use order::Order;

/// What one document may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Brackets inside brackets, of any kind.
    pub brackets: usize,
    /// Names, numbers, strings and punctuation.
    pub tokens: usize,
    /// Selections inside selections, fragments spread out.
    pub depth: usize,
    /// Selections of all operations and fragments, fragments spread out.
    pub selections: u64,
    /// Fields of one operation that are given another name, fragments spread out.
    pub aliases: u64,
    /// Fields at the root of one operation, fragments spread out.
    pub root_fields: u64,
    /// Directives, fragments spread out.
    pub directives: u64,
}

/// Names, numbers, strings and punctuation of a document: more than anybody writes, less than what takes long to parse.
const MAX_TOKENS: usize = 10_000;
/// The least depth: GraphiQL asks for the schema with fragments inside fragments.
const MIN_DEPTH: usize = 24;

impl From<&Limits> for Bounds {
    fn from(limits: &Limits) -> Self {
        Bounds {
            brackets: limits.nesting,
            tokens: MAX_TOKENS,
            // A spread counts as a level here and not for the schema.
            depth: (2 * limits.depth).max(MIN_DEPTH),
            selections: limits.selections as u64,
            aliases: limits.aliases as u64,
            root_fields: limits.root_fields as u64,
            directives: limits.directives as u64,
        }
    }
}

/// Why a document is not executed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Brackets nest too deep for the parser.
    #[error("brackets nest deeper than {limit} at line {}, column {}", at.line, at.column)]
    Brackets {
        /// The bound.
        limit: usize,
        /// The first bracket beyond it.
        at: Pos,
    },
    /// The text is too long.
    #[error("the document has more than {limit} tokens at line {}, column {}", at.line, at.column)]
    Tokens {
        /// The bound.
        limit: usize,
        /// The first token beyond it.
        at: Pos,
    },
    /// A string that does not end, or not on its line.
    #[error("the string at line {}, column {} does not end", at.line, at.column)]
    Unterminated {
        /// Where it begins.
        at: Pos,
    },
    /// Not a document.
    #[error("{0}")]
    Syntax(async_graphql::parser::Error),
    /// A fragment that spreads itself, at once or through others.
    #[error("the fragment at line {}, column {} spreads itself", at.line, at.column)]
    Cycle {
        /// The fragment's definition.
        at: Pos,
    },
    /// Selections nest too deep.
    #[error("selections nest deeper than {limit}, with fragments spread out")]
    Depth {
        /// The bound.
        limit: usize,
    },
    /// One of the counted things is there too often.
    #[error("the document has more than {limit} {what}, with fragments spread out")]
    Count {
        /// What was counted.
        what: Counted,
        /// The bound.
        limit: u64,
    },
}

/// What is counted with fragments spread out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// [`Bounds::selections`].
    Selections,
    /// [`Bounds::aliases`].
    Aliases,
    /// [`Bounds::root_fields`].
    RootFields,
    /// [`Bounds::directives`].
    Directives,
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Counted::Selections => "selections",
            Counted::Aliases => "aliases",
            Counted::RootFields => "root fields",
            Counted::Directives => "directives",
        })
    }
}

impl Refusal {
    /// As it goes to the client, with the places that it names.
    pub fn to_error(&self) -> ServerError {
        let mut error = ServerError::new(self.to_string(), None);
        error.locations = match self {
            Refusal::Brackets { at, .. }
            | Refusal::Tokens { at, .. }
            | Refusal::Unterminated { at }
            | Refusal::Cycle { at } => vec![*at],
            Refusal::Syntax(syntax) => syntax.positions().collect(),
            Refusal::Depth { .. } | Refusal::Count { .. } => Vec::new(),
        };
        error
    }
}

/// Parses a document that stays within the bounds. Linear in the length of the text.
pub fn read(text: &str, bounds: &Bounds) -> Result<ExecutableDocument, Refusal> {
    scan::check(text, bounds)?;
    let document = parse_query(text).map_err(Refusal::Syntax)?;
    measure::check(&document, bounds)?;
    Ok(document)
}

/// The operation that would be executed; `None` if the name picks none.
pub fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let chosen = match name {
        Some(name) => operations.find(|(own, _)| own.is_some_and(|own| own.as_str() == name)),
        None if operations.len() == 1 => operations.next(),
        None => None,
    };
    chosen.map(|(_, operation)| &operation.node)
}
