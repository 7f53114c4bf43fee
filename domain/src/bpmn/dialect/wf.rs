//! Our own extensions: elements in `extensionElements`, attributes on the process.

use super::super::report::Report;
use super::super::tree::Tag;
use super::super::xml::shorten;
use super::super::{
    AccessPolicy, Assignment, Binding, Classification, FieldRule, Form, Mapping, Mask, Naming,
    Principals, StateList, Text, UserTask, WF, text, timer,
};
use super::call::{Said, copied};
use super::{Collection, Declared};
use crate::task::form::check_schema;
use crate::value::Name;

/// Our elements, and the attributes that each may have.
const WORDS: [(&str, &[&str]); 23] = [
    ("acl", &["bind"]),
    ("readers", LIST),
    ("writers", LIST),
    ("owners", LIST),
    ("starters", LIST),
    ("field", &["name", "class", "mask", "clear", "write"]),
    (
        "assignment",
        &[
            "assignee",
            "candidateUsers",
            "candidateGroups",
            "candidateRoles",
            "exclude",
        ],
    ),
    ("schedule", &["due", "followUp", "priority", "calendar"]),
    ("timer", &["calendar"]),
    ("form", &["key"]),
    ("outcomes", &["field", "values"]),
    ("set", &["field", "value"]),
    ("output", &["field", "value"]),
    (
        "work",
        &["type", "retries", "backoff", "timeout", "priority"],
    ),
    ("header", &["name", "value"]),
    ("input", &["field", "value"]),
    ("initial", &["value"]),
    ("workers", LIST),
    (
        "decision",
        &["ref", "result", "binding", "version", "versionTag", "map"],
    ),
    ("collection", &["field", "element"]),
    (
        "call",
        &[
            "process",
            "binding",
            "version",
            "tag",
            "businessKey",
            "readers",
        ],
    ),
    ("in", &["field", "value"]),
    ("out", &["field", "value"]),
];
const LIST: &[&str] = &["users", "groups", "roles", "fields", "expr"];
/// The tasks that do something without a person.
const WORKING: [&str; 4] = ["serviceTask", "scriptTask", "businessRuleTask", "sendTask"];
/// The events that can send a message.
const SENDING: [&str; 2] = ["intermediateThrowEvent", "endEvent"];
/// Our attributes on a process.
const ON_PROCESS: [&str; 4] = [
    "securityRoles",
    "accessPolicy",
    "initiatorField",
    "versionTag",
];

/// Says what is misspelled: a rule of access that nobody reads would open or close a process unseen.
pub(super) fn check(tag: Tag<'_>, report: &mut Report) {
    for (namespace, name, _) in tag.attributes() {
        if namespace == WF && (tag.bpmn() != Some("process") || !ON_PROCESS.contains(&name)) {
            unknown(tag, name, report);
        }
    }
    for extension in tag.extensions() {
        check_words(extension, report);
        if extension.namespace() == WF && !belongs(extension.name(), tag) {
            misplaced(extension, report);
        }
    }
    for child in tag.children().filter(|child| child.namespace() == WF) {
        misplaced(child, report);
    }
}

/// Whether a word says something in an element's `extensionElements`.
fn belongs(word: &str, host: Tag<'_>) -> bool {
    let scope = host.parent().and_then(Tag::bpmn);
    let host = match host.bpmn().unwrap_or_default() {
        "globalUserTask" => "userTask",
        "globalScriptTask" => "scriptTask",
        "globalBusinessRuleTask" => "businessRuleTask",
        host => host,
    };
    match word {
        "starters" => host == "process",
        "assignment" | "schedule" | "outcomes" => host == "userTask",
        "timer" => ["startEvent", "intermediateCatchEvent", "boundaryEvent"].contains(&host),
        "form" => host == "userTask" || (host == "startEvent" && scope == Some("process")),
        "set" => WORKING.contains(&host) || SENDING.contains(&host),
        "decision" => host == "businessRuleTask",
        "initial" => host == "dataObject" || host == "property",
        "input" => {
            ![
                "process",
                "multiInstanceLoopCharacteristics",
                "dataObject",
                "property",
            ]
            .contains(&host)
                && !host.ends_with("Gateway")
        }
        "work" | "workers" => WORKING.contains(&host) || SENDING.contains(&host),
        "call" => host == "callActivity",
        "readers" | "writers" | "owners" | "in" | "out" | "header" => false,
        "collection" => host == "multiInstanceLoopCharacteristics",
        "output" => {
            host != "process"
                && host != "dataObject"
                && host != "property"
                && host != "multiInstanceLoopCharacteristics"
        }
        // `acl` and `field` stand everywhere; other words are unknown, and said to be.
        _ => true,
    }
}

