use serde_json::json;

use super::build::{Build, after, expr};
use super::play::Play;
use crate::bpmn::{AdHoc, Kind};

/// `start → case → next`, where the case holds `a → then`, `b` and `c`.
fn case(sequential: bool, until: Option<&str>, cancel: bool) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inside("case", |build| {
            build.tasks("a b c then").row("a then");
        })
        .tasks("next")
        .row("start case next");
    build.at("case").kind = Kind::AdHoc(Box::new(AdHoc {
        sequential,
        until: until.map(expr),
        cancel,
    }));
    build
}

#[test]
fn everything_that_no_flow_leads_to_begins_at_once() {
    let (mut play, trace) = Play::new(case(false, None, true));
    assert_eq!(trace, ">start <start >case [ >a >b >c task:a task:b task:c");
    play.complete("b");
    assert_eq!(play.complete("a"), "done:a <a >then task:then");
    play.complete("c");
    assert_eq!(
        play.complete("then"),
        "done:then <then ]case <case >next task:next"
    );
}

#[test]
fn one_after_the_other_in_the_order_of_the_file() {
    let (mut play, trace) = Play::new(case(true, None, true));
    assert_eq!(trace, ">start <start >case [ >a >b >c turn:a task:a");
    assert_eq!(play.stands(), ["case", "a", "b", "c"]);
    // What follows goes before what has not begun.
    assert_eq!(play.complete("a"), "done:a <a >then turn:then task:then");
    assert_eq!(play.complete("then"), "done:then <then turn:b task:b");
    assert_eq!(play.complete("b"), "done:b <b turn:c task:c");
    assert_eq!(play.complete("c"), "done:c <c ]case <case >next task:next");
}

#[test]
fn the_turn_goes_on_from_what_is_taken_away() {
    let mut build = case(true, None, true);
    let around = build.ix("case");
    build.within(around, |build| {
        build.boundary("late", "a", true, after("PT1H"));
    });
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.fire("late"),
        "clear:late gone:a xa >late <late turn:b task:b"
    );
}

#[test]
fn when_its_condition_holds_it_is_over_and_the_rest_is_taken_away() {
    for sequential in [false, true] {
        let (mut play, _) = Play::new(case(sequential, Some("enough"), true));
        let trace = play.complete_with("a", json!({"enough": true})).unwrap();
        let gone = match sequential {
            false => "gone:b xb gone:c xc",
            true => "xb xc",
        };
        assert_eq!(
            trace,
            format!("done:a enough=true <a {gone} ]case <case >next task:next")
        );
    }
}

#[test]
fn what_runs_may_come_to_its_end_and_nothing_new_begins() {
    let (mut play, _) = Play::new(case(false, Some("enough"), false));
    assert_eq!(
        play.complete_with("a", json!({"enough": true})).unwrap(),
        "done:a enough=true <a"
    );
    play.complete("b");
    assert_eq!(play.complete("c"), "done:c <c ]case <case >next task:next");
}

#[test]
fn a_condition_that_does_not_hold_yet_lets_it_go_on() {
    let (mut play, _) = Play::new(case(false, Some("enough = true"), true));
    assert_eq!(play.complete("a"), "done:a <a >then task:then");
}
