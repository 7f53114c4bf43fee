//! What BPMN itself says of data (BPMN 2.0.2, 10.4): properties and data objects, which are fields, and the associations that
//! copy between them and the inputs and outputs of an element. A reference to a data object is the object. What tools draw
//! without saying what is copied says nothing, and data stores are no data of an instance.

use std::collections::HashSet;

use super::super::report::Report;
use super::super::resolve::is_true;
use super::super::tree::{Tag, local};
use super::super::xml::shorten;
use super::super::{Assignment, WF, text};
use super::call::field;
use super::{assignment, camunda, jbpm, quoted, wf};
use crate::value::Name;

/// What a tool puts where an association must lead somewhere, and leads nowhere.
const NOWHERE: &str = "__targetRef_placeholder";

/// The fields that an element has for itself before anything is mapped into it. A collection begins as an empty list if an
/// association reads or writes it, everything else as nothing, unless the model says what it begins with.
pub(super) fn locals(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    let mut found = declared(tag, "null", report);
    let read: Vec<&str> = tag
        .parts("dataOutputAssociation")
        .flat_map(|association| association.parts("sourceRef"))
        .map(Tag::text)
        .collect();
    let outputs = tag
        .parts("ioSpecification")
        .flat_map(|io| io.parts("dataOutput"));
    for output in outputs.filter(|output| output.id().is_some_and(|id| read.contains(&&**id))) {
        let name = data_name(output, output.id().map_or("", |id| id));
        found.extend(begins(output, &name, "null", report));
    }
    found
}

/// What the data objects and properties of a process begin with, those that begin with something.
pub(super) fn initial(process: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    declared(process, "", report)
}

/// Properties and data objects of a scope, and what each begins with; without anything said, this.
fn declared(scope: Tag<'_>, otherwise: &str, report: &mut Report) -> Vec<Assignment> {
    let mut found = Vec::new();
    let mut drawn = None;
    for item in scope.children() {
        if !matches!(item.bpmn(), Some("property" | "dataObject")) || is_nowhere(item) {
            continue;
        }
        wf::check(item, report);
        let Some(id) = item.id() else {
            continue;
        };
        let name = data_name(item, id);
        if let Some(said) = said(item) {
            found.extend(begins(item, &name, &said, report));
        } else if is_true(item, "isCollection")
            && drawn
                .get_or_insert_with(|| associated_items(item))
                .contains(id)
        {
            found.extend(begins(item, &name, "[]", report));
        } else if !otherwise.is_empty() {
            found.extend(begins(item, &name, otherwise, report));
        }
    }
    found
}

fn begins(item: Tag<'_>, name: &Name, source: &str, report: &mut Report) -> Option<Assignment> {
    Some(Assignment {
        field: name.clone(),
        value: text::expression(item, source, report)?,
    })
}

/// The first value that a model gives an item, as an expression: ours, or the text of Activiti and Flowable, of the type of
/// the item.
fn said(item: Tag<'_>) -> Option<String> {
    if let Some(initial) = item.extension(WF, "initial").next() {
        return Some(initial.own("value")?.to_string());
    }
    let value = camunda::first_value(item)?;
    let kind = item.filled("itemSubjectRef").map_or("", |kind| local(kind));
    Some(match kind {
        "boolean" | "int" | "integer" | "long" | "double" | "float" | "decimal" => value.to_owned(),
        _ => quoted(value),
    })
}

/// The ids of everything that an association or a loop of the process reads or writes, references resolved.
fn associated_items(item: Tag<'_>) -> HashSet<Name> {
    fn walk<'a>(tag: Tag<'a>, found: &mut HashSet<Name>) {
        for child in tag.children() {
            match child.bpmn() {
                Some("sourceRef" | "targetRef" | "loopDataInputRef" | "loopDataOutputRef") => {
                    let id = child.text();
                    let object = reference(tag, id).and_then(|it| it.filled("dataObjectRef"));
                    found.insert(object.cloned().unwrap_or_else(|| id.into()));
                }
                Some(_) => walk(child, found),
                None => {}
            }
        }
    }
    let mut process = item;
    while let Some(around) = process
        .parent()
        .filter(|_| process.bpmn() != Some("process"))
    {
        process = around;
    }
    let mut found = HashSet::new();
    walk(process, &mut found);
    found
}

/// What is mapped into an element by its associations.
pub(super) fn inputs(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    let list = loop_data(tag, "loopDataInputRef");
    let mut found = Vec::new();
    for association in tag.parts("dataInputAssociation") {
        let target = part(association, "targetRef");
        let known = |name: &Name| jbpm::wrote(tag) && jbpm::is_about_the_task(name);
        // The list of an activity that repeats is for the activity as a whole.
        if target.is_some() && target == list {
            continue;
        }
        let copied = copies(association, report);
        found.extend(copied.into_iter().filter(|it| !known(&it.field)));
    }
    found
}

/// What is mapped out of an element by its associations.
pub(super) fn outputs(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    let list = loop_data(tag, "loopDataOutputRef");
    let mut found = Vec::new();
    for association in tag.parts("dataOutputAssociation") {
        let source = part(association, "sourceRef");
        if source.is_none() || source != list {
            found.extend(copies(association, report));
        }
    }
    found
}

