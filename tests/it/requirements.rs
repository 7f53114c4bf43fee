//! What is owed: `REQUIREMENTS.md` names only tests that there are.

use std::fs;
use std::path::{Path, PathBuf};

const ROWS: &str = include_str!("../REQUIREMENTS.md");

/// What stands between backticks and looks like a test or a file.
fn named(cell: &str) -> Vec<&str> {
    let spans = cell.split('`').skip(1).step_by(2);
    spans
        .filter(|span| span.contains("::") || span.contains('/'))
        .collect()
}

fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("it lies in the repository")
        .to_owned()
}

fn exists(name: &str) -> bool {
    let Some((module, test)) = name.rsplit_once("::") else {
        return repository().join(name).is_file();
    };
    let module = module.replace("::", "/");
    let file = repository().join(format!("tests/it/{module}.rs"));
    let Ok(text) = fs::read_to_string(file) else {
        return false;
    };
    let lines: Vec<&str> = text.lines().collect();
    let is_test = |pair: &[&str]| {
        let signature = pair[1].strip_prefix("async ").unwrap_or(pair[1]);
        let own = signature
            .strip_prefix("fn ")
            .and_then(|rest| rest.split_once('('));
        ["#[test]", "#[tokio::test"]
            .iter()
            .any(|mark| pair[0].starts_with(mark))
            && own.is_some_and(|(own, _)| test == "*" || test == own)
    };
    lines.windows(2).any(is_test)
}

#[test]
fn every_row_names_tests_that_exist_or_says_not_yet() {
    let mut rows = 0;
    let mut wrong = Vec::new();
    for line in ROWS.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        if cells[0].trim() == "row" || cells[0].contains("---") {
            continue;
        }
        rows += 1;
        let proof = cells.last().expect("a row has cells");
        let named = named(proof);
        if cells.len() != 3 || (named.is_empty() && !proof.contains("*not yet*")) {
            wrong.push(line.to_owned());
        }
        let missing = named.into_iter().filter(|name| !exists(name));
        wrong.extend(missing.map(|name| format!("{}: `{name}`", cells[0].trim())));
    }
    assert_eq!(wrong, Vec::<String>::new(), "of {rows} rows");
    assert!(rows > 80, "the rows were read: {rows}");
}

#[test]
fn a_test_that_does_not_exist_is_noticed() {
    assert!(exists(
        "requirements::a_test_that_does_not_exist_is_noticed"
    ));
    assert!(exists("tasks::*"));
    assert!(exists("tests/check-layers.sh"));
    for name in [
        "requirements::named",
        "requirements::a_test",
        "nowhere::*",
        "nowhere.rs",
    ] {
        assert!(!exists(name), "{name}");
    }
}
