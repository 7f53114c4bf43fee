//! Attempts to see what one may not see, and to bring down what others stand on.

use docket_tests::{TestServer, User};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
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

/// Whom the first step gives the case to, and to nobody else: not even to who started it.
const HANDED_IN: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" targetNamespace="t">
  <process id="handed" isExecutable="true">
    <extensionElements><wf:acl><wf:readers groups="hr"/></wf:acl></extensionElements>
    <startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="u"/>
    <userTask id="u"><extensionElements><wf:assignment candidateGroups="hr"/></extensionElements></userTask>
    <sequenceFlow sourceRef="u" targetRef="e"/><endEvent id="e"/>
  </process>
</definitions>"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_start_answers_as_the_first_did_to_who_may_not_read_what_it_made() {
    let server = TestServer::start().await;
    server.publish(HANDED_IN).await;
    let [emma, ann] = [server.user("emma"), server.user("ann")];
    let hanna = server.user("hanna").group("hr");
    let start = "mutation { startProcess(input: {key: \"handed\", data: {a: 1}, idempotencyKey: \"k\"}) { processInstance { id } userErrors { code } } }";
    let first = emma.ok(start, json!({})).await;
    assert_eq!(
        first["startProcess"],
        json!({ "processInstance": null, "userErrors": [] })
    );
    assert_eq!(emma.ok(start, json!({})).await, first);
    assert_eq!(hanna.worklist("CLAIMABLE").await.len(), 1);
    // The key is the person's own: of another it makes another.
    assert_eq!(ann.ok(start, json!({})).await, first);
    assert_eq!(hanna.worklist("CLAIMABLE").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_completion_shows_nothing_that_was_closed_since() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let task = task_for_crew(&emma).await;
    act(&ann, "claimTask", &task, "").await;
    let complete = "mutation($t: ID!) { completeTask(input: {task: $t, data: {a: 1}, idempotencyKey: \"k\"}) { task { id fields { name } } processInstance { id } nextTasks { id } userErrors { code } } }";
    let first = ann.ok(complete, json!({ "t": task })).await;
    assert_eq!(first["completeTask"]["userErrors"], json!([]));
    assert_eq!(first["completeTask"]["processInstance"], Value::Null);
    assert_eq!(ann.ok(complete, json!({ "t": task })).await, first);
    let bare = server.nobody("ann");
    let answer = bare.ok(complete, json!({ "t": task })).await;
    assert_eq!(answer["completeTask"]["task"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_monitor_cannot_find_out_whose_case_it_is() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    task_for_crew(&emma).await;
    let mona = server.nobody("mona").privilege("monitor");
    let query =
        "query($who: ID!) { monitor { instances(filter: {initiator: $who}) { totalCount } } }";
    let answer = mona
        .send(query, json!({ "who": user_id(&emma).await }))
        .await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "BAD_INPUT",
        "{answer}"
    );
}

/// Two tasks beside each other, for two groups, in a case that only who takes part in it may read.
const BESIDE: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" targetNamespace="t">
  <process id="beside" isExecutable="true" wf:accessPolicy="participants">
    <startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="a"/><sequenceFlow sourceRef="s" targetRef="b"/>
    <userTask id="a"><extensionElements><wf:assignment candidateGroups="crew"/></extensionElements></userTask>
    <userTask id="b"><extensionElements><wf:assignment candidateGroups="hr"/></extensionElements></userTask>
    <sequenceFlow sourceRef="a" targetRef="e"/><sequenceFlow sourceRef="b" targetRef="e"/><endEvent id="e"/>
  </process>
</definitions>"#;

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_not_told_again_because_others_came_to_read_a_task() {
    let server = TestServer::start().await;
    server.publish(BESIDE).await;
    let emma = server.user("emma");
    let [ann, hanna] = [
        server.user("ann").group("crew"),
        server.user("hanna").group("hr"),
    ];
    emma.start("beside", json!({})).await;
    let mut socket = ann.socket().await;
    let counts = "subscription { worklistCounts { sequence worklists { kind counts { total unassigned } } } }";
    socket.subscribe("c", counts, json!({})).await;
    assert_eq!(socket.change("c").await["worklistCounts"]["sequence"], 1);
    let hannas = hanna.worklist("CLAIMABLE").await.remove(0).0;
    hanna.claim(&hannas).await.expect("it can be claimed");
    let anns = ann.worklist("CLAIMABLE").await.remove(0).0;
    ann.claim(&anns).await.expect("it can be claimed");
    let told = socket.change("c").await["worklistCounts"].clone();
    let assigned = json!({ "kind": "ASSIGNED", "counts": { "total": 1, "unassigned": 0 } });
    assert_eq!(
        (&told["sequence"], &told["worklists"][0]),
        (&json!(2), &assigned)
    );
}

async fn statements(server: &TestServer) -> u64 {
    let page = reqwest::get(format!("http://{}/metrics", server.addr)).await;
    let page = page
        .expect("the server answers")
        .text()
        .await
        .expect("a page");
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix("docket_statements_total "));
    line.expect("statements are counted")
        .parse()
        .expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_and_unreadable_cost_the_same_statements() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let instance = emma.start("claimable", json!({ "secret": "s" })).await;
    let tasks = "query($i: ID!) { processInstance(id: $i) { tasks(first: 1) { nodes { id } } process { id } } }";
    let known = emma.ok(tasks, json!({ "i": instance })).await["processInstance"].clone();
    let (task, process) = (&known["tasks"]["nodes"][0]["id"], &known["process"]["id"]);
    let manager = server.nobody("pia").privilege("manager");
    let retire =
        "mutation($p: ID!) { retireProcess(input: {process: $p}) { userErrors { code } } }";
    manager.ok(retire, json!({ "p": process })).await;
    let zoe = server.user("zoe").keep_alive();
    zoe.ok("{ viewer { user { name } } }", json!({})).await;
    let absent = "0193a1b2-0000-7000-8000-000000000000";
    for (id, document) in [
        (
            json!(instance),
            "query($id: ID!) { processInstance(id: $id) { id data tasks(first: 9) { totalCount } } }",
        ),
        (json!(instance), "query($id: ID!) { node(id: $id) { id } }"),
        (
            json!(instance),
            "mutation($id: ID!) { updateData(input: {processInstance: $id, data: {a: 1}}) { userErrors { code } } }",
        ),
        (
            json!(instance),
            "mutation($id: ID!) { withdrawInstance(input: {processInstance: $id}) { userErrors { code } } }",
        ),
        (
            json!(instance),
            "mutation($id: ID!) { correlateMessage(input: {processInstance: $id, name: \"m\"}) { userErrors { code } } }",
        ),
        (
            json!(instance),
            "query($id: ID!) { tasks(filter: {processInstance: $id}, first: 9) { totalCount nodes { id } } }",
        ),
        (
            task.clone(),
            "query($id: ID!) { task(id: $id) { id fields { name } comments(first: 9) { totalCount } processInstance { id } } }",
        ),
        (
            task.clone(),
            "mutation($id: ID!) { claimTask(input: {task: $id}) { userErrors { code } } }",
        ),
        (
            task.clone(),
            "mutation($id: ID!) { completeTask(input: {task: $id, idempotencyKey: \"k\"}) { userErrors { code } } }",
        ),
        (
            process.clone(),
            "query($id: ID!) { node(id: $id) { ... on Process { bpmnXml } } }",
        ),
    ] {
        let id = id.as_str().expect("an id");
        let kind = id.split('_').next().expect("a kind");
        let mut cost = Vec::new();
        for id in [id.to_owned(), format!("{kind}_{absent}")] {
            // The least of three: background work sends statements of its own now and then.
            let mut least = u64::MAX;
            for _ in 0..3 {
                let before = statements(&server).await;
                zoe.send(document, json!({ "id": id })).await;
                least = least.min(statements(&server).await - before);
            }
            cost.push(least);
        }
        assert_eq!(cost[0], cost[1], "{document}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_taken_away_is_a_fault_and_not_an_empty_one() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let task = task_for_crew(&emma).await;
    let ready = async || {
        reqwest::get(format!("http://{}/readyz", server.addr))
            .await
            .expect("an answer")
            .status()
    };
    assert_eq!(ready().await, 200);
    for file in ["docket.db", "docket.db-wal", "docket.db-shm"] {
        std::fs::remove_file(server.folder().join("data").join(file)).expect("it is there");
    }
    assert_eq!(ready().await, 503);
    let start = "mutation { startProcess(input: {key: \"claimable\"}) { processInstance { id } userErrors { code } } }";
    for (document, variables) in [
        (start, json!({})),
        (
            "query($id: ID!) { task(id: $id) { id } }",
            json!({ "id": task }),
        ),
        ("{ viewer { worklists { counts { total } } } }", json!({})),
    ] {
        let answer = emma.send(document, variables).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "INTERNAL", "{answer}");
        assert_eq!(error["message"], "internal error", "{answer}");
    }
    assert!(
        !server.folder().join("data/docket.db").exists(),
        "no other one is made in its place"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_somebody_holds_is_waited_for_and_then_given_up() {
    let server = TestServer::start_with(|config| config.limits.timeout_ms = 3_000).await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let task = task_for_crew(&emma).await;
    let other = other_writer(&server).await;
    let start = "mutation { startProcess(input: {key: \"claimable\"}) { processInstance { id } userErrors { code } } }";
    let read = "query($id: ID!) { task(id: $id) { id } }";

    other
        .execute_unprepared("BEGIN IMMEDIATE")
        .await
        .expect("it is free");
    let (started, seen) = tokio::join!(emma.send(start, json!({})), async {
        // Who only reads does not wait for who writes.
        let seen = emma.ok(read, json!({ "id": task })).await;
        other
            .execute_unprepared("ROLLBACK")
            .await
            .expect("it is held");
        seen
    });
    assert_eq!(seen["task"]["id"], task);
    assert_eq!(started["data"]["startProcess"]["userErrors"], json!([]));

    other
        .execute_unprepared("BEGIN IMMEDIATE")
        .await
        .expect("it is free");
    let answer = emma.send(start, json!({})).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "TIMEOUT",
        "{answer}"
    );
    other
        .execute_unprepared("ROLLBACK")
        .await
        .expect("it is held");
    let answer = emma.ok(start, json!({})).await;
    assert_eq!(answer["startProcess"]["userErrors"], json!([]));
    let count = emma
        .ok("{ processInstances { totalCount } }", json!({}))
        .await;
    assert_eq!(
        count["processInstances"]["totalCount"], 3,
        "what timed out has left nothing behind"
    );
}

/// Another program with a connection of its own to the server's database.
async fn other_writer(server: &TestServer) -> DatabaseConnection {
    let file = server.folder().join("data/docket.db");
    let mut options = ConnectOptions::new("sqlite://docket.db");
    options
        .max_connections(1)
        .map_sqlx_sqlite_opts(move |options| options.filename(&file));
    Database::connect(options).await.expect("the file opens")
}

/// Three elements that make tasks until the run's budget is used up.
const MULTIPLIES: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" targetNamespace="t">
  <process id="multiplies" isExecutable="true">
    <startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="m"/>
    <exclusiveGateway id="m"/><sequenceFlow id="f2" sourceRef="m" targetRef="f"/>
    <parallelGateway id="f"/><sequenceFlow id="f3" sourceRef="f" targetRef="u"/><sequenceFlow id="f4" sourceRef="f" targetRef="m"/>
    <userTask id="u"><extensionElements><wf:assignment candidateGroups="crew" exclude="@initiator"/></extensionElements></userTask>
    <sequenceFlow id="f5" sourceRef="u" targetRef="e"/><endEvent id="e"/>
  </process>
</definitions>"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_tiny_model_that_makes_thousands_of_tasks_stays_workable() {
    let server = TestServer::start().await;
    server.publish(MULTIPLIES).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let instance = emma.start("multiplies", json!({})).await;
    let task = ann.worklist("CLAIMABLE").await.remove(0).0;
    ann.claim(&task).await.expect("it can be claimed");
    let complete = "mutation($t: ID!) { completeTask(input: {task: $t}) { nextTasks { id } userErrors { code } } }";
    let done = ann.ok(complete, json!({ "t": task })).await["completeTask"].clone();
    assert_eq!(done["userErrors"], json!([]));
    assert_eq!(done["nextTasks"].as_array().map(Vec::len), Some(100));
    let withdraw = "mutation($i: ID!) { withdrawInstance(input: {processInstance: $i}) { processInstance { state } userErrors { code } } }";
    let withdrawn = emma.ok(withdraw, json!({ "i": instance })).await;
    assert_eq!(
        withdrawn["withdrawInstance"]["processInstance"],
        json!({ "state": "WITHDRAWN" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_are_one_after_the_other() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    let code = |payload: &Value| payload["userErrors"][0]["code"].as_str().map(str::to_owned);
    let withdraw = "mutation($i: ID!) { withdrawInstance(input: {processInstance: $i}) { userErrors { code } } }";
    let state = "query($i: ID!) { processInstance(id: $i) { state tasks(first: 1) { nodes { id state } } } }";
    for _ in 0..8 {
        let instance = emma.start("claimable", json!({})).await;
        let of = emma.ok(state, json!({ "i": instance })).await["processInstance"].clone();
        let task = of["tasks"]["nodes"][0]["id"]
            .as_str()
            .expect("a task")
            .to_owned();
        ann.claim(&task).await.expect("it can be claimed");
        let variables = json!({ "i": instance });
        let (withdrawn, completed) = tokio::join!(
            emma.ok(withdraw, variables.clone()),
            act(&ann, "completeTask", &task, "")
        );
        let outcomes = (code(&withdrawn["withdrawInstance"]), code(&completed));
        let of = emma.ok(state, variables).await["processInstance"].clone();
        let stands = (
            of["state"].as_str(),
            of["tasks"]["nodes"][0]["state"].as_str(),
        );
        match outcomes {
            // Whom the case was taken from does not learn more than that it is not there.
            (None, Some(refused)) => {
                assert_eq!(refused, "NOT_AVAILABLE");
                assert_eq!(stands, (Some("WITHDRAWN"), Some("CANCELLED")));
            }
            (Some(refused), None) => {
                assert_eq!(refused, "INVALID_STATE");
                assert_eq!(stands, (Some("COMPLETED"), Some("COMPLETED")));
            }
            both => panic!("one of two happens: {both:?}, {of}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_names_and_values_come_back_as_they_were_or_are_refused() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let long = format!("\u{202e}{}", "n".repeat(253));
    let strange = server.user(&long).group(&"\u{1}".repeat(256)).group("crew");
    let data = json!({
        "__proto__": { "constructor": { "prototype": 1 } },
        "nul": "a\u{0}b",
        "\u{202e}turned": "\u{202e}gnp.exe",
        "big": "x".repeat(150 * 1024),
        "": null,
    });
    let start = "mutation($data: JSON) { startProcess(input: {key: \"claimable\", data: $data}) { processInstance { id data } userErrors { code } } }";
    let refused = strange.ok(start, json!({ "data": data })).await;
    assert_eq!(
        refused["startProcess"]["userErrors"][0]["code"],
        "INVALID_INPUT"
    );
    let mut named = data;
    named.as_object_mut().expect("an object").remove("");
    let started = strange.ok(start, json!({ "data": named })).await["startProcess"].clone();
    assert_eq!(started["processInstance"]["data"], named);
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!([deep]);
    }
    for data in [
        json!({ "deep": deep }),
        json!({ "big": "x".repeat(200 * 1024) }),
    ] {
        let refused = strange.ok(start, json!({ "data": data })).await;
        assert_eq!(
            refused["startProcess"]["userErrors"][0]["code"],
            "INVALID_INPUT"
        );
    }
    // What the server names can be handed back to it.
    let lists = "{ viewer { user { id } worklists { id tasks(first: 1) { nodes { name } } } } }";
    let viewer = strange.ok(lists, json!({})).await["viewer"].clone();
    for id in viewer["worklists"]
        .as_array()
        .expect("lists")
        .iter()
        .map(|list| &list["id"])
        .chain([&viewer["user"]["id"]])
    {
        let found = strange
            .send(
                "query($id: ID!) { node(id: $id) { id } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(found["data"]["node"]["id"], *id, "{found}");
    }
}
