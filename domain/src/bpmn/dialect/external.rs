//! Work for a worker outside, in our own words, and what every dialect reads alike of it.

use super::super::report::Report;
use super::super::tree::Tag;
use super::super::xml::shorten;
use super::super::{Assignment, ExternalWork, Principals, Text, WF, text};
use super::wf;
use crate::work;

/// Work for a worker outside, in our own words.
pub(super) fn read(host: Tag<'_>, report: &mut Report) -> Option<ExternalWork> {
    let tag = host.extension(WF, "work").next()?;
    let Some(kind) = tag.filled("type") else {
        report.error(tag, "no-name", "the work has no type".to_owned());
        return None;
    };
    let mut work = ExternalWork::of(text::text(tag, kind, report)?);
    work.retries = tag
        .own("retries")
        .and_then(|source| retries(tag, source, report));
    (work.backoff, work.timeout) = (
        tag.own("backoff")
            .and_then(|source| duration(tag, source, report)),
        tag.own("timeout")
            .and_then(|source| duration(tag, source, report)),
    );
    work.priority = tag
        .own("priority")
        .and_then(|source| wf::priority(tag, source, report));
    for header in tag.all(WF, "header") {
        match (header.filled("name"), header.own("value")) {
            (Some(name), Some(value)) => work.headers.push((name.clone(), value.clone())),
            _ => {
                let message = "a header needs `name` and `value`".to_owned();
                report.error(header, "no-name", message);
            }
        }
    }
    Some(work)
}

/// Whether there is any.
pub(super) fn is_said(host: Tag<'_>) -> bool {
    host.extension(WF, "work").next().is_some()
}

/// How often work is tried, from 1 to 100.
pub(super) fn retries(tag: Tag<'_>, source: &str, report: &mut Report) -> Option<Text> {
    let retries = text::text(tag, source, report)?;
    if let Text::Literal(literal) = &retries
        && !literal
            .parse::<u32>()
            .is_ok_and(|number| work::TRIES.contains(&number))
    {
        let message = format!("`{}` is no number of tries from 1 to 100", shorten(literal));
        report.error(tag, "bad-retries", message);
        return None;
    }
    Some(retries)
}

/// A duration of ISO 8601.
pub(super) fn duration(tag: Tag<'_>, source: &str, report: &mut Report) -> Option<Text> {
    let duration = text::text(tag, source, report)?;
    if let Text::Literal(literal) = &duration
        && work::duration(literal).is_none()
    {
        let message = format!(
            "`{}` is no ISO 8601 duration of at most 30 days",
            shorten(literal)
        );
        report.error(tag, "bad-timer", message);
        return None;
    }
    Some(duration)
}

/// What a worker gets of the data.
pub(super) fn inputs(tag: Tag<'_>, report: &mut Report) -> Vec<Assignment> {
    wf::assignments(tag, "input", report)
}

/// Who may do the work.
pub(super) fn workers(tag: Tag<'_>, report: &mut Report) -> Option<Vec<Principals>> {
    let workers = tag.extension(WF, "workers").next()?;
    Some(wf::list(workers, report))
}

#[cfg(test)]
mod tests;
