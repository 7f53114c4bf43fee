//! The parameters of one GraphQL request, as HTTP and sockets send them: checked for their shape, nothing more.

use async_graphql::parser::types::OperationDefinition;
use async_graphql::{Request, Variables};
use serde_json::{Map, Value};

use super::document::{self, Bounds, Order};
use super::fault::Fault;

/// What is to be executed. No `Debug`: variables hold what people wrote.
pub struct Parameters {
    query: String,
    operation_name: Option<String>,
    variables: Map<String, Value>,
}

impl Parameters {
    /// From the bytes of a body. JSON that nests deeper than 128 is not JSON to us: `serde_json` stops there.
    pub fn parse(body: &[u8]) -> Result<Parameters, Fault> {
        let json = serde_json::from_slice(body).map_err(|error| Fault::Json {
            line: error.line(),
            column: error.column(),
        })?;
        Parameters::from_json(json)
    }

    /// From a JSON value. Members that no specification names are ignored.
    pub fn from_json(json: Value) -> Result<Parameters, Fault> {
        let mut members = match json {
            Value::Object(members) => members,
            Value::Array(_) => return Err(Fault::Batch),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                return Err(Fault::NotAnObject);
            }
        };
        let wrong = |name, expected| Fault::Parameter { name, expected };
        let query = match members.remove("query") {
            Some(Value::String(query)) => query,
            None => return Err(Fault::NotAnObject),
            Some(_) => return Err(wrong("query", "a string")),
        };
        let operation_name = match members.remove("operationName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(wrong("operationName", "a string")),
        };
        let variables = match members.remove("variables") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(variables)) => variables,
            Some(_) => return Err(wrong("variables", "an object")),
        };
        match members.remove("extensions") {
            None | Some(Value::Null | Value::Object(_)) => {}
            Some(_) => return Err(wrong("extensions", "an object")),
        }
        Ok(Parameters {
            query,
            // Some clients send an empty name for an anonymous operation.
            operation_name: operation_name.filter(|name| !name.is_empty()),
            variables,
        })
    }

    /// The operation, parsed within the bounds.
    pub fn prepare(self, bounds: &Bounds) -> Result<Prepared, Fault> {
        let document = document::read(&self.query, bounds)?;
        let operation = document::operation(&document, self.operation_name.as_deref());
        if let Some(missing) = operation.and_then(|operation| self.missing(operation)) {
            return Err(missing);
        }
        let kind = operation.map(|operation| operation.ty);
        let order = operation.map(|operation| Order::of(&document, operation));
        let mut request =
            Request::new(self.query).variables(Variables::from_json(Value::Object(self.variables)));
        request.operation_name = self.operation_name;
        request.set_parsed_query(document);
        Ok(Prepared {
            request,
            kind,
            order: order.unwrap_or_default(),
        })
    }

    /// The first variable that must be given and is not. The library notices only where it is used, in the midst of
    /// execution; the specification (6.1.2) wants nothing executed.
    fn missing(&self, operation: &OperationDefinition) -> Option<Fault> {
        operation.variable_definitions.iter().find_map(|variable| {
            let definition = &variable.node;
            let name = definition.name.node.as_str();
            let given = self.variables.get(name);
            let missing = !definition.var_type.node.nullable
                && match given {
                    None => definition.default_value.is_none(),
                    Some(value) => value.is_null(),
                };
            missing.then_some(Fault::Variable { at: variable.pos })
        })
    }
}

/// An operation that is ready to run.
pub struct Prepared {
    /// What the library runs.
    pub request: Request,
    /// What kind of operation it is; `None` if the name picks none, which running it will say.
    pub kind: Option<Kind>,
    /// The order of the answer's members.
    pub order: Order,
}

/// Query, mutation or subscription.
pub use async_graphql::parser::types::OperationType as Kind;

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> Option<Fault> {
        Parameters::parse(body.as_bytes()).err()
    }

    #[test]
    fn the_shape_of_each_parameter_is_checked() {
        let parameter = |name, expected| Some(Fault::Parameter { name, expected });
        let table = [
            (r#"{"query":"{a}"}"#, None),
            (
                r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#,
                None,
            ),
            (
                r#"{"query":"{a}","operationName":"A","variables":{},"extensions":{},"more":[]}"#,
                None,
            ),
            (r#"[{"query":"{a}"}]"#, Some(Fault::Batch)),
            ("[]", Some(Fault::Batch)),
            ("{}", Some(Fault::NotAnObject)),
            ("\"{a}\"", Some(Fault::NotAnObject)),
            ("null", Some(Fault::NotAnObject)),
            (r#"{"query":null}"#, parameter("query", "a string")),
            (r#"{"query":["{a}"]}"#, parameter("query", "a string")),
            (
                r#"{"query":"{a}","operationName":1}"#,
                parameter("operationName", "a string"),
            ),
            (
                r#"{"query":"{a}","variables":[]}"#,
                parameter("variables", "an object"),
            ),
            (
                r#"{"query":"{a}","variables":"{}"}"#,
                parameter("variables", "an object"),
            ),
            (
                r#"{"query":"{a}","extensions":"x"}"#,
                parameter("extensions", "an object"),
            ),
            ("{", Some(Fault::Json { line: 1, column: 1 })),
            ("", Some(Fault::Json { line: 1, column: 0 })),
        ];
        for (body, expected) in table {
            assert_eq!(refusal(body), expected, "{body}");
        }
    }

    #[test]
    fn a_variable_that_must_be_given_is_asked_for_before_anything_runs() {
        let bounds = Bounds::from(&docket_infra::config::Limits::default());
        let table = [
            ("query($a: Int!) { b(c: $a) }", "{}", true),
            ("query($a: Int!) { b(c: $a) }", r#"{"a":null}"#, true),
            ("query($a: Int!) { b(c: $a) }", r#"{"a":1}"#, false),
            ("query($a: Int! = 1) { b(c: $a) }", "{}", false),
            ("query($a: Int! = 1) { b(c: $a) }", r#"{"a":null}"#, true),
            ("query($a: Int) { b(c: $a) }", "{}", false),
        ];
        for (query, variables, missing) in table {
            let body = format!(r#"{{"query":"{query}","variables":{variables}}}"#);
            let parsed = Parameters::parse(body.as_bytes()).expect("parameters");
            let refused = parsed.prepare(&bounds).err();
            assert_eq!(
                matches!(refused, Some(Fault::Variable { .. })),
                missing,
                "{body}"
            );
        }
    }

    #[test]
    fn variables_that_nest_without_end_are_refused() {
        let body = format!(
            r#"{{"query":"{{a}}","variables":{{"a":{}"#,
            "[".repeat(100_000)
        );
        assert!(matches!(refusal(&body), Some(Fault::Json { .. })));
    }
}
