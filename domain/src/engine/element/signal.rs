//! Signals (BPMN 2.0.2, 10.5.1 and 13.5): told to everything in the tenant that waits for them. What waits in the instance
//! that throws is told at once, before the token that throws goes on; the others by an effect.

use super::{message, wait};
use crate::bpmn::{ElementIx, Sent};
use crate::engine::command::Trouble;
use crate::engine::data::Oversize;
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::engine::instance::TokenId;
use crate::engine::run::{Run, Spot};
use crate::value::{Data, Name};

/// Throws a signal, and goes on unless what heard it has taken the token away.
pub(in crate::engine) fn throw(
    run: &mut Run<'_, '_>,
    spot: Spot,
    sent: &Sent,
) -> Result<(), Trouble> {
    tell(run, spot, sent)?;
    if run.instance.token(spot.token).is_some() {
        run.leave(spot);
    }
    Ok(())
}

/// Throws a signal from where a token stands.
pub(in crate::engine) fn tell(
    run: &mut Run<'_, '_>,
    spot: Spot,
    sent: &Sent,
) -> Result<(), Trouble> {
    let data = message::fields(run, spot, sent)?;
    run.emit(Event::Asked(Effect::Signal {
        name: sent.name.clone(),
        data: data.clone(),
    }));
    hear(run, &sent.name, &data)
        .map(drop)
        .map_err(|Oversize| message::oversize(spot, &sent.name))
}

/// Lets every event of the instance happen that waits for a signal; its fields are written for each. How many waited.
pub(in crate::engine) fn hear(
    run: &mut Run<'_, '_>,
    name: &Name,
    data: &Data,
) -> Result<usize, Oversize> {
    let signals = run.instance.signals.iter();
    let waiting: Vec<(TokenId, ElementIx)> = signals
        .filter(|wait| wait.name == *name)
        .map(|wait| (wait.token, wait.element))
        .collect();
    for (token, element) in &waiting {
        // One that was told before may have taken this one away.
        let place = (*token, *element);
        let mut left = run.instance.signals.iter();
        if !left.any(|wait| (wait.token, wait.element) == place) {
            continue;
        }
        let scope = wait::scope_of(run, *token, *element);
        run.write_all(scope, data)?;
        wait::happened(run, *token, *element);
    }
    Ok(waiting.len())
}
