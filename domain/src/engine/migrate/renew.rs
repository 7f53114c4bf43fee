//! What a migrated instance takes over from the other version: the people and dates of its tasks and work, and what is
//! waited for. What both versions say in the same words stays as it is; what only the other version waits for is waited for from now on.

use std::collections::BTreeSet;

use super::mapping::Mapping;
use super::obstacle::{Obstacle, ObstacleKind};
use crate::bpmn::{Correlation, ElementIx, Kind, MessageWait, Process, Trigger};
use crate::engine::command::Trouble;
use crate::engine::element::{self, event_sub_process, gateway, user_task, wait, work};
use crate::engine::event::Event;
use crate::engine::incident::Phase;
use crate::engine::instance::{Instance, Scope, ScopeId, Token, TokenId};
use crate::engine::run::{Run, Spot};
use crate::expr::Expr;
use crate::work::WorkEvent;

/// An instance that is on its way: the run is on the version to go to already.
pub(super) struct Renewal<'a, 'r, 'f> {
    pub run: &'a mut Run<'r, 'f>,
    pub from: &'a Process,
    /// The instance as it was.
    pub was: &'a Instance,
    pub mapping: &'a Mapping,
    /// The conditions that have become others, at which tokens.
    pub conditions: BTreeSet<(TokenId, ElementIx)>,
    pub obstacles: Vec<Obstacle>,
}

