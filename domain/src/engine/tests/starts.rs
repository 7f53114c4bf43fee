use serde_json::json;

use super::build::{Build, after, for_ann, message, one_task};
use super::play::{Play, actor, data, person, plain_start};
use crate::access::{self, Actor};
use crate::bpmn::{ElementIx, Form, Kind, Trigger, UserTask};
use crate::engine::command::{Begin, Rejection, Start, Starter};
use crate::ids::TenantId;
use crate::value::Name;

fn on_behalf(value: serde_json::Value, actor: &Actor) -> Result<Play, Rejection> {
    let mut build = one_task(for_ann());
    build.process.initiator_field = Some(Name::from("for"));
    let begin = Start {
        data: data(json!({"for": value})),
        ..plain_start()
    };
    Play::start(build, &begin, actor).map(|(play, _)| play)
}

#[test]
fn a_start_writes_the_first_data_and_the_initiator() {
    let mut build = one_task(for_ann());
    build.process.initiator_variable = Some(Name::from("author"));
    let begin = Start {
        business_key: Some(Name::from("V-1")),
        data: data(json!({"days": 3})),
        ..plain_start()
    };
    let (play, trace) = Play::start(build, &begin, &person("emma")).unwrap();
    assert_eq!(trace, "days=3 author=\"emma\" >start <start >a task:a");
    assert_eq!(&*play.instance.initiator, "emma");
    assert_eq!(&*play.instance.created_by, "emma");
    assert_eq!(play.instance.business_key.as_deref(), Some("V-1"));
    assert_eq!(play.instance.revision, 1);
}

#[test]
fn who_may_not_start_is_refused() {
    let nobody = Actor::new(TenantId(uuid::Uuid::nil()), Name::from("nora"), [], [], []);
    let refused = Play::start(one_task(for_ann()), &plain_start(), &nobody);
    assert_eq!(refused.map(|_| ()), Err(Rejection::MayNotStart));
}

#[test]
fn acting_on_behalf_takes_the_role() {
    let plain = on_behalf(json!("emma"), &person("sam"));
    assert_eq!(plain.map(|_| ()), Err(Rejection::OnBehalf));
    let other = on_behalf(json!("emma"), &actor("sam", &["actOnBehalf:q"]));
    assert_eq!(other.map(|_| ()), Err(Rejection::OnBehalf));
    for role in ["actOnBehalf", "actOnBehalf:p"] {
        let play = on_behalf(json!("emma"), &actor("sam", &[role])).unwrap();
        assert_eq!(&*play.instance.initiator, "emma");
        assert_eq!(&*play.instance.created_by, "sam");
    }
}

#[test]
fn naming_oneself_or_nobody_is_acting_for_oneself() {
    for value in [json!("sam"), json!(" sam "), json!(""), json!(null)] {
        let play = on_behalf(value, &person("sam")).unwrap();
        assert_eq!(&*play.instance.initiator, "sam");
    }
    let wrong = on_behalf(json!(["emma"]), &actor("sam", &["actOnBehalf"]));
    assert!(matches!(wrong, Err(Rejection::FieldInvalid { .. })));
}

#[test]
fn a_start_sends_what_its_form_asks_for_and_the_initiator() {
    let mut build = one_task(for_ann());
    build.add("ordered", Kind::Start(Trigger::Message(message("order"))));
    build.row("ordered end");
    build.process.initiator_field = Some(Name::from("for"));
    build.process.start_form = Some(Form {
        key: None,
        schema: Some(json!({"components": [
            {"type": "textfield", "key": "reason", "validate": {"required": true}},
            {"type": "number", "key": "days"}
        ]})),
    });
    let start = |sent: serde_json::Value, message: Option<&str>| {
        let begin = Start {
            data: data(sent),
            begin: message.map_or(Begin::Plain, |name| Begin::Message(Name::from(name))),
            ..plain_start()
        };
        let build = Build::of(build.process.clone());
        Play::start(build, &begin, &person("sam")).map(|(_, trace)| trace)
    };
    let missing = Err(Rejection::FieldInvalid {
        field: Name::from("reason"),
        reason: "is required".to_owned(),
    });
    assert_eq!(start(json!({}), None), missing);
    let unasked = json!({"reason": "sun", "approved": true});
    assert_eq!(
        start(unasked.clone(), None),
        Err(Rejection::FieldNotWritable(Name::from("approved")))
    );
    let trace = start(json!({"reason": "sun", "for": "sam"}), None).unwrap();
    assert_eq!(trace, "for=\"sam\" reason=\"sun\" >start <start >a task:a");
    assert!(start(unasked, Some("order")).is_ok());
}

