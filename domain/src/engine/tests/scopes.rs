//! Fields that an activity or an event has for itself: what is mapped in and out, and what shadows what.

use serde_json::json;

use super::build::{Build, after, expr, for_ann, message, one_task, readers, set};
use super::play::{Play, administrator, data, person};
use crate::access::instance::leaves;
use crate::bpmn::{
    Assignment, ElementIx, Kind, Naming, Principals, Sent, StateList, Text, Throw, Trigger,
    UserTask,
};
use crate::engine::command::{Command, Operation, Rejection, Side};
use crate::engine::incident::{IncidentKind, Phase};
use crate::engine::instance::ScopeId;
use crate::value::{Name, Value};

impl Play {
    /// A field of the scope that the one token at an element sees, as what holds it there.
    fn own(&self, id: &str) -> serde_json::Value {
        let element = self.process.by_id[id];
        let mut tokens = self.instance.tokens.iter();
        let token = tokens.find(|it| it.element == element).unwrap();
        let scope = self.instance.scope(ScopeId(token.id.0)).unwrap();
        Value::Object(scope.data.clone()).to_json()
    }
}

fn mapped(inputs: Vec<Assignment>, outputs: Vec<Assignment>) -> Build {
    let mut build = one_task(for_ann());
    build.at("a").inputs = inputs;
    build.at("a").outputs = outputs;
    build
}

#[test]
fn what_is_mapped_in_is_the_activitys_own_and_shadows_the_outer_field() {
    let inputs = vec![set("sum", "sum * 2"), set("twice", "sum")];
    let (mut play, trace) = Play::with(mapped(inputs, Vec::new()), json!({"sum": 4}));
    assert!(
        trace.ends_with(">a [ sum=8 twice=8 own task:a"),
        "later ones see earlier ones: {trace}"
    );
    assert_eq!(play.field("sum"), json!(4));
    assert_eq!(play.task("a").scope, ScopeId(play.task("a").token.0));
    assert_eq!(
        play.complete_with("a", json!({"sum": 9, "note": "x"}))
            .unwrap(),
        "done:a note=\"x\" sum=9 ]a <a >end <end ended:Completed"
    );
    assert_eq!(play.field("sum"), json!(4), "its own is gone with it");
    assert_eq!(play.field("note"), json!("x"));
}

#[test]
fn with_output_mappings_only_these_write_and_they_see_what_is_the_activitys_own() {
    let inputs = vec![set("rate", "2")];
    let outputs = vec![set("sum", "hours * rate"), set("rate", "rate + 1")];
    let (mut play, _) = Play::with(mapped(inputs, outputs), json!({"rate": 100}));
    assert_eq!(
        play.complete_with("a", json!({"hours": 8})).unwrap(),
        "done:a hours=8 sum=16 rate=3 ]a <a >end <end ended:Completed"
    );
    assert_eq!(play.field("hours"), json!(null));
    assert_eq!(
        play.field("rate"),
        json!(3),
        "written around, not to its own"
    );
}

#[test]
fn the_outcome_is_written_where_the_model_says_whatever_is_mapped() {
    let task = UserTask {
        outcomes: vec![Name::from("yes"), Name::from("no")],
        outcome_field: Some(Name::from("decision")),
        ..for_ann()
    };
    let mut build = one_task(task);
    build.at("a").inputs = vec![set("decision", "\"none\"")];
    build.at("a").outputs = vec![set("why", "reason")];
    let (mut play, _) = Play::new(build);
    play.complete_with("a", json!({"decision": "no", "reason": "late"}))
        .unwrap();
    assert_eq!(play.field("decision"), json!("no"));
    assert_eq!(play.field("why"), json!("late"));
    assert_eq!(play.field("reason"), json!(null));
}

#[test]
fn what_stands_in_its_own_scope_is_a_place_with_its_own_lists() {
    let mut build = mapped(vec![set("boss", "\"eve\"")], Vec::new());
    build.at("a").acl = StateList {
        readers: Some(vec![Principals::Field(Name::from("boss"))]),
        ..StateList::default()
    };
    let (play, _) = Play::new(build);
    let places: Vec<_> = leaves(&play.instance).collect();
    assert_eq!(places.len(), 1);
    let eve = crate::access::Principal::User(Name::from("eve"));
    assert!(places[0].lists.readers.as_ref().unwrap().contains(&eve));
}

