//! What the README promises of the settings: each with its default, and no other.

use std::collections::BTreeMap;

use docket_infra::config::Config;
use serde_json::Value;

const README: &str = include_str!("../../README.md");

/// Every setting with its default, as it is written in the README.
fn settings() -> BTreeMap<String, String> {
    let config = serde_json::to_value(Config::default()).expect("settings are JSON");
    let mut all = BTreeMap::new();
    for (name, value) in config.as_object().expect("an object") {
        match value {
            Value::Object(part) => {
                for (inner, value) in part {
                    all.insert(format!("{name}.{inner}"), written(value));
                }
            }
            plain => {
                all.insert(name.clone(), written(plain));
            }
        }
    }
    // It follows from another setting.
    all.insert("root_key".to_owned(), "<data>.key".to_owned());
    all
}

fn written(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The rows of the table. A row may hold several settings; a name that begins with a point is in the section of the one before.
fn table() -> BTreeMap<String, String> {
    let rows = README
        .lines()
        .skip_while(|line| !line.starts_with("| setting | default |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let mut all = BTreeMap::new();
    for row in rows {
        let mut cells = row.split('|').skip(1).map(|cell| cell.replace('`', ""));
        let (names, defaults) = (cells.next(), cells.next());
        let (names, defaults) = (names.unwrap_or_default(), defaults.unwrap_or_default());
        let mut section = String::new();
        for (name, default) in names.split(',').zip(defaults.split(',')) {
            let mut name = name.trim().to_owned();
            if name.starts_with('.') {
                name.insert_str(0, &section);
            }
            section = name.split('.').next().unwrap_or_default().to_owned();
            all.insert(name, default.trim().to_owned());
        }
    }
    all
}

#[test]
fn the_readme_lists_every_setting_with_its_default() {
    assert_eq!(table(), settings());
}
