//! What instances tell each other without knowing of each other: signals for everyone of the tenant, messages for one.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

const SIGNALS: &str = include_str!("../fixtures/signals.bpmn");

async fn signal(user: &User, data: Value) -> Value {
    let document = "mutation($data: JSON) { signalEvent(input: {name: \"alarm\", data: $data}) { cursor userErrors { code } } }";
    user.ok(document, json!({ "data": data })).await["signalEvent"].clone()
}

async fn message(user: &User, name: &str, correlation: Value, data: Value) -> Value {
    let document = "mutation($name: String!, $c: JSON, $data: JSON) { correlateMessage(input: {name: $name, correlation: $c, data: $data}) { processInstance { id process { key } } userErrors { code } } }";
    let variables = json!({ "name": name, "c": correlation, "data": data });
    user.ok(document, variables).await["correlateMessage"].clone()
}

/// Where an instance stands, and its data.
async fn stand(user: &User, id: &str) -> (Value, Value) {
    let document = "query($id: ID!) { processInstance(id: $id) { tokens { elementId } data } }";
    let found = user.ok(document, json!({ "id": id })).await["processInstance"].clone();
    (
        found["tokens"][0]["elementId"].clone(),
        found["data"].clone(),
    )
}

async fn tasks(user: &User) -> Vec<String> {
    let list = user.worklist("CLAIMABLE").await;
    let mut names: Vec<String> = list.into_iter().map(|(_, name)| name).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_reaches_every_waiting_instance_and_every_process_that_begins_with_it_once() {
    let server = TestServer::start().await;
    server.publish(SIGNALS).await;
    server.publish_for("globex", SIGNALS).await;
    let emma = server.user("emma");
    let crew = server.user("carl").group("crew");
    let elsewhere = server.user("emma").in_tenant("globex");
    let crew_elsewhere = server.user("carl").group("crew").in_tenant("globex");
    let there = elsewhere.start("listener", json!({})).await;
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.push(emma.start("listener", json!({})).await);
    }
    emma.start("thrower", json!({})).await;
    for listener in &listeners {
        assert_eq!(
            stand(&emma, listener).await,
            (json!("heard"), json!({ "level": 3 }))
        );
    }
    assert_eq!(tasks(&crew).await, ["Look"], "one has begun, once");
    let begun = "{ processInstances(filter: {process: \"alarmed\"}) { nodes { data initiator { id } createdBy { id } revision } } }";
    assert_eq!(
        crew.ok(begun, json!({})).await["processInstances"]["nodes"],
        json!([{ "data": { "level": 3 }, "initiator": null, "createdBy": null, "revision": 1 }])
    );
    assert_eq!(
        stand(&elsewhere, &there).await.0,
        "wait",
        "not across tenants"
    );
    assert_eq!(tasks(&crew_elsewhere).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_signals_their_own_tenant_and_nobody_else_does() {
    let server = TestServer::start().await;
    server.publish(SIGNALS).await;
    let emma = server.user("emma");
    let listener = emma.start("listener", json!({})).await;
    let refused = signal(&emma, json!({ "level": 1 })).await;
    assert_eq!(refused["userErrors"][0]["code"], "NOT_PERMITTED");
    let adam = server.nobody("adam").privilege("administrator");
    let strange = adam.clone().in_tenant("globex");
    assert_eq!(signal(&strange, json!({})).await["userErrors"], json!([]));
    assert_eq!(stand(&emma, &listener).await.0, "wait");
    assert_eq!(
        signal(&adam, json!({ "level": 9 })).await["userErrors"],
        json!([])
    );
    assert_eq!(
        stand(&emma, &listener).await,
        (json!("heard"), json!({ "level": 9 }))
    );
    // A later one finds nobody who waits, and begins the process that begins with it again.
    signal(&adam, json!({})).await;
    let crew = server.user("carl").group("crew");
    assert_eq!(tasks(&crew).await, ["Look", "Look"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_the_one_that_it_fits_else_begins_a_process() {
    let server = TestServer::start().await;
    server.publish(SIGNALS).await;
    let emma = server.user("emma");
    let crew = server.user("carl").group("crew");
    let one = emma.start("buyer", json!({ "number": 1 })).await;
    let two = emma.start("buyer", json!({ "number": 2 })).await;
    let again = emma.start("buyer", json!({ "number": 2 })).await;
    emma.start("bank", json!({ "number": 2 })).await;
    assert_eq!(stand(&emma, &one).await.0, "wait");
    assert_eq!(
        stand(&emma, &two).await,
        (json!("done"), json!({ "number": 2, "sum": 20 })),
        "the one that has waited longest"
    );
    assert_eq!(stand(&emma, &again).await.0, "wait");
    assert_eq!(tasks(&crew).await, ["Smile"], "and one has begun");
    // Nobody waits for the third, and nothing begins with it: it is lost.
    emma.start("bank", json!({ "number": 3 })).await;
    let three = emma.start("buyer", json!({ "number": 3 })).await;
    assert_eq!(stand(&emma, &three).await.0, "wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sends_a_message_without_naming_an_instance() {
    let server = TestServer::start().await;
    server.publish(SIGNALS).await;
    let emma = server.user("emma");
    let otto = server.user("otto");
    let theirs = emma.start("buyer", json!({ "number": 5 })).await;
    let own = otto.start("buyer", json!({ "number": 5 })).await;
    let sent = message(&otto, "paid", json!(5), json!({ "sum": 1 })).await;
    assert_eq!(
        sent["processInstance"]["id"],
        json!(own),
        "only what one may send to"
    );
    assert_eq!(stand(&emma, &theirs).await.0, "wait");
    let nobody = message(&otto, "paid", json!(5), json!({})).await;
    assert_eq!(nobody["userErrors"][0]["code"], "INVALID_STATE");
    let unknown = message(&otto, "never heard of", json!(5), json!({})).await;
    assert_eq!(
        nobody, unknown,
        "what is not readable looks like what is not there"
    );
    let begun = message(&otto, "hello", json!(null), json!({})).await;
    assert_eq!(begun["processInstance"]["process"]["key"], "greeted");
    let reader = server.nobody("rita");
    let refused = message(&reader, "hello", json!(null), json!({})).await;
    assert_eq!(
        refused["processInstance"],
        json!(null),
        "who may not start, starts nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn throws_in_answer_to_throws_come_to_an_end() {
    let server = TestServer::start().await;
    server.publish(SIGNALS).await;
    let emma = server.user("emma");
    let begun = message(&emma, "ping", json!(null), json!({})).await;
    assert_eq!(begun["userErrors"], json!([]));
    let mona = server.nobody("mona").privilege("monitor");
    let count = "{ monitor { instances(filter: {process: \"echo\"}) { totalCount } } }";
    let total =
        || async { mona.ok(count, json!({})).await["monitor"]["instances"]["totalCount"].as_i64() };
    // The first is emma's; the worker goes on with what her request has left.
    let begin = std::time::Instant::now();
    while total().await != Some(33) {
        assert!(begin.elapsed().as_secs() < 30, "{:?}", total().await);
        tokio::task::yield_now().await;
    }
    server.advance("P1D").await;
    assert_eq!(total().await, Some(33));
}
