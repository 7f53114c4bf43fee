//! Instances that are moved by hand.

use serde_json::json;

use super::build::{Build, after, for_ann, one_task, readers};
use super::play::{Play, administrator, data, person};
use crate::access::{Actor, Privilege};
use crate::bpmn::{Kind, Trigger};
use crate::engine::command::{Command, Operation, Rejection, Side, Taken};
use crate::engine::instance::{InstanceState, TokenId};
use crate::ids::TenantId;
use crate::value::{Data, Name};

fn cancel(element: &str) -> Operation {
    Operation::Cancel(Taken::Element(Name::from(element)))
}

fn activate(element: &str, side: Side) -> Operation {
    Operation::Activate {
        element: Name::from(element),
        side,
        data: Data::new(),
    }
}

fn before(element: &str) -> Operation {
    activate(element, Side::Before)
}

impl Play {
    fn modify(&mut self, operations: Vec<Operation>) -> Result<String, Rejection> {
        let actor = &administrator();
        let reason = Name::from("went astray");
        self.command(&Command::Modify {
            actor,
            operations,
            reason,
        })
    }
}

/// `start → a → sub(begin → b → c) → d → end`, with a timer at the border of the sub-process.
fn journey() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a")
        .inside("sub", |build| {
            build.start("begin").tasks("b c").row("begin b c");
        })
        .boundary("late", "sub", true, after("PT1H"))
        .tasks("d")
        .end("end")
        .row("start a sub d end");
    build
}

#[test]
fn a_token_is_moved_and_the_task_goes_with_it() {
    let (mut play, _) = Play::new(journey());
    let moved = play.modify(vec![cancel("a"), before("d")]).unwrap();
    assert_eq!(moved, "modified gone:a xa >d task:d");
    assert_eq!(play.stands(), ["d"]);
    play.complete("d");
    assert!(play.is_over());
}

#[test]
fn what_is_put_inside_opens_what_is_around_and_uses_what_is_open() {
    let (mut play, _) = Play::new(journey());
    let moved = play.modify(vec![cancel("a"), before("c")]).unwrap();
    assert_eq!(moved, "modified gone:a xa >sub [ timer:late >c task:c");
    let moved = play.modify(vec![before("b")]).unwrap();
    assert_eq!(moved, "modified >b task:b");
    assert_eq!(play.instance.scopes.len(), 1);
    play.complete("c");
    play.complete("b");
    play.complete("c");
    assert_eq!(play.stands(), ["d"]);
}

#[test]
fn behind_an_element_its_ways_out_are_taken() {
    let (mut play, _) = Play::new(journey());
    let moved = play.modify(vec![cancel("a"), activate("b", Side::After)]);
    assert_eq!(
        moved.unwrap(),
        "modified gone:a xa >sub [ timer:late >b <b >c task:c"
    );
}

#[test]
fn a_sub_process_in_which_nothing_is_left_goes_too() {
    let (mut play, _) = Play::new(journey());
    play.complete("a");
    let moved = play.modify(vec![cancel("b"), before("d")]).unwrap();
    assert_eq!(moved, "modified gone:b xb >d ]sub clear:late xsub task:d");
}

#[test]
fn without_a_token_left_the_instance_has_been_terminated() {
    let (mut play, _) = Play::new(journey());
    play.complete("a");
    let moved = play.modify(vec![cancel("sub")]).unwrap();
    assert!(moved.ends_with("ended:Terminated"), "{moved}");
    assert_eq!(play.instance.state, InstanceState::Terminated);
}

#[test]
fn one_token_of_several_is_named_by_its_number() {
    let (mut play, _) = Play::new(one_task(for_ann()));
    play.modify(vec![before("a"), before("a")]).unwrap();
    assert_eq!(play.instance.open_tasks().count(), 3);
    let second = play.instance.tokens[1].id;
    let taken = Operation::Cancel(Taken::Token(second));
    play.modify(vec![taken.clone()]).unwrap();
    assert_eq!(play.instance.open_tasks().count(), 2);
    assert!(matches!(
        play.modify(vec![taken]),
        Err(Rejection::NotThere(_))
    ));
}

#[test]
fn a_modification_is_refused_as_a_whole() {
    let mut build = journey();
    build.parallel("fork join").row("d join").row("fork join");
    build.add("gate", Kind::EventBased);
    build.catch("due", after("PT1H")).row("gate due");
    let (mut play, _) = Play::new(build);
    let was = play.instance.clone();
    let mut refused = |operation: Operation| {
        let refused = play.modify(vec![cancel("a"), operation]);
        assert_eq!(play.instance, was);
        refused.unwrap_err()
    };
    assert_eq!(
        refused(before("nowhere")),
        Rejection::NoElement(Name::from("nowhere"))
    );
    assert!(matches!(refused(cancel("d")), Rejection::NotThere(_)));
    let gone = Operation::Cancel(Taken::Token(TokenId(77)));
    assert!(matches!(refused(gone), Rejection::NotThere(_)));
    for operation in [
        before("late"),
        before("join"),
        activate("end", Side::After),
        activate("gate", Side::After),
    ] {
        let refused = refused(operation);
        assert!(
            matches!(refused, Rejection::Unmodifiable { .. }),
            "{refused:?}"
        );
    }
}

