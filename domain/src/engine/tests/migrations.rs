//! Instances that go to another version of their process.

mod carried;
mod people;
mod refused;
mod reordered;
mod waits;

use uuid::Uuid;

use super::build::{Build, after, for_ann};
use super::play::{Play, administrator};
use crate::engine::command::{Fresh, Known};
use crate::engine::event::Event;
use crate::engine::migrate::{
    MappingEntry, Migration, Move, Obstacle, ObstacleKind, Plan, Refusal, migrate,
};
use crate::ids::ProcessId;
use crate::value::Name;

/// The version to go to.
const NEXT: ProcessId = ProcessId(Uuid::from_u128(2));

pub(super) fn entry(source: &str, target: Option<&str>) -> MappingEntry {
    MappingEntry {
        source: Name::from(source),
        target: target.map(Name::from),
    }
}

impl Play {
    /// What moving to another version would do; elements that have other names there are named.
    pub(super) fn judge_migration(
        &mut self,
        to: &Build,
        mapping: &[MappingEntry],
    ) -> Result<Move, Refusal> {
        let mut next_id = 1_000_000_u128 + u128::from(self.instance.revision) * 10_000;
        let adam = administrator();
        let migration = Migration {
            actor: &adam,
            from_version: 1,
            to: NEXT,
            to_version: 2,
            mapping,
            reason: &Name::from("a better way"),
        };
        let mut id = || {
            next_id += 1;
            Uuid::from_u128(next_id)
        };
        let fresh = &mut Fresh {
            now: self.now,
            id: &mut id,
            known: &Known::default(),
        };
        migrate(
            &self.process,
            &to.process,
            &self.instance,
            &migration,
            fresh,
        )
    }

    /// Moves to another version: what became of what was waited for, and what happened.
    pub(super) fn go_to(&mut self, to: Build, mapping: &[MappingEntry]) -> (Plan, String) {
        let Move { events, plan } = self.judge_migration(&to, mapping).unwrap();
        assert!(matches!(events.first(), Some(Event::Migrated(_))));
        self.process = to.process;
        let trace = self.follow(events);
        assert_eq!(self.instance.process, NEXT);
        (plan, trace)
    }

    pub(super) fn obstacles(&mut self, to: &Build, mapping: &[MappingEntry]) -> Vec<Obstacle> {
        let before = self.instance.clone();
        let refused = self.judge_migration(to, mapping).unwrap_err();
        assert_eq!(self.instance, before);
        match refused {
            Refusal::Obstructed(obstacles) => obstacles,
            Refusal::Rejected(rejection) => panic!("{rejection}"),
        }
    }
}

/// Kind, element and target of each obstacle.
pub(super) fn brief(obstacles: &[Obstacle]) -> Vec<(ObstacleKind, &str, &str)> {
    obstacles
        .iter()
        .map(|it| {
            (
                it.kind,
                it.element.as_deref().unwrap_or(""),
                it.target.as_deref().unwrap_or(""),
            )
        })
        .collect()
}

/// `start → ask → approve → end`.
pub(super) fn request() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("ask approve")
        .end("end")
        .row("start ask approve end");
    build
}

/// The same with what the closure changes.
pub(super) fn changed(change: impl FnOnce(&mut Build)) -> Build {
    let mut build = request();
    change(&mut build);
    build
}

#[test]
fn a_task_goes_on_where_its_element_is_in_the_other_version() {
    let (mut play, _) = Play::new(request());
    let task = play.task("ask").clone();
    let mut to = Build::new();
    to.end("end")
        .user_task("check", for_ann())
        .tasks("approve ask")
        .start("start")
        .row("start ask check approve end");
    let (plan, trace) = play.go_to(to, &[]);
    assert_eq!(trace, "migrated renewed:ask");
    assert_eq!(plan.tokens[0].from.as_ref(), "ask");
    assert_eq!(plan.tokens[0].to.as_ref(), "ask");
    let same = play.task("ask");
    assert_eq!((same.id, same.token), (task.id, task.token));
    assert_eq!(same.revision, task.revision + 1);
    play.complete("ask");
    assert_eq!(play.stands(), ["check"]);
    play.complete("check");
    play.complete("approve");
    assert!(play.is_over());
}

#[test]
fn an_element_of_another_name_is_named_by_the_mapping() {
    let (mut play, _) = Play::new(request());
    let mut to = Build::new();
    to.start("start").tasks("fill ask").end("end");
    to.row("start fill ask end");
    let (plan, _) = play.go_to(to, &[entry("ask", Some("fill"))]);
    assert_eq!(plan.tokens[0].to.as_ref(), "fill");
    assert_eq!(play.stands(), ["fill"]);
    play.complete("fill");
    assert_eq!(play.stands(), ["ask"]);
}

#[test]
fn the_history_says_who_moved_it_from_where_to_where_and_why() {
    let (mut play, _) = Play::new(changed(|build| {
        build.boundary("late", "ask", true, after("PT1H"));
    }));
    play.go_to(request(), &[]);
    let entry = play.remembered.last().unwrap();
    assert_eq!(entry.kind, crate::history::Kind::Migrated);
    assert_eq!(entry.element_id.as_ref(), "p");
    assert_eq!(entry.versions, Some((1, 2)));
    assert_eq!(entry.message.as_deref(), Some("a better way"));
}
