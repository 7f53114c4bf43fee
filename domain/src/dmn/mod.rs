//! Business rules: decisions of a DMN file, as tables or single expressions (DMN 1.3, sections 7 and 8), in our expression
//! language. [`read`] turns XML into a draft and judges nothing; [`resolve`](read::resolve) makes a [`Decision`] that can be
//! evaluated, or says every problem; [`lint`] finds what is legal and still wrong.
//!
//! ```text
//!  bytes ──read──▶ Draft ──resolve──▶ Decision: what it requires first, itself last ──evaluate──▶ Verdict
//!                    └────lint─────▶ findings      │
//!                                        inputs ─▶ tests of each rule ─▶ hits ─▶ hit policy
//! ```

use crate::access::{Actor, Privilege};
use crate::bpmn::Place;
use crate::expr::{Expr, UnaryTests};
use crate::value::{Name, Value};

pub use error::DecisionError;
pub use evaluate::{Hit, Verdict};
pub use kind::Type;

mod error;
mod evaluate;
mod kind;
pub mod lint;
pub mod read;
mod region;
mod sweep;
mod table;

/// Decisions that one decision takes together, itself counted.
pub const MAX_STEPS: usize = 200;
/// Inputs of one table, and outputs.
pub const MAX_COLUMNS: usize = 100;
/// Decisions in one file.
pub const MAX_DECISIONS: usize = 200;

/// Who reads decisions (G2): those who upload and publish them. What they say shows in the cases that they are asked in.
pub fn may_read(actor: &Actor) -> bool {
    actor.has(Privilege::Designer) || actor.has(Privilege::Manager)
}

/// A decision with everything that it requires. Sees the fields of whoever asks, and the results of what it requires by
/// their names.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The id of the decision element: what it is asked by.
    pub key: Name,
    /// In the order of evaluation; the last is the decision itself.
    steps: Vec<Step>,
}

impl Decision {
    /// What it does itself.
    pub fn logic(&self) -> &Logic {
        // A decision is made with itself as its last step.
        &self.steps[self.steps.len() - 1].logic
    }

    /// The keys of the decisions of its file that it requires, directly or not, in the order of evaluation.
    pub fn required(&self) -> impl Iterator<Item = &Name> {
        let itself = self.steps.len() - 1;
        self.steps[..itself].iter().map(|step| &step.key)
    }
}

/// One decision on the way.
#[derive(Clone, Debug)]
struct Step {
    key: Name,
    /// The names that its result has for those that require it.
    names: Vec<Name>,
    logic: Logic,
}

/// How a decision comes to its result.
#[derive(Clone, Debug)]
pub enum Logic {
    /// By rules.
    Table(Table),
    /// By one expression.
    Expression {
        /// What the result is called.
        name: Name,
        /// Its type.
        kind: Type,
        /// The expression.
        value: Expr,
    },
}

/// A decision table (DMN 1.3, section 8). Every rule has a test for each input and an entry for each output.
#[derive(Clone, Debug)]
pub struct Table {
    /// Which of the rules that hit count.
    pub policy: HitPolicy,
    /// What it looks at.
    pub inputs: Vec<Input>,
    /// What it says; never empty.
    pub outputs: Vec<Output>,
    /// Its rules, in the order of the file.
    pub rules: Vec<Rule>,
}

/// Which of the rules that hit count (DMN 1.3, section 8.2.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HitPolicy {
    /// At most one hits.
    Unique,
    /// The first in the order of the rules.
    First,
    /// Several may hit if they say the same.
    Any,
    /// The one whose outputs come first in the output values.
    Priority,
    /// All, in the order of the rules.
    RuleOrder,
    /// All, in the order of the output values.
    OutputOrder,
    /// All, or one number made of all.
    Collect(Option<Aggregation>),
}

impl HitPolicy {
    /// Whether the result is a list, one entry for each rule that hits.
    pub fn is_list(self) -> bool {
        match self {
            HitPolicy::RuleOrder | HitPolicy::OutputOrder | HitPolicy::Collect(None) => true,
            HitPolicy::Unique
            | HitPolicy::First
            | HitPolicy::Any
            | HitPolicy::Priority
            | HitPolicy::Collect(Some(_)) => false,
        }
    }
}

/// What `COLLECT` makes of all outputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aggregation {
    /// Their sum; without any, null.
    Sum,
    /// The smallest; without any, null.
    Min,
    /// The largest; without any, null.
    Max,
    /// How many; without any, 0.
    Count,
}

/// What a table looks at.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its label, else its expression.
    pub label: Name,
    /// The value that the tests test.
    pub expression: Expr,
    /// The type of the value.
    pub kind: Type,
    /// The values that it may have besides null.
    pub allowed: UnaryTests,
    /// Where.
    pub place: Place,
}

/// What a table says.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name in the result; of an only output without one, that of the decision's variable.
    pub name: Name,
    /// Its label, where it has one.
    pub label: Option<Name>,
    /// Its type.
    pub kind: Type,
    /// The values that it may have, those that go first first; empty where the model does not list them.
    pub values: Vec<Value>,
    /// What it says when no rule hits.
    pub default: Option<Expr>,
    /// Where.
    pub place: Place,
}

/// A rule of a table.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id, where it has one.
    pub id: Option<Name>,
    /// A test for each input.
    pub tests: Vec<UnaryTests>,
    /// An entry for each output; without an expression it is null.
    pub entries: Vec<Option<Expr>>,
    /// What the author wrote beside it.
    pub annotations: Vec<Name>,
    /// Where.
    pub place: Place,
}

#[cfg(test)]
mod tests;
