//! Tasks that ask decisions.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::build::Build;
use super::play::{at, data, person, plain_start};
use crate::bpmn::{DecisionBinding, DecisionCall, DecisionRef, Kind, ResultShape};
use crate::dmn::read::{read_text, resolve};
use crate::engine::command::{Fresh, Known, Start, Starter};
use crate::engine::incident::IncidentKind;
use crate::engine::instance::{Instance, InstanceState};
use crate::engine::start;
use crate::value::{Name, data_to_json};

/// A table of two outputs, `fee` and `who`, for an `amount`.
fn table(policy: &str, outputs: &str, rules: &[(&str, &str)]) -> String {
    let rules: String = rules
        .iter()
        .map(|(test, entries)| {
            let entries: String = entries
                .split(';')
                .map(|entry| format!("<outputEntry><text>{entry}</text></outputEntry>"))
                .collect();
            format!("<rule><inputEntry><text>{test}</text></inputEntry>{entries}</rule>")
        })
        .collect();
    let outputs: String = outputs
        .split(' ')
        .map(|name| format!("<output name='{name}'/>"))
        .collect();
    format!(
        "<definitions xmlns='https://www.omg.org/spec/DMN/20191111/MODEL/'><decision id='d'><decisionTable hitPolicy='{policy}'><input><inputExpression><text>amount</text></inputExpression></input>{outputs}{rules}</decisionTable></decision></definitions>"
    )
}

fn reference() -> DecisionRef {
    DecisionRef {
        key: Name::from("d"),
        binding: DecisionBinding::Latest,
    }
}

fn known(xml: &str) -> Known {
    let decision = resolve(&read_text(xml).unwrap(), "d").unwrap();
    Known {
        decisions: [(reference(), Arc::new(decision))].into(),
        ..Known::default()
    }
}

/// An instance with an amount that asks and ends.
fn asked(known: &Known, amount: Json, result: Option<&str>, shape: ResultShape) -> Instance {
    let mut build = Build::new();
    let call = DecisionCall {
        decision: reference(),
        result: result.map(Name::from),
        shape,
    };
    build.start("start");
    build.add("ask", Kind::Decision(Box::new(call)));
    build.end("end").row("start ask end");
    let begin = Start {
        data: data(json!({ "amount": amount })),
        ..plain_start()
    };
    let actor = person("ann");
    let mut fresh = Fresh {
        now: at("2026-01-01T12:00:00Z"),
        id: &mut uuid::Uuid::nil,
        known,
    };
    let (mut instance, events) =
        start(&build.process, &begin, Starter::Person(&actor), &mut fresh).unwrap();
    instance.apply(&events);
    instance
}

fn written(known: &Known, amount: Json, result: Option<&str>, shape: ResultShape) -> Json {
    let instance = asked(known, amount, result, shape);
    assert_eq!(instance.state, InstanceState::Completed);
    let mut written = data_to_json(&instance.data);
    written.as_object_mut().unwrap().remove("amount");
    written
}

fn incident(known: &Known, amount: Json, result: Option<&str>, shape: ResultShape) -> String {
    let instance = asked(known, amount, result, shape);
    assert_eq!(instance.state, InstanceState::Active);
    assert_eq!(instance.data.len(), 1, "nothing is written");
    instance.incidents[0].message.clone()
}

