//! Looking after what is held: an incident is tried again where it failed, or passed as if the element were done.
//!
//! Trying again goes on exactly there: an element whose outputs failed is not done twice, and assignments that were made
//! before the failure are not made again. Passing leaves the element without doing it and without its outputs; its ways out
//! are chosen as always, so that what holds a token there for want of a way has to be tried again with other data.

use super::Case;
use super::command::{Fresh, Rejection, Trouble};
use super::element::{call_activity, condition, event_sub_process, repeat, sub_process, wait};
use super::event::Event;
use super::incident::{Incident, Phase};
use super::instance::{ScopeId, TokenId};
use super::run::{Run, Spot};
use crate::access::{self, Actor, Privilege};
use crate::bpmn::Kind;
use crate::task::{Task, TaskEvent};
use crate::value::{Data, Name};

impl<'a> Case<'a> {
    /// By an administrator, or by who may write; only the latter sends data along.
    pub(super) fn retry<'f>(
        &self,
        actor: &'a Actor,
        number: Option<u32>,
        data: &Data,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        self.must_run()?;
        let writes = access::instance::may_write(self.process, self.instance, actor);
        if !writes && (!actor.has(Privilege::Administrator) || !data.is_empty()) {
            return Err(Rejection::NotWriter);
        }
        let incidents = match number {
            Some(number) => vec![self.incident(number)?],
            None => self.instance.incidents.iter().collect(),
        };
        let Some(first) = incidents.first() else {
            return Err(Rejection::NoIncident);
        };
        if !data.is_empty() {
            access::field::check_write(self.process, self.instance, actor, None, data)?;
        }
        let held = self.instance.token(first.token);
        let scope = held.filter(|_| incidents.len() == 1);
        let scope = scope.map_or(ScopeId::ROOT, |token| self.instance.scope_of(token));
        let mut run = self.run(Some(actor), fresh);
        for incident in &incidents {
            run.emit(Event::IncidentRetried {
                number: incident.number,
                token: incident.token,
                element: incident.element,
                by: actor.user.clone(),
            });
        }
        run.write_all(scope, data)?;
        // What the new data makes happen may take tokens away.
        condition::judge(&mut run);
        for incident in incidents {
            again(&mut run, incident);
        }
        Ok(run.finish())
    }

    /// By an administrator.
    pub(super) fn resolve<'f>(
        &self,
        actor: &'a Actor,
        number: u32,
        reason: &Name,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        if !actor.has(Privilege::Administrator) {
            return Err(Rejection::Privilege(Privilege::Administrator));
        }
        self.must_run()?;
        let incident = self.incident(number)?;
        let held = self.instance.token(incident.token);
        let waits = held.is_some_and(|token| {
            matches!(self.process.element(token.element).kind, Kind::EventBased)
        });
        if incident.phase.holds() && waits {
            return Err(Rejection::NoWayPast);
        }
        let mut run = self.run(Some(actor), fresh);
        run.emit(Event::IncidentResolved {
            number,
            token: incident.token,
            element: incident.element,
            by: actor.user.clone(),
            reason: reason.clone(),
        });
        pass(&mut run, incident);
        Ok(run.finish())
    }

    fn incident(&self, number: u32) -> Result<&'a Incident, Rejection> {
        let mut incidents = self.instance.incidents.iter();
        incidents
            .find(|incident| incident.number == number)
            .ok_or(Rejection::NoIncident)
    }
}

