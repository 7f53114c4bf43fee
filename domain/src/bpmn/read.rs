//! (stub)
use super::{Place, Problem};
use crate::value::Name;

/// A model as it stands in the file: nothing judged, nothing resolved.
#[derive(Clone, Debug)]
pub struct Draft {}

/// A process of the file.
#[derive(Clone, Debug)]
pub struct DraftProcess {
    /// Its id: the key.
    pub key: Name,
    /// Its name.
    pub name: Option<Name>,
    /// `isExecutable`, as it stands.
    pub executable: Option<bool>,
    /// Where.
    pub place: Place,
}

/// An element of the file, for showing and counting.
#[derive(Clone, Debug)]
pub struct DraftElement {
    /// The local name of its tag: `userTask`.
    pub tag: Name,
    /// Its id, where it has one.
    pub id: Option<Name>,
    /// Its name.
    pub name: Option<Name>,
    /// The key of the process that it is in; none for collaborations and definitions.
    pub process: Option<Name>,
    /// Where.
    pub place: Place,
}

/// Reads a file of bytes in any of the encodings that its declaration or byte order mark names.
pub fn read(_bytes: &[u8]) -> Result<Draft, Vec<Problem>> {
    todo!()
}

/// Reads a text that is already decoded: the declaration's encoding is not looked at.
pub fn read_text(_text: &str) -> Result<Draft, Vec<Problem>> {
    todo!()
}

impl Draft {
    /// The processes of the file, in document order.
    pub fn processes(&self) -> Vec<DraftProcess> {
        todo!()
    }

    /// The elements of the file, in document order.
    pub fn elements(&self) -> Vec<DraftElement> {
        todo!()
    }
}
