//! A `decisionTable` element to a [`Table`].

use crate::time::Calendar;
use jiff::Timestamp;

use super::read::{error, expression, item, kind, part, parts, speaks, text, variable, warning};
use super::{Aggregation, HitPolicy, Input, MAX_COLUMNS, Output, Rule, Table, Type};
use crate::bpmn::report::Report;
use crate::bpmn::tree::Tag;
use crate::bpmn::xml::shorten;
use crate::expr::{Env, Expr, UnaryTests};
use crate::value::{Name, Value};

/// Reads a table; nothing if a part of it cannot be read. Every part is looked at.
pub(super) fn read(tag: Tag<'_>, report: &mut Report) -> Option<Table> {
    let policy = policy(tag, report);
    let inputs: Vec<Option<Input>> = parts(tag, "input").map(|tag| input(tag, report)).collect();
    let outputs: Vec<Option<Output>> = parts(tag, "output")
        .map(|output_tag| output(tag, output_tag, report))
        .collect();
    let size = (inputs.len(), outputs.len());
    if size.0.max(size.1) > MAX_COLUMNS {
        let message = format!("the table has more than {MAX_COLUMNS} inputs or outputs");
        error(report, tag, "limit", message);
        return None;
    }
    let rules: Vec<Option<Rule>> = parts(tag, "rule")
        .map(|tag| rule(tag, size, report))
        .collect();
    let table = Table {
        policy: policy?,
        inputs: inputs.into_iter().collect::<Option<_>>()?,
        outputs: outputs.into_iter().collect::<Option<_>>()?,
        rules: rules.into_iter().collect::<Option<_>>()?,
    };
    whole(tag, &table, report);
    Some(table)
}

fn policy(tag: Tag<'_>, report: &mut Report) -> Option<HitPolicy> {
    let aggregation = match tag.filled("aggregation").map(|name| name.trim()) {
        None => None,
        Some("SUM") => Some(Aggregation::Sum),
        Some("MIN") => Some(Aggregation::Min),
        Some("MAX") => Some(Aggregation::Max),
        Some("COUNT") => Some(Aggregation::Count),
        Some(other) => {
            let message = format!("the aggregation `{}` is not known", shorten(other));
            error(report, tag, "unknown-policy", message);
            return None;
        }
    };
    let name = tag.filled("hitPolicy").map_or("UNIQUE", |name| name.trim());
    let policy = match name.replace('_', " ").as_str() {
        "UNIQUE" => HitPolicy::Unique,
        "FIRST" => HitPolicy::First,
        "ANY" => HitPolicy::Any,
        "PRIORITY" => HitPolicy::Priority,
        "RULE ORDER" => HitPolicy::RuleOrder,
        "OUTPUT ORDER" => HitPolicy::OutputOrder,
        "COLLECT" => HitPolicy::Collect(aggregation),
        other => {
            let message = format!("the hit policy `{}` is not known", shorten(other));
            error(report, tag, "unknown-policy", message);
            return None;
        }
    };
    if aggregation.is_some() && !matches!(policy, HitPolicy::Collect(_)) {
        let message = format!("only `COLLECT` aggregates, not `{name}`");
        error(report, tag, "bad-policy", message);
    }
    Some(policy)
}

fn input(tag: Tag<'_>, report: &mut Report) -> Option<Input> {
    let Some(inner) = part(tag, "inputExpression") else {
        error(
            report,
            tag,
            "no-expression",
            "the input has no expression".to_owned(),
        );
        return None;
    };
    let kind = kind(inner, report);
    let expression = expression(inner, report);
    let constraint = part(tag, "inputValues").or_else(|| allowed_values(inner));
    let allowed = match constraint {
        Some(values) => tests(values, report),
        None => UnaryTests::parse("").ok(),
    };
    let expression = expression?;
    let label = tag.filled("label").cloned();
    Some(Input {
        label: label.unwrap_or_else(|| Name::from(shorten(expression.source()))),
        kind,
        allowed: allowed?,
        place: tag.place(),
        expression,
    })
}

