//! Automatiko: metadata of the process and tags of its data.

use super::super::report::Report;
use super::super::text;
use super::super::tree::Tag;
use super::jbpm::DROOLS;
use super::{Declared, wf};
use crate::value::Name;

pub(super) fn process(tag: Tag<'_>, report: &mut Report) -> Declared {
    let policy = metadata(tag, "accessPolicy");
    Declared {
        security_roles: metadata(tag, "securityRoles").map(|value| text::plain(value.text())),
        policy: policy.and_then(|value| wf::access_policy(value, value.text(), report)),
        starters: None,
        initiator_field: initiator_field(tag),
    }
}

/// The data that is tagged `initiator`.
fn initiator_field(process: Tag<'_>) -> Option<Name> {
    let data = process
        .children()
        .filter(|tag| matches!(tag.bpmn(), Some("dataObject" | "property")));
    let tagged = |data: &Tag<'_>| {
        ["tags", "customTags"]
            .into_iter()
            .filter_map(|name| metadata(*data, name))
            .any(|value| {
                text::plain(value.text())
                    .iter()
                    .any(|tag| &**tag == "initiator")
            })
    };
    let found = data.into_iter().find(tagged)?;
    found.filled("name").or(found.id()).cloned()
}

/// The value of a piece of metadata.
fn metadata<'a>(tag: Tag<'a>, name: &str) -> Option<Tag<'a>> {
    tag.extension(DROOLS, "metaData")
        .find(|tag| tag.own("name").is_some_and(|own| &**own == name))?
        .all(DROOLS, "metaValue")
        .next()
}
