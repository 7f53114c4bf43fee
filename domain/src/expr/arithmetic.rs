//! `+ - * / **` over exact decimals, moments and durations, and `+` over texts. What does not fit gives null, as does
//! division by zero; what leaves the range of decimals or dates is an error.

use rust_decimal::Decimal;

use super::eval::{Computed, Run};
use super::failure;
use super::function::joined;
use super::temporal::{Duration, Temporal};
use super::term::Term;

/// The sum of numbers or durations, a moment later by a duration, or two texts in a row.
pub(super) fn add<'e>(run: &mut Run<'e>, at: u32, a: &Term<'e>, b: &Term<'e>) -> Computed<'e> {
    if let (Term::Number(a), Term::Number(b)) = (a, b) {
        return number(at, a.checked_add(*b));
    }
    if let (Term::Text(a), Term::Text(b)) = (a, b) {
        return joined(run, at, &[a.clone(), b.clone()]);
    }
    if !a.is_temporal() && !b.is_temporal() {
        return Ok(Term::Null);
    }
    match (a.as_temporal(), b.as_temporal()) {
        (Some(moment), Some(Temporal::Duration(duration)))
        | (Some(Temporal::Duration(duration)), Some(moment)) => later(at, &moment, duration),
        _ => Ok(Term::Null),
    }
}

/// The opposite of a number or duration.
pub(super) fn negated<'e>(operand: &Term<'e>) -> Term<'e> {
    match operand {
        Term::Number(number) => Term::Number(-*number),
        Term::Temporal(Temporal::Duration(duration)) => {
            Term::temporal(duration.negated().map(Temporal::Duration))
        }
        Term::Null
        | Term::Bool(_)
        | Term::Text(_)
        | Term::Temporal(_)
        | Term::List(_)
        | Term::Object(_) => Term::Null,
    }
}

fn number<'e>(at: u32, number: Option<Decimal>) -> Computed<'e> {
    number
        .map(Term::Number)
        .ok_or_else(|| failure(at, "a number out of range"))
}

fn later<'e>(at: u32, moment: &Temporal, duration: Duration) -> Computed<'e> {
    if let Temporal::Duration(other) = moment {
        return Ok(Term::temporal(other.plus(duration).map(Temporal::Duration)));
    }
    moment
        .plus(duration)
        .map(Term::Temporal)
        .ok_or_else(|| failure(at, "a date out of range"))
}

pub(super) fn subtract<'e>(run: &Run<'e>, at: u32, a: &Term<'e>, b: &Term<'e>) -> Computed<'e> {
    if let (Term::Number(a), Term::Number(b)) = (a, b) {
        return number(at, a.checked_sub(*b));
    }
    if !a.is_temporal() && !b.is_temporal() {
        return Ok(Term::Null);
    }
    let (Some(a), Some(b)) = (a.as_temporal(), b.as_temporal()) else {
        return Ok(Term::Null);
    };
    if let Temporal::Duration(duration) = b {
        return match duration.negated() {
            Some(duration) => later(at, &a, duration),
            None => Err(failure(at, "a duration out of range")),
        };
    }
    Ok(Term::temporal(
        a.since(&b, run.env.calendar.zone()).map(Temporal::Duration),
    ))
}

pub(super) fn multiply<'e>(at: u32, a: &Term<'e>, b: &Term<'e>) -> Computed<'e> {
    if let (Term::Number(a), Term::Number(b)) = (a, b) {
        return number(at, a.checked_mul(*b));
    }
    match (a, b) {
        (Term::Temporal(Temporal::Duration(duration)), Term::Number(factor))
        | (Term::Number(factor), Term::Temporal(Temporal::Duration(duration))) => {
            length(at, duration.times(*factor))
        }
        _ => Ok(Term::Null),
    }
}

/// Division by zero is null.
pub(super) fn divide<'e>(at: u32, a: &Term<'e>, b: &Term<'e>) -> Computed<'e> {
    if b.as_number().is_some_and(|number| number.is_zero()) {
        return Ok(Term::Null);
    }
    match (a, b) {
        (Term::Number(a), Term::Number(b)) => number(at, a.checked_div(*b)),
        (Term::Temporal(Temporal::Duration(duration)), Term::Number(divisor)) => {
            length(at, duration.divided(*divisor))
        }
        (
            Term::Temporal(Temporal::Duration(duration)),
            Term::Temporal(Temporal::Duration(other)),
        ) => Ok(duration.over(*other).map_or(Term::Null, Term::Number)),
        _ => Ok(Term::Null),
    }
}

fn length<'e>(at: u32, duration: Option<Duration>) -> Computed<'e> {
    duration
        .map(|duration| Term::Temporal(Temporal::Duration(duration)))
        .ok_or_else(|| failure(at, "a duration out of range"))
}

/// By squaring, so that the exponent costs nothing. Other exponents than whole ones have no exact decimal.
pub(super) fn power<'e>(at: u32, base: &Term<'e>, exponent: &Term<'e>) -> Computed<'e> {
    let (Some(base), Some(number_of)) = (base.as_number(), exponent.as_number()) else {
        return Ok(Term::Null);
    };
    let Some(exponent) = exponent.as_integer().filter(|_| number_of.is_integer()) else {
        return Err(failure(at, "an exponent that is no whole number"));
    };
    let mut left = exponent.unsigned_abs();
    let mut square = base;
    let mut power = Decimal::ONE;
    loop {
        if left & 1 == 1 {
            let Some(product) = power.checked_mul(square) else {
                return number(at, None);
            };
            power = product;
        }
        left >>= 1;
        if left == 0 {
            break;
        }
        let Some(next) = square.checked_mul(square) else {
            return number(at, None);
        };
        square = next;
    }
    if exponent >= 0 {
        return Ok(Term::Number(power));
    }
    if power.is_zero() {
        return Ok(Term::Null);
    }
    number(at, Decimal::ONE.checked_div(power))
}
