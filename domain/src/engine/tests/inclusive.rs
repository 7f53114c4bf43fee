use serde_json::json;

use super::build::{Build, after};
use super::play::Play;

/// `start → fork → a, b or both → join → end`.
fn fork_and_join() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .inclusive("fork join")
        .tasks("a b")
        .end("end")
        .row("start fork")
        .when("fork", "a", "x > 3")
        .when("fork", "b", "x < 7")
        .row("a join end")
        .row("b join");
    build
}

#[test]
fn every_way_whose_condition_holds_is_taken_and_waited_for() {
    let (mut play, _) = Play::with(fork_and_join(), json!({"x": 5}));
    assert_eq!(play.stands(), ["a", "b"]);
    assert_eq!(play.complete("a"), "done:a <a >join");
    assert_eq!(
        play.complete("b"),
        "done:b <b >join <join <join >end <end ended:Completed"
    );
}

#[test]
fn a_way_that_was_not_taken_is_not_waited_for() {
    for (x, task) in [(9, "a"), (1, "b")] {
        let (mut play, _) = Play::with(fork_and_join(), json!({"x": x}));
        assert_eq!(play.stands(), [task]);
        assert_eq!(
            play.complete(task),
            format!("done:{task} <{task} >join <join >end <end ended:Completed")
        );
    }
}

#[test]
fn the_default_flow_is_taken_only_when_no_condition_holds() {
    let of = |x: i32| {
        let mut build = Build::new();
        build
            .start("start")
            .inclusive("fork")
            .tasks("a b other")
            .row("start fork")
            .when("fork", "a", "x > 3")
            .when("fork", "b", "x > 7")
            .otherwise("fork", "other");
        let (play, _) = Play::with(build, json!({"x": x}));
        play.stands().join(" ")
    };
    assert_eq!(of(1), "other");
    assert_eq!(of(5), "a");
    assert_eq!(of(9), "a b");
}

#[test]
fn without_a_default_a_fork_that_cannot_be_left_is_an_incident() {
    let mut build = Build::new();
    build
        .start("start")
        .inclusive("fork")
        .tasks("a")
        .row("start fork")
        .when("fork", "a", "x > 3");
    let (play, trace) = Play::with(build, json!({"x": 1}));
    assert_eq!(
        trace,
        "x=1 >start <start >fork !fork: no condition holds and there is no default flow"
    );
    assert_eq!(play.stands(), ["fork"]);
}

#[test]
fn a_loop_back_before_the_join_is_waited_for() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .exclusive("again more")
        .tasks("a b")
        .inclusive("join")
        .end("end")
        .row("start fork a join end")
        .row("fork again b more")
        .when("more", "again", "x < 2")
        .otherwise("more", "join");
    let (mut play, _) = Play::with(build, json!({"x": 1}));
    play.complete("a");
    assert_eq!(play.stands(), ["b", "join"]);
    play.complete("b");
    assert_eq!(play.stands(), ["join", "b"]);
    play.complete_with("b", json!({"x": 2})).unwrap();
    assert!(play.is_over());
}

#[test]
fn a_loop_back_from_behind_the_join_does_not_keep_it_waiting() {
    let mut build = Build::new();
    build
        .start("start")
        .inclusive("join")
        .tasks("work")
        .exclusive("more")
        .end("end")
        .row("start join work more")
        .when("more", "join", "x < 2")
        .otherwise("more", "end");
    let (mut play, _) = Play::with(build, json!({"x": 1}));
    assert_eq!(play.stands(), ["work"]);
    assert_eq!(
        play.complete("work"),
        "done:work <work >more <more >join <join >work task:work"
    );
    play.complete_with("work", json!({"x": 2})).unwrap();
    assert!(play.is_over());
}

#[test]
fn what_can_come_by_a_way_that_has_brought_one_is_not_waited_for() {
    // The second token before `split` can reach both ways in, and the first has brought one: it does not wait.
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .tasks("early late")
        .exclusive("split")
        .pass("left")
        .pass("right")
        .inclusive("join")
        .tasks("next")
        .row("start fork early split")
        .row("fork late split");
    build
        .when("split", "left", "x < 5")
        .otherwise("split", "right")
        .row("left join next")
        .row("right join");
    let (mut play, _) = Play::with(build, json!({"x": 1}));
    play.complete("early");
    assert_eq!(play.stands(), ["late", "next"]);
    play.complete("late");
    assert_eq!(play.stands(), ["next", "next"]);
}

#[test]
fn what_is_taken_away_is_no_longer_waited_for() {
    let mut build = fork_and_join();
    build
        .boundary("late", "b", true, after("PT1H"))
        .end("stopped")
        .row("late stopped");
    let (mut play, _) = Play::with(build, json!({"x": 5}));
    play.complete("a");
    assert_eq!(
        play.fire("late"),
        "clear:late gone:b xb >late <late >stopped <stopped <join >end <end ended:Completed"
    );
}

#[test]
fn the_way_over_a_border_is_waited_for() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .tasks("a b")
        .boundary("late", "b", true, after("PT1H"))
        .inclusive("join")
        .end("end")
        .end("done")
        .row("start fork a join end")
        .row("fork b done")
        .row("late join");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert_eq!(play.stands(), ["b", "join"]);
    play.fire("late");
    assert!(play.is_over());
}

#[test]
fn a_join_inside_a_sub_process_does_not_wait_for_what_is_outside() {
    let mut build = Build::new();
    build
        .start("start")
        .parallel("fork")
        .tasks("outside")
        .inside("sub", |build| {
            build
                .start("begin")
                .inclusive("split meet")
                .pass("left")
                .pass("right")
                .row("begin split")
                .when("split", "left", "true")
                .when("split", "right", "false")
                .row("left meet")
                .row("right meet");
        })
        .row("start fork outside")
        .row("fork sub");
    let (play, _) = Play::new(build);
    assert_eq!(play.stands(), ["outside"]);
}

#[test]
fn a_fork_that_spins_through_its_own_join_is_held() {
    let mut build = Build::new();
    build
        .start("start")
        .inclusive("join")
        .pass("spin")
        .row("start join spin join");
    let (play, trace) = Play::new(build);
    assert!(trace.contains("did not come to rest"), "{trace}");
    assert_eq!(play.stands().len(), 1);
}
