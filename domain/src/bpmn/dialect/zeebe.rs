//! Camunda 8: extension elements of Zeebe.

use super::super::report::Report;
use super::super::tree::Tag;
use super::super::{
    Assignment, Binding, ExternalWork, Form, Mapping, Naming, Results, UserTask, text, timer,
};
use super::call::{Said, mapped};
use super::external::retries;
use super::{Collection, Work, assignment, wf};
use crate::value::Name;

pub(super) const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";
/// Before the id of a form that stands in the process itself.
const EMBEDDED: &str = "camunda-forms:bpmn:";

pub(super) fn user_task(tag: Tag<'_>, report: &mut Report) -> UserTask {
    let mut task = UserTask {
        form: form(tag, report),
        ..UserTask::default()
    };
    for extension in tag.extensions().filter(|tag| tag.namespace() == ZEEBE) {
        match &**extension.name() {
            "assignmentDefinition" => who(extension, &mut task, report),
            "taskSchedule" => {
                let mut when = |name| {
                    extension
                        .own(name)
                        .and_then(|source| timer::schedule(extension, source, report))
                };
                (task.due, task.follow_up) = (when("dueDate"), when("followUpDate"));
            }
            "priorityDefinition" => {
                task.priority = extension
                    .own("priority")
                    .and_then(|source| wf::priority(extension, source, report));
            }
            _ => {}
        }
    }
    task
}

fn who(tag: Tag<'_>, task: &mut UserTask, report: &mut Report) {
    task.assignee = tag
        .own("assignee")
        .and_then(|source| text::text(tag, source, report));
    for (name, naming) in [
        ("candidateUsers", Naming::User),
        ("candidateGroups", Naming::Group),
    ] {
        if let Some(source) = tag.own(name) {
            task.candidates
                .extend(text::named(tag, naming, source, report));
        }
    }
}

/// The form of a user task or of a start event.
pub(super) fn form(host: Tag<'_>, report: &mut Report) -> Option<Form> {
    let tag = host.extension(ZEEBE, "formDefinition").next()?;
    let names = ["formKey", "formId", "externalReference"];
    let key = names.into_iter().find_map(|name| tag.filled(name))?;
    let Some(id) = key.strip_prefix(EMBEDDED) else {
        return Some(Form {
            key: Some(key.clone()),
            schema: None,
        });
    };
    let Some(body) = embedded(tag, id) else {
        let message = format!("the form `{id}` is not in the process");
        report.error(tag, "unknown-reference", message);
        return None;
    };
    Some(Form {
        key: Some(key.clone()),
        schema: wf::schema(body, report),
    })
}

/// The form of an id, in the process around a tag.
fn embedded<'a>(tag: Tag<'a>, id: &str) -> Option<Tag<'a>> {
    let mut process = tag;
    while process.bpmn() != Some("process") {
        process = process.parent()?;
    }
    process
        .extension(ZEEBE, "userTaskForm")
        .find(|form| form.id().is_some_and(|own| &**own == id))
}

/// Whether there is a job for a worker.
pub(super) fn is_external(tag: Tag<'_>) -> bool {
    tag.extension(ZEEBE, "taskDefinition").next().is_some()
}

/// A job for a worker.
pub(super) fn external(tag: Tag<'_>, report: &mut Report) -> Option<ExternalWork> {
    let definition = tag.extension(ZEEBE, "taskDefinition").next()?;
    let Some(kind) = definition.filled("type") else {
        report.error(definition, "no-name", "the work has no type".to_owned());
        return None;
    };
    let mut work = ExternalWork::of(text::text(definition, kind, report)?);
    work.retries = definition
        .filled("retries")
        .and_then(|source| retries(definition, source, report));
    work.priority = tag
        .extension(ZEEBE, "priorityDefinition")
        .find_map(|priority| wf::priority(priority, priority.filled("priority")?, report));
    for header in tag
        .extension(ZEEBE, "taskHeaders")
        .flat_map(|headers| headers.all(ZEEBE, "header"))
    {
        if let (Some(key), Some(value)) = (header.filled("key"), header.own("value")) {
            work.headers.push((key.clone(), value.clone()));
        }
    }
    for input in mappings(tag, "input") {
        if let (Some(source), Some(target)) = (input.filled("source"), input.filled("target")) {
            work.inputs
                .extend(assignment(input, target, source, report));
        }
    }
    Some(work)
}

pub(super) fn work(tag: Tag<'_>, report: &mut Report) -> Work {
    for extension in tag.extensions().filter(|tag| tag.namespace() == ZEEBE) {
        match &**extension.name() {
            "script" => {
                let (Some(source), Some(result)) = (
                    extension.filled("expression"),
                    extension.filled("resultVariable"),
                ) else {
                    continue;
                };
                let value = text::expression(extension, source, report);
                // A bad expression is a problem by itself; the task is not to be called empty as well.
                return Work::Assign(
                    value
                        .map(|value| Assignment {
                            field: result.clone(),
                            value,
                        })
                        .into_iter()
                        .collect(),
                );
            }
            "calledDecision" => {
                return Work::Foreign(format!("`{}` is for another engine", extension.name()));
            }
            _ => {}
        }
    }
    Work::Nothing
}

