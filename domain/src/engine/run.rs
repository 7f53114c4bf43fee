//! One transition being decided: a working copy of the instance, the events so far, and the tokens that can still move.
//! Whatever happens is an event that is folded into the copy at once, so that the copy is what the caller will have.

use std::collections::{BTreeSet, HashMap, VecDeque};

use jiff::Timestamp;

use super::call::Outcome;
use super::command::{Fresh, Trouble};
use super::effect::Effect;
use super::element;
use super::element::ad_hoc::Over;
use super::event::Event;
use super::incident::{Incident, IncidentKind, Phase};
use super::instance::{Instance, InstanceState, Lists, ScopeId, TokenId};
use super::lists;
use crate::access::{Actor, state};
use crate::bpmn::{ElementIx, FlowIx, Kind, Process};
use crate::expr::Meter;
use crate::ids::TimerId;
use crate::task::{Task, TaskEvent};
use crate::time::Calendar;
use crate::value::{Data, Name};

/// Steps that one transition takes at most; four KiB of data written count like one.
pub const BUDGET: usize = 10_000;

/// Steps that all expressions of one transition take at most, those of its lists as well: a loop of dear expressions would
/// otherwise keep everybody waiting who writes.
const THOUGHT: u32 = 1_000_000;

/// Tokens that an instance has at most, give or take one fork: a model that multiplies over many transitions stays small
/// enough to be looked after.
const TOKENS: usize = 10_000;

/// Where a token stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub token: TokenId,
    pub element: ElementIx,
    pub scope: ScopeId,
}

impl Spot {
    pub(super) fn trouble(&self, message: String) -> Trouble {
        Trouble::new(self.element, message)
    }
}

pub(super) struct Run<'a, 'f> {
    pub process: &'a Process,
    pub instance: Instance,
    /// Who asked; nobody when a timer fires.
    pub actor: Option<&'a Actor>,
    pub fresh: &'a mut Fresh<'f>,
    /// Bytes of all data, once somebody has counted.
    pub bytes: Option<usize>,
    /// What expressions may still take.
    pub meter: Meter,
    /// Whether the data has changed, or a condition has come, since conditions were judged.
    pub changed: bool,
    /// Who took part when the run began.
    participants: BTreeSet<Name>,
    /// How many assignments were made for a token since it came or was done.
    pub assigned: Option<(TokenId, usize)>,
    /// How many assignments for a token were made before this transition.
    pub resume: Option<(TokenId, usize)>,
    /// What has come from outside for elements that take it in when they are entered.
    pub carried: Vec<(ElementIx, Data)>,
    /// The token that leaves without its outputs.
    pub skipped: Option<TokenId>,
    /// Of each parallel join that waits, a flow over which nothing has come yet: until something does, nobody need look at
    /// the others.
    pub missing: HashMap<(ElementIx, ScopeId), FlowIx>,
    events: Vec<Event>,
    queue: VecDeque<TokenId>,
    /// Tokens that are about to tell others something.
    later: VecDeque<TokenId>,
    spent: usize,
}

impl<'a, 'f> Run<'a, 'f> {
    pub(super) fn new(
        process: &'a Process,
        instance: Instance,
        actor: Option<&'a Actor>,
        fresh: &'a mut Fresh<'f>,
    ) -> Run<'a, 'f> {
        let participants = match &instance.parent {
            Some(parent) if parent.readers_up => participants(&instance),
            Some(_) | None => BTreeSet::new(),
        };
        Run {
            process,
            participants,
            instance,
            actor,
            fresh,
            bytes: None,
            meter: Meter::new(THOUGHT),
            changed: false,
            assigned: None,
            resume: None,
            carried: Vec::new(),
            skipped: None,
            missing: HashMap::new(),
            events: Vec::with_capacity(8),
            queue: VecDeque::new(),
            later: VecDeque::new(),
            spent: 0,
        }
    }

    /// Runs to rest: every event of the transition.
    pub(super) fn finish(mut self) -> Vec<Event> {
        loop {
            element::condition::judge(&mut self);
            while let Some(token) = self.next() {
                self.step(token);
                element::condition::judge(&mut self);
            }
            // Whether a token can still come to a join is known when nothing else moves.
            let moved = element::ad_hoc::next(&mut self)
                || element::complex::fire(&mut self)
                || element::inclusive::fire(&mut self);
            if !moved {
                break;
            }
        }
        self.rest()
    }

