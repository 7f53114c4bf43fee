//! Why a decision has no result. An error names the decision and its rules, never the data: it is shown to people who may
//! not see that.

use crate::expr::EvalError;
use crate::value::{MAX_BYTES, Name};

/// Why a decision has no result.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecisionError {
    /// The value of an input is not to be had.
    #[error("the input `{input}` of the decision `{decision}` has no value: {error}")]
    Input {
        /// The decision.
        decision: Name,
        /// Its label.
        input: Name,
        /// Why.
        error: EvalError,
    },
    /// A value is not of the type that its input has.
    #[error("the input `{input}` of the decision `{decision}` is no `{kind}`")]
    Kind {
        /// The decision.
        decision: Name,
        /// Its label.
        input: Name,
        /// The type.
        kind: &'static str,
    },
    /// A value is none of those that its input may have.
    #[error("the input `{input}` of the decision `{decision}` is none of its values")]
    NotAllowed {
        /// The decision.
        decision: Name,
        /// Its label.
        input: Name,
    },
    /// A rule cannot be judged, or says nothing.
    #[error("rule {rule} of the decision `{decision}` fails: {error}")]
    Rule {
        /// The decision.
        decision: Name,
        /// Its number, from 1.
        rule: u32,
        /// Why.
        error: EvalError,
    },
    /// An expression or a default has no value.
    #[error("the decision `{decision}` has no value: {error}")]
    Value {
        /// The decision.
        decision: Name,
        /// Why.
        error: EvalError,
    },
    /// Several rules of a `UNIQUE` table hit.
    #[error("{} of the decision `{decision}` hit, and only one may", numbered(.rules))]
    SeveralHits {
        /// The decision.
        decision: Name,
        /// The rules, from 1.
        rules: Vec<u32>,
    },
    /// Rules of an `ANY` table say different things.
    #[error("{} of the decision `{decision}` hit and say different things", numbered(.rules))]
    Contradiction {
        /// The decision.
        decision: Name,
        /// The rules, from 1.
        rules: Vec<u32>,
    },
    /// What is to be added or compared is no number, or the sum is too large for one.
    #[error("the outputs of the decision `{decision}` make no number")]
    NoNumber {
        /// The decision.
        decision: Name,
    },
    /// No steps are left.
    #[error("the decision `{decision}` takes more steps than are left")]
    TooLong {
        /// The decision.
        decision: Name,
    },
    /// All results together are larger than data may be.
    #[error("with the decision `{decision}` the results are larger than {MAX_BYTES} bytes")]
    TooLarge {
        /// The decision.
        decision: Name,
    },
}

/// Rules in a message; of many the first.
fn numbered(rules: &[u32]) -> String {
    const NAMED: usize = 10;
    let names: Vec<String> = rules.iter().take(NAMED).map(u32::to_string).collect();
    match rules.len() > NAMED {
        true => format!("rules {}, …", names.join(", ")),
        false => format!("rules {}", names.join(" and ")),
    }
}
