use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn number(digits: &str) -> Value {
    Value::Number(digits.parse().unwrap())
}

fn object(members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Object(
        members
            .into_iter()
            .map(|(name, value)| (Name::from(name), value))
            .collect(),
    )
}

#[test]
fn numbers_and_objects_are_tagged_in_the_stored_form() {
    for (value, stored) in [
        (Value::Null, "null"),
        (Value::Bool(true), "true"),
        (Value::text("a\"b"), r#""a\"b""#),
        (number("1.50"), r##"{"#":"1.50"}"##),
        (
            Value::List(vec![Value::Null, number("-1")]),
            r##"[null,{"#":"-1"}]"##,
        ),
        (object([]), r#"{"@":{}}"#),
        (object([("#", Value::text("1"))]), r##"{"@":{"#":"1"}}"##),
        (object([("@", object([]))]), r#"{"@":{"@":{"@":{}}}}"#),
    ] {
        assert_eq!(serde_json::to_string(&value).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Value>(stored).unwrap(), value);
        let json: Json = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::from_value::<Value>(json).unwrap(), value);
    }
}

#[test]
fn other_stored_forms_are_refused() {
    for stored in [
        "1",
        "{}",
        r##"{"#":1}"##,
        r##"{"#":"x"}"##,
        r#"{"@":[]}"#,
        r#"{"a":1}"#,
        r##"{"#":"1","@":{}}"##,
        r##"{"#":"1","#":"2"}"##,
        "",
    ] {
        assert!(serde_json::from_str::<Value>(stored).is_err(), "{stored}");
    }
}

#[test]
fn json_goes_in_and_out() {
    let json = json!({
        "a": null, "b": true, "c": 12, "d": -0.25, "e": "text", "f": [1, [2]],
        "g": {"h": 1e3, "i": 9223372036854775807_i64, "j": 18446744073709551615_u64}
    });
    let value = Value::from_json(&json).unwrap();
    let mut expected = json.clone();
    expected["g"]["h"] = json!(1000);
    expected["g"]["j"] = json!(18446744073709551615_u64 as f64);
    assert_eq!(value.to_json(), expected);
    let data = data_from_json(&json).unwrap();
    assert_eq!(data_to_json(&data), expected);
    assert_eq!(value, Value::Object(data));
}

#[test]
fn what_cannot_be_held_is_refused_with_its_place() {
    assert_eq!(
        data_from_json(&json!({"a": {"b": [1, 1e300]}})),
        Err(ValueProblem::Number("a.b[1]".to_owned()))
    );
    assert_eq!(data_from_json(&json!([])), Err(ValueProblem::NotAnObject));
    assert_eq!(
        data_from_json(&json!({"": 1})),
        Err(ValueProblem::FieldName)
    );
    assert_eq!(
        data_from_json(&json!({ "n".repeat(257): 1 })),
        Err(ValueProblem::FieldName)
    );
    assert_eq!(
        data_from_json(&json!({"a": "x".repeat(MAX_BYTES)})),
        Err(ValueProblem::Size)
    );
}

#[test]
fn values_nest_to_the_bound_and_no_deeper() {
    let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    assert!(Value::from_json(&nested(MAX_DEPTH)).is_ok());
    assert!(matches!(
        Value::from_json(&nested(MAX_DEPTH + 1)),
        Err(ValueProblem::Depth(_))
    ));
    let objects = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!({"a": inner}));
    let value = Value::from_json(&objects).unwrap();
    let stored = serde_json::to_string(&value).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&stored).unwrap(), value);
}

#[test]
fn bytes_count_names_and_members() {
    let data = data_from_json(&json!({"abc": "text", "d": [1, {"e": null}]})).unwrap();
    assert_eq!(bytes(&data), 3 + 8 + 4 + 1 + 8 + 16 + 8 + 1 + 16);
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (any::<i64>(), 0_u32..20).prop_map(|(n, scale)| Value::Number(Decimal::new(n, scale))),
        ".{0,12}".prop_map(Value::text),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            btree_map("[#@a-c]{1,2}".prop_map(Name::from), inner, 0..4).prop_map(Value::Object),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_stored_form_loses_nothing(value in values()) {
        let stored = serde_json::to_string(&value).unwrap();
        let back: Value = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), stored);
        prop_assert_eq!(back, value);
    }
}