#[test]
fn what_repeats_is_moved_only_as_a_whole() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("first")
        .inside("each", |build| {
            build.start("begin").tasks("b").row("begin b");
        })
        .row("start first each");
    build.times("each", false, "2");
    let (mut play, _) = Play::new(build);
    let unmodifiable = |refused: Result<String, Rejection>| {
        assert!(
            matches!(refused, Err(Rejection::Unmodifiable { .. })),
            "{refused:?}"
        );
    };
    unmodifiable(play.modify(vec![before("b")]));
    play.complete("first");
    unmodifiable(play.modify(vec![before("b")]));
    let rounds = play.instance.tokens.iter();
    let round = rounds.filter(|token| play.instance.is_round(token));
    let round = round.map(|token| token.id).next().unwrap();
    unmodifiable(play.modify(vec![Operation::Cancel(Taken::Token(round))]));
    unmodifiable(play.modify(vec![cancel("b")]));
    play.modify(vec![cancel("each"), before("each")]).unwrap();
    assert_eq!(play.instance.open_tasks().count(), 2);
}

#[test]
fn an_event_sub_process_is_begun_by_its_event_alone() {
    let mut build = one_task(for_ann());
    build.handler("beside", "due", (false, after("PT1H")), |build| {
        build.tasks("b").row("due b");
    });
    let (mut play, _) = Play::new(build);
    for element in ["beside", "due", "b"] {
        let refused = play.modify(vec![before(element)]);
        assert!(matches!(refused, Err(Rejection::Unmodifiable { .. })));
    }
    play.fire("due");
    play.modify(vec![cancel("b"), before("b")]).unwrap();
    assert_eq!(play.stands(), ["a", "beside", "b"]);
}

#[test]
fn a_token_that_is_put_somewhere_has_the_lists_of_what_stood_there_before() {
    let mut build = journey();
    build.at("a").acl = readers(&["rita"]);
    build.at("c").acl = readers(&["carl"]);
    let (mut play, _) = Play::new(build);
    play.modify(vec![cancel("a"), before("d")]).unwrap();
    let lists = &play.instance.tokens[0].lists;
    assert_eq!(lists.readers.as_ref().map(|readers| readers.len()), Some(1));
    let adam = administrator();
    let read = |play: &Play, name: &str| {
        crate::access::instance::acl(&play.process, &play.instance).admits(&person(name))
    };
    assert!(read(&play, "rita"));
    assert!(!read(&play, "carl"));
    play.modify(vec![cancel("d"), before("c")]).unwrap();
    assert!(read(&play, "carl") && !read(&play, "rita"));
    assert!(!crate::access::instance::acl(&play.process, &play.instance).admits(&adam));
}

#[test]
fn only_who_may_write_sets_fields_and_only_administrators_modify() {
    let (mut play, _) = Play::new(journey());
    let set = |name: &str| Operation::SetData(data(json!({ name: 1 })));
    assert_eq!(play.modify(vec![set("x")]), Err(Rejection::NotWriter));
    let ann = person("ann");
    let refused = play.judge(&Command::Modify {
        actor: &ann,
        operations: vec![set("x")],
        reason: Name::from("because"),
    });
    assert!(
        matches!(refused, Err(Rejection::Privilege(_))),
        "{refused:?}"
    );
    let both = Actor::new(
        TenantId(uuid::Uuid::nil()),
        Name::from("ann"),
        [],
        [],
        [Privilege::User, Privilege::Administrator],
    );
    let inside = Operation::Activate {
        element: Name::from("b"),
        side: Side::Before,
        data: data(json!({"y": 2})),
    };
    let done = play.command(&Command::Modify {
        actor: &both,
        operations: vec![set("x"), inside],
        reason: Name::from("because"),
    });
    assert!(
        done.unwrap()
            .starts_with("modified x=1 >sub [ timer:late y=2 >b")
    );
}

#[test]
fn what_waits_where_a_token_was_taken_away_waits_no_more() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a")
        .catch("paid", Trigger::Message(super::build::message("paid")))
        .row("start a")
        .row("start paid");
    let (mut play, _) = Play::new(build);
    play.modify(vec![cancel("paid")]).unwrap();
    assert!(play.instance.waits.is_empty());
    assert!(play.message("paid").is_err());
}
