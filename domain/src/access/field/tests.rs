use super::*;
use crate::access::fixture::{
    at, claimed, data, field_rule, instance, list, masked, name, open_scope, person, process, role,
    set, stand, user,
};
use crate::bpmn::Classification::{Confidential, Internal, Public, Secret};
use crate::engine::instance::{InstanceState, Lists};

const IBAN: &str = "DE89370400440532013000";

/// emma's case at `approve`, which mark has in hand, hanna may write and rita reads.
fn case(process: &Process) -> Instance {
    let mut instance = instance();
    instance.data = data([
        ("iban", Value::text(IBAN)),
        ("days", Value::Number(5.into())),
    ]);
    stand(process, &mut instance, "approve");
    instance.tokens[0].lists = Lists {
        readers: Some(set([
            user("emma"),
            user("hanna"),
            user("rita"),
            role("payroll"),
        ])),
        writers: Some(set([user("hanna")])),
        ..Lists::default()
    };
    instance.tasks = vec![claimed(process, "approve", "mark")];
    instance
}

fn people() -> [Actor; 5] {
    [
        person("emma", ""),
        person("mark", ""),
        person("hanna", ""),
        person("rita", ""),
        person("paul", "role:payroll"),
    ]
}

/// How each of [`people`] sees a field, and a `w` for those who may write it.
fn seen(process: &Process, instance: &Instance, field: &str) -> [String; 5] {
    people().map(|actor| {
        let views = view(process, instance, &actor, Some(&[field.to_owned()]));
        let Some(view) = views.first() else {
            return "absent".to_owned();
        };
        let how = match view.visibility {
            Visibility::Clear => "clear",
            Visibility::Masked => "masked",
            Visibility::Hidden => "hidden",
        };
        assert_eq!(view.value.is_none(), view.visibility == Visibility::Hidden);
        format!("{how}{}", if view.writable { " w" } else { "" })
    })
}

fn rule(class: Classification, clear: Option<&str>, mask: Option<Mask>) -> FieldRule {
    FieldRule {
        clear: clear.map(list),
        mask,
        ..field_rule("iban", class)
    }
}

#[test]
fn class_and_audience_decide_how_a_field_is_seen() {
    let full = Some(Mask::Full);
    //                                   emma     mark        hanna        rita      paul
    for (rule, expected) in [
        (None, ["clear", "clear w", "clear w", "clear", "clear"]),
        (
            Some(rule(Public, None, None)),
            ["clear", "clear w", "clear w", "clear", "clear"],
        ),
        (
            Some(rule(Internal, Some("user:nobody"), full)),
            ["clear", "clear w", "clear w", "clear", "clear"],
        ),
        (
            Some(rule(Confidential, None, None)),
            ["clear", "clear w", "clear w", "hidden", "hidden"],
        ),
        (
            Some(rule(Confidential, None, full)),
            ["clear", "clear w", "clear w", "masked", "masked"],
        ),
        (
            Some(rule(Confidential, Some("role:payroll"), full)),
            ["masked", "masked", "masked", "masked", "clear"],
        ),
        (
            Some(rule(Confidential, Some(""), None)),
            ["hidden", "hidden", "hidden", "hidden", "hidden"],
        ),
        (
            Some(rule(Secret, None, full)),
            ["clear", "absent", "absent", "absent", "absent"],
        ),
        (
            Some(rule(Secret, Some("user:mark role:payroll"), None)),
            ["absent", "clear w", "absent", "absent", "clear"],
        ),
    ] {
        let mut process = process(&["approve"]);
        process.fields = rule.clone().into_iter().collect();
        let instance = case(&process);
        assert_eq!(seen(&process, &instance, "iban"), expected, "{rule:?}");
    }
}

#[test]
fn writing_takes_a_writer_who_sees_the_field_and_whom_the_rule_names() {
    let mut process = process(&["approve"]);
    process.fields = vec![FieldRule {
        writers: Some(list("user:hanna @initiator")),
        ..rule(Internal, None, None)
    }];
    let mut instance = case(&process);
    assert_eq!(
        seen(&process, &instance, "iban"),
        ["clear", "clear", "clear w", "clear", "clear"]
    );
    instance.state = InstanceState::Completed;
    instance.tasks.clear();
    instance.last_lists = instance.tokens.remove(0).unwrap().lists;
    assert_eq!(
        seen(&process, &instance, "iban"),
        ["clear", "clear", "clear", "clear", "clear"]
    );
}

