use serde_json::json;

use super::*;
use crate::access::fixture::{data, name};

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn invalid(field: &str, reason: &str) -> Result<(), Rejection> {
    Err(Rejection::FieldInvalid {
        field: name(field),
        reason: reason.to_owned(),
    })
}

fn not_writable(field: &str) -> Result<(), Rejection> {
    Err(Rejection::FieldNotWritable(name(field)))
}

/// The first of several.
fn first(refused: Rejection) -> Rejection {
    match refused {
        Rejection::Fields(mut all) => all.remove(0),
        one => one,
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(data(fields))
}

/// Judges one value for a form of one component with the key `f`.
fn judge(mut component: Json, value: Value) -> Result<(), Rejection> {
    component["key"] = json!("f");
    let schema = json!({ "components": [component] });
    assert_eq!(check_schema(&schema), Ok(()));
    check(&schema, &data([("f", value)]), &[], true)
}

#[test]
fn each_component_takes_its_values_and_says_why_not() {
    let text = Value::text;
    let list =
        |values: &[&str]| Value::List(values.iter().map(|value| Value::text(*value)).collect());
    let field = |validate: Json| json!({ "type": "textfield", "validate": validate });
    let amount = |validate: Json| json!({ "type": "number", "validate": validate });
    let options =
        |kind: &str| json!({ "type": kind, "values": [{ "value": "a" }, { "value": 2 }] });
    let moment = |subtype: &str| json!({ "type": "datetime", "subtype": subtype });
    for (component, value, reason) in [
        (field(json!({})), text("x"), None),
        (field(json!({})), text(""), None),
        (field(json!({})), Value::Null, None),
        (field(json!({})), number("1"), Some("must be text")),
        (
            field(json!({ "minLength": 3 })),
            text("ab"),
            Some("must have at least 3 characters"),
        ),
        (
            field(json!({ "minLength": 3 })),
            text(" ab "),
            Some("must have at least 3 characters"),
        ),
        (field(json!({ "minLength": 3 })), text("äöü"), None),
        (field(json!({ "minLength": 3 })), text(""), None),
        (field(json!({ "maxLength": 3 })), text("äöü"), None),
        (
            field(json!({ "maxLength": 3 })),
            text("abcd"),
            Some("must have at most 3 characters"),
        ),
        (field(json!({ "maxLength": "=limit" })), text("abcd"), None),
        (
            field(json!({ "pattern": "^(a+)+$" })),
            text("aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
            None,
        ),
        (
            field(json!({ "validationType": "email" })),
            text("ann@example.org"),
            None,
        ),
        (
            field(json!({ "validationType": "email" })),
            text("ann"),
            Some("must be a mail address"),
        ),
        (
            field(json!({ "validationType": "email" })),
            text("@x"),
            Some("must be a mail address"),
        ),
        (
            field(json!({ "validationType": "email" })),
            text("a@b@c"),
            Some("must be a mail address"),
        ),
        (
            field(json!({ "validationType": "email" })),
            text("a b@c"),
            Some("must be a mail address"),
        ),
        (
            field(json!({ "required": true })),
            text(""),
            Some("is required"),
        ),
        (
            field(json!({ "required": true })),
            Value::Null,
            Some("is required"),
        ),
        (json!({ "type": "textarea" }), text("x\ny"), None),
        (
            json!({ "type": "textarea" }),
            list(&[]),
            Some("must be text"),
        ),
        (amount(json!({})), number("1.5"), None),
        (amount(json!({})), text("1"), Some("must be a number")),
        (amount(json!({ "min": 1, "max": 5 })), number("1"), None),
        (
            amount(json!({ "min": 1, "max": 5 })),
            number("0.99"),
            Some("must be at least 1"),
        ),
        (
            amount(json!({ "min": 1, "max": 5 })),
            number("5.01"),
            Some("must be at most 5"),
        ),
        (
            amount(json!({ "min": "1" })),
            number("0"),
            Some("must be at least 1"),
        ),
        (amount(json!({ "min": "=least" })), number("0"), None),
        (amount(json!({ "required": true })), number("0"), None),
        (
            json!({ "type": "number", "serializeToString": true }),
            text("12.5"),
            None,
        ),
        (
            json!({ "type": "number", "serializeToString": true }),
            text("x"),
            Some("must be a number"),
        ),
        (json!({ "type": "checkbox" }), Value::Bool(false), None),
        (
            json!({ "type": "checkbox" }),
            text("true"),
            Some("must be true or false"),
        ),
        (
            json!({ "type": "checkbox", "validate": { "required": true } }),
            Value::Bool(false),
            Some("is required"),
        ),
        (options("select"), text("a"), None),
        (options("select"), number("2"), None),
        (
            options("select"),
            text("2"),
            Some("must be one of the options"),
        ),
        (
            options("radio"),
            text("b"),
            Some("must be one of the options"),
        ),
        (
            json!({ "type": "select", "valuesKey": "options" }),
            text("b"),
            None,
        ),
        (options("checklist"), list(&["a"]), None),
        (options("checklist"), list(&[]), None),
        (
            options("checklist"),
            list(&["a", "b"]),
            Some("must be one of the options"),
        ),
        (options("taglist"), text("a"), Some("must be a list")),
        (
            json!({ "type": "taglist", "validate": { "required": true } }),
            list(&[]),
            Some("is required"),
        ),
        (moment("date"), text("2026-02-28"), None),
        (
            moment("date"),
            text("2026-02-30"),
            Some("must be a date (ISO 8601)"),
        ),
        (moment("date"), number("2026"), Some("must be text")),
        (moment("time"), text("09:30"), None),
        (moment("time"), text("09:30Z"), None),
        (moment("time"), text("09:30+02:00"), None),
        (
            moment("time"),
            text("25:30"),
            Some("must be a time (ISO 8601)"),
        ),
        (moment("datetime"), text("2026-02-28T09:30"), None),
        (moment("datetime"), text("2026-02-28T09:30:15.5Z"), None),
        (moment("datetime"), text("2026-02-28T09:30-08:00"), None),
        (
            moment("datetime"),
            text("2026-02-28"),
            Some("must be a date and time (ISO 8601)"),
        ),
        (
            moment("datetime"),
            text("soon"),
            Some("must be a date and time (ISO 8601)"),
        ),
        (json!({ "type": "expression" }), number("3"), None),
        (json!({ "type": "filepicker" }), list(&["f1"]), None),
    ] {
        let expected = reason.map_or(Ok(()), |reason| invalid("f", reason));
        let why = format!("{component} {value:?}");
        assert_eq!(judge(component, value), expected, "{why}");
    }
}

fn nested() -> Json {
    json!({ "components": [
        { "type": "text", "text": "# Hello" },
        { "type": "button", "key": "submit", "action": "submit" },
        { "type": "group", "path": "person", "components": [
            { "type": "textfield", "key": "name", "validate": { "required": true } },
            { "type": "textfield", "key": "address.city" },
            { "type": "number", "key": "salary", "readonly": true },
            { "type": "group", "components": [{ "type": "checkbox", "key": "member" }] },
        ]},
        { "type": "columns", "components": [{ "type": "textfield", "key": "note" }] },
        { "type": "textfield", "key": "locked", "disabled": true, "validate": { "required": true } },
        { "type": "textfield", "key": "extra", "conditional": { "hide": "=true" }, "validate": { "required": true } },
        { "type": "dynamiclist", "path": "items", "components": [
            { "type": "textfield", "key": "what", "validate": { "required": true } },
            { "type": "number", "key": "price.amount", "validate": { "min": 0 } },
        ]},
    ]})
}

#[test]
fn data_lies_where_groups_and_paths_say() {
    let schema = nested();
    assert_eq!(check_schema(&schema), Ok(()));
    assert_eq!(
        fields(&schema)
            .iter()
            .map(|name| &**name)
            .collect::<Vec<_>>(),
        ["extra", "items", "locked", "note", "person"]
    );
    let person = |fields| data([("person", fields)]);
    let ann = || ("name", Value::text("ann"));
    for (given, expected) in [
        (person(object([ann()])), Ok(())),
        (
            person(object([
                ann(),
                ("address", object([("city", Value::text("Ulm"))])),
            ])),
            Ok(()),
        ),
        (
            person(object([ann(), ("member", Value::Bool(true))])),
            Ok(()),
        ),
        (
            person(object([ann(), ("member", number("1"))])),
            invalid("person.member", "must be true or false"),
        ),
        (
            person(object([ann(), ("address", Value::text("Ulm"))])),
            invalid("person.address", "must be an object"),
        ),
        (
            person(object([
                ann(),
                ("address", object([("street", Value::Null)])),
            ])),
            not_writable("person.address.street"),
        ),
        (
            person(object([ann(), ("salary", number("1"))])),
            not_writable("person.salary"),
        ),
        (person(object([])), invalid("person.name", "is required")),
        (Data::new(), invalid("person.name", "is required")),
        (
            data([("submit", Value::Bool(true))]),
            not_writable("submit"),
        ),
        (data([("name", Value::text("ann"))]), not_writable("name")),
        (data([("locked", Value::text("x"))]), not_writable("locked")),
    ] {
        let told = check(&schema, &given, &[], true).map_err(first);
        assert_eq!(told, expected, "{given:?}");
    }
}

#[test]
fn what_is_there_already_fills_what_is_required() {
    let schema = nested();
    let there = data([("person", object([("name", Value::text("ann"))]))]);
    assert_eq!(
        check(&schema, &Data::new(), &[&Data::new(), &there], true),
        Ok(())
    );
    let cleared = data([("person", object([("name", Value::text(""))]))]);
    assert_eq!(
        check(&schema, &cleared, &[&there], true),
        invalid("person.name", "is required")
    );
    assert_eq!(
        check(&schema, &cleared, &[&there], false),
        Ok(()),
        "a draft"
    );
    assert_eq!(check(&schema, &Data::new(), &[], false), Ok(()), "a draft");
}

#[test]
fn a_disabled_components_value_may_come_along_unchanged() {
    let schema = nested();
    let there = data([
        ("locked", Value::text("x")),
        (
            "person",
            object([("name", Value::text("ann")), ("salary", number("10"))]),
        ),
    ]);
    assert_eq!(check(&schema, &there, &[&there], true), Ok(()));
    let changed = data([("locked", Value::text("y"))]);
    assert_eq!(
        check(&schema, &changed, &[&there], true),
        not_writable("locked")
    );
    let changed = data([(
        "person",
        object([("name", Value::text("ann")), ("salary", number("11"))]),
    )]);
    assert_eq!(
        check(&schema, &changed, &[&there], true),
        not_writable("person.salary")
    );
}

#[test]
fn each_member_of_a_list_fills_the_form_again() {
    let schema = json!({ "components": nested()["components"].as_array().unwrap()[6..].to_vec() });
    let items = |members: Vec<Value>| data([("items", Value::List(members))]);
    let pen = || ("what", Value::text("pen"));
    for (given, expected) in [
        (items(vec![]), Ok(())),
        (items(vec![object([pen()])]), Ok(())),
        (
            items(vec![object([pen(), ("colour", Value::text("red"))])]),
            Ok(()),
        ),
        (
            items(vec![object([pen()]), object([])]),
            invalid("items[1].what", "is required"),
        ),
        (
            items(vec![object([
                pen(),
                ("price", object([("amount", number("-1"))])),
            ])]),
            invalid("items[0].price.amount", "must be at least 0"),
        ),
        (
            items(vec![Value::text("pen")]),
            invalid("items[0]", "must be an object"),
        ),
        (
            data([("items", Value::text("pen"))]),
            invalid("items", "must be a list"),
        ),
        (data([("items", Value::Null)]), Ok(())),
    ] {
        assert_eq!(check(&schema, &given, &[], true), expected, "{given:?}");
    }
}

#[test]
fn of_two_components_for_one_field_either_takes_the_value() {
    let schema = json!({ "components": [
        { "type": "textfield", "key": "f", "readonly": true },
        { "type": "number", "key": "f" },
    ]});
    assert_eq!(
        check(&schema, &data([("f", number("1"))]), &[], true),
        Ok(())
    );
    assert_eq!(
        check(&schema, &data([("f", Value::text("x"))]), &[], true),
        not_writable("f")
    );
}

#[test]
fn a_schema_that_cannot_be_filled_in_is_named() {
    let deep = (0..40).fold(json!({ "components": [] }), |inner, _| {
        json!({ "components": [{ "type": "group", "components": inner["components"] }] })
    });
    for (schema, part) in [
        (json!(null), "the form has no list"),
        (json!([]), "the form has no list"),
        (json!({ "components": {} }), "the form has no list"),
        (
            json!({ "components": [1] }),
            "component 1 of the form has no `type`",
        ),
        (
            json!({ "components": [{ "type": "text" }, { "type": "number" }] }),
            "component 2 of the form has no `key`",
        ),
        (
            json!({ "components": [{ "type": "group", "components": [{ "type": "number", "key": "a..b" }] }] }),
            "component 1 of component 1 of the form has a `key`",
        ),
        (
            json!({ "components": [{ "type": "group" }] }),
            "component 1 of the form has no list",
        ),
        (
            json!({ "components": [{ "type": "dynamiclist", "components": [] }] }),
            "component 1 of the form has no `path`",
        ),
        (deep, "nests deeper than 32"),
    ] {
        let problem = check_schema(&schema).unwrap_err();
        assert!(problem.contains(part), "{problem}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let schema = json!({ "components": [
        { "type": "number", "key": "days", "validate": { "min": 1 } },
        { "type": "textfield", "key": "manager", "validate": { "required": true } },
        { "type": "textfield", "key": "shown", "readonly": true },
    ] });
    let given = data([
        ("days", number("0")),
        ("other", Value::Null),
        ("shown", Value::text("x")),
    ]);
    let Err(Rejection::Fields(refused)) = check(&schema, &given, &[], true) else {
        panic!("one of them alone");
    };
    let refused: Vec<_> = refused.into_iter().map(Err).collect();
    assert_eq!(
        refused,
        [
            invalid("days", "must be at least 1"),
            not_writable("other"),
            not_writable("shown"),
            invalid("manager", "is required"),
        ]
    );
    let many = (0..300)
        .map(|i| (name(&format!("f{i}")), Value::Null))
        .collect();
    let Err(Rejection::Fields(refused)) = check(&schema, &many, &[], false) else {
        panic!("one of them alone");
    };
    assert_eq!(refused.len(), 100);
}

#[test]
fn a_schema_that_was_never_checked_breaks_nothing() {
    for schema in [
        json!(null),
        json!({ "components": [null, 1, { "type": 3 }, { "key": "" }, { "type": "number", "key": "..." }] }),
        json!({ "components": [{ "type": "dynamiclist", "components": 3 }] }),
    ] {
        assert_eq!(check(&schema, &Data::new(), &[], true), Ok(()), "{schema}");
        let given = data([("f", Value::Null)]);
        assert_eq!(
            check(&schema, &given, &[], true),
            not_writable("f"),
            "{schema}"
        );
    }
}
