//! A [`Draft`] to an executable [`Process`], or everything that stands in its way. Only `sourceRef` and `targetRef` of
//! the flows count; `incoming` and `outgoing` children, which many tools leave out, are not looked at.
//!
//! ```text
//!  collect    every element gets its index       scope by scope, parents first
//!  element    what each one does                 element.rs, event.rs, ../dialect
//!  flow       sources, targets, conditions       flow.rs
//!  shape      starts, ends, gateways, borders    shape.rs
//! ```

use std::collections::{HashMap, HashSet};

use super::read::Draft;
use super::report::Report;
use super::tree::{Tag, local};
use super::xml::shorten;
use super::{Element, ElementIx, Flow, Kind, Problem, Process, StateList, dialect};
use crate::value::Name;

mod compensation;
mod correlation;
mod element;
mod event;
mod flow;
mod link;
mod message;
mod opener;
mod repeat;
mod shape;

pub(super) use element::is_true;

/// The executable process of a key, or everything that stands in its way.
pub fn resolve(draft: &Draft, key: &str) -> Result<Process, Vec<Problem>> {
    let (process, problems) = run(draft, key);
    process.ok_or_else(|| {
        problems
            .into_iter()
            .filter(|problem| problem.severity == super::Severity::Error)
            .collect()
    })
}

/// The process if nothing stands in its way, and everything that was found, in order of place.
pub(super) fn run(draft: &Draft, key: &str) -> (Option<Process>, Vec<Problem>) {
    let mut report = Report::default();
    let Some(tag) = find(draft, key, &mut report) else {
        return (None, report.into_problems());
    };
    let mut resolver = Resolver {
        report,
        tags: Vec::new(),
        elements: Vec::new(),
        flows: Vec::new(),
        flow_tags: Vec::new(),
        by_id: HashMap::new(),
        flow_ids: HashSet::new(),
        scopes: HashSet::new(),
        associations: Vec::new(),
        associated: HashMap::new(),
        cancelled: HashSet::new(),
        links: HashMap::new(),
    };
    let process = resolver.process(tag);
    let done = !resolver.report.has_errors();
    (done.then_some(process), resolver.report.into_problems())
}

/// The process element of a key.
fn find<'a>(draft: &'a Draft, key: &str, report: &mut Report) -> Option<Tag<'a>> {
    let mut found = draft
        .process_tags()
        .filter(|tag| tag.id().map_or("", |id| id) == key);
    let Some(tag) = found.next() else {
        let message = format!("the file holds no process `{}`", shorten(key));
        report.error(draft.definitions(), "unknown-process", message);
        return None;
    };
    if key.is_empty() {
        report.error(tag, "no-key", "the process has no id".to_owned());
    }
    for other in found {
        let message = format!("the process `{}` stands twice in the file", shorten(key));
        report.error(other, "duplicate-id", message);
    }
    Some(tag)
}

struct Resolver<'a> {
    report: Report,
    /// The tag of each element.
    tags: Vec<Tag<'a>>,
    elements: Vec<Element>,
    flows: Vec<Flow>,
    /// The tag of each flow.
    flow_tags: Vec<Tag<'a>>,
    by_id: HashMap<Name, ElementIx>,
    flow_ids: HashSet<Name>,
    /// The sub-processes that hold something.
    scopes: HashSet<ElementIx>,
    /// The associations, until their ends are known.
    associations: Vec<Tag<'a>>,
    /// What associations connect.
    associated: HashMap<ElementIx, Vec<ElementIx>>,
    /// The activities with a cancel event at their border.
    cancelled: HashSet<ElementIx>,
    /// The link targets of each scope, by name.
    links: HashMap<(Option<ElementIx>, Name), ElementIx>,
}

impl<'a> Resolver<'a> {
    fn process(&mut self, tag: Tag<'a>) -> Process {
        let mut flows = Vec::new();
        self.collect(tag, None, &mut flows);
        // Some tools draw them across the pools.
        for drawing in tag.root().parts("collaboration") {
            self.associations.extend(drawing.parts("association"));
        }
        let associations = std::mem::take(&mut self.associations);
        self.associate(associations);
        self.link_targets();
        for ix in self.indices() {
            self.describe(ix);
        }
        self.connect(flows);
        for ix in self.indices() {
            self.border(ix);
            self.compensation(ix);
            self.default(ix);
        }
        self.shape(tag);
        let openers = self.openers();
        let rules = dialect::process(tag, &mut self.report);
        let start_form = self.start_form();
        Process {
            key: tag.id().cloned().unwrap_or_else(|| Name::from("")),
            name: tag.filled("name").cloned(),
            elements: std::mem::take(&mut self.elements),
            flows: std::mem::take(&mut self.flows),
            by_id: std::mem::take(&mut self.by_id),
            security_roles: rules.security_roles,
            policy: rules.policy,
            acl: rules.acl,
            fields: rules.fields,
            correlations: self.correlations(tag),
            initial: dialect::initial(tag, &mut self.report),
            openers,
            starters: rules.starters,
            initiator_field: rules.initiator_field,
            initiator_variable: rules.initiator_variable,
            start_form,
            version_tag: rules.version_tag,
        }
    }

    fn indices(&self) -> impl Iterator<Item = ElementIx> + use<> {
        (0..self.elements.len() as u32).map(ElementIx)
    }

