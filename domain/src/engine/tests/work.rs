//! Work that is done outside, by a worker who asks for it by its type.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::build::{Build, after, expr, literal, set, user};
use super::play::{Play, data};
use crate::access::{Actor, Privilege};
use crate::bpmn::{Assignment, ExternalWork, Kind, Throw, Trigger};
use crate::engine::command::{Command, Rejection};
use crate::ids::{TenantId, WorkId};
use crate::time::Calendar;
use crate::value::Name;
use crate::work::{PendingWork, WorkCommand, view};

type Say = fn(&mut ExternalWork);

fn robot(name: &str) -> Actor {
    worker(name, &[])
}

fn worker(name: &str, roles: &[&str]) -> Actor {
    let roles = roles.iter().map(|role| Name::from(*role));
    let tenant = TenantId(Uuid::nil());
    Actor::new(tenant, Name::from(name), [], roles, [Privilege::Worker])
}

/// `start → w → end`
fn one(say: impl FnOnce(&mut ExternalWork)) -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .work_of("w", say)
        .end("end")
        .row("start w end");
    build
}

fn done(json: serde_json::Value) -> WorkCommand {
    WorkCommand::Complete { data: data(json) }
}

fn failed() -> WorkCommand {
    WorkCommand::Fail {
        retries: None,
        backoff: None,
        message: Some("the bank said 555-SECRET".to_owned()),
    }
}

fn thrown(code: &str) -> WorkCommand {
    WorkCommand::Throw {
        code: Name::from(code),
        data: data(json!({"why": "empty"})),
    }
}

fn error(code: Option<&str>) -> Trigger {
    Trigger::Error(code.map(Name::from))
}

impl Play {
    fn pending(&self) -> &PendingWork {
        &self.instance.work[0]
    }

    fn lock(&mut self, actor: &Actor) -> String {
        let work: Vec<WorkId> = self.instance.work.iter().map(|work| work.id).collect();
        self.command(&Command::Activate {
            actor,
            worker: Name::from("w1"),
            work,
            lock: Some(SignedDuration::from_hours(1)),
        })
        .unwrap()
    }

    fn tell(&mut self, actor: &Actor, command: WorkCommand) -> Result<String, Rejection> {
        let work = self.pending().id;
        self.tell_of(work, (actor, "w1"), command)
    }

    fn tell_of(
        &mut self,
        work: WorkId,
        (actor, worker): (&Actor, &str),
        command: WorkCommand,
    ) -> Result<String, Rejection> {
        self.command(&Command::Work {
            actor,
            worker: Name::from(worker),
            work,
            command,
        })
    }
}

#[test]
fn work_waits_for_its_worker_and_its_data_goes_into_the_instance() {
    let (mut play, trace) = Play::new(one(|_| {}));
    assert_eq!(trace, ">start <start >w work:w");
    assert_eq!(play.lock(&robot("rob")), "locked(w1):w");
    assert_eq!(
        play.tell(&robot("rob"), done(json!({"paid": true})))
            .unwrap(),
        "worked:w paid=true <w >end <end ended:Completed"
    );
    assert_eq!(play.field("paid"), json!(true));
}

#[test]
fn who_does_not_have_it_in_hand_is_told_that_it_is_not_there() {
    let (mut play, _) = Play::new(one(|_| {}));
    let refused = |play: &mut Play, who: &Actor, worker: &str| {
        let work = play.pending().id;
        play.tell_of(work, (who, worker), done(json!({})))
    };
    let not_there = Err(Rejection::NotInHand);
    assert_eq!(
        refused(&mut play, &robot("rob"), "w1"),
        not_there,
        "not locked"
    );
    play.lock(&robot("rob"));
    assert_eq!(
        refused(&mut play, &robot("eve"), "w1"),
        not_there,
        "somebody else's"
    );
    assert_eq!(
        refused(&mut play, &robot("rob"), "w2"),
        not_there,
        "another worker's"
    );
    let gone = WorkId(Uuid::nil());
    let absent = play.tell_of(gone, (&robot("rob"), "w1"), done(json!({})));
    assert_eq!(absent, not_there);
    let person = super::play::person("rob");
    let missing = Err(Rejection::Privilege(Privilege::Worker));
    assert_eq!(refused(&mut play, &person, "w1"), missing);
    assert!(refused(&mut play, &robot("rob"), "w1").is_ok());
}

#[test]
fn a_lock_keeps_others_out_until_it_is_over_and_until_then_its_holder_may_finish() {
    let (mut play, _) = Play::new(one(|_| {}));
    play.lock(&robot("rob"));
    assert_eq!(play.lock(&robot("eve")), "", "it is in hand");
    play.advance(1);
    let finished = Command::Work {
        actor: &robot("rob"),
        worker: Name::from("w1"),
        work: play.pending().id,
        command: done(json!({})),
    };
    assert!(play.judge(&finished).is_ok(), "nobody else has taken it");
    assert_eq!(play.lock(&robot("eve")), "locked(w1):w");
    assert_eq!(play.judge(&finished), Err(Rejection::NotInHand));
}

