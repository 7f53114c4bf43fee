//! Activities that are done more than once (BPMN 2.0.2, 13.3.6 and 13.3.7). The activity's token opens a scope, and each
//! round is a token in it, at the same element, with a scope of its own for `loopCounter` and its value of the list. The
//! border is around all rounds; when none is left, the activity's token goes on.

use rust_decimal::prelude::ToPrimitive;

use super::{behavior, boundary, compensation};
use crate::bpmn::{Count, MultiInstance, Repeat, StandardLoop};
use crate::engine::command::Trouble;
use crate::engine::data::Oversize;
use crate::engine::event::Event;
use crate::engine::incident::{IncidentKind, Phase};
use crate::engine::instance::{Lists, ScopeId, TokenId};
use crate::engine::lists;
use crate::engine::run::{Run, Spot};
use crate::expr::Expr;
use crate::value::{self, Data, Name, Value};

/// Rounds that a list or a cardinality asks for at most.
const MOST: u32 = 10_000;

/// A token has come to an activity that repeats.
pub(in crate::engine) fn begin(
    run: &mut Run<'_, '_>,
    host: Spot,
    repeat: &Repeat,
) -> Result<(), Trouble> {
    match repeat {
        Repeat::Multi(multi) => {
            let (all, items) = count(run, host, multi)?;
            let kept = match multi.sequential {
                true => items.clone(),
                false => Vec::new(),
            };
            open(run, host, Some(all), kept)?;
            if let Some(results) = &multi.results {
                behavior::prepare(run, host, results, all)?;
            }
            let first = match multi.sequential {
                true => all.min(1),
                false => all,
            };
            let mut items = items.into_iter();
            for _ in 0..first {
                enter(run, host, repeat, items.next());
            }
            if all == 0 {
                close(run, host)?;
            }
        }
        Repeat::Loop(looped) => {
            let none = looped.test_before && !goes_on(run, host, looped, 0)?;
            open(run, host, None, Vec::new())?;
            if none {
                return close(run, host);
            }
            enter(run, host, repeat, None);
        }
    }
    Ok(())
}

/// A round is done: its outputs, whether it was the last, and else the next.
pub(in crate::engine) fn done(
    run: &mut Run<'_, '_>,
    round: Spot,
    repeat: &Repeat,
) -> Result<(), Trouble> {
    let process = run.process;
    let inside = Spot {
        scope: ScopeId(round.token.0),
        ..round
    };
    run.output(round, &process.element(round.element).outputs)?;
    let around = run.instance.scope(round.scope);
    let Some(rounds) = around.and_then(|around| around.rounds.as_ref()) else {
        return Ok(());
    };
    let (all, begun, completed) = (rounds.all, rounds.begun, rounds.completed + 1);
    let mut told = Vec::new();
    let (mut over, next) = match repeat {
        Repeat::Multi(multi) => {
            let all = all.unwrap_or(begun);
            let names = numbers(all, begun.saturating_sub(completed), completed);
            let over = match &multi.until {
                None => false,
                Some(until) => holds(run, inside, &names, until)?,
            };
            told = behavior::told(run, inside, &multi.behavior, completed, &names)?;
            if let Some(results) = &multi.results {
                behavior::gather(run, round, inside, results)?;
            }
            (over, multi.sequential && begun < all)
        }
        Repeat::Loop(looped) => (false, goes_on(run, inside, looped, completed)?),
    };
    compensation::remember(run, round)?;
    let item = rounds_item(run, round.scope, begun);
    if run.instance.scope(inside.scope).is_some() {
        run.close(inside.scope);
    }
    run.complete(round);
    let Some(host) = run.spot(TokenId(round.scope.0)) else {
        return Ok(());
    };
    if let Repeat::Multi(multi) = repeat {
        for sent in told {
            over |= behavior::tell(run, host, &multi.behavior, sent);
        }
    }
    // Something elsewhere may have heard it and taken the activity away.
    if run.instance.token(host.token).is_none() {
        return Ok(());
    }
    if over {
        run.cancel_scope(round.scope, None);
    } else if next {
        enter(run, host, repeat, item);
    }
    if !run.instance.tokens.iter().any(|it| it.scope == round.scope)
        && let Err(trouble) = close(run, host)
    {
        run.hold(host.token, trouble);
    }
    Ok(())
}

fn open(
    run: &mut Run<'_, '_>,
    host: Spot,
    all: Option<u32>,
    items: Vec<Value>,
) -> Result<(), Trouble> {
    let armed = boundary::arm(run, host)?;
    run.emit(Event::ScopeOpened { token: host.token });
    let scope = ScopeId(host.token.0);
    run.emit(Event::RoundsOpened { scope, all, items });
    for event in armed {
        run.emit(event);
    }
    Ok(())
}

fn close(run: &mut Run<'_, '_>, host: Spot) -> Result<(), Trouble> {
    compensation::remember(run, host)?;
    if let Some(Repeat::Multi(multi)) = &run.process.element(host.element).repeat
        && let Some(results) = &multi.results
    {
        behavior::hand_over(run, host, results)?;
    }
    run.close(ScopeId(host.token.0));
    run.leave(host);
    Ok(())
}

/// Begins a round. A value that does not fit holds it before it does anything.
fn enter(run: &mut Run<'_, '_>, host: Spot, repeat: &Repeat, item: Option<Value>) {
    let around = ScopeId(host.token.0);
    let held = run.instance.token(host.token);
    let before = held.map(|token| token.lists.clone()).unwrap_or_default();
    let round = run.enter(host.element, around, None, &before);
    run.emit(Event::ScopeOpened { token: round.token });
    let rounds = run.instance.scope(around).and_then(|it| it.rounds.as_ref());
    let number = rounds.map_or(0, |rounds| rounds.begun);
    begin_round(run, round, repeat, (number, item), &before);
}

