//! Each hit policy, defaults, types, and bounds.

use super::*;

const DISHES: &[&[&str]] = &[
    &["< 100", "\"a\"", "1"],
    &["< 50", "\"b\"", "2"],
    &[">= 100", "\"c\"", "3"],
];

fn dishes(policy: &str) -> Sheet<'_> {
    Sheet {
        policy,
        inputs: &["amount: number"],
        outputs: &["code: string = \"c\", \"b\", \"a\"", "rank: number"],
        rules: DISHES,
    }
}

#[test]
fn only_one_rule_of_a_unique_table_hits() {
    let sheet = dishes("UNIQUE");
    check(
        &sheet,
        &[
            (json!({ "amount": 60 }), json!({ "code": "a", "rank": 1 })),
            (json!({ "amount": 100 }), json!({ "code": "c", "rank": 3 })),
            (json!({}), json!(null)),
        ],
    );
    assert_eq!(
        sheet.ask(json!({ "amount": 40 })),
        Err("rules 1 and 2 of the decision `d` hit, and only one may".to_owned())
    );
    let verdict = sheet.ask(json!({ "amount": 60 })).unwrap();
    assert_eq!(verdict.hits.len(), 1);
    assert_eq!(
        (verdict.hits[0].rule, verdict.hits[0].id.as_deref()),
        (1, Some("r1"))
    );
    assert!(!verdict.is_list);
}

#[test]
fn the_first_rule_counts() {
    let first = dishes("FIRST");
    check(
        &first,
        &[(json!({ "amount": 40 }), json!({ "code": "a", "rank": 1 }))],
    );
    assert_eq!(first.ask(json!({ "amount": 40 })).unwrap().hits.len(), 1);
}

#[test]
fn any_rule_will_do_if_all_say_the_same() {
    let sheet = Sheet {
        policy: "ANY",
        inputs: &["a: number", "b: number"],
        outputs: &["ok: boolean"],
        rules: &[
            &["< 5", "-", "true"],
            &["-", "< 5", "true"],
            &["> 100", "-", "false"],
        ],
    };
    check(
        &sheet,
        &[
            (json!({ "a": 1, "b": 1 }), json!(true)),
            (json!({ "a": 101, "b": 9 }), json!(false)),
            (json!({ "a": 9, "b": 9 }), json!(null)),
        ],
    );
    assert_eq!(
        sheet.ask(json!({ "a": 101, "b": 1 })),
        Err("rules 2 and 3 of the decision `d` hit and say different things".to_owned())
    );
}

#[test]
fn the_outputs_rank_the_rules() {
    check(
        &dishes("PRIORITY"),
        &[(json!({ "amount": 40 }), json!({ "code": "b", "rank": 2 }))],
    );
    let all = dishes("OUTPUT ORDER");
    check(
        &all,
        &[
            (
                json!({ "amount": 40 }),
                json!([{ "code": "b", "rank": 2 }, { "code": "a", "rank": 1 }]),
            ),
            (
                json!({ "amount": 500 }),
                json!([{ "code": "c", "rank": 3 }]),
            ),
            (json!({}), json!(null)),
        ],
    );
    check(
        &dishes("RULE ORDER"),
        &[(
            json!({ "amount": 40 }),
            json!([{ "code": "a", "rank": 1 }, { "code": "b", "rank": 2 }]),
        )],
    );
}

#[test]
fn outputs_rank_from_left_to_right() {
    let sheet = Sheet {
        policy: "PRIORITY",
        inputs: &[],
        outputs: &["x: string = \"hi\", \"lo\"", "y: number = 2, 1"],
        rules: &[
            &["\"lo\"", "2"],
            &["\"hi\"", "1"],
            &["\"hi\"", "2"],
            &["\"hi\"", "9"],
        ],
    };
    check(&sheet, &[(json!({}), json!({ "x": "hi", "y": 2 }))]);
}

#[test]
fn collecting_gives_a_list_or_one_number() {
    let collect = |policy| Sheet {
        policy,
        inputs: &["age: number"],
        outputs: &["fee: number"],
        rules: &[
            &["> 10", "5"],
            &["> 20", "7.5"],
            &["> 30", "-2"],
            &["> 40", "5"],
        ],
    };
    for (policy, three, none) in [
        ("COLLECT", json!([5, 7.5, -2]), json!(null)),
        ("COLLECT+SUM", json!(10.5), json!(null)),
        ("COLLECT+MIN", json!(-2), json!(null)),
        ("COLLECT+MAX", json!(7.5), json!(null)),
        ("COLLECT+COUNT", json!(3), json!(0)),
    ] {
        let table = collect(policy);
        check(
            &table,
            &[(json!({ "age": 35 }), three), (json!({ "age": 1 }), none)],
        );
    }
    let verdict = collect("COLLECT").ask(json!({ "age": 50 })).unwrap();
    assert_eq!(verdict.hits.len(), 4, "equal outputs all count");
    assert!(verdict.is_list);
}

