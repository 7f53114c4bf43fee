//! Moving an instance by hand: tokens are taken away and put elsewhere, fields are set; judged as a whole, all or nothing.
//!
//! Operations are done in their order, and then everything runs to rest. A sub-process in which nothing is left is taken
//! away itself; an instance in which nothing is left has been terminated. What is put inside a sub-process goes into the one
//! that is open, or opens those around it, with what is armed at their borders and inside of them. A token that is put
//! somewhere has the lists of everything that stood in the instance before, unless the element says its own.

use std::collections::BTreeSet;

use super::Case;
use super::command::{Fresh, Rejection};
use super::element::{boundary, event_sub_process};
use super::event::Event;
use super::incident::{Incident, Phase};
use super::instance::{InstanceState, Lists, ScopeId, TokenId};
use super::lists;
use super::run::{Run, Spot};
use super::suspension::administrates;
use crate::access::{self, Actor};
use crate::bpmn::{ElementIx, Kind};
use crate::value::{Data, Name};

/// Operations of one modification at most.
pub const MOST_OPERATIONS: usize = 100;

/// One thing to do to an instance by hand.
#[derive(Clone, PartialEq, Debug)]
pub enum Operation {
    /// Tokens are taken away, with everything inside of them.
    Cancel(Taken),
    /// A token is put somewhere.
    Activate {
        /// The id of the element.
        element: Name,
        /// On which side of it.
        side: Side,
        /// Fields, written as the element would write them.
        data: Data,
    },
    /// Fields of the instance are set.
    SetData(Data),
}

/// Which tokens are taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// All that stand at the element of this id.
    Element(Name),
    /// The one of this number.
    Token(TokenId),
}

/// Where a token is put.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// At the element, which then begins.
    Before,
    /// Behind it, as if it were done: its ways out are chosen as always, its outputs are not assigned.
    After,
}

impl<'a> Case<'a> {
    /// By an administrator; only one who may write to the instance sets fields.
    pub(super) fn modify<'f>(
        &self,
        actor: &'a Actor,
        operations: &[Operation],
        reason: &Name,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        administrates(actor)?;
        self.must_run()?;
        let mut run = self.run(Some(actor), fresh);
        let before = lists::union(
            access::instance::leaves(self.instance).map(|token| &token.lists),
            &self.instance.initiator,
        );
        run.emit(Event::Modified {
            by: actor.user.clone(),
            reason: reason.clone(),
        });
        for operation in operations {
            match operation {
                Operation::Cancel(taken) => cancel(&mut run, taken)?,
                Operation::Activate {
                    element,
                    side,
                    data,
                } => {
                    let element = known(&run, element)?;
                    self.check_data(actor, data)?;
                    activate(&mut run, element, *side, data, &before)?;
                }
                Operation::SetData(data) => {
                    self.check_data(actor, data)?;
                    run.write_all(ScopeId::ROOT, data)?;
                }
            }
        }
        clear(&mut run)?;
        if run.instance.tokens.is_empty() && run.instance.state == InstanceState::Active {
            run.end(InstanceState::Terminated, before);
        }
        Ok(run.finish())
    }

    fn check_data(&self, actor: &Actor, data: &Data) -> Result<(), Rejection> {
        if data.is_empty() {
            return Ok(());
        }
        if !access::instance::may_write(self.process, self.instance, actor) {
            return Err(Rejection::NotWriter);
        }
        access::field::check_write(self.process, self.instance, actor, None, data)
    }
}

fn known(run: &Run<'_, '_>, id: &Name) -> Result<ElementIx, Rejection> {
    let found = run.process.by_id.get(id).copied();
    found.ok_or_else(|| Rejection::NoElement(id.clone()))
}

fn refusal(run: &Run<'_, '_>, element: ElementIx, reason: &'static str) -> Rejection {
    Rejection::Unmodifiable {
        element: run.process.element(element).id.clone(),
        reason,
    }
}

fn cancel(run: &mut Run<'_, '_>, taken: &Taken) -> Result<(), Rejection> {
    let tokens: Vec<TokenId> = match taken {
        Taken::Token(token) => run
            .spot(*token)
            .map(|spot| vec![spot.token])
            .ok_or_else(|| Rejection::NotThere(Name::from(token.0.to_string())))?,
        Taken::Element(id) => {
            let element = known(run, id)?;
            let tokens = run.instance.tokens.iter();
            let there = tokens.filter(|token| token.element == element);
            // The rounds of an activity go with the activity.
            let whole = there.filter(|token| !run.instance.is_round(token));
            whole.map(|token| token.id).collect()
        }
    };
    if let (true, Taken::Element(id)) = (tokens.is_empty(), taken) {
        return Err(Rejection::NotThere(Name::from(format!("`{id}`"))));
    }
    for token in tokens {
        let Some(spot) = run.spot(token) else {
            continue;
        };
        if run.round(token).is_some() {
            let reason = "repeats: one round of it cannot be taken away, only all of it";
            return Err(refusal(run, spot.element, reason));
        }
        undisturbed(run, spot.scope)?;
        run.cancel(spot);
    }
    Ok(())
}

