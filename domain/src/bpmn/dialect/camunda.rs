//! Camunda 7, Operaton, Flowable and Activiti: one family of attributes, four namespaces.

use super::super::report::Report;
use super::super::tree::Tag;
use super::super::{
    Assignment, Binding, ExternalWork, Form, Mapping, Naming, Principals, UserTask, text, timer,
};
use super::call::{Said, copied, mapped};
use super::external::{duration, retries};
use super::{Collection, Work, assignment, quoted, wf};
use crate::expr::Expr;
use crate::value::Name;

const CAMUNDA: [&str; 5] = [
    "http://camunda.org/schema/1.0/bpmn",
    "http://operaton.org/schema/1.0/bpmn",
    "http://flowable.org/bpmn",
    "http://activiti.org/bpmn",
    "http://www.camunda.com/fox",
];

/// What only these engines can run, by attribute.
const FOREIGN: [&str; 8] = [
    "class",
    "delegateExpression",
    "expression",
    "topic",
    "type",
    "decisionRef",
    "rules",
    "resource",
];

pub(super) fn attribute<'a>(tag: Tag<'a>, name: &str) -> Option<&'a Name> {
    CAMUNDA
        .iter()
        .find_map(|namespace| tag.attribute(namespace, name))
        .filter(|value| !value.trim().is_empty())
}

pub(super) fn is_ours(tag: Tag<'_>) -> bool {
    CAMUNDA.contains(&tag.namespace())
}

pub(super) fn user_task(tag: Tag<'_>, report: &mut Report) -> UserTask {
    let mut task = UserTask {
        assignee: attribute(tag, "assignee").and_then(|source| text::text(tag, source, report)),
        due: attribute(tag, "dueDate").and_then(|source| timer::schedule(tag, source, report)),
        follow_up: attribute(tag, "followUpDate")
            .and_then(|source| timer::schedule(tag, source, report)),
        priority: attribute(tag, "priority").and_then(|source| wf::priority(tag, source, report)),
        form: form(tag),
        ..UserTask::default()
    };
    for (name, naming) in [
        ("candidateUsers", Naming::User),
        ("candidateGroups", Naming::Group),
    ] {
        if let Some(source) = attribute(tag, name) {
            task.candidates
                .extend(text::named(tag, naming, source, report));
        }
    }
    task
}

/// The form of a user task or of a start event, by its key alone.
pub(super) fn form(tag: Tag<'_>) -> Option<Form> {
    let key = attribute(tag, "formKey").or_else(|| attribute(tag, "formRef"))?;
    Some(Form {
        key: Some(key.clone()),
        schema: None,
    })
}

pub(super) fn collection(multi: Tag<'_>) -> Option<Collection> {
    Some(Collection {
        items: attribute(multi, "collection")?.clone(),
        element: attribute(multi, "elementVariable").cloned(),
    })
}

/// Who may start the process, if the model says so.
pub(super) fn starters(tag: Tag<'_>, report: &mut Report) -> Option<Vec<Principals>> {
    let mut starters = None;
    for (name, naming) in [
        ("candidateStarterUsers", Naming::User),
        ("candidateStarterGroups", Naming::Group),
    ] {
        if let Some(source) = attribute(tag, name) {
            let named = text::named(tag, naming, source, report);
            starters.get_or_insert_with(Vec::new).extend(named);
        }
    }
    for starter in tag.extensions().filter(|tag| is_ours(*tag)) {
        if &**starter.name() == "potentialStarter" {
            let named = super::standard::owners(starter, Naming::Group, report);
            starters.get_or_insert_with(Vec::new).extend(named);
        }
    }
    starters
}

/// The variable that gets the starter's name.
pub(super) fn initiator(process: Tag<'_>) -> Option<Name> {
    process
        .parts("startEvent")
        .find_map(|start| attribute(start, "initiator"))
        .cloned()
}

/// An external task: `type="external"` with a `topic` here, `external-worker` there. An event carries it in its message.
pub(super) fn external(tag: Tag<'_>, report: &mut Report) -> Option<ExternalWork> {
    let carrier = tag.part("messageEventDefinition").unwrap_or(tag);
    let kind = attribute(carrier, "type")?;
    if !["external", "external-worker"].contains(&kind.trim()) {
        return None;
    }
    let mut work = ExternalWork::of(text::text(tag, attribute(carrier, "topic")?, report)?);
    work.priority =
        attribute(carrier, "taskPriority").and_then(|source| wf::priority(tag, source, report));
    work.inputs = inputs(tag, report);
    let own = |name: &'static str| {
        tag.extensions()
            .filter(move |tag| is_ours(*tag) && &**tag.name() == name)
    };
    for property in own("properties").flat_map(Tag::children) {
        if let (Some(name), Some(value)) = (property.filled("name"), property.own("value")) {
            work.headers.push((name.clone(), value.clone()));
        }
    }
    // `R3/PT10M`: so many tries, so long apart.
    if let Some(cycle) = own("failedJobRetryTimeCycle").next()
        && let Some((count, pause)) = cycle.text().trim().split_once('/')
        && let Some(count) = count.strip_prefix('R')
    {
        work.retries = retries(cycle, count, report);
        work.backoff = duration(cycle, pause, report);
    }
    Some(work)
}

