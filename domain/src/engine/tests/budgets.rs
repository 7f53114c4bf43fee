use serde_json::json;

use super::build::Build;
use super::play::Play;
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
    let text = "x".repeat(150_000);
    let mut build = growing("big");
    build.pass("unused");
    let (_, trace) = Play::with(build, json!({"big": "", "x": text}));
    let idle = trace.matches(">grow").count();
    let mut build = growing("if y = null then big else x");
    build.pass("unused");
    let (_, trace) = Play::with(build, json!({"big": "x".repeat(90_000), "x": ""}));
    let heavy = trace.matches(">grow").count();
    assert!(heavy * 5 < idle, "{heavy} rounds of {idle}");
}
