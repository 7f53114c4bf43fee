use serde_json::json;

use super::build::{Build, for_ann, one_task, set};
use super::play::Play;

/// Its square is out of range.
const HUGE: f64 = 1e20;

#[test]
fn an_assignment_that_has_no_value_holds_its_token() {
    let mut build = Build::new();
    build
        .start("start")
        .assign("sum", "total", "x * x")
        .row("start sum");
    let (play, trace) = Play::with(build, json!({"x": HUGE}));
    assert!(trace.contains("!sum: `total` has no value: "), "{trace}");
    assert_eq!(play.stands(), ["sum"]);
    assert!(!play.is_over());
}

#[test]
fn an_output_that_has_no_value_holds_the_token_behind_its_completed_task() {
    let mut build = one_task(for_ann());
    build.at("a").outputs = vec![set("twice", "x * x")];
    let (mut play, _) = Play::new(build);
    let trace = play.complete_with("a", json!({"x": HUGE})).unwrap();
    assert!(
        trace.starts_with("done:a [ x=1e+20 own !a: `twice` has no value: "),
        "{trace}"
    );
    assert_eq!(play.stands(), ["a"]);
}

#[test]
fn an_incident_in_one_branch_does_not_stop_the_others() {
    let mut build = Build::new();
    build
        .start("start")
        .assign("bad", "y", "x * x")
        .tasks("a")
        .row("start bad")
        .row("start a");
    let (mut play, _) = Play::with(build, json!({"x": HUGE}));
    assert_eq!(play.stands(), ["bad", "a"]);
    assert_eq!(play.complete("a"), "done:a <a");
    assert_eq!(play.instance.incidents.len(), 1);
}

#[test]
fn an_incident_goes_with_its_token() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build
                .start("begin")
                .assign("bad", "y", "x * x")
                .row("begin bad");
        })
        .boundary("late", "sub", true, super::build::after("PT1H"))
        .row("start sub");
    let (mut play, _) = Play::with(build, json!({"x": HUGE}));
    assert_eq!(play.instance.incidents.len(), 1);
    play.fire("late");
    assert!(play.is_over());
    assert!(play.instance.incidents.is_empty());
}

#[test]
fn a_held_token_does_not_count_at_a_join() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork join")
        .tasks("a b")
        .row("start fork a join")
        .row("fork b join");
    build.at("join").outputs = vec![set("y", "x * x")];
    let (mut play, _) = Play::with(build, json!({"x": HUGE}));
    play.complete("a");
    let trace = play.complete("b");
    assert!(trace.contains(">join <join !join: "), "{trace}");
    assert_eq!(play.stands(), ["join"]);
    assert_eq!(play.instance.incidents.len(), 1);
}
