//! G9: class × state × audience. A field is what the rules in force say of it: the rule of the element where a token
//! stands, else of the sub-process around it, else of the process. A field that no rule names is internal.
//!
//! Where an instance stands at several elements that say different things, the strictest word counts, for each viewer:
//! what one branch protects, no other branch opens. Where it stands nowhere any more, the rules of the process hold; a
//! field that only elements classify keeps the strictest of their words, so that ending a case publishes nothing.
//!
//! | class | clear to | others |
//! | --- | --- | --- |
//! | public, internal | every reader | – |
//! | confidential | the rule's `clear`, else initiator, writers, assignees | masked if there is a mask, else hidden |
//! | secret | the rule's `clear`, else the initiator | left out altogether |

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::state::{self, People};
use super::{Actor, instance};
use crate::bpmn::{Classification, ElementIx, FieldRule, Mask, Principals, Process};
use crate::engine::command::Rejection;
use crate::engine::instance::{Instance, ScopeId};
use crate::expr::Meter;
use crate::time::Calendar;
use crate::value::{Data, Name, Value};

/// What a fully masked value shows: always as many stars, so that its length says nothing.
const STARS: &str = "********";
/// Steps that computing whom the rules of one view name may take.
const THOUGHT: u32 = 1_000_000;
/// What stands before the last four characters.
const MORE_STARS: &str = "************";

/// How a viewer sees a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Visibility {
    /// As it is.
    Clear,
    /// Its shape only.
    Masked,
    /// Not at all.
    Hidden,
}

/// A field as one viewer sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct FieldView {
    /// Its name.
    pub name: Name,
    /// Its class.
    pub class: Classification,
    /// How it is seen.
    pub visibility: Visibility,
    /// What is seen; nothing when hidden.
    pub value: Option<Value>,
    /// Whether the viewer may change it now.
    pub writable: bool,
}

/// The fields of an instance as a viewer who reads it sees them, in order of name; only those named, if names are given.
///
/// A field that a rule in force names is listed whether it was ever set or not, as null or its mask: being listed tells
/// nobody that there is a value. Secret fields that the viewer does not see clear are left out altogether.
pub fn view(
    process: &Process,
    instance: &Instance,
    actor: &Actor,
    names: Option<&[String]>,
) -> Vec<FieldView> {
    view_in(process, instance, ScopeId(0), actor, names)
}

/// The same for the fields that a scope sees: its own, and those around it that they do not shadow.
pub fn view_in(
    process: &Process,
    instance: &Instance,
    scope: ScopeId,
    actor: &Actor,
    names: Option<&[String]>,
) -> Vec<FieldView> {
    let case = Case::new(process, instance, None);
    let viewer = Viewer::new(process, instance, actor);
    let layers = state::layers(instance, scope);
    let known: BTreeSet<&Name> = layers
        .iter()
        .flat_map(|layer| layer.keys())
        .chain(case.declared())
        .filter(|name| names.is_none_or(|names| names.iter().any(|named| **named == ***name)))
        .collect();
    known
        .into_iter()
        .filter_map(|name| {
            let value = layers.iter().find_map(|layer| layer.get(name));
            case.field(name, &viewer).shown(name, value)
        })
        .collect()
}

/// Whether a person may write these fields now: as one who may write the instance or, with `element`, as the assignee of
/// an open task at that element.
pub fn check_write(
    process: &Process,
    instance: &Instance,
    actor: &Actor,
    element: Option<ElementIx>,
    data: &Data,
) -> Result<(), Rejection> {
    let viewer = Viewer::new(process, instance, actor);
    let as_assignee = element.is_some_and(|element| {
        open_tasks_of(instance, actor).any(|task_element| task_element == element)
    });
    if !viewer.writer && !as_assignee {
        return Err(Rejection::NotWriter);
    }
    let case = Case::new(process, instance, element);
    match data.keys().find(|name| !case.field(name, &viewer).writable) {
        Some(name) => Err(Rejection::FieldNotWritable(name.clone())),
        None => Ok(()),
    }
}

/// The fields that are clear to a worker at an element, as a scope sees them.
pub(crate) fn clear_to_worker(
    process: &Process,
    instance: &Instance,
    (scope, element): (ScopeId, ElementIx),
    actor: &Actor,
) -> Data {
    let case = Case::new(process, instance, Some(element));
    let viewer = Viewer::worker(instance, actor);
    let layers = state::layers(instance, scope);
    let known: BTreeSet<&Name> = layers.iter().flat_map(|layer| layer.keys()).collect();
    known
        .into_iter()
        .filter(|name| case.field(name, &viewer).seen == Seen::Clear)
        .filter_map(|name| {
            let value = layers.iter().find_map(|layer| layer.get(name))?;
            Some((name.clone(), value.clone()))
        })
        .collect()
}