    /// Gives an index to every element of a scope and of the scopes inside it, and gathers the flows.
    fn collect(&mut self, scope: Tag<'a>, parent: Option<ElementIx>, flows: &mut Vec<Tag<'a>>) {
        for tag in scope.children() {
            match tag.bpmn() {
                Some("sequenceFlow") => flows.push(tag),
                Some("association") => self.associations.push(tag),
                Some(name) if is_flow_node(name) => {
                    let ix = self.add(tag, parent);
                    if is_scope(name) {
                        self.collect(tag, Some(ix), flows);
                    }
                }
                Some(name) if is_other(name) => {}
                Some(name) => {
                    let message = format!("`{}` is not known in a process", shorten(name));
                    self.report.warning(tag, "unknown-element", message);
                }
                None => {}
            }
        }
    }

    fn add(&mut self, tag: Tag<'a>, parent: Option<ElementIx>) -> ElementIx {
        let ix = ElementIx(self.elements.len() as u32);
        // Nothing refers to an element without id, but it runs; its place makes a name that no tool writes.
        let id = tag.id().cloned().unwrap_or_else(|| {
            let place = tag.place();
            format!("{}@{}:{}", tag.name(), place.line, place.column).into()
        });
        if self.by_id.contains_key(&id) {
            self.twice(tag, &id);
        } else {
            self.by_id.insert(id.clone(), ix);
        }
        self.scopes.extend(parent);
        self.tags.push(tag);
        self.elements.push(Element {
            id,
            name: tag.filled("name").cloned(),
            tag: tag.name().clone(),
            kind: Kind::PassThrough,
            repeat: None,
            parent,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            default: None,
            boundaries: Vec::new(),
            working_days: false,
            compensation: None,
            start_quantity: 1,
            completion_quantity: 1,
            for_compensation: false,
            acl: StateList::default(),
            fields: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            place: tag.place(),
        });
        ix
    }

    fn twice(&mut self, tag: Tag<'a>, id: &str) {
        let message = format!("the id `{}` stands twice in the process", shorten(id));
        self.report.error(tag, "duplicate-id", message);
    }

    fn element(&self, ix: ElementIx) -> &Element {
        &self.elements[ix.0 as usize]
    }

    fn tag(&self, ix: ElementIx) -> Tag<'a> {
        self.tags[ix.0 as usize]
    }

    /// The element that a reference names: an id as it stands, or after a prefix.
    fn refer(&self, reference: &str) -> Option<ElementIx> {
        let reference = reference.trim();
        self.by_id
            .get(reference)
            .or_else(|| self.by_id.get(local(reference)))
            .copied()
    }

    /// The definition beside the processes that a reference names, if it is of the kind.
    fn root(&mut self, tag: Tag<'a>, reference: &str, kind: &str) -> Option<Tag<'a>> {
        let found = tag
            .definition(reference)
            .filter(|root| root.bpmn() == Some(kind));
        if found.is_none() {
            let message = format!("the file holds no {kind} `{}`", shorten(reference));
            self.report.error(tag, "unknown-reference", message);
        }
        found
    }

    /// Says that an element cannot run yet.
    fn refuse(&mut self, tag: Tag<'a>, what: &str) {
        let message = format!("{}: {what} cannot be run", called(tag));
        self.report.error(tag, "not-supported", message);
    }
}

/// An element in a message: by its id, else by its tag.
fn called(tag: Tag<'_>) -> String {
    match tag.id() {
        Some(id) => format!("`{}`", shorten(id)),
        None => format!("a `{}` without an id", tag.name()),
    }
}

fn is_scope(name: &str) -> bool {
    matches!(name, "subProcess" | "transaction" | "adHocSubProcess")
}

fn is_flow_node(name: &str) -> bool {
    matches!(
        name,
        "startEvent"
            | "endEvent"
            | "intermediateCatchEvent"
            | "intermediateThrowEvent"
            | "implicitThrowEvent"
            | "boundaryEvent"
            | "task"
            | "userTask"
            | "manualTask"
            | "serviceTask"
            | "scriptTask"
            | "businessRuleTask"
            | "sendTask"
            | "receiveTask"
            | "callActivity"
            | "exclusiveGateway"
            | "inclusiveGateway"
            | "parallelGateway"
            | "complexGateway"
            | "eventBasedGateway"
    ) || is_scope(name)
}

/// What a process or sub-process holds beside its flow (BPMN 2.0.2, 10.2 and 10.3), and runs without.
fn is_other(name: &str) -> bool {
    matches!(
        name,
        "documentation"
            | "extensionElements"
            | "auditing"
            | "monitoring"
            | "property"
            | "laneSet"
            | "dataObject"
            | "dataObjectReference"
            | "dataStoreReference"
            | "dataStore"
            | "group"
            | "textAnnotation"
            | "artifact"
            | "resourceRole"
            | "performer"
            | "humanPerformer"
            | "potentialOwner"
            | "correlationSubscription"
            | "supports"
            | "ioSpecification"
            | "ioBinding"
            | "incoming"
            | "outgoing"
            | "dataInputAssociation"
            | "dataOutputAssociation"
            | "standardLoopCharacteristics"
            | "multiInstanceLoopCharacteristics"
            | "completionCondition"
    )
}

#[cfg(test)]
mod tests;
