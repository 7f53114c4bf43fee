//! The border: for each root field, mutation and stream, another tenant sees nothing, and nobody without a token sees
//! anything. One line each: the file is long because the schema is, and one table shows what is missing in it.

use docket_tests::server::client;
use docket_tests::{Socket, TestServer, User};
use serde_json::{Value, json};

use crate::tasks::CLAIMABLE;
use crate::work::WORK;

/// What the tenant acme has: the ids that a stranger gets hold of.
struct Acme {
    process: Value,
    decision: Value,
    instance: Value,
    task: Value,
    worklist: Value,
    user: Value,
    work: Value,
    incident: Value,
}

async fn acme(server: &TestServer) -> Acme {
    server.publish(CLAIMABLE).await;
    let decision = crate::decisions::publish(server, crate::decisions::ROUTE).await;
    let emma = server.user("emma").group("crew");
    let instance = emma.start("claimable", json!({})).await;
    server.publish(WORK).await;
    emma.start("payment", json!({})).await;
    let fetch = "mutation { activateWork(input: {type: \"pay\", worker: \"w1\"}) { work { id } } }";
    let fetched = server
        .nobody("emma")
        .privilege("worker")
        .ok(fetch, json!({}))
        .await;
    let work = fetched["activateWork"]["work"][0]["id"].clone();
    let document = "query($id: ID!) { viewer { user { id } worklists { id kind } } processInstance(id: $id) { process { id } tasks(first: 1) { nodes { id } } } }";
    let answer = emma.ok(document, json!({ "id": instance })).await;
    let lists = answer["viewer"]["worklists"]
        .as_array()
        .expect("worklists")
        .clone();
    let group = lists
        .iter()
        .find(|list| list["kind"] == "GROUP")
        .expect("the group has a worklist");
    Acme {
        decision,
        process: answer["processInstance"]["process"]["id"].clone(),
        task: answer["processInstance"]["tasks"]["nodes"][0]["id"].clone(),
        instance: json!(instance.clone()),
        worklist: group["id"].clone(),
        user: answer["viewer"]["user"]["id"].clone(),
        work,
        incident: json!(instance.replace("ProcessInstance", "Incident") + "-1"),
    }
}

impl Acme {
    fn variables(&self) -> Value {
        json!({ "process": self.process, "decision": self.decision, "instance": self.instance, "task": self.task, "worklist": self.worklist, "user": self.user, "work": self.work, "incident": self.incident })
    }
}

const VARIABLES: [(&str, &str); 8] = [
    ("decision", "ID!"),
    ("incident", "ID!"),
    ("process", "ID!"),
    ("instance", "ID!"),
    ("task", "ID!"),
    ("worklist", "ID!"),
    ("user", "ID!"),
    ("work", "ID!"),
];

/// Declares just the variables that a document uses.
fn document(kind: &str, body: &str) -> String {
    let used: Vec<_> = VARIABLES
        .iter()
        .filter(|(name, _)| uses(body, name))
        .map(|(name, kind)| format!("${name}: {kind}"))
        .collect();
    let declared = if used.is_empty() {
        String::new()
    } else {
        format!("({})", used.join(", "))
    };
    format!("{kind}{declared} {{ {body} }}")
}

fn uses(body: &str, name: &str) -> bool {
    let mut uses = body.split('$').skip(1);
    uses.any(|rest| rest.split(|c: char| !c.is_alphanumeric()).next() == Some(name))
}

