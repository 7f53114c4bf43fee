use serde_json::json;

use super::build::{Build, expr};
use super::play::Play;
use crate::bpmn::Kind;

/// `start → fork → a, b, c → join → next`.
fn votes(activation: &str) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .tasks("a b c next")
        .end("end");
    build.add(
        "join",
        Kind::Complex {
            activation: Some(expr(activation)),
        },
    );
    build
        .row("start fork a join next end")
        .row("fork b join")
        .row("fork c join");
    build
}

#[test]
fn it_starts_as_soon_as_its_condition_holds_and_takes_the_rest_without_going_on() {
    let (mut play, _) = Play::new(votes("activationCount >= 2"));
    assert_eq!(play.complete("a"), "done:a <a >join");
    assert_eq!(
        play.complete("b"),
        "done:b <b >join started:join <join <join >next task:next"
    );
    assert_eq!(play.stands(), ["c", "next"]);
    assert_eq!(play.complete("c"), "done:c <c >join reset:join <join");
    assert_eq!(
        play.complete("next"),
        "done:next <next >end <end ended:Completed"
    );
}

#[test]
fn a_reset_goes_on_where_a_condition_asks_for_it() {
    let mut build = votes("activationCount >= 1");
    build
        .tasks("late")
        .when("join", "late", "not(waitingForStart)");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.complete("a"),
        "done:a <a >join started:join <join >next task:next"
    );
    assert_eq!(play.complete("b"), "done:b <b >join");
    assert_eq!(
        play.complete("c"),
        "done:c <c >join reset:join <join <join >late task:late"
    );
}

#[test]
fn a_second_token_of_a_way_that_it_started_with_is_for_the_next_time() {
    let mut build = votes("activationCount >= 3");
    build.at("a").completion_quantity = 2;
    let (mut play, _) = Play::new(build);
    play.complete("a");
    let trace = play.complete("b");
    assert!(trace.contains("started:join"), "{trace}");
    assert_eq!(play.stands(), ["c", "join", "next"]);
    // The one that is left over does not hold by itself.
    assert_eq!(play.complete("c"), "done:c <c >join reset:join <join");
    assert_eq!(play.stands(), ["join", "next"]);
}

#[test]
fn a_condition_over_the_data_starts_it_when_the_data_changes() {
    let (mut play, _) = Play::with(votes("go"), json!({"go": false}));
    assert_eq!(play.complete("a"), "done:a <a >join");
    let trace = play.complete_with("b", json!({"go": true})).unwrap();
    assert_eq!(
        trace,
        "done:b go=true <b >join started:join <join <join >next task:next"
    );
}

#[test]
fn what_can_no_longer_come_is_not_waited_for() {
    let mut build = votes("activationCount >= 1");
    build.exclusive("skip").pass("none");
    let fork_c = build.process.flows.len() - 2;
    build.process.flows[fork_c].target = build.ix("skip");
    build.when("skip", "c", "x > 5").otherwise("skip", "none");
    let (mut play, _) = Play::with(build, json!({"x": 1}));
    play.complete("a");
    assert_eq!(play.complete("b"), "done:b <b >join reset:join <join");
}

#[test]
fn with_one_way_in_it_chooses_like_an_inclusive_gateway() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a b c")
        .add("fork", Kind::Complex { activation: None });
    build
        .row("start fork")
        .when("fork", "a", "x > 3")
        .when("fork", "b", "x < 7")
        .otherwise("fork", "c");
    for (x, taken) in [(5, vec!["a", "b"]), (9, vec!["a"])] {
        let (play, _) = Play::with(Build::of(build.process.clone()), json!({"x": x}));
        assert_eq!(play.stands(), taken);
    }
    build.process.flows[2].condition = Some(expr("x < 0"));
    let (play, _) = Play::with(build, json!({"x": 1}));
    assert_eq!(play.stands(), ["c"]);
}

#[test]
fn a_condition_without_a_value_holds_the_token() {
    let (mut play, _) = Play::with(votes("x"), json!({"x": "many"}));
    let trace = play.complete("a");
    assert!(trace.contains("!join: `x` has no value: "), "{trace}");
    assert_eq!(play.stands(), ["b", "c", "join"]);
}
