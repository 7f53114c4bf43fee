//! Ad-hoc sub-processes (BPMN 2.0.2, 13.3.5): every inner activity that no flow leads to is enabled from the beginning. All of
//! them begin at once, and people choose by claiming; if the ordering is sequential, one after the other, in the order of the
//! file, and what follows by a flow goes before what has not begun. The sub-process is over when nothing is left to do in it, or when its
//! completion condition holds after an activity.

use crate::bpmn::{AdHoc, Kind};
use crate::engine::command::Trouble;
use crate::engine::event::Event;
use crate::engine::instance::{Scope, ScopeId, Token, TokenId};
use crate::engine::run::{Run, Spot};

/// Whether a token that has come to an activity must wait for its turn.
pub(super) fn waits(run: &mut Run<'_, '_>, spot: Spot) -> bool {
    let Some((open, ad_hoc)) = around(run, spot.scope) else {
        return false;
    };
    if !ad_hoc.sequential || !run.process.element(spot.element).kind.is_activity() {
        return false;
    }
    if open.turn == Some(spot.token) {
        return false;
    }
    if open
        .turn
        .is_some_and(|turn| run.instance.token(turn).is_some())
    {
        return true;
    }
    run.emit(Event::TurnTaken { token: spot.token });
    false
}

/// Gives the next their turn where nobody has it, now that nothing else moves; whether there was one.
pub(in crate::engine) fn next(run: &mut Run<'_, '_>) -> bool {
    let free = |open: &&Scope| {
        open.turn
            .is_some_and(|turn| run.instance.token(turn).is_none())
    };
    let free: Vec<ScopeId> = run
        .instance
        .scopes
        .iter()
        .filter(free)
        .map(|it| it.id)
        .collect();
    let next: Vec<TokenId> = free
        .into_iter()
        .filter_map(|scope| {
            let waits = |token: &&Token| {
                token.scope == scope && run.process.element(token.element).kind.is_activity()
            };
            run.instance.tokens.iter().find(waits)
        })
        .map(|token| token.id)
        .collect();
    for token in &next {
        run.emit(Event::TurnTaken { token: *token });
        run.proceed(*token);
    }
    !next.is_empty()
}

/// How an ad-hoc sub-process ends early.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::engine) enum Over {
    /// Everything else in it is taken away.
    AtOnce,
    /// What runs in it comes to its end, and nothing new begins.
    WithTheRest,
}

/// Whether the ad-hoc sub-process around is over now that an activity in it is done, and how.
pub(in crate::engine) fn over(run: &Run<'_, '_>, spot: Spot) -> Result<Option<Over>, Trouble> {
    let Some((open, ad_hoc)) = around(run, spot.scope) else {
        return Ok(None);
    };
    let activity = run.process.element(spot.element).kind.is_activity();
    let (true, None, Some(until)) = (activity, open.undoing, &ad_hoc.until) else {
        return Ok(None);
    };
    let holds = run
        .holds(spot.scope, until)
        .map_err(|error| spot.trouble(format!("`{}` has no value: {error}", until.source())))?;
    Ok(holds.then_some(match ad_hoc.cancel || ad_hoc.sequential {
        true => Over::AtOnce,
        false => Over::WithTheRest,
    }))
}

/// The ad-hoc sub-process that a scope is that of.
fn around<'r>(run: &'r Run<'_, '_>, scope: ScopeId) -> Option<(&'r Scope, &'r AdHoc)> {
    let open = run.instance.scope(scope)?;
    if let Kind::AdHoc(ad_hoc) = &run.process.element(open.element).kind
        && open.rounds.is_none()
    {
        return Some((open, ad_hoc));
    }
    None
}
