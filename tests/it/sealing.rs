//! Sealed at rest: what people put in is in no file and in no log line.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use docket_tests::server::publish;
use docket_tests::{Executable, User};
use serde_json::{Value, json};

/// What every canary begins with.
const STEM: &str = "CaNaRy";

/// Texts that occur nowhere but in what the test sends.
struct Canaries {
    sent: Vec<String>,
}

impl Canaries {
    fn next(&mut self, place: &str) -> String {
        let canary = format!("{STEM}{:04}{place}Zq7", self.sent.len());
        self.sent.push(canary.clone());
        canary
    }
}

fn model(canaries: &mut Canaries) -> String {
    let mut xml = include_str!("../fixtures/claimable.bpmn").to_owned();
    xml = xml.replace(
        "name=\"Claimable\"",
        &format!("name=\"{}\"", canaries.next("ProcessName")),
    );
    xml = xml.replace(
        "name=\"Work\"",
        &format!("name=\"{}\"", canaries.next("TaskName")),
    );
    let notes: String = (0..20)
        .map(|_| format!("<documentation>{}</documentation>", canaries.next("Model")))
        .collect();
    xml.replace(
        "<startEvent id=\"start\"/>",
        &format!("<startEvent id=\"start\">{notes}</startEvent>"),
    )
}

/// A table of decisions, with canaries wherever its author may write.
fn rules(canaries: &mut Canaries) -> String {
    format!(
        "<definitions xmlns=\"https://www.omg.org/spec/DMN/20191111/MODEL/\" xmlns:wf=\"https://docket.dev/schema/wf\"><decision id=\"sealed\" name=\"{}\" wf:versionTag=\"{}\"><decisionTable><input label=\"{}\"><inputExpression><text>a</text></inputExpression></input><output name=\"x\"/><rule><inputEntry><text>\"{}\"</text></inputEntry><outputEntry><text>\"{}\"</text></outputEntry><annotationEntry><text>{}</text></annotationEntry></rule></decisionTable></decision></definitions>",
        canaries.next("DecisionName"),
        canaries.next("DecisionTag"),
        canaries.next("Input"),
        canaries.next("Test"),
        canaries.next("Entry"),
        canaries.next("Annotation"),
    )
}

/// Work is fetched, fails, is tried again, ends with an error and is done: with words of its own at each step.
async fn work(canaries: &mut Canaries, person: &impl Fn(&str) -> User) {
    let kind = canaries.next("WorkType");
    let header = canaries.next("Header");
    let xml = crate::work::WORK
        .replace("type=\"pay\"", &format!("type=\"{kind}\""))
        .replace("value=\"eu\"", &format!("value=\"{header}\""));
    let designer = person("dora").privilege("designer");
    publish(&designer, &person("pia").privilege("manager"), &xml).await;
    let emma = person("emma").privilege("user").privilege("instantiator");
    for _ in 0..3 {
        emma.start("payment", json!({ "note": canaries.next("WorkData") }))
            .await;
    }
    let robot = person(&canaries.next("Robot")).privilege("worker");
    let worker = canaries.next("Worker");
    let fetch = "mutation($type: String!, $worker: String!) { activateWork(input: {type: $type, worker: $worker, max: 3}) { work { id data } } }";
    let asked = json!({ "type": kind, "worker": worker });
    let fetched = robot.ok(fetch, asked).await["activateWork"]["work"].clone();
    assert_eq!(fetched.as_array().map(Vec::len), Some(3), "{fetched}");
    let said = [
        (
            "failWork",
            "message: $text",
            "String",
            json!(canaries.next("Failure")),
        ),
        (
            "completeWork",
            "data: $text",
            "JSON",
            json!({ "result": canaries.next("Result") }),
        ),
        (
            "throwWorkError",
            "code: $text",
            "String!",
            json!(canaries.next("Code")),
        ),
    ];
    for (work, (mutation, input, kind, text)) in fetched.as_array().into_iter().flatten().zip(said)
    {
        let document = format!(
            "mutation($work: ID!, $worker: String!, $text: {kind}) {{ {mutation}(input: {{work: $work, worker: $worker, {input}}}) {{ userErrors {{ message }} }} }}"
        );
        let variables = json!({ "work": work["id"], "worker": worker, "text": text });
        let answer = robot.ok(&document, variables).await;
        assert_eq!(answer[mutation]["userErrors"], json!([]), "{mutation}");
    }
}