/// What an association copies: the value of its transformation, those of its assignments, or else its source.
pub(super) fn copies(association: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    let target = part(association, "targetRef");
    let store = |id: &str| is_store(association, id);
    if [target, part(association, "sourceRef")]
        .into_iter()
        .flatten()
        .any(store)
    {
        let message = "a data store is no data of an instance: nothing is copied".to_owned();
        report.warning(association, "ignored-extension", message);
        return Vec::new();
    }
    if target.is_some_and(|id| reference(association, id).is_some_and(is_nowhere)) {
        return Vec::new();
    }
    let target = target.map(|id| data_name(association, id));
    if let (Some(target), Some(transformation)) = (&target, part(association, "transformation")) {
        return begins(association, target, transformation, report)
            .into_iter()
            .collect();
    }
    let assigned: Vec<Assignment> = association
        .parts("assignment")
        .filter_map(|assigned| one(association, assigned, target.as_ref(), report))
        .collect();
    if !assigned.is_empty() {
        return assigned;
    }
    let source = part(association, "sourceRef").map(|id| data_name(association, id));
    match (target, source) {
        (Some(target), Some(source)) => field(association, &target, &source, report)
            .into_iter()
            .collect(),
        (None, _) | (Some(_), None) => Vec::new(),
    }
}

fn one(
    association: Tag<'_>,
    assigned: Tag<'_>,
    target: Option<&Name>,
    report: &mut Report,
) -> Option<Assignment> {
    let from = part(assigned, "from")?;
    let to = part(assigned, "to").map(|to| data_name(association, to));
    let target = to.or_else(|| target.cloned())?;
    if target.contains('.') {
        let message = format!(
            "`{}` is a path; only whole fields are written",
            shorten(&target)
        );
        report.error(assigned, "not-supported", message);
        return None;
    }
    match text::is_computed(from) || jbpm::wrote(association) {
        true => assignment(assigned, &target, from, report),
        false => begins(assigned, &target, from, report),
    }
}

fn part<'a>(tag: Tag<'a>, name: &'a str) -> Option<&'a str> {
    let text = tag.part(name).map(Tag::text);
    text.filter(|text| !text.is_empty())
}

/// What the loop of an activity takes from, or gathers in.
fn loop_data<'a>(tag: Tag<'a>, which: &'a str) -> Option<&'a str> {
    part(tag.part("multiInstanceLoopCharacteristics")?, which)
}

/// The field that an activity's list comes from or goes to: what the association of its data with the outside names, else
/// the data itself.
pub(super) fn outer(multi: Tag<'_>, id: &str, association: &str, near: &str, far: &str) -> Name {
    let activity = multi.parent();
    let mut found = activity
        .into_iter()
        .flat_map(|activity| activity.children())
        .filter(|tag| tag.bpmn() == Some(association));
    let led = found.find_map(|association| {
        let here = association
            .children()
            .find(|tag| tag.bpmn() == Some(near))?;
        let there = association.children().find(|tag| tag.bpmn() == Some(far))?;
        (here.text() == id).then(|| data_name(association, there.text()))
    });
    led.unwrap_or_else(|| data_name(multi, id))
}

fn is_nowhere(item: Tag<'_>) -> bool {
    item.own("name").is_some_and(|name| &**name == NOWHERE)
}

fn is_store(tag: Tag<'_>, id: &str) -> bool {
    tag.definition(id)
        .is_some_and(|found| found.bpmn() == Some("dataStore"))
        || reference(tag, id).is_some_and(|found| found.bpmn() == Some("dataStoreReference"))
}

/// The data item of an id: a part of an element or of a scope around it.
fn reference<'a>(tag: Tag<'a>, id: &str) -> Option<Tag<'a>> {
    let mut around = tag.parent();
    while let Some(scope) = around {
        let inside = scope
            .children()
            .chain(scope.parts("ioSpecification").flat_map(Tag::children))
            .chain(
                scope
                    .parts("multiInstanceLoopCharacteristics")
                    .flat_map(Tag::children),
            );
        let mut items = inside.filter(|item| {
            matches!(
                item.bpmn(),
                Some(
                    "property"
                        | "dataObject"
                        | "dataObjectReference"
                        | "dataStoreReference"
                        | "dataInput"
                        | "dataOutput"
                        | "inputDataItem"
                        | "outputDataItem"
                )
            )
        });
        if let Some(item) = items.find(|item| item.id().is_some_and(|own| &**own == id)) {
            return Some(item);
        }
        around = scope.parent();
    }
    None
}

/// The name of the data item of an id; the id itself if nothing says it. That of a data object is its own, else that of the
/// first reference to it which has one.
pub(super) fn data_name(tag: Tag<'_>, id: &str) -> Name {
    let Some(item) = reference(tag, id) else {
        return id.into();
    };
    let object = match item.bpmn() {
        Some("dataObjectReference") => item
            .filled("dataObjectRef")
            .and_then(|object| reference(item, object))
            .unwrap_or(item),
        _ => item,
    };
    let shown = || {
        let mut references = object.parent()?.parts("dataObjectReference").filter(|it| {
            it.filled("dataObjectRef")
                .is_some_and(|of| object.id() == Some(of))
        });
        references.find_map(|it| it.filled("name"))
    };
    let name = object.filled("name").or_else(shown).or(item.filled("name"));
    name.or(object.id()).cloned().unwrap_or_else(|| id.into())
}

#[cfg(test)]
mod tests;