fn misplaced(tag: Tag<'_>, report: &mut Report) {
    let message = format!("`{}` says nothing here", shorten(tag.name()));
    report.error(tag, "misplaced-extension", message);
}

fn check_words(tag: Tag<'_>, report: &mut Report) {
    if tag.namespace() != WF {
        return;
    }
    match WORDS.iter().find(|(word, _)| *word == &**tag.name()) {
        Some((_, attributes)) => {
            for (namespace, name, _) in tag.attributes() {
                if namespace.is_empty() && !attributes.contains(&name) {
                    unknown(tag, name, report);
                }
            }
        }
        None => unknown(tag, tag.name(), report),
    }
    for child in tag.children() {
        check_words(child, report);
    }
}

fn unknown(tag: Tag<'_>, name: &str, report: &mut Report) {
    let message = format!("`{}` is not one of our words here", shorten(name));
    report.error(tag, "unknown-extension", message);
}

pub(super) fn process(tag: Tag<'_>, report: &mut Report) -> Declared {
    let policy = tag.attribute(WF, "accessPolicy");
    let starters = tag.extension(WF, "starters").next();
    Declared {
        security_roles: tag
            .attribute(WF, "securityRoles")
            .map(|roles| text::plain(roles)),
        policy: policy.and_then(|policy| access_policy(tag, policy, report)),
        starters: starters.map(|starters| list(starters, report)),
        initiator_field: tag.attribute(WF, "initiatorField").cloned(),
    }
}

/// A policy by its name, or a problem.
pub(super) fn access_policy(tag: Tag<'_>, name: &str, report: &mut Report) -> Option<AccessPolicy> {
    let policy = policy_named(name.trim());
    if policy.is_none() {
        let message = format!("the access policy `{}` is not known", shorten(name));
        report.error(tag, "unknown-policy", message);
    }
    policy
}

fn policy_named(name: &str) -> Option<AccessPolicy> {
    match name {
        "allowAll" => Some(AccessPolicy::AllowAll),
        "participants" => Some(AccessPolicy::Participants),
        "initiator" => Some(AccessPolicy::Initiator),
        "initiatorStrict" => Some(AccessPolicy::InitiatorStrict),
        _ => {
            let parts = name.strip_prefix("composite:")?.split(',').map(str::trim);
            parts
                .map(|part| policy_named(part).filter(|_| !part.starts_with("composite:")))
                .collect::<Option<Vec<_>>>()
                .map(AccessPolicy::Composite)
        }
    }
}

pub(super) fn acl(tag: Tag<'_>, report: &mut Report) -> StateList {
    let mut state = StateList::default();
    for acl in tag.extension(WF, "acl") {
        match acl.own("bind").map(|bind| &**bind) {
            None | Some("snapshot") => {}
            Some("live") => state.live = true,
            Some(other) => {
                let message = format!("`{}` is neither `snapshot` nor `live`", shorten(other));
                report.error(acl, "unknown-binding", message);
            }
        }
        for part in acl.children().filter(|part| part.namespace() == WF) {
            let place = match &**part.name() {
                "readers" => &mut state.readers,
                "writers" => &mut state.writers,
                "owners" => &mut state.owners,
                _ => continue,
            };
            place.get_or_insert_default().extend(list(part, report));
        }
    }
    state
}

/// The members of a list element, from all of its attributes.
pub(super) fn list(tag: Tag<'_>, report: &mut Report) -> Vec<Principals> {
    let mut members = Vec::new();
    for (name, naming) in [
        ("users", Naming::User),
        ("groups", Naming::Group),
        ("roles", Naming::Role),
    ] {
        if let Some(source) = tag.own(name) {
            members.extend(text::members(tag, Some(naming), source, report));
        }
    }
    if let Some(fields) = tag.own("fields") {
        members.extend(text::plain(fields).into_iter().map(Principals::Field));
    }
    if let Some(source) = tag.own("expr") {
        let computed = text::expression(tag, source, report);
        members.extend(computed.map(|expr| Principals::Computed(Naming::User, expr)));
    }
    members
}

pub(super) fn fields(tag: Tag<'_>, report: &mut Report) -> Vec<FieldRule> {
    tag.extension(WF, "field")
        .filter_map(|field| rule(field, report))
        .collect()
}

