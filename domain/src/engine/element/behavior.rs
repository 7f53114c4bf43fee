//! What a multi-instance activity tells when one of its rounds is done, and what it gathers of them (BPMN 2.0.2, table
//! 10.30 and 13.3.7). The events at its border that hear this do not end the activity, for what is told of each round must
//! not take the rounds away; with conditions of its own it may: then one that interrupts takes the rest away, and the
//! activity is done.

use super::{boundary, wait};
use crate::bpmn::{Behavior, Kind, Results, Sent};
use crate::engine::command::Trouble;
use crate::engine::data::Oversize;
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::engine::incident::IncidentKind;
use crate::engine::instance::{PendingSignal, ScopeId, TokenId};
use crate::engine::run::{Run, Spot};
use crate::value::{self, Data, Value};

/// What is to be told after a round, given the numbers of the rounds.
pub(super) fn told<'a>(
    run: &Run<'_, '_>,
    inside: Spot,
    behavior: &'a Behavior,
    completed: u32,
    numbers: &Data,
) -> Result<Vec<&'a Sent>, Trouble> {
    match behavior {
        Behavior::All => Ok(Vec::new()),
        Behavior::Each(sent) => Ok(vec![sent]),
        Behavior::First(sent) => Ok((completed == 1).then_some(sent).into_iter().collect()),
        Behavior::Complex(all) => {
            let mut met = Vec::new();
            for (condition, sent) in all {
                let holds = run.holds_with(inside.scope, numbers, condition);
                if holds.map_err(|error| {
                    let source = condition.source();
                    inside.trouble(format!("`{source}` has no value: {error}"))
                })? {
                    met.push(sent);
                }
            }
            Ok(met)
        }
    }
}

/// Tells it to everything that waits; whether something at the border of the activity takes the other rounds away.
pub(super) fn tell(run: &mut Run<'_, '_>, host: Spot, behavior: &Behavior, sent: &Sent) -> bool {
    let process = run.process;
    let signals = run.instance.signals.iter();
    let waiting: Vec<PendingSignal> = signals.filter(|it| it.name == sent.name).cloned().collect();
    let mut over = false;
    for it in &waiting {
        if !run.instance.signals.contains(it) {
            continue;
        }
        if let Kind::Boundary {
            interrupting,
            trigger,
            ..
        } = &process.element(it.element).kind
            && it.token == host.token
            && trigger.needed() == 1
        {
            over |= *interrupting && matches!(behavior, Behavior::Complex(_));
            boundary::happened(run, host, it.element, false);
        } else {
            wait::happened(run, it.token, it.element, it.part);
        }
    }
    run.emit(Event::Asked(Effect::Signal {
        name: sent.name.clone(),
        data: Data::new(),
    }));
    over
}

/// Makes room for what the rounds give.
pub(super) fn prepare(
    run: &mut Run<'_, '_>,
    host: Spot,
    results: &Results,
    all: u32,
) -> Result<(), Trouble> {
    let list = Value::List(vec![Value::Null; all as usize]);
    put(run, host, results, list)
}

/// Takes what a round gives into the list.
pub(super) fn gather(
    run: &mut Run<'_, '_>,
    round: Spot,
    inside: Spot,
    results: &Results,
) -> Result<(), Trouble> {
    let value = run.eval(inside.scope, &results.element).map_err(|error| {
        let source = results.element.source();
        round.trouble(format!("`{source}` has no value: {error}"))
    })?;
    let number = run.instance.scope(inside.scope);
    let number = number.and_then(|it| it.data.get("loopCounter"));
    let at = number.and_then(whole).and_then(|at| at.checked_sub(1));
    let around = run.instance.scope(round.scope);
    let list = around.and_then(|it| it.data.get(&results.list));
    let Some(Value::List(list)) = list else {
        return Ok(());
    };
    let mut values = list.to_vec();
    if let Some(place) = at.and_then(|at| values.get_mut(at)) {
        *place = value;
    }
    let host = Spot {
        token: TokenId(round.scope.0),
        ..round
    };
    put(run, host, results, Value::List(values))
}

/// Hands the list to the scope around the activity, which is done.
pub(super) fn hand_over(
    run: &mut Run<'_, '_>,
    host: Spot,
    results: &Results,
) -> Result<(), Trouble> {
    let around = run.instance.scope(ScopeId(host.token.0));
    let Some(list) = around.and_then(|it| it.data.get(&results.list)).cloned() else {
        return Ok(());
    };
    run.write(host.scope, &results.list, list)
        .map_err(|Oversize| oversize(host))
}

fn put(run: &mut Run<'_, '_>, host: Spot, results: &Results, list: Value) -> Result<(), Trouble> {
    run.put(ScopeId(host.token.0), &results.list, list)
        .map_err(|Oversize| oversize(host))
}

fn oversize(spot: Spot) -> Trouble {
    let message = format!(
        "with what the rounds give the data would be larger than {} bytes",
        value::MAX_BYTES
    );
    spot.trouble(message).of(IncidentKind::Size)
}

fn whole(value: &Value) -> Option<usize> {
    match value {
        Value::Number(number) => usize::try_from(*number).ok(),
        Value::Null | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Object(_) => None,
    }
}
