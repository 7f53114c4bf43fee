//! Which message is for which instance, and for which wait in it.

use serde_json::json;

use super::build::{Build, expr, for_ann, message, set};
use super::play::{Play, data, person, plain_start};
use crate::bpmn::{Correlation, Kind, Sent, Throw, Trigger};
use crate::engine::command::{Begin, Command, Rejection, Start};
use crate::value::{Name, Value};

fn by(message: &str, given: &str, asked: Option<&str>) -> Correlation {
    Correlation {
        message: Name::from(message),
        key: Name::from("order"),
        given: expr(given),
        asked: asked.map(expr),
    }
}

/// `start → paid → shipped → end`, each but the start a message that is waited for.
fn waiting(asked: Option<&str>) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .catch("paid", Trigger::Message(message("paid")))
        .catch("shipped", Trigger::Message(message("shipped")))
        .end("end")
        .row("start paid shipped end");
    build.process.correlations = vec![
        by("placed", "order.number", asked),
        by("paid", "number", asked),
        by("shipped", "number", asked),
    ];
    build
}

fn send(
    play: &mut Play,
    name: &str,
    named: Option<&str>,
    json: serde_json::Value,
) -> Result<String, Rejection> {
    play.command(&Command::Message {
        actor: &person("ann"),
        name: Name::from(name),
        correlation: named.map(Value::text),
        data: data(json),
    })
}

fn lost(name: &str) -> Result<String, Rejection> {
    Err(Rejection::NotWaiting(Name::from(name)))
}

#[test]
fn a_subscription_takes_the_message_that_gives_what_the_instance_asks_for() {
    let (mut play, trace) = Play::with(waiting(Some("mine")), json!({"mine": "A"}));
    assert!(trace.ends_with("wait:paid"), "{trace}");
    assert_eq!(play.instance.waits[0].correlation, Some(Value::text("A")));
    assert_eq!(
        send(&mut play, "paid", None, json!({"number": "B"})),
        lost("paid")
    );
    assert_eq!(send(&mut play, "paid", None, json!({})), lost("paid"));
    assert_eq!(send(&mut play, "paid", Some("B"), json!({})), lost("paid"));
    assert!(send(&mut play, "paid", None, json!({"number": "A"})).is_ok());
    assert!(
        send(&mut play, "shipped", Some("A"), json!({})).is_ok(),
        "named by the sender"
    );
    assert!(play.is_over());
}

#[test]
fn a_subscription_without_a_value_holds_its_token() {
    let (play, trace) = Play::new(waiting(Some("mine")));
    assert!(
        trace.contains("!paid: the correlation has no value: `mine` is null"),
        "{trace}"
    );
    assert_eq!(play.stands(), ["paid"]);
}

#[test]
fn the_first_message_of_a_conversation_says_what_the_others_are_told_apart_by() {
    let (mut play, _) = Play::new(waiting(None));
    assert_eq!(
        play.instance.waits[0].correlation, None,
        "nothing is known yet"
    );
    let trace = send(&mut play, "paid", None, json!({"number": "A"})).unwrap();
    assert!(trace.contains("key:order"), "{trace}");
    assert_eq!(play.instance.waits[0].correlation, Some(Value::text("A")));
    assert_eq!(
        send(&mut play, "shipped", None, json!({"number": "B"})),
        lost("shipped")
    );
    assert!(send(&mut play, "shipped", None, json!({"number": "A"})).is_ok());
    assert!(play.is_over());
}

#[test]
fn what_is_waited_for_already_asks_for_the_key_as_well() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .catch("paid", Trigger::Message(message("paid")))
        .catch("shipped", Trigger::Message(message("shipped")))
        .row("start fork paid")
        .row("fork shipped");
    build.process.correlations = vec![by("paid", "number", None), by("shipped", "number", None)];
    let (mut play, _) = Play::new(build);
    send(&mut play, "paid", None, json!({"number": "A"})).unwrap();
    assert_eq!(
        send(&mut play, "shipped", None, json!({"number": "B"})),
        lost("shipped")
    );
    assert!(send(&mut play, "shipped", None, json!({"number": "A"})).is_ok());
}

#[test]
fn a_message_that_begins_an_instance_is_the_first_of_its_conversation() {
    let mut build = waiting(None);
    build.at("start").kind = Kind::Start(Trigger::Message(message("placed")));
    let begin = Start {
        begin: Begin::Message(Name::from("placed")),
        data: data(json!({"order": {"number": "A"}})),
        ..plain_start()
    };
    let (mut play, _) = Play::start(build, &begin, &person("ann")).unwrap();
    assert_eq!(play.instance.waits[0].correlation, Some(Value::text("A")));
    assert_eq!(
        send(&mut play, "paid", None, json!({"number": "B"})),
        lost("paid")
    );
    assert!(send(&mut play, "paid", None, json!({"number": "A"})).is_ok());
}

#[test]
fn a_message_that_is_sent_names_what_the_model_reads_from_it_and_may_be_the_first() {
    let sent = Sent {
        name: Name::from("placed"),
        correlation: None,
        fields: vec![set("order", "{\"number\": mine}")],
    };
    let mut build = Build::new();
    build.start("start");
    build.add("place", Kind::Throw(Throw::Message(sent)));
    build
        .catch("paid", Trigger::Message(message("paid")))
        .user_task("a", for_ann())
        .row("start place paid a");
    build.process.correlations = vec![
        by("placed", "order.number", None),
        by("paid", "number", None),
    ];
    let (mut play, trace) = Play::with(build, json!({"mine": "A"}));
    assert!(trace.contains("key:order"), "{trace}");
    assert_eq!(
        send(&mut play, "paid", None, json!({"number": "B"})),
        lost("paid")
    );
    assert!(send(&mut play, "paid", None, json!({"number": "A"})).is_ok());
    assert_eq!(play.stands(), ["a"]);
}
