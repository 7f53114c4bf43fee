//! Instances that go to another version of their process.

use docket_tests::{Socket, TestServer, User};
use serde_json::{Value, json};

use super::{adam, code, intervene};
use crate::worklist::list_id;

/// A vacation that the group `crew` approves.
const FIRST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" targetNamespace="https://docket.dev/tests">
  <process id="leave" name="Leave" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="approve"/>
    <userTask id="approve" name="Approve"><extensionElements>
      <wf:assignment candidateGroups="crew"/><wf:acl><wf:readers users="@initiator rita"/></wf:acl>
    </extensionElements></userTask>
    <boundaryEvent id="nudge" attachedToRef="approve" cancelActivity="false"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>
    <sequenceFlow id="f2" sourceRef="approve" targetRef="end"/>
    <sequenceFlow id="f3" sourceRef="nudge" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>"#;

/// The same: bosses decide, carl reads, and after two days it is settled by itself.
const SECOND: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" targetNamespace="https://docket.dev/tests">
  <process id="leave" name="Leave" isExecutable="true">
    <endEvent id="end"/>
    <userTask id="settled" name="Settle"><extensionElements><wf:assignment candidateGroups="bosses"/></extensionElements></userTask>
    <boundaryEvent id="late" attachedToRef="decide"><timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition></boundaryEvent>
    <userTask id="decide" name="Decide"><extensionElements>
      <wf:assignment candidateGroups="bosses"/><wf:schedule due="P3D"/><wf:acl><wf:readers users="@initiator carl"/></wf:acl>
    </extensionElements></userTask>
    <boundaryEvent id="nudge" attachedToRef="decide" cancelActivity="false"><timerEventDefinition><timeDuration>P9D</timeDuration></timerEventDefinition></boundaryEvent>
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="decide"/>
    <sequenceFlow id="f2" sourceRef="decide" targetRef="end"/>
    <sequenceFlow id="f3" sourceRef="nudge" targetRef="end"/>
    <sequenceFlow id="f4" sourceRef="late" targetRef="settled"/>
    <sequenceFlow id="f5" sourceRef="settled" targetRef="end"/>
  </process>
</definitions>"#;

const RESULTS: &str = "results { processInstanceId fromVersion toVersion state standsAt openTasks incidents cursor
  tokens { number fromElementId toElementId } waits { kind fate fromElementId toElementId dueAt }
  steps { kind elementId } asks { kind name } obstacles { kind elementId targetElementId message } userErrors { code message } }
  hasMore userErrors { code message field }";

async fn preview(user: &User, input: &Value) -> Value {
    let document = format!(
        "query($input: MigrateInstancesInput!) {{ previewMigration(input: $input) {{ {RESULTS} }} }}"
    );
    user.ok(&document, json!({ "input": input })).await["previewMigration"].clone()
}

async fn migrate(user: &User, input: &Value) -> Value {
    let document = format!(
        "mutation($input: MigrateInstancesInput!) {{ migrateInstances(input: $input) {{ {RESULTS} }} }}"
    );
    user.ok(&document, json!({ "input": input })).await["migrateInstances"].clone()
}

/// The id of a version.
async fn version(server: &TestServer, key: &str, version: u32) -> Value {
    let manager = server.nobody("pia").privilege("manager");
    let document =
        "query($key: String!, $version: Int) { process(key: $key, version: $version) { id } }";
    let answer = manager
        .ok(document, json!({ "key": key, "version": version }))
        .await;
    answer["process"]["id"].clone()
}

fn input(to: &Value, instances: &[&str]) -> Value {
    let named: Vec<Value> = instances
        .iter()
        .map(|id| json!({ "processInstance": id }))
        .collect();
    json!({
        "process": to,
        "instances": { "named": named },
        "mapping": [{ "source": "approve", "target": "decide" }],
        "reason": "bosses decide now",
    })
}

async fn watch(user: &User, kind: &str) -> Socket {
    let document =
        "subscription($worklist: ID!) { worklistChanges(worklist: $worklist) { __typename
      ... on WorklistSnapshot { tasks { id } } ... on TaskEntered { task { id name elementId } }
      ... on TaskUpdated { task { id name } } ... on TaskLeft { taskId reason } } }";
    let mut socket = user.socket().await;
    let list = list_id(user, kind).await;
    socket
        .subscribe("w", document, json!({ "worklist": list }))
        .await;
    let snapshot = next(&mut socket).await;
    assert_eq!(snapshot["__typename"], "WorklistSnapshot");
    socket
}

