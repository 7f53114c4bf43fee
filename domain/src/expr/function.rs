//! The functions: their names, how many arguments they take, and what they give. What does not fit gives null, as in
//! FEEL; what would leave the bounds is an error. A new function is a variant, a row in [`NAMES`] and an arm.

use std::cmp::Ordering;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::civil::{Date, Time};
use rust_decimal::{Decimal, RoundingStrategy};

use super::arithmetic::add;
use super::eval::{Computed, Run};
use super::lex;
use super::pattern::{MAX_PATTERN, Pattern};
use super::temporal::{Duration, Temporal};
use super::term::{List, Object, Term};
use super::{EvalError, MAX_LIST, MAX_TEXT, failure};
use crate::access::Principal;

/// A function of the language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Function {
    Contains,
    StartsWith,
    EndsWith,
    UpperCase,
    LowerCase,
    StringLength,
    Substring,
    Matches,
    Count,
    Sum,
    Min,
    Max,
    ListContains,
    Append,
    IsEmpty,
    Number,
    Text,
    Date,
    DateAndTime,
    Time,
    Duration,
    Now,
    Today,
    WorkingDays,
    AddWorkingDays,
    IsWorkingDay,
    Abs,
    Floor,
    Ceiling,
    Round,
    HasRole,
    InGroup,
}

const ANY: usize = usize::MAX;

/// Names and least and most arguments. `date and time` holds an operator; the parser knows it by itself.
const NAMES: [(&str, Function, usize, usize); 32] = [
    ("contains", Function::Contains, 2, 2),
    ("starts with", Function::StartsWith, 2, 2),
    ("ends with", Function::EndsWith, 2, 2),
    ("upper case", Function::UpperCase, 1, 1),
    ("lower case", Function::LowerCase, 1, 1),
    ("string length", Function::StringLength, 1, 1),
    ("substring", Function::Substring, 2, 3),
    ("matches", Function::Matches, 2, 2),
    ("count", Function::Count, 1, 1),
    ("sum", Function::Sum, 1, ANY),
    ("min", Function::Min, 1, ANY),
    ("max", Function::Max, 1, ANY),
    ("list contains", Function::ListContains, 2, 2),
    ("append", Function::Append, 2, ANY),
    ("is empty", Function::IsEmpty, 1, 1),
    ("number", Function::Number, 1, 1),
    ("string", Function::Text, 1, 1),
    ("date", Function::Date, 1, 3),
    ("date and time", Function::DateAndTime, 1, 2),
    ("time", Function::Time, 1, 3),
    ("duration", Function::Duration, 1, 1),
    ("now", Function::Now, 0, 0),
    ("today", Function::Today, 0, 0),
    ("working days", Function::WorkingDays, 2, 2),
    ("add working days", Function::AddWorkingDays, 2, 2),
    ("is working day", Function::IsWorkingDay, 1, 1),
    ("abs", Function::Abs, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("ceiling", Function::Ceiling, 1, 1),
    ("round", Function::Round, 1, 2),
    ("hasRole", Function::HasRole, 1, 1),
    ("inGroup", Function::InGroup, 1, 1),
];

impl Function {
    pub(super) fn named(name: &str) -> Option<Function> {
        let row = NAMES.iter().find(|row| row.0 == name)?;
        Some(row.1)
    }

    pub(super) fn arity(self) -> RangeInclusive<usize> {
        NAMES
            .iter()
            .find(|row| row.1 == self)
            .map_or(0..=0, |row| row.2..=row.3)
    }

    /// What the function gives for arguments of its arity.
    pub(super) fn call<'e>(
        self,
        run: &mut Run<'e>,
        at: u32,
        arguments: &[Term<'e>],
    ) -> Computed<'e> {
        let first = arguments.first().unwrap_or(&Term::Null);
        let second = arguments.get(1).unwrap_or(&Term::Null);
        Ok(match self {
            Function::Contains if matches!(first, Term::List(_)) => {
                list_contains(run, at, first, second)?
            }
            Function::Contains => texts(run, at, first, second, |a, b| a.contains(b))?,
            Function::StartsWith => texts(run, at, first, second, |a, b| a.starts_with(b))?,
            Function::EndsWith => texts(run, at, first, second, |a, b| a.ends_with(b))?,
            Function::UpperCase => recase(run, at, first, str::to_uppercase)?,
            Function::LowerCase => recase(run, at, first, str::to_lowercase)?,
            Function::StringLength => length(run, at, first)?,
            Function::Substring => substring(run, at, arguments)?,
            Function::Matches => matches(run, at, first, second)?,
            Function::Count if first.is_null() => Term::Null,
            Function::Count => whole(first.clone().members().len()),
            Function::Sum => sum(run, at, arguments)?,
            Function::Min => extreme(run, at, arguments, Ordering::Less)?,
            Function::Max => extreme(run, at, arguments, Ordering::Greater)?,
            Function::ListContains => list_contains(run, at, first, second)?,
            Function::Append => append(run, at, arguments)?,
            Function::IsEmpty => Term::Bool(is_empty(first)),
            Function::Number => number(first),
            Function::Text => text(at, first)?.map_or(Term::Null, Term::Text),
            Function::Date => date(arguments),
            Function::DateAndTime => date_and_time(arguments),
            Function::Time => time(arguments),
            Function::Duration => Term::temporal(first.as_temporal().filter(is_duration)),
            Function::Now => Term::Temporal(Temporal::from_timestamp(
                run.env.now,
                run.env.calendar.zone(),
            )),
            Function::Today => {
                let now = Temporal::from_timestamp(run.env.now, run.env.calendar.zone());
                Term::temporal(now.date().map(Temporal::Date))
            }
            Function::WorkingDays => working_days(run, at, first, second)?,
            Function::AddWorkingDays => add_working_days(run, at, first, second)?,
            Function::IsWorkingDay => {
                Term::truth(day(run, first).map(|day| run.env.calendar.is_working(day)))
            }
            Function::Abs => numeric(first, |number| number.abs()),
            Function::Floor => numeric(first, |number| number.floor()),
            Function::Ceiling => numeric(first, |number| number.ceil()),
            Function::Round => round(arguments),
            Function::HasRole => is_actor(run, first, Principal::Role),
            Function::InGroup => is_actor(run, first, Principal::Group),
        })
    }
}

