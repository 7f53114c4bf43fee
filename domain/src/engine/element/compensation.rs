//! Compensation (BPMN 2.0.2, 10.7 and 13.5.5): an activity that is done is remembered if something could undo it; a throw
//! event has what is remembered undone, the last first, one after the other.
//!
//! ```text
//!  throw ─▶ opens a scope, claims what is remembered ─▶ the last of it ─┬─▶ has a handler at its border: that runs here
//!                       ▲                                               └─▶ is a sub-process: its scope is opened again,
//!                       └──── when that is done, the next ◀──────────────── with its data; there its event sub-process,
//!                             none left: the token goes on                  or else what is remembered in it, the last first
//! ```

use super::{boundary, gateway};
use crate::bpmn::{ElementIx, Kind, Throw, Trigger};
use crate::engine::command::Trouble;
use crate::engine::compensable::{Compensable, Undoing};
use crate::engine::event::Event;
use crate::engine::instance::{ScopeId, TokenId};
use crate::engine::run::{Run, Spot};
use crate::value::Data;

/// Activities that an instance remembers at most: each could be asked to be undone.
const MOST: usize = 10_000;

/// A token has come to an event that compensates. It waits for that, or goes on at once; then a token of its own stays
/// there until everything is undone.
pub(in crate::engine) fn throw(
    run: &mut Run<'_, '_>,
    spot: Spot,
    activity: Option<ElementIx>,
    wait: bool,
) -> Result<(), Trouble> {
    let of = reach(run, spot.scope, activity);
    if of.is_empty() {
        run.leave(spot);
        return Ok(());
    }
    if !wait {
        let process = run.process;
        run.output(spot, &process.element(spot.element).outputs)?;
        let ways = gateway::ways(run, spot)?;
        let held = run.instance.token(spot.token);
        let lists = held.map(|token| token.lists.clone()).unwrap_or_default();
        for way in ways {
            let target = process.flow(way).target;
            run.arrive(target, spot.scope, Some(way), &lists);
        }
    }
    run.emit(Event::ScopeOpened { token: spot.token });
    begin(run, spot.token, Undoing::Thrown, of);
    Ok(())
}

/// Lets a scope compensate what is claimed.
pub(super) fn begin(run: &mut Run<'_, '_>, host: TokenId, undoing: Undoing, of: Vec<TokenId>) {
    run.emit(Event::CompensationBegun {
        token: host,
        undoing,
        of,
    });
    run.proceed(host);
}

/// A scope that compensates, or nothing.
pub(in crate::engine) fn undoing(run: &Run<'_, '_>, scope: ScopeId) -> Option<Undoing> {
    run.instance.scope(scope)?.undoing
}

/// The next activity of a scope that compensates, once nothing moves in it; without any left, its host goes on.
pub(super) fn next(run: &mut Run<'_, '_>, host: Spot, undoing: Undoing) {
    let scope = ScopeId(host.token.0);
    if run.instance.tokens.iter().any(|it| it.scope == scope) {
        return;
    }
    let mut claimed = run.instance.compensable.iter().rev();
    let Some(done) = claimed.find(|it| it.claimed == Some(host.token)).cloned() else {
        finish(run, host, undoing);
        return;
    };
    let held = run.instance.token(host.token);
    let lists = held.map(|token| token.lists.clone()).unwrap_or_default();
    let element = run.process.element(done.element);
    if let Some(handler) = element.compensation.filter(|_| !done.round) {
        let spot = run.enter(handler, scope, None, &lists);
        run.emit(Event::Compensated {
            activity: done.token,
            by: spot.token,
        });
        // With the activity its fields are forgotten.
        run.bytes = None;
        run.proceed(spot.token);
        return;
    }
    let spot = run.enter(done.element, scope, None, &lists);
    run.emit(Event::ScopeOpened { token: spot.token });
    run.emit(Event::Compensated {
        activity: done.token,
        by: spot.token,
    });
    let inside = ScopeId(spot.token.0);
    let handler = start(run, &done).and_then(|start| run.process.element(start).parent);
    match handler {
        Some(handler) => {
            begin(run, spot.token, Undoing::Inside, Vec::new());
            run.arrive(handler, inside, None, &lists);
        }
        None => {
            let of = remembered(run, |it| it.scope == inside);
            begin(run, spot.token, Undoing::Inside, of);
        }
    }
}

