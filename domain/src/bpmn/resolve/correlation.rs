//! Correlation as BPMN itself writes it (BPMN 2.0.2, 8.4.2): properties beside the processes say what a message gives, keys
//! in the collaboration group them, subscriptions in the process say what it asks for.

use super::super::tree::{Tag, local};
use super::super::xml::shorten;
use super::super::{Correlation, dialect, text};
use super::Resolver;
use crate::expr::Expr;
use crate::value::Name;

impl<'a> Resolver<'a> {
    /// How each message is correlated: as a subscription of the process says, else by the first key that it bears.
    pub(super) fn correlations(&mut self, process: Tag<'a>) -> Vec<Correlation> {
        let mut found: Vec<Correlation> = Vec::new();
        let keys = keys(process);
        for subscription in process.parts("correlationSubscription") {
            let Some(reference) = subscription.filled("correlationKeyRef") else {
                let message = "the subscription names no `correlationKeyRef`".to_owned();
                self.report.error(subscription, "no-correlation", message);
                continue;
            };
            match keys.iter().find(|key| is_named(**key, reference)) {
                Some(key) => self.key(*key, Some(subscription), &mut found),
                None => {
                    let message =
                        format!("the file holds no correlationKey `{}`", shorten(reference));
                    self.report
                        .error(subscription, "unknown-reference", message);
                }
            }
        }
        for key in &keys {
            self.key(*key, None, &mut found);
        }
        found
    }

    /// Adds how the messages are correlated that bear every property of a key.
    fn key(&mut self, key: Tag<'a>, subscription: Option<Tag<'a>>, found: &mut Vec<Correlation>) {
        let id = key.id().or(key.filled("name")).cloned();
        let mut properties = Vec::new();
        for reference in key.parts("correlationPropertyRef") {
            properties.extend(self.root(key, reference.text(), "correlationProperty"));
        }
        let (Some(id), Some(first)) = (id, properties.first()) else {
            return;
        };
        for retrieval in retrievals(*first) {
            let Some(name) = retrieved(retrieval) else {
                self.root(
                    retrieval,
                    retrieval.own("messageRef").map_or("", |it| it),
                    "message",
                );
                continue;
            };
            let known = |it: &Correlation| it.message == name;
            let paths: Option<Vec<&str>> = properties
                .iter()
                .map(|property| path(retrieving(*property, &name)?, "messagePath"))
                .collect();
            let Some(paths) = paths.filter(|_| !found.iter().any(known)) else {
                continue;
            };
            let asked = match subscription {
                None => None,
                Some(subscription) => match self.asked(subscription, &properties) {
                    Some(asked) => Some(asked),
                    None => return,
                },
            };
            if let Some(given) = self.together(retrieval, &paths) {
                found.push(Correlation {
                    message: name,
                    key: id.clone(),
                    given,
                    asked,
                });
            }
        }
    }

    /// What a subscription asks for: a value for each property of its key.
    fn asked(&mut self, subscription: Tag<'a>, properties: &[Tag<'a>]) -> Option<Expr> {
        let paths: Option<Vec<&str>> = properties
            .iter()
            .map(|property| {
                let mut bindings = subscription.parts("correlationPropertyBinding");
                let binding = bindings.find(|binding| {
                    let of = binding.filled("correlationPropertyRef");
                    of.is_some_and(|of| is_named(*property, of))
                })?;
                path(binding, "dataPath")
            })
            .collect();
        let Some(paths) = paths else {
            let message = "the subscription does not bind every property of its key".to_owned();
            self.report.error(subscription, "no-correlation", message);
            return None;
        };
        self.together(subscription, &paths)
    }

    /// One expression of several, in order: the only one, or a list.
    fn together(&mut self, tag: Tag<'a>, paths: &[&str]) -> Option<Expr> {
        match paths {
            [path] => text::expression(tag, path, &mut self.report),
            paths => {
                let parts: Vec<String> = paths.iter().map(|path| dialect::bare(path)).collect();
                text::expression(tag, &format!("[{}]", parts.join(", ")), &mut self.report)
            }
        }
    }
}

/// The keys of the file: of its collaborations and of the conversations in them.
fn keys(process: Tag<'_>) -> Vec<Tag<'_>> {
    fn walk<'a>(tag: Tag<'a>, found: &mut Vec<Tag<'a>>) {
        for child in tag.children() {
            match child.bpmn() {
                Some("correlationKey") => found.push(child),
                Some(
                    "collaboration" | "choreography" | "globalConversation" | "conversation"
                    | "subConversation" | "callConversation",
                ) => walk(child, found),
                Some(_) | None => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(process.root(), &mut found);
    found
}

fn is_named(tag: Tag<'_>, reference: &str) -> bool {
    let reference = reference.trim();
    tag.id()
        .is_some_and(|id| &**id == reference || &**id == local(reference))
}

fn retrievals(property: Tag<'_>) -> impl Iterator<Item = Tag<'_>> {
    property.parts("correlationPropertyRetrievalExpression")
}

/// The name of the message that an expression is for.
fn retrieved(retrieval: Tag<'_>) -> Option<Name> {
    let message = retrieval.definition(retrieval.filled("messageRef")?)?;
    let message = Some(message).filter(|found| found.bpmn() == Some("message"))?;
    message.filled("name").or(message.id()).cloned()
}

fn retrieving<'a>(property: Tag<'a>, message: &Name) -> Option<Tag<'a>> {
    retrievals(property).find(|it| retrieved(*it).as_ref() == Some(message))
}

fn path<'a>(tag: Tag<'a>, name: &'a str) -> Option<&'a str> {
    let path = tag.part(name)?;
    let inner = path
        .children()
        .find(|tag| tag.bpmn() == Some("formalExpression"));
    Some(inner.unwrap_or(path).text()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
