use serde_json::json;

use super::build::{Build, after, literal, message, readers};
use super::play::{Play, administrator};
use crate::access::Principal;
use crate::bpmn::{Kind, MessageWait, Throw, Timer, Trigger};
use crate::engine::command::Command;
use crate::value::{Name, Value};

/// `start → work → end` with an event sub-process of one task, in the process itself.
fn at_the_top(interrupting: bool, trigger: Trigger) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("work")
        .end("end")
        .row("start work end")
        .handler("handler", "when", (interrupting, trigger), |build| {
            build.tasks("help").row("when help");
        });
    build
}

/// The same inside of a sub-process with a task behind it.
fn inside(interrupting: bool, trigger: Trigger) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build
                .start("begin")
                .tasks("work")
                .row("begin work")
                .handler("handler", "when", (interrupting, trigger), |build| {
                    build.tasks("help").row("when help");
                });
        })
        .tasks("next")
        .row("start sub next");
    build
}

fn ping() -> Trigger {
    Trigger::Message(message("ping"))
}

fn error(code: &str) -> Trigger {
    Trigger::Error(Some(Name::from(code)))
}

#[test]
fn an_event_sub_process_is_armed_with_the_instance_and_over_with_it() {
    let (mut play, trace) = Play::new(at_the_top(true, after("PT1H")));
    assert_eq!(trace, "timer:when >start <start >work task:work");
    assert_eq!(
        play.complete("work"),
        "done:work <work >end <end clear:when ended:Completed"
    );
}

#[test]
fn an_interrupting_timer_takes_everything_else_away() {
    let (mut play, _) = Play::new(at_the_top(true, after("PT1H")));
    assert_eq!(
        play.fire("when"),
        "clear:when gone:work xwork >handler [ >when <when >help task:help"
    );
    assert_eq!(play.stands(), ["handler", "help"]);
    assert_eq!(
        play.complete("help"),
        "done:help <help ]handler <handler ended:Completed"
    );
}

#[test]
fn one_that_does_not_interrupt_runs_beside_the_flow_and_keeps_the_scope_open() {
    let (mut play, _) = Play::new(at_the_top(false, ping()));
    for _ in 0..2 {
        assert_eq!(
            play.message("ping").unwrap(),
            ">handler [ >when <when >help task:help"
        );
    }
    assert_eq!(play.complete("work"), "done:work <work >end <end");
    play.complete("help");
    assert_eq!(
        play.complete("help"),
        "done:help <help ]handler <handler unwait:when ended:Completed"
    );
}

#[test]
fn an_interrupting_one_ends_its_sub_process_normally() {
    let (mut play, trace) = Play::new(inside(true, ping()));
    assert!(trace.contains("[ wait:ping >begin"), "{trace}");
    assert_eq!(
        play.message("ping").unwrap(),
        "gone:work xwork unwait:when >handler [ >when <when >help task:help"
    );
    assert!(play.message("ping").is_err());
    assert_eq!(
        play.complete("help"),
        "done:help <help ]handler <handler ]sub <sub >next task:next"
    );
}

#[test]
fn nothing_is_waited_for_behind_the_sub_process() {
    let (mut play, _) = Play::new(inside(false, ping()));
    assert_eq!(
        play.complete("work"),
        "done:work <work unwait:when ]sub <sub >next task:next"
    );
    assert!(play.message("ping").is_err());
}

#[test]
fn a_cycle_begins_it_as_often_as_it_says() {
    let cycle = Trigger::Timer(Timer::Cycle(literal("R2/PT1H")));
    for build in [
        at_the_top(false, cycle.clone()),
        inside(false, cycle.clone()),
    ] {
        let (mut play, _) = Play::new(build);
        let trace = play.fire("when");
        assert!(
            trace.starts_with("clear:when timer:when >handler"),
            "{trace}"
        );
        assert!(play.fire("when").starts_with("clear:when >handler"));
        assert!(play.instance.timers.is_empty());
        assert_eq!(play.instance.open_tasks().count(), 3);
    }
}

/// A sub-process that fails, with an event sub-process inside and a border around that catch.
fn failing(inside: Trigger, border: Option<Trigger>) -> Build {
    let mut build = Build::new();
    build.start("start").inside("sub", |build| {
        build.start("begin").parallel("fork").tasks("work other");
        build.add("fail", Kind::End(Throw::Error(Name::from("E1"))));
        build.row("begin fork work fail").row("fork other").handler(
            "handler",
            "when",
            (true, inside),
            |build| {
                build.tasks("help").row("when help");
            },
        );
    });
    build.tasks("next").row("start sub next");
    if let Some(border) = border {
        build
            .boundary("border", "sub", true, border)
            .tasks("repair")
            .row("border repair");
    }
    build
}

#[test]
fn an_error_is_caught_inside_before_the_border() {
    let (mut play, _) = Play::new(failing(error("E1"), Some(error("E1"))));
    assert_eq!(
        play.complete("work"),
        "done:work <work >fail <fail gone:other xother >handler [ >when <when >help task:help"
    );
    assert_eq!(
        play.complete("help"),
        "done:help <help ]handler <handler ]sub <sub >next task:next"
    );
}

#[test]
fn an_error_of_another_code_goes_on_to_the_border() {
    let (mut play, _) = Play::new(failing(error("E2"), Some(error("E1"))));
    let trace = play.complete("work");
    assert!(
        trace.ends_with("xsub >border <border >repair task:repair"),
        "{trace}"
    );
}

