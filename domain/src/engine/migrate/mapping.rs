//! Which element of one version stands for which of the other. What the request names goes first; everything else maps to
//! the element of the same id, if that can stand for it. Whatever is mapped stands in sub-processes that are mapped to each
//! other, and hangs at activities that are.

use std::collections::{BTreeMap, BTreeSet};

use super::nature::{Nature, is_kin};
use super::obstacle::{Obstacle, ObstacleKind};
use crate::bpmn::{Element, ElementIx, Flow, FlowIx, Kind, Process};
use crate::value::Name;

/// What a request says of one element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MappingEntry {
    /// The id of the element in the version that is left.
    pub source: Name,
    /// The id of the element that stands for it; `None` is none, though one may have the same id.
    pub target: Option<Name>,
}

/// Entries of one mapping at most.
pub const MOST_ENTRIES: usize = 1_000;

/// The whole of it, in numbers.
#[derive(Clone, Default, Debug)]
pub(super) struct Mapping {
    pub elements: BTreeMap<ElementIx, ElementIx>,
    pub flows: BTreeMap<FlowIx, FlowIx>,
    /// Why an element of the same id does not stand for one.
    unlike: BTreeMap<ElementIx, Unlike>,
}

/// Why one element cannot stand for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unlike {
    Kind,
    Scope,
    Host,
}

/// A mapping in the making.
struct Draft<'a> {
    from: &'a Process,
    to: &'a Process,
    mapping: Mapping,
    obstacles: Vec<Obstacle>,
}

impl Mapping {
    /// The mapping that a request asks for, and what is wrong with it.
    pub(super) fn of(
        from: &Process,
        to: &Process,
        asked: &[MappingEntry],
    ) -> (Mapping, Vec<Obstacle>) {
        let mut draft = Draft {
            from,
            to,
            mapping: Mapping::default(),
            obstacles: Vec::new(),
        };
        let asked = draft.asked(asked);
        draft.map_elements(&asked);
        draft.map_flows();
        (draft.mapping, draft.obstacles)
    }

    pub(super) fn element(&self, ix: ElementIx) -> Option<ElementIx> {
        self.elements.get(&ix).copied()
    }

    pub(super) fn flow(&self, ix: FlowIx) -> Option<FlowIx> {
        self.flows.get(&ix).copied()
    }

    /// Says of an element that has no target why that is.
    pub(super) fn missing(&self, from: &Process, ix: ElementIx, what: &str) -> Obstacle {
        let element = from.element(ix);
        let id = &element.id;
        let (kind, why) = match self.unlike.get(&ix) {
            None => (
                ObstacleKind::NoTarget,
                "no element of the other version stands for it",
            ),
            Some(Unlike::Kind) => (
                ObstacleKind::KindMismatch,
                "the element of the same id is of another kind",
            ),
            Some(Unlike::Scope) => (
                ObstacleKind::ScopeMismatch,
                "the element of the same id stands in another sub-process",
            ),
            Some(Unlike::Host) => (
                ObstacleKind::ScopeMismatch,
                "the element of the same id hangs at another activity",
            ),
        };
        let target = self.unlike.get(&ix).map(|_| id);
        Obstacle::new(kind, Some(id), target, format!("{what} `{id}`: {why}"))
    }
}