pub(super) fn outputs(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    assignments(tag, "output", report)
}

/// What is mapped into an element: of an event that throws a message or a signal, the fields that go along.
pub(super) fn inputs(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    assignments(tag, "input", report)
}

fn assignments<'a>(tag: Tag<'a>, which: &'a str, report: &mut Report) -> Vec<Assignment> {
    targets(tag, which, report)
        .into_iter()
        .filter_map(|(mapping, target, source)| assignment(mapping, target, source, report))
        .collect()
}

/// Mappings of a direction that name a whole field: the tag, the target and the source.
fn targets<'a>(
    tag: Tag<'a>,
    direction: &'a str,
    report: &mut Report,
) -> Vec<(Tag<'a>, &'a str, &'a str)> {
    let mut found = Vec::new();
    for mapping in mappings(tag, direction) {
        let (Some(source), Some(target)) = (mapping.filled("source"), mapping.filled("target"))
        else {
            continue;
        };
        if target.contains('.') {
            let message = format!("`{target}` is a path; only whole fields are written");
            report.error(mapping, "not-supported", message);
            continue;
        }
        found.push((mapping, &**target, &**source));
    }
    found
}

/// A call: unless it says otherwise everything goes in, and what is not mapped comes out as it is.
pub(super) fn call(tag: Tag<'_>, report: &mut Report) -> Said {
    let Some(called) = tag.extension(ZEEBE, "calledElement").next() else {
        return Said::default();
    };
    let says_no = |name| {
        called
            .own(name)
            .is_some_and(|value| value.trim() == "false")
    };
    let mut mapped_by = |direction, all: bool| {
        let mut found: Vec<Mapping> = match all {
            true => vec![Mapping::All],
            false => Vec::new(),
        };
        for (mapping, target, source) in targets(tag, direction, report) {
            found.extend(mapped(mapping, target, source, report));
        }
        found
    };
    let inputs = mapped_by("input", !says_no("propagateAllParentVariables"));
    let named = mappings(tag, "output").next().is_some();
    let outputs = mapped_by("output", !named && !says_no("propagateAllChildVariables"));
    let version_tag = called.filled("versionTag");
    let binding = match called.own("bindingType").map(|kind| &**kind) {
        None => None,
        Some("latest") => Some(Binding::Latest),
        Some("deployment") => Some(Binding::Deployment),
        Some("versionTag") if version_tag.is_some() => version_tag
            .and_then(|source| text::text(called, source, report))
            .map(Binding::Tag),
        Some(other) => {
            let message = format!("the binding `{other}` is not known, or lacks its `versionTag`");
            report.error(called, "unknown-binding", message);
            None
        }
    };
    Said {
        callee: called
            .filled("processId")
            .and_then(|source| text::text(called, source, report)),
        binding,
        inputs,
        outputs,
        ..Said::default()
    }
}

/// The tag of a process version.
pub(super) fn version_tag(process: Tag<'_>) -> Option<Name> {
    let tag = process.extension(ZEEBE, "versionTag").next()?;
    tag.filled("value").cloned()
}

fn mappings<'a>(tag: Tag<'a>, name: &'a str) -> impl Iterator<Item = Tag<'a>> {
    tag.extension(ZEEBE, "ioMapping")
        .flat_map(move |mapping| mapping.all(ZEEBE, name))
}

/// What is gathered of the rounds of a multi-instance activity.
pub(super) fn results(multi: Tag<'_>, report: &mut Report) -> Option<Results> {
    let characteristics = multi.extension(ZEEBE, "loopCharacteristics").next()?;
    let list = characteristics.filled("outputCollection")?;
    let source = characteristics.filled("outputElement");
    let source = source.map_or("null", |source| &**source);
    Some(Results {
        list: list.clone(),
        element: text::expression(characteristics, source, report)?,
    })
}

/// The list of a multi-instance activity.
pub(super) fn collection(multi: Tag<'_>) -> Option<Collection> {
    let characteristics = multi.extension(ZEEBE, "loopCharacteristics").next()?;
    Some(Collection {
        items: characteristics.filled("inputCollection")?.clone(),
        element: characteristics.filled("inputElement").cloned(),
    })
}

/// The correlation key of a message.
pub(super) fn correlation<'a>(message: Tag<'a>) -> Option<(Tag<'a>, &'a str)> {
    message
        .extension(ZEEBE, "subscription")
        .find_map(|tag| Some((tag, &**key(tag)?)))
}

fn key<'a>(tag: Tag<'a>) -> Option<&'a Name> {
    tag.filled("correlationKey")
}

/// Says what is left out and could matter.
pub(super) fn check(tag: Tag<'_>, report: &mut Report) {
    let listeners = tag.extensions().filter(|tag| {
        tag.namespace() == ZEEBE && matches!(&**tag.name(), "executionListeners" | "taskListeners")
    });
    for ignored in listeners {
        let message = format!("`{}` is not read", ignored.name());
        report.warning(ignored, "ignored-extension", message);
    }
}
