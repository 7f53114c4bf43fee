//! What is due and cannot happen: it rests, holds nobody up, and happens when it can.

use docket_api::app::timer::Pace;
use docket_domain::access::{Actor, Privilege};
use docket_infra::store::DueTimer;
use docket_tests::{TestServer, User};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::changes::{adam, code};
use crate::timers::{TIMER, two_nodes};

const REPORT: &str = include_str!("../fixtures/report.bpmn");
/// A timer, and then a call of what `CALLEE` is.
const CALLER: &str = r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf"><bpmn:process id="caller" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:sequenceFlow id="a" sourceRef="s" targetRef="wait"/><bpmn:intermediateCatchEvent id="wait"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent><bpmn:sequenceFlow id="b" sourceRef="wait" targetRef="call"/><bpmn:callActivity id="call" calledElement="callee"/><bpmn:sequenceFlow id="c" sourceRef="call" targetRef="e"/><bpmn:endEvent id="e"/></bpmn:process></bpmn:definitions>"#;
const CALLEE: &str = r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"><bpmn:process id="callee" isExecutable="true"><bpmn:startEvent id="s"/><bpmn:sequenceFlow id="a" sourceRef="s" targetRef="e"/><bpmn:endEvent id="e"/></bpmn:process></bpmn:definitions>"#;

async fn state(user: &User, instance: &str) -> Value {
    let read = "query($i: ID!) { processInstance(id: $i) { state } }";
    user.ok(read, json!({ "i": instance })).await["processInstance"]["state"].clone()
}

