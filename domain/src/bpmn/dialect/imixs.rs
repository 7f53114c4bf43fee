//! Imixs-Workflow: the access items of tasks and events. A name there is a user, a group or a role, whichever it meets.

use super::super::tree::Tag;
use super::super::{Naming, Principals, StateList};
use crate::value::Name;

const IMIXS: &str = "http://www.imixs.org/bpmn2";

/// The lists of an element, if it sets any. An empty list there restricts nobody, so it says nothing here.
pub(super) fn acl(tag: Tag<'_>) -> StateList {
    if values(tag, "keyupdateacl").next() != Some("true") {
        return StateList::default();
    }
    StateList {
        readers: list(tag, "namaddreadaccess", "keyaddreadfields"),
        writers: list(tag, "namaddwriteaccess", "keyaddwritefields"),
        owners: list(tag, "namownershipnames", "keyownershipfields"),
        live: false,
    }
}

fn list(tag: Tag<'_>, names: &'static str, fields: &'static str) -> Option<Vec<Principals>> {
    let mut members = Vec::new();
    for name in values(tag, names).map(Name::from) {
        members.extend(
            [Naming::User, Naming::Group, Naming::Role]
                .map(|naming| Principals::Named(naming, name.clone())),
        );
    }
    for field in values(tag, fields) {
        members.push(match field {
            "$creator" | "namcreator" => Principals::Creator,
            field => Principals::Field(field.into()),
        });
    }
    Some(members).filter(|members| !members.is_empty())
}

/// The values of an item, one for each line or element.
fn values<'a>(tag: Tag<'a>, name: &'static str) -> impl Iterator<Item = &'a str> {
    tag.extension(IMIXS, "item")
        .filter(move |item| item.own("name").is_some_and(|own| &**own == name))
        .flat_map(|item| item.all(IMIXS, "value"))
        .flat_map(|value| value.raw_text().lines())
        .map(str::trim)
        .filter(|line| !line.is_empty())
}
