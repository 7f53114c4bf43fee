//! Compensation and cancelling (BPMN 2.0.2, 10.7 and 10.3.6): handlers are found by the associations that lead from
//! compensation events at a border to them.

use super::super::read::flag;
use super::super::tree::Tag;
use super::super::xml::shorten;
use super::super::{ElementIx, Kind, Throw, Trigger};
use super::element::is_true;
use super::{Resolver, called};

impl<'a> Resolver<'a> {
    /// What a compensation event throws.
    pub(super) fn compensate(&mut self, ix: ElementIx, tag: Tag<'a>, definition: Tag<'a>) -> Throw {
        let wait = definition
            .own("waitForCompletion")
            .and_then(|text| flag(text));
        let mut activity = None;
        if let Some(reference) = definition.filled("activityRef") {
            activity = self.refer(reference);
            let message = match activity {
                None => Some(("unknown-reference", "which the process does not hold")),
                Some(activity) if !self.reaches(ix, activity) => {
                    Some(("bad-compensation", "which is not in its scope"))
                }
                Some(_) => None,
            };
            if let Some((rule, what)) = message {
                let (id, reference) = (called(tag), shorten(reference));
                let message = format!("{id} compensates `{reference}`, {what}");
                self.report.error(definition, rule, message);
            }
        }
        Throw::Compensate {
            activity,
            wait: wait != Some(false),
        }
    }

    /// Whether an event may name an activity: in its own scope, or, from an event sub-process, in the scope around that; or
    /// the sub-process around.
    fn reaches(&self, from: ElementIx, activity: ElementIx) -> bool {
        let mut scope = self.element(from).parent;
        loop {
            if self.element(activity).parent == scope {
                return true;
            }
            match scope {
                Some(ix) if is_true(self.tag(ix), "triggeredByEvent") => {
                    scope = self.element(ix).parent;
                }
                around => return around == Some(activity),
            }
        }
    }

    /// Takes the handler of a compensation event at a border to its activity.
    pub(super) fn compensation(&mut self, ix: ElementIx) {
        let Kind::Boundary {
            on,
            trigger: Trigger::Compensation,
            ..
        } = self.element(ix).kind
        else {
            return;
        };
        let tag = self.tag(ix);
        let mut handlers = self.associated.remove(&ix).unwrap_or_default();
        handlers.retain(|handler| self.element(*handler).for_compensation);
        handlers.sort();
        handlers.dedup();
        let parent = self.element(ix).parent;
        let message = match *handlers.as_slice() {
            [handler] if self.element(handler).parent != parent => {
                "is compensated by an activity of another scope"
            }
            [_] if self.element(on).compensation.is_some() => {
                "is the second compensation event of its activity"
            }
            [handler] => {
                self.elements[on.0 as usize].compensation = Some(handler);
                return;
            }
            [] => "has no association with an activity that is for compensation",
            [..] => "has associations with several activities that are for compensation",
        };
        let message = format!("{} {message}", called(tag));
        self.report.error(tag, "bad-compensation", message);
    }

    /// Takes associations to the elements at their ends, whichever way they point.
    pub(super) fn associate(&mut self, tags: Vec<Tag<'a>>) {
        for tag in tags {
            let ends = ["sourceRef", "targetRef"].map(|end| tag.filled(end));
            if let [Some(source), Some(target)] = ends.map(|end| self.refer(end?)) {
                self.associated.entry(source).or_default().push(target);
                self.associated.entry(target).or_default().push(source);
            }
        }
    }

    /// A transaction is cancelled from inside, and goes on behind its cancel event.
    pub(super) fn cancelling(&mut self, ix: ElementIx) {
        let tag = self.tag(ix);
        let kind = &self.element(ix).kind;
        let message = if let Kind::End(Throw::Cancel) = kind {
            match self.transaction(ix) {
                None => "cancels, and is in no transaction",
                Some(around) if !self.cancelled.contains(&around) => {
                    "cancels a transaction that has no cancel event at its border"
                }
                Some(_) => return,
            }
        } else if let Kind::Boundary {
            on,
            trigger: Trigger::Cancel,
            ..
        } = kind
            && !matches!(self.element(*on).kind, Kind::Transaction)
        {
            "waits for the cancelling of a transaction, and is attached to none"
        } else {
            return;
        };
        let message = format!("{} {message}", called(tag));
        self.report.error(tag, "bad-cancel", message);
    }

    fn transaction(&self, ix: ElementIx) -> Option<ElementIx> {
        let mut at = self.element(ix).parent?;
        while !matches!(self.element(at).kind, Kind::Transaction) {
            at = self.element(at).parent?;
        }
        Some(at)
    }
}
