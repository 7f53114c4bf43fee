//! Receive tasks and event-based gateways that start an instance.

use super::super::tree::Tag;
use super::super::{Kind, Opener};
use super::element::is_true;
use super::{Resolver, called};

impl<'a> Resolver<'a> {
    /// What starts an instance besides start events: only in the process itself, and only where no flow leads.
    pub(super) fn openers(&mut self) -> Vec<Opener> {
        let mut openers = Vec::new();
        for ix in self.indices() {
            let tag = self.tag(ix);
            if !is_true(tag, "instantiate") {
                continue;
            }
            let element = self.element(ix);
            let alone = element.parent.is_none() && element.incoming.is_empty();
            if !alone || element.repeat.is_some() {
                let message = format!(
                    "{} starts an instance: no flow may lead to it, and it may neither repeat nor stand in a sub-process",
                    called(tag)
                );
                self.report.error(tag, "bad-start", message);
                continue;
            }
            if matches!(element.kind, Kind::Receive(_)) {
                openers.push(Opener {
                    element: ix,
                    gateway: None,
                });
            }
            if matches!(element.kind, Kind::EventBased) {
                let gateway = Some((ix, is_parallel(tag)));
                let targets = element.outgoing.iter();
                let targets = targets.map(|flow| self.flows[flow.0 as usize].target);
                openers.extend(targets.map(|element| Opener { element, gateway }));
            }
        }
        openers
    }
}

/// Whether an event-based gateway waits for all of its events.
pub(super) fn is_parallel(tag: Tag<'_>) -> bool {
    tag.own("eventGatewayType")
        .is_some_and(|kind| &**kind == "Parallel")
}
