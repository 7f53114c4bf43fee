//! The order of an answer's members: that of the selections (GraphQL, October 2021, section 7.2.2). The library fills an
//! object in the order in which its fields are done, which would tell what took a look into the database.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Value};

/// The members of an object in their order, each with the order inside it.
#[derive(Default, Debug)]
pub struct Order(IndexMap<Name, Order>);

impl Order {
    /// The order that a document asks for. The document was measured before: what its fragments expand to is bounded, and
    /// none spreads itself.
    pub fn of(document: &ExecutableDocument, operation: Option<&str>) -> Order {
        let mut order = Order::default();
        if let Some(operation) = chosen(document, operation) {
            order.add(document, &operation.selection_set.node);
        }
        order
    }

    fn add(&mut self, document: &ExecutableDocument, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.clone();
                    let inside = self.0.entry(key).or_default();
                    inside.add(document, &field.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node)
                    {
                        self.add(document, &fragment.node.selection_set.node);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.add(document, &fragment.node.selection_set.node);
                }
            }
        }
    }

    /// Puts an answer's members into this order.
    pub fn apply(&self, value: &mut Value) {
        match value {
            Value::Object(members) if !self.0.is_empty() => {
                let place = |key: &Name| self.0.get_index_of(key);
                if !members.keys().is_sorted_by_key(place) {
                    members.sort_by(|one, _, other, _| place(one).cmp(&place(other)));
                }
                for (key, member) in members {
                    if let Some(inside) = self.0.get(key) {
                        inside.apply(member);
                    }
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Value::Object(_)
            | Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::Enum(_) => {}
        }
    }
}

fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(&operation.node),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).map(|operation| &operation.node)
        }
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.values();
            all.next()
                .filter(|_| all.next().is_none())
                .map(|operation| &operation.node)
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use async_graphql::value;

    use super::*;

    #[test]
    fn members_stand_in_the_order_of_the_selections() {
        let document = parse_query(
            "query Q { a { x y } ...f ... on Query { z } list { p q } } fragment f on Query { b a { w } }",
        )
        .expect("the document parses");
        let mut answer = value!({
            "list": [{ "q": 1, "p": 2 }, null, { "p": 3, "q": 4 }],
            "z": 1,
            "b": { "free": 1, "form": 2 },
            "a": { "w": 1, "y": 2, "x": 3 },
        });
        Order::of(&document, Some("Q")).apply(&mut answer);
        assert_eq!(
            answer.to_string(),
            "{a: {x: 3, y: 2, w: 1}, b: {free: 1, form: 2}, z: 1, list: [{p: 2, q: 1}, null, {p: 3, q: 4}]}"
        );
    }
}
