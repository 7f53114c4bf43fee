//! Unary tests: what a cell of a decision table asks of one value (DMN 1.3, section 7.3.3 and grammar rules 7 and 13 to
//! 18 of section 10.3.1.2). They are parsed into the tree that `in` has, over the field [`TESTED`].
//!
//! An expression that mentions `?` must be true; any other must be equal to the value, or a list that holds it.

use crate::time::Calendar;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::function::Function;
use super::parse::{Parsed, Parser, node};
use super::temporal::TemporalKind;
use super::term::Term;
use super::{
    Comparison, Env, EvalError, Expr, ExprProblem, Kind, MAX_SOURCE, Meter, Node, Test, eval, lex,
    problem,
};
use crate::value::Name;

/// The name by which tests see the value.
pub(crate) const TESTED: &str = "?";

/// Steps for a value that stands in the model.
const CONSTANT: u32 = 1_000;

/// What a cell asks of a value.
#[derive(Clone, PartialEq, Debug)]
pub struct UnaryTests {
    /// `None` admits everything.
    expr: Option<Expr>,
}

impl UnaryTests {
    /// Parses the text of a cell, at most 4 KiB. No text and `-` admit everything.
    pub fn parse(source: &str) -> Result<UnaryTests, ExprProblem> {
        let expr = match source.trim() {
            "" | "-" => None,
            source => Some(Expr::of(source, tree(source)?)?),
        };
        Ok(UnaryTests { expr })
    }

    /// The text of the cell.
    pub fn source(&self) -> &str {
        self.expr.as_ref().map_or("-", Expr::source)
    }

    /// Whether it admits everything without looking.
    pub fn is_any(&self) -> bool {
        self.expr.is_none()
    }

    /// The fields that it looks at beside the value that it tests.
    pub fn fields(&self) -> Vec<Name> {
        let mut fields = self.expr.as_ref().map(Expr::fields).unwrap_or_default();
        fields.retain(|field| &**field != TESTED);
        fields
    }

    /// Whether it admits the value that the environment has as `?`. What does not compare is not admitted.
    pub fn admit(&self, env: &Env<'_>, meter: &Meter) -> Result<bool, EvalError> {
        match &self.expr {
            None => Ok(true),
            Some(expr) => expr.holds_within(env, meter),
        }
    }

    /// The names that it compares with as they stand: what a text without quotes looks like.
    pub(crate) fn bare_names(&self) -> Vec<Name> {
        let tests = self.expr.as_ref().map(|expr| tests_of(&expr.parsed.tree));
        let names = tests.unwrap_or_default().iter().filter_map(|test| {
            if let Test::Member(node) = test
                && let Kind::Field(name) = &node.kind
            {
                return Some(name.clone());
            }
            None
        });
        names.collect()
    }

    /// The values that it admits, if the cell alone says which.
    pub(crate) fn shape(&self) -> Option<Shape> {
        let Some(expr) = &self.expr else {
            return Some(Shape {
                negated: true,
                spans: Vec::new(),
            });
        };
        let tree = &expr.parsed.tree;
        let negated = matches!(tree.kind, Kind::Not(_));
        let spans = tests_of(tree)
            .iter()
            .map(span)
            .collect::<Option<Vec<_>>>()?;
        Some(Shape {
            negated,
            spans: spans.into_iter().flatten().collect(),
        })
    }
}

/// The values that tests admit: those of any of the spans, or those of none.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Shape {
    pub negated: bool,
    pub spans: Vec<Span>,
}

/// Values that lie together.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Span {
    One(Point),
    Except(Point),
    Between(Option<End>, Option<End>),
}

/// Where a span ends.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct End {
    pub point: Point,
    pub closed: bool,
}

/// A value that stands in the model.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Point {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Arc<str>),
    Temporal(TemporalKind, i128),
}

fn tree(source: &str) -> Parsed<Node> {
    if source.len() > MAX_SOURCE {
        return Err(problem(0, format!("longer than {MAX_SOURCE} bytes")));
    }
    let chars: Vec<char> = source.chars().collect();
    let (tokens, end) = lex::tokens(&chars, 0, false)?;
    let mut parser = Parser::new(tokens, end);
    parser.unary = true;
    if !parser.is_word(0, "not") || parser.sign(1) != Some("(") {
        return parser.unary_tests();
    }
    // `not(…)` denies a list of tests, or begins an expression such as `not(a) and b`.
    let list = parser.denied_tests();
    parser.next = 0;
    parser.depth = 0;
    list.or_else(|of_list| {
        let whole = parser.unary_tests();
        whole.map_err(|of_whole| match of_list.position > of_whole.position {
            true => of_list,
            false => of_whole,
        })
    })
}