pub(super) fn work(tag: Tag<'_>, _report: &mut Report) -> Work {
    let result = attribute(tag, "resultVariable").or_else(|| attribute(tag, "resultVariableName"));
    let script = tag
        .part("script")
        .filter(|script| !script.text().is_empty());
    let source = script
        .map(|script| script.text())
        .or_else(|| attribute(tag, "expression").map(|source| &**source));
    // What is one of our expressions and keeps its value needs no engine but ours.
    if let (Some(result), Some(source)) = (result, source)
        && let Ok(value) = Expr::parse(source)
    {
        return Work::Assign(vec![Assignment {
            field: result.clone(),
            value,
        }]);
    }
    if let (Some(_), Some(_)) = (result, script) {
        return Work::Foreign("its script is no expression".to_owned());
    }
    let mut asked = FOREIGN
        .into_iter()
        .filter(|name| attribute(tag, name).is_some());
    if let Some(name) = asked.next() {
        return Work::Foreign(format!("`{name}` is for another engine"));
    }
    match tag
        .extensions()
        .find(|tag| is_ours(*tag) && &**tag.name() == "connector")
    {
        Some(_) => Work::Foreign("`connector` is for another engine".to_owned()),
        None => Work::Nothing,
    }
}

/// A call: the version by attributes, the mappings by `in` and `out`.
pub(super) fn call(tag: Tag<'_>, report: &mut Report) -> Said {
    for name in [
        "caseRef",
        "variableMappingClass",
        "variableMappingDelegateExpression",
    ] {
        if attribute(tag, name).is_some() {
            let message = format!("`{name}` is for another engine");
            report.error(tag, "no-implementation", message);
        }
    }
    let is_true = |name| attribute(tag, name).is_some_and(|value| value.trim() == "true");
    let mut said = Said {
        binding: binding(tag, report),
        business_key: attribute(tag, "businessKey")
            .and_then(|source| text::text(tag, source, report)),
        ..Said::default()
    };
    if said.binding.is_none() && is_true("sameDeployment") {
        said.binding = Some(Binding::Deployment);
    }
    if is_true("inheritVariables") {
        said.inputs.push(Mapping::All);
    }
    for part in tag.extensions().filter(|tag| is_ours(*tag)) {
        match &**part.name() {
            "in" => {
                if let Some(source) = part.filled("businessKey") {
                    said.business_key = text::text(part, source, report);
                } else {
                    said.inputs.extend(mapping(part, report));
                }
            }
            "out" => said.outputs.extend(mapping(part, report)),
            _ => {}
        }
    }
    said
}

fn binding(tag: Tag<'_>, report: &mut Report) -> Option<Binding> {
    if let Some(kind) = attribute(tag, "calledElementType")
        && &**kind != "key"
    {
        let message = format!("a call by `{kind}` is for another engine");
        report.error(tag, "no-implementation", message);
    }
    let mut asked = |name| {
        let found = attribute(tag, name);
        if found.is_none() {
            report.error(tag, "no-callee", format!("the call names no `{name}`"));
        }
        found.and_then(|source| text::text(tag, source, report))
    };
    match &**attribute(tag, "calledElementBinding")? {
        "latest" => Some(Binding::Latest),
        "deployment" => Some(Binding::Deployment),
        "version" => asked("calledElementVersion").map(Binding::Version),
        "versionTag" => asked("calledElementVersionTag").map(Binding::Tag),
        other => {
            let message = format!("the binding `{other}` is not known");
            report.error(tag, "unknown-binding", message);
            None
        }
    }
}

fn mapping(part: Tag<'_>, report: &mut Report) -> Option<Mapping> {
    if part.own("variables").is_some_and(|which| &**which == "all") {
        return Some(Mapping::All);
    }
    let computed = part.filled("sourceExpression").or_else(|| {
        part.filled("source")
            .filter(|source| text::is_computed(source))
    });
    match (part.filled("target"), computed, part.filled("source")) {
        (Some(target), Some(source), _) => mapped(part, target, source, report),
        (Some(target), None, Some(source)) => copied(part, target, source, report),
        (None, _, _) | (Some(_), None, None) => {
            ignored(part, report);
            None
        }
    }
}