fn rule(tag: Tag<'_>, report: &mut Report) -> Option<FieldRule> {
    let Some(name) = tag.filled("name") else {
        report.error(tag, "no-name", "the field has no name".to_owned());
        return None;
    };
    let class = match tag.own("class").map_or("internal", |class| class) {
        "public" => Classification::Public,
        "internal" => Classification::Internal,
        "confidential" => Classification::Confidential,
        "secret" => Classification::Secret,
        other => {
            let message = format!("the class `{}` of `{name}` is not known", shorten(other));
            report.error(tag, "unknown-class", message);
            return None;
        }
    };
    let mask = match tag.own("mask").map(|mask| &**mask) {
        None => None,
        Some("full") => Some(Mask::Full),
        Some("last4") => Some(Mask::Last4),
        Some(other) => {
            let message = format!("the mask `{}` of `{name}` is not known", shorten(other));
            report.error(tag, "unknown-mask", message);
            return None;
        }
    };
    if mask.is_some() && class == Classification::Secret {
        let message = format!("`{name}` is secret: it is hidden, never masked");
        report.error(tag, "masked-secret", message);
    }
    let mut listed = |name: &str| {
        tag.own(name)
            .map(|source| text::members(tag, None, source, report))
    };
    let (clear, writers) = (listed("clear"), listed("write"));
    Some(FieldRule {
        name: name.clone(),
        class,
        mask,
        clear,
        writers,
    })
}

/// Human work in our own words, and whether they say who gets it.
pub(super) fn user_task(tag: Tag<'_>, report: &mut Report) -> (UserTask, bool) {
    let mut task = UserTask {
        form: form(tag, report),
        ..UserTask::default()
    };
    let mut assigned = false;
    for extension in tag.extensions().filter(|tag| tag.namespace() == WF) {
        match &**extension.name() {
            "assignment" => {
                assigned = true;
                assignment(extension, &mut task, report);
            }
            "schedule" => schedule(extension, &mut task, report),
            "outcomes" => {
                task.outcome_field = extension.filled("field").cloned();
                task.outcomes = extension
                    .own("values")
                    .map(|values| text::plain(values))
                    .unwrap_or_default();
            }
            _ => {}
        }
    }
    (task, assigned)
}

fn assignment(tag: Tag<'_>, task: &mut UserTask, report: &mut Report) {
    task.assignee = tag
        .own("assignee")
        .and_then(|source| text::text(tag, source, report));
    for (name, naming) in [
        ("candidateUsers", Naming::User),
        ("candidateGroups", Naming::Group),
        ("candidateRoles", Naming::Role),
    ] {
        if let Some(source) = tag.own(name) {
            let members = text::members(tag, Some(naming), source, report);
            task.candidates.extend(members);
        }
    }
    if let Some(source) = tag.own("exclude") {
        task.excluded = text::members(tag, Some(Naming::User), source, report);
    }
}

fn schedule(tag: Tag<'_>, task: &mut UserTask, report: &mut Report) {
    let mut when = |name| {
        tag.own(name)
            .and_then(|source| timer::schedule(tag, source, report))
    };
    (task.due, task.follow_up) = (when("due"), when("followUp"));
    task.priority = tag
        .own("priority")
        .and_then(|source| priority(tag, source, report));
}

/// Whether the timers and dates of an element count in working days.
pub(super) fn working_days(tag: Tag<'_>, report: &mut Report) -> bool {
    let mut working = false;
    for ours in tag
        .extension(WF, "schedule")
        .chain(tag.extension(WF, "timer"))
    {
        match ours.own("calendar").map(|calendar| calendar.trim()) {
            None => {}
            Some("working") => working = true,
            Some(other) => {
                let message = format!("the calendar `{}` is not `working`", shorten(other));
                report.error(ours, "unknown-calendar", message);
            }
        }
    }
    working
}

/// A priority from 0 to 100.
pub(super) fn priority(tag: Tag<'_>, source: &str, report: &mut Report) -> Option<Text> {
    let priority = text::text(tag, source, report)?;
    if let Text::Literal(literal) = &priority
        && !literal.parse::<u8>().is_ok_and(|number| number <= 100)
    {
        let message = format!(
            "the priority `{}` is no number from 0 to 100",
            shorten(literal)
        );
        report.error(tag, "bad-priority", message);
        return None;
    }
    Some(priority)
}