#[test]
fn an_elements_rule_replaces_that_of_the_process_while_it_stands_there() {
    let mut process = process(&["approve", "pay"]);
    process.fields = vec![rule(Confidential, None, None)];
    process.elements[0].fields = vec![rule(Public, None, None)];
    let mut instance = case(&process);
    assert_eq!(seen(&process, &instance, "iban")[3], "clear");
    instance.tokens.clear();
    stand(&process, &mut instance, "pay");
    assert_eq!(seen(&process, &instance, "iban")[3], "hidden");
}

#[test]
fn of_two_places_the_stricter_counts_for_each_viewer() {
    let mut process = process(&["approve", "pay"]);
    process.elements[0].fields = vec![rule(Confidential, Some("user:rita"), Some(Mask::Last4))];
    process.elements[1].fields = vec![rule(Confidential, Some("role:payroll"), Some(Mask::Full))];
    let mut instance = case(&process);
    stand(&process, &mut instance, "pay");
    let stars = Some(Value::text("********"));
    for (actor, expected) in [
        (person("rita", ""), stars.clone()),
        (person("rita", "role:payroll"), Some(Value::text(IBAN))),
        (
            person("paul", "role:payroll"),
            Some(Value::text("************3000")),
        ),
        (person("emma", ""), stars),
    ] {
        let views = view(&process, &instance, &actor, Some(&["iban".to_owned()]));
        assert_eq!(views[0].value, expected, "{}", actor.user);
    }
    process.elements[1].fields = vec![rule(Secret, Some(""), None)];
    assert_eq!(seen(&process, &instance, "iban"), ["absent"; 5]);
}

#[test]
fn a_sub_process_speaks_for_what_runs_inside() {
    let mut process = process(&["sub", "approve"]);
    process.elements[0].fields = vec![rule(Secret, None, None)];
    process.elements[1].parent = Some(ElementIx(0));
    let mut instance = instance();
    instance.data = data([("iban", Value::text(IBAN))]);
    let host = stand(&process, &mut instance, "sub");
    let scope = open_scope(
        &mut instance,
        host,
        data([("iban", Value::text("inner")), ("note", Value::Null)]),
    );
    stand(&process, &mut instance, "approve");
    instance.tokens[1].scope = scope;
    instance.tokens[1].lists.readers = Some(set([user("rita"), user("emma")]));
    assert_eq!(seen(&process, &instance, "iban")[3], "absent");

    let emma = person("emma", "");
    let inner = view_in(&process, &instance, scope, &emma, None);
    let inner: Vec<_> = inner
        .iter()
        .map(|view| (&*view.name, view.value.clone()))
        .collect();
    assert_eq!(
        inner,
        [
            ("iban", Some(Value::text("inner"))),
            ("note", Some(Value::Null))
        ]
    );
    assert_eq!(
        view(&process, &instance, &emma, None)[0].value,
        Some(Value::text(IBAN))
    );
}

#[test]
fn ending_publishes_nothing_that_only_an_element_protects() {
    let mut process = process(&["approve", "pay"]);
    process.elements[0].fields = vec![rule(Confidential, None, None)];
    process.elements[1].fields = vec![rule(Secret, None, None)];
    process.fields = vec![masked("days", Mask::Full)];
    let mut instance = case(&process);
    instance.state = InstanceState::Completed;
    instance.ended_at = Some(at(9));
    instance.tokens.clear();
    instance.tasks.clear();
    instance.last_lists.readers = Some(set([user("rita")]));
    assert_eq!(seen(&process, &instance, "iban")[3], "absent");
    assert_eq!(seen(&process, &instance, "days")[3], "masked");
    assert_eq!(seen(&process, &instance, "days")[0], "clear");
}

#[test]
fn being_listed_does_not_tell_whether_there_is_a_value() {
    let mut process = process(&["approve"]);
    let last4 = rule(Confidential, Some(""), Some(Mask::Last4));
    for rule in [
        rule(Confidential, Some(""), None),
        rule(Confidential, Some(""), Some(Mask::Full)),
        rule(Secret, Some(""), None),
    ] {
        process.fields = vec![rule];
        let with = case(&process);
        let mut without = with.clone();
        without.data.remove("iban");
        for actor in people() {
            assert_eq!(
                view(&process, &with, &actor, None),
                view(&process, &without, &actor, None)
            );
        }
    }
    process.fields = vec![last4];
    let mut without = case(&process);
    without.data.remove("iban");
    assert_eq!(seen(&process, &without, "iban")[0], "masked");
}

