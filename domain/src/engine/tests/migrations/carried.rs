//! What an instance holds besides tasks goes on in the other version.

use serde_json::json;
use uuid::Uuid;

use super::entry;
use crate::access::{Actor, Privilege};
use crate::bpmn::{Binding, Call, Kind, Mapping};
use crate::engine::call::Outcome;
use crate::engine::command::Command;
use crate::engine::tests::build::{Build, expr, literal, set};
use crate::engine::tests::play::{Play, administrator, data};
use crate::ids::TenantId;
use crate::value::Name;
use crate::work::WorkCommand;

/// Something in front, so that no number is the same.
fn shifted() -> Build {
    let mut build = Build::new();
    build.pass("spare").end("nowhere").row("spare nowhere");
    build
}

fn forked(mut build: Build) -> Build {
    build.start("start").parallel("fork join").tasks("a b last");
    build.row("start fork a join last").row("fork b join");
    build
}

#[test]
fn a_token_that_has_come_to_a_join_waits_there_for_the_others() {
    let (mut play, _) = Play::new(forked(Build::new()));
    play.complete("a");
    play.go_to(forked(shifted()), &[]);
    assert_eq!(play.stands(), ["b", "join"]);
    play.complete("b");
    assert_eq!(play.stands(), ["last"]);
}

#[test]
fn a_join_that_has_nothing_more_to_wait_for_goes_on() {
    let (mut play, _) = Play::new(forked(Build::new()));
    play.complete("a");
    let mut to = shifted();
    to.start("start").parallel("fork join").tasks("a b last");
    to.row("start fork a join last").row("fork b");
    let (_, trace) = play.go_to(to, &[]);
    assert_eq!(trace, "migrated renewed:b <join >last task:last");
}

fn each(mut build: Build, task: &str) -> Build {
    build
        .start("start")
        .inside("each", |build| {
            build
                .start("begin")
                .tasks(task)
                .row(&format!("begin {task}"));
        })
        .tasks("last")
        .row("start each last");
    build.each("each", true, None);
    build
}

#[test]
fn rounds_go_on_with_their_values() {
    let (mut play, _) = Play::with(each(Build::new(), "b"), json!({"items": ["x", "y"]}));
    play.go_to(each(shifted(), "c"), &[entry("b", Some("c"))]);
    assert_eq!(play.stands(), ["each", "each", "c"]);
    let trace = play.complete("c");
    assert!(trace.contains("item=\"y\""), "{trace}");
    assert!(trace.ends_with("task:c"), "{trace}");
    play.complete("c");
    assert_eq!(play.stands(), ["last"]);
}

fn booked(mut build: Build, undo: &str) -> Build {
    build
        .start("start")
        .tasks("a b")
        .undo(undo, "a")
        .compensate("throw", None)
        .end("end")
        .row("start a b throw end");
    build
}

#[test]
fn what_is_done_is_undone_by_what_the_other_version_has_for_it() {
    let (mut play, _) = Play::new(booked(Build::new(), "undo"));
    play.complete("a");
    play.go_to(booked(shifted(), "better"), &[]);
    let trace = play.complete("b");
    assert!(trace.ends_with(">better undo:a task:better"), "{trace}");
    play.go_back_while_undoing();
}

impl Play {
    /// Also while something is being undone.
    fn go_back_while_undoing(&mut self) {
        self.instance.process = crate::ids::ProcessId(Uuid::nil());
        let mapping = [entry("better", Some("undo"))];
        let back = self.judge_migration(&booked(Build::new(), "undo"), &mapping);
        let tokens = back.unwrap().plan.tokens;
        let to: Vec<&str> = tokens.iter().map(|token| token.to.as_ref()).collect();
        assert_eq!(to, ["throw", "undo"]);
    }
}

fn worked(mut build: Build, kind: &str) -> Build {
    build
        .start("start")
        .work_of("w", |work| work.kind = literal(kind))
        .end("end")
        .row("start w end");
    build
}

