use serde_json::json;

use super::build::{Build, message};
use super::play::{Play, at, data, person, plain_start};
use crate::bpmn::Trigger;
use crate::engine::command::{Fresh, Known, Start, Starter};
use crate::engine::event::Event;
use crate::engine::instance::{Instance, InstanceState};
use crate::engine::start;
use crate::value::{self, MAX_BYTES, MAX_DEPTH};

#[test]
fn a_model_that_spins_in_place_gets_an_incident() {
    let mut build = Build::new();
    build.start("start").exclusive("a b").row("start a b a");
    let (play, trace) = Play::new(build);
    assert!(trace.ends_with("the run did not come to rest in 10000 steps"));
    assert_eq!(play.instance.tokens.len(), 1);
    assert_eq!(play.instance.incidents.len(), 1);
}

#[test]
fn a_model_that_multiplies_in_place_gets_incidents() {
    let mut build = Build::new();
    build
        .start("start")
        .exclusive("merge")
        .parallel("fork")
        .row("start merge fork merge")
        .row("fork merge");
    let (play, _) = Play::new(build);
    assert_eq!(play.instance.tokens.len(), play.instance.incidents.len());
    assert!(play.instance.tokens.len() < 10_000);
}

#[test]
fn a_model_that_multiplies_with_every_command_is_stopped_by_its_tokens() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a")
        .boundary("more", "a", false, Trigger::Message(message("more")))
        .parallel("fork")
        .catch("wait", Trigger::Message(message("never")))
        .row("start a")
        .row("more fork");
    for _ in 0..3_000 {
        build.row("fork wait");
    }
    let (mut play, _) = Play::new(build);
    for _ in 0..6 {
        play.message("more").unwrap();
    }
    assert!(play.instance.tokens.len() < 13_100);
    let last = play.instance.incidents.last().unwrap();
    assert_eq!(last.message, "the instance has more than 10000 tokens");
}

fn growing(value: &str) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .exclusive("again")
        .assign("grow", "x", value)
        .row("start again grow again");
    build
}

#[test]
fn data_that_grows_in_a_loop_stops_at_its_bounds() {
    let text = "x".repeat(1_000);
    let (play, trace) = Play::with(growing("x + x"), json!({"x": text}));
    assert!(trace.contains("!grow: "), "{}", &trace[trace.len() - 200..]);
    assert!(value::bytes(&play.instance.data) <= MAX_BYTES);
}

#[test]
fn data_that_nests_in_a_loop_stops_at_its_bounds() {
    let (play, trace) = Play::with(growing("[x]"), json!({"x": 1}));
    let rounds = trace.matches(" x=").count();
    assert!((MAX_DEPTH - 2..=MAX_DEPTH).contains(&rounds), "{rounds}");
    assert_eq!(play.stands(), ["grow"]);
}

#[test]
fn writing_much_in_a_loop_uses_up_the_budget_sooner() {
    // Not on stage: replaying forty megabytes of events would take its time.
    let rounds = |size: usize| {
        let begin = Start {
            data: data(json!({"big": "y".repeat(size)})),
            ..plain_start()
        };
        let process = growing("big").process;
        let (_, events) = start(
            &process,
            &begin,
            Starter::Person(&person("ann")),
            &mut Fresh {
                now: at("2026-01-01T12:00:00Z"),
                id: &mut || uuid::Uuid::nil(),
                known: &Known::default(),
            },
        )
        .unwrap();
        let written = |event: &&Event| matches!(event, Event::DataSet { .. });
        events.iter().filter(written).count()
    };
    let (idle, heavy) = (rounds(10), rounds(90_000));
    assert!(heavy * 10 < idle, "{heavy} rounds of {idle}");
}

/// Ten thousand branches that meet again: what a join costs must not grow with their third power.
#[test]
fn very_many_branches_join() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork join")
        .end("over")
        .row("start fork")
        .row("join over");
    for _ in 0..9_900 {
        build.row("fork join");
    }
    let (play, _) = started(build);
    assert_eq!(play.state, InstanceState::Completed);
}

/// Each round is cheap in steps of the run and dear in steps of the expression: both are counted.
#[test]
fn a_loop_that_thinks_much_stops_soon() {
    let bomb = "every i in 1..9000 satisfies i > 0";
    let mut build = Build::new();
    build
        .start("start")
        .exclusive("again")
        .assign("think", "x", bomb)
        .row("start again think again");
    let (play, events) = started(build);
    assert_eq!(play.incidents.len(), 1);
    assert!(events.len() < 1_000, "{} events", events.len());
}

/// The instance after a start that is not played on stage: replaying it event by event would take its time.
fn started(build: Build) -> (Instance, Vec<Event>) {
    let (mut instance, events) = start(
        &build.process,
        &plain_start(),
        Starter::Person(&person("ann")),
        &mut Fresh {
            now: at("2026-01-01T12:00:00Z"),
            id: &mut || uuid::Uuid::nil(),
            known: &Known::default(),
        },
    )
    .unwrap();
    instance.apply(&events);
    (instance, events)
}
