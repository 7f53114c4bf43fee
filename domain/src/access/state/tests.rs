use super::*;
use crate::access::fixture::{
    at, claimed, data, group, instance, list, name, open_scope, person, process, role, set, stand,
    user,
};
use crate::expr::MAX_STEPS;
use crate::task::TaskState;
use crate::time::Calendar;

fn resolved(text: &str, instance: &Instance) -> BTreeSet<Principal> {
    let layers = [&instance.data];
    let meter = Meter::new(MAX_STEPS);
    let calendar = Calendar::default();
    let clock = (at(0), &calendar);
    resolve(&list(text), &People::of(instance, &layers, clock, &meter))
}

/// emma's case, that carl started; mark has a task in hand, olga had one, and cleo has one that is done.
fn case() -> Instance {
    let process = process(&["a", "b", "c"]);
    let mut instance = instance();
    instance.created_by = name("carl");
    instance.past = BTreeSet::from([name("olga")]);
    let mut done = claimed(&process, "b", "cleo");
    done.state = TaskState::Completed;
    instance.tasks = vec![claimed(&process, "a", "mark"), done];
    instance
}

#[test]
fn each_item_of_a_list_names_its_people() {
    let mut instance = case();
    instance.data = data([
        ("manager", Value::text("mark")),
        (
            "team",
            Value::List(vec![Value::text("tim"), Value::text(" tom ")]),
        ),
    ]);
    let everyone = Principal::Everyone;
    for (text, expected) in [
        ("", set([])),
        ("@everyone", set([everyone.clone()])),
        ("@initiator", set([user("emma")])),
        ("@creator", set([user("carl")])),
        ("@participants", set([user("emma"), user("mark")])),
        ("@pastParticipants", set([user("olga")])),
        (
            "user:x group:x role:x",
            set([user("x"), group("x"), role("x")]),
        ),
        ("field:manager", set([user("mark")])),
        ("field:team", set([user("tim"), user("tom")])),
        ("field:absent", set([])),
        ("field:manager group:hr", set([user("mark"), group("hr")])),
    ] {
        assert_eq!(resolved(text, &instance), expected, "{text}");
        for viewer in [
            person("emma", ""),
            person("mark", "group:hr"),
            person("tom", "group:x role:hr"),
            person("x", "role:x"),
        ] {
            let layers = [&instance.data];
            let meter = Meter::new(MAX_STEPS);
            let calendar = Calendar::default();
            let people = People::of(&instance, &layers, (at(0), &calendar), &meter);
            let named = names(&list(text), &people, &viewer);
            assert_eq!(named, viewer.is_any(&expected), "{} in {text}", viewer.user);
        }
    }
}

#[test]
fn a_field_of_another_type_names_nobody() {
    for value in [
        Value::Null,
        Value::Bool(true),
        Value::Number(1.into()),
        Value::Object(data([("user", Value::text("mark"))])),
        Value::text(""),
        Value::text("  "),
        Value::List(vec![
            Value::Number(7.into()),
            Value::text(" "),
            Value::List(vec![Value::text("mark")]),
        ]),
    ] {
        let mut instance = case();
        instance.data = data([("manager", value.clone())]);
        assert_eq!(resolved("field:manager", &instance), set([]), "{value:?}");
    }
}

#[test]
fn a_field_never_names_more_than_users() {
    let mut instance = case();
    instance.data = data([("manager", Value::text("@everyone"))]);
    assert_eq!(
        resolved("field:manager", &instance),
        set([user("@everyone")])
    );
    instance.data = data([("manager", Value::text("a,b"))]);
    assert_eq!(resolved("field:manager", &instance), set([user("a,b")]));
}

#[test]
fn a_scope_shadows_the_fields_around_it() {
    let process = process(&["outer", "inner"]);
    let mut instance = case();
    instance.next_token = 1;
    instance.data = data([
        ("manager", Value::text("mark")),
        ("budget", Value::text("bea")),
    ]);
    let host = stand(&process, &mut instance, "outer");
    let scope = open_scope(
        &mut instance,
        host,
        data([("manager", Value::text("ines"))]),
    );
    let layers = layers(&instance, scope);
    let meter = Meter::new(MAX_STEPS);
    let calendar = Calendar::default();
    let people = People::of(&instance, &layers, (at(0), &calendar), &meter);
    assert_eq!(
        resolve(&list("field:manager field:budget"), &people),
        set([user("ines"), user("bea")])
    );
    assert_eq!(super::layers(&instance, ScopeId(9)), [&instance.data]);
}

#[test]
fn a_circle_of_scopes_ends() {
    let process = process(&["outer"]);
    let mut instance = case();
    let host = stand(&process, &mut instance, "outer");
    open_scope(&mut instance, host, Data::new());
    instance.scopes[0].parent = instance.scopes[0].id;
    assert_eq!(layers(&instance, ScopeId(0)).len(), 1);
}

#[test]
fn an_expression_gives_names_or_nobody() {
    let mut instance = case();
    instance.data = data([
        ("names", Value::text("ann, ben ,,")),
        ("team", Value::List(vec![Value::text("tim"), Value::Null])),
        ("amount", Value::Number(12.into())),
    ]);
    let layers = [&instance.data];
    let meter = Meter::new(MAX_STEPS);
    let calendar = Calendar::default();
    let people = People::of(&instance, &layers, (at(0), &calendar), &meter);
    for (source, expected) in [
        ("names", set([group("ann"), group("ben")])),
        ("team", set([group("tim")])),
        ("amount", set([])),
        ("absent", set([])),
        ("names + 1", set([])),
        (
            "if amount > 10 then \"board\" else \"team\"",
            set([group("board")]),
        ),
    ] {
        let expr = Expr::parse(source).unwrap();
        let list = [Principals::Computed(Naming::Group, expr)];
        assert_eq!(resolve(&list, &people), expected, "{source}");
    }
}