/// What is being compensated is not touched: it would not be known what is done and what is not.
fn undisturbed(run: &Run<'_, '_>, scope: ScopeId) -> Result<(), Rejection> {
    let mut at = run.instance.scope(scope);
    while let Some(open) = at {
        if open.undoing.is_some() {
            return Err(refusal(run, open.element, "is being compensated"));
        }
        at = run.instance.scope(open.parent);
    }
    Ok(())
}

fn activate(
    run: &mut Run<'_, '_>,
    element: ElementIx,
    side: Side,
    data: &Data,
    before: &Lists,
) -> Result<(), Rejection> {
    let process = run.process;
    let model = process.element(element);
    if !model.kind.is_on_flow() {
        let reason = "stands beside the flow: what is behind it can be activated";
        return Err(refusal(run, element, reason));
    }
    let joins = matches!(model.kind, Kind::Parallel | Kind::Inclusive) && model.incoming.len() > 1;
    match side {
        Side::Before if joins => {
            let reason =
                "counts the ways that tokens come by: activate what is before or behind it";
            return Err(refusal(run, element, reason));
        }
        Side::After if model.outgoing.is_empty() => {
            return Err(refusal(run, element, "has no way out"));
        }
        Side::After if matches!(model.kind, Kind::EventBased) => {
            let reason = "is left by an event: activate what is behind that";
            return Err(refusal(run, element, reason));
        }
        Side::Before | Side::After => {}
    }
    let scope = opened(run, model.parent, before)?;
    undisturbed(run, scope)?;
    run.write_all(scope, data)?;
    let spot = run.enter(element, scope, None, before);
    match side {
        Side::Before => run.proceed(spot.token),
        Side::After => run.skip(spot),
    }
    Ok(())
}

/// The scope of a sub-process: the one that is open, else a new one in what is around. Several are a question that nobody
/// has answered.
fn opened(
    run: &mut Run<'_, '_>,
    parent: Option<ElementIx>,
    before: &Lists,
) -> Result<ScopeId, Rejection> {
    let Some(element) = parent else {
        return Ok(ScopeId::ROOT);
    };
    let scopes = run.instance.scopes.iter();
    let open: Vec<ScopeId> = scopes
        .filter(|scope| scope.element == element && scope.rounds.is_none())
        .map(|scope| scope.id)
        .collect();
    match open.as_slice() {
        [scope] => return Ok(*scope),
        [] => {}
        [_, ..] => return Err(refusal(run, element, "is open more than once")),
    }
    let model = run.process.element(element);
    if model.repeat.is_some() {
        let reason = "repeats, and cannot be begun from the inside";
        return Err(refusal(run, element, reason));
    }
    if !matches!(model.kind, Kind::SubProcess | Kind::Transaction) {
        let reason = "is begun by its own event alone, and is not open";
        return Err(refusal(run, element, reason));
    }
    let around = opened(run, model.parent, before)?;
    let host = run.enter(element, around, None, before);
    open_scope(run, host)?;
    Ok(ScopeId(host.token.0))
}

fn open_scope(run: &mut Run<'_, '_>, host: Spot) -> Result<(), Rejection> {
    let armed = run.furnish(host).and_then(|host| {
        let mut armed = boundary::arm(run, host)?;
        armed.extend(event_sub_process::arm(run, Some(host))?);
        Ok(armed)
    });
    let Ok(armed) = armed else {
        let reason = "cannot be opened: what it waits for has no value";
        return Err(refusal(run, host.element, reason));
    };
    if run.instance.scope(ScopeId(host.token.0)).is_none() {
        run.emit(Event::ScopeOpened { token: host.token });
    }
    for event in armed {
        run.emit(event);
    }
    Ok(())
}

/// Takes away every sub-process in which nothing is left, from the inside to the outside.
fn clear(run: &mut Run<'_, '_>) -> Result<(), Rejection> {
    loop {
        let full: BTreeSet<ScopeId> = run.instance.tokens.iter().map(|it| it.scope).collect();
        let mut scopes = run.instance.scopes.iter();
        // A round may stand in its own scope without a token inside, as may what has fields of its own; and what could not
        // leave stands there still.
        let empty = scopes.find(|scope| {
            let host = run.instance.token(TokenId(scope.id.0));
            let stands = host.is_some_and(|host| {
                let own = run.instance.is_round(host) || scope.own;
                let mut incidents = run.instance.incidents.iter();
                let leaves = |it: &Incident| it.token == host.id && it.phase == Phase::Leaving;
                own && (!begins_inside(run, host.element) || incidents.any(leaves))
            });
            !full.contains(&scope.id) && !stands
        });
        let Some(host) = empty.map(|scope| TokenId(scope.id.0)) else {
            return Ok(());
        };
        let Some(spot) = run.spot(host) else {
            return Ok(());
        };
        if run.round(host).is_some() {
            let reason = "repeats: nothing would be left of one round of it";
            return Err(refusal(run, spot.element, reason));
        }
        run.cancel(spot);
    }
}

fn begins_inside(run: &Run<'_, '_>, element: ElementIx) -> bool {
    matches!(
        run.process.element(element).kind,
        Kind::SubProcess | Kind::Transaction | Kind::EventSubProcess
    )
}
