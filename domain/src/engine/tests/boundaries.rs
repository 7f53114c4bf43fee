use super::build::{Build, after, for_ann, literal, message, one_task};
use super::play::{Play, at};
use crate::bpmn::{Kind, Throw, Timer, Trigger};
use crate::value::Name;

fn with_border(interrupting: bool, trigger: Trigger) -> Build {
    let mut build = one_task(for_ann());
    build
        .boundary("late", "a", interrupting, trigger)
        .tasks("escalate")
        .row("late escalate end");
    build
}

fn cycle(text: &str) -> Trigger {
    Trigger::Timer(Timer::Cycle(literal(text)))
}

#[test]
fn an_interrupting_timer_takes_the_task_away() {
    let (mut play, _) = Play::new(with_border(true, after("PT2H")));
    assert_eq!(play.timer("late").due_at, at("2026-01-01T14:00:00Z"));
    assert_eq!(
        play.fire("late"),
        "clear:late gone:a xa >late <late >escalate task:escalate"
    );
}

#[test]
fn a_timer_that_does_not_interrupt_leaves_the_task() {
    let (mut play, _) = Play::new(with_border(false, after("PT2H")));
    assert_eq!(
        play.fire("late"),
        "clear:late >late <late >escalate task:escalate"
    );
    assert_eq!(play.complete("a"), "done:a <a >end <end");
    assert_eq!(
        play.complete("escalate"),
        "done:escalate <escalate >end <end ended:Completed"
    );
}

#[test]
fn a_cycle_repeats_as_often_as_it_says() {
    let (mut play, _) = Play::new(with_border(false, cycle("R3/PT1H")));
    for round in [1, 2] {
        let trace = play.fire("late");
        assert!(trace.starts_with("clear:late timer:late >late"), "{trace}");
        assert_eq!(play.timer("late").repeats, Some(2 - round));
    }
    assert_eq!(play.timer("late").due_at, at("2026-01-01T15:00:00Z"));
    assert!(play.fire("late").starts_with("clear:late >late"));
    assert!(play.instance.timers.is_empty());
}

#[test]
fn an_endless_cycle_ends_with_its_activity() {
    let (mut play, _) = Play::new(with_border(false, cycle("R/PT1H")));
    for _ in 0..10 {
        play.fire("late");
    }
    assert_eq!(play.now, at("2026-01-01T22:00:00Z"));
    assert_eq!(play.complete("a"), "done:a clear:late <a >end <end");
}

#[test]
fn a_cycle_that_interrupts_happens_once() {
    let (mut play, _) = Play::new(with_border(true, cycle("R3/PT1H")));
    let trace = play.fire("late");
    assert!(trace.starts_with("clear:late gone:a xa >late"), "{trace}");
    assert!(play.instance.timers.is_empty());
}

#[test]
fn a_message_that_does_not_interrupt_can_come_again() {
    let (mut play, _) = Play::new(with_border(false, Trigger::Message(message("ping"))));
    for _ in 0..2 {
        let trace = play.message("ping").unwrap();
        assert_eq!(trace, ">late <late >escalate task:escalate");
    }
    assert!(play.complete("a").starts_with("done:a unwait:late <a"));
}

#[test]
fn an_interrupting_message_takes_the_task_and_its_timers_away() {
    let mut build = with_border(true, Trigger::Message(message("cancel")));
    build.boundary("slow", "a", false, after("P1D"));
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.message("cancel").unwrap(),
        "gone:a clear:slow unwait:late xa >late <late >escalate task:escalate"
    );
}

fn throwing(caught: &[Option<&str>]) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build.start("begin").tasks("work other").parallel("fork");
            build.add("fail", Kind::End(Throw::Error(Name::from("E1"))));
            build.row("begin fork work fail").row("fork other");
        })
        .end("end")
        .row("start sub end");
    for (number, code) in caught.iter().enumerate() {
        let id = format!("catch{number}");
        build.boundary(&id, "sub", true, Trigger::Error(code.map(Name::from)));
        build.pass(&format!("handle{number}"));
        build.row(&format!("{id} handle{number}"));
    }
    build
}

#[test]
fn an_error_cancels_the_activity_and_goes_on_at_its_border() {
    let (mut play, _) = Play::new(throwing(&[Some("E1")]));
    assert_eq!(
        play.complete("work"),
        "done:work <work >fail <fail gone:other xother ]sub xsub >catch0 <catch0 >handle0 <handle0 ended:Completed"
    );
}

#[test]
fn the_boundary_that_names_the_code_goes_before_the_one_that_takes_all() {
    for (caught, taken) in [
        (vec![None, Some("E1")], "handle1"),
        (vec![Some("E2"), None], "handle1"),
        (vec![Some("E1"), None], "handle0"),
    ] {
        let (mut play, _) = Play::new(throwing(&caught));
        let trace = play.complete("work");
        assert!(trace.contains(&format!(">{taken}")), "{caught:?}: {trace}");
    }
}

#[test]
fn an_error_that_nobody_catches_holds_its_token() {
    for caught in [vec![], vec![Some("E2")]] {
        let (mut play, _) = Play::new(throwing(&caught));
        assert_eq!(
            play.complete("work"),
            "done:work <work >fail !fail: nobody catches the error `E1`"
        );
        assert_eq!(play.stands(), ["sub", "other", "fail"]);
    }
}

#[test]
fn an_error_at_the_top_holds_its_token() {
    let mut build = Build::new();
    build.start("start");
    build.add("fail", Kind::End(Throw::Error(Name::from("E1"))));
    build.row("start fail");
    let (play, trace) = Play::new(build);
    assert!(trace.ends_with("!fail: nobody catches the error `E1`"));
    assert!(!play.is_over());
}

#[test]
fn a_bad_timer_on_the_border_holds_the_activity_before_its_task() {
    let (play, trace) = Play::new(with_border(true, after("tomorrow")));
    assert_eq!(
        trace,
        ">start <start >a !late: `tomorrow` is no ISO 8601 duration"
    );
    assert!(play.instance.tasks.is_empty());
    assert_eq!(play.stands(), ["a"]);
}