#[test]
fn a_lock_is_made_longer_from_now_on() {
    let (mut play, _) = Play::new(one(|_| {}));
    play.lock(&robot("rob"));
    let more = WorkCommand::Extend {
        lock: SignedDuration::from_hours(5),
    };
    assert_eq!(play.tell(&robot("rob"), more).unwrap(), "extended:w");
    play.advance(4);
    assert_eq!(play.lock(&robot("eve")), "");
    play.advance(1);
    assert_eq!(play.lock(&robot("eve")), "locked(w1):w");
}

#[test]
fn what_fails_rests_and_is_tried_again_until_no_try_is_left() {
    let (mut play, _) = Play::new(one(|work| {
        work.retries = Some(literal("2"));
        work.backoff = Some(literal("PT2H"));
    }));
    play.lock(&robot("rob"));
    assert_eq!(play.tell(&robot("rob"), failed()).unwrap(), "failed(1):w");
    assert_eq!(play.lock(&robot("rob")), "", "it rests");
    play.advance(2);
    play.lock(&robot("rob"));
    let trace = play.tell(&robot("rob"), failed()).unwrap();
    assert_eq!(trace, "failed(0):w !w: the work `w` has failed too often");
    assert_eq!(play.stands(), ["w"]);
    assert!(play.instance.work.is_empty(), "nobody fetches it any more");
    assert!(
        !serde_json::to_string(&play.instance)
            .unwrap()
            .contains("SECRET")
    );
}

#[test]
fn a_worker_gives_up_early_and_never_tries_more_often_than_the_model_says() {
    let fail = |retries, backoff| WorkCommand::Fail {
        retries: Some(retries),
        backoff: Some(backoff),
        message: None,
    };
    let (mut play, _) = Play::new(one(|_| {}));
    play.lock(&robot("rob"));
    let trace = play.tell(&robot("rob"), fail(100, SignedDuration::ZERO));
    assert_eq!(trace.unwrap(), "failed(2):w");
    play.lock(&robot("rob"));
    let trace = play
        .tell(&robot("rob"), fail(0, SignedDuration::MAX))
        .unwrap();
    assert!(trace.starts_with("failed(0):w !w: "), "{trace}");
}

#[test]
fn an_error_goes_to_the_border_that_knows_its_code() {
    let build = || {
        let mut build = one(|_| {});
        build
            .boundary("late", "w", false, after("PT1H"))
            .boundary("any", "w", true, error(None))
            .boundary("broke", "w", true, error(Some("BROKE")))
            .tasks("a b")
            .row("any a")
            .row("broke b");
        build
    };
    let (mut play, _) = Play::new(build());
    play.lock(&robot("rob"));
    assert_eq!(
        play.tell(&robot("rob"), thrown("BROKE")).unwrap(),
        "threw:w why=\"empty\" clear:late xw >broke <broke >b task:b"
    );
    let (mut play, _) = Play::new(build());
    play.lock(&robot("rob"));
    play.tell(&robot("rob"), thrown("OTHER")).unwrap();
    assert_eq!(play.stands(), ["a"]);
}

#[test]
fn an_error_goes_outwards_until_it_is_caught() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build.start("begin").work("w").row("begin w");
        })
        .handler("mend", "if", (true, error(Some("BROKE"))), |build| {
            build.tasks("a").row("if a");
        })
        .row("start sub");
    let (mut play, _) = Play::new(build);
    play.lock(&robot("rob"));
    play.tell(&robot("rob"), thrown("BROKE")).unwrap();
    assert_eq!(play.stands(), ["mend", "a"]);
    assert!(play.instance.work.is_empty());
}

#[test]
fn an_error_that_nobody_catches_holds_the_token_and_is_not_quoted() {
    let (mut play, _) = Play::new(one(|_| {}));
    play.lock(&robot("rob"));
    let trace = play.tell(&robot("rob"), thrown("SECRET")).unwrap();
    assert!(
        trace.ends_with("!w: nobody catches the error that was thrown here"),
        "{trace}"
    );
    assert!(play.instance.work.is_empty());
}

#[test]
fn work_that_is_no_longer_needed_is_gone_for_its_worker() {
    let mut build = one(|_| {});
    build
        .boundary("late", "w", true, after("PT1H"))
        .tasks("a")
        .row("late a");
    let (mut play, _) = Play::new(build);
    play.lock(&robot("rob"));
    let work = play.pending().id;
    assert_eq!(
        play.fire("late"),
        "clear:late unwork:w xw >late <late >a task:a"
    );
    let late = play.tell_of(work, (&robot("rob"), "w1"), done(json!({})));
    assert_eq!(late, Err(Rejection::NotInHand));
}

