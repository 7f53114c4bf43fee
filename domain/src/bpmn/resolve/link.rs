//! Link events (BPMN 2.0.2, 10.5.1): a pair of connectors inside one scope, found by name.

use super::super::tree::Tag;
use super::super::xml::shorten;
use super::super::{ElementIx, Kind, Throw};
use super::{Resolver, called};
use crate::value::Name;

impl<'a> Resolver<'a> {
    /// Gathers the link targets, so that sources find them wherever they stand.
    pub(super) fn link_targets(&mut self) {
        for ix in self.indices() {
            let tag = self.tag(ix);
            let definition = match tag.bpmn() {
                Some("intermediateCatchEvent") => tag.part("linkEventDefinition"),
                Some(_) | None => None,
            };
            let Some(name) = definition.and_then(|definition| self.link_name(tag, definition))
            else {
                continue;
            };
            let place = (self.element(ix).parent, name.clone());
            if self.links.insert(place, ix).is_some() {
                let message = format!("the link `{}` has two targets here", shorten(&name));
                self.report.error(tag, "bad-link", message);
            }
        }
    }

    pub(super) fn link_source(&mut self, ix: ElementIx, tag: Tag<'a>, definition: Tag<'a>) -> Kind {
        let Some(name) = self.link_name(tag, definition) else {
            return Kind::Throw(Throw::None);
        };
        let place = (self.element(ix).parent, name);
        if let Some(target) = self.links.get(&place) {
            return Kind::LinkSource(*target);
        }
        let message = format!(
            "{} goes to the link `{}`, which has no target here",
            called(tag),
            shorten(&place.1)
        );
        self.report.error(tag, "bad-link", message);
        Kind::Throw(Throw::None)
    }

    /// The name of a link: some tools write it on the event alone.
    fn link_name(&mut self, tag: Tag<'a>, definition: Tag<'a>) -> Option<Name> {
        let name = definition.filled("name").or(tag.filled("name"));
        if name.is_none() {
            let message = format!("{} links, and says not what", called(tag));
            self.report.error(definition, "bad-link", message);
        }
        name.map(|name| name.trim().into())
    }
}
