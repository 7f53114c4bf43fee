//! Files of decisions: bytes to a [`Draft`], and a draft to a [`Decision`] with everything that it requires, or every
//! problem with its place. The tables themselves are read in `table.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Decision, Logic, MAX_STEPS, Step, Type, table};
use crate::bpmn::report::Report;
use crate::bpmn::tree::{Document, Tag, local};
use crate::bpmn::xml::{self, shorten};
use crate::bpmn::{Place, Problem, Severity, WF};
use crate::expr::Expr;
use crate::value::Name;

/// The namespaces of DMN 1.1 to 1.5; the second of 1.1 is what early tools wrote.
const DMN: [&str; 6] = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
];

/// Vendors whose attribute `versionTag` is read.
const TAGGING: [&str; 3] = [
    WF,
    "http://camunda.org/schema/1.0/dmn",
    "http://operaton.org/schema/1.0/dmn",
];
const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";

/// A file of decisions as it stands: nothing judged. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Draft {
    document: Arc<Document>,
}

/// A decision of the file.
#[derive(Clone, Debug)]
pub struct DraftDecision {
    /// Its id: the key. Empty where the file gives none.
    pub key: Name,
    /// Its name.
    pub name: Option<Name>,
    /// What the modeller calls this version.
    pub version_tag: Option<Name>,
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
    if &**root.name() != "definitions" || !DMN.contains(&root.namespace()) {
        let message = format!(
            "the root is `{}` of `{}`, not DMN `definitions`",
            shorten(root.name()),
            shorten(root.namespace()),
        );
        let mut report = Report::default();
        report.fault(root.place(), "not-dmn", message);
        return Err(report.into_problems());
    }
    Ok(Draft {
        document: Arc::new(document),
    })
}

impl Draft {
    /// The decisions of the file, in document order.
    pub fn decisions(&self) -> Vec<DraftDecision> {
        self.tags()
            .map(|tag| DraftDecision {
                key: key(tag),
                name: tag.filled("name").cloned(),
                version_tag: version_tag(tag).cloned(),
                place: tag.place(),
            })
            .collect()
    }

    fn tags(&self) -> impl Iterator<Item = Tag<'_>> {
        parts(self.document.root(), "decision")
    }
}

/// The decision of a key with everything that it requires, or everything that stands in its way.
pub fn resolve(draft: &Draft, key: &str) -> Result<Decision, Vec<Problem>> {
    let (decision, report) = run(draft, key);
    decision.ok_or_else(|| {
        let mut problems = report.into_problems();
        problems.retain(|problem| problem.severity == Severity::Error);
        problems
    })
}

/// The decision if nothing stands in its way, and everything that was found.
pub(super) fn run(draft: &Draft, wanted: &str) -> (Option<Decision>, Report) {
    let mut reader = Reader {
        report: Report::default(),
        steps: Vec::new(),
        seen: HashMap::new(),
    };
    let mut found = draft.tags().filter(|tag| &*key(*tag) == wanted);
    let Some(tag) = found.next() else {
        let message = format!("the file holds no decision `{}`", shorten(wanted));
        let place = draft.document.root().place();
        reader.report.fault(place, "unknown-decision", message);
        return (None, reader.report);
    };
    if wanted.is_empty() {
        reader.error(tag, "no-key", "the decision has no id".to_owned());
    }
    for other in found {
        let message = format!(
            "the decision `{}` stands twice in the file",
            shorten(wanted)
        );
        reader.error(other, "duplicate-id", message);
    }
    reader.visit(tag, 1);
    let Reader { report, steps, .. } = reader;
    let decision = (!report.has_errors() && !steps.is_empty()).then(|| Decision {
        key: key(tag),
        steps,
    });
    (decision, report)
}

/// How far a decision has been looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Open,
    Done,
}

struct Reader {
    report: Report,
    steps: Vec<Step>,
    /// By the number of its tag.
    seen: HashMap<u32, Visit>,
}

impl Reader {
    fn error(&mut self, tag: Tag<'_>, rule: &str, message: String) {
        error(&mut self.report, tag, rule, message);
    }

