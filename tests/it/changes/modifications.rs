//! Instances that are moved by hand.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

use super::{adam, code, intervene};

const STATES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" targetNamespace="https://docket.dev/tests">
  <process id="trip" name="Trip" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow sourceRef="start" targetRef="pack"/>
    <userTask id="pack"><extensionElements><wf:assignment candidateGroups="crew"/></extensionElements></userTask>
    <sequenceFlow sourceRef="pack" targetRef="ride"/>
    <subProcess id="ride">
      <startEvent id="board"/>
      <sequenceFlow sourceRef="board" targetRef="sit"/>
      <userTask id="sit"><extensionElements><wf:assignment candidateGroups="crew"/></extensionElements></userTask>
      <sequenceFlow sourceRef="sit" targetRef="rest"/>
      <userTask id="rest"><extensionElements><wf:assignment candidateGroups="pilots"/></extensionElements></userTask>
    </subProcess>
    <sequenceFlow sourceRef="ride" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"#;

async fn preview(user: &User, input: Value) -> Value {
    let document = "query($input: ModifyInstanceInput!) { previewModification(input: $input) { steps { kind elementId elementType } state standsAt openTasks incidents userErrors { code message } } }";
    user.ok(document, json!({ "input": input })).await["previewModification"].clone()
}

async fn stands(user: &User, instance: &str) -> Value {
    let document =
        "query($id: ID!) { processInstance(id: $id) { revision tokens { elementId number } } }";
    user.ok(document, json!({ "id": instance })).await["processInstance"].clone()
}

fn elements(stands: &Value) -> Vec<&str> {
    let tokens = stands["tokens"].as_array().expect("tokens");
    let ids = tokens.iter().map(|token| token["elementId"].as_str());
    ids.map(Option::unwrap_or_default).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_moved_as_its_preview_said() {
    let server = TestServer::start().await;
    server.publish(STATES).await;
    let (emma, adam) = (server.user("emma"), adam(&server));
    let instance = emma.start("trip", json!({})).await;
    let pilot = server.user("pia").group("pilots");
    let input = json!({
        "processInstance": instance,
        "reason": "skipped the line",
        "operations": [
            { "cancel": { "element": "pack" } },
            { "activate": { "element": "rest", "side": "BEFORE" } },
        ],
    });
    let shown = preview(&adam, input.clone()).await;
    assert_eq!(shown["standsAt"], json!(["ride", "rest"]), "{shown}");
    assert_eq!(
        (&shown["state"], &shown["openTasks"]),
        (&json!("ACTIVE"), &json!(1))
    );
    assert_eq!(
        shown["steps"],
        json!([
            { "kind": "MODIFIED", "elementId": "trip", "elementType": "process" },
            { "kind": "CANCELLED", "elementId": "pack", "elementType": "userTask" },
            { "kind": "ENTERED", "elementId": "ride", "elementType": "subProcess" },
            { "kind": "ENTERED", "elementId": "rest", "elementType": "userTask" },
        ])
    );
    let untouched = stands(&emma, &instance).await;
    assert_eq!(
        (elements(&untouched), &untouched["revision"]),
        (vec!["pack"], &json!(1))
    );

    let done = intervene(&adam, "modifyInstance", input.clone()).await;
    assert_eq!(done["processInstance"], Value::Null, "{done}");
    assert_eq!(
        (&done["status"]["state"], &done["status"]["openTasks"]),
        (&json!("ACTIVE"), &json!(1))
    );
    assert_eq!(elements(&stands(&emma, &instance).await), ["ride", "rest"]);
    assert_eq!(pilot.worklist("CLAIMABLE").await.len(), 1);
    assert!(
        server
            .user("ann")
            .group("crew")
            .worklist("CLAIMABLE")
            .await
            .is_empty()
    );
    assert_eq!(
        code(&intervene(&adam, "modifyInstance", input).await),
        "INVALID_STATE"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_changes_nothing_and_the_preview_refuses_it_too() {
    let server = TestServer::start().await;
    server.publish(STATES).await;
    let (emma, adam) = (server.user("emma"), adam(&server));
    let instance = emma.start("trip", json!({})).await;
    let cancel = json!({ "cancel": { "element": "pack" } });
    let at =
        |element: &str, side: &str| json!({ "activate": { "element": element, "side": side } });
    let set = json!({ "setData": { "fields": { "a": 1 } } });
    for (operations, expected) in [
        (
            vec![cancel.clone(), at("nowhere", "BEFORE")],
            "INVALID_INPUT",
        ),
        (vec![cancel.clone(), cancel.clone()], "INVALID_STATE"),
        (vec![cancel.clone(), at("end", "AFTER")], "INVALID_INPUT"),
        (vec![cancel.clone(), set], "NOT_PERMITTED"),
        (vec![json!({ "cancel": { "token": 99 } })], "INVALID_STATE"),
        (vec![], "INVALID_INPUT"),
        (vec![cancel.clone(); 101], "INVALID_INPUT"),
    ] {
        let input =
            json!({ "processInstance": instance, "reason": "try", "operations": operations });
        assert_eq!(
            code(&intervene(&adam, "modifyInstance", input.clone()).await),
            expected
        );
        let shown = preview(&adam, input).await;
        assert_eq!((code(&shown), &shown["steps"]), (expected, &Value::Null));
    }
    let no_reason = json!({ "processInstance": instance, "reason": " ", "operations": [cancel] });
    assert_eq!(
        code(&intervene(&adam, "modifyInstance", no_reason).await),
        "INVALID_INPUT"
    );
    let stale = json!({ "processInstance": instance, "reason": "try", "operations": [cancel], "expectedRevision": 9 });
    assert_eq!(
        code(&intervene(&adam, "modifyInstance", stale.clone()).await),
        "CONFLICT"
    );
    assert_eq!(code(&preview(&adam, stale).await), "CONFLICT");
    for id in [
        &instance,
        "ProcessInstance_00000000-0000-7000-8000-000000000001",
    ] {
        let input = json!({ "processInstance": id, "reason": "try", "operations": [cancel] });
        assert_eq!(
            code(&intervene(&emma, "modifyInstance", input.clone()).await),
            "NOT_PERMITTED"
        );
        assert_eq!(code(&preview(&emma, input).await), "NOT_PERMITTED");
    }
    let untouched = stands(&emma, &instance).await;
    assert_eq!(
        (elements(&untouched), &untouched["revision"]),
        (vec!["pack"], &json!(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_left_the_instance_is_terminated_and_says_why() {
    let server = TestServer::start().await;
    server.publish(STATES).await;
    let (emma, adam) = (server.user("emma"), adam(&server));
    let instance = emma.start("trip", json!({})).await;
    let token = stands(&emma, &instance).await["tokens"][0]["number"].clone();
    let input = json!({
        "processInstance": instance,
        "reason": "called off",
        "operations": [{ "cancel": { "token": token } }],
    });
    let done = intervene(&adam, "modifyInstance", input).await;
    assert_eq!(done["status"]["state"], "TERMINATED", "{done}");
    let document = "query($id: ID!) { processInstance(id: $id) { state history(first: 50) { nodes { kind message by { name } } } } }";
    let shown = emma.ok(document, json!({ "id": instance })).await["processInstance"].clone();
    let history = shown["history"]["nodes"].as_array().expect("entries");
    let modified = history.iter().find(|entry| entry["kind"] == "MODIFIED");
    let modified = modified.expect("it was modified");
    assert_eq!(
        (&modified["message"], &modified["by"]["name"]),
        (&json!("called off"), &json!("adam"))
    );
}
