//! What a model of the suite needs before it runs here: its scripts are words, and each engine says in its own way what
//! such a word does. A script that only logs does nothing; those that work with data are given a `wf:set`; one that takes
//! time is somebody's work. Every process is given readers: one that a message begins has no initiator who could read it.

const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const WF: &str = "https://docket.dev/schema/wf";

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
    for (word, set) in [
        (
            "INCREMENT_INTEGER_VARIABLE_AND_LOG",
            ("integerVariable", "=integerVariable + 1"),
        ),
        (
            "INCREMENT_INTEGER_VARIABLE",
            ("integerVariable", "=integerVariable + 1"),
        ),
        ("SET_STRING_DATA", ("data", "=&quot;String&quot;")),
        ("LOG_DATA", ("read", "=data")),
    ] {
        let (field, value) = set;
        let set = format!("<set xmlns=\"{WF}\" field=\"{field}\" value=\"{value}\"/>");
        xml = before_script(&xml, word, &extension(&set));
    }
    as_work(&xml, "WAIT_TEN_SECONDS")
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

/// Makes user tasks of the script tasks with this word.
fn as_work(xml: &str, word: &str) -> String {
    let body = format!(">{word}</");
    let Some(at) = xml.find(&body) else {
        return xml.to_owned();
    };
    let (before, after) = xml.split_at(at);
    let Some(open) = before.rfind("scriptTask ") else {
        return xml.to_owned();
    };
    let opened = format!("{}userTask {}", &before[..open], &before[open + 11..]);
    opened + &after.replacen("scriptTask>", "userTask>", 1)
}