/// Messages, signals and incidents, with words of their own wherever there is room for some; and what is asked and not
/// stored at all.
async fn occurrences(canaries: &mut Canaries, person: &impl Fn(&str) -> User) {
    let designer = person("dora").privilege("designer");
    let manager = person("pia").privilege("manager");
    let (placed, paid) = (canaries.next("Placed"), canaries.next("Paid"));
    let messages = include_str!("../fixtures/message.bpmn")
        .replace("order placed", &placed)
        .replace("order paid", &paid);
    publish(&designer, &manager, &messages).await;
    publish(&designer, &manager, crate::changes::HELD).await;
    let emma = person("emma").privilege("user").privilege("instantiator");
    let adam = person("adam").privilege("administrator");

    let correlate = "mutation($input: CorrelateMessageInput!) { correlateMessage(input: $input) { processInstance { id } userErrors { message } } }";
    let key = canaries.next("NewKey");
    let begin = json!({ "name": placed, "process": "message", "newBusinessKey": key, "data": { "item": canaries.next("Begun") } });
    let pay = json!({ "name": paid, "businessKey": { "process": "message", "key": key }, "correlation": canaries.next("Correlation"), "data": { "paid": canaries.next("Message") } });
    for input in [begin, pay] {
        let told = emma.ok(correlate, json!({ "input": input })).await;
        assert_eq!(told["correlateMessage"]["userErrors"], json!([]), "{told}");
    }
    let lost = json!({ "name": canaries.next("Lost"), "data": { "x": canaries.next("LostData") } });
    emma.ok(correlate, json!({ "input": lost })).await;
    let signal = "mutation($name: String!, $data: JSON) { signalEvent(input: {name: $name, data: $data}) { userErrors { message } } }";
    let said =
        json!({ "name": canaries.next("Signal"), "data": { "x": canaries.next("SignalData") } });
    let told = adam.ok(signal, said).await;
    assert_eq!(told["signalEvent"]["userErrors"], json!([]));

    // Its square is out of range, whatever else there is.
    let held = |word: String| json!({ "x": 1e20, "word": word });
    let first = held(canaries.next("Unsquared"));
    let instance = emma.start("held", first).await;
    let shown = "query($id: ID!) { processInstance(id: $id) { incidents { id message } } }";
    let shown = emma.ok(shown, json!({ "id": instance })).await;
    let incident = shown["processInstance"]["incidents"][0]["id"].clone();
    let retry = "mutation($i: ID!, $data: JSON) { retryIncident(input: {incident: $i, data: $data}) { userErrors { message } } }";
    let again = json!({ "i": incident, "data": held(canaries.next("Again")) });
    let told = emma.ok(retry, again).await;
    assert_eq!(told["retryIncident"]["userErrors"], json!([]), "{told}");
    let next = incident.as_str().expect("an id").rsplit_once('-');
    let (of, _) = next.expect("it has a number");
    let preview = "query($id: ID!, $why: String!, $data: JSON!) { previewModification(input: {processInstance: $id, reason: $why, operations: [{setData: {fields: $data}}]}) { userErrors { code } } }";
    adam.ok(
        preview,
        json!({ "id": instance, "why": canaries.next("Preview"), "data": { "x": canaries.next("Previewed") } }),
    )
    .await;
    let resolve = "mutation($i: ID!, $why: String!) { resolveIncident(input: {incident: $i, reason: $why}) { userErrors { message } } }";
    let why = canaries.next("Resolved");
    let passed = adam
        .ok(resolve, json!({ "i": format!("{of}-2"), "why": why }))
        .await;
    assert_eq!(
        passed["resolveIncident"]["userErrors"],
        json!([]),
        "{passed}"
    );

    let evaluate =
        "query($data: JSON) { evaluateDecision(input: {key: \"sealed\", data: $data}) { result } }";
    let asked = json!({ "data": { "a": canaries.next("Evaluated") } });
    designer.ok(evaluate, asked).await;
    let look = "query($key: String!, $group: String!, $element: String!) { processes(filter: {key: $key}) { totalCount } tasks(filter: {candidateGroup: $group, elementId: $element}) { totalCount } processInstance(businessKey: {process: \"held\", key: $key}) { id } }";
    let filters = json!({ "key": canaries.next("Key"), "group": canaries.next("FilterGroup"), "element": canaries.next("Element") });
    emma.ok(look, filters).await;

    let mut socket = person("rob").privilege("worker").socket().await;
    let available = "subscription($type: String!) { workAvailable(type: $type) { sequence } }";
    let listened = json!({ "type": canaries.next("Listened") });
    socket.subscribe("w", available, listened).await;
    let broken = json!({ "type": canaries.next("Frame"), "id": canaries.next("FrameId") });
    socket.send(broken).await;
    assert_eq!(socket.next().await, Err(4400));
}

