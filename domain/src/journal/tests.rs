use super::*;
use crate::access::fixture::{
    at, claimed, group, instance, name, person, process, ready, set, stand, user,
};
use crate::task::{TaskEvent, TaskState};

/// emma's case with two tasks: one for the group `hr`, one in mark's hand.
fn case(process: &Process) -> Instance {
    let mut instance = instance();
    stand(process, &mut instance, "approve");
    stand(process, &mut instance, "pay");
    let mut open = ready(process, "approve");
    open.candidates = set([group("hr")]);
    instance.tasks = vec![open, claimed(process, "pay", "mark")];
    instance
}

#[test]
fn a_new_instance_enters_with_its_tasks() {
    let mut process = process(&["approve", "pay"]);
    process.elements[0].name = Some(name("Approve it"));
    let after = case(&process);
    let entry = entry(&process, None, &after, at(5));
    assert_eq!((entry.at, entry.instance), (at(5), after.id));
    assert_eq!(entry.before, None);
    assert!(entry.tasks.iter().all(|change| change.before.is_none()));
    let names: Vec<_> = entry
        .tasks
        .iter()
        .map(|change| &*change.after.name)
        .collect();
    assert_eq!(names, ["Approve it", "pay"]);
    assert_eq!(entry.after.acl, access::instance::acl(&process, &after));
}

#[test]
fn only_tasks_that_changed_or_whose_readers_did_are_told() {
    let process = process(&["approve", "pay"]);
    let before = case(&process);
    let mut after = before.clone();
    after.tasks[0].apply(&TaskEvent::Claimed { by: name("hanna") });
    after.revision += 1;
    let claim = entry(&process, Some(&before), &after, at(5));
    assert_eq!(claim.tasks.len(), 1);
    assert_eq!(claim.tasks[0].after.task.assignee, Some(name("hanna")));
    assert_eq!(
        claim.tasks[0].before.as_ref().map(|image| image.task.state),
        Some(TaskState::Ready)
    );

    let mut after = before.clone();
    after.tokens[0].lists.readers = Some(set([user("rita")]));
    let relisted = entry(&process, Some(&before), &after, at(5));
    assert_eq!(relisted.tasks.len(), 2);
}

#[test]
fn what_was_closed_before_is_not_told_again() {
    let process = process(&["approve", "pay"]);
    let mut before = case(&process);
    before.tasks[0].apply(&TaskEvent::Cancelled);
    let mut after = before.clone();
    after.tokens[0].lists.readers = Some(set([user("rita")]));
    let relisted = entry(&process, Some(&before), &after, at(5));
    let told: Vec<_> = relisted
        .tasks
        .iter()
        .map(|change| change.after.task.id)
        .collect();
    assert_eq!(told, [before.tasks[1].id]);
}

#[test]
fn whoever_completes_is_told_that_the_instance_closed_to_them() {
    let mut process = process(&["approve", "pay"]);
    process.policy = crate::bpmn::AccessPolicy::Participants;
    let before = case(&process);
    let mut after = before.clone();
    after.tasks[1].apply(&TaskEvent::Completed { by: name("mark") });
    after.revision += 1;
    let entry = entry(&process, Some(&before), &after, at(5));
    let left = Some(Step::Left(LeaveReason::NoLongerVisible));
    for (who, expected) in [
        (person("mark", ""), left),
        (person("emma", ""), Some(Step::Updated)),
        (person("hanna", "group:hr"), None),
        (person("nora", ""), None),
    ] {
        assert_eq!(instance_step(&who, &entry), expected, "{}", who.user);
    }
    let later = super::entry(&process, Some(&after), &after, at(6));
    assert_eq!(instance_step(&person("mark", ""), &later), None);
}

#[test]
fn who_comes_to_read_an_instance_enters() {
    let process = process(&["approve", "pay"]);
    let before = case(&process);
    let mut after = before.clone();
    after.tasks[1].assignee = Some(name("nora"));
    let entry = entry(&process, Some(&before), &after, at(5));
    assert_eq!(
        instance_step(&person("nora", ""), &entry),
        Some(Step::Entered)
    );
    let born = super::entry(&process, None, &after, at(5));
    assert_eq!(
        instance_step(&person("emma", ""), &born),
        Some(Step::Entered)
    );
}

#[test]
fn an_entry_comes_back_from_storage_as_it_was() {
    let process = process(&["approve", "pay"]);
    let before = case(&process);
    let entry = entry(&process, Some(&before), &before, at(5));
    let stored = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<Entry>(&stored).unwrap(), entry);
}

/// What the tasks have in common is worked out once: else five thousand tasks would be twenty-five million lists.
#[test]
fn an_instance_of_very_many_tasks_is_told_in_time() {
    let process = process(&["approve"]);
    let mut after = instance();
    for number in 0..5_000 {
        stand(&process, &mut after, "approve");
        let mut task = ready(&process, "approve");
        task.id.0 = uuid::Uuid::from_u128(number);
        task.candidates = set([group("hr")]);
        task.excluded = set([user("emma")]);
        after.tasks.push(task);
    }
    let entry = entry(&process, None, &after, at(5));
    assert_eq!(entry.tasks.len(), 5_000);
    let image = task_image(&process, &after, &after.tasks[4_999]);
    assert_eq!(entry.tasks[4_999].after, image);
    assert!(task_images(&process, &after).eq(entry.tasks.into_iter().map(|change| change.after)));
}
