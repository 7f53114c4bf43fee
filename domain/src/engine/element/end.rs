//! What ends a token, a scope or an activity (BPMN 2.0.2, 13.5.6).

use super::{compensation, message, signal, throw, transaction};
use crate::bpmn::Throw;
use crate::engine::command::Trouble;
use crate::engine::run::{Run, Spot};

pub(in crate::engine) fn step(
    run: &mut Run<'_, '_>,
    spot: Spot,
    what: &Throw,
) -> Result<(), Trouble> {
    match what {
        Throw::None => {
            run.leave(spot);
            Ok(())
        }
        Throw::Terminate => {
            run.cancel_scope(spot.scope, Some(spot.token));
            let lists = run.complete(spot);
            run.settle(spot.scope, lists);
            Ok(())
        }
        Throw::Error(code) => throw::error(run, spot, code),
        Throw::Escalation(code) => {
            throw::escalation(run, spot, code);
            Ok(())
        }
        Throw::Compensate { activity, wait } => compensation::throw(run, spot, *activity, *wait),
        Throw::Cancel => transaction::cancel(run, spot),
        Throw::Signal(sent) => signal::throw(run, spot, sent),
        Throw::Message(sent) => message::throw(run, spot, sent),
    }
}
