use serde_json::json;
use uuid::Uuid;

use super::build::{Build, after, literal, set};
use super::play::{Play, administrator, data, plain_start};
use crate::bpmn::{Binding, Call, Kind, Mapping, Throw, Trigger};
use crate::engine::call::{Calling, Heir, MOST_DEPTH, NotCalled, Outcome, Parent, Wanted};
use crate::engine::command::{Command, Rejection, Starter};
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::engine::instance::TokenId;
use crate::ids::InstanceId;
use crate::value::Name;

fn call() -> Call {
    Call {
        callee: literal("other"),
        binding: Binding::Latest,
        inputs: Vec::new(),
        outputs: Vec::new(),
        business_key: None,
        readers_up: false,
        readers_down: false,
    }
}

/// `start → call → end`.
fn calling(call: Call) -> Build {
    let mut build = Build::new();
    build.start("start");
    build.add("call", Kind::Call(Box::new(call)));
    build.end("end").row("start call end");
    build
}

/// What was asked for last.
fn asked(play: &Play) -> Calling {
    let asked = play.events().filter_map(|event| match event {
        Event::Asked(Effect::Call(calling)) => Some(Calling::clone(calling)),
        _ => None,
    });
    asked.last().unwrap()
}

fn returned(play: &mut Play, outcome: Outcome) -> Result<String, Rejection> {
    let child = asked(play).child;
    play.command(&Command::Returned(vec![(child, outcome)]))
}

fn completed(json: serde_json::Value) -> Outcome {
    Outcome::Completed(data(json))
}

fn code(text: &str) -> Option<Name> {
    Some(Name::from(text))
}

#[test]
fn a_call_waits_until_what_it_called_is_over() {
    let mut build = calling(call());
    build.process.security_roles = Some(vec![Name::from("clerk")]);
    let (mut play, trace) = Play::start(
        build,
        &plain_start(),
        &super::play::actor("ann", &["clerk"]),
    )
    .unwrap();
    assert_eq!(trace, ">start <start >call call:other");
    let calling = asked(&play);
    assert_eq!(calling.version, Wanted::Latest);
    assert_eq!(calling.data, data(json!({})), "nothing is given unasked");
    let parent = calling.heir.parent;
    assert_eq!(
        (parent.depth, &parent.roles),
        (1, &vec![vec![Name::from("clerk")]])
    );
    assert_eq!(&*calling.heir.initiator, "ann");
    assert_eq!(
        returned(&mut play, completed(json!({ "secret": 1 }))).unwrap(),
        "called <call >end <end ended:Completed"
    );
    assert_eq!(
        play.field("secret"),
        json!(null),
        "nothing comes back unasked"
    );
}

#[test]
fn fields_are_mapped_over_the_data_of_the_side_that_gives() {
    let mut call = call();
    call.inputs = vec![Mapping::All, Mapping::Field(set("twice", "a * 2"))];
    call.outputs = vec![
        Mapping::Field(set("sum", "twice + b")),
        Mapping::Field(set("seen", "a")),
    ];
    let (mut play, _) = Play::with(calling(call), json!({ "a": 2, "b": 100 }));
    let given = asked(&play).data;
    assert_eq!(given, data(json!({ "a": 2, "b": 100, "twice": 4 })));
    returned(&mut play, completed(json!({ "twice": 4, "b": 3 }))).unwrap();
    assert_eq!(play.field("sum"), json!(7));
    assert_eq!(
        play.field("seen"),
        json!(null),
        "the caller's own `a` is not meant"
    );
    assert!(play.is_over());
}