#[test]
fn an_input_without_a_value_holds_the_activity_and_is_computed_anew() {
    let (mut play, trace) = Play::with(
        mapped(vec![set("y", "x * x"), set("z", "1")], Vec::new()),
        json!({"x": 1e20}),
    );
    assert!(
        trace.contains("!a: the input `y` has no value: "),
        "{trace}"
    );
    assert_eq!(
        play.incident(),
        (1, IncidentKind::Expression, Phase::Entering)
    );
    assert!(play.instance.scopes.is_empty());
    assert_eq!(
        play.retry(1, json!({"x": 3})).unwrap(),
        "retry:1 x=3 [ y=9 z=1 own task:a"
    );
}

#[test]
fn inputs_are_computed_once_however_often_the_activity_is_tried() {
    let task = UserTask {
        priority: Some(Text::Expr(expr("urgency"))),
        ..for_ann()
    };
    let mut build = one_task(task);
    build.each("a", false, None);
    build.at("a").inputs = vec![set("n", "n + 1")];
    let (mut play, trace) = Play::with(build, json!({"items": ["x"], "n": 1, "urgency": 1000}));
    assert!(trace.contains("n=2 own !a:"), "{trace}");
    play.retry(1, json!({"urgency": 5})).unwrap();
    assert_eq!(
        play.own("a")["n"],
        json!(null),
        "the activity has the rounds"
    );
    let task = play.task("a");
    let round = play.instance.scope(task.scope).unwrap();
    assert_eq!(Value::Object(round.data.clone()).to_json()["n"], json!(2));
}

#[test]
fn each_round_has_its_own_inputs_and_writes_around_the_activity() {
    let mut build = mapped(
        vec![set("label", "item + \"!\"")],
        vec![set("last", "label"), set("label", "item")],
    );
    build.each("a", true, None);
    let (mut play, trace) = Play::with(build, json!({"items": ["x", "y"], "label": "out"}));
    assert!(
        trace.ends_with("loopCounter=1 item=\"x\" label=\"x!\" own task:a"),
        "{trace}"
    );
    assert_eq!(
        play.complete("a"),
        "done:a last=\"x!\" label=\"x\" ]a <a >a [ loopCounter=2 item=\"y\" label=\"y!\" own task:a"
    );
    play.complete("a");
    assert!(play.is_over());
    assert_eq!(play.field("last"), json!("y!"));
    assert_eq!(play.field("label"), json!("y"));
    assert_eq!(play.field("item"), json!(null));
}

/// `start → sub(begin → work → check) → end`; the sub-process has an `order` of its own.
fn block() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build
                .start("begin")
                .tasks("work check")
                .end("done")
                .row("begin work check done");
        })
        .tasks("after")
        .end("end")
        .row("start sub after end");
    build.at("sub").inputs = vec![set("order", "null"), set("tax", "rate + 1")];
    build
}

#[test]
fn a_field_of_a_sub_process_shadows_the_outer_one_and_is_gone_at_its_end() {
    let (mut play, trace) = Play::with(block(), json!({"order": "outer", "rate": 1}));
    assert!(
        trace.contains(">sub [ order=null tax=2 own >begin"),
        "{trace}"
    );
    play.complete_with("work", json!({"order": "inner", "seen": true}))
        .unwrap();
    assert_eq!(play.own("sub"), json!({"order": "inner", "tax": 2}));
    assert_eq!(play.field("order"), json!("outer"));
    assert_eq!(play.field("seen"), json!(true));
    play.complete("check");
    assert_eq!(play.stands(), ["after"]);
    assert!(play.instance.scopes.is_empty());
    assert_eq!(play.field("order"), json!("outer"));
}

#[test]
fn what_is_mapped_out_of_a_sub_process_sees_what_was_its_own() {
    let mut build = block();
    build.at("sub").outputs = vec![set("order", "upper case(order)"), set("huge", "x * x")];
    let (mut play, _) = Play::with(build, json!({"order": "outer", "rate": 1, "x": 1e20}));
    play.complete_with("work", json!({"order": "inner"}))
        .unwrap();
    play.complete("check");
    assert_eq!(
        play.incident(),
        (1, IncidentKind::Expression, Phase::Leaving)
    );
    assert_eq!(play.field("order"), json!("INNER"));
    assert_eq!(
        play.own("sub")["order"],
        json!("inner"),
        "kept until it has left"
    );
    play.command(&Command::Modify {
        actor: &administrator(),
        operations: vec![Operation::Activate {
            element: Name::from("after"),
            side: Side::Before,
            data: data(json!({})),
        }],
        reason: Name::from("because"),
    })
    .unwrap();
    assert_eq!(
        play.stands(),
        ["sub", "after"],
        "what could not leave stands there still"
    );
    play.retry(1, json!({"x": 2})).unwrap();
    assert_eq!(play.field("huge"), json!(4));
    assert_eq!(play.stands(), ["after", "after"]);
}

