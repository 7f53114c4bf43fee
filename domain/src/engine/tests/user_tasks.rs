use serde_json::json;

use super::build::{after, expr, for_ann, literal, one_task, user};
use super::play::{Play, administrator, at, data, person};
use crate::bpmn::{Kind, Text, UserTask};
use crate::engine::command::Rejection;
use crate::task::{TaskCommand, TaskState};
use crate::value::Name;

fn for_candidates() -> UserTask {
    UserTask {
        candidates: vec![user("ann"), user("bob")],
        ..UserTask::default()
    }
}

#[test]
fn a_task_is_claimed_and_completed_and_the_instance_ends() {
    let (mut play, trace) = Play::new(one_task(for_candidates()));
    assert_eq!(trace, ">start <start >a task:a");
    let claimed = play.task_command(&person("bob"), "a", TaskCommand::Claim);
    assert_eq!(claimed.unwrap(), "claimed:a");
    let command = TaskCommand::Complete {
        data: data(json!({"days": 3})),
        outcome: Some(Name::from("approve")),
    };
    let completed = play.task_command(&person("bob"), "a", command);
    assert_eq!(
        completed.unwrap(),
        "done:a days=3 outcome=\"approve\" <a >end <end ended:Completed"
    );
    assert_eq!(play.instance.past.len(), 1);
    assert_eq!(play.instance.ended_at, Some(play.now));
    assert_eq!(play.instance.revision, 3);
}

#[test]
fn the_outcome_goes_to_the_field_that_the_model_names() {
    let (mut play, _) = Play::new(one_task(UserTask {
        outcome_field: Some(Name::from("decision")),
        ..for_ann()
    }));
    let command = TaskCommand::Complete {
        data: data(json!({})),
        outcome: Some(Name::from("approve")),
    };
    let trace = play.task_command(&person("ann"), "a", command).unwrap();
    assert!(
        trace.starts_with("done:a decision=\"approve\" <a"),
        "{trace}"
    );
}

#[test]
fn an_assigned_task_is_in_hand_from_the_start() {
    let (play, _) = Play::new(one_task(UserTask {
        assignee: Some(literal(" ,ann, bob")),
        ..UserTask::default()
    }));
    assert_eq!(play.task("a").state, TaskState::Claimed);
    assert_eq!(play.task("a").assignee.as_deref(), Some("ann"));
}

#[test]
fn an_excluded_assignee_does_not_get_the_task() {
    let (play, _) = Play::new(one_task(UserTask {
        excluded: vec![crate::bpmn::Principals::Initiator],
        ..for_ann()
    }));
    assert_eq!(play.task("a").state, TaskState::Ready);
    assert_eq!(play.task("a").assignee, None);
}

#[test]
fn an_assignee_comes_from_the_data() {
    let computed = || UserTask {
        assignee: Some(Text::Expr(expr("manager"))),
        ..UserTask::default()
    };
    for (manager, assignee) in [
        (json!("mark"), Some("mark")),
        (json!(["mark", "ann"]), Some("mark")),
        (json!([]), None),
        (json!(""), None),
        (json!(null), None),
    ] {
        let (play, _) = Play::with(one_task(computed()), json!({"manager": manager}));
        assert_eq!(play.task("a").assignee.as_deref(), assignee, "{manager}");
    }
    let (play, trace) = Play::with(one_task(computed()), json!({"manager": 7}));
    assert!(
        trace.ends_with("!a: the value of `manager` is no name"),
        "{trace}"
    );
    assert_eq!(play.stands(), ["a"]);
}

#[test]
fn dates_are_moments_or_durations_from_the_creation() {
    let (play, _) = Play::new(one_task(UserTask {
        due: Some(literal("P1M2DT3H")),
        follow_up: Some(literal("2026-02-01")),
        priority: Some(literal(" 70 ")),
        ..for_ann()
    }));
    let task = play.task("a");
    assert_eq!(task.due_at, Some(at("2026-02-03T15:00:00Z")));
    assert_eq!(task.follow_up_at, Some(at("2026-02-01T00:00:00Z")));
    assert_eq!(task.priority, 70);
}

