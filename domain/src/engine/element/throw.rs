//! Errors and escalations on their way out (BPMN 2.0.2, 13.5.3): from the event that throws to the nearest that catches. An
//! error ends what threw it and must be caught; an escalation is news, and nobody need listen.

use super::{boundary, event_sub_process};
use crate::access;
use crate::bpmn::{ElementIx, Kind, Process, Throw, Trigger};
use crate::engine::call::Outcome;
use crate::engine::command::Trouble;
use crate::engine::compensable::Undoing;
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::engine::incident::IncidentKind;
use crate::engine::instance::{InstanceState, Lists, ScopeId, TokenId};
use crate::engine::lists;
use crate::engine::run::{Run, Spot};
use crate::value::Name;

/// What is thrown.
#[derive(Clone, Copy)]
enum Thrown<'n> {
    Error(&'n Name),
    Escalation(&'n Name),
}

/// An event that catches.
struct Catcher {
    place: Place,
    event: ElementIx,
    interrupting: bool,
}

/// Where an event catches.
enum Place {
    /// At the border of the activity where a token waits.
    Border(Spot),
    /// In a scope, before an event sub-process that goes on with these lists.
    Scope(ScopeId, Lists),
}

/// Throws an error. One that nobody catches holds the token that threw it.
pub(in crate::engine) fn error(
    run: &mut Run<'_, '_>,
    from: Spot,
    code: &Name,
) -> Result<(), Trouble> {
    match nearest(run, from, Thrown::Error(code)) {
        Some(catcher) => {
            run.complete(from);
            catch(run, &catcher);
            Ok(())
        }
        None => unclaimed(run, from, code),
    }
}

/// An error that has left what a token called, or that the worker of its work has thrown, is thrown at the border of its
/// activity.
pub(in crate::engine) fn error_at(
    run: &mut Run<'_, '_>,
    host: Spot,
    code: &Name,
) -> Result<(), Trouble> {
    let thrown = Thrown::Error(code);
    match at_border(run, host, thrown).or_else(|| nearest(run, host, thrown)) {
        Some(catcher) => {
            catch(run, &catcher);
            Ok(())
        }
        None => unclaimed(run, host, code),
    }
}

/// An error that nobody here catches ends the instance, if something has called it and can catch it there.
fn unclaimed(run: &mut Run<'_, '_>, from: Spot, code: &Name) -> Result<(), Trouble> {
    if run.instance.parent.is_none() {
        // A code that comes from outside may hold anything: it is quoted where it is a word of the model.
        let message = match is_known(run.process, code) {
            true => format!("nobody catches the error `{code}`"),
            false => "nobody catches the error that was thrown here".to_owned(),
        };
        return Err(from.trouble(message).of(IncidentKind::Uncaught));
    }
    let leaves = access::instance::leaves(&run.instance);
    let lists = lists::union(leaves.map(|token| &token.lists), &run.instance.initiator);
    run.cancel_scope(ScopeId::ROOT, None);
    let outcome = Outcome::Error(code.clone());
    run.end_with(InstanceState::Terminated, lists, outcome);
    Ok(())
}

/// Whether the model throws or catches an error of this code.
fn is_known(process: &Process, code: &Name) -> bool {
    process.elements.iter().any(|element| {
        matches!(
            &element.kind,
            Kind::End(Throw::Error(known))
            | Kind::Throw(Throw::Error(known))
            | Kind::Boundary { trigger: Trigger::Error(Some(known)), .. }
            | Kind::EventStart { trigger: Trigger::Error(Some(known)), .. }
                if known == code
        )
    })
}

/// An escalation that has left what a token called. If nobody here listens, it goes on to what called this instance.
pub(in crate::engine) fn escalation_at(run: &mut Run<'_, '_>, host: Spot, code: &Name) {
    let thrown = Thrown::Escalation(code);
    match at_border(run, host, thrown).or_else(|| nearest(run, host, thrown)) {
        Some(catcher) => catch(run, &catcher),
        None => escalate(run, code),
    }
}

fn escalate(run: &mut Run<'_, '_>, code: &Name) {
    if run.instance.parent.is_some() {
        run.emit(Event::Asked(Effect::Escalate(code.clone())));
    }
}

/// Throws an escalation. What catches it may take the thrower away: one that interrupts lets it be done before.
pub(in crate::engine) fn escalation(run: &mut Run<'_, '_>, from: Spot, code: &Name) {
    match nearest(run, from, Thrown::Escalation(code)) {
        None => escalate(run, code),
        Some(catcher) => {
            if catcher.interrupting {
                run.complete(from);
            }
            catch(run, &catcher);
        }
    }
}

fn catch(run: &mut Run<'_, '_>, catcher: &Catcher) {
    let (event, interrupting) = (catcher.event, catcher.interrupting);
    match &catcher.place {
        Place::Border(host) => boundary::happened(run, *host, event, interrupting),
        Place::Scope(scope, lists) => {
            event_sub_process::happened(run, *scope, event, interrupting, lists);
        }
    }
}

/// From the inside to the outside: in each scope the event sub-processes first, then the border of the activity around it.
/// An event sub-process does not catch what it throws itself.
fn nearest(run: &Run<'_, '_>, from: Spot, thrown: Thrown<'_>) -> Option<Catcher> {
    let process = run.process;
    let mut scope = from.scope;
    let mut within = None;
    loop {
        let open = run.instance.scope(scope);
        // Event sub-processes stand in each round, not around all of them.
        let rounds = open.is_some_and(|open| open.rounds.is_some());
        // What is done or cancelled catches nothing any more, but an error that its undoing meets leaves a transaction.
        let undoing = open.and_then(|open| open.undoing);
        let handlers = process
            .handlers(open.map(|open| open.element))
            .filter(|start| {
                !rounds && undoing.is_none() && process.element(*start).parent != within
            });
        if let Some((event, interrupting)) = among(run, handlers, thrown)
            && !event_sub_process::is_interrupted(run, scope)
        {
            return Some(Catcher {
                place: Place::Scope(scope, event_sub_process::around(run, scope)),
                event,
                interrupting,
            });
        }
        let open = open?;
        within = Some(open.element);
        let host = run.spot(TokenId(scope.0));
        scope = open.parent;
        let over = undoing == Some(Undoing::Inside);
        let host = host.filter(|_| !over);
        if let Some(catcher) = host.and_then(|host| at_border(run, host, thrown)) {
            return Some(catcher);
        }
    }
}

/// The event at the border of an activity that catches. The border is around all rounds.
fn at_border(run: &Run<'_, '_>, host: Spot, thrown: Thrown<'_>) -> Option<Catcher> {
    if run.round(host.token).is_some() {
        return None;
    }
    let boundaries = &run.process.element(host.element).boundaries;
    let (event, interrupting) = among(run, boundaries.iter().copied(), thrown)?;
    Some(Catcher {
        place: Place::Border(host),
        event,
        interrupting,
    })
}

/// The event that catches a code; one that names it goes before one that takes every code.
fn among(
    run: &Run<'_, '_>,
    events: impl Iterator<Item = ElementIx>,
    thrown: Thrown<'_>,
) -> Option<(ElementIx, bool)> {
    let mut every = None;
    for ix in events {
        let (Kind::Boundary {
            interrupting,
            trigger,
            ..
        }
        | Kind::EventStart {
            interrupting,
            trigger,
        }) = &run.process.element(ix).kind
        else {
            continue;
        };
        for trigger in trigger.parts() {
            let (caught, code) = match (trigger, thrown) {
                (Trigger::Error(caught), Thrown::Error(code))
                | (Trigger::Escalation(caught), Thrown::Escalation(code)) => (caught, code),
                (
                    Trigger::None
                    | Trigger::Timer(_)
                    | Trigger::Message(_)
                    | Trigger::Condition(_)
                    | Trigger::Signal(_)
                    | Trigger::Multiple { .. }
                    | Trigger::Error(_)
                    | Trigger::Escalation(_)
                    | Trigger::Compensation
                    | Trigger::Cancel,
                    Thrown::Error(_) | Thrown::Escalation(_),
                ) => continue,
            };
            match caught {
                Some(caught) if caught == code => return Some((ix, *interrupting)),
                Some(_) => {}
                None => every = every.or(Some((ix, *interrupting))),
            }
        }
    }
    every
}
