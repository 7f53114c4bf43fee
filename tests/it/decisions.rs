//! Business rules: from a file to what a process does, by version; findings, trying, and who may.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

/// Up to 1,000 is small.
pub const ROUTE: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:wf="https://docket.dev/schema/wf" id="routes" name="Routes" namespace="https://docket.dev/tests">
  <inputData id="amount-input" name="amount"/>
  <decision id="route" name="Route" wf:versionTag="first">
    <informationRequirement><requiredDecision href="#limit"/></informationRequirement>
    <decisionTable hitPolicy="UNIQUE">
      <input label="Amount"><inputExpression typeRef="number"><text>amount</text></inputExpression></input>
      <output name="lane" typeRef="string"><outputValues><text>"small", "large"</text></outputValues></output>
      <rule id="below"><inputEntry><text>&lt; limit</text></inputEntry><outputEntry><text>"small"</text></outputEntry><annotationEntry><text>quick</text></annotationEntry></rule>
      <rule id="above"><inputEntry><text>&gt;= limit</text></inputEntry><outputEntry><text>"large"</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="limit" name="limit"><literalExpression><text>1000</text></literalExpression></decision>
</definitions>"##;

const UPLOAD: &str = "mutation($xml: String!) { uploadDecision(input: {dmnXml: $xml}) { decision { id key version state dmnXml } decisions { key version } findings { rule severity message line column elementId } userErrors { code message field } } }";
const PUBLISH: &str = "mutation($d: ID!) { publishDecision(input: {decision: $d}) { decision { state publishedBy { name } } userErrors { code message } } }";
const RETIRE: &str = "mutation($d: ID!) { retireDecision(input: {decision: $d}) { decision { state } userErrors { code } } }";

/// Up to 100 is small.
fn stricter() -> String {
    ROUTE
        .replace("<text>1000</text>", "<text>100</text>")
        .replace("\"first\"", "\"second\"")
}

fn dora(server: &TestServer) -> User {
    server.nobody("dora").privilege("designer")
}

fn pia(server: &TestServer) -> User {
    server.nobody("pia").privilege("manager")
}

/// Uploads a file as Dora and publishes its first decision as Pia; gives its id.
pub async fn publish(server: &TestServer, xml: &str) -> Value {
    let uploaded = dora(server).ok(UPLOAD, json!({ "xml": xml })).await["uploadDecision"].clone();
    let id = uploaded["decision"]["id"].clone();
    let published = pia(server).ok(PUBLISH, json!({ "d": id })).await["publishDecision"].clone();
    assert_eq!(
        published["decision"]["state"], "PUBLISHED",
        "{uploaded} {published}"
    );
    id
}

/// A process that asks for the lane of an amount, and has a task for each.
fn asking(key: &str, decision: &str) -> String {
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:wf="https://docket.dev/schema/wf" id="d" targetNamespace="t">
  <process id="{key}" isExecutable="true">
    <startEvent id="start"/>
    <businessRuleTask id="ask" name="Choose the lane"><extensionElements>{decision}</extensionElements></businessRuleTask>
    <exclusiveGateway id="lane" default="other"/>
    <userTask id="small" name="Small"><extensionElements><wf:assignment assignee="emma"/></extensionElements></userTask>
    <userTask id="large" name="Large"><extensionElements><wf:assignment assignee="emma"/></extensionElements></userTask>
    <sequenceFlow id="f1" sourceRef="start" targetRef="ask"/>
    <sequenceFlow id="f2" sourceRef="ask" targetRef="lane"/>
    <sequenceFlow id="is-small" sourceRef="lane" targetRef="small"><conditionExpression>lane = "small"</conditionExpression></sequenceFlow>
    <sequenceFlow id="other" sourceRef="lane" targetRef="large"/>
  </process>
</definitions>"#
    )
}

const LANE: &str = "query($i: ID!) { processInstance(id: $i) { state data tokens { elementId } incidents { id kind message elementId } } }";

