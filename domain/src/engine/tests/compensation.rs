use serde_json::json;

use super::build::{Build, after, set};
use super::play::Play;
use crate::bpmn::{Kind, Throw, Trigger};
use crate::value::Name;

/// `start → a → b → throw → end`, where `a` and `b` are compensated by tasks.
fn booked(activity: Option<&str>) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a b")
        .undo("undo-a", "a")
        .undo("undo-b", "b")
        .compensate("throw", activity)
        .end("end")
        .row("start a b throw end");
    build
}

#[test]
fn what_is_done_is_undone_the_last_first_and_then_the_token_goes_on() {
    let (mut play, _) = Play::new(booked(None));
    assert_eq!(play.complete("a"), "done:a +a <a >b task:b");
    assert_eq!(
        play.complete("b"),
        "done:b +b <b >throw [ Thrown:2 >undo-b undo:b task:undo-b"
    );
    assert_eq!(play.stands(), ["throw", "undo-b"]);
    assert_eq!(
        play.complete("undo-b"),
        "done:undo-b <undo-b >undo-a undo:a task:undo-a"
    );
    assert_eq!(
        play.complete("undo-a"),
        "done:undo-a <undo-a ]throw <throw >end <end ended:Completed"
    );
}

#[test]
fn one_activity_by_name_leaves_the_others() {
    let (mut play, _) = Play::new(booked(Some("a")));
    play.complete("a");
    assert_eq!(
        play.complete("b"),
        "done:b +b <b >throw [ Thrown:1 >undo-a undo:a task:undo-a"
    );
    play.complete("undo-a");
    assert!(play.is_over());
}

#[test]
fn what_is_not_done_is_not_undone() {
    let mut build = booked(Some("b"));
    build
        .parallel("fork")
        .row("start fork a")
        .compensate("early", None)
        .row("fork early");
    let (play, trace) = Play::new(build);
    assert_eq!(
        trace,
        ">start <start >a >fork task:a <fork >a >early task:a <early"
    );
    assert_eq!(play.stands(), ["a", "a"]);
}

#[test]
fn an_activity_is_undone_once_for_each_time_that_it_was_done() {
    let mut build = Build::new();
    build
        .start("start")
        .exclusive("again")
        .pass("a")
        .assign("count", "n", "n + 1")
        .exclusive("more")
        .undo("undo-a", "a")
        .compensate("throw", None)
        .compensate("twice", None)
        .end("end")
        .row("start again a count more")
        .when("more", "again", "n < 3")
        .otherwise("more", "throw")
        .row("throw twice end");
    let (mut play, trace) = Play::with(build, json!({"n": 0}));
    assert!(trace.ends_with("Thrown:3 >undo-a undo:a task:undo-a"));
    play.complete("undo-a");
    play.complete("undo-a");
    assert_eq!(
        play.complete("undo-a"),
        "done:undo-a <undo-a ]throw <throw >twice <twice >end <end ended:Completed"
    );
}

#[test]
fn a_throw_that_does_not_wait_goes_on_beside_what_it_undoes() {
    let mut build = booked(None);
    let kind = Kind::Throw(Throw::Compensate {
        activity: None,
        wait: false,
    });
    build.at("throw").kind = kind;
    build.tasks("next");
    build.process.flows[3].target = build.ix("next");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    let trace = play.complete("b");
    assert_eq!(
        trace,
        "done:b +b <b >throw >next [ Thrown:2 task:next >undo-b undo:b task:undo-b"
    );
    play.complete("next");
    play.complete("undo-b");
    assert_eq!(
        play.complete("undo-a"),
        "done:undo-a <undo-a ]throw <throw ended:Completed"
    );
}

#[test]
fn an_end_event_compensates_before_its_scope_is_done() {
    let mut build = booked(None);
    build.at("throw").kind = Kind::End(Throw::Compensate {
        activity: None,
        wait: true,
    });
    build.process.flows.pop();
    build.at("throw").outgoing.clear();
    let (mut play, _) = Play::new(build);
    for id in ["a", "b", "undo-b"] {
        play.complete(id);
    }
    assert_eq!(
        play.complete("undo-a"),
        "done:undo-a <undo-a ]throw <throw ended:Completed"
    );
}

/// A sub-process of two tasks, that is undone after it is done.
fn trip() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inside("trip", |build| {
            build
                .start("begin")
                .tasks("a b")
                .undo("undo-a", "a")
                .undo("undo-b", "b")
                .row("begin a b");
        })
        .compensate("throw", None)
        .end("end")
        .row("start trip throw end");
    build
}

#[test]
fn a_completed_sub_process_is_undone_from_the_inside_the_last_first() {
    let (mut play, _) = Play::new(trip());
    play.complete("a");
    assert_eq!(
        play.complete("b"),
        "done:b +b <b +trip ]trip <trip >throw [ Thrown:1 >trip [ undo:trip Inside:2 >undo-b undo:b task:undo-b"
    );
    assert_eq!(play.stands(), ["throw", "trip", "undo-b"]);
    play.complete("undo-b");
    assert_eq!(
        play.complete("undo-a"),
        "done:undo-a <undo-a ]trip <trip ]throw <throw >end <end ended:Completed"
    );
}

#[test]
fn a_handler_at_the_border_takes_the_place_of_those_inside() {
    let mut build = trip();
    build.undo("undo-trip", "trip");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert_eq!(
        play.complete("b"),
        "done:b +b <b +trip ]trip <trip >throw [ Thrown:1 >undo-trip undo:trip task:undo-trip"
    );
    assert!(play.instance.compensable.is_empty());
    play.complete("undo-trip");
    assert!(play.is_over());
}

