//! Event sub-processes (BPMN 2.0.2, 13.3.4 and 13.5.4): armed while the scope around them is open, without keeping it open.
//! When the event happens, a token comes to the event sub-process and opens a scope in it; if it interrupts, everything else
//! in the scope around is taken away first, and nothing more is waited for there.
//!
//! What they wait for is kept under the number of the scope around: that of its host, and 0 for the instance itself.

use super::wait;
use crate::bpmn::{ElementIx, Kind};
use crate::engine::command::Trouble;
use crate::engine::event::Event;
use crate::engine::incident::IncidentKind;
use crate::engine::instance::{Lists, ScopeId, TokenId};
use crate::engine::lists;
use crate::engine::run::{Run, Spot};

/// What has to happen so that the event sub-processes of a scope are waited for. The caller emits it once nothing can fail
/// any more. The host is the token that opens the scope, or nothing for the instance itself.
pub(in crate::engine) fn arm(
    run: &mut Run<'_, '_>,
    host: Option<Spot>,
) -> Result<Vec<Event>, Trouble> {
    let process = run.process;
    let mut armed = Vec::new();
    for start in process.handlers(host.map(|host| host.element)) {
        if let Kind::EventStart { trigger, .. } = &process.element(start).kind {
            let spot = host.unwrap_or(Spot {
                token: TokenId(ScopeId::ROOT.0),
                element: start,
                scope: ScopeId::ROOT,
            });
            armed.extend(wait::watch(run, spot, start, trigger)?);
        }
    }
    Ok(armed)
}

/// A token has come to an event sub-process: it opens a scope and begins at its one start event.
pub(in crate::engine) fn step(run: &mut Run<'_, '_>, spot: Spot) -> Result<(), Trouble> {
    let process = run.process;
    let mut inside = process.children(Some(spot.element));
    let start = inside.find(|(_, child)| matches!(child.kind, Kind::EventStart { .. }));
    let Some((start, _)) = start else {
        let trouble = spot.trouble("the event sub-process has no start event".to_owned());
        return Err(trouble.of(IncidentKind::Model));
    };
    let armed = arm(run, Some(spot))?;
    if run.instance.scope(ScopeId(spot.token.0)).is_none() {
        run.emit(Event::ScopeOpened { token: spot.token });
    }
    for event in armed {
        run.emit(event);
    }
    let held = run.instance.token(spot.token);
    let lists = held.map(|token| token.lists.clone()).unwrap_or_default();
    run.arrive(start, ScopeId(spot.token.0), None, &lists);
    Ok(())
}

/// The event of a start event has happened in the scope around its event sub-process. The lists are those of [`around`],
/// taken before anything went away.
pub(in crate::engine) fn happened(
    run: &mut Run<'_, '_>,
    scope: ScopeId,
    start: ElementIx,
    interrupting: bool,
    lists: &Lists,
) {
    let Some(element) = run.process.element(start).parent else {
        return;
    };
    if interrupting {
        run.cancel_scope(scope, None);
        disarm(run, scope);
    }
    run.arrive(element, scope, None, lists);
}

/// The lists of everything that stands in a scope: those of an event sub-process that begins there.
pub(in crate::engine) fn around(run: &Run<'_, '_>, scope: ScopeId) -> Lists {
    let tokens = run.instance.tokens.iter().filter(|it| it.scope == scope);
    lists::union(tokens.map(|it| &it.lists), &run.instance.initiator)
}

/// Whether an event sub-process has interrupted a scope: then the others there catch nothing any more.
pub(in crate::engine) fn is_interrupted(run: &Run<'_, '_>, scope: ScopeId) -> bool {
    let process = run.process;
    let interrupts = |element: ElementIx| {
        let mut inside = process.children(Some(element));
        inside.any(|(_, child)| {
            matches!(
                child.kind,
                Kind::EventStart {
                    interrupting: true,
                    ..
                }
            )
        })
    };
    run.instance.tokens.iter().any(|token| {
        token.scope == scope
            && matches!(process.element(token.element).kind, Kind::EventSubProcess)
            && interrupts(token.element)
    })
}

/// Stops waiting on behalf of the event sub-processes of a scope.
pub(in crate::engine) fn disarm(run: &mut Run<'_, '_>, scope: ScopeId) {
    let process = run.process;
    let token = TokenId(scope.0);
    run.disarm(token, |element| {
        matches!(process.element(element).kind, Kind::EventStart { .. })
    });
}
