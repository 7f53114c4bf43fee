//! Files as sixty tools write them, and as somebody would who means harm: each is read, comes back byte for byte, and runs where
//! it says that it can; and none takes more memory than it may.

use std::process::Command;

use docket_domain::bpmn;
use docket_tests::{TestServer, User, models};
use serde_json::{Value, json};

/// One way in which files differ from what one would draw oneself.
struct Oddity {
    what: &'static str,
    file: Vec<u8>,
    /// The keys of the file's processes, in its order.
    keys: &'static [&'static str],
    /// What is started, with which data, and how it stands when every task is done.
    runs: Option<(&'static str, Value, &'static str)>,
}

fn odd(
    what: &'static str,
    file: &[u8],
    keys: &'static [&'static str],
    runs: Option<(&'static str, Value, &'static str)>,
) -> Oddity {
    Oddity {
        what,
        file: file.to_vec(),
        keys,
        runs,
    }
}

/// What was counted in public models (`engine.md`), in its order; some files show several oddities, and the last is made.
fn oddities() -> Vec<Oddity> {
    let runs = |key| Some((key, json!({}), "COMPLETED"));
    let words: &[&str] = &["größe"];
    vec![
        odd(
            "any prefix",
            include_bytes!("../fixtures/models/prefix.bpmn"),
            &["prefix"],
            runs("prefix"),
        ),
        odd(
            "the default namespace",
            include_bytes!("../fixtures/models/default-namespace.bpmn"),
            &["default-namespace"],
            runs("default-namespace"),
        ),
        odd(
            "references with a prefix, ids that are no NCName",
            include_bytes!("../fixtures/models/references.bpmn"),
            &["7 references"],
            Some(("7 references", json!({}), "ACTIVE")),
        ),
        odd(
            "flows without ids, no children for flows, no diagram",
            include_bytes!("../fixtures/models/bare.bpmn"),
            &["bare"],
            runs("bare"),
        ),
        odd(
            "`isExecutable` absent or false",
            include_bytes!("../fixtures/models/drafts.bpmn"),
            &["silent", "not-executable", "executable"],
            runs("executable"),
        ),
        odd(
            "several processes and pools",
            include_bytes!("../fixtures/models/pools.bpmn"),
            &["customer", "shop"],
            runs("customer"),
        ),
        odd(
            "windows-1252",
            include_bytes!("../fixtures/models/windows-1252.bpmn"),
            words,
            runs("größe"),
        ),
        odd(
            "Latin-1",
            include_bytes!("../fixtures/models/latin-1.bpmn"),
            words,
            runs("größe"),
        ),
        odd(
            "UTF-8 with a mark",
            include_bytes!("../fixtures/models/utf-8-bom.bpmn"),
            words,
            runs("größe"),
        ),
        odd(
            "UTF-16, little end first",
            include_bytes!("../fixtures/models/utf-16-le.bpmn"),
            words,
            runs("größe"),
        ),
        odd(
            "UTF-16, big end first",
            include_bytes!("../fixtures/models/utf-16-be.bpmn"),
            words,
            runs("größe"),
        ),
        odd(
            "CDATA",
            include_bytes!("../fixtures/models/cdata.bpmn"),
            &["cdata"],
            Some(("cdata", json!({ "amount": 4 }), "COMPLETED")),
        ),
        odd(
            "CRLF",
            include_bytes!("../fixtures/models/crlf.bpmn"),
            words,
            runs("größe"),
        ),
        odd(
            "900 kB and 7,000 elements",
            models::large(7_000).as_bytes(),
            &["large"],
            None,
        ),
    ]
}

/// The characters of a file, as a client reads them that knows its encoding.
fn characters(file: &[u8]) -> String {
    let wide = |from: fn([u8; 2]) -> u16| -> String {
        let (pairs, _) = file.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| from(*pair)).collect();
        String::from_utf16(&units).expect("UTF-16")
    };
    match file {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8(file.to_vec())
            .unwrap_or_else(|_| file.iter().copied().map(char::from).collect()),
    }
}

