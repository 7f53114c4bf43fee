//! Signals (BPMN 2.0.2, 10.5.1 and 13.5): told to everything in the tenant that waits for them. What waits in the instance
//! that throws is told at once, before the token that throws goes on; the others by an effect (`message`).

use super::wait;
use crate::engine::data::Oversize;
use crate::engine::instance::PendingSignal;
use crate::engine::run::Run;
use crate::value::{Data, Name};

/// Lets every event of the instance happen that waits for a signal; its fields are written for each. How many waited.
pub(in crate::engine) fn hear(
    run: &mut Run<'_, '_>,
    name: &Name,
    data: &Data,
) -> Result<usize, Oversize> {
    let signals = run.instance.signals.iter();
    let waiting: Vec<PendingSignal> = signals.filter(|it| it.name == *name).cloned().collect();
    for wait in &waiting {
        // One that was told before may have taken this one away.
        if !run.instance.signals.contains(wait) {
            continue;
        }
        let scope = wait::scope_of(run, wait.token, wait.element);
        run.take_in((wait.token, wait.element), scope, data)?;
        wait::happened(run, wait.token, wait.element, wait.part);
    }
    Ok(waiting.len())
}