#[test]
fn what_a_decision_says_is_written_as_the_model_asks() {
    let one = known(&table("UNIQUE", "fee", &[("> 5", "amount * 2")]));
    let two = known(&table("UNIQUE", "fee who", &[("> 5", "7;\"bob\"")]));
    let many = known(&table(
        "COLLECT",
        "fee who",
        &[("> 5", "7;\"bob\""), ("> 6", "8;null")],
    ));
    let list = known(&table("RULE ORDER", "fee", &[("> 5", "7"), ("> 6", "8")]));
    use ResultShape::{CollectEntries, Plain, ResultList, SingleEntry, SingleResult};
    for (known, amount, result, shape, expected) in [
        (&one, 9, Some("x"), Plain, json!({ "x": 18 })),
        (&one, 1, Some("x"), Plain, json!({ "x": null })),
        (&one, 9, None, Plain, json!({ "fee": 18 })),
        (&one, 1, None, Plain, json!({ "fee": null })),
        (&one, 9, Some("x"), SingleEntry, json!({ "x": 18 })),
        (&one, 1, Some("x"), SingleEntry, json!({ "x": null })),
        (
            &one,
            9,
            Some("x"),
            SingleResult,
            json!({ "x": { "fee": 18 } }),
        ),
        (
            &one,
            9,
            Some("x"),
            ResultList,
            json!({ "x": [{ "fee": 18 }] }),
        ),
        (&one, 1, Some("x"), ResultList, json!({ "x": [] })),
        (
            &two,
            9,
            Some("x"),
            Plain,
            json!({ "x": { "fee": 7, "who": "bob" } }),
        ),
        (&two, 9, None, Plain, json!({ "fee": 7, "who": "bob" })),
        (
            &two,
            9,
            Some("x"),
            SingleResult,
            json!({ "x": { "fee": 7, "who": "bob" } }),
        ),
        (
            &many,
            9,
            Some("x"),
            Plain,
            json!({ "x": [{ "fee": 7, "who": "bob" }, { "fee": 8, "who": null }] }),
        ),
        (
            &many,
            9,
            None,
            Plain,
            json!({ "fee": [7, 8], "who": ["bob", null] }),
        ),
        (&list, 9, Some("x"), Plain, json!({ "x": [7, 8] })),
        (&list, 9, Some("x"), CollectEntries, json!({ "x": [7, 8] })),
        (&list, 1, Some("x"), CollectEntries, json!({ "x": [] })),
        (&list, 6, Some("x"), SingleEntry, json!({ "x": 7 })),
    ] {
        assert_eq!(
            written(known, json!(amount), result, shape),
            expected,
            "{amount} {shape:?}"
        );
    }
}

#[test]
fn what_has_no_result_holds_its_token_and_shows_no_data() {
    let overlap = known(&table("UNIQUE", "fee", &[("> 5", "1"), ("> 6", "2")]));
    let list = known(&table(
        "COLLECT",
        "fee who",
        &[("> 5", "1;1"), ("> 6", "2;2")],
    ));
    let fails = known(&table(
        "FIRST",
        "fee",
        &[("-", "duration(\"P9999Y\") + @\"9999-01-01\"")],
    ));
    use ResultShape::{CollectEntries, Plain, SingleEntry};
    for (known, shape, message) in [
        (
            &overlap,
            Plain,
            "rules 1 and 2 of the decision `d` hit, and only one may",
        ),
        (
            &list,
            SingleEntry,
            "the decision `d` says more than one thing, and one is asked for",
        ),
        (
            &list,
            CollectEntries,
            "the decision `d` has several outputs, and the value of one is asked for",
        ),
        (
            &fails,
            Plain,
            "rule 1 of the decision `d` fails: a date out of range at position 21",
        ),
        (&Known::default(), Plain, "no decision `d` is published"),
    ] {
        assert_eq!(incident(known, json!(9), Some("x"), shape), message);
        let held = asked(known, json!(9), Some("x"), shape);
        assert_eq!(held.incidents[0].kind, IncidentKind::Decision);
    }
}

#[test]
fn the_steps_of_decisions_are_those_of_the_run() {
    let walk = ("some x in ? satisfies x = 0", "1");
    let heavy = known(&table("COLLECT", "fee", &[walk; 300]));
    let many: Vec<Json> = vec![json!(1); 9_000];
    let message = incident(&heavy, json!(many), None, ResultShape::Plain);
    assert!(message.contains("steps"), "{message}");
}
