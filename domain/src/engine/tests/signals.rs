use serde_json::json;

use super::build::{Build, after, set};
use super::play::{Play, data, person, plain_start};
use crate::bpmn::{Kind, Sent, Throw, Trigger};
use crate::engine::command::{Begin, Command, Rejection, Start, Starter};
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::value::Name;

fn signal(name: &str) -> Trigger {
    Trigger::Signal(Name::from(name))
}

fn throws(name: &str, field: &str, value: &str) -> Throw {
    Throw::Signal(Sent {
        name: Name::from(name),
        correlation: None,
        fields: vec![set(field, value)],
    })
}

fn shout(name: &str) -> Throw {
    Throw::Signal(Sent {
        name: Name::from(name),
        correlation: None,
        fields: Vec::new(),
    })
}

fn heard(play: &mut Play, name: &str) -> Result<String, Rejection> {
    play.command(&Command::Signal {
        name: Name::from(name),
        data: data(json!({"by": "them"})),
    })
}

#[test]
fn a_signal_reaches_everything_that_waits_before_the_thrower_goes_on() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .catch("one", signal("news"))
        .catch("two", signal("news"))
        .catch("other", signal("weather"))
        .tasks("a")
        .pass("b");
    build.add("tell", Kind::Throw(throws("news", "text", "\"new\"")));
    build
        .row("start fork one")
        .row("fork two")
        .row("fork other")
        .row("fork a tell b");
    let (mut play, trace) = Play::new(build);
    assert!(trace.ends_with("hear:news hear:news hear:weather task:a"));
    assert_eq!(
        play.complete("a"),
        "done:a <a >tell text=\"new\" unhear:one <one text=\"new\" unhear:two <two signal:news <tell >b <b"
    );
    assert_eq!(play.stands(), ["other"]);
    let told = play.events().find_map(|event| match event {
        Event::Asked(Effect::Signal { data, .. }) => Some(data.clone()),
        _ => None,
    });
    assert_eq!(told, Some(data(json!({"text": "new"}))));
}

#[test]
fn a_signal_from_elsewhere_is_heard_by_all_and_refused_where_nothing_waits() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .catch("one", signal("news"))
        .catch("two", signal("news"))
        .row("start fork one")
        .row("fork two");
    let (mut play, _) = Play::new(build);
    let deaf = heard(&mut play, "weather");
    assert_eq!(deaf, Err(Rejection::NotWaiting(Name::from("weather"))));
    assert_eq!(
        heard(&mut play, "news").unwrap(),
        "by=\"them\" unhear:one <one by=\"them\" unhear:two <two ended:Completed"
    );
    assert_eq!(heard(&mut play, "news"), Err(Rejection::Ended));
}

#[test]
fn a_signal_end_event_tells_and_ends_its_token() {
    let mut build = Build::new();
    build.start("start");
    build.add("end", Kind::End(shout("news")));
    build.row("start end");
    let (_, trace) = Play::new(build);
    assert_eq!(trace, ">start <start >end signal:news <end ended:Completed");
}

/// A sub-process that throws between two tasks, with a boundary event.
fn around(interrupting: bool) -> Build {
    let mut build = Build::new();
    build.start("start").inside("sub", |inner| {
        inner.start("in").pass("b");
        inner.add("tell", Kind::Throw(shout("news")));
        inner.row("in tell b");
    });
    build
        .boundary("edge", "sub", interrupting, signal("news"))
        .pass("c")
        .row("start sub")
        .row("edge c");
    build
}

#[test]
fn what_interrupts_the_thrower_takes_it_away() {
    let (_, trace) = Play::new(around(true));
    assert!(
        trace
            .ends_with("xtell ]sub unhear:edge xsub >edge signal:news <edge >c <c ended:Completed"),
        "{trace}"
    );
}

#[test]
fn what_does_not_interrupt_hears_every_time() {
    let mut build = around(false);
    let sub = build.ix("sub");
    build.within(sub, |inner| {
        inner.add("again", Kind::Throw(shout("news")));
        inner.row("b again");
    });
    let (play, trace) = Play::new(build);
    assert_eq!(trace.matches("<c").count(), 2, "{trace}");
    assert_eq!(trace.matches("<b").count(), 1);
    assert!(play.is_over());
}

#[test]
fn an_event_sub_process_hears_a_signal() {
    for interrupting in [true, false] {
        let mut build = Build::new();
        build
            .start("start")
            .tasks("a")
            .handler("on", "heard", (interrupting, signal("news")), |inner| {
                inner.pass("b").row("heard b");
            })
            .row("start a");
        let (mut play, trace) = Play::new(build);
        assert_eq!(trace, "hear:news >start <start >a task:a");
        let trace = heard(&mut play, "news").unwrap();
        match interrupting {
            true => assert_eq!(
                trace,
                "by=\"them\" gone:a xa unhear:heard >on [ >heard <heard >b <b ]on <on ended:Completed"
            ),
            false => {
                assert_eq!(trace, "by=\"them\" >on [ >heard <heard >b <b ]on <on");
                assert_eq!(heard(&mut play, "news").unwrap(), trace);
            }
        }
    }
}

#[test]
fn of_several_events_the_signal_that_comes_first_takes_its_way() {
    let mut build = Build::new();
    build.start("start");
    build.add("first", Kind::EventBased);
    build
        .catch("news", signal("news"))
        .catch("late", after("P1D"))
        .row("start first news")
        .row("first late");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        heard(&mut play, "news").unwrap(),
        "by=\"them\" clear:late unhear:news <first >news <news ended:Completed"
    );
}

#[test]
fn a_signal_begins_at_its_own_start_event() {
    let build = || {
        let mut build = Build::new();
        build.start("start").pass("a").row("start a");
        build.add("told", Kind::Start(signal("news")));
        build.pass("b").row("told b");
        build
    };
    let begin = |name: &str| Start {
        begin: Begin::Signal(Name::from(name)),
        ..plain_start()
    };
    let (_, trace) = Play::start_by(build(), &begin("news"), Starter::System).unwrap();
    assert_eq!(trace, ">told <told >b <b ended:Completed");
    let deaf = Play::start_by(build(), &begin("weather"), Starter::System);
    assert_eq!(deaf.map(|_| ()), Err(Rejection::NoStart));
    let (_, plain) = Play::start(build(), &plain_start(), &person("ann")).unwrap();
    assert_eq!(plain, ">start <start >a <a ended:Completed");
}

#[test]
fn a_field_without_a_value_holds_the_thrower() {
    let mut build = Build::new();
    build.start("start");
    build.add("tell", Kind::Throw(throws("news", "text", "x * x")));
    build.row("start tell");
    let (play, trace) = Play::with(build, json!({"x": 1e20}));
    assert!(trace.contains("!tell: `text` has no value"), "{trace}");
    assert!(!trace.contains("signal:"));
    assert_eq!(play.stands(), ["tell"]);
}

#[test]
fn who_throws_waits_for_those_who_are_on_their_way_to_where_they_catch() {
    let mut build = Build::new();
    build.start("start").parallel("fork");
    build.add("tell", Kind::Throw(shout("news")));
    build
        .pass("a")
        .pass("b")
        .catch("c", signal("news"))
        .row("start fork tell")
        .row("fork a b c");
    let (play, trace) = Play::new(build);
    assert!(
        trace.ends_with("hear:news unhear:c <c signal:news <tell ended:Completed"),
        "{trace}"
    );
    assert!(play.is_over());
}
