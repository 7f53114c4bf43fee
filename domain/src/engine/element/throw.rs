//! Errors and escalations on their way out (BPMN 2.0.2, 13.5.3): from the event that throws to the nearest that catches. An
//! error ends what threw it and must be caught; an escalation is news, and nobody need listen.

use super::boundary;
use crate::bpmn::{ElementIx, Kind, Trigger};
use crate::engine::command::Trouble;
use crate::engine::instance::TokenId;
use crate::engine::run::{Run, Spot};
use crate::value::Name;

/// What is thrown.
#[derive(Clone, Copy)]
enum Thrown<'n> {
    Error(&'n Name),
    Escalation(&'n Name),
}

/// An event that catches: at the activity where a token waits.
struct Catcher {
    host: Spot,
    event: ElementIx,
    interrupting: bool,
}

/// Throws an error. One that nobody catches holds the token that threw it.
pub(in crate::engine) fn error(
    run: &mut Run<'_, '_>,
    from: Spot,
    code: &Name,
) -> Result<(), Trouble> {
    let Some(catcher) = nearest(run, from, Thrown::Error(code)) else {
        return Err(from.trouble(format!("nobody catches the error `{code}`")));
    };
    run.complete(from);
    catch(run, &catcher);
    Ok(())
}

/// Throws an escalation, and goes on unless what caught it has taken away the scope around.
pub(in crate::engine) fn escalation(run: &mut Run<'_, '_>, from: Spot, code: &Name) {
    match nearest(run, from, Thrown::Escalation(code)) {
        None => run.leave(from),
        Some(catcher) if catcher.interrupting => {
            run.complete(from);
            catch(run, &catcher);
        }
        Some(catcher) => {
            catch(run, &catcher);
            run.leave(from);
        }
    }
}

fn catch(run: &mut Run<'_, '_>, catcher: &Catcher) {
    boundary::happened(run, catcher.host, catcher.event, catcher.interrupting);
}

fn nearest(run: &Run<'_, '_>, from: Spot, thrown: Thrown<'_>) -> Option<Catcher> {
    let mut scope = from.scope;
    while let Some(open) = run.instance.scope(scope) {
        let host = run.spot(TokenId(scope.0));
        scope = open.parent;
        let Some(host) = host else {
            continue;
        };
        let boundaries = &run.process.element(host.element).boundaries;
        if let Some((event, interrupting)) = among(run, boundaries.iter().copied(), thrown) {
            return Some(Catcher {
                host,
                event,
                interrupting,
            });
        }
    }
    None
}

/// The event that catches a code; one that names it goes before one that takes every code.
fn among(
    run: &Run<'_, '_>,
    events: impl Iterator<Item = ElementIx>,
    thrown: Thrown<'_>,
) -> Option<(ElementIx, bool)> {
    let mut every = None;
    for ix in events {
        let Kind::Boundary {
            interrupting,
            trigger,
            ..
        } = &run.process.element(ix).kind
        else {
            continue;
        };
        let (caught, code) = match (trigger, thrown) {
            (Trigger::Error(caught), Thrown::Error(code))
            | (Trigger::Escalation(caught), Thrown::Escalation(code)) => (caught, code),
            (
                Trigger::None
                | Trigger::Timer(_)
                | Trigger::Message(_)
                | Trigger::Error(_)
                | Trigger::Escalation(_),
                Thrown::Error(_) | Thrown::Escalation(_),
            ) => continue,
        };
        match caught {
            Some(caught) if caught == code => return Some((ix, *interrupting)),
            Some(_) => {}
            None => every = every.or(Some((ix, *interrupting))),
        }
    }
    every
}
