//! Fields that the model reads and nothing writes. Data may come from where the model does not say: with a start, a message,
//! a task without a form. Where it cannot, every unknown field is told; where it can, only a name that is all but the name of
//! a field that the model does write.

use std::collections::BTreeSet;

use super::Lint;
use crate::bpmn::read::Draft;
use crate::bpmn::tree::Tag;
use crate::bpmn::{
    Count, Element, Form, Kind, Mapping, Principals, Process, Repeat, StateList, Text, Trigger,
};
use crate::expr::Expr;
use crate::task::form;
use crate::value::Name;

/// Shorter names differ by one letter too easily.
const LETTERS: usize = 6;
/// Names that the engine gives values to.
const OURS: [&str; 10] = [
    "activationCount",
    "waitingForStart",
    "loopCounter",
    "nrOfInstances",
    "nrOfActiveInstances",
    "nrOfCompletedInstances",
    "numberOfInstances",
    "numberOfActiveInstances",
    "numberOfCompletedInstances",
    "numberOfTerminatedInstances",
];

/// Looks at every condition, assignment and list.
pub(super) fn look(lint: &mut Lint<'_>, draft: &Draft) {
    let process = lint.process;
    let written = Written::of(process, draft);
    for element in &process.elements {
        for field in read_by(process, element) {
            if written.names.contains(&field) {
                continue;
            }
            let near = written.near(&field);
            let message = match near {
                Some(near) => format!(
                    "`{}` looks at the field `{field}`, which nothing in the model writes: is `{near}` meant?",
                    element.id
                ),
                None if written.open => continue,
                None => format!(
                    "`{}` looks at the field `{field}`, which nothing in the model writes",
                    element.id
                ),
            };
            lint.warn(element, "unknown-field", message);
        }
    }
}

/// What the model writes.
struct Written {
    names: BTreeSet<Name>,
    /// Whether fields of any name may come from elsewhere.
    open: bool,
}

impl Written {
    fn of(process: &Process, draft: &Draft) -> Written {
        let mut written = Written {
            names: OURS.map(Name::from).into(),
            open: false,
        };
        written.form(process.start_form.as_ref());
        written.open |= !process.openers.is_empty();
        let rules = process.fields.iter().map(|rule| &rule.name);
        let people = process.initiator_field.iter();
        let people = people.chain(&process.initiator_variable);
        written.names.extend(rules.chain(people).cloned());
        for element in &process.elements {
            written.element(element);
        }
        let tag = draft
            .process_tags()
            .find(|tag| tag.id().is_some_and(|id| *id == process.key));
        if let Some(tag) = tag {
            written.declared(tag);
        }
        written
    }

    fn form(&mut self, form: Option<&Form>) {
        match form.and_then(|form| form.schema.as_ref()) {
            Some(schema) => self.names.extend(form::fields(schema)),
            None => self.open = true,
        }
    }

    fn element(&mut self, element: &Element) {
        let rules = element.fields.iter().map(|rule| &rule.name);
        let assigned = element.inputs.iter().chain(&element.outputs);
        let assigned = assigned.map(|set| &set.field);
        self.names.extend(rules.chain(assigned).cloned());
        if let Some(Repeat::Multi(multi)) = &element.repeat {
            if let Count::Collection { element, .. } = &multi.count {
                self.names.extend(element.clone());
            }
            let lists = multi.results.iter().map(|results| &results.list);
            self.names.extend(lists.cloned());
        }
        let parts = element.kind.trigger().map(Trigger::parts);
        self.open |= parts
            .unwrap_or_default()
            .iter()
            .any(|part| matches!(part, Trigger::Message(_) | Trigger::Signal(_)));
        match &element.kind {
            Kind::UserTask(task) => {
                self.form(task.form.as_ref());
                let outcome = task.outcome_field.clone();
                self.names
                    .insert(outcome.unwrap_or_else(|| Name::from("outcome")));
            }
            Kind::Assign(set) => {
                let fields = set.iter().map(|set| &set.field);
                self.names.extend(fields.cloned());
            }
            Kind::Work(_) => self.open |= element.outputs.is_empty(),
            Kind::Decision(call) => match &call.result {
                Some(result) => {
                    self.names.insert(result.clone());
                }
                None => self.open = true,
            },
            Kind::Receive(_) => self.open = true,
            Kind::Call(call) => {
                for mapping in &call.outputs {
                    match mapping {
                        Mapping::All => self.open = true,
                        Mapping::Field(set) => {
                            self.names.insert(set.field.clone());
                        }
                    }
                }
            }
            Kind::Start(_)
            | Kind::End(_)
            | Kind::Catch(_)
            | Kind::Throw(_)
            | Kind::LinkSource(_)
            | Kind::LinkTarget
            | Kind::Boundary { .. }
            | Kind::PassThrough
            | Kind::Exclusive
            | Kind::Parallel
            | Kind::Inclusive
            | Kind::Complex { .. }
            | Kind::EventBased
            | Kind::SubProcess
            | Kind::Transaction
            | Kind::AdHoc(_)
            | Kind::EventSubProcess
            | Kind::EventStart { .. } => {}
        }
    }

