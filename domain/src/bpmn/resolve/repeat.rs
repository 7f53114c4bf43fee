//! Activities that are done more than once: multi-instance and standard loops.

use super::super::tree::Tag;
use super::super::xml::shorten;
use super::super::{Behavior, Count, MultiInstance, Repeat, Sent, StandardLoop, dialect, text};
use super::element::is_true;
use super::{Resolver, called};
use crate::expr::Expr;

impl<'a> Resolver<'a> {
    pub(super) fn repeat(&mut self, tag: Tag<'a>) -> Option<Repeat> {
        let multi = tag.part("multiInstanceLoopCharacteristics");
        let looped = tag.part("standardLoopCharacteristics");
        if (multi.is_some() || looped.is_some()) && is_true(tag, "triggeredByEvent") {
            self.refuse(tag, "an event sub-process that repeats");
        }
        match (multi, looped) {
            (None, None) => None,
            (Some(multi), None) => self.multi(tag, multi).map(Repeat::Multi),
            (None, Some(looped)) => self.looped(tag, looped).map(Repeat::Loop),
            (Some(_), Some(_)) => {
                let message = format!("{} loops and has several instances", called(tag));
                self.report.error(tag, "bad-loop", message);
                None
            }
        }
    }

    fn multi(&mut self, tag: Tag<'a>, multi: Tag<'a>) -> Option<MultiInstance> {
        let behavior = self.behavior(tag, multi);
        let results = dialect::results(multi, &mut self.report);
        let collection = dialect::collection(multi, &mut self.report);
        let cardinality = self.part_expression(multi, "loopCardinality");
        let until = self.part_expression(multi, "completionCondition");
        let count = match (collection, cardinality) {
            (Some(collection), _) => {
                let items = text::expression(multi, &collection.items, &mut self.report)?;
                Count::Collection {
                    items,
                    element: collection.element,
                }
            }
            (None, Some(cardinality)) => Count::Cardinality(cardinality),
            (None, None) => {
                let unread = multi.part("loopCardinality");
                if unread.is_none_or(|part| part.text().is_empty()) {
                    let message = format!("{} does not say how many instances it has", called(tag));
                    self.report.error(multi, "no-cardinality", message);
                }
                return None;
            }
        };
        Some(MultiInstance {
            sequential: is_true(multi, "isSequential"),
            count,
            until,
            behavior,
            results,
        })
    }

    fn behavior(&mut self, tag: Tag<'a>, multi: Tag<'a>) -> Behavior {
        let said = multi.filled("behavior").map_or("All", |said| said.trim());
        match said {
            "All" => Behavior::All,
            "None" => {
                let sent = self.behaves(tag, multi, "noneBehaviorEventRef");
                sent.map_or(Behavior::All, Behavior::Each)
            }
            "One" => {
                let sent = self.behaves(tag, multi, "oneBehaviorEventRef");
                sent.map_or(Behavior::All, Behavior::First)
            }
            "Complex" => {
                let mut all = Vec::new();
                for definition in multi.parts("complexBehaviorDefinition") {
                    let condition = self.part_expression(definition, "condition");
                    let events = definition.part("event");
                    let events = events.map(|event| self.definitions(event));
                    for event in events.unwrap_or_default() {
                        let sent = self.told(tag, event);
                        all.extend(condition.clone().zip(sent));
                    }
                }
                Behavior::Complex(all)
            }
            _ => {
                let what = format!("multi-instance behaviour `{}`", shorten(said));
                self.refuse(tag, &what);
                Behavior::All
            }
        }
    }

    /// The signal that an attribute refers to; without the attribute none that anything could catch.
    fn behaves(&mut self, tag: Tag<'a>, multi: Tag<'a>, name: &str) -> Option<Sent> {
        let reference = multi.filled(name)?;
        let Some(definition) = multi.definition(reference) else {
            let message = format!(
                "the file holds no event definition `{}`",
                shorten(reference)
            );
            self.report.error(multi, "unknown-reference", message);
            return None;
        };
        self.told(tag, definition)
    }

    fn told(&mut self, tag: Tag<'a>, definition: Tag<'a>) -> Option<Sent> {
        if definition.bpmn() != Some("signalEventDefinition") {
            self.refuse(tag, "a multi-instance behaviour that throws no signal");
            return None;
        }
        // What an activity assigns is its own: a round tells without fields.
        let sent = self.sent(tag, definition, "signal")?;
        Some(Sent {
            fields: Vec::new(),
            ..sent
        })
    }

    fn looped(&mut self, tag: Tag<'a>, looped: Tag<'a>) -> Option<StandardLoop> {
        let condition = self.part_expression(looped, "loopCondition");
        let maximum = match looped.filled("loopMaximum").map(|most| most.trim().parse()) {
            None => None,
            Some(Ok(0) | Err(_)) => {
                let message = format!("{} loops at most not even once", called(tag));
                self.report.error(looped, "bad-loop", message);
                return None;
            }
            Some(Ok(maximum)) => Some(maximum),
        };
        if looped.part("loopCondition").is_none() && maximum.is_none() {
            let message = format!(
                "{} loops, and says neither how long nor how often",
                called(tag)
            );
            self.report.error(looped, "bad-loop", message);
        }
        Some(StandardLoop {
            condition,
            test_before: is_true(looped, "testBefore"),
            maximum,
        })
    }

    pub(super) fn part_expression(&mut self, tag: Tag<'a>, name: &'a str) -> Option<Expr> {
        let part = tag.part(name).filter(|part| !part.text().is_empty())?;
        text::expression(part, part.text(), &mut self.report)
    }
}
