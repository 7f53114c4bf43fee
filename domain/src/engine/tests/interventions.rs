//! Incidents that are tried again, and incidents that are passed.

use serde_json::json;

use super::build::{Build, after, for_ann, one_task, set};
use super::play::{Play, administrator, data, person};
use crate::bpmn::{Throw, Timer, Trigger};
use crate::engine::command::{Command, Rejection};
use crate::engine::incident::{IncidentKind, Phase};
use crate::value::{Data, Name};

/// Its square is out of range.
const HUGE: f64 = 1e20;

impl Play {
    /// By ann, who may write.
    pub(super) fn retry(
        &mut self,
        incident: u32,
        json: serde_json::Value,
    ) -> Result<String, Rejection> {
        let actor = &person("ann");
        let data = data(json);
        self.command(&Command::Retry {
            actor,
            incident: Some(incident),
            data,
        })
    }

    fn resolve(&mut self, incident: u32) -> Result<String, Rejection> {
        let actor = &administrator();
        let reason = Name::from("done by hand");
        self.command(&Command::Resolve {
            actor,
            incident,
            reason,
        })
    }

    pub(super) fn incident(&self) -> (u32, IncidentKind, Phase) {
        let [incident] = self.instance.incidents.as_slice() else {
            panic!("one incident: {:?}", self.instance.incidents);
        };
        (incident.number, incident.kind, incident.phase)
    }
}

fn square() -> Build {
    let mut build = Build::new();
    build
        .start("start")
        .assign("sum", "total", "x * x")
        .end("end")
        .row("start sum end");
    build
}

#[test]
fn what_failed_is_done_again_with_better_data() {
    let (mut play, _) = Play::with(square(), json!({"x": HUGE}));
    assert_eq!(
        play.incident(),
        (1, IncidentKind::Expression, Phase::Entering)
    );
    let again = play.retry(1, json!({"x": 3})).unwrap();
    assert_eq!(again, "retry:1 x=3 total=9 <sum >end <end ended:Completed");
    assert!(play.is_over());
}

#[test]
fn what_fails_again_is_another_incident() {
    let (mut play, _) = Play::with(square(), json!({"x": HUGE}));
    play.retry(1, json!({})).unwrap();
    assert_eq!(play.incident().0, 2);
    assert_eq!(play.retry(1, json!({})), Err(Rejection::NoIncident));
    assert_eq!(play.resolve(1), Err(Rejection::NoIncident));
}

#[test]
fn an_incident_that_is_passed_lets_the_token_go_on_without_the_element() {
    let (mut play, _) = Play::with(square(), json!({"x": HUGE}));
    assert_eq!(
        play.resolve(1).unwrap(),
        "pass:1 <sum >end <end ended:Completed"
    );
    assert_eq!(play.field("total"), json!(null));
}

#[test]
fn a_task_that_was_completed_is_not_done_twice_for_its_outputs() {
    let mut build = one_task(for_ann());
    build.at("a").outputs = vec![set("n", "n + 1"), set("twice", "x * x")];
    let (mut play, _) = Play::with(build, json!({"n": 0}));
    play.complete_with("a", json!({"x": HUGE})).unwrap();
    assert_eq!(
        play.incident(),
        (1, IncidentKind::Expression, Phase::Leaving)
    );
    assert_eq!(
        play.retry(1, json!({"x": 2})).unwrap(),
        "retry:1 x=2 twice=4 ]a <a >end <end ended:Completed"
    );
    assert_eq!(
        play.field("n"),
        json!(1),
        "what was assigned is not assigned again"
    );
}

#[test]
fn an_output_stays_assigned_when_only_the_way_out_was_missing() {
    let mut build = Build::new();
    build
        .start("start")
        .assign("count", "m", "1")
        .end("end")
        .row("start count")
        .when("count", "end", "go = true");
    build.at("count").outputs = vec![set("n", "n + 1")];
    let (mut play, _) = Play::with(build, json!({"n": 0, "go": false}));
    assert_eq!(play.incident(), (1, IncidentKind::NoWay, Phase::Leaving));
    let held = play.resolve(1).unwrap();
    assert!(held.contains("!count: no condition holds"), "{held}");
    assert_eq!(
        play.retry(2, json!({"go": true})).unwrap(),
        "retry:2 go=true <count >end <end ended:Completed"
    );
    assert_eq!(play.field("n"), json!(1));
}