#[test]
fn two_at_once_do_not_see_each_others_fields() {
    let mut build = block();
    build.each("sub", false, None);
    let (mut play, _) = Play::with(build, json!({"items": [1, 2], "order": "outer", "rate": 1}));
    play.complete_with("work", json!({"order": "first"}))
        .unwrap();
    let orders: Vec<_> = play
        .instance
        .scopes
        .iter()
        .filter_map(|scope| scope.data.get(&Name::from("order")))
        .map(Value::to_json)
        .collect();
    assert_eq!(orders, [json!("first"), json!(null)]);
    assert_eq!(play.field("order"), json!("outer"));
}

#[test]
fn events_at_the_border_see_what_is_the_activitys_own_and_write_around_it() {
    let mut build = mapped(vec![set("limit", "5")], Vec::new());
    build
        .boundary("high", "a", false, Trigger::Condition(expr("x > limit")))
        .boundary("told", "a", true, Trigger::Message(message("stop")))
        .tasks("check over")
        .row("high check")
        .row("told over");
    let (mut play, _) = Play::with(build, json!({"x": 1, "limit": 100}));
    let ann = person("ann");
    play.command(&Command::UpdateData {
        actor: &ann,
        data: data(json!({"x": 9})),
    })
    .unwrap();
    assert_eq!(play.stands(), ["a", "check"]);
    play.command(&Command::Message {
        actor: &ann,
        name: Name::from("stop"),
        correlation: None,
        data: data(json!({"why": "late"})),
    })
    .unwrap();
    assert_eq!(play.stands(), ["check", "over"]);
    assert_eq!(play.field("why"), json!("late"));
    assert!(play.instance.scopes.is_empty());
}

fn send(play: &mut Play, json: serde_json::Value) -> String {
    play.command(&Command::Message {
        actor: &person("ann"),
        name: Name::from("paid"),
        correlation: None,
        data: data(json),
    })
    .unwrap()
}

#[test]
fn an_event_that_maps_what_comes_with_a_message_keeps_only_that() {
    let paid = || Trigger::Message(message("paid"));
    let out = vec![set("total", "sum + fee")];
    let mut caught = Build::new();
    caught
        .start("start")
        .catch("wait", paid())
        .end("end")
        .row("start wait end");
    caught.at("wait").outputs = out.clone();
    caught.at("wait").inputs = vec![set("fee", "1")];
    let mut received = Build::new();
    received.start("start");
    received.add("wait", Kind::Receive(message("paid")));
    received.end("end").row("start wait end");
    received.at("wait").outputs = out.clone();
    received.at("wait").inputs = vec![set("fee", "1")];
    let mut border = one_task(for_ann());
    border
        .boundary("told", "a", true, paid())
        .end("over")
        .row("told over");
    border.at("told").outputs = out.clone();
    border.at("told").inputs = vec![set("fee", "1")];
    let mut first = Build::new();
    first.start("start");
    first.add("which", Kind::EventBased);
    first
        .catch("late", after("P1D"))
        .catch("told", paid())
        .end("end")
        .row("start which late end")
        .row("which told end");
    first.at("told").outputs = out.clone();
    first.at("told").inputs = vec![set("fee", "1")];
    let mut aside = one_task(for_ann());
    aside.handler("handler", "on", (true, paid()), |build| {
        build.end("over").row("on over");
    });
    aside.at("on").outputs = out;
    aside.at("on").inputs = vec![set("fee", "1")];
    for build in [caught, received, border, first, aside] {
        let (mut play, _) = Play::new(build);
        let trace = send(&mut play, json!({"sum": 4, "secret": "x"}));
        assert!(play.is_over(), "{trace}");
        assert_eq!(play.field("total"), json!(5), "{trace}");
        assert_eq!(play.field("secret"), json!(null), "{trace}");
        assert_eq!(play.field("fee"), json!(null), "{trace}");
    }
}

#[test]
fn what_a_message_brought_is_not_lost_when_its_mapping_has_no_value() {
    let mut build = Build::new();
    build
        .start("start")
        .catch("wait", Trigger::Message(message("paid")))
        .end("end")
        .row("start wait end");
    build.at("wait").outputs = vec![set("total", "sum * factor")];
    let (mut play, _) = Play::with(build, json!({"factor": 1e20}));
    let trace = send(&mut play, json!({"sum": 1e20}));
    assert!(trace.contains("!wait: `total` has no value"), "{trace}");
    assert_eq!(
        play.retry(1, json!({"factor": 0})).unwrap(),
        "retry:1 factor=0 total=0 unwait:wait ]wait <wait >end <end ended:Completed"
    );
}

