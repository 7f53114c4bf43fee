use super::build::{Build, after};
use super::play::Play;
use crate::bpmn::{Kind, Throw, Trigger};
use crate::value::Name;

/// A transaction in which `a` is done, `b` waits, and `c` cancels.
fn booking() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .transaction("book", "cancelled", |build| {
            build
                .start("begin")
                .tasks("a b c")
                .parallel("fork")
                .undo("undo-a", "a");
            build.add("stop", Kind::End(Throw::Cancel));
            build.row("begin a fork b").row("fork c stop");
        })
        .tasks("sorry thanks")
        .row("start book thanks")
        .row("cancelled sorry");
    build
}

#[test]
fn a_cancelled_transaction_undoes_what_is_done_and_leaves_by_its_cancel_event() {
    let mut build = booking();
    build
        .boundary("late", "book", true, after("PT1H"))
        .row("late sorry");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert_eq!(
        play.complete("c"),
        "done:c <c >stop <stop gone:b xb clear:late Cancelled:1 >undo-a undo:a task:undo-a"
    );
    assert_eq!(play.stands(), ["book", "undo-a"]);
    assert_eq!(
        play.complete("undo-a"),
        "done:undo-a <undo-a ]book xbook >cancelled <cancelled >sorry task:sorry"
    );
    play.complete("sorry");
    assert!(play.is_over());
}

#[test]
fn a_transaction_that_is_not_cancelled_is_a_sub_process() {
    let mut build = booking();
    build.at("stop").kind = Kind::End(Throw::None);
    build.compensate("throw", None).row("thanks throw");
    let (mut play, _) = Play::new(build);
    for id in ["a", "b"] {
        play.complete(id);
    }
    assert_eq!(
        play.complete("c"),
        "done:c <c >stop <stop +book ]book <book >thanks task:thanks"
    );
    let trace = play.complete("thanks");
    assert!(trace.ends_with(">book [ undo:book Inside:1 >undo-a undo:a task:undo-a"));
    play.complete("undo-a");
    assert!(play.is_over());
}

#[test]
fn an_error_leaves_a_transaction_without_undoing_anything() {
    let mut build = booking();
    build.at("stop").kind = Kind::End(Throw::Error(Name::from("E")));
    build
        .boundary("hazard", "book", true, Trigger::Error(None))
        .row("hazard sorry");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert_eq!(
        play.complete("c"),
        "done:c <c >stop <stop gone:b xb ]book xbook >hazard <hazard >sorry task:sorry"
    );
    assert!(play.instance.compensable.is_empty());
}

#[test]
fn an_error_while_a_transaction_is_undone_leaves_it_as_well() {
    let mut build = booking();
    let book = build.ix("book");
    build.within(book, |build| {
        build
            .inside("undo-c", |build| {
                build.start("first");
                build.add("fail", Kind::End(Throw::Error(Name::from("E"))));
                build.row("first fail");
            })
            .undone_by("c", "undo-c");
    });
    build
        .boundary("hazard", "book", true, Trigger::Error(None))
        .row("hazard sorry");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    let trace = play.complete("c");
    assert!(
        trace.ends_with("<fail ]undo-c xundo-c ]book xbook >hazard <hazard >sorry task:sorry"),
        "{trace}"
    );
}

#[test]
fn what_is_done_inside_of_what_is_still_active_is_undone_as_well() {
    let mut build = Build::new();
    build
        .start("start")
        .transaction("book", "cancelled", |build| {
            build
                .start("begin")
                .parallel("fork")
                .inside("trip", |build| {
                    build
                        .start("first")
                        .tasks("a b")
                        .undo("undo-a", "a")
                        .row("first a b");
                })
                .tasks("c");
            build.add("stop", Kind::End(Throw::Cancel));
            build.row("begin fork trip").row("fork c stop");
        })
        .end("end")
        .row("start book")
        .row("cancelled end");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert_eq!(
        play.complete("c"),
        "done:c <c >stop <stop +a gone:b xb ]trip xtrip Cancelled:1 >undo-a undo:a task:undo-a"
    );
    play.complete("undo-a");
    assert!(play.is_over());
}

#[test]
fn one_round_cancels_all_of_them() {
    let mut build = booking();
    build.times("book", false, "2");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    play.complete("a");
    let trace = play.complete("c");
    assert!(
        trace.ends_with("Cancelled:2 >undo-a undo:a task:undo-a"),
        "{trace}"
    );
    play.complete("undo-a");
    play.complete("undo-a");
    assert_eq!(play.stands(), ["sorry"]);
}
