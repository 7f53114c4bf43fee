//! The order of an answer's members. The specification (7.2.2) wants them as the document asks for them; the library
//! answers in the order in which its resolvers happen to end, so that the same request has many answers, and what one of
//! them waited for shows.

use std::collections::HashMap;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    ExecutableDocument, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value};

/// What one operation asks for, in its order. Fragments count where they are first spread; two fragments for different
/// types that ask for the same members in different orders share the first one's.
#[derive(Debug, Default)]
pub struct Order(IndexMap<Name, Order>);

type Fragments = HashMap<Name, Positioned<FragmentDefinition>>;

impl Order {
    /// Of an operation in a document whose expansion is bounded.
    pub fn of(document: &ExecutableDocument, operation: &OperationDefinition) -> Order {
        let mut order = Order::default();
        order.add(&document.fragments, &operation.selection_set.node);
        order
    }

    fn add(&mut self, fragments: &Fragments, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let inner = self.0.entry(field.node.response_key().node.clone());
                    inner
                        .or_default()
                        .add(fragments, &field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => {
                    self.add(fragments, &fragment.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                        self.add(fragments, &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    /// Puts the members of an answer's data into the order. Values of scalars stay as they are.
    pub fn arrange(&self, data: &mut Value) {
        if self.0.is_empty() {
            return;
        }
        match data {
            // As most objects come, and without looking each member up.
            Value::Object(members) if members.keys().eq(self.0.keys()) => {
                for (member, inner) in members.values_mut().zip(self.0.values()) {
                    inner.arrange(member);
                }
            }
            Value::Object(members) => {
                let place = |name: &Name| self.0.get_index_of(name);
                if !members.keys().map(place).is_sorted() {
                    members.sort_by_cached_key(|name, _| place(name));
                }
                for (name, member) in members {
                    if let Some(inner) = self.0.get(name) {
                        inner.arrange(member);
                    }
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::Enum(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    /// The data, put into the order of the document.
    fn arranged(document: &str, data: serde_json::Value) -> String {
        let document = parse_query(document).expect("a document");
        let (_, operation) = document.operations.iter().next().expect("an operation");
        let mut data = Value::from_json(data).expect("a value");
        Order::of(&document, &operation.node).arrange(&mut data);
        data.to_string()
    }

    #[test]
    fn members_stand_as_the_document_asks_for_them() {
        assert_eq!(
            arranged(
                "{ z a: y { b a } x }",
                json!({"a": {"a": 1, "b": 2}, "x": 3, "z": 4})
            ),
            "{z: 4, a: {b: 2, a: 1}, x: 3}"
        );
    }

    #[test]
    fn so_do_those_of_lists_fragments_and_fields_that_are_asked_for_twice() {
        assert_eq!(
            arranged(
                "{ l { ...f ... on A { b } a } l { z } } fragment f on B { c }",
                json!({"l": [{"a": 1, "b": 2, "c": 3, "z": 4}, {"a": 1, "z": 2}, null]})
            ),
            "{l: [{c: 3, b: 2, a: 1, z: 4}, {a: 1, z: 2}, null]}"
        );
    }

    #[test]
    fn the_members_of_a_scalar_are_left_alone() {
        assert_eq!(
            arranged(
                "{ data b }",
                json!({"b": 1, "data": {"b": 1, "a": {"b": 2}}})
            ),
            arranged(
                "{ data b }",
                json!({"data": {"b": 1, "a": {"b": 2}}, "b": 1})
            ),
        );
    }
}
