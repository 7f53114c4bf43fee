use serde_json::json;

use super::build::{Build, after, expr, set};
use super::play::Play;
use crate::bpmn::{Repeat, StandardLoop};

fn looped(condition: Option<&str>, test_before: bool, maximum: Option<u32>) -> Repeat {
    Repeat::Loop(StandardLoop {
        condition: condition.map(expr),
        test_before,
        maximum,
    })
}

/// `start → count → end`, where `count` adds one to `n` in each round.
fn counting(repeat: Repeat) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .assign("count", "n", "n + 1")
        .end("end")
        .row("start count end");
    build.at("count").repeat = Some(repeat);
    build
}

fn rounds(n: i32, repeat: Repeat) -> i64 {
    let (play, trace) = Play::with(counting(repeat), json!({"n": n}));
    assert!(play.is_over(), "{trace}");
    play.field("n").as_i64().unwrap() - i64::from(n)
}

#[test]
fn a_loop_goes_on_while_its_condition_holds() {
    for (n, after, before) in [(0, 3, 3), (2, 1, 1), (3, 1, 0), (9, 1, 0)] {
        assert_eq!(rounds(n, looped(Some("n < 3"), false, None)), after);
        assert_eq!(rounds(n, looped(Some("n < 3"), true, None)), before);
    }
}

#[test]
fn a_loop_has_no_more_rounds_than_its_maximum() {
    assert_eq!(rounds(0, looped(Some("true"), false, Some(3))), 3);
    assert_eq!(rounds(0, looped(None, true, Some(2))), 2);
    assert_eq!(rounds(0, looped(Some("n < 2"), false, Some(5))), 2);
}

#[test]
fn a_loop_counts_its_rounds() {
    assert_eq!(rounds(0, looped(Some("loopCounter < 4"), false, None)), 4);
    assert_eq!(rounds(0, looped(Some("loopCounter < 4"), true, None)), 4);
}

#[test]
fn a_loop_that_does_not_end_is_held() {
    let (play, trace) = Play::with(counting(looped(Some("true"), false, None)), json!({"n": 0}));
    assert!(trace.contains("did not come to rest"), "{trace}");
    assert_eq!(play.instance.incidents.len(), 1);
}

#[test]
fn a_condition_without_a_value_holds_the_activity() {
    let repeat = looped(Some("n"), true, None);
    let (play, trace) = Play::with(counting(repeat), json!({"n": "x"}));
    assert!(trace.contains("!count:"), "{trace}");
    assert_eq!(play.stands(), ["count"]);
}

#[test]
fn a_task_is_done_again_and_its_outputs_are_seen() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("work")
        .end("end")
        .row("start work end");
    build.at("work").outputs = vec![set("good", "mark > 5")];
    build.at("work").repeat = Some(looped(Some("not(good)"), false, None));
    build.boundary("late", "work", true, after("PT1H"));
    let (mut play, trace) = Play::new(build);
    assert!(
        trace.ends_with(">work [ rounds timer:late >work [ loopCounter=1 task:work"),
        "{trace}"
    );
    assert_eq!(
        play.complete_with("work", json!({"mark": 1})).unwrap(),
        "done:work mark=1 own good=false ]work <work >work [ loopCounter=2 task:work"
    );
    play.complete_with("work", json!({"mark": 9})).unwrap();
    assert!(play.is_over());
}

#[test]
fn a_sub_process_loops_with_all_that_is_inside() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build
                .start("begin")
                .parallel("fork join")
                .tasks("a b")
                .row("begin fork a join")
                .row("fork b join");
        })
        .end("end")
        .row("start sub end");
    build.at("sub").repeat = Some(looped(None, false, Some(2)));
    let (mut play, _) = Play::new(build);
    for _ in 0..2 {
        assert!(!play.is_over());
        play.complete("a");
        play.complete("b");
    }
    assert!(play.is_over());
}
