//! What the server refuses to chew on, and the protocol by the letter.

use std::time::Duration;

use docket_tests::TestServer;
use docket_tests::server::client;
use serde_json::{Value, json};

use crate::tasks::CLAIMABLE;

async fn post(server: &TestServer, content_type: &str, body: String) -> (u16, Value) {
    let token = server.user("emma").token();
    let request = client()
        .post(format!("http://{}/graphql", server.addr))
        .bearer_auth(token)
        .header("content-type", content_type);
    let response = request.body(body).send().await.expect("the server answers");
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or(Value::Null))
}

async fn refused(server: &TestServer, document: &str) {
    let (status, answer) = post(
        server,
        "application/json",
        json!({ "query": document }).to_string(),
    )
    .await;
    assert!(status == 200 || status == 400, "{status}");
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "BAD_INPUT",
        "{answer}"
    );
    assert_eq!(
        answer.get("data").cloned().unwrap_or(Value::Null),
        Value::Null
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_is_415_and_a_large_one_413() {
    let server = TestServer::start().await;
    let query = json!({ "query": "{ viewer { user { name } } }" }).to_string();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/graphql",
        "application/jsonx",
    ] {
        assert_eq!(post(&server, kind, query.clone()).await.0, 415, "{kind}");
    }
    assert_eq!(
        post(&server, "application/json; charset=utf-8", query)
            .await
            .0,
        200
    );
    let large = json!({ "query": "{ viewer { user { name } } }", "variables": { "x": "y".repeat(300_000) } }).to_string();
    let (status, answer) = post(&server, "application/json", large).await;
    assert_eq!(
        (status, &answer["errors"][0]["extensions"]["code"]),
        (413, &json!("TOO_LARGE"))
    );
    assert_eq!(
        post(&server, "application/json", "{".to_owned()).await.0,
        400
    );
    assert_eq!(
        post(&server, "application/json", "[]".to_owned()).await.0,
        400
    );
    assert_eq!(
        post(
            &server,
            "application/json",
            format!("[{}]", json!({ "query": "{ viewer { user { name } } }" }))
        )
        .await
        .0,
        400,
        "no batches"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_designer_uploads_a_model_larger_than_a_query_may_be() {
    let server = TestServer::start().await;
    let long = CLAIMABLE.replace(
        "<startEvent id=\"start\"/>",
        &format!(
            "<startEvent id=\"start\"><documentation>{}</documentation></startEvent>",
            "word ".repeat(180_000)
        ),
    );
    server.publish(&long).await;
    let dora = server.nobody("dora").privilege("designer");
    let seen = dora
        .ok("{ process(key: \"claimable\") { bpmnXml } }", json!({}))
        .await;
    assert!(
        seen["process"]["bpmnXml"] == long,
        "what comes back is what went in"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_runs_nothing() {
    let server = TestServer::start().await;
    let url = format!(
        "http://{}/graphql?query=mutation%7BclaimTask(input:%7Btask:%22x%22%7D)%7Btask%7Bid%7D%7D%7D",
        server.addr
    );
    let response = client()
        .get(url)
        .bearer_auth(server.user("emma").token())
        .send()
        .await
        .expect("the server answers");
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST");
}

/// A page of another origin that the settings name sends requests, and no other does.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_named_origin_may_ask_and_read_the_answer() {
    let (ours, theirs) = ("https://apps.example.org", "https://evil.example.org");
    let server =
        TestServer::start_with(|config| config.allowed_origins = vec![format!("{ours}/")]).await;
    let url = format!("http://{}/graphql", server.addr);
    let token = server.user("emma").token();
    let header = |response: &reqwest::Response, name: &str| {
        let value = response.headers().get(name);
        value.map(|value| value.to_str().expect("text").to_owned())
    };
    for (origin, may) in [(ours, true), (theirs, false), ("null", false)] {
        let asked = client()
            .request(reqwest::Method::OPTIONS, &url)
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            );
        let asked = asked.send().await.expect("the server answers");
        let sent = client()
            .post(&url)
            .header("origin", origin)
            .bearer_auth(&token)
            .json(&json!({ "query": "{ viewer { user { name } } }" }));
        let sent = sent.send().await.expect("the server answers");
        let allowed = may.then(|| origin.to_owned());
        for answer in [&asked, &sent] {
            assert_eq!(header(answer, "access-control-allow-origin"), allowed);
            assert_eq!(header(answer, "access-control-allow-credentials"), None);
            assert_eq!(header(answer, "vary").as_deref(), Some("origin"));
        }
        assert_eq!(asked.status(), if may { 204 } else { 405 }, "{origin}");
        let methods = header(&asked, "access-control-allow-methods");
        assert_eq!(methods.as_deref(), may.then_some("POST"));
        let headers = header(&asked, "access-control-allow-headers").unwrap_or_default();
        assert_eq!(headers.contains("authorization"), may);
        assert_eq!(headers.contains("content-type"), may);
        // A refusal, too, is for the page to read.
        let refused = client()
            .post(&url)
            .header("origin", origin)
            .json(&json!({}));
        let refused = refused.send().await.expect("the server answers");
        assert_eq!(refused.status(), 401);
        assert_eq!(header(&refused, "access-control-allow-origin"), allowed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_nest_spread_and_alias_without_end_are_refused_and_the_server_lives() {
    let server = TestServer::start().await;
    for bracket in ["[", "{", "("] {
        refused(&server, &format!("{{ node(id: {}", bracket.repeat(5_000))).await;
    }
    refused(
        &server,
        &format!(
            "{{ node(id: {}1{}) {{ id }} }}",
            "[".repeat(5_000),
            "]".repeat(5_000)
        ),
    )
    .await;
    let spreads: String = (0..20)
        .map(|i| format!("fragment f{i} on Viewer {{ ...f{0} ...f{0} }} ", i + 1))
        .collect();
    refused(
        &server,
        &format!("{{ viewer {{ ...f0 }} }} {spreads} fragment f20 on Viewer {{ roles }}"),
    )
    .await;
    refused(
        &server,
        "{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }",
    )
    .await;
    let aliases: String = (0..2_000).map(|i| format!("a{i}: __typename ")).collect();
    refused(&server, &format!("{{ viewer {{ {aliases} }} }}")).await;
    let roots: String = (0..100)
        .map(|i| format!("r{i}: viewer {{ roles }} "))
        .collect();
    refused(&server, &format!("{{ {roots} }}")).await;
    let directives = "@include(if: true) ".repeat(500);
    refused(&server, &format!("{{ viewer {directives} {{ roles }} }}")).await;
    let deep = format!(
        "{{ viewer {{ startable {{ nodes {} }} }} }}",
        "{ instances { nodes { process ".repeat(10) + "{ id }" + &" } } }".repeat(10)
    );
    refused(&server, &deep).await;
    let alive = server
        .user("emma")
        .ok("{ viewer { user { name } } }", json!({}))
        .await;
    assert_eq!(alive["viewer"]["user"]["name"], "emma");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_bounds_and_cursors_belong_to_their_list() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [server.user("emma"), server.user("ann").group("crew")];
    for _ in 0..5 {
        emma.start("claimable", json!({})).await;
    }
    let page = "query($first: Int, $after: String, $last: Int, $before: String, $order: [TaskOrder!]) { tasks(first: $first, after: $after, last: $last, before: $before, orderBy: $order) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } } }";
    let all: Vec<Value> = ann.ok(page, json!({ "first": 5 })).await["tasks"]["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .map(|edge| edge["node"]["id"].clone())
        .collect();
    assert_eq!(all.len(), 5);
    let mut forward = Vec::new();
    let mut after = Value::Null;
    loop {
        let tasks = ann.ok(page, json!({ "first": 2, "after": after })).await["tasks"].clone();
        assert_eq!(tasks["totalCount"], 5);
        forward.extend(
            tasks["edges"]
                .as_array()
                .expect("edges")
                .iter()
                .map(|edge| edge["node"]["id"].clone()),
        );
        after = tasks["pageInfo"]["endCursor"].clone();
        if tasks["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(forward, all);
    let last = ann.ok(page, json!({ "last": 2, "before": after })).await["tasks"].clone();
    assert_eq!(
        last["edges"]
            .as_array()
            .expect("edges")
            .iter()
            .map(|edge| edge["node"]["id"].clone())
            .collect::<Vec<_>>(),
        all[2..4]
    );
    for bad in [
        json!({ "first": 101 }),
        json!({ "first": -1 }),
        json!({ "first": 1, "last": 1 }),
        json!({ "first": 1, "after": "x" }),
    ] {
        let answer = ann.send(page, bad.clone()).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_INPUT",
            "{bad}: {answer}"
        );
    }
    let foreign = emma.send(page, json!({ "first": 1, "after": after, "order": [{ "field": "PRIORITY", "direction": "ASC" }] })).await;
    assert_eq!(
        foreign["errors"][0]["extensions"]["code"], "BAD_INPUT",
        "a cursor of another order: {foreign}"
    );
    for id in [
        "",
        "Task_",
        "Task_x",
        "Nonsense_0193a1b2-0000-7000-8000-000000000000",
        "\u{0}",
    ] {
        let answer = ann
            .send(
                "query($id: ID!) { node(id: $id) { id } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_INPUT",
            "{id:?}: {answer}"
        );
    }
}

/// One task or fifty: the same statements. The workers look for what is due meanwhile, so that the least of some times counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_tasks_with_everything_around_them_costs_a_constant_number_of_statements() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    let [emma, ann] = [
        server.user("emma").keep_alive(),
        server.user("ann").group("crew").keep_alive(),
    ];
    for i in 0..50 {
        emma.start(
            "claimable",
            json!({ "a": i, "b": "text", "c": [1, 2], "d": true }),
        )
        .await;
    }
    let page = "query($n: Int) { tasks(first: $n) { totalCount nodes { id name state priority assignee { name } process { key name version } processInstance { id state businessKey initiator { name } fields { name value visibility } data } fields { name value } form { key } viewerCan { claim complete } } } }";
    let cost = async |size: usize| {
        let before = statements(&server).await;
        let answer = ann.ok(page, json!({ "n": size })).await;
        let nodes = answer["tasks"]["nodes"].as_array().expect("nodes");
        assert_eq!(nodes.len(), size);
        statements(&server).await - before
    };
    let first = cost(50).await;
    assert!(first <= 12, "{first}");
    let mut least = [i64::MAX; 3];
    for _ in 0..5 {
        for (least, size) in least.iter_mut().zip([1, 10, 50]) {
            *least = cost(size).await.min(*least);
        }
    }
    assert!(least.iter().all(|cost| *cost == least[0]), "{least:?}");
    assert!(least[0] <= first, "{least:?}, and {first} at first");
}

/// The statements that the server has sent, as its metrics say. Asking costs none.
async fn statements(server: &TestServer) -> i64 {
    let text = client()
        .get(format!("http://{}/metrics", server.addr))
        .send()
        .await
        .expect("the server answers")
        .text()
        .await
        .expect("text");
    let line = text
        .lines()
        .find(|line| line.starts_with("docket_statements_total "))
        .expect("the metric is there");
    line.rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn health_readiness_and_metrics_answer_without_a_token_and_say_nothing_about_people() {
    let server = TestServer::start().await;
    server.publish(CLAIMABLE).await;
    server.user("emma").start("claimable", json!({})).await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        let response = client()
            .get(format!("http://{}{path}", server.addr))
            .timeout(Duration::from_secs(5))
            .send()
            .await
            .expect("the server answers");
        assert_eq!(response.status(), 200, "{path}");
        let text = response.text().await.expect("text");
        assert!(!text.contains("emma") && !text.contains("acme"), "{path}");
    }
}
