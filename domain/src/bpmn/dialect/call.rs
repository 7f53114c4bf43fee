//! Call activities as the vendors write them: `calledElement` says what is called, extensions say which version of it and
//! what goes in and comes out.

use super::super::report::Report;
use super::super::tree::{Tag, local};
use super::super::xml::shorten;
use super::super::{Assignment, Binding, Call, Mapping, Text, text};
use super::{assignment, camunda, standard, wf, zeebe};
use crate::expr::Expr;
use crate::value::Name;

/// What one dialect says of a call.
#[derive(Default)]
pub(super) struct Said {
    pub callee: Option<Text>,
    pub binding: Option<Binding>,
    pub inputs: Vec<Mapping>,
    pub outputs: Vec<Mapping>,
    pub business_key: Option<Text>,
    pub readers_up: bool,
    pub readers_down: bool,
}

impl Said {
    fn or(self, other: Said) -> Said {
        let longer = |one: Vec<Mapping>, other: Vec<Mapping>| match one.is_empty() {
            true => other,
            false => one,
        };
        Said {
            callee: self.callee.or(other.callee),
            binding: self.binding.or(other.binding),
            inputs: longer(self.inputs, other.inputs),
            outputs: longer(self.outputs, other.outputs),
            business_key: self.business_key.or(other.business_key),
            readers_up: self.readers_up || other.readers_up,
            readers_down: self.readers_down || other.readers_down,
        }
    }
}

/// What a call activity calls; nothing if it says not what, which is a problem.
pub(in crate::bpmn) fn call(tag: Tag<'_>, report: &mut Report) -> Option<Call> {
    let said = wf::call(tag, report)
        .or(camunda::call(tag, report))
        .or(zeebe::call(tag, report))
        .or(standard::call(tag, report));
    let callee = said.callee.or_else(|| called_element(tag, report));
    let Some(callee) = callee else {
        if tag.filled("calledElement").is_none() {
            let message = "the call activity says not what it calls".to_owned();
            report.error(tag, "no-callee", message);
        }
        return None;
    };
    Some(Call {
        callee,
        binding: said.binding.unwrap_or(Binding::Latest),
        inputs: said.inputs,
        outputs: said.outputs,
        business_key: said.business_key,
        readers_up: said.readers_up,
        readers_down: said.readers_down,
    })
}

/// `calledElement`: an expression, or a key that may have a prefix.
fn called_element(tag: Tag<'_>, report: &mut Report) -> Option<Text> {
    let source = tag.filled("calledElement")?;
    match text::text(tag, source, report)? {
        Text::Literal(name) if tag.definition(&name).and_then(Tag::id) != Some(&name) => {
            Some(Text::Literal(local(&name).into()))
        }
        text => Some(text),
    }
}

/// The tag that a process version bears.
pub(super) fn version_tag(process: Tag<'_>) -> Option<Name> {
    wf::version_tag(process)
        .or_else(|| camunda::version_tag(process))
        .or_else(|| zeebe::version_tag(process))
}

/// A field that takes the value of an expression, or of literal text.
pub(super) fn mapped(
    tag: Tag<'_>,
    field: &str,
    value: &str,
    report: &mut Report,
) -> Option<Mapping> {
    assignment(tag, field, value, report).map(Mapping::Field)
}

/// A field that takes the value of another one.
pub(super) fn copied(
    tag: Tag<'_>,
    field: &str,
    from: &str,
    report: &mut Report,
) -> Option<Mapping> {
    self::field(tag, field, from, report).map(Mapping::Field)
}

/// The same, as an assignment.
pub(super) fn field(
    tag: Tag<'_>,
    field: &str,
    from: &str,
    report: &mut Report,
) -> Option<Assignment> {
    let value = match Expr::parse(&format!("`{}`", from.trim())) {
        Ok(value) => value,
        Err(_) => {
            let message = format!("`{}` is no name of a field", shorten(from));
            report.error(tag, "bad-expression", message);
            return None;
        }
    };
    Some(Assignment {
        field: field.trim().into(),
        value,
    })
}
