//! What an instance waits for, before and after.

use serde_json::json;

use super::{changed, entry, request};
use crate::bpmn::{Kind, Trigger};
use crate::engine::command::Command;
use crate::engine::migrate::{Fate, Plan};
use crate::engine::tests::build::{Build, after, expr, message};
use crate::engine::tests::play::{Play, administrator};
use crate::value::Name;

fn fates(plan: &Plan) -> Vec<(Fate, &str, &str)> {
    plan.waits
        .iter()
        .map(|wait| {
            (
                wait.fate,
                wait.from.as_deref().unwrap_or(""),
                wait.to.as_deref().unwrap_or(""),
            )
        })
        .collect()
}

fn timed(events: &[(&str, &str)]) -> Build {
    changed(|build| {
        for (id, duration) in events {
            build.boundary(id, "ask", false, after(duration));
        }
    })
}

#[test]
fn a_timer_fires_when_it_would_have_and_a_new_one_begins_now() {
    let (mut play, _) = Play::new(timed(&[("old", "PT5H"), ("same", "PT4H")]));
    let due_at = play.timer("same").due_at;
    play.advance(1);
    let (plan, trace) = play.go_to(timed(&[("same", "PT9H"), ("new", "PT2H")]), &[]);
    assert_eq!(
        fates(&plan),
        [
            (Fate::Removed, "old", ""),
            (Fate::Kept, "same", "same"),
            (Fate::Begun, "", "new"),
        ]
    );
    assert_eq!(trace, "migrated renewed:ask timer:new");
    assert_eq!(play.timer("same").due_at, due_at);
    let new = play.timer("new").due_at;
    assert_eq!(new, play.now + jiff::SignedDuration::from_hours(2));
    assert_eq!(play.instance.timers.len(), 2);
}

#[test]
fn a_timer_that_is_mapped_to_nothing_begins_anew() {
    let (mut play, _) = Play::new(timed(&[("late", "PT5H")]));
    play.advance(1);
    let (plan, _) = play.go_to(timed(&[("late", "PT9H")]), &[entry("late", None)]);
    assert_eq!(
        fates(&plan),
        [(Fate::Removed, "late", ""), (Fate::Begun, "", "late")]
    );
    let due_at = play.now + jiff::SignedDuration::from_hours(9);
    assert_eq!(play.timer("late").due_at, due_at);
}

#[test]
fn what_has_happened_already_is_not_waited_for_again() {
    let (mut play, _) = Play::new(timed(&[("late", "PT1H")]));
    play.fire("late");
    play.go_to(timed(&[("late", "PT1H")]), &[]);
    assert!(play.instance.timers.is_empty());
}

fn waiting(id: &str, trigger: Trigger) -> Build {
    let mut build = Build::new();
    build.start("start").catch(id, trigger).end("end");
    build.row(&format!("start {id} end"));
    build
}

#[test]
fn a_message_and_a_signal_are_those_of_the_other_version() {
    let told = |name: &str| waiting("told", Trigger::Message(message(name)));
    let (mut play, _) = Play::new(told("paid"));
    let (plan, _) = play.go_to(told("settled"), &[]);
    assert_eq!(fates(&plan), [(Fate::Renewed, "told", "told")]);
    assert!(play.message("paid").is_err());
    play.message("settled").unwrap();
    assert!(play.is_over());

    let heard = |name: &str| waiting("heard", Trigger::Signal(Name::from(name)));
    let (mut play, _) = Play::new(heard("fire"));
    let (_, trace) = play.go_to(heard("alarm"), &[]);
    assert_eq!(trace, "migrated unhear:heard hear:alarm");
}

#[test]
fn a_condition_that_holds_in_the_other_version_happens() {
    let met = |condition: &str| waiting("met", Trigger::Condition(expr(condition)));
    let (mut play, _) = Play::with(met("x > 5"), json!({"x": 3}));
    let (plan, trace) = play.go_to(met("x > 2"), &[]);
    assert_eq!(fates(&plan), [(Fate::Renewed, "met", "met")]);
    assert!(trace.contains("true:met"), "{trace}");
    assert!(play.is_over());
}

fn first_of(events: &[(&str, Trigger)]) -> Build {
    let mut build = Build::new();
    build.start("start").add("first", Kind::EventBased);
    build.row("start first");
    for (id, trigger) in events {
        build.catch(id, trigger.clone()).row(&format!("first {id}"));
    }
    build
}

#[test]
fn behind_a_gateway_events_come_and_go() {
    let paid = || ("paid", Trigger::Message(message("paid")));
    let heard = || ("heard", Trigger::Signal(Name::from("s")));
    let (mut play, _) = Play::new(first_of(&[paid(), ("late", after("PT1H"))]));
    let (plan, _) = play.go_to(first_of(&[heard(), paid()]), &[]);
    assert_eq!(
        fates(&plan),
        [
            (Fate::Removed, "late", ""),
            (Fate::Kept, "paid", "paid"),
            (Fate::Begun, "", "heard"),
        ]
    );
    play.message("paid").unwrap();
    assert!(play.is_over());
}

#[test]
fn without_an_event_left_behind_a_gateway_it_stays_where_it_is() {
    let (mut play, _) = Play::new(first_of(&[("late", after("PT1H"))]));
    let obstacles = play.obstacles(&first_of(&[]), &[]);
    assert_eq!(
        super::brief(&obstacles),
        [(crate::engine::migrate::ObstacleKind::Unready, "", "first")]
    );
}

#[test]
fn event_sub_processes_of_what_is_open_come_and_go() {
    let aside = |id: &str, when: &str| {
        changed(|build| {
            let event = (true, after("PT1H"));
            build.handler(id, when, event, |build| {
                let help = format!("help-{id}");
                build.tasks(&help).row(&format!("{when} {help}"));
            });
        })
    };
    let (mut play, _) = Play::new(aside("one", "soon"));
    let (plan, _) = play.go_to(aside("other", "later"), &[]);
    assert_eq!(
        fates(&plan),
        [(Fate::Removed, "soon", ""), (Fate::Begun, "", "later")]
    );
    play.fire("later");
    assert_eq!(play.stands(), ["other", "help-other"]);
}

#[test]
fn what_the_other_version_cannot_wait_for_is_an_obstacle() {
    let (mut play, _) = Play::new(request());
    let to = changed(|build| {
        build.boundary("late", "ask", true, after("soon"));
        build.boundary("later", "ask", true, after("some day"));
    });
    let obstacles = play.obstacles(&to, &[]);
    let targets: Vec<_> = super::brief(&obstacles).iter().map(|it| it.2).collect();
    assert_eq!(targets, ["late", "later"], "{obstacles:?}");
}

#[test]
fn what_is_suspended_moves_and_goes_on_when_it_is_resumed() {
    let met = |condition: &str| waiting("met", Trigger::Condition(expr(condition)));
    let (mut play, _) = Play::with(met("x > 5"), json!({"x": 3}));
    let adam = administrator();
    let suspend = Command::Suspend {
        actor: &adam,
        reason: None,
    };
    play.command(&suspend).unwrap();
    let (_, trace) = play.go_to(met("x > 2"), &[]);
    assert_eq!(trace, "migrated false:met");
    let resume = Command::Resume {
        actor: &adam,
        reason: None,
    };
    let trace = play.command(&resume).unwrap();
    assert!(trace.starts_with("resumed true:met"), "{trace}");
    assert!(play.is_over());
}
