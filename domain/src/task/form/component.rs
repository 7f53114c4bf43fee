//! One component of a form: what it is for, and which values it takes. Refusals are the end of a sentence about the field.

use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::value::Value;

/// Whether a component of this type is something to fill in, and nothing without a key.
pub(super) fn takes_input(kind: &str) -> bool {
    matches!(
        kind,
        "textfield"
            | "textarea"
            | "number"
            | "checkbox"
            | "radio"
            | "select"
            | "checklist"
            | "taglist"
            | "datetime"
    )
}

/// Whether a component of this type only shows something; older schemas give even these a key.
pub(super) fn only_shows(kind: &str) -> bool {
    matches!(
        kind,
        "button"
            | "documentPreview"
            | "html"
            | "iframe"
            | "image"
            | "separator"
            | "spacer"
            | "table"
            | "text"
    )
}

pub(super) fn enabled(component: &Json) -> bool {
    let is = |name| component.get(name).and_then(Json::as_bool) == Some(true);
    !is("disabled") && !is("readonly")
}

pub(super) fn required(component: &Json) -> bool {
    let hidden_at_times = component
        .get("conditional")
        .is_some_and(|conditional| conditional.get("hide").is_some());
    enabled(component)
        && !hidden_at_times
        && rule(component, "required").and_then(Json::as_bool) == Some(true)
}

/// An unticked box, an empty text and an empty choice count as not filled in, as in form-js.
pub(super) fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(ticked) => !ticked,
        Value::Text(text) => text.is_empty(),
        Value::List(values) => values.is_empty(),
        Value::Number(_) | Value::Object(_) => false,
    }
}

fn rule<'a>(component: &'a Json, name: &str) -> Option<&'a Json> {
    component.get("validate")?.get(name)
}

/// Whether an enabled component takes the value; if not, why, as the end of a sentence. Null clears any of them.
pub(super) fn accepts(component: &Json, value: &Value) -> Result<(), String> {
    if *value == Value::Null {
        return Ok(());
    }
    match component.get("type").and_then(Json::as_str) {
        Some("textfield" | "textarea") => accepts_text(component, value),
        Some("number") => accepts_number(component, value),
        Some("checkbox") => match value {
            Value::Bool(_) => Ok(()),
            Value::Null | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => {
                Err("must be true or false".to_owned())
            }
        },
        Some("radio" | "select") => accepts_choice(component, value),
        Some("checklist" | "taglist") => match value {
            Value::List(values) => values
                .iter()
                .try_for_each(|value| accepts_choice(component, value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => {
                Err("must be a list".to_owned())
            }
        },
        Some("datetime") => accepts_moment(component, value),
        Some(_) | None => Ok(()),
    }
}

fn accepts_text(component: &Json, value: &Value) -> Result<(), String> {
    let Some(text) = value.as_text() else {
        return Err("must be text".to_owned());
    };
    let length = text.trim().chars().count() as u64;
    let bound = |name| rule(component, name).and_then(Json::as_u64);
    if let Some(least) = bound("minLength")
        && length < least
        && length > 0
    {
        return Err(format!("must have at least {least} characters"));
    }
    if let Some(most) = bound("maxLength")
        && length > most
    {
        return Err(format!("must have at most {most} characters"));
    }
    let email = rule(component, "validationType").and_then(Json::as_str) == Some("email");
    if email && length > 0 && !looks_like_mail(text.trim()) {
        return Err("must be a mail address".to_owned());
    }
    Ok(())
}

/// Something before and after one `@`, and no blank: whether anybody reads it, only a mail can tell.
fn looks_like_mail(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| {
        !name.is_empty()
            && !host.is_empty()
            && !host.contains('@')
            && !text.contains(char::is_whitespace)
    })
}

fn accepts_number(component: &Json, value: &Value) -> Result<(), String> {
    let as_text = component.get("serializeToString").and_then(Json::as_bool) == Some(true);
    let number = match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) if as_text && text.is_empty() => return Ok(()),
        Value::Text(text) if as_text => text.parse::<Decimal>().ok(),
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => None,
    };
    let Some(number) = number else {
        return Err("must be a number".to_owned());
    };
    let bound = |name| match rule(component, name).map(Value::from_json) {
        Some(Ok(Value::Number(bound))) => Some(bound),
        Some(Ok(Value::Text(bound))) => bound.parse::<Decimal>().ok(),
        Some(Ok(Value::Null | Value::Bool(_) | Value::List(_) | Value::Object(_)) | Err(_))
        | None => None,
    };
    if let Some(least) = bound("min")
        && number < least
    {
        return Err(format!("must be at least {least}"));
    }
    if let Some(most) = bound("max")
        && number > most
    {
        return Err(format!("must be at most {most}"));
    }
    Ok(())
}

/// Options that come from data or an expression are the front end's; those in the schema are the only ones there are.
fn accepts_choice(component: &Json, value: &Value) -> Result<(), String> {
    let Some(options) = component.get("values").and_then(Json::as_array) else {
        return Ok(());
    };
    let known = options
        .iter()
        .filter_map(|option| Value::from_json(option.get("value")?).ok())
        .any(|option| option == *value);
    if known {
        Ok(())
    } else {
        Err("must be one of the options".to_owned())
    }
}

fn accepts_moment(component: &Json, value: &Value) -> Result<(), String> {
    let Some(text) = value.as_text() else {
        return Err("must be text".to_owned());
    };
    if text.is_empty() {
        return Ok(());
    }
    let (holds, what) = match component.get("subtype").and_then(Json::as_str) {
        Some("time") => (is_time(text), "a time"),
        Some("datetime") => (is_date_time(text), "a date and time"),
        Some(_) | None => (text.parse::<jiff::civil::Date>().is_ok(), "a date"),
    };
    if holds {
        Ok(())
    } else {
        Err(format!("must be {what} (ISO 8601)"))
    }
}

/// With or without an offset, as the component's `timeSerializingFormat` says.
fn is_time(text: &str) -> bool {
    is_date_time(&format!("1970-01-01T{text}"))
}

fn is_date_time(text: &str) -> bool {
    text.contains(['T', 't'])
        && (text.parse::<jiff::civil::DateTime>().is_ok()
            || text.parse::<jiff::Timestamp>().is_ok())
}