/// Whether a worker at an element may write these fields: those that would be clear to it, unless the model names others as
/// their writers.
pub(crate) fn check_worker_write(
    process: &Process,
    instance: &Instance,
    element: ElementIx,
    actor: &Actor,
    data: &Data,
) -> Result<(), Rejection> {
    let case = Case::new(process, instance, Some(element));
    let viewer = Viewer::worker(instance, actor);
    match data.keys().find(|name| !case.field(name, &viewer).writable) {
        Some(name) => Err(Rejection::FieldNotWritable(name.clone())),
        None => Ok(()),
    }
}

fn open_tasks_of(instance: &Instance, actor: &Actor) -> impl Iterator<Item = ElementIx> {
    instance
        .tasks
        .iter()
        .filter(|task| task.state.is_open() && task.assignee.as_ref() == Some(&actor.user))
        .map(|task| task.element)
}

/// What a person is to the case, as far as fields ask.
struct Viewer<'a> {
    actor: &'a Actor,
    initiator: bool,
    writer: bool,
    assignee: bool,
    worker: bool,
}

impl<'a> Viewer<'a> {
    /// Who does work is no reader: nothing but names opens to it what is confidential.
    fn worker(instance: &Instance, actor: &'a Actor) -> Viewer<'a> {
        Viewer {
            actor,
            initiator: actor.user == instance.initiator,
            writer: false,
            assignee: false,
            worker: true,
        }
    }

    fn new(process: &Process, instance: &Instance, actor: &'a Actor) -> Viewer<'a> {
        Viewer {
            actor,
            initiator: actor.user == instance.initiator,
            writer: instance::may_write(process, instance, actor),
            assignee: open_tasks_of(instance, actor).next().is_some(),
            worker: false,
        }
    }
}

impl Viewer<'_> {
    fn writes(&self) -> bool {
        self.writer || self.assignee || self.worker
    }
}

/// The rules in force, each with the place that it speaks for.
struct Case<'a> {
    instance: &'a Instance,
    rules: Vec<(&'a FieldRule, ScopeId)>,
    now: Timestamp,
    /// Who sees a field is asked without the tenant's calendar: dates in a rule are in UTC.
    calendar: Calendar,
    meter: Meter,
}

impl<'a> Case<'a> {
    /// The rules of every place where the instance stands, and of one more element if asked for.
    fn new(process: &'a Process, instance: &'a Instance, more: Option<ElementIx>) -> Case<'a> {
        let mut places: Vec<(ElementIx, ScopeId)> = instance::leaves(instance)
            .map(|token| (token.element, instance.scope_of(token)))
            .collect();
        if let Some(element) = more
            && !places.iter().any(|place| place.0 == element)
        {
            places.push((element, ScopeId(0)));
        }
        let rules = if places.is_empty() {
            rules_at_rest(process)
        } else {
            places
                .iter()
                .flat_map(|(element, scope)| {
                    rules_at(process, *element)
                        .into_iter()
                        .map(|rule| (rule, *scope))
                })
                .collect()
        };
        Case {
            instance,
            rules,
            now: moment(instance),
            calendar: Calendar::default(),
            meter: Meter::new(THOUGHT),
        }
    }

    fn declared(&self) -> impl Iterator<Item = &'a Name> {
        self.rules.iter().map(|(rule, _)| &rule.name)
    }

    /// The strictest of what the rules in force say of a field.
    fn field(&self, name: &Name, viewer: &Viewer<'_>) -> Verdict {
        self.rules
            .iter()
            .filter(|(rule, _)| rule.name == *name)
            .map(|(rule, scope)| self.verdict(rule, *scope, viewer))
            .reduce(|one, other| Verdict {
                class: one.class.max(other.class),
                seen: one.seen.max(other.seen),
                writable: one.writable && other.writable,
            })
            .unwrap_or(Verdict {
                class: Classification::default(),
                seen: Seen::Clear,
                writable: viewer.writes(),
            })
    }

    fn verdict(&self, rule: &FieldRule, scope: ScopeId, viewer: &Viewer<'_>) -> Verdict {
        let named = |list: &[Principals]| {
            let layers = state::layers(self.instance, scope);
            let people = People::of(
                self.instance,
                &layers,
                (self.now, &self.calendar),
                &self.meter,
            );
            state::names(list, &people, viewer.actor)
        };
        let seen = match rule.class {
            Classification::Public | Classification::Internal => Seen::Clear,
            Classification::Confidential => {
                let clear = match &rule.clear {
                    Some(list) => named(list),
                    None => viewer.initiator || viewer.writer || viewer.assignee,
                };
                match rule.mask {
                    Some(_) | None if clear => Seen::Clear,
                    Some(Mask::Last4) => Seen::Last4,
                    Some(Mask::Full) => Seen::Stars,
                    None => Seen::Nothing,
                }
            }
            Classification::Secret => {
                let clear = match &rule.clear {
                    Some(list) => named(list),
                    None => viewer.initiator,
                };
                if clear { Seen::Clear } else { Seen::Absent }
            }
        };
        Verdict {
            class: rule.class,
            seen,
            writable: viewer.writes()
                && seen == Seen::Clear
                && rule.writers.as_ref().is_none_or(|list| named(list)),
        }
    }
}