impl Renewal<'_, '_, '_> {
    pub(super) fn renew(&mut self) {
        self.tasks();
        self.work();
        self.messages();
        self.signals();
        self.judged();
        let held = self.run.held();
        let begun = begun(self.from, self.was);
        for token in self.was.tokens.iter().filter(|it| !held.contains(&it.id)) {
            if matches!(self.from.element(token.element).kind, Kind::EventBased) {
                self.first_of(token);
            } else if begun.contains(&token.id) {
                self.border(token);
            }
        }
        self.scopes(&held);
        self.callers();
    }

    fn tasks(&mut self) {
        for task in self.was.open_tasks() {
            let Some(element) = self.mapping.element(task.element) else {
                continue;
            };
            let (from, to) = (
                self.from.element(task.element),
                self.run.process.element(element),
            );
            let (Kind::UserTask(was), Kind::UserTask(is)) = (&from.kind, &to.kind) else {
                continue;
            };
            let spot = Spot {
                token: task.token,
                element,
                scope: task.scope,
            };
            let counted = from.working_days == to.working_days;
            match user_task::renewed(self.run, spot, task, (was, is), counted) {
                Ok(event) => self.run.emit(Event::Task {
                    task: task.id,
                    event,
                }),
                Err(trouble) => self.complain(trouble),
            }
        }
    }

    fn work(&mut self) {
        for pending in &self.was.work {
            let Some(element) = self.mapping.element(pending.element) else {
                continue;
            };
            let kinds = (
                &self.from.element(pending.element).kind,
                &self.run.process.element(element).kind,
            );
            let (Kind::Work(was), Kind::Work(is)) = kinds else {
                continue;
            };
            if was == is {
                continue;
            }
            let spot = Spot {
                token: pending.token,
                element,
                scope: pending.scope,
            };
            match work::pending(self.run, spot, is) {
                Ok(asked) => self.run.emit(Event::Work {
                    work: pending.id,
                    event: WorkEvent::Renewed {
                        kind: asked.kind,
                        priority: asked.priority,
                        backoff: asked.backoff,
                        timeout: asked.timeout,
                        workers: asked.workers,
                    },
                }),
                Err(trouble) => self.complain(trouble),
            }
        }
    }

    /// Messages of which the other version has another name or correlation are awaited anew.
    fn messages(&mut self) {
        let to = self.run.process;
        let mut changed: BTreeSet<(TokenId, ElementIx)> = BTreeSet::new();
        for wait in &self.was.waits {
            if let Some(element) = self.mapping.element(wait.element)
                && asks(self.from, wait.element, wait.part) != asks(to, element, wait.part)
            {
                changed.insert((wait.token, element));
            }
        }
        for (token, element) in changed {
            let waits = self.run.instance.waits.iter();
            let here = waits.filter(|wait| (wait.token, wait.element) == (token, element));
            let parts: Vec<u32> = here.map(|wait| wait.part).collect();
            self.run.emit(Event::MessageCleared { token, element });
            for part in parts {
                let Some(message) = message(to, element, part) else {
                    continue;
                };
                let spot = self.spot(token, element);
                match wait::watch_message(self.run, spot, (element, part), message) {
                    Ok(event) => self.run.emit(event),
                    Err(trouble) => self.complain(trouble),
                }
            }
        }
    }

    fn signals(&mut self) {
        let to = self.run.process;
        let signals = self.run.instance.signals.clone();
        let named = |element, part| {
            if let Some(Trigger::Signal(name)) = trigger(to, element, part) {
                return Some(name.clone());
            }
            None
        };
        let changed: BTreeSet<(TokenId, ElementIx)> = signals
            .iter()
            .filter(|it| named(it.element, it.part).is_some_and(|name| name != it.name))
            .map(|it| (it.token, it.element))
            .collect();
        for (token, element) in changed {
            self.run.emit(Event::SignalCleared { token, element });
            for mut wait in signals.iter().cloned() {
                if (wait.token, wait.element) == (token, element)
                    && let Some(name) = named(element, wait.part)
                {
                    wait.name = name;
                    self.run.emit(Event::SignalAwaited(wait));
                }
            }
        }
    }

    /// A condition that is another one has not held so far.
    fn judged(&mut self) {
        for waits in &self.was.conditions {
            let Some(element) = self.mapping.element(waits.element) else {
                continue;
            };
            let to = self.run.process;
            let was = condition(self.from, waits.element, waits.part);
            if was != condition(to, element, waits.part) {
                self.conditions.insert((waits.token, element));
                let event = element::condition::watch(waits.token, element, waits.part);
                self.run.emit(event);
            }
        }
    }

    /// The events behind a gateway: those that are not behind it any more are not waited for, those that were not are.
    fn first_of(&mut self, token: &Token) {
        let Some(gateway) = self.mapping.element(token.element) else {
            return;
        };
        let to = self.run.process;
        let behind: BTreeSet<ElementIx> = targets(to, gateway).collect();
        let covered: BTreeSet<ElementIx> = targets(self.from, token.element)
            .filter_map(|event| self.mapping.element(event))
            .collect();
        self.run.disarm(token.id, |at| !behind.contains(&at));
        for event in behind.difference(&covered) {
            let spot = self.spot(token.id, gateway);
            match gateway::watch_behind(self.run, spot, *event) {
                Ok(awaited) => self.emit(awaited),
                Err(trouble) => self.complain(trouble),
            }
        }
        if !waits(&self.run.instance, token.id) {
            let trouble = Trouble::new(gateway, "there is no event to wait for".to_owned());
            self.complain(trouble);
        }
    }

    /// The events at the border of an activity that has begun.
    fn border(&mut self, token: &Token) {
        let Some(element) = self.mapping.element(token.element) else {
            return;
        };
        // The border is around all rounds.
        if self.was.is_round(token) {
            return;
        }
        let to = self.run.process;
        let known = self.from.element(token.element).boundaries.iter();
        let known: BTreeSet<ElementIx> = known.filter_map(|ix| self.mapping.element(*ix)).collect();
        let new = to.element(element).boundaries.iter();
        for ix in new.filter(|ix| !known.contains(ix)) {
            let Some(trigger) = to.element(*ix).kind.trigger() else {
                continue;
            };
            let spot = self.spot(token.id, element);
            self.watch(spot, *ix, trigger);
        }
    }

    /// The event sub-processes of what is open, the instance itself first.
    fn scopes(&mut self, held: &BTreeSet<TokenId>) {
        // What holds everything before it begins begins everything when it is tried again.
        let mut incidents = self.was.incidents.iter();
        let opening = incidents.any(|it| it.phase == Phase::Opening);
        if !opening {
            self.handlers(ScopeId::ROOT, None);
        }
        for scope in &self.was.scopes {
            let begun = scope.rounds.is_none() && scope.undoing.is_none();
            if begun && !held.contains(&TokenId(scope.id.0)) {
                self.handlers(scope.id, Some(scope.element));
            }
        }
    }

    fn handlers(&mut self, scope: ScopeId, was: Option<ElementIx>) {
        let is = match was {
            None => None,
            Some(was) => match self.mapping.element(was) {
                None => return,
                is => is,
            },
        };
        if event_sub_process::is_interrupted(self.run, scope) {
            return;
        }
        let to = self.run.process;
        let known = self.from.handlers(was);
        let known: BTreeSet<ElementIx> = known.filter_map(|ix| self.mapping.element(ix)).collect();
        for start in to.handlers(is).filter(|start| !known.contains(start)) {
            let Some(trigger) = to.element(start).kind.trigger() else {
                continue;
            };
            let token = TokenId(scope.0);
            let inside = self.run.instance.token(token);
            let inside = inside.map_or(ScopeId::ROOT, |it| self.run.instance.scope_of(it));
            let spot = Spot {
                token,
                element: is.unwrap_or(start),
                scope: inside,
            };
            self.watch(spot, start, trigger);
        }
    }

    /// Whether who takes part in what was called reads here is the other version's to say.
    fn callers(&mut self) {
        let calls = self.run.instance.calls.iter();
        let closed = calls.filter(|call| {
            let kind = &self.run.process.element(call.element).kind;
            let up = matches!(kind, Kind::Call(call) if call.readers_up);
            !up && !call.readers.is_empty()
        });
        let closed: Vec<_> = closed.map(|call| call.child).collect();
        for child in closed {
            let readers = BTreeSet::new();
            self.run.emit(Event::CallReaders { child, readers });
        }
    }

    fn watch(&mut self, spot: Spot, element: ElementIx, trigger: &Trigger) {
        match wait::watch(self.run, spot, element, trigger) {
            Ok(awaited) => self.emit(awaited),
            Err(trouble) => self.complain(trouble),
        }
    }

    fn emit(&mut self, events: Vec<Event>) {
        for event in events {
            self.run.emit(event);
        }
    }

    /// Where what happens to a token at an element sees fields.
    fn spot(&self, token: TokenId, element: ElementIx) -> Spot {
        Spot {
            token,
            element,
            scope: wait::sees(self.run, token, element),
        }
    }

    fn complain(&mut self, trouble: Trouble) {
        let id = &self.run.process.element(trouble.element).id;
        let message = format!("`{id}`: {}", trouble.message);
        let obstacle = Obstacle::new(ObstacleKind::Unready, None, Some(id), message);
        if !self.obstacles.contains(&obstacle) {
            self.obstacles.push(obstacle);
        }
    }
}

