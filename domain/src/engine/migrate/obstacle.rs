//! What stands in the way of moving an instance to another version: every obstacle with its element, never only the first.

use crate::value::Name;

/// One obstacle.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Obstacle {
    /// Of what kind.
    pub kind: ObstacleKind,
    /// The id of the element in the version that is left.
    pub element: Option<Name>,
    /// The id of the element in the version to go to.
    pub target: Option<Name>,
    /// What is wrong, naming the elements in backticks; never data.
    pub message: String,
}

/// What stands in the way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ObstacleKind {
    /// The mapping names an element that is not in the version that is left.
    UnknownSource,
    /// The mapping names an element that is not in the version to go to.
    UnknownTarget,
    /// The mapping names an element twice, or two elements become one that must stay apart.
    Ambiguous,
    /// The two elements are of different kinds, or repeat in different ways.
    KindMismatch,
    /// The two elements stand in sub-processes, or at activities, that do not correspond.
    ScopeMismatch,
    /// Something stands at an element, or could still be undone there, for which there is none in the other version.
    NoTarget,
    /// A token has come to a join by a flow for which there is none in the other version.
    NoFlow,
    /// What is done could be undone here, and not, or otherwise, in the other version.
    Undoing,
    /// The other version asks for something that has no value, or for nothing that could happen.
    Unready,
}

impl Obstacle {
    pub(super) fn new(
        kind: ObstacleKind,
        element: Option<&Name>,
        target: Option<&Name>,
        message: String,
    ) -> Obstacle {
        Obstacle {
            kind,
            element: element.cloned(),
            target: target.cloned(),
            message,
        }
    }
}
