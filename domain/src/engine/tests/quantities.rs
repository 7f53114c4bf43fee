use super::build::Build;
use super::play::Play;

/// `start → send → forward → receive → end`, where `send` sends two tokens.
fn doubled(needed: u32) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .pass("send")
        .pass("forward")
        .tasks("receive")
        .end("end")
        .row("start send forward receive end");
    build.at("send").completion_quantity = 2;
    build.at("receive").start_quantity = needed;
    build
}

#[test]
fn an_activity_sends_as_many_tokens_as_it_says_over_each_way() {
    let (play, trace) = Play::new(doubled(1));
    assert_eq!(
        trace,
        ">start <start >send <send >forward >forward <forward >receive <forward >receive task:receive task:receive"
    );
    assert_eq!(play.stands(), ["receive", "receive"]);
}

#[test]
fn an_activity_begins_once_its_tokens_are_there() {
    let (mut play, trace) = Play::new(doubled(2));
    assert!(
        trace.ends_with(">receive <forward >receive merged task:receive"),
        "{trace}"
    );
    assert_eq!(play.stands(), ["receive"]);
    assert_eq!(
        play.complete("receive"),
        "done:receive <receive >end <end ended:Completed"
    );
}

#[test]
fn too_few_tokens_wait() {
    let (play, trace) = Play::new(doubled(3));
    assert!(trace.ends_with(">receive merged"), "{trace}");
    assert_eq!(play.stands(), ["receive"]);
    assert!(play.instance.tasks.is_empty());
}

#[test]
fn what_comes_after_an_activity_has_begun_is_for_its_next_time() {
    let mut build = doubled(2);
    build.at("send").completion_quantity = 5;
    let (mut play, _) = Play::new(build);
    assert_eq!(play.stands(), ["receive", "receive", "receive"]);
    assert_eq!(play.instance.open_tasks().count(), 2);
    play.complete("receive");
    play.complete("receive");
    assert_eq!(play.stands(), ["receive"]);
    assert!(!play.is_over());
}

#[test]
fn the_rounds_of_an_activity_need_no_tokens_of_their_own() {
    let mut build = doubled(2);
    build.times("receive", false, "2");
    let (mut play, _) = Play::new(build);
    play.complete("receive");
    play.complete("receive");
    assert!(play.is_over());
}
