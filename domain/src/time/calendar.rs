//! A tenant's calendar: the zone that times without one are in, and the days on which people work.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use serde::{Deserialize, Serialize};

use super::zone;

/// Holidays of one calendar.
pub const MAX_HOLIDAYS: usize = 1_000;
/// Working days that one duration counts; some four hundred years.
const MAX_DAYS: u32 = 100_000;
const ALL: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// A set of weekdays.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Whether a day is one of them.
    pub fn holds(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }

    /// Those that it holds, Monday first.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        ALL.into_iter().filter(move |day| self.holds(*day))
    }
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<T: IntoIterator<Item = Weekday>>(days: T) -> Weekdays {
        Weekdays(days.into_iter().fold(0, |all, day| all | bit(day)))
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

/// A tenant's calendar. Without one of its own: UTC, Monday to Friday, no holidays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Calendar {
    name: String,
    zone: TimeZone,
    working: Weekdays,
    holidays: BTreeSet<Date>,
}

/// A calendar as it is stored.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    zone: String,
    working: Weekdays,
    holidays: BTreeSet<Date>,
}

impl From<Calendar> for Stored {
    fn from(calendar: Calendar) -> Stored {
        Stored {
            zone: calendar.name,
            working: calendar.working,
            holidays: calendar.holidays,
        }
    }
}

impl TryFrom<Stored> for Calendar {
    type Error = CalendarProblem;

    fn try_from(stored: Stored) -> Result<Calendar, CalendarProblem> {
        Calendar::new(&stored.zone, stored.working, stored.holidays)
    }
}

/// Why a calendar cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalendarProblem {
    /// No zone of this name.
    #[error("the time zone is not known: name it like `Europe/Berlin`")]
    Zone,
    /// Nobody ever works.
    #[error("a calendar takes at least one working day")]
    NoWorkingDay,
    /// More than [`MAX_HOLIDAYS`].
    #[error("a calendar takes {MAX_HOLIDAYS} holidays at most")]
    TooManyHolidays,
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
            working: ALL.into_iter().take(5).collect(),
            holidays: BTreeSet::new(),
        }
    }
}

impl Calendar {
    /// A calendar of a zone by its IANA name.
    pub fn new(
        zone_name: &str,
        working: Weekdays,
        holidays: BTreeSet<Date>,
    ) -> Result<Calendar, CalendarProblem> {
        let zone = zone(zone_name).ok_or(CalendarProblem::Zone)?;
        if working == Weekdays::default() {
            return Err(CalendarProblem::NoWorkingDay);
        }
        if holidays.len() > MAX_HOLIDAYS {
            return Err(CalendarProblem::TooManyHolidays);
        }
        let name = zone.iana_name().unwrap_or(zone_name).to_owned();
        Ok(Calendar {
            name,
            zone,
            working,
            holidays,
        })
    }

    /// The zone that times without one are in.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Its IANA name.
    pub fn zone_name(&self) -> &str {
        &self.name
    }

    /// The weekdays on which people work.
    pub fn working(&self) -> Weekdays {
        self.working
    }

    /// The days on which nobody works all the same.
    pub fn holidays(&self) -> &BTreeSet<Date> {
        &self.holidays
    }

    /// Whether people work on a day.
    pub fn is_working(&self, date: Date) -> bool {
        self.working.holds(date.weekday()) && !self.holidays.contains(&date)
    }

    /// The first day of work from a day on. `None` beyond the dates that there are.
    pub fn next_working_day(&self, from: Date) -> Option<Date> {
        let mut date = from;
        while !self.is_working(date) {
            date = date.tomorrow().ok()?;
        }
        Some(date)
    }

    /// The day of work so many after a day; with 0 the day itself. `None` beyond the dates that there are, and of more than
    /// 100,000.
    pub fn working_days_after(&self, from: Date, days: u32) -> Option<Date> {
        if days > MAX_DAYS {
            return None;
        }
        if days == 0 {
            return Some(from);
        }
        let week = u32::try_from(self.working.days().count()).ok()?;
        let (mut date, mut left) = (from, days);
        while left > 0 {
            // Whole weeks at once, and what they had of holidays again.
            let weeks = left / week;
            if weeks == 0 {
                date = date.tomorrow().ok()?;
                left -= u32::from(self.is_working(date));
                continue;
            }
            let to = date.checked_add(Span::new().weeks(weeks)).ok()?;
            let off = self.holidays.range(date.tomorrow().ok()?..=to);
            let lost = off.filter(|day| self.working.holds(day.weekday())).count();
            left = left - weeks * week + u32::try_from(lost).ok()?;
            date = to;
        }
        while !self.is_working(date) {
            date = date.yesterday().ok()?;
        }
        Some(date)
    }

    /// The days of work after the first day, up to and with the last; negative if the last comes first.
    pub fn working_days_between(&self, first: Date, last: Date) -> i64 {
        let (from, to, sign) = match first <= last {
            true => (first, last, 1),
            false => (last, first, -1),
        };
        let days = i64::from(from.until(to).map_or(0, |span| span.get_days()));
        let weekdays: i64 = self
            .working
            .days()
            .map(|day| {
                // The first of this weekday after `from`, and every seventh day from there on.
                let ahead = i64::from(from.weekday().until(day));
                let ahead = if ahead == 0 { 7 } else { ahead };
                (days - ahead).div_euclid(7) + 1
            })
            .map(|count| count.max(0))
            .sum();
        let off = match from.tomorrow() {
            Ok(next) if next <= to => self.holidays.range(next..=to).count_working(self.working),
            Ok(_) | Err(_) => 0,
        };
        sign * (weekdays - off)
    }

    /// Time that only passes on days of work, after a moment.
    pub(super) fn working_time_after(&self, from: Zoned, time: Span) -> Option<Zoned> {
        let mut left = time.to_duration(&from).ok()?;
        let mut at = self.opening(from)?;
        // Each round is a day of work.
        for _ in 0..=MAX_DAYS {
            let midnight = at.tomorrow().ok()?.start_of_day().ok()?;
            let today = at.duration_until(&midnight);
            if left <= today && (left < today || self.is_working(midnight.date())) {
                return at.checked_add(left).ok();
            }
            left -= today.min(left);
            at = self.opening(midnight)?;
        }
        None
    }

    /// The moment itself if it is on a day of work, else the beginning of the next one.
    fn opening(&self, at: Zoned) -> Option<Zoned> {
        let date = self.next_working_day(at.date())?;
        if date == at.date() {
            return Some(at);
        }
        date.to_zoned(self.zone.clone()).ok()
    }
}

/// Counts those of some days that fall on one of some weekdays.
trait CountWorking {
    fn count_working(self, working: Weekdays) -> i64;
}

impl<'a, T: Iterator<Item = &'a Date>> CountWorking for T {
    fn count_working(self, working: Weekdays) -> i64 {
        let count = self.filter(|day| working.holds(day.weekday())).count();
        i64::try_from(count).unwrap_or(i64::MAX)
    }
}
