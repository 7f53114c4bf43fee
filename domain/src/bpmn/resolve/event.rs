//! What events wait for and throw.

use super::super::read::flag;
use super::super::tree::Tag;
use super::super::{
    ElementIx, Form, Kind, MessageWait, Sent, Throw, Trigger, dialect, text, timer,
};
use super::element::is_true;
use super::{Resolver, called};
use crate::expr::Expr;
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
    /// The one event definition of an event, in place or by reference; none is a none event. More than one is refused.
    fn definition(&mut self, tag: Tag<'a>) -> Option<Tag<'a>> {
        let mut found = Vec::new();
        for part in tag.children() {
            match part.bpmn() {
                Some("eventDefinitionRef") => found.extend(self.referred(part)),
                Some(name) if name.ends_with("EventDefinition") => found.push(part),
                Some(_) | None => {}
            }
        }
        if found.len() > 1 {
            self.refuse(tag, "an event with several definitions");
        }
        found.into_iter().next()
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
        let Some(definition) = self.definition(tag) else {
            return Kind::Start(Trigger::None);
        };
        if parent.is_some() {
            self.refuse(tag, "a start event with a trigger in a sub-process");
            return Kind::Start(Trigger::None);
        }
        Kind::Start(match definition.bpmn() {
            Some("timerEventDefinition") => self.timer(definition),
            Some("messageEventDefinition") => self.message_trigger(definition),
            Some("signalEventDefinition") => self.signal_trigger(definition),
            Some("conditionalEventDefinition") => self.condition(definition),
            _ => self.no_trigger(tag, definition),
        })
    }

    /// The start event of an event sub-process.
    fn event_start(&mut self, tag: Tag<'a>) -> Kind {
        let interrupting = tag.own("isInterrupting").and_then(|text| flag(text)) != Some(false);
        let Some(definition) = self.definition(tag) else {
            let message = format!(
                "{} begins an event sub-process without an event",
                called(tag)
            );
            self.report.error(tag, "bad-event-sub-process", message);
            return Kind::Start(Trigger::None);
        };
        let trigger = self.aside(tag, definition, interrupting);
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
        let Some(definition) = self.definition(tag) else {
            self.idle(tag);
            return Kind::Catch(Trigger::None);
        };
        match definition.bpmn() {
            Some("timerEventDefinition") => Kind::Catch(self.timer(definition)),
            Some("messageEventDefinition") => Kind::Catch(self.message_trigger(definition)),
            Some("signalEventDefinition") => Kind::Catch(self.signal_trigger(definition)),
            Some("conditionalEventDefinition") => Kind::Catch(self.condition(definition)),
            Some("linkEventDefinition") => Kind::LinkTarget,
            _ => Kind::Catch(self.no_trigger(tag, definition)),
        }
    }

    pub(super) fn boundary(&mut self, ix: ElementIx, tag: Tag<'a>) -> Kind {
        let interrupting = tag.own("cancelActivity").and_then(|text| flag(text)) != Some(false);
        let trigger = match self.definition(tag) {
            None => {
                self.idle(tag);
                Trigger::None
            }
            Some(definition) => self.aside(tag, definition, interrupting),
        };
        Kind::Boundary {
            on: self.host(ix, tag),
            interrupting,
            trigger,
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
        let Some(definition) = self.definition(tag) else {
            return Throw::None;
        };
        match definition.bpmn() {
            Some("terminateEventDefinition") => Throw::Terminate,
            Some("errorEventDefinition") => self
                .thrown(tag, definition, ERROR)
                .map_or(Throw::None, Throw::Error),
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

    pub(super) fn throw(&mut self, ix: ElementIx, tag: Tag<'a>) -> Kind {
        let Some(definition) = self.definition(tag) else {
            return Kind::Throw(Throw::None);
        };
        match definition.bpmn() {
            Some("linkEventDefinition") => self.link_source(ix, tag, definition),
            Some("escalationEventDefinition") => Kind::Throw(self.escalation(tag, definition)),
            Some("compensateEventDefinition") => Kind::Throw(self.compensate(ix, tag, definition)),
            Some("signalEventDefinition") => Kind::Throw(self.signal(tag, definition)),
            Some("messageEventDefinition") => Kind::Throw(self.send(tag, definition)),
            _ => {
                self.no_trigger(tag, definition);
                Kind::Throw(Throw::None)
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

    fn message_trigger(&mut self, definition: Tag<'a>) -> Trigger {
        self.message(definition)
            .map_or(Trigger::None, Trigger::Message)
    }

    /// The message that a definition or a receive task waits for.
    pub(super) fn message(&mut self, tag: Tag<'a>) -> Option<MessageWait> {
        let (name, correlation) = self.named(tag, "message", "waits for")?;
        Some(MessageWait { name, correlation })
    }

    fn signal_trigger(&mut self, definition: Tag<'a>) -> Trigger {
        let named = self.named(definition, "signal", "waits for");
        named.map_or(Trigger::None, |(name, _)| Trigger::Signal(name))
    }

    /// The signal that an event throws.
    fn signal(&mut self, tag: Tag<'a>, definition: Tag<'a>) -> Throw {
        let sent = self.sent(tag, definition, "signal");
        sent.map_or(Throw::None, Throw::Signal)
    }

    /// The message that an event or a send task throws; the definition of a task is itself.
    pub(super) fn send(&mut self, tag: Tag<'a>, definition: Tag<'a>) -> Throw {
        let sent = self.sent(tag, definition, "message");
        sent.map_or(Throw::None, Throw::Message)
    }

    fn sent(&mut self, tag: Tag<'a>, definition: Tag<'a>, what: &'static str) -> Option<Sent> {
        let fields = dialect::sent(tag, definition, &mut self.report);
        let (name, correlation) = self.named(definition, what, "throws")?;
        Some(Sent {
            name,
            correlation,
            fields,
        })
    }

    /// The name of the message or signal that a definition or a task refers to, and what a message is correlated by.
    fn named(
        &mut self,
        tag: Tag<'a>,
        what: &'static str,
        does: &str,
    ) -> Option<(Name, Option<Expr>)> {
        let Some(reference) = tag.filled(&format!("{what}Ref")) else {
            let event = tag.parent().filter(|_| !tag.is_element()).unwrap_or(tag);
            let message = format!("{} {does} a {what} and says not which", called(event));
            self.report.error(tag, &format!("no-{what}"), message);
            return None;
        };
        let root = self.root(tag, reference, what)?;
        let correlation = dialect::correlation(root)
            .and_then(|(tag, source)| text::expression(tag, source, &mut self.report));
        Some((root.filled("name").or(root.id())?.clone(), correlation))
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