#[test]
fn work_stays_in_the_hands_of_its_worker_and_is_of_the_type_that_the_other_version_says() {
    let (mut play, _) = Play::new(worked(Build::new(), "pay"));
    let tenant = TenantId(Uuid::nil());
    let robot = Actor::new(tenant, Name::from("robot"), [], [], [Privilege::Worker]);
    let worker = Name::from("w1");
    let id = play.instance.work[0].id;
    play.command(&Command::Activate {
        actor: &robot,
        worker: worker.clone(),
        work: vec![id],
        lock: None,
    })
    .unwrap();
    let lock = play.instance.work[0].lock.clone();
    assert!(lock.is_some());
    let (_, trace) = play.go_to(worked(shifted(), "transfer"), &[]);
    assert_eq!(trace, "migrated renewed(transfer):w");
    let work = &play.instance.work[0];
    assert_eq!((work.id, &work.lock), (id, &lock));
    assert_eq!(work.kind.as_ref(), "transfer");
    play.command(&Command::Work {
        actor: &robot,
        worker,
        work: id,
        command: WorkCommand::Complete {
            data: data(json!({})),
        },
    })
    .unwrap();
    assert!(play.is_over());
}

fn calling(mut build: Build, output: &str) -> Build {
    build.start("start");
    build.add(
        "call",
        Kind::Call(Box::new(Call {
            callee: literal("other"),
            binding: Binding::Latest,
            inputs: Vec::new(),
            outputs: vec![Mapping::Field(set(output, "total"))],
            business_key: None,
            readers_up: false,
            readers_down: false,
        })),
    );
    build.end("end").row("start call end");
    build
}

#[test]
fn what_was_called_comes_back_to_the_other_version() {
    let (mut play, _) = Play::new(calling(Build::new(), "sum"));
    let child = play.instance.calls[0].child;
    play.go_to(calling(shifted(), "amount"), &[]);
    assert_eq!(play.instance.calls[0].child, child);
    let outcome = Outcome::Completed(data(json!({"total": 7})));
    play.command(&Command::Returned(vec![(child, outcome)]))
        .unwrap();
    assert!(play.is_over());
    assert_eq!(play.field("amount"), json!(7));
    assert_eq!(play.field("sum"), json!(null));
}

fn computed(mut build: Build, value: &str) -> Build {
    build.start("start");
    build.add(
        "sum",
        Kind::Assign(vec![set("first", "1"), set("total", value)]),
    );
    build.end("end").row("start sum end");
    build
}

#[test]
fn what_is_held_is_tried_again_as_the_other_version_says() {
    let (mut play, _) = Play::with(computed(Build::new(), "x * x"), json!({"x": 1e20}));
    assert_eq!(play.instance.incidents[0].done, 1);
    play.go_to(computed(shifted(), "x"), &[]);
    assert_eq!(play.instance.incidents[0].done, 1, "`first` is set already");
    let adam = administrator();
    let trace = play.command(&Command::Retry {
        actor: &adam,
        incident: None,
        data: Default::default(),
    });
    assert_eq!(
        trace.unwrap(),
        "retry:1 total=1e+20 <sum >end <end ended:Completed"
    );
}

#[test]
fn what_is_held_before_it_has_begun_may_become_another_kind_of_activity() {
    let (mut play, _) = Play::with(computed(Build::new(), "x * x"), json!({"x": 1e20}));
    let mut to = shifted();
    to.start("start")
        .tasks("sum")
        .end("end")
        .row("start sum end");
    play.go_to(to, &[]);
    assert_eq!(play.instance.incidents[0].done, 0);
    let adam = administrator();
    let trace = play.command(&Command::Retry {
        actor: &adam,
        incident: None,
        data: Default::default(),
    });
    assert_eq!(trace.unwrap(), "retry:1 task:sum");
}

fn discriminated(mut build: Build) -> Build {
    let activation = Some(expr("activationCount >= 1"));
    build.start("start").parallel("fork").tasks("a b last");
    build.add("first", Kind::Complex { activation });
    build.row("start fork a first last").row("fork b first");
    build
}

#[test]
fn a_gateway_that_has_gone_on_still_waits_for_the_others() {
    let (mut play, _) = Play::new(discriminated(Build::new()));
    play.complete("a");
    assert_eq!(play.instance.gates.len(), 1);
    play.go_to(discriminated(shifted()), &[]);
    let trace = play.complete("b");
    assert!(trace.contains("reset:first"), "{trace}");
    assert_eq!(play.stands(), ["last"]);
}
