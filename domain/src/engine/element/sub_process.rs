//! Embedded sub-processes: a scope of tokens inside a token. The token waits at the sub-process until its scope is empty;
//! cancelling it cancels everything inside.

use super::{boundary, event_sub_process};
use crate::bpmn::{ElementIx, Kind, Process};
use crate::engine::command::Trouble;
use crate::engine::event::Event;
use crate::engine::incident::IncidentKind;
use crate::engine::instance::ScopeId;
use crate::engine::run::{Run, Spot};

/// Where a scope begins without a trigger. Of several none start events it is the first: each is a beginning of its own
/// (BPMN 2.0.2, 13.3.1), and nobody has said which.
pub(in crate::engine) fn begins(process: &Process, scope: Option<ElementIx>) -> Vec<ElementIx> {
    let mut begins = process.plain_starts(scope);
    if let Some(first) = begins.first()
        && matches!(process.element(*first).kind, Kind::Start(_))
    {
        begins.truncate(1);
    }
    begins
}

/// A token has come to a sub-process: it opens a scope and waits for it.
pub(in crate::engine) fn step(run: &mut Run<'_, '_>, spot: Spot) -> Result<(), Trouble> {
    let process = run.process;
    let inside = ScopeId(spot.token.0);
    let begins = begins(process, Some(spot.element));
    let mut children = process.children(Some(spot.element));
    let aside = |kind: &Kind| matches!(kind, Kind::Boundary { .. } | Kind::EventSubProcess);
    if begins.is_empty() && children.any(|(_, child)| !aside(&child.kind)) {
        let trouble = spot.trouble("the sub-process has no none start event".to_owned());
        return Err(trouble.of(IncidentKind::Model));
    }
    let mut armed = boundary::arm(run, spot)?;
    armed.extend(event_sub_process::arm(run, Some(spot))?);
    if run.instance.scope(inside).is_none() {
        run.emit(Event::ScopeOpened { token: spot.token });
    }
    for event in armed {
        run.emit(event);
    }
    let held = run.instance.token(spot.token);
    let lists = held.map(|token| token.lists.clone()).unwrap_or_default();
    if begins.is_empty() {
        run.settle(inside, lists);
        return Ok(());
    }
    for element in begins {
        run.arrive(element, inside, None, &lists);
    }
    Ok(())
}