/// The values that the file's own type of a tag allows.
fn allowed_values(tag: Tag<'_>) -> Option<Tag<'_>> {
    part(item(tag, tag.filled("typeRef")?)?, "allowedValues")
}

fn tests(tag: Tag<'_>, report: &mut Report) -> Option<UnaryTests> {
    if !speaks(tag, report) {
        return None;
    }
    match UnaryTests::parse(text(tag)) {
        Ok(tests) => Some(tests),
        Err(problem) => {
            let message = format!("`{}` is no test: {problem}", shorten(text(tag)));
            error(report, tag, "bad-test", message);
            None
        }
    }
}

fn output(table: Tag<'_>, tag: Tag<'_>, report: &mut Report) -> Option<Output> {
    let decision = table.parent().unwrap_or(table);
    let is_only = parts(table, "output").count() == 1;
    let name = match tag.filled("name") {
        Some(name) => name.clone(),
        None if is_only => variable(decision),
        None => {
            let message = "one of several outputs has no name".to_owned();
            error(report, tag, "no-name", message);
            return None;
        }
    };
    let typed = match part(decision, "variable") {
        Some(variable) if is_only && tag.filled("typeRef").is_none() => variable,
        Some(_) | None => tag,
    };
    let default = match part(tag, "defaultOutputEntry") {
        Some(default) => entry(default, report)?,
        None => None,
    };
    let values = part(tag, "outputValues").or_else(|| allowed_values(typed));
    Some(Output {
        name,
        label: tag.filled("label").cloned(),
        kind: kind(typed, report),
        values: values.map_or(Some(Vec::new()), |tag| listed(tag, report))?,
        default,
        place: tag.place(),
    })
}

/// Values that stand in the model as a list. Ranges list nothing.
fn listed(tag: Tag<'_>, report: &mut Report) -> Option<Vec<Value>> {
    tests(tag, report)?;
    let list = Expr::parse(&format!("[{}]", text(tag)));
    let env = Env {
        layers: &[],
        now: Timestamp::UNIX_EPOCH,
        calendar: &Calendar::default(),
        actor: None,
    };
    match list.map(|list| list.eval(&env)) {
        Ok(Ok(Value::List(values))) => Some(values),
        Ok(_) | Err(_) => Some(Vec::new()),
    }
}

/// An output entry: nothing and `-` are null, which is the `None` inside.
fn entry(tag: Tag<'_>, report: &mut Report) -> Option<Option<Expr>> {
    match text(tag) {
        "" | "-" => Some(None),
        _ => expression(tag, report).map(Some),
    }
}

fn rule(tag: Tag<'_>, (inputs, outputs): (usize, usize), report: &mut Report) -> Option<Rule> {
    let found: Vec<_> = parts(tag, "inputEntry")
        .map(|tag| tests(tag, report))
        .collect();
    let entries: Vec<_> = parts(tag, "outputEntry")
        .map(|tag| entry(tag, report))
        .collect();
    if found.len() != inputs || entries.len() != outputs {
        let message = format!(
            "the rule has {} tests and {} entries; the table has {inputs} inputs and {outputs} outputs",
            found.len(),
            entries.len()
        );
        error(report, tag, "bad-rule", message);
        return None;
    }
    let annotations = parts(tag, "annotationEntry").map(|tag| text(tag));
    let description = part(tag, "description").map(Tag::text);
    Some(Rule {
        id: tag.id().cloned(),
        tests: found.into_iter().collect::<Option<_>>()?,
        entries: entries.into_iter().collect::<Option<_>>()?,
        annotations: annotations
            .chain(description)
            .filter(|note| !note.is_empty())
            .map(Name::from)
            .collect(),
        place: tag.place(),
    })
}

/// What only the whole table shows.
fn whole(tag: Tag<'_>, table: &Table, report: &mut Report) {
    let outputs = &table.outputs;
    if outputs.is_empty() {
        error(
            report,
            tag,
            "no-output",
            "the table has no output".to_owned(),
        );
    }
    for (ix, output) in outputs.iter().enumerate() {
        if outputs[..ix].iter().any(|other| other.name == output.name) {
            let message = format!("the output `{}` stands twice", shorten(&output.name));
            error(report, tag, "duplicate-name", message);
        }
    }
    if table.rules.is_empty() {
        warning(report, tag, "no-rules", "the table has no rules".to_owned());
    }
    match table.policy {
        HitPolicy::Priority | HitPolicy::OutputOrder
            if outputs.iter().all(|output| output.values.is_empty()) =>
        {
            let message = "the order of outputs takes output values, and none are listed";
            error(report, tag, "no-output-values", message.to_owned());
        }
        HitPolicy::Collect(Some(_)) if outputs.len() > 1 => {
            let message = "one number cannot be made of several outputs".to_owned();
            error(report, tag, "bad-policy", message);
        }
        HitPolicy::Collect(Some(
            aggregation @ (Aggregation::Sum | Aggregation::Min | Aggregation::Max),
        )) => numbers(tag, aggregation, outputs, report),
        HitPolicy::Unique
        | HitPolicy::First
        | HitPolicy::Any
        | HitPolicy::Priority
        | HitPolicy::RuleOrder
        | HitPolicy::OutputOrder
        | HitPolicy::Collect(_) => {}
    }
}

fn numbers(tag: Tag<'_>, aggregation: Aggregation, outputs: &[Output], report: &mut Report) {
    let fits = |kind| matches!(kind, Type::Any | Type::Number | Type::Integer);
    if !outputs.iter().all(|output| fits(output.kind)) {
        let message = format!("`{aggregation:?}` is made of numbers").to_lowercase();
        error(report, tag, "bad-policy", message);
    }
}