#[test]
fn the_large_model_is_as_large_as_the_largest_that_was_counted() {
    let text = models::large(7_000);
    assert!(text.len() >= 900_000, "{}", text.len());
    let draft = bpmn::read::read(text.as_bytes()).expect("it is read");
    assert_eq!(bpmn::lint::findings(&draft, "large"), []);
    let process = bpmn::resolve::resolve(&draft, "large").expect("it resolves");
    assert_eq!(process.elements.len(), 7_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_every_kind_are_read_come_back_byte_for_byte_and_run() {
    let server = TestServer::start().await;
    let [dora, pia] = [
        server.nobody("dora").privilege("designer"),
        server.nobody("pia").privilege("manager"),
    ];
    let emma = server.user("emma").group("crew");
    for oddity in oddities() {
        let what = oddity.what;
        let draft =
            bpmn::read::read(&oddity.file).unwrap_or_else(|found| panic!("{what}: {found:?}"));
        let keys: Vec<_> = draft.processes().into_iter().map(|it| it.key).collect();
        let read: Vec<&str> = keys.iter().map(|key| &**key).collect();
        assert_eq!(read, oddity.keys, "{what}");
        for key in oddity.keys {
            let resolved = bpmn::resolve::resolve(&draft, key);
            assert!(resolved.is_ok(), "{what}: {:?}", resolved.err());
        }
        let text = characters(&oddity.file);
        let upload = "mutation($xml: String!) { uploadProcess(input: {bpmnXml: $xml}) { processes { id key bpmnXml } userErrors { message } } }";
        let uploaded = dora.ok(upload, json!({ "xml": text })).await["uploadProcess"].clone();
        assert_eq!(uploaded["userErrors"], json!([]), "{what}");
        let processes = uploaded["processes"].as_array().expect("processes");
        assert_eq!(processes.len(), oddity.keys.len(), "{what}");
        for (process, key) in processes.iter().zip(oddity.keys) {
            assert_eq!(process["key"], *key, "{what}");
            let same = process["bpmnXml"].as_str() == Some(text.as_str());
            assert!(same, "{what} does not come back as it was");
        }
        let Some((key, data, state)) = &oddity.runs else {
            continue;
        };
        let process = processes.iter().find(|process| process["key"] == **key);
        let process = &process.expect("the process that is started")["id"];
        let publish = "mutation($process: ID!) { publishProcess(input: {process: $process}) { process { state } userErrors { message } } }";
        let published = pia.ok(publish, json!({ "process": process })).await;
        let published = &published["publishProcess"];
        assert_eq!(
            published["process"]["state"], "PUBLISHED",
            "{what}: {published}"
        );
        let instance = emma.start(key, data.clone()).await;
        assert_eq!(
            state_after_all_tasks(&emma, &instance).await,
            *state,
            "{what}"
        );
    }
}

async fn state_after_all_tasks(emma: &User, instance: &str) -> Value {
    for kind in ["CLAIMABLE", "ASSIGNED"] {
        for (task, _) in emma.worklist(kind).await {
            if kind == "CLAIMABLE" {
                emma.claim(&task).await.expect("it can be claimed");
            }
            let completed = emma.complete(&task, json!({}), None).await;
            completed.expect("it can be completed");
        }
    }
    let state = "query($id: ID!) { processInstance(id: $id) { state } }";
    emma.ok(state, json!({ "id": instance })).await["processInstance"]["state"].clone()
}

/// Names the attack whose memory a child of this test looks at.
const ATTACK: &str = "DOCKET_TEST_ATTACK";
/// Memory that reading and judging a file may take, in KiB.
const MOST: u64 = 64 * 1024;

#[test]
fn no_attack_takes_more_memory_than_it_may() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a child process of this very test is told its part by a name in the environment"
    )]
    let part = std::env::var(ATTACK).ok();
    let attacks = models::attacks();
    if let Some(part) = part {
        let at: usize = part.parse().expect("a number");
        return measure(&attacks[at].1);
    }
    let program = std::env::current_exe().expect("this program");
    for (at, (what, text)) in attacks.iter().enumerate() {
        let child = Command::new(&program)
            .args([
                "--exact",
                "--nocapture",
                "reading::no_attack_takes_more_memory_than_it_may",
            ])
            .env(ATTACK, at.to_string())
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        assert!(child.status.success(), "{what}: {said}");
        let took = said.lines().find_map(|line| line.strip_prefix("took "));
        let took: u64 = took.and_then(|kib| kib.parse().ok()).expect("a figure");
        println!("{what}: {took} KiB for {} KiB", text.len() / 1024);
        assert!(took <= MOST, "{what} takes {took} KiB");
        let refused = said.lines().any(|line| line == "refused");
        assert!(refused || !text.contains("<!DOCTYPE"), "{what} is read");
    }
}

/// Reads and judges a file, and prints what that took at its peak, as the kernel counts it.
fn measure(text: &str) {
    let before = kib("VmRSS");
    match bpmn::read::read(text.as_bytes()) {
        Ok(draft) => {
            for process in draft.processes() {
                let found = bpmn::lint::findings(&draft, &process.key);
                println!("found {}", found.len());
            }
        }
        Err(problems) => println!("refused\nproblems {}", problems.len()),
    }
    println!("took {}", kib("VmHWM").saturating_sub(before));
}

/// A count of the kernel's about this process.
fn kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .expect("a count")
}
