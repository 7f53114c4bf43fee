//! Two at once: exactly one wins, and the others are told in one kind of answer.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

use crate::tasks::{CLAIMABLE, act, task_for_crew};

const CLIENTS: usize = 64;
const ROUNDS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_people_race_for_one_task_and_one_wins_each_time() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let racers: Vec<_> = (0..CLIENTS)
        .map(|i| {
            server
                .user(&format!("racer-{i}"))
                .group("crew")
                .keep_alive()
        })
        .collect();
    let starter = server.user("emma").keep_alive();
    for round in 0..ROUNDS {
        starter.start("claimable", json!({})).await;
        let task = racers[0]
            .worklist("CLAIMABLE")
            .await
            .pop()
            .expect("the task is there")
            .0;
        let claims = racers.iter().cloned().map(|racer| {
            let task = task.clone();
            async move { racer.claim(&task).await }
        });
        let answers = futures_util::future::join_all(claims).await;
        let winners = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(winners, 1, "round {round}: one wins");
        for answer in answers.iter().filter(|answer| answer.is_err()) {
            assert_eq!(
                *answer,
                Err("INVALID_STATE".to_owned()),
                "round {round}: the others are told the same"
            );
        }
        let winner = answers.iter().position(Result::is_ok).expect("one wins");
        let holder = racers[0]
            .ok(
                "query($task: ID!) { task(id: $task) { assignee { name } } }",
                json!({ "task": task }),
            )
            .await;
        assert_eq!(
            holder["task"]["assignee"]["name"],
            racers[winner].name(),
            "round {round}: who was told so has it"
        );
        assert_eq!(
            racers[winner].complete(&task, json!({}), None).await,
            Ok(())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_was_overtaken_is_a_conflict() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let ann = server.user("ann").group("crew");
    ann.start("claimable", json!({})).await;
    let task = ann
        .worklist("CLAIMABLE")
        .await
        .pop()
        .expect("the task is there")
        .0;
    assert_eq!(ann.claim(&task).await, Ok(()));
    let update = "mutation($task: ID!, $revision: Int) { updateTask(input: {task: $task, priority: 90, expectedRevision: $revision}) { task { revision priority } userErrors { code } } }";
    let seen = ann
        .ok(
            "query($task: ID!) { task(id: $task) { revision } }",
            json!({ "task": task }),
        )
        .await["task"]["revision"]
        .clone();
    let first = ann
        .ok(update, json!({ "task": task, "revision": seen }))
        .await;
    assert_eq!(first["updateTask"]["task"]["priority"], 90);
    let second = ann
        .ok(update, json!({ "task": task, "revision": seen }))
        .await;
    assert_eq!(second["updateTask"]["userErrors"][0]["code"], "CONFLICT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_sent_twice_under_one_key_happens_once() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let ann = server.user("ann").group("crew");
    let start = "mutation($data: JSON) { startProcess(input: {key: \"claimable\", data: $data, idempotencyKey: \"k1\"}) { processInstance { id } userErrors { code } } }";
    let twice = futures_util::future::join_all([
        ann.ok(start, json!({ "data": { "n": 1 } })),
        ann.ok(start, json!({ "data": { "n": 1 } })),
    ])
    .await;
    assert_eq!(twice[0], twice[1], "both answers are the same");
    assert_eq!(ann.worklist("CLAIMABLE").await.len(), 1);
    let other = ann.ok(start, json!({ "data": { "n": 2 } })).await;
    assert_eq!(
        other["startProcess"]["userErrors"][0]["code"], "CONFLICT",
        "another request under the same key"
    );
    let bens = server
        .user("ben")
        .group("crew")
        .ok(start, json!({ "data": { "n": 1 } }))
        .await;
    assert_ne!(bens, twice[0], "a key is a person's own");

    let task = ann
        .worklist("CLAIMABLE")
        .await
        .pop()
        .expect("the task is there")
        .0;
    assert_eq!(ann.claim(&task).await, Ok(()));
    let complete = "mutation($task: ID!) { completeTask(input: {task: $task, idempotencyKey: \"k2\"}) { processInstance { id } userErrors { code } } }";
    let first = ann.ok(complete, json!({ "task": task })).await;
    let again = ann.ok(complete, json!({ "task": task })).await;
    assert_eq!(first["completeTask"]["userErrors"], json!([]));
    assert_eq!(again["completeTask"]["userErrors"], json!([]));
}

/// How often two things are tried at once.
const TRIES: usize = 30;

/// The code of a payload's refusal, or nothing.
fn refusal(payload: &Value) -> Option<&str> {
    payload["userErrors"][0]["code"].as_str()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_delegated_and_completed_at_once_is_one_of_both() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann, zoe] = [
        server.user("emma"),
        server.user("ann").group("crew"),
        server.user("zoe"),
    ];
    let of_zoe =
        zoe.ok("{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"].clone();
    let hand = format!(", user: {of_zoe}");
    for _ in 0..TRIES {
        let task = task_for_crew(&emma).await;
        assert_eq!(ann.claim(&task).await, Ok(()));
        let (delegated, completed) = tokio::join!(
            act(&ann, "delegateTask", &task, &hand),
            act(&ann, "completeTask", &task, "")
        );
        let stands = emma
            .ok(
                "query($task: ID!) { task(id: $task) { state assignee { name } owner { name } } }",
                json!({ "task": task }),
            )
            .await["task"]
            .clone();
        match (refusal(&delegated), refusal(&completed)) {
            (None, Some(code)) => {
                assert_eq!(code, "NOT_PERMITTED", "it is in another's hands");
                let expected = json!({ "state": "DELEGATED", "assignee": { "name": "zoe" }, "owner": { "name": "ann" } });
                assert_eq!(stands, expected);
                assert_eq!(zoe.complete(&task, json!({}), None).await, Ok(()));
            }
            (Some(code), None) => {
                assert_eq!(code, "INVALID_STATE", "it is over");
                assert_eq!(stands["state"], "COMPLETED");
            }
            both => panic!("one of two happens: {both:?}, {stands}"),
        }
    }
}

/// A task that escalates after an hour.
const ESCALATES: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" targetNamespace="t">
  <process id="escalates" isExecutable="true">
    <startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="work"/>
    <userTask id="work"><extensionElements><wf:assignment assignee="emma"/></extensionElements></userTask>
    <boundaryEvent id="late" attachedToRef="work"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
    <sequenceFlow id="f2" sourceRef="work" targetRef="done"/>
    <serviceTask id="done"><extensionElements><wf:set field="ways" value="=if ways = null then &quot;done&quot; else ways + &quot; done&quot;"/></extensionElements></serviceTask>
    <sequenceFlow id="f3" sourceRef="late" targetRef="escalated"/>
    <serviceTask id="escalated"><extensionElements><wf:set field="ways" value="=if ways = null then &quot;late&quot; else ways + &quot; late&quot;"/></extensionElements></serviceTask>
    <sequenceFlow id="f4" sourceRef="done" targetRef="e"/><sequenceFlow id="f5" sourceRef="escalated" targetRef="e"/>
    <endEvent id="e"/>
  </process>
</definitions>"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_completed_when_its_time_is_over_goes_one_way() {
    let server = TestServer::start().await;
    server.publish(ESCALATES).await;
    let emma = server.user("emma");
    for _ in 0..TRIES {
        let instance = emma.start("escalates", json!({})).await;
        let task = emma.worklist("ASSIGNED").await.pop().expect("her task").0;
        let (completed, ()) = tokio::join!(
            emma.complete(&task, json!({}), None),
            server.advance("PT1H")
        );
        let of = emma
            .ok(
                "query($i: ID!) { processInstance(id: $i) { state data } }",
                json!({ "i": instance }),
            )
            .await["processInstance"]
            .clone();
        assert_eq!(of["state"], "COMPLETED");
        match completed {
            Ok(()) => assert_eq!(of["data"]["ways"], "done"),
            Err(code) => {
                assert_eq!(code, "INVALID_STATE");
                assert_eq!(of["data"]["ways"], "late");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_published_and_retired_at_once_was_published_first() {
    let server = TestServer::start().await;
    let dora = server.nobody("dora").privilege("designer");
    let managers = [
        server.nobody("pia").privilege("manager"),
        server.nobody("max").privilege("manager"),
    ];
    let upload =
        "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { process { id } } }";
    let moved = |name: &str| {
        format!(
            "mutation($process: ID!) {{ {name}(input: {{process: $process}}) {{ process {{ state }} userErrors {{ code }} }} }}"
        )
    };
    for _ in 0..TRIES {
        let uploaded = dora.ok(upload, json!({ "xml": CLAIMABLE })).await;
        let process = json!({ "process": uploaded["uploadProcess"]["process"]["id"] });
        let (publish, retire) = (moved("publishProcess"), moved("retireProcess"));
        let (first, second, retired) = tokio::join!(
            managers[0].ok(&publish, process.clone()),
            managers[1].ok(&publish, process.clone()),
            managers[1].ok(&retire, process.clone())
        );
        let published = [&first, &second].map(|answer| refusal(&answer["publishProcess"]));
        assert!(
            published.contains(&None) && published.contains(&Some("INVALID_STATE")),
            "one of both publishes it: {published:?}"
        );
        let state = state_of(&managers[0], &process).await;
        match refusal(&retired["retireProcess"]) {
            None => assert_eq!(state, "RETIRED"),
            Some(code) => {
                assert_eq!(code, "INVALID_STATE", "a draft is not retired");
                assert_eq!(state, "PUBLISHED");
            }
        }
    }
}

async fn state_of(pia: &User, process: &Value) -> Value {
    let document = "query($process: ID!) { node(id: $process) { ... on Process { state } } }";
    pia.ok(document, process.clone()).await["node"]["state"].clone()
}