#[test]
fn an_error_of_its_own_goes_outward() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build.start("begin");
            build.add("fail", Kind::End(Throw::Error(Name::from("E1"))));
            build.row("begin fail").handler(
                "handler",
                "when",
                (true, Trigger::Error(None)),
                |build| {
                    build.add("again", Kind::End(Throw::Error(Name::from("E2"))));
                    build.row("when again");
                },
            );
            // It would catch the second error; but the first has interrupted what it stands in.
            build.handler("second", "also", (true, error("E2")), |_| {});
        })
        .boundary("border", "sub", true, error("E2"))
        .tasks("repair")
        .row("start sub")
        .row("border repair");
    let (play, trace) = Play::new(build);
    assert_eq!(play.stands(), ["repair"], "{trace}");
}

#[test]
fn an_error_at_the_top_is_caught_at_the_top() {
    let mut build = at_the_top(true, Trigger::Error(None));
    build.add("fail", Kind::End(Throw::Error(Name::from("E1"))));
    build.at("work").outgoing.clear();
    build.row("work fail");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.complete("work"),
        "done:work <work >fail <fail >handler [ >when <when >help task:help"
    );
}

#[test]
fn an_escalation_is_heard_inside_and_its_thrower_goes_on() {
    let escalation = || Throw::Escalation(Name::from("E1"));
    let mut build = Build::new();
    build.start("start");
    build.add("tell", Kind::Throw(escalation()));
    build.tasks("work").row("start tell work");
    build.handler(
        "handler",
        "when",
        (false, Trigger::Escalation(None)),
        |build| {
            // What it throws itself, it does not hear.
            build.add("told", Kind::End(escalation()));
            build.row("when told");
        },
    );
    let (mut play, trace) = Play::new(build);
    assert_eq!(
        trace,
        ">start <start >tell >handler <tell >work [ >when task:work <when >told <told ]handler <handler"
    );
    play.complete("work");
    assert!(play.is_over());
}

#[test]
fn an_escalation_that_interrupts_ends_its_thrower() {
    let mut build = Build::new();
    build.start("start").parallel("fork").tasks("work");
    build.add("tell", Kind::End(Throw::Escalation(Name::from("E1"))));
    build.row("start fork work").row("fork tell");
    build.handler(
        "handler",
        "when",
        (true, Trigger::Escalation(None)),
        |build| {
            build.tasks("help").row("when help");
        },
    );
    let (play, _) = Play::new(build);
    assert_eq!(play.stands(), ["handler", "help"]);
}

#[test]
fn a_boundary_around_takes_the_event_sub_process_away() {
    let mut build = inside(false, ping());
    build.boundary("late", "sub", true, after("PT1H"));
    let (mut play, _) = Play::new(build);
    play.message("ping").unwrap();
    assert_eq!(
        play.fire("late"),
        "clear:late gone:work xwork gone:help xhelp ]handler xhandler ]sub unwait:when xsub >late <late ended:Completed"
    );
}

#[test]
fn an_event_sub_process_inside_another_waits_while_that_runs() {
    let mut build = Build::new();
    build.start("start").tasks("work").row("start work");
    build.handler("outer", "first", (true, ping()), |build| {
        build.tasks("help").row("first help");
        build.handler(
            "inner",
            "second",
            (true, Trigger::Message(message("pong"))),
            |build| {
                build.tasks("deep").row("second deep");
            },
        );
    });
    let (mut play, _) = Play::new(build);
    assert!(play.message("pong").is_err());
    play.message("ping").unwrap();
    play.message("pong").unwrap();
    assert_eq!(play.stands(), ["outer", "inner", "deep"]);
    play.complete("deep");
    assert!(play.is_over());
}

#[test]
fn who_could_read_what_was_taken_away_reads_on() {
    let mut build = at_the_top(true, after("PT1H"));
    build.at("work").acl = readers(&["bob"]);
    let (mut play, _) = Play::new(build);
    play.fire("when");
    let lists = &play.instance.tokens.back().unwrap().lists;
    let bob = Principal::User(Name::from("bob"));
    assert!(lists.readers.as_ref().unwrap().contains(&bob));
}

#[test]
fn nothing_is_waited_for_when_the_instance_was_ended() {
    let (mut play, _) = Play::new(at_the_top(true, ping()));
    play.command(&Command::Terminate(&administrator())).unwrap();
    assert!(play.instance.waits.is_empty());
}

#[test]
fn what_comes_with_a_message_is_written_where_it_is_caught() {
    let (mut play, _) = Play::new(inside(false, ping()));
    let scope = play.instance.scopes[0].id;
    play.instance.scopes[0]
        .data
        .insert(Name::from("x"), Value::Bool(false));
    let wait = play.instance.waits[0].clone();
    assert_eq!(wait.token.0, scope.0);
    let ann = super::play::person("ann");
    let command = Command::Message {
        actor: &ann,
        name: Name::from("ping"),
        correlation: None,
        data: super::play::data(json!({"x": true})),
    };
    let events = play.judge(&command).unwrap();
    play.instance.apply(&events);
    let x = &play.instance.scopes[0].data["x"];
    assert_eq!(*x, Value::Bool(true));
}

#[test]
fn what_cannot_be_waited_for_holds_the_scope_before_it_begins() {
    let nobody = Trigger::Message(MessageWait {
        name: Name::from("ping"),
        correlation: Some(super::build::expr("order")),
    });
    let (play, trace) = Play::new(at_the_top(true, nobody.clone()));
    assert_eq!(
        trace,
        ">start !when: the correlation has no value: `order` is null"
    );
    assert_eq!(play.stands(), ["start"]);
    let (play, trace) = Play::new(inside(true, nobody));
    assert!(
        trace.ends_with(">sub !when: the correlation has no value: `order` is null"),
        "{trace}"
    );
    assert_eq!(play.stands(), ["sub"]);
}
