//! Forms: what a form-js schema asks of the data that a person sends. A form narrows what a task may write; it grants
//! nothing. Groups and paths nest, lists repeat a form for each of their members.
//!
//! Not judged here, but by the front end alone: patterns (a schema's author would hand the server a regular expression to
//! run), expressions in place of a value (`readonly`, `min`, …), and whether a component with `conditional.hide` is shown,
//! so that such a one is never required.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use component::{accepts, enabled, is_unset, only_shows, required, takes_input};

use crate::engine::command::Rejection;
use crate::value::{Data, MAX_DEPTH, Name, Value};

mod component;

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

/// The fields that the form holds, enabled or not; of a nested one, the outermost name.
pub fn fields(schema: &Json) -> BTreeSet<Name> {
    let mut form = Node::default();
    form.read(schema, &[], 0);
    form.children.keys().map(|name| Name::from(*name)).collect()
}

/// Whether the data fits the form: only fields of its enabled components, each with a value that its component takes;
/// with `complete`, also every required one, here or in the `existing` data (innermost scope first). A value that a
/// disabled component has already may come along unchanged, as front ends send it. Several fields that are refused are told
/// together ([`Rejection::Fields`], 100 at most), those that were sent first.
pub fn check(
    schema: &Json,
    data: &Data,
    existing: &[&Data],
    complete: bool,
) -> Result<(), Rejection> {
    let mut form = Node::default();
    form.read(schema, &[], 0);
    let mut refused = Vec::new();
    for (name, value) in data {
        let known = existing.iter().find_map(|layer| layer.get(name));
        let fault = match form.children.get(&**name) {
            Some(node) => node.check(name, value, known).err(),
            None => Some(Rejection::FieldNotWritable(name.clone())),
        };
        refused.extend(fault);
    }
    if complete {
        let value = |name: &str| {
            data.get(name)
                .or_else(|| existing.iter().find_map(|layer| layer.get(name)))
        };
        form.find_missing("", &value, &mut refused);
    }
    refused.truncate(MOST_REFUSED);
    match refused.len() {
        0 => Ok(()),
        1 => Err(refused.remove(0)),
        2.. => Err(Rejection::Fields(refused)),
    }
}

/// So many refused fields are told at once.
const MOST_REFUSED: usize = 100;

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
            let mut missing = Vec::new();
            self.find_missing(&format!("{path}."), &|name| member.get(name), &mut missing);
            if let Some(first) = missing.into_iter().next() {
                return Err(first);
            }
        }
        Ok(())
    }

    /// What must be filled in below this place and is not; `value` finds what is there.
    fn find_missing<'v>(
        &self,
        prefix: &str,
        value: &dyn Fn(&str) -> Option<&'v Value>,
        missing: &mut Vec<Rejection>,
    ) {
        for (name, node) in &self.children {
            let path = format!("{prefix}{name}");
            let value = value(name);
            if node.components.iter().any(|component| required(component))
                && value.is_none_or(is_unset)
            {
                missing.push(invalid(&path, "is required"));
                continue;
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
            node.find_missing(&format!("{path}."), &|name| inner?.get(name), missing);
        }
    }
}

fn invalid(path: &str, reason: impl Into<String>) -> Rejection {
    Rejection::FieldInvalid {
        field: path.into(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
