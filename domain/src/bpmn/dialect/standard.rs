//! What BPMN itself says of people and of work: resource roles (10.3.1), `implementation`, scripts.

use super::super::report::Report;
use super::super::tree::Tag;
use super::super::xml::shorten;
use super::super::{Assignment, Mapping, Naming, Principals, Results, UserTask, text};
use super::call::Said;
use super::{Collection, Work, data, jbpm};
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

/// The list of a multi-instance activity (BPMN 2.0.2, 10.3.8), which is a field of the scope around.
pub(super) fn collection(multi: Tag<'_>) -> Option<Collection> {
    let items = multi.part("loopDataInputRef").map(Tag::text);
    let items = items.filter(|items| !items.is_empty())?;
    let element = multi.part("inputDataItem");
    let list = data::outer(
        multi,
        items,
        "dataInputAssociation",
        "targetRef",
        "sourceRef",
    );
    Some(Collection {
        items: format!("`{list}`").into(),
        element: element.and_then(|item| item.filled("name").or(item.id()).cloned()),
    })
}

/// What is gathered of the rounds: the field of the `outputDataItem`, in the data that `loopDataOutputRef` names.
pub(super) fn results(multi: Tag<'_>, report: &mut Report) -> Option<Results> {
    let list = multi.part("loopDataOutputRef")?.text();
    let item = multi.part("outputDataItem")?;
    let field = item.filled("name").or(item.id())?;
    Some(Results {
        list: data::outer(
            multi,
            list,
            "dataOutputAssociation",
            "sourceRef",
            "targetRef",
        ),
        element: text::expression(item, &format!("`{field}`"), report)?,
    })
}

/// A call: its data associations (BPMN 2.0.2, 10.4.2).
pub(super) fn call(tag: Tag<'_>, report: &mut Report) -> Said {
    let fields = |found: Vec<Assignment>| found.into_iter().map(Mapping::Field).collect();
    Said {
        inputs: fields(data::inputs(tag, report)),
        outputs: fields(data::outputs(tag, report)),
        ..Said::default()
    }
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