/// Tries again to give a round its fields. Its value is looked up in the list as that is now.
pub(in crate::engine) fn fill_again(run: &mut Run<'_, '_>, round: Spot, number: u32) {
    let process = run.process;
    let around = round.scope;
    let host = run.spot(TokenId(around.0));
    let (Some(host), Some(repeat)) = (host, &process.element(round.element).repeat) else {
        return;
    };
    let item = match repeat {
        Repeat::Multi(multi) => match count(run, host, multi) {
            Ok((_, items)) => items.into_iter().nth(number.saturating_sub(1) as usize),
            Err(trouble) => {
                run.hold_at(round.token, trouble, Phase::Round(number));
                return;
            }
        },
        Repeat::Loop(_) => None,
    };
    let held = run.instance.token(host.token);
    let before = held.map(|token| token.lists.clone()).unwrap_or_default();
    begin_round(run, round, repeat, (number, item), &before);
}

fn begin_round(
    run: &mut Run<'_, '_>,
    round: Spot,
    repeat: &Repeat,
    (number, item): (u32, Option<Value>),
    before: &Lists,
) {
    let inside = ScopeId(round.token.0);
    if let Err(Oversize) = fill(run, inside, repeat, number, item) {
        let message = format!(
            "with one more round the data would be larger than {} bytes",
            value::MAX_BYTES
        );
        let trouble = round.trouble(message).of(IncidentKind::Size);
        run.hold_at(round.token, trouble, Phase::Round(number));
        return;
    }
    // A list of the element may name the value of the round, which was not there when the token came.
    let lists = lists::on_entry(run, round.element, inside, before);
    let held = run.instance.token(round.token);
    if held.is_some_and(|token| token.lists != lists) {
        let token = round.token;
        run.emit(Event::Relisted { token, lists });
    }
    run.proceed(round.token);
}

fn fill(
    run: &mut Run<'_, '_>,
    inside: ScopeId,
    repeat: &Repeat,
    number: u32,
    item: Option<Value>,
) -> Result<(), Oversize> {
    run.put(inside, &Name::from("loopCounter"), whole(number))?;
    if let Repeat::Multi(MultiInstance {
        count: Count::Collection {
            element: Some(field),
            ..
        },
        ..
    }) = repeat
        && let Some(item) = item
    {
        run.put(inside, field, item)?;
    }
    Ok(())
}

fn rounds_item(run: &Run<'_, '_>, around: ScopeId, number: u32) -> Option<Value> {
    let rounds = run.instance.scope(around)?.rounds.as_ref()?;
    rounds.items.get(number as usize).cloned()
}

/// How many rounds there are, and what they are for.
fn count(
    run: &Run<'_, '_>,
    host: Spot,
    multi: &MultiInstance,
) -> Result<(u32, Vec<Value>), Trouble> {
    let value = |expr: &Expr| {
        run.eval(host.scope, expr)
            .map_err(|error| host.trouble(format!("`{}` has no value: {error}", expr.source())))
    };
    match &multi.count {
        Count::Cardinality(expr) => {
            let number = match value(expr)? {
                Value::Number(number) if number.fract().is_zero() => number.to_u32(),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::Text(_)
                | Value::List(_)
                | Value::Object(_) => None,
            };
            number
                .filter(|number| *number <= MOST)
                .map(|number| (number, Vec::new()))
                .ok_or_else(|| {
                    let source = expr.source();
                    host.trouble(format!("`{source}` is no whole number from 0 to {MOST}"))
                })
        }
        Count::Collection { items, .. } => match value(items)? {
            Value::List(values) if values.len() <= MOST as usize => {
                Ok((values.len() as u32, values.to_vec()))
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Object(_) => {
                let source = items.source();
                Err(host.trouble(format!("`{source}` is no list of at most {MOST} values")))
            }
        },
    }
}

/// Whether a loop has another round after so many.
fn goes_on(
    run: &Run<'_, '_>,
    spot: Spot,
    looped: &StandardLoop,
    completed: u32,
) -> Result<bool, Trouble> {
    if looped.maximum.is_some_and(|most| completed >= most) {
        return Ok(false);
    }
    match &looped.condition {
        None => Ok(true),
        Some(condition) => {
            let names = Data::from([(Name::from("loopCounter"), whole(completed))]);
            holds(run, spot, &names, condition)
        }
    }
}

fn holds(run: &Run<'_, '_>, spot: Spot, names: &Data, expr: &Expr) -> Result<bool, Trouble> {
    run.holds_with(spot.scope, names, expr)
        .map_err(|error| spot.trouble(format!("`{}` has no value: {error}", expr.source())))
}

/// What a completion condition may ask: the names of the specification, and those of Camunda.
fn numbers(all: u32, active: u32, completed: u32) -> Data {
    [
        ("numberOfInstances", all),
        ("numberOfActiveInstances", active),
        ("numberOfCompletedInstances", completed),
        ("numberOfTerminatedInstances", 0),
        ("nrOfInstances", all),
        ("nrOfActiveInstances", active),
        ("nrOfCompletedInstances", completed),
    ]
    .into_iter()
    .map(|(name, number)| (Name::from(name), whole(number)))
    .collect()
}

fn whole(number: u32) -> Value {
    Value::Number(number.into())
}