async fn process(user: &User, name: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let document = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ code message }} }} }}"
    );
    user.ok(&document, json!({ "input": input })).await[name].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_cannot_fire_rests_and_holds_up_no_other() {
    let server = TestServer::start().await;
    for model in [CALLEE, CALLER, TIMER] {
        server.publish(model).await;
    }
    let (emma, adam) = (server.user("emma"), adam(&server));
    let callers = [
        emma.start("caller", json!({})).await,
        emma.start("caller", json!({})).await,
    ];
    let waits = emma.start("timer", json!({ "wait": "PT1H" })).await;
    let callee = json!({ "process": "callee" });
    assert_eq!(
        code(&process(&adam, "suspendProcess", callee.clone()).await),
        "OK"
    );
    server.advance("PT1H").await;
    assert_eq!(state(&emma, &waits).await, "COMPLETED");
    for caller in &callers {
        assert_eq!(state(&emma, caller).await, "ACTIVE");
    }
    assert_eq!(code(&process(&adam, "resumeProcess", callee).await), "OK");
    // A minute is the longest rest.
    server.advance("PT64S").await;
    for caller in &callers {
        assert_eq!(state(&emma, caller).await, "COMPLETED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_process_that_is_due_starts_once_when_it_goes_on() {
    let server = TestServer::start().await;
    server.publish(&REPORT.replace("WHEN", "R/PT1H")).await;
    let (olga, adam) = (server.user("olga").group("ops"), adam(&server));
    let count = async || {
        let list = "{ processInstances { totalCount } }";
        olga.ok(list, json!({})).await["processInstances"]["totalCount"].clone()
    };
    let report = json!({ "process": "report", "versions": [1] });
    assert_eq!(
        code(&process(&adam, "suspendProcess", report.clone()).await),
        "OK"
    );
    // Half an hour from anything that is due.
    server.advance("PT3H30M").await;
    assert_eq!(count().await, 0);
    assert_eq!(code(&process(&adam, "resumeProcess", report).await), "OK");
    server.advance("PT1S").await;
    assert_eq!(count().await, 1, "what was missed happens once");
    server.advance("PT1H").await;
    assert_eq!(count().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_ahead_does_not_fire_once_its_process_is_suspended() {
    let waits = vec!["PT1H"; 300];
    let (_folder, [app, _], clock, ids, emma) = two_nodes(&waits).await;
    let adam = Actor::new(
        emma.tenant,
        "adam".into(),
        [],
        [],
        [Privilege::Administrator],
    );
    clock.advance(SignedDuration::from_hours(1));
    let mut pace = Pace::default();
    let fired = app.fire_due_timers(&mut pace).await.expect("a round");
    assert!((1..300).contains(&fired), "{fired}");
    let suspended = app.suspend_process(&adam, "timer", &[], Some("wait"));
    suspended.await.expect("it is suspended");
    let later = app.fire_due_timers(&mut pace).await.expect("a round");
    assert_eq!(later, 0, "the batch that was decided ahead");
    let due = async || {
        let due = app.store.due_timers(clock.now(), None, 1_000).await;
        due.expect("due timers")
    };
    assert_eq!(due().await, Vec::<DueTimer>::new());
    let resumed = app.resume_process(&adam, "timer", &[], None);
    resumed.await.expect("it goes on");
    assert_eq!(due().await.len(), 300 - fired, "none was put off");
    let mut rest = 0;
    while !due().await.is_empty() {
        rest += app.fire_due_timers(&mut pace).await.expect("a round");
    }
    assert_eq!(fired + rest, 300);
    let tx = app.store.read(emma.tenant).await.expect("a snapshot");
    let found = tx.instances_for_engine(&ids).await.expect("the instances");
    for (_, instance) in found {
        assert_eq!(instance.expect("it opens").revision, 2, "once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_timers_of_one_instance_fire_in_batches_side_by_side() {
    let server = TestServer::start().await;
    let model = CALLER.replace(
        r#"<bpmn:callActivity id="call" calledElement="callee"/>"#,
        r#"<bpmn:task id="call"/>"#,
    );
    // Forty branches, each with its own timer, join at the end.
    let split: String = (0..40)
        .map(|n| format!(r#"<bpmn:sequenceFlow id="x{n}" sourceRef="s" targetRef="w{n}"/><bpmn:intermediateCatchEvent id="w{n}"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent><bpmn:sequenceFlow id="y{n}" sourceRef="w{n}" targetRef="join"/>"#))
        .collect();
    let model = model.replace(
        "</bpmn:process>",
        &format!(r#"{split}<bpmn:parallelGateway id="join"/></bpmn:process>"#),
    );
    server.publish(&model).await;
    let emma = server.user("emma");
    let mut instances = Vec::new();
    for _ in 0..5 {
        instances.push(emma.start("caller", json!({})).await);
    }
    server.advance("PT1H").await;
    for instance in &instances {
        assert_eq!(state(&emma, instance).await, "COMPLETED");
        let read = "query($i: ID!) { processInstance(id: $i) { revision } }";
        let answer = emma.ok(read, json!({ "i": instance })).await;
        assert_eq!(answer["processInstance"]["revision"], 42, "each once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stopped_a_process_and_let_it_go_on_stays_readable() {
    let server = TestServer::start().await;
    server.publish(TIMER).await;
    server.publish(CALLEE).await;
    let adam = adam(&server);
    let stop = json!({ "process": "timer", "versions": [1], "reason": "the dates are wrong" });
    let go_on = json!({ "process": "timer", "versions": [1], "reason": " mended " });
    assert_eq!(
        code(&process(&adam, "suspendProcess", stop.clone()).await),
        "OK"
    );
    assert_eq!(
        code(&process(&adam, "suspendProcess", stop).await),
        "INVALID_STATE"
    );
    server.advance("PT1H").await;
    assert_eq!(code(&process(&adam, "resumeProcess", go_on).await), "OK");
    let callee = json!({ "process": "callee" });
    assert_eq!(code(&process(&adam, "suspendProcess", callee).await), "OK");
    let read = "query($p: String, $a: String) { suspensions(process: $p, first: 2, after: $a) { totalCount nodes { processKey versions kind at by { name } reason } pageInfo { hasNextPage endCursor } } }";
    let monica = server.nobody("monica").privilege("monitor");
    for reader in [&adam, &monica] {
        let seen = reader.ok(read, json!({ "p": "timer" })).await["suspensions"].clone();
        assert_eq!(seen["totalCount"], 2, "refusals leave nothing behind");
        assert_eq!(
            seen["nodes"],
            json!([
                { "processKey": "timer", "versions": [1], "kind": "RESUMED", "at": "2026-03-02T09:00:00Z", "by": { "name": "adam" }, "reason": "mended" },
                { "processKey": "timer", "versions": [1], "kind": "SUSPENDED", "at": "2026-03-02T08:00:00Z", "by": { "name": "adam" }, "reason": "the dates are wrong" },
            ])
        );
    }
    let first = adam.ok(read, json!({})).await["suspensions"].clone();
    assert_eq!(first["nodes"][0]["versions"], Value::Null, "all of them");
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let after = json!({ "a": first["pageInfo"]["endCursor"] });
    let second = adam.ok(read, after).await["suspensions"].clone();
    assert_eq!(second["nodes"][0]["reason"], "the dates are wrong");
    let emma = server
        .user("emma")
        .privilege("manager")
        .privilege("designer");
    let none = emma.ok(read, json!({})).await["suspensions"].clone();
    assert_eq!(
        (&none["totalCount"], &none["nodes"]),
        (&json!(0), &json!([]))
    );
}
