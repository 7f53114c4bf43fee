use serde_json::json;

use super::build::{Build, after, message};
use super::play::Play;
use crate::bpmn::{Kind, Trigger};

/// `start → ? → a (x > 10) | b (x > 5) | c (default)`.
fn choice(kind: Kind) -> Build {
    let mut build = Build::new();
    build.start("start").tasks("a b c").add("choice", kind);
    build
        .row("start choice")
        .otherwise("choice", "c")
        .when("choice", "a", "x > 10")
        .when("choice", "b", "x > 5");
    build
}

#[test]
fn an_exclusive_gateway_takes_the_first_flow_that_holds() {
    for (x, taken) in [(11, "a"), (6, "b"), (1, "c")] {
        let (play, trace) = Play::with(choice(Kind::Exclusive), json!({"x": x}));
        assert_eq!(
            trace,
            format!("x={x} >start <start >choice <choice >{taken} task:{taken}")
        );
        assert_eq!(play.stands(), [taken]);
    }
}

#[test]
fn an_activity_takes_every_flow_that_holds() {
    for (x, taken) in [(11, vec!["a", "b"]), (6, vec!["b"]), (1, vec!["c"])] {
        let (play, _) = Play::with(choice(Kind::PassThrough), json!({"x": x}));
        assert_eq!(play.stands(), taken);
    }
}

#[test]
fn without_a_default_and_a_condition_that_holds_the_token_is_held() {
    for kind in [Kind::Exclusive, Kind::PassThrough] {
        let mut build = choice(kind);
        build.at("choice").default = None;
        let default = build.at("choice").outgoing.remove(0);
        assert_eq!(build.process.flow(default).condition, None);
        let (play, trace) = Play::with(build, json!({"x": 1}));
        assert_eq!(
            trace,
            "x=1 >start <start >choice !choice: no condition holds and there is no default flow"
        );
        assert_eq!(play.stands(), ["choice"]);
    }
}

#[test]
fn the_default_of_an_activity_is_taken_beside_flows_without_a_condition() {
    let mut build = choice(Kind::PassThrough);
    build.tasks("always").row("choice always");
    for (x, taken) in [(6, vec!["b", "always"]), (1, vec!["always", "c"])] {
        let build = Build::of(build.process.clone());
        let (play, _) = Play::with(build, json!({"x": x}));
        assert_eq!(play.stands(), taken);
    }
}

#[test]
fn an_exclusive_gateway_merges_without_waiting() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .pass("a")
        .pass("b")
        .exclusive("merge")
        .tasks("c")
        .row("start fork a merge c")
        .row("fork b merge");
    let (play, _) = Play::new(build);
    assert_eq!(play.stands(), ["c", "c"]);
}

#[test]
fn a_parallel_join_waits_for_every_flow() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork join")
        .tasks("a b")
        .end("end")
        .row("start fork a join end")
        .row("fork b join");
    let (mut play, trace) = Play::new(build);
    assert_eq!(trace, ">start <start >fork <fork >a >b task:a task:b");
    assert_eq!(play.complete("b"), "done:b <b >join");
    assert_eq!(
        play.complete("a"),
        "done:a <a >join <join <join >end <end ended:Completed"
    );
}

#[test]
fn a_join_fires_once_per_set_and_keeps_the_surplus() {
    // Two tokens over one flow and one over the other: one set, and one token waits on.
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork join")
        .exclusive("merge")
        .tasks("a b c d")
        .end("end")
        .row("start fork a merge join end")
        .row("fork b merge")
        .row("fork c join")
        .row("fork d join");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    play.complete("b");
    play.complete("c");
    assert_eq!(play.stands(), ["d", "join", "join", "join"]);
    assert_eq!(
        play.complete("d"),
        "done:d <d >join <join <join <join >end <end"
    );
    assert_eq!(
        play.stands(),
        ["join"],
        "it waits for a set that never comes"
    );
    assert!(!play.is_over());
}

#[test]
fn two_flows_from_one_element_are_two_flows_to_a_join() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork join")
        .end("end")
        .row("start fork join end")
        .row("fork join");
    let (play, _) = Play::new(build);
    assert!(play.is_over());
}

#[test]
fn a_join_in_a_loop_fires_in_every_round() {
    let mut build = Build::new();
    build
        .start("start")
        .exclusive("again more")
        .parallel("fork join")
        .pass("a")
        .pass("b")
        .assign("count", "n", "n + 1")
        .end("end")
        .row("start again fork a join count more")
        .row("fork b join")
        .when("more", "again", "n < 3")
        .otherwise("more", "end");
    let (play, trace) = Play::with(build, json!({"n": 0}));
    assert!(play.is_over());
    assert_eq!(trace.matches("n=").count(), 4);
    assert_eq!(play.field("n"), json!(3));
}

fn first_of_two() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .catch("paid", Trigger::Message(message("payment")))
        .catch("late", after("P1D"))
        .tasks("ship remind")
        .add("first", Kind::EventBased);
    build.row("start first paid ship").row("first late remind");
    build
}

#[test]
fn the_first_event_takes_its_way_and_the_others_are_not_waited_for() {
    let (mut play, trace) = Play::new(first_of_two());
    assert_eq!(trace, ">start <start >first wait:payment timer:late");
    assert_eq!(
        play.message("payment").unwrap(),
        "clear:late unwait:paid <first >paid <paid >ship task:ship"
    );
    let (mut play, _) = Play::new(first_of_two());
    assert_eq!(
        play.fire("late"),
        "clear:late unwait:paid <first >late <late >remind task:remind"
    );
}

#[test]
fn a_receive_task_behind_an_event_gateway_is_received_once() {
    let mut build = first_of_two();
    build.at("paid").kind = Kind::Receive(message("payment"));
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.message("payment").unwrap(),
        "clear:late unwait:paid <first >paid <paid >ship task:ship"
    );
}

#[test]
fn a_condition_that_has_no_truth_is_an_incident() {
    let mut build = Build::new();
    build
        .start("start")
        .exclusive("choice")
        .tasks("a")
        .row("start choice")
        .when("choice", "a", "x");
    let (play, trace) = Play::with(build, json!({"x": "many"}));
    assert!(trace.contains("!choice: `x` has no value: "), "{trace}");
    assert_eq!(play.stands(), ["choice"]);
}
