//! Decisions that require others.

use super::*;

fn requires(ids: &[&str]) -> String {
    ids.iter()
        .map(|id| {
            format!("<informationRequirement><requiredDecision href=\"#{id}\"/></informationRequirement>")
        })
        .collect()
}

fn literal(id: &str, required: &[&str], text: &str) -> String {
    let inside = format!(
        "{}<literalExpression><text>{}</text></literalExpression>",
        requires(required),
        escaped(text)
    );
    decision(id, &inside)
}

#[test]
fn what_is_required_comes_first_and_is_there_by_its_names() {
    let table = Sheet {
        policy: "UNIQUE",
        inputs: &["Applicant Score: number"],
        outputs: &["ok: boolean"],
        rules: &[&[">= base", "true"], &["< base", "false"]],
    };
    let score = format!(
        "<decision id=\"score\" name=\"Scoring\"><variable name=\"Applicant Score\" typeRef=\"number\"/>{}<literalExpression><text>age + base</text></literalExpression></decision>",
        requires(&["base"])
    );
    let top = decision(
        "top",
        &format!("{}{}", requires(&["score", "base"]), table.element()),
    );
    let xml = file(&format!("{top}{score}{}", literal("base", &[], "10")));
    let verdict = ask(&xml, "top", json!({ "age": 1 })).unwrap();
    assert_eq!(verdict.result.to_json(), json!(true));
    let verdict = ask(&xml, "top", json!({ "age": -1 })).unwrap();
    assert_eq!(verdict.result.to_json(), json!(false));
    assert_eq!(verdict.hits.len(), 1);
    let top = resolved(&xml, "top");
    let keys: Vec<&str> = top.required().map(|key| &**key).collect();
    assert_eq!(keys, ["base", "score"]);
    assert!(matches!(top.logic(), Logic::Table(_)));
    let named = ask(&xml, "score", json!({ "age": 5 })).unwrap();
    assert_eq!(json_rows(&named), json!([{ "Applicant Score": 15 }]));
}

#[test]
fn hits_of_what_is_required_are_kept_with_their_decision() {
    let low = Sheet {
        policy: "COLLECT",
        inputs: &["n: number"],
        outputs: &["x: number"],
        rules: &[&["> 0", "1"], &["> 1", "2"]],
    };
    let top = Sheet {
        policy: "FIRST",
        inputs: &["sum(low): number"],
        outputs: &["y: string"],
        rules: &[&["> 2", "\"much\""], &["-", "\"little\""]],
    };
    let xml = file(&format!(
        "{}{}",
        decision("low", &low.element()),
        decision("top", &format!("{}{}", requires(&["low"]), top.element()))
    ));
    let verdict = ask(&xml, "top", json!({ "n": 5 })).unwrap();
    assert_eq!(verdict.result.to_json(), json!("much"));
    let hits: Vec<_> = verdict
        .hits
        .iter()
        .map(|hit| (&*hit.decision, hit.rule))
        .collect();
    assert_eq!(hits, [("low", 1), ("low", 2), ("top", 1)]);
    assert!(!verdict.is_list, "the list is that of the other decision");
}

#[test]
fn a_result_hides_a_field_of_its_name() {
    let xml = file(&format!(
        "{}{}",
        literal("a", &[], "1"),
        literal("b", &["a"], "a + 1")
    ));
    assert_eq!(
        ask(&xml, "b", json!({ "a": 100 }))
            .unwrap()
            .result
            .to_json(),
        json!(2)
    );
}

#[test]
fn a_diamond_is_evaluated_once_and_a_cycle_is_refused() {
    let xml = file(
        &[
            literal("top", &["left", "right"], "left + right"),
            literal("left", &["base"], "base + 1"),
            literal("right", &["base"], "base + 2"),
            literal("base", &[], "n"),
        ]
        .concat(),
    );
    assert_eq!(
        ask(&xml, "top", json!({ "n": 1 }))
            .unwrap()
            .result
            .to_json(),
        json!(5)
    );
    assert_eq!(resolved(&xml, "top").required().count(), 3);

    for cycle in [
        file(&literal("a", &["a"], "1")),
        file(
            &[
                literal("a", &["b"], "1"),
                literal("b", &["c"], "1"),
                literal("c", &["a"], "1"),
            ]
            .concat(),
        ),
    ] {
        let problems = resolve(&read_text(&cycle).unwrap(), "a").expect_err("a cycle");
        assert_eq!(found(&problems)[0].0, "cycle");
    }
}

#[test]
fn rows_of_decisions_are_bounded() {
    let chain = |length: usize| {
        let decisions: String = (0..length)
            .map(|ix| literal(&format!("d{ix}"), &[&format!("d{}", ix + 1)], "1"))
            .collect();
        file(&(decisions + &literal(&format!("d{length}"), &[], "1")))
    };
    assert!(resolve(&read_text(&chain(60)).unwrap(), "d0").is_ok());
    let problems = resolve(&read_text(&chain(5_000)).unwrap(), "d0").expect_err("too many");
    assert!(found(&problems).iter().any(|(rule, _)| *rule == "limit"));
    let many: Vec<String> = (0..300).map(|ix| format!("x{ix}")).collect();
    let names: Vec<&str> = many.iter().map(|name| &**name).collect();
    let all: String = names.iter().map(|name| literal(name, &[], "1")).collect();
    let xml = file(&(literal("top", &names, "1") + &all));
    let problems = resolve(&read_text(&xml).unwrap(), "top").expect_err("too many");
    assert_eq!(found(&problems)[0].0, "limit");
}

#[test]
fn what_cannot_be_evaluated_is_refused_by_name() {
    for (inside, rule) in [
        ("", "no-logic"),
        ("<context/>", "no-logic"),
        ("<invocation/>", "no-logic"),
        (
            "<literalExpression><text></text></literalExpression>",
            "bad-expression",
        ),
        (
            "<literalExpression><text>1 +</text></literalExpression>",
            "bad-expression",
        ),
        (
            "<literalExpression expressionLanguage=\"groovy\"><text>1</text></literalExpression>",
            "not-supported",
        ),
        (
            "<knowledgeRequirement/><literalExpression><text>1</text></literalExpression>",
            "not-supported",
        ),
        (
            "<informationRequirement><requiredDecision href=\"other.dmn#x\"/></informationRequirement><literalExpression><text>1</text></literalExpression>",
            "unknown-reference",
        ),
    ] {
        let draft = read_text(&file(&decision("d", inside))).unwrap();
        let problems = resolve(&draft, "d").expect_err(inside);
        assert_eq!(found(&problems)[0].0, rule, "{inside}");
        assert_eq!(problems[0].element.as_deref(), Some("d"));
    }
}
