//! Transactions (BPMN 2.0.2, 10.3.6 and 13.5.3). One that completes, or that an error leaves, is a sub-process. One that is
//! cancelled has what is active in it taken away and what is done in it undone, and goes on behind its cancel event.

use super::compensation;
use crate::bpmn::Kind;
use crate::engine::command::Trouble;
use crate::engine::compensable::{Compensable, Undoing};
use crate::engine::event::Event;
use crate::engine::instance::{ScopeId, TokenId};
use crate::engine::run::{Run, Spot};

/// A token has come to an end event that cancels the transaction around.
pub(in crate::engine) fn cancel(run: &mut Run<'_, '_>, from: Spot) -> Result<(), Trouble> {
    let Some(host) = around(run, from.scope) else {
        return Err(from.trouble("there is no transaction to cancel".to_owned()));
    };
    let scope = ScopeId(host.token.0);
    run.complete(from);
    keep(run, scope);
    run.cancel_scope(scope, None);
    run.disarm(host.token, |_| true);
    let of = compensation::remembered(run, |it| it.scope == scope);
    compensation::begin(run, host.token, Undoing::Cancelled, of);
    Ok(())
}

/// The token of the transaction around; of one that repeats, that of all its rounds.
fn around(run: &Run<'_, '_>, scope: ScopeId) -> Option<Spot> {
    let mut at = scope;
    loop {
        let open = run.instance.scope(at)?;
        let transaction = matches!(run.process.element(open.element).kind, Kind::Transaction);
        if transaction && open.undoing.is_none() {
            let host = run.spot(TokenId(at.0))?;
            return match run.round(host.token) {
                Some(round) => run.spot(TokenId(round.scope.0)),
                None => Some(host),
            };
        }
        at = open.parent;
    }
}

/// What is done inside of what is still active is undone as well: it is kept in the transaction itself.
fn keep(run: &mut Run<'_, '_>, scope: ScopeId) {
    let within = |mut at: ScopeId| {
        while let Some(open) = run.instance.scope(at) {
            at = open.parent;
            if at == scope {
                return true;
            }
        }
        false
    };
    let known = run.instance.compensable.iter();
    let inner: Vec<Compensable> = known.filter(|it| within(it.scope)).cloned().collect();
    for done in inner {
        run.emit(Event::Remembered(Compensable {
            scope,
            claimed: None,
            ..done
        }));
    }
}
