//! What cells of decision tables admit.

use crate::time::Calendar;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn admits(source: &str, value: Json) -> bool {
    let tests = UnaryTests::parse(source).unwrap_or_else(|problem| panic!("`{source}`: {problem}"));
    let tested = data_from_json(&json!({ "?": value })).unwrap();
    let data = sample();
    let env = Env {
        layers: &[&tested, &data],
        now: now(),
        calendar: &Calendar::default(),
        actor: None,
    };
    let admitted = tests.admit(&env, &Meter::new(MAX_STEPS));
    admitted.unwrap_or_else(|error| panic!("`{source}`: {error}"))
}

/// Each cell with values that it admits and values that it does not.
#[test]
fn each_form_admits_what_it_says() {
    let table: &[(&str, &[Json], &[Json])] = &[
        ("-", &[json!(1), json!("a"), json!(null), json!([])], &[]),
        ("  ", &[json!(1), json!(null)], &[]),
        (
            "5",
            &[json!(5), json!(5.0)],
            &[json!(4), json!("5"), json!(null)],
        ),
        ("-5", &[json!(-5)], &[json!(5)]),
        ("\"a\"", &[json!("a")], &[json!("b"), json!(null), json!(1)]),
        (
            "\"a\", \"b\"",
            &[json!("a"), json!("b")],
            &[json!("c"), json!(null)],
        ),
        (
            "1, 3, > 10",
            &[json!(1), json!(3), json!(11)],
            &[json!(2), json!(10)],
        ),
        ("[\"a\", \"b\"]", &[json!("b")], &[json!("c")]),
        ("< 5", &[json!(4.9)], &[json!(5), json!(null), json!("4")]),
        ("<= 5", &[json!(5)], &[json!(5.1)]),
        ("> 5", &[json!(6)], &[json!(5)]),
        (">= 1000", &[json!(1000)], &[json!(999)]),
        ("= 5", &[json!(5)], &[json!(6)]),
        ("!= 5", &[json!(6), json!(null)], &[json!(5)]),
        ("> one", &[json!(2)], &[json!(1)]),
        (
            "[1..10]",
            &[json!(1), json!(10)],
            &[json!(0), json!(11), json!(null)],
        ),
        ("(1..10)", &[json!(2)], &[json!(1), json!(10)]),
        ("]1..10[", &[json!(2)], &[json!(1), json!(10)]),
        ("[1..10[", &[json!(1)], &[json!(10)]),
        ("]1..10]", &[json!(10)], &[json!(1)]),
        ("(1..10]", &[json!(10)], &[json!(1)]),
        (
            "[1..3], [7..9[",
            &[json!(2), json!(7)],
            &[json!(5), json!(9)],
        ),
        ("[one..one + 2]", &[json!(3)], &[json!(4)]),
        ("not(5)", &[json!(4), json!(null)], &[json!(5)]),
        (
            "not(\"a\", \"b\")",
            &[json!("c")],
            &[json!("a"), json!("b")],
        ),
        ("not([1..10])", &[json!(11)], &[json!(1), json!(null)]),
        ("not(< 5)", &[json!(5)], &[json!(4), json!(null)]),
        ("not(? = 1) and ? < 3", &[json!(2)], &[json!(1), json!(3)]),
        ("not(contains(?, \"x\"))", &[json!("a")], &[json!("axe")]),
        ("null", &[json!(null)], &[json!(0), json!("")]),
        ("not(null)", &[json!(0)], &[json!(null)]),
        ("true", &[json!(true)], &[json!(false), json!(null)]),
        ("false", &[json!(false)], &[json!(true), json!(null)]),
        ("? > 5 and ? < 10", &[json!(6)], &[json!(5), json!(10)]),
        ("? > one * 2", &[json!(3)], &[json!(2)]),
        (
            "starts with(?, \"A\")",
            &[json!("Ann")],
            &[json!("Bob"), json!(1)],
        ),
        ("count(?) > 1", &[json!([1, 2])], &[json!([1])]),
        (
            "?.total = 7",
            &[json!({ "total": 7 })],
            &[json!({ "total": 8 })],
        ),
        ("numbers", &[json!(3)], &[json!(4)]),
        (
            "date(\"2026-03-01\")",
            &[json!("2026-03-01")],
            &[json!("2026-03-02")],
        ),
        (
            "< date(\"2026-03-01\")",
            &[json!("2026-02-28")],
            &[json!("2026-03-01")],
        ),
        (
            "[@\"2026-01-01\"..@\"2026-12-31\"]",
            &[json!("2026-06-01")],
            &[json!("2027-01-01")],
        ),
        (
            "> date and time(\"2026-03-01T10:00:00Z\")",
            &[json!("2026-03-01T10:00:01Z")],
            &[json!("2026-03-01T09:00:00Z")],
        ),
        (
            "< time(\"12:00:00\")",
            &[json!("11:59:00")],
            &[json!("12:00:00")],
        ),
        ("> duration(\"P2D\")", &[json!("P3D")], &[json!("P1D")]),
        ("> today()", &[json!("2026-03-30")], &[json!("2026-03-29")]),
    ];
    for (source, admitted, refused) in table {
        for value in *admitted {
            assert!(admits(source, value.clone()), "`{source}` admits {value}");
        }
        for value in *refused {
            assert!(!admits(source, value.clone()), "`{source}` refuses {value}");
        }
    }
}

