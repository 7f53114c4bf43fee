//! One case: what it asks for, and what is done for it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value as Json, json};

use super::{Outcome, judge, model};
use crate::{TestServer, User};

/// How often what came of a case is looked at again if it is not yet as expected: what one instance tells another arrives
/// after an answer, soon.
const LOOKS: u32 = 20;
const BETWEEN: Duration = Duration::from_millis(50);

const UPLOAD: &str = "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { processes { id key findings { severity message } } userErrors { message } } }";
const PUBLISH: &str = "mutation($process: ID!) { publishProcess(input: {process: $process}) { userErrors { message } } }";
const START: &str = "mutation($key: String!, $data: JSON) { startProcess(input: {key: $key, data: $data}) { userErrors { code message } } }";
const ACTIVATE: &str =
    "mutation($input: ActivateWorkInput!) { activateWork(input: $input) { work { id } } }";
const THROW: &str = "mutation($input: ThrowWorkErrorInput!) { throwWorkError(input: $input) { userErrors { message } } }";
const INSTANCES: &str = "{ processInstances(first: 100) { nodes { id state data process { key } incidents { elementId message } } } }";
const HISTORY: &str = "query($id: ID!, $after: String) { processInstance(id: $id) { history(first: 100, after: $after) { nodes { sequence kind elementId repetition } pageInfo { hasNextPage endCursor } } } }";

/// What a case asks for.
pub struct Case {
    /// Its place in the file.
    pub number: usize,
    /// Milliseconds that the clock goes on after the starts.
    pub wait: u64,
    /// The case as it stands in the file.
    pub json: Json,
}

/// A case whose instances have been started.
pub struct Begun {
    case: Case,
    reader: User,
    refused: Vec<String>,
}

/// What came of a case.
#[derive(Default)]
pub struct Found {
    /// Why something was not published or not started.
    pub refused: Vec<String>,
    /// The instances, as GraphQL shows them.
    pub instances: Vec<Json>,
    /// The entries of all histories, each with the number of its instance.
    pub entries: Vec<(usize, Json)>,
}

impl Case {
    /// Reads a case; an error if it asks for something that is not done here.
    pub fn read(number: usize, json: &Json) -> anyhow::Result<Case> {
        let mut wait = 0;
        for step in steps(json) {
            match step["op"].as_str() {
                Some("deploy" | "start") if wait == 0 => {}
                Some("wait") => wait += step["ms"].as_u64().context("how long to wait")?,
                op => bail!("cannot do {op:?} here"),
            }
        }
        Ok(Case {
            number,
            wait,
            json: json.clone(),
        })
    }

    /// Publishes and starts.
    pub async fn begin(mut self, server: &TestServer, folder: &Path) -> anyhow::Result<Begun> {
        let tenant = format!("case-{}", self.number);
        let person = |name: &str| server.nobody(name).in_tenant(&tenant);
        let designer = person("dora").privilege("designer").keep_alive();
        let manager = person("pia").privilege("manager").keep_alive();
        let reader = person("emma")
            .privilege("instantiator")
            .privilege("user")
            .keep_alive();
        let mut refused = Vec::new();
        let mut called = Vec::new();
        for step in steps(&self.json) {
            let text = |name: &str| step[name].as_str().context("a step says what it is about");
            if step["op"] == "deploy" {
                let xml = fs::read_to_string(folder.join(text("file")?))?;
                called.extend(model::calls(&xml));
                deploy(&designer, &manager, &model::prepared(&xml), &mut refused).await;
            } else if step["op"] == "start" {
                let asked = json!({ "key": text("process")?, "data": step["vars"] });
                let answer = reader.ok(START, asked).await;
                refused.extend(errors(&answer["startProcess"], "not started"));
            }
        }
        let worker = person("rob").privilege("worker").keep_alive();
        if self.has_word("THROW_ERROR") {
            fail(&worker).await;
        }
        self.name_callers(&called);
        Ok(Begun {
            case: self,
            reader,
            refused,
        })
    }
}

