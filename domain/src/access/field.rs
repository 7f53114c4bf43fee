//! G9 (stub).

use serde::{Deserialize, Serialize};

use super::Actor;
use crate::bpmn::{Classification, ElementIx, Process};
use crate::engine::command::Rejection;
use crate::engine::instance::Instance;
use crate::value::{Data, Name, Value};

/// How a viewer sees a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Visibility {
    /// As it is.
    Clear,
    /// Its shape only.
    Masked,
    /// Not at all.
    Hidden,
}

/// A field as one viewer sees it.
#[derive(Clone, PartialEq, Debug)]
pub struct FieldView {
    /// Its name.
    pub name: Name,
    /// Its class.
    pub class: Classification,
    /// How it is seen.
    pub visibility: Visibility,
    /// What is seen; nothing when hidden.
    pub value: Option<Value>,
    /// Whether the viewer may change it now.
    pub writable: bool,
}

/// The fields of an instance as a viewer who reads it sees them, in order of name; only those named, if names are given.
/// Secret fields that the viewer does not see clear are left out altogether.
pub fn view(
    _process: &Process,
    _instance: &Instance,
    _actor: &Actor,
    _names: Option<&[Name]>,
) -> Vec<FieldView> {
    todo!()
}

/// Whether a person may write these fields: as one who may write the instance, or, with `element`, as the assignee of a
/// task at that element.
pub fn check_write(
    _process: &Process,
    _instance: &Instance,
    _actor: &Actor,
    _element: Option<ElementIx>,
    _data: &Data,
) -> Result<(), Rejection> {
    todo!()
}
