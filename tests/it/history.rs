//! What is remembered of an instance, and who reads it.

use docket_tests::TestServer;
use serde_json::{Value, json};

use crate::tasks::CLAIMABLE;

const HISTORY: &str = "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $filter: HistoryFilter) { processInstance(id: $id) { history(first: $first, after: $after, last: $last, before: $before, filter: $filter) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { sequence kind elementId elementName elementType token at by { name } task { name state completedBy { name } } message } } } }";

/// `sequence kind elementId` of a page.
fn lines(history: &Value) -> Vec<String> {
    let nodes = history["nodes"].as_array().expect("nodes");
    let line = |node: &Value| {
        let text = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
        format!(
            "{} {} {}",
            node["sequence"],
            text("kind"),
            text("elementId")
        )
    };
    nodes.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_says_what_was_entered_and_done_by_whom_and_when() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let ann = server.user("ann").group("crew");
    let id = emma.start("claimable", json!({ "user": "ann" })).await;
    let history = |of: Value| {
        let emma = &emma;
        let id = &id;
        async move {
            let mut variables = of;
            variables["id"] = json!(id);
            emma.ok(HISTORY, variables).await["processInstance"]["history"].clone()
        }
    };
    let open = history(json!({})).await;
    assert_eq!(
        lines(&open),
        ["1 ENTERED start", "2 COMPLETED start", "3 ENTERED work"]
    );
    server.advance("PT1H").await;
    let task = ann.worklist("CLAIMABLE").await[0].0.clone();
    ann.claim(&task).await.expect("it can be claimed");
    ann.complete(&task, json!({}), None)
        .await
        .expect("it can be completed");

    let whole = history(json!({})).await;
    assert_eq!(whole["totalCount"], 6);
    assert_eq!(
        lines(&whole)[2..],
        [
            "3 ENTERED work",
            "4 COMPLETED work",
            "5 ENTERED end",
            "6 COMPLETED end"
        ]
    );
    let work = &whole["nodes"][3];
    let done = json!({ "name": "Work", "state": "COMPLETED", "completedBy": { "name": "ann" } });
    assert_eq!(
        work,
        &json!({ "sequence": 4, "kind": "COMPLETED", "elementId": "work", "elementName": "Work", "elementType": "userTask", "token": work["token"], "at": "2026-03-02T09:00:00Z", "by": { "name": "ann" }, "task": done, "message": null })
    );
    assert_eq!(whole["nodes"][2]["token"], work["token"]);
    assert_eq!(whole["nodes"][0]["by"]["name"], "emma");

    let page = history(json!({ "first": 2, "after": whole["pageInfo"]["startCursor"] })).await;
    assert_eq!(lines(&page), ["2 COMPLETED start", "3 ENTERED work"]);
    let flags = |page: &Value| {
        let info = &page["pageInfo"];
        (info["hasPreviousPage"] == true, info["hasNextPage"] == true)
    };
    assert_eq!(flags(&page), (true, true));
    let page = history(json!({ "last": 2, "before": page["pageInfo"]["endCursor"] })).await;
    assert_eq!(lines(&page), ["1 ENTERED start", "2 COMPLETED start"]);
    assert_eq!(flags(&page), (false, true));

    let filter = json!({ "kind": ["COMPLETED"], "elementId": ["work", "end"] });
    let page = history(json!({ "filter": filter })).await;
    assert_eq!(lines(&page), ["4 COMPLETED work", "6 COMPLETED end"]);
    assert_eq!(flags(&page), (false, false));
}

/// Who may read an instance and not a task of it sees that there was one, and nothing of it; who may not read the instance
/// sees nothing, also with a cursor of somebody else's.
#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_for_those_who_may_read_the_instance() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let emma = server.user("emma");
    let id = emma.start("claimable", json!({ "user": "ann" })).await;
    let whole = emma.ok(HISTORY, json!({ "id": id })).await;
    let whole = &whole["processInstance"]["history"];
    assert_eq!(whole["nodes"][2]["task"]["name"], "Work");
    // Without the privilege `user` there are no tasks.
    let reader = server.nobody("emma").ok(HISTORY, json!({ "id": id })).await;
    let reader = &reader["processInstance"]["history"];
    assert_eq!(lines(reader), lines(whole));
    assert_eq!(reader["nodes"][2]["task"], Value::Null);

    let cursor = &whole["pageInfo"]["startCursor"];
    let zoe = server.user("zoe");
    let stolen = zoe.ok(HISTORY, json!({ "id": id, "after": cursor })).await;
    assert_eq!(stolen["processInstance"], Value::Null);
    let another = zoe.start("claimable", json!({})).await;
    for (person, of) in [(&zoe, &another), (&emma, &id)] {
        let again = json!({ "id": of, "after": cursor });
        let answer = person.send(HISTORY, again).await;
        let code = &answer["errors"][0]["extensions"]["code"];
        assert_eq!(code == "BAD_INPUT", person.name() == "zoe", "{answer}");
    }
    let too_many = json!({ "elementId": vec!["e"; 101] });
    let answer = emma
        .send(HISTORY, json!({ "id": id, "filter": too_many }))
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT");
}

