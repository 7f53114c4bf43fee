//! What is done to running work beside its model.

mod incidents;
mod migrations;
mod modifications;
mod suspensions;

use docket_tests::{TestServer, User};
use serde_json::{Value, json};

/// A square, then a task for the group `crew`.
pub const HELD: &str = include_str!("../fixtures/held.bpmn");

/// Sends a mutation of running work and gives the payload.
pub async fn intervene(user: &User, name: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let document = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ processInstance {{ id state }} status {{ state openTasks incidents held {{ incident elementId kind }} }} cursor userErrors {{ code message field }} }} }}"
    );
    user.ok(&document, json!({ "input": input })).await[name].clone()
}

/// The code of the refusal, or `OK`.
pub fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("OK")
}

/// An administrator who reads nothing.
pub fn adam(server: &TestServer) -> User {
    server.nobody("adam").privilege("administrator")
}
