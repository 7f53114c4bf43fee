//! Messages (BPMN 2.0.2, 10.5.1 and 13.5): one message is for one that waits. What waits in the instance that throws gets
//! it first; where nothing does, it is for another instance, by an effect.

use super::wait;
use crate::bpmn::Sent;
use crate::engine::command::Trouble;
use crate::engine::data::Oversize;
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::engine::run::{Run, Spot};
use crate::value::{self, Data, Name, Value};

/// Throws a message, and goes on unless what got it has taken the token away.
pub(in crate::engine) fn throw(
    run: &mut Run<'_, '_>,
    spot: Spot,
    sent: &Sent,
) -> Result<(), Trouble> {
    let data = fields(run, spot, sent)?;
    let correlation = match &sent.correlation {
        None => None,
        Some(expr) => {
            let value = run
                .eval_with(spot.scope, &data, expr)
                .map_err(|error| spot.trouble(format!("the correlation has no value: {error}")))?;
            Some(value).filter(|value| *value != Value::Null)
        }
    };
    let here = deliver(run, &sent.name, correlation.as_ref(), &data)
        .map_err(|Oversize| oversize(spot, &sent.name))?;
    if !here {
        run.emit(Event::Asked(Effect::Message {
            name: sent.name.clone(),
            correlation,
            data,
        }));
    }
    if run.instance.token(spot.token).is_some() {
        run.leave(spot);
    }
    Ok(())
}

/// Brings a message to the oldest wait of the instance that it fits; whether there is one.
pub(in crate::engine) fn deliver(
    run: &mut Run<'_, '_>,
    name: &Name,
    correlation: Option<&Value>,
    data: &Data,
) -> Result<bool, Oversize> {
    let mut waits = run.instance.waits.iter();
    let found = waits.find(|wait| {
        wait.name == *name
            && (wait.correlation.is_none() || wait.correlation.as_ref() == correlation)
    });
    let Some((token, element)) = found.map(|wait| (wait.token, wait.element)) else {
        return Ok(false);
    };
    let scope = wait::scope_of(run, token, element);
    run.write_all(scope, data)?;
    wait::happened(run, token, element);
    Ok(true)
}

/// The fields that go along with what is thrown; later ones see earlier ones.
pub(super) fn fields(run: &Run<'_, '_>, spot: Spot, sent: &Sent) -> Result<Data, Trouble> {
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
pub(super) fn oversize(spot: Spot, name: &Name) -> Trouble {
    spot.trouble(format!(
        "with `{name}` the data would be larger than {} bytes",
        value::MAX_BYTES
    ))
}
