//! What vendors write into models, read as ours. A file per dialect; each knows its namespace by URI, never by prefix.
//! Our own words beat the vendors'; among vendors the first to say a thing is heard, and candidates add up.

use super::report::Report;
use super::tree::Tag;
use super::{
    AccessPolicy, Assignment, ExternalWork, FieldRule, Form, Principals, Results, StateList,
    UserTask,
};
use crate::value::Name;

mod automatiko;
mod call;
mod camunda;
mod data;
mod decision;
mod external;
mod imixs;
mod jbpm;
mod standard;
mod wf;
mod zeebe;

pub(super) use call::call;
pub(super) use decision::decision;

/// What a process as a whole asks.
#[derive(Default)]
pub(super) struct ProcessRules {
    pub security_roles: Option<Vec<Name>>,
    pub policy: AccessPolicy,
    pub acl: StateList,
    pub fields: Vec<FieldRule>,
    pub starters: Option<Vec<Principals>>,
    pub initiator_field: Option<Name>,
    pub initiator_variable: Option<Name>,
    pub version_tag: Option<Name>,
}

/// What a task that is not for people does.
pub(super) enum Work {
    /// Nothing that the model says.
    Nothing,
    /// Assignments by expression.
    Assign(Vec<Assignment>),
    /// Work for somebody outside who fetches it.
    External(Box<ExternalWork>),
    /// Something that only the named vendor's engine can run.
    Foreign(String),
}

/// The rules of a process.
pub(super) fn process(tag: Tag<'_>, report: &mut Report) -> ProcessRules {
    wf::check(tag, report);
    let ours = wf::process(tag, report);
    let theirs = automatiko::process(tag, report);
    ProcessRules {
        security_roles: ours.security_roles.or(theirs.security_roles),
        policy: ours.policy.or(theirs.policy).unwrap_or_default(),
        acl: state(tag, report),
        fields: wf::fields(tag, report),
        starters: ours.starters.or_else(|| camunda::starters(tag, report)),
        initiator_field: ours.initiator_field.or(theirs.initiator_field),
        initiator_variable: camunda::initiator(tag),
        version_tag: call::version_tag(tag),
    }
}

/// What a dialect says of a process.
#[derive(Default)]
struct Declared {
    security_roles: Option<Vec<Name>>,
    policy: Option<AccessPolicy>,
    starters: Option<Vec<Principals>>,
    initiator_field: Option<Name>,
}

/// The lists of a state.
pub(super) fn state(tag: Tag<'_>, report: &mut Report) -> StateList {
    let ours = wf::acl(tag, report);
    let theirs = imixs::acl(tag);
    StateList {
        readers: ours.readers.or(theirs.readers),
        writers: ours.writers.or(theirs.writers),
        owners: ours.owners.or(theirs.owners),
        live: ours.live,
    }
}

/// The field classes of a state.
pub(super) fn fields(tag: Tag<'_>, report: &mut Report) -> Vec<FieldRule> {
    wf::fields(tag, report)
}

/// Human work.
pub(super) fn user_task(tag: Tag<'_>, report: &mut Report) -> UserTask {
    let (mut task, assigned) = wf::user_task(tag, report);
    for theirs in [
        camunda::user_task(tag, report),
        zeebe::user_task(tag, report),
        standard::user_task(tag, report),
        jbpm::user_task(tag, report),
    ] {
        if !assigned {
            task.assignee = task.assignee.or(theirs.assignee);
            task.candidates.extend(theirs.candidates);
            task.excluded.extend(theirs.excluded);
        }
        task.due = task.due.or(theirs.due);
        task.follow_up = task.follow_up.or(theirs.follow_up);
        task.priority = task.priority.or(theirs.priority);
        task.form = task.form.or(theirs.form);
    }
    task
}

/// Whether the timers and dates of an element count in working days.
pub(super) fn working_days(tag: Tag<'_>, report: &mut Report) -> bool {
    wf::working_days(tag, report)
}

/// What a person fills in at a start event.
pub(super) fn start_form(tag: Tag<'_>, report: &mut Report) -> Option<Form> {
    let ours = wf::form(tag, report);
    ours.or(camunda::form(tag)).or(zeebe::form(tag, report))
}

/// Whom what is mapped into an element is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// The element itself.
    Own,
    /// A worker: read with its work.
    Worker,
    /// Another instance, which is called: read with the call.
    Called,
    /// Others, whom it tells something: read with what is sent.
    Told,
}