async fn use_everything(canaries: &mut Canaries, person: impl Fn(&str) -> User) {
    let designer = canaries.next("Designer");
    let manager = canaries.next("Publisher");
    publish(
        &person(&designer).privilege("designer"),
        &person(&manager).privilege("manager"),
        &model(canaries),
    )
    .await;
    let xml = rules(canaries);
    let upload = "mutation($xml: String!) { uploadDecision(input: {dmnXml: $xml}) { decision { id dmnXml } userErrors { message } } }";
    let uploaded = person(&designer)
        .privilege("designer")
        .ok(upload, json!({ "xml": xml }))
        .await["uploadDecision"]["decision"]
        .clone();
    assert_eq!(
        uploaded["dmnXml"], xml,
        "who may read it reads it as it was"
    );
    let publish =
        "mutation($id: ID!) { publishDecision(input: {decision: $id}) { userErrors { message } } }";
    let published = person(&manager)
        .privilege("manager")
        .ok(publish, json!({ "id": uploaded["id"] }))
        .await;
    assert_eq!(published["publishDecision"]["userErrors"], json!([]));
    work(canaries, &person).await;
    occurrences(canaries, &person).await;
    for _ in 0..12 {
        let ann = person(&canaries.next("User"))
            .privilege("user")
            .privilege("instantiator")
            .group(&canaries.next("Group"))
            .group("crew");
        let ben = person(&canaries.next("Delegate"))
            .privilege("user")
            .group("crew");
        let start = "mutation($data: JSON, $key: String, $again: String) { startProcess(input: {key: \"claimable\", businessKey: $key, idempotencyKey: $again, data: $data}) { processInstance { id } userErrors { message } } }";
        let data = json!({ canaries.next("Name"): canaries.next("Value"), "list": [canaries.next("Item"), { canaries.next("Member"): canaries.next("Nested") }], "user": ann.name() });
        let started = ann.ok(start, json!({ "data": data, "key": canaries.next("BusinessKey"), "again": canaries.next("Idempotency") })).await;
        let instance = started["startProcess"]["processInstance"]["id"].clone();
        assert_ne!(instance, Value::Null, "{started}");
        let update = "mutation($id: ID!, $data: JSON!) { updateData(input: {processInstance: $id, data: $data}) { userErrors { message } } }";
        let updated = ann
            .ok(
                update,
                json!({ "id": instance, "data": { "note": canaries.next("Update") } }),
            )
            .await;
        assert_eq!(updated["updateData"]["userErrors"], json!([]));
        let task = ann
            .ok(
                "query($id: ID!) { processInstance(id: $id) { tasks(first: 1) { nodes { id } } } }",
                json!({ "id": instance }),
            )
            .await;
        let task = task["processInstance"]["tasks"]["nodes"][0]["id"]
            .as_str()
            .expect("a task")
            .to_owned();
        assert_eq!(ann.claim(&task).await, Ok(()));
        let comment = "mutation($task: ID!, $text: String!) { addComment(input: {task: $task, text: $text}) { userErrors { message } } }";
        let commented = ann
            .ok(
                comment,
                json!({ "task": task, "text": canaries.next("Comment") }),
            )
            .await;
        assert_eq!(commented["addComment"]["userErrors"], json!([]));
        let draft = "mutation($task: ID!, $draft: JSON) { updateTask(input: {task: $task, draft: $draft}) { userErrors { message } } }";
        let drafted = ann
            .ok(
                draft,
                json!({ "task": task, "draft": { "draft": canaries.next("Draft") } }),
            )
            .await;
        assert_eq!(drafted["updateTask"]["userErrors"], json!([]));
        let delegate = "mutation($task: ID!, $to: ID!) { delegateTask(input: {task: $task, user: $to}) { userErrors { message } } }";
        let me =
            ben.ok("{ viewer { user { id } } }", json!({})).await["viewer"]["user"]["id"].clone();
        let delegated = ann.ok(delegate, json!({ "task": task, "to": me })).await;
        assert_eq!(delegated["delegateTask"]["userErrors"], json!([]));
        assert_eq!(
            ben.complete(
                &task,
                json!({ "result": canaries.next("Complete") }),
                Some(&canaries.next("Outcome"))
            )
            .await,
            Ok(())
        );
        // What is refused is written nowhere either.
        ann.send(&format!("{{ {} }}", canaries.next("Document")), json!({}))
            .await;
        ann.send(
            "query($id: ID!) { task(id: $id) { id } }",
            json!({ "id": canaries.next("Id") }),
        )
        .await;
        let stuck = ann.start("claimable", json!({ "user": ann.name() })).await;
        let administrator = person(&canaries.next("Administrator")).privilege("administrator");
        let modify = "mutation($id: ID!, $why: String!) { suspendInstance(input: {processInstance: $id, reason: $why}) { userErrors { message } } resumeInstance(input: {processInstance: $id, reason: $why}) { userErrors { message } } modifyInstance(input: {processInstance: $id, reason: $why, operations: [{cancel: {element: \"work\"}}, {activate: {element: \"work\", side: BEFORE}}]}) { userErrors { message } } suspendProcess(input: {process: \"claimable\", reason: $why}) { userErrors { message } } resumeProcess(input: {process: \"claimable\"}) { userErrors { message } } }";
        let why = canaries.next("Change");
        let modified = administrator
            .ok(modify, json!({ "id": stuck, "why": why }))
            .await;
        for (name, payload) in modified.as_object().expect("payloads") {
            assert_eq!(payload["userErrors"], json!([]), "{name}");
        }
        let end = "mutation($id: ID!, $why: String) { terminateInstance(input: {processInstance: $id, reason: $why}) { userErrors { message } } }";
        let why = canaries.next("Reason");
        let ended = administrator
            .ok(end, json!({ "id": stuck, "why": why }))
            .await;
        assert_eq!(ended["terminateInstance"]["userErrors"], json!([]));
    }
}

