use std::fmt::Write as _;
use std::time::{Duration, Instant};

use async_graphql::parser::types::OperationType;
use proptest::prelude::*;

use super::*;

const BOUNDS: Bounds = Bounds {
    brackets: 64,
    tokens: 10_000,
    depth: 32,
    selections: 5_000,
    aliases: 100,
    root_fields: 30,
    directives: 100,
};

fn refusal(text: &str) -> Option<Refusal> {
    read(text, &BOUNDS).err()
}

/// The time that is asked for holds in release builds; debug builds, without optimisation and beside other work, get more.
fn limit() -> Duration {
    Duration::from_millis(if cfg!(debug_assertions) { 50 } else { 5 })
}

fn doubling(fragments: usize) -> String {
    let mut text = String::from("{ x { ...f0 } }");
    for n in 0..fragments {
        let _ = write!(
            text,
            " fragment f{n} on Query {{ ...f{m} ...f{m} }}",
            m = n + 1
        );
    }
    let _ = write!(text, " fragment f{fragments} on Query {{ __typename }}");
    text
}

#[test]
fn five_thousand_brackets_are_refused_in_no_time_and_named() {
    for bracket in ["[", "{a", "(a:{", "{a(b:["] {
        let text = format!("{{n(a:{}", bracket.repeat(5_000));
        let begun = Instant::now();
        let refused = refusal(&text);
        assert!(begun.elapsed() < limit(), "{:?}", begun.elapsed());
        assert!(
            matches!(refused, Some(Refusal::Brackets { limit: 64, .. })),
            "{refused:?}"
        );
    }
    let Some(error) = refusal(&format!("{{\n n(a:{}", "[".repeat(63))) else {
        panic!("accepted");
    };
    assert_eq!(
        error.to_string(),
        "brackets nest deeper than 64 at line 2, column 68"
    );
    assert_eq!(
        error.to_error().locations,
        [Pos {
            line: 2,
            column: 68
        }]
    );
}

#[test]
fn as_many_brackets_as_the_bound_are_parsed() {
    let text = format!("{{n(a:{}1{})}}", "[".repeat(62), "]".repeat(62));
    assert_eq!(refusal(&text), None);
    let text = format!("{{n(a:{}1{})}}", "[".repeat(63), "]".repeat(63));
    assert!(matches!(refusal(&text), Some(Refusal::Brackets { .. })));
}

#[test]
fn brackets_in_strings_and_comments_do_not_count() {
    let many = "[{(".repeat(100);
    for text in [
        format!("{{ n(a: \"{many}\") }}"),
        format!("{{ n(a: \"\\\"{many}\\\\\") }}"),
        format!("{{ n(a: \"\"\"{many}\n\" \"\" \\\"\"\" {many}\"\"\") }}"),
        format!("{{ n # {many} \"\n }}"),
        format!("{{ n # {many} \"\"\"\r }}"),
        format!("{{ n(a: \"\" b: \"#\") m # \"{many}\n }}"),
    ] {
        assert_eq!(refusal(&text), None, "{text}");
    }
}

#[test]
fn brackets_after_what_only_looks_like_a_string_count() {
    let many = "[".repeat(100);
    for text in [
        format!("{{ n(a: \"\" b: {many}"),
        format!("{{ n(a: \"\\\\\" b: {many}"),
        format!("{{ n(a: \"\"\"\"\"\" b: {many}"),
        format!("{{ n(a: \"\"\"\\\\\"\"\"\"\"\" b: {many}"),
        format!("{{ n # \"\n (b: {many}"),
        format!("{{ n # \"\r (b: {many}"),
    ] {
        assert!(
            matches!(refusal(&text), Some(Refusal::Brackets { .. })),
            "{text}"
        );
    }
}

#[test]
fn a_string_that_does_not_end_is_refused_before_parsing() {
    for text in [
        "{ n(a: \"",
        "{ n(a: \"\\",
        "{ n(a: \"\n\") }",
        "{ n(a: \"\\\n\") }",
        "{ n(a: \"\"\"",
        "{ n(a: \"\"\" \"\"",
        "{ n(a: \"\"\" \\\"\"\"",
    ] {
        assert_eq!(
            refusal(text),
            Some(Refusal::Unterminated {
                at: Pos { line: 1, column: 8 }
            }),
            "{text}"
        );
    }
}

#[test]
fn twenty_fragments_that_double_are_refused_in_no_time() {
    let text = doubling(20);
    let begun = Instant::now();
    let refused = refusal(&text);
    assert!(begun.elapsed() < limit(), "{:?}", begun.elapsed());
    assert_eq!(
        refused,
        Some(Refusal::Count {
            what: Counted::Selections,
            limit: 5_000
        })
    );
    assert_eq!(refusal(&doubling(5)), None);
}

#[test]
fn a_doubling_that_no_operation_uses_is_refused_too() {
    let text = doubling(20).replacen("...f0", "y", 1);
    assert!(matches!(refusal(&text), Some(Refusal::Count { .. })));
}

