//! The decision that a business rule task asks: `wf:decision`, Camunda's attributes, Zeebe's `calledDecision`, and the
//! field that Flowable keeps a key in.

use super::super::report::Report;
use super::super::tree::Tag;
use super::super::xml::shorten;
use super::super::{DecisionBinding, DecisionCall, DecisionRef, ResultShape, WF, text};
use super::camunda::{attribute, is_ours};
use super::zeebe::ZEEBE;
use crate::value::Name;

/// The fields that Flowable has had for the key.
const FLOWABLE: [&str; 3] = [
    "decisionTableReferenceKey",
    "decisionTaskReferenceKey",
    "decisionServiceReferenceKey",
];

/// Attributes of Camunda's that name what is not there.
const FOREIGN: [&str; 2] = ["decisionRefTenantId", "decisionRefDeploymentId"];

/// What a dialect says of a decision, in the words that all have in common.
struct Said<'a> {
    tag: Tag<'a>,
    key: Option<&'a Name>,
    binding: Option<&'a Name>,
    version: Option<&'a Name>,
    version_tag: Option<&'a Name>,
    result: Option<&'a Name>,
    map: Option<&'a Name>,
    otherwise: ResultShape,
}

/// The decision that a task asks. `None` where it asks none, and `Some(None)` where what it says is a problem.
pub(in crate::bpmn) fn decision(tag: Tag<'_>, report: &mut Report) -> Option<Option<DecisionCall>> {
    if let Some(ours) = tag.extension(WF, "decision").next() {
        return Some(read(&wf(ours), report));
    }
    // Our own words beat the vendors'.
    if tag
        .extensions()
        .any(|said| said.is(WF, "set") || said.is(WF, "work"))
    {
        return None;
    }
    let is_rules = tag.bpmn() == Some("businessRuleTask");
    if is_rules && attribute(tag, "decisionRef").is_some() {
        return Some(camunda(tag, report));
    }
    if is_rules && let Some(called) = tag.extension(ZEEBE, "calledDecision").next() {
        return Some(read(&zeebe(called), report));
    }
    let is_dmn = attribute(tag, "type").is_some_and(|kind| &**kind == "dmn");
    if is_rules || is_dmn {
        return flowable(tag).map(|(field, key)| called(field, key, report));
    }
    None
}

