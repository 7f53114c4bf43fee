//! Bytes to a [`Draft`]: the file as it stands. Nothing is judged but what keeps it from being read: its encoding, its
//! XML, its size, and that it is a BPMN model at all.

use std::sync::Arc;

use super::report::Report;
use super::tree::{Document, Tag};
use super::{BPMN, Place, Problem, xml};
use crate::value::Name;

/// A model as it stands in the file: nothing judged, nothing resolved. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Draft {
    document: Arc<Document>,
}

/// A process of the file.
#[derive(Clone, Debug)]
pub struct DraftProcess {
    /// Its id: the key. Empty where the file gives none.
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
    /// Its name, as it stands.
    pub name: Option<Name>,
    /// The key of the process that it is in; none for collaborations and definitions.
    pub process: Option<Name>,
    /// Where.
    pub place: Place,
}

/// Reads a file of bytes in any of the encodings that its declaration or byte order mark names.
pub fn read(bytes: &[u8]) -> Result<Draft, Vec<Problem>> {
    draft(xml::document(bytes)?)
}

/// Reads a text that is already decoded: the declaration's encoding is not looked at.
pub fn read_text(text: &str) -> Result<Draft, Vec<Problem>> {
    draft(xml::document_of_text(text)?)
}

fn draft(document: Document) -> Result<Draft, Vec<Problem>> {
    let root = document.root();
    if !root.is(BPMN, "definitions") {
        let message = format!(
            "the root is `{}` of `{}`, not BPMN 2.0 `definitions`",
            xml::shorten(root.name()),
            xml::shorten(root.namespace()),
        );
        let mut report = Report::default();
        report.fault(root.place(), "not-bpmn", message);
        return Err(report.into_problems());
    }
    Ok(Draft {
        document: Arc::new(document),
    })
}

impl Draft {
    /// The processes of the file, in document order.
    pub fn processes(&self) -> Vec<DraftProcess> {
        self.process_tags()
            .map(|tag| DraftProcess {
                key: key(tag),
                name: tag.filled("name").cloned(),
                executable: tag.own("isExecutable").and_then(|text| flag(text)),
                place: tag.place(),
            })
            .collect()
    }

    /// The elements of the file, in document order: what a modeller draws, and what holds it. Their parts (event
    /// definitions, conditions, documentation, extensions) are not listed.
    pub fn elements(&self) -> Vec<DraftElement> {
        let mut inside: Vec<Option<Name>> = Vec::new();
        let mut found = Vec::new();
        for tag in self.document.tags() {
            let is_process = tag.is(BPMN, "process");
            let process = match tag.parent() {
                _ if is_process => Some(key(tag)),
                Some(parent) => inside[parent.ix() as usize].clone(),
                None => None,
            };
            if tag.is_element() {
                found.push(DraftElement {
                    tag: tag.name().clone(),
                    id: tag.id().cloned(),
                    name: tag.own("name").cloned(),
                    process: process.clone(),
                    place: tag.place(),
                });
            }
            inside.push(process);
        }
        found
    }

    pub(super) fn definitions(&self) -> Tag<'_> {
        self.document.root()
    }

    pub(super) fn process_tags(&self) -> impl Iterator<Item = Tag<'_>> {
        self.definitions().parts("process")
    }
}

fn key(tag: Tag<'_>) -> Name {
    tag.id().cloned().unwrap_or_else(|| Name::from(""))
}

/// An XML boolean.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
