//! The contract: what is served is what is checked in.

use docket_tests::TestServer;
use serde_json::{Value, json};

#[test]
fn the_checked_in_schema_is_the_served_one() {
    let checked_in = include_str!("../../schema.graphql");
    assert!(
        checked_in == docket_api::graphql::sdl(),
        "schema.graphql is not what is served: run `make schema` and review the difference"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_field_argument_and_enum_value_has_a_description() {
    let server = TestServer::start().await;
    let document = "{ __schema { types { name kind description
        fields(includeDeprecated: true) { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let answer = server.user("emma").ok(document, json!({})).await;
    let types = answer["__schema"]["types"]
        .as_array()
        .expect("types")
        .clone();
    let mut bare = Vec::new();
    let mut seen = 0;
    for kind in types
        .iter()
        .filter(|kind| !kind["name"].as_str().unwrap_or_default().starts_with("__"))
    {
        let name = kind["name"].as_str().unwrap_or_default();
        if ["String", "Int", "Float", "Boolean", "ID"].contains(&name) {
            continue;
        }
        note(&mut bare, &mut seen, name, kind);
        for list in ["fields", "inputFields", "enumValues"] {
            for member in kind[list].as_array().into_iter().flatten() {
                let place = format!("{name}.{}", member["name"].as_str().unwrap_or_default());
                note(&mut bare, &mut seen, &place, member);
                for argument in member["args"].as_array().into_iter().flatten() {
                    note(
                        &mut bare,
                        &mut seen,
                        &format!("{place}({})", argument["name"].as_str().unwrap_or_default()),
                        argument,
                    );
                }
            }
        }
    }
    assert_eq!(bare, Vec::<String>::new(), "of {seen}");
    assert!(seen > 200, "the schema was looked at: {seen}");
}

fn note(bare: &mut Vec<String>, seen: &mut usize, place: &str, described: &Value) {
    *seen += 1;
    if described["description"]
        .as_str()
        .unwrap_or_default()
        .is_empty()
    {
        bare.push(place.to_owned());
    }
}
