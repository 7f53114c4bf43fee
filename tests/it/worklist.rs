//! Live worklists: what arrives, what does not, in which order, and after a reconnect.

use docket_tests::{Socket, TestServer, User};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::tasks::{CLAIMABLE, act, task_for_crew};

const CHANGES: &str = "subscription($worklist: ID!, $filter: TaskFilter, $after: String) { worklistChanges(worklist: $worklist, filter: $filter, after: $after) { __typename
  ... on WorklistSnapshot { sequence cursor at tasks { id } counts { total unassigned } }
  ... on TaskEntered { sequence cursor task { id state revision priority processInstance { data } } }
  ... on TaskUpdated { sequence cursor task { id state revision priority } }
  ... on TaskLeft { sequence cursor taskId reason }
  ... on WorklistReset { sequence cursor } } }";

pub async fn list_id(user: &User, kind: &str) -> Value {
    let answer = user
        .ok("{ viewer { worklists { id kind } } }", json!({}))
        .await;
    let lists = answer["viewer"]["worklists"]
        .as_array()
        .expect("worklists")
        .clone();
    lists
        .iter()
        .find(|list| list["kind"] == kind)
        .expect("the worklist exists")["id"]
        .clone()
}

/// A socket that watches a list; its snapshot has been read.
async fn watch(user: &User, kind: &str, filter: Value) -> (Socket, Value) {
    let mut socket = user.socket().await;
    socket
        .subscribe(
            "w",
            CHANGES,
            json!({ "worklist": list_id(user, kind).await, "filter": filter }),
        )
        .await;
    let snapshot = next(&mut socket).await;
    assert_eq!(snapshot["__typename"], "WorklistSnapshot");
    (socket, snapshot)
}

async fn resume(user: &User, kind: &str, cursor: &Value) -> Socket {
    let mut socket = user.socket().await;
    socket
        .subscribe(
            "w",
            CHANGES,
            json!({ "worklist": list_id(user, kind).await, "after": cursor }),
        )
        .await;
    socket
}

async fn next(socket: &mut Socket) -> Value {
    socket.change("w").await["worklistChanges"].clone()
}