#[test]
fn an_error_that_nobody_catches_is_thrown_again_or_passed() {
    let mut build = Build::new();
    build
        .start("start")
        .tasks("a")
        .inside("sub", |build| {
            build.start("begin");
            build.add("bad", crate::bpmn::Kind::End(Throw::Error(Name::from("e"))));
            build.row("begin bad");
        })
        .row("start a sub");
    let (mut play, _) = Play::new(build);
    play.complete("a");
    assert_eq!(
        play.incident(),
        (1, IncidentKind::Uncaught, Phase::Entering)
    );
    play.retry(1, json!({})).unwrap();
    assert_eq!(play.incident().1, IncidentKind::Uncaught);
    assert_eq!(
        play.resolve(2).unwrap(),
        "pass:2 <bad ]sub <sub ended:Completed"
    );
}

#[test]
fn a_run_that_spun_in_place_is_tried_again_from_where_it_stopped() {
    let mut build = Build::new();
    build
        .start("start")
        .exclusive("gate")
        .end("end")
        .row("start gate")
        .when("gate", "gate", "spin = true")
        .otherwise("gate", "end");
    let (mut play, _) = Play::with(build, json!({"spin": true}));
    assert_eq!(play.incident().1, IncidentKind::Budget);
    play.retry(1, json!({"spin": false})).unwrap();
    assert!(play.is_over());
}

#[test]
fn a_condition_that_cannot_be_judged_holds_nothing_and_is_judged_again() {
    let mut build = one_task(for_ann());
    let condition = Trigger::Condition(super::build::expr("x * x > 3"));
    build.boundary("grown", "a", false, condition);
    let (mut play, _) = Play::with(build, json!({"x": HUGE}));
    assert_eq!(
        play.incident(),
        (1, IncidentKind::Expression, Phase::Beside)
    );
    let again = play.retry(1, json!({"x": 2})).unwrap();
    assert_eq!(again, "retry:1 x=2 true:grown >grown <grown");
    assert!(play.instance.incidents.is_empty());
    assert_eq!(play.stands(), ["a"]);
}

#[test]
fn a_cycle_that_could_not_go_on_begins_anew() {
    let mut build = one_task(for_ann());
    let cycle = Timer::Cycle(crate::bpmn::Text::Expr(super::build::expr("every")));
    build.boundary("remind", "a", false, Trigger::Timer(cycle));
    let (mut play, _) = Play::with(build, json!({"every": "R/PT1H"}));
    let update = |json| data(json);
    play.command(&Command::UpdateData {
        actor: &person("ann"),
        data: update(json!({"every": "now and then"})),
    })
    .unwrap();
    play.advance(1);
    play.fire("remind");
    assert_eq!(play.incident().2, Phase::Beside);
    assert!(play.instance.timers.is_empty());
    let again = play.retry(1, json!({"every": "R/PT2H"})).unwrap();
    assert_eq!(again, "retry:1 every=\"R/PT2H\" timer:remind");
    assert_eq!(play.stands(), ["a"]);
}

#[test]
fn what_the_whole_instance_waits_for_is_tried_again_before_anything_begins() {
    let mut build = one_task(for_ann());
    let late = Trigger::Timer(Timer::Duration(crate::bpmn::Text::Expr(
        super::build::expr("late"),
    )));
    build.handler("beside", "due", (false, late), |build| {
        build.end("done").row("due done");
    });
    let (mut play, _) = Play::with(build, json!({"late": "soon"}));
    assert_eq!(play.incident().2, Phase::Opening);
    let again = play.retry(1, json!({"late": "PT1H"})).unwrap();
    assert_eq!(again, "retry:1 late=\"PT1H\" timer:due <start >a task:a");
}