    /// Reads a decision after everything that it requires.
    fn visit(&mut self, tag: Tag<'_>, depth: usize) {
        if depth > MAX_DEPTH || self.seen.len() >= MAX_STEPS {
            let message = format!("takes more than {MAX_STEPS} decisions, or {MAX_DEPTH} in a row");
            return self.error(tag, "limit", message);
        }
        self.seen.insert(tag.ix(), Visit::Open);
        self.unsupported(tag);
        for requirement in parts(tag, "informationRequirement") {
            for required in parts(requirement, "requiredDecision") {
                self.require(tag, required, depth);
            }
        }
        let logic = self.logic(tag);
        self.seen.insert(tag.ix(), Visit::Done);
        if let Some(logic) = logic {
            let mut names = vec![variable(tag), key(tag)];
            names.extend(tag.filled("name").cloned());
            names.dedup();
            self.steps.push(Step {
                key: key(tag),
                names,
                logic,
            });
        }
    }

    fn require(&mut self, tag: Tag<'_>, required: Tag<'_>, depth: usize) {
        let reference = required.own("href").map_or("", |href| href.trim());
        let target = reference
            .strip_prefix('#')
            .and_then(|id| tag.definition(id))
            .filter(|target| is(*target, "decision"));
        let Some(target) = target else {
            let message = format!("the file holds no decision `{}`", shorten(reference));
            return self.error(required, "unknown-reference", message);
        };
        match self.seen.get(&target.ix()) {
            None => self.visit(target, depth + 1),
            Some(Visit::Done) => {}
            Some(Visit::Open) => {
                let message = format!(
                    "`{}` and `{}` require each other",
                    shorten(&key(tag)),
                    shorten(&key(target))
                );
                self.error(required, "cycle", message);
            }
        }
    }

    fn unsupported(&mut self, tag: Tag<'_>) {
        for requirement in parts(tag, "knowledgeRequirement") {
            let message = "business knowledge models cannot be used".to_owned();
            self.error(requirement, "not-supported", message);
        }
    }

    fn logic(&mut self, tag: Tag<'_>) -> Option<Logic> {
        if let Some(table) = part(tag, "decisionTable") {
            return table::read(table, &mut self.report).map(Logic::Table);
        }
        if let Some(literal) = part(tag, "literalExpression") {
            let value = expression(literal, &mut self.report)?;
            let typed = part(tag, "variable").unwrap_or(literal);
            return Some(Logic::Expression {
                name: variable(tag),
                kind: kind(typed, &mut self.report),
                value,
            });
        }
        let other = ["context", "invocation", "relation", "list"];
        let message = match tag
            .children()
            .find(|child| other.contains(&&**child.name()))
        {
            Some(other) => format!("a `{}` as logic cannot be evaluated", other.name()),
            None => "the decision has no table and no expression".to_owned(),
        };
        self.error(tag, "no-logic", message);
        None
    }
}

/// Decisions that require each other in a row.
const MAX_DEPTH: usize = 64;

/// The key of a decision: its id.
pub(super) fn key(tag: Tag<'_>) -> Name {
    tag.id().cloned().unwrap_or_else(|| Name::from(""))
}

/// The name of a decision's result: that of its variable, else its own, else its id.
pub(super) fn variable(tag: Tag<'_>) -> Name {
    let declared = part(tag, "variable").and_then(|variable| variable.filled("name"));
    let name = declared.or_else(|| tag.filled("name"));
    name.cloned().unwrap_or_else(|| key(tag))
}

fn version_tag(tag: Tag<'_>) -> Option<&Name> {
    let attribute = TAGGING
        .iter()
        .find_map(|namespace| tag.attribute(namespace, "versionTag"));
    let extension = || {
        parts(tag, "extensionElements")
            .flat_map(Tag::children)
            .find(|tag| tag.is(ZEEBE, "versionTag"))?
            .filled("value")
    };
    attribute
        .filter(|value| !value.trim().is_empty())
        .or_else(extension)
}

