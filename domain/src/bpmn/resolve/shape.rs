//! What must hold of the connected whole, so that a run can begin and never meets a place that it cannot leave.

use std::collections::HashSet;

use super::super::tree::Tag;
use super::super::{Element, ElementIx, FlowIx, Kind, Trigger};
use super::Resolver;

impl<'a> Resolver<'a> {
    /// Takes a boundary event to its activity.
    pub(super) fn border(&mut self, ix: ElementIx) {
        if let Kind::Boundary { on, trigger, .. } = &self.element(ix).kind
            && *on != ix
        {
            let (on, cancels) = (*on, matches!(trigger, Trigger::Cancel));
            self.elements[on.0 as usize].boundaries.push(ix);
            if cancels {
                self.cancelled.insert(on);
            }
        }
    }

    /// Checks the process and every sub-process.
    pub(super) fn shape(&mut self, process: Tag<'a>) {
        let begins = self.beginnings();
        if !begins.contains(&None) {
            let message = match self.elements.is_empty() {
                true => "the process holds no element".to_owned(),
                false => "nothing in the process can start".to_owned(),
            };
            self.report.error(process, "no-start", message);
        }
        for ix in self.indices() {
            self.ends(ix);
            self.cancelling(ix);
            match self.element(ix).kind {
                Kind::SubProcess | Kind::Transaction | Kind::AdHoc(_)
                    if !begins.contains(&Some(ix)) =>
                {
                    let message = format!("nothing in `{}` can start", self.element(ix).id);
                    self.report.error(self.tag(ix), "no-start", message);
                }
                Kind::EventBased => self.choices(ix),
                Kind::Complex { .. }
                | Kind::Start(_)
                | Kind::End(_)
                | Kind::Catch(_)
                | Kind::Throw(_)
                | Kind::LinkSource(_)
                | Kind::LinkTarget
                | Kind::Boundary { .. }
                | Kind::UserTask(_)
                | Kind::PassThrough
                | Kind::Assign(_)
                | Kind::Work(_)
                | Kind::Decision(_)
                | Kind::Receive(_)
                | Kind::Call(_)
                | Kind::Exclusive
                | Kind::Parallel
                | Kind::Inclusive
                | Kind::SubProcess
                | Kind::Transaction
                | Kind::AdHoc(_)
                | Kind::EventSubProcess
                | Kind::EventStart { .. } => {}
            }
        }
    }

    /// The scopes that have a place to begin: a start event, or an element that nothing leads to.
    fn beginnings(&self) -> HashSet<Option<ElementIx>> {
        let begins = |element: &Element| match &element.kind {
            Kind::Start(
                Trigger::None
                | Trigger::Timer(_)
                | Trigger::Message(_)
                | Trigger::Signal(_)
                | Trigger::Condition(_)
                | Trigger::Multiple { .. },
            ) => true,
            Kind::Start(
                Trigger::Error(_)
                | Trigger::Escalation(_)
                | Trigger::Compensation
                | Trigger::Cancel,
            )
            | Kind::Boundary { .. }
            | Kind::LinkTarget
            | Kind::EventSubProcess
            | Kind::EventStart { .. } => false,
            Kind::End(_)
            | Kind::Catch(_)
            | Kind::Throw(_)
            | Kind::LinkSource(_)
            | Kind::UserTask(_)
            | Kind::PassThrough
            | Kind::Assign(_)
            | Kind::Work(_)
            | Kind::Decision(_)
            | Kind::Receive(_)
            | Kind::Call(_)
            | Kind::Exclusive
            | Kind::Parallel
            | Kind::Inclusive
            | Kind::EventBased
            | Kind::Complex { .. }
            | Kind::SubProcess
            | Kind::Transaction
            | Kind::AdHoc(_) => element.begins(),
        };
        let found = self.elements.iter().filter(|element| begins(element));
        found.map(|element| element.parent).collect()
    }

    /// Nothing leads into a start or a boundary event or a link target, nothing out of an end event or a link source, and
    /// neither to nor from an event sub-process (BPMN 2.0.2, table 7.3 and 10.3.5).
    fn ends(&mut self, ix: ElementIx) {
        let element = self.element(ix);
        let (into, out) = (&element.incoming, &element.outgoing);
        let all = || -> Vec<FlowIx> { into.iter().chain(out).copied().collect() };
        if element.for_compensation {
            let message = "a flow leads to or from what is for compensation:";
            self.bad_flows(ix, all(), message);
            return;
        }
        let (flows, message) = match element.kind {
            Kind::Boundary {
                trigger: Trigger::Compensation,
                ..
            } => (all(), "a flow leads to or from the compensation event"),
            Kind::Start(_) | Kind::EventStart { .. } => {
                (into.clone(), "a flow leads into the start event")
            }
            Kind::Boundary { .. } => (into.clone(), "a flow leads into the boundary event"),
            Kind::LinkTarget => (into.clone(), "a flow leads into the link target"),
            Kind::End(_) => (out.clone(), "a flow leads out of the end event"),
            Kind::Work(_) if self.tag(ix).bpmn() == Some("endEvent") => {
                (out.clone(), "a flow leads out of the end event")
            }
            Kind::LinkSource(_) => (out.clone(), "a flow leads out of the link source"),
            Kind::EventSubProcess => (all(), "a flow leads to or from the event sub-process"),
            Kind::Catch(_)
            | Kind::Throw(_)
            | Kind::UserTask(_)
            | Kind::PassThrough
            | Kind::Assign(_)
            | Kind::Work(_)
            | Kind::Decision(_)
            | Kind::Receive(_)
            | Kind::Call(_)
            | Kind::Exclusive
            | Kind::Parallel
            | Kind::Inclusive
            | Kind::EventBased
            | Kind::Complex { .. }
            | Kind::SubProcess
            | Kind::Transaction
            | Kind::AdHoc(_) => return,
        };
        self.bad_flows(ix, flows, message);
    }

    fn bad_flows(&mut self, ix: ElementIx, flows: Vec<FlowIx>, message: &str) {
        let message = format!("{message} `{}`", self.element(ix).id);
        for flow in flows {
            let tag = self.flow_tags[flow.0 as usize];
            self.report.error(tag, "bad-flow", message.clone());
        }
    }

    /// Behind an event-based gateway stand only events and receive tasks (BPMN 2.0.2, 10.6.6).
    fn choices(&mut self, ix: ElementIx) {
        let (id, outgoing) = {
            let element = self.element(ix);
            (element.id.clone(), element.outgoing.clone())
        };
        if outgoing.is_empty() {
            let message = format!("the event-based gateway `{id}` leads nowhere");
            self.report.error(self.tag(ix), "bad-gateway", message);
        }
        for flow in outgoing {
            let target = self.flows[flow.0 as usize].target;
            let waits = matches!(
                self.tag(target).bpmn(),
                Some("intermediateCatchEvent" | "receiveTask")
            ) && !matches!(self.element(target).kind, Kind::LinkTarget);
            if !waits {
                let message = format!(
                    "`{}` waits for no event, and follows the event-based gateway `{id}`",
                    self.element(target).id
                );
                self.report
                    .error(self.flow_tags[flow.0 as usize], "bad-gateway", message);
            }
        }
    }
}
