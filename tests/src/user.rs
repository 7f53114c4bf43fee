//! A person, and what they can send.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use docket_domain::value::Name;
use docket_infra::crypto::RootKey;
use docket_infra::identity::{Bearer, DevIssuer};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::server::{client, data};
use crate::socket::Socket;

/// A person with a token of the development issuer. Cheap to change before the first request: each method gives a new person.
#[derive(Clone)]
pub struct User {
    addr: SocketAddr,
    data: PathBuf,
    bearer: Bearer,
    kept: Option<(reqwest::Client, String)>,
}

impl User {
    /// A person of the tenant acme without any privilege, before a server over a data folder.
    pub fn at(addr: SocketAddr, data: impl AsRef<Path>, name: &str) -> User {
        let data = data.as_ref();
        let bearer = Bearer {
            tenant: "acme".to_owned(),
            user: Name::from(name),
            groups: Vec::new(),
            roles: Vec::new(),
            privileges: Vec::new(),
            expires_at: Timestamp::MAX
                .round(jiff::Unit::Second)
                .unwrap_or(Timestamp::MAX),
        };
        User {
            addr,
            data: data.to_owned(),
            bearer,
            kept: None,
        }
    }

    /// The same person in another tenant.
    pub fn in_tenant(mut self, tenant: &str) -> User {
        self.bearer.tenant = tenant.to_owned();
        self
    }

    /// The same person in one more group.
    pub fn group(mut self, group: &str) -> User {
        self.bearer.groups.push(Name::from(group));
        self
    }

    /// The same person with one more role.
    pub fn role(mut self, role: &str) -> User {
        self.bearer.roles.push(Name::from(role));
        self
    }

    /// The same person with one more privilege.
    pub fn privilege(mut self, privilege: &str) -> User {
        self.bearer
            .privileges
            .push(privilege.parse().expect("a privilege"));
        self
    }

    /// The same person with a token that ends at a moment.
    pub fn until(mut self, at: Timestamp) -> User {
        self.bearer.expires_at = at;
        self
    }

    /// The same person, with one token and one connection for all that they send: for tests that send much.
    pub fn keep_alive(mut self) -> User {
        self.kept = Some((client(), self.token()));
        self
    }

    /// The same person with a token from elsewhere, whatever it says.
    pub fn bearing(mut self, token: String) -> User {
        self.kept = Some((client(), token));
        self
    }

    /// The person's name.
    pub fn name(&self) -> &str {
        &self.bearer.user
    }

    /// The person's token.
    pub fn token(&self) -> String {
        if let Some((_, token)) = &self.kept {
            return token.clone();
        }
        let key = RootKey::load(&self.data.with_extension("key"))
            .expect("the root key lies beside the data");
        DevIssuer::new(&key).issue(
            &self.bearer,
            self.bearer.expires_at - SignedDuration::from_hours(1),
        )
    }

    /// Sends a document and gives the whole answer.
    pub async fn send(&self, document: &str, variables: Value) -> Value {
        let (client, token) = self
            .kept
            .clone()
            .unwrap_or_else(|| (client(), self.token()));
        let response = client
            .post(format!("http://{}/graphql", self.addr))
            .bearer_auth(token)
            .json(&json!({ "query": document, "variables": variables }))
            .send()
            .await
            .expect("the server answers");
        response.json().await.expect("the answer is JSON")
    }

    /// Sends a document and gives what a stranger could compare: status, headers but for the date and the request's id, bytes.
    pub async fn raw(
        &self,
        document: &str,
        variables: Value,
    ) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let request = client()
            .post(format!("http://{}/graphql", self.addr))
            .bearer_auth(self.token());
        let response = request
            .json(&json!({ "query": document, "variables": variables }))
            .send()
            .await
            .expect("the server answers");
        let headers = response
            .headers()
            .iter()
            .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
        let headers = headers
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        (
            response.status().as_u16(),
            headers,
            response.bytes().await.expect("the answer arrives").to_vec(),
        )
    }

    /// Sends a document that must succeed and gives its data.
    pub async fn ok(&self, document: &str, variables: Value) -> Value {
        data(&self.send(document, variables).await)
    }

    /// Opens a socket as this person.
    pub async fn socket(&self) -> Socket {
        Socket::open(self.addr, &self.token())
            .await
            .expect("the socket opens")
    }

    /// Starts an instance and gives its id.
    pub async fn start(&self, key: &str, data: Value) -> String {
        let start = "mutation($key: String!, $data: JSON) { startProcess(input: {key: $key, data: $data}) { processInstance { id } userErrors { code message } } }";
        let answer = self.ok(start, json!({ "key": key, "data": data })).await;
        let id = answer["startProcess"]["processInstance"]["id"].as_str();
        id.unwrap_or_else(|| panic!("`{key}` starts: {answer}"))
            .to_owned()
    }

    /// The tasks of one worklist kind, as `(id, name)`.
    pub async fn worklist(&self, kind: &str) -> Vec<(String, String)> {
        let answer = self
            .ok(
                "{ viewer { worklists { kind tasks(first: 100) { nodes { id name } } } } }",
                json!({}),
            )
            .await;
        let lists = answer["viewer"]["worklists"].as_array().expect("worklists");
        lists
            .iter()
            .filter(|list| list["kind"] == kind)
            .flat_map(|list| {
                list["tasks"]["nodes"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default()
            })
            .map(|task| {
                (
                    task["id"].as_str().unwrap_or_default().to_owned(),
                    task["name"].as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect()
    }

    /// Claims a task; the refusal's code if it was refused.
    pub async fn claim(&self, task: &str) -> Result<(), String> {
        let claim = "mutation($task: ID!) { claimTask(input: {task: $task}) { task { id } userErrors { code } } }";
        refusal(&self.ok(claim, json!({ "task": task })).await["claimTask"])
    }

    /// Completes a task; the refusal's code if it was refused.
    pub async fn complete(
        &self,
        task: &str,
        data: Value,
        outcome: Option<&str>,
    ) -> Result<(), String> {
        let complete = "mutation($task: ID!, $data: JSON, $outcome: String) { completeTask(input: {task: $task, data: $data, outcome: $outcome}) { userErrors { code message } } }";
        refusal(
            &self
                .ok(
                    complete,
                    json!({ "task": task, "data": data, "outcome": outcome }),
                )
                .await["completeTask"],
        )
    }
}

fn refusal(payload: &Value) -> Result<(), String> {
    match payload["userErrors"]
        .as_array()
        .expect("a payload has `userErrors`")
        .first()
    {
        None => Ok(()),
        Some(error) => Err(error["code"].as_str().unwrap_or_default().to_owned()),
    }
}
