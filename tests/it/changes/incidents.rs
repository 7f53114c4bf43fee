//! Incidents: named, tried again, passed.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

use super::{HELD, adam, code, intervene};

/// Its square is out of range.
const HUGE: f64 = 1e20;

async fn held(user: &User) -> (String, String) {
    let instance = user.start("held", json!({ "x": HUGE })).await;
    let incident = incident(user, &instance).await["id"].clone();
    (instance, incident.as_str().expect("an id").to_owned())
}

async fn incident(user: &User, instance: &str) -> Value {
    let document = "query($id: ID!) { processInstance(id: $id) { incidents { id kind elementId elementName message } viewerCan { retry } } }";
    let answer = user.ok(document, json!({ "id": instance })).await;
    let incidents = answer["processInstance"]["incidents"].clone();
    assert_eq!(
        answer["processInstance"]["viewerCan"]["retry"],
        incidents[0] != Value::Null
    );
    incidents[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_an_instance_is_mended_and_tried_again_by_who_may_write() {
    let server = TestServer::start().await;
    server.publish(HELD).await;
    let emma = server.user("emma");
    let (instance, id) = held(&emma).await;
    let shown = incident(&emma, &instance).await;
    assert_eq!(
        (&shown["kind"], &shown["elementId"], &shown["elementName"]),
        (&json!("EXPRESSION"), &json!("square"), &json!("Square"))
    );
    let message = shown["message"].as_str().expect("a message");
    assert!(message.contains("`result` has no value"), "{message}");
    let again = intervene(&emma, "retryIncident", json!({ "incident": id })).await;
    assert_eq!(code(&again), "OK", "it is tried again, and fails again");
    let next = incident(&emma, &instance).await;
    assert_ne!(next["id"], id);
    let mended = json!({ "incident": next["id"], "data": { "x": 3 } });
    let done = intervene(&emma, "retryIncident", mended.clone()).await;
    assert_eq!(done["processInstance"]["state"], "ACTIVE", "{done}");
    assert_eq!(done["status"], Value::Null, "emma is no administrator");
    let stale = intervene(&emma, "retryIncident", mended).await;
    assert_eq!(code(&stale), "INVALID_STATE", "it is tried again once");
    assert_eq!(incident(&emma, &instance).await, Value::Null);
    let data = emma
        .ok(
            "query($id: ID!) { processInstance(id: $id) { data } }",
            json!({ "id": instance }),
        )
        .await;
    assert_eq!(data["processInstance"]["data"]["result"], json!(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_reads_nothing_finds_what_is_held_and_looks_after_it() {
    let server = TestServer::start().await;
    server.publish(HELD).await;
    let (emma, adam) = (server.user("emma"), adam(&server));
    let (instance, id) = held(&emma).await;
    let monitor = server.nobody("mona").privilege("monitor");
    let document =
        "{ monitor { instances { nodes { id incidents held { incident elementId kind at } } } } }";
    let seen = monitor.ok(document, json!({})).await;
    let status = &seen["monitor"]["instances"]["nodes"][0];
    assert_eq!(status["incidents"], 1);
    assert_eq!(status["held"][0]["incident"], id);
    assert_eq!(status["held"][0]["elementId"], "square");
    let retried = intervene(
        &adam,
        "retryIncident",
        json!({ "processInstance": instance }),
    )
    .await;
    assert_eq!(retried["processInstance"], Value::Null, "{retried}");
    assert_eq!(retried["status"]["incidents"], 1);
    let with_data = json!({ "processInstance": instance, "data": { "x": 3 } });
    let refused = intervene(&adam, "retryIncident", with_data).await;
    assert_eq!(
        code(&refused),
        "NOT_PERMITTED",
        "who reads nothing writes nothing"
    );
    let next = retried["status"]["held"][0]["incident"].clone();
    for reason in ["", " ", &"r".repeat(1_001)] {
        let input = json!({ "incident": next, "reason": reason });
        let refused = intervene(&adam, "resolveIncident", input).await;
        assert_eq!(code(&refused), "INVALID_INPUT");
        assert_eq!(refused["userErrors"][0]["field"], json!(["reason"]));
    }
    let input = json!({ "incident": next, "reason": "squared by hand" });
    let passed = intervene(&adam, "resolveIncident", input.clone()).await;
    assert_eq!(passed["status"]["incidents"], 0, "{passed}");
    assert_eq!(passed["status"]["openTasks"], 1);
    assert_eq!(passed["processInstance"], Value::Null);
    assert_eq!(
        code(&intervene(&adam, "resolveIncident", input).await),
        "INVALID_STATE"
    );
    let seen = monitor.ok(document, json!({})).await;
    assert_eq!(seen["monitor"]["instances"]["nodes"][0]["held"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_that_may_not_be_read_is_like_one_that_is_not_there() {
    let server = TestServer::start().await;
    server.publish(HELD).await;
    let (instance, id) = held(&server.user("emma")).await;
    let stranger = server.user("stranger");
    let document = "mutation($input: RetryIncidentInput!) { retryIncident(input: $input) { processInstance { id } status { id } cursor userErrors { code message field } } }";
    let absent = "00000000-0000-7000-8000-000000000001";
    let mut answers = Vec::new();
    for input in [
        json!({ "incident": id }),
        json!({ "incident": format!("Incident_{absent}-1") }),
        json!({ "processInstance": instance }),
        json!({ "processInstance": format!("ProcessInstance_{absent}") }),
        json!({ "incident": id, "data": { "x": 1 } }),
    ] {
        answers.push(stranger.raw(document, json!({ "input": input })).await);
    }
    let text = String::from_utf8_lossy(&answers[0].2);
    assert!(text.contains("NOT_AVAILABLE"), "{text}");
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    let pass = json!({ "incident": id, "reason": "because" });
    let emma = server.user("emma");
    assert_eq!(
        code(&intervene(&emma, "resolveIncident", pass).await),
        "NOT_PERMITTED"
    );
    let neither = stranger.send(document, json!({ "input": {} })).await;
    assert_eq!(neither["errors"][0]["extensions"]["code"], "BAD_INPUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_try_again_at_once_one_does() {
    let server = TestServer::start().await;
    server.publish(HELD).await;
    let emma = server.user("emma").keep_alive();
    let adam = adam(&server).keep_alive();
    for _ in 0..20 {
        let (_, id) = held(&emma).await;
        let tries = (0..16).map(|number| {
            let (emma, adam, id) = (emma.clone(), adam.clone(), id.clone());
            async move {
                if number % 2 == 0 {
                    let input = json!({ "incident": id, "data": { "x": 2 } });
                    intervene(&emma, "retryIncident", input).await
                } else {
                    let input = json!({ "incident": id, "reason": "done" });
                    intervene(&adam, "resolveIncident", input).await
                }
            }
        });
        let answers = futures_util::future::join_all(tries).await;
        let done = answers.iter().filter(|answer| code(answer) == "OK");
        assert_eq!(done.count(), 1, "{answers:?}");
        let others = answers
            .iter()
            .filter(|answer| code(answer) == "INVALID_STATE");
        assert_eq!(others.count(), 15, "{answers:?}");
    }
    assert_eq!(
        server
            .user("ann")
            .group("crew")
            .worklist("CLAIMABLE")
            .await
            .len(),
        20
    );
}
