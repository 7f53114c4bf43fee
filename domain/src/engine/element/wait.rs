//! Waiting for timers, messages and signals: intermediate catch events, receive tasks, and what happens when one comes.

use super::{boundary, condition, event_sub_process};
use crate::bpmn::{ElementIx, Kind, MessageWait, Text, Timer, Trigger};
use crate::engine::command::Trouble;
use crate::engine::data::quoted;
use crate::engine::event::Event;
use crate::engine::incident::{IncidentKind, Phase};
use crate::engine::instance::{
    Happened, PendingMessage, PendingSignal, PendingTimer, ScopeId, TokenId,
};
use crate::engine::run::{Run, Spot};
use crate::expr::EvalError;
use crate::time::{Cycle, Due, Reckoning, TimeError};

/// A token has come to an intermediate catch event.
pub(in crate::engine) fn catch(
    run: &mut Run<'_, '_>,
    spot: Spot,
    trigger: &Trigger,
) -> Result<(), Trouble> {
    if matches!(trigger, Trigger::None) {
        run.leave(spot);
        return Ok(());
    }
    let awaited = watch(run, spot, spot.element, trigger)?;
    if awaited.is_empty() {
        return Err(spot
            .trouble("the event can never happen".to_owned())
            .of(IncidentKind::Model));
    }
    for event in awaited {
        run.emit(event);
    }
    Ok(())
}

/// A token has come to a receive task.
pub(in crate::engine) fn receive(
    run: &mut Run<'_, '_>,
    spot: Spot,
    message: &MessageWait,
) -> Result<(), Trouble> {
    let awaited = watch_message(run, spot, (spot.element, 0), message)?;
    let armed = boundary::arm(run, spot)?;
    run.emit(awaited);
    for event in armed {
        run.emit(event);
    }
    Ok(())
}

/// The events that make a token wait for a trigger; none if it is nothing to wait for: errors, escalations and the like
/// come from inside, and a cycle may be over before it begins. Where everything has to happen and one thing cannot, nothing is waited
/// for.
pub(in crate::engine) fn watch(
    run: &mut Run<'_, '_>,
    spot: Spot,
    element: ElementIx,
    trigger: &Trigger,
) -> Result<Vec<Event>, Trouble> {
    let mut awaited = Vec::new();
    for (part, trigger_part) in (0..).zip(trigger.parts()) {
        match watch_part(run, spot, (element, part), trigger_part)? {
            Some(event) => awaited.push(event),
            None if trigger.needed() > 1 => return Ok(Vec::new()),
            None => {}
        }
    }
    Ok(awaited)
}

fn watch_part(
    run: &mut Run<'_, '_>,
    spot: Spot,
    (element, part): (ElementIx, u32),
    trigger: &Trigger,
) -> Result<Option<Event>, Trouble> {
    match trigger {
        Trigger::None
        | Trigger::Error(_)
        | Trigger::Escalation(_)
        | Trigger::Compensation
        | Trigger::Cancel
        | Trigger::Multiple { .. } => Ok(None),
        Trigger::Message(message) => watch_message(run, spot, (element, part), message).map(Some),
        Trigger::Signal(name) => Ok(Some(Event::SignalAwaited(PendingSignal {
            token: spot.token,
            element,
            part,
            name: name.clone(),
        }))),
        Trigger::Condition(_) => {
            // It is judged before anything else moves.
            run.changed = true;
            Ok(Some(condition::watch(spot.token, element, part)))
        }
        Trigger::Timer(timer) => {
            let at = Spot { element, ..spot };
            let due = first(run, at, timer)?;
            Ok(due.map(|due| Event::TimerSet(pending(run, at, part, due))))
        }
    }
}

/// The event that makes a token wait for a message.
pub(in crate::engine) fn watch_message(
    run: &Run<'_, '_>,
    spot: Spot,
    (element, part): (ElementIx, u32),
    message: &MessageWait,
) -> Result<Event, Trouble> {
    let correlation = run.asked(spot, element, message)?;
    Ok(Event::MessageAwaited(PendingMessage {
        token: spot.token,
        element,
        part,
        name: message.name.clone(),
        correlation,
    }))
}