/// The form of a user task or of a start event.
pub(super) fn form(host: Tag<'_>, report: &mut Report) -> Option<Form> {
    let tag = host.extension(WF, "form").next()?;
    Some(Form {
        key: tag.filled("key").cloned(),
        schema: schema(tag, report),
    })
}

/// The form-js schema that is a tag's text, or why it is none.
pub(super) fn schema(tag: Tag<'_>, report: &mut Report) -> Option<serde_json::Value> {
    if tag.text().is_empty() {
        return None;
    }
    let schema = match serde_json::from_str(tag.text()) {
        Ok(schema @ serde_json::Value::Object(_)) => check_schema(&schema).map(|()| schema),
        Ok(_) => Err("the form is no JSON object".to_owned()),
        Err(error) => Err(format!("the form is no JSON: {error}")),
    };
    schema
        .map_err(|message| report.error(tag, "bad-form", message))
        .ok()
}

pub(super) fn collection(multi: Tag<'_>) -> Option<Collection> {
    let collection = multi.extension(WF, "collection").next()?;
    Some(Collection {
        items: collection.filled("field")?.clone(),
        element: collection.filled("element").cloned(),
    })
}

pub(super) fn outputs(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    assignments(tag, "output", report)
}

pub(super) fn work(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    assignments(tag, "set", report)
}

pub(super) fn assignments(tag: Tag<'_>, name: &str, report: &mut Report) -> Vec<Assignment> {
    let mut found = Vec::new();
    for set in tag.extension(WF, name) {
        let (Some(field), Some(value)) = (set.filled("field"), set.own("value")) else {
            report.error(
                set,
                "no-name",
                "an assignment needs `field` and `value`".to_owned(),
            );
            continue;
        };
        // Here a value is always an expression, with or without the `=`.
        if let Some(value) = text::expression(set, value, report) {
            found.push(Assignment {
                field: field.clone(),
                value,
            });
        }
    }
    found
}

/// A call. `in` and `out` without a `field` are every field, without a `value` the field of the same name; `readers` says in
/// which directions who may read is passed on.
pub(super) fn call(tag: Tag<'_>, report: &mut Report) -> Said {
    let Some(call) = tag.extension(WF, "call").next() else {
        return Said::default();
    };
    let mut text = |name| {
        call.filled(name)
            .and_then(|source| text::text(call, source, report))
    };
    let (callee, version, tagged) = (text("process"), text("version"), text("tag"));
    let business_key = text("businessKey");
    let binding = match (call.own("binding").map(|kind| &**kind), version, tagged) {
        (None, None, None) => None,
        (Some("latest"), None, None) => Some(Binding::Latest),
        (Some("deployment"), None, None) => Some(Binding::Deployment),
        (None, Some(version), None) => Some(Binding::Version(version)),
        (None, None, Some(tag)) => Some(Binding::Tag(tag)),
        (Some(_), _, _) | (None, Some(_), Some(_)) => {
            let message =
                "a call takes one of `binding` (`latest` or `deployment`), `version` and `tag`";
            report.error(call, "unknown-binding", message.to_owned());
            None
        }
    };
    let (readers_up, readers_down) = match call.own("readers").map(|way| &**way) {
        None => (false, false),
        Some("up") => (true, false),
        Some("down") => (false, true),
        Some("both") => (true, true),
        Some(other) => {
            let message = format!("`{}` is none of `up`, `down` and `both`", shorten(other));
            report.error(call, "unknown-binding", message);
            (false, false)
        }
    };
    let mut mapped = |name| -> Vec<Mapping> {
        let parts = call.all(WF, name);
        parts.filter_map(|part| mapping(part, report)).collect()
    };
    Said {
        callee,
        binding,
        inputs: mapped("in"),
        outputs: mapped("out"),
        business_key,
        readers_up,
        readers_down,
    }
}

fn mapping(part: Tag<'_>, report: &mut Report) -> Option<Mapping> {
    let Some(field) = part.filled("field") else {
        if part.own("value").is_some() {
            report.error(part, "no-name", "the value has no `field`".to_owned());
        }
        return Some(Mapping::All);
    };
    let Some(value) = part.filled("value") else {
        return copied(part, field, field, report);
    };
    text::expression(part, value, report).map(|value| {
        Mapping::Field(Assignment {
            field: field.clone(),
            value,
        })
    })
}

/// The tag of a process version.
pub(super) fn version_tag(process: Tag<'_>) -> Option<Name> {
    let tag = process.attribute(WF, "versionTag")?;
    Some(tag.clone()).filter(|tag| !tag.trim().is_empty())
}