/// The tag of a process version.
pub(super) fn version_tag(process: Tag<'_>) -> Option<Name> {
    attribute(process, "versionTag").cloned()
}

pub(super) fn outputs(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    mapped_by(tag, "outputParameter", report)
}

/// What is mapped into an element.
pub(super) fn inputs(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    mapped_by(tag, "inputParameter", report)
}

fn mapped_by(tag: Tag<'_>, which: &str, report: &mut Report) -> Vec<Assignment> {
    let mut found = Vec::new();
    for parameter in parameters(tag, which) {
        let Some(name) = parameter.filled("name") else {
            continue;
        };
        match source(parameter) {
            Some(source) => found.extend(assignment(parameter, name, &source, report)),
            None => ignored(parameter, report),
        }
    }
    found
}

/// The value of a parameter, as text or as an expression: a list and a map are put together of theirs. Nothing for a script.
fn source(parameter: Tag<'_>) -> Option<String> {
    let Some(inside) = parameter.children().find(|tag| is_ours(*tag)) else {
        return Some(parameter.text().to_owned());
    };
    nested(inside).map(|source| format!("={source}"))
}

fn nested(tag: Tag<'_>) -> Option<String> {
    let one = |tag: Tag<'_>| -> Option<String> {
        match tag.children().find(|tag| is_ours(*tag)) {
            Some(inside) => nested(inside),
            None => Some(plain(tag.text())),
        }
    };
    let parts = |each: fn(&str) -> bool| {
        tag.children()
            .filter(move |part| is_ours(*part) && each(part.name()))
    };
    match &**tag.name() {
        "list" => {
            let values = parts(|_| true).map(|part| match &**part.name() {
                "value" => one(part),
                _ => nested(part),
            });
            let values: Option<Vec<String>> = values.collect();
            Some(format!("[{}]", values?.join(", ")))
        }
        "map" => {
            let entries = parts(|name| name == "entry")
                .map(|entry| Some(format!("{}: {}", quoted(entry.own("key")?), one(entry)?)));
            let entries: Option<Vec<String>> = entries.collect();
            Some(format!("{{{}}}", entries?.join(", ")))
        }
        _ => None,
    }
}

/// A text or an expression, as an expression among others.
fn plain(text: &str) -> String {
    match text::is_computed(text) {
        true => format!("({})", super::bare(text)),
        false => quoted(text),
    }
}

/// What Activiti and Flowable let a data object begin with.
pub(super) fn first_value<'a>(item: Tag<'a>) -> Option<&'a str> {
    let mut ours = item.extensions().filter(|tag| is_ours(*tag));
    ours.find(|tag| &**tag.name() == "value").map(Tag::text)
}

/// The fields that a signal takes along.
pub(super) fn sent(definition: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    let mut found = Vec::new();
    let along = definition.extensions().filter(|tag| is_ours(*tag));
    for part in along.filter(|tag| &**tag.name() == "in") {
        let field = |source: &Name| format!("={source}");
        let source = part.filled("source").map(field);
        let source = source.or_else(|| part.filled("sourceExpression").map(|it| it.to_string()));
        let (Some(source), Some(target)) = (source, part.filled("target")) else {
            ignored(part, report);
            continue;
        };
        found.extend(assignment(part, target, &source, report));
    }
    found
}

fn parameters<'a>(tag: Tag<'a>, name: &str) -> impl Iterator<Item = Tag<'a>> {
    tag.extensions()
        .filter(|tag| is_ours(*tag) && &**tag.name() == "inputOutput")
        .flat_map(Tag::children)
        .filter(move |tag| is_ours(*tag) && &**tag.name() == name)
}

fn ignored(tag: Tag<'_>, report: &mut Report) {
    let message = format!("`{}` is not read", tag.name());
    report.warning(tag, "ignored-extension", message);
}

/// Says what is left out and could matter: listeners, and mappings into an element.
pub(super) fn check(tag: Tag<'_>, report: &mut Report) {
    for extension in tag.extensions().filter(|tag| is_ours(*tag)) {
        match &**extension.name() {
            // Of a call they are read.
            "in" | "out" if tag.bpmn() == Some("callActivity") => {}
            "executionListener" | "taskListener" | "in" | "out" => ignored(extension, report),
            _ => {}
        }
    }
}

/// Whether it is an external task, or an event that one sends.
pub(super) fn is_external(tag: Tag<'_>) -> bool {
    let carrier = tag.part("messageEventDefinition").unwrap_or(tag);
    attribute(carrier, "topic").is_some()
}