fn only_used(body: &str, variables: &Value) -> Value {
    let all = variables.as_object().expect("variables are an object");
    all.iter()
        .filter(|(name, _)| uses(body, name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Every root field of a query, and what a stranger is answered.
fn queries() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("node", "node(id: $task) { id }", json!({ "node": null })),
        (
            "nodes",
            "nodes(ids: [$task, $instance, $process, $decision]) { id }",
            json!({ "nodes": [null, null, null, null] }),
        ),
        (
            "viewer",
            "viewer { startable(first: 5) { totalCount } worklists { counts { total } } }",
            Value::Null,
        ),
        (
            "processes",
            "processes { totalCount nodes { id } }",
            json!({ "processes": { "totalCount": 0, "nodes": [] } }),
        ),
        (
            "process",
            "process(key: \"claimable\") { id }",
            json!({ "process": null }),
        ),
        (
            "decisions",
            "decisions { totalCount nodes { id } }",
            json!({ "decisions": { "totalCount": 0, "nodes": [] } }),
        ),
        (
            "decision",
            "decision(key: \"route\") { id }",
            json!({ "decision": null }),
        ),
        (
            "evaluateDecision",
            "evaluateDecision(input: {key: \"route\", data: {amount: 1}}) { result }",
            json!({ "evaluateDecision": null }),
        ),
        (
            "processInstances",
            "processInstances { totalCount nodes { id } }",
            json!({ "processInstances": { "totalCount": 0, "nodes": [] } }),
        ),
        (
            "processInstance",
            "processInstance(id: $instance) { id }",
            json!({ "processInstance": null }),
        ),
        (
            "tasks",
            "tasks { totalCount nodes { id } }",
            json!({ "tasks": { "totalCount": 0, "nodes": [] } }),
        ),
        ("task", "task(id: $task) { id }", json!({ "task": null })),
        (
            "worklist",
            "worklist(id: $worklist) { tasks { totalCount } }",
            json!({ "worklist": { "tasks": { "totalCount": 0 } } }),
        ),
        (
            "previewModification",
            "previewModification(input: {processInstance: $instance, reason: \"r\", operations: [{cancel: {token: 1}}]}) { steps { elementId } state userErrors { code } }",
            json!({ "previewModification": { "steps": null, "state": null, "userErrors": [{ "code": "NOT_AVAILABLE" }] } }),
        ),
        (
            "previewMigration",
            "previewMigration(input: {process: $process, reason: \"r\", instances: {named: [{processInstance: $instance}]}}) { results { processInstanceId } hasMore userErrors { code } }",
            json!({ "previewMigration": { "results": null, "hasMore": null, "userErrors": [{ "code": "NOT_AVAILABLE" }] } }),
        ),
        (
            "suspensions",
            "suspensions { totalCount nodes { reason } }",
            json!({ "suspensions": { "totalCount": 0, "nodes": [] } }),
        ),
        (
            "monitor",
            "monitor { instances { totalCount } }",
            json!({ "monitor": { "instances": { "totalCount": 0 } } }),
        ),
    ]
}

/// Every mutation on something that exists elsewhere, and how a stranger is refused.
fn mutations() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![
        (
            "publishProcess",
            "publishProcess(input: {process: $process}) { process { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "retireProcess",
            "retireProcess(input: {process: $process}) { process { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "publishDecision",
            "publishDecision(input: {decision: $decision}) { decision { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "retireDecision",
            "retireDecision(input: {decision: $decision}) { decision { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "startProcess",
            "startProcess(input: {key: \"claimable\"}) { processInstance { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "correlateMessage",
            "correlateMessage(input: {name: \"go\", processInstance: $instance}) { processInstance { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "updateData",
            "updateData(input: {processInstance: $instance, data: {a: 1}}) { processInstance { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "withdrawInstance",
            "withdrawInstance(input: {processInstance: $instance}) { processInstance { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "terminateInstance",
            "terminateInstance(input: {processInstance: $instance}) { userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "retryIncident",
            "retryIncident(input: {incident: $incident}) { processInstance { id } status { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "resolveIncident",
            "resolveIncident(input: {incident: $incident, reason: \"done\"}) { processInstance { id } status { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "suspendInstance",
            "suspendInstance(input: {processInstance: $instance}) { processInstance { id } status { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "resumeInstance",
            "resumeInstance(input: {processInstance: $instance}) { processInstance { id } status { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "modifyInstance",
            "modifyInstance(input: {processInstance: $instance, reason: \"r\", operations: [{cancel: {token: 1}}]}) { processInstance { id } status { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "migrateInstances",
            "migrateInstances(input: {process: $process, reason: \"r\", instances: {named: [{processInstance: $instance}]}}) { results { processInstanceId } hasMore userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "suspendProcess",
            "suspendProcess(input: {process: \"claimable\"}) { processKey userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "resumeProcess",
            "resumeProcess(input: {process: \"claimable\"}) { processKey userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "claimTask",
            "claimTask(input: {task: $task}) { task { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "unclaimTask",
            "unclaimTask(input: {task: $task}) { task { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "completeTask",
            "completeTask(input: {task: $task}) { task { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "delegateTask",
            "delegateTask(input: {task: $task, user: $user}) { task { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "reassignTask",
            "reassignTask(input: {task: $task, user: $user}) { task { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "updateTask",
            "updateTask(input: {task: $task, priority: 1}) { task { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "addComment",
            "addComment(input: {task: $task, text: \"hello\"}) { comment { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "completeWork",
            "completeWork(input: {work: $work, worker: \"w1\"}) { work { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "failWork",
            "failWork(input: {work: $work, worker: \"w1\"}) { work { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "throwWorkError",
            "throwWorkError(input: {work: $work, worker: \"w1\", code: \"X\"}) { work { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
        (
            "extendWorkLock",
            "extendWorkLock(input: {work: $work, worker: \"w1\", lock: \"PT1M\"}) { work { id } userErrors { code } }",
            "NOT_AVAILABLE",
        ),
    ]
}

/// What is there elsewhere, of a type that is the same here.
const FETCH: &str =
    "activateWork(input: {type: \"pay\", worker: \"w2\"}) { work { id } userErrors { code } }";

/// Every mutation that names nothing that exists elsewhere.
fn own_mutations() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "uploadProcess",
            "uploadProcess(input: {bpmnXml: \"<a/>\"}) { processes { id } userErrors { code } }",
        ),
        (
            "uploadDecision",
            "uploadDecision(input: {dmnXml: \"<a/>\"}) { decisions { id } userErrors { code } }",
        ),
        (
            "signalEvent",
            "signalEvent(input: {name: \"news\"}) { userErrors { code } }",
        ),
        ("activateWork", FETCH),
        (
            "setCalendar",
            "setCalendar(input: {timeZone: \"Asia/Tokyo\", workingDays: [SUNDAY]}) { calendar { timeZone } userErrors { code } }",
        ),
    ]
}

