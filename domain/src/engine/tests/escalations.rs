use super::build::Build;
use super::play::Play;
use crate::bpmn::{Kind, Throw, Trigger};
use crate::value::Name;

fn escalation(code: &str) -> Throw {
    Throw::Escalation(Name::from(code))
}

fn caught(code: Option<&str>) -> Trigger {
    Trigger::Escalation(code.map(Name::from))
}

/// A sub-process that tells of `E1` on its way, and of `E2` at its end.
fn telling() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build.start("begin");
            build.add("tell", Kind::Throw(escalation("E1")));
            build.tasks("work");
            build.add("last", Kind::End(escalation("E2")));
            build.row("begin tell work last");
        })
        .end("end")
        .row("start sub end");
    build
}

#[test]
fn nobody_need_catch_an_escalation() {
    let (mut play, trace) = Play::new(telling());
    assert!(trace.ends_with(">tell <tell >work task:work"), "{trace}");
    assert_eq!(
        play.complete("work"),
        "done:work <work >last <last ]sub <sub >end <end ended:Completed"
    );
}

#[test]
fn an_escalation_that_does_not_interrupt_runs_beside_its_thrower() {
    let mut build = telling();
    build
        .boundary("hear", "sub", false, caught(Some("E1")))
        .tasks("help")
        .row("hear help");
    let (mut play, trace) = Play::new(build);
    assert!(
        trace.ends_with(">tell >hear <tell >work <hear >help task:work task:help"),
        "{trace}"
    );
    play.complete("work");
    assert_eq!(play.stands(), ["help"]);
    play.complete("help");
    assert!(play.is_over());
}

#[test]
fn an_escalation_that_interrupts_takes_its_thrower_away() {
    let mut build = telling();
    build
        .boundary("hear", "sub", true, caught(Some("E2")))
        .tasks("help")
        .row("hear help");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.complete("work"),
        "done:work <work >last <last ]sub xsub >hear <hear >help task:help"
    );
}

#[test]
fn an_escalation_passes_those_that_name_another_code() {
    let mut build = telling();
    build
        .boundary("other", "sub", true, caught(Some("E9")))
        .boundary("all", "sub", false, caught(None))
        .boundary("named", "sub", false, caught(Some("E1")))
        .tasks("x")
        .row("other x")
        .row("all x")
        .row("named x");
    let (mut play, trace) = Play::new(build);
    assert!(
        trace.contains(">named") && !trace.contains(">all"),
        "{trace}"
    );
    let trace = play.complete("work");
    assert!(
        trace.contains(">all") && !trace.contains(">named"),
        "{trace}"
    );
}

#[test]
fn an_escalation_goes_outward_and_an_error_boundary_does_not_hear_it() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("outer", |build| {
            build
                .start("first")
                .inside("inner", |build| {
                    build.start("begin");
                    build.add("tell", Kind::Throw(escalation("E1")));
                    build.row("begin tell");
                })
                .boundary("fault", "inner", true, Trigger::Error(None))
                .row("first inner");
        })
        .boundary("hear", "outer", true, caught(None))
        .tasks("help")
        .row("start outer")
        .row("hear help");
    let (play, trace) = Play::new(build);
    assert_eq!(play.stands(), ["help"]);
    assert!(
        trace.ends_with("<tell ]inner xinner ]outer xouter >hear <hear >help task:help"),
        "{trace}"
    );
}
