//! The complex gateway (BPMN 2.0.2, 13.4.5). It starts when its activation condition holds, takes one token of each way in
//! that has brought one, and goes on; then it waits for the other ways in, as an inclusive join would, takes what they bring,
//! and is as it was before.
//!
//! Both conditions see `activationCount`, the tokens that wait at the gateway, and those of its ways out also
//! `waitingForStart`. A reset produces tokens only for ways out whose condition holds then: a way without a condition is
//! taken by the start alone, so that a gateway without any is the discriminator that people draw it for.

use std::collections::BTreeSet;

use super::{gateway, inclusive};
use crate::bpmn::{ElementIx, FlowIx, Kind};
use crate::engine::command::Trouble;
use crate::engine::event::Event;
use crate::engine::gate::Gate;
use crate::engine::instance::{ScopeId, Token, TokenId};
use crate::engine::run::{Run, Spot};
use crate::expr::Expr;
use crate::value::{Data, Name, Value};

/// What waits at a gateway: the oldest token of each way in that has brought one, and how many there are.
struct Brought {
    tokens: Vec<(Option<FlowIx>, TokenId)>,
    count: usize,
}

/// A token has come to a complex gateway.
pub(in crate::engine) fn arrive(
    run: &mut Run<'_, '_>,
    spot: Spot,
    activation: Option<&Expr>,
) -> Result<(), Trouble> {
    if gate(run, spot.element, spot.scope).is_none() {
        start(run, spot, activation)?;
    }
    Ok(())
}

/// Lets the first complex gateway go on that can, now that nothing else moves; whether there was one.
pub(in crate::engine) fn fire(run: &mut Run<'_, '_>) -> bool {
    for (element, scope) in places(run) {
        let Kind::Complex { activation } = &run.process.element(element).kind else {
            continue;
        };
        let brought = brought(run, element, scope);
        let first = brought.tokens.first().map(|(_, token)| *token);
        if let Some(gate) = gate(run, element, scope).cloned() {
            if expects(run, &gate, &brought) {
                continue;
            }
            reset(run, &gate, &brought);
            return true;
        }
        let Some(token) = first else {
            continue;
        };
        let spot = Spot {
            token,
            element,
            scope,
        };
        match start(run, spot, activation.as_ref()) {
            Ok(false) => {}
            Ok(true) => return true,
            Err(trouble) => {
                run.hold(token, trouble);
                return true;
            }
        }
    }
    false
}

/// Where complex gateways wait.
fn places(run: &Run<'_, '_>) -> BTreeSet<(ElementIx, ScopeId)> {
    let kind = |ix| &run.process.element(ix).kind;
    let tokens = run.instance.tokens.iter();
    tokens
        .filter(|token| matches!(kind(token.element), Kind::Complex { .. }))
        .map(|token| (token.element, token.scope))
        .chain(run.instance.gates.iter().map(|it| (it.element, it.scope)))
        .collect()
}

fn gate<'r>(run: &'r Run<'_, '_>, element: ElementIx, scope: ScopeId) -> Option<&'r Gate> {
    let mut gates = run.instance.gates.iter();
    gates.find(|gate| gate.element == element && gate.scope == scope)
}

fn brought(run: &Run<'_, '_>, element: ElementIx, scope: ScopeId) -> Brought {
    let held = run.held();
    let waits = |token: &&Token| {
        token.element == element && token.scope == scope && !held.contains(&token.id)
    };
    let mut found = Brought {
        tokens: Vec::new(),
        count: 0,
    };
    for token in run.instance.tokens.iter().filter(waits) {
        let via = token.via.map(FlowIx);
        found.count += 1;
        if !found.tokens.iter().any(|(known, _)| *known == via) {
            found.tokens.push((via, token.id));
        }
    }
    found
}

/// Starts the gateway if its condition holds; whether it does.
fn start(run: &mut Run<'_, '_>, spot: Spot, activation: Option<&Expr>) -> Result<bool, Trouble> {
    let process = run.process;
    let brought = brought(run, spot.element, spot.scope);
    let names = names(brought.count, true);
    if let Some(activation) = activation {
        run.spend(1);
        let holds = run
            .holds_with(spot.scope, &names, activation)
            .map_err(|error| {
                spot.trouble(format!("`{}` has no value: {error}", activation.source()))
            })?;
        if !holds {
            return Ok(false);
        }
    }
    let element = process.element(spot.element);
    let ways = gateway::open(run, spot, element, usize::MAX, Some(&names))?;
    if element.incoming.len() > 1 {
        let flows = brought.tokens.iter().filter_map(|(flow, _)| *flow);
        run.emit(Event::GatewayStarted(Gate {
            element: spot.element,
            scope: spot.scope,
            flows: flows.collect(),
        }));
    }
    go(run, spot, brought.tokens, &ways);
    Ok(true)
}

/// Whether a token can still come that the reset waits for.
fn expects(run: &mut Run<'_, '_>, gate: &Gate, brought: &Brought) -> bool {
    // The search looks at every flow of the scope: much of it counts like a step.
    run.spend(run.process.flows.len() / 64);
    let has = |flow: &FlowIx| {
        gate.flows.contains(flow) || brought.tokens.iter().any(|(via, _)| *via == Some(*flow))
    };
    let incoming = &run.process.element(gate.element).incoming;
    let (there, missing): (Vec<FlowIx>, Vec<FlowIx>) = incoming.iter().partition(|flow| has(flow));
    inclusive::is_awaited(run, gate.element, gate.scope, &missing, &there)
}

/// Takes what the other ways in have brought.
fn reset(run: &mut Run<'_, '_>, gate: &Gate, brought: &Brought) {
    let mut late = brought.tokens.clone();
    late.retain(|(via, _)| via.is_none_or(|flow| !gate.flows.contains(&flow)));
    let (element, scope) = (gate.element, gate.scope);
    let Some((_, token)) = late.first() else {
        run.emit(Event::GatewayReset { element, scope });
        return;
    };
    let spot = Spot {
        token: *token,
        element,
        scope,
    };
    match again(run, spot, brought.count) {
        Ok(ways) => {
            run.emit(Event::GatewayReset { element, scope });
            go(run, spot, late, &ways);
        }
        Err(trouble) => run.hold(spot.token, trouble),
    }
}

/// The ways out whose condition holds at a reset.
fn again(run: &Run<'_, '_>, spot: Spot, count: usize) -> Result<Vec<FlowIx>, Trouble> {
    let names = names(count, false);
    let mut ways = Vec::new();
    for flow in &run.process.element(spot.element).outgoing {
        if let Some(condition) = &run.process.flow(*flow).condition
            && gateway::holds(run, spot, condition, Some(&names))?
        {
            ways.push(*flow);
        }
    }
    Ok(ways)
}

/// Makes one token of several, and of that one for each way out.
fn go(run: &mut Run<'_, '_>, spot: Spot, tokens: Vec<(Option<FlowIx>, TokenId)>, ways: &[FlowIx]) {
    let others = tokens.into_iter().map(|(_, token)| token);
    gateway::merge(run, spot, others.filter(|it| *it != spot.token).collect());
    let lists = run.complete(spot);
    for way in ways {
        let target = run.process.flow(*way).target;
        run.arrive(target, spot.scope, Some(*way), &lists);
    }
    if ways.is_empty() {
        run.settle(spot.scope, lists);
    }
}

fn names(count: usize, starts: bool) -> Data {
    Data::from([
        (
            Name::from("activationCount"),
            Value::Number((count as u64).into()),
        ),
        (Name::from("waitingForStart"), Value::Bool(starts)),
    ])
}