#[test]
fn a_message_begins_at_its_own_start_event() {
    let build = || {
        let mut build = one_task(for_ann());
        build.add("ordered", Kind::Start(Trigger::Message(message("order"))));
        build.pass("b").row("ordered b end");
        build
    };
    let by = |name: &str| Start {
        begin: Begin::Message(Name::from(name)),
        ..plain_start()
    };
    let (_, trace) = Play::start(build(), &by("order"), &person("ann")).unwrap();
    assert_eq!(trace, ">ordered <ordered >b <b >end <end ended:Completed");
    let unknown = Play::start(build(), &by("bill"), &person("ann"));
    assert_eq!(unknown.map(|_| ()), Err(Rejection::NoStart));
    let (_, plain) = Play::new(build());
    assert_eq!(plain, ">start <start >a task:a");
}

#[test]
fn a_process_that_only_messages_start_does_not_start_plainly() {
    let mut build = Build::new();
    build.add("ordered", Kind::Start(Trigger::Message(message("order"))));
    let refused = Play::start(build, &plain_start(), &person("ann"));
    assert_eq!(refused.map(|_| ()), Err(Rejection::NoStart));
}

#[test]
fn a_timer_start_event_can_be_begun_by_hand() {
    let mut build = Build::new();
    build.add("monthly", Kind::Start(after("P1M")));
    build.end("end").row("monthly end");
    let (_, trace) = Play::new(build);
    assert_eq!(trace, ">monthly <monthly >end <end ended:Completed");
}

#[test]
fn without_any_start_event_everything_without_incoming_flows_begins() {
    let mut build = Build::new();
    build
        .tasks("a b")
        .boundary("late", "a", false, after("P1D"))
        .pass("c")
        .row("a c");
    let (mut play, trace) = Play::new(build);
    assert_eq!(trace, ">a >b task:a timer:late task:b");
    assert_eq!(play.complete("a"), "done:a clear:late <a >c <c");
    assert_eq!(play.complete("b"), "done:b <b ended:Completed");
}

#[test]
fn of_several_none_start_events_the_first_begins() {
    let mut build = one_task(for_ann());
    build.start("other").row("other end");
    let (_, trace) = Play::new(build);
    assert_eq!(trace, ">start <start >a task:a");
}

#[test]
fn what_the_system_starts_is_nobodys_case_and_passes_no_gate_of_persons() {
    let mut build = one_task(UserTask::default());
    build.process.starters = Some(Vec::new());
    build.process.security_roles = Some(Vec::new());
    build.process.initiator_field = Some(Name::from("for"));
    build.process.initiator_variable = Some(Name::from("author"));
    let begin = Start {
        data: data(json!({"for": "emma"})),
        ..plain_start()
    };
    let (play, trace) = Play::start_by(build, &begin, Starter::System).unwrap();
    assert_eq!(trace, "for=\"emma\" author=null >start <start >a task:a");
    assert!(play.instance.initiator.is_empty() && play.instance.created_by.is_empty());
    assert!(play.instance.tasks[0].candidates.is_empty());
    let acl = access::instance::acl(&play.process, &play.instance);
    assert_eq!(acl.grants, Default::default());
}

#[test]
fn a_timer_begins_at_its_own_start_event() {
    let build = || {
        let mut build = Build::new();
        build.add("daily", Kind::Start(after("P1D")));
        build.add("monthly", Kind::Start(after("P1M")));
        build.pass("a").pass("b").row("daily a").row("monthly b");
        build
    };
    let begin = |at: u32| Start {
        begin: Begin::Timer(ElementIx(at)),
        ..plain_start()
    };
    let (_, trace) = Play::start_by(build(), &begin(1), Starter::System).unwrap();
    assert_eq!(trace, ">monthly <monthly >b <b ended:Completed");
    let (_, by_hand) = Play::new(build());
    assert_eq!(by_hand, ">daily <daily >a <a ended:Completed");
    let elsewhere = Play::start_by(build(), &begin(2), Starter::System);
    assert_eq!(elsewhere.map(|_| ()), Err(Rejection::NoStart));
}