/// Whether a tag is a DMN element of a name: one of the namespace of its file.
pub(super) fn is(tag: Tag<'_>, name: &str) -> bool {
    &**tag.name() == name && tag.namespace() == tag.root().namespace()
}

/// The DMN elements of a name directly inside of a tag.
pub(super) fn parts<'a>(tag: Tag<'a>, name: &'a str) -> impl Iterator<Item = Tag<'a>> {
    tag.children().filter(move |child| is(*child, name))
}

/// The first DMN element of a name directly inside of a tag.
pub(super) fn part<'a>(tag: Tag<'a>, name: &'a str) -> Option<Tag<'a>> {
    parts(tag, name).next()
}

/// The text in the `text` of a tag, without the white space around it; nothing if there is none.
pub(super) fn text(tag: Tag<'_>) -> &str {
    part(tag, "text").map_or("", Tag::text)
}

/// The expression of a tag, or a problem at it. Other languages than FEEL are refused, whatever they would parse as.
pub(super) fn expression(tag: Tag<'_>, report: &mut Report) -> Option<Expr> {
    if !speaks(tag, report) {
        return None;
    }
    match Expr::parse(text(tag)) {
        Ok(expr) => Some(expr),
        Err(problem) => {
            let message = format!("`{}` is no expression: {problem}", shorten(text(tag)));
            error(report, tag, "bad-expression", message);
            None
        }
    }
}

/// Whether the language of a tag is ours.
pub(super) fn speaks(tag: Tag<'_>, report: &mut Report) -> bool {
    let declared = tag
        .filled("expressionLanguage")
        .or_else(|| tag.root().filled("expressionLanguage"));
    let foreign = declared.filter(|language| {
        let language = language.to_lowercase();
        !language.contains("feel") && language != "juel"
    });
    if let Some(language) = foreign {
        let message = format!("the language `{}` is not spoken", shorten(language));
        error(report, tag, "not-supported", message);
    }
    foreign.is_none()
}

/// The type that a tag names by `typeRef`, through the file's own types.
pub(super) fn kind(tag: Tag<'_>, report: &mut Report) -> Type {
    let Some(name) = tag.filled("typeRef") else {
        return Type::Any;
    };
    let mut name: &str = name;
    // As many steps as types can sensibly name each other.
    for _ in 0..8 {
        if let Some(kind) = Type::named(local(name)) {
            return kind;
        }
        let item = item(tag, name);
        let Some(item) = item else { break };
        let is_list = item
            .own("isCollection")
            .is_some_and(|text| &**text == "true");
        if is_list || part(item, "itemComponent").is_some() {
            return Type::Any;
        }
        match part(item, "typeRef").map(Tag::text) {
            Some(base) if !base.is_empty() => name = base,
            Some(_) | None => return Type::Any,
        }
    }
    let message = format!("the type `{}` is not known", shorten(name));
    warning(report, tag, "unknown-type", message);
    Type::Any
}

/// The file's own type of a name.
pub(super) fn item<'a>(tag: Tag<'a>, name: &str) -> Option<Tag<'a>> {
    let mut items = parts(tag.root(), "itemDefinition");
    items.find(|item| item.own("name").is_some_and(|own| **own == *local(name)))
}

/// Adds what stands in the way, at a tag and the rule or decision that it belongs to.
pub(super) fn error(report: &mut Report, tag: Tag<'_>, rule: &str, message: String) {
    let owner = owner(tag);
    report.add(Severity::Error, tag.place(), owner, rule, message);
}

/// Adds what is worth a look.
pub(super) fn warning(report: &mut Report, tag: Tag<'_>, rule: &str, message: String) {
    let owner = owner(tag);
    report.add(Severity::Warning, tag.place(), owner, rule, message);
}

fn owner<'a>(tag: Tag<'a>) -> Option<&'a Name> {
    let mut next = Some(tag);
    while let Some(tag) = next {
        if is(tag, "rule") || is(tag, "decision") {
            return tag.id();
        }
        next = tag.parent();
    }
    None
}

#[cfg(test)]
mod tests;
