//! Two at once: exactly one wins, and the others are told in one kind of answer.

use docket_tests::TestServer;
use serde_json::json;

use crate::tasks::CLAIMABLE;

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
