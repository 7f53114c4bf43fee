//! The expense claim: the rule on the amount, and four eyes.

use docket_tests::{TestServer, User};
use serde_json::json;

const EXPENSE: &str = include_str!("../../api/demo/expense.bpmn");

fn employee(server: &TestServer, name: &str) -> User {
    server.user(name).group("employees").role("employee")
}

async fn claim_for(emma: &User, amount: i64) -> String {
    let instance = emma.start("expense", json!({})).await;
    let task = emma
        .worklist("ASSIGNED")
        .await
        .pop()
        .expect("the claim is to be filed")
        .0;
    let form = json!({ "purpose": "a fair", "amount": amount, "category": "travel", "iban": "DE02120300000000202051" });
    emma.complete(&task, form, None)
        .await
        .expect("the claim can be filed");
    instance
}

async fn decide(user: &User, name: &str, outcome: &str) {
    let (task, found) = user
        .worklist("CLAIMABLE")
        .await
        .pop()
        .expect("there is a task to claim");
    assert_eq!(found, name);
    user.claim(&task).await.expect("it can be claimed");
    user.complete(&task, json!({}), Some(outcome))
        .await
        .expect("it can be completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_claim_goes_to_finance_alone() {
    let server = TestServer::start().await;
    server.publish(EXPENSE).await;
    let [emma, mark, finn] = [
        employee(&server, "emma"),
        employee(&server, "mark").group("managers"),
        employee(&server, "finn").group("finance"),
    ];
    let instance = claim_for(&emma, 1000).await;
    assert_eq!(mark.worklist("CLAIMABLE").await, []);
    decide(&finn, "Approve the payment", "approve").await;
    let seen = emma
        .ok(
            "query($i: ID!) { processInstance(id: $i) { state data } }",
            json!({ "i": instance }),
        )
        .await;
    assert_eq!(seen["processInstance"]["state"], "COMPLETED");
    assert_eq!(
        (
            &seen["processInstance"]["data"]["paid"],
            &seen["processInstance"]["data"]["status"]
        ),
        (&json!(1000), &json!("paid"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_claim_takes_two_people_who_are_not_the_claimant() {
    let server = TestServer::start().await;
    server.publish(EXPENSE).await;
    let emma = employee(&server, "emma").group("managers").group("finance");
    let mark = employee(&server, "mark").group("managers").group("finance");
    let finn = employee(&server, "finn").group("finance");
    let instance = claim_for(&emma, 1001).await;
    assert_eq!(
        emma.worklist("CLAIMABLE").await,
        [],
        "nobody reviews their own claim"
    );
    assert_eq!(finn.worklist("CLAIMABLE").await, []);
    let masked = "query($i: ID!) { processInstance(id: $i) { fields(names: [\"iban\"]) { value visibility } } }";
    let seen = employee(&server, "mo")
        .group("managers")
        .ok(masked, json!({ "i": instance }))
        .await;
    assert_eq!(
        seen["processInstance"]["fields"],
        json!([{ "value": "************2051", "visibility": "MASKED" }])
    );
    decide(&mark, "Review the large claim", "approve").await;
    assert_eq!(
        mark.worklist("CLAIMABLE").await,
        [],
        "who reviewed does not pay"
    );
    decide(&finn, "Approve the payment", "reject").await;
    let seen = mark
        .ok(
            "query($i: ID!) { processInstance(id: $i) { state data } }",
            json!({ "i": instance }),
        )
        .await;
    assert_eq!(
        seen["processInstance"]["state"], "COMPLETED",
        "who took part may look at the end"
    );
    assert_eq!(seen["processInstance"]["data"].get("paid"), None);
}