#[test]
fn a_chain_of_many_fragments_is_refused_without_walking_it() {
    let mut text = String::from("{ ...f0 }");
    for n in 0..1_200 {
        let _ = write!(text, " fragment f{n} on Q {{ ...f{} }}", n + 1);
    }
    text.push_str(" fragment f1200 on Q { a }");
    assert_eq!(refusal(&text), Some(Refusal::Depth { limit: 32 }));
}

#[test]
fn a_fragment_that_spreads_itself_is_refused() {
    for text in [
        "{ ...a } fragment a on Q { ...a }",
        "{ x } fragment a on Q { b { ...b } } fragment b on Q { ... { ...a } }",
    ] {
        assert!(
            matches!(refusal(text), Some(Refusal::Cycle { .. })),
            "{text}"
        );
    }
}

#[test]
fn what_is_counted_is_counted_through_fragments() {
    let aliases: String = (0..60).map(|n| format!("a{n}: b ")).collect();
    let fields = "b ".repeat(20);
    let cases = [
        (
            format!("{{ x {{ ...f y {{ ...f }} }} }} fragment f on Q {{ {aliases} }}"),
            Counted::Aliases,
        ),
        (
            format!("{{ ...f ...f }} fragment f on Q {{ {fields} }}"),
            Counted::RootFields,
        ),
        (
            format!("query {} {{ a }}", "@d ".repeat(101)),
            Counted::Directives,
        ),
        (
            format!(
                "{{ x {{ ...f y {{ ...f }} }} }} fragment f on Q {{ b {} }}",
                "@d ".repeat(40)
            ),
            Counted::Directives,
        ),
        (
            format!("{{ x {{ {} }} }}", "b ".repeat(5_001)),
            Counted::Selections,
        ),
    ];
    for (text, expected) in cases {
        match refusal(&text) {
            Some(Refusal::Count { what, .. }) => assert_eq!(what, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
    assert!(matches!(
        refusal(&format!("{{ a(b: [{}]) }}", "1 ".repeat(10_000))),
        Some(Refusal::Tokens { limit: 10_000, .. })
    ));
}

#[test]
fn selections_nest_as_deep_as_the_bound() {
    let nested = |depth: usize| format!("{}a{}", "{a".repeat(depth - 1) + "{", "}".repeat(depth));
    assert_eq!(refusal(&nested(32)), None);
    assert_eq!(refusal(&nested(33)), Some(Refusal::Depth { limit: 32 }));
}

#[test]
fn the_operation_is_the_named_one() {
    let read = |text: &str| read(text, &BOUNDS).expect("a document");
    let kind = |document: &ExecutableDocument, name| operation(document, name).map(|own| own.ty);
    let one = read("mutation M { a }");
    let two = read("query A { a } subscription B { b }");
    assert_eq!(kind(&one, None), Some(OperationType::Mutation));
    assert_eq!(kind(&one, Some("M")), Some(OperationType::Mutation));
    assert_eq!(kind(&one, Some("N")), None);
    assert_eq!(kind(&two, None), None);
    assert_eq!(kind(&two, Some("B")), Some(OperationType::Subscription));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let _ = read(&text, &BOUNDS);
    }

    #[test]
    fn no_heap_of_tokens_makes_it_panic(
        tokens in proptest::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", "(", ")", "\"", "\"\"\"", "\\", "#", "\n", "\r", " ", ",", "...", "on ", "a", "b:",
                "fragment ", "f ", "query ", "mutation ", "$x", "@d", "!", "=", ":", "1", "-1.5e9", "null ", "\u{feff}", "ü",
            ]),
            0..120,
        )
    ) {
        let _ = read(&tokens.concat(), &BOUNDS);
    }

    /// Whatever is parsed, the parser never went deeper than was counted.
    #[test]
    fn what_is_accepted_nests_within_the_bound(
        parts in proptest::collection::vec(
            prop::sample::select(vec!["[", "]", "\"", "\"\"", "\"\"\"", "\\\"", "x", "\n", "#", "\\\\"]),
            0..60,
        )
    ) {
        let bounds = Bounds { brackets: 6, ..BOUNDS };
        if read(&format!("{{a(b:{})}}", parts.concat()), &bounds).is_ok() {
            let deepest = deepest_value(&format!("{{a(b:{})}}", parts.concat()));
            prop_assert!(deepest + 2 <= 6, "{deepest}");
        }
    }
}

fn deepest_value(text: &str) -> usize {
    use async_graphql::parser::types::Selection;

    fn depth(value: &async_graphql::Value) -> usize {
        match value {
            async_graphql::Value::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }
    let document = parse_query(text).expect("it was read before");
    document
        .operations
        .iter()
        .flat_map(|(_, operation)| &operation.node.selection_set.node.items)
        .filter_map(|selection| match &selection.node {
            Selection::Field(field) => Some(field),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
        })
        .flat_map(|field| &field.node.arguments)
        .map(|(_, value)| depth(&value.node.clone().into_const().expect("no variables")))
        .max()
        .unwrap_or(0)
}