fn brief(change: &Value) -> (String, i64, String) {
    let id = change["task"]["id"]
        .as_str()
        .or(change["taskId"].as_str())
        .unwrap_or_default();
    (
        change["__typename"].as_str().unwrap_or_default().to_owned(),
        change["sequence"].as_i64().unwrap_or_default(),
        id.to_owned(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn entering_changing_and_leaving_arrive_in_order_with_dense_numbers() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann, ben] = [
        server.user("emma"),
        server.user("ann").group("crew"),
        server.user("ben").group("crew"),
    ];
    let (mut anns, snapshot) = watch(&ann, "CLAIMABLE", Value::Null).await;
    assert_eq!(snapshot["counts"], json!({ "total": 0, "unassigned": 0 }));
    let (mut bens, _) = watch(&ben, "GROUP", Value::Null).await;

    let task = task_for_crew(&emma).await;
    act(&ben, "claimTask", &task, "").await;
    act(&ben, "updateTask", &task, ", priority: 70").await;
    act(&ben, "completeTask", &task, "").await;

    assert_eq!(
        brief(&next(&mut anns).await),
        ("TaskEntered".to_owned(), 2, task.clone())
    );
    let left = next(&mut anns).await;
    assert_eq!(
        (brief(&left), &left["reason"]),
        (("TaskLeft".to_owned(), 3, task.clone()), &json!("TAKEN"))
    );
    assert_eq!(
        brief(&next(&mut bens).await),
        ("TaskEntered".to_owned(), 2, task.clone())
    );
    let updated = next(&mut bens).await;
    assert_eq!(
        (brief(&updated), &updated["task"]["state"]),
        (
            ("TaskUpdated".to_owned(), 3, task.clone()),
            &json!("CLAIMED")
        )
    );
    let updated = next(&mut bens).await;
    assert_eq!(
        (brief(&updated), &updated["task"]["priority"]),
        (("TaskUpdated".to_owned(), 4, task.clone()), &json!(70))
    );
    let left = next(&mut bens).await;
    assert_eq!(
        (brief(&left), &left["reason"]),
        (("TaskLeft".to_owned(), 5, task), &json!("COMPLETED"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_is_judged_before_and_after_the_change() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let task = task_for_crew(&emma).await;
    act(&ann, "claimTask", &task, "").await;
    let (mut urgent, snapshot) =
        watch(&ann, "ASSIGNED", json!({ "priority": { "min": 60 } })).await;
    assert_eq!(snapshot["tasks"], json!([]));
    act(&ann, "updateTask", &task, ", priority: 55").await;
    act(&ann, "updateTask", &task, ", priority: 65").await;
    act(&ann, "updateTask", &task, ", priority: 10").await;
    assert_eq!(
        brief(&next(&mut urgent).await),
        ("TaskEntered".to_owned(), 2, task.clone())
    );
    let left = next(&mut urgent).await;
    assert_eq!(
        (brief(&left), &left["reason"]),
        (
            ("TaskLeft".to_owned(), 3, task),
            &json!("NO_LONGER_MATCHES")
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_resumes_without_loss_and_without_doubles() {
    let mut server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let (mut socket, _) = watch(&ann, "CLAIMABLE", Value::Null).await;
    let mut cursor = Value::Null;
    let mut heard = Vec::new();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(task_for_crew(&emma).await);
        let change = next(&mut socket).await;
        cursor = change["cursor"].clone();
        heard.push(brief(&change).2);
    }
    drop(socket);
    for _ in 0..3 {
        made.push(task_for_crew(&emma).await);
    }
    server.restart().await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let mut socket = resume(&ann, "CLAIMABLE", &cursor).await;
    made.push(task_for_crew(&emma).await);
    for _ in 0..4 {
        heard.push(brief(&next(&mut socket).await).2);
    }
    assert_eq!(heard, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_says_where_the_feed_stands_after_it() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let task = task_for_crew(&emma).await;
    let claim = "mutation($t: ID!) { claimTask(input: {task: $t}) { cursor userErrors { code } } }";
    let cursor = ann.ok(claim, json!({ "t": task })).await["claimTask"]["cursor"].clone();
    let mut socket = resume(&ann, "GROUP", &cursor).await;
    act(&ann, "updateTask", &task, ", priority: 99").await;
    let change = next(&mut socket).await;
    assert_eq!(
        (&change["__typename"], &change["task"]["priority"]),
        (&json!("TaskUpdated"), &json!(99)),
        "what was before the cursor is not repeated"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_person_or_list_is_refused() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [ann, ben] = [
        server.user("ann").group("crew"),
        server.user("ben").group("crew"),
    ];
    let (_socket, snapshot) = watch(&ann, "CLAIMABLE", Value::Null).await;
    for (user, kind, cursor) in [
        (&ben, "CLAIMABLE", &snapshot["cursor"]),
        (&ann, "ASSIGNED", &snapshot["cursor"]),
        (&ann, "CLAIMABLE", &json!("bm9uc2Vuc2U")),
    ] {
        let mut socket = resume(user, kind, cursor).await;
        let message = socket.next().await.expect("the socket stays open");
        assert!(message.to_string().contains("BAD_INPUT"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_ends_ends_on_the_open_socket() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann, zoe] = [
        server.user("emma"),
        server.user("ann").group("crew"),
        server.user("zoe"),
    ];
    let task = task_for_crew(&emma).await;
    act(&ann, "claimTask", &task, "").await;
    let zoes =
        zoe.ok("{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"].clone();
    act(&ann, "delegateTask", &task, &format!(", user: {zoes}")).await;
    let mut watched = zoe.socket().await;
    let changes = "subscription($t: ID!) { taskChanges(task: $t) { __typename ... on TaskUpdated { sequence task { priority } } ... on TaskLeft { sequence taskId reason } } }";
    watched.subscribe("t", changes, json!({ "t": task })).await;
    assert_eq!(
        watched.change("t").await["taskChanges"]["__typename"],
        "TaskSnapshot"
    );
    let (mut socket, snapshot) = watch(&zoe, "ASSIGNED", Value::Null).await;
    assert_eq!(snapshot["tasks"], json!([{ "id": task }]));
    act(&zoe, "updateTask", &task, ", priority: 70").await;
    assert_eq!(brief(&next(&mut socket).await).0, "TaskUpdated");
    act(&ann, "reassignTask", &task, "").await;
    let left = next(&mut socket).await;
    assert_eq!(
        (&left["__typename"], &left["reason"]),
        (&json!("TaskLeft"), &json!("NO_LONGER_VISIBLE"))
    );
    assert_eq!(
        watched.change("t").await["taskChanges"]["task"]["priority"],
        70
    );
    let left = watched.change("t").await["taskChanges"].clone();
    assert_eq!(
        (&left["__typename"], &left["reason"]),
        (&json!("TaskLeft"), &json!("NO_LONGER_VISIBLE"))
    );
    // Nothing afterwards, whatever is committed: the next thing that arrives is the next thing that concerns her.
    act(&ann, "claimTask", &task, "").await;
    act(&ann, "updateTask", &task, ", priority: 71").await;
    act(&ann, "delegateTask", &task, &format!(", user: {zoes}")).await;
    let entered = next(&mut socket).await;
    assert_eq!(
        (brief(&entered).0.as_str(), &entered["sequence"]),
        ("TaskEntered", &json!(left["sequence"].as_i64().map(|_| 4)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_watched_by_who_reads_it() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let instance = emma.start("claimable", json!({})).await;
    let mut socket = emma.socket().await;
    let changes = "subscription($i: ID!) { processInstanceChanges(processInstance: $i) { __typename
      ... on ProcessInstanceUpdated { sequence processInstance { state data } } ... on ProcessInstanceLeft { sequence } ... on ProcessInstanceReset { sequence } } }";
    socket
        .subscribe("i", changes, json!({ "i": instance }))
        .await;
    assert_eq!(
        socket.change("i").await["processInstanceChanges"]["__typename"],
        "ProcessInstanceSnapshot"
    );
    let task = ann
        .worklist("CLAIMABLE")
        .await
        .pop()
        .expect("the task is there")
        .0;
    ann.claim(&task).await.expect("it can be claimed");
    let claimed = socket.change("i").await["processInstanceChanges"].clone();
    assert_eq!(
        (&claimed["__typename"], &claimed["processInstance"]["state"]),
        (&json!("ProcessInstanceUpdated"), &json!("ACTIVE"))
    );
    ann.complete(&task, json!({ "result": 7 }), None)
        .await
        .expect("it can be completed");
    let done = socket.change("i").await["processInstanceChanges"].clone();
    assert_eq!(
        done["processInstance"],
        json!({ "state": "COMPLETED", "data": { "result": 7 } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_closes_the_socket() {
    let server = TestServer::start().await;
    let soon = server.clock.now() + SignedDuration::from_mins(10);
    let mut brief = server.user("ann").until(soon).socket().await;
    let mut refreshed = server.user("ann").until(soon).socket().await;
    let later = server
        .user("ann")
        .until(soon + SignedDuration::from_hours(1));
    refreshed.send(json!({ "type": "ping", "payload": { "authorization": format!("Bearer {}", later.token()) } })).await;
    assert_eq!(
        refreshed.next().await.expect("the socket stays open")["type"],
        "pong"
    );
    server.advance("PT11M").await;
    assert_eq!(brief.next().await, Err(4403));
    refreshed.send(json!({ "type": "ping" })).await;
    assert_eq!(
        refreshed.next().await.expect("the socket stays open")["type"],
        "pong"
    );
    server.advance("PT1H").await;
    assert_eq!(refreshed.next().await, Err(4403));
}