/// The rules that hold while a token stands at an element: each field's nearest.
fn rules_at(process: &Process, element: ElementIx) -> Vec<&FieldRule> {
    let mut rules: Vec<&FieldRule> = Vec::new();
    let mut place = Some(element);
    while let Some(at) = place {
        let element = process.element(at);
        add_nearest(&mut rules, &element.fields);
        // Parents come before children; anything else would be a circle.
        place = element.parent.filter(|parent| *parent < at);
    }
    add_nearest(&mut rules, &process.fields);
    rules
}

/// Adds the rules of a wider place for fields of which no narrower one has spoken.
fn add_nearest<'a>(rules: &mut Vec<&'a FieldRule>, wider: &'a [FieldRule]) {
    let spoken = rules.len();
    for rule in wider {
        if !rules[..spoken].iter().any(|known| known.name == rule.name) {
            rules.push(rule);
        }
    }
}

/// The rules that hold where no token stands.
fn rules_at_rest(process: &Process) -> Vec<(&FieldRule, ScopeId)> {
    let of_elements = process.elements.iter().flat_map(|element| &element.fields);
    process
        .fields
        .iter()
        .chain(of_elements.filter(|rule| {
            process
                .fields
                .iter()
                .all(|general| general.name != rule.name)
        }))
        .map(|rule| (rule, ScopeId(0)))
        .collect()
}

/// When the instance last came to or left a place: what `now()` means in a rule, so that the same state looks the same.
fn moment(instance: &Instance) -> Timestamp {
    instance
        .tokens
        .iter()
        .map(|token| token.since)
        .chain(instance.ended_at)
        .max()
        .unwrap_or(instance.started_at)
}

/// How much is seen, from all to nothing; the greater is the stricter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Seen {
    Clear,
    Last4,
    Stars,
    Nothing,
    Absent,
}

struct Verdict {
    class: Classification,
    seen: Seen,
    writable: bool,
}

impl Verdict {
    fn shown(self, name: &Name, value: Option<&Value>) -> Option<FieldView> {
        let value = value.unwrap_or(&Value::Null);
        let (visibility, value) = match self.seen {
            Seen::Clear => (Visibility::Clear, Some(value.clone())),
            Seen::Last4 => (Visibility::Masked, Some(mask(Mask::Last4, value))),
            Seen::Stars => (Visibility::Masked, Some(mask(Mask::Full, value))),
            Seen::Nothing => (Visibility::Hidden, None),
            Seen::Absent => return None,
        };
        Some(FieldView {
            name: name.clone(),
            class: self.class,
            visibility,
            value,
            writable: self.writable,
        })
    }
}

/// What a mask leaves of a value. `Full` is the same for every value, also for lists and for none; `Last4` goes into lists and
/// objects, whose length and names stay, and takes numbers as the text that they are written as.
pub fn mask(mask: Mask, value: &Value) -> Value {
    match (mask, value) {
        (Mask::Full, _) | (Mask::Last4, Value::Null | Value::Bool(_)) => Value::text(STARS),
        (Mask::Last4, Value::Text(text)) => last4(text),
        (Mask::Last4, Value::Number(number)) => last4(&number.normalize().to_string()),
        (Mask::Last4, Value::List(values)) => {
            Value::List(values.iter().map(|value| self::mask(mask, value)).collect())
        }
        (Mask::Last4, Value::Object(data)) => Value::Object(
            data.iter()
                .map(|(name, value)| (name.clone(), self::mask(mask, value)))
                .collect(),
        ),
    }
}

fn last4(text: &str) -> Value {
    let count = text.chars().count();
    if count < 8 {
        return Value::text(STARS);
    }
    let last: String = text.chars().skip(count - 4).collect();
    Value::text(format!("{MORE_STARS}{last}"))
}

#[cfg(test)]
mod tests;
