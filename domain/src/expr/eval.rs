//! Tree to value. Total: depth is bounded by the tree, time by [`MAX_STEPS`], memory by [`MAX_TEXT`] and [`MAX_LIST`].
//! Logic has three values: what does not fit is null, null is neither true nor false, and only `holds` makes it false.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::arithmetic::{add, divide, multiply, negated, power, subtract};
use super::function::{joined, matches_pattern, place, text};
use super::temporal::PARTS;
use super::term::{List, Object, Term};
use super::{
    Arithmetic, Closed, Comparison, Env, EvalError, Kind, MAX_LIST, MAX_STEPS, Meter, Node,
    Quantifier, Test, failure,
};
use crate::value::{Name, Value};

/// What a node gives.
pub(super) type Computed<'e> = Result<Term<'e>, EvalError>;

/// The value of a tree, for steps that are left.
pub(super) fn value(tree: &Node, env: &Env<'_>, meter: &Meter) -> Result<Value, EvalError> {
    metered(tree, env, meter)?.into_value(tree.at)
}

/// The truth of a tree, for steps that are left.
pub(super) fn truth(tree: &Node, env: &Env<'_>, meter: &Meter) -> Result<bool, EvalError> {
    match metered(tree, env, meter)? {
        Term::Bool(bool) => Ok(bool),
        Term::Null => Ok(false),
        term => Err(failure(
            tree.at,
            format!("expected a boolean, found {}", term.kind()),
        )),
    }
}

fn too_long(at: u32) -> EvalError {
    failure(at, format!("more than {MAX_STEPS} steps, or than are left"))
}

/// What a tree gives, for steps that are left.
pub(super) fn metered<'e>(tree: &Node, env: &'e Env<'e>, meter: &Meter) -> Computed<'e> {
    let left = &meter.left;
    let most = left.get().min(MAX_STEPS);
    let mut run = Run::new(env, most);
    let computed = run.term(tree);
    left.set(left.get() - (most - run.left));
    meter.over.set(meter.over.get() || run.over);
    computed
}

/// One evaluation.
pub(super) struct Run<'e> {
    pub(super) env: &'e Env<'e>,
    /// What names bound in the expression stand for, innermost last.
    locals: Vec<Term<'e>>,
    left: u32,
    /// Whether something would have taken more.
    over: bool,
}

