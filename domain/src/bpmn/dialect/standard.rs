//! What BPMN itself says of people and of work: resource roles (10.3.1), `implementation`, scripts.

use super::super::report::Report;
use super::super::tree::Tag;
use super::super::xml::shorten;
use super::super::{Naming, Principals, Results, UserTask, text};
use super::call::{Said, copied, mapped};
use super::{Collection, Work, jbpm};
use crate::value::Name;

pub(super) fn user_task(tag: Tag<'_>, report: &mut Report) -> UserTask {
    let mut task = UserTask::default();
    // Activiti takes a plain potential owner for a group, jBPM for a user.
    let plain = match jbpm::wrote(tag) {
        true => Naming::User,
        false => Naming::Group,
    };
    for owner in tag.parts("potentialOwner") {
        task.candidates.extend(owners(owner, plain, report));
    }
    for performer in tag.children().filter(|tag| {
        tag.bpmn()
            .is_some_and(|name| matches!(name, "humanPerformer" | "performer"))
    }) {
        if let Some((place, source)) = assigned(performer) {
            let source = source
                .strip_prefix("user(")
                .and_then(|rest| rest.strip_suffix(')'))
                .unwrap_or(source);
            task.assignee = task.assignee.or_else(|| text::text(place, source, report));
        }
    }
    task
}

/// The list of a multi-instance activity (BPMN 2.0.2, 10.3.8), which tools refer to by its name. What the instances give is
/// not gathered.
pub(super) fn collection(multi: Tag<'_>) -> Option<Collection> {
    let items = multi.part("loopDataInputRef").map(|list| list.text());
    let element = multi.part("inputDataItem");
    Some(Collection {
        items: items.filter(|items| !items.is_empty())?.into(),
        element: element.and_then(|item| item.filled("name").or(item.id()).cloned()),
    })
}

/// What is gathered of the rounds: the field of the `outputDataItem`, in the data that `loopDataOutputRef` names.
pub(super) fn results(multi: Tag<'_>, report: &mut Report) -> Option<Results> {
    let list = multi.part("loopDataOutputRef")?;
    let item = multi.part("outputDataItem")?;
    let field = item.filled("name").or(item.id())?;
    Some(Results {
        list: data_name(multi, list.text()),
        element: super::super::text::expression(item, field, report)?,
    })
}

/// A call: its data associations (BPMN 2.0.2, 10.4.2), between fields of the same name or with one assignment.
pub(super) fn call(tag: Tag<'_>, report: &mut Report) -> Said {
    let mut said = Said::default();
    for association in tag.parts("dataInputAssociation") {
        said.inputs.extend(associated(association, report));
    }
    for association in tag.parts("dataOutputAssociation") {
        said.outputs.extend(associated(association, report));
    }
    said
}

fn associated(association: Tag<'_>, report: &mut Report) -> Option<super::super::Mapping> {
    fn text<'a>(tag: Tag<'a>, name: &'a str) -> Option<&'a str> {
        tag.part(name)
            .map(Tag::text)
            .filter(|text| !text.is_empty())
    }
    let assigned = association.part("assignment");
    let target = text(association, "targetRef")
        .or_else(|| assigned.and_then(|assigned| text(assigned, "to")))?;
    let target = data_name(association, target);
    if let Some(from) = assigned.and_then(|assigned| text(assigned, "from")) {
        return mapped(association, &target, from, report);
    }
    let source = data_name(association, text(association, "sourceRef")?);
    copied(association, &target, &source, report)
}

/// The name of the data item of an id, which is a part of an activity or a scope around it; the id itself if nothing says it.
fn data_name(tag: Tag<'_>, id: &str) -> Name {
    let mut around = tag.parent();
    while let Some(scope) = around {
        let inside = scope
            .children()
            .chain(scope.parts("ioSpecification").flat_map(Tag::children));
        let mut items = inside.filter(|item| {
            matches!(
                item.bpmn(),
                Some(
                    "property" | "dataObject" | "dataObjectReference" | "dataInput" | "dataOutput"
                )
            )
        });
        if let Some(item) = items.find(|item| item.id().is_some_and(|own| &**own == id)) {
            return item
                .filled("name")
                .or(item.id())
                .cloned()
                .unwrap_or_else(|| id.into());
        }
        around = scope.parent();
    }
    id.into()
}

/// The people of a resource role: `user(x), group(y), z`, or the resource that it refers to.
pub(super) fn owners(role: Tag<'_>, plain: Naming, report: &mut Report) -> Vec<Principals> {
    if let Some((place, source)) = assigned(role) {
        let mut found = Vec::new();
        for item in text::items(source, false) {
            let (naming, name) = function(item).unwrap_or((plain, item));
            found.extend(text::named(place, naming, name, report));
        }
        return found;
    }
    let Some(reference) = role.part("resourceRef") else {
        return Vec::new();
    };
    match resource(reference) {
        Some(name) => vec![Principals::Named(Naming::Group, name)],
        None => {
            let message = format!(
                "the resource `{}` is not in the file",
                shorten(reference.text())
            );
            report.error(reference, "unknown-reference", message);
            Vec::new()
        }
    }
}

/// `user(x)` or `group(y)`, taken apart.
fn function(item: &str) -> Option<(Naming, &str)> {
    let (name, rest) = item.split_once('(')?;
    let naming = match name.trim() {
        "user" => Naming::User,
        "group" => Naming::Group,
        _ => return None,
    };
    Some((naming, rest.strip_suffix(')')?))
}

/// The expression of a role, and where it stands.
fn assigned<'a>(role: Tag<'a>) -> Option<(Tag<'a>, &'a str)> {
    let expression = role.part("resourceAssignmentExpression")?;
    let inner = expression
        .children()
        .find(|tag| matches!(tag.bpmn(), Some("formalExpression" | "expression")))
        .unwrap_or(expression);
    Some((inner, inner.text())).filter(|(_, text)| !text.is_empty())
}

fn resource(reference: Tag<'_>) -> Option<Name> {
    let found = reference.definition(reference.text())?;
    let found = Some(found).filter(|tag| tag.bpmn() == Some("resource"))?;
    found.filled("name").or(found.id()).cloned()
}

/// An implementation other than the ones that the specification names is another engine's.
pub(super) fn work(tag: Tag<'_>, _report: &mut Report) -> Work {
    match tag.filled("implementation") {
        Some(implementation) if !implementation.starts_with("##") => Work::Foreign(format!(
            "the implementation `{}` is for another engine",
            shorten(implementation)
        )),
        Some(_) | None => Work::Nothing,
    }
}
