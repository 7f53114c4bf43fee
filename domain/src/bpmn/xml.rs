//! Text to a tree of nodes with their places, within bounds. Namespaces are resolved; document types and entities are
//! refused; everything else of the file, known or not, is kept. What a node means is not known here.
//!
//! quick-xml finds tags, comments and CDATA. Namespaces, attributes and the order of tags are checked here, because its
//! own checks look at every pair of attributes and stop at the first fault.

use std::collections::{HashMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::encoding;
use super::place::Cursor;
use super::report::Report;
use super::tree::{Attribute, Document, Node};
use super::{Place, Problem};
use crate::value::Name;

/// A file has at most this many bytes of text.
const MAX_SIZE: usize = 4 * 1024 * 1024;
/// Elements nest at most this deep.
const MAX_DEPTH: usize = 256;
/// A file has at most this many elements.
const MAX_NODES: usize = 50_000;
/// An element has at most this many attributes.
const MAX_ATTRIBUTES: usize = 256;
/// An attribute's value has at most this many bytes.
const MAX_VALUE: usize = 64 * 1024;
/// Shorter values are likely to come again and are kept once.
const SHORT: usize = 64;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// An element that is not closed yet.
struct Open<'a> {
    ix: u32,
    name: &'a str,
    text: String,
    prefixes: Vec<&'a str>,
}

struct Parser<'a> {
    text: &'a str,
    cursor: Cursor<'a>,
    nodes: Vec<Node>,
    open: Vec<Open<'a>>,
    namespaces: HashMap<&'a str, Vec<Name>>,
    names: HashSet<Name>,
    seen: HashSet<(Name, Name)>,
    report: Report,
}

/// That reading cannot go on; the report says why.
struct Stop;

/// Parses a file of bytes in any of the encodings that its declaration or byte order mark names.
pub(crate) fn document(bytes: &[u8]) -> Result<Document, Vec<Problem>> {
    in_size(bytes.len())?;
    parse(&encoding::decode(bytes)?)
}

