//! From a file to a process that people start: drafts, findings, versions, publishing by a second person, retiring.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

use crate::tasks::CLAIMABLE;

const UPLOAD: &str = "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { process { id key version state bpmnXml findings { rule message severity line column elementId } } processes { key } findings { rule message line column } userErrors { code message } } }";
const PUBLISH: &str = "mutation($p: ID!) { publishProcess(input: {process: $p}) { process { state publishedBy { name } } userErrors { code message } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_published_by_another_than_who_uploaded_it() {
    let server = TestServer::start().await;
    let both = server
        .nobody("dora")
        .privilege("designer")
        .privilege("manager");
    let pia = server.nobody("pia").privilege("manager");
    let emma = server.user("emma");
    let uploaded =
        both.ok(UPLOAD, json!({ "xml": CLAIMABLE })).await["uploadProcess"]["process"].clone();
    assert_eq!(
        (&uploaded["key"], &uploaded["version"], &uploaded["state"]),
        (&json!("claimable"), &json!(1), &json!("DRAFT"))
    );
    assert_eq!(
        uploaded["bpmnXml"], CLAIMABLE,
        "what comes back is what went in"
    );
    let id = json!({ "p": uploaded["id"] });
    assert_eq!(
        emma.ok(
            "query($p: ID!) { node(id: $p) { id } processes { totalCount } }",
            id.clone()
        )
        .await,
        json!({ "node": null, "processes": { "totalCount": 0 } }),
        "a draft is for designers and managers"
    );
    let start = "mutation { startProcess(input: {key: \"claimable\"}) { processInstance { process { version } } userErrors { code } } }";
    assert_eq!(
        emma.ok(start, json!({})).await["startProcess"]["userErrors"][0]["code"],
        "NOT_AVAILABLE"
    );
    assert_eq!(
        emma.ok(PUBLISH, id.clone()).await["publishProcess"]["userErrors"][0]["code"],
        "NOT_PERMITTED"
    );
    assert_eq!(
        both.ok(PUBLISH, id.clone()).await["publishProcess"]["userErrors"][0]["code"],
        "NOT_PERMITTED"
    );
    assert_eq!(
        pia.ok(PUBLISH, id.clone()).await["publishProcess"]["process"],
        json!({ "state": "PUBLISHED", "publishedBy": { "name": "pia" } })
    );
    assert_eq!(
        pia.ok(PUBLISH, id).await["publishProcess"]["userErrors"][0]["code"],
        "INVALID_STATE"
    );
    assert_eq!(
        pia.ok(UPLOAD, json!({ "xml": CLAIMABLE })).await["uploadProcess"]["userErrors"][0]["code"],
        "NOT_PERMITTED"
    );
    assert_eq!(
        emma.ok(start, json!({})).await["startProcess"]["processInstance"]["process"]["version"],
        1
    );

    server.publish(CLAIMABLE).await;
    assert_eq!(
        emma.ok(start, json!({})).await["startProcess"]["processInstance"]["process"]["version"],
        2
    );
    let old = "mutation { startProcess(input: {key: \"claimable\", version: 1}) { processInstance { process { version } } userErrors { code } } }";
    assert_eq!(
        emma.ok(old, json!({})).await["startProcess"]["processInstance"]["process"]["version"],
        1
    );
    let versions = emma.ok("{ processes(filter: {key: \"claimable\"}) { nodes { version } } process(key: \"claimable\") { version } viewer { startable(first: 9) { nodes { version } } } }", json!({})).await;
    assert_eq!(
        versions["processes"]["nodes"],
        json!([{ "version": 1 }, { "version": 2 }])
    );
    assert_eq!(versions["process"]["version"], 2);
    assert_eq!(
        versions["viewer"]["startable"]["nodes"],
        json!([{ "version": 2 }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_version_starts_nothing_and_what_runs_goes_on() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    emma.start("claimable", json!({})).await;
    let id = emma
        .ok("{ process(key: \"claimable\") { id } }", json!({}))
        .await["process"]["id"]
        .clone();
    let retire = "mutation($p: ID!) { retireProcess(input: {process: $p}) { process { state } userErrors { code } } }";
    let pia = server.nobody("pia").privilege("manager");
    assert_eq!(
        pia.ok(retire, json!({ "p": id })).await["retireProcess"]["process"]["state"],
        "RETIRED"
    );
    let refused = emma
        .ok(
            "mutation { startProcess(input: {key: \"claimable\"}) { userErrors { code } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        refused["startProcess"]["userErrors"][0]["code"],
        "NOT_AVAILABLE"
    );
    let task = ann
        .worklist("CLAIMABLE")
        .await
        .pop()
        .expect("the task is still there")
        .0;
    ann.claim(&task).await.expect("it can be claimed");
    ann.complete(&task, json!({}), None)
        .await
        .expect("it can be completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_gets_every_problem_with_its_place() {
    let server = TestServer::start().await;
    let dora = server.nobody("dora").privilege("designer");
    let unreadable = dora
        .ok(
            UPLOAD,
            json!({ "xml": "<definitions>\n  <process id=\"p\">\n</definitions>" }),
        )
        .await["uploadProcess"]
        .clone();
    assert_eq!(
        (&unreadable["process"], &unreadable["userErrors"][0]["code"]),
        (&Value::Null, &json!("INVALID_INPUT"))
    );
    assert_eq!(unreadable["findings"][0]["line"], 2);
    for hostile in [
        "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>",
        "",
        "no xml at all",
        "<html/>",
        &"<a>".repeat(10_000),
    ] {
        let refused = dora.ok(UPLOAD, json!({ "xml": hostile })).await["uploadProcess"].clone();
        assert_eq!(
            refused["userErrors"][0]["code"], "INVALID_INPUT",
            "{refused}"
        );
    }
    let broken = CLAIMABLE
        .replace("targetRef=\"end\"", "targetRef=\"nowhere\"")
        .replace("${user}", "${1 +}");
    let draft = dora.ok(UPLOAD, json!({ "xml": broken })).await["uploadProcess"]["process"].clone();
    let rules: Vec<_> = draft["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap_or_default())
        .collect();
    assert!(
        rules.contains(&"unknown-reference") && rules.contains(&"bad-expression"),
        "all of them: {rules:?}"
    );
    let pia = server.nobody("pia").privilege("manager");
    let refused = pia.ok(PUBLISH, json!({ "p": draft["id"] })).await["publishProcess"].clone();
    assert_eq!(
        refused["userErrors"][0]["code"], "INVALID_INPUT",
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_models_have_no_findings() {
    let server = TestServer::start().await;
    let dora = server.nobody("dora").privilege("designer");
    for model in [
        include_str!("../../api/demo/vacation.bpmn"),
        include_str!("../../api/demo/expense.bpmn"),
        include_str!("../../api/demo/onboarding.bpmn"),
    ] {
        let draft =
            dora.ok(UPLOAD, json!({ "xml": model })).await["uploadProcess"]["process"].clone();
        assert_eq!(draft["findings"], json!([]), "{}", draft["key"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_starts_and_continues_an_instance() {
    let server = TestServer::start().await;
    server
        .publish(include_str!("../fixtures/message.bpmn"))
        .await;
    let emma = server.user("emma");
    let correlate = "mutation($input: CorrelateMessageInput!) { correlateMessage(input: $input) { processInstance { id state data businessKey } userErrors { code } } }";
    let started = emma.ok(correlate, json!({ "input": { "name": "order placed", "process": "message", "data": { "item": "ink" }, "newBusinessKey": "O-1" } })).await["correlateMessage"].clone();
    assert_eq!(started["userErrors"], json!([]));
    assert_eq!(started["processInstance"]["state"], "ACTIVE");
    assert_eq!(started["processInstance"]["businessKey"], "O-1");
    let zoe = server.user("zoe");
    let by_key = json!({ "input": { "name": "order paid", "businessKey": { "process": "message", "key": "O-1" }, "data": { "paid": true } } });
    assert_eq!(
        zoe.ok(correlate, by_key.clone()).await["correlateMessage"]["userErrors"][0]["code"],
        "NOT_AVAILABLE"
    );
    let wrong = json!({ "input": { "name": "order lost", "businessKey": { "process": "message", "key": "O-1" } } });
    assert_eq!(
        emma.ok(correlate, wrong).await["correlateMessage"]["userErrors"][0]["code"],
        "INVALID_STATE"
    );
    let done = emma.ok(correlate, by_key).await["correlateMessage"]["processInstance"].clone();
    assert_eq!(
        (&done["state"], &done["data"]),
        (&json!("COMPLETED"), &json!({ "item": "ink", "paid": true }))
    );
    let found = emma
        .ok(
            "{ processInstance(businessKey: {process: \"message\", key: \"O-1\"}) { state } }",
            json!({}),
        )
        .await;
    assert_eq!(found["processInstance"]["state"], "COMPLETED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_form_says_what_a_start_takes() {
    let server = TestServer::start().await;
    let model = include_str!("../fixtures/start-form.bpmn");
    server.publish(model).await;
    let emma = server.user("emma");
    let seen = emma
        .ok(
            "{ viewer { startable(first: 5) { nodes { key startForm { key schema } } } } }",
            json!({}),
        )
        .await["viewer"]["startable"]["nodes"][0]
        .clone();
    assert_eq!(seen["key"], "order");
    assert_eq!(seen["startForm"]["key"], "begin");
    assert_eq!(seen["startForm"]["schema"]["components"][0]["key"], "item");

    let start = "mutation($data: JSON, $for: ID) { startProcess(input: {key: \"order\", data: $data, onBehalfOf: $for}) { processInstance { data initiator { name } } userErrors { code message field } } }";
    let send = async |person: &User, data: Value, on_behalf_of: Value| {
        let variables = json!({ "data": data, "for": on_behalf_of });
        person.ok(start, variables).await["startProcess"].clone()
    };
    for (data, message) in [
        (json!({}), "the field `item` is required"),
        (
            json!({ "item": "a pencil that is far too long to be written down" }),
            "the field `item` must have at most 20 characters",
        ),
        (
            json!({ "item": "ink", "count": 0 }),
            "the field `count` must be at least 1",
        ),
        (
            json!({ "item": "ink", "approved": true }),
            "the field `approved` cannot be changed here",
        ),
    ] {
        let refused = send(&emma, data, Value::Null).await;
        assert_eq!(refused["processInstance"], Value::Null);
        assert_eq!(refused["userErrors"][0]["message"], message, "{refused}");
    }
    let started = send(&emma, json!({ "item": "ink", "count": 2 }), Value::Null).await;
    assert_eq!(started["userErrors"], json!([]));
    assert_eq!(
        started["processInstance"]["data"],
        json!({ "item": "ink", "count": 2 })
    );

    // Whose case it is, is asked beside the form.
    let carl = server.user("carl");
    let carl =
        carl.ok("{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"].clone();
    let sam = server.user("sam").role("actOnBehalf");
    let started = send(&sam, json!({ "item": "ink" }), carl).await;
    assert_eq!(started["userErrors"], json!([]), "{started}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_nobody_could_fill_in_stands_in_the_way_at_its_place() {
    let server = TestServer::start().await;
    let dora = server.nobody("dora").privilege("designer");
    let model = include_str!("../fixtures/start-form.bpmn").replace("\"type\": \"number\", ", "");
    let upload = "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { process { startForm { key } } findings { severity rule message elementId line } } }";
    let uploaded = dora.ok(upload, json!({ "xml": model })).await["uploadProcess"].clone();
    assert_eq!(
        uploaded["findings"],
        json!([{
            "severity": "ERROR",
            "rule": "bad-form",
            "message": "component 2 of the form has no `type`",
            "elementId": "start",
            "line": 6
        }])
    );
    assert_eq!(uploaded["process"]["startForm"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_fires_when_its_time_has_come_and_once() {
    let server = TestServer::start().await;
    server.publish(include_str!("../fixtures/timer.bpmn")).await;
    let emma = server.user("emma");
    let instance = emma.start("timer", json!({ "wait": "PT2H" })).await;
    let state = "query($i: ID!) { processInstance(id: $i) { state endedAt data } }";
    server.advance("PT119M").await;
    assert_eq!(
        emma.ok(state, json!({ "i": instance })).await["processInstance"]["state"],
        "ACTIVE"
    );
    server.advance("PT1M").await;
    let done = emma.ok(state, json!({ "i": instance })).await["processInstance"].clone();
    assert_eq!(
        done,
        json!({ "state": "COMPLETED", "endedAt": "2026-03-02T10:00:00Z", "data": { "wait": "PT2H", "fired": 1 } })
    );
    server.advance("P10D").await;
    assert_eq!(
        emma.ok(state, json!({ "i": instance })).await["processInstance"],
        done
    );
}