/// A timer has fired.
pub(in crate::engine) fn fired(run: &mut Run<'_, '_>, timer: &PendingTimer) {
    run.emit(Event::TimerCleared(timer.id));
    if let Err(trouble) = repeat(run, timer)
        && let Some(token) = witness(run, timer.token)
    {
        run.hold_at(token, trouble, Phase::Beside);
    }
    happened(run, timer.token, timer.element, timer.part);
}

/// A part of what a token waited for has happened, and with it the event, unless other parts must happen as well.
pub(in crate::engine) fn happened(
    run: &mut Run<'_, '_>,
    token: TokenId,
    element: ElementIx,
    part: u32,
) {
    let process = run.process;
    if let Some(trigger) = process.element(element).kind.trigger()
        && trigger.needed() > 1
        && !gathered(
            run,
            Happened {
                token,
                element,
                part,
            },
            trigger,
        )
    {
        return;
    }
    if let Kind::EventStart { interrupting, .. } = process.element(element).kind {
        let scope = ScopeId(token.0);
        let lists = event_sub_process::around(run, scope);
        event_sub_process::happened(run, scope, element, interrupting, &lists);
        return;
    }
    let Some(spot) = run.spot(token) else {
        return;
    };
    if let Kind::Boundary { interrupting, .. } = process.element(element).kind {
        boundary::happened(run, spot, element, interrupting);
    } else if spot.element == element {
        run.leave(spot);
    } else {
        // An event behind an event-based gateway: the gateway's token waited for it, and the event is done as it is entered.
        let outgoing = &process.element(spot.element).outgoing;
        let mut flows = outgoing.iter().copied();
        let via = flows.find(|flow| process.flow(*flow).target == element);
        let lists = run.complete(spot);
        let spot = run.enter(element, spot.scope, via, &lists);
        run.leave(spot);
    }
}

/// Notes one of several things that have to happen together; whether it was the last. What happens beside the flow without
/// interrupting it waits for all of them anew.
fn gathered(run: &mut Run<'_, '_>, what: Happened, trigger: &Trigger) -> bool {
    let (token, element) = (what.token, what.element);
    run.emit(Event::PartHappened(what));
    let here = |it: &&Happened| (it.token, it.element) == (token, element);
    if run.instance.happened.iter().filter(here).count() < trigger.needed() {
        return false;
    }
    run.emit(Event::PartsCleared { token, element });
    let again = matches!(
        run.process.element(element).kind,
        Kind::Boundary {
            interrupting: false,
            ..
        } | Kind::EventStart {
            interrupting: false,
            ..
        }
    );
    if again {
        let spot = Spot {
            token,
            element,
            scope: sees(run, token, element),
        };
        match watch(run, spot, element, trigger) {
            Ok(awaited) => {
                for event in awaited {
                    run.emit(event);
                }
            }
            Err(trouble) => {
                if let Some(token) = witness(run, token) {
                    run.hold_at(token, trouble, Phase::Beside);
                }
            }
        }
    }
    true
}

/// The token that shows what is wrong with an event: the one that waits for it. None stands for the instance itself: there
/// it is the oldest one that does not wait at a join, which leaves out what is held.
pub(super) fn witness(run: &Run<'_, '_>, token: TokenId) -> Option<TokenId> {
    let own = run.spot(token).map(|spot| spot.token);
    own.or_else(|| {
        let mut tokens = run.instance.tokens.iter();
        let joins = |ix| {
            matches!(
                run.process.element(ix).kind,
                Kind::Parallel | Kind::Inclusive
            )
        };
        tokens
            .find(|token| !joins(token.element))
            .map(|token| token.id)
    })
}

/// The scope that an event happens in: where what comes with it is written.
pub(in crate::engine) fn scope_of(
    run: &Run<'_, '_>,
    token: TokenId,
    element: ElementIx,
) -> ScopeId {
    match run.process.element(element).kind {
        Kind::EventStart { .. } => ScopeId(token.0),
        Kind::Boundary { .. } => run.spot(token).map_or(ScopeId::ROOT, |spot| spot.scope),
        Kind::Start(_)
        | Kind::End(_)
        | Kind::Catch(_)
        | Kind::Throw(_)
        | Kind::LinkSource(_)
        | Kind::LinkTarget
        | Kind::UserTask(_)
        | Kind::PassThrough
        | Kind::Assign(_)
        | Kind::Work(_)
        | Kind::Decision(_)
        | Kind::Receive(_)
        | Kind::Call(_)
        | Kind::Exclusive
        | Kind::Parallel
        | Kind::Inclusive
        | Kind::EventBased
        | Kind::Complex { .. }
        | Kind::SubProcess
        | Kind::Transaction
        | Kind::AdHoc(_)
        | Kind::EventSubProcess => run
            .spot(token)
            .map_or(ScopeId::ROOT, |spot| run.inside(spot)),
    }
}

