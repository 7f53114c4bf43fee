use super::build::Build;
use super::play::Play;
use crate::bpmn::Kind;

/// Two sources and their target.
fn linked() -> Build {
    let mut build = Build::new();
    build.start("start").parallel("fork").tasks("a b");
    let target = build.add("there", Kind::LinkTarget);
    build.add("here", Kind::LinkSource(target));
    build.add("also", Kind::LinkSource(target));
    build
        .end("end")
        .row("start fork a here")
        .row("fork b also")
        .row("there end");
    build
}

#[test]
fn a_token_goes_on_at_the_target_of_its_link() {
    let (mut play, trace) = Play::new(linked());
    assert!(!trace.contains("there"), "{trace}");
    assert_eq!(
        play.complete("a"),
        "done:a <a >here <here >there <there >end <end"
    );
    play.complete("b");
    assert!(play.is_over());
}

#[test]
fn a_link_target_is_no_beginning_where_there_is_no_start_event() {
    let mut build = Build::new();
    build.tasks("a");
    build.add("there", Kind::LinkTarget);
    let (play, _) = Play::new(build);
    assert_eq!(play.stands(), ["a"]);
}

#[test]
fn an_inclusive_join_waits_for_what_comes_by_a_link() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .inclusive("join")
        .tasks("a b");
    let target = build.add("there", Kind::LinkTarget);
    build.add("here", Kind::LinkSource(target));
    build
        .row("start fork a join")
        .row("fork b here")
        .row("there join");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert_eq!(play.stands(), ["b", "join"]);
    play.complete("b");
    assert!(play.is_over());
}
