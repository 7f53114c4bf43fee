//! What a business rule task asks, as the model says it. Which decision that is stands in the model itself, so that it can
//! be loaded before a transition is decided.

use crate::value::Name;

/// A decision that a task asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionCall {
    /// Which.
    pub decision: DecisionRef,
    /// The field that the result is written to; without one, each output is written to the field of its name.
    pub result: Option<Name>,
    /// What of the result is written.
    pub shape: ResultShape,
}

/// A decision of the tenant, as a model names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DecisionRef {
    /// Its key.
    pub key: Name,
    /// Which version of it.
    pub binding: DecisionBinding,
}

/// Which version of a decision is asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DecisionBinding {
    /// The latest that is published when it is asked.
    Latest,
    /// The latest that was published when the process version was.
    Deployment,
    /// The version of this number.
    Version(u32),
    /// The latest published version that bears this tag.
    VersionTag(Name),
}

/// What of a decision's result is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResultShape {
    /// The result as DMN has it: a value, an object, or a list of them.
    Plain,
    /// The value of the one output of the one rule.
    SingleEntry,
    /// The outputs of the one rule by name.
    SingleResult,
    /// The values of the one output, of all rules.
    CollectEntries,
    /// The outputs of all rules by name.
    ResultList,
}