/// The scope whose fields an event sees while it is waited for: at the border, what is the activity's own as well.
pub(in crate::engine) fn sees(run: &Run<'_, '_>, token: TokenId, element: ElementIx) -> ScopeId {
    if let (Kind::Boundary { .. }, Some(host)) =
        (&run.process.element(element).kind, run.spot(token))
    {
        return run.inside(host);
    }
    scope_of(run, token, element)
}

/// Sets the next occurrence of a cycle, which is read anew: if the data gives it, it may have changed. Only an event beside
/// the flow that does not interrupt happens more than once.
fn repeat(run: &mut Run<'_, '_>, timer: &PendingTimer) -> Result<(), Trouble> {
    let process = run.process;
    let (Kind::Boundary {
        interrupting: false,
        trigger,
        ..
    }
    | Kind::EventStart {
        interrupting: false,
        trigger,
    }) = &process.element(timer.element).kind
    else {
        return Ok(());
    };
    let part = trigger.parts().get(timer.part as usize);
    let Some(Trigger::Timer(Timer::Cycle(text))) = part.filter(|_| trigger.needed() == 1) else {
        return Ok(());
    };
    let at = Spot {
        token: timer.token,
        element: timer.element,
        scope: sees(run, timer.token, timer.element),
    };
    let was = Due {
        at: timer.due_at,
        repeats: timer.repeats,
        series: timer.series,
    };
    let now = run.fresh.now;
    let by = reckoning(run, at.element);
    let cycle = read(run, at, text, "cycle", |text| Cycle::parse(text, by))?;
    if let Some(due) = cycle.next(was, now, true, by) {
        let next = pending(run, at, timer.part, due);
        run.emit(Event::TimerSet(next));
    }
    Ok(())
}

fn first(run: &Run<'_, '_>, spot: Spot, timer: &Timer) -> Result<Option<Due>, Trouble> {
    let now = run.fresh.now;
    let by = reckoning(run, spot.element);
    let once = |at| {
        Some(Due {
            at,
            repeats: Some(0),
            series: None,
        })
    };
    match timer {
        Timer::Date(text) => read(run, spot, text, "date", |text| by.date(text)).map(once),
        Timer::Duration(text) => {
            read(run, spot, text, "duration", |text| by.after(text, now)).map(once)
        }
        Timer::Cycle(text) => {
            let cycle = read(run, spot, text, "cycle", |text| Cycle::parse(text, by))?;
            Ok(cycle.first(now, by))
        }
    }
}

/// What a text of the model means as a time.
fn read<T>(
    run: &Run<'_, '_>,
    spot: Spot,
    text: &Text,
    what: &str,
    parse: impl FnOnce(&str) -> Result<T, TimeError>,
) -> Result<T, Trouble> {
    let value = run
        .text(spot.scope, text)
        .map_err(|error: EvalError| spot.trouble(format!("the {what} has no value: {error}")))?;
    let Some(value) = value.as_text() else {
        return Err(spot.trouble(format!("{} is no {what}", quoted(text))));
    };
    parse(value).map_err(|error| spot.trouble(format!("{} {error}", quoted(text))))
}

fn pending(run: &mut Run<'_, '_>, spot: Spot, part: u32, due: Due) -> PendingTimer {
    PendingTimer {
        id: run.timer_id(),
        token: spot.token,
        element: spot.element,
        part,
        due_at: due.at,
        repeats: due.repeats,
        series: due.series,
    }
}

/// How times at an element are counted.
pub(in crate::engine) fn reckoning<'r>(run: &'r Run<'_, '_>, element: ElementIx) -> Reckoning<'r> {
    Reckoning {
        calendar: &run.fresh.known.calendar,
        working: run.process.element(element).working_days,
    }
}
