use serde_json::json;

use super::build::{Build, expr, for_ann, one_task};
use super::play::{Play, data, person};
use crate::bpmn::{Kind, Trigger};
use crate::engine::command::Command;

fn when(source: &str) -> Trigger {
    Trigger::Condition(expr(source))
}

fn update(play: &mut Play, json: serde_json::Value) -> String {
    play.command(&Command::UpdateData {
        actor: &person("ann"),
        data: data(json),
    })
    .unwrap()
}

#[test]
fn a_condition_on_the_flow_is_waited_for_until_the_data_changes() {
    let mut build = Build::new();
    build
        .start("start")
        .catch("wait", when("x > 5"))
        .end("end")
        .row("start wait end");
    let (mut play, trace) = Play::with(build, json!({"x": 1}));
    assert_eq!(trace, "x=1 >start <start >wait false:wait");
    assert_eq!(update(&mut play, json!({"x": 2})), "x=2");
    assert_eq!(
        update(&mut play, json!({"x": 9})),
        "x=9 true:wait unjudge:wait <wait >end <end ended:Completed"
    );
}

#[test]
fn a_condition_that_holds_already_is_not_waited_for() {
    let mut build = Build::new();
    build
        .start("start")
        .catch("wait", when("x > 5"))
        .end("end")
        .row("start wait end");
    let (play, _) = Play::with(build, json!({"x": 9}));
    assert!(play.is_over());
}

fn with_border(interrupting: bool) -> Build {
    let mut build = one_task(for_ann());
    build
        .boundary("high", "a", interrupting, when("x > 5"))
        .tasks("check")
        .row("high check");
    build
}

#[test]
fn an_interrupting_condition_takes_the_task_away() {
    let (mut play, _) = Play::with(with_border(true), json!({"x": 1}));
    assert_eq!(
        update(&mut play, json!({"x": 9})),
        "x=9 true:high gone:a unjudge:high xa >high <high >check task:check"
    );
}

#[test]
fn one_that_does_not_interrupt_happens_each_time_it_becomes_true() {
    let (mut play, _) = Play::with(with_border(false), json!({"x": 1}));
    for (x, checks) in [(9, 1), (10, 1), (2, 1), (9, 2)] {
        update(&mut play, json!({"x": x}));
        assert_eq!(play.instance.open_tasks().count(), 1 + checks, "{x}");
    }
    play.complete("a");
    assert!(play.instance.conditions.is_empty());
}

#[test]
fn a_condition_about_something_else_does_not_hold() {
    let (mut play, _) = Play::with(with_border(true), json!({"x": "text"}));
    assert_eq!(play.stands(), ["a"]);
    update(&mut play, json!({"x": 9}));
    assert_eq!(play.stands(), ["check"]);
}

#[test]
fn a_condition_without_a_value_is_an_incident_once_and_is_waited_for() {
    let mut build = one_task(for_ann());
    build
        .boundary("high", "a", true, when("x"))
        .tasks("check")
        .row("high check");
    let (mut play, trace) = Play::with(build, json!({"x": "text"}));
    assert!(trace.contains("!high: `x` has no value: "), "{trace}");
    update(&mut play, json!({"x": "other"}));
    assert_eq!(play.instance.incidents.len(), 1);
    update(&mut play, json!({"x": true}));
    assert_eq!(play.stands(), ["check"]);
    assert!(play.instance.incidents.is_empty());
}

#[test]
fn a_condition_that_holds_interrupts_a_sub_process_before_it_does_anything() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build
                .start("begin")
                .assign("set", "y", "1")
                .row("begin set");
        })
        .boundary("high", "sub", true, when("x > 5"))
        .end("end")
        .row("start sub end");
    let (play, trace) = Play::with(build, json!({"x": 9}));
    assert!(play.is_over() && !trace.contains("y=1"), "{trace}");
}

#[test]
fn an_event_sub_process_begins_when_its_condition_becomes_true() {
    for interrupting in [true, false] {
        let mut build = Build::new();
        build
            .start("start")
            .tasks("work")
            .assign("set", "x", "9")
            .tasks("last")
            .row("start work set last")
            .handler("handler", "high", (interrupting, when("x > 5")), |build| {
                build.tasks("help").row("high help");
            });
        let (mut play, trace) = Play::with(build, json!({"x": 1}));
        assert!(trace.starts_with("x=1 false:high >start"), "{trace}");
        play.complete("work");
        let stands = play.stands();
        assert!(stands.contains(&"help"), "{stands:?}");
        assert_eq!(stands.contains(&"last"), !interrupting, "{stands:?}");
    }
}

#[test]
fn the_first_of_several_events_may_be_a_condition() {
    let mut build = Build::new();
    build.start("start").add("first", Kind::EventBased);
    build
        .catch("high", when("x > 5"))
        .catch("low", when("x < 0"))
        .end("end")
        .row("start first high end")
        .row("first low end");
    let (mut play, _) = Play::with(build, json!({"x": 1}));
    let trace = update(&mut play, json!({"x": -1}));
    assert!(trace.contains(">low <low >end"), "{trace}");
    assert!(play.is_over());
}

#[test]
fn conditions_that_wake_each_other_for_ever_are_held() {
    let mut build = Build::new();
    build
        .start("start")
        .assign("up", "x", "x + 1")
        .catch("odd", when("x > 0"))
        .row("start up odd up");
    let (play, trace) = Play::with(build, json!({"x": 0}));
    assert!(trace.contains("did not come to rest"), "{trace}");
    assert_eq!(play.instance.incidents.len(), 1);
}
