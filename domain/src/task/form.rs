//! Forms: what a form-js schema asks of the data that a person sends. A form narrows what a task may write; it grants
//! nothing. Groups and paths nest, lists repeat a form for each of their members.
//!
//! Not judged here, but by the front end alone: patterns (a schema's author would hand the server a regular expression to
//! run), expressions in place of a value (`readonly`, `min`, …), and whether a component with `conditional.hide` is shown,
//! so that such a one is never required.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::engine::command::Rejection;
use crate::value::{Data, MAX_DEPTH, Name, Value};

/// Whether the schema is one that [`check`] understands; if not, why.
pub fn check_schema(schema: &Json) -> Result<(), String> {
    check_components(schema, "the form", 0)
}

fn check_components(parent: &Json, place: &str, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("{place} nests deeper than {MAX_DEPTH}"));
    }
    let Some(components) = parent.get("components").and_then(Json::as_array) else {
        return Err(format!("{place} has no list of `components`"));
    };
    for (i, component) in components.iter().enumerate() {
        let place = format!("component {} of {place}", i + 1);
        let Some(kind) = component.get("type").and_then(Json::as_str) else {
            return Err(format!("{place} has no `type`"));
        };
        for name in ["key", "path"] {
            match component.get(name) {
                None => {}
                Some(Json::String(text)) if text.split('.').all(|part| !part.is_empty()) => {}
                Some(Json::String(text)) if text.is_empty() && name == "path" => {}
                Some(_) => return Err(format!("{place} has a `{name}` that is no path of names")),
            }
        }
        if takes_input(kind) && component.get("key").is_none() {
            return Err(format!("{place} has no `key`"));
        }
        if kind == "dynamiclist" && component.get("path").is_none() {
            return Err(format!("{place} has no `path`"));
        }
        if matches!(kind, "group" | "dynamiclist") || component.get("components").is_some() {
            check_components(component, &place, depth + 1)?;
        }
    }
    Ok(())
}

