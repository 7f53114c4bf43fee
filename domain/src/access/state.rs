//! G7: resolving the lists of a state to principals. A list of the model names people by what they are to the case, by
//! name, by a field or by an expression; what stays of it here are principals. Whatever cannot be resolved is nobody.

use std::collections::BTreeSet;
use std::slice;

use jiff::Timestamp;

use super::{Actor, Principal};
use crate::bpmn::{Naming, Principals};
use crate::engine::instance::{Instance, ScopeId};
use crate::expr::{Env, Expr, Meter};
use crate::time::Calendar;
use crate::value::{Data, Name, Value};

/// What a list is resolved against: the people of one case, and its data.
#[derive(Clone, Debug)]
pub struct People<'a> {
    /// Whose case it is.
    pub initiator: &'a Name,
    /// Who pressed the button.
    pub creator: &'a Name,
    /// Who has an open task in hand.
    pub assignees: Vec<Name>,
    /// Who completed a task here.
    pub past: &'a BTreeSet<Name>,
    /// Data, innermost scope first; the first that holds a name wins.
    pub layers: &'a [&'a Data],
    /// Now.
    pub now: Timestamp,
    /// The calendar that dates are meant by.
    pub calendar: &'a Calendar,
    /// The steps that computing names may take. Without any left, what would be computed is nobody.
    pub meter: &'a Meter,
}

impl<'a> People<'a> {
    /// The people of an instance as it stands.
    pub fn of(
        instance: &'a Instance,
        layers: &'a [&'a Data],
        (now, calendar): (Timestamp, &'a Calendar),
        meter: &'a Meter,
    ) -> People<'a> {
        People {
            initiator: &instance.initiator,
            creator: &instance.created_by,
            assignees: assignees(instance).cloned().collect(),
            past: &instance.past,
            layers,
            now,
            calendar,
            meter,
        }
    }
}

/// Who has an open task of the instance in hand; a name may come twice.
pub fn assignees(instance: &Instance) -> impl Iterator<Item = &Name> {
    instance
        .tasks
        .iter()
        .filter(|task| task.state.is_open())
        .filter_map(|task| task.assignee.as_ref())
}

/// The data that a scope sees, innermost first, the fields of the process last. A scope that is not open sees those alone.
pub fn layers(instance: &Instance, scope: ScopeId) -> Vec<&Data> {
    let mut layers = Vec::new();
    let mut scope = scope;
    // A parent's number is smaller than its child's; asking for that ends the walk whatever was stored.
    while let Some(open) = instance.scope(scope).filter(|open| open.parent < scope) {
        layers.push(&open.data);
        scope = open.parent;
    }
    layers.push(&instance.data);
    layers
}

/// The principals that a list names. Total: an expression that fails, a field of another type and a blank name are nobody.
pub fn resolve(list: &[Principals], people: &People<'_>) -> BTreeSet<Principal> {
    let mut found = BTreeSet::new();
    for item in list {
        match item {
            Principals::Everyone => {
                found.insert(Principal::Everyone);
            }
            Principals::Initiator => add(&mut found, Naming::User, people.initiator),
            Principals::Creator => add(&mut found, Naming::User, people.creator),
            Principals::Participants => {
                add(&mut found, Naming::User, people.initiator);
                for name in &people.assignees {
                    add(&mut found, Naming::User, name);
                }
            }
            Principals::PastParticipants => {
                for name in people.past {
                    add(&mut found, Naming::User, name);
                }
            }
            Principals::Named(naming, name) => add(&mut found, *naming, name),
            Principals::Field(field) => {
                if let Some(value) = people.layers.iter().find_map(|layer| layer.get(field)) {
                    add_names(&mut found, Naming::User, value);
                }
            }
            Principals::Computed(naming, expr) => add_computed(&mut found, *naming, expr, people),
        }
    }
    found
}

/// Whether a list names the actor: as `resolve` says, without making the set of all whom it names.
pub fn names(list: &[Principals], people: &People<'_>, actor: &Actor) -> bool {
    let is = |naming: Naming, name: &str| {
        let name = name.trim();
        !name.is_empty()
            && match naming {
                Naming::User => *actor.user == *name,
                Naming::Group => actor.groups().any(|group| **group == *name),
                Naming::Role => actor.roles().any(|role| **role == *name),
            }
    };
    list.iter().any(|item| match item {
        Principals::Everyone => true,
        Principals::Initiator => is(Naming::User, people.initiator),
        Principals::Creator => is(Naming::User, people.creator),
        Principals::Named(naming, name) => is(*naming, name),
        Principals::Participants
        | Principals::PastParticipants
        | Principals::Field(_)
        | Principals::Computed(..) => actor.is_any(&resolve(slice::from_ref(item), people)),
    })
}

fn add_computed(found: &mut BTreeSet<Principal>, naming: Naming, expr: &Expr, people: &People<'_>) {
    let env = Env {
        layers: people.layers,
        now: people.now,
        calendar: people.calendar,
        actor: None,
    };
    match expr.eval_within(&env, people.meter) {
        Ok(Value::Text(names)) => {
            for name in names.split(',') {
                add(found, naming, name);
            }
        }
        Ok(value) => add_names(found, naming, &value),
        Err(_) => {}
    }
}

/// Text is one name, a list of text is several; everything else, also inside a list, is nobody.
fn add_names(found: &mut BTreeSet<Principal>, naming: Naming, value: &Value) {
    match value {
        Value::Text(name) => add(found, naming, name),
        Value::List(values) => {
            for name in values.iter().filter_map(Value::as_text) {
                add(found, naming, name);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
    }
}

fn add(found: &mut BTreeSet<Principal>, naming: Naming, name: &str) {
    let name = name.trim();
    if name.is_empty() {
        return;
    }
    let name = Name::from(name);
    found.insert(match naming {
        Naming::User => Principal::User(name),
        Naming::Group => Principal::Group(name),
        Naming::Role => Principal::Role(name),
    });
}

#[cfg(test)]
mod tests;
