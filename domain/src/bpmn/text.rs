//! What stands in the attributes and texts of models: expressions or literals, lists, and names of people.

use super::report::Report;
use super::tree::Tag;
use super::xml::shorten;
use super::{Naming, Principals, Text};
use crate::expr::Expr;
use crate::value::Name;

/// An expression, or a problem at the tag.
pub(super) fn expression(tag: Tag<'_>, source: &str, report: &mut Report) -> Option<Expr> {
    match Expr::parse(source.trim()) {
        Ok(expr) => Some(expr),
        Err(problem) => {
            let message = format!("`{}` is no expression: {problem}", shorten(source));
            report.error(tag, "bad-expression", message);
            None
        }
    }
}

/// Text that is a literal or wholly an expression; nothing if it is blank.
pub(super) fn text(tag: Tag<'_>, source: &str, report: &mut Report) -> Option<Text> {
    let source = source.trim();
    if source.is_empty() {
        return None;
    }
    if is_computed(source) {
        return expression(tag, source, report).map(Text::Expr);
    }
    if source.contains("${") || source.contains("#{") {
        let message = format!(
            "`{}` mixes text and an expression: write it as one expression",
            shorten(source)
        );
        report.error(tag, "bad-expression", message);
        return None;
    }
    Some(Text::Literal(source.into()))
}

/// Whether a text is an expression as a whole: `=…`, `${…}` or `#{…}`.
pub(super) fn is_computed(source: &str) -> bool {
    let source = source.trim();
    source.starts_with('=')
        || ((source.starts_with("${") || source.starts_with("#{"))
            && items(source, false).len() == 1
            && closing(source) == Some(source.len()))
}

/// Where the braces that a text opens with are closed, just after the last one. Braces in quotes do not count.
fn closing(source: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote = None;
    for (ix, c) in source.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if depth > 0 => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(ix + 1);
                }
            }
            (None, _) => {}
        }
    }
    None
}

/// The items of a list: commas separate, spaces too if asked for; nothing inside of braces does.
pub(super) fn items(source: &str, by_space: bool) -> Vec<&str> {
    let mut items = Vec::new();
    let mut start = 0;
    let mut next = 0;
    while let Some(c) = source[next..].chars().next() {
        if source[next..].starts_with("${") || source[next..].starts_with("#{") {
            next += closing(&source[next..]).unwrap_or(source.len() - next);
            continue;
        }
        if c == ',' || (by_space && c.is_whitespace()) {
            items.push(&source[start..next]);
            start = next + c.len_utf8();
        }
        next += c.len_utf8();
    }
    items.push(&source[start..]);
    items
        .into_iter()
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .collect()
}

/// A vendor's list of users or groups: names and expressions, separated by commas, or one expression for all.
pub(super) fn named(
    tag: Tag<'_>,
    naming: Naming,
    source: &str,
    report: &mut Report,
) -> Vec<Principals> {
    if source.trim().starts_with('=') {
        let computed = expression(tag, source, report);
        return computed
            .map(|expr| Principals::Computed(naming, expr))
            .into_iter()
            .collect();
    }
    items(source, false)
        .into_iter()
        .filter_map(|item| one(tag, naming, item, report))
        .collect()
}

fn one(tag: Tag<'_>, naming: Naming, item: &str, report: &mut Report) -> Option<Principals> {
    Some(match text(tag, item, report)? {
        Text::Literal(name) => Principals::Named(naming, name),
        Text::Expr(expr) => Principals::Computed(naming, expr),
    })
}

/// A list in our own words: `@initiator role:payroll user:emma field:manager ${expr}`. Plain names are what `naming`
/// says; without it they are a problem.
pub(super) fn members(
    tag: Tag<'_>,
    naming: Option<Naming>,
    source: &str,
    report: &mut Report,
) -> Vec<Principals> {
    if source.trim().starts_with('=') {
        return named(tag, naming.unwrap_or(Naming::User), source, report);
    }
    items(source, true)
        .into_iter()
        .filter_map(|item| member(tag, naming, item, report))
        .collect()
}

fn member(
    tag: Tag<'_>,
    naming: Option<Naming>,
    item: &str,
    report: &mut Report,
) -> Option<Principals> {
    if let Some(word) = item.strip_prefix('@') {
        return match word {
            "everyone" => Some(Principals::Everyone),
            "initiator" => Some(Principals::Initiator),
            "creator" => Some(Principals::Creator),
            "participants" => Some(Principals::Participants),
            "pastParticipants" => Some(Principals::PastParticipants),
            _ => unknown(tag, item, report),
        };
    }
    if !is_computed(item)
        && let Some((kind, name)) = item.split_once(':')
        && !name.is_empty()
    {
        match kind {
            "user" => return one(tag, Naming::User, name, report),
            "group" => return one(tag, Naming::Group, name, report),
            "role" => return one(tag, Naming::Role, name, report),
            "field" => return Some(Principals::Field(name.into())),
            // A name may hold a colon; where only our own words may stand, it is a slip.
            _ => {}
        }
    }
    match naming {
        Some(naming) => one(tag, naming, item, report),
        None => match is_computed(item) {
            true => one(tag, Naming::User, item, report),
            false => unknown(tag, item, report),
        },
    }
}

fn unknown(tag: Tag<'_>, item: &str, report: &mut Report) -> Option<Principals> {
    let message = format!("`{}` names nobody", shorten(item));
    report.error(tag, "unknown-principal", message);
    None
}

/// Plain names, separated by commas or spaces.
pub(super) fn plain(source: &str) -> Vec<Name> {
    items(source, true).into_iter().map(Name::from).collect()
}
