//! Events on the border of an activity: armed while a token waits there, interrupting or not, and errors on their way out
//! (BPMN 2.0.2, 13.5.3).

use super::wait;
use crate::bpmn::{ElementIx, Kind, Trigger};
use crate::engine::command::Trouble;
use crate::engine::event::Event;
use crate::engine::instance::TokenId;
use crate::engine::run::{Run, Spot};
use crate::value::Name;

/// What has to happen so that an activity's boundary events are waited for. The caller emits it once nothing can fail any
/// more.
pub(in crate::engine) fn arm(run: &mut Run<'_, '_>, host: Spot) -> Result<Vec<Event>, Trouble> {
    let process = run.process;
    let mut armed = Vec::new();
    for ix in &process.element(host.element).boundaries {
        if let Kind::Boundary { trigger, .. } = &process.element(*ix).kind {
            armed.extend(wait::watch(run, host, *ix, trigger)?);
        }
    }
    Ok(armed)
}

/// A boundary event happens to the activity at which a token waits.
pub(in crate::engine) fn happened(
    run: &mut Run<'_, '_>,
    host: Spot,
    event: ElementIx,
    interrupting: bool,
) {
    let held = run.instance.token(host.token);
    let lists = held.map(|token| token.lists.clone()).unwrap_or_default();
    if interrupting {
        run.cancel(host);
    }
    run.arrive(event, host.scope, None, &lists);
}

/// Throws an error from an end event to the nearest activity around it that catches the code, or everything. An error that
/// nobody catches holds the token that threw it.
pub(in crate::engine) fn throw(
    run: &mut Run<'_, '_>,
    from: Spot,
    code: &Name,
) -> Result<(), Trouble> {
    let mut scope = from.scope;
    while let Some(open) = run.instance.scope(scope) {
        let host = run.spot(TokenId(scope.0));
        scope = open.parent;
        let Some(host) = host else {
            continue;
        };
        if let Some(event) = catcher(run, host.element, code) {
            run.complete(from);
            happened(run, host, event, true);
            return Ok(());
        }
    }
    Err(from.trouble(format!("nobody catches the error `{code}`")))
}

/// The boundary event that catches a code; one that names it goes before one that takes every code.
fn catcher(run: &Run<'_, '_>, activity: ElementIx, code: &Name) -> Option<ElementIx> {
    let process = run.process;
    let mut every = None;
    for ix in &process.element(activity).boundaries {
        if let Kind::Boundary {
            trigger: Trigger::Error(caught),
            ..
        } = &process.element(*ix).kind
        {
            match caught {
                Some(caught) if caught == code => return Some(*ix),
                Some(_) => {}
                None => every = every.or(Some(*ix)),
            }
        }
    }
    every
}
