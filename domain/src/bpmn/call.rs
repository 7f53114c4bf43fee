//! What a call activity asks for (BPMN 2.0.2, 10.3.6), as the model says it.

use super::{Assignment, Text};

/// A call of another process.
#[derive(Clone, Debug)]
pub struct Call {
    /// The key of the process.
    pub callee: Text,
    /// Which version of it.
    pub binding: Binding,
    /// What it is given, in this order. Nothing is given that the model does not name.
    pub inputs: Vec<Mapping>,
    /// What comes back when it has come to its end, in this order.
    pub outputs: Vec<Mapping>,
    /// The key that the outside knows it by.
    pub business_key: Option<Text>,
    /// Whether who takes part in it reads the instance that calls.
    pub readers_up: bool,
    /// Whether who reads the instance that calls reads it as well, while its own model says nothing.
    pub readers_down: bool,
}

/// Which version of a process is called.
#[derive(Clone, Debug)]
pub enum Binding {
    /// The latest published one, at the moment of the call.
    Latest,
    /// The one of the same upload; if that file held none, the latest published one.
    Deployment,
    /// The one of this number.
    Version(Text),
    /// The latest published one that bears this tag.
    Tag(Text),
}

/// What goes from one instance to another.
#[derive(Clone, Debug)]
pub enum Mapping {
    /// Every field.
    All,
    /// The value of an expression over the fields of the instance that gives, as a field of the one that gets.
    Field(Assignment),
}
