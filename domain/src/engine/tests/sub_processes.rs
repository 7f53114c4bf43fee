use serde_json::json;

use super::build::{Build, after};
use super::play::Play;
use crate::bpmn::{Kind, Throw, Trigger};
use crate::value::Name;

fn nested() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inside("outer", |build| {
            build
                .start("begin")
                .inside("inner", |build| {
                    build
                        .start("first")
                        .tasks("work")
                        .end("last")
                        .row("first work last");
                })
                .end("done")
                .row("begin inner done");
        })
        .end("end")
        .row("start outer end");
    build
}

#[test]
fn a_sub_process_is_done_when_its_scope_is_empty() {
    let (mut play, trace) = Play::new(nested());
    assert_eq!(
        trace,
        ">start <start >outer [ >begin <begin >inner [ >first <first >work task:work"
    );
    assert_eq!(play.stands(), ["outer", "inner", "work"]);
    assert_eq!(
        play.complete("work"),
        "done:work <work >last <last ]inner <inner >done <done ]outer <outer >end <end ended:Completed"
    );
}

#[test]
fn a_boundary_around_takes_away_everything_inside() {
    let mut build = nested();
    build
        .boundary("late", "outer", true, after("PT1H"))
        .end("stopped")
        .row("late stopped");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.fire("late"),
        "clear:late gone:work xwork ]inner xinner ]outer xouter >late <late >stopped <stopped ended:Completed"
    );
}

#[test]
fn a_boundary_inside_touches_only_its_own_activity() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build
                .start("begin")
                .tasks("work")
                .boundary("late", "work", true, after("PT1H"))
                .tasks("instead")
                .row("begin work")
                .row("late instead");
        })
        .tasks("next")
        .row("start sub next");
    let (mut play, _) = Play::new(build);
    play.fire("late");
    assert_eq!(play.stands(), ["sub", "instead"]);
    assert_eq!(
        play.complete("instead"),
        "done:instead <instead ]sub <sub >next task:next"
    );
}

#[test]
fn a_boundary_that_does_not_interrupt_runs_beside_the_sub_process() {
    let mut build = nested();
    build
        .boundary("late", "outer", false, after("PT1H"))
        .tasks("remind")
        .row("late remind");
    let (mut play, _) = Play::new(build);
    play.fire("late");
    assert_eq!(play.stands(), ["outer", "inner", "work", "remind"]);
    play.complete("work");
    assert!(!play.is_over());
    play.complete("remind");
    assert!(play.is_over());
}

#[test]
fn terminate_ends_its_own_scope_and_the_sub_process_goes_on_normally() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build.start("begin").parallel("fork").tasks("a b");
            build.add("stop", Kind::End(Throw::Terminate));
            build.row("begin fork a stop").row("fork b");
        })
        .tasks("next")
        .row("start sub next");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.complete("a"),
        "done:a <a >stop gone:b xb <stop ]sub <sub >next task:next"
    );
}

#[test]
fn terminate_at_the_top_ends_the_instance_with_all_scopes() {
    let mut build = nested();
    build.parallel("fork").tasks("a");
    build.add("stop", Kind::End(Throw::Terminate));
    build.at("start").outgoing.clear();
    build.row("start fork outer").row("fork a stop");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.complete("a"),
        "done:a <a >stop gone:work xwork ]inner xinner ]outer xouter <stop ended:Completed"
    );
}

#[test]
fn an_error_goes_outward_to_the_nearest_that_catches_it() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("outer", |build| {
            build
                .start("begin")
                .inside("inner", |build| {
                    build.start("first");
                    build.add("fail", Kind::End(Throw::Error(Name::from("E1"))));
                    build.row("first fail");
                })
                .boundary(
                    "other",
                    "inner",
                    true,
                    Trigger::Error(Some(Name::from("E2"))),
                )
                .row("begin inner");
        })
        .boundary("caught", "outer", true, Trigger::Error(None))
        .tasks("repair")
        .row("start outer")
        .row("caught repair");
    let (_, trace) = Play::new(build);
    assert!(
        trace.ends_with(
            ">fail <fail ]inner xinner ]outer xouter >caught <caught >repair task:repair"
        ),
        "{trace}"
    );
}

#[test]
fn an_empty_sub_process_is_passed_through() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |_| {})
        .end("end")
        .row("start sub end");
    let (_, trace) = Play::new(build);
    assert_eq!(
        trace,
        ">start <start >sub [ ]sub <sub >end <end ended:Completed"
    );
}

#[test]
fn a_sub_process_that_cannot_begin_is_an_incident() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build.add("when", Kind::Start(after("P1D")));
        })
        .row("start sub");
    let (play, trace) = Play::new(build);
    assert!(
        trace.ends_with("!sub: the sub-process has no none start event"),
        "{trace}"
    );
    assert_eq!(play.stands(), ["sub"]);
}

#[test]
fn fields_are_written_where_they_are_and_new_ones_to_the_instance() {
    let (mut play, _) = Play::with(nested(), json!({"days": 1}));
    play.complete_with("work", json!({"days": 2, "note": "x"}))
        .unwrap();
    assert_eq!(play.field("days"), json!(2));
    assert_eq!(play.field("note"), json!("x"));
}

#[test]
fn two_rounds_through_a_sub_process_are_two_scopes() {
    let mut build = Build::new();
    build
        .start("start")
        .exclusive("merge")
        .parallel("fork")
        .inside("sub", |build| {
            build.start("begin").tasks("work").row("begin work");
        })
        .row("start fork merge sub")
        .row("fork merge");
    let (mut play, _) = Play::new(build);
    assert_eq!(play.instance.scopes.len(), 2);
    play.complete("work");
    assert_eq!(play.instance.scopes.len(), 1);
    play.complete("work");
    assert!(play.is_over());
}