#[test]
fn an_escalation_around_it_takes_work_away() {
    let mut build = Build::new();
    build
        .start("start")
        .inside("sub", |build| {
            build.start("begin").work("w").tasks("a").row("begin w");
            build.add("tell", Kind::End(Throw::Escalation(Name::from("E"))));
            build.row("begin a tell");
        })
        .boundary("hear", "sub", true, Trigger::Escalation(None))
        .row("start sub");
    let (mut play, _) = Play::new(build);
    play.lock(&robot("rob"));
    assert!(play.complete("a").contains("unwork:w xw"));
    assert!(play.is_over());
}

#[test]
fn each_round_of_an_activity_that_repeats_is_work_of_its_own() {
    let mut build = one(|work| work.inputs = vec![set("amount", "item * 2")]);
    build.each("w", false, None);
    build.boundary("broke", "w", true, error(None));
    build.tasks("a").row("broke a");
    let begin = json!({"items": [1, 2, 3]});
    let (mut play, _) = Play::with(build, begin.clone());
    play.lock(&robot("rob"));
    let seen: Vec<_> = play
        .instance
        .work
        .iter()
        .map(|work| {
            view(
                &play.process,
                &play.instance,
                work,
                &robot("rob"),
                None,
                (play.now, &Calendar::default()),
            )
            .data
        })
        .collect();
    assert_eq!(
        seen,
        [2, 4, 6].map(|amount| data(json!({"amount": amount})))
    );
    let ids: Vec<WorkId> = play.instance.work.iter().map(|work| work.id).collect();
    for id in &ids[..2] {
        play.tell_of(*id, (&robot("rob"), "w1"), done(json!({})))
            .unwrap();
    }
    assert!(!play.is_over());
    let trace = play.tell_of(ids[2], (&robot("rob"), "w1"), thrown("BROKE"));
    assert!(trace.unwrap().ends_with(">broke <broke >a task:a"));
    assert_eq!(play.stands(), ["a"]);
}

#[test]
fn output_mappings_alone_say_what_is_kept() {
    let mut build = one(|_| {});
    build.at("w").outputs = vec![set("total", "net * 2"), set("more", "total + 1")];
    let (mut play, _) = Play::new(build);
    play.lock(&robot("rob"));
    let huge = play
        .tell(&robot("rob"), done(json!({"net": 1e20})))
        .map(drop);
    assert_eq!(huge, Ok(()), "it has a value");
    assert_eq!(play.field("net"), json!(null));
    assert_eq!(play.field("total"), json!(2e20));
    assert!(play.is_over());
}

#[test]
fn an_output_without_a_value_is_refused_and_nothing_is_lost() {
    let mut build = one(|_| {});
    build.at("w").outputs = vec![set("total", "net * net")];
    let (mut play, _) = Play::new(build);
    play.lock(&robot("rob"));
    let refused = play.tell(&robot("rob"), done(json!({"net": 1e20})));
    assert_eq!(refused, Err(Rejection::OutputInvalid(Name::from("total"))));
    let mended = play.tell(&robot("rob"), done(json!({"net": 3})));
    assert!(mended.unwrap().contains("total=9"));
}

#[test]
fn the_model_computes_what_work_is() {
    let (play, _) = Play::with(
        one(|work| {
            work.kind = crate::bpmn::Text::Expr(expr("\"pay-\" + country"));
            work.retries = Some(crate::bpmn::Text::Expr(expr("2 + 3")));
            work.priority = Some(literal("80"));
            work.timeout = Some(literal("PT3M"));
            work.workers = Some(vec![
                user("rob"),
                crate::bpmn::Principals::Field(Name::from("who")),
            ]);
        }),
        json!({"country": "at", "who": "eve"}),
    );
    let work = play.pending();
    assert_eq!(
        (&*work.kind, work.retries, work.priority),
        ("pay-at", 5, 80)
    );
    assert_eq!(work.timeout, SignedDuration::from_mins(3));
    assert_eq!(work.workers.as_ref().map(|workers| workers.len()), Some(2));
}

#[test]
fn what_cannot_be_computed_holds_the_token_before_there_is_work() {
    let bad: [(&str, Say); 5] = [
        ("is no type of work", |work| {
            work.kind = crate::bpmn::Text::Expr(expr("[1]"));
        }),
        ("is no number of tries", |work| {
            work.retries = Some(literal("0"))
        }),
        ("is no back-off", |work| {
            work.backoff = Some(literal("soon"))
        }),
        ("is no timeout", |work| work.timeout = Some(literal("P1M"))),
        ("the input `net` has no value", |work| {
            work.inputs = vec![Assignment {
                field: Name::from("net"),
                value: expr("1e20 * 1e20"),
            }];
        }),
    ];
    for (message, say) in bad {
        let (play, trace) = Play::new(one(say));
        assert!(trace.contains(message), "{trace}");
        assert!(play.instance.work.is_empty());
    }
}

