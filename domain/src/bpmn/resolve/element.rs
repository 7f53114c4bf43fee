//! What each element does.

use super::super::dialect::{self, Given, Work};
use super::super::read::flag;
use super::super::tree::Tag;
use super::super::xml::shorten;
use super::super::{AdHoc, ElementIx, Kind};
use super::{Resolver, called, opener};

/// Tokens that an activity takes or sends out at once at most.
const MOST_TOKENS: u32 = 1_000;

impl<'a> Resolver<'a> {
    /// Fills in what an element does and asks. Flows and borders follow later.
    pub(super) fn describe(&mut self, ix: ElementIx) {
        let tag = self.tag(ix);
        let kind = self.kind(ix, tag);
        let repeat = self.repeat(tag);
        let quantities =
            ["startQuantity", "completionQuantity"].map(|name| self.quantity(tag, name));
        // An event sub-process begins when it is thrown to.
        let for_compensation =
            is_true(tag, "isForCompensation") && !is_true(tag, "triggeredByEvent");
        let acl = dialect::state(tag, &mut self.report);
        let fields = dialect::fields(tag, &mut self.report);
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        if let Some(given) = given(&kind) {
            inputs = dialect::inputs(tag, given, &mut self.report);
            outputs = dialect::outputs(tag, given, &mut self.report);
        }
        if let Some(task) = global_task(tag) {
            inputs.extend(dialect::inputs(task, Given::Own, &mut self.report));
            outputs.extend(dialect::outputs(task, Given::Own, &mut self.report));
            dialect::check(task, &mut self.report);
        }
        let working_days = dialect::working_days(tag, &mut self.report);
        dialect::check(tag, &mut self.report);
        let element = &mut self.elements[ix.0 as usize];
        element.kind = kind;
        element.repeat = repeat;
        element.for_compensation = for_compensation;
        [element.start_quantity, element.completion_quantity] = quantities;
        element.acl = acl;
        element.fields = fields;
        element.inputs = inputs;
        element.outputs = outputs;
        element.working_days = working_days;
    }

    fn kind(&mut self, ix: ElementIx, tag: Tag<'a>) -> Kind {
        match tag.bpmn().unwrap_or_default() {
            "startEvent" => self.start(ix, tag),
            "endEvent" | "intermediateThrowEvent" | "implicitThrowEvent" if self.sends(tag) => {
                self.sending(tag)
            }
            "endEvent" => Kind::End(self.end(ix, tag)),
            "intermediateCatchEvent" => self.catch(tag),
            "intermediateThrowEvent" | "implicitThrowEvent" => self.throw(ix, tag),
            "boundaryEvent" => self.boundary(ix, tag),
            "userTask" => Kind::UserTask(Box::new(dialect::user_task(tag, &mut self.report))),
            "task" | "manualTask" => self.work(tag, false),
            "businessRuleTask" | "serviceTask" => self.rules(tag),
            "scriptTask" => self.work(tag, true),
            "sendTask" if tag.filled("messageRef").is_some() && !dialect::is_external(tag) => {
                Kind::Throw(self.send(tag, tag))
            }
            "sendTask" => self.work(tag, true),
            "receiveTask" => self.receive(tag),
            "exclusiveGateway" => Kind::Exclusive,
            "parallelGateway" => Kind::Parallel,
            "inclusiveGateway" => Kind::Inclusive,
            "eventBasedGateway" => self.event_based(tag),
            "subProcess" => self.sub_process(ix, tag, Kind::SubProcess),
            "transaction" => self.sub_process(ix, tag, Kind::Transaction),
            "complexGateway" => Kind::Complex {
                activation: self.part_expression(tag, "activationCondition"),
            },
            "callActivity" => self.call(tag),
            "adHocSubProcess" => self.ad_hoc(ix, tag),
            _ => self.never(tag, "this element"),
        }
    }

    fn never(&mut self, tag: Tag<'a>, what: &str) -> Kind {
        self.refuse(tag, what);
        Kind::PassThrough
    }

    /// How many tokens an activity takes to begin or sends out when it is done: one, unless it says otherwise.
    fn quantity(&mut self, tag: Tag<'a>, name: &str) -> u32 {
        let Some(text) = tag.filled(name) else {
            return 1;
        };
        match text.trim().parse() {
            Ok(quantity @ 1..=MOST_TOKENS) => quantity,
            Ok(_) | Err(_) => {
                let (id, text) = (called(tag), shorten(text));
                let message =
                    format!("{id}: the `{name}` `{text}` does not lie between 1 and {MOST_TOKENS}");
                self.report.error(tag, "bad-quantity", message);
                1
            }
        }
    }

    /// Whether an event sends a message, and the model says that a worker does so.
    fn sends(&mut self, tag: Tag<'a>) -> bool {
        tag.part("messageEventDefinition").is_some() && dialect::is_external(tag)
    }

    fn sending(&mut self, tag: Tag<'a>) -> Kind {
        match dialect::external(tag, &mut self.report) {
            Some(work) => Kind::Work(Box::new(work)),
            None => self.never(tag, "a message without a type of work"),
        }
    }

