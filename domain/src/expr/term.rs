//! What an expression computes with: borrowed data, made values, and the temporal values that data does not know.
//! Cloning a term is cheap, so that walking a large list copies none of it.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::temporal::Temporal;
use super::{EvalError, failure};
use crate::value::{Data, MAX_BYTES, MAX_DEPTH, Name, Value};

/// A value during evaluation.
#[derive(Clone, Debug)]
pub(super) enum Term<'e> {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Arc<str>),
    Temporal(Temporal),
    List(List<'e>),
    Object(Object<'e>),
}

/// Members in order.
#[derive(Clone, Debug)]
pub(super) enum List<'e> {
    Data(&'e [Value]),
    Made(Rc<[Term<'e>]>),
}

/// Named members.
#[derive(Clone, Debug)]
pub(super) enum Object<'e> {
    Data(&'e Data),
    Made(Rc<BTreeMap<Name, Term<'e>>>),
}

impl<'e> Term<'e> {
    pub(super) fn of(value: &'e Value) -> Term<'e> {
        match value {
            Value::Null => Term::Null,
            Value::Bool(bool) => Term::Bool(*bool),
            Value::Number(number) => Term::Number(*number),
            Value::Text(text) => Term::Text(text.clone()),
            Value::List(values) => Term::List(List::Data(values)),
            Value::Object(data) => Term::Object(Object::Data(data)),
        }
    }

    /// A boolean, or null.
    pub(super) fn truth(truth: Option<bool>) -> Term<'e> {
        truth.map_or(Term::Null, Term::Bool)
    }

    pub(super) fn temporal(temporal: Option<Temporal>) -> Term<'e> {
        temporal.map_or(Term::Null, Term::Temporal)
    }

    pub(super) fn list(terms: Vec<Term<'e>>) -> Term<'e> {
        Term::List(List::Made(Rc::from(terms)))
    }

    /// The boolean, if it is one.
    pub(super) fn as_bool(&self) -> Option<bool> {
        if let Term::Bool(bool) = self {
            return Some(*bool);
        }
        None
    }

    /// The number, if it is one.
    pub(super) fn as_number(&self) -> Option<Decimal> {
        if let Term::Number(number) = self {
            return Some(*number);
        }
        None
    }

    /// The text, if it is one.
    pub(super) fn as_text(&self) -> Option<&Arc<str>> {
        if let Term::Text(text) = self {
            return Some(text);
        }
        None
    }

    /// The temporal value that it is or, as text, stands for.
    pub(super) fn as_temporal(&self) -> Option<Temporal> {
        match self {
            Term::Temporal(temporal) => Some(temporal.clone()),
            Term::Text(text) => Temporal::parse(text),
            Term::Null | Term::Bool(_) | Term::Number(_) | Term::List(_) | Term::Object(_) => None,
        }
    }

    /// The whole number, if it is one of up to 64 bits.
    pub(super) fn as_integer(&self) -> Option<i64> {
        let number = self.as_number().filter(Decimal::is_integer)?;
        i64::try_from(number).ok()
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Term::Null)
    }

    pub(super) fn is_temporal(&self) -> bool {
        matches!(self, Term::Temporal(_))
    }

    /// What kind of value it is, for messages: never the value.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Term::Null => "null",
            Term::Bool(_) => "a boolean",
            Term::Number(_) => "a number",
            Term::Text(_) => "a text",
            Term::Temporal(_) => "a date, time or duration",
            Term::List(_) => "a list",
            Term::Object(_) => "an object",
        }
    }

    /// Its members; anything else is a list of itself.
    pub(super) fn members(self) -> List<'e> {
        match self {
            Term::List(list) => list,
            Term::Null
            | Term::Bool(_)
            | Term::Number(_)
            | Term::Text(_)
            | Term::Temporal(_)
            | Term::Object(_) => List::Made(Rc::from([self])),
        }
    }

    /// Which is less; `None` for kinds without an order and for two kinds.
    pub(super) fn order(&self, other: &Term<'_>, zone: &TimeZone) -> Option<Ordering> {
        if let (Term::Number(a), Term::Number(b)) = (self, other) {
            return Some(a.cmp(b));
        }
        if let (Term::Text(a), Term::Text(b)) = (self, other) {
            return Some(a.cmp(b));
        }
        if self.is_temporal() || other.is_temporal() {
            return self.as_temporal()?.order(&other.as_temporal()?, zone);
        }
        None
    }

    /// Whether they are equal; `None` for two kinds. `left` is how many members may be visited; none left is a `None`, too.
    pub(super) fn equals(&self, other: &Term<'_>, zone: &TimeZone, left: &mut u32) -> Option<bool> {
        *left = left.checked_sub(1)?;
        match (self, other) {
            (Term::Null, other) => Some(other.is_null()),
            (_, Term::Null) => Some(false),
            (Term::Bool(a), Term::Bool(b)) => Some(a == b),
            (Term::List(a), Term::List(b)) => Some(
                a.len() == b.len()
                    && (0..a.len()).all(|i| a.at(i).equals(&b.at(i), zone, left) == Some(true)),
            ),
            (Term::Object(a), Term::Object(b)) => Some(
                a.len() == b.len()
                    && a.names().all(|name| {
                        b.has(name)
                            && a.member(name).equals(&b.member(name), zone, left) == Some(true)
                    }),
            ),
            (a, b) => Some(a.order(b, zone)? == Ordering::Equal),
        }
    }

    /// As data, within the bounds of data.
    pub(super) fn into_value(self, at: u32) -> Result<Value, EvalError> {
        let mut bytes = MAX_BYTES;
        self.value(at, 1, &mut bytes)
    }

    fn value(self, at: u32, depth: usize, bytes: &mut usize) -> Result<Value, EvalError> {
        if depth > MAX_DEPTH {
            return Err(failure(
                at,
                format!("the value nests deeper than {MAX_DEPTH}"),
            ));
        }
        let size = 16 + self.as_text().map_or(0, |text| text.len());
        spend(bytes, size, at)?;
        Ok(match self {
            Term::Null => Value::Null,
            Term::Bool(bool) => Value::Bool(bool),
            Term::Number(number) => Value::Number(number),
            Term::Text(text) => Value::Text(text),
            Term::Temporal(temporal) => Value::text(temporal.to_string()),
            Term::List(list) => Value::List(
                (0..list.len())
                    .map(|i| list.at(i).value(at, depth + 1, bytes))
                    .collect::<Result<_, _>>()?,
            ),
            Term::Object(object) => Value::Object(
                object
                    .names()
                    .map(|name| {
                        spend(bytes, name.len(), at)?;
                        let value = object.member(name).value(at, depth + 1, bytes)?;
                        Ok((name.clone(), value))
                    })
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}

fn spend(left: &mut usize, bytes: usize, at: u32) -> Result<(), EvalError> {
    *left = left
        .checked_sub(bytes)
        .ok_or_else(|| failure(at, format!("the value is larger than {MAX_BYTES} bytes")))?;
    Ok(())
}

impl<'e> List<'e> {
    pub(super) fn len(&self) -> usize {
        match self {
            List::Data(values) => values.len(),
            List::Made(terms) => terms.len(),
        }
    }

    /// The member at an index from 0; null outside.
    pub(super) fn at(&self, index: usize) -> Term<'e> {
        match self {
            List::Data(values) => values.get(index).map_or(Term::Null, Term::of),
            List::Made(terms) => terms.get(index).cloned().unwrap_or(Term::Null),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Term<'e>> {
        (0..self.len()).map(|index| self.at(index))
    }
}

impl<'e> Object<'e> {
    pub(super) fn len(&self) -> usize {
        match self {
            Object::Data(data) => data.len(),
            Object::Made(members) => members.len(),
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Object::Data(data) => data.contains_key(name),
            Object::Made(members) => members.contains_key(name),
        }
    }

    /// The member of a name; null without one.
    pub(super) fn member(&self, name: &str) -> Term<'e> {
        match self {
            Object::Data(data) => data.get(name).map_or(Term::Null, Term::of),
            Object::Made(members) => members.get(name).cloned().unwrap_or(Term::Null),
        }
    }

    fn names(&self) -> Box<dyn Iterator<Item = &Name> + '_> {
        match self {
            Object::Data(data) => Box::new(data.keys()),
            Object::Made(members) => Box::new(members.keys()),
        }
    }
}
