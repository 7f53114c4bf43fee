//! The types that a model gives to inputs and outputs (DMN 1.3, section 10.3.2.2), as far as values show them.

use serde::{Deserialize, Serialize};

use crate::expr::Point;
use crate::value::Value;

/// The type of a value. Null is of every type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Type {
    /// Anything; also what the model does not say.
    Any,
    /// Text.
    Text,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A date, a time, both, or a duration: ISO 8601 text in data.
    Temporal,
}

impl Type {
    /// The type of a name: FEEL's, XML Schema's and those of common modellers.
    pub(super) fn named(name: &str) -> Option<Type> {
        Some(match name.trim() {
            "Any" | "any" | "list" | "context" | "Context" | "List" => Type::Any,
            "string" => Type::Text,
            "number" | "double" | "decimal" | "float" => Type::Number,
            "integer" | "int" | "long" | "short" => Type::Integer,
            "boolean" => Type::Boolean,
            "date"
            | "time"
            | "date and time"
            | "dateTime"
            | "dateAndTime"
            | "days and time duration"
            | "dayTimeDuration"
            | "years and months duration"
            | "yearMonthDuration"
            | "duration" => Type::Temporal,
            _ => return None,
        })
    }

    /// Its name in FEEL.
    pub fn name(self) -> &'static str {
        match self {
            Type::Any => "Any",
            Type::Text => "string",
            Type::Number => "number",
            Type::Integer => "integer",
            Type::Boolean => "boolean",
            Type::Temporal => "date and time",
        }
    }

    /// Whether a value is of the type.
    pub(super) fn holds(self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Text(_) => matches!(self, Type::Any | Type::Text | Type::Temporal),
            Value::Number(number) => match self {
                Type::Any | Type::Number => true,
                Type::Integer => number.is_integer(),
                Type::Text | Type::Boolean | Type::Temporal => false,
            },
            Value::Bool(_) => matches!(self, Type::Any | Type::Boolean),
            Value::List(_) | Value::Object(_) => self == Type::Any,
        }
    }

    /// Whether a value that stands in the model can be compared with values of the type.
    pub(super) fn compares_with(self, point: &Point) -> bool {
        match point {
            Point::Null => true,
            Point::Text(_) => matches!(self, Type::Any | Type::Text | Type::Temporal),
            Point::Number(_) => matches!(self, Type::Any | Type::Number | Type::Integer),
            Point::Bool(_) => matches!(self, Type::Any | Type::Boolean),
            Point::Temporal(..) => matches!(self, Type::Any | Type::Temporal | Type::Text),
        }
    }
}