#[test]
fn an_event_that_throws_sends_what_is_its_own() {
    let sent = Sent {
        name: Name::from("news"),
        correlation: None,
        fields: vec![set("what", "word")],
    };
    let mut build = Build::new();
    build.start("start");
    build.add("tell", Kind::Throw(Throw::Signal(sent)));
    build.end("end").row("start tell end");
    build.at("tell").inputs = vec![set("word", "\"up\"")];
    let (play, trace) = Play::new(build);
    assert!(play.is_over());
    assert!(trace.contains("up"), "{trace}");
    assert_eq!(play.field("word"), json!(null));
}

#[test]
fn a_terminate_end_with_fields_of_its_own_ends_its_scope() {
    let mut build = Build::new();
    build.start("start").parallel("fork").tasks("a");
    build.add("stop", Kind::End(Throw::Terminate));
    build.row("start fork a").row("fork stop");
    build.at("stop").inputs = vec![set("x", "1")];
    let (play, trace) = Play::new(build);
    assert!(play.is_over(), "{trace}");
    assert!(play.instance.scopes.is_empty());
}

#[test]
fn what_data_begins_with_is_there_where_the_start_does_not_say_it() {
    let mut build = one_task(for_ann());
    build.process.initial = vec![
        set("limit", "5"),
        set("list", "[]"),
        set("twice", "limit * 2"),
    ];
    let (play, _) = Play::with(build, json!({"limit": 7}));
    assert_eq!(play.field("limit"), json!(7));
    assert_eq!(play.field("list"), json!([]));
    assert_eq!(play.field("twice"), json!(14));
}

#[test]
fn data_that_cannot_begin_refuses_the_start() {
    let mut build = one_task(for_ann());
    build.process.initial = vec![set("limit", "x * x")];
    let begin = super::play::plain_start();
    let begin = crate::engine::command::Start {
        data: data(json!({"x": 1e20})),
        ..begin
    };
    let refused = Play::start(build, &begin, &person("ann")).map(|_| ());
    assert!(matches!(refused, Err(Rejection::FieldInvalid { field, .. }) if &*field == "limit"));
}

#[test]
fn a_task_in_its_own_scope_is_hidden_by_the_rule_of_the_fields_name() {
    use crate::access::field::{Visibility, view_in};
    use crate::bpmn::{Classification, FieldRule};
    let mut build = mapped(vec![set("salary", "1")], Vec::new());
    build.process.acl = readers(&["ann", "bob"]);
    build.process.fields = vec![FieldRule {
        name: Name::from("salary"),
        class: Classification::Confidential,
        mask: None,
        clear: Some(vec![Principals::Named(Naming::User, Name::from("ann"))]),
        writers: None,
    }];
    let (play, _) = Play::with(build, json!({"salary": 7000}));
    let scope = play.task("a").scope;
    let seen = |name: &str| {
        let fields = view_in(&play.process, &play.instance, scope, &person(name), None);
        let field = fields.into_iter().find(|it| &*it.name == "salary").unwrap();
        (field.visibility, field.value.map(|value| value.to_json()))
    };
    assert_eq!(seen("ann"), (Visibility::Clear, Some(json!(1))));
    assert_eq!(seen("bob"), (Visibility::Hidden, None));
    assert_eq!(play.process.element(ElementIx(1)).inputs.len(), 1);
}

#[test]
fn what_an_event_brought_is_kept_while_its_own_fields_have_no_value() {
    let fails = vec![set("fee", "factor * factor")];
    let out = vec![set("total", "sum + fee")];
    let mut border = one_task(for_ann());
    border
        .boundary("told", "a", true, Trigger::Message(message("paid")))
        .end("over")
        .row("told over");
    let mut first = Build::new();
    first.start("start");
    first.add("which", Kind::EventBased);
    first
        .catch("late", after("P1D"))
        .catch("told", Trigger::Message(message("paid")))
        .end("end")
        .row("start which late end")
        .row("which told end");
    for mut build in [border, first] {
        build.at("told").inputs = fails.clone();
        build.at("told").outputs = out.clone();
        let (mut play, _) = Play::with(build, json!({"factor": 1e20}));
        let trace = send(&mut play, json!({"sum": 4}));
        assert!(
            trace.contains("!told: the input `fee` has no value"),
            "{trace}"
        );
        play.retry(1, json!({"factor": 2})).unwrap();
        assert!(play.is_over());
        assert_eq!(play.field("total"), json!(8));
        assert!(play.instance.scopes.is_empty());
    }
}
