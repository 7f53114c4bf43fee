use std::collections::BTreeSet;

use serde_json::json;

use super::build::{Build, after, for_ann, readers, user};
use super::play::{Play, data, person};
use crate::access::Principal;
use crate::bpmn::{Principals, StateList};
use crate::engine::command::Command;
use crate::engine::instance::{Lists, Source, Sources};
use crate::task::TaskCommand;
use crate::value::Name;

fn users(names: &[&str]) -> Option<BTreeSet<Principal>> {
    let users = names.iter().map(|name| Principal::User(Name::from(*name)));
    Some(users.collect())
}

/// The lists of the token at an element.
fn lists<'a>(play: &'a Play, id: &str) -> &'a Lists {
    let element = play.process.by_id[id];
    let mut tokens = play.instance.tokens.iter();
    let token = tokens.find(|token| token.element == element).unwrap();
    &token.lists
}

fn two_tasks() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a b")
        .end("end")
        .row("start a b end");
    build
}

#[test]
fn what_no_element_declares_is_carried_forward() {
    let mut build = two_tasks();
    build.process.acl = StateList {
        owners: Some(vec![user("olga")]),
        ..readers(&["rita"])
    };
    build.at("a").acl = StateList {
        writers: Some(vec![Principals::Initiator]),
        ..StateList::default()
    };
    let said_by_a = Source::Element(build.ix("a"));
    let (mut play, _) = Play::new(build);
    let expected = Lists {
        readers: users(&["rita"]),
        writers: users(&["ann"]),
        owners: users(&["olga"]),
        from: Sources {
            readers: Some(Source::Process),
            writers: Some(said_by_a),
            owners: Some(Source::Process),
        },
        ..Lists::default()
    };
    assert_eq!(lists(&play, "a"), &expected);
    play.complete("a");
    assert_eq!(lists(&play, "b"), &expected);
    play.complete("b");
    assert_eq!(play.instance.last_lists, expected);
}

#[test]
fn an_element_beats_what_came_before_and_an_empty_list_is_nobody() {
    let mut build = two_tasks();
    build.process.acl = readers(&["rita"]);
    build.at("b").acl = readers(&[]);
    build.at("end").acl = readers(&["hanna"]);
    let (mut play, _) = Play::new(build);
    assert_eq!(lists(&play, "a").readers, users(&["rita"]));
    play.complete("a");
    assert_eq!(lists(&play, "b").readers, users(&[]));
    play.complete("b");
    assert_eq!(play.instance.last_lists.readers, users(&["hanna"]));
}

#[test]
fn nothing_declared_anywhere_stays_nothing() {
    let (mut play, _) = Play::new(two_tasks());
    assert_eq!(lists(&play, "a"), &Lists::default());
    play.complete("a");
    play.complete("b");
    assert_eq!(play.instance.last_lists, Lists::default());
}

fn by_field(live: bool) -> StateList {
    StateList {
        readers: Some(vec![Principals::Field(Name::from("manager"))]),
        live,
        ..StateList::default()
    }
}

#[test]
fn a_snapshot_stays_as_it_was_on_entry() {
    let mut build = two_tasks();
    build.at("a").acl = by_field(false);
    let (mut play, _) = Play::with(build, json!({"manager": "mark"}));
    play.complete_with("a", json!({"manager": "mona"})).unwrap();
    assert_eq!(lists(&play, "b").readers, users(&["mark"]));
}

#[test]
fn a_live_list_follows_the_data_also_where_it_was_carried_to() {
    for at_the_process in [true, false] {
        let mut build = two_tasks();
        if at_the_process {
            build.process.acl = by_field(true);
        } else {
            build.at("a").acl = by_field(true);
        }
        let (mut play, _) = Play::with(build, json!({"manager": "mark"}));
        assert_eq!(lists(&play, "a").readers, users(&["mark"]));
        play.complete_with("a", json!({"manager": "mona"})).unwrap();
        assert_eq!(lists(&play, "b").readers, users(&["mona"]));
        play.complete_with("b", json!({"manager": "mick"})).unwrap();
        assert_eq!(play.instance.last_lists.readers, users(&["mick"]));
    }
}