fn wf(tag: Tag<'_>) -> Said<'_> {
    Said {
        tag,
        key: tag.filled("ref"),
        binding: tag.filled("binding"),
        version: tag.filled("version"),
        version_tag: tag.filled("versionTag"),
        result: tag.filled("result"),
        map: tag.filled("map"),
        otherwise: ResultShape::Plain,
    }
}

fn camunda(tag: Tag<'_>, report: &mut Report) -> Option<DecisionCall> {
    if let Some(name) = FOREIGN
        .into_iter()
        .find(|name| attribute(tag, name).is_some())
    {
        let message = format!("`{name}` is for another engine");
        report.error(tag, "no-implementation", message);
        return None;
    }
    let said = Said {
        tag,
        key: attribute(tag, "decisionRef"),
        binding: attribute(tag, "decisionRefBinding"),
        version: attribute(tag, "decisionRefVersion"),
        version_tag: attribute(tag, "decisionRefVersionTag"),
        result: attribute(tag, "resultVariable"),
        map: attribute(tag, "mapDecisionResult"),
        otherwise: ResultShape::ResultList,
    };
    read(&said, report)
}

fn zeebe(tag: Tag<'_>) -> Said<'_> {
    Said {
        tag,
        key: tag.filled("decisionId"),
        binding: tag.filled("bindingType"),
        version: None,
        version_tag: tag.filled("versionTag"),
        result: tag.filled("resultVariable"),
        map: None,
        otherwise: ResultShape::Plain,
    }
}

/// The field that holds the key, and the key.
fn flowable(tag: Tag<'_>) -> Option<(Tag<'_>, &str)> {
    let field = tag.extensions().find(|field| {
        let name = field.own("name").map(|name| &**name);
        is_ours(*field) && name.is_some_and(|name| FLOWABLE.contains(&name))
    })?;
    let inside = field
        .children()
        .find(|child| is_ours(*child))
        .map(Tag::text);
    let value = field.filled("stringValue").map(|value| &**value);
    Some((field, value.or(inside).unwrap_or_default()))
}

fn called(tag: Tag<'_>, key: &str, report: &mut Report) -> Option<DecisionCall> {
    Some(DecisionCall {
        decision: DecisionRef {
            key: literal(tag, Some(key), report)?,
            binding: DecisionBinding::Latest,
        },
        result: None,
        shape: ResultShape::Plain,
    })
}

fn read(said: &Said<'_>, report: &mut Report) -> Option<DecisionCall> {
    let key = literal(said.tag, said.key.map(|key| &**key), report);
    let binding = binding(said, report);
    let shape = shape(said, report);
    if said.result.is_none() && said.map.is_some() {
        let message = "`map` takes a field that the result is written to".to_owned();
        report.error(said.tag, "no-name", message);
    }
    Some(DecisionCall {
        decision: DecisionRef {
            key: key?,
            binding: binding?,
        },
        result: said.result.cloned(),
        shape: shape?,
    })
}

/// A name that stands in the model itself: what is asked must be known before anything runs.
fn literal(tag: Tag<'_>, source: Option<&str>, report: &mut Report) -> Option<Name> {
    let source = source.unwrap_or_default().trim();
    if source.is_empty() {
        report.error(
            tag,
            "no-name",
            "the task says not which decision it asks".to_owned(),
        );
        return None;
    }
    if text::is_computed(source) || source.contains("${") || source.contains("#{") {
        let message = format!(
            "`{}` is an expression: which decision is asked stands in the model itself",
            shorten(source)
        );
        report.error(tag, "not-supported", message);
        return None;
    }
    Some(Name::from(source))
}

fn binding(said: &Said<'_>, report: &mut Report) -> Option<DecisionBinding> {
    let named = said.binding.map(|binding| binding.trim());
    // Who names a version means it.
    let binding = match (named, said.version, said.version_tag) {
        (Some(binding), _, _) => binding,
        (None, Some(_), _) => "version",
        (None, None, Some(_)) => "versionTag",
        (None, None, None) => "latest",
    };
    match binding {
        "latest" => Some(DecisionBinding::Latest),
        "deployment" => Some(DecisionBinding::Deployment),
        "version" => {
            let source = said.version.map_or("", |version| version.trim());
            let number = source.parse().ok().filter(|number| *number > 0);
            if number.is_none() {
                let message = format!("`{}` is no version", shorten(source));
                report.error(said.tag, "bad-version", message);
            }
            number.map(DecisionBinding::Version)
        }
        "versionTag" => literal(said.tag, said.version_tag.map(|tag| &**tag), report)
            .map(DecisionBinding::VersionTag),
        other => {
            let message = format!("the binding `{}` is not known", shorten(other));
            report.error(said.tag, "unknown-binding", message);
            None
        }
    }
}

fn shape(said: &Said<'_>, report: &mut Report) -> Option<ResultShape> {
    Some(match said.map.map(|map| map.trim()) {
        None if said.result.is_none() => ResultShape::Plain,
        None => said.otherwise,
        Some("singleEntry") => ResultShape::SingleEntry,
        Some("singleResult") => ResultShape::SingleResult,
        Some("collectEntries") => ResultShape::CollectEntries,
        Some("resultList") => ResultShape::ResultList,
        Some(other) => {
            let message = format!("the mapping `{}` is not known", shorten(other));
            report.error(said.tag, "unknown-mapping", message);
            return None;
        }
    })
}

#[cfg(test)]
mod tests;
