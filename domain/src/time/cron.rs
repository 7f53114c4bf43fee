//! Cron: five fields as of old (weekdays from 0, Sunday; a day of the month or a weekday), or six and seven as Quartz
//! writes them, with seconds and maybe years (weekdays from 1, Sunday; both must hold).

use croner::parser::{CronParser, Seconds, Year};
use jiff::Zoned;

use super::Calendar;

/// Occurrences on days off that are passed over in a row. More than there are holidays, and a cron for Sundays alone has
/// none at all.
const MAX_SKIPPED: usize = 5_000;

/// A cron expression.
#[derive(Clone, Debug)]
pub(super) struct Cron(Box<croner::Cron>);

impl Cron {
    /// Reads one; `None` if it is none. `@daily` and its like are five fields in short.
    pub(super) fn parse(text: &str) -> Option<Cron> {
        let fields = text.split_whitespace().count();
        let old = match fields {
            1 if text.starts_with('@') => true,
            5 => true,
            6 | 7 => false,
            _ => return None,
        };
        let parser = CronParser::builder()
            .seconds(if old {
                Seconds::Disallowed
            } else {
                Seconds::Required
            })
            .year(if old {
                Year::Disallowed
            } else {
                Year::Optional
            })
            .alternative_weekdays(!old)
            .dom_and_dow(!old)
            // Quartz counts on from a number: `0/5`.
            .sloppy_ranges(true)
            .build();
        parser.parse(text).ok().map(|cron| Cron(Box::new(cron)))
    }

    /// The first occurrence after a moment, in its zone; on a day of work of a calendar, if one is given.
    pub(super) fn after(&self, from: &Zoned, working: Option<&Calendar>) -> Option<Zoned> {
        let mut at = from.clone();
        for _ in 0..MAX_SKIPPED {
            at = self.0.find_next_occurrence(&at, false).ok()?;
            let Some(calendar) = working else {
                return Some(at);
            };
            if calendar.is_working(at.date()) {
                return Some(at);
            }
            // The rest of a day off is off as well.
            at = at.tomorrow().ok()?.start_of_day().ok()?;
            at = at.checked_sub(jiff::Span::new().seconds(1)).ok()?;
        }
        None
    }
}