#[test]
fn what_is_no_test_is_refused_where_it_goes_wrong() {
    for (source, position) in [
        ("<", 1),
        ("1,", 2),
        ("[1..", 4),
        ("[1..2", 5),
        ("not(1, ", 6),
        ("not(", 4),
        ("1 2", 2),
        ("? >", 3),
        ("\"a", 0),
    ] {
        let problem = UnaryTests::parse(source).expect_err(source);
        assert_eq!(problem.position, position, "`{source}`: {problem}");
    }
    let long = format!("{}1", "1,".repeat(MAX_SOURCE));
    assert!(UnaryTests::parse(&long).is_err());
    let deep = format!("{}1{}", "(".repeat(500), ")".repeat(500));
    assert!(UnaryTests::parse(&deep).is_err());
}

#[test]
fn the_question_mark_is_no_name_elsewhere() {
    assert!(Expr::parse("? > 5").is_err());
    assert_eq!(
        eval("yes ? 1 : 2").map(|value| value.to_json()),
        Ok(json!(1))
    );
    assert_eq!(
        eval("5 in ]1..5]").map(|value| value.to_json()),
        Ok(json!(true))
    );
    assert_eq!(
        eval("5 in [1..5[ or no").map(|value| value.to_json()),
        Ok(json!(false))
    );
    assert_eq!(
        eval("numbers[1]").map(|value| value.to_json()),
        Ok(json!(3))
    );
    assert_eq!(
        eval("numbers[-1]").map(|value| value.to_json()),
        Ok(json!(2))
    );
}

#[test]
fn fields_are_those_beside_the_value() {
    let tests = UnaryTests::parse("? > limit, other").unwrap();
    assert_eq!(tests.fields(), [Name::from("limit"), Name::from("other")]);
    assert_eq!(tests.bare_names(), [Name::from("other")]);
    assert!(tests.shape().is_none());
    let constant = UnaryTests::parse("not([1..5[, 7)")
        .unwrap()
        .shape()
        .unwrap();
    assert!(constant.negated);
    assert_eq!(constant.spans.len(), 2);
}

const SOUP: &[&str] = &[
    "?",
    "-",
    "not(",
    "not",
    "(",
    ")",
    "[",
    "]",
    "..",
    ",",
    "<",
    ">=",
    "=",
    "1",
    "2.5",
    "\"a\"",
    "null",
    "true",
    "a",
    "numbers",
    "and",
    "or",
    "in",
    "count(",
    "date(\"2026-01-01\")",
    ":",
    "if",
    "then",
    "else",
    "@\"P1D\"",
    "{",
    "}",
];

proptest! {
    #[test]
    fn no_text_panics(source in ".{0,60}") {
        let _ = UnaryTests::parse(&source).map(|tests| tests.shape());
    }

    #[test]
    fn no_soup_panics(words in vec(proptest::sample::select(SOUP), 0..14), value in -3i64..30) {
        let source = words.join(" ");
        if let Ok(tests) = UnaryTests::parse(&source) {
            let tested = data_from_json(&json!({ "?": value })).unwrap();
            let env = Env { layers: &[&tested], now: now(),
        calendar: &Calendar::default(), actor: None };
            let _ = (tests.shape(), tests.admit(&env, &Meter::new(1_000)));
        }
    }
}
