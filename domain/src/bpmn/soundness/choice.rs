//! Which choices go together. Two gateways that look at the same fields are not free of each other: what holds at the first
//! holds at the second. Values are tried that stand in the conditions; what cannot be tried so is a riddle that is true or
//! false as a whole.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::bpmn::{ElementIx, Kind, Process};
use crate::expr::{Env, Expr, Meter};
use crate::time::Calendar;
use crate::value::{Data, Name, Value};

/// Values that are tried for a field.
const VALUES: usize = 16;
/// Ways to fill the fields of one question.
const FILLINGS: usize = 512;
/// Steps of evaluation for all questions of a model, and what filling the fields once counts.
const STEPS: u32 = 200_000;
const FILLING: u32 = 10;

/// What was chosen where, and whether that can be.
pub(super) struct Choices<'a> {
    process: &'a Process,
    /// Fields that more than one choice looks at.
    shared: BTreeSet<Name>,
    known: RefCell<HashMap<Vec<(ElementIx, u64)>, bool>>,
    meter: Meter,
    calendar: Calendar,
}

impl<'a> Choices<'a> {
    pub fn new(process: &'a Process) -> Choices<'a> {
        let mut readers: BTreeMap<Name, usize> = BTreeMap::new();
        for element in &process.elements {
            let mut read: BTreeSet<Name> = BTreeSet::new();
            let mut conditions = 0;
            for condition in conditions_of(process, element.outgoing.as_slice()) {
                read.extend(condition.fields());
                conditions += 1;
            }
            // Of an inclusive gateway, each condition is a choice of its own.
            let alone = conditions < 2 || matches!(element.kind, Kind::Exclusive);
            for field in read {
                *readers.entry(field).or_default() += if alone { 1 } else { 2 };
            }
        }
        let shared = readers.into_iter().filter(|(_, times)| *times > 1);
        Choices {
            process,
            shared: shared.map(|(field, _)| field).collect(),
            known: RefCell::default(),
            meter: Meter::new(STEPS),
            calendar: Calendar::default(),
        }
    }

    /// Whether what is chosen at an element is worth remembering.
    pub fn matters(&self, element: ElementIx) -> bool {
        let outgoing = self.process.element(element).outgoing.as_slice();
        conditions_of(self.process, outgoing).any(|condition| self.looks_at_shared(condition))
    }

    fn looks_at_shared(&self, condition: &Expr) -> bool {
        let fields = condition.fields();
        fields.iter().any(|field| self.shared.contains(field))
    }

    /// Whether there is data with which everything was chosen as it was, as far as it has to do with the choice at an element.
    pub fn go_together(&self, element: ElementIx, chosen: &[(ElementIx, u64)]) -> bool {
        let related = self.related(element, chosen);
        if let Some(known) = self.known.borrow().get(&related) {
            return *known;
        }
        let wanted = self.wanted(&related);
        let holds = wanted.is_some_and(|wanted| self.can(&wanted, related.len() > 1));
        self.known.borrow_mut().insert(related, holds);
        holds
    }

    /// The choices that look at the same fields as one of them does, directly or through others.
    fn related(&self, element: ElementIx, chosen: &[(ElementIx, u64)]) -> Vec<(ElementIx, u64)> {
        let fields_of = |ix: ElementIx| -> BTreeSet<Name> {
            let outgoing = self.process.element(ix).outgoing.as_slice();
            let conditions = conditions_of(self.process, outgoing);
            conditions.flat_map(Expr::fields).collect()
        };
        let mut fields = fields_of(element);
        let mut related = Vec::new();
        let mut left: Vec<((ElementIx, u64), BTreeSet<Name>)> = chosen
            .iter()
            .map(|choice| (*choice, fields_of(choice.0)))
            .collect();
        loop {
            let (near, far): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|(_, theirs)| !theirs.is_disjoint(&fields));
            if near.is_empty() {
                related.sort_unstable();
                return related;
            }
            for (choice, theirs) in near {
                related.push(choice);
                fields.extend(theirs);
            }
            left = far;
        }
    }

