//! ISO 8601 as models write it: dates, durations and repeating intervals, turned into moments. Calendar units count in
//! UTC; a date without a zone is UTC. Everything is cut to microseconds, which is what is stored.

use jiff::fmt::temporal::{DateTimeParser, SpanParser};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

static DATES: DateTimeParser = DateTimeParser::new();
static SPANS: SpanParser = SpanParser::new();

/// A cycle that is this many occurrences behind skips to the next one instead of making them up: a server that was down
/// for a day must not fire an endless `R/PT1S` 86,400 times.
const MADE_UP: u32 = 100;

/// When a timer fires, and how many more times after that; `None` is for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Due {
    pub at: Timestamp,
    pub repeats: Option<u32>,
}

/// A repeating interval: `R3/PT10H`, `R/PT1H`, `R5/<start>/P1D`, `R/P1D/<end>`, `R3/<start>/<end of the first>`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cycle {
    /// Occurrences in all; `None` is for ever.
    count: Option<u32>,
    start: Option<Timestamp>,
    step: Span,
    /// Nothing happens after it.
    end: Option<Timestamp>,
}

/// A date and time, a date, or either with a zone.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at = DATES
        .parse_timestamp(text)
        .or_else(|_| DATES.parse_zoned(text).map(|zoned| zoned.timestamp()))
        .or_else(|_| {
            let civil = DATES.parse_datetime(text)?;
            TimeZone::UTC.to_timestamp(civil)
        });
    micros(at.ok()?)
}

/// A duration after a moment.
pub(super) fn after(text: &str, from: Timestamp) -> Option<Timestamp> {
    plus(from, span(text)?)
}

/// A date, or a duration after a moment.
pub(super) fn moment(text: &str, from: Timestamp) -> Option<Timestamp> {
    date(text).or_else(|| after(text, from))
}

/// A repeating interval of at least one occurrence, at most one a second.
pub(super) fn cycle(text: &str) -> Option<Cycle> {
    let mut parts = text.trim().split('/');
    let count = match parts.next()?.strip_prefix('R')? {
        "" | "-1" => None,
        count => Some(count.parse::<u32>().ok().filter(|count| *count > 0)?),
    };
    let (first, second) = (parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (start, step, end) = match (span(first), second) {
        (Some(step), None) => (None, step, None),
        (Some(step), Some(end)) => (None, step, Some(date(end)?)),
        (None, Some(second)) => {
            let start = date(first)?;
            let step = match span(second) {
                Some(step) => step,
                None => date(second)?.since(start).ok()?,
            };
            (Some(start), step, None)
        }
        (None, None) => return None,
    };
    let second = plus(Timestamp::UNIX_EPOCH, step)?.as_second();
    (second >= 1).then_some(Cycle {
        count,
        start,
        step,
        end,
    })
}

impl Cycle {
    /// The first occurrence; nothing if it would lie after the end. Occurrences before `now` have passed, and if all of
    /// them have, one happens at once.
    pub(super) fn first(&self, now: Timestamp) -> Option<Due> {
        let repeats = self.count.map(|count| count - 1);
        let Some(start) = self.start else {
            return self.within(plus(now, self.step)?, repeats);
        };
        let (at, missed) = self.catch_up(start, now)?;
        match repeats {
            Some(left) if missed > left => Some(Due {
                at: now,
                repeats: Some(0),
            }),
            repeats => self.within(at, repeats.map(|left| left - missed)),
        }
    }

    /// The occurrence after one that was due then; nothing if that was the last.
    pub(super) fn next(&self, was: Due, now: Timestamp) -> Option<Due> {
        let left = match was.repeats {
            Some(left) => Some(left.checked_sub(1)?),
            None => None,
        };
        let at = plus(was.at, self.step)?;
        let (soon, missed) = self.catch_up(at, now)?;
        if missed <= MADE_UP {
            return self.within(at, left);
        }
        match left {
            Some(left) => self.within(soon, Some(left.checked_sub(missed)?)),
            None => self.within(soon, None),
        }
    }

    fn within(&self, at: Timestamp, repeats: Option<u32>) -> Option<Due> {
        self.end
            .is_none_or(|end| at <= end)
            .then_some(Due { at, repeats })
    }

    /// The first occurrence at or after `now`, counting from one, and how many lie before it.
    fn catch_up(&self, from: Timestamp, now: Timestamp) -> Option<(Timestamp, u32)> {
        let calendar = self.step.get_years() != 0 || self.step.get_months() != 0;
        let (mut at, mut missed) = (from, 0_u32);
        if !calendar && from < now {
            // Days and weeks have a fixed length in UTC, so this need not walk: a start in 1970 and a step of a second
            // would be two thousand million steps.
            let step = plus(from, self.step)?.as_microsecond() - from.as_microsecond();
            let whole = (now.as_microsecond() - from.as_microsecond()) / step;
            missed = u32::try_from(whole).unwrap_or(u32::MAX);
            at = Timestamp::from_microsecond(from.as_microsecond() + whole * step).ok()?;
        }
        while at < now {
            at = plus(at, self.step)?;
            missed = missed.saturating_add(1);
        }
        Some((at, missed))
    }
}

/// ISO 8601 only: jiff's own reading of spans would take `2 hours` as well.
fn span(text: &str) -> Option<Span> {
    SPANS.parse_span(text.trim()).ok()
}

fn plus(at: Timestamp, span: Span) -> Option<Timestamp> {
    let zoned = at.to_zoned(TimeZone::UTC).checked_add(span).ok()?;
    micros(zoned.timestamp())
}

fn micros(at: Timestamp) -> Option<Timestamp> {
    Timestamp::from_microsecond(at.as_microsecond()).ok()
}