#[test]
fn declared_fields_are_listed_without_a_value_and_others_only_when_set() {
    let mut process = process(&["approve"]);
    process.fields = vec![field_rule("reason", Public)];
    let instance = case(&process);
    let views = view(&process, &instance, &person("emma", ""), None);
    let listed: Vec<_> = views
        .iter()
        .map(|view| (&*view.name, view.value.clone()))
        .collect();
    assert_eq!(
        listed,
        [
            ("days", Some(Value::Number(5.into()))),
            ("iban", Some(Value::text(IBAN))),
            ("reason", Some(Value::Null)),
        ]
    );
    let named = ["days".to_owned(), "unknown".to_owned()];
    let views = view(&process, &instance, &person("emma", ""), Some(&named));
    assert_eq!(views.len(), 1);
    assert_eq!(views[0].class, Internal);
}

#[test]
fn masks_leave_what_they_promise() {
    let number = |text: &str| Value::Number(text.parse().unwrap());
    let stars = || Value::text("********");
    let card = Value::text("4111111111111234");
    for (value, expected) in [
        (card.clone(), Value::text("************1234")),
        (Value::text("12345678"), Value::text("************5678")),
        (Value::text("1234567"), stars()),
        (Value::text("äöüßäöüß"), Value::text("************äöüß")),
        (Value::text(""), stars()),
        (Value::Null, stars()),
        (Value::Bool(true), stars()),
        (number("4111111111111234"), Value::text("************1234")),
        (number("12.50"), stars()),
        (
            Value::List(vec![card.clone(), number("7")]),
            Value::List(vec![Value::text("************1234"), stars()]),
        ),
        (
            Value::Object(data([("card", card.clone()), ("cvc", number("123"))])),
            Value::Object(data([
                ("card", Value::text("************1234")),
                ("cvc", stars()),
            ])),
        ),
    ] {
        assert_eq!(mask(Mask::Last4, &value), expected, "{value:?}");
        assert_eq!(mask(Mask::Full, &value), stars(), "{value:?}");
    }
}

#[test]
fn fields_are_written_by_those_who_see_them_writable() {
    let mut process = process(&["approve"]);
    process.fields = vec![
        rule(
            Confidential,
            Some("@initiator user:hanna"),
            Some(Mask::Full),
        ),
        FieldRule {
            writers: Some(list("user:mark")),
            ..field_rule("decision", Public)
        },
    ];
    let instance = case(&process);
    let task = Some(ElementIx(0));
    let refused = |field: &str| Err(Rejection::FieldNotWritable(name(field)));
    for (who, element, field, expected) in [
        ("hanna", None, "days", Ok(())),
        ("hanna", None, "iban", Ok(())),
        ("hanna", None, "new", Ok(())),
        ("hanna", None, "decision", refused("decision")),
        ("mark", task, "days", Ok(())),
        ("mark", task, "decision", Ok(())),
        ("mark", task, "iban", refused("iban")),
        ("mark", None, "days", Err(Rejection::NotWriter)),
        ("emma", None, "days", Err(Rejection::NotWriter)),
        ("emma", task, "days", Err(Rejection::NotWriter)),
        ("nora", task, "days", Err(Rejection::NotWriter)),
    ] {
        let written = data([(field, Value::Null)]);
        let verdict = check_write(&process, &instance, &person(who, ""), element, &written);
        assert_eq!(verdict, expected, "{who} {field}");
    }
    assert_eq!(
        check_write(&process, &instance, &person("nora", ""), None, &Data::new()),
        Err(Rejection::NotWriter)
    );
}

#[test]
fn what_is_shown_writable_can_be_written_and_nothing_else() {
    let mut process = process(&["approve", "pay"]);
    process.fields = vec![
        rule(Confidential, None, None),
        FieldRule {
            writers: Some(list("@participants")),
            ..field_rule("days", Public)
        },
    ];
    process.elements[1].fields = vec![rule(Secret, Some("user:hanna"), None)];
    let mut instance = case(&process);
    stand(&process, &mut instance, "pay");
    for actor in people() {
        let task = (*actor.user == *"mark").then_some(ElementIx(0));
        for field in ["iban", "days", "other"] {
            let shown = view(&process, &instance, &actor, Some(&[field.to_owned()]))
                .first()
                .map(|view| view.writable);
            let written = data([(field, Value::Null)]);
            let allowed = check_write(&process, &instance, &actor, task, &written).is_ok();
            if let Some(shown) = shown {
                assert_eq!(shown, allowed, "{} {field}", actor.user);
            }
        }
    }
}