    fn ad_hoc(&mut self, ix: ElementIx, tag: Tag<'a>) -> Kind {
        let cancel = tag
            .own("cancelRemainingInstances")
            .and_then(|text| flag(text));
        let ad_hoc = AdHoc {
            sequential: tag
                .own("ordering")
                .is_some_and(|text| text.trim() == "Sequential"),
            until: self.part_expression(tag, "completionCondition"),
            cancel: cancel != Some(false),
        };
        self.sub_process(ix, tag, Kind::AdHoc(Box::new(ad_hoc)))
    }

    /// A task that may ask a decision.
    fn rules(&mut self, tag: Tag<'a>) -> Kind {
        match dialect::decision(tag, &mut self.report) {
            None => self.work(tag, true),
            Some(Some(call)) => Kind::Decision(Box::new(call)),
            Some(None) => Kind::PassThrough,
        }
    }

    /// Work that is not for people: done by expressions, or passed through, or another engine's.
    fn work(&mut self, tag: Tag<'a>, promises: bool) -> Kind {
        match dialect::work(tag, &mut self.report) {
            Work::Assign(assignments) => return Kind::Assign(assignments),
            Work::External(work) => return Kind::Work(work),
            Work::Foreign(why) => {
                let id = called(tag);
                let message = format!("{id} cannot be run: {why}");
                self.report.error(tag, "no-implementation", message);
            }
            Work::Nothing if promises => {
                let id = called(tag);
                let message = format!("{id} does nothing: a token passes through");
                self.report.warning(tag, "does-nothing", message);
            }
            Work::Nothing => {}
        }
        Kind::PassThrough
    }

    /// A global task is done in place, as if it stood here; any other call is of a process (BPMN 2.0.2, 10.3.6).
    fn call(&mut self, tag: Tag<'a>) -> Kind {
        if let Some(task) = global_task(tag) {
            return match task.bpmn().unwrap_or_default() {
                "globalUserTask" => {
                    Kind::UserTask(Box::new(dialect::user_task(task, &mut self.report)))
                }
                "globalScriptTask" | "globalBusinessRuleTask" => self.work(task, true),
                _ => self.work(task, false),
            };
        }
        match dialect::call(tag, &mut self.report) {
            Some(call) => Kind::Call(Box::new(call)),
            None => Kind::PassThrough,
        }
    }

    fn receive(&mut self, tag: Tag<'a>) -> Kind {
        match self.message(tag) {
            Some(wait) => Kind::Receive(wait),
            None => Kind::PassThrough,
        }
    }

    fn event_based(&mut self, tag: Tag<'a>) -> Kind {
        if opener::is_parallel(tag) && !is_true(tag, "instantiate") {
            let message = format!(
                "{} waits for all of its events, and starts no instance",
                called(tag)
            );
            self.report.error(tag, "bad-gateway", message);
        }
        Kind::EventBased
    }

    /// It has exactly one start event (BPMN 2.0.2, 10.3.5).
    fn event_sub_process(&mut self, tag: Tag<'a>) -> Kind {
        let starts = tag.parts("startEvent").count();
        if starts != 1 {
            let message = format!("{} has {starts} start events, not one", called(tag));
            self.report.error(tag, "bad-event-sub-process", message);
        }
        Kind::EventSubProcess
    }

    fn sub_process(&mut self, ix: ElementIx, tag: Tag<'a>, kind: Kind) -> Kind {
        if is_true(tag, "triggeredByEvent") {
            return self.event_sub_process(tag);
        }
        if self.scopes.contains(&ix) {
            return kind;
        }
        let id = called(tag);
        let message = format!("{id} is empty: a token passes through");
        self.report.warning(tag, "does-nothing", message);
        Kind::PassThrough
    }
}

/// Whom what is mapped into an element is for; nobody is mapped anything at a gateway.
fn given(kind: &Kind) -> Option<Given> {
    match kind {
        Kind::Work(_) => Some(Given::Worker),
        Kind::Call(_) => Some(Given::Called),
        Kind::Throw(throw) | Kind::End(throw) if throw.tells() => Some(Given::Told),
        Kind::Start(_)
        | Kind::End(_)
        | Kind::Catch(_)
        | Kind::Throw(_)
        | Kind::LinkSource(_)
        | Kind::LinkTarget
        | Kind::Boundary { .. }
        | Kind::UserTask(_)
        | Kind::PassThrough
        | Kind::Assign(_)
        | Kind::Decision(_)
        | Kind::Receive(_)
        | Kind::SubProcess
        | Kind::Transaction
        | Kind::AdHoc(_)
        | Kind::EventSubProcess
        | Kind::EventStart { .. } => Some(Given::Own),
        Kind::Exclusive
        | Kind::Parallel
        | Kind::Inclusive
        | Kind::EventBased
        | Kind::Complex { .. } => None,
    }
}

pub(in crate::bpmn) fn is_true(tag: Tag<'_>, name: &str) -> bool {
    tag.own(name).and_then(|text| flag(text)) == Some(true)
}

/// The global task that a call activity calls, if it calls one (BPMN 2.0.2, 10.3.3): it stands beside the processes of the file.
fn global_task(tag: Tag<'_>) -> Option<Tag<'_>> {
    if tag.bpmn() != Some("callActivity") {
        return None;
    }
    let found = tag.definition(tag.filled("calledElement")?)?;
    let is_task = matches!(
        found.bpmn(),
        Some(
            "globalTask"
                | "globalManualTask"
                | "globalUserTask"
                | "globalScriptTask"
                | "globalBusinessRuleTask"
        )
    );
    is_task.then_some(found)
}
