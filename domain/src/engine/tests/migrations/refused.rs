//! What cannot be carried is refused, all of it at once.

use super::{Migration, NEXT, Refusal, brief, changed, entry, migrate, request};
use crate::bpmn::{Kind, Trigger};
use crate::engine::command::{Command, Fresh, Known, Rejection};
use crate::engine::migrate::ObstacleKind;
use crate::engine::tests::build::{Build, after, message};
use crate::engine::tests::play::{Play, administrator, person};
use crate::ids::ProcessId;
use crate::value::Name;

impl Play {
    fn rejected(&mut self, to: &Build) -> Rejection {
        match self.judge_migration(to, &[]).unwrap_err() {
            Refusal::Rejected(rejection) => rejection,
            Refusal::Obstructed(obstacles) => panic!("{obstacles:?}"),
        }
    }
}

#[test]
fn only_administrators_move_what_is_not_over_to_another_version_of_the_same_process() {
    let (mut play, _) = Play::new(request());
    let mut other = request();
    other.process.key = Name::from("q");
    assert_eq!(play.rejected(&other), Rejection::OtherProcess);
    play.instance.process = NEXT;
    assert_eq!(play.rejected(&request()), Rejection::SameVersion);
    play.instance.process = ProcessId(uuid::Uuid::nil());
    let ann = person("ann");
    let migration = Migration {
        actor: &ann,
        from_version: 1,
        to: NEXT,
        to_version: 2,
        mapping: &[],
        reason: &Name::from("because"),
    };
    let mut id = uuid::Uuid::nil;
    let fresh = &mut Fresh {
        now: play.now,
        id: &mut id,
        known: &Known::default(),
    };
    let to = request().process;
    let refused = migrate(&play.process, &to, &play.instance, &migration, fresh);
    assert!(matches!(
        refused,
        Err(Refusal::Rejected(Rejection::Privilege(_)))
    ));
    let adam = administrator();
    play.command(&Command::Terminate(&adam)).unwrap();
    assert_eq!(play.rejected(&request()), Rejection::Ended);
}

#[test]
fn everything_that_is_wrong_with_a_mapping_is_said() {
    let (mut play, _) = Play::new(request());
    let mapping = [
        entry("nowhere", Some("ask")),
        entry("approve", Some("somewhere")),
        entry("end", Some("ask")),
        entry("ask", None),
        entry("ask", Some("approve")),
    ];
    let obstacles = play.obstacles(&request(), &mapping);
    assert_eq!(
        brief(&obstacles),
        [
            (ObstacleKind::UnknownSource, "nowhere", "ask"),
            (ObstacleKind::UnknownTarget, "approve", "somewhere"),
            (ObstacleKind::Ambiguous, "ask", "approve"),
            (ObstacleKind::KindMismatch, "end", "ask"),
        ]
    );
}

#[test]
fn a_token_without_a_place_in_the_other_version_is_named_with_its_element() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .tasks("a b c")
        .row("start fork a")
        .row("fork b")
        .row("fork c");
    let (mut play, _) = Play::new(build);
    let mut to = Build::new();
    to.start("start").tasks("a");
    to.work("b");
    let obstacles = play.obstacles(&to, &[]);
    assert_eq!(
        brief(&obstacles),
        [
            (ObstacleKind::KindMismatch, "b", "b"),
            (ObstacleKind::NoTarget, "c", ""),
        ]
    );
}

#[test]
fn what_repeats_or_waits_otherwise_is_another_kind() {
    let (mut play, _) = Play::new(request());
    let to = changed(|build| {
        build.times("ask", false, "2");
    });
    let kind = |play: &mut Play, to: &Build| play.obstacles(to, &[])[0].kind;
    assert_eq!(kind(&mut play, &to), ObstacleKind::KindMismatch);

    let caught = |trigger: Trigger| {
        let mut build = Build::new();
        build.start("start").catch("it", trigger).row("start it");
        build
    };
    let (mut play, _) = Play::new(caught(after("PT1H")));
    let to = caught(Trigger::Message(message("m")));
    assert_eq!(kind(&mut play, &to), ObstacleKind::KindMismatch);
}

