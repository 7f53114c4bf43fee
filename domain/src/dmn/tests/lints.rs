//! What validation finds in tables, and that it finds nothing in right ones.

use super::*;
use crate::bpmn::Severity;
use crate::dmn::lint::findings;

fn lint(sheet: &Sheet<'_>) -> Vec<(String, String)> {
    let draft = read_text(&sheet.file()).unwrap();
    findings(&draft, "d")
        .into_iter()
        .map(|problem| (problem.rule.to_string(), problem.message))
        .collect()
}

fn one(sheet: &Sheet<'_>, rule: &str, message: &str) {
    let all = lint(sheet);
    assert_eq!(all, [(rule.to_owned(), message.to_owned())]);
}

fn claims<'a>(policy: &'a str, rules: &'a [&'a [&'a str]]) -> Sheet<'a> {
    Sheet {
        policy,
        inputs: &["amount: number", "category: string"],
        outputs: &["x: string = \"no\", \"yes\""],
        rules,
    }
}

#[test]
fn right_tables_have_no_findings() {
    let dates = Sheet {
        policy: "UNIQUE",
        inputs: &["day: date"],
        outputs: &["x: string"],
        rules: &[
            &["< date(\"2026-02-01\")", "\"a\""],
            &["[date(\"2026-02-01\")..date(\"2026-02-28\")]", "\"b\""],
            &[">= date(\"2026-03-01\")", "\"c\""],
        ],
    };
    let whole = Sheet {
        policy: "UNIQUE",
        inputs: &["count: integer", "vip: boolean"],
        outputs: &["x: number"],
        rules: &[
            &["[1..5]", "-", "1"],
            &["[6..10]", "true", "2"],
            &["[6..10]", "false", "3"],
        ],
    };
    let listed = Sheet {
        policy: "UNIQUE",
        inputs: &["season: string = \"spring\", \"summer\", \"autumn\", \"winter\""],
        outputs: &["x: number"],
        rules: &[
            &["\"spring\", \"summer\"", "1"],
            &["not(\"spring\", \"summer\")", "2"],
        ],
    };
    let right = [
        claims(
            "UNIQUE",
            &[&["< 1000", "-", "\"no\""], &[">= 1000", "-", "\"yes\""]],
        ),
        claims(
            "UNIQUE",
            &[
                &["[0..1000[", "-", "\"no\""],
                &["[1000..5000]", "\"a\"", "\"yes\""],
                &["[1000..5000]", "not(\"a\")", "\"no\""],
            ],
        ),
        claims(
            "FIRST",
            &[
                &["> 1000", "-", "\"yes\""],
                &["-", "\"a\"", "\"yes\""],
                &["-", "-", "\"no\""],
            ],
        ),
        claims(
            "ANY",
            &[
                &["> 10", "-", "\"yes\""],
                &["-", "\"a\"", "\"yes\""],
                &["<= 10", "not(\"a\")", "\"no\""],
            ],
        ),
        claims(
            "PRIORITY",
            &[&["> 10", "-", "\"no\""], &["-", "-", "\"yes\""]],
        ),
        claims(
            "COLLECT",
            &[&["> 10", "-", "\"no\""], &["> 20", "-", "\"yes\""]],
        ),
        claims(
            "RULE ORDER",
            &[&["> 10", "-", "\"no\""], &["> 5", "\"a\"", "\"no\""]],
        ),
        claims(
            "UNIQUE",
            &[&["> limit", "-", "\"no\""], &["<= limit", "-", "\"yes\""]],
        ),
        claims(
            "UNIQUE",
            &[
                &["null", "-", "\"no\""],
                &["< 5", "-", "\"no\""],
                &[">= 5", "-", "\"yes\""],
            ],
        ),
        dates,
        whole,
        listed,
    ];
    for sheet in &right {
        assert_eq!(lint(sheet), [], "{:?}", sheet.rules);
    }
}

#[test]
fn rules_that_overlap_where_one_may_hit() {
    let sheet = claims(
        "UNIQUE",
        &[
            &["< 1000", "-", "\"no\""],
            &["[500..2000]", "\"a\"", "\"yes\""],
            &[">= 1000", "not(\"a\")", "\"yes\""],
            &["> 2000", "\"a\"", "\"yes\""],
        ],
    );
    one(
        &sheet,
        "overlap",
        "rules 1 and 2 both hit, and only one may, when `amount` is [500..1000) and `category` is \"a\"",
    );
    let border = claims(
        "UNIQUE",
        &[&["<= 5", "-", "\"no\""], &[">= 5", "-", "\"yes\""]],
    );
    one(
        &border,
        "overlap",
        "rules 1 and 2 both hit, and only one may, when `amount` is 5",
    );
    let draft = read_text(&border.file()).unwrap();
    assert_eq!(findings(&draft, "d")[0].severity, Severity::Warning);
    assert_eq!(findings(&draft, "d")[0].element.as_deref(), Some("r2"));
    let twice = claims("UNIQUE", &[&["-", "-", "\"no\""], &["-", "-", "\"yes\""]]);
    one(
        &twice,
        "overlap",
        "rules 1 and 2 both hit, and only one may, whatever the inputs are",
    );
    let any = claims("ANY", &[&["< 5", "-", "\"no\""], &["<= 5", "-", "\"yes\""]]);
    one(
        &any,
        "contradiction",
        "rules 1 and 2 say different things when `amount` is < 5",
    );
}

#[test]
fn cases_that_no_rule_is_for() {
    let border = claims(
        "UNIQUE",
        &[&["< 5", "-", "\"no\""], &["> 5", "-", "\"yes\""]],
    );
    one(&border, "gap", "no rule hits when `amount` is 5");
    let between = claims(
        "FIRST",
        &[&["[1..5]", "-", "\"no\""], &["[10..20)", "-", "\"yes\""]],
    );
    one(&between, "gap", "no rule hits when `amount` is (5..10)");
    let corner = claims(
        "UNIQUE",
        &[
            &["< 5", "\"a\"", "\"no\""],
            &["< 5", "\"b\"", "\"no\""],
            &[">= 5", "\"a\"", "\"yes\""],
        ],
    );
    one(
        &corner,
        "gap",
        "no rule hits when `amount` is >= 5 and `category` is \"b\"",
    );
    let flag = Sheet {
        policy: "UNIQUE",
        inputs: &["vip: boolean"],
        outputs: &["x"],
        rules: &[&["true", "1"]],
    };
    one(&flag, "gap", "no rule hits when `vip` is false");
    let listed = Sheet {
        policy: "UNIQUE",
        inputs: &["level: integer = [1..5]"],
        outputs: &["x"],
        rules: &[&["< 3", "1"], &["> 3", "2"]],
    };
    one(&listed, "gap", "no rule hits when `level` is 3");
    let covered = Sheet {
        outputs: &["x ! 0"],
        ..listed
    };
    assert_eq!(lint(&covered), [], "a default covers it");
}

#[test]
fn rules_that_never_count() {
    let behind = claims(
        "FIRST",
        &[
            &["< 10", "-", "\"no\""],
            &[">= 10", "\"a\"", "\"no\""],
            &[">= 10", "not(\"a\")", "\"yes\""],
            &["> 5", "\"a\"", "\"yes\""],
            &["-", "-", "\"yes\""],
        ],
    );
    one(
        &behind,
        "unreachable-rule",
        "rule 4 is never what counts: others go first",
    );
    let masked = claims(
        "PRIORITY",
        &[&["> 5", "-", "\"yes\""], &["-", "-", "\"no\""]],
    );
    one(
        &masked,
        "masked-rule",
        "rule 1 is never what counts: others go first",
    );
    let empty = Sheet {
        policy: "UNIQUE",
        inputs: &["c: string = \"a\", \"b\""],
        outputs: &["x"],
        rules: &[&["\"a\"", "1"], &["\"b\"", "2"], &["\"c\"", "3"]],
    };
    one(
        &empty,
        "never-hits",
        "rule 3 never hits: `c` is never `\"c\"`",
    );
    let backwards = claims("COLLECT", &[&["[10..5]", "-", "\"no\""]]);
    one(
        &backwards,
        "never-hits",
        "rule 1 never hits: `amount` is never `[10..5]`",
    );
}

#[test]
fn types_that_do_not_fit() {
    let cells = claims(
        "COLLECT",
        &[&["\"a\"", "-", "\"no\""], &["-", "5", "\"no\""]],
    );
    assert_eq!(
        lint(&cells),
        [
            (
                "wrong-type".to_owned(),
                "rule 1 compares `amount`, which is of type `number`, with `\"a\"`".to_owned()
            ),
            (
                "wrong-type".to_owned(),
                "rule 2 compares `category`, which is of type `string`, with `5`".to_owned()
            ),
        ]
    );
    let outputs = claims("COLLECT", &[&["-", "-", "5"], &["-", "-", "\"maybe\""]]);
    assert_eq!(
        lint(&outputs),
        [
            (
                "wrong-type".to_owned(),
                "rule 1 says for `x` what is not of type `string`".to_owned()
            ),
            (
                "unknown-output".to_owned(),
                "rule 2 says for `x` what is none of its output values".to_owned()
            ),
        ]
    );
    let unknown = Sheet {
        policy: "COLLECT",
        inputs: &["a: tMoney"],
        outputs: &["x"],
        rules: &[&["-", "1"]],
    };
    one(&unknown, "unknown-type", "the type `tMoney` is not known");
    let bare = claims("COLLECT", &[&["-", "Winter", "\"no\""]]);
    one(
        &bare,
        "unknown-name",
        "rule 1 compares with the field `Winter`: a text stands in quotes",
    );
}

#[test]
fn a_table_without_an_end_is_looked_at_in_bounded_time() {
    let cells: Vec<[String; 3]> = (0..2_000)
        .map(|n| {
            [
                format!("[{n}..{}]", n + 1_000),
                format!("\"{}\"", n % 50),
                "\"no\"".to_owned(),
            ]
        })
        .collect();
    let rows: Vec<Vec<&str>> = cells
        .iter()
        .map(|row| row.iter().map(|c| &**c).collect())
        .collect();
    let rules: Vec<&[&str]> = rows.iter().map(|row| &**row).collect();
    for policy in ["UNIQUE", "FIRST", "PRIORITY", "ANY"] {
        let draft = read_text(&claims(policy, &rules).file()).unwrap();
        let begin = std::time::Instant::now();
        let found = findings(&draft, "d");
        assert!(found.len() <= 2_500, "{}", found.len());
        assert!(
            begin.elapsed().as_secs() < 10,
            "{policy} took {:?}",
            begin.elapsed()
        );
    }
}
