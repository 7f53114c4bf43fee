use async_graphql::Value;

use super::*;

/// The names of what has no description: types, fields, arguments, input fields and enum values of our own.
async fn undescribed() -> Vec<String> {
    let query = "{ __schema { types {
        name kind description
        fields(includeDeprecated: true) { name description args { name description } }
        inputFields { name description }
        enumValues(includeDeprecated: true) { name description }
    } } }";
    let answer = builder().finish().execute(query).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    let answer = answer.data.into_json().expect("JSON");
    let types = answer["__schema"]["types"].as_array().expect("types");
    let mut missing = Vec::new();
    for item in types.iter().filter(|item| ours(item)) {
        missing_in(item, "", &mut missing);
    }
    missing
}

/// `ID` is the specification's, whatever reads it.
fn ours(item: &serde_json::Value) -> bool {
    let name = item["name"].as_str().unwrap_or_default();
    !name.starts_with("__") && name != "ID"
}

fn missing_in(item: &serde_json::Value, parent: &str, missing: &mut Vec<String>) {
    let name = format!("{parent}{}", item["name"].as_str().unwrap_or_default());
    if item["description"].as_str().unwrap_or_default().is_empty() {
        missing.push(name.clone());
    }
    for part in ["fields", "args", "inputFields", "enumValues"] {
        for child in item[part].as_array().into_iter().flatten() {
            missing_in(child, &format!("{name}."), missing);
        }
    }
}

#[tokio::test]
async fn everything_has_a_description() {
    assert_eq!(undescribed().await, Vec::<String>::new());
}

#[test]
fn the_schema_is_the_same_each_time() {
    assert_eq!(sdl(), sdl());
}

#[tokio::test]
async fn a_malformed_id_is_bad_input() {
    let schema = builder().finish();
    for id in ["\"Task\"", "\"\"", "7", "\"Task_x\"", "\"task_0\""] {
        let mut answer = schema
            .execute(format!("{{ node(id: {id}) {{ id }} }}"))
            .await;
        let error = answer.errors.first_mut().expect("an error");
        error::complete(error);
        let code = error.extensions.as_ref().and_then(|all| all.get("code"));
        assert_eq!(code, Some(&Value::from("BAD_INPUT")), "{id}");
    }
}
