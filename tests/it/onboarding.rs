//! The onboarding: three branches at once, one of them a sub-process that is chased after a week; and a salary that nobody
//! outside of HR reads.

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

const ONBOARDING: &str = include_str!("../../api/demo/onboarding.bpmn");

/// The names of what a person may claim, in order of name.
async fn claimable(user: &User) -> Vec<String> {
    let tasks = user.worklist("CLAIMABLE").await;
    let mut names: Vec<String> = tasks.into_iter().map(|(_, name)| name).collect();
    names.sort();
    names
}

/// Claims the task of a name and completes it.
async fn finish(user: &User, name: &str, data: Value) {
    let tasks = user.worklist("CLAIMABLE").await;
    let found = tasks.iter().find(|(_, found)| found == name);
    let (task, _) = found.unwrap_or_else(|| panic!("`{name}` among {tasks:?}"));
    user.claim(task).await.expect("it can be claimed");
    let done = user.complete(task, data, None).await;
    assert_eq!(done, Ok(()), "{name}");
}

async fn salary(user: &User, instance: &str) -> Value {
    let asked = "query($i: ID!) { processInstance(id: $i) { data fields(names: [\"salary\"]) { value visibility } } }";
    let seen = user.ok(asked, json!({ "i": instance })).await;
    seen["processInstance"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_branches_come_together_and_a_late_one_is_chased() {
    let server = TestServer::start().await;
    server.publish(ONBOARDING).await;
    let hanna = server.user("hanna").group("employees").group("hr");
    let ivan = server.user("ivan").group("employees").group("it");
    let emma = server.user("emma").group("employees");
    let start = "mutation { startProcess(input: {key: \"onboarding\", data: {newcomer: \"Nils\", startsOn: \"2026-04-01\"}}) { processInstance { id } userErrors { code } } }";
    let refused = emma.ok(start, json!({})).await;
    assert_eq!(
        refused["startProcess"]["userErrors"][0]["code"], "NOT_PERMITTED",
        "only HR hires"
    );
    let begun = hanna.ok(start, json!({})).await["startProcess"]["processInstance"].clone();
    let instance = begun["id"].as_str().expect("it has begun").to_owned();
    assert_eq!(claimable(&hanna).await, ["File the contract"]);
    assert_eq!(
        claimable(&ivan).await,
        ["Create the accounts", "Order the equipment"]
    );
    assert_eq!(claimable(&emma).await, [""; 0]);

    finish(&hanna, "File the contract", json!({ "salary": 61_000 })).await;
    let clear = json!([{ "value": 61_000, "visibility": "CLEAR" }]);
    assert_eq!(salary(&hanna, &instance).await["fields"], clear);
    finish(&ivan, "Create the accounts", json!({ "login": "nils" })).await;
    let seen = salary(&ivan, &instance).await;
    assert_eq!(seen["data"]["login"], "nils");
    assert_eq!(seen["data"].get("salary"), None);
    assert_eq!(seen["fields"], json!([]), "a secret is not even named");
    assert_eq!(salary(&emma, &instance).await, Value::Null);

    finish(&ivan, "Order the equipment", json!({ "machine": "laptop" })).await;
    assert_eq!(claimable(&hanna).await, [""; 0]);
    server.advance("P7D").await;
    assert_eq!(claimable(&hanna).await, ["Chase the workplace"]);
    assert_eq!(
        claimable(&ivan).await,
        ["Set up the desk"],
        "being chased stops nobody"
    );
    finish(&ivan, "Set up the desk", json!({ "desk": "4.17" })).await;
    assert_eq!(
        claimable(&hanna).await,
        ["Chase the workplace", "Welcome talk"]
    );
    finish(
        &hanna,
        "Chase the workplace",
        json!({ "chased": "done by now" }),
    )
    .await;
    finish(&hanna, "Welcome talk", json!({ "impressions": "good" })).await;
    let state = "query($i: ID!) { processInstance(id: $i) { state } }";
    let seen = hanna.ok(state, json!({ "i": instance })).await;
    assert_eq!(seen["processInstance"]["state"], "COMPLETED");
}
