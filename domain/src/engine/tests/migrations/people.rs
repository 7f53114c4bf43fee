//! Who may do and read what after it: the other version is the policy.

use std::collections::BTreeSet;

use serde_json::json;

use super::{changed, request};
use crate::access;
use crate::access::Principal;
use crate::bpmn::{Principals, StateList, UserTask};
use crate::engine::tests::build::{Build, literal, readers, user};
use crate::engine::tests::play::{Play, person};
use crate::task::{TaskCommand, TaskState};
use crate::value::Name;

fn read(play: &Play) -> String {
    let acl = access::instance::acl(&play.process, &play.instance);
    let names = ["rita", "carl", "olga", "paul"];
    let reads = names.into_iter().filter(|name| acl.admits(&person(name)));
    reads.collect::<Vec<_>>().join(" ")
}

fn asking(change: impl FnOnce(&mut UserTask)) -> Build {
    let mut task = UserTask {
        candidates: vec![user("rita")],
        ..UserTask::default()
    };
    change(&mut task);
    let mut build = Build::new();
    build
        .start("start")
        .user_task("ask", task)
        .end("end")
        .row("start ask end");
    build
}

#[test]
fn who_reads_is_whom_the_other_version_says() {
    let said_by =
        |element: &str, name: &str| changed(|build| build.at(element).acl = readers(&[name]));
    let (mut play, _) = Play::new(said_by("ask", "rita"));
    play.go_to(said_by("ask", "carl"), &[]);
    assert_eq!(read(&play), "carl");
    play.complete("ask");
    assert_eq!(read(&play), "carl", "and is carried on from there");
}

#[test]
fn what_an_element_on_the_way_has_said_is_what_the_other_version_says_there() {
    let said_by =
        |element: &str, name: &str| changed(|build| build.at(element).acl = readers(&[name]));
    let (mut play, _) = Play::new(said_by("ask", "rita"));
    play.complete("ask");
    let to = said_by("ask", "carl");
    play.go_to(to, &[]);
    assert_eq!(read(&play), "carl");
}

#[test]
fn what_nobody_says_any_more_is_what_the_process_says() {
    let (mut play, _) = Play::new(changed(|build| build.at("ask").acl = readers(&["rita"])));
    play.go_to(changed(|build| build.process.acl = readers(&["paul"])), &[]);
    assert_eq!(read(&play), "paul");
    let (mut play, _) = Play::new(changed(|build| build.at("ask").acl = readers(&["rita"])));
    play.go_to(request(), &[]);
    assert_eq!(read(&play), "");
}

#[test]
fn a_sub_process_that_says_something_now_is_heard_inside() {
    let inside = |name: Option<&str>| {
        let mut build = Build::new();
        build
            .start("start")
            .inside("sub", |build| {
                build.start("begin").tasks("ask").row("begin ask");
            })
            .row("start sub");
        build.process.acl = readers(&["paul"]);
        if let Some(name) = name {
            build.at("sub").acl = readers(&[name]);
        }
        build
    };
    let (mut play, _) = Play::new(inside(None));
    assert_eq!(read(&play), "paul");
    play.go_to(inside(Some("olga")), &[]);
    assert_eq!(read(&play), "olga");
}

#[test]
fn what_both_say_in_the_same_words_stays_as_it_was_resolved() {
    let by_field = |live: bool| {
        changed(|build| {
            build.at("ask").acl = StateList {
                readers: Some(vec![Principals::Field(Name::from("reader"))]),
                live,
                ..StateList::default()
            };
        })
    };
    let (mut play, _) = Play::with(by_field(false), json!({"reader": "rita"}));
    play.instance
        .data
        .insert(Name::from("reader"), crate::value::Value::text("carl"));
    let same = play.judge_migration(&by_field(false), &[]).unwrap();
    assert!(
        !same
            .events
            .iter()
            .any(|it| matches!(it, crate::engine::event::Event::Relisted { .. }))
    );
    let live = play.judge_migration(&by_field(true), &[]).unwrap();
    assert!(
        live.events
            .iter()
            .any(|it| matches!(it, crate::engine::event::Event::Relisted { .. }))
    );
}

#[test]
fn a_task_keeps_its_hands_and_has_other_candidates() {
    let (mut play, _) = Play::new(asking(|_| {}));
    play.task_command(&person("rita"), "ask", TaskCommand::Claim)
        .unwrap();
    let draft = TaskCommand::Update {
        priority: None,
        due_at: None,
        follow_up_at: None,
        draft: Some(Some(super::super::play::data(json!({"note": "half"})))),
    };
    play.task_command(&person("rita"), "ask", draft).unwrap();
    let created_at = play.task("ask").created_at;
    play.advance(5);
    let to = asking(|task| {
        task.candidates = vec![user("carl")];
        task.excluded = vec![user("paul")];
        task.assignee = Some(literal("olga"));
        task.due = Some(literal("PT9H"));
        task.priority = Some(literal("70"));
    });
    play.go_to(to, &[]);
    let task = play.task("ask");
    assert_eq!(task.assignee.as_deref(), Some("rita"));
    assert_eq!(task.state, TaskState::Claimed);
    assert!(task.draft.is_some());
    let carl = Principal::User(Name::from("carl"));
    assert_eq!(task.candidates, BTreeSet::from([carl]));
    assert_eq!(task.excluded.len(), 1);
    assert_eq!(task.priority, 70);
    assert_eq!(
        task.due_at,
        Some(created_at + jiff::SignedDuration::from_hours(9)),
        "counted from when it came into being"
    );
}

#[test]
fn a_task_that_nobody_has_in_hand_goes_to_whom_the_other_version_names() {
    let (mut play, _) = Play::new(asking(|_| {}));
    let to = asking(|task| {
        task.candidates = Vec::new();
        task.assignee = Some(literal("olga"));
    });
    play.go_to(to, &[]);
    let task = play.task("ask");
    assert_eq!(task.assignee.as_deref(), Some("olga"));
    assert_eq!(task.state, TaskState::Claimed);
    assert_eq!(read(&play), "olga");
}

#[test]
fn what_somebody_has_set_stays_where_both_versions_say_the_same() {
    let (mut play, _) = Play::new(asking(|task| task.due = Some(literal("PT5H"))));
    play.task_command(&person("rita"), "ask", TaskCommand::Claim)
        .unwrap();
    let later = play.now + jiff::SignedDuration::from_hours(99);
    let update = TaskCommand::Update {
        priority: Some(3),
        due_at: Some(Some(later)),
        follow_up_at: None,
        draft: None,
    };
    play.task_command(&person("rita"), "ask", update).unwrap();
    play.go_to(asking(|task| task.due = Some(literal("PT5H"))), &[]);
    let task = play.task("ask");
    assert_eq!((task.due_at, task.priority), (Some(later), 3));
}
