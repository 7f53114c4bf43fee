//! jBPM and Kogito: people as inputs of the task, work items by name.

use super::super::report::Report;
use super::super::tree::Tag;
use super::super::{Naming, UserTask, text, timer};
use super::{Work, wf};

/// The namespace of Drools, which Automatiko shares.
pub(super) const DROOLS: &str = "http://www.jboss.org/drools";

/// Whether the file comes from a tool of this family.
pub(super) fn wrote(tag: Tag<'_>) -> bool {
    tag.root()
        .attributes()
        .any(|(namespace, _, uri)| namespace == "xmlns" && uri == DROOLS)
}

pub(super) fn user_task(tag: Tag<'_>, report: &mut Report) -> UserTask {
    let mut task = UserTask::default();
    for (name, from) in inputs(tag) {
        let source = from.text();
        match name {
            // One actor has the task at once; several may claim it.
            "ActorId" if text::items(source, false).len() == 1 => {
                task.assignee = text::text(from, source, report);
            }
            "ActorId" => {
                let users = text::named(from, Naming::User, source, report);
                task.candidates.extend(users);
            }
            "GroupId" => {
                let groups = text::named(from, Naming::Group, source, report);
                task.candidates.extend(groups);
            }
            "ExcludedOwnerId" => task.excluded = text::named(from, Naming::User, source, report),
            "TaskDueDate" | "DueDate" => task.due = timer::schedule(from, source, report),
            "Priority" => task.priority = wf::priority(from, source, report),
            _ => {}
        }
    }
    task
}

/// Whether an input of a task is about the task itself, and no data.
pub(super) fn is_about_the_task(name: &str) -> bool {
    matches!(
        name,
        "ActorId"
            | "BusinessAdministratorGroupId"
            | "BusinessAdministratorId"
            | "Comment"
            | "Content"
            | "CreatedBy"
            | "Description"
            | "DueDate"
            | "ExcludedOwnerId"
            | "GroupId"
            | "Locale"
            | "NodeName"
            | "NotCompletedNotify"
            | "NotCompletedReassign"
            | "NotStartedNotify"
            | "NotStartedReassign"
            | "Priority"
            | "RecipientId"
            | "Skippable"
            | "SwimlaneId"
            | "TaskDueDate"
            | "TaskName"
            | "TaskStakeholderId"
    )
}

/// The inputs of a task that the model gives a fixed value: name and where the value stands.
fn inputs<'a>(tag: Tag<'a>) -> Vec<(&'a str, Tag<'a>)> {
    let declared: Vec<Tag<'a>> = tag
        .parts("ioSpecification")
        .flat_map(|io| io.parts("dataInput"))
        .collect();
    let mut found = Vec::new();
    for association in tag.parts("dataInputAssociation") {
        let target = association.part("targetRef").map(Tag::text);
        let from = association
            .part("assignment")
            .and_then(|assignment| assignment.part("from"));
        let input = declared
            .iter()
            .find(|input| input.id().is_some_and(|id| Some(&**id) == target));
        if let (Some(input), Some(from)) = (input, from)
            && let Some(name) = input.own("name")
            && !from.text().is_empty()
        {
            found.push((&**name, from));
        }
    }
    found
}

pub(super) fn work(tag: Tag<'_>, _report: &mut Report) -> Work {
    match tag.attribute(DROOLS, "taskName") {
        Some(name) => Work::Foreign(format!("the work item `{name}` is for another engine")),
        None => Work::Nothing,
    }
}
