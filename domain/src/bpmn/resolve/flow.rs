//! Sequence flows, and the elements that they connect.

use super::super::tree::{Tag, local};
use super::super::xml::shorten;
use super::super::{ElementIx, Flow, FlowIx, text};
use super::Resolver;

impl<'a> Resolver<'a> {
    /// Resolves the flows of the process.
    pub(super) fn connect(&mut self, tags: Vec<Tag<'a>>) {
        for tag in tags {
            self.flow_id(tag);
            let (source, target) = (self.end_of(tag, "sourceRef"), self.end_of(tag, "targetRef"));
            let condition = tag
                .part("conditionExpression")
                .filter(|condition| !condition.text().is_empty())
                .and_then(|condition| {
                    text::expression(condition, condition.text(), &mut self.report)
                });
            let (Some(source), Some(target)) = (source, target) else {
                continue;
            };
            if self.element(source).parent != self.element(target).parent {
                let message = format!(
                    "the flow from `{}` to `{}` crosses the border of a sub-process",
                    self.element(source).id,
                    self.element(target).id,
                );
                self.report.error(tag, "crosses-scope", message);
                continue;
            }
            let ix = FlowIx(self.flows.len() as u32);
            self.flows.push(Flow {
                id: tag.id().cloned(),
                source,
                target,
                condition,
            });
            self.flow_tags.push(tag);
            self.elements[source.0 as usize].outgoing.push(ix);
            self.elements[target.0 as usize].incoming.push(ix);
        }
    }

    fn flow_id(&mut self, tag: Tag<'a>) {
        let Some(id) = tag.id() else {
            return;
        };
        if self.by_id.contains_key(id) || self.flow_ids.contains(id) {
            self.twice(tag, id);
        } else {
            self.flow_ids.insert(id.clone());
        }
    }

    fn end_of(&mut self, tag: Tag<'a>, name: &str) -> Option<ElementIx> {
        let Some(reference) = tag.filled(name) else {
            let message = format!("the flow has no `{name}`");
            self.report.error(tag, "no-reference", message);
            return None;
        };
        let found = self.refer(reference);
        if found.is_none() {
            let message = format!(
                "the flow's `{name}` is `{}`, which the process does not hold",
                shorten(reference)
            );
            self.report.error(tag, "unknown-reference", message);
        }
        found
    }

    /// The flow that is taken when no condition holds.
    pub(super) fn default(&mut self, ix: ElementIx) {
        let tag = self.tag(ix);
        let Some(reference) = tag.filled("default") else {
            return;
        };
        let wanted = [reference.trim(), local(reference.trim())];
        let named = |flow: &FlowIx| {
            let id = self.flows[flow.0 as usize].id.as_deref();
            id.is_some_and(|id| wanted.contains(&id))
        };
        let found = self.element(ix).outgoing.iter().copied().find(named);
        if found.is_some() {
            self.elements[ix.0 as usize].default = found;
            return;
        }
        let id = &self.elements[ix.0 as usize].id;
        let (rule, message) = match wanted.iter().any(|id| self.flow_ids.contains(*id)) {
            true => (
                "bad-default",
                format!("the default flow `{reference}` of `{id}` does not leave it"),
            ),
            false => (
                "unknown-reference",
                format!(
                    "the default flow `{}` of `{id}` is not in the process",
                    shorten(reference)
                ),
            ),
        };
        self.report.error(tag, rule, message);
    }
}
