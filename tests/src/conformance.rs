//! The outside suites: models and what they hold, drawn by others and kept outside of the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use docket_domain::bpmn::read::{DraftElement, read};
use serde_json::{Value as Json, json};

use crate::{TestServer, User};

/// What came of the reference models of the BPMN interchange group.
#[derive(Debug, Default)]
pub struct MiwgReport {
    /// Files that were read, hold what the inventory says, and come back from a server byte for byte.
    pub passed: usize,
    /// The others: file, and what is wrong with it.
    pub failed: Vec<(String, String)>,
}

/// Counts by tag, and the tag and name of what may bear a name, sorted.
#[derive(PartialEq, Debug)]
struct Inventory {
    counts: BTreeMap<String, u64>,
    named: Vec<(String, String)>,
}

/// Reads every model that `models/miwg/inventory.json` in the folder lists and compares what it holds with the list; then
/// uploads it to a server of its own and compares what comes back.
pub async fn miwg(folder: &Path) -> anyhow::Result<MiwgReport> {
    let folder = folder.join("models/miwg");
    let path = folder.join("inventory.json");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let entries: Vec<Json> = serde_json::from_str(&text).context("read the inventory")?;
    ensure!(!entries.is_empty(), "the inventory lists no file");
    let mut report = MiwgReport::default();
    let server = TestServer::start().await;
    let designer = server.nobody("dora").privilege("designer");
    for entry in &entries {
        let file = entry["file"].as_str().context("an entry names its file")?;
        let expected = expected(&entry["inventory"]).context(file.to_owned())?;
        let path = folder.join(file);
        let compared = match compare(&path, &expected) {
            Ok(()) => comes_back(&designer, &path).await,
            Err(error) => Err(error),
        };
        match compared {
            Ok(()) => report.passed += 1,
            Err(error) => report.failed.push((file.to_owned(), format!("{error:#}"))),
        }
    }
    Ok(report)
}

fn expected(json: &Json) -> anyhow::Result<Inventory> {
    let counts = serde_json::from_value(json["counts"].clone()).context("read the counts")?;
    let named = serde_json::from_value(json["named"].clone()).context("read the names")?;
    Ok(Inventory { counts, named })
}

fn compare(path: &Path, expected: &Inventory) -> anyhow::Result<()> {
    let draft = read(&fs::read(path)?).map_err(|problems| match problems.first() {
        Some(problem) => anyhow::anyhow!("{problem}"),
        None => anyhow::anyhow!("refused without a problem"),
    })?;
    let found = found(&draft.elements());
    ensure!(
        found.counts == expected.counts,
        "counts are {:?} instead of {:?}",
        found.counts,
        expected.counts
    );
    for (found, expected) in found.named.iter().zip(&expected.named) {
        ensure!(found == expected, "holds {found:?} instead of {expected:?}");
    }
    ensure!(
        found.named.len() == expected.named.len(),
        "names {} elements instead of {}",
        found.named.len(),
        expected.named.len()
    );
    Ok(())
}

/// Uploads the text of a file and asks for it again, for each process in it.
async fn comes_back(designer: &User, path: &Path) -> anyhow::Result<()> {
    let bytes = fs::read(path)?;
    // Over JSON a model is text: what a client reads from a Latin-1 file is its characters.
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect());
    let upload = "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { processes { id } userErrors { message } } }";
    let uploaded = designer.ok(upload, json!({ "xml": text })).await["uploadProcess"].clone();
    let processes = uploaded["processes"].as_array().cloned();
    let processes = processes.filter(|processes| !processes.is_empty());
    for process in processes.with_context(|| format!("not uploaded: {uploaded}"))? {
        let again = "query($id: ID!) { node(id: $id) { ... on Process { bpmnXml } } }";
        let answer = designer.ok(again, json!({ "id": process["id"] })).await;
        ensure!(
            answer["node"]["bpmnXml"] == text,
            "does not come back as it was"
        );
    }
    Ok(())
}

fn found(elements: &[DraftElement]) -> Inventory {
    let mut counts = BTreeMap::new();
    let mut named = Vec::new();
    for element in elements.iter().filter(|element| is_listed(&element.tag)) {
        *counts.entry(element.tag.to_string()).or_default() += 1;
        if !is_line(&element.tag) {
            let name = element.name.as_deref().unwrap_or_default();
            let words: Vec<_> = name.split_whitespace().collect();
            named.push((element.tag.to_string(), words.join(" ")));
        }
    }
    named.sort();
    Inventory { counts, named }
}

/// What the inventory counts.
fn is_listed(tag: &str) -> bool {
    let nodes = [
        "participant",
        "lane",
        "group",
        "textAnnotation",
        "task",
        "subProcess",
        "callActivity",
    ];
    let ends = ["Task", "Gateway", "Event", "Reference"];
    is_line(tag) || nodes.contains(&tag) || ends.iter().any(|end| tag.ends_with(end))
}

/// What the inventory counts and does not name.
fn is_line(tag: &str) -> bool {
    ["sequenceFlow", "messageFlow", "association"].contains(&tag)
}
