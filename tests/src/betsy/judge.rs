//! Whether what came of a case is what it expects.

use serde_json::Value as Json;

use super::case::Found;
use super::model::{ROUND_TRIP, logged};

/// Compares; what is not as expected.
pub fn judge(case: &Json, found: &Found) -> Result<(), String> {
    let expected = &case["expected"];
    let wants = |name: &str| expected.get(name).is_some_and(|value| !value.is_null());
    if wants("any_error") {
        return match found.refused.is_empty() && found.incidents().is_empty() {
            true => Err("neither refused nor an incident".to_owned()),
            false => Ok(()),
        };
    }
    if let Some(refused) = found.refused.first() {
        return Err(refused.clone());
    }
    let executed = executed(case, found);
    log(expected, &executed).map_err(|wrong| found.explained(wrong))?;
    if wants("marker_created") && !executed.iter().any(|word| word == "CREATE_MARKER_FILE") {
        return Err(found.explained("the marker was not created".to_owned()));
    }
    // An error that nobody catches is an incident here: the instance has not come to its end, and says why.
    if (wants("incident_or_error") || wants("ends_with_uncaught_error"))
        && (found.incidents().is_empty() || found.has_completed())
    {
        return Err("no incident says that an error was not caught".to_owned());
    }
    if wants("overlapping_tasks") {
        overlap(case, found)?;
    }
    if wants("data_round_trip") && !found.has_read(ROUND_TRIP) {
        return Err("the data object does not give what was put in".to_owned());
    }
    Ok(())
}

fn log(expected: &Json, executed: &[String]) -> Result<(), String> {
    let all = expected["log_multiset"].as_array().into_iter().flatten();
    let mut expected: Vec<&str> = all.filter_map(Json::as_str).collect();
    let mut written: Vec<&str> = executed.iter().filter_map(|word| logged(word)).collect();
    expected.sort_unstable();
    written.sort_unstable();
    match expected == written {
        true => Ok(()),
        false => Err(format!(
            "expected [{}], got [{}]",
            expected.join(" "),
            written.join(" ")
        )),
    }
}

/// The words of the elements that were completed. An activity that repeats counts by its rounds.
fn executed(case: &Json, found: &Found) -> Vec<String> {
    let words = case["placeholders"].as_array().into_iter().flatten();
    let word = |element: &Json| {
        let mut words = words.clone();
        words.find(|word| word["element"] == *element)?["placeholder"].as_str()
    };
    let entries = found.entries.iter().map(|(_, entry)| entry);
    entries
        .filter(|entry| entry["kind"] == "COMPLETED" && entry["repetition"] != "WHOLE")
        .filter_map(|entry| word(&entry["elementId"]))
        .map(str::to_owned)
        .collect()
}

/// Each task that takes a time stamp has begun before any of them has ended.
fn overlap(case: &Json, found: &Found) -> Result<(), String> {
    let words = case["placeholders"].as_array().into_iter().flatten();
    let timed: Vec<&Json> = words
        .filter(|word| {
            let word = word["placeholder"].as_str().unwrap_or_default();
            word.starts_with("CREATE_TIMESTAMP_LOG")
        })
        .map(|word| &word["element"])
        .collect();
    let numbers = |kind: &str| -> Vec<u64> {
        let entries = found.entries.iter().map(|(_, entry)| entry);
        entries
            .filter(|entry| entry["kind"] == kind && timed.contains(&&entry["elementId"]))
            .filter_map(|entry| entry["sequence"].as_u64())
            .collect()
    };
    let (entered, completed) = (numbers("ENTERED"), numbers("COMPLETED"));
    let side_by_side = entered.len() == timed.len()
        && completed.len() == timed.len()
        && entered.iter().max() < completed.iter().min();
    match side_by_side && timed.len() > 1 {
        true => Ok(()),
        false => Err(format!(
            "entered at {entered:?}, completed at {completed:?} of the history: not side by side"
        )),
    }
}

impl Found {
    fn incidents(&self) -> Vec<String> {
        let instances = self.instances.iter();
        instances
            .flat_map(|instance| instance["incidents"].as_array().into_iter().flatten())
            .map(|incident| {
                let text = |name: &str| incident[name].as_str().unwrap_or_default().to_owned();
                format!("{}: {}", text("elementId"), text("message"))
            })
            .collect()
    }

    fn has_completed(&self) -> bool {
        let mut instances = self.instances.iter();
        instances.any(|instance| instance["state"] == "COMPLETED")
    }

    fn has_read(&self, text: &str) -> bool {
        let mut instances = self.instances.iter();
        instances.any(|instance| instance["data"]["read"] == text)
    }

    fn explained(&self, wrong: String) -> String {
        match self.incidents().as_slice() {
            [] => wrong,
            incidents => format!("{wrong}; incident at {}", incidents.join("; ")),
        }
    }
}