/// Every form in which a text may stand in a file: as it is, in UTF-16, in hexadecimal, percent-encoded, and in base64 at each
/// place that it can have among the bytes around it.
fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let digits = |before: &str, digits: fn(u8) -> String| -> Vec<u8> {
        let digits = text.bytes().map(|byte| format!("{before}{}", digits(byte)));
        digits.collect::<String>().into_bytes()
    };
    let (lower, upper) = (
        |byte: u8| format!("{byte:02x}"),
        |byte: u8| format!("{byte:02X}"),
    );
    let mut forms = vec![
        ("text", text.as_bytes().to_vec()),
        (
            "UTF-16, low bytes first",
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "UTF-16, high bytes first",
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        ("hexadecimal", digits("", lower)),
        ("hexadecimal in capitals", digits("", upper)),
        ("percent-encoded", digits("%", lower)),
        ("percent-encoded in capitals", digits("%", upper)),
    ];
    for before in 0..3 {
        forms.push(("base64", in_base64(&STANDARD_NO_PAD, before, text)));
        forms.push(("URL-safe base64", in_base64(&URL_SAFE_NO_PAD, before, text)));
    }
    forms
}

/// The characters of base64 that depend on the text alone, if it stands after so many bytes.
fn in_base64(alphabet: &impl Engine, before: usize, text: &str) -> Vec<u8> {
    let bytes = [&vec![0; before], text.as_bytes()].concat();
    let encoded = alphabet.encode(&bytes).into_bytes();
    // Six bits a character: those at either end are shared with what stands there.
    encoded[(before * 8).div_ceil(6)..bytes.len() * 8 / 6].to_vec()
}

