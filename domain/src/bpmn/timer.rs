//! Moments, durations and cycles in models: literals are checked here, so that a running engine meets only what is one.

use jiff::Timestamp;

use super::report::Report;
use super::tree::Tag;
use super::xml::shorten;
use super::{Text, Timer, text};
use crate::time::{Calendar, Cycle, Reckoning, TimeError};

/// Judges a literal.
type Check = fn(&str) -> Result<(), TimeError>;

/// The timer of a `timerEventDefinition`.
pub(super) fn timer(definition: Tag<'_>, report: &mut Report) -> Option<Timer> {
    let parts = ["timeDate", "timeDuration", "timeCycle"];
    let Some(part) = definition
        .children()
        .find(|tag| tag.bpmn().is_some_and(|name| parts.contains(&name)))
    else {
        report.error(definition, "bad-timer", "the timer says no time".to_owned());
        return None;
    };
    let Some(when) = text::text(part, part.text(), report) else {
        if part.text().is_empty() {
            report.error(part, "bad-timer", "the timer says no time".to_owned());
        }
        return None;
    };
    let (timer, check): (_, Check) = match &**part.name() {
        "timeDate" => (Timer::Date(when.clone()), date),
        "timeDuration" => (Timer::Duration(when.clone()), duration),
        _ => (Timer::Cycle(when.clone()), cycle),
    };
    if let Text::Literal(literal) = &when
        && let Err(error) = check(literal)
    {
        let message = format!("`{}` {error}", shorten(literal));
        report.error(part, "bad-timer", message);
        return None;
    }
    Some(timer)
}

/// A due or follow-up date: a date, a date and time, or a duration.
pub(super) fn schedule(tag: Tag<'_>, source: &str, report: &mut Report) -> Option<Text> {
    let when = text::text(tag, source, report)?;
    if let Text::Literal(literal) = &when
        && let Err(error) = usual(|by| by.moment(literal, Timestamp::UNIX_EPOCH))
    {
        let message = format!("`{}` {error}", shorten(literal));
        report.error(tag, "bad-date", message);
        return None;
    }
    Some(when)
}

fn date(text: &str) -> Result<(), TimeError> {
    usual(|by| by.date(text)).map(drop)
}

fn duration(text: &str) -> Result<(), TimeError> {
    usual(|by| by.after(text, Timestamp::UNIX_EPOCH)).map(drop)
}

/// A cycle that happens at least once in the years that there are.
fn cycle(text: &str) -> Result<(), TimeError> {
    let cycle = usual(|by| Cycle::parse(text, by))?;
    let first = usual(|by| Ok(cycle.first(Timestamp::UNIX_EPOCH, by)))?;
    first.map(drop).ok_or(TimeError::Beyond)
}

/// Judges by the calendar of those who have none of their own: whether a text is a time does not depend on the calendar.
fn usual<T>(judge: impl FnOnce(Reckoning<'_>) -> Result<T, TimeError>) -> Result<T, TimeError> {
    judge(Reckoning {
        calendar: &Calendar::default(),
        working: false,
    })
}

#[cfg(test)]
mod tests;
