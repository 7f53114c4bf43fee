//! Dates, times and durations, as expressions know them. In data they are ISO 8601 text; here that text becomes a
//! value and back. What has no zone is in the tenant's when it meets something that has one. A day of a duration is 24
//! hours; months are kept apart from days, because no number of days is a month.

use std::cmp::Ordering;
use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::{Pieces, SpanParser};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp, Zoned};
use rust_decimal::Decimal;

/// Longer texts are no dates.
const MAX_LENGTH: usize = 64;
const DAY: i64 = 24 * 60 * 60;

/// A moment or a length of time.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Temporal {
    Date(Date),
    /// A time of day, with the distance from UTC if it was said.
    Time(Time, Option<Offset>),
    /// Without a zone.
    Local(DateTime),
    Zoned(Box<Zoned>),
    Duration(Duration),
}

/// What can be ordered by one number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum TemporalKind {
    /// Dates, by day.
    Date,
    /// Times of day.
    Time,
    /// Dates and times.
    Moment,
    /// Durations in months.
    Months,
    /// Durations without months.
    Length,
}

impl TemporalKind {
    /// What a place stands for, as ISO 8601 text; the place itself if it is out of range.
    pub(crate) fn show(self, place: i128) -> String {
        let nanos = SignedDuration::try_from_nanos_i128(place);
        let shown = || {
            Some(match self {
                TemporalKind::Date => {
                    let days = Span::new().try_days(i64::try_from(place).ok()?).ok()?;
                    Date::ZERO.checked_add(days).ok()?.to_string()
                }
                TemporalKind::Time => Time::midnight().checked_add(nanos?).ok()?.to_string(),
                TemporalKind::Moment => Timestamp::from_nanosecond(place).ok()?.to_string(),
                TemporalKind::Months => format!("P{place}M"),
                TemporalKind::Length => nanos?.to_string(),
            })
        };
        shown().unwrap_or_else(|| place.to_string())
    }
}

/// A length of time. Both parts never have opposite signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Duration {
    months: i64,
    time: SignedDuration,
}

/// The names of parts, as in `due.year`.
pub(super) const PARTS: [&str; 13] = [
    "year", "month", "day", "weekday", "hour", "minute", "second", "years", "months", "days",
    "hours", "minutes", "seconds",
];

