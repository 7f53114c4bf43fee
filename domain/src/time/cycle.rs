//! What happens more than once: repeating intervals of ISO 8601 and cron expressions.

use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::cron::Cron;
use super::{Reckoning, TimeError, bounded, micros, span};

/// Occurrences that are made up for at most: a server that was down for a year must not do an hour's work of them.
const MADE_UP: u32 = 100;

/// When something is due, and how many more times after that; `None` is for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// How many more times.
    pub repeats: Option<u32>,
    /// Where it stands in a series of equal steps, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
}

/// A place in a series: each is counted from the beginning, so that a month that is short or a clock that is set moves one
/// occurrence and none of those after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Series {
    /// Where the series begins.
    pub from: Timestamp,
    /// How many steps from there.
    pub step: u32,
}

/// A repeating interval (`R3/PT10H`, `R/PT1H`, `R5/<start>/P1D`, `R/P1D/<end>`, `R3/<start>/<end of the first>`) or a cron
/// expression.
#[derive(Clone, Debug)]
pub enum Cycle {
    /// Equal steps.
    Interval(Interval),
    /// By the fields of the clock.
    Cron(CronCycle),
}

/// A repeating interval.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    /// Occurrences in all; `None` is for ever.
    count: Option<u32>,
    start: Option<Timestamp>,
    step: Span,
    /// Nothing happens after it.
    end: Option<Timestamp>,
}

/// A cron expression.
#[derive(Clone, Debug)]
pub struct CronCycle(Cron);

impl Cycle {
    /// Reads a cycle of at least one occurrence, at most one a second.
    pub fn parse(text: &str, by: Reckoning<'_>) -> Result<Cycle, TimeError> {
        let text = bounded(text).ok_or(TimeError::NoCycle)?;
        if let Some(rest) = text.strip_prefix('R') {
            return Interval::parse(rest, by).map(Cycle::Interval);
        }
        let cron = Cron::parse(text).ok_or(TimeError::NoCycle)?;
        Ok(Cycle::Cron(CronCycle(cron)))
    }

    /// The first occurrence after now; nothing if it would lie after the end. Occurrences that a start puts before now have
    /// passed; if all of them have, one happens at once.
    pub fn first(&self, now: Timestamp, by: Reckoning<'_>) -> Option<Due> {
        match self {
            Cycle::Interval(interval) => interval.first(now, by),
            Cycle::Cron(cron) => cron.after(now, by),
        }
    }

    /// The occurrence after one that was due then; nothing if that was the last. What was missed since: with `make_up`, each
    /// of a counted cycle still happens, up to a hundred of them; otherwise they are passed over.
    pub fn next(&self, was: Due, now: Timestamp, make_up: bool, by: Reckoning<'_>) -> Option<Due> {
        match self {
            Cycle::Interval(interval) => interval.next(was, now, make_up, by),
            Cycle::Cron(cron) => cron.after(now.max(was.at), by),
        }
    }
}

impl CronCycle {
    fn after(&self, from: Timestamp, by: Reckoning<'_>) -> Option<Due> {
        let zoned = from.to_zoned(by.calendar.zone().clone());
        let next = self.0.after(&zoned, by.working.then_some(by.calendar))?;
        Some(Due {
            at: micros(next.timestamp()).ok()?,
            repeats: None,
            series: None,
        })
    }
}

