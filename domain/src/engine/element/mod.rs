//! What each kind of element does with a token that comes to it: wait, leave, end, or fail with [`Trouble`], which holds
//! the token. One file per family.

pub(super) mod ad_hoc;
mod behavior;
pub(super) mod boundary;
mod business_rule;
pub(super) mod call_activity;
pub(super) mod compensation;
pub(super) mod complex;
pub(super) mod condition;
pub(super) mod end;
pub(super) mod event_sub_process;
pub(super) mod gateway;
pub(super) mod inclusive;
pub(super) mod link;
pub(super) mod message;
mod quantity;
pub(super) mod repeat;
pub(super) mod service_task;
pub(super) mod signal;
pub(super) mod sub_process;
mod throw;
mod transaction;
pub(super) mod user_task;
pub(super) mod wait;
pub(super) mod work;

use super::command::Trouble;
use super::instance::ScopeId;
use super::run::{Run, Spot};
use crate::bpmn::Kind;

/// Lets a token that has just come to an element do what the element says.
pub(super) fn step(run: &mut Run<'_, '_>, spot: Spot) -> Result<(), Trouble> {
    let process = run.process;
    let element = process.element(spot.element);
    if let Some(undoing) = compensation::undoing(run, ScopeId(spot.token.0)) {
        compensation::next(run, spot, undoing);
        return Ok(());
    }
    let mut spot = spot;
    if element.start_quantity > 1 && !element.for_compensation && run.round(spot.token).is_none() {
        match quantity::gather(run, spot, element.start_quantity) {
            Some(first) => spot = first,
            None => return Ok(()),
        }
    }
    if ad_hoc::waits(run, spot) {
        return Ok(());
    }
    let spot = match (&element.repeat, run.round(spot.token)) {
        (None, _) => spot,
        (Some(repeat), None) => return repeat::begin(run, spot, repeat),
        (Some(_), Some(round)) => Spot {
            scope: ScopeId(round.token.0),
            ..round
        },
    };
    let spot = run.furnish(spot)?;
    match &element.kind {
        Kind::Start(_)
        | Kind::Boundary { .. }
        | Kind::LinkTarget
        | Kind::EventStart { .. }
        | Kind::PassThrough
        | Kind::Exclusive => {
            run.leave(spot);
            Ok(())
        }
        Kind::End(throw) | Kind::Throw(throw) => end::step(run, spot, throw),
        Kind::LinkSource(target) => link::step(run, spot, *target),
        Kind::Catch(trigger) => wait::catch(run, spot, trigger),
        Kind::UserTask(user_task) => user_task::step(run, spot, user_task),
        Kind::Assign(assignments) => service_task::assign(run, spot, assignments),
        Kind::Work(work) => work::step(run, spot, work),
        Kind::Decision(call) => business_rule::step(run, spot, call),
        Kind::Receive(message) => wait::receive(run, spot, message),
        Kind::Call(call) => call_activity::step(run, spot, call),
        Kind::Parallel => {
            gateway::join(run, spot);
            Ok(())
        }
        Kind::Inclusive => {
            inclusive::join(run, spot);
            Ok(())
        }
        Kind::EventBased => gateway::await_first(run, spot),
        Kind::Complex { activation } => complex::arrive(run, spot, activation.as_ref()),
        Kind::SubProcess | Kind::Transaction | Kind::AdHoc(_) => sub_process::step(run, spot),
        Kind::EventSubProcess => event_sub_process::step(run, spot),
    }
}