    /// The conditions that were looked at, and what each was; nothing if one was both.
    fn wanted(&self, chosen: &[(ElementIx, u64)]) -> Option<Vec<(&'a Expr, bool)>> {
        let mut wanted: Vec<(&'a Expr, bool)> = Vec::new();
        for (ix, open) in chosen {
            let element = self.process.element(*ix);
            for (number, flow) in element.outgoing.iter().enumerate() {
                let bit = 1u64.checked_shl(number as u32).unwrap_or(0);
                let held = open & bit != 0;
                if element.default != Some(*flow)
                    && let Some(condition) = &self.process.flow(*flow).condition
                {
                    match wanted.iter().find(|(known, _)| *known == condition) {
                        Some((_, truth)) if *truth != held => return None,
                        Some(_) => {}
                        None => wanted.push((condition, held)),
                    }
                }
                // An exclusive gateway looks no further.
                if held && matches!(element.kind, Kind::Exclusive) {
                    break;
                }
            }
        }
        Some(wanted)
    }

    /// Tries to fill the fields so that all conditions are what they were. Of several choices that ask more than can be tried,
    /// it is not known whether they go together: they do not, so that nothing is said that may be wrong.
    fn can(&self, wanted: &[(&Expr, bool)], several: bool) -> bool {
        let conditions = wanted.iter().map(|(condition, _)| *condition);
        let Some(fillings) = Fillings::of(conditions) else {
            return !several;
        };
        // A condition that no filling makes both true and false says nothing that could be tried.
        let mut tried: Vec<(&Expr, bool)> = wanted.to_vec();
        tried.retain(|(condition, _)| {
            let alone = Fillings::of([*condition].into_iter());
            let mut truths = BTreeSet::new();
            for data in alone.iter().flat_map(Fillings::all) {
                truths.extend(self.truth(condition, &data));
            }
            truths.len() == 2
        });
        let cost = u32::try_from(fillings.count()).unwrap_or(u32::MAX);
        if !self.meter.spend(cost.saturating_mul(FILLING)) {
            return !several;
        }
        fillings.all().any(|data| {
            tried
                .iter()
                .all(|(condition, truth)| self.truth(condition, &data) == Some(*truth))
        })
    }

    fn truth(&self, condition: &Expr, data: &Data) -> Option<bool> {
        let env = Env {
            layers: &[data],
            now: Timestamp::UNIX_EPOCH,
            calendar: &self.calendar,
            actor: None,
        };
        condition.holds_within(&env, &self.meter).ok()
    }
}

fn conditions_of<'p>(
    process: &'p Process,
    flows: &'p [crate::bpmn::FlowIx],
) -> impl Iterator<Item = &'p Expr> {
    flows
        .iter()
        .filter_map(|flow| process.flow(*flow).condition.as_ref())
}

/// Ways to fill the fields that conditions look at.
struct Fillings {
    fields: Vec<(Name, Vec<Value>)>,
}

impl Fillings {
    /// Nothing if there are too many.
    fn of<'e>(conditions: impl Iterator<Item = &'e Expr>) -> Option<Fillings> {
        let mut fields: BTreeMap<Name, Vec<Value>> = BTreeMap::new();
        for condition in conditions {
            let values = values(condition);
            for field in condition.fields() {
                let known = fields.entry(field).or_default();
                for value in &values {
                    if known.len() < VALUES && !known.contains(value) {
                        known.push(value.clone());
                    }
                }
            }
        }
        let count = fields.values().try_fold(1usize, |count, values| {
            count
                .checked_mul(values.len())
                .filter(|count| *count <= FILLINGS)
        });
        count.map(|_| Fillings {
            fields: fields.into_iter().collect(),
        })
    }

    fn count(&self) -> usize {
        self.fields.iter().map(|(_, values)| values.len()).product()
    }

    fn all(&self) -> impl Iterator<Item = Data> {
        (0..self.count()).map(|mut number| {
            let filled = self.fields.iter().map(|(field, values)| {
                let value = values[number % values.len()].clone();
                number /= values.len();
                (field.clone(), value)
            });
            filled.collect()
        })
    }
}

/// What a field may be that a condition compares: what stands there and what is next to it, of the same kind; where nothing
/// stands, true or false.
fn values(condition: &Expr) -> Vec<Value> {
    let mut values = Vec::new();
    for literal in condition.literals() {
        match &literal {
            Value::Number(number) => {
                let near =
                    [Decimal::NEGATIVE_ONE, Decimal::ONE].map(|step| number.checked_add(step));
                values.extend(near.into_iter().flatten().map(Value::Number));
            }
            Value::Text(_) => values.push(Value::text("\u{1}")),
            Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_) => {
                values.push(Value::Bool(true));
                values.push(Value::Bool(false));
            }
        }
        values.push(literal);
    }
    if values.is_empty() || condition.fields().len() > 1 {
        values.push(Value::Bool(true));
        values.push(Value::Bool(false));
    }
    values
}
