use serde_json::json;

use super::build::{Build, after, expr, for_ann, message, set};
use super::play::Play;
use crate::access::instance::leaves;
use crate::bpmn::{Kind, Principals, StateList, Text, Throw, Trigger, UserTask};
use crate::value::Name;

/// `start → work → end`, where `work` is done for each of `items`, by whom that names.
fn each(sequential: bool, until: Option<&str>) -> Build {
    let mut build = Build::new();
    let task = UserTask {
        assignee: Some(Text::Expr(expr("item"))),
        ..UserTask::default()
    };
    build
        .start("start")
        .user_task("work", task)
        .end("end")
        .row("start work end")
        .each("work", sequential, until);
    build
}

fn anns(count: usize) -> serde_json::Value {
    json!({"items": vec!["ann"; count]})
}

#[test]
fn all_at_once_have_a_task_each_and_go_on_when_the_last_is_done() {
    let (mut play, trace) = Play::with(each(false, None), anns(2));
    assert!(
        trace.ends_with(
            ">work [ rounds:2 >work [ loopCounter=1 item=\"ann\" >work [ loopCounter=2 item=\"ann\" task:work task:work"
        ),
        "{trace}"
    );
    assert_eq!(play.complete("work"), "done:work ]work <work");
    assert_eq!(
        play.complete("work"),
        "done:work ]work <work ]work <work >end <end ended:Completed"
    );
    assert_eq!(play.field("loopCounter"), json!(null));
    assert_eq!(play.field("item"), json!(null));
}

#[test]
fn one_after_the_other_have_their_values_in_order() {
    let mut build = each(true, None);
    build.at("work").outputs = vec![set("seen", "(if seen = null then \"\" else seen) + item")];
    let (mut play, trace) = Play::with(build, json!({"items": ["ann", "bob", "ann"]}));
    assert!(
        trace.ends_with(">work [ rounds:3 >work [ loopCounter=1 item=\"ann\" task:work"),
        "{trace}"
    );
    assert_eq!(
        play.complete("work"),
        "done:work seen=\"ann\" ]work <work >work [ loopCounter=2 item=\"bob\" task:work"
    );
    assert_eq!(play.task("work").assignee.as_deref(), Some("bob"));
    let bob = super::play::person("bob");
    let command = crate::task::TaskCommand::Complete {
        data: super::play::data(json!({"items": []})),
        outcome: None,
    };
    // The list was read when the activity began: changing it changes nothing.
    play.task_command(&bob, "work", command).unwrap();
    play.complete("work");
    assert!(play.is_over());
    assert_eq!(play.field("seen"), json!("annbobann"));
}

#[test]
fn a_completion_condition_takes_the_others_away() {
    for until in [
        "numberOfCompletedInstances = 2",
        "nrOfCompletedInstances / nrOfInstances > 0.5",
        "numberOfActiveInstances = 1",
    ] {
        let (mut play, _) = Play::with(each(false, Some(until)), anns(3));
        play.complete("work");
        assert_eq!(
            play.complete("work"),
            "done:work ]work <work ]work gone:work xwork ]work <work >end <end ended:Completed",
            "{until}"
        );
    }
}

#[test]
fn a_completion_condition_ends_a_sequence_early() {
    let (mut play, _) = Play::with(each(true, Some("ok")), anns(3));
    play.complete_with("work", json!({"ok": false})).unwrap();
    play.complete_with("work", json!({"ok": true})).unwrap();
    assert!(play.is_over());
}

#[test]
fn an_empty_list_is_passed_through() {
    for sequential in [true, false] {
        let (play, trace) = Play::with(each(sequential, None), anns(0));
        assert!(
            trace.ends_with(">work [ rounds:0 ]work <work >end <end ended:Completed"),
            "{trace}"
        );
        assert!(play.is_over());
    }
}

#[test]
fn what_is_no_list_or_number_holds_the_activity() {
    for (cardinality, reason) in [
        ("-1", "`-1` is no whole number from 0 to 10000"),
        ("2.5", "`2.5` is no whole number from 0 to 10000"),
        ("10001", "`10001` is no whole number from 0 to 10000"),
        ("gone", "`gone` is no whole number from 0 to 10000"),
    ] {
        let mut build = Build::new();
        build
            .start("start")
            .pass("work")
            .row("start work")
            .times("work", false, cardinality);
        let (play, trace) = Play::new(build);
        assert!(
            trace.ends_with(&format!(">work !work: {reason}")),
            "{trace}"
        );
        assert_eq!(play.stands(), ["work"]);
    }
    let (_, trace) = Play::with(each(false, None), json!({"items": "ann"}));
    assert!(
        trace.ends_with("!work: `items` is no list of at most 10000 values"),
        "{trace}"
    );
}

#[test]
fn a_cardinality_repeats_what_does_not_wait() {
    for sequential in [true, false] {
        let mut build = Build::new();
        build
            .start("start")
            .assign("work", "n", "(if n = null then 0 else n) + loopCounter")
            .end("end")
            .row("start work end")
            .times("work", sequential, "3");
        let (play, _) = Play::new(build);
        assert!(play.is_over());
        assert_eq!(play.field("n"), json!(6));
    }
}

