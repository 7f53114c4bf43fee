//! The fields of an answer stand in the order of the document (GraphQL, section 7.2.2). The library resolves the root of a
//! query as things come; whoever compares two answers byte for byte would see which of two lookups was the faster.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Response, Value};

/// The response keys at the root of each operation of a document, in their order.
#[derive(Debug)]
pub struct RootOrder(HashMap<Option<Name>, Vec<Name>>);

impl RootOrder {
    /// Of a document that is not validated yet: fragments may be missing, or spread themselves.
    pub fn of(document: &ExecutableDocument) -> RootOrder {
        let operations = document.operations.iter().map(|(name, operation)| {
            let mut keys = Keys {
                document,
                visited: HashSet::new(),
                found: Vec::new(),
            };
            keys.collect(&operation.node.selection_set.node);
            (name.cloned(), keys.found)
        });
        RootOrder(operations.collect())
    }

    /// Puts the root fields of an answer into their order.
    pub fn restore(&self, operation: Option<&str>, response: &mut Response) {
        let only = || self.0.values().next().filter(|_| self.0.len() == 1);
        let named = operation.and_then(|name| self.0.get(&Some(Name::new(name))));
        if let (Some(keys), Value::Object(fields)) = (named.or_else(only), &mut response.data)
            && fields.len() > 1
        {
            let ranks: HashMap<&Name, usize> = keys.iter().zip(0..).collect();
            fields.sort_by_cached_key(|key, _| ranks.get(key).copied().unwrap_or(usize::MAX));
        }
    }
}

struct Keys<'a> {
    document: &'a ExecutableDocument,
    visited: HashSet<&'a Name>,
    found: Vec<Name>,
}

impl<'a> Keys<'a> {
    fn collect(&mut self, set: &'a SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    self.found.push(field.node.response_key().node.clone());
                }
                Selection::InlineFragment(fragment) => {
                    self.collect(&fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    if self.visited.insert(name)
                        && let Some(fragment) = self.document.fragments.get(name)
                    {
                        self.collect(&fragment.node.selection_set.node);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::value;

    use super::*;

    fn restored(document: &str, operation: Option<&str>) -> String {
        let order = RootOrder::of(&parse_query(document).expect("a document"));
        let mut response = Response::new(value!({ "c": 3, "b": 2, "a": 1 }));
        order.restore(operation, &mut response);
        serde_json::to_string(&response.data).expect("JSON")
    }

    #[test]
    fn fields_aliases_and_fragments_stand_where_they_first_appear() {
        let document = "{ a: x ...f ... on Query { c } } fragment f on Query { b a ...f }";
        assert_eq!(restored(document, None), r#"{"a":1,"b":2,"c":3}"#);
    }

    #[test]
    fn each_operation_has_its_own_order() {
        let document = "query one { c b a } query two { b a c }";
        assert_eq!(restored(document, Some("two")), r#"{"b":2,"a":1,"c":3}"#);
        assert_eq!(restored(document, Some("one")), r#"{"c":3,"b":2,"a":1}"#);
    }
}