    /// The data that the model draws.
    fn declared(&mut self, tag: Tag<'_>) {
        let mut next = vec![tag];
        while let Some(tag) = next.pop() {
            let drawn = matches!(
                tag.bpmn(),
                Some(
                    "dataObject"
                        | "dataObjectReference"
                        | "dataStoreReference"
                        | "property"
                        | "dataInput"
                        | "dataOutput"
                )
            );
            if drawn {
                let names = [tag.own("name"), tag.id()];
                self.names.extend(names.into_iter().flatten().cloned());
            }
            next.extend(tag.children());
        }
    }

    /// The field that a name is all but the name of.
    fn near(&self, name: &str) -> Option<&Name> {
        let plain = folded(name);
        self.names.iter().find(|known| {
            let other = folded(known);
            plain == other || is_slip(&plain, &other)
        })
    }
}

/// A name without what people spell in two ways: the case and what is put between words.
fn folded(name: &str) -> Vec<char> {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether one long name is another with one letter too many, too few, wrong or changed with its neighbour. A difference
/// at the beginning or at the end, or in a digit, is what tells fields apart: `item` and `items`.
fn is_slip(name: &[char], other: &[char]) -> bool {
    let (short, long) = match name.len() <= other.len() {
        true => (name, other),
        false => (other, name),
    };
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let rest = (&short[same..], &long[same..]);
    let (left, right) = match rest {
        ([a, b, left @ ..], [c, d, right @ ..]) if a == d && b == c => (left, right),
        ([_, left @ ..], [_, right @ ..]) if short.len() == long.len() => (left, right),
        (left, [_, right @ ..]) if short.len() < long.len() => (left, right),
        _ => return false,
    };
    let inside = same > 0 && !left.is_empty();
    let digits = rest.0.iter().chain(rest.1).any(|c| c.is_ascii_digit());
    inside && left == right && !digits && short.len() >= LETTERS
}

/// The fields that decide where an element's token goes, how often it does what it does, and whose it is.
fn read_by(process: &Process, element: &Element) -> BTreeSet<Name> {
    let mut read = Read::default();
    for flow in &element.outgoing {
        read.expression(process.flow(*flow).condition.as_ref());
    }
    for trigger in element
        .kind
        .trigger()
        .map(Trigger::parts)
        .unwrap_or_default()
    {
        if let Trigger::Condition(condition) = trigger {
            read.expression(Some(condition));
        }
    }
    match &element.repeat {
        Some(Repeat::Multi(multi)) => {
            let (Count::Cardinality(count) | Count::Collection { items: count, .. }) = &multi.count;
            read.expression(Some(count));
            read.expression(multi.until.as_ref());
        }
        Some(Repeat::Loop(repeat)) => read.expression(repeat.condition.as_ref()),
        None => {}
    }
    read.state(&element.acl);
    if let Kind::UserTask(task) = &element.kind {
        if let Some(Text::Expr(assignee)) = &task.assignee {
            read.expression(Some(assignee));
        }
        read.people(&task.candidates);
        read.people(&task.excluded);
    } else if let Kind::AdHoc(ad_hoc) = &element.kind {
        read.expression(ad_hoc.until.as_ref());
    } else if let Kind::Complex { activation } = &element.kind {
        read.expression(activation.as_ref());
    }
    read.names
}

#[derive(Default)]
struct Read {
    names: BTreeSet<Name>,
}

impl Read {
    fn expression(&mut self, expression: Option<&Expr>) {
        self.names
            .extend(expression.into_iter().flat_map(Expr::fields));
    }

    fn people(&mut self, people: &[Principals]) {
        for member in people {
            if let Principals::Field(field) = member {
                self.names.insert(field.clone());
            } else if let Principals::Computed(_, expression) = member {
                self.expression(Some(expression));
            }
        }
    }

    fn state(&mut self, state: &StateList) {
        for list in [&state.readers, &state.writers, &state.owners] {
            self.people(list.as_deref().unwrap_or_default());
        }
    }
}
