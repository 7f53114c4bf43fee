use proptest::prelude::*;

use super::*;
use crate::access::fixture::{at, claimed, data, name, process, ready};
use crate::value::Value;

fn delegated() -> Task {
    Task {
        state: TaskState::Delegated,
        owner: Some(name("mark")),
        ..claimed(&process(&["a"]), "a", "dan")
    }
}

#[test]
fn each_event_leads_to_its_state() {
    let (mark, dan) = (name("mark"), name("dan"));
    let process = process(&["a"]);
    let [ready, claimed] = [ready(&process, "a"), claimed(&process, "a", "mark")];
    for (before, event, state, assignee, owner) in [
        (
            &ready,
            TaskEvent::Claimed { by: mark.clone() },
            TaskState::Claimed,
            Some("mark"),
            None,
        ),
        (&claimed, TaskEvent::Unclaimed, TaskState::Ready, None, None),
        (
            &claimed,
            TaskEvent::Delegated {
                owner: mark.clone(),
                to: dan.clone(),
            },
            TaskState::Delegated,
            Some("dan"),
            Some("mark"),
        ),
        (
            &delegated(),
            TaskEvent::Returned {
                owner: mark.clone(),
            },
            TaskState::Claimed,
            Some("mark"),
            None,
        ),
        (
            &delegated(),
            TaskEvent::Unclaimed,
            TaskState::Ready,
            None,
            None,
        ),
        (
            &delegated(),
            TaskEvent::Reassigned {
                to: Some(dan.clone()),
            },
            TaskState::Claimed,
            Some("dan"),
            None,
        ),
        (
            &claimed,
            TaskEvent::Reassigned { to: None },
            TaskState::Ready,
            None,
            None,
        ),
        (
            &claimed,
            TaskEvent::Commented,
            TaskState::Claimed,
            Some("mark"),
            None,
        ),
        (
            &claimed,
            TaskEvent::Completed { by: mark.clone() },
            TaskState::Completed,
            Some("mark"),
            None,
        ),
        (
            &claimed,
            TaskEvent::Cancelled,
            TaskState::Cancelled,
            Some("mark"),
            None,
        ),
    ] {
        let mut task = before.clone();
        task.apply(&event);
        assert_eq!(task.state, state, "{event:?}");
        assert_eq!(task.assignee.as_deref(), assignee, "{event:?}");
        assert_eq!(task.owner.as_deref(), owner, "{event:?}");
        assert_eq!(task.revision, before.revision + 1, "{event:?}");
    }
}

#[test]
fn a_draft_goes_with_the_hands_that_typed_it() {
    let mut typed = claimed(&process(&["a"]), "a", "mark");
    let draft = Some(data([("days", Value::Number(5.into()))]));
    typed.draft.clone_from(&draft);
    for (event, kept) in [
        (TaskEvent::Commented, true),
        (
            TaskEvent::Reassigned {
                to: Some(name("mark")),
            },
            true,
        ),
        (TaskEvent::Unclaimed, false),
        (
            TaskEvent::Reassigned {
                to: Some(name("dan")),
            },
            false,
        ),
        (
            TaskEvent::Delegated {
                owner: name("mark"),
                to: name("dan"),
            },
            false,
        ),
        (TaskEvent::Completed { by: name("mark") }, false),
        (TaskEvent::Cancelled, false),
    ] {
        let mut task = typed.clone();
        task.apply(&event);
        assert_eq!(
            task.draft,
            if kept { draft.clone() } else { None },
            "{event:?}"
        );
    }
}

#[test]
fn an_update_sets_what_surrounds_the_task() {
    let mut task = ready(&process(&["a"]), "a");
    task.apply(&TaskEvent::Updated {
        priority: 90,
        due_at: Some(at(60)),
        follow_up_at: None,
        draft: None,
    });
    assert_eq!(
        (task.priority, task.due_at, task.follow_up_at),
        (90, Some(at(60)), None)
    );
}

fn events() -> impl Strategy<Value = TaskEvent> {
    let who = || "[ab]".prop_map(|name| Name::from(name.as_str()));
    prop_oneof![
        who().prop_map(|by| TaskEvent::Claimed { by }),
        Just(TaskEvent::Unclaimed),
        (who(), who()).prop_map(|(owner, to)| TaskEvent::Delegated { owner, to }),
        who().prop_map(|owner| TaskEvent::Returned { owner }),
        prop::option::of(who()).prop_map(|to| TaskEvent::Reassigned { to }),
        Just(TaskEvent::Commented),
        who().prop_map(|by| TaskEvent::Completed { by }),
        Just(TaskEvent::Suspended),
        Just(TaskEvent::Resumed),
        Just(TaskEvent::Cancelled),
    ]
}

proptest! {
    #[test]
    fn every_event_folds_into_every_state(events in prop::collection::vec(events(), 0..12)) {
        let mut task = ready(&process(&["a"]), "a");
        for event in &events {
            task.apply(event);
            match task.state {
                TaskState::Ready => prop_assert!(task.assignee.is_none() && task.owner.is_none()),
                TaskState::Claimed => prop_assert!(task.assignee.is_some() && task.owner.is_none()),
                TaskState::Delegated => prop_assert!(task.assignee.is_some() && task.owner.is_some()),
                TaskState::Suspended => {}
                TaskState::Completed | TaskState::Cancelled => prop_assert!(task.draft.is_none()),
            }
        }
        prop_assert_eq!(task.revision as usize, 1 + events.len());
    }
}
