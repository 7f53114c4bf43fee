//! Conditions, mappings, assignments and access rules: one small language, total and bounded. It is a subset of FEEL
//! with FEEL's names and null rules; the spellings found in BPMN files (`${…}`, `==`, `&&`, `x.contains("a")`, …) give
//! the same tree. There are no user functions, no recursion and no I/O, and time comes from [`Env`].
//!
//! ```text
//!  source ── lex ──▶ tokens ── parse, operand ──▶ Node ── eval ──▶ Term ──▶ Value
//!                                                         arithmetic, function, pattern, temporal
//! ```

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::access::Actor;
use crate::time::Calendar;
use crate::value::{Data, Name, Value};

use function::Function;
use pattern::Pattern;

mod arithmetic;
mod eval;
mod function;
mod lex;
mod operand;
mod outlook;
mod parse;
mod pattern;
mod temporal;
mod term;
mod unary;

pub(crate) use temporal::TemporalKind;
pub use unary::UnaryTests;
pub(crate) use unary::{End, Point, Shape, Span, TESTED};

/// A source has at most this many bytes.
pub const MAX_SOURCE: usize = 4 * 1024;
/// A tree nests at most this deep.
pub const MAX_NESTING: usize = 64;
/// An evaluation takes at most this many steps: one per visited node, per member of a list that is walked, and per
/// 64 bytes of text that is read.
pub const MAX_STEPS: u32 = 100_000;
/// A text that an expression makes has at most this many bytes.
pub const MAX_TEXT: usize = 64 * 1024;
/// A list that an expression makes, or a range that it walks, has at most this many members.
pub const MAX_LIST: usize = 10_000;

/// A parsed expression. Cheap to clone. Two are equal if their trees are, however they are spelled.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    parsed: Arc<Parsed>,
}

#[derive(Debug)]
struct Parsed {
    source: Name,
    tree: Node,
    fields: Vec<Name>,
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
    /// The tenant's: the zone that now and today are in and that dates and times without one are meant in, and its days of
    /// work.
    pub calendar: &'a Calendar,
    /// Who asks, for `hasRole` and `inGroup`; without one they are false.
    pub actor: Option<&'a Actor>,
}

/// Steps that several evaluations share. What would take more fails, as every evaluation after it does.
#[derive(Clone, Debug)]
pub struct Meter {
    left: Cell<u32>,
    over: Cell<bool>,
}

impl Meter {
    /// A meter with so many steps.
    pub fn new(steps: u32) -> Meter {
        Meter {
            left: Cell::new(steps),
            over: Cell::new(false),
        }
    }

    /// Whether an evaluation has failed for want of steps since this was last asked.
    pub fn take_over(&self) -> bool {
        self.over.take()
    }

    /// Takes steps off; whether there were so many. If not, none are left.
    pub fn spend(&self, steps: u32) -> bool {
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }
}

impl Expr {
    /// Parses a source of at most 4 KiB.
    pub fn parse(source: &str) -> Result<Expr, ExprProblem> {
        Expr::of(source, parse::tree(source)?)
    }

    fn of(source: &str, tree: Node) -> Result<Expr, ExprProblem> {
        let mut fields = BTreeSet::new();
        tree.survey(1, &mut fields)?;
        Ok(Expr {
            parsed: Arc::new(Parsed {
                source: Name::from(source),
                tree,
                fields: fields.into_iter().collect(),
            }),
        })
    }

    /// The source as it stood in the model.
    pub fn source(&self) -> &str {
        &self.parsed.source
    }

    /// The fields that it looks at: the first names of its paths, sorted, each once.
    pub fn fields(&self) -> Vec<Name> {
        self.parsed.fields.clone()
    }

    /// Its value. Dates, times and durations come out as ISO 8601 text. A name that no layer holds is null, as is
    /// whatever does not fit its operator; what lies outside the bounds is an error.
    pub fn eval(&self, env: &Env<'_>) -> Result<Value, EvalError> {
        self.eval_within(env, &Meter::new(MAX_STEPS))
    }

    /// Its value, as [`Expr::eval`] gives it; its steps are taken off those that a meter has left.
    pub fn eval_within(&self, env: &Env<'_>, meter: &Meter) -> Result<Value, EvalError> {
        eval::value(&self.parsed.tree, env, meter)
    }

    /// Its truth: an error unless the value is a boolean; null is false.
    pub fn holds(&self, env: &Env<'_>) -> Result<bool, EvalError> {
        self.holds_within(env, &Meter::new(MAX_STEPS))
    }