#[test]
fn nothing_said_is_priority_fifty_and_no_dates() {
    let (play, _) = Play::new(one_task(UserTask {
        due: Some(literal(" ")),
        ..for_ann()
    }));
    let task = play.task("a");
    assert_eq!(
        (task.priority, task.due_at, task.follow_up_at),
        (50, None, None)
    );
}

#[test]
fn a_bad_date_or_priority_is_an_incident() {
    let bad = [
        (
            UserTask {
                due: Some(literal("soon")),
                ..for_ann()
            },
            "!a: `soon` is no due date: it is neither an ISO 8601 date nor a duration",
        ),
        (
            UserTask {
                follow_up: Some(literal("2 hours")),
                ..for_ann()
            },
            "!a: `2 hours` is no follow-up date: it is neither an ISO 8601 date nor a duration",
        ),
        (
            UserTask {
                priority: Some(literal("101")),
                ..for_ann()
            },
            "!a: `101` is no priority from 0 to 100",
        ),
    ];
    for (task, incident) in bad {
        let (play, trace) = Play::new(one_task(task));
        assert_eq!(trace, format!(">start <start >a {incident}"));
        assert!(play.instance.tasks.is_empty());
    }
}

#[test]
fn a_task_that_is_closed_or_unknown_is_refused() {
    let mut build = one_task(for_ann());
    build.tasks("b").row("start b");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert_eq!(
        play.complete_with("a", json!({})),
        Err(Rejection::TaskClosed)
    );
    play.instance.tasks.clear();
    let (other, _) = Play::new(one_task(for_ann()));
    let gone = crate::engine::command::Command::Task {
        task: other.task("a").id,
        actor: &person("ann"),
        command: TaskCommand::Claim,
        expected_revision: None,
    };
    assert_eq!(
        crate::engine::decide(
            &play.process,
            &play.instance,
            &gone,
            &mut crate::engine::command::Fresh {
                now: play.now,
                id: &mut || uuid::Uuid::nil(),
                known: &crate::engine::command::Known::default(),
            },
        ),
        Err(Rejection::TaskClosed)
    );
}

#[test]
fn what_is_too_large_is_refused_and_nothing_happens() {
    let (mut play, _) = Play::with(one_task(for_ann()), json!({"a": "x".repeat(100_000)}));
    let more = json!({"b": "x".repeat(100_000)});
    assert_eq!(play.complete_with("a", more), Err(Rejection::TooLarge));
    assert_eq!(play.task("a").state, TaskState::Claimed);
    let instead = json!({"a": "x".repeat(150_000)});
    assert!(play.complete_with("a", instead).is_ok());
}

#[test]
fn an_administrator_reassigns_and_nothing_moves() {
    let (mut play, _) = Play::new(one_task(for_ann()));
    let to = Some(Name::from("bob"));
    let trace = play.task_command(&administrator(), "a", TaskCommand::Reassign { to });
    assert_eq!(trace.unwrap(), "reassigned:a");
    assert_eq!(play.stands(), ["a"]);
}

#[test]
fn completing_clears_what_the_border_waited_for() {
    let mut build = one_task(for_ann());
    build
        .boundary("late", "a", true, after("P1D"))
        .end("escalated")
        .row("late escalated");
    let (mut play, trace) = Play::new(build);
    assert_eq!(trace, ">start <start >a task:a timer:late");
    assert_eq!(
        play.complete("a"),
        "done:a clear:late <a >end <end ended:Completed"
    );
}

#[test]
fn a_user_task_is_the_only_kind_that_makes_tasks() {
    let mut build = one_task(for_ann());
    build.at("a").kind = Kind::PassThrough;
    let (_, trace) = Play::new(build);
    assert_eq!(trace, ">start <start >a <a >end <end ended:Completed");
}
