//! Ways out and ways in: conditions and default flows, the exclusive choice, the parallel join (BPMN 2.0.2, 13.4), and the
//! first of several events.

use std::collections::BTreeMap;

use super::wait;
use crate::bpmn::{Element, ElementIx, FlowIx, Kind};
use crate::engine::command::Trouble;
use crate::engine::event::Event;
use crate::engine::incident::IncidentKind;
use crate::engine::instance::{Token, TokenId};
use crate::engine::lists;
use crate::engine::run::{Run, Spot};
use crate::expr::Expr;
use crate::value::Data;

/// The ways out of an element that is done: none where the flow ends, at least one where it goes on.
pub(in crate::engine) fn ways(run: &Run<'_, '_>, spot: Spot) -> Result<Vec<FlowIx>, Trouble> {
    let element = run.process.element(spot.element);
    match element.kind {
        Kind::Parallel => Ok(element.outgoing.clone()),
        Kind::Exclusive => open(run, spot, element, 1, None),
        Kind::Start(_)
        | Kind::End(_)
        | Kind::Catch(_)
        | Kind::Throw(_)
        | Kind::LinkSource(_)
        | Kind::LinkTarget
        | Kind::Boundary { .. }
        | Kind::UserTask(_)
        | Kind::PassThrough
        | Kind::Assign(_)
        | Kind::Work(_)
        | Kind::Call(_)
        | Kind::Decision(_)
        | Kind::Receive(_)
        | Kind::Inclusive
        | Kind::EventBased
        | Kind::Complex { .. }
        | Kind::SubProcess
        | Kind::Transaction
        | Kind::AdHoc(_)
        | Kind::EventSubProcess
        | Kind::EventStart { .. } => open(run, spot, element, usize::MAX, None),
    }
}

/// The flows whose condition holds, in order and at most so many; else the default flow. The conditions may see names that
/// are no fields.
pub(super) fn open(
    run: &Run<'_, '_>,
    spot: Spot,
    element: &Element,
    most: usize,
    names: Option<&Data>,
) -> Result<Vec<FlowIx>, Trouble> {
    let mut open = Vec::new();
    let mut chosen = false;
    for ix in &element.outgoing {
        if open.len() == most {
            break;
        }
        if Some(*ix) == element.default {
            continue;
        }
        let holds = match &run.process.flow(*ix).condition {
            // Behind an activity, a flow without a condition is no choice: the default is taken beside it (13.2.1).
            None if element.kind.is_activity() => {
                open.push(*ix);
                continue;
            }
            None => true,
            Some(condition) => self::holds(run, spot, condition, names)?,
        };
        if holds {
            open.push(*ix);
            chosen = true;
        }
    }
    if !chosen {
        open.extend(element.default);
    }
    if open.is_empty() && !element.outgoing.is_empty() {
        let message = "no condition holds and there is no default flow";
        return Err(spot.trouble(message.to_owned()).of(IncidentKind::NoWay));
    }
    Ok(open)
}

/// Whether the condition of a way out holds.
pub(super) fn holds(
    run: &Run<'_, '_>,
    spot: Spot,
    condition: &Expr,
    names: Option<&Data>,
) -> Result<bool, Trouble> {
    let holds = match names {
        Some(names) => run.holds_with(spot.scope, names, condition),
        None => run.holds(spot.scope, condition),
    };
    holds.map_err(|error| spot.trouble(format!("`{}` has no value: {error}", condition.source())))
}

/// A token has come to a parallel gateway: it goes on once every incoming flow has brought one. Surplus tokens stay for the
/// next set.
pub(in crate::engine) fn join(run: &mut Run<'_, '_>, spot: Spot) {
    let incoming = &run.process.element(spot.element).incoming;
    if incoming.len() > 1 {
        let Some(others) = others(run, spot, incoming) else {
            return;
        };
        merge(run, spot, others);
    }
    run.leave(spot);
}