#[test]
fn a_compensation_event_sub_process_takes_over_and_may_have_those_inside_undone() {
    let mut build = trip();
    let trip = build.ix("trip");
    build.within(trip, |build| {
        build.handler("handler", "when", (true, Trigger::Compensation), |build| {
            build
                .tasks("ask")
                .compensate("rest", Some("a"))
                .row("when ask rest");
        });
    });
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert_eq!(
        play.complete("b"),
        "done:b +b <b +trip ]trip <trip >throw [ Thrown:1 >trip [ undo:trip Inside:0 >handler [ >when <when >ask task:ask"
    );
    assert_eq!(
        play.complete("ask"),
        "done:ask <ask >rest [ Thrown:1 >undo-a undo:a task:undo-a"
    );
    assert_eq!(
        play.complete("undo-a"),
        "done:undo-a <undo-a ]rest <rest ]handler <handler ]trip <trip ]throw <throw >end <end ended:Completed"
    );
}

#[test]
fn rounds_are_undone_from_the_inside_with_the_fields_that_each_had() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("each", |build| {
            build
                .start("begin")
                .pass("a")
                .assign("undo-a", "log", "log + item")
                .undone_by("a", "undo-a")
                .row("begin a");
        })
        .compensate("throw", None)
        .end("end")
        .row("start each throw end");
    build.each("each", false, None);
    let (play, trace) = Play::with(build, json!({"items": ["x", "y", "z"], "log": ""}));
    assert!(trace.contains("+each ]each <each >throw"), "{trace}");
    assert!(play.is_over());
    assert_eq!(play.field("log"), json!("zyx"));
}

#[test]
fn what_hangs_at_the_border_of_rounds_undoes_all_of_them_at_once() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a")
        .undo("undo-a", "a")
        .compensate("throw", None)
        .end("end")
        .row("start a throw end");
    build.times("a", false, "2");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert!(
        play.complete("a")
            .ends_with("Thrown:1 >undo-a undo:a task:undo-a")
    );
    play.complete("undo-a");
    assert!(play.is_over());
}

#[test]
fn an_event_sub_process_has_what_is_done_around_it_undone() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("trip", |build| {
            build.start("begin").tasks("a").undo("undo-a", "a");
            build.add("fail", Kind::End(Throw::Error(Name::from("E"))));
            build.row("begin a fail").handler(
                "handler",
                "caught",
                (true, Trigger::Error(None)),
                |build| {
                    build.compensate("rest", None).row("caught rest");
                },
            );
        })
        .end("end")
        .row("start trip end");
    let trip = build.ix("trip");
    // By the name of the sub-process around it is the same.
    let mut named = Build::of(build.process.clone());
    named.at("rest").kind = Kind::Throw(Throw::Compensate {
        activity: Some(trip),
        wait: true,
    });
    for build in [build, named] {
        let (mut play, _) = Play::new(build);
        assert_eq!(
            play.complete("a"),
            "done:a +a <a >fail <fail >handler [ >caught <caught >rest [ Thrown:1 >undo-a undo:a task:undo-a"
        );
        play.complete("undo-a");
        assert!(play.is_over());
    }
}

#[test]
fn what_was_left_by_an_error_is_not_undone() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("trip", |build| {
            build.start("begin").tasks("a").undo("undo-a", "a");
            build.add("fail", Kind::End(Throw::Error(Name::from("E"))));
            build.row("begin a fail");
        })
        .boundary("caught", "trip", true, Trigger::Error(None))
        .compensate("throw", None)
        .row("caught throw")
        .row("start trip");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.complete("a"),
        "done:a +a <a >fail <fail ]trip xtrip >caught <caught >throw <throw ended:Completed"
    );
}

#[test]
fn an_error_that_a_handler_throws_passes_what_is_done_by() {
    let mut build = trip();
    let trip = build.ix("trip");
    build
        .boundary("never", "trip", true, Trigger::Error(None))
        .row("never end");
    build.within(trip, |build| {
        build
            .inside("undo", |build| {
                build.start("first");
                build.add("fail", Kind::End(Throw::Error(Name::from("E"))));
                build.row("first fail");
            })
            .undone_by("b", "undo");
    });
    let (mut play, _) = Play::new(build);
    play.complete("a");
    let trace = play.complete("b");
    assert!(
        trace.ends_with("!fail: nobody catches the error `E`"),
        "{trace}"
    );
    assert_eq!(play.stands(), ["throw", "trip", "undo", "fail"]);
}

#[test]
fn what_takes_the_thrower_away_leaves_the_rest_to_others() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("trip", |build| {
            build
                .start("begin")
                .tasks("a b")
                .undo("undo-a", "a")
                .undo("undo-b", "b")
                .compensate("throw", None)
                .row("begin a b throw")
                .handler("handler", "late", (true, after("PT1H")), |build| {
                    build.compensate("rest", None).row("late rest");
                });
        })
        .end("end")
        .row("start trip end");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    play.complete("b");
    assert_eq!(
        play.fire("late"),
        "clear:late gone:undo-b xundo-b ]throw xthrow >handler [ >late <late >rest [ Thrown:1 >undo-a undo:a task:undo-a"
    );
    play.complete("undo-a");
    assert!(play.is_over());
}

#[test]
fn a_handler_works_on_the_data_as_it_is_now() {
    let mut build = Build::new();
    build
        .start("start")
        .assign("a", "booked", "1")
        .assign("undo-a", "booked", "booked - 1")
        .undone_by("a", "undo-a")
        .assign("b", "booked", "booked + 10")
        .compensate("throw", None)
        .end("end")
        .row("start a b throw end");
    build.at("throw").outputs.push(set("done", "true"));
    let (play, trace) = Play::new(build);
    assert!(play.is_over(), "{trace}");
    assert_eq!(
        (play.field("booked"), play.field("done")),
        (json!(10), json!(true))
    );
}