/// Parses a text that is already decoded: the declaration's encoding is not looked at.
pub(crate) fn document_of_text(text: &str) -> Result<Document, Vec<Problem>> {
    in_size(text.len())?;
    parse(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

fn in_size(bytes: usize) -> Result<(), Vec<Problem>> {
    if bytes <= MAX_SIZE {
        return Ok(());
    }
    let mut report = Report::default();
    let message = format!("the file is larger than {MAX_SIZE} bytes");
    report.fault(Place { line: 1, column: 1 }, "too-large", message);
    Err(report.into_problems())
}

/// Reads a document, or says everything that is wrong with it.
fn parse(text: &str) -> Result<Document, Vec<Problem>> {
    let mut parser = Parser {
        text,
        cursor: Cursor::new(text),
        nodes: Vec::new(),
        open: Vec::new(),
        namespaces: HashMap::from([("xml", vec![Name::from(XML)])]),
        names: HashSet::new(),
        seen: HashSet::new(),
        report: Report::default(),
    };
    if parser.document().is_ok() && !parser.report.has_errors() {
        return Ok(Document::new(parser.nodes));
    }
    Err(parser.report.into_problems())
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Result<(), Stop> {
        let mut reader = Reader::from_str(self.text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        loop {
            let start = reader.buffer_position() as usize;
            match reader.read_event() {
                Ok(Event::Start(tag)) => self.start(start, &tag)?,
                Ok(Event::Empty(tag)) => {
                    self.start(start, &tag)?;
                    self.close();
                }
                Ok(Event::End(tag)) => self.end(start, tag.name().0),
                Ok(Event::Text(text)) => self.characters(start, &text.xml10_content()),
                Ok(Event::CData(text)) => self.characters(start, &text.xml10_content()),
                Ok(Event::GeneralRef(reference)) => self.reference(start, &reference),
                Ok(Event::DocType(_)) => {
                    let message = "a document type declaration is not allowed".to_owned();
                    return Err(self.stop(start, "doctype", message));
                }
                Ok(Event::Decl(_)) if start > 0 => {
                    self.bad(start, "the XML declaration stands at the very start only");
                }
                Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_)) => {}
                Ok(Event::Eof) => break,
                Err(error) => {
                    let at = reader.error_position() as usize;
                    // A reference without its end is left out; other faults leave nothing to go on with.
                    let recovers = matches!(error, quick_xml::Error::IllFormed(_));
                    self.fault(at, "bad-xml", error.to_string());
                    if !recovers {
                        return Err(Stop);
                    }
                }
            }
            if self.report.is_full() {
                return Err(Stop);
            }
        }
        self.finish();
        Ok(())
    }

    fn start(&mut self, start: usize, tag: &BytesStart<'_>) -> Result<(), Stop> {
        if self.nodes.len() >= MAX_NODES {
            let message = format!("the file has more than {MAX_NODES} elements");
            return Err(self.stop(start, "limit", message));
        }
        if self.open.len() >= MAX_DEPTH {
            let message = format!("elements nest deeper than {MAX_DEPTH}");
            return Err(self.stop(start, "limit", message));
        }
        if self.open.is_empty() && !self.nodes.is_empty() {
            self.bad(start, "a file has one root element");
        }
        let length = tag.name().0.len();
        let raw = &self.text[start + 1..start + 1 + length];
        let place = self.cursor.at(start);
        let found = self.attributes(start, tag);
        let prefixes = self.declare(&found);
        let (namespace, name) = self.resolve(raw, place, true);
        let attributes = self.resolve_attributes(found, place);
        let ix = self.nodes.len() as u32;
        let parent = self.open.last().map(|open| open.ix);
        if let Some(parent) = parent {
            self.nodes[parent as usize].children.push(ix);
        }
        self.nodes.push(Node {
            namespace,
            name,
            attributes,
            text: Box::default(),
            children: Vec::new(),
            parent,
            place,
        });
        self.open.push(Open {
            ix,
            name: raw,
            text: String::new(),
            prefixes,
        });
        Ok(())
    }

    /// The attributes of a tag, raw name and value, as far as they can be told apart.
    fn attributes(&mut self, start: usize, tag: &BytesStart<'_>) -> Vec<(&'a str, Name)> {
        let whole: &str = tag;
        let mut found = Vec::new();
        // Without checks, because quick-xml compares every attribute with every other.
        for attribute in tag.attributes().with_checks(false) {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(error) => {
                    let (offset, message) = attribute_fault(&error);
                    self.bad(start + 1 + offset, message);
                    break;
                }
            };
            if found.len() == MAX_ATTRIBUTES {
                let message = format!("an element has at most {MAX_ATTRIBUTES} attributes");
                self.fault(start, "limit", message);
                break;
            }
            let key = attribute.key.0;
            let offset = start + 1 + (key.as_ptr() as usize - whole.as_ptr() as usize);
            let raw = &self.text[offset..offset + key.len()];
            if let Some(value) = self.value(offset, raw, &attribute.value) {
                found.push((raw, value));
            }
        }
        found
    }

    /// An attribute's value, normalized (XML 1.0, 3.3.3).
    fn value(&mut self, offset: usize, name: &str, raw: &str) -> Option<Name> {
        if raw.len() > MAX_VALUE {
            let message = format!("the value of `{name}` has more than {MAX_VALUE} bytes");
            self.fault(offset, "limit", message);
            return None;
        }
        if !raw.contains(['&', '<', '\t', '\r', '\n']) {
            return Some(self.intern(raw));
        }
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '\r' => {
                    rest = rest.strip_prefix('\n').unwrap_or(rest);
                    value.push(' ');
                }
                '\t' | '\n' => value.push(' '),
                '<' => {
                    self.bad(offset, "`<` is not allowed in an attribute's value");
                    return None;
                }
                '&' => {
                    let Some((reference, after)) = rest.split_once(';') else {
                        self.bad(offset, "`&` without a reference");
                        return None;
                    };
                    value.push(self.referenced(offset, reference)?);
                    rest = after;
                }
                c => value.push(c),
            }
        }
        Some(self.intern(&value))
    }

    /// Takes the namespaces that a tag declares into scope; the prefixes are to be given back at its end.
    fn declare(&mut self, attributes: &[(&'a str, Name)]) -> Vec<&'a str> {
        let mut prefixes = Vec::new();
        for (raw, value) in attributes {
            let prefix = match raw.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => match rest.strip_prefix(':') {
                    Some(prefix) => prefix,
                    None => continue,
                },
                None => continue,
            };
            self.namespaces
                .entry(prefix)
                .or_default()
                .push(value.clone());
            prefixes.push(prefix);
        }
        prefixes
    }

    fn resolve_attributes(&mut self, found: Vec<(&'a str, Name)>, place: Place) -> Vec<Attribute> {
        let mut attributes = Vec::with_capacity(found.len());
        self.seen.clear();
        for (raw, value) in found {
            let (namespace, name) = if raw == "xmlns" || raw.starts_with("xmlns:") {
                (self.intern("xmlns"), self.intern(raw))
            } else {
                self.resolve(raw, place, false)
            };
            if !self.seen.insert((namespace.clone(), name.clone())) {
                let message = format!("the attribute `{raw}` stands twice");
                self.report.fault(place, "bad-xml", message);
                continue;
            }
            attributes.push(Attribute {
                namespace,
                name,
                value,
            });
        }
        attributes
    }

    /// The namespace and the local name of a raw name.
    fn resolve(&mut self, raw: &'a str, place: Place, is_element: bool) -> (Name, Name) {
        let (prefix, local) = raw.split_once(':').unwrap_or(("", raw));
        if !is_name(local) || (raw.contains(':') && !is_name(prefix)) {
            let message = format!("`{}` is not a name", shorten(raw));
            self.report.fault(place, "bad-xml", message);
        }
        let bound = self.namespaces.get(prefix).and_then(|uris| uris.last());
        let namespace = match bound {
            Some(uri) if is_element || !prefix.is_empty() => uri.clone(),
            None if !prefix.is_empty() => {
                let message = format!("the prefix `{}` is not declared", shorten(prefix));
                self.report.fault(place, "bad-xml", message);
                self.intern("")
            }
            Some(_) | None => self.intern(""),
        };
        (namespace, self.intern(local))
    }

    fn end(&mut self, start: usize, name: &str) {
        if self.open.last().is_some_and(|open| open.name == name) {
            return self.close();
        }
        if !self.open.iter().any(|open| open.name == name) {
            let message = format!("`</{}>` closes nothing", shorten(name));
            return self.fault(start, "bad-xml", message);
        }
        while let Some(open) = self.open.last() {
            if open.name == name {
                return self.close();
            }
            let (name, place) = (shorten(open.name), self.nodes[open.ix as usize].place);
            let message = format!("`<{name}>` is not closed");
            self.report.fault(place, "bad-xml", message);
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        for prefix in open.prefixes {
            if let Some(uris) = self.namespaces.get_mut(prefix) {
                uris.pop();
            }
        }
        if !open.text.trim().is_empty() {
            self.nodes[open.ix as usize].text = open.text.into();
        }
    }

    fn characters(&mut self, start: usize, text: &str) {
        match self.open.last_mut() {
            Some(open) => open.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => self.bad(start, "text outside the root element"),
        }
    }

    fn reference(&mut self, start: usize, reference: &BytesRef<'_>) {
        if let Some(c) = self.referenced(start, reference) {
            let mut buffer = [0; 4];
            self.characters(start, c.encode_utf8(&mut buffer));
        }
    }

    /// The character of a reference: numbered, or one of the five names of XML 1.0, section 4.6.
    fn referenced(&mut self, offset: usize, reference: &str) -> Option<char> {
        let code = match reference.strip_prefix('#') {
            Some(digits) => match digits.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => digits.parse().ok(),
            },
            None => match reference {
                "lt" => return Some('<'),
                "gt" => return Some('>'),
                "amp" => return Some('&'),
                "apos" => return Some('\''),
                "quot" => return Some('"'),
                name => {
                    let message = format!("the entity `&{};` is not allowed", shorten(name));
                    self.fault(offset, "unknown-entity", message);
                    return None;
                }
            },
        };
        let found = code.and_then(char::from_u32).filter(|c| is_allowed(*c));
        if found.is_none() {
            let message = format!("`&{};` is no character", shorten(reference));
            self.fault(offset, "bad-xml", message);
        }
        found
    }

    fn finish(&mut self) {
        for open in std::mem::take(&mut self.open) {
            let message = format!("`<{}>` is not closed", shorten(open.name));
            let place = self.nodes[open.ix as usize].place;
            self.report.fault(place, "bad-xml", message);
        }
        if self.nodes.is_empty() && !self.report.has_errors() {
            self.bad(0, "the file holds no element");
        }
        if let Some(offset) = self.text.find(|c| !is_allowed(c)) {
            let place = Place::after(&self.text[..offset]);
            let message = "a control character is not allowed".to_owned();
            self.report.fault(place, "bad-xml", message);
        }
    }

    fn intern(&mut self, text: &str) -> Name {
        if text.len() > SHORT {
            return Name::from(text);
        }
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name = Name::from(text);
        self.names.insert(name.clone());
        name
    }

    fn bad(&mut self, offset: usize, message: &str) {
        self.fault(offset, "bad-xml", message.to_owned());
    }

    fn fault(&mut self, offset: usize, rule: &str, message: String) {
        let place = self.cursor.at(offset);
        self.report.fault(place, rule, message);
    }

    fn stop(&mut self, offset: usize, rule: &str, message: String) -> Stop {
        self.fault(offset, rule, message);
        Stop
    }
}

/// Where in a tag an attribute is at fault, and how.
fn attribute_fault(error: &AttrError) -> (usize, &'static str) {
    match error {
        AttrError::ExpectedEq(offset) => (*offset, "an attribute's name needs `=` after it"),
        AttrError::ExpectedValue(offset) => (*offset, "an attribute needs a value"),
        AttrError::UnquotedValue(offset) | AttrError::ExpectedQuote(offset, _) => (
            *offset,
            "an attribute's value stands between two equal quotes",
        ),
        AttrError::Duplicated(offset, _) => (*offset, "the attribute stands twice"),
    }
}

/// Whether a character may stand in XML 1.0 (section 2.2).
fn is_allowed(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        c => c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}'),
    }
}

/// Whether a text can be a local name. Wider than XML Namespaces 1.0 in the letters it allows beyond ASCII.
fn is_name(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    text.chars().next().is_some_and(first)
        && text
            .chars()
            .all(|c| first(c) || c.is_ascii_digit() || matches!(c, '-' | '.'))
}

/// A text from the file for a message.
pub(crate) fn shorten(text: &str) -> String {
    const LENGTH: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