#[test]
fn the_model_says_who_may_be_the_worker() {
    let mut build = one(|work| work.workers = Some(vec![user("rob")]));
    build.process.security_roles = Some(vec![Name::from("bank")]);
    let (mut play, _) = Play::start(
        build,
        &super::play::plain_start(),
        &super::play::actor("ann", &["bank"]),
    )
    .unwrap();
    for (who, may) in [
        (worker("rob", &["bank"]), true),
        (worker("rob", &[]), false),
        (worker("eve", &["bank"]), false),
    ] {
        let locked = play.lock(&who);
        assert_eq!(!locked.is_empty(), may, "{who:?}");
        if may {
            let lost = worker("rob", &[]);
            let told = play.tell(&lost, done(json!({})));
            assert_eq!(told, Err(Rejection::NotInHand), "a right that has ended");
            play.advance(1);
        }
    }
}

#[test]
fn a_worker_sees_and_writes_what_is_clear_to_it_and_nothing_else() {
    use crate::bpmn::{Classification, FieldRule};
    let rule = |name: &str, class, clear: Option<&str>| FieldRule {
        name: Name::from(name),
        class,
        mask: None,
        clear: clear.map(|who| vec![user(who)]),
        writers: None,
    };
    let mut build = one(|_| {});
    build.process.fields = vec![
        rule("iban", Classification::Confidential, None),
        rule("card", Classification::Confidential, Some("rob")),
        rule("pin", Classification::Secret, None),
    ];
    let (mut play, _) = Play::with(
        build,
        json!({"amount": 5, "iban": "AT12", "card": "4111", "pin": "0000"}),
    );
    let seen = |play: &Play, who: &str| {
        let work = play.pending();
        view(
            &play.process,
            &play.instance,
            work,
            &robot(who),
            None,
            (play.now, &Calendar::default()),
        )
        .data
    };
    assert_eq!(
        seen(&play, "rob"),
        data(json!({"amount": 5, "card": "4111"}))
    );
    assert_eq!(seen(&play, "eve"), data(json!({"amount": 5})));
    play.lock(&robot("rob"));
    let refused = play.tell(&robot("rob"), done(json!({"iban": "mine"})));
    assert_eq!(
        refused,
        Err(Rejection::FieldNotWritable(Name::from("iban")))
    );
    assert!(
        play.tell(&robot("rob"), done(json!({"card": "5500", "new": 1})))
            .is_ok()
    );
}

#[test]
fn a_worker_is_told_how_it_failed_itself_and_not_how_others_did() {
    let (mut play, _) = Play::new(one(|_| {}));
    play.lock(&robot("rob"));
    play.tell(&robot("rob"), failed()).unwrap();
    let told = |play: &Play, who: &str| {
        let work = play.pending();
        view(
            &play.process,
            &play.instance,
            work,
            &robot(who),
            None,
            (play.now, &Calendar::default()),
        )
        .last_failure
    };
    assert_eq!(
        told(&play, "rob").as_deref(),
        Some("the bank said 555-SECRET")
    );
    assert_eq!(told(&play, "eve"), None);
}

#[test]
fn an_end_that_leaves_work_to_somebody_ends_when_it_is_done() {
    let mut build = Build::new();
    build.start("start").work("send").row("start send");
    let (mut play, _) = Play::new(build);
    play.lock(&robot("rob"));
    play.tell(&robot("rob"), done(json!({}))).unwrap();
    assert!(play.is_over());
}

#[test]
fn the_end_of_time_is_no_overflow() {
    let (mut play, _) = Play::new(one(|_| {}));
    play.lock(&robot("rob"));
    play.now = Timestamp::MAX;
    let more = WorkCommand::Extend {
        lock: SignedDuration::MAX,
    };
    assert!(play.tell(&robot("rob"), more).is_ok());
}

#[test]
fn the_outputs_of_work_see_what_was_mapped_into_it() {
    let mut build = one(|work| work.inputs = vec![set("sum", "amount + 1")]);
    build.at("w").outputs = vec![set("paid", "sum - left")];
    let (mut play, _) = Play::with(build, json!({"amount": 9}));
    play.lock(&robot("rob"));
    play.tell(&robot("rob"), done(json!({"left": 4}))).unwrap();
    assert_eq!(play.field("paid"), json!(6));
    assert_eq!(play.field("left"), json!(null));
}
