//! Instances that are stopped for the time being.

use serde_json::json;

use super::build::{Build, after, message, one_task};
use super::play::{Play, administrator, data, person};
use crate::bpmn::{Trigger, UserTask};
use crate::engine::command::{Command, Rejection};
use crate::engine::instance::InstanceState;
use crate::task::{TaskCommand, TaskState};
use crate::value::Name;

impl Play {
    fn suspend(&mut self) -> Result<String, Rejection> {
        let actor = &administrator();
        let reason = Some(Name::from("audit"));
        self.command(&Command::Suspend { actor, reason })
    }

    fn resume(&mut self) -> Result<String, Rejection> {
        let actor = &administrator();
        self.command(&Command::Resume {
            actor,
            reason: None,
        })
    }
}

fn waiting() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a")
        .boundary("late", "a", false, after("PT1H"))
        .catch("paid", Trigger::Message(message("paid")))
        .row("start a")
        .row("start paid");
    build
}

#[test]
fn what_is_suspended_refuses_everything_and_loses_nothing() {
    let (mut play, _) = Play::new(waiting());
    let before = play.instance.clone();
    assert_eq!(play.suspend().unwrap(), "suspended asleep:a");
    assert_eq!(play.instance.state, InstanceState::Suspended);
    assert_eq!(play.suspend(), Err(Rejection::Suspended));
    assert_eq!(
        play.complete_with("a", json!({})),
        Err(Rejection::Suspended)
    );
    assert_eq!(play.message("paid"), Err(Rejection::Suspended));
    let (ann, adam) = (person("ann"), administrator());
    let timer = play.instance.timers[0].id;
    for command in [
        Command::Fire(timer),
        Command::UpdateData {
            actor: &ann,
            data: data(json!({"x": 1})),
        },
        Command::Signal {
            name: Name::from("s"),
            data: data(json!({})),
        },
        Command::Withdraw(&ann),
        Command::Retry {
            actor: &ann,
            incident: None,
            data: data(json!({})),
        },
        Command::Modify {
            actor: &adam,
            operations: Vec::new(),
            reason: Name::from("because"),
        },
    ] {
        assert_eq!(
            play.judge(&command),
            Err(Rejection::Suspended),
            "{command:?}"
        );
    }
    assert_eq!(play.resume().unwrap(), "resumed awake:a");
    assert_eq!(play.resume(), Err(Rejection::NotSuspended));
    let mut after = play.instance.clone();
    after.revision = before.revision;
    after.history = before.history;
    after.tasks[0].revision = before.tasks[0].revision;
    assert_eq!(after, before);
}

#[test]
fn a_task_comes_back_into_the_hands_that_it_was_in() {
    let candidate = UserTask {
        candidates: vec![crate::bpmn::Principals::Everyone],
        ..UserTask::default()
    };
    let (mut play, _) = Play::new(one_task(candidate));
    let stands = |play: &mut Play| {
        let state = play.task("a").state;
        play.suspend().unwrap();
        assert_eq!(play.task("a").state, TaskState::Suspended);
        play.resume().unwrap();
        assert_eq!(play.task("a").state, state);
        state
    };
    assert_eq!(stands(&mut play), TaskState::Ready);
    let ann = person("ann");
    play.task_command(&ann, "a", TaskCommand::Claim).unwrap();
    assert_eq!(stands(&mut play), TaskState::Claimed);
    let to = Name::from("ben");
    let delegate = TaskCommand::Delegate { to };
    play.task_command(&ann, "a", delegate).unwrap();
    assert_eq!(stands(&mut play), TaskState::Delegated);
    assert_eq!(play.task("a").assignee, Some(Name::from("ben")));
}

#[test]
fn a_timer_that_became_due_meanwhile_fires_once() {
    let (mut play, _) = Play::new(waiting());
    play.suspend().unwrap();
    play.advance(5);
    play.resume().unwrap();
    play.fire("late");
    assert!(play.instance.timers.is_empty());
}

#[test]
fn what_is_suspended_can_be_ended_and_is_over_then() {
    let (mut play, _) = Play::new(waiting());
    play.suspend().unwrap();
    let adam = administrator();
    play.command(&Command::Terminate(&adam)).unwrap();
    assert_eq!(play.instance.state, InstanceState::Terminated);
    assert_eq!(play.resume(), Err(Rejection::Ended));
    assert_eq!(play.suspend(), Err(Rejection::Ended));
}

#[test]
fn only_administrators_suspend_and_resume() {
    let (mut play, _) = Play::new(waiting());
    let ann = person("ann");
    for command in [
        Command::Suspend {
            actor: &ann,
            reason: None,
        },
        Command::Resume {
            actor: &ann,
            reason: None,
        },
    ] {
        let refused = play.judge(&command);
        assert!(
            matches!(refused, Err(Rejection::Privilege(_))),
            "{refused:?}"
        );
    }
}
