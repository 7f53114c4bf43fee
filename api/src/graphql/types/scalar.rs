//! Moments, ranges and directions.

use async_graphql::{
    Enum, InputObject, InputValueError, InputValueResult, Scalar, ScalarType, Value,
};
use docket_domain::task::worklist::Span;
use jiff::fmt::temporal::SpanParser;
use jiff::{SignedDuration, SpanRelativeTo, Timestamp};

/// A moment in ISO 8601 with its offset, as in RFC 3339: `2026-11-22T08:30:00Z`. Answers are in UTC, with whole
/// microseconds at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DateTime(pub Timestamp);

#[Scalar(
    specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html",
    use_type_description
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let at: Timestamp = text
            .parse()
            .map_err(|_| InputValueError::custom("a moment looks like 2026-11-22T08:30:00Z"))?;
        // The store keeps microseconds: more would not come back.
        Timestamp::from_microsecond(at.as_microsecond())
            .map(DateTime)
            .map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl async_graphql::Description for DateTime {
    fn description() -> &'static str {
        "A moment in ISO 8601 with its offset, as in RFC 3339: `2026-11-22T08:30:00Z`. Answers are in UTC, with microseconds at most."
    }
}

/// A length of time in ISO 8601: `PT5M`. Days have 24 hours; months and years, which have no length of their own, are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Duration(pub SignedDuration);

static SPANS: SpanParser = SpanParser::new();

#[Scalar(
    specified_by_url = "https://scalars.graphql.org/dotansimha/duration.html",
    use_type_description
)]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else {
            return Err(InputValueError::expected_type(value));
        };
        let span = SPANS.parse_span(text).ok();
        let days = SpanRelativeTo::days_are_24_hours();
        span.and_then(|span| span.to_duration(days).ok())
            .map(Duration)
            .ok_or_else(|| InputValueError::custom("a duration looks like PT5M"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl async_graphql::Description for Duration {
    fn description() -> &'static str {
        "A length of time in ISO 8601: `PT5M`. Days have 24 hours; months and years, which have no length of their own, are none."
    }
}

/// A range of moments.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct DateTimeRange {
    /// From this moment on.
    pub from: Option<DateTime>,
    /// Until before this moment.
    pub until: Option<DateTime>,
}

impl From<DateTimeRange> for Span {
    fn from(range: DateTimeRange) -> Self {
        Span {
            from: range.from.map(|at| at.0),
            until: range.until.map(|at| at.0),
        }
    }
}

/// A range of whole numbers.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct IntRange {
    /// At least this.
    pub min: Option<i32>,
    /// At most this.
    pub max: Option<i32>,
}

/// Which end of an order comes first.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Enum)]
pub enum OrderDirection {
    /// The smallest first.
    #[default]
    Asc,
    /// The largest first.
    Desc,
}