/// The fields that an element has for itself, and what is mapped into them.
pub(super) fn inputs(tag: Tag<'_>, given: Given, report: &mut Report) -> Vec<Assignment> {
    let mut inputs = data::locals(tag, report);
    if given == Given::Own {
        inputs.extend(data::inputs(tag, report));
        inputs.extend(zeebe::inputs(tag, report));
    }
    if given != Given::Worker {
        inputs.extend(camunda::inputs(tag, report));
        inputs.extend(external::inputs(tag, report));
    }
    inputs
}

/// What happens to the data after an element completes.
pub(super) fn outputs(tag: Tag<'_>, given: Given, report: &mut Report) -> Vec<Assignment> {
    let mut outputs = wf::outputs(tag, report);
    outputs.extend(camunda::outputs(tag, report));
    // Those of a call are about what was called.
    if given != Given::Called {
        outputs.extend(zeebe::outputs(tag, report));
        outputs.extend(data::outputs(tag, report));
    }
    outputs
}

/// What the data of a process begins with.
pub(super) fn initial(process: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    data::initial(process, report)
}

/// The fields that go along with a signal or a message that an event or a send task throws.
pub(super) fn sent(tag: Tag<'_>, definition: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    let mut fields = wf::work(tag, report);
    fields.extend(camunda::sent(definition, report));
    fields.extend(zeebe::inputs(tag, report));
    fields.extend(data::inputs(tag, report));
    fields
}

/// What a service, script, business rule or send task does.
pub(super) fn work(tag: Tag<'_>, report: &mut Report) -> Work {
    let ours = wf::work(tag, report);
    if !ours.is_empty() {
        return Work::Assign(ours);
    }
    if let Some(work) = external(tag, report) {
        return Work::External(Box::new(work));
    }
    for read in [camunda::work, zeebe::work, jbpm::work, standard::work] {
        match read(tag, report) {
            Work::Nothing => {}
            work => return work,
        }
    }
    Work::Nothing
}

/// What a task, or an event that sends a message, leaves to a worker outside. Who may be that worker is ours alone to say.
pub(super) fn external(tag: Tag<'_>, report: &mut Report) -> Option<ExternalWork> {
    let theirs = [camunda::external, zeebe::external];
    let mut work = external::read(tag, report)
        .or_else(|| theirs.into_iter().find_map(|read| read(tag, report)))?;
    work.inputs.extend(external::inputs(tag, report));
    work.inputs.extend(data::inputs(tag, report));
    work.workers = external::workers(tag, report);
    Some(work)
}

/// Whether a model speaks of a worker outside here.
pub(super) fn is_external(tag: Tag<'_>) -> bool {
    external::is_said(tag) || camunda::is_external(tag) || zeebe::is_external(tag)
}

/// The correlation key of a message, as an expression.
pub(super) fn correlation<'a>(message: Tag<'a>) -> Option<(Tag<'a>, &'a str)> {
    zeebe::correlation(message)
}

/// What a multi-instance activity has an instance for each of.
pub(super) struct Collection {
    /// The list, as an expression.
    pub items: Name,
    /// The field that holds one value.
    pub element: Option<Name>,
}

/// The list that `multiInstanceLoopCharacteristics` name.
pub(super) fn collection(multi: Tag<'_>, report: &mut Report) -> Option<Collection> {
    wf::check(multi, report);
    wf::collection(multi)
        .or_else(|| camunda::collection(multi))
        .or_else(|| zeebe::collection(multi))
        .or_else(|| standard::collection(multi))
}

/// Where what the rounds of `multiInstanceLoopCharacteristics` give is gathered.
pub(super) fn results(multi: Tag<'_>, report: &mut Report) -> Option<Results> {
    zeebe::results(multi, report).or_else(|| standard::results(multi, report))
}

/// Says what of an element's extensions is misspelled or left out.
pub(super) fn check(tag: Tag<'_>, report: &mut Report) {
    wf::check(tag, report);
    camunda::check(tag, report);
    zeebe::check(tag, report);
}

/// An assignment whose value is an expression or literal text; nothing if the value is no expression.
fn assignment(tag: Tag<'_>, field: &str, value: &str, report: &mut Report) -> Option<Assignment> {
    let value = match super::text::is_computed(value) {
        true => super::text::expression(tag, value, report)?,
        false => super::text::expression(tag, &quoted(value), report)?,
    };
    Some(Assignment {
        field: field.trim().into(),
        value,
    })
}

/// An expression without what says that it is one.
pub(super) fn bare(source: &str) -> String {
    let source = source.trim();
    let braced = source.strip_prefix("${").or(source.strip_prefix("#{"));
    let bare = braced.and_then(|rest| rest.strip_suffix('}'));
    bare.or(source.strip_prefix('='))
        .unwrap_or(source)
        .to_owned()
}

/// A text as a literal of the expression language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests;