impl Temporal {
    /// Reads any of the five, by its shape.
    pub(super) fn parse(text: &str) -> Option<Temporal> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return None;
        }
        if text.starts_with('P') || text.starts_with("-P") || text.starts_with("+P") {
            return Duration::parse(text).map(Temporal::Duration);
        }
        match text.find(['T', 't', ' ', ':']) {
            Some(at) if text.as_bytes()[at] == b':' => time(text),
            Some(0) => time(text.trim_start_matches(['T', 't'])),
            Some(_) => date_and_time(text),
            None => text.parse().ok().map(Temporal::Date),
        }
    }

    pub(super) fn from_timestamp(at: Timestamp, zone: &TimeZone) -> Temporal {
        Temporal::Zoned(Box::new(at.to_zoned(zone.clone())))
    }

    /// The day, if it has one.
    pub(super) fn date(&self) -> Option<Date> {
        match self {
            Temporal::Date(date) => Some(*date),
            Temporal::Local(local) => Some(local.date()),
            Temporal::Zoned(zoned) => Some(zoned.date()),
            Temporal::Time(..) | Temporal::Duration(_) => None,
        }
    }

    /// The time of day, if it has one; that of a date is midnight.
    pub(super) fn time(&self) -> Option<Temporal> {
        match self {
            Temporal::Date(_) => Some(Temporal::Time(Time::midnight(), None)),
            Temporal::Time(time, offset) => Some(Temporal::Time(*time, *offset)),
            Temporal::Local(local) => Some(Temporal::Time(local.time(), None)),
            Temporal::Zoned(zoned) => Some(Temporal::Time(zoned.time(), Some(zoned.offset()))),
            Temporal::Duration(_) => None,
        }
    }

    /// This moment as date and time; a date gets midnight.
    pub(super) fn date_and_time(&self) -> Option<Temporal> {
        match self {
            Temporal::Date(date) => Some(Temporal::Local(date.to_datetime(Time::midnight()))),
            Temporal::Local(_) | Temporal::Zoned(_) => Some(self.clone()),
            Temporal::Time(..) | Temporal::Duration(_) => None,
        }
    }

    /// A day and a time of day together.
    pub(super) fn join(date: Date, time: Time, offset: Option<Offset>) -> Option<Temporal> {
        let local = date.to_datetime(time);
        match offset {
            None => Some(Temporal::Local(local)),
            Some(offset) => zoned(TimeZone::fixed(offset), local),
        }
    }

    /// Which is earlier or shorter; `None` if they do not compare.
    pub(super) fn order(&self, other: &Temporal, zone: &TimeZone) -> Option<Ordering> {
        if let (Temporal::Duration(a), Temporal::Duration(b)) = (self, other) {
            return a.order(*b);
        }
        if let (Some(a), Some(b)) = (self.civil(), other.civil()) {
            return Some(a.cmp(&b));
        }
        match (self.instant(zone), other.instant(zone)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            (None, None) => Some(self.time_of_day()?.cmp(&other.time_of_day()?)),
            (Some(_), None) | (None, Some(_)) => None,
        }
    }

    /// The day that it is on in a zone, if it has one.
    pub(super) fn day(&self, zone: &TimeZone) -> Option<Date> {
        match self {
            Temporal::Zoned(zoned) => Some(zoned.with_time_zone(zone.clone()).date()),
            Temporal::Date(_) | Temporal::Time(..) | Temporal::Local(_) | Temporal::Duration(_) => {
                self.date()
            }
        }
    }

    /// The time between two moments of a kind: of two dates, so many days of 24 hours.
    pub(super) fn since(&self, earlier: &Temporal, zone: &TimeZone) -> Option<Duration> {
        if let (Some(a), Some(b)) = (self.civil(), earlier.civil()) {
            let time = a.duration_since(b);
            return Some(Duration { months: 0, time });
        }
        let time = match (self.instant(zone), earlier.instant(zone)) {
            (Some(a), Some(b)) => a.duration_since(b),
            (None, None) => self.time_of_day()?.checked_sub(earlier.time_of_day()?)?,
            (Some(_), None) | (None, Some(_)) => return None,
        };
        Some(Duration { months: 0, time })
    }

    /// Later by a duration; `None` if that lies outside the years −9999 to 9999.
    pub(super) fn plus(&self, duration: Duration) -> Option<Temporal> {
        let Duration { months, time } = duration;
        let months = Span::new().try_months(months).ok()?;
        match self {
            Temporal::Date(date) => {
                let midnight = date.to_datetime(Time::midnight());
                let later = midnight.checked_add(months).ok()?.checked_add(time).ok()?;
                Some(Temporal::Date(later.date()))
            }
            Temporal::Time(of_day, offset) => {
                Some(Temporal::Time(of_day.wrapping_add(time), *offset))
            }
            Temporal::Local(local) => {
                let later = local.checked_add(months).ok()?.checked_add(time).ok()?;
                Some(Temporal::Local(later))
            }
            Temporal::Zoned(zoned) => {
                let later = zoned.checked_add(months).ok()?.checked_add(time).ok()?;
                Some(Temporal::Zoned(Box::new(later)))
            }
            Temporal::Duration(other) => other.plus(duration).map(Temporal::Duration),
        }
    }

    /// Its kind and its place among others of that kind, as if in UTC: days of dates, months of durations in months, else nanoseconds.
    pub(super) fn place(&self) -> Option<(TemporalKind, i128)> {
        Some(match self {
            Temporal::Date(date) => {
                let days = date.duration_since(Date::ZERO).as_secs() / DAY;
                (TemporalKind::Date, i128::from(days))
            }
            Temporal::Time(..) => (TemporalKind::Time, self.time_of_day()?.as_nanos()),
            Temporal::Local(_) | Temporal::Zoned(_) => (
                TemporalKind::Moment,
                self.instant(&TimeZone::UTC)?.as_nanosecond(),
            ),
            Temporal::Duration(Duration { months, time }) if time.is_zero() && *months != 0 => {
                (TemporalKind::Months, i128::from(*months))
            }
            Temporal::Duration(Duration { months: 0, time }) => {
                (TemporalKind::Length, time.as_nanos())
            }
            Temporal::Duration(_) => return None,
        })
    }

    /// One of [`PARTS`]; `None` if this has no such part.
    pub(super) fn part(&self, name: &str) -> Option<i64> {
        if let Temporal::Duration(duration) = self {
            return duration.part(name);
        }
        let time = || match self {
            Temporal::Time(time, _) => Some(*time),
            Temporal::Local(local) => Some(local.time()),
            Temporal::Zoned(zoned) => Some(zoned.time()),
            Temporal::Date(_) | Temporal::Duration(_) => None,
        };
        Some(match name {
            "year" => i64::from(self.date()?.year()),
            "month" => i64::from(self.date()?.month()),
            "day" => i64::from(self.date()?.day()),
            "weekday" => i64::from(self.date()?.weekday().to_monday_one_offset()),
            "hour" => i64::from(time()?.hour()),
            "minute" => i64::from(time()?.minute()),
            "second" => i64::from(time()?.second()),
            _ => return None,
        })
    }

    /// A date or a date and time without a zone. Between two of them no clock is set.
    fn civil(&self) -> Option<DateTime> {
        match self {
            Temporal::Date(date) => Some(date.to_datetime(Time::midnight())),
            Temporal::Local(local) => Some(*local),
            Temporal::Time(..) | Temporal::Zoned(_) | Temporal::Duration(_) => None,
        }
    }

    fn instant(&self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Temporal::Date(_) | Temporal::Local(_) => zone.to_timestamp(self.civil()?).ok(),
            Temporal::Zoned(zoned) => Some(zoned.timestamp()),
            Temporal::Time(..) | Temporal::Duration(_) => None,
        }
    }

    fn time_of_day(&self) -> Option<SignedDuration> {
        match self {
            Temporal::Time(time, offset) => {
                let seconds = i64::from(offset.unwrap_or(Offset::UTC).seconds());
                time.duration_since(Time::midnight())
                    .checked_sub(SignedDuration::from_secs(seconds))
            }
            Temporal::Date(_) | Temporal::Local(_) | Temporal::Zoned(_) | Temporal::Duration(_) => {
                None
            }
        }
    }
}

