//! Forms: what a form-js schema asks of the data that a person sends.

use crate::engine::command::Rejection;
use crate::value::Data;

/// Whether the schema is one that [`check`] understands; if not, why.
pub fn check_schema(_schema: &serde_json::Value) -> Result<(), String> {
    todo!()
}

/// Whether the data fits the form: only fields of its enabled components, each with a value that its component takes;
/// with `complete`, also every required one, here or in the `existing` data (innermost scope first).
pub fn check(
    _schema: &serde_json::Value,
    _data: &Data,
    _existing: &[&Data],
    _complete: bool,
) -> Result<(), Rejection> {
    todo!()
}