/// Which of the texts stand in a file, and in which form.
fn hits<'t>(texts: &[&'t str], file: &Path) -> Vec<(&'t str, &'static str)> {
    let bytes = std::fs::read(file).expect("the file can be read");
    let found = |text: &&'t str| {
        let form = forms(text)
            .into_iter()
            .find(|(_, form)| memchr::memmem::find(&bytes, form).is_some());
        form.map(|(form, _)| (*text, form))
    };
    texts.iter().filter_map(found).collect()
}

#[test]
fn the_search_finds_each_form_of_a_text_wherever_it_stands() {
    let text = format!("{STEM}?>~");
    let file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    let hit = |bytes: &[u8]| {
        std::fs::write(file.path(), bytes).expect("the file can be written");
        hits(&[&text], file.path())
    };
    assert_eq!(hit(b"CaNaR"), []);
    assert_eq!(forms(&text).len(), 13);
    for (name, form) in forms(&text) {
        let around = [b"\x00%", form.as_slice(), b"=\xff"].concat();
        assert_eq!(hit(&around), [(text.as_str(), name)]);
    }
    for around in ["", "a", "ab", "abc", "abcd"] {
        let long = format!("{around}{text}{around}");
        for encoded in [STANDARD.encode(&long), URL_SAFE_NO_PAD.encode(&long)] {
            assert_eq!(hit(encoded.as_bytes()).len(), 1, "{encoded}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_canaries_through_every_input_are_in_no_file_and_no_log_line() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let program = Executable::start(folder.path())
        .await
        .expect("the program starts");
    let mut canaries = Canaries { sent: Vec::new() };
    use_everything(&mut canaries, |name| program.nobody(name)).await;
    assert!(
        canaries.sent.len() >= 200,
        "{} canaries",
        canaries.sent.len()
    );
    // Killed rather than stopped: the write-ahead logs are as they were.
    program.kill().expect("the program can be killed");

    let mut files = Vec::new();
    for entry in walk(folder.path()) {
        // Whatever form a canary takes, its stem takes it too: one search stands for all of them.
        if !hits(&[STEM], &entry).is_empty() {
            let sent: Vec<&str> = canaries.sent.iter().map(String::as_str).collect();
            panic!("in {}: {:?}", entry.display(), hits(&sent, &entry));
        }
        files.push(
            entry
                .file_name()
                .expect("a file has a name")
                .to_string_lossy()
                .into_owned(),
        );
    }
    for expected in ["docket.db", "docket.db-wal", "keystore.db", "log"] {
        assert!(
            files.iter().any(|file| file == expected),
            "`{expected}` was looked at, among {files:?}"
        );
    }
    // The control: what is declared to be in clear is found by the same search.
    let wal = folder.path().join("data/docket.db-wal");
    assert_eq!(hits(&["claimable"], &wal), [("claimable", "text")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_database_without_its_key_does_not_start() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let program = Executable::start(folder.path())
        .await
        .expect("the program starts");
    program
        .user("emma")
        .ok("{ viewer { user { name } } }", json!({}))
        .await;
    program.kill().expect("the program can be killed");
    std::fs::remove_file(folder.path().join("data.key")).expect("the key lies beside the folder");
    let before =
        std::fs::read(folder.path().join("data/keystore.db")).expect("the key store is there");

    let refused = Executable::start(folder.path())
        .await
        .err()
        .expect("another key does not open it");
    assert!(refused.to_string().contains("root key"), "{refused}");
    let after =
        std::fs::read(folder.path().join("data/keystore.db")).expect("the key store is there");
    assert_eq!(before, after, "nothing was written");
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            files.extend(walk(&path))
        } else {
            files.push(path)
        }
    }
    files
}