impl Case {
    fn has_word(&self, word: &str) -> bool {
        let mut words = self.json["placeholders"].as_array().into_iter().flatten();
        words.any(|one| one["placeholder"] == word)
    }

    /// A global task has its word where it is called.
    fn name_callers(&mut self, called: &[(String, String)]) {
        let Some(words) = self.json["placeholders"].as_array_mut() else {
            return;
        };
        for word in words {
            let mut called = called.iter();
            if let Some((_, caller)) = called.find(|(task, _)| word["element"] == **task) {
                word["element"] = json!(caller);
            }
        }
    }
}

/// Does the work that fails.
async fn fail(worker: &User) {
    let activate = json!({ "type": model::FAILING, "worker": "w" });
    let fetched = worker.ok(ACTIVATE, json!({ "input": activate })).await;
    let fetched = fetched["activateWork"]["work"].as_array().cloned();
    for work in fetched.into_iter().flatten() {
        let error = json!({ "work": work["id"], "worker": "w", "code": model::ERROR });
        worker.ok(THROW, json!({ "input": error })).await;
    }
}

async fn deploy(designer: &User, manager: &User, xml: &str, refused: &mut Vec<String>) {
    let uploaded = designer.ok(UPLOAD, json!({ "xml": xml })).await;
    let uploaded = &uploaded["uploadProcess"];
    refused.extend(errors(uploaded, "not uploaded"));
    for process in uploaded["processes"].as_array().into_iter().flatten() {
        let published = manager
            .ok(PUBLISH, json!({ "process": process["id"] }))
            .await;
        if errors(&published["publishProcess"], "").is_empty() {
            continue;
        }
        let findings = process["findings"].as_array().into_iter().flatten();
        let faults: Vec<&str> = findings
            .filter(|finding| finding["severity"] == "ERROR")
            .filter_map(|finding| finding["message"].as_str())
            .collect();
        refused.push(format!("not published: {}", faults.join("; ")));
    }
}

fn errors(payload: &Json, what: &str) -> Vec<String> {
    let errors = payload["userErrors"].as_array().into_iter().flatten();
    errors
        .map(|error| format!("{what}: {}", error["message"].as_str().unwrap_or_default()))
        .collect()
}

fn steps(case: &Json) -> impl Iterator<Item = &Json> {
    case["steps"].as_array().into_iter().flatten()
}

impl Begun {
    /// Reads what happened and compares.
    pub async fn end(self) -> anyhow::Result<(usize, Outcome)> {
        let mut pause = tokio::time::interval(BETWEEN);
        let mut failure = None;
        for _ in 0..LOOKS {
            pause.tick().await;
            let found = self.found().await?;
            failure = judge::judge(&self.case.json, &found).err();
            if failure.is_none() {
                break;
            }
        }
        let text = |name: &str| {
            let text = self.case.json[name].as_str();
            text.map(str::to_owned).context("a case has names")
        };
        let outcome = Outcome {
            id: text("id")?,
            group: text("group")?,
            feature: text("feature")?,
            failure,
        };
        Ok((self.case.number, outcome))
    }

    async fn found(&self) -> anyhow::Result<Found> {
        let answer = self.reader.ok(INSTANCES, json!({})).await;
        let instances = answer["processInstances"]["nodes"].as_array().cloned();
        let instances = instances.context("a list of instances")?;
        let mut entries = Vec::new();
        for (number, instance) in instances.iter().enumerate() {
            let mut after = Json::Null;
            loop {
                let asked = json!({ "id": instance["id"], "after": after });
                let page = &self.reader.ok(HISTORY, asked).await["processInstance"]["history"];
                let nodes = page["nodes"].as_array().context("a page of history")?;
                entries.extend(nodes.iter().map(|entry| (number, entry.clone())));
                if page["pageInfo"]["hasNextPage"] != true {
                    break;
                }
                after = page["pageInfo"]["endCursor"].clone();
            }
        }
        Ok(Found {
            refused: self.refused.clone(),
            instances,
            entries,
        })
    }
}
