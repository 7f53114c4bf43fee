use serde_json::json;

use super::build::{Build, after, for_ann, literal, message, one_task};
use super::play::{Play, administrator, data, person};
use crate::access::Privilege;
use crate::bpmn::{Trigger, UserTask};
use crate::engine::command::{Command, Rejection};
use crate::engine::instance::InstanceState;

fn busy() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build.start("begin").tasks("a").row("begin a");
        })
        .boundary("late", "sub", true, after("P1D"))
        .catch("wait", Trigger::Message(message("paid")))
        .row("start sub")
        .row("start wait");
    build
}

#[test]
fn the_initiator_withdraws_and_everything_is_taken_away() {
    let (mut play, _) = Play::new(busy());
    assert_eq!(
        play.command(&Command::Withdraw(&person("ann"))).unwrap(),
        "gone:a xa ]sub clear:late xsub unwait:wait xwait ended:Withdrawn"
    );
    assert_eq!(play.instance.state, InstanceState::Withdrawn);
    assert_eq!(
        play.command(&Command::Withdraw(&person("ann"))),
        Err(Rejection::Ended)
    );
}

#[test]
fn nobody_else_withdraws() {
    let (mut play, _) = Play::new(busy());
    assert_eq!(
        play.command(&Command::Withdraw(&person("bob"))),
        Err(Rejection::MayNotWithdraw)
    );
}

#[test]
fn an_administrator_terminates_and_nobody_else() {
    let (mut play, _) = Play::new(busy());
    assert_eq!(
        play.command(&Command::Terminate(&person("ann"))),
        Err(Rejection::Privilege(Privilege::Administrator))
    );
    let trace = play.command(&Command::Terminate(&administrator())).unwrap();
    assert!(trace.ends_with("ended:Terminated"));
    assert_eq!(
        play.command(&Command::Terminate(&administrator())),
        Err(Rejection::Ended)
    );
}

#[test]
fn a_writer_updates_data_and_nothing_moves() {
    let (mut play, _) = Play::with(one_task(for_ann()), json!({"days": 1}));
    let update = |actor, json| Command::UpdateData {
        actor,
        data: data(json),
    };
    let ann = person("ann");
    assert_eq!(
        play.command(&update(&ann, json!({"days": 2, "note": "x"})))
            .unwrap(),
        "days=2 note=\"x\""
    );
    let bob = person("bob");
    assert_eq!(
        play.command(&update(&bob, json!({"days": 3}))),
        Err(Rejection::NotWriter)
    );
    let large = json!({"note": "x".repeat(190_000)});
    assert!(play.command(&update(&ann, large)).is_ok());
    let large = json!({"more": "x".repeat(10_000)});
    assert_eq!(play.command(&update(&ann, large)), Err(Rejection::TooLarge));
    play.complete("a");
    assert_eq!(
        play.command(&update(&ann, json!({"days": 3}))),
        Err(Rejection::Ended)
    );
}

#[test]
fn a_person_who_is_neither_assignee_nor_candidate_does_not_complete() {
    let (mut play, _) = Play::new(one_task(UserTask {
        assignee: Some(literal("bob")),
        ..UserTask::default()
    }));
    assert_eq!(
        play.complete_with("a", json!({})),
        Err(Rejection::NotAssignee)
    );
}
