//! Events on the border of an activity: armed while a token waits there, interrupting or not (BPMN 2.0.2, 13.5.3).

use super::wait;
use crate::bpmn::{ElementIx, Kind};
use crate::engine::command::Trouble;
use crate::engine::event::Event;
use crate::engine::run::{Run, Spot};

/// What has to happen so that an activity's boundary events are waited for. The caller emits it once nothing can fail any
/// more.
pub(in crate::engine) fn arm(run: &mut Run<'_, '_>, host: Spot) -> Result<Vec<Event>, Trouble> {
    let process = run.process;
    // The border is around all rounds.
    if run.round(host.token).is_some() {
        return Ok(Vec::new());
    }
    let mut armed = Vec::new();
    for ix in &process.element(host.element).boundaries {
        if let Kind::Boundary { trigger, .. } = &process.element(*ix).kind {
            armed.extend(wait::watch(run, host, *ix, trigger)?);
        }
    }
    Ok(armed)
}

/// A boundary event happens to the activity at which a token waits.
pub(in crate::engine) fn happened(
    run: &mut Run<'_, '_>,
    host: Spot,
    event: ElementIx,
    interrupting: bool,
) {
    let held = run.instance.token(host.token);
    let lists = held.map(|token| token.lists.clone()).unwrap_or_default();
    if interrupting {
        run.cancel(host);
    }
    run.arrive(event, host.scope, None, &lists);
}
