//! Messages and signals: which one an event or a task names, and what goes along.

use super::super::tree::Tag;
use super::super::{MessageWait, Sent, Throw, Trigger, dialect, text};
use super::{Resolver, called};
use crate::expr::Expr;
use crate::value::Name;

impl<'a> Resolver<'a> {
    pub(super) fn message_trigger(&mut self, definition: Tag<'a>) -> Trigger {
        self.message(definition)
            .map_or(Trigger::None, Trigger::Message)
    }

    /// The message that a definition or a receive task waits for.
    pub(super) fn message(&mut self, tag: Tag<'a>) -> Option<MessageWait> {
        let (name, correlation) = self.named(tag, "message", "waits for")?;
        Some(MessageWait { name, correlation })
    }

    pub(super) fn signal_trigger(&mut self, definition: Tag<'a>) -> Trigger {
        let named = self.named(definition, "signal", "waits for");
        named.map_or(Trigger::None, |(name, _)| Trigger::Signal(name))
    }

    /// The signal that an event throws.
    pub(super) fn signal(&mut self, tag: Tag<'a>, definition: Tag<'a>) -> Throw {
        let sent = self.sent(tag, definition, "signal");
        sent.map_or(Throw::None, Throw::Signal)
    }

    /// The message that an event or a send task throws; the definition of a task is itself.
    pub(super) fn send(&mut self, tag: Tag<'a>, definition: Tag<'a>) -> Throw {
        let sent = self.sent(tag, definition, "message");
        sent.map_or(Throw::None, Throw::Message)
    }

    pub(super) fn sent(
        &mut self,
        tag: Tag<'a>,
        definition: Tag<'a>,
        what: &'static str,
    ) -> Option<Sent> {
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
}