    /// Every event of the transition so far: nothing moves on.
    pub(super) fn rest(mut self) -> Vec<Event> {
        lists::refresh(&mut self);
        self.tell_participants();
        self.events
    }

    /// The token to move next. What tells others something moves when all the others have come to where they wait: of
    /// branches that run side by side, the one that throws should not be too early for the one that catches.
    fn next(&mut self) -> Option<TokenId> {
        while let Some(token) = self.queue.pop_front() {
            let tells = self.instance.token(token).is_some_and(|held| {
                matches!(
                    &self.process.element(held.element).kind,
                    Kind::Throw(throw) | Kind::End(throw) if throw.tells()
                )
            });
            if !tells {
                return Some(token);
            }
            self.later.push_back(token);
        }
        self.later.pop_front()
    }

    /// What called the instance is told who takes part in it, where the model has it that they read there.
    fn tell_participants(&mut self) {
        let instance = &self.instance;
        let asks = instance.parent.as_ref().is_some_and(|it| it.readers_up);
        if !asks || instance.state != InstanceState::Active {
            return;
        }
        let people = participants(instance);
        if people != self.participants {
            self.emit(Event::Asked(Effect::Participants(people)));
        }
    }

    fn step(&mut self, token: TokenId) {
        // A token may have been cancelled while it waited for its turn.
        let Some(spot) = self.spot(token) else {
            return;
        };
        self.spend(1);
        let stepped = match self.exhausted() {
            Some(message) => Err(spot.trouble(message).of(IncidentKind::Budget)),
            None => element::step(self, spot),
        };
        if let Err(trouble) = stepped {
            self.hold(token, trouble);
        }
    }

