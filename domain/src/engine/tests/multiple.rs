use serde_json::json;

use super::build::{Build, after, expr, message};
use super::play::{Play, data, person, plain_start};
use crate::bpmn::{Kind, Opener, Sent, Throw, Trigger};
use crate::engine::command::{Begin, Command, Rejection, Start, Starter};
use crate::value::{Data, Name};

fn signal(name: &str) -> Trigger {
    Trigger::Signal(Name::from(name))
}

fn any(of: Vec<Trigger>) -> Trigger {
    Trigger::Multiple { all: false, of }
}

fn all(of: Vec<Trigger>) -> Trigger {
    Trigger::Multiple { all: true, of }
}

fn heard(play: &mut Play, name: &str) -> String {
    let (name, data) = (Name::from(name), Data::new());
    play.command(&Command::Signal { name, data }).unwrap()
}

fn caught(trigger: Trigger) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .catch("c", trigger)
        .pass("b")
        .row("start c b");
    build
}

#[test]
fn any_one_of_several_lets_the_event_happen() {
    let of = || vec![after("P1D"), signal("news"), Trigger::Message(message("m"))];
    let (mut play, trace) = Play::new(caught(any(of())));
    assert_eq!(trace, ">start <start >c timer:c hear:news wait:m");
    assert_eq!(
        heard(&mut play, "news"),
        "clear:c unwait:c unhear:c <c >b <b ended:Completed"
    );
    let (mut play, _) = Play::new(caught(any(of())));
    assert_eq!(
        play.fire("c"),
        "clear:c unwait:c unhear:c <c >b <b ended:Completed"
    );
}

#[test]
fn all_of_several_have_to_happen_in_any_order() {
    let of = vec![
        after("P1D"),
        signal("news"),
        Trigger::Message(message("m")),
        Trigger::Condition(expr("x > 1")),
    ];
    let (mut play, _) = Play::with(caught(all(of)), json!({"x": 0}));
    let twice = Err(Rejection::NotWaiting(Name::from("m")));
    assert_eq!(play.message("m").unwrap(), "part:c");
    assert_eq!(play.message("m"), twice);
    assert_eq!(play.fire("c"), "clear:c part:c");
    assert_eq!(heard(&mut play, "news"), "part:c");
    let update = Command::UpdateData {
        actor: &person("ann"),
        data: data(json!({"x": 2})),
    };
    assert_eq!(
        play.command(&update).unwrap(),
        "x=2 true:c part:c unpart:c <c >b <b ended:Completed"
    );
}

#[test]
fn what_has_happened_in_part_is_forgotten_with_its_token() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .catch("c", all(vec![signal("one"), signal("two")]))
        .tasks("a");
    build.add("stop", Kind::End(Throw::Terminate));
    build.row("start fork c").row("fork a stop");
    let (mut play, _) = Play::new(build);
    heard(&mut play, "one");
    let trace = play.complete("a");
    assert!(trace.contains("unhear:c unpart:c xc"), "{trace}");
    assert!(play.instance.happened.is_empty());
}

#[test]
fn beside_the_flow_all_are_waited_for_anew() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a")
        .boundary("edge", "a", false, all(vec![signal("one"), signal("two")]))
        .pass("b")
        .row("start a")
        .row("edge b");
    let (mut play, _) = Play::new(build);
    for _ in 0..2 {
        assert_eq!(heard(&mut play, "two"), "part:edge");
        assert_eq!(
            heard(&mut play, "one"),
            "part:edge unpart:edge hear:one hear:two >edge <edge >b <b"
        );
    }
    assert_eq!(play.stands(), ["a"]);
}

#[test]
fn beside_the_flow_any_one_happens_again_and_again() {
    let mut build = Build::new();
    let either = any(vec![signal("one"), signal("two")]);
    build
        .start("start")
        .tasks("a")
        .handler("on", "when", (false, either), |inner| {
            inner.pass("b").row("when b");
        })
        .row("start a");
    let (mut play, _) = Play::new(build);
    for name in ["one", "two", "one"] {
        assert_eq!(heard(&mut play, name), ">on [ >when <when >b <b ]on <on");
    }
}

#[test]
fn one_of_several_codes_is_caught_at_a_border() {
    let mut build = Build::new();
    build.start("start").inside("sub", |inner| {
        inner.start("in");
        inner.add("bad", Kind::End(Throw::Error(Name::from("E2"))));
        inner.row("in bad");
    });
    let code = |code: &str| Trigger::Error(Some(Name::from(code)));
    build
        .boundary("edge", "sub", true, any(vec![code("E1"), code("E2")]))
        .row("start sub");
    let (_, trace) = Play::new(build);
    assert!(trace.contains(">edge <edge"), "{trace}");
}

