//! Work that nobody could ever take in hand: it names no one, or shuts out everyone whom it names.

use super::Lint;
use crate::bpmn::read::Draft;
use crate::bpmn::{Kind, Naming, Principals, Process, Text, UserTask};
use crate::expr::Expr;

/// Looks at everyone whom the tasks, the work and the process name.
pub(super) fn look(lint: &mut Lint<'_>, draft: &Draft) {
    let process = lint.process;
    for element in &process.elements {
        if let Kind::UserTask(task) = &element.kind {
            let id = &element.id;
            let message = if task.assignee.is_none() && task.candidates.is_empty() {
                format!("`{id}` names neither an assignee nor candidates: say who is to take it")
            } else if is_shut(process, task) {
                format!("nobody can take `{id}`: it excludes everyone whom it names")
            } else {
                continue;
            };
            lint.warn(element, "nobody", message);
        } else if let Kind::Work(work) = &element.kind
            && work.workers.as_ref().is_some_and(Vec::is_empty)
        {
            let message = format!(
                "nobody can take the work of `{}`: it names no workers",
                element.id
            );
            lint.warn(element, "nobody", message);
        }
    }
    let Some(tag) = draft
        .process_tags()
        .find(|tag| tag.id().is_some_and(|id| *id == process.key))
    else {
        return;
    };
    if process.security_roles.as_ref().is_some_and(Vec::is_empty) {
        let message = "nobody can do anything here: the `securityRoles` are empty".to_owned();
        lint.report.warning(tag, "nobody", message);
    }
    let starters = process.starters.as_deref().unwrap_or_default();
    if !starters.is_empty() && !starters.iter().any(names_somebody_before_the_start) {
        let message =
            "nobody can start it: before there is an instance, its `starters` name no one"
                .to_owned();
        lint.report.warning(tag, "nobody", message);
    }
}

/// Whether a list member can be somebody when there is no instance yet.
fn names_somebody_before_the_start(member: &Principals) -> bool {
    match member {
        Principals::Everyone | Principals::Named(..) => true,
        Principals::Initiator
        | Principals::Creator
        | Principals::Participants
        | Principals::PastParticipants
        | Principals::Field(_)
        | Principals::Computed(..) => false,
    }
}

/// Whether everyone whom a task names is excluded from it.
fn is_shut(process: &Process, task: &UserTask) -> bool {
    let excludes = |member: &Principals| {
        task.excluded
            .iter()
            .any(|excluded| matches!(excluded, Principals::Everyone) || is_same(excluded, member))
    };
    let assignee = task.assignee.as_ref().map(|text| assigned(process, text));
    assignee.iter().chain(&task.candidates).all(excludes)
}

/// Whom an assignment names, as a list would.
fn assigned(process: &Process, text: &Text) -> Principals {
    match text {
        Text::Literal(name) => Principals::Named(Naming::User, name.clone()),
        Text::Expr(expr) => {
            let variable = process.initiator_variable.as_deref();
            let initiator = variable.and_then(|field| Expr::parse(field).ok());
            match initiator.as_ref() == Some(expr) {
                true => Principals::Initiator,
                false => Principals::Computed(Naming::User, expr.clone()),
            }
        }
    }
}

/// Whether two list members are certainly the same people.
fn is_same(one: &Principals, other: &Principals) -> bool {
    match (one, other) {
        (Principals::Everyone, Principals::Everyone)
        | (Principals::Initiator, Principals::Initiator)
        | (Principals::Creator, Principals::Creator)
        | (Principals::Participants, Principals::Participants | Principals::Initiator)
        | (Principals::PastParticipants, Principals::PastParticipants) => true,
        (Principals::Named(kind, name), Principals::Named(than, other)) => {
            kind == than && name == other
        }
        (Principals::Field(field), Principals::Field(other)) => field == other,
        (Principals::Computed(kind, expr), Principals::Computed(than, other)) => {
            kind == than && expr == other
        }
        (Principals::Field(field), Principals::Computed(Naming::User, expr))
        | (Principals::Computed(Naming::User, expr), Principals::Field(field)) => {
            Expr::parse(field).is_ok_and(|parsed| parsed == *expr)
        }
        (
            Principals::Everyone
            | Principals::Initiator
            | Principals::Creator
            | Principals::Participants
            | Principals::PastParticipants
            | Principals::Named(..)
            | Principals::Field(_)
            | Principals::Computed(..),
            _,
        ) => false,
    }
}