impl<'e> Run<'e> {
    fn new(env: &'e Env<'e>, left: u32) -> Run<'e> {
        Run {
            env,
            locals: Vec::new(),
            left,
            over: false,
        }
    }

    /// Takes steps off the budget.
    pub(super) fn spend(&mut self, at: u32, steps: usize) -> Result<(), EvalError> {
        let left = u32::try_from(steps)
            .ok()
            .and_then(|steps| self.left.checked_sub(steps));
        self.over |= left.is_none();
        self.left = left.ok_or_else(|| too_long(at))?;
        Ok(())
    }

    /// Takes the steps that reading so much text costs off the budget.
    pub(super) fn read(&mut self, at: u32, bytes: usize) -> Result<(), EvalError> {
        self.spend(at, bytes / 64)
    }

    pub(super) fn equals(
        &mut self,
        at: u32,
        a: &Term<'e>,
        b: &Term<'e>,
    ) -> Result<Option<bool>, EvalError> {
        let zone = self.env.calendar.zone();
        let equal = a.equals(b, zone, &mut self.left);
        if self.left == 0 {
            return Err(too_long(at));
        }
        Ok(equal)
    }

    fn term(&mut self, node: &Node) -> Computed<'e> {
        self.spend(node.at, 1)?;
        let at = node.at;
        match &node.kind {
            Kind::Null => Ok(Term::Null),
            Kind::Bool(bool) => Ok(Term::Bool(*bool)),
            Kind::Number(number) => Ok(Term::Number(*number)),
            Kind::Text(text) => Ok(Term::Text(text.clone())),
            Kind::Temporal(temporal) => Ok(Term::Temporal(temporal.clone())),
            Kind::Field(name) => Ok(self.field(name)),
            Kind::Local(place) => Ok(self.locals.get(*place).cloned().unwrap_or(Term::Null)),
            Kind::Member(base, names) => self.path(base, names),
            Kind::Index(base, index) => self.index(base, index),
            Kind::List(nodes) => Ok(Term::list(self.terms(nodes)?)),
            Kind::Context(entries) => self.context(entries),
            Kind::Not(operand) => Ok(Term::truth(self.term(operand)?.as_bool().map(|b| !b))),
            Kind::Negate(operand) => Ok(negated(&self.term(operand)?)),
            Kind::All(nodes) => self.decided_by(nodes, false),
            Kind::Any(nodes) => self.decided_by(nodes, true),
            Kind::Compare(comparison, a, b) => {
                let (a, b) = (self.term(a)?, self.term(b)?);
                Ok(Term::truth(self.compare(at, *comparison, &a, &b)?))
            }
            Kind::Arith(first, rest) => self.chain(first, rest),
            Kind::If(condition, then, otherwise) => {
                match self.term(condition)?.as_bool() {
                    Some(true) => self.term(then),
                    // FEEL: what is not true takes the other way.
                    Some(false) | None => self.term(otherwise),
                }
            }
            Kind::In(operand, tests) => self.tried(operand, tests),
            Kind::Range(..) => Err(failure(at, "a range stands only after `in`")),
            Kind::Quantified(quantifier, over, test) => self.quantified(*quantifier, over, test),
            Kind::Call(function, arguments) => {
                let arguments = self.terms(arguments)?;
                function.call(self, at, &arguments)
            }
            Kind::Matches(text, pattern) => {
                let text = self.term(text)?;
                matches_pattern(self, at, &text, pattern)
            }
            Kind::Template(pieces) => self.template(at, pieces),
        }
    }

    fn terms(&mut self, nodes: &[Node]) -> Result<Vec<Term<'e>>, EvalError> {
        nodes.iter().map(|node| self.term(node)).collect()
    }

    fn field(&self, name: &str) -> Term<'e> {
        let mut found = self.env.layers.iter().filter_map(|layer| layer.get(name));
        found.next().map_or(Term::Null, Term::of)
    }

    fn path(&mut self, base: &Node, names: &[Name]) -> Computed<'e> {
        let mut term = self.term(base)?;
        for name in names {
            term = self.member(base.at, term, name)?;
        }
        Ok(term)
    }

    /// A member of an object, a part of a date or duration, or of each member of a list.
    fn member(&mut self, at: u32, term: Term<'e>, name: &Name) -> Computed<'e> {
        Ok(match &term {
            Term::Object(object) => object.member(name),
            Term::Temporal(_) | Term::Text(_) if PARTS.contains(&&**name) => term
                .as_temporal()
                .and_then(|temporal| temporal.part(name))
                .map_or(Term::Null, |part| Term::Number(Decimal::from(part))),
            Term::List(list) => {
                self.spend(at, list.len())?;
                within_list(at, list.len())?;
                let members = list.iter().map(|term| match term {
                    Term::Object(object) => object.member(name),
                    Term::Null
                    | Term::Bool(_)
                    | Term::Number(_)
                    | Term::Text(_)
                    | Term::Temporal(_)
                    | Term::List(_) => Term::Null,
                });
                Term::list(members.collect())
            }
            Term::Null | Term::Bool(_) | Term::Number(_) | Term::Text(_) | Term::Temporal(_) => {
                Term::Null
            }
        })
    }

    fn index(&mut self, base: &Node, index: &Node) -> Computed<'e> {
        let base = self.term(base)?;
        let index = self.term(index)?;
        if let (Term::Object(object), Term::Text(name)) = (&base, &index) {
            return Ok(object.member(name));
        }
        let Some(index) = index.as_integer() else {
            return Ok(Term::Null);
        };
        if base.is_null() {
            return Ok(Term::Null);
        }
        let list = base.members();
        Ok(place(index, || list.len()).map_or(Term::Null, |place| list.at(place)))
    }

    fn context(&mut self, entries: &[(Name, Node)]) -> Computed<'e> {
        let outside = self.locals.len();
        let mut members = BTreeMap::new();
        for (name, node) in entries {
            let term = self.term(node)?;
            self.locals.push(term.clone());
            members.insert(name.clone(), term);
        }
        self.locals.truncate(outside);
        Ok(Term::Object(Object::Made(Rc::new(members))))
    }

    /// `and` is decided by the first false, `or` by the first true; else null if anything was no boolean.
    fn decided_by(&mut self, nodes: &[Node], decisive: bool) -> Computed<'e> {
        let mut unknown = false;
        for node in nodes {
            match self.term(node)?.as_bool() {
                Some(bool) if bool == decisive => return Ok(Term::Bool(decisive)),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok(Term::truth((!unknown).then_some(!decisive)))
    }

    fn compare(
        &mut self,
        at: u32,
        comparison: Comparison,
        a: &Term<'e>,
        b: &Term<'e>,
    ) -> Result<Option<bool>, EvalError> {
        let zone = self.env.calendar.zone();
        Ok(match comparison {
            Comparison::Equal => self.equals(at, a, b)?,
            Comparison::NotEqual => self.equals(at, a, b)?.map(|equal| !equal),
            Comparison::Less => a.order(b, zone).map(Ordering::is_lt),
            Comparison::LessOrEqual => a.order(b, zone).map(Ordering::is_le),
            Comparison::Greater => a.order(b, zone).map(Ordering::is_gt),
            Comparison::GreaterOrEqual => a.order(b, zone).map(Ordering::is_ge),
        })
    }

    fn tried(&mut self, operand: &Node, tests: &[Test]) -> Computed<'e> {
        let operand = self.term(operand)?;
        let mut unknown = false;
        for test in tests {
            match self.passes(&operand, test)? {
                Some(true) => return Ok(Term::Bool(true)),
                Some(false) => {}
                None => unknown = true,
            }
        }
        Ok(Term::truth((!unknown).then_some(false)))
    }

    fn passes(&mut self, operand: &Term<'e>, test: &Test) -> Result<Option<bool>, EvalError> {
        match test {
            Test::Compare(comparison, node) => {
                let other = self.term(node)?;
                self.compare(node.at, *comparison, operand, &other)
            }
            Test::Member(node) => {
                if let Kind::Range(low, high, closed) = &node.kind {
                    let (low, high) = (self.term(low)?, self.term(high)?);
                    let zone = self.env.calendar.zone();
                    return Ok(within(operand, (&low, &high), *closed, zone));
                }
                let other = self.term(node)?;
                let Term::List(list) = &other else {
                    return self.equals(node.at, operand, &other);
                };
                for term in list.iter() {
                    if self.equals(node.at, operand, &term)? == Some(true) {
                        return Ok(Some(true));
                    }
                }
                Ok(Some(false))
            }
            Test::Holds(node) => Ok(self.term(node)?.as_bool()),
        }
    }

    fn quantified(&mut self, quantifier: Quantifier, over: &Node, test: &Node) -> Computed<'e> {
        let decisive = quantifier == Quantifier::Some;
        let Some(domain) = self.domain(over)? else {
            return Ok(Term::Null);
        };
        let mut unknown = false;
        for index in 0..domain.len() {
            self.locals.push(domain.at(index));
            let tested = self.term(test)?.as_bool();
            self.locals.pop();
            match tested {
                Some(bool) if bool == decisive => return Ok(Term::Bool(decisive)),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok(Term::truth((!unknown).then_some(!decisive)))
    }

    fn domain(&mut self, over: &Node) -> Result<Option<Domain<'e>>, EvalError> {
        let Kind::Range(low, high, closed) = &over.kind else {
            let term = self.term(over)?;
            return Ok((!term.is_null()).then(|| Domain::List(term.members())));
        };
        let (low, high) = (self.term(low)?, self.term(high)?);
        let (Some(low), Some(high)) = (low.as_integer(), high.as_integer()) else {
            return Ok(None);
        };
        let low = i128::from(low) + i128::from(!closed.low);
        let high = i128::from(high) - i128::from(!closed.high);
        let count = usize::try_from((high - low + 1).max(0)).unwrap_or(usize::MAX);
        within_list(over.at, count)?;
        Ok(Some(Domain::Range(low, count)))
    }

    fn chain(&mut self, first: &Node, rest: &[(Arithmetic, Node)]) -> Computed<'e> {
        let mut total = self.term(first)?;
        for (arithmetic, node) in rest {
            let next = self.term(node)?;
            total = match arithmetic {
                Arithmetic::Add => add(self, node.at, &total, &next)?,
                Arithmetic::Subtract => subtract(self, node.at, &total, &next)?,
                Arithmetic::Multiply => multiply(node.at, &total, &next)?,
                Arithmetic::Divide => divide(node.at, &total, &next)?,
                Arithmetic::Power => power(node.at, &total, &next)?,
            };
        }
        Ok(total)
    }

    fn template(&mut self, at: u32, pieces: &[Node]) -> Computed<'e> {
        let mut texts: Vec<Arc<str>> = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let term = self.term(piece)?;
            texts.extend(text(piece.at, &term)?);
        }
        joined(self, at, &texts)
    }
}