#[test]
fn an_element_in_another_sub_process_does_not_stand_for_one() {
    let (mut play, _) = Play::new(request());
    let mut to = Build::new();
    to.start("start")
        .inside("sub", |build| {
            build.start("begin").tasks("ask").row("begin ask");
        })
        .tasks("approve")
        .row("start sub approve");
    let obstacles = play.obstacles(&to, &[]);
    assert_eq!(
        brief(&obstacles),
        [(ObstacleKind::ScopeMismatch, "ask", "ask")]
    );
    let obstacles = play.obstacles(&to, &[entry("ask", Some("ask"))]);
    assert_eq!(obstacles[0].kind, ObstacleKind::ScopeMismatch);
}

#[test]
fn a_boundary_event_goes_nowhere_without_its_activity() {
    let (mut play, _) = Play::new(changed(|build| {
        build.boundary("late", "ask", false, after("PT1H"));
    }));
    let to = changed(|build| {
        build.boundary("late", "approve", false, after("PT1H"));
    });
    let obstacles = play.obstacles(&to, &[entry("late", Some("late"))]);
    assert_eq!(
        brief(&obstacles),
        [(ObstacleKind::ScopeMismatch, "late", "late")]
    );
    play.go_to(to, &[]);
    assert!(play.instance.timers.is_empty(), "it hangs elsewhere now");
    play.complete("ask");
    assert_eq!(play.instance.timers.len(), 1);
}

#[test]
fn two_activities_may_become_one_and_two_gateways_may_not() {
    let both = |join: &str, other: &str| {
        let mut build = Build::new();
        build
            .start("start")
            .parallel("fork")
            .tasks("a b")
            .parallel(join);
        if other != join {
            build.parallel(other);
        }
        build.row(&format!("start fork a {join}"));
        build.row(&format!("fork b {other}"));
        build
    };
    let (mut play, _) = Play::new(both("one", "two"));
    let to = both("one", "one");
    let obstacles = play.obstacles(&to, &[entry("two", Some("one"))]);
    assert_eq!(brief(&obstacles), [(ObstacleKind::Ambiguous, "two", "one")]);
    let (plan, _) = play.go_to(to, &[entry("b", Some("a"))]);
    let places: Vec<&str> = plan.tokens.iter().map(|token| token.to.as_ref()).collect();
    assert_eq!(places, ["a", "a"]);
}

#[test]
fn a_join_asks_by_which_way_a_token_has_come() {
    let mut build = Build::new();
    build.start("start").parallel("fork join").tasks("a b");
    build.row("start fork a join").row("fork b join");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    let mut to = Build::new();
    to.start("start").parallel("fork join").tasks("a b c");
    to.row("start fork a c join").row("fork b join");
    let obstacles = play.obstacles(&to, &[]);
    assert_eq!(brief(&obstacles), [(ObstacleKind::NoFlow, "join", "")]);
}

#[test]
fn what_is_done_and_could_be_undone_is_not_forgotten() {
    let booked = |undone: bool| {
        let mut build = Build::new();
        build.start("start").tasks("a b");
        if undone {
            build.undo("undo", "a");
        }
        build.compensate("throw", None).row("start a b throw");
        build
    };
    let (mut play, _) = Play::new(booked(true));
    play.complete("a");
    let obstacles = play.obstacles(&booked(false), &[]);
    assert_eq!(brief(&obstacles), [(ObstacleKind::Undoing, "a", "a")]);
    let obstacles = play.obstacles(&booked(true), &[entry("a", None)]);
    assert_eq!(brief(&obstacles), [(ObstacleKind::NoTarget, "a", "")]);
}

#[test]
fn an_event_sub_process_that_has_begun_interrupts_in_both_or_in_neither() {
    let aside = |interrupting: bool| {
        changed(|build| {
            let event = (interrupting, after("PT1H"));
            build.handler("aside", "when", event, |build| {
                build.tasks("help").row("when help");
            });
        })
    };
    let (mut play, _) = Play::new(aside(false));
    play.fire("when");
    let obstacles = play.obstacles(&aside(true), &[]);
    assert_eq!(
        brief(&obstacles),
        [(ObstacleKind::KindMismatch, "aside", "aside")]
    );
    assert!(matches!(
        play.process.element(play.process.by_id["aside"]).kind,
        Kind::EventSubProcess
    ));
}