fn again(run: &mut Run<'_, '_>, incident: &Incident) {
    let Some(spot) = run.spot(incident.token) else {
        return;
    };
    run.resume_after(spot.token, incident.done as usize);
    match incident.phase {
        Phase::Entering => {
            reset(run, spot);
            run.proceed(spot.token);
        }
        Phase::Leaving => {
            if !call_activity::take_again(run, spot) {
                run.leave(spot);
            }
        }
        Phase::Beside => {
            if let Err(trouble) = await_again(run, incident) {
                run.hold_at(incident.token, trouble, Phase::Beside);
            }
        }
        Phase::Opening => match event_sub_process::arm(run, None) {
            Ok(armed) => {
                for event in armed {
                    run.emit(event);
                }
                begin(run, spot);
            }
            Err(trouble) => run.hold_at(spot.token, trouble, Phase::Opening),
        },
        Phase::Round(number) => repeat::fill_again(run, spot, number),
    }
}

fn pass(run: &mut Run<'_, '_>, incident: &Incident) {
    let Some(spot) = run.spot(incident.token) else {
        return;
    };
    match incident.phase {
        Phase::Entering | Phase::Leaving | Phase::Round(_) => {
            reset(run, spot);
            // A link has no flow to leave by: where it leads to is what it does.
            if let Kind::LinkSource(_) = run.process.element(spot.element).kind {
                run.proceed(spot.token);
            } else {
                run.skip(spot);
            }
        }
        Phase::Opening => begin(run, spot),
        Phase::Beside => {}
    }
}

/// Takes away what an element has begun, and what came back to it, so that it can begin again; the token stays, and so do
/// the fields of a round and what has come with an event.
fn reset(run: &mut Run<'_, '_>, spot: Spot) {
    let inside = ScopeId(spot.token.0);
    let kind = &run.process.element(spot.element).kind;
    let holds = kind.is_activity() || matches!(kind, Kind::EventSubProcess);
    if run.instance.scope(inside).is_some() {
        run.cancel_scope(inside, None);
        if holds && run.round(spot.token).is_none() {
            run.close(inside);
        }
    }
    let open = |task: &&Task| task.token == spot.token && task.state.is_open();
    if let Some(task) = run.instance.tasks.iter().find(open).map(|task| task.id) {
        run.emit(Event::Task {
            task,
            event: TaskEvent::Cancelled,
        });
    }
    run.disarm(spot.token, |_| true);
    let mut calls = run.instance.calls.iter();
    if let Some(child) = calls.find(|it| it.token == spot.token).map(|it| it.child) {
        run.emit(Event::CallCleared { child });
    }
}

/// Lets everything begin that begins where this token stands.
fn begin(run: &mut Run<'_, '_>, spot: Spot) {
    let held = run.instance.token(spot.token);
    let lists = held.map(|token| token.lists.clone()).unwrap_or_default();
    run.proceed(spot.token);
    let begins = sub_process::begins(run.process, None);
    if begins.contains(&spot.element) {
        for other in begins.into_iter().filter(|it| *it != spot.element) {
            run.arrive(other, ScopeId::ROOT, None, &lists);
        }
    }
}

/// Waits again for an event beside the flow: a condition is judged again, a timer begins anew.
fn await_again(run: &mut Run<'_, '_>, incident: &Incident) -> Result<(), Trouble> {
    let process = run.process;
    let element = incident.element;
    let (Kind::Boundary { trigger, .. } | Kind::EventStart { trigger, .. } | Kind::Catch(trigger)) =
        &process.element(element).kind
    else {
        return Ok(());
    };
    let around = process.element(element).parent;
    let around = around.and_then(|around| process.element(around).parent);
    let whole =
        matches!(process.element(element).kind, Kind::EventStart { .. }) && around.is_none();
    let token = match whole {
        true => TokenId(ScopeId::ROOT.0),
        false => incident.token,
    };
    let mut waits = run.instance.conditions.iter();
    if waits.any(|waits| (waits.token, waits.element) == (token, element)) {
        run.changed = true;
        return Ok(());
    }
    let spot = Spot {
        token,
        element,
        scope: wait::sees(run, token, element),
    };
    let awaited = wait::watch(run, spot, element, trigger)?;
    run.disarm(token, |at| at == element);
    for event in awaited {
        run.emit(event);
    }
    Ok(())
}