/// The tokens whose element has begun and is not done, so that its border is watched.
fn begun(process: &Process, instance: &Instance) -> BTreeSet<TokenId> {
    let tasks = instance.open_tasks().map(|task| task.token);
    let work = instance.work.iter().map(|work| work.token);
    let calls = instance.calls.iter().map(|call| call.token);
    // One may be there for the fields that an element has for itself alone.
    let holds = |scope: &Scope| {
        let kind = &process.element(scope.element).kind;
        let inside = matches!(
            kind,
            Kind::SubProcess | Kind::Transaction | Kind::AdHoc(_) | Kind::EventSubProcess
        );
        scope.undoing.is_none() && (inside || scope.rounds.is_some())
    };
    let open = instance.scopes.iter().filter(|it| holds(it));
    let open = open.map(|scope| TokenId(scope.id.0));
    let own = instance.waits.iter().filter(|wait| {
        let token = instance.token(wait.token);
        token.is_some_and(|token| token.element == wait.element)
    });
    let own = own.map(|wait| wait.token);
    tasks
        .chain(work)
        .chain(calls)
        .chain(open)
        .chain(own)
        .collect()
}

fn waits(instance: &Instance, token: TokenId) -> bool {
    instance.timers.iter().any(|it| it.token == token)
        || instance.waits.iter().any(|it| it.token == token)
        || instance.signals.iter().any(|it| it.token == token)
        || instance.conditions.iter().any(|it| it.token == token)
}

fn targets(process: &Process, gateway: ElementIx) -> impl Iterator<Item = ElementIx> {
    let flows = process.element(gateway).outgoing.iter();
    flows.map(|flow| process.flow(*flow).target)
}

fn trigger(process: &Process, element: ElementIx, part: u32) -> Option<&Trigger> {
    let trigger = process.element(element).kind.trigger()?;
    trigger.parts().get(part as usize)
}

fn message(process: &Process, element: ElementIx, part: u32) -> Option<&MessageWait> {
    if let Kind::Receive(message) = &process.element(element).kind {
        return Some(message);
    }
    if let Some(Trigger::Message(message)) = trigger(process, element, part) {
        return Some(message);
    }
    None
}

/// A message, and how it is correlated where it does not say so itself.
fn asks(
    process: &Process,
    element: ElementIx,
    part: u32,
) -> Option<(&MessageWait, Option<&Correlation>)> {
    let message = message(process, element, part)?;
    let correlation = process.correlation(&message.name);
    Some((
        message,
        correlation.filter(|_| message.correlation.is_none()),
    ))
}

fn condition(process: &Process, element: ElementIx, part: u32) -> Option<&Expr> {
    if let Some(Trigger::Condition(condition)) = trigger(process, element, part) {
        return Some(condition);
    }
    None
}

/// Lets a run look again at everything that another version, or what has happened meanwhile, may let go on: conditions,
/// joins, and activities that take several tokens to begin.
pub(in crate::engine) fn stir(run: &mut Run<'_, '_>) {
    run.changed |= !run.instance.conditions.is_empty();
    let (held, begun) = (run.held(), begun(run.process, &run.instance));
    let idle = |token: &&Token| {
        let kind = &run.process.element(token.element).kind;
        let joins = matches!(kind, Kind::Parallel);
        let gathers = kind.is_activity() && !begun.contains(&token.id);
        !held.contains(&token.id) && (joins || gathers && !run.instance.is_round(token))
    };
    let idle: Vec<TokenId> = run
        .instance
        .tokens
        .iter()
        .filter(idle)
        .map(|it| it.id)
        .collect();
    for token in idle {
        run.proceed(token);
    }
}