/// The text of a single value, as templates and `string` write it; null has none.
pub(super) fn text(at: u32, term: &Term<'_>) -> Result<Option<Arc<str>>, EvalError> {
    Ok(Some(match term {
        Term::Null => return Ok(None),
        Term::Bool(bool) => Arc::from(if *bool { "true" } else { "false" }),
        Term::Number(number) => Arc::from(number.normalize().to_string()),
        Term::Text(text) => text.clone(),
        Term::Temporal(temporal) => Arc::from(temporal.to_string()),
        Term::List(_) | Term::Object(_) => {
            return Err(failure(at, format!("{} is no text", term.kind())));
        }
    }))
}

/// Texts in a row, within [`MAX_TEXT`].
pub(super) fn joined<'e>(run: &mut Run<'e>, at: u32, texts: &[Arc<str>]) -> Computed<'e> {
    let length = texts.iter().map(|text| text.len()).sum();
    bounded(at, length)?;
    run.read(at, length)?;
    Ok(Term::Text(Arc::from(texts.concat())))
}

/// Whether a compiled pattern occurs.
pub(super) fn matches_pattern<'e>(
    run: &mut Run<'e>,
    at: u32,
    term: &Term<'e>,
    pattern: &Pattern,
) -> Computed<'e> {
    let Some(text) = term.as_text() else {
        return Ok(Term::Null);
    };
    run.read(at, (text.len() + 1).saturating_mul(pattern.size()))?;
    Ok(Term::Bool(pattern.occurs_in(text)))
}

fn bounded(at: u32, length: usize) -> Result<(), EvalError> {
    if length > MAX_TEXT {
        return Err(failure(at, format!("a text larger than {MAX_TEXT} bytes")));
    }
    Ok(())
}

fn whole<'e>(count: usize) -> Term<'e> {
    Term::Number(Decimal::from(count))
}

fn texts<'e>(
    run: &mut Run<'e>,
    at: u32,
    a: &Term<'e>,
    b: &Term<'e>,
    holds: fn(&str, &str) -> bool,
) -> Computed<'e> {
    let (Some(a), Some(b)) = (a.as_text(), b.as_text()) else {
        return Ok(Term::Null);
    };
    run.read(at, a.len() + b.len())?;
    Ok(Term::Bool(holds(a, b)))
}

fn recase<'e>(
    run: &mut Run<'e>,
    at: u32,
    term: &Term<'e>,
    recase: fn(&str) -> String,
) -> Computed<'e> {
    let Some(text) = term.as_text() else {
        return Ok(Term::Null);
    };
    // Case folding is slower than reading, and may lengthen the text.
    run.read(at, text.len().saturating_mul(8))?;
    bounded(at, text.len())?;
    let recased = recase(text);
    bounded(at, recased.len())?;
    Ok(Term::Text(Arc::from(recased)))
}

/// Characters; of a list, its members.
fn length<'e>(run: &mut Run<'e>, at: u32, term: &Term<'e>) -> Computed<'e> {
    if let Term::List(list) = term {
        return Ok(whole(list.len()));
    }
    let Some(text) = term.as_text() else {
        return Ok(Term::Null);
    };
    run.read(at, text.len())?;
    Ok(whole(text.chars().count()))
}