impl Interval {
    fn parse(text: &str, by: Reckoning<'_>) -> Result<Interval, TimeError> {
        let mut parts = text.split('/');
        let count = match parts.next().ok_or(TimeError::NoCycle)? {
            "" | "-1" => None,
            count => {
                let digits = count.bytes().all(|byte| byte.is_ascii_digit());
                let count = count.parse::<u32>().ok();
                let count = count.filter(|count| digits && *count > 0);
                Some(count.ok_or(TimeError::NoCycle)?)
            }
        };
        let first = parts.next().ok_or(TimeError::NoCycle)?;
        let second = parts.next();
        if parts.next().is_some() {
            return Err(TimeError::NoCycle);
        }
        let date = |text| by.date(text).map_err(|_| TimeError::NoCycle);
        let (start, step, end) = match (span(first), second) {
            (Some(step), None) => (None, step, None),
            (Some(step), Some(end)) => (None, step, Some(date(end)?)),
            (None, Some(second)) => {
                let start = date(first)?;
                let step = match span(second) {
                    Some(step) => step,
                    None => {
                        let length = date(second)?.since(start);
                        let length = length.map_err(|_| TimeError::NoCycle)?;
                        if length.is_negative() {
                            return Err(TimeError::NoCycle);
                        }
                        length
                    }
                };
                (Some(start), step, None)
            }
            (None, None) => return Err(TimeError::NoCycle),
        };
        let from = start.unwrap_or(Timestamp::UNIX_EPOCH);
        if by.plus(from, step)?.as_second() <= from.as_second() {
            return Err(TimeError::TooOften);
        }
        Ok(Interval {
            count,
            start,
            step,
            end,
        })
    }

    fn first(&self, now: Timestamp, by: Reckoning<'_>) -> Option<Due> {
        let repeats = self.count.map(|count| count - 1);
        let Some(start) = self.start else {
            let series = Series { from: now, step: 1 };
            return self.due(series, repeats, by);
        };
        let series = Series {
            from: start,
            step: 0,
        };
        let missed = self.until(series, now, by)?;
        match repeats {
            Some(left) if missed > left => Some(Due {
                at: now,
                repeats: Some(0),
                series: None,
            }),
            repeats => {
                let left = repeats.map(|left| left - missed);
                self.due(series.ahead(missed)?, left, by)
            }
        }
    }

    fn next(&self, was: Due, now: Timestamp, make_up: bool, by: Reckoning<'_>) -> Option<Due> {
        let left = match was.repeats {
            Some(left) => Some(left.checked_sub(1)?),
            None => None,
        };
        let from = was.series.unwrap_or(Series {
            from: was.at,
            step: 0,
        });
        let series = from.ahead(1)?;
        let missed = self.until(series, now, by)?;
        match left {
            Some(left) if make_up && missed <= MADE_UP => self.due(series, Some(left), by),
            Some(left) => self.due(series.ahead(missed)?, Some(left.checked_sub(missed)?), by),
            None => self.due(series.ahead(missed)?, None, by),
        }
    }

    fn due(&self, series: Series, repeats: Option<u32>, by: Reckoning<'_>) -> Option<Due> {
        let at = self.at(series, by)?;
        self.end.is_none_or(|end| at <= end).then_some(Due {
            at,
            repeats,
            series: Some(series),
        })
    }

    /// When a place in a series is.
    fn at(&self, series: Series, by: Reckoning<'_>) -> Option<Timestamp> {
        if series.step == 0 {
            return Some(series.from);
        }
        let all = self.step.checked_mul(i64::from(series.step)).ok()?;
        by.plus(series.from, all).ok()
    }

    /// How many occurrences from a place on lie before now. Looked for by halves: a start in 1970 and a step of a second
    /// would be two thousand million steps.
    fn until(&self, series: Series, now: Timestamp, by: Reckoning<'_>) -> Option<u32> {
        // What lies beyond all dates is not before now.
        let passed = |steps: u32| {
            series
                .ahead(steps)
                .and_then(|place| self.at(place, by))
                .is_some_and(|at| at < now)
        };
        let mut bound = 1_u32;
        while passed(bound - 1) {
            bound = bound.checked_mul(2)?;
        }
        let (mut low, mut high) = (0, bound - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if passed(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(low)
    }
}

impl Series {
    fn ahead(self, steps: u32) -> Option<Series> {
        Some(Series {
            step: self.step.checked_add(steps)?,
            ..self
        })
    }
}
