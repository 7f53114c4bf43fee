//! What a model of the suite needs before it runs here: its scripts are words, and each engine says in its own way what
//! such a word does. A script that only logs does nothing; those that work with data are given a `wf:set`; one that takes
//! time is somebody's work, and one that fails is that of a worker who throws the error. Every process is given readers: one that a message begins has no initiator who could read it.

const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const WF: &str = "https://docket.dev/schema/wf";

/// The type of the work that fails with the error [`ERROR`].
pub const FAILING: &str = "failing";
/// The code of the error that failing scripts throw.
pub const ERROR: &str = "ERR_CODE";

/// The text that is to be in the field `data` when a case asks for a round trip.
pub const ROUND_TRIP: &str = "String";

/// What a word that is executed writes into the log; nothing for those that do something else.
pub fn logged(word: &str) -> Option<&str> {
    match word {
        "INCREMENT_INTEGER_VARIABLE_AND_LOG" => Some("INCREMENT"),
        word => word.starts_with("SCRIPT_").then_some(word),
    }
}

/// The model as it is uploaded.
pub fn prepared(xml: &str) -> String {
    let mut xml = with_readers(xml);
    // Where a script has data of its own, that is what its word works with.
    let own = |name: &'static str, otherwise| match xml.contains(&format!("name=\"{name}\"")) {
        true => name,
        false => otherwise,
    };
    let (written, read) = (own("Data Output", "data"), own("Data Input", "data"));
    let reading = format!("=`{read}`");
    for (word, set) in [
        (
            "INCREMENT_INTEGER_VARIABLE_AND_LOG",
            ("integerVariable", "=integerVariable + 1"),
        ),
        (
            "INCREMENT_INTEGER_VARIABLE",
            ("integerVariable", "=integerVariable + 1"),
        ),
        ("SET_STRING_DATA", (written, "=&quot;String&quot;")),
        ("LOG_DATA", ("read", reading.as_str())),
    ] {
        let (field, value) = set;
        let set = format!("<set xmlns=\"{WF}\" field=\"{field}\" value=\"{value}\"/>");
        xml = before_script(&xml, word, &extension(&set));
    }
    let work = format!("<work xmlns=\"{WF}\" type=\"{FAILING}\"/>");
    xml = before_script(&xml, "THROW_ERROR", &extension(&work));
    xml = turned(&xml, "THROW_ERROR", "serviceTask");
    turned(&xml, "WAIT_TEN_SECONDS", "userTask")
}

/// The call activities that call a global task, by what they call: such a task is done where it is called.
pub fn calls(xml: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let tags = xml.split('<').filter(|tag| tag.contains("callActivity "));
    tags.filter_map(|tag| Some((attribute(tag, "calledElement")?, attribute(tag, "id")?)))
        .collect()
}

fn extension(inside: &str) -> String {
    format!("<extensionElements xmlns=\"{BPMN}\">{inside}</extensionElements>")
}

/// Puts a list of readers behind the tag that opens each process.
fn with_readers(xml: &str) -> String {
    let readers = format!("<acl xmlns=\"{WF}\"><readers users=\"@everyone\"/></acl>");
    let mut parts = xml.split_inclusive('>');
    let mut whole = String::with_capacity(xml.len() + 512);
    for part in &mut parts {
        whole.push_str(part);
        let name = part.rsplit_once('<').map_or("", |(_, tag)| tag);
        let name = name
            .split([' ', '\n', '\t', '>'])
            .next()
            .unwrap_or_default();
        let local = name.rsplit(':').next().unwrap_or_default();
        if local == "process" && !name.starts_with('/') {
            whole.push_str(&extension(&readers));
        }
    }
    whole
}

fn before_script(xml: &str, word: &str, insert: &str) -> String {
    let body = format!(">{word}</");
    let mut whole = String::with_capacity(xml.len() + insert.len());
    let mut rest = xml;
    while let Some(at) = rest.find(&body) {
        let tag = rest[..at].rfind('<').unwrap_or(at);
        whole.push_str(&rest[..tag]);
        whole.push_str(insert);
        whole.push_str(&rest[tag..at + body.len()]);
        rest = &rest[at + body.len()..];
    }
    whole + rest
}

/// Makes another kind of task of the script task with this word.
fn turned(xml: &str, word: &str, task: &str) -> String {
    let Some((before, after)) = xml.split_once(&format!(">{word}</")) else {
        return xml.to_owned();
    };
    let Some((head, tag)) = before.rsplit_once("scriptTask ") else {
        return xml.to_owned();
    };
    let after = after.replacen("scriptTask>", &format!("{task}>"), 1);
    format!("{head}{task} {tag}>{word}</{after}")
}