/// From a place counted from 1, or from the end if negative.
fn substring<'e>(run: &mut Run<'e>, at: u32, arguments: &[Term<'e>]) -> Computed<'e> {
    let [text, start, length @ ..] = arguments else {
        return Ok(Term::Null);
    };
    let (Some(text), Some(start)) = (text.as_text(), start.as_integer()) else {
        return Ok(Term::Null);
    };
    let length = match length.first() {
        None => usize::MAX,
        Some(length) => match length.as_integer().map(usize::try_from) {
            Some(Ok(length)) => length,
            Some(Err(_)) | None => return Ok(Term::Null),
        },
    };
    run.read(at, text.len().saturating_mul(4))?;
    let Some(skipped) = place(start, || text.chars().count()) else {
        return Ok(Term::Null);
    };
    let taken: String = text.chars().skip(skipped).take(length).collect();
    bounded(at, taken.len())?;
    Ok(Term::Text(Arc::from(taken)))
}

/// An index from 0 out of FEEL's: from 1, or from the end if negative. `None` before the start.
pub(super) fn place(index: i64, count: impl Fn() -> usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => index.checked_sub(1),
        Err(_) => count().checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

fn matches<'e>(run: &mut Run<'e>, at: u32, text: &Term<'e>, pattern: &Term<'e>) -> Computed<'e> {
    let Some(source) = pattern.as_text() else {
        return Ok(Term::Null);
    };
    // Compiling may make many steps of a short pattern.
    run.read(at, MAX_PATTERN * 64)?;
    let pattern = Pattern::compile(source).map_err(|message| failure(at, message))?;
    matches_pattern(run, at, text, &pattern)
}

/// The arguments, or the members of the only one.
fn operands<'e>(run: &mut Run<'e>, at: u32, arguments: &[Term<'e>]) -> Result<List<'e>, EvalError> {
    let list = match arguments {
        [only] => only.clone().members(),
        several => List::Made(several.into()),
    };
    run.spend(at, list.len())?;
    Ok(list)
}

fn sum<'e>(run: &mut Run<'e>, at: u32, arguments: &[Term<'e>]) -> Computed<'e> {
    let list = operands(run, at, arguments)?;
    let mut total: Option<Term<'e>> = None;
    for term in list.iter() {
        total = Some(match total {
            None if term.as_number().is_some() || is_length(&term) => term,
            None => return Ok(Term::Null),
            Some(total) => add(run, at, &total, &term)?,
        });
    }
    Ok(total
        .filter(|total| total.as_text().is_none())
        .unwrap_or(Term::Null))
}

fn is_length(term: &Term<'_>) -> bool {
    matches!(term, Term::Temporal(Temporal::Duration(_)))
}

fn extreme<'e>(
    run: &mut Run<'e>,
    at: u32,
    arguments: &[Term<'e>],
    wanted: Ordering,
) -> Computed<'e> {
    let list = operands(run, at, arguments)?;
    let mut best = list.at(0);
    for term in list.iter() {
        match term.order(&best, run.env.calendar.zone()) {
            None => return Ok(Term::Null),
            Some(order) if order == wanted => best = term,
            Some(_) => {}
        }
    }
    Ok(best)
}

fn list_contains<'e>(
    run: &mut Run<'e>,
    at: u32,
    list: &Term<'e>,
    wanted: &Term<'e>,
) -> Computed<'e> {
    if list.is_null() {
        return Ok(Term::Null);
    }
    for term in list.clone().members().iter() {
        if run.equals(at, &term, wanted)? == Some(true) {
            return Ok(Term::Bool(true));
        }
    }
    Ok(Term::Bool(false))
}

/// A list with more at its end. Nothing yet counts as an empty list, so that a process can begin one.
fn append<'e>(run: &mut Run<'e>, at: u32, arguments: &[Term<'e>]) -> Computed<'e> {
    let [list, more @ ..] = arguments else {
        return Ok(Term::Null);
    };
    let mut terms = match list.is_null() {
        true => Vec::new(),
        false => {
            let list = list.clone().members();
            run.spend(at, list.len())?;
            list.iter().collect()
        }
    };
    terms.extend_from_slice(more);
    if terms.len() > MAX_LIST {
        return Err(failure(at, format!("a list of more than {MAX_LIST}")));
    }
    Ok(Term::list(terms))
}

fn is_empty(term: &Term<'_>) -> bool {
    match term {
        Term::Null => true,
        Term::Text(text) => text.is_empty(),
        Term::List(list) => list.len() == 0,
        Term::Object(object) => Object::len(object) == 0,
        Term::Bool(_) | Term::Number(_) | Term::Temporal(_) => false,
    }
}

fn number<'e>(term: &Term<'e>) -> Term<'e> {
    match term.as_text() {
        Some(text) if text.len() <= 64 => {
            lex::decimal(text.trim()).map_or(Term::Null, Term::Number)
        }
        Some(_) => Term::Null,
        None => numeric(term, |number| number),
    }
}

