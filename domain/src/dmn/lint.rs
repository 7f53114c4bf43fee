//! What is found in a decision before it is published: the problems of reading, and what is legal and still worth a look.
//! A table with nothing wrong has no findings.
//!
//! Inputs are judged as if each could have any value whatever the others have. They may hang together in ways that the
//! model does not say, so what is found in this way is a warning. Cells that depend on data are left out of it. The work is
//! bounded by [`WORK`]: a table that takes more is looked at as far as that goes.

use crate::time::Calendar;
use jiff::Timestamp;

use super::read::{self, Draft};
use super::region::{Bits, Column};
use super::sweep::{Common, Sweep};
use super::{HitPolicy, Input, Logic, Output, Rule, Step, Table, Type};
use crate::bpmn::report::Report;
use crate::bpmn::xml::shorten;
use crate::bpmn::{Place, Problem};
use crate::expr::{Env, Expr, Point, Span};
use crate::value::{Name, Value};

/// Comparisons for one table; each costs a few nanoseconds.
const WORK: usize = 4_000_000;
/// Overlaps and gaps that are named; nobody reads more.
const NAMED: usize = 20;

/// Everything that validation finds in a decision of the file, and what stands in the way of those that it requires. In
/// order of place.
pub fn findings(draft: &Draft, key: &str) -> Vec<Problem> {
    let (decision, mut report) = read::run(draft, key);
    if let Some(decision) = &decision
        && let Some(step) = decision.steps.last()
        && let Logic::Table(table) = &step.logic
    {
        let mut lint = Lint {
            step,
            table,
            names: known(decision.steps.iter()),
            columns: columns(table),
            said: table.rules.iter().map(said).collect(),
            work: WORK,
            report: &mut report,
        };
        lint.run();
    }
    report.into_problems()
}

/// The names that the file itself gives a meaning to.
fn known<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<Name> {
    let mut names = Vec::new();
    for step in steps {
        names.extend(step.names.iter().cloned());
        if let Logic::Table(table) = &step.logic {
            let inputs = table.inputs.iter();
            names.extend(inputs.flat_map(|input| input.expression.fields()));
        }
    }
    names
}

fn columns(table: &Table) -> Vec<Column> {
    let column = |(ix, input): (usize, &Input)| {
        let tests: Vec<_> = table.rules.iter().map(|rule| &rule.tests[ix]).collect();
        Column::new(input.kind, &input.allowed, &tests)
    };
    table.inputs.iter().enumerate().map(column).collect()
}

struct Lint<'a> {
    step: &'a Step,
    table: &'a Table,
    names: Vec<Name>,
    columns: Vec<Column>,
    /// What each rule says, output by output; `None` where data says.
    said: Vec<Vec<Option<Value>>>,
    work: usize,
    report: &'a mut Report,
}