#[test]
fn outputs_that_failed_are_tried_again_without_calling_again() {
    let mut call = call();
    call.outputs = vec![
        Mapping::Field(set("fine", "1")),
        Mapping::Field(set("square", "sum * sum")),
    ];
    let build = || {
        let mut build = calling(call.clone());
        build
            .boundary("late", "call", true, after("PT1H"))
            .end("stopped")
            .row("late stopped");
        build
    };
    let failed = "kept !call: `square` has no value";
    let failing = || {
        let (mut play, _) = Play::new(build());
        let trace = returned(&mut play, completed(json!({ "sum": 1e20, "small": 7 }))).unwrap();
        assert!(trace.starts_with(failed), "{trace}");
        assert_eq!(play.field("fine"), json!(null), "all or nothing");
        assert_eq!(
            returned(&mut play, completed(json!({ "sum": 4 }))),
            Err(Rejection::NoCall),
            "it comes back once"
        );
        play
    };
    let admin = administrator();
    let retry = |incident| Command::Retry {
        actor: &admin,
        incident: Some(incident),
        data: data(json!({})),
    };
    let mut play = failing();
    let trace = play.command(&retry(1)).unwrap();
    assert!(trace.contains("!call: `square` has no value"), "{trace}");
    assert!(!trace.contains("call:other"), "{trace}");
    // A model that has mended its outputs goes on with what came back then.
    let Kind::Call(asked) = &mut play.process.elements[1].kind else {
        panic!("the call is the second element");
    };
    asked.outputs = vec![Mapping::Field(set("square", "small"))];
    let trace = play.command(&retry(2)).unwrap();
    assert!(
        trace.ends_with("called clear:late <call >end <end ended:Completed"),
        "{trace}"
    );
    assert_eq!(play.field("square"), json!(7));

    let mut play = failing();
    let resolve = Command::Resolve {
        actor: &admin,
        incident: 1,
        reason: "by hand".into(),
    };
    let trace = play.command(&resolve).unwrap();
    assert!(
        trace.ends_with("<call >end <end ended:Completed"),
        "{trace}"
    );
    assert!(play.instance.calls.is_empty());

    let mut play = failing();
    let trace = play.fire("late");
    assert!(trace.ends_with("ended:Completed"), "{trace}");
    assert!(play.instance.calls.is_empty());
}

#[test]
fn an_error_that_leaves_the_called_is_caught_at_the_border() {
    let mut build = calling(call());
    build
        .boundary("failed", "call", true, Trigger::Error(code("E")))
        .end("mended")
        .row("failed mended");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        returned(&mut play, Outcome::Error(Name::from("E"))).unwrap(),
        "called xcall >failed <failed >mended <mended ended:Completed"
    );
}

#[test]
fn what_cannot_go_on_holds_the_call() {
    let cases = [
        (
            Outcome::Error(Name::from("E")),
            "nobody catches the error that was thrown here",
        ),
        (Outcome::Ended, "what was called has been ended"),
        (
            Outcome::NotCalled(NotCalled::NotPublished),
            "`other` was not called: no such version is published",
        ),
    ];
    for (outcome, why) in cases {
        let (mut play, _) = Play::new(calling(call()));
        assert_eq!(
            returned(&mut play, outcome).unwrap(),
            format!("called !call: {why}")
        );
        assert_eq!(play.stands(), ["call"]);
    }
}

#[test]
fn escalations_that_leave_the_called_are_heard_while_it_goes_on() {
    let mut build = calling(call());
    build
        .boundary("news", "call", false, Trigger::Escalation(code("N")))
        .tasks("read")
        .row("news read")
        .boundary("enough", "call", true, Trigger::Escalation(code("X")))
        .end("stopped")
        .row("enough stopped");
    let (mut play, _) = Play::new(build);
    let child = asked(&play).child;
    let codes = |codes: &[&str]| codes.iter().map(|code| Name::from(*code)).collect();
    let escalated = Command::Escalated {
        child,
        codes: codes(&["N", "unheard"]),
    };
    assert_eq!(
        play.command(&escalated).unwrap(),
        ">news <news >read task:read"
    );
    let escalated = Command::Escalated {
        child,
        codes: codes(&["X", "N"]),
    };
    assert_eq!(
        play.command(&escalated).unwrap(),
        "called end-call xcall >enough <enough >stopped <stopped"
    );
    assert_eq!(
        play.command(&escalated),
        Err(Rejection::NoCall),
        "nothing waits any more"
    );
}

