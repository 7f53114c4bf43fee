//! Business rule tasks: the decision is evaluated in the run, and what it says is written as fields. A decision that is not
//! there or has no result holds the token; the incident names the decision, never the data.

use crate::bpmn::{DecisionBinding, DecisionCall, DecisionRef, ResultShape};
use crate::dmn::Verdict;
use crate::engine::command::Trouble;
use crate::engine::data::Oversize;
use crate::engine::incident::IncidentKind;
use crate::engine::run::{Run, Spot};
use crate::value::{Data, MAX_BYTES, Name, Value};

pub(in crate::engine) fn step(
    run: &mut Run<'_, '_>,
    spot: Spot,
    call: &DecisionCall,
) -> Result<(), Trouble> {
    let held = |message| spot.trouble(message).of(IncidentKind::Decision);
    let known = run.fresh.known.decisions.get(&call.decision).cloned();
    let decision = known.ok_or_else(|| held(missing(&call.decision)))?;
    let verdict = run
        .ask(spot.scope, &decision)
        .map_err(|error| held(error.to_string()))?;
    let fields = fields(call, verdict)
        .map_err(|why| held(format!("the decision `{}` {why}", call.decision.key)))?;
    for (field, value) in fields {
        run.write(spot.scope, &field, value).map_err(|Oversize| {
            let message = format!("with `{field}` the data would be larger than {MAX_BYTES} bytes");
            spot.trouble(message).of(IncidentKind::Size)
        })?;
    }
    run.leave(spot);
    Ok(())
}

fn missing(decision: &DecisionRef) -> String {
    let DecisionRef { key, binding } = decision;
    match binding {
        DecisionBinding::Latest => format!("no decision `{key}` is published"),
        DecisionBinding::Deployment => {
            format!("no decision `{key}` was published when the process was")
        }
        DecisionBinding::Version(version) => {
            format!("version {version} of the decision `{key}` is not published")
        }
        DecisionBinding::VersionTag(tag) => {
            format!("no decision `{key}` with the tag `{tag}` is published")
        }
    }
}

/// What is written where, or why the result cannot be; the end of a sentence.
fn fields(call: &DecisionCall, verdict: Verdict) -> Result<Vec<(Name, Value)>, &'static str> {
    match &call.result {
        Some(field) => Ok(vec![(field.clone(), shaped(call.shape, verdict)?)]),
        None => Ok(by_name(verdict)),
    }
}

/// Each output under its own name: its value, or a list of those of all rules. Without a rule it is null.
fn by_name(verdict: Verdict) -> Vec<(Name, Value)> {
    let Verdict {
        rows,
        outputs,
        is_list,
        ..
    } = verdict;
    let field = |name: Name| {
        let mut values = rows
            .iter()
            .map(|row| row.get(&name).cloned().unwrap_or(Value::Null));
        let value = match is_list {
            true => Value::List(values.collect()),
            false => values.next().unwrap_or(Value::Null),
        };
        (name, value)
    };
    outputs.into_iter().map(field).collect()
}

fn shaped(shape: ResultShape, verdict: Verdict) -> Result<Value, &'static str> {
    let Verdict {
        result,
        rows,
        outputs,
        ..
    } = verdict;
    let entry = |row: &Data| {
        let value = outputs.first().and_then(|output| row.get(output));
        value.cloned().unwrap_or(Value::Null)
    };
    match shape {
        ResultShape::Plain => return Ok(result),
        ResultShape::SingleEntry | ResultShape::SingleResult if rows.len() > 1 => {
            return Err("says more than one thing, and one is asked for");
        }
        ResultShape::SingleEntry | ResultShape::CollectEntries if outputs.len() > 1 => {
            return Err("has several outputs, and the value of one is asked for");
        }
        ResultShape::SingleEntry
        | ResultShape::SingleResult
        | ResultShape::CollectEntries
        | ResultShape::ResultList => {}
    }
    let mut rows = rows.into_iter();
    Ok(match shape {
        ResultShape::Plain => result,
        ResultShape::SingleEntry => rows.next().as_ref().map_or(Value::Null, entry),
        ResultShape::SingleResult => rows.next().map_or(Value::Null, Value::Object),
        ResultShape::CollectEntries => Value::List(rows.map(|row| entry(&row)).collect()),
        ResultShape::ResultList => Value::List(rows.map(Value::Object).collect()),
    })
}