/// Whether a component of this type is something to fill in, and nothing without a key.
fn takes_input(kind: &str) -> bool {
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
fn only_shows(kind: &str) -> bool {
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

/// The fields that the form holds, enabled or not; of a nested one, the outermost name.
pub fn fields(schema: &Json) -> BTreeSet<Name> {
    let mut form = Node::default();
    form.read(schema, &[], 0);
    form.children.keys().map(|name| Name::from(*name)).collect()
}

/// Whether the data fits the form: only fields of its enabled components, each with a value that its component takes;
/// with `complete`, also every required one, here or in the `existing` data (innermost scope first). A value that a
/// disabled component has already may come along unchanged, as front ends send it.
pub fn check(
    schema: &Json,
    data: &Data,
    existing: &[&Data],
    complete: bool,
) -> Result<(), Rejection> {
    let mut form = Node::default();
    form.read(schema, &[], 0);
    for (name, value) in data {
        let known = existing.iter().find_map(|layer| layer.get(name));
        match form.children.get(&**name) {
            Some(node) => node.check(name, value, known)?,
            None => return Err(Rejection::FieldNotWritable(name.clone())),
        }
    }
    if complete {
        form.check_required("", &|name| {
            data.get(name)
                .or_else(|| existing.iter().find_map(|layer| layer.get(name)))
        })?;
    }
    Ok(())
}

/// A place in the data that a form knows: what fills it, and what lies inside it.
#[derive(Default)]
struct Node<'a> {
    /// The components with this path; a form may show one of several.
    components: Vec<&'a Json>,
    /// The form of each member, if this is a list.
    members: Option<Box<Node<'a>>>,
    children: BTreeMap<&'a str, Node<'a>>,
}

impl<'a> Node<'a> {
    /// Takes in the components below `parent`, each at its path below `prefix`. Total: what is no component is passed over.
    fn read(&mut self, parent: &'a Json, prefix: &[&'a str], depth: usize) {
        let components = parent.get("components").and_then(Json::as_array);
        if depth > MAX_DEPTH {
            return;
        }
        for component in components.into_iter().flatten() {
            let text = |name| component.get(name).and_then(Json::as_str);
            let path = |name| {
                let own = text(name).into_iter().flat_map(|path| path.split('.'));
                let mut path = prefix.to_vec();
                path.extend(own.filter(|part| !part.is_empty()));
                path
            };
            match text("type") {
                Some("dynamiclist") => {
                    let node = self.at(&path("path"));
                    let members = node.members.get_or_insert_default();
                    members.read(component, &[], depth + 1);
                }
                Some(_) if component.get("components").is_some() => {
                    self.read(component, &path("path"), depth + 1);
                }
                Some(kind) if only_shows(kind) => {}
                Some(_) if text("key").is_some_and(|key| !key.is_empty()) => {
                    self.at(&path("key")).components.push(component);
                }
                Some(_) | None => {}
            }
        }
    }

    fn at(&mut self, path: &[&'a str]) -> &mut Node<'a> {
        path.iter()
            .fold(self, |node, name| node.children.entry(name).or_default())
    }

    /// Judges a value that came for this place.
    fn check(&self, path: &str, value: &Value, known: Option<&Value>) -> Result<(), Rejection> {
        if let Some(verdict) = self.check_components(path, value, known) {
            return verdict;
        }
        if let Some(members) = &self.members {
            return members.check_members(path, value);
        }
        let Value::Object(inner) = value else {
            return Err(invalid(path, "must be an object"));
        };
        for (name, value) in inner {
            let path = format!("{path}.{name}");
            let Some(child) = self.children.get(&**name) else {
                return Err(Rejection::FieldNotWritable(path.into()));
            };
            let known = match known {
                Some(Value::Object(known)) => known.get(name),
                Some(
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Text(_)
                    | Value::List(_),
                )
                | None => None,
            };
            child.check(&path, value, known)?;
        }
        Ok(())
    }

    /// What the components here say, if there are any: one that takes the value is enough.
    fn check_components(
        &self,
        path: &str,
        value: &Value,
        known: Option<&Value>,
    ) -> Option<Result<(), Rejection>> {
        let mut verdict = None;
        for component in &self.components {
            let this = if !enabled(component) && known != Some(value) {
                Err(Rejection::FieldNotWritable(path.into()))
            } else if !enabled(component) {
                Ok(())
            } else {
                accepts(component, value).map_err(|reason| invalid(path, reason))
            };
            if this.is_ok() {
                return Some(this);
            }
            verdict.get_or_insert(this);
        }
        verdict
    }

    /// Judges the members of a list. Fields of a member that the form does not know are let through: the list is one field
    /// of the process, and its front end may keep more in it than it shows.
    fn check_members(&self, path: &str, value: &Value) -> Result<(), Rejection> {
        let members = match value {
            Value::Null => return Ok(()),
            Value::List(members) => members,
            Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Object(_) => {
                return Err(invalid(path, "must be a list"));
            }
        };
        for (i, member) in members.iter().enumerate() {
            let path = format!("{path}[{i}]");
            let Value::Object(member) = member else {
                return Err(invalid(&path, "must be an object"));
            };
            for (name, node) in &self.children {
                if let Some(value) = member.get(*name) {
                    node.check(&format!("{path}.{name}"), value, Some(value))?;
                }
            }
            self.check_required(&format!("{path}."), &|name| member.get(name))?;
        }
        Ok(())
    }

    /// Judges what must be filled in below this place; `value` finds what is there.
    fn check_required<'v>(
        &self,
        prefix: &str,
        value: &dyn Fn(&str) -> Option<&'v Value>,
    ) -> Result<(), Rejection> {
        for (name, node) in &self.children {
            let path = format!("{prefix}{name}");
            let value = value(name);
            if node.components.iter().any(|component| required(component))
                && value.is_none_or(is_unset)
            {
                return Err(invalid(&path, "is required"));
            }
            let inner = match value {
                Some(Value::Object(inner)) => Some(inner),
                Some(
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Text(_)
                    | Value::List(_),
                )
                | None => None,
            };
            node.check_required(&format!("{path}."), &|name| inner?.get(name))?;
        }
        Ok(())
    }
}

fn invalid(path: &str, reason: impl Into<String>) -> Rejection {
    Rejection::FieldInvalid {
        field: path.into(),
        reason: reason.into(),
    }
}

fn enabled(component: &Json) -> bool {
    let is = |name| component.get(name).and_then(Json::as_bool) == Some(true);
    !is("disabled") && !is("readonly")
}

fn required(component: &Json) -> bool {
    let hidden_at_times = component
        .get("conditional")
        .is_some_and(|conditional| conditional.get("hide").is_some());
    enabled(component)
        && !hidden_at_times
        && rule(component, "required").and_then(Json::as_bool) == Some(true)
}

/// An unticked box, an empty text and an empty choice count as not filled in, as in form-js.
fn is_unset(value: &Value) -> bool {
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
fn accepts(component: &Json, value: &Value) -> Result<(), String> {
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
    // Forms write minutes alone, and `Z` or an offset at the end.
    let (time, zone) = match text.rfind(['Z', 'z', '+', '-']) {
        Some(at) if at > "1970-01-01".len() => text.split_at(at),
        Some(_) | None => (text, ""),
    };
    let full = match time.matches(':').count() {
        1 => format!("{time}:00{zone}"),
        _ => text.to_owned(),
    };
    match zone {
        "" => full.parse::<jiff::civil::DateTime>().is_ok(),
        _ => full.parse::<jiff::Timestamp>().is_ok(),
    }
}

#[cfg(test)]
mod tests;
