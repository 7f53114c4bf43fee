//! Expressions (stub).

use jiff::Timestamp;

use crate::access::Actor;
use crate::value::{Data, Name, Value};

/// A parsed expression.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    source: Name,
}

/// Why a text is no expression.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message} at position {position}")]
pub struct ExprProblem {
    /// Characters from the start of the source, from 0.
    pub position: u32,
    /// What is wrong.
    pub message: String,
}

/// Why an expression has no value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message} at position {position}")]
pub struct EvalError {
    /// Characters from the start of the source, from 0.
    pub position: u32,
    /// What is wrong; it may quote the source, never data.
    pub message: String,
}

/// What an expression may look at.
#[derive(Clone, Copy, Debug)]
pub struct Env<'a> {
    /// Data, innermost scope first; the first that holds a name wins.
    pub layers: &'a [&'a Data],
    /// Now.
    pub now: Timestamp,
    /// Who asks, for `hasRole` and `inGroup`; without one they are false.
    pub actor: Option<&'a Actor>,
}

impl Expr {
    /// Parses a source of at most 4 KiB.
    pub fn parse(_source: &str) -> Result<Expr, ExprProblem> {
        todo!()
    }

    /// The source as it stood in the model.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The fields that it looks at: the first names of its paths, sorted, each once.
    pub fn fields(&self) -> Vec<Name> {
        todo!()
    }

    /// Its value. Dates, times and durations come out as ISO 8601 text.
    pub fn eval(&self, _env: &Env<'_>) -> Result<Value, EvalError> {
        todo!()
    }

    /// Its truth: an error unless the value is a boolean; null is false.
    pub fn holds(&self, _env: &Env<'_>) -> Result<bool, EvalError> {
        todo!()
    }
}
