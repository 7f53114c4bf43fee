//! Whatever is sent: an answer, and never the server's fault. Bounded by the number of requests.

use docket_tests::TestServer;
use docket_tests::server::client;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const REQUESTS: usize = 1_500;

/// Documents from pieces of real ones, in any order.
fn soup() -> impl Strategy<Value = String> {
    let pieces = vec![
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "=",
        "|",
        "&",
        "$",
        "@",
        "...",
        ",",
        "\"",
        "\"\"\"",
        "\\",
        "#",
        "query",
        "mutation",
        "subscription",
        "fragment",
        "on",
        "viewer",
        "tasks",
        "node",
        "nodes",
        "id",
        "first",
        "after",
        "data",
        "__schema",
        "__typename",
        "claimTask",
        "completeTask",
        "input",
        "task",
        "startProcess",
        "key",
        "null",
        "true",
        "-1",
        "1e999",
        "99999999999999999999",
        "\"Task_0193a1b2-0000-7000-8000-000000000000\"",
        "$x",
        "ID!",
        "JSON",
        "@skip(if: true)",
        "\u{0}",
        "\u{feff}",
        "é",
        "\n",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.join(" "))
}

/// Documents that are whole, with odd values.
fn odd() -> impl Strategy<Value = Value> {
    let documents = vec![
        "query($x: ID!) { node(id: $x) { id } task(id: $x) { id } worklist(id: $x) { id } }",
        "query($x: String) { tasks(first: 3, after: $x) { nodes { id } } processes(before: $x, last: 2) { nodes { id } } }",
        "query($x: Int) { tasks(first: $x) { nodes { id } } }",
        "mutation($x: JSON) { startProcess(input: {key: \"nothing\", data: $x}) { userErrors { code } } }",
        "mutation($x: String!) { uploadProcess(input: {bpmnXml: $x}) { userErrors { code } } }",
        "mutation($x: ID!) { completeTask(input: {task: $x, data: {a: [1, {b: null}]}}) { userErrors { code } } }",
        "query($x: DateTime) { tasks(filter: {due: {from: $x}}) { totalCount } }",
        "query($x: String!) { process(key: $x) { id } }",
    ];
    let value = prop_oneof![
        any::<String>().prop_map(Value::from),
        "[A-Za-z]{1,9}_[A-Za-z0-9_-]{0,40}".prop_map(Value::from),
        "<[a-z:]{1,12}( [a-z]{1,5}=\"[^\"<]{0,9}\")?>.{0,20}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        Just(json!({ "deep": [[[[[[[[{ "er": {} }]]]]]]]] })),
        Just(Value::Null),
    ];
    (prop::sample::select(documents), value)
        .prop_map(|(document, x)| json!({ "query": document, "variables": { "x": x } }))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_document_and_no_value_is_the_servers_fault() {
    let server = TestServer::start().await;
    let token = ["designer", "monitor", "administrator"]
        .iter()
        .fold(server.user("emma"), |user, privilege| {
            user.privilege(privilege)
        })
        .token();
    let client = client();
    let bodies = prop_oneof![
        4 => soup().prop_map(|query| json!({ "query": query }).to_string()),
        4 => odd().prop_map(|body| body.to_string()),
        1 => any::<String>(),
        1 => (odd(), 0usize..200).prop_map(|(body, cut)| body.to_string().chars().take(cut).collect()),
    ];
    let mut runner = TestRunner::deterministic();
    let mut executed = 0;
    for _ in 0..REQUESTS {
        let body = bodies
            .new_tree(&mut runner)
            .expect("a body can be made")
            .current();
        let request = client
            .post(format!("http://{}/graphql", server.addr))
            .bearer_auth(&token)
            .header("content-type", "application/json");
        let response = request
            .body(body.clone())
            .send()
            .await
            .expect("the server answers");
        let status = response.status().as_u16();
        assert!([200, 400].contains(&status), "{status} for {body}");
        let answer: Value = response.json().await.expect("the answer is JSON");
        for error in answer["errors"].as_array().into_iter().flatten() {
            let code = error["extensions"]["code"].as_str().unwrap_or_default();
            assert!(
                ["BAD_INPUT", "TOO_LARGE", "NOT_FOUND"].contains(&code),
                "{code} for {body}: {error}"
            );
        }
        executed += usize::from(answer.get("errors").is_none());
    }
    assert!(executed > 50, "some of it made sense: {executed}");
}
