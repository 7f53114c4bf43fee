//! Link events (BPMN 2.0.2, 13.5.2): a token that comes to a source goes on at the target, as if over a flow.

use crate::bpmn::ElementIx;
use crate::engine::command::Trouble;
use crate::engine::run::{Run, Spot};

/// A token has come to a link source.
pub(in crate::engine) fn step(
    run: &mut Run<'_, '_>,
    spot: Spot,
    target: ElementIx,
) -> Result<(), Trouble> {
    let process = run.process;
    run.output(spot, &process.element(spot.element).outputs)?;
    let lists = run.complete(spot);
    run.arrive(target, spot.scope, None, &lists);
    Ok(())
}
