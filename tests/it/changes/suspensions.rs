//! Instances and processes that are stopped for the time being.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

use super::{adam, code, intervene};
use crate::tasks::{CLAIMABLE, act, task_for_crew};

const TIMER: &str = include_str!("../../fixtures/timer.bpmn");

async fn instance_of(user: &User, task: &str) -> String {
    let document = "query($task: ID!) { task(id: $task) { processInstance { id } } }";
    let answer = user.ok(document, json!({ "task": task })).await;
    let id = answer["task"]["processInstance"]["id"].as_str();
    id.expect("an instance").to_owned()
}

async fn seen(user: &User, instance: &str) -> Value {
    let document = "query($id: ID!) { processInstance(id: $id) { state data viewerCan { update suspend resume modify terminate } tasks(first: 5) { nodes { state viewerCan { claim complete } } } history(first: 50) { nodes { kind elementId message by { name } } } } }";
    user.ok(document, json!({ "id": instance })).await["processInstance"].clone()
}

async fn process(user: &User, name: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let document = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ processKey userErrors {{ code message field }} }} }}"
    );
    user.ok(&document, json!({ "input": input })).await[name].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_instance_refuses_everything_until_it_is_resumed() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let (emma, ann) = (server.user("emma"), server.user("ann").group("crew"));
    let adam = adam(&server);
    let task = task_for_crew(&emma).await;
    let instance = instance_of(&emma, &task).await;
    let mut socket = ann.socket().await;
    let list = ann
        .ok("{ viewer { worklists { id kind } } }", json!({}))
        .await;
    let lists = list["viewer"]["worklists"].as_array().expect("worklists");
    let list = lists.iter().find(|list| list["kind"] == "CLAIMABLE");
    let changes = "subscription($list: ID!) { worklistChanges(worklist: $list) { __typename ... on TaskLeft { reason } } }";
    let list = json!({ "list": list.expect("a worklist")["id"] });
    socket.subscribe("list", changes, list).await;
    socket.change("list").await;

    let input = json!({ "processInstance": instance, "reason": "under review" });
    let done = intervene(&adam, "suspendInstance", input.clone()).await;
    assert_eq!(done["status"]["state"], "SUSPENDED", "{done}");
    assert_eq!(done["processInstance"], Value::Null, "adam reads nothing");
    let left = socket.change("list").await["worklistChanges"].clone();
    assert_eq!(
        (&left["__typename"], &left["reason"]),
        (&json!("TaskLeft"), &json!("NO_LONGER_MATCHES"))
    );
    assert_eq!(
        code(&intervene(&adam, "suspendInstance", input).await),
        "INVALID_STATE"
    );

    let shown = seen(&emma, &instance).await;
    assert_eq!(shown["state"], "SUSPENDED");
    assert_eq!(shown["data"], json!({}), "data may be read");
    assert_eq!(shown["viewerCan"]["update"], false);
    assert_eq!(shown["tasks"]["nodes"][0]["state"], "SUSPENDED");
    let last = shown["history"]["nodes"]
        .as_array()
        .and_then(|it| it.last());
    let last = last.expect("an entry");
    assert_eq!(
        (&last["kind"], &last["elementId"]),
        (&json!("SUSPENDED"), &json!("claimable"))
    );
    assert_eq!(last["message"], "under review");
    assert_eq!(last["by"]["name"], "adam");
    for (name, input) in [
        ("claimTask", ""),
        ("unclaimTask", ""),
        ("completeTask", ""),
        ("updateTask", ", priority: 3"),
    ] {
        assert_eq!(
            code(&act(&ann, name, &task, input).await),
            "INVALID_STATE",
            "{name}"
        );
    }
    for document in [
        "mutation($id: ID!) { updateData(input: {processInstance: $id, data: {a: 1}}) { userErrors { code } } }",
        "mutation($id: ID!) { correlateMessage(input: {processInstance: $id, name: \"go\"}) { userErrors { code } } }",
        "mutation($id: ID!) { withdrawInstance(input: {processInstance: $id}) { userErrors { code } } }",
    ] {
        let refused = emma.ok(document, json!({ "id": instance })).await;
        let text = refused.to_string();
        assert!(text.contains("INVALID_STATE"), "{text}");
    }

    let input = json!({ "processInstance": instance });
    let done = intervene(&adam, "resumeInstance", input.clone()).await;
    assert_eq!(done["status"]["state"], "ACTIVE");
    assert_eq!(
        code(&intervene(&adam, "resumeInstance", input).await),
        "INVALID_STATE"
    );
    let entered = socket.change("list").await;
    assert_eq!(entered["worklistChanges"]["__typename"], "TaskEntered");
    assert_eq!(ann.claim(&task).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_became_due_while_its_instance_was_suspended_fires_once_afterwards() {
    let server = TestServer::start().await;
    server.publish(TIMER).await;
    let (emma, adam) = (server.user("emma"), adam(&server));
    let instance = emma.start("timer", json!({ "wait": "PT1H" })).await;
    let input = json!({ "processInstance": instance });
    intervene(&adam, "suspendInstance", input.clone()).await;
    server.advance("PT5H").await;
    assert_eq!(seen(&emma, &instance).await["state"], "SUSPENDED");
    intervene(&adam, "resumeInstance", input).await;
    server.advance("PT1S").await;
    let shown = seen(&emma, &instance).await;
    assert_eq!(
        (&shown["state"], &shown["data"]["fired"]),
        (&json!("COMPLETED"), &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_process_neither_moves_nor_begins_and_its_instances_are_not_touched() {
    let server = TestServer::start().await;
    server.publish(TIMER).await;
    server.publish(CLAIMABLE).await;
    let (emma, ann) = (server.user("emma"), server.user("ann").group("crew"));
    let adam = adam(&server);
    let waiting = emma.start("timer", json!({ "wait": "PT1H" })).await;
    let task = task_for_crew(&emma).await;
    let instance = instance_of(&emma, &task).await;
    for key in ["timer", "claimable"] {
        let input = json!({ "process": key, "reason": "broken" });
        let done = process(&adam, "suspendProcess", input.clone()).await;
        assert_eq!(done["processKey"], key, "{done}");
        assert_eq!(
            code(&process(&adam, "suspendProcess", input).await),
            "INVALID_STATE"
        );
    }
    server.advance("PT5H").await;
    let still = seen(&emma, &waiting).await;
    assert_eq!(
        (&still["state"], &still["data"]["fired"]),
        (&json!("ACTIVE"), &Value::Null)
    );
    assert_eq!(ann.claim(&task).await, Err("INVALID_STATE".to_owned()));
    let start = "mutation { startProcess(input: {key: \"claimable\"}) { processInstance { id } userErrors { code } } }";
    let refused = emma.ok(start, json!({})).await;
    assert_eq!(code(&refused["startProcess"]), "INVALID_STATE");
    let suspended = "{ process(key: \"claimable\") { suspended } }";
    assert_eq!(
        emma.ok(suspended, json!({})).await["process"]["suspended"],
        true
    );
    let ended = "mutation($id: ID!) { terminateInstance(input: {processInstance: $id}) { status { state } } }";
    let ended = adam.ok(ended, json!({ "id": instance })).await;
    assert_eq!(ended["terminateInstance"]["status"]["state"], "TERMINATED");
    for key in ["timer", "claimable"] {
        let input = json!({ "process": key });
        assert_eq!(
            code(&process(&adam, "resumeProcess", input.clone()).await),
            "OK"
        );
        assert_eq!(
            code(&process(&adam, "resumeProcess", input).await),
            "INVALID_STATE"
        );
    }
    assert_eq!(
        emma.ok(suspended, json!({})).await["process"]["suspended"],
        false
    );
    server.advance("PT1S").await;
    let shown = seen(&emma, &waiting).await;
    assert_eq!(
        (&shown["state"], &shown["data"]["fired"]),
        (&json!("COMPLETED"), &json!(1))
    );
    task_for_crew(&emma).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_suspended_by_itself() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let (emma, ann) = (server.user("emma"), server.user("ann").group("crew"));
    let adam = adam(&server);
    let old = task_for_crew(&emma).await;
    server.publish(CLAIMABLE).await;
    let input = json!({ "process": "claimable", "versions": [1] });
    assert_eq!(code(&process(&adam, "suspendProcess", input).await), "OK");
    let new = task_for_crew(&emma).await;
    assert_eq!(ann.claim(&old).await, Err("INVALID_STATE".to_owned()));
    assert_eq!(ann.claim(&new).await, Ok(()));
    let missing = json!({ "process": "claimable", "versions": [1, 7] });
    assert_eq!(
        code(&process(&adam, "suspendProcess", missing).await),
        "NOT_AVAILABLE"
    );
    let all = json!({ "process": "claimable" });
    assert_eq!(
        code(&process(&adam, "resumeProcess", all).await),
        "INVALID_STATE"
    );
    let input = json!({ "process": "claimable", "versions": [1] });
    assert_eq!(code(&process(&adam, "resumeProcess", input).await), "OK");
    assert_eq!(ann.claim(&old).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_suspend_and_resume_and_learn_nothing_else() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let task = task_for_crew(&emma).await;
    let instance = instance_of(&emma, &task).await;
    for name in ["suspendInstance", "resumeInstance"] {
        for id in [
            &instance,
            "ProcessInstance_00000000-0000-7000-8000-000000000001",
        ] {
            let refused = intervene(&emma, name, json!({ "processInstance": id })).await;
            assert_eq!(code(&refused), "NOT_PERMITTED", "{name}");
        }
    }
    for name in ["suspendProcess", "resumeProcess"] {
        for key in ["claimable", "nothing"] {
            let refused = process(&emma, name, json!({ "process": key })).await;
            assert_eq!(code(&refused), "NOT_PERMITTED", "{name}");
        }
    }
    let long = json!({ "processInstance": instance, "reason": "r".repeat(1_001) });
    let refused = intervene(&adam(&server), "suspendInstance", long).await;
    assert_eq!(code(&refused), "INVALID_INPUT");
}
