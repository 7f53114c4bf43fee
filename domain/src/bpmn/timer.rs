//! Moments, durations and cycles in models: literals are checked here, so that a running engine meets only ISO 8601.

use std::cmp::Ordering;

use jiff::fmt::temporal::{DateTimeParser, SpanParser};
use jiff::{Span, SpanRelativeTo};

use super::report::Report;
use super::tree::Tag;
use super::xml::shorten;
use super::{Text, Timer, text};

static DATES: DateTimeParser = DateTimeParser::new();
static SPANS: SpanParser = SpanParser::new();

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
    DATES.parse_timestamp(text).is_ok() || DATES.parse_datetime(text).is_ok()
}

/// A duration that is not negative.
fn is_duration(text: &str) -> bool {
    span(text).is_some()
}

/// ISO 8601 only: jiff's own reading of spans would take `5 days` as well.
fn span(text: &str) -> Option<Span> {
    let span = SPANS.parse_span(text).ok();
    span.filter(|span| !span.is_negative())
}

/// `R/PT1H`, `R3/PT10H`, `R3/2026-01-01T08:00:00Z/P1D`, `R/P1D/2026-12-31`, `R3/<start>/<end of the first>`. A step of
/// less than a second would never come to rest.
fn is_cycle(text: &str) -> bool {
    let mut parts = text.split('/');
    let counted = match parts.next().and_then(|part| part.strip_prefix('R')) {
        Some("") => true,
        Some(count) => {
            count.chars().all(|c| c.is_ascii_digit())
                && count.parse::<u32>().is_ok_and(|count| count > 0)
        }
        None => false,
    };
    counted
        && match (parts.next(), parts.next(), parts.next()) {
            (Some(every), None, None) => is_step(every),
            (Some(start), Some(every), None) if is_date(start) => is_step(every) || is_date(every),
            (Some(every), Some(end), None) => is_step(every) && is_date(end),
            (_, _, _) => false,
        }
}

fn is_step(text: &str) -> bool {
    let least = Span::new().seconds(1);
    span(text).is_some_and(|span| {
        let order = span.compare((least, SpanRelativeTo::days_are_24_hours()));
        // A span of months or years has no fixed length; it is longer than a second all the same.
        order.map_or(!span.is_zero(), |order| order != Ordering::Less)
    })
}

#[cfg(test)]
mod tests;
