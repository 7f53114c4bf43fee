//! What is remembered of runs.

use serde_json::json;

use super::build::{Build, after, for_ann};
use super::play::{Play, administrator};
use crate::engine::command::Command;
use crate::history::{Entry, Kind, Repetition};

/// Sign, element, round or whole, and by whom.
fn lines(play: &Play) -> Vec<String> {
    let line = |entry: &Entry| {
        let sign = match entry.kind {
            Kind::Entered => '>',
            Kind::Completed => '<',
            Kind::Cancelled => 'x',
            Kind::Incident => '!',
            Kind::Retried => '?',
            Kind::Resolved => '~',
            Kind::Suspended => '|',
            Kind::Resumed => '=',
            Kind::Modified => '#',
            Kind::Migrated => '^',
        };
        let repetition = match entry.repetition {
            Some(Repetition::Whole) => " whole",
            Some(Repetition::Round) => " round",
            None => "",
        };
        format!("{sign}{}{repetition}", entry.element_id)
    };
    play.remembered.iter().map(line).collect()
}

#[test]
fn every_element_is_remembered_with_its_name_its_kind_and_its_task() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("work")
        .end("end")
        .row("start work end");
    build.at("work").name = Some("Do it".into());
    build.at("work").tag = "userTask".into();
    let (mut play, _) = Play::new(build);
    let task = play.task("work").id;
    play.complete("work");
    assert_eq!(
        lines(&play),
        [">start", "<start", ">work", "<work", ">end", "<end"]
    );
    let work = &play.remembered[2];
    assert_eq!(work.element_name.as_deref(), Some("Do it"));
    assert_eq!(&*work.element_type, "userTask");
    assert_eq!((work.at, work.scope), (play.now, None));
    // Both ends of one stay have one token and one task.
    for entry in &play.remembered[2..4] {
        assert_eq!((entry.token, entry.task), (work.token, Some(task)));
    }
    assert_eq!(play.remembered[4].task, None);
}

#[test]
fn rounds_are_told_from_the_activity_that_repeats() {
    let mut build = Build::new();
    build
        .start("start")
        .user_task("work", for_ann())
        .end("end")
        .row("start work end")
        .times("work", true, "2");
    let (mut play, _) = Play::new(build);
    play.complete("work");
    play.complete("work");
    assert_eq!(
        lines(&play)[2..8],
        [
            ">work whole",
            ">work round",
            "<work round",
            ">work round",
            "<work round",
            "<work whole"
        ]
    );
    assert_eq!(play.remembered[3].scope, Some(play.remembered[2].token));
    assert_eq!(play.remembered[2].task, None);
    assert!(play.remembered[3].task.is_some());

    let mut none = Build::new();
    none.start("start")
        .user_task("work", for_ann())
        .end("end")
        .row("start work end")
        .times("work", false, "0");
    let (play, _) = Play::new(none);
    assert_eq!(lines(&play)[2..4], [">work whole", "<work whole"]);
}

#[test]
fn what_is_inside_a_sub_process_names_the_token_around_it() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |inside| {
            inside
                .start("begin")
                .user_task("work", for_ann())
                .row("begin work");
        })
        .end("end")
        .row("start sub end")
        .boundary("late", "sub", true, after("PT1H"))
        .row("late end");
    let (mut play, _) = Play::new(build);
    play.fire("late");
    assert_eq!(
        lines(&play),
        [
            ">start", "<start", ">sub", ">begin", "<begin", ">work", "xwork", "xsub", ">late",
            "<late", ">end", "<end"
        ]
    );
    let sub = play.remembered[2].token;
    for entry in &play.remembered[3..7] {
        assert_eq!(entry.scope, Some(sub), "{entry:?}");
    }
    assert_eq!(play.remembered[8].scope, None);
}

#[test]
fn what_went_wrong_and_what_an_administrator_ended_is_remembered() {
    let mut build = Build::new();
    build
        .start("start")
        .exclusive("which")
        .end("end")
        .row("start which")
        .when("which", "end", "x = 1");
    let (mut play, _) = Play::with(build, json!({"x": 2}));
    let incident = play.remembered.last().unwrap();
    assert_eq!(
        (incident.kind, &*incident.element_id),
        (Kind::Incident, "which")
    );
    let held = &play.instance.incidents[0];
    assert_eq!(incident.message.as_ref(), Some(&held.message));
    play.command(&Command::Terminate(&administrator())).unwrap();
    assert_eq!(lines(&play)[2..], [">which", "!which", "xwhich"]);
}

#[test]
fn an_entry_is_stored_without_loss() {
    let (play, _) = Play::new(super::build::one_task(for_ann()));
    for entry in &play.remembered {
        let stored = serde_json::to_string(entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&stored).unwrap(), *entry);
    }
}
