use serde_json::json;

use super::build::{Build, expr};
use super::play::Play;
use crate::bpmn::{Behavior, Repeat, Results, Sent, Trigger};
use crate::value::Name;

fn news() -> Sent {
    Sent {
        name: Name::from("news"),
        correlation: None,
        fields: Vec::new(),
    }
}

/// Three rounds, with an interrupting boundary event that hears of them.
fn rounds(sequential: bool, behavior: Behavior) -> String {
    let mut build = Build::new();
    build
        .start("start")
        .pass("a")
        .boundary("edge", "a", true, Trigger::Signal(Name::from("news")))
        .pass("b")
        .pass("c")
        .row("start a b")
        .row("edge c")
        .times("a", sequential, "3");
    if let Some(Repeat::Multi(multi)) = &mut build.at("a").repeat {
        multi.behavior = behavior;
    }
    let (play, trace) = Play::new(build);
    assert!(play.is_over());
    trace
}

fn count(trace: &str, word: &str) -> usize {
    trace.split(' ').filter(|it| *it == word).count()
}

#[test]
fn what_is_told_of_rounds_does_not_take_them_away() {
    for sequential in [true, false] {
        for (behavior, heard) in [
            (Behavior::All, 0),
            (Behavior::First(news()), 1),
            (Behavior::Each(news()), 3),
        ] {
            let trace = rounds(sequential, behavior);
            // The activity itself, and its three rounds.
            assert_eq!(count(&trace, "<a"), 4, "{trace}");
            assert_eq!(count(&trace, "<c"), heard);
            assert_eq!(count(&trace, "signal:news"), heard);
            assert_eq!(count(&trace, "<b"), 1);
        }
    }
}

#[test]
fn with_a_condition_what_interrupts_takes_the_rest_away() {
    let when = |condition: &str| Behavior::Complex(vec![(expr(condition), news())]);
    let trace = rounds(true, when("numberOfCompletedInstances = 2"));
    assert_eq!(
        (count(&trace, "<a"), count(&trace, "<c")),
        (3, 1),
        "{trace}"
    );
    assert_eq!(count(&trace, "<b"), 1);
    let trace = rounds(false, when("numberOfCompletedInstances = 1"));
    assert_eq!(
        (count(&trace, "<a"), count(&trace, "xa")),
        (2, 2),
        "{trace}"
    );
    let trace = rounds(true, when("false"));
    assert_eq!(
        (count(&trace, "<a"), count(&trace, "<c")),
        (4, 0),
        "{trace}"
    );
}

#[test]
fn what_the_rounds_give_is_gathered_in_their_order() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a")
        .each("a", false, None)
        .row("start a");
    if let Some(Repeat::Multi(multi)) = &mut build.at("a").repeat {
        multi.results = Some(Results {
            list: Name::from("answers"),
            element: expr("item * 10"),
        });
    }
    let (mut play, _) = Play::with(build, json!({"items": [1, 2, 3]}));
    for _ in 0..2 {
        play.complete("a");
        assert_eq!(
            play.field("answers"),
            json!(null),
            "not before all are done"
        );
    }
    play.complete("a");
    assert_eq!(play.field("answers"), json!([10, 20, 30]));
}
