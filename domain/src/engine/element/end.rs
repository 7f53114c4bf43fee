//! What an event throws, on the flow or at its end (BPMN 2.0.2, 13.5.2 and 13.5.6). What is only said lets the token go on
//! after it, unless something that heard it has taken the token away.

use super::{compensation, message, throw, transaction};
use crate::bpmn::Throw;
use crate::engine::command::Trouble;
use crate::engine::run::{Run, Spot};

pub(in crate::engine) fn step(
    run: &mut Run<'_, '_>,
    spot: Spot,
    what: &Throw,
) -> Result<(), Trouble> {
    // Everything is made up before anything is said, so that nothing is said twice if trouble is looked after.
    let mut letters = Vec::new();
    let own = Spot {
        scope: run.inside(spot),
        ..spot
    };
    for part in what.parts() {
        letters.push(message::letter(run, own, part)?);
    }
    for (part, letter) in what.parts().iter().zip(letters) {
        match part {
            Throw::None | Throw::Multiple(_) => {}
            Throw::Escalation(code) => throw::escalation(run, spot, code),
            Throw::Signal(_) | Throw::Message(_) => {
                if let Some(letter) = letter {
                    message::post(run, spot, letter)?;
                }
            }
            // These end the token, and come last.
            Throw::Error(code) => return throw::error(run, spot, code),
            Throw::Compensate { activity, wait } => {
                return compensation::throw(run, spot, *activity, *wait);
            }
            Throw::Cancel => return transaction::cancel(run, spot),
            Throw::Terminate => {
                run.cancel_scope(spot.scope, Some(spot.token));
                let lists = run.complete(spot);
                run.settle(spot.scope, lists);
                return Ok(());
            }
        }
        if run.instance.token(spot.token).is_none() {
            return Ok(());
        }
    }
    run.leave(spot);
    Ok(())
}