#[test]
fn a_live_list_follows_who_has_a_task_in_hand() {
    let mut build = two_tasks();
    build.at("a").acl = StateList {
        readers: Some(vec![Principals::Participants]),
        live: true,
        ..StateList::default()
    };
    let (mut play, _) = Play::new(build);
    let to = Name::from("bob");
    let trace = play.task_command(&person("ann"), "a", TaskCommand::Delegate { to });
    assert_eq!(trace.unwrap(), "delegated:a relisted");
    assert_eq!(lists(&play, "a").readers, users(&["ann", "bob"]));
}

#[test]
fn a_change_that_touches_no_list_relists_nothing() {
    let mut build = two_tasks();
    build.at("a").acl = StateList {
        readers: Some(vec![
            Principals::Initiator,
            Principals::Field(Name::from("manager")),
        ]),
        live: true,
        ..StateList::default()
    };
    let (mut play, _) = Play::with(build, json!({"manager": "mark"}));
    let trace = play.command(&Command::UpdateData {
        actor: &person("ann"),
        data: data(json!({"days": 3})),
    });
    assert_eq!(trace.unwrap(), "days=3");
}

/// Two branches that say something, and one that says nothing if asked for.
fn branches(silent: bool) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork join")
        .tasks("a b c")
        .row("start fork a join c")
        .row("fork b join");
    build.at("a").acl = readers(&["rita"]);
    if !silent {
        build.at("b").acl = readers(&["bob"]);
    }
    build
}

#[test]
fn a_join_carries_the_union_of_what_comes_to_it() {
    let (mut play, _) = Play::new(branches(false));
    play.complete("a");
    assert_eq!(
        play.complete("b"),
        "done:b <b >join <join relisted <join >c task:c"
    );
    assert_eq!(lists(&play, "c").readers, users(&["bob", "rita"]));
}

#[test]
fn a_branch_that_says_nothing_stands_for_the_initiator() {
    let (mut play, _) = Play::new(branches(true));
    play.complete("a");
    play.complete("b");
    assert_eq!(lists(&play, "c").readers, users(&["ann", "rita"]));
    assert_eq!(lists(&play, "c").writers, None);
}

#[test]
fn what_a_sub_process_declares_inside_holds_inside() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build.start("begin").tasks("a b").row("begin a b");
        })
        .tasks("c")
        .row("start sub c");
    build.at("sub").acl = readers(&["rita"]);
    build.at("a").acl = readers(&["bob"]);
    let (mut play, _) = Play::new(build);
    assert_eq!(lists(&play, "sub").readers, users(&["rita"]));
    assert_eq!(lists(&play, "a").readers, users(&["bob"]));
    play.complete("a");
    assert_eq!(lists(&play, "b").readers, users(&["bob"]));
    play.complete("b");
    assert_eq!(lists(&play, "c").readers, users(&["rita"]));
}

#[test]
fn a_boundary_event_carries_the_lists_of_its_activity() {
    let mut build = two_tasks();
    build
        .boundary("late", "a", true, after("P1D"))
        .user_task("c", for_ann())
        .row("late c");
    build.at("a").acl = readers(&["rita"]);
    let (mut play, _) = Play::new(build);
    play.fire("late");
    assert_eq!(lists(&play, "c").readers, users(&["rita"]));
}

#[test]
fn a_withdrawn_instance_keeps_the_lists_of_all_its_states() {
    let mut build = branches(false);
    for task in ["a", "b"] {
        let list = build.at(task).acl.readers.as_mut().unwrap();
        list.push(Principals::Initiator);
    }
    let (mut play, _) = Play::new(build);
    play.command(&Command::Withdraw(&person("ann"))).unwrap();
    assert_eq!(
        play.instance.last_lists.readers,
        users(&["ann", "bob", "rita"])
    );
}
