//! Service and script tasks that assign by expression. Calls to the outside are not made here: a task without
//! assignments is passed through.

use crate::bpmn::Assignment;
use crate::engine::command::Trouble;
use crate::engine::run::{Run, Spot};

pub(in crate::engine) fn assign(
    run: &mut Run<'_, '_>,
    spot: Spot,
    assignments: &[Assignment],
) -> Result<(), Trouble> {
    run.assign(spot, assignments)?;
    run.leave(spot);
    Ok(())
}