#[test]
fn a_held_sub_process_begins_again_with_what_is_at_its_border() {
    let mut build = Build::new();
    let late = Trigger::Timer(Timer::Duration(crate::bpmn::Text::Expr(
        super::build::expr("late"),
    )));
    build
        .start("start")
        .inside("sub", |build| {
            build.start("begin").tasks("a").row("begin a");
        })
        .boundary("soon", "sub", true, after("PT1H"))
        .boundary("late", "sub", true, late)
        .row("start sub");
    let (mut play, _) = Play::with(build, json!({"late": "soon"}));
    let again = play.retry(1, json!({"late": "PT2H"})).unwrap();
    assert_eq!(
        again,
        "retry:1 late=\"PT2H\" [ timer:soon timer:late >begin <begin >a task:a"
    );
}

#[test]
fn a_round_that_had_no_room_gets_its_value_once_there_is_room() {
    let mut build = one_task(for_ann());
    build.each("a", false, None);
    let most = crate::value::MAX_BYTES;
    let value = "v".repeat(1000);
    let filler = "f".repeat(most - 3500);
    let begun = Play::with(build, json!({"items": [value, value], "filler": filler}));
    let (mut play, _) = begun;
    let held = play.instance.incidents.clone();
    assert!(!held.is_empty());
    assert!(
        held.iter().all(|it| it.kind == IncidentKind::Size),
        "{held:?}"
    );
    for incident in held {
        play.retry(incident.number, json!({"filler": null}))
            .unwrap();
    }
    assert_eq!(play.instance.open_tasks().count(), 2);
    for scope in &play.instance.scopes {
        let there = scope.rounds.is_some() || scope.data.contains_key("item");
        assert!(there, "{scope:?}");
    }
}

#[test]
fn which_event_happened_is_not_for_us_to_say() {
    let mut build = Build::new();
    let late = Trigger::Timer(Timer::Duration(crate::bpmn::Text::Expr(
        super::build::expr("late"),
    )));
    build.start("start");
    build.add("gate", crate::bpmn::Kind::EventBased);
    build.catch("due", late).row("start gate due");
    let (mut play, _) = Play::with(build, json!({"late": "soon"}));
    assert_eq!(play.resolve(1), Err(Rejection::NoWayPast));
}

#[test]
fn only_who_may_write_sends_data_along_and_only_administrators_pass() {
    let (mut play, _) = Play::with(square(), json!({"x": HUGE}));
    let adam = administrator();
    let by = |actor, data: Data| Command::Retry {
        actor,
        incident: Some(1),
        data,
    };
    let better = data(json!({"x": 3}));
    assert_eq!(play.judge(&by(&adam, better)), Err(Rejection::NotWriter));
    assert!(play.judge(&by(&adam, Data::new())).is_ok());
    let ben = person("ben");
    assert_eq!(
        play.judge(&by(&ben, Data::new())),
        Err(Rejection::NotWriter)
    );
    let ann = person("ann");
    let passed = play.judge(&Command::Resolve {
        actor: &ann,
        incident: 1,
        reason: Name::from("because"),
    });
    assert!(matches!(passed, Err(Rejection::Privilege(_))), "{passed:?}");
}

#[test]
fn everything_that_holds_an_instance_is_tried_again_at_once() {
    let mut build = Build::new();
    build
        .start("start")
        .assign("one", "a", "x * x")
        .assign("two", "b", "x * x")
        .row("start one")
        .row("start two");
    let (mut play, _) = Play::with(build, json!({"x": HUGE}));
    let all = |actor, json| Command::Retry {
        actor,
        incident: None,
        data: data(json),
    };
    let ann = person("ann");
    play.command(&all(&ann, json!({"x": 2}))).unwrap();
    assert!(play.is_over());
    let (mut play, _) = Play::new(one_task(for_ann()));
    assert_eq!(
        play.command(&all(&ann, json!({}))),
        Err(Rejection::NoIncident)
    );
}
