//! Process data: JSON values with exact decimals, and their bounds. Dates and durations are text here; only
//! expressions (`expr`) look into them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

/// A short shared text: a field, an element, a user, a group.
pub type Name = Arc<str>;

/// Named values: the data of a scope.
pub type Data = BTreeMap<Name, Value>;

/// Values nest at most this deep.
pub const MAX_DEPTH: usize = 32;
/// A set of named values holds at most this many bytes of text, names and members counted.
pub const MAX_BYTES: usize = 192 * 1024;

/// One piece of process data.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An exact decimal of up to 28 digits.
    Number(Decimal),
    /// Text; dates, times and durations are ISO 8601 text.
    Text(Arc<str>),
    /// Values in order.
    List(Vec<Value>),
    /// Named values.
    Object(Data),
}

/// Why a JSON value cannot become process data.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ValueProblem {
    /// A number outside the range of a 28-digit decimal.
    #[error("the number at `{0}` has more than 28 digits or lies outside ±7.9e28")]
    Number(String),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the value at `{0}` nests deeper than {MAX_DEPTH}")]
    Depth(String),
    /// Larger than [`MAX_BYTES`].
    #[error("the data is larger than {MAX_BYTES} bytes")]
    Size,
    /// Named values were asked for.
    #[error("the data must be an object of named values")]
    NotAnObject,
    /// A field's name is empty or longer than 256 bytes.
    #[error("a field's name must have 1 to 256 bytes")]
    FieldName,
}

impl Value {
    /// Text from anything that is text.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => {
                None
            }
        }
    }

    /// Converts JSON, refusing what cannot be held exactly. Total bytes are not counted here: see [`data_from_json`].
    pub fn from_json(json: &Json) -> Result<Value, ValueProblem> {
        value_at(json, "", 0)
    }

    /// The JSON form. Integers of up to 64 bits stay integers; other decimals become JSON numbers.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Bool(bool) => Json::Bool(*bool),
            Value::Number(number) => number_to_json(*number),
            Value::Text(text) => Json::String(text.to_string()),
            Value::List(values) => values.iter().map(Value::to_json).collect(),
            Value::Object(data) => data_to_json(data),
        }
    }
}

/// Converts a JSON object to data, within [`MAX_DEPTH`] and [`MAX_BYTES`].
pub fn data_from_json(json: &Json) -> Result<Data, ValueProblem> {
    let Json::Object(members) = json else {
        return Err(ValueProblem::NotAnObject);
    };
    let data = object_at(members, "", 0)?;
    if bytes(&data) > MAX_BYTES {
        return Err(ValueProblem::Size);
    }
    Ok(data)
}

/// The JSON object of some data.
pub fn data_to_json(data: &Data) -> Json {
    Json::Object(
        data.iter()
            .map(|(name, value)| (name.to_string(), value.to_json()))
            .collect(),
    )
}

/// Bytes of text in the data, names and a few bytes per value counted.
pub fn bytes(data: &Data) -> usize {
    data.iter()
        .map(|(name, value)| name.len() + value_bytes(value))
        .sum()
}

/// Bytes of one value, counted as [`bytes`] counts them.
pub(crate) fn value_bytes(value: &Value) -> usize {
    8 + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::Text(text) => text.len(),
        Value::List(values) => values.iter().map(value_bytes).sum(),
        Value::Object(data) => bytes(data),
    }
}

fn value_at(json: &Json, path: &str, depth: usize) -> Result<Value, ValueProblem> {
    if depth > MAX_DEPTH {
        return Err(ValueProblem::Depth(path.to_owned()));
    }
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => {
            let digits = number.to_string();
            let parsed = Decimal::from_str(&digits).or_else(|_| Decimal::from_scientific(&digits));
            Value::Number(parsed.map_err(|_| ValueProblem::Number(path.to_owned()))?)
        }
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => Value::List(
            items
                .iter()
                .enumerate()
                .map(|(i, item)| value_at(item, &format!("{path}[{i}]"), depth + 1))
                .collect::<Result<_, _>>()?,
        ),
        Json::Object(members) => Value::Object(object_at(members, path, depth)?),
    })
}

fn object_at(
    members: &serde_json::Map<String, Json>,
    path: &str,
    depth: usize,
) -> Result<Data, ValueProblem> {
    let mut data = Data::new();
    for (name, json) in members {
        if name.is_empty() || name.len() > 256 {
            return Err(ValueProblem::FieldName);
        }
        let place = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        data.insert(
            Name::from(name.as_str()),
            value_at(json, &place, depth + 1)?,
        );
    }
    Ok(data)
}

fn number_to_json(number: Decimal) -> Json {
    let number = number.normalize();
    if number.scale() == 0
        && let Ok(integer) = i64::try_from(number)
    {
        return Json::from(integer);
    }
    let float: f64 = number.to_string().parse().unwrap_or(f64::NAN);
    serde_json::Number::from_f64(float).map_or(Json::Null, Json::Number)
}

/// The tag of a number in the stored form.
const NUMBER: &str = "#";
/// The tag of named values in the stored form.
const OBJECT: &str = "@";

impl Serialize for Value {
    /// The stored form: numbers and objects are tagged, so that nothing is lost and nothing is taken for the other.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::Number(number) => tagged(serializer, NUMBER, &number.to_string()),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(values) => values.serialize(serializer),
            Value::Object(data) => tagged(serializer, OBJECT, data),
        }
    }
}

fn tagged<S: Serializer>(
    serializer: S,
    tag: &'static str,
    value: &impl Serialize,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, value)?;
    map.end()
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Stored)
    }
}

/// Reads the stored form in one pass.
struct Stored;

impl<'de> Visitor<'de> for Stored {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = members.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let tag = members.next_key::<Cow<'de, str>>()?;
        let value = match tag.as_deref() {
            Some(NUMBER) => {
                let digits = members.next_value::<Cow<'de, str>>()?;
                Value::Number(Decimal::from_str(&digits).map_err(Error::custom)?)
            }
            Some(OBJECT) => Value::Object(members.next_value()?),
            Some(_) | None => return Err(Error::custom("expected the tag of a stored value")),
        };
        match members.next_key::<IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(Error::custom("expected one tag")),
        }
    }
}

#[cfg(test)]
mod tests;