    /// Its truth, as [`Expr::holds`] gives it; its steps are taken off those that a meter has left.
    pub fn holds_within(&self, env: &Env<'_>, meter: &Meter) -> Result<bool, EvalError> {
        eval::truth(&self.parsed.tree, env, meter)
    }
}

impl PartialEq for Parsed {
    fn eq(&self, other: &Parsed) -> bool {
        self.tree == other.tree
    }
}

/// A piece of the tree and where it stands in the source.
#[derive(Clone, Debug)]
struct Node {
    at: u32,
    kind: Kind,
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.kind == other.kind
    }
}

/// What a node does. Chains of one operator are flat, so that their length is no depth.
#[derive(Clone, PartialEq, Debug)]
enum Kind {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Arc<str>),
    /// `@"2026-01-31"`.
    Temporal(temporal::Temporal),
    /// The first name of a path.
    Field(Name),
    /// A name bound by `some`, `every` or an earlier entry of a context; its place among those bound.
    Local(usize),
    Member(Box<Node>, Vec<Name>),
    Index(Box<Node>, Box<Node>),
    List(Vec<Node>),
    Context(Vec<(Name, Node)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// A chain of operators of one precedence, from the left.
    Arith(Box<Node>, Vec<(Arithmetic, Node)>),
    If(Box<Node>, Box<Node>, Box<Node>),
    In(Box<Node>, Vec<Test>),
    /// Stands only in a [`Test`] or as what a [`Kind::Quantified`] walks.
    Range(Box<Node>, Box<Node>, Closed),
    Quantified(Quantifier, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
    /// `matches` with a literal pattern.
    Matches(Box<Node>, Arc<Pattern>),
    /// Text with values in it.
    Template(Vec<Node>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Quantifier {
    Some,
    Every,
}

/// Which ends belong to a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Closed {
    low: bool,
    high: bool,
}

/// One of the things that `in` tries.
#[derive(Clone, PartialEq, Debug)]
enum Test {
    Compare(Comparison, Node),
    Member(Node),
    /// A condition that mentions what is tested by itself.
    Holds(Node),
}

impl Node {
    /// Collects the fields, and refuses a tree deeper than [`MAX_NESTING`], so that walking it is safe ever after.
    fn survey(&self, depth: usize, fields: &mut BTreeSet<Name>) -> Result<(), ExprProblem> {
        if depth > MAX_NESTING {
            return Err(too_deep(self.at));
        }
        if let Kind::Field(name) = &self.kind {
            fields.insert(name.clone());
        }
        self.children()
            .into_iter()
            .try_for_each(|child| child.survey(depth + 1, fields))
    }

    fn children(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Null
            | Kind::Bool(_)
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::Temporal(_)
            | Kind::Field(_)
            | Kind::Local(_) => Vec::new(),
            Kind::Member(node, _)
            | Kind::Not(node)
            | Kind::Negate(node)
            | Kind::Matches(node, _) => vec![node],
            Kind::Index(a, b)
            | Kind::Compare(_, a, b)
            | Kind::Range(a, b, _)
            | Kind::Quantified(_, a, b) => vec![a, b],
            Kind::If(condition, then, otherwise) => vec![condition, then, otherwise],
            Kind::List(nodes)
            | Kind::All(nodes)
            | Kind::Any(nodes)
            | Kind::Call(_, nodes)
            | Kind::Template(nodes) => nodes.iter().collect(),
            Kind::Context(entries) => entries.iter().map(|(_, node)| node).collect(),
            Kind::Arith(first, rest) => std::iter::once(&**first)
                .chain(rest.iter().map(|(_, node)| node))
                .collect(),
            Kind::In(node, tests) => std::iter::once(&**node)
                .chain(tests.iter().map(|test| match test {
                    Test::Compare(_, node) | Test::Member(node) | Test::Holds(node) => node,
                }))
                .collect(),
        }
    }
}

fn problem(at: u32, message: impl Into<String>) -> ExprProblem {
    ExprProblem {
        position: at,
        message: message.into(),
    }
}

fn too_deep(at: u32) -> ExprProblem {
    problem(at, format!("nested deeper than {MAX_NESTING}"))
}

fn failure(at: u32, message: impl Into<String>) -> EvalError {
    EvalError {
        position: at,
        message: message.into(),
    }
}

#[cfg(test)]
mod tests;