impl Lint<'_> {
    fn run(&mut self) {
        for (rule, number) in self.table.rules.iter().zip(1..) {
            self.cells(rule, number);
            self.entries(rule, number);
        }
        match self.table.policy {
            HitPolicy::Unique | HitPolicy::Any => {
                self.overlaps();
                self.gaps();
            }
            HitPolicy::First => {
                self.masked("unreachable-rule", |earlier, rule| earlier < rule);
                self.gaps();
            }
            HitPolicy::Priority => {
                let ranks = self.ranks();
                self.masked("masked-rule", |other, rule| {
                    ranks[other]
                        .as_ref()
                        .zip(ranks[rule].as_ref())
                        .is_some_and(|(a, b)| (a, other) < (b, rule))
                });
                self.gaps();
            }
            HitPolicy::RuleOrder | HitPolicy::OutputOrder | HitPolicy::Collect(_) => {}
        }
    }

    fn warn(&mut self, place: Place, rule: Option<&Rule>, name: &str, message: String) {
        let element = rule.and_then(|rule| rule.id.as_ref());
        let element = element.unwrap_or(&self.step.key);
        self.report.notice(place, Some(element), name, message);
    }

    /// Takes work off what is left; whether there was so much.
    fn spend(&mut self, work: usize) -> bool {
        let left = self.work.checked_sub(work);
        self.work = left.unwrap_or(0);
        left.is_some()
    }

    fn cells(&mut self, rule: &Rule, number: usize) {
        let table = self.table;
        for (ix, (test, input)) in rule.tests.iter().zip(&table.inputs).enumerate() {
            let mut wrong = test.shape().into_iter().flat_map(|shape| shape.spans);
            if wrong.any(|span| !points(&span).all(|point| input.kind.compares_with(point))) {
                let message = format!(
                    "rule {number} compares `{}`, which is of type `{}`, with `{}`",
                    input.label,
                    input.kind.name(),
                    shorten(test.source())
                );
                self.warn(rule.place, Some(rule), "wrong-type", message);
                continue;
            }
            let unknown = test.bare_names().into_iter().find(|name| {
                matches!(input.kind, Type::Text | Type::Any) && !self.names.contains(name)
            });
            if let Some(name) = unknown {
                let message = format!(
                    "rule {number} compares with the field `{}`: a text stands in quotes",
                    shorten(&name)
                );
                self.warn(rule.place, Some(rule), "unknown-name", message);
            }
            let cell = self.columns[ix].cells[number - 1].as_ref();
            if cell.is_some_and(Bits::is_empty) {
                let message = format!(
                    "rule {number} never hits: `{}` is never `{}`",
                    input.label,
                    shorten(test.source())
                );
                self.warn(rule.place, Some(rule), "never-hits", message);
            }
        }
    }

    fn entries(&mut self, rule: &Rule, number: usize) {
        let table = self.table;
        for (value, output) in self.said[number - 1].clone().iter().zip(&table.outputs) {
            let Some(value) = value.as_ref().filter(|value| **value != Value::Null) else {
                continue;
            };
            if !output.kind.holds(value) {
                let message = format!(
                    "rule {number} says for `{}` what is not of type `{}`",
                    output.name,
                    output.kind.name()
                );
                self.warn(rule.place, Some(rule), "wrong-type", message);
            } else if !output.values.is_empty() && !output.values.contains(value) {
                let message = format!(
                    "rule {number} says for `{}` what is none of its output values",
                    output.name
                );
                self.warn(rule.place, Some(rule), "unknown-output", message);
            }
        }
    }

    /// Rules of a table where only one may hit, or all must say the same.
    fn overlaps(&mut self) {
        let table = self.table;
        let mut named = 0;
        for (later, rule) in table.rules.iter().enumerate() {
            for earlier in 0..later {
                let words: usize = self.columns.iter().map(|column| column.alive.words()).sum();
                if named == NAMED || !self.spend(words + 1) {
                    return;
                }
                let Some(common) = self.common(earlier, later) else {
                    continue;
                };
                let (name, both) = match table.policy == HitPolicy::Any {
                    true if !self.differ(earlier, later) => continue,
                    true => ("contradiction", "say different things"),
                    false => ("overlap", "both hit, and only one may,"),
                };
                named += 1;
                let message = format!(
                    "rules {} and {} {both} {}",
                    earlier + 1,
                    later + 1,
                    self.describe(&common, |column| &column.alive)
                );
                self.warn(rule.place, Some(rule), name, message);
            }
        }
    }

    fn common(&self, one: usize, other: usize) -> Option<Common> {
        let shared = |column: &Column| match (&column.cells[one], &column.cells[other]) {
            (Some(a), Some(b)) if a.meets(b) => Some(a.and(b)),
            _ => None,
        };
        self.columns.iter().map(shared).collect()
    }

    /// Values in words, input by input; inputs that may have any of `all` are left out.
    fn describe(&self, common: &[Bits], all: impl Fn(&Column) -> &Bits) -> String {
        let parts: Vec<String> = self
            .columns
            .iter()
            .zip(&self.table.inputs)
            .zip(common)
            .filter(|((column, _), bits)| !bits.holds(all(column)))
            .map(|((column, input), bits)| {
                format!(
                    "`{}` is {}",
                    input.label,
                    column.describe(&bits.and(&column.alive))
                )
            })
            .collect();
        match parts.is_empty() {
            true => "whatever the inputs are".to_owned(),
            false => format!("when {}", parts.join(" and ")),
        }
    }

    /// Rules for whose every case another goes first.
    fn masked(&mut self, name: &str, goes_first: impl Fn(usize, usize) -> bool) {
        let table = self.table;
        for (ix, rule) in table.rules.iter().enumerate() {
            let told = |other: &usize| self.columns.iter().all(|c| c.cells[*other].is_some());
            let others: Vec<usize> = (0..table.rules.len())
                .filter(|other| goes_first(*other, ix))
                .filter(told)
                .collect();
            if others.is_empty() {
                continue;
            }
            let within: Vec<Bits> = self
                .columns
                .iter()
                .map(|column| column.cells[ix].clone().unwrap_or(column.alive.clone()))
                .collect();
            if within.iter().any(Bits::is_empty) {
                continue;
            }
            let mut sweep = Sweep {
                columns: &self.columns,
                within: &within,
                work: self.work,
                gaps: Vec::new(),
                most: 1,
            };
            sweep.run(&others, &mut Vec::new());
            self.work = sweep.work;
            if self.work == 0 {
                return;
            }
            if sweep.gaps.is_empty() {
                let number = ix + 1;
                let message = format!("rule {number} is never what counts: others go first");
                self.warn(rule.place, Some(rule), name, message);
            }
        }
    }

    /// Cases without a rule, in a table that is to say one thing and has no default.
    fn gaps(&mut self) {
        let table = self.table;
        let has_default = table.outputs.iter().any(|output| output.default.is_some());
        if has_default || table.rules.is_empty() || table.inputs.is_empty() {
            return;
        }
        let within: Vec<Bits> = self
            .columns
            .iter()
            .map(|column| column.expected.clone())
            .collect();
        let mut sweep = Sweep {
            columns: &self.columns,
            within: &within,
            work: self.work,
            gaps: Vec::new(),
            most: NAMED,
        };
        let all: Vec<usize> = (0..table.rules.len()).collect();
        sweep.run(&all, &mut Vec::new());
        self.work = sweep.work;
        for gap in sweep.gaps {
            let message = format!(
                "no rule hits {}",
                self.describe(&gap, |column| &column.expected)
            );
            let place = table.inputs[0].place;
            self.warn(place, None, "gap", message);
        }
    }

    /// How the outputs of each rule rank; `None` if data says.
    fn ranks(&self) -> Vec<Option<Vec<usize>>> {
        let rank = |said: &Vec<Option<Value>>| {
            let outputs = said.iter().zip(&self.table.outputs);
            let place = |(value, output): (&Option<Value>, &Output)| {
                let value = value.as_ref()?;
                let place = output.values.iter().position(|listed| listed == value);
                Some(place.unwrap_or(output.values.len()))
            };
            outputs.map(place).collect()
        };
        self.said.iter().map(rank).collect()
    }

    /// Whether two rules are known to say different things.
    fn differ(&self, one: usize, other: usize) -> bool {
        let outputs = self.said[one].iter().zip(&self.said[other]);
        outputs
            .into_iter()
            .any(|(a, b)| a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a != b))
    }
}

fn points(span: &Span) -> impl Iterator<Item = &Point> {
    let (one, two) = match span {
        Span::One(point) | Span::Except(point) => (Some(point), None),
        Span::Between(low, high) => (
            low.as_ref().map(|end| &end.point),
            high.as_ref().map(|end| &end.point),
        ),
    };
    one.into_iter().chain(two)
}

fn said(rule: &Rule) -> Vec<Option<Value>> {
    let said = |entry: &Option<Expr>| entry.as_ref().map_or(Some(Value::Null), constant);
    rule.entries.iter().map(said).collect()
}

/// The value of an expression that looks at nothing.
fn constant(expr: &Expr) -> Option<Value> {
    let env = Env {
        layers: &[],
        now: Timestamp::UNIX_EPOCH,
        calendar: &Calendar::default(),
        actor: None,
    };
    if !expr.fields().is_empty() {
        return None;
    }
    expr.eval(&env).ok()
}