impl Draft<'_> {
    /// What the request names, as far as both versions know it.
    fn asked(&mut self, asked: &[MappingEntry]) -> BTreeMap<ElementIx, Option<ElementIx>> {
        let mut found = BTreeMap::new();
        for MappingEntry { source, target } in asked {
            let (is, becomes) = (self.from.by_id.get(source), target.as_ref());
            let Some(ix) = is.copied() else {
                let message = format!("the version that is left has no element `{source}`");
                self.add(ObstacleKind::UnknownSource, Some(source), becomes, message);
                continue;
            };
            let known = becomes.map(|id| (id, self.to.by_id.get(id).copied()));
            if let Some((id, None)) = known {
                let message = format!("the version to go to has no element `{id}`");
                self.add(ObstacleKind::UnknownTarget, Some(source), Some(id), message);
            }
            let target = known.and_then(|(_, ix)| ix);
            if found.insert(ix, target).is_some() {
                let message = format!("`{source}` is mapped twice");
                self.add(ObstacleKind::Ambiguous, Some(source), becomes, message);
            }
        }
        found
    }

    /// Parents come before children, and what hangs at a border is known once everything else is.
    fn map_elements(&mut self, asked: &BTreeMap<ElementIx, Option<ElementIx>>) {
        for late in [false, true] {
            for (ix, element) in indexed(self.from) {
                if host(element).is_some() != late {
                    continue;
                }
                let target = match asked.get(&ix) {
                    Some(target) => *target,
                    None => self.to.by_id.get(&element.id).copied(),
                };
                if let Some(target) = target {
                    self.map(ix, target, asked.contains_key(&ix));
                }
            }
        }
        self.keep_apart();
    }

    fn map(&mut self, ix: ElementIx, target: ElementIx, asked: bool) {
        let Some(why) = self.unlike(ix, target) else {
            self.mapping.elements.insert(ix, target);
            return;
        };
        let (id, becomes) = (&self.from.element(ix).id, &self.to.element(target).id);
        if !asked {
            self.mapping.unlike.insert(ix, why);
            return;
        }
        let (kind, message) = match why {
            Unlike::Kind => (
                ObstacleKind::KindMismatch,
                format!("`{id}` and `{becomes}` are of different kinds"),
            ),
            Unlike::Scope => (
                ObstacleKind::ScopeMismatch,
                format!("`{id}` and `{becomes}` stand in different sub-processes"),
            ),
            Unlike::Host => (
                ObstacleKind::ScopeMismatch,
                format!("`{id}` and `{becomes}` hang at different activities"),
            ),
        };
        let (id, becomes) = (id.clone(), becomes.clone());
        self.add(kind, Some(&id), Some(&becomes), message);
    }

    fn unlike(&self, ix: ElementIx, target: ElementIx) -> Option<Unlike> {
        let (is, becomes) = (self.from.element(ix), self.to.element(target));
        if !is_kin(is, becomes) {
            return Some(Unlike::Kind);
        }
        let corresponds = |one: Option<ElementIx>, other: Option<ElementIx>| match (one, other) {
            (None, None) => true,
            (Some(one), Some(other)) => self.mapping.element(one) == Some(other),
            (None, Some(_)) | (Some(_), None) => false,
        };
        if !corresponds(is.parent, becomes.parent) {
            return Some(Unlike::Scope);
        }
        (!corresponds(host(is), host(becomes))).then_some(Unlike::Host)
    }

    /// Two activities may become one, since each token is one of its own. Two gateways may not, nor two events of one border.
    fn keep_apart(&mut self) {
        let mut seen: BTreeMap<(ElementIx, Option<ElementIx>), ElementIx> = BTreeMap::new();
        let mut twice = Vec::new();
        for (ix, target) in &self.mapping.elements {
            let element = self.from.element(*ix);
            if Nature::of(&element.kind).merges() {
                continue;
            }
            if let Some(other) = seen.insert((*target, host(element)), *ix) {
                twice.push((other, *ix, *target));
            }
        }
        for (one, other, target) in twice {
            let id = |process: &Process, ix| process.element(ix).id.clone();
            let (one, other) = (id(self.from, one), id(self.from, other));
            let target = id(self.to, target);
            let message = format!("`{one}` and `{other}` cannot both become `{target}`");
            self.add(
                ObstacleKind::Ambiguous,
                Some(&other),
                Some(&target),
                message,
            );
        }
    }

    /// A flow stands for one of the same id that leads to the same place, else for one between the same elements. No two
    /// stand for one.
    fn map_flows(&mut self) {
        let (from, to) = (self.from, self.to);
        let mut taken: BTreeSet<FlowIx> = BTreeSet::new();
        for by_id in [true, false] {
            for (ix, flow) in numbered(from) {
                let leads = self.mapping.element(flow.target);
                let (None, Some(leads)) = (self.mapping.flow(ix), leads) else {
                    continue;
                };
                let begins = self.mapping.element(flow.source);
                let is_same = |other: &Flow| match by_id {
                    true => flow.id.is_some() && flow.id == other.id,
                    false => begins == Some(other.source),
                };
                let mut others = to.element(leads).incoming.iter().copied();
                let found = others.find(|it| !taken.contains(it) && is_same(to.flow(*it)));
                if let Some(found) = found {
                    taken.insert(found);
                    self.mapping.flows.insert(ix, found);
                }
            }
        }
    }

    fn add(
        &mut self,
        kind: ObstacleKind,
        element: Option<&Name>,
        target: Option<&Name>,
        message: String,
    ) {
        let obstacle = Obstacle::new(kind, element, target, message);
        self.obstacles.push(obstacle);
    }
}

/// The activity at which a boundary event hangs.
fn host(element: &Element) -> Option<ElementIx> {
    if let Kind::Boundary { on, .. } = &element.kind {
        Some(*on)
    } else {
        None
    }
}

fn indexed(process: &Process) -> impl Iterator<Item = (ElementIx, &Element)> {
    (0..).map(ElementIx).zip(&process.elements)
}

fn numbered(process: &Process) -> impl Iterator<Item = (FlowIx, &Flow)> {
    (0..).map(FlowIx).zip(&process.flows)
}
