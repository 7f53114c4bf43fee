//! Moments, durations and cycles in models: literals are checked here, so that a running engine meets only ISO 8601.

use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp};

use super::report::Report;
use super::tree::Tag;
use super::xml::shorten;
use super::{Text, Timer, text};

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
    let (timer, good, what): (_, fn(&str) -> bool, _) = match &**part.name() {
        "timeDate" => (Timer::Date(when.clone()), is_date, "date and time"),
        "timeDuration" => (Timer::Duration(when.clone()), is_duration, "duration"),
        _ => (Timer::Cycle(when.clone()), is_cycle, "repeating interval"),
    };
    if let Text::Literal(literal) = &when
        && !good(literal)
    {
        let message = format!("`{}` is no ISO 8601 {what}", shorten(literal));
        report.error(part, "bad-timer", message);
        return None;
    }
    Some(timer)
}

/// A due or follow-up date: a date, a date and time, or a duration.
pub(super) fn schedule(tag: Tag<'_>, source: &str, report: &mut Report) -> Option<Text> {
    let when = text::text(tag, source, report)?;
    if let Text::Literal(literal) = &when
        && !is_date(literal)
        && !is_duration(literal)
    {
        let message = format!(
            "`{}` is neither an ISO 8601 date nor a duration",
            shorten(literal)
        );
        report.error(tag, "bad-date", message);
        return None;
    }
    Some(when)
}

/// A date, or a date and time with or without a zone.
fn is_date(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
        || text.parse::<DateTime>().is_ok()
        || text.parse::<Date>().is_ok()
}

/// A duration that is not negative. jiff's friendly form (`5 days`) is no ISO 8601.
fn is_duration(text: &str) -> bool {
    is_span(text).is_some()
}

fn is_span(text: &str) -> Option<Span> {
    let designated = text.starts_with(['P', 'p']);
    text.parse::<Span>()
        .ok()
        .filter(|span| designated && !span.is_negative())
}

/// `R/PT1H`, `R3/PT10H`, `R3/2026-01-01T08:00:00Z/P1D`. An interval of no length would never come to rest.
fn is_cycle(text: &str) -> bool {
    let mut parts = text.split('/');
    let repeats = parts.next().and_then(|part| part.strip_prefix('R'));
    let counted = match repeats {
        Some("") => true,
        Some(count) => {
            count.chars().all(|c| c.is_ascii_digit())
                && count.parse::<u32>().is_ok_and(|count| count > 0)
        }
        None => false,
    };
    let spaced = |part: &str| is_span(part).is_some_and(|span| !span.is_zero());
    counted
        && match (parts.next(), parts.next(), parts.next()) {
            (Some(every), None, None) => spaced(every),
            (Some(start), Some(every), None) => is_date(start) && spaced(every),
            (_, _, _) => false,
        }
}

#[cfg(test)]
mod tests;