#[test]
fn what_is_no_number_is_not_added() {
    let sheet = |entry: &'static str| {
        let xml = Sheet {
            policy: "COLLECT+SUM",
            inputs: &[],
            outputs: &["fee"],
            rules: &[&["1"], &["ENTRY"]],
        };
        ask(&xml.file().replace("ENTRY", entry), "d", json!({}))
    };
    let refused = Err("the outputs of the decision `d` make no number".to_owned());
    assert_eq!(sheet("\"a\""), refused);
    assert_eq!(sheet("null"), refused);
    let largest = "79228162514264337593543950335";
    assert_eq!(sheet(largest), refused, "nothing wraps around");
}

#[test]
fn a_default_stands_in_when_no_rule_hits() {
    let with = |policy| Sheet {
        policy,
        inputs: &["a: number"],
        outputs: &["x: number ! a * 2"],
        rules: &[&["< 5", "1"]],
    };
    check(
        &with("UNIQUE"),
        &[
            (json!({ "a": 7 }), json!(14)),
            (json!({ "a": 1 }), json!(1)),
        ],
    );
    check(&with("COLLECT"), &[(json!({ "a": 7 }), json!([14]))]);
    check(&with("COLLECT+SUM"), &[(json!({ "a": 7 }), json!(14))]);
    let partly = Sheet {
        policy: "FIRST",
        inputs: &["a: number"],
        outputs: &["x: string ! \"none\"", "y: string"],
        rules: &[&["< 5", "\"x\"", "\"y\""]],
    };
    check(
        &partly,
        &[(json!({ "a": 7 }), json!({ "x": "none", "y": null }))],
    );
    let verdict = partly.ask(json!({ "a": 7 })).unwrap();
    assert_eq!(json_rows(&verdict), json!([{ "x": "none", "y": null }]));
    assert!(verdict.hits.is_empty());
}

#[test]
fn entries_are_expressions_over_the_data() {
    let sheet = Sheet {
        policy: "UNIQUE",
        inputs: &["order.total * 2: number"],
        outputs: &["fee"],
        rules: &[&["> limit", "order.total * 0.1"], &["<= limit", ""]],
    };
    check(
        &sheet,
        &[
            (json!({ "order": { "total": 50 }, "limit": 99 }), json!(5)),
            (
                json!({ "order": { "total": 50 }, "limit": 100 }),
                json!(null),
            ),
        ],
    );
}

#[test]
fn a_value_of_another_type_or_none_of_the_values_is_told_and_never_shown() {
    let sheet = Sheet {
        policy: "UNIQUE",
        inputs: &["n: integer", "c: string = \"a\", \"b\""],
        outputs: &["x"],
        rules: &[&["-", "-", "1"]],
    };
    check(
        &sheet,
        &[
            (json!({ "n": 1, "c": "a" }), json!(1)),
            (json!({ "n": null, "c": null }), json!(1)),
        ],
    );
    for (data, message) in [
        (
            json!({ "n": "hush", "c": "a" }),
            "the input `n` of the decision `d` is no `integer`",
        ),
        (
            json!({ "n": 1.5, "c": "a" }),
            "the input `n` of the decision `d` is no `integer`",
        ),
        (
            json!({ "n": 1, "c": "hush" }),
            "the input `c` of the decision `d` is none of its values",
        ),
    ] {
        assert_eq!(sheet.ask(data), Err(message.to_owned()));
    }
}

#[test]
fn a_rule_that_fails_is_named() {
    let sheet = Sheet {
        policy: "FIRST",
        inputs: &["n: number"],
        outputs: &["x"],
        rules: &[
            &["< 5", "1"],
            &["> 5", "79228162514264337593543950335 + n"],
            &["? + 79228162514264337593543950335 > 1", "1"],
        ],
    };
    for (n, start) in [
        (7, "rule 2 of the decision `d` fails: a number out of range"),
        (5, "rule 3 of the decision `d` fails: a number out of range"),
    ] {
        let error = sheet.ask(json!({ "n": n })).expect_err("out of range");
        assert!(error.starts_with(start), "{error}");
    }
}

#[test]
fn steps_and_sizes_are_bounded() {
    let rows: Vec<&[&str]> = vec![&["-", "text"]; 400];
    let sheet = Sheet {
        policy: "COLLECT",
        inputs: &["a"],
        outputs: &["x"],
        rules: &rows,
    };
    let file = sheet.file();
    let small = json!({ "text": "x" });
    assert!(ask_within(&file, "d", small.clone(), 2_000).is_ok());
    let error = ask_within(&file, "d", small, 300).expect_err("too few steps");
    assert!(error.contains("steps"), "{error}");
    let error = ask(&file, "d", json!({ "text": "x".repeat(1_000) })).expect_err("too large");
    assert!(error.contains("larger than 196608 bytes"), "{error}");
}