/// The element where an instance of an amount stands, and its incident.
async fn lane(emma: &User, key: &str, amount: u32) -> (String, Value) {
    let instance = emma.start(key, json!({ "amount": amount })).await;
    let seen = emma.ok(LANE, json!({ "i": instance })).await["processInstance"].clone();
    let stands = seen["tokens"][0]["elementId"].as_str().unwrap_or_default();
    (stands.to_owned(), seen["incidents"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_goes_the_way_that_a_table_says_by_version() {
    let server = TestServer::start().await;
    let emma = server.user("emma");
    let first = publish(&server, ROUTE).await;
    let bindings = [
        ("latest", r#"<wf:decision ref="route" result="lane"/>"#),
        (
            "numbered",
            r#"<wf:decision ref="route" result="lane" version="1"/>"#,
        ),
        (
            "deployed",
            r#"<wf:decision ref="route" binding="deployment"/>"#,
        ),
        (
            "tagged",
            r#"<wf:decision ref="route" result="lane" versionTag="second" map="singleEntry"/>"#,
        ),
    ];
    for (key, decision) in bindings {
        server.publish(&asking(key, decision)).await;
    }
    assert_eq!(
        lane(&emma, "latest", 500).await,
        ("small".to_owned(), json!([]))
    );
    assert_eq!(lane(&emma, "latest", 1000).await.0, "large");
    assert_eq!(lane(&emma, "numbered", 500).await.0, "small");
    assert_eq!(
        lane(&emma, "deployed", 500).await.0,
        "small",
        "outputs go to fields of their names"
    );
    let (stands, incidents) = lane(&emma, "tagged", 500).await;
    assert_eq!(
        (&*stands, incidents[0]["elementId"].as_str()),
        ("ask", Some("ask"))
    );
    assert_eq!(incidents[0]["kind"], "DECISION");
    assert_eq!(
        incidents[0]["message"],
        "no decision `route` with the tag `second` is published"
    );

    server.advance("PT1M").await;
    let second = publish(&server, &stricter()).await;
    assert_eq!(
        lane(&emma, "latest", 500).await.0,
        "large",
        "the new version counts at once"
    );
    assert_eq!(lane(&emma, "numbered", 500).await.0, "small");
    assert_eq!(lane(&emma, "deployed", 500).await.0, "small");
    assert_eq!(lane(&emma, "tagged", 500).await.0, "large");

    // What is retired is found by nobody who does not name it.
    let pia = pia(&server);
    let retired = pia.ok(RETIRE, json!({ "d": second })).await["retireDecision"].clone();
    assert_eq!(retired["decision"]["state"], "RETIRED");
    assert_eq!(lane(&emma, "latest", 500).await.0, "small");
    assert_eq!(lane(&emma, "tagged", 500).await.0, "ask");
    pia.ok(RETIRE, json!({ "d": first })).await;
    assert_eq!(lane(&emma, "latest", 500).await.0, "ask");
    assert_eq!(
        lane(&emma, "numbered", 500).await.0,
        "small",
        "it goes on for who is bound to it"
    );
    assert_eq!(lane(&emma, "deployed", 500).await.0, "small");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_decision_holds_the_token_until_it_is_there() {
    let server = TestServer::start().await;
    let emma = server.user("emma");
    let model = asking("latest", r#"<wf:decision ref="route" result="lane"/>"#);
    server.publish(&model).await;
    let instance = emma.start("latest", json!({ "amount": 5 })).await;
    let seen = emma.ok(LANE, json!({ "i": instance })).await["processInstance"].clone();
    assert_eq!(
        seen["incidents"][0]["message"],
        "no decision `route` is published"
    );
    assert_eq!(seen["data"], json!({ "amount": 5 }));
    publish(&server, ROUTE).await;
    let retry = "mutation($i: ID!) { retryIncident(input: {incident: $i}) { processInstance { tokens { elementId } incidents { id } data } userErrors { code message } } }";
    let adam = server.user("adam").privilege("administrator");
    let tried = adam
        .ok(retry, json!({ "i": seen["incidents"][0]["id"] }))
        .await;
    assert_eq!(tried["retryIncident"]["userErrors"], json!([]), "{tried}");
    let seen = emma.ok(LANE, json!({ "i": instance })).await["processInstance"].clone();
    assert_eq!(seen["tokens"][0]["elementId"], "small");
    assert_eq!(seen["data"], json!({ "amount": 5, "lane": "small" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_published_by_another_than_who_uploaded_it() {
    let server = TestServer::start().await;
    let both = dora(&server).privilege("manager");
    let pia = pia(&server);
    let uploaded = both.ok(UPLOAD, json!({ "xml": ROUTE })).await["uploadDecision"].clone();
    assert_eq!(uploaded["findings"], json!([]));
    assert_eq!(uploaded["userErrors"], json!([]));
    assert_eq!(
        uploaded["decisions"],
        json!([{ "key": "route", "version": 1 }, { "key": "limit", "version": 1 }])
    );
    let draft = &uploaded["decision"];
    assert_eq!(draft["state"], "DRAFT");
    assert_eq!(draft["dmnXml"], ROUTE, "what comes back is what went in");
    let id = json!({ "d": draft["id"] });
    let refused = both.ok(PUBLISH, id.clone()).await["publishDecision"].clone();
    assert_eq!(refused["userErrors"][0]["code"], "NOT_PERMITTED");
    let can = "query($d: ID!) { node(id: $d) { ... on DecisionDefinition { key viewerCan { publish retire } } } }";
    let seen = both.ok(can, id.clone()).await["node"].clone();
    assert_eq!(
        seen["viewerCan"],
        json!({ "publish": false, "retire": false })
    );
    let seen = pia.ok(can, id.clone()).await["node"].clone();
    assert_eq!(
        seen["viewerCan"],
        json!({ "publish": true, "retire": false })
    );
    let published = pia.ok(PUBLISH, id.clone()).await["publishDecision"]["decision"].clone();
    assert_eq!(
        published,
        json!({ "state": "PUBLISHED", "publishedBy": { "name": "pia" } })
    );
    let again = pia.ok(PUBLISH, id).await["publishDecision"].clone();
    assert_eq!(again["userErrors"][0]["code"], "INVALID_STATE");

    let about = "{ decision(key: \"route\") { name version versionTag hitPolicy aggregation requiredDecisions inputs { label expression type values } outputs { name type values } } }";
    assert_eq!(
        pia.ok(about, json!({})).await["decision"],
        json!({
            "name": "Route", "version": 1, "versionTag": "first", "hitPolicy": "UNIQUE", "aggregation": null,
            "requiredDecisions": ["limit"],
            "inputs": [{ "label": "Amount", "expression": "amount", "type": "number", "values": null }],
            "outputs": [{ "name": "lane", "type": "string", "values": ["small", "large"] }]
        })
    );
    both.ok(UPLOAD, json!({ "xml": stricter() })).await;
    let list = "query($f: DecisionFilter, $n: Int, $a: String) { decisions(filter: $f, first: $n, after: $a) { totalCount pageInfo { endCursor hasNextPage } nodes { key version state } } }";
    let all = pia.ok(list, json!({})).await["decisions"].clone();
    let keys: Vec<_> = all["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| (node["key"].clone(), node["version"].clone()))
        .collect();
    assert_eq!(
        keys,
        [("limit", 1), ("limit", 2), ("route", 1), ("route", 2)]
            .map(|(key, version)| (json!(key), json!(version)))
    );
    let page = pia.ok(list, json!({ "n": 3 })).await["decisions"].clone();
    let rest = pia
        .ok(list, json!({ "n": 3, "a": page["pageInfo"]["endCursor"] }))
        .await["decisions"]
        .clone();
    assert_eq!(
        (&rest["totalCount"], &rest["nodes"]),
        (
            &json!(4),
            &json!([{ "key": "route", "version": 2, "state": "DRAFT" }])
        )
    );
    let latest = pia.ok(list, json!({ "f": { "latest": true } })).await["decisions"].clone();
    assert_eq!(
        latest["nodes"],
        json!([{ "key": "route", "version": 1, "state": "PUBLISHED" }])
    );
    let drafts = pia
        .ok(list, json!({ "f": { "key": "route", "state": ["DRAFT"] } }))
        .await["decisions"]
        .clone();
    assert_eq!(
        drafts["nodes"],
        json!([{ "key": "route", "version": 2, "state": "DRAFT" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_table_shows_where_and_is_not_published() {
    let server = TestServer::start().await;
    let [dora, pia] = [dora(&server), pia(&server)];
    for hostile in [
        "",
        "<a/>",
        "no xml",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>",
    ] {
        let refused = dora.ok(UPLOAD, json!({ "xml": hostile })).await["uploadDecision"].clone();
        assert_eq!(refused["decision"], Value::Null);
        assert_eq!(refused["userErrors"][0]["code"], "INVALID_INPUT");
        assert_eq!(refused["userErrors"][0]["field"], json!(["dmnXml"]));
        assert_eq!(refused["findings"][0]["severity"], "ERROR", "{refused}");
    }
    let empty = "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\"/>";
    let refused = dora.ok(UPLOAD, json!({ "xml": empty })).await["uploadDecision"].clone();
    assert_eq!(
        refused["userErrors"][0]["message"],
        "the file holds no decision"
    );

    let broken = ROUTE
        .replace("&lt; limit", "[1..")
        .replace("#limit", "#nothing");
    let draft = dora.ok(UPLOAD, json!({ "xml": broken })).await["uploadDecision"].clone();
    let found: Vec<_> = draft["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            (
                finding["rule"].clone(),
                finding["line"].clone(),
                finding["elementId"].clone(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (json!("unknown-reference"), json!(5), json!("route")),
            (json!("bad-test"), json!(9), json!("below")),
        ]
    );
    let id = json!({ "d": draft["decision"]["id"] });
    let refused = pia.ok(PUBLISH, id).await["publishDecision"].clone();
    assert_eq!(refused["userErrors"][0]["code"], "INVALID_INPUT");
    let tried = "{ evaluateDecision(input: {key: \"route\", version: 1}) { error result } }";
    assert_eq!(
        pia.ok(tried, json!({})).await["evaluateDecision"],
        json!({ "error": "the decision has errors: see the findings", "result": null })
    );

    // What is only worth a look does not stand in the way.
    let overlap = ROUTE
        .replace("&lt; limit", "&lt;= 7")
        .replace("&gt;= limit", "&gt; 6");
    let draft = dora.ok(UPLOAD, json!({ "xml": overlap })).await["uploadDecision"].clone();
    assert_eq!(draft["findings"][0]["severity"], "WARNING");
    assert_eq!(
        draft["findings"][0]["message"],
        "rules 1 and 2 both hit, and only one may, when `Amount` is (6..7]"
    );
    let id = json!({ "d": draft["decision"]["id"] });
    let published = pia.ok(PUBLISH, id).await["publishDecision"].clone();
    assert_eq!(published["userErrors"], json!([]));
    let emma = server.user("emma");
    server
        .publish(&asking("latest", r#"<wf:decision ref="route"/>"#))
        .await;
    let (stands, incidents) = lane(&emma, "latest", 7).await;
    assert_eq!(stands, "ask");
    assert_eq!(
        incidents[0]["message"],
        "rules 1 and 2 of the decision `route` hit, and only one may"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_tried_before_it_is_published() {
    let server = TestServer::start().await;
    let dora = dora(&server);
    dora.ok(UPLOAD, json!({ "xml": ROUTE })).await;
    let evaluate = "query($input: EvaluateDecisionInput!) { evaluateDecision(input: $input) { decision { version state } result matchedRules { decisionKey number ruleId annotations outputs } error } }";
    let draft = json!({ "input": { "key": "route", "version": 1, "data": { "amount": 5 } } });
    assert_eq!(
        dora.ok(evaluate, draft).await["evaluateDecision"],
        json!({
            "decision": { "version": 1, "state": "DRAFT" },
            "result": "small",
            "matchedRules": [{ "decisionKey": "route", "number": 1, "ruleId": "below", "annotations": ["quick"], "outputs": { "lane": "small" } }],
            "error": null
        })
    );
    let unpublished = json!({ "input": { "key": "route", "data": { "amount": 5 } } });
    assert_eq!(
        dora.ok(evaluate, unpublished).await["evaluateDecision"],
        Value::Null
    );
    let wrong = json!({ "input": { "key": "route", "version": 1, "data": { "amount": "hush" } } });
    let told = dora.ok(evaluate, wrong).await["evaluateDecision"].clone();
    assert_eq!(
        told["error"],
        "the input `Amount` of the decision `route` is no `number`"
    );
    assert_eq!(
        (&told["result"], &told["matchedRules"]),
        (&Value::Null, &json!([]))
    );
    let nothing = json!({ "input": { "key": "route", "version": 1, "data": "no object" } });
    let refused = dora.send(evaluate, nothing).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_for_designers_and_managers() {
    let server = TestServer::start().await;
    let id = publish(&server, ROUTE).await;
    let emma = server.user("emma");
    let everything = "query($d: ID!) { node(id: $d) { id } decisions { totalCount nodes { id } } decision(key: \"route\") { id } evaluateDecision(input: {key: \"route\"}) { error } }";
    assert_eq!(
        emma.ok(everything, json!({ "d": id })).await,
        json!({ "node": null, "decisions": { "totalCount": 0, "nodes": [] }, "decision": null, "evaluateDecision": null })
    );
    for (document, name) in [(PUBLISH, "publishDecision"), (RETIRE, "retireDecision")] {
        let refused = emma.ok(document, json!({ "d": id })).await[name].clone();
        assert_eq!(refused["userErrors"][0]["code"], "NOT_PERMITTED");
    }
    let refused = emma.ok(UPLOAD, json!({ "xml": ROUTE })).await["uploadDecision"].clone();
    assert_eq!(refused["userErrors"][0]["code"], "NOT_PERMITTED");
    let wrong = emma
        .send(
            PUBLISH,
            json!({ "d": "Process_0199abcd-0000-7000-8000-000000000001" }),
        )
        .await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_that_fire_together_ask_their_decisions() {
    let server = TestServer::start().await;
    let emma = server.user("emma");
    publish(&server, ROUTE).await;
    let waiting = asking("waiting", r#"<wf:decision ref="route" result="lane"/>"#)
        .replace(
            r#"<sequenceFlow id="f1" sourceRef="start" targetRef="ask"/>"#,
            r#"<sequenceFlow id="f0" sourceRef="start" targetRef="wait"/><intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent><sequenceFlow id="f1" sourceRef="wait" targetRef="ask"/>"#,
        );
    server.publish(&waiting).await;
    let mut instances = Vec::new();
    for amount in [1, 500, 1_000] {
        instances.push(emma.start("waiting", json!({ "amount": amount })).await);
    }
    server.advance("PT1H").await;
    let mut stands = Vec::new();
    for instance in instances {
        let seen = emma.ok(LANE, json!({ "i": instance })).await["processInstance"].clone();
        assert_eq!(seen["incidents"], json!([]));
        stands.push(seen["tokens"][0]["elementId"].clone());
    }
    assert_eq!(stands, ["small", "small", "large"]);
}