impl Duration {
    /// Reads an ISO 8601 duration.
    pub(super) fn parse(text: &str) -> Option<Duration> {
        let span = SpanParser::new().parse_span(text).ok()?;
        let months = i64::from(span.get_years()) * 12 + i64::from(span.get_months());
        let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
        let seconds = days * DAY
            + i64::from(span.get_hours()) * 60 * 60
            + span.get_minutes() * 60
            + span.get_seconds();
        let time = SignedDuration::from_secs(seconds)
            .checked_add(SignedDuration::from_millis(span.get_milliseconds()))?
            .checked_add(SignedDuration::from_micros(span.get_microseconds()))?
            .checked_add(SignedDuration::from_nanos(span.get_nanoseconds()))?;
        Some(Duration { months, time })
    }

    /// Both together; `None` out of bounds, or if months and days would point in opposite directions.
    pub(super) fn plus(self, other: Duration) -> Option<Duration> {
        Duration {
            months: self.months.checked_add(other.months)?,
            time: self.time.checked_add(other.time)?,
        }
        .of_one_sign()
    }

    pub(super) fn negated(self) -> Option<Duration> {
        Some(Duration {
            months: self.months.checked_neg()?,
            time: self.time.checked_neg()?,
        })
    }

    /// So many times as long; fractions of months and nanoseconds are cut off.
    pub(super) fn times(self, factor: Decimal) -> Option<Duration> {
        self.scaled(|amount| amount.checked_mul(factor))
    }

    /// The part of that many equal ones; fractions of months and nanoseconds are cut off.
    pub(super) fn divided(self, divisor: Decimal) -> Option<Duration> {
        self.scaled(|amount| amount.checked_div(divisor))
    }

    fn scaled(self, scale: impl Fn(Decimal) -> Option<Decimal>) -> Option<Duration> {
        let scale = |amount: i128| {
            let amount = Decimal::try_from_i128_with_scale(amount, 0).ok()?;
            i128::try_from(scale(amount)?.trunc()).ok()
        };
        Some(Duration {
            months: i64::try_from(scale(i128::from(self.months))?).ok()?,
            time: SignedDuration::try_from_nanos_i128(scale(self.time.as_nanos())?)?,
        })
    }

    /// How many times the other fits; `None` if they are not of one kind or the other is nothing.
    pub(super) fn over(self, other: Duration) -> Option<Decimal> {
        let (a, b) = if self.months == 0 && other.months == 0 {
            (self.time.as_nanos(), other.time.as_nanos())
        } else if self.time.is_zero() && other.time.is_zero() {
            (i128::from(self.months), i128::from(other.months))
        } else {
            return None;
        };
        let decimal = |amount| Decimal::try_from_i128_with_scale(amount, 0).ok();
        decimal(a)?.checked_div(decimal(b)?)
    }

    fn of_one_sign(self) -> Option<Duration> {
        let opposite = self.months.signum() * i64::from(self.time.signum()) < 0;
        (!opposite).then_some(self)
    }

