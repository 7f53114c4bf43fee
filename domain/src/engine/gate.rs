//! What a complex gateway remembers between its start and its reset.

use serde::{Deserialize, Serialize};

use super::instance::ScopeId;
use crate::bpmn::{ElementIx, FlowIx};

/// A complex gateway that has started and waits to be reset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gate {
    /// The gateway.
    pub element: ElementIx,
    /// The scope that it runs in.
    pub scope: ScopeId,
    /// The flows that brought what it started with.
    pub flows: Vec<FlowIx>,
}