#[test]
fn several_are_thrown_in_order_and_what_ends_the_token_last() {
    let sent = |name: &str| Sent {
        name: Name::from(name),
        correlation: None,
        fields: Vec::new(),
    };
    let of = vec![
        Throw::Signal(sent("news")),
        Throw::Message(sent("m")),
        Throw::Terminate,
    ];
    let mut build = Build::new();
    build.start("start").parallel("fork").tasks("a b");
    build.add("end", Kind::End(Throw::Multiple(of)));
    build.row("start fork a end").row("fork b");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.complete("a"),
        "done:a <a >end signal:news message:m gone:b xb <end ended:Completed"
    );
}

#[test]
fn a_start_that_needs_several_begins_with_the_first_and_waits_for_the_others() {
    let mut build = Build::new();
    let both = all(vec![signal("one"), signal("two")]);
    build.add("start", Kind::Start(both));
    build.pass("b").row("start b");
    let begin = Start {
        begin: Begin::Signal(Name::from("two")),
        ..plain_start()
    };
    let (mut play, trace) = Play::start_by(build, &begin, Starter::System).unwrap();
    assert_eq!(trace, ">start hear:one hear:two part:start");
    assert_eq!(
        heard(&mut play, "one"),
        "part:start unpart:start <start >b <b ended:Completed"
    );
}

#[test]
fn a_start_with_several_begins_with_any() {
    let mut build = Build::new();
    let of = vec![signal("one"), Trigger::Message(message("m"))];
    build.add("start", Kind::Start(any(of)));
    for begin in [
        Begin::Signal(Name::from("one")),
        Begin::Message(Name::from("m")),
    ] {
        let begin = Start {
            begin,
            ..plain_start()
        };
        let build = Build::of(build.process.clone());
        let (_, trace) = Play::start_by(build, &begin, Starter::System).unwrap();
        assert_eq!(trace, ">start <start ended:Completed");
    }
}

/// A receive task, and a gateway before two events, of which each starts an instance.
fn opened(all: bool) -> Build {
    let mut build = Build::new();
    build.add("r", Kind::Receive(message("order")));
    build.add("g", Kind::EventBased);
    build
        .catch("one", Trigger::Message(message("one")))
        .catch("two", signal("two"))
        .pass("b")
        .row("r b")
        .row("g one b")
        .row("g two b");
    let gateway = Some((build.ix("g"), all));
    for (id, gateway) in [("r", None), ("one", gateway), ("two", gateway)] {
        let element = build.ix(id);
        build.process.openers.push(Opener { element, gateway });
    }
    build
}

fn begun(all: bool, begin: Begin) -> (Play, String) {
    let begin = Start {
        begin,
        ..plain_start()
    };
    Play::start_by(opened(all), &begin, Starter::System).unwrap()
}

#[test]
fn a_message_starts_an_instance_at_a_receive_task() {
    let (_, trace) = begun(false, Begin::Message(Name::from("order")));
    assert_eq!(trace, ">r <r >b <b ended:Completed");
    let plain = Play::start_by(opened(false), &plain_start(), Starter::System);
    assert_eq!(plain.map(|_| ()), Err(Rejection::NoStart));
}

#[test]
fn an_event_behind_a_gateway_starts_an_instance() {
    let (_, trace) = begun(false, Begin::Signal(Name::from("two")));
    assert_eq!(trace, ">g <g >two <two >b <b ended:Completed");
    let (mut play, trace) = begun(true, Begin::Message(Name::from("one")));
    assert_eq!(trace, ">g <g >one <one >b >two <b hear:two");
    assert_eq!(
        heard(&mut play, "two"),
        "unhear:two <two >b <b ended:Completed"
    );
}

#[test]
fn by_hand_a_condition_that_the_data_meets_begins() {
    let build = || {
        let mut build = Build::new();
        build.add("low", Kind::Start(Trigger::Condition(expr("x < 1"))));
        build.add("high", Kind::Start(Trigger::Condition(expr("x > 1"))));
        build
    };
    let (_, trace) = Play::with(build(), json!({"x": 2}));
    assert_eq!(trace, "x=2 >high <high ended:Completed");
    let none = Play::start_by(build(), &plain_start(), Starter::System);
    assert_eq!(none.map(|_| ()), Err(Rejection::NoStart));
}