/// A sub-process for each of `items` with a task inside, and an end that fails if `bad`.
fn sub_processes(sequential: bool) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build
                .start("begin")
                .tasks("work")
                .exclusive("choice")
                .end("done");
            build.add("fail", Kind::End(Throw::Error(Name::from("E"))));
            build
                .row("begin work choice")
                .when("choice", "fail", "bad")
                .otherwise("choice", "done");
        })
        .tasks("next")
        .row("start sub next")
        .each("sub", sequential, None);
    build
}

#[test]
fn a_sub_process_shares_its_scope_with_its_round() {
    let (mut play, trace) = Play::with(sub_processes(true), anns(2));
    assert!(
        trace.ends_with(
            ">sub [ rounds:2 >sub [ loopCounter=1 item=\"ann\" >begin <begin >work task:work"
        ),
        "{trace}"
    );
    assert_eq!(play.instance.scopes.len(), 2);
    assert_eq!(
        play.complete("work"),
        "done:work <work >choice <choice >done <done ]sub <sub >sub [ loopCounter=2 item=\"ann\" >begin <begin >work task:work"
    );
    play.complete("work");
    assert_eq!(play.stands(), ["next"]);
    assert!(play.instance.scopes.is_empty());
}

#[test]
fn an_error_in_one_round_takes_all_of_them_away_at_the_border() {
    let mut build = sub_processes(false);
    build
        .boundary("border", "sub", true, Trigger::Error(None))
        .tasks("repair")
        .row("border repair");
    let (mut play, _) = Play::with(build, anns(3));
    play.complete_with("work", json!({"bad": true})).unwrap();
    assert_eq!(play.stands(), ["repair"]);
    assert!(play.instance.scopes.is_empty());
}

#[test]
fn the_border_is_around_all_rounds() {
    let mut build = each(false, None);
    build
        .boundary("late", "work", true, after("PT1H"))
        .tasks("instead")
        .row("late instead");
    let (mut play, _) = Play::with(build, anns(3));
    assert_eq!(play.instance.timers.len(), 1);
    play.complete("work");
    play.fire("late");
    assert_eq!(play.stands(), ["instead"]);
}

#[test]
fn an_event_sub_process_inside_belongs_to_its_round() {
    let mut build = sub_processes(false);
    let sub = build.ix("sub");
    build.within(sub, |build| {
        build.handler("handler", "when", (true, Trigger::Error(None)), |build| {
            build.pass("help").row("when help");
        });
    });
    let (mut play, _) = Play::with(build, anns(2));
    play.complete_with("work", json!({"bad": true})).unwrap();
    assert_eq!(play.stands(), ["sub", "sub", "work"]);
    play.complete_with("work", json!({"bad": false})).unwrap();
    assert_eq!(play.stands(), ["next"]);
}

#[test]
fn rounds_wait_for_messages_of_their_own() {
    let mut build = Build::new();
    let mut wait = message("m");
    wait.correlation = Some(expr("item"));
    build.start("start").add("receive", Kind::Receive(wait));
    build
        .end("end")
        .row("start receive end")
        .each("receive", false, None);
    let (mut play, _) = Play::with(build, json!({"items": ["a", "b"]}));
    let text = |text: &str| Some(crate::value::Value::Text(Name::from(text)));
    assert!(play.message_with("m", text("c"), json!({})).is_err());
    play.message_with("m", text("b"), json!({})).unwrap();
    assert!(play.message_with("m", text("b"), json!({})).is_err());
    play.message_with("m", text("a"), json!({})).unwrap();
    assert!(play.is_over());
}

#[test]
fn a_list_of_the_element_may_name_the_value_of_the_round() {
    let mut build = each(false, None);
    build.at("work").acl = StateList {
        readers: Some(vec![Principals::Field(Name::from("item"))]),
        ..StateList::default()
    };
    let (play, _) = Play::with(build, json!({"items": ["ann", "bob"]}));
    let readers: Vec<_> = leaves(&play.instance)
        .map(|token| token.lists.readers.clone().unwrap())
        .collect();
    assert_eq!(readers.len(), 2);
    assert_ne!(readers[0], readers[1]);
}

#[test]
fn what_an_instance_was_stored_with_before_it_could_repeat_is_read() {
    let scope = json!({"id": 1, "parent": 0, "element": 2, "data": {}});
    let scope: crate::engine::instance::Scope = serde_json::from_value(scope).unwrap();
    assert_eq!(scope.rounds, None);
    assert_eq!(serde_json::to_value(&scope).unwrap().get("rounds"), None);
}

#[test]
fn a_thousand_rounds_at_once_come_to_their_end() {
    let mut build = Build::new();
    build
        .start("start")
        .user_task("work", for_ann())
        .end("end")
        .row("start work end")
        .times("work", false, "1000");
    let (play, _) = Play::new(build);
    assert_eq!(play.instance.open_tasks().count(), 1000);
}
