//! Messages (BPMN 2.0.2, 10.5.1 and 13.5): one message is for one that waits. What waits in the instance that throws gets
//! it first; where nothing does, it is for another instance, by an effect.

use super::{signal, wait};
use crate::bpmn::{Sent, Throw};
use crate::engine::command::Trouble;
use crate::engine::correlation;
use crate::engine::data::Oversize;
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::engine::incident::IncidentKind;
use crate::engine::run::{Run, Spot};
use crate::value::{self, Data, Name, Value};

/// What an event is about to tell others.
pub(super) struct Letter<'a> {
    sent: &'a Sent,
    data: Data,
    /// For the one instance that waits for it, rather than for all.
    message: bool,
    correlation: Option<Value>,
}

/// Makes up what an event tells; nothing if it tells nothing.
pub(super) fn letter<'t>(
    run: &Run<'_, '_>,
    spot: Spot,
    what: &'t Throw,
) -> Result<Option<Letter<'t>>, Trouble> {
    let (sent, message) = match what {
        Throw::Signal(sent) => (sent, false),
        Throw::Message(sent) => (sent, true),
        Throw::None
        | Throw::Terminate
        | Throw::Error(_)
        | Throw::Escalation(_)
        | Throw::Compensate { .. }
        | Throw::Cancel
        | Throw::Multiple(_) => return Ok(None),
    };
    let data = fields(run, spot, sent)?;
    Ok(Some(Letter {
        sent,
        correlation: correlation(run, spot, sent, &data)?,
        data,
        message,
    }))
}

/// Tells a signal to everything here that waits for it, and to the others; brings a message to one that waits here, else to
/// another. What gets it may take the token away.
pub(super) fn post(run: &mut Run<'_, '_>, spot: Spot, letter: Letter<'_>) -> Result<(), Trouble> {
    let name = letter.sent.name.clone();
    let Letter {
        data, correlation, ..
    } = letter;
    let too_much = |Oversize| oversize(spot, &letter.sent.name);
    if !letter.message {
        signal::hear(run, &name, &data).map_err(too_much)?;
        run.emit(Event::Asked(Effect::Signal { name, data }));
        return Ok(());
    }
    run.converse(&name, correlation.clone());
    if !deliver(run, &name, correlation.as_ref(), &data).map_err(too_much)? {
        run.emit(Event::Asked(Effect::Message {
            name,
            correlation,
            data,
        }));
    }
    Ok(())
}

fn correlation(
    run: &Run<'_, '_>,
    spot: Spot,
    sent: &Sent,
    data: &Data,
) -> Result<Option<Value>, Trouble> {
    let Some(expr) = &sent.correlation else {
        return Ok(run.naming(spot.scope, &sent.name, data));
    };
    let value = run
        .eval_with(spot.scope, data, expr)
        .map_err(|error| spot.trouble(format!("the correlation has no value: {error}")))?;
    Ok(Some(value).filter(|value| *value != Value::Null))
}

/// Brings a message to the oldest wait of the instance that it fits; whether there is one.
pub(in crate::engine) fn deliver(
    run: &mut Run<'_, '_>,
    name: &Name,
    correlation: Option<&Value>,
    data: &Data,
) -> Result<bool, Oversize> {
    let Some(wait) = run.fitting(name, correlation, data) else {
        return Ok(false);
    };
    let given = correlation::given(run.process, name, data, run.clock());
    run.converse(name, given.or_else(|| correlation.cloned()));
    let scope = wait::scope_of(run, wait.token, wait.element);
    run.take_in((wait.token, wait.element), scope, data)?;
    wait::happened(run, wait.token, wait.element, wait.part);
    Ok(true)
}

/// The fields that go along with what is thrown; later ones see earlier ones.
fn fields(run: &Run<'_, '_>, spot: Spot, sent: &Sent) -> Result<Data, Trouble> {
    let mut data = Data::new();
    for assignment in &sent.fields {
        let field = &assignment.field;
        let value = run
            .eval_with(spot.scope, &data, &assignment.value)
            .map_err(|error| spot.trouble(format!("`{field}` has no value: {error}")))?;
        data.insert(field.clone(), value);
    }
    if value::bytes(&data) > value::MAX_BYTES {
        return Err(oversize(spot, &sent.name));
    }
    Ok(data)
}

/// What is wrong if the fields of something thrown do not fit.
fn oversize(spot: Spot, name: &Name) -> Trouble {
    spot.trouble(format!(
        "with `{name}` the data would be larger than {} bytes",
        value::MAX_BYTES
    ))
    .of(IncidentKind::Size)
}
