//! Tables as texts: inputs and outputs with their types, rules as rows, and what comes of data.

use crate::time::Calendar;
use std::fmt::Write;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::read::{read_text, resolve};
use super::*;
use crate::bpmn::Problem;
use crate::expr::{Env, Meter};
use crate::value::data_from_json;

mod lints;
mod policies;
mod requirements;

pub(super) const DMN: &str = "https://www.omg.org/spec/DMN/20191111/MODEL/";

/// One table in the making. A column is `name: type`, an output may go on with `= values` and `! default`.
pub(super) struct Sheet<'a> {
    pub policy: &'a str,
    pub inputs: &'a [&'a str],
    pub outputs: &'a [&'a str],
    pub rules: &'a [&'a [&'a str]],
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn column(column: &str, mark: char) -> (&str, Option<&str>) {
    match column.split_once(mark) {
        Some((before, after)) => (before.trim(), Some(after.trim())),
        None => (column.trim(), None),
    }
}

impl Sheet<'_> {
    /// The element, without the decision around it.
    pub(super) fn element(&self) -> String {
        let (policy, aggregation) = column(self.policy, '+');
        let aggregation = aggregation.map_or(String::new(), |a| format!(" aggregation=\"{a}\""));
        let mut xml = format!("<decisionTable hitPolicy=\"{policy}\"{aggregation}>");
        for input in self.inputs {
            let (input, values) = column(input, '=');
            let (name, kind) = column(input, ':');
            let kind = kind.map_or(String::new(), |kind| format!(" typeRef=\"{kind}\""));
            write!(xml, "<input label=\"{name}\"><inputExpression{kind}><text>{name}</text></inputExpression>").unwrap();
            if let Some(values) = values {
                write!(
                    xml,
                    "<inputValues><text>{}</text></inputValues>",
                    escaped(values)
                )
                .unwrap();
            }
            xml += "</input>";
        }
        for output in self.outputs {
            let (output, default) = column(output, '!');
            let (output, values) = column(output, '=');
            let (name, kind) = column(output, ':');
            let kind = kind.map_or(String::new(), |kind| format!(" typeRef=\"{kind}\""));
            write!(xml, "<output name=\"{name}\"{kind}>").unwrap();
            if let Some(values) = values {
                write!(
                    xml,
                    "<outputValues><text>{}</text></outputValues>",
                    escaped(values)
                )
                .unwrap();
            }
            if let Some(default) = default {
                write!(
                    xml,
                    "<defaultOutputEntry><text>{default}</text></defaultOutputEntry>"
                )
                .unwrap();
            }
            xml += "</output>";
        }
        for (cells, number) in self.rules.iter().zip(1..) {
            write!(xml, "\n<rule id=\"r{number}\">").unwrap();
            for (ix, cell) in cells.iter().enumerate() {
                let entry = if ix < self.inputs.len() {
                    "inputEntry"
                } else {
                    "outputEntry"
                };
                write!(xml, "<{entry}><text>{}</text></{entry}>", escaped(cell)).unwrap();
            }
            xml += "</rule>";
        }
        xml + "</decisionTable>"
    }

    /// A file with the one decision `d`.
    pub(super) fn file(&self) -> String {
        file(&decision("d", &self.element()))
    }

    fn ask(&self, data: Json) -> Result<Verdict, String> {
        ask(&self.file(), "d", data)
    }
}

pub(super) fn decision(id: &str, inside: &str) -> String {
    format!("<decision id=\"{id}\" name=\"{id}\">{inside}</decision>")
}

pub(super) fn file(decisions: &str) -> String {
    format!(
        "<definitions xmlns=\"{DMN}\" id=\"f\" name=\"f\" namespace=\"n\">{decisions}</definitions>"
    )
}

pub(super) fn found(problems: &[Problem]) -> Vec<(&str, &str)> {
    problems
        .iter()
        .map(|problem| (&*problem.rule, &*problem.message))
        .collect()
}

pub(super) fn resolved(xml: &str, key: &str) -> Decision {
    let draft = read_text(xml).unwrap_or_else(|problems| panic!("{:?}", found(&problems)));
    resolve(&draft, key).unwrap_or_else(|problems| panic!("{:?}", found(&problems)))
}

pub(super) fn ask(xml: &str, key: &str, data: Json) -> Result<Verdict, String> {
    ask_within(xml, key, data, 1_000_000)
}

pub(super) fn ask_within(xml: &str, key: &str, data: Json, steps: u32) -> Result<Verdict, String> {
    let data = data_from_json(&data).unwrap();
    let env = Env {
        layers: &[&data],
        now: "2026-03-02T08:00:00Z".parse::<Timestamp>().unwrap(),
        calendar: &Calendar::default(),
        actor: None,
    };
    let verdict = resolved(xml, key).evaluate(&env, &Meter::new(steps));
    verdict.map_err(|error| error.to_string())
}

/// What a table says for each of several data.
pub(super) fn check(sheet: &Sheet<'_>, cases: &[(Json, Json)]) {
    for (data, expected) in cases {
        let verdict = sheet
            .ask(data.clone())
            .unwrap_or_else(|error| panic!("{data}: {error}"));
        assert_eq!(verdict.result.to_json(), *expected, "{data}");
    }
}

pub(super) fn json_rows(verdict: &Verdict) -> Json {
    let rows = verdict.rows.iter().map(crate::value::data_to_json);
    json!(rows.collect::<Vec<_>>())
}
