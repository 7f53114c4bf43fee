//! Attempts to see what one may not see, and to bring down what others stand on.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

use crate::tasks::{CLAIMABLE, act, task_for_crew};
use crate::worklist::list_id;

const CHANGES: &str = "subscription($worklist: ID!, $after: String) { worklistChanges(worklist: $worklist, after: $after) { __typename
  ... on WorklistSnapshot { sequence cursor tasks { id } }
  ... on TaskEntered { sequence task { id name comments(first: 5) { nodes { text } } } }
  ... on TaskUpdated { sequence task { id name comments(first: 5) { nodes { text } } } }
  ... on TaskLeft { sequence taskId reason }
  ... on WorklistReset { sequence } } }";

async fn user_id(user: &User) -> Value {
    user.ok("{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"].clone()
}

/// The first change of a worklist, after a cursor if there is one; the next ones through the socket.
async fn follow(user: &User, kind: &str, after: &Value) -> (docket_tests::Socket, Value) {
    let mut socket = user.socket().await;
    let list = list_id(user, kind).await;
    socket
        .subscribe("w", CHANGES, json!({ "worklist": list, "after": after }))
        .await;
    let first = socket.change("w").await["worklistChanges"].clone();
    (socket, first)
}

/// A task that is in zoe's hands, and the cursor of her list from then.
async fn task_of_zoe(server: &TestServer) -> (String, Value) {
    let [emma, ann, zoe] = [
        server.user("emma"),
        server.user("ann").group("crew"),
        server.user("zoe"),
    ];
    let task = task_for_crew(&emma).await;
    act(&ann, "claimTask", &task, "").await;
    let to = format!(", user: {}", user_id(&zoe).await);
    act(&ann, "delegateTask", &task, &to).await;
    let (_, snapshot) = follow(&zoe, "ASSIGNED", &Value::Null).await;
    assert_eq!(snapshot["tasks"], json!([{ "id": task }]));
    (task, snapshot["cursor"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_tells_of_a_task_that_was_lost_only_that_it_left() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann, zoe] = [
        server.user("emma"),
        server.user("ann").group("crew"),
        server.user("zoe"),
    ];
    let (task, cursor) = task_of_zoe(&server).await;
    act(&emma, "updateTask", &task, ", priority: 71").await;
    act(&ann, "reassignTask", &task, "").await;
    act(&emma, "addComment", &task, ", text: \"not for zoe\"").await;
    let (_, first) = follow(&zoe, "ASSIGNED", &cursor).await;
    assert_eq!(
        first,
        json!({ "__typename": "TaskLeft", "sequence": 1, "taskId": task, "reason": "NO_LONGER_VISIBLE" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_says_nothing_of_what_came_and_went_meanwhile() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann, zoe] = [
        server.user("emma"),
        server.user("ann").group("crew"),
        server.user("zoe"),
    ];
    let (_, snapshot) = follow(&zoe, "ASSIGNED", &Value::Null).await;
    let hand = |to: Value| format!(", user: {to}");
    let lost = task_for_crew(&emma).await;
    act(&ann, "claimTask", &lost, "").await;
    act(&ann, "delegateTask", &lost, &hand(user_id(&zoe).await)).await;
    act(&ann, "reassignTask", &lost, "").await;
    let kept = task_for_crew(&emma).await;
    act(&ann, "claimTask", &kept, "").await;
    act(&ann, "delegateTask", &kept, &hand(user_id(&zoe).await)).await;
    let (_, first) = follow(&zoe, "ASSIGNED", &snapshot["cursor"]).await;
    assert_eq!(
        (
            &first["__typename"],
            &first["sequence"],
            &first["task"]["id"]
        ),
        (&json!("TaskEntered"), &json!(1), &json!(kept))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_from_before_a_group_was_gained_or_lost_begins_anew() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let [inside, outside] = [server.user("ann").group("crew"), server.user("ann")];
    let task = task_for_crew(&emma).await;
    for (before, after, tasks) in [
        (&inside, &outside, json!([])),
        (&outside, &inside, json!([{ "id": task }])),
    ] {
        let (_, snapshot) = follow(before, "CLAIMABLE", &Value::Null).await;
        let (mut socket, first) = follow(after, "CLAIMABLE", &snapshot["cursor"]).await;
        assert_eq!(first["__typename"], "WorklistReset");
        let anew = socket.change("w").await["worklistChanges"].clone();
        assert_eq!(anew["tasks"], tasks);
    }
}
