//! When people of a tenant work.

use std::sync::Arc;

use async_graphql::{Enum, InputValueError, InputValueResult, Object, Scalar, ScalarType, Value};
use docket_domain::time;
use jiff::civil;

/// A day in ISO 8601: `2026-12-24`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Date(pub civil::Date);

#[Scalar(
    specified_by_url = "https://scalars.graphql.org/andimarek/local-date.html",
    use_type_description
)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        // The parser would take a moment as well, and leave out its time.
        let date = (text.len() == 10).then(|| text.parse().ok()).flatten();
        date.map(Date)
            .ok_or_else(|| InputValueError::custom("a day looks like 2026-12-24"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl async_graphql::Description for Date {
    fn description() -> &'static str {
        "A day in ISO 8601: `2026-12-24`."
    }
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "civil::Weekday")]
pub enum Weekday {
    /// The first day of the week.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The last.
    Sunday,
}

/// The zone and the working days of a tenant.
pub struct Calendar(pub Arc<time::Calendar>);

/// The zone and the working days of a tenant. Times in models that name no zone are in this one; what counts in working
/// days leaves out all others.
#[Object(serial)]
impl Calendar {
    /// The zone by its IANA name: `Europe/Berlin`.
    async fn time_zone(&self) -> &str {
        self.0.zone_name()
    }

    /// The days of the week on which people work, Monday first.
    async fn working_days(&self) -> Vec<Weekday> {
        self.0.working().days().map(Weekday::from).collect()
    }

    /// The days on which nobody works all the same, in order.
    async fn holidays(&self) -> Vec<Date> {
        self.0.holidays().iter().copied().map(Date).collect()
    }
}
