use serde_json::json;

use super::build::{Build, after, expr, for_ann, literal, message, one_task};
use super::play::{Play, at, data, person};
use crate::bpmn::{Kind, MessageWait, Text, Timer, Trigger};
use crate::engine::command::{Command, Rejection};
use crate::ids::TimerId;
use crate::value::{Name, Value};

fn waiting(trigger: Trigger) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .catch("wait", trigger)
        .end("end")
        .row("start wait end");
    build
}

fn correlated() -> Build {
    waiting(Trigger::Message(MessageWait {
        name: Name::from("paid"),
        correlation: Some(expr("order")),
    }))
}

#[test]
fn a_timer_holds_the_flow_until_it_fires() {
    let (mut play, trace) = Play::new(waiting(after("PT90M")));
    assert_eq!(trace, ">start <start >wait timer:wait");
    assert_eq!(play.timer("wait").due_at, at("2026-01-01T13:30:00Z"));
    assert_eq!(
        play.fire("wait"),
        "clear:wait <wait >end <end ended:Completed"
    );
}

#[test]
fn a_date_may_come_from_the_data() {
    let by = || waiting(Trigger::Timer(Timer::Date(Text::Expr(expr("when")))));
    let (play, _) = Play::with(by(), json!({"when": "2026-05-01T08:00:00+02:00"}));
    assert_eq!(play.timer("wait").due_at, at("2026-05-01T06:00:00Z"));
    let computed = Text::Expr(expr("date and time(when) + duration(\"P1D\")"));
    let computed = waiting(Trigger::Timer(Timer::Date(computed)));
    let (play, _) = Play::with(computed, json!({"when": "2026-05-01T08:00:00+02:00"}));
    assert_eq!(play.timer("wait").due_at, at("2026-05-02T06:00:00Z"));
    let (_, trace) = Play::with(by(), json!({"when": "4711 secret"}));
    assert!(
        trace.ends_with("!wait: the value of `when` is no ISO 8601 date"),
        "an incident quotes the model, never data: {trace}"
    );
}

#[test]
fn a_catch_event_with_a_cycle_happens_at_its_first_moment() {
    let cycle = Trigger::Timer(Timer::Cycle(literal("R/PT1H")));
    let (mut play, _) = Play::new(waiting(cycle));
    play.fire("wait");
    assert!(play.is_over());
}

#[test]
fn a_cycle_that_is_over_before_it_begins_never_happens() {
    let cycle = Trigger::Timer(Timer::Cycle(literal("R/P1D/2026-01-01")));
    let (play, trace) = Play::new(waiting(cycle));
    assert!(trace.ends_with("!wait: the event can never happen"));
    assert_eq!(play.stands(), ["wait"]);
}

#[test]
fn a_timer_that_is_gone_is_refused() {
    let (mut play, _) = Play::new(waiting(after("PT1H")));
    let timer = play.timer("wait").id;
    play.advance(1);
    assert!(play.command(&Command::Fire(timer)).is_ok());
    assert_eq!(play.command(&Command::Fire(timer)), Err(Rejection::NoTimer));
    let unknown = TimerId(uuid::Uuid::nil());
    assert_eq!(
        play.command(&Command::Fire(unknown)),
        Err(Rejection::NoTimer)
    );
}

#[test]
fn a_message_brings_its_fields() {
    let (mut play, trace) = Play::new(waiting(Trigger::Message(message("paid"))));
    assert_eq!(trace, ">start <start >wait wait:paid");
    assert_eq!(
        play.message_with("paid", None, json!({"amount": 5}))
            .unwrap(),
        "amount=5 unwait:wait <wait >end <end ended:Completed"
    );
}

#[test]
fn a_message_that_nobody_waits_for_is_refused() {
    let (mut play, _) = Play::new(waiting(Trigger::Message(message("paid"))));
    assert_eq!(
        play.message("ordered"),
        Err(Rejection::NotWaiting(Name::from("ordered")))
    );
    play.message("paid").unwrap();
    assert_eq!(play.message("paid"), Err(Rejection::Ended));
}

#[test]
fn a_message_must_name_what_the_wait_asks_for() {
    let (mut play, _) = Play::with(correlated(), json!({"order": "A-7"}));
    let refused = Err(Rejection::NotWaiting(Name::from("paid")));
    assert_eq!(play.message("paid"), refused);
    let other = Some(Value::text("A-8"));
    assert_eq!(play.message_with("paid", other, json!({})), refused);
    let same = Some(Value::text("A-7"));
    assert!(play.message_with("paid", same, json!({})).is_ok());
}

#[test]
fn one_message_is_for_one_wait() {
    let mut build = Build::new();
    build
        .start("start")
        .catch("one", Trigger::Message(message("paid")))
        .catch("two", Trigger::Message(message("paid")))
        .row("start one")
        .row("start two");
    let (mut play, _) = Play::new(build);
    play.message("paid").unwrap();
    assert_eq!(play.stands(), ["two"]);
}

#[test]
fn who_may_not_write_sends_no_message() {
    let (mut play, _) = Play::new(waiting(Trigger::Message(message("paid"))));
    let by_bob = play.command(&Command::Message {
        actor: &person("bob"),
        name: Name::from("paid"),
        correlation: None,
        data: data(json!({})),
    });
    assert_eq!(by_bob, Err(Rejection::NotWriter));
}

#[test]
fn an_assignee_sends_messages_without_being_a_writer() {
    let mut build = one_task(for_ann());
    build.at("a").kind = Kind::UserTask(Box::new(crate::bpmn::UserTask {
        assignee: Some(literal("bob")),
        ..for_ann()
    }));
    build
        .boundary("stop", "a", true, Trigger::Message(message("stop")))
        .row("stop end");
    let (mut play, _) = Play::new(build);
    let by_bob = play.command(&Command::Message {
        actor: &person("bob"),
        name: Name::from("stop"),
        correlation: None,
        data: data(json!({})),
    });
    assert!(by_bob.unwrap().ends_with("ended:Completed"));
}

#[test]
fn a_receive_task_waits_and_has_a_border() {
    let mut build = Build::new();
    build.start("start");
    build.add("wait", Kind::Receive(message("paid")));
    build
        .boundary("late", "wait", true, after("P1D"))
        .end("end")
        .row("start wait end")
        .row("late end");
    let (mut play, trace) = Play::new(build);
    assert_eq!(trace, ">start <start >wait wait:paid timer:late");
    assert_eq!(
        play.fire("late"),
        "clear:late unwait:wait xwait >late <late >end <end ended:Completed"
    );
}

#[test]
fn a_correlation_that_has_no_value_is_an_incident() {
    let (play, trace) = Play::new(correlated());
    assert!(
        trace.ends_with("!wait: the correlation has no value: `order` is null"),
        "{trace}"
    );
    assert_eq!(play.stands(), ["wait"]);
}