fn numeric<'e>(term: &Term<'e>, compute: fn(Decimal) -> Decimal) -> Term<'e> {
    term.as_number()
        .map_or(Term::Null, |number| Term::Number(compute(number)))
}

/// To so many places after the point, 0 unless said; a half goes away from zero.
fn round<'e>(arguments: &[Term<'e>]) -> Term<'e> {
    let places = match arguments.get(1) {
        None => Some(0),
        Some(places) => places
            .as_integer()
            .and_then(|places| u32::try_from(places).ok()),
    };
    let (Some(number), Some(places)) = (arguments[0].as_number(), places) else {
        return Term::Null;
    };
    let strategy = RoundingStrategy::MidpointAwayFromZero;
    Term::Number(number.round_dp_with_strategy(places, strategy))
}

fn integer<T: TryFrom<i64>>(term: &Term<'_>) -> Option<T> {
    T::try_from(term.as_integer()?).ok()
}

fn date<'e>(arguments: &[Term<'e>]) -> Term<'e> {
    let date = || match arguments {
        [one] => one.as_temporal()?.date(),
        [year, month, day] => Date::new(integer(year)?, integer(month)?, integer(day)?).ok(),
        _ => None,
    };
    Term::temporal(date().map(Temporal::Date))
}

fn time<'e>(arguments: &[Term<'e>]) -> Term<'e> {
    let time = || match arguments {
        [one] => one.as_temporal()?.time(),
        [hour, minute, second] => {
            let time = Time::new(integer(hour)?, integer(minute)?, integer(second)?, 0).ok()?;
            Some(Temporal::Time(time, None))
        }
        _ => None,
    };
    Term::temporal(time())
}

fn date_and_time<'e>(arguments: &[Term<'e>]) -> Term<'e> {
    let joined = || match arguments {
        [one] => one.as_temporal()?.date_and_time(),
        [date, time] => match time.as_temporal()?.time()? {
            Temporal::Time(time, offset) => {
                Temporal::join(date.as_temporal()?.date()?, time, offset)
            }
            Temporal::Date(_) | Temporal::Local(_) | Temporal::Zoned(_) | Temporal::Duration(_) => {
                None
            }
        },
        _ => None,
    };
    Term::temporal(joined())
}

/// The day of a date, or of a moment in the tenant's zone.
fn day(run: &Run<'_>, term: &Term<'_>) -> Option<Date> {
    term.as_temporal()?.day(run.env.calendar.zone())
}

/// The days of work after the first day, up to and with the last; negative if the last comes first.
fn working_days<'e>(run: &mut Run<'e>, at: u32, first: &Term<'e>, last: &Term<'e>) -> Computed<'e> {
    let (Some(first), Some(last)) = (day(run, first), day(run, last)) else {
        return Ok(Term::Null);
    };
    let calendar = run.env.calendar;
    run.spend(at, 8 + calendar.holidays().len() / 8)?;
    let days = calendar.working_days_between(first, last);
    Ok(Term::Number(Decimal::from(days)))
}

/// The day of work so many after a day, from 0 to 100,000; with 0 the day itself.
fn add_working_days<'e>(
    run: &mut Run<'e>,
    at: u32,
    from: &Term<'e>,
    days: &Term<'e>,
) -> Computed<'e> {
    let (Some(from), Some(days)) = (day(run, from), integer::<u32>(days)) else {
        return Ok(Term::Null);
    };
    let calendar = run.env.calendar;
    run.spend(at, 64 + calendar.holidays().len())?;
    let date = calendar.working_days_after(from, days);
    date.map(|date| Term::Temporal(Temporal::Date(date)))
        .ok_or_else(|| failure(at, "a date out of range"))
}

fn is_duration(temporal: &Temporal) -> bool {
    matches!(temporal, Temporal::Duration(Duration { .. }))
}

/// Without an actor nobody is anything.
fn is_actor<'e>(run: &Run<'e>, name: &Term<'e>, principal: fn(Arc<str>) -> Principal) -> Term<'e> {
    let Some(actor) = run.env.actor else {
        return Term::Bool(false);
    };
    name.as_text().map_or(Term::Null, |name| {
        Term::Bool(actor.is(&principal(name.clone())))
    })
}
