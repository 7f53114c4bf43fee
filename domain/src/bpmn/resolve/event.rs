//! What events wait for and throw.

use super::super::read::flag;
use super::super::tree::Tag;
use super::super::{ElementIx, Form, Kind, Throw, Trigger, dialect, text, timer};
use super::element::is_true;
use super::{Resolver, called};
use crate::value::Name;

/// How the file names what is thrown.
#[derive(Clone, Copy)]
struct Thrown {
    word: &'static str,
    reference: &'static str,
    code: &'static str,
}

const ERROR: Thrown = Thrown {
    word: "error",
    reference: "errorRef",
    code: "errorCode",
};
const ESCALATION: Thrown = Thrown {
    word: "escalation",
    reference: "escalationRef",
    code: "escalationCode",
};

impl<'a> Resolver<'a> {
    /// The event definitions of an event, in place or by reference; a none event has none.
    pub(super) fn definitions(&mut self, tag: Tag<'a>) -> Vec<Tag<'a>> {
        let mut found = Vec::new();
        for part in tag.children() {
            match part.bpmn() {
                Some("eventDefinitionRef") => found.extend(self.referred(part)),
                Some(name) if name.ends_with("EventDefinition") => found.push(part),
                Some(_) | None => {}
            }
        }
        found
    }

    /// What an event waits for, whatever each of its definitions is; nothing if it has none.
    fn awaited(
        &mut self,
        tag: Tag<'a>,
        each: impl Fn(&mut Self, Tag<'a>) -> Trigger,
    ) -> Option<Trigger> {
        let definitions = self.definitions(tag);
        self.awaited_of(tag, &definitions, each)
    }

    fn awaited_of(
        &mut self,
        tag: Tag<'a>,
        definitions: &[Tag<'a>],
        each: impl Fn(&mut Self, Tag<'a>) -> Trigger,
    ) -> Option<Trigger> {
        let mut of: Vec<Trigger> = Vec::new();
        for definition in definitions {
            of.push(each(self, *definition));
        }
        if of.len() < 2 {
            return of.pop();
        }
        let all = is_true(tag, "parallelMultiple");
        let alone = |trigger: &Trigger| match trigger {
            Trigger::Compensation | Trigger::Cancel => true,
            Trigger::Error(_) | Trigger::Escalation(_) => all,
            Trigger::None
            | Trigger::Timer(_)
            | Trigger::Message(_)
            | Trigger::Condition(_)
            | Trigger::Signal(_)
            | Trigger::Multiple { .. } => false,
        };
        if of.iter().any(alone) {
            self.refuse(
                tag,
                "an event that waits for what comes from inside, and for others with it",
            );
        }
        Some(Trigger::Multiple { all, of })
    }

    /// What an event throws, whatever each of its definitions is.
    fn thrown_all(
        &mut self,
        tag: Tag<'a>,
        definitions: &[Tag<'a>],
        each: impl Fn(&mut Self, Tag<'a>) -> Throw,
    ) -> Throw {
        let mut of: Vec<Throw> = Vec::new();
        for definition in definitions {
            of.push(each(self, *definition));
        }
        if of.len() < 2 {
            return of.pop().unwrap_or(Throw::None);
        }
        let (last, mut first): (Vec<Throw>, Vec<Throw>) = of.into_iter().partition(|throw| {
            matches!(
                throw,
                Throw::Error(_) | Throw::Terminate | Throw::Cancel | Throw::Compensate { .. }
            )
        });
        if last.len() > 1 {
            self.refuse(
                tag,
                "an event that does several things of which each must be the last",
            );
        }
        first.extend(last);
        Throw::Multiple(first)
    }

    fn referred(&mut self, reference: Tag<'a>) -> Option<Tag<'a>> {
        let wanted = reference.text();
        let found = reference.definition(wanted).filter(|root| {
            root.bpmn()
                .is_some_and(|name| name.ends_with("EventDefinition"))
        });
        if found.is_none() {
            let message = format!("the file holds no event definition `{wanted}`");
            self.report.error(reference, "unknown-reference", message);
        }
        found
    }

    pub(super) fn start(&mut self, ix: ElementIx, tag: Tag<'a>) -> Kind {
        let parent = self.element(ix).parent.map(|parent| self.tag(parent));
        if parent.is_some_and(|parent| is_true(parent, "triggeredByEvent")) {
            return self.event_start(tag);
        }
        let trigger = self.awaited(tag, |resolver, definition| match definition.bpmn() {
            Some("timerEventDefinition") => resolver.timer(definition),
            Some("messageEventDefinition") => resolver.message_trigger(definition),
            Some("signalEventDefinition") => resolver.signal_trigger(definition),
            Some("conditionalEventDefinition") => resolver.condition(definition),
            _ => resolver.no_trigger(tag, definition),
        });
        if parent.is_some() && trigger.is_some() {
            self.refuse(tag, "a start event with a trigger in a sub-process");
        }
        Kind::Start(trigger.unwrap_or(Trigger::None))
    }

    /// The start event of an event sub-process.
    fn event_start(&mut self, tag: Tag<'a>) -> Kind {
        let interrupting = tag.own("isInterrupting").and_then(|text| flag(text)) != Some(false);
        let trigger = self.awaited(tag, |resolver, definition| {
            resolver.aside(tag, definition, interrupting)
        });
        let Some(trigger) = trigger else {
            let message = format!(
                "{} begins an event sub-process without an event",
                called(tag)
            );
            self.report.error(tag, "bad-event-sub-process", message);
            return Kind::Start(Trigger::None);
        };
        Kind::EventStart {
            interrupting,
            trigger,
        }
    }

    /// What an event waits for that stands beside the flow: at a border, or before an event sub-process.
    fn aside(&mut self, tag: Tag<'a>, definition: Tag<'a>, interrupting: bool) -> Trigger {
        match definition.bpmn() {
            Some("timerEventDefinition") => self.timer(definition),
            Some("messageEventDefinition") => self.message_trigger(definition),
            Some("signalEventDefinition") => self.signal_trigger(definition),
            Some("conditionalEventDefinition") => self.condition(definition),
            Some("compensateEventDefinition") => Trigger::Compensation,
            Some("cancelEventDefinition") if tag.bpmn() == Some("boundaryEvent") => Trigger::Cancel,
            Some("escalationEventDefinition") => {
                Trigger::Escalation(self.code(definition, ESCALATION))
            }
            Some("errorEventDefinition") if interrupting => {
                Trigger::Error(self.code(definition, ERROR))
            }
            Some("errorEventDefinition") => {
                let id = called(tag);
                let message = format!("{id}: an error always interrupts");
                self.report.error(tag, "bad-boundary", message);
                Trigger::None
            }
            _ => self.no_trigger(tag, definition),
        }
    }

    /// The form of the start event that a start by a person begins at, as the engine chooses it: the first none start event,
    /// else the first timer.
    pub(super) fn start_form(&mut self) -> Option<Form> {
        let starts = |resolver: &Self, by: fn(&Trigger) -> bool| -> Vec<ElementIx> {
            let all = resolver.indices().filter(|ix| {
                let element = resolver.element(*ix);
                element.parent.is_none()
                    && matches!(&element.kind, Kind::Start(trigger) if by(trigger))
            });
            all.collect()
        };
        let begins = starts(self, |trigger| matches!(trigger, Trigger::None))
            .into_iter()
            .chain(starts(self, |trigger| matches!(trigger, Trigger::Timer(_))))
            .next();
        let mut shown = None;
        for ix in starts(self, |_| true) {
            let tag = self.tag(ix);
            let form = dialect::start_form(tag, &mut self.report);
            if Some(ix) == begins {
                shown = form;
            } else if form.is_some() {
                let message = format!(
                    "{}: no person starts here and fills in its form",
                    called(tag)
                );
                self.report.warning(tag, "ignored-extension", message);
            }
        }
        shown
    }

    pub(super) fn catch(&mut self, tag: Tag<'a>) -> Kind {
        let definitions = self.definitions(tag);
        if let [link] = *definitions
            && link.bpmn() == Some("linkEventDefinition")
        {
            return Kind::LinkTarget;
        }
        let trigger = self.awaited_of(tag, &definitions, |resolver, definition| {
            match definition.bpmn() {
                Some("timerEventDefinition") => resolver.timer(definition),
                Some("messageEventDefinition") => resolver.message_trigger(definition),
                Some("signalEventDefinition") => resolver.signal_trigger(definition),
                Some("conditionalEventDefinition") => resolver.condition(definition),
                _ => resolver.no_trigger(tag, definition),
            }
        });
        if trigger.is_none() {
            self.idle(tag);
        }
        Kind::Catch(trigger.unwrap_or(Trigger::None))
    }

    pub(super) fn boundary(&mut self, ix: ElementIx, tag: Tag<'a>) -> Kind {
        let interrupting = tag.own("cancelActivity").and_then(|text| flag(text)) != Some(false);
        let trigger = self.awaited(tag, |resolver, definition| {
            resolver.aside(tag, definition, interrupting)
        });
        if trigger.is_none() {
            self.idle(tag);
        }
        Kind::Boundary {
            on: self.host(ix, tag),
            interrupting,
            trigger: trigger.unwrap_or(Trigger::None),
        }
    }

    /// The activity that a boundary event is attached to; itself where there is none, which is a problem.
    fn host(&mut self, ix: ElementIx, tag: Tag<'a>) -> ElementIx {
        let id = called(tag);
        let Some(reference) = tag.filled("attachedToRef") else {
            let message = format!("{id} is attached to nothing");
            self.report.error(tag, "bad-boundary", message);
            return ix;
        };
        let Some(on) = self.refer(reference) else {
            let message =
                format!("{id} is attached to `{reference}`, which the process does not hold");
            self.report.error(tag, "unknown-reference", message);
            return ix;
        };
        let host = self.tag(on).bpmn().unwrap_or_default();
        let activity = ["Task", "task", "Process", "callActivity", "transaction"];
        let activity = activity.iter().any(|end| host.ends_with(end));
        if !activity || is_true(self.tag(on), "triggeredByEvent") {
            let message = format!("{id} is attached to `{reference}`, which is no activity");
            self.report.error(tag, "bad-boundary", message);
        } else if self.element(on).parent != self.element(ix).parent {
            let message = format!("{id} is attached to `{reference}` of another scope");
            self.report.error(tag, "bad-boundary", message);
        }
        on
    }

    pub(super) fn end(&mut self, ix: ElementIx, tag: Tag<'a>) -> Throw {
        let definitions = self.definitions(tag);
        self.thrown_all(tag, &definitions, |resolver, definition| {
            match definition.bpmn() {
                Some("terminateEventDefinition") => Throw::Terminate,
                Some("errorEventDefinition") => resolver
                    .thrown(tag, definition, ERROR)
                    .map_or(Throw::None, Throw::Error),
                _ => resolver.throws(ix, tag, definition),
            }
        })
    }

    pub(super) fn throw(&mut self, ix: ElementIx, tag: Tag<'a>) -> Kind {
        let definitions = self.definitions(tag);
        if let [link] = *definitions
            && link.bpmn() == Some("linkEventDefinition")
        {
            return self.link_source(ix, tag, link);
        }
        Kind::Throw(self.thrown_all(tag, &definitions, |resolver, definition| {
            resolver.throws(ix, tag, definition)
        }))
    }

    /// What any event throws that throws.
    fn throws(&mut self, ix: ElementIx, tag: Tag<'a>, definition: Tag<'a>) -> Throw {
        match definition.bpmn() {
            Some("escalationEventDefinition") => self.escalation(tag, definition),
            Some("compensateEventDefinition") => self.compensate(ix, tag, definition),
            Some("cancelEventDefinition") => Throw::Cancel,
            Some("signalEventDefinition") => self.signal(tag, definition),
            Some("messageEventDefinition") => self.send(tag, definition),
            _ => {
                self.no_trigger(tag, definition);
                Throw::None
            }
        }
    }

    /// An event that ought to wait, and for which no definition was found; a reference to none is a problem by itself.
    fn idle(&mut self, tag: Tag<'a>) {
        if tag.part("eventDefinitionRef").is_none() {
            self.refuse(tag, "an event that waits for nothing");
        }
    }

    fn timer(&mut self, definition: Tag<'a>) -> Trigger {
        timer::timer(definition, &mut self.report).map_or(Trigger::None, Trigger::Timer)
    }

    fn condition(&mut self, definition: Tag<'a>) -> Trigger {
        let part = definition.part("condition");
        let Some(part) = part.filter(|part| !part.text().is_empty()) else {
            let message = "the event has no condition".to_owned();
            self.report.error(definition, "no-condition", message);
            return Trigger::None;
        };
        text::expression(part, part.text(), &mut self.report)
            .map_or(Trigger::None, Trigger::Condition)
    }

    fn escalation(&mut self, tag: Tag<'a>, definition: Tag<'a>) -> Throw {
        self.thrown(tag, definition, ESCALATION)
            .map_or(Throw::None, Throw::Escalation)
    }

    /// The code of what is thrown; to say none is a problem.
    fn thrown(&mut self, tag: Tag<'a>, definition: Tag<'a>, what: Thrown) -> Option<Name> {
        if definition.filled(what.reference).is_none() {
            let (id, word) = (called(tag), what.word);
            let message = format!("{id} throws an {word} and says not which");
            self.report
                .error(definition, &format!("no-{word}"), message);
        }
        self.code(definition, what)
    }

    /// The code of the error or escalation that a definition names: its code, else its name, else its id.
    fn code(&mut self, definition: Tag<'a>, what: Thrown) -> Option<Name> {
        let reference = definition.filled(what.reference)?;
        let thrown = self.root(definition, reference, what.word)?;
        thrown
            .filled(what.code)
            .or(thrown.filled("name"))
            .or(thrown.id())
            .cloned()
    }

    fn no_trigger(&mut self, tag: Tag<'a>, definition: Tag<'a>) -> Trigger {
        let name = definition.bpmn().unwrap_or_default();
        let event = tag.bpmn().unwrap_or_default();
        self.refuse(tag, &format!("`{event}` with `{name}`"));
        Trigger::None
    }
}
