use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::dmn::lint::findings;
use crate::dmn::tests::{DMN as CURRENT, Sheet, ask, decision, file, found, resolved};
use crate::dmn::{HitPolicy, Logic};

const SMALL: Sheet<'static> = Sheet {
    policy: "UNIQUE",
    inputs: &["amount: number"],
    outputs: &["x: string"],
    rules: &[&["< 5", "\"a\""], &[">= 5", "\"b\""]],
};

fn problems(xml: &str) -> Vec<Problem> {
    match read_text(xml) {
        Ok(draft) => resolve(&draft, "d").expect_err("a problem"),
        Err(problems) => problems,
    }
}

#[test]
fn each_version_of_dmn_is_read_with_any_prefix() {
    for namespace in DMN {
        let xml = SMALL.file().replace(CURRENT, namespace);
        assert_eq!(
            ask(&xml, "d", json!({ "amount": 7 }))
                .unwrap()
                .result
                .to_json(),
            json!("b")
        );
        let prefixed = xml
            .replace("xmlns=", "xmlns:dmn=")
            .replace("</", "</dmn:")
            .replace('<', "<dmn:")
            .replace("<dmn:/dmn:", "</dmn:");
        assert_eq!(
            ask(&prefixed, "d", json!({ "amount": 1 }))
                .unwrap()
                .result
                .to_json(),
            json!("a")
        );
    }
    let bpmn = problems("<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"/>");
    assert_eq!(found(&bpmn)[0].0, "not-dmn");
}

#[test]
fn decisions_are_listed_with_what_their_vendors_call_them() {
    let xml = file(&format!(
        "<decision id=\"a\" name=\"A\" xmlns:c=\"http://camunda.org/schema/1.0/dmn\" c:versionTag=\"v1\"/>{}{}<inputData id=\"i\"/>",
        "<decision id=\"b\"><extensionElements><z:versionTag xmlns:z=\"http://camunda.org/schema/zeebe/1.0\" value=\"v2\"/></extensionElements></decision>",
        "<decision id=\"c\" xmlns:wf=\"https://docket.dev/schema/wf\" wf:versionTag=\"v3\"/>",
    ));
    let listed: Vec<_> = read_text(&xml)
        .unwrap()
        .decisions()
        .into_iter()
        .map(|d| {
            (
                d.key.to_string(),
                d.name,
                d.version_tag.map(|tag| tag.to_string()),
            )
        })
        .collect();
    let tag = |tag: &str| Some(tag.to_owned());
    assert_eq!(
        listed,
        [
            ("a".to_owned(), Some(Name::from("A")), tag("v1")),
            ("b".to_owned(), None, tag("v2")),
            ("c".to_owned(), None, tag("v3")),
        ]
    );
}

#[test]
fn a_table_keeps_all_that_its_author_wrote() {
    let xml = file(
        &(decision(
            "d",
            "<decisionTable hitPolicy=\"COLLECT\" aggregation=\"SUM\"><input label=\"Amount\"><inputExpression typeRef=\"feel:tMoney\"><text>amount</text></inputExpression></input><output typeRef=\"number\" label=\"Fee\"/><annotation name=\"why\"/><rule id=\"r\"><description>said once</description><inputEntry><text>&gt; 5</text></inputEntry><outputEntry><text>1</text></outputEntry><annotationEntry><text>since 2020</text></annotationEntry></rule></decisionTable>",
        ) + "<itemDefinition name=\"tMoney\"><typeRef>number</typeRef><allowedValues><text>&gt;= 0</text></allowedValues></itemDefinition>"),
    );
    let decision = resolved(&xml, "d");
    let Logic::Table(table) = decision.logic() else {
        panic!("a table");
    };
    assert_eq!(
        table.policy,
        HitPolicy::Collect(Some(crate::dmn::Aggregation::Sum))
    );
    let input = &table.inputs[0];
    assert_eq!(
        (&*input.label, input.kind, input.allowed.source()),
        ("Amount", Type::Number, ">= 0")
    );
    let output = &table.outputs[0];
    assert_eq!((&*output.name, output.label.as_deref()), ("d", Some("Fee")));
    assert_eq!(
        table.rules[0].annotations,
        [Name::from("since 2020"), Name::from("said once")]
    );
    assert!(ask(&xml, "d", json!({ "amount": -1 })).is_err());
}

#[test]
fn every_problem_has_its_place() {
    let xml = file(
        "\n<decision id=\"d\">\n<decisionTable hitPolicy=\"SOME\">\n<input/>\n<input><inputExpression><text>1 +</text></inputExpression></input>\n<output/>\n<output name=\"x\"/>\n<rule id=\"r\">\n<inputEntry><text>[1..</text></inputEntry></rule>\n</decisionTable></decision>",
    );
    let all: Vec<_> = problems(&xml)
        .into_iter()
        .map(|p| {
            (
                p.rule.to_string(),
                p.place.line,
                p.element.map(|e| e.to_string()),
            )
        })
        .collect();
    let at = |rule: &str, line, element: &str| (rule.to_owned(), line, Some(element.to_owned()));
    assert_eq!(
        all,
        [
            at("unknown-policy", 3, "d"),
            at("no-expression", 4, "d"),
            at("bad-expression", 5, "d"),
            at("no-name", 6, "d"),
            at("bad-rule", 8, "r"),
            at("bad-test", 9, "r"),
        ]
    );
}

#[test]
fn policies_that_cannot_be_followed_are_refused() {
    for (policy, outputs, rule) in [
        ("PRIORITY", &["x"] as &[&str], "no-output-values"),
        ("OUTPUT ORDER", &["x"], "no-output-values"),
        ("COLLECT+SUM", &["x", "y"], "bad-policy"),
        ("COLLECT+SUM", &["x: string"], "bad-policy"),
        ("COLLECT+MEAN", &["x"], "unknown-policy"),
        ("UNIQUE+SUM", &["x"], "bad-policy"),
        ("FIRST", &["x", "x"], "duplicate-name"),
        ("FIRST", &[], "no-output"),
    ] {
        let xml = Sheet {
            policy,
            inputs: &[],
            outputs,
            rules: &[],
        }
        .file();
        assert_eq!(found(&problems(&xml))[0].0, rule, "{policy}");
    }
}

#[test]
fn a_table_has_a_hundred_inputs_at_most() {
    let wide = |inputs| {
        let columns = vec!["a"; inputs];
        let sheet = Sheet {
            policy: "FIRST",
            inputs: &columns,
            outputs: &["x"],
            rules: &[],
        };
        let draft = read_text(&sheet.file()).unwrap();
        resolve(&draft, "d").map(|_| ())
    };
    assert_eq!(wide(100), Ok(()));
    assert_eq!(found(&wide(101).expect_err("too wide"))[0].0, "limit");
}

#[test]
fn keys_are_one_of_a_kind() {
    let twice = file(&format!(
        "{}{}",
        decision("d", "<literalExpression><text>1</text></literalExpression>"),
        decision("d", "<literalExpression><text>2</text></literalExpression>")
    ));
    assert_eq!(found(&problems(&twice))[0].0, "duplicate-id");
    let draft = read_text(&file(
        "<decision><literalExpression><text>1</text></literalExpression></decision>",
    ))
    .unwrap();
    assert_eq!(
        found(&resolve(&draft, "").expect_err("no key"))[0].0,
        "no-key"
    );
    assert_eq!(
        found(&resolve(&draft, "e").expect_err("unknown"))[0].0,
        "unknown-decision"
    );
}

#[test]
fn hostile_files_are_refused() {
    let deep = format!(
        "<definitions xmlns=\"{CURRENT}\">{}",
        "<decision>".repeat(400)
    );
    let large = format!(
        "<definitions xmlns=\"{CURRENT}\">{}</definitions>",
        "<!-- x -->".repeat(500_000)
    );
    let many = format!(
        "<definitions xmlns=\"{CURRENT}\">{}</definitions>",
        "<decision/>".repeat(60_000)
    );
    for (xml, rule) in [
        ("", "bad-xml"),
        ("no xml", "bad-xml"),
        ("<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>", "doctype"),
        (&deep, "limit"),
        (&large, "too-large"),
        (&many, "limit"),
    ] {
        let problems = read_text(xml).map(|_| ()).expect_err("refused");
        assert_eq!(found(&problems)[0].0, rule);
    }
    assert!(read(b"\xFF\xFE<\0").is_err());
    assert!(read(SMALL.file().as_bytes()).is_ok());
}

/// Pieces of a table file, put together in any order.
const PIECES: &[&str] = &[
    "<decision id=\"d\">",
    "</decision>",
    "<decisionTable>",
    "<decisionTable hitPolicy=\"PRIORITY\">",
    "</decisionTable>",
    "<input>",
    "</input>",
    "<inputExpression typeRef=\"number\">",
    "</inputExpression>",
    "<output name=\"x\">",
    "<output/>",
    "</output>",
    "<rule>",
    "</rule>",
    "<inputEntry>",
    "</inputEntry>",
    "<outputEntry>",
    "</outputEntry>",
    "<text>",
    "</text>",
    "1",
    "&lt; 5",
    "[1..2]",
    "\"a\"",
    "-",
    "&",
    "?",
    "<informationRequirement><requiredDecision href=\"#d\"/></informationRequirement>",
];

proptest! {
    #[test]
    fn no_pieces_panic(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40)) {
        let xml = file(&pieces.concat());
        if let Ok(draft) = read_text(&xml) {
            let _ = findings(&draft, "d");
        }
    }

    #[test]
    fn no_cells_panic(cells in proptest::collection::vec(".{0,20}", 4)) {
        let rules: Vec<Vec<&str>> = cells.chunks(2).map(|row| row.iter().map(|c| &**c).collect()).collect();
        let rows: Vec<&[&str]> = rules.iter().map(|row| &**row).collect();
        let xml = Sheet { rules: &rows, ..SMALL }.file();
        if let Ok(draft) = read_text(&xml) {
            let _ = (findings(&draft, "d"), resolve(&draft, "d"));
        }
    }
}
