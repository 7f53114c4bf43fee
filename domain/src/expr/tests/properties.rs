use crate::time::Calendar;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const SOUP: &[&str] = &[
    "a",
    "b.c",
    "numbers",
    "items",
    "name",
    "due",
    "x",
    "1",
    "0",
    "2.5",
    "-",
    "'t'",
    "\"\\n\"",
    "null",
    "true",
    "false",
    "and",
    "or",
    "not",
    "not(",
    "if",
    "then",
    "else",
    "in",
    "between",
    "some",
    "every",
    "satisfies",
    "is",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    "!",
    "?",
    ":",
    "+",
    "*",
    "/",
    "**",
    "..",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "@",
    ";",
    "${",
    "#{",
    "return",
    "empty",
    "eq",
    "lt",
    "contains(",
    ".contains(",
    ".size()",
    "starts with(",
    "substring(",
    "count(",
    "sum(",
    "max(",
    "append(",
    "matches(",
    "'(a|b)*'",
    "date(",
    "date and time(",
    "duration(",
    "'P1D'",
    "'2026-01-01'",
    "now()",
    "today()",
    "round(",
    "string(",
    "number(",
    "1..3",
    "[1..3]",
    "abs(",
    ".year",
    "`a b`",
    "999999999999",
    "\\",
    "é",
    "some x in numbers satisfies",
    "hasRole('a')",
    "@'PT1H'",
];

fn soup() -> impl Strategy<Value = String> {
    vec(select(SOUP), 0..40).prop_map(|words| words.join(" "))
}

/// FEEL text of trees that make sense, so that evaluation goes deep.
fn feel() -> impl Strategy<Value = String> {
    let leaf = select(
        &[
            "amount",
            "one",
            "name",
            "yes",
            "due",
            "begun",
            "numbers",
            "names",
            "items",
            "claim",
            "unknown",
            "null",
            "true",
            "0",
            "1.5",
            "'ann'",
            "79228162514264337593543950335",
            "now()",
            "duration('P1M')",
            "duration('PT1H')",
            "[]",
        ][..],
    )
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 3, |inner| {
        let operator = select(
            &[
                "+", "-", "*", "/", "**", "=", "!=", "<", ">=", "and", "or", "in",
            ][..],
        );
        let function = select(
            &[
                "count",
                "sum",
                "min",
                "abs",
                "not",
                "string",
                "number",
                "date",
                "time",
                "duration",
                "upper case",
                "round",
                "is empty",
                "date and time",
            ][..],
        );
        let pair = select(
            &[
                "contains",
                "append",
                "matches",
                "list contains",
                "substring",
                "max",
                "round",
            ][..],
        );
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, o, b)| format!("({a} {o} {b})")),
            (function, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            (pair, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} in [{b}..{c}])")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("(some v in {a} satisfies {b} = v)")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            inner.clone().prop_map(|a| format!("{{k: {a}}}.k")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            inner.clone().prop_map(|a| format!("({a}).year")),
            inner.prop_map(|a| format!("-({a})")),
        ]
    })
}

fn evaluates_or_fails(expr: &Expr) {
    let data = sample();
    let layers = [&data];
    let env = Env {
        layers: &layers,
        now: now(),
        calendar: &Calendar::default(),
        actor: None,
    };
    let length = expr.source().chars().count();
    let within = |position: u32| usize::try_from(position).unwrap() <= length;
    match expr.eval(&env) {
        Ok(value) => {
            let stored = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), value);
            let holds = expr.holds(&env);
            assert_eq!(holds.is_ok(), matches!(value, Value::Bool(_) | Value::Null));
            assert_eq!(holds == Ok(true), value == Value::Bool(true));
        }
        Err(error) => assert!(within(error.position), "{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(source in ".{0,200}") {
        match Expr::parse(&source) {
            Ok(expr) => evaluates_or_fails(&expr),
            Err(problem) => {
                prop_assert!(usize::try_from(problem.position).unwrap() <= source.chars().count());
            }
        }
    }

    #[test]
    fn no_soup_of_tokens_makes_parser_or_evaluation_panic(source in soup()) {
        if let Ok(expr) = Expr::parse(&source) {
            evaluates_or_fails(&expr);
        }
    }

    #[test]
    fn whatever_parses_evaluates_or_fails(source in feel()) {
        if let Ok(expr) = Expr::parse(&source) {
            evaluates_or_fails(&expr);
        }
    }

    #[test]
    fn wrapping_changes_no_tree(source in feel()) {
        let plain = Expr::parse(&source);
        for wrapped in [format!("${{{source}}}"), format!("= {source}"), format!("return {source};")] {
            prop_assert_eq!(Expr::parse(&wrapped).ok(), plain.clone().ok());
        }
        if let Ok(plain) = plain
            && !source.contains("date and time(")
        {
            let respelled = source.replace(" and ", " && ").replace(" or ", " || ").replace(" = ", " == ");
            prop_assert_eq!(Expr::parse(&respelled).unwrap(), plain);
        }
    }

    #[test]
    fn addition_agrees_with_decimals(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000) {
        let data = Data::from([
            (Name::from("a"), Value::Number(a.into())),
            (Name::from("b"), Value::Number(b.into())),
        ]);
        let layers = [&data];
        let env = Env { layers: &layers, now: now(),
        calendar: &Calendar::default(), actor: None };
        prop_assert_eq!(parse("a + b").eval(&env), Ok(Value::Number((a + b).into())));
        prop_assert_eq!(parse("a < b").holds(&env), Ok(a < b));
    }
}
