use serde_json::json;

use super::build::{Build, expr, message, set};
use super::play::{Play, data};
use crate::bpmn::{Kind, MessageWait, Sent, Throw, Trigger};
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::value::{Name, Value};

fn throws(name: &str, correlation: Option<&str>) -> Throw {
    Throw::Message(Sent {
        name: Name::from(name),
        correlation: correlation.map(expr),
        fields: vec![set("order", "number + 1")],
    })
}

fn waits(correlation: &str) -> Trigger {
    Trigger::Message(MessageWait {
        name: Name::from("order"),
        correlation: Some(expr(correlation)),
    })
}

#[test]
fn a_message_that_nothing_here_waits_for_is_for_another_instance() {
    let mut build = Build::new();
    build.start("start");
    build.add("send", Kind::Throw(throws("order", Some("order * 10"))));
    build.end("end").row("start send end");
    let (play, trace) = Play::with(build, json!({"number": 1}));
    assert_eq!(
        trace,
        "number=1 >start <start >send message:order <send >end <end ended:Completed"
    );
    let sent = play.events().find_map(|event| match event {
        Event::Asked(effect) => Some(effect.clone()),
        _ => None,
    });
    assert_eq!(
        sent,
        Some(Effect::Message {
            name: Name::from("order"),
            correlation: Some(Value::Number(20.into())),
            data: data(json!({"order": 2})),
        })
    );
}

#[test]
fn a_message_is_for_one_wait_of_the_same_instance_first() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .catch("one", Trigger::Message(message("order")))
        .catch("two", Trigger::Message(message("order")))
        .tasks("a");
    build.add("send", Kind::End(throws("order", None)));
    build
        .row("start fork one")
        .row("fork two")
        .row("fork a send");
    let (mut play, _) = Play::with(build, json!({"number": 1}));
    assert_eq!(
        play.complete("a"),
        "done:a <a >send order=2 unwait:one <one <send"
    );
    assert_eq!(play.stands(), ["two"]);
}

#[test]
fn a_message_goes_where_its_correlation_fits() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .catch("one", waits("1"))
        .catch("two", waits("2"))
        .tasks("a");
    build.add("send", Kind::Throw(throws("order", Some("order"))));
    build
        .row("start fork one")
        .row("fork two")
        .row("fork a send");
    let (mut play, _) = Play::with(build, json!({"number": 1}));
    play.complete("a");
    assert_eq!(play.stands(), ["one"]);
}