impl Parser {
    fn denied_tests(&mut self) -> Parsed<Node> {
        self.next = 2;
        let tests = self.positive_tests()?;
        self.expect_sign(")")?;
        self.finish()?;
        Ok(node(0, Kind::Not(Box::new(tests))))
    }

    fn unary_tests(&mut self) -> Parsed<Node> {
        let tests = self.positive_tests()?;
        self.finish()?;
        Ok(tests)
    }

    fn positive_tests(&mut self) -> Parsed<Node> {
        let mut tests = vec![self.positive_test()?];
        while self.take_sign(",") {
            tests.push(self.positive_test()?);
        }
        let tested = node(0, Kind::Field(Name::from(TESTED)));
        Ok(node(0, Kind::In(Box::new(tested), tests)))
    }

    fn positive_test(&mut self) -> Parsed<Test> {
        if let Some(test) = self.marked_test()? {
            return Ok(test);
        }
        self.deeper()?;
        self.range_fits = true;
        let parsed = self.choice()?;
        self.range_fits = false;
        self.depth -= 1;
        Ok(match mentions_tested(&parsed) {
            true => Test::Holds(parsed),
            false => Test::Member(parsed),
        })
    }
}

/// The tests in the tree of a cell.
fn tests_of(tree: &Node) -> &[Test] {
    if let Kind::Not(inner) = &tree.kind {
        return tests_of(inner);
    }
    if let Kind::In(_, tests) = &tree.kind {
        return tests;
    }
    &[]
}

/// The depth of what a parser gives is bounded.
fn mentions_tested(node: &Node) -> bool {
    matches!(&node.kind, Kind::Field(name) if &**name == TESTED)
        || node.children().into_iter().any(mentions_tested)
}

fn span(test: &Test) -> Option<Vec<Span>> {
    let end = |node: &Node, closed| point(node).map(|point| End { point, closed });
    Some(match test {
        Test::Compare(comparison, node) => vec![match comparison {
            Comparison::Equal => Span::One(point(node)?),
            Comparison::NotEqual => Span::Except(point(node)?),
            Comparison::Less => Span::Between(None, Some(end(node, false)?)),
            Comparison::LessOrEqual => Span::Between(None, Some(end(node, true)?)),
            Comparison::Greater => Span::Between(Some(end(node, false)?), None),
            Comparison::GreaterOrEqual => Span::Between(Some(end(node, true)?), None),
        }],
        Test::Member(node) => {
            if let Kind::Range(low, high, closed) = &node.kind {
                let (from, to) = (end(low, closed.low)?, end(high, closed.high)?);
                vec![Span::Between(Some(from), Some(to))]
            } else if let Kind::List(nodes) = &node.kind {
                let ones = nodes.iter().map(|node| point(node).map(Span::One));
                ones.collect::<Option<_>>()?
            } else {
                vec![Span::One(point(node)?)]
            }
        }
        Test::Holds(_) => return None,
    })
}

/// The value of a node, if it is always the same.
fn point(node: &Node) -> Option<Point> {
    if !is_constant(node) {
        return None;
    }
    let env = Env {
        layers: &[],
        now: Timestamp::UNIX_EPOCH,
        calendar: &Calendar::default(),
        actor: None,
    };
    match eval::metered(node, &env, &Meter::new(CONSTANT)).ok()? {
        Term::Null => Some(Point::Null),
        Term::Bool(bool) => Some(Point::Bool(bool)),
        Term::Number(number) => Some(Point::Number(number)),
        Term::Text(text) => Some(Point::Text(text)),
        Term::Temporal(temporal) => {
            let (kind, place) = temporal.place()?;
            Some(Point::Temporal(kind, place))
        }
        Term::List(_) | Term::Object(_) => None,
    }
}

fn is_constant(node: &Node) -> bool {
    let varies = matches!(
        &node.kind,
        Kind::Field(_)
            | Kind::Call(
                Function::Now
                    | Function::Today
                    | Function::WorkingDays
                    | Function::AddWorkingDays
                    | Function::IsWorkingDay
                    | Function::HasRole
                    | Function::InGroup,
                _
            )
    );
    !varies && node.children().into_iter().all(is_constant)
}