/// `root` calls `branch` for each of its items, and `branch` calls `leaf`, which waits for somebody.
const TREE: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t">
  <process id="root" isExecutable="true"><startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="each"/>
    <callActivity id="each" calledElement="branch"><multiInstanceLoopCharacteristics camunda:collection="items" camunda:elementVariable="item"/></callActivity>
  </process>
  <process id="branch" isExecutable="true"><startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="down"/><callActivity id="down" calledElement="leaf"/></process>
  <process id="leaf" isExecutable="true"><startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="work"/>
    <userTask id="work" name="Work"><extensionElements><wf:assignment candidateGroups="crew"/></extensionElements></userTask>
  </process>
</definitions>"#;

const CHILDREN: &str = "query($id: ID!, $after: String) { processInstance(id: $id) { state children(first: 20, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { id state process { key } parent { id } } } } }";

const CALLED: &str = "query($id: ID!) { processInstance(id: $id) { history(first: 100, filter: {elementId: [\"each\", \"down\"]}) { nodes { kind repetition calledProcessInstance { id state process { key } } } } } }";

pub async fn statements(server: &TestServer) -> u64 {
    let page = reqwest::get(format!("http://{}/metrics", server.addr)).await;
    let page = page.expect("the server answers").text().await;
    let page = page.expect("a page");
    let mut lines = page.lines();
    let count = lines.find_map(|line| line.strip_prefix("docket_statements_total "));
    count
        .and_then(|count| count.parse().ok())
        .expect("a number")
}

/// The tree of calls is walked down from instance to instance; a page of it costs as much with three branches as with forty.
#[tokio::test(flavor = "multi_thread")]
async fn the_tree_of_calls_is_read_page_by_page_at_a_constant_price() {
    let server = TestServer::start().await;
    server.publish(TREE).await;
    let emma = server.user("emma").keep_alive();
    let items = |count: usize| json!({ "items": vec!["i"; count] });
    let small = emma.start("root", items(3)).await;
    let large = emma.start("root", items(40)).await;
    let mut costs = Vec::new();
    for id in [&small, &large] {
        // The least of three: background work sends statements of its own now and then.
        let mut least = u64::MAX;
        for _ in 0..3 {
            let before = statements(&server).await;
            emma.ok(CHILDREN, json!({ "id": id })).await;
            least = least.min(statements(&server).await - before);
        }
        costs.push(least);
    }
    assert_eq!(costs[0], costs[1], "{costs:?}");

    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let asked = json!({ "id": large, "after": after });
        let page = emma.ok(CHILDREN, asked).await["processInstance"]["children"].clone();
        assert_eq!(page["totalCount"], 40);
        for branch in page["nodes"].as_array().expect("branches") {
            assert_eq!(branch["state"], "ACTIVE");
            assert_eq!(branch["process"]["key"], "branch");
            assert_eq!(branch["parent"]["id"], json!(large));
            seen.push(branch["id"].as_str().expect("an id").to_owned());
        }
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 40);

    // The history names the same instances, each at the round that called it.
    let called = emma.ok(CALLED, json!({ "id": small })).await;
    let nodes = called["processInstance"]["history"]["nodes"].clone();
    let rounds = nodes.as_array().expect("entries").iter();
    let branches: Vec<Value> = rounds
        .filter(|entry| entry["kind"] == "ENTERED" && entry["repetition"] == "ROUND")
        .map(|entry| entry["calledProcessInstance"].clone())
        .collect();
    assert_eq!(branches.len(), 3, "{nodes}");
    for branch in &branches {
        let below = emma.ok(CALLED, json!({ "id": branch["id"] })).await;
        let leaf = &below["processInstance"]["history"]["nodes"][0]["calledProcessInstance"];
        assert_eq!(leaf["process"]["key"], "leaf", "{below}");
        assert_eq!(leaf["state"], "ACTIVE");
    }
}