fn finish(run: &mut Run<'_, '_>, host: Spot, undoing: Undoing) {
    match undoing {
        Undoing::Thrown => {
            run.close(ScopeId(host.token.0));
            let says = |part: &Throw| matches!(part, Throw::Compensate { wait: true, .. });
            let waits = matches!(
                &run.process.element(host.element).kind,
                Kind::Throw(throw) | Kind::End(throw) if throw.parts().iter().any(says)
            );
            if waits {
                run.leave(host);
                return;
            }
            let lists = run.complete(host);
            run.settle(host.scope, lists);
        }
        Undoing::Inside => {
            run.close(ScopeId(host.token.0));
            let lists = run.complete(host);
            run.settle(host.scope, lists);
        }
        Undoing::Cancelled => {
            let process = run.process;
            let mut border = process.element(host.element).boundaries.iter().copied();
            let cancel = border.find(|ix| {
                let kind = &process.element(*ix).kind;
                matches!(
                    kind,
                    Kind::Boundary {
                        trigger: Trigger::Cancel,
                        ..
                    }
                )
            });
            match cancel {
                Some(event) => boundary::happened(run, host, event, true),
                None => run.hold(
                    host.token,
                    host.trouble("the transaction was cancelled, and leads nowhere".to_owned()),
                ),
            }
        }
    }
}

/// Remembers that an activity is done if something could undo it: before its scope closes, whose fields are kept.
pub(in crate::engine) fn remember(run: &mut Run<'_, '_>, spot: Spot) -> Result<(), Trouble> {
    let inside = ScopeId(spot.token.0);
    let round = run.round(spot.token).is_some();
    let element = run.process.element(spot.element);
    let done = Compensable {
        token: spot.token,
        element: spot.element,
        scope: spot.scope,
        round,
        data: Data::new(),
        claimed: None,
    };
    let handled = element.compensation.is_some() && !round;
    let worth = handled
        || start(run, &done).is_some()
        || run.instance.compensable.iter().any(|it| it.scope == inside);
    // What compensates is not compensated itself.
    if !worth || undoing(run, spot.scope).is_some() {
        return Ok(());
    }
    if run.instance.compensable.len() >= MOST {
        return Err(spot.trouble(format!("more than {MOST} activities could be compensated")));
    }
    // A handler at the border sees nothing of what was inside.
    let open = run.instance.scope(inside).filter(|_| !handled);
    let data = open.map(|open| open.data.clone()).unwrap_or_default();
    run.bytes = None;
    run.emit(Event::Remembered(Compensable { data, ..done }));
    Ok(())
}

/// The start event of the compensation event sub-process of a sub-process that is done. Of several rounds each has its own.
fn start(run: &Run<'_, '_>, done: &Compensable) -> Option<ElementIx> {
    let process = run.process;
    let element = process.element(done.element);
    let scope = matches!(
        element.kind,
        Kind::SubProcess | Kind::Transaction | Kind::AdHoc(_) | Kind::EventSubProcess
    );
    if !scope || element.repeat.is_some() != done.round {
        return None;
    }
    let mut starts = process.handlers(Some(done.element));
    starts.find(|start| {
        let kind = &process.element(*start).kind;
        matches!(
            kind,
            Kind::EventStart {
                trigger: Trigger::Compensation,
                ..
            }
        )
    })
}

/// What a throw event can have undone: what is done in its scope, and, from inside an event sub-process, in the scope around
/// that. The sub-process around, by name, is all of it.
fn reach(run: &Run<'_, '_>, from: ScopeId, activity: Option<ElementIx>) -> Vec<TokenId> {
    let mut scopes = vec![from];
    let mut at = from;
    let mut around = None;
    while let Some(open) = run.instance.scope(at) {
        let aside = matches!(
            run.process.element(open.element).kind,
            Kind::EventSubProcess
        );
        if !aside && open.undoing != Some(Undoing::Thrown) {
            around = Some(open.element);
            break;
        }
        at = open.parent;
        scopes.push(at);
    }
    let activity = activity.filter(|activity| around != Some(*activity));
    remembered(run, |it| {
        scopes.contains(&it.scope) && activity.is_none_or(|activity| it.element == activity)
    })
}

/// What is remembered, done and not claimed yet.
pub(super) fn remembered(run: &Run<'_, '_>, of: impl Fn(&Compensable) -> bool) -> Vec<TokenId> {
    let known = run.instance.compensable.iter();
    known
        .filter(|it| it.claimed.is_none() && run.instance.token(it.token).is_none() && of(it))
        .map(|it| it.token)
        .collect()
}