    fn order(self, other: Duration) -> Option<Ordering> {
        if self.months == other.months {
            return Some(self.time.cmp(&other.time));
        }
        (self.time == other.time).then(|| self.months.cmp(&other.months))
    }

    fn part(self, name: &str) -> Option<i64> {
        let seconds = self.time.as_secs();
        Some(match name {
            "years" => self.months / 12,
            "months" => self.months % 12,
            "days" => seconds / DAY,
            "hours" => seconds % DAY / 3600,
            "minutes" => seconds % 3600 / 60,
            "seconds" => seconds % 60,
            _ => return None,
        })
    }
}

fn time(text: &str) -> Option<Temporal> {
    let (time, offset) = match text.find(['Z', 'z', '+', '-']) {
        None => (text, None),
        Some(at) => (&text[..at], Some(offset(&text[at..])?)),
    };
    Some(Temporal::Time(time.parse().ok()?, offset))
}

fn offset(text: &str) -> Option<Offset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let two_digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// A day and a time, with an offset, a zone in brackets, or FEEL's `@Europe/Berlin`.
fn date_and_time(text: &str) -> Option<Temporal> {
    let bracketed = text
        .split_once('@')
        .map(|(local, zone)| format!("{local}[{zone}]"));
    let pieces = Pieces::parse(bracketed.as_deref().unwrap_or(text)).ok()?;
    let local = pieces.date().to_datetime(pieces.time()?);
    let zone = pieces.to_time_zone().ok()?;
    match (pieces.to_numeric_offset(), zone) {
        (None, None) => Some(Temporal::Local(local)),
        (None, Some(zone)) => zoned(zone, local),
        (Some(offset), zone) => {
            let zone = zone.unwrap_or_else(|| TimeZone::fixed(offset));
            let instant = offset.to_timestamp(local).ok()?;
            Some(Temporal::Zoned(Box::new(instant.to_zoned(zone))))
        }
    }
}

fn zoned(zone: TimeZone, local: DateTime) -> Option<Temporal> {
    let zoned = zone.to_zoned(local).ok()?;
    Some(Temporal::Zoned(Box::new(zoned)))
}

impl fmt::Display for Temporal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Temporal::Date(date) => write!(f, "{date}"),
            Temporal::Time(time, None) => write!(f, "{time}"),
            Temporal::Time(time, Some(offset)) => {
                write!(f, "{time}")?;
                write_offset(f, *offset)
            }
            Temporal::Local(local) => write!(f, "{local}"),
            Temporal::Zoned(zoned) => {
                write!(f, "{}", zoned.datetime())?;
                write_offset(f, zoned.offset())
            }
            Temporal::Duration(duration) => write!(f, "{duration}"),
        }
    }
}

/// `Z` or `+02:00`. Seconds of historical zones are cut off, as ISO 8601 has none.
fn write_offset(f: &mut fmt::Formatter<'_>, offset: Offset) -> fmt::Result {
    let seconds = offset.seconds();
    if seconds == 0 {
        return f.write_str("Z");
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.months < 0 || self.time.is_negative() {
            f.write_str("-")?;
        }
        f.write_str("P")?;
        let months = self.months.unsigned_abs();
        let time = self.time.unsigned_abs();
        let seconds = time.as_secs();
        let day = DAY.unsigned_abs();
        let parts = [(months / 12, 'Y'), (months % 12, 'M'), (seconds / day, 'D')];
        write_parts(f, &parts)?;
        let within = seconds % day;
        let nanos = time.subsec_nanos();
        if within == 0 && nanos == 0 {
            let nothing = parts.iter().all(|(amount, _)| *amount == 0);
            return f.write_str(if nothing { "T0S" } else { "" });
        }
        f.write_str("T")?;
        write_parts(f, &[(within / 3600, 'H'), (within % 3600 / 60, 'M')])?;
        match (within % 60, nanos) {
            (0, 0) => Ok(()),
            (seconds, 0) => write!(f, "{seconds}S"),
            (seconds, nanos) => {
                let fraction = format!("{nanos:09}");
                write!(f, "{seconds}.{}S", fraction.trim_end_matches('0'))
            }
        }
    }
}

fn write_parts(f: &mut fmt::Formatter<'_>, parts: &[(u64, char)]) -> fmt::Result {
    parts
        .iter()
        .filter(|(amount, _)| *amount > 0)
        .try_for_each(|(amount, unit)| write!(f, "{amount}{unit}"))
}

#[cfg(test)]
mod tests;