/// Makes one token of several that stand at a join: the others are done, and their lists are its own.
pub(super) fn merge(run: &mut Run<'_, '_>, spot: Spot, others: Vec<TokenId>) {
    let sets = std::iter::once(&spot.token).chain(&others);
    let lists = lists::union(
        sets.filter_map(|id| run.instance.token(*id))
            .map(|token| &token.lists),
        &run.instance.initiator,
    );
    for token in others {
        run.complete(Spot { token, ..spot });
    }
    let held = run.instance.token(spot.token);
    if held.is_some_and(|token| token.lists != lists) {
        run.emit(Event::Relisted {
            token: spot.token,
            lists,
        });
    }
}

/// The oldest waiting token of each incoming flow but the one that has just brought the last; nothing if one is missing.
/// Looks at each token once, however many flows come in, and not at all while the flow that was missing last time still is.
fn others(run: &mut Run<'_, '_>, spot: Spot, incoming: &[FlowIx]) -> Option<Vec<TokenId>> {
    let place = (spot.element, spot.scope);
    let via = run.instance.token(spot.token)?.via;
    let missing = run.missing.get(&place);
    if missing.is_some_and(|flow| via != Some(flow.0)) {
        return None;
    }
    let held = run.held();
    let waits = |token: &&Token| {
        (token.element, token.scope) == place && token.id != spot.token && !held.contains(&token.id)
    };
    let mut oldest = BTreeMap::new();
    for token in run.instance.tokens.iter().filter(waits) {
        if let Some(via) = token.via {
            oldest.entry(via).or_insert(token.id);
        }
    }
    let needed = || incoming.iter().filter(|flow| via != Some(flow.0));
    // Tokens mostly come in the order of the flows: the last one is missing longest.
    let missing = needed().rev().find(|flow| !oldest.contains_key(&flow.0));
    match missing {
        Some(flow) => {
            run.missing.insert(place, *flow);
            None
        }
        None => {
            run.missing.remove(&place);
            needed().map(|flow| oldest.get(&flow.0).copied()).collect()
        }
    }
}

/// A token has come to an event-based gateway: it waits for all the events behind it, and the first takes its way.
pub(in crate::engine) fn await_first(run: &mut Run<'_, '_>, spot: Spot) -> Result<(), Trouble> {
    let process = run.process;
    let mut awaited = Vec::new();
    for flow in &process.element(spot.element).outgoing {
        let target = process.flow(*flow).target;
        awaited.extend(watch_behind(run, spot, target)?);
    }
    if awaited.is_empty() {
        let trouble = spot.trouble("there is no event to wait for".to_owned());
        return Err(trouble.of(IncidentKind::Model));
    }
    for event in awaited {
        run.emit(event);
    }
    Ok(())
}

/// What has to happen so that a token at an event-based gateway waits for one of the events behind it.
pub(in crate::engine) fn watch_behind(
    run: &mut Run<'_, '_>,
    spot: Spot,
    event: ElementIx,
) -> Result<Vec<Event>, Trouble> {
    match &run.process.element(event).kind {
        Kind::Catch(trigger) => wait::watch(run, spot, event, trigger),
        Kind::Receive(message) => {
            wait::watch_message(run, spot, (event, 0), message).map(|awaited| vec![awaited])
        }
        Kind::Start(_)
        | Kind::End(_)
        | Kind::Throw(_)
        | Kind::LinkSource(_)
        | Kind::LinkTarget
        | Kind::Boundary { .. }
        | Kind::UserTask(_)
        | Kind::PassThrough
        | Kind::Work(_)
        | Kind::Assign(_)
        | Kind::Call(_)
        | Kind::Decision(_)
        | Kind::Exclusive
        | Kind::Parallel
        | Kind::Inclusive
        | Kind::EventBased
        | Kind::Complex { .. }
        | Kind::SubProcess
        | Kind::Transaction
        | Kind::AdHoc(_)
        | Kind::EventSubProcess
        | Kind::EventStart { .. } => Ok(Vec::new()),
    }
}
