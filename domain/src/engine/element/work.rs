//! Work that is done outside: it comes into being with its type, tries and people, and what a worker says of it lets the
//! token go on, hands it to the event that catches an error, or holds it.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{boundary, throw, user_task};
use crate::access::state::{self, People};
use crate::bpmn::{ExternalWork, Principals, Text};
use crate::engine::command::{Rejection, Trouble};
use crate::engine::data::quoted;
use crate::engine::event::Event;
use crate::engine::incident::IncidentKind;
use crate::engine::run::{Run, Spot};
use crate::ids::WorkId;
use crate::value::{Data, Name, Value};
use crate::work::{
    LOCKS, MAX_TYPE, PendingWork, TRIES, USUAL_LOCK, USUAL_TRIES, described, duration,
};

/// A token has come to an element whose work is done outside.
pub(in crate::engine) fn step(
    run: &mut Run<'_, '_>,
    spot: Spot,
    work: &ExternalWork,
) -> Result<(), Trouble> {
    let pending = pending(run, spot, work)?;
    let armed = boundary::arm(run, spot)?;
    run.emit(Event::WorkCreated(Box::new(pending)));
    for event in armed {
        run.emit(event);
    }
    Ok(())
}

/// Work as the model asks for it now. What cannot be handed over is known now, and not only when somebody comes for it.
pub(in crate::engine) fn pending(
    run: &mut Run<'_, '_>,
    spot: Spot,
    work: &ExternalWork,
) -> Result<PendingWork, Trouble> {
    for input in &work.inputs {
        let field = &input.field;
        run.eval(spot.scope, &input.value)
            .map_err(|error| spot.trouble(format!("the input `{field}` has no value: {error}")))?;
    }
    let now = run.fresh.now;
    Ok(PendingWork {
        id: WorkId((run.fresh.id)()),
        token: spot.token,
        scope: spot.scope,
        element: spot.element,
        kind: kind(run, spot, &work.kind)?,
        retries: retries(run, spot, work.retries.as_ref())?,
        priority: user_task::priority(run, spot, work.priority.as_ref())?,
        backoff: pause(run, spot, work.backoff.as_ref(), "back-off")?
            .unwrap_or(SignedDuration::ZERO),
        timeout: pause(run, spot, work.timeout.as_ref(), "timeout")?
            .map_or(USUAL_LOCK, |timeout| {
                timeout.clamp(*LOCKS.start(), *LOCKS.end())
            }),
        workers: work.workers.as_ref().map(|list| workers(run, spot, list)),
        created_at: now,
        available_at: now,
        lock: None,
        failure: None,
    })
}

fn kind(run: &Run<'_, '_>, spot: Spot, text: &Text) -> Result<Name, Trouble> {
    let kind = user_task::value(run, spot, Some(text), "type")?
        .and_then(|(_, value)| value.as_text().map(|kind| Name::from(kind.trim())));
    kind.filter(|kind| kind.len() <= MAX_TYPE).ok_or_else(|| {
        spot.trouble(format!(
            "{} is no type of work: a text of 1 to {MAX_TYPE} bytes",
            quoted(text)
        ))
    })
}

fn retries(run: &Run<'_, '_>, spot: Spot, text: Option<&Text>) -> Result<u32, Trouble> {
    let Some((text, value)) = user_task::value(run, spot, text, "number of tries")? else {
        return Ok(USUAL_TRIES);
    };
    let number = match &value {
        Value::Number(number) if number.fract().is_zero() => u32::try_from(*number).ok(),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => None,
    };
    number
        .filter(|number| TRIES.contains(number))
        .ok_or_else(|| {
            spot.trouble(format!(
                "{} is no number of tries from {} to {}",
                quoted(text),
                TRIES.start(),
                TRIES.end()
            ))
        })
}

fn pause(
    run: &Run<'_, '_>,
    spot: Spot,
    text: Option<&Text>,
    what: &str,
) -> Result<Option<SignedDuration>, Trouble> {
    let Some((text, value)) = user_task::value(run, spot, text, what)? else {
        return Ok(None);
    };
    value.as_text().and_then(duration).map(Some).ok_or_else(|| {
        spot.trouble(format!(
            "{} is no {what}: an ISO 8601 duration of at most 30 days",
            quoted(text)
        ))
    })
}

fn workers(
    run: &Run<'_, '_>,
    spot: Spot,
    list: &[Principals],
) -> BTreeSet<crate::access::Principal> {
    let layers = state::layers(&run.instance, spot.scope);
    let people = People::of(&run.instance, &layers, run.clock(), &run.meter);
    state::resolve(list, &people)
}

/// Work is done, and gone already. Its output mappings see what it was given as well.
pub(in crate::engine) fn complete(
    run: &mut Run<'_, '_>,
    work: &PendingWork,
    data: &Data,
) -> Result<(), Rejection> {
    let Some(spot) = run.spot(work.token) else {
        return Ok(());
    };
    let process = run.process;
    let mapped = !process.element(work.element).outputs.is_empty();
    let mut known = Data::new();
    if let (true, Some(model)) = (mapped, described(process, work.element)) {
        for input in &model.inputs {
            let value = run.eval(work.scope, &input.value);
            known.insert(input.field.clone(), value.unwrap_or(Value::Null));
        }
    }
    known.extend(
        data.iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    run.keep(spot, &known)?;
    run.skip(spot);
    Ok(())
}

/// Work has failed for the last time, and is gone. What its worker said of it stays out of the incident: it may hold data.
pub(in crate::engine) fn given_up(run: &mut Run<'_, '_>, work: &PendingWork) {
    if let Some(spot) = run.spot(work.token) {
        let id = &run.process.element(work.element).id;
        let trouble = spot.trouble(format!("the work `{id}` has failed too often"));
        run.hold(spot.token, trouble.of(IncidentKind::Work));
    }
}

/// A worker has thrown an error, and its work is gone.
pub(in crate::engine) fn threw(
    run: &mut Run<'_, '_>,
    work: &PendingWork,
    code: &Name,
    data: &Data,
) -> Result<(), Rejection> {
    run.write_all(work.scope, data)?;
    let Some(spot) = run.spot(work.token) else {
        return Ok(());
    };
    if let Err(trouble) = throw::error_at(run, spot, code) {
        run.hold(spot.token, trouble);
    }
    Ok(())
}