#[test]
fn whatever_takes_the_call_away_ends_what_was_called() {
    let mut build = calling(call());
    build
        .boundary("late", "call", true, after("PT1H"))
        .end("stopped")
        .row("late stopped");
    let (mut play, _) = Play::new(build);
    assert_eq!(
        play.fire("late"),
        "clear:late called end-call xcall >late <late >stopped <stopped ended:Completed"
    );
    assert_eq!(
        returned(&mut play, completed(json!({}))),
        Err(Rejection::NoCall)
    );

    let (mut play, _) = Play::new(calling(call()));
    assert_eq!(
        play.command(&Command::Terminate(&administrator())).unwrap(),
        "called end-call xcall ended:Terminated"
    );
}

#[test]
fn each_round_of_a_multi_instance_calls_for_itself() {
    let mut call = call();
    call.inputs = vec![Mapping::Field(set("n", "item"))];
    call.outputs = vec![Mapping::Field(set("last", "n"))];
    let mut build = calling(call);
    build.each("call", false, Some("numberOfCompletedInstances = 2"));
    let (mut play, _) = Play::with(build, json!({ "items": [1, 2, 3] }));
    let children: Vec<InstanceId> = play.instance.calls.iter().map(|call| call.child).collect();
    assert_eq!(children.len(), 3);
    let back = |ix: usize| (children[ix], completed(json!({ "n": ix + 1 })));
    play.command(&Command::Returned(vec![back(1)])).unwrap();
    assert_eq!(play.field("last"), json!(2));
    // The second that comes back is the last that is waited for: the third is ended, and what it gives back is not heard.
    let trace = play
        .command(&Command::Returned(vec![back(0), back(2)]))
        .unwrap();
    assert!(trace.contains("end-call"), "{trace}");
    assert_eq!(play.field("last"), json!(1));
    assert!(play.is_over());
}

fn heir() -> Heir {
    Heir {
        parent: Parent {
            instance: InstanceId(Uuid::from_u128(99)),
            token: TokenId(1),
            depth: 1,
            roles: Vec::new(),
            readers_up: true,
        },
        initiator: Name::from("ina"),
        creator: Name::from("cleo"),
        readers: None,
    }
}

fn called(build: Build, heir: &Heir) -> (Play, String) {
    Play::start_by(build, &plain_start(), Starter::Call(heir)).unwrap()
}

#[test]
fn the_called_tells_its_caller_how_it_ended_and_who_took_part() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("work")
        .end("end")
        .row("start work end");
    let (mut play, trace) = called(build, &heir());
    assert_eq!(trace, ">start <start >work task:work participants:ann");
    assert_eq!(&*play.instance.initiator, "ina");
    assert_eq!(&*play.instance.created_by, "cleo");
    assert_eq!(
        play.complete("work"),
        "done:work <work >end <end ended:Completed return"
    );
}

#[test]
fn what_nothing_in_the_called_catches_goes_to_its_caller() {
    let mut build = Build::new();
    build.start("start").tasks("work");
    build.add("news", Kind::Throw(Throw::Escalation(Name::from("N"))));
    build.add("failed", Kind::End(Throw::Error(Name::from("E"))));
    build.row("start work").row("start news failed");
    let (_, trace) = called(build, &heir());
    assert_eq!(
        trace,
        ">start <start >work >news task:work escalate:N <news >failed gone:work xwork xfailed ended:Terminated return:E"
    );
}

#[test]
fn calls_nest_so_deep_and_no_deeper() {
    let mut heir = heir();
    heir.parent.depth = MOST_DEPTH - 1;
    let (play, _) = called(calling(call()), &heir);
    assert_eq!(asked(&play).heir.parent.depth, MOST_DEPTH);
    heir.parent.depth = MOST_DEPTH;
    let (_, trace) = called(calling(call()), &heir);
    assert_eq!(
        trace,
        ">start <start >call !call: calls nest deeper than 32"
    );
}