/// Every stream on something that exists elsewhere.
fn streams() -> Vec<(&'static str, &'static str)> {
    vec![
        ("taskChanges", "taskChanges(task: $task) { __typename }"),
        (
            "processInstanceChanges",
            "processInstanceChanges(processInstance: $instance) { __typename }",
        ),
    ]
}

/// Every stream of what is the viewer's own.
fn own_streams() -> Vec<(&'static str, &'static str)> {
    vec![
        (
            "worklistChanges",
            "worklistChanges(worklist: $worklist) { __typename }",
        ),
        ("worklistCounts", "worklistCounts { __typename }"),
        ("workAvailable", "workAvailable(type: \"pay\") { sequence }"),
    ]
}

fn stranger(server: &TestServer) -> User {
    let all = [
        "designer",
        "manager",
        "administrator",
        "monitor",
        "auditor",
        "worker",
    ];
    all.iter().fold(
        server.user("emma").group("crew").in_tenant("globex"),
        |user, privilege| user.privilege(privilege),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_finds_nothing_in_any_query() {
    let server = TestServer::start().await;
    let acme = acme(&server).await;
    let stranger = stranger(&server);
    for (name, body, expected) in queries() {
        let answer = stranger
            .ok(&document("query", body), only_used(body, &acme.variables()))
            .await;
        if name == "viewer" {
            assert_eq!(answer["viewer"]["startable"]["totalCount"], 0);
            for list in answer["viewer"]["worklists"].as_array().expect("worklists") {
                assert_eq!(list["counts"]["total"], 0);
            }
        } else {
            assert_eq!(answer, expected, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_changes_nothing_by_any_mutation() {
    let server = TestServer::start().await;
    let acme = acme(&server).await;
    let stranger = stranger(&server);
    for (name, body, code) in mutations() {
        let answer = stranger
            .ok(
                &document("mutation", body),
                only_used(body, &acme.variables()),
            )
            .await;
        assert_eq!(
            answer[name]["userErrors"][0]["code"], code,
            "{name}: {answer}"
        );
        for (member, value) in answer[name].as_object().expect("a payload") {
            assert!(
                member == "userErrors" || value.is_null(),
                "{name} gives nothing back: {answer}"
            );
        }
    }
    let emma = server.user("emma").group("crew");
    let task = emma
        .ok(
            "query($task: ID!) { task(id: $task) { state revision } }",
            json!({ "task": acme.task }),
        )
        .await;
    assert_eq!(task["task"]["state"], "READY");
    let mut own = serde_json::Map::new();
    for (name, body) in own_mutations() {
        let answer = stranger.ok(&document("mutation", body), json!({})).await;
        own.insert(name.to_owned(), answer[name].clone());
    }
    for upload in ["uploadProcess", "uploadDecision"] {
        assert_eq!(own[upload]["userErrors"][0]["code"], "INVALID_INPUT");
    }
    // What the signal does not reach is in `signals`.
    assert_eq!(own["signalEvent"], json!({ "userErrors": [] }));
    let nothing_fetched = json!({ "work": [], "userErrors": [] });
    assert_eq!(own["activateWork"], nothing_fetched);
    assert_eq!(own["setCalendar"]["calendar"]["timeZone"], "Asia/Tokyo");
    let ours = "{ viewer { tenant { calendar { timeZone } } } }";
    let ours = emma.ok(ours, json!({})).await;
    assert_eq!(ours["viewer"]["tenant"]["calendar"]["timeZone"], "UTC");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_hears_nothing_on_any_stream() {
    let server = TestServer::start().await;
    let acme = acme(&server).await;
    let stranger = stranger(&server);
    let mut socket = stranger.socket().await;
    for (name, body) in streams() {
        socket
            .subscribe(
                name,
                &document("subscription", body),
                only_used(body, &acme.variables()),
            )
            .await;
        let message = socket.next().await.expect("the socket stays open");
        let text = message.to_string();
        assert!(text.contains("NOT_FOUND"), "{name}: {message}");
        if message["type"] == "next" {
            assert_eq!(
                socket.next().await.expect("the socket stays open")["type"],
                "complete"
            );
        }
    }
    socket
        .subscribe(
            "counts",
            "subscription { worklistCounts { sequence worklists { counts { total } } } }",
            json!({}),
        )
        .await;
    let counts = socket.change("counts").await["worklistCounts"]["worklists"].clone();
    for list in counts.as_array().expect("worklists") {
        assert_eq!(list["counts"]["total"], 0);
    }
    socket
        .send(json!({ "id": "counts", "type": "complete" }))
        .await;
    let changes = "subscription($worklist: ID!) { worklistChanges(worklist: $worklist) { __typename ... on WorklistSnapshot { sequence tasks { id } } ... on TaskEntered { sequence task { processInstance { businessKey } } } } }";
    socket
        .subscribe("list", changes, json!({ "worklist": acme.worklist }))
        .await;
    assert_eq!(
        socket.change("list").await["worklistChanges"]["tasks"],
        json!([])
    );
    server.user("emma").start("claimable", json!({})).await;
    server.publish_for("globex", CLAIMABLE).await;
    stranger.start("claimable", json!({})).await;
    let entered = socket.change("list").await;
    assert_eq!(entered["worklistChanges"]["__typename"], "TaskEntered");
    assert_eq!(
        entered["worklistChanges"]["sequence"], 2,
        "what happened in the other tenant left no gap"
    );
    // Work that waits elsewhere is no work here: the first that is heard of is the first of this tenant.
    let available = "subscription { workAvailable(type: \"pay\") { sequence } }";
    socket.subscribe("work", available, json!({})).await;
    server.user("emma").start("payment", json!({})).await;
    socket.send(json!({ "type": "ping" })).await;
    let quiet = socket.next().await.expect("the socket stays open");
    assert_eq!(quiet["type"], "pong", "{quiet}");
    server.publish_for("globex", WORK).await;
    stranger.start("payment", json!({})).await;
    let heard = socket.change("work").await;
    assert_eq!(heard["workAvailable"]["sequence"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_a_token_gets_anything() {
    let server = TestServer::start().await;
    let acme = acme(&server).await;
    let url = format!("http://{}/graphql", server.addr);
    let bodies = queries()
        .into_iter()
        .map(|(_, body, _)| ("query", body))
        .chain(
            mutations()
                .into_iter()
                .map(|(_, body, _)| ("mutation", body)),
        )
        .chain(
            own_mutations()
                .into_iter()
                .map(|(_, body)| ("mutation", body)),
        );
    for (kind, body) in bodies {
        for header in [
            None,
            Some("Bearer nonsense"),
            Some("Basic ZW1tYTplbW1h"),
            Some("Bearer "),
        ] {
            let mut request = client().post(&url).json(&json!({ "query": document(kind, body), "variables": only_used(body, &acme.variables()) }));
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let response = request.send().await.expect("the server answers");
            assert_eq!(response.status(), 401, "{body}");
            let answer: Value = response.json().await.expect("the answer is JSON");
            assert_eq!(
                answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
                "{body}"
            );
            assert_eq!(answer.get("data"), None, "{body}");
        }
    }
    let init = |payload: Value| Some(json!({ "type": "connection_init", "payload": payload }));
    for (_, body) in streams().into_iter().chain(own_streams()) {
        for introduction in [
            None,
            init(json!({})),
            init(json!({ "authorization": "Bearer nonsense" })),
        ] {
            let mut socket = Socket::connect(server.addr, None)
                .await
                .expect("the socket connects");
            if let Some(introduction) = introduction {
                socket.send(introduction).await;
            }
            socket
                .subscribe(
                    "1",
                    &document("subscription", body),
                    only_used(body, &acme.variables()),
                )
                .await;
            assert_eq!(socket.next().await, Err(4401), "{body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_root_field_stands_in_the_tables_of_this_file() {
    let server = TestServer::start().await;
    let document = "{ __schema { queryType { fields { name } } mutationType { fields { name } } subscriptionType { fields { name } } } }";
    let answer = server.user("emma").ok(document, json!({})).await;
    let served = |kind: &str| -> Vec<String> {
        let fields = answer["__schema"][kind]["fields"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut names: Vec<_> = fields
            .iter()
            .map(|field| field["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        names
    };
    let sorted = |mut names: Vec<&str>| -> Vec<String> {
        names.sort_unstable();
        names.into_iter().map(str::to_owned).collect()
    };
    assert_eq!(
        served("queryType"),
        sorted(queries().iter().map(|(name, _, _)| *name).collect())
    );
    assert_eq!(
        served("mutationType"),
        sorted(
            mutations()
                .iter()
                .map(|(name, _, _)| *name)
                .chain(own_mutations().iter().map(|(name, _)| *name))
                .collect()
        )
    );
    assert_eq!(
        served("subscriptionType"),
        sorted(
            streams()
                .iter()
                .map(|(name, _)| *name)
                .chain(own_streams().iter().map(|(name, _)| *name))
                .collect()
        )
    );
}