    fn exhausted(&self) -> Option<String> {
        if self.spent > BUDGET {
            Some(format!("the run did not come to rest in {BUDGET} steps"))
        } else if self.instance.tokens.len() > TOKENS {
            Some(format!("the instance has more than {TOKENS} tokens"))
        } else {
            None
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.instance.fold(&event);
        self.events.push(event);
    }

    pub(super) fn spend(&mut self, steps: usize) {
        self.spent = self.spent.saturating_add(steps);
    }

    pub(super) fn spot(&self, token: TokenId) -> Option<Spot> {
        self.instance.token(token).map(|held| Spot {
            token,
            element: held.element,
            scope: held.scope,
        })
    }

    /// Now, and the calendar that dates are meant by.
    pub(super) fn clock(&self) -> (Timestamp, &Calendar) {
        (self.fresh.now, &self.fresh.known.calendar)
    }

    pub(super) fn timer_id(&mut self) -> TimerId {
        TimerId((self.fresh.id)())
    }

    /// A new token that runs on by itself.
    pub(super) fn arrive(
        &mut self,
        element: ElementIx,
        scope: ScopeId,
        via: Option<FlowIx>,
        before: &Lists,
    ) {
        let spot = self.enter(element, scope, via, before);
        self.proceed(spot.token);
    }

    /// A new token that the caller moves.
    pub(super) fn enter(
        &mut self,
        element: ElementIx,
        scope: ScopeId,
        via: Option<FlowIx>,
        before: &Lists,
    ) -> Spot {
        let token = TokenId(self.instance.next_token);
        let lists = lists::on_entry(self, element, scope, before);
        self.emit(Event::Entered {
            token,
            element,
            scope,
            via: via.map(|flow| flow.0),
            at: self.fresh.now,
            lists,
        });
        let spot = Spot {
            token,
            element,
            scope,
        };
        self.take_carried(spot);
        spot
    }

    /// An element is done: outputs, then every way out that is open. What cannot be left holds its token.
    pub(super) fn leave(&mut self, spot: Spot) {
        if let Err(trouble) = self.try_leave(spot) {
            self.hold_at(spot.token, trouble, Phase::Leaving);
        }
    }

    /// Leaves an element as if it were done, without its outputs.
    pub(super) fn skip(&mut self, spot: Spot) {
        self.skipped = Some(spot.token);
        self.leave(spot);
        self.skipped = None;
    }

    /// The next assignments for a token leave out so many, which were made before.
    pub(super) fn resume_after(&mut self, token: TokenId, done: usize) {
        self.resume = Some((token, done));
    }

    fn try_leave(&mut self, spot: Spot) -> Result<(), Trouble> {
        let process = self.process;
        let element = process.element(spot.element);
        // What is beside it counts from here on, not its own fields.
        let spot = self.spot(spot.token).unwrap_or(spot);
        if let Some(repeat) = &element.repeat {
            // The rounds have assigned already when the activity as a whole is done.
            if let Some(round) = self.round(spot.token) {
                return element::repeat::done(self, round, repeat);
            }
        } else {
            // An event that has happened already is left as it is entered.
            if self.skipped != Some(spot.token) {
                self.furnish(spot)?;
            }
            self.output(spot, &element.outputs)?;
        }
        let over = element::ad_hoc::over(self, spot)?;
        let ways = match over {
            None => element::gateway::ways(self, spot)?,
            Some(_) => Vec::new(),
        };
        let own = self.instance.has_own(spot.token);
        if own || (element.compensation.is_some() && !self.is_remembered(spot.token)) {
            element::compensation::remember(self, spot)?;
        }
        let lists = self.complete(spot);
        if over == Some(Over::AtOnce) {
            self.cancel_scope(spot.scope, None);
        }
        for way in &ways {
            let target = process.flow(*way).target;
            for _ in 0..element.completion_quantity {
                self.arrive(target, spot.scope, Some(*way), &lists);
            }
        }
        if ways.is_empty() {
            self.settle(spot.scope, lists);
        }
        Ok(())
    }

    /// Takes a token whose element is done, and what it waited for: its lists.
    pub(super) fn complete(&mut self, spot: Spot) -> Lists {
        self.disarm(spot.token, |_| true);
        let held = self.instance.token(spot.token);
        let lists = held.map(|token| token.lists.clone()).unwrap_or_default();
        if self.instance.scope(ScopeId(spot.token.0)).is_some() {
            self.close(ScopeId(spot.token.0));
        }
        self.emit(Event::Completed {
            token: spot.token,
            element: spot.element,
        });
        lists
    }

    /// After a token has ended: a scope without tokens is done.
    pub(super) fn settle(&mut self, scope: ScopeId, lists: Lists) {
        if self
            .instance
            .tokens
            .iter()
            .any(|token| token.scope == scope)
        {
            return;
        }
        if scope == ScopeId::ROOT {
            self.end(InstanceState::Completed, lists);
            return;
        }
        let host = TokenId(scope.0);
        if element::compensation::undoing(self, scope).is_some() {
            self.proceed(host);
            return;
        }
        element::event_sub_process::disarm(self, scope);
        // What has outputs that see what is in it closes its scope when it leaves: a round, and what has fields of its own.
        let host = self.spot(host);
        let closes =
            |host: &Spot| self.round(host.token).is_none() && !self.instance.has_own(host.token);
        if let Some(host) = host.filter(closes) {
            if let Err(trouble) = element::compensation::remember(self, host) {
                self.hold(host.token, trouble);
                return;
            }
            self.close(scope);
        }
        if let Some(host) = host {
            self.leave(host);
        }
    }

    /// Closes a scope: its own fields are gone.
    pub(super) fn close(&mut self, scope: ScopeId) {
        self.emit(Event::ScopeClosed { scope });
        self.bytes = None;
    }

    fn is_remembered(&self, token: TokenId) -> bool {
        let mut known = self.instance.compensable.iter();
        known.any(|done| done.token == token)
    }

    /// Where a token stands if it is one round of an activity that repeats.
    pub(super) fn round(&self, token: TokenId) -> Option<Spot> {
        let held = self.instance.token(token)?;
        self.instance
            .is_round(held)
            .then(|| self.spot(token))
            .flatten()
    }

    /// The tokens that do not move because of incidents.
    pub(super) fn held(&self) -> BTreeSet<TokenId> {
        let incidents = self.instance.incidents.iter();
        let holding = incidents.filter(|incident| incident.phase.holds());
        holding.map(|incident| incident.token).collect()
    }

    /// Lets a token run on by itself.
    pub(super) fn proceed(&mut self, token: TokenId) {
        self.queue.push_back(token);
    }

    pub(super) fn end(&mut self, state: InstanceState, lists: Lists) {
        let outcome = match state {
            InstanceState::Active | InstanceState::Suspended | InstanceState::Completed => {
                Outcome::Completed(self.instance.data.clone())
            }
            InstanceState::Withdrawn | InstanceState::Terminated => Outcome::Ended,
        };
        self.end_with(state, lists, outcome);
    }

    /// Ends the instance; what called it, if something did, is told how.
    pub(super) fn end_with(&mut self, state: InstanceState, lists: Lists, outcome: Outcome) {
        self.disarm(TokenId(ScopeId::ROOT.0), |_| true);
        let at = self.fresh.now;
        self.emit(Event::Ended { state, at, lists });
        if self.instance.parent.is_some() {
            self.emit(Event::Asked(Effect::Return(outcome)));
        }
    }

    /// Takes a token away: what is inside of it first, then what it waits for.
    pub(super) fn cancel(&mut self, spot: Spot) {
        let inside = ScopeId(spot.token.0);
        if self.instance.scope(inside).is_some() {
            self.cancel_scope(inside, None);
            self.close(inside);
        }
        let open = |task: &&Task| task.token == spot.token && task.state.is_open();
        if let Some(task) = self.instance.tasks.iter().find(open).map(|task| task.id) {
            self.emit(Event::Task {
                task,
                event: TaskEvent::Cancelled,
            });
        }
        self.disarm(spot.token, |_| true);
        let mut calls = self.instance.calls.iter();
        if let Some(child) = calls.find(|it| it.token == spot.token).map(|it| it.child) {
            self.emit(Event::CallCleared { child });
            self.emit(Event::Asked(Effect::End(child)));
        }
        if !self.instance.compensable.is_empty() {
            self.bytes = None;
        }
        self.emit(Event::Cancelled {
            token: spot.token,
            element: spot.element,
        });
    }

    /// Takes away every token of a scope, or all but one.
    pub(super) fn cancel_scope(&mut self, scope: ScopeId, except: Option<TokenId>) {
        let tokens: Vec<TokenId> = self
            .instance
            .tokens
            .iter()
            .filter(|token| token.scope == scope && Some(token.id) != except)
            .map(|token| token.id)
            .collect();
        for token in tokens {
            if let Some(spot) = self.spot(token) {
                self.cancel(spot);
            }
        }
    }

    /// Stops waiting for timers, messages and work on a token's behalf, at the events that are asked for.
    pub(super) fn disarm(&mut self, token: TokenId, at: impl Fn(ElementIx) -> bool) {
        while let Some(timer) = self
            .instance
            .timers
            .iter()
            .find(|timer| timer.token == token && at(timer.element))
        {
            self.emit(Event::TimerCleared(timer.id));
        }
        while let Some(wait) = self
            .instance
            .waits
            .iter()
            .find(|wait| wait.token == token && at(wait.element))
        {
            let element = wait.element;
            self.emit(Event::MessageCleared { token, element });
        }
        while let Some(wait) = self
            .instance
            .signals
            .iter()
            .find(|wait| wait.token == token && at(wait.element))
        {
            let element = wait.element;
            self.emit(Event::SignalCleared { token, element });
        }
        while let Some(work) = self
            .instance
            .work
            .iter()
            .find(|work| work.token == token && at(work.element))
        {
            self.emit(Event::WorkCleared(work.id));
        }
        while let Some(waits) = self
            .instance
            .conditions
            .iter()
            .find(|waits| waits.token == token && at(waits.element))
        {
            let element = waits.element;
            self.emit(Event::ConditionCleared { token, element });
        }
        while let Some(part) = self
            .instance
            .happened
            .iter()
            .find(|part| part.token == token && at(part.element))
        {
            let element = part.element;
            self.emit(Event::PartsCleared { token, element });
        }
    }

    /// Holds a token: it stays where it is until somebody looks after it, and then the element begins again.
    pub(super) fn hold(&mut self, token: TokenId, trouble: Trouble) {
        self.hold_at(token, trouble, Phase::Entering);
    }

    /// Holds a token, or says only what is wrong beside it, and what failed there.
    pub(super) fn hold_at(&mut self, token: TokenId, trouble: Trouble, phase: Phase) {
        let done = self
            .assigned
            .filter(|(by, _)| *by == token && phase.holds());
        let kind = match trouble.kind {
            IncidentKind::Expression if self.meter.take_over() => IncidentKind::Budget,
            kind => kind,
        };
        self.emit(Event::IncidentRaised(Incident {
            number: self.instance.next_incident,
            token,
            element: trouble.element,
            at: self.fresh.now,
            message: trouble.message,
            kind,
            phase,
            done: done.map_or(0, |(_, done)| u32::try_from(done).unwrap_or(u32::MAX)),
        }));
    }
}

/// Who has a task in hand, here or in what was called as far as that is told.
fn participants(instance: &Instance) -> BTreeSet<Name> {
    let below = instance.calls.iter().flat_map(|call| &call.readers);
    state::assignees(instance).chain(below).cloned().collect()
}
