//! The inclusive join (BPMN 2.0.2, 13.4.3): it waits for every way in on which a token can still come, and goes on without
//! the others. A token that can just as well come by a way that has brought one already is not waited for: so a loop behind
//! the join does not keep it waiting for itself.

use std::collections::BTreeSet;

use super::gateway;
use crate::bpmn::{ElementIx, FlowIx, Kind, upstream};
use crate::engine::instance::{ScopeId, Token, TokenId};
use crate::engine::run::{Run, Spot};

/// A token has come to an inclusive gateway. With several ways in it waits until the run has come to rest.
pub(in crate::engine) fn join(run: &mut Run<'_, '_>, spot: Spot) {
    if run.process.element(spot.element).incoming.len() < 2 {
        run.leave(spot);
    }
}

/// Lets the first inclusive join go on that waits for nothing any more; whether there was one.
pub(in crate::engine) fn fire(run: &mut Run<'_, '_>) -> bool {
    let held = run.held();
    let mut places: Vec<(ElementIx, ScopeId)> = Vec::new();
    for token in &run.instance.tokens {
        let place = (token.element, token.scope);
        let waits = matches!(run.process.element(token.element).kind, Kind::Inclusive)
            && !held.contains(&token.id);
        if waits && !places.contains(&place) {
            places.push(place);
        }
    }
    for (element, scope) in places {
        // The search looks at every flow of the scope: much of it counts like a step.
        run.spend(run.process.flows.len() / 64);
        let Some((first, others)) = ready(run, element, scope, &held) else {
            continue;
        };
        let spot = Spot {
            token: first,
            element,
            scope,
        };
        gateway::merge(run, spot, others);
        run.leave(spot);
        return true;
    }
    false
}

/// The oldest waiting token of each way in that has brought one; nothing if another can still come.
fn ready(
    run: &Run<'_, '_>,
    element: ElementIx,
    scope: ScopeId,
    held: &BTreeSet<TokenId>,
) -> Option<(TokenId, Vec<TokenId>)> {
    let process = run.process;
    let tokens = || run.instance.tokens.iter().filter(|it| it.scope == scope);
    let here: Vec<&Token> = tokens()
        .filter(|token| token.element == element && !held.contains(&token.id))
        .collect();
    let mut taken = Vec::new();
    let mut missing = Vec::new();
    for flow in &process.element(element).incoming {
        match here.iter().find(|token| token.via == Some(flow.0)) {
            Some(token) => taken.push((*flow, token.id)),
            None => missing.push(*flow),
        }
    }
    let brought: Vec<FlowIx> = taken.iter().map(|(flow, _)| *flow).collect();
    if is_awaited(run, element, scope, &missing, &brought) {
        return None;
    }
    let mut tokens = taken.into_iter().map(|(_, token)| token);
    let first = tokens.next()?;
    Some((first, tokens.collect()))
}

/// Whether a token can still come by one of the flows that are missing, and by none of those that have brought one.
pub(super) fn is_awaited(
    run: &Run<'_, '_>,
    gateway: ElementIx,
    scope: ScopeId,
    missing: &[FlowIx],
    brought: &[FlowIx],
) -> bool {
    let awaited = upstream(run.process, &[gateway], missing);
    let spare = upstream(run.process, &[gateway], brought);
    let comes = |token: &Token| {
        token.scope == scope && awaited.contains(&token.element) && !spare.contains(&token.element)
    };
    run.instance.tokens.iter().any(comes)
}