async fn next(socket: &mut Socket) -> Value {
    socket.change("w").await["worklistChanges"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leave_in_flight_goes_to_the_next_version_as_its_preview_said() {
    let server = TestServer::start().await;
    server.publish(FIRST).await;
    let (emma, adam) = (server.user("emma"), adam(&server));
    let (crew, boss) = (
        server.user("ann").group("crew"),
        server.user("bea").group("bosses"),
    );
    let (rita, carl) = (server.user("rita"), server.user("carl"));
    let instance = emma.start("leave", json!({})).await;
    let task = crew.worklist("CLAIMABLE").await[0].0.clone();
    server.publish(SECOND).await;
    let to = version(&server, "leave", 2).await;
    let (mut losing, mut gaining) = (
        watch(&crew, "CLAIMABLE").await,
        watch(&boss, "CLAIMABLE").await,
    );

    let input = input(&to, &[&instance]);
    let shown = preview(&adam, &input).await;
    let planned = &shown["results"][0];
    assert_eq!(planned["obstacles"], json!([]), "{shown}");
    assert_eq!(
        (&planned["fromVersion"], &planned["toVersion"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(planned["tokens"][0]["fromElementId"], "approve");
    assert_eq!(planned["tokens"][0]["toElementId"], "decide");
    let waits: Vec<_> = planned["waits"]
        .as_array()
        .expect("waits")
        .iter()
        .map(|wait| {
            (
                wait["kind"].as_str(),
                wait["fate"].as_str(),
                wait["toElementId"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        waits,
        [
            (Some("TIMER"), Some("KEPT"), Some("nudge")),
            (Some("TIMER"), Some("BEGUN"), Some("late")),
        ]
    );
    let revision = "query($id: ID!) { processInstance(id: $id) { revision process { version } } }";
    let untouched = emma.ok(revision, json!({ "id": instance })).await;
    assert_eq!(untouched["processInstance"]["revision"], 1);

    let mut done = migrate(&adam, &input).await;
    assert!(done["results"][0]["cursor"].is_string(), "{done}");
    done["results"][0]["cursor"] = Value::Null;
    assert_eq!(done, shown, "what happened is what was shown");
    let left = next(&mut losing).await;
    assert_eq!(
        (&left["taskId"], &left["reason"]),
        (&json!(task), &json!("NO_LONGER_VISIBLE"))
    );
    let entered = next(&mut gaining).await;
    assert_eq!(
        entered["task"],
        json!({ "id": task, "name": "Decide", "elementId": "decide" })
    );
    assert!(crew.worklist("CLAIMABLE").await.is_empty());
    assert_eq!(boss.worklist("CLAIMABLE").await.len(), 1);

    let shown = emma.ok(revision, json!({ "id": instance })).await;
    assert_eq!(shown["processInstance"]["process"]["version"], 2);
    assert_eq!(shown["processInstance"]["revision"], 2);
    let reads = |user: User| {
        let instance = instance.clone();
        async move { !user.ok(revision, json!({ "id": instance })).await["processInstance"].is_null() }
    };
    assert!(!reads(rita).await && reads(carl).await);
    let counted =
        "query($id: ID!) { node(id: $id) { ... on Process { instances { totalCount } } } }";
    for (number, expected) in [(1, 0), (2, 1)] {
        let id = version(&server, "leave", number).await;
        let answer = emma.ok(counted, json!({ "id": id })).await;
        assert_eq!(answer["node"]["instances"]["totalCount"], expected);
    }
    let document = "query($id: ID!) { processInstance(id: $id) { history(first: 50) { nodes { kind elementId message fromVersion toVersion by { name } } } } }";
    let told = emma.ok(document, json!({ "id": instance })).await;
    let nodes = told["processInstance"]["history"]["nodes"]
        .as_array()
        .expect("entries");
    assert_eq!(
        nodes.last(),
        Some(
            &json!({ "kind": "MIGRATED", "elementId": "leave", "message": "bosses decide now", "fromVersion": 1, "toVersion": 2, "by": { "name": "adam" } })
        )
    );

    server.advance("P2DT1M").await;
    let lists = boss.worklist("CLAIMABLE").await;
    assert_eq!(
        lists.iter().map(|task| task.1.as_str()).collect::<Vec<_>>(),
        ["Settle"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_stands_in_the_way_is_said_with_its_element() {
    let server = TestServer::start().await;
    server.publish(FIRST).await;
    let (emma, adam) = (server.user("emma"), adam(&server));
    let instance = emma.start("leave", json!({})).await;
    server.publish(SECOND).await;
    let to = version(&server, "leave", 2).await;
    let mut wrong = input(&to, &[&instance]);
    wrong["mapping"] = json!([
        { "source": "nowhere", "target": "decide" },
        { "source": "end", "target": "somewhere" },
        { "source": "nudge", "target": "end" },
    ]);
    let expected = json!([
        ["UNKNOWN_SOURCE", "nowhere", "decide"],
        ["UNKNOWN_TARGET", "end", "somewhere"],
        ["KIND_MISMATCH", "nudge", "end"],
        ["NO_TARGET", "approve", null],
    ]);
    for answer in [preview(&adam, &wrong).await, migrate(&adam, &wrong).await] {
        let result = &answer["results"][0];
        let obstacles: Vec<Value> = result["obstacles"]
            .as_array()
            .expect("obstacles")
            .iter()
            .map(|it| json!([it["kind"], it["elementId"], it["targetElementId"]]))
            .collect();
        assert_eq!(json!(obstacles), expected, "{answer}");
        assert_eq!(result["userErrors"].as_array().map(Vec::len), Some(4));
        assert_eq!(
            (code(result), &result["tokens"]),
            ("INVALID_INPUT", &Value::Null)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_go_keeps_no_other_from_it() {
    let server = TestServer::start().await;
    server.publish(FIRST).await;
    let (emma, adam) = (server.user("emma"), adam(&server));
    let mut instances = Vec::new();
    for _ in 0..4 {
        instances.push(emma.start("leave", json!({})).await);
    }
    server.publish(SECOND).await;
    let (from, to) = (
        version(&server, "leave", 1).await,
        version(&server, "leave", 2).await,
    );
    let ended = json!({ "processInstance": instances[0] });
    let document = "mutation($input: TerminateInstanceInput!) { terminateInstance(input: $input) { userErrors { code } } }";
    adam.ok(document, json!({ "input": ended })).await;
    let asleep = json!({ "processInstance": instances[2] });
    assert_eq!(
        code(&intervene(&adam, "suspendInstance", asleep.clone()).await),
        "OK"
    );
    let absent = "ProcessInstance_00000000-0000-7000-8000-000000000001";
    let mut request = input(&to, &[&instances[0], absent, &instances[1], &instances[2]]);
    request["instances"]["named"][2]["expectedRevision"] = json!(9);
    let done = migrate(&adam, &request).await;
    let codes: Vec<_> = done["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(code)
        .collect();
    assert_eq!(
        codes,
        ["INVALID_STATE", "NOT_AVAILABLE", "CONFLICT", "OK"],
        "{done}"
    );
    assert_eq!(done["results"][3]["state"], "SUSPENDED");

    let mut rest = input(&to, &[]);
    rest["instances"] = json!({ "running": { "process": from } });
    let shown = preview(&adam, &rest).await;
    let left: Vec<_> = shown["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|it| it["processInstanceId"].as_str())
        .collect();
    assert_eq!(
        left,
        [Some(instances[1].as_str()), Some(instances[3].as_str())]
    );
    rest["instances"]["running"]["after"] = json!(instances[1]);
    let done = migrate(&adam, &rest).await;
    assert_eq!(
        (code(&done["results"][0]), &done["hasMore"]),
        ("OK", &json!(false)),
        "{done}"
    );
    assert_eq!(done["results"].as_array().map(Vec::len), Some(1));

    let again = migrate(&adam, &input(&to, &[&instances[3]])).await;
    assert_eq!(
        code(&again["results"][0]),
        "INVALID_STATE",
        "it runs that version already"
    );
    assert_eq!(
        code(&intervene(&adam, "resumeInstance", asleep).await),
        "OK"
    );
    let boss = server.user("bea").group("bosses");
    assert_eq!(boss.worklist("CLAIMABLE").await.len(), 2);
    let task = boss.worklist("CLAIMABLE").await[0].0.clone();
    boss.claim(&task).await.expect("a boss may claim it");
    boss.complete(&task, json!({}), None)
        .await
        .expect("and complete it");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_and_where_there_is_no_way_is_refused_as_a_whole() {
    let server = TestServer::start().await;
    server.publish(FIRST).await;
    let (emma, adam) = (server.user("emma"), adam(&server));
    let instance = emma.start("leave", json!({})).await;
    let dora = server.nobody("dora").privilege("designer");
    let upload =
        "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { processes { id } } }";
    let draft = dora.ok(upload, json!({ "xml": SECOND })).await;
    let draft = draft["uploadProcess"]["processes"][0]["id"].clone();
    server
        .publish(&SECOND.replace("\"leave\"", "\"other\""))
        .await;
    let other = version(&server, "other", 1).await;
    let absent = json!("Process_00000000-0000-7000-8000-000000000001");
    let (request, nowhere) = (input(&draft, &[&instance]), input(&absent, &[&instance]));
    for answer in [
        migrate(&emma, &request).await,
        preview(&emma, &nowhere).await,
    ] {
        assert_eq!(
            (code(&answer), &answer["results"]),
            ("NOT_PERMITTED", &Value::Null)
        );
    }
    assert_eq!(
        code(&migrate(&adam, &request).await),
        "INVALID_STATE",
        "a draft"
    );
    assert_eq!(code(&migrate(&adam, &nowhere).await), "NOT_AVAILABLE");
    let elsewhere = migrate(&adam, &input(&other, &[&instance])).await;
    assert_eq!(
        code(&elsewhere["results"][0]),
        "INVALID_INPUT",
        "{elsewhere}"
    );
    let mut blank = input(&other, &[&instance]);
    blank["reason"] = json!(" ");
    assert_eq!(code(&preview(&adam, &blank).await), "INVALID_INPUT");
    for named in [
        vec![],
        vec![instance.as_str(); 2],
        vec![instance.as_str(); 101],
    ] {
        assert_eq!(
            code(&migrate(&adam, &input(&other, &named)).await),
            "INVALID_INPUT"
        );
    }
    let suspended = json!({ "process": "leave", "versions": [1] });
    let document = "mutation($input: SuspendProcessInput!) { suspendProcess(input: $input) { userErrors { code } } }";
    adam.ok(document, json!({ "input": suspended })).await;
    let manager = server.nobody("mia").privilege("manager");
    let publish =
        "mutation($id: ID!) { publishProcess(input: {process: $id}) { userErrors { code } } }";
    manager.ok(publish, json!({ "id": draft })).await;
    let freed = migrate(&adam, &request).await;
    assert_eq!(
        code(&freed["results"][0]),
        "OK",
        "out of a version that is suspended: {freed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_neither_moves_it_nor_learns_of_it() {
    let server = TestServer::start().await;
    server.publish(FIRST).await;
    let instance = server.user("emma").start("leave", json!({})).await;
    server.publish_for("globex", SECOND).await;
    let manager = server
        .nobody("pia")
        .in_tenant("globex")
        .privilege("manager");
    let theirs = "{ process(key: \"leave\") { id } }";
    let theirs = manager.ok(theirs, json!({})).await["process"]["id"].clone();
    let stranger = adam(&server).in_tenant("globex");
    let absent = "ProcessInstance_00000000-0000-7000-8000-000000000001";
    let answer = migrate(&stranger, &input(&theirs, &[&instance, absent])).await;
    let (known, unknown) = (&answer["results"][0], &answer["results"][1]);
    assert_eq!(code(known), "NOT_AVAILABLE", "{answer}");
    assert_eq!(known["userErrors"], unknown["userErrors"]);
    let ours = version(&server, "leave", 1).await;
    let mut of_ours = input(&theirs, &[]);
    of_ours["instances"] = json!({ "running": { "process": ours } });
    assert_eq!(code(&migrate(&stranger, &of_ours).await), "NOT_AVAILABLE");
}
