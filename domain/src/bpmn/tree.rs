//! A document as a tree of nodes, each with its place: what was read, with no meaning yet.

use std::collections::HashMap;

use super::{BPMN, Place};
use crate::value::Name;

/// An XML element as it stands in the file.
#[derive(Debug)]
pub(super) struct Node {
    pub namespace: Name,
    pub name: Name,
    pub attributes: Vec<Attribute>,
    pub text: Box<str>,
    pub children: Vec<u32>,
    pub parent: Option<u32>,
    pub place: Place,
}

/// An attribute; its namespace is empty where it has no prefix.
#[derive(Debug)]
pub(super) struct Attribute {
    pub namespace: Name,
    pub name: Name,
    pub value: Name,
}

/// A well-formed document: nodes in document order, the root first.
#[derive(Debug)]
pub(crate) struct Document {
    nodes: Vec<Node>,
    /// What stands directly in the root, by id; the first of each.
    roots: HashMap<Name, u32>,
}

impl Document {
    /// A document of nodes in document order, the root first.
    pub(super) fn new(nodes: Vec<Node>) -> Document {
        let mut document = Document {
            nodes,
            roots: HashMap::new(),
        };
        let found: Vec<_> = document
            .root()
            .children()
            .filter_map(|tag| Some((tag.id()?.clone(), tag.ix)))
            .collect();
        for (id, ix) in found {
            document.roots.entry(id).or_insert(ix);
        }
        document
    }

    /// The root.
    pub fn root(&self) -> Tag<'_> {
        self.tag(0)
    }

    /// Every node in document order.
    pub fn tags(&self) -> impl Iterator<Item = Tag<'_>> {
        (0..self.nodes.len()).map(|ix| self.tag(ix as u32))
    }

    fn tag(&self, ix: u32) -> Tag<'_> {
        Tag { document: self, ix }
    }
}

/// A node of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tag<'a> {
    document: &'a Document,
    ix: u32,
}

impl<'a> Tag<'a> {
    fn node(self) -> &'a Node {
        &self.document.nodes[self.ix as usize]
    }

    /// Its number in document order.
    pub fn ix(self) -> u32 {
        self.ix
    }

    /// Where it begins.
    pub fn place(self) -> Place {
        self.node().place
    }

    /// Its namespace, empty for none.
    pub fn namespace(self) -> &'a str {
        &self.node().namespace
    }

    /// Its local name.
    pub fn name(self) -> &'a Name {
        &self.node().name
    }

    /// Whether it is this element.
    pub fn is(self, namespace: &str, name: &str) -> bool {
        &*self.node().name == name && &*self.node().namespace == namespace
    }

    /// The BPMN name of a BPMN element, else nothing.
    pub fn bpmn(self) -> Option<&'a str> {
        (self.namespace() == BPMN).then(|| &**self.name())
    }

    /// Whether it is what a modeller draws or what holds that, and no part of it.
    pub fn is_element(self) -> bool {
        self.bpmn().is_some_and(is_element)
    }

    /// The element around it.
    pub fn parent(self) -> Option<Tag<'a>> {
        self.node().parent.map(|ix| self.document.tag(ix))
    }

    /// The elements directly inside it.
    pub fn children(self) -> impl Iterator<Item = Tag<'a>> {
        self.node()
            .children
            .iter()
            .map(move |ix| self.document.tag(*ix))
    }

    /// The elements of a name directly inside it.
    pub fn all(self, namespace: &'a str, name: &'a str) -> impl Iterator<Item = Tag<'a>> {
        self.children().filter(move |tag| tag.is(namespace, name))
    }

    /// The BPMN elements of a name directly inside it.
    pub fn parts(self, name: &'a str) -> impl Iterator<Item = Tag<'a>> {
        self.all(BPMN, name)
    }

    /// The first BPMN element of a name directly inside it.
    pub fn part(self, name: &'a str) -> Option<Tag<'a>> {
        self.parts(name).next()
    }

    /// What stands in its `extensionElements`.
    pub fn extensions(self) -> impl Iterator<Item = Tag<'a>> {
        self.parts("extensionElements").flat_map(Tag::children)
    }

    /// The extensions of a name.
    pub fn extension(self, namespace: &'a str, name: &'a str) -> impl Iterator<Item = Tag<'a>> {
        self.extensions().filter(move |tag| tag.is(namespace, name))
    }

    /// An attribute without a prefix.
    pub fn own(self, name: &str) -> Option<&'a Name> {
        self.attribute("", name)
    }

    /// An attribute without a prefix that says something.
    pub fn filled(self, name: &str) -> Option<&'a Name> {
        self.own(name).filter(|value| !value.trim().is_empty())
    }

    /// Its attributes: namespace, local name and value.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        self.node().attributes.iter().map(|attribute| {
            let Attribute {
                namespace,
                name,
                value,
            } = attribute;
            (&**namespace, &**name, &**value)
        })
    }

    /// The root of its document.
    pub fn root(self) -> Tag<'a> {
        self.document.root()
    }

    /// What a reference names among the definitions directly in the root: an id as it stands, or after a prefix.
    pub fn definition(self, reference: &str) -> Option<Tag<'a>> {
        let reference = reference.trim();
        let roots = &self.document.roots;
        roots
            .get(reference)
            .or_else(|| roots.get(local(reference)))
            .map(|ix| self.document.tag(*ix))
    }

    /// An attribute of a namespace.
    pub fn attribute(self, namespace: &str, name: &str) -> Option<&'a Name> {
        self.node()
            .attributes
            .iter()
            .find(|attribute| &*attribute.name == name && &*attribute.namespace == namespace)
            .map(|attribute| &attribute.value)
    }

    /// Its id, if it has one.
    pub fn id(self) -> Option<&'a Name> {
        self.filled("id")
    }

    /// Its own text and CDATA, those of its children left out, as it stands.
    pub fn raw_text(self) -> &'a str {
        &self.node().text
    }

    /// Its own text without the white space around it.
    pub fn text(self) -> &'a str {
        self.raw_text().trim()
    }
}

fn is_element(tag: &str) -> bool {
    matches!(
        tag,
        "process"
            | "collaboration"
            | "choreography"
            | "participant"
            | "laneSet"
            | "lane"
            | "messageFlow"
            | "sequenceFlow"
            | "conversation"
            | "subConversation"
            | "callConversation"
            | "startEvent"
            | "endEvent"
            | "boundaryEvent"
            | "intermediateCatchEvent"
            | "intermediateThrowEvent"
            | "implicitThrowEvent"
            | "task"
            | "userTask"
            | "manualTask"
            | "serviceTask"
            | "scriptTask"
            | "businessRuleTask"
            | "sendTask"
            | "receiveTask"
            | "callActivity"
            | "subProcess"
            | "transaction"
            | "adHocSubProcess"
            | "choreographyTask"
            | "subChoreography"
            | "callChoreography"
            | "exclusiveGateway"
            | "inclusiveGateway"
            | "parallelGateway"
            | "complexGateway"
            | "eventBasedGateway"
            | "dataObject"
            | "dataObjectReference"
            | "dataStore"
            | "dataStoreReference"
            | "dataInput"
            | "dataOutput"
            | "association"
            | "group"
            | "textAnnotation"
            | "message"
            | "error"
            | "signal"
            | "escalation"
            | "resource"
            | "category"
            | "categoryValue"
    )
}

/// What follows the prefix of a qualified name.
pub(crate) fn local(reference: &str) -> &str {
    reference
        .split_once(':')
        .map_or(reference, |(_, local)| local)
}
