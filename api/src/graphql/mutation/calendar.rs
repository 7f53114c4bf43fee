//! Say when people work.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use docket_domain::time;

use super::settled;
use crate::app::Invalid;
use crate::graphql::error::{Result, UserError};
use crate::graphql::session::Asking;
use crate::graphql::types::calendar::{Calendar, Date, Weekday};

/// What `setCalendar` takes.
#[derive(Clone, Debug, InputObject)]
pub struct SetCalendarInput {
    /// The zone by its IANA name: `Europe/Berlin`.
    time_zone: String,
    /// The days of the week on which people work; at least one.
    working_days: Vec<Weekday>,
    /// The days on which nobody works all the same; none unless named, 1,000 at most.
    holidays: Option<Vec<Date>>,
}

/// What came of a mutation of the calendar.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct CalendarPayload {
    /// The calendar after it.
    calendar: Option<Calendar>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// The mutations of the calendar.
#[derive(Default)]
pub struct CalendarMutation;

#[Object(serial)]
impl CalendarMutation {
    /// Gives the tenant another calendar. It holds for times that are computed from now on: dates and timers that are set
    /// already stay. Takes the privilege `ADMINISTRATOR`.
    async fn set_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The calendar.")] input: SetCalendarInput,
    ) -> Result<CalendarPayload> {
        let asking = Asking::writing(ctx)?;
        let SetCalendarInput {
            time_zone,
            working_days,
            holidays,
        } = input;
        let working = working_days.into_iter().map(Into::into).collect();
        let holidays = holidays.unwrap_or_default();
        let holidays = holidays.into_iter().map(|date| date.0).collect();
        let asked = async {
            let calendar = time::Calendar::new(&time_zone, working, holidays);
            let calendar = calendar.map_err(Invalid::Calendar);
            asking.app.set_calendar(asking.actor(), calendar).await
        };
        Ok(match settled(asked).await? {
            Ok(calendar) => CalendarPayload {
                calendar: Some(Calendar(calendar)),
                user_errors: Vec::new(),
            },
            Err(user_errors) => CalendarPayload {
                user_errors,
                ..CalendarPayload::default()
            },
        })
    }
}
