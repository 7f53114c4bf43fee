//! Whether everything that an instance holds can go on in the other version.

use super::mapping::Mapping;
use super::nature::{Nature, is_same};
use super::obstacle::{Obstacle, ObstacleKind};
use crate::bpmn::{Assignment, Element, ElementIx, FlowIx, Kind, Process, Throw, Trigger};
use crate::engine::compensable::Undoing;
use crate::engine::incident::{Incident, Phase};
use crate::engine::instance::{Instance, ScopeId, Token};

/// What is checked.
pub(super) struct Check<'a> {
    pub from: &'a Process,
    pub to: &'a Process,
    pub mapping: &'a Mapping,
    pub instance: &'a Instance,
}

impl Check<'_> {
    /// Everything that stands in the way, each once.
    pub(super) fn obstacles(&self) -> Vec<Obstacle> {
        let instance = self.instance;
        let mut found = Vec::new();
        let mut add = |obstacle: Option<Obstacle>| {
            if let Some(obstacle) = obstacle
                && !found.contains(&obstacle)
            {
                found.push(obstacle);
            }
        };
        for token in &instance.tokens {
            add(self.token(token));
            add(self.way(token));
        }
        for scope in &instance.scopes {
            if scope.undoing == Some(Undoing::Thrown) {
                add(self.throws(scope.element));
            }
        }
        for done in &instance.compensable {
            add(self.done(done.element));
        }
        for gate in &instance.gates {
            if self.mapping.element(gate.element).is_none() {
                let what = "a gateway waits for its other ways in:";
                add(Some(self.mapping.missing(self.from, gate.element, what)));
            }
            for flow in &gate.flows {
                add(self.flow(gate.element, *flow));
            }
        }
        found
    }

    fn token(&self, token: &Token) -> Option<Obstacle> {
        let is = self.from.element(token.element);
        let Some(target) = self.mapping.element(token.element) else {
            let what = "something stands at";
            return Some(self.mapping.missing(self.from, token.element, what));
        };
        let becomes = self.to.element(target);
        if !is_same(is, becomes) && !self.begins_again(token) {
            let message = format!(
                "something stands at `{}`, a `{}`, and cannot go on as `{}`, a `{}` that is another kind of element or repeats \
                 otherwise",
                is.id, is.tag, becomes.id, becomes.tag
            );
            return Some(obstacle(ObstacleKind::KindMismatch, is, becomes, message));
        }
        if interrupts(self.from, token.element) != interrupts(self.to, target) {
            let message = format!(
                "`{}` has begun, and only one of it and `{}` interrupts what is around",
                is.id, becomes.id
            );
            return Some(obstacle(ObstacleKind::KindMismatch, is, becomes, message));
        }
        None
    }

    /// Whether nothing of the element has begun, and trying again what holds the token begins it.
    fn begins_again(&self, token: &Token) -> bool {
        let mut incidents = self.instance.incidents.iter();
        let held = incidents.any(|it| it.token == token.id && it.phase == Phase::Entering);
        // Fields of its own are given to it again.
        let opened = self.instance.scope(ScopeId(token.id.0));
        let opened = opened.is_some_and(|open| !open.own);
        held && !opened && !self.instance.is_round(token)
    }

    /// At a join it matters which way a token has come.
    fn way(&self, token: &Token) -> Option<Obstacle> {
        let joins = Nature::of(&self.from.element(token.element).kind).joins();
        let via = token.via.filter(|_| joins)?;
        self.mapping.element(token.element)?;
        self.flow(token.element, FlowIx(via))
    }

    fn flow(&self, gateway: ElementIx, flow: FlowIx) -> Option<Obstacle> {
        if self.mapping.flow(flow).is_some() {
            return None;
        }
        let gateway = self.from.element(gateway);
        let source = &self.from.element(self.from.flow(flow).source).id;
        let message = format!(
            "a token has come to `{}` from `{source}`, and the other version has no such flow",
            gateway.id
        );
        Some(Obstacle::new(
            ObstacleKind::NoFlow,
            Some(&gateway.id),
            None,
            message,
        ))
    }

    /// An event that waits until everything is undone must wait for it there as well.
    fn throws(&self, element: ElementIx) -> Option<Obstacle> {
        let (is, becomes) = self.pair(element)?;
        (waits(is) != waits(becomes)).then(|| {
            let message = format!(
                "`{}` has things undone, and `{}` does not do it in the same way",
                is.id, becomes.id
            );
            obstacle(ObstacleKind::Undoing, is, becomes, message)
        })
    }

    /// What is done can be undone by what the other version has for it, or by nothing in both.
    fn done(&self, element: ElementIx) -> Option<Obstacle> {
        let Some((is, becomes)) = self.pair(element) else {
            let what = "something that is done could still be undone:";
            return Some(self.mapping.missing(self.from, element, what));
        };
        let other = self.mapping.element(element);
        let inside =
            |process: &Process, ix| process.handlers(Some(ix)).any(|it| undoes(process, it));
        let lost = (is.compensation.is_some(), inside(self.from, element))
            != (
                becomes.compensation.is_some(),
                other.is_some_and(|ix| inside(self.to, ix)),
            );
        if lost || !is_same(is, becomes) {
            let message = format!(
                "`{}` is done and could still be undone, and nothing undoes `{}` in the same way",
                is.id, becomes.id
            );
            return Some(obstacle(ObstacleKind::Undoing, is, becomes, message));
        }
        None
    }

    fn pair(&self, element: ElementIx) -> Option<(&Element, &Element)> {
        let target = self.mapping.element(element)?;
        Some((self.from.element(element), self.to.element(target)))
    }
}

/// Whether the assignments that were made before an incident are those that the other version makes first as well, so that
/// they need not be made again.
pub(super) fn is_still_done(is: &Element, becomes: &Element, incident: &Incident) -> bool {
    let done = incident.done as usize;
    let made = assignments(is, incident).get(..done);
    made.is_some() && made == assignments(becomes, incident).get(..done)
}

fn assignments<'a>(element: &'a Element, incident: &Incident) -> &'a [Assignment] {
    if let (Phase::Entering, Kind::Assign(assignments)) = (incident.phase, &element.kind) {
        return assignments;
    }
    &element.outputs
}

fn obstacle(kind: ObstacleKind, is: &Element, becomes: &Element, message: String) -> Obstacle {
    Obstacle::new(kind, Some(&is.id), Some(&becomes.id), message)
}

/// Whether an event sub-process takes away what is around; nothing of any other element.
fn interrupts(process: &Process, ix: ElementIx) -> Option<bool> {
    if !matches!(process.element(ix).kind, Kind::EventSubProcess) {
        return None;
    }
    process.children(Some(ix)).find_map(|(_, child)| {
        if let Kind::EventStart { interrupting, .. } = child.kind {
            return Some(interrupting);
        }
        None
    })
}

fn undoes(process: &Process, start: ElementIx) -> bool {
    let trigger = process.element(start).kind.trigger();
    matches!(trigger, Some(Trigger::Compensation))
}

/// Whether an event has things undone, and goes on when they are.
fn waits(element: &Element) -> Option<bool> {
    let (Kind::Throw(throw) | Kind::End(throw)) = &element.kind else {
        return None;
    };
    throw.parts().iter().find_map(|part| {
        if let Throw::Compensate { wait, .. } = part {
            return Some(*wait);
        }
        None
    })
}