/// What a quantifier walks; a range is never made into a list.
enum Domain<'e> {
    List(List<'e>),
    Range(i128, usize),
}

impl<'e> Domain<'e> {
    fn len(&self) -> usize {
        match self {
            Domain::List(list) => list.len(),
            Domain::Range(_, count) => *count,
        }
    }

    fn at(&self, index: usize) -> Term<'e> {
        match self {
            Domain::List(list) => list.at(index),
            Domain::Range(low, _) => i128::try_from(index)
                .ok()
                .and_then(|index| Decimal::try_from_i128_with_scale(low + index, 0).ok())
                .map_or(Term::Null, Term::Number),
        }
    }
}

fn within_list(at: u32, count: usize) -> Result<(), EvalError> {
    if count > MAX_LIST {
        return Err(failure(at, format!("more than {MAX_LIST} members")));
    }
    Ok(())
}

fn within(
    operand: &Term<'_>,
    (low, high): (&Term<'_>, &Term<'_>),
    closed: Closed,
    zone: &TimeZone,
) -> Option<bool> {
    let above = operand
        .order(low, zone)
        .map(|order| order.is_gt() || (closed.low && order.is_eq()));
    let below = operand
        .order(high, zone)
        .map(|order| order.is_lt() || (closed.high && order.is_eq()));
    match (above, below) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        (None, Some(true)) | (Some(true), None) | (None, None) => None,
    }
}
