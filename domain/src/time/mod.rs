//! Time as models write it: dates, durations and cycles of ISO 8601, and cron, turned into moments by a tenant's calendar.
//! Pure: what time it is, and which calendar holds, is said by the caller.
//!
//! ```text
//!  Calendar (zone, working days) ──▶ Reckoning ──date──after──moment──▶ Timestamp
//!                                            └──▶ Cycle ──first──next──▶ Due
//! ```
//!
//! A date or a time without a zone is in the calendar's zone, and so are days: a day later is the same time of day, also
//! where clocks change. A time that clocks leave out is as much later as they are set forward; of a time that comes twice
//! the first is meant. Everything is cut to microseconds, which is what is stored.

mod calendar;
mod cron;
mod cycle;
#[cfg(test)]
mod tests;

use jiff::fmt::temporal::{DateTimeParser, SpanParser};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

pub use calendar::{Calendar, CalendarProblem, MAX_HOLIDAYS, Weekdays};
pub use cycle::{Cycle, Due, Series};

static DATES: DateTimeParser = DateTimeParser::new();
static SPANS: SpanParser = SpanParser::new();

/// Longer texts are no times.
const MAX_LENGTH: usize = 256;

/// Why a text is no time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimeError {
    /// Neither a date nor a date and time.
    #[error("is no ISO 8601 date")]
    NoDate,
    /// No duration.
    #[error("is no ISO 8601 duration")]
    NoDuration,
    /// A duration that leads back.
    #[error("is a negative duration")]
    Negative,
    /// Neither a date nor a duration.
    #[error("is neither an ISO 8601 date nor a duration")]
    NoMoment,
    /// Neither a repeating interval nor a cron expression.
    #[error("is neither an ISO 8601 repeating interval nor a cron expression")]
    NoCycle,
    /// A cycle that would happen more than once a second.
    #[error("repeats more often than once a second")]
    TooOften,
    /// Nothing that a clock will ever show.
    #[error("lies outside of the years that there are dates for")]
    Beyond,
}

/// How times are counted: by a tenant's calendar, and either in all of its days or only in those on which people work.
#[derive(Clone, Copy, Debug)]
pub struct Reckoning<'a> {
    /// The calendar.
    pub calendar: &'a Calendar,
    /// Whether days are working days: they are counted, days and times on others are not. Years, months and weeks are
    /// the calendar's all the same.
    pub working: bool,
}

impl Reckoning<'_> {
    /// A date and time, a date, or either with a zone. A date is its midnight.
    pub fn date(&self, text: &str) -> Result<Timestamp, TimeError> {
        let text = bounded(text).ok_or(TimeError::NoDate)?;
        let at = DATES
            .parse_timestamp(text)
            .or_else(|_| DATES.parse_zoned(text).map(|zoned| zoned.timestamp()))
            .or_else(|_| {
                let civil = DATES.parse_datetime(text)?;
                self.calendar.zone().to_timestamp(civil)
            });
        micros(at.map_err(|_| TimeError::NoDate)?)
    }

    /// A duration after a moment.
    pub fn after(&self, text: &str, from: Timestamp) -> Result<Timestamp, TimeError> {
        let leads_back = || {
            SPANS
                .parse_span(text.trim())
                .is_ok_and(|span| span.is_negative())
        };
        let span = span(text).ok_or_else(|| match leads_back() {
            true => TimeError::Negative,
            false => TimeError::NoDuration,
        });
        self.plus(from, span?)
    }

    /// A date, or a duration after a moment.
    pub fn moment(&self, text: &str, from: Timestamp) -> Result<Timestamp, TimeError> {
        match span(text) {
            Some(span) => self.plus(from, span),
            None => self.date(text).map_err(|_| TimeError::NoMoment),
        }
    }

    /// A span after a moment.
    fn plus(&self, from: Timestamp, span: Span) -> Result<Timestamp, TimeError> {
        let from = from.to_zoned(self.calendar.zone().clone());
        let later = if self.working {
            self.working_plus(&from, span)
        } else {
            from.checked_add(span).ok()
        };
        micros(later.ok_or(TimeError::Beyond)?.timestamp())
    }

    /// Years, months and weeks by the calendar, then days of work, then time that only passes on days of work. What ends on
    /// a day off ends at the same time of the next day of work.
    fn working_plus(&self, from: &Zoned, span: Span) -> Option<Zoned> {
        let calendar = self.calendar;
        let large = Span::new()
            .try_years(span.get_years())
            .and_then(|large| large.try_months(span.get_months()))
            .and_then(|large| large.try_weeks(span.get_weeks()))
            .ok()?;
        let mut at = from.checked_add(large).ok()?;
        let days = u32::try_from(span.get_days()).ok()?;
        if days > 0 {
            at = on(&at, calendar.working_days_after(at.date(), days)?)?;
        }
        let time = span.years(0).months(0).weeks(0).days(0);
        if time.is_zero() {
            return on(&at, calendar.next_working_day(at.date())?);
        }
        calendar.working_time_after(at, time)
    }
}

/// The same time of another day; midnight or later where clocks leave it out.
fn on(at: &Zoned, date: jiff::civil::Date) -> Option<Zoned> {
    if at.date() == date {
        return Some(at.clone());
    }
    at.with().date(date).build().ok()
}

/// An ISO 8601 duration from zero on: `P3D`, `PT1.5H`, `P2W`, `P0,5D`. ISO only: jiff's own reading of spans would take
/// `2 hours` as well.
pub(crate) fn span(text: &str) -> Option<Span> {
    let text = bounded(text)?;
    let span = match SPANS.parse_span(text) {
        Ok(span) => span,
        Err(_) => with_fraction(text)?,
    };
    (!span.is_negative()).then_some(span)
}

/// A duration that ends with a fraction of a day or week: a part of 24 hours, or of seven times that.
fn with_fraction(text: &str) -> Option<Span> {
    let (hours, unit) = match text.as_bytes().last()? {
        b'D' | b'd' => (24, 'D'),
        b'W' | b'w' => (7 * 24, 'W'),
        _ => return None,
    };
    let (whole, fraction) = text[..text.len() - 1].split_once(['.', ','])?;
    let digits = fraction.len();
    if digits > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = SPANS.parse_span(format!("{whole}{unit}")).ok()?;
    let scale = 10_i64.pow(u32::try_from(digits).ok()?);
    let nanoseconds = i128::from(fraction.parse::<i64>().ok()?)
        * (i128::from(hours) * 3_600_000_000_000 / i128::from(scale));
    let microseconds = i64::try_from(nanoseconds / 1_000).ok()?;
    whole.try_microseconds(microseconds).ok()
}

fn bounded(text: &str) -> Option<&str> {
    let text = text.trim();
    (text.len() <= MAX_LENGTH).then_some(text)
}

fn micros(at: Timestamp) -> Result<Timestamp, TimeError> {
    Timestamp::from_microsecond(at.as_microsecond()).map_err(|_| TimeError::Beyond)
}

/// A zone by its IANA name.
fn zone(name: &str) -> Option<TimeZone> {
    let name = bounded(name)?;
    TimeZone::get(name).ok()
}
