//! One instance on stage: commands in, events out in short form, and what must hold after each of them checked.
//!
//! ```text
//!  >a entered   <a completed   xa cancelled   [s opened   ]s closed     task:a  done:a  gone:a  claimed:a …
//!  +a remembered  Thrown:2 begins to compensate two   undo:a
//!  timer:b set  clear:b        wait:m  unwait:m           f=1           !a: message               ended:Completed
//! ```

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::build::Build;
use crate::access::{Actor, Privilege};
use crate::bpmn::{ElementIx, Kind, Process};
use crate::engine::call::Outcome;
use crate::engine::command::{Begin, Command, Fresh, Known, Rejection, Start, Starter};
use crate::engine::effect::Effect;
use crate::engine::event::Event;
use crate::engine::instance::{Instance, InstanceState, PendingTimer, ScopeId, TokenId};
use crate::engine::{decide, start};
use crate::history;
use crate::ids::{InstanceId, ProcessId, TenantId, WorkId};
use crate::task::{Task, TaskCommand, TaskEvent};
use crate::value::{Data, Name, Value, data_from_json};
use crate::work::WorkEvent;

pub(super) struct Play {
    pub process: Process,
    pub instance: Instance,
    pub now: Timestamp,
    next_id: u128,
    blank: Instance,
    history: Vec<Vec<Event>>,
    /// What is remembered of it.
    pub remembered: Vec<history::Entry>,
}

pub(super) fn person(name: &str) -> Actor {
    actor(name, &[])
}

pub(super) fn actor(name: &str, roles: &[&str]) -> Actor {
    Actor::new(
        TenantId(Uuid::nil()),
        Name::from(name),
        [],
        roles.iter().map(|role| Name::from(*role)),
        [Privilege::User, Privilege::Instantiator],
    )
}

pub(super) fn administrator() -> Actor {
    let privileges = [Privilege::Administrator];
    Actor::new(
        TenantId(Uuid::nil()),
        Name::from("adam"),
        [],
        [],
        privileges,
    )
}

pub(super) fn data(json: serde_json::Value) -> Data {
    data_from_json(&json).unwrap()
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn plain_start() -> Start {
    Start {
        id: InstanceId(Uuid::nil()),
        process: ProcessId(Uuid::nil()),
        begin: Begin::Plain,
        business_key: None,
        data: Data::new(),
    }
}

impl Play {
    /// Started by ann without data.
    pub(super) fn new(build: Build) -> (Play, String) {
        Play::with(build, json!({}))
    }

    /// Started by ann with data.
    pub(super) fn with(build: Build, json: serde_json::Value) -> (Play, String) {
        let begin = Start {
            data: data(json),
            ..plain_start()
        };
        Play::start(build, &begin, &person("ann")).unwrap()
    }

    /// Started at noon on 2026-01-01.
    pub(super) fn start(
        build: Build,
        begin: &Start,
        actor: &Actor,
    ) -> Result<(Play, String), Rejection> {
        Play::start_by(build, begin, Starter::Person(actor))
    }

    pub(super) fn start_by(
        build: Build,
        begin: &Start,
        by: Starter<'_>,
    ) -> Result<(Play, String), Rejection> {
        let now = at("2026-01-01T12:00:00Z");
        let mut next_id = 1_u128;
        let (blank, events) = start(
            &build.process,
            begin,
            by,
            &mut Fresh {
                now,
                id: &mut || fresh(&mut next_id),
                known: &Known::default(),
            },
        )?;
        let mut play = Play {
            process: build.process,
            instance: blank.clone(),
            now,
            next_id,
            blank,
            history: Vec::new(),
            remembered: Vec::new(),
        };
        let trace = play.apply(events);
        Ok((play, trace))
    }

    pub(super) fn advance(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
    }

    pub(super) fn command(&mut self, command: &Command<'_>) -> Result<String, Rejection> {
        let events = self.judge(command)?;
        Ok(self.apply(events))
    }

    /// What would happen.
    pub(super) fn judge(&mut self, command: &Command<'_>) -> Result<Vec<Event>, Rejection> {
        let mut next_id = self.next_id;
        let before = self.instance.clone();
        let events = decide(
            &self.process,
            &self.instance,
            command,
            &mut Fresh {
                now: self.now,
                id: &mut || fresh(&mut next_id),
                known: &Known::default(),
            },
        )?;
        assert_eq!(before, self.instance);
        self.next_id = next_id;
        Ok(events)
    }

    pub(super) fn task_command(
        &mut self,
        actor: &Actor,
        id: &str,
        command: TaskCommand,
    ) -> Result<String, Rejection> {
        let task = self.task(id).id;
        self.command(&Command::Task {
            task,
            actor,
            command,
            expected_revision: None,
        })
    }

    /// By ann.
    pub(super) fn complete(&mut self, id: &str) -> String {
        self.complete_with(id, json!({})).unwrap()
    }

    /// By ann.
    pub(super) fn complete_with(
        &mut self,
        id: &str,
        json: serde_json::Value,
    ) -> Result<String, Rejection> {
        let command = TaskCommand::Complete {
            data: data(json),
            outcome: None,
        };
        self.task_command(&person("ann"), id, command)
    }

    /// By ann.
    pub(super) fn message(&mut self, name: &str) -> Result<String, Rejection> {
        self.message_with(name, None, json!({}))
    }

    /// By ann.
    pub(super) fn message_with(
        &mut self,
        name: &str,
        correlation: Option<Value>,
        json: serde_json::Value,
    ) -> Result<String, Rejection> {
        self.command(&Command::Message {
            actor: &person("ann"),
            name: Name::from(name),
            correlation,
            data: data(json),
        })
    }

    /// When it is due.
    pub(super) fn fire(&mut self, id: &str) -> String {
        let timer = self.timer(id).clone();
        self.now = self.now.max(timer.due_at);
        self.command(&Command::Fire(timer.id)).unwrap()
    }

    pub(super) fn timer(&self, id: &str) -> &PendingTimer {
        let element = self.process.by_id[id];
        let mut timers = self.instance.timers.iter();
        timers.find(|timer| timer.element == element).unwrap()
    }

    /// The oldest open task at an element, else the last closed one.
    pub(super) fn task(&self, id: &str) -> &Task {
        let element = self.process.by_id[id];
        let tasks = || {
            let tasks = self.instance.tasks.iter();
            tasks.filter(|task| task.element == element)
        };
        tasks()
            .find(|task| task.state.is_open())
            .or_else(|| tasks().next_back())
            .unwrap()
    }

    /// The elements at which tokens stand.
    pub(super) fn stands(&self) -> Vec<&str> {
        let tokens = self.instance.tokens.iter();
        tokens.map(|token| self.id(token.element)).collect()
    }

    pub(super) fn field(&self, name: &str) -> serde_json::Value {
        self.instance
            .data
            .get(name)
            .map_or(serde_json::Value::Null, Value::to_json)
    }

    pub(super) fn is_over(&self) -> bool {
        self.instance.state == InstanceState::Completed
    }

    /// Everything that has happened.
    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.history.iter().flatten()
    }

    fn id(&self, element: ElementIx) -> &str {
        &self.process.element(element).id
    }

    /// What was decided elsewhere happens.
    pub(super) fn follow(&mut self, events: Vec<Event>) -> String {
        self.apply(events)
    }

    /// The element of the first event that has it, in terms of the version that the instance runs now.
    fn first_at(&self, find: impl Fn(&Event) -> Option<ElementIx>) -> ElementIx {
        let mut found = None;
        for event in self.events() {
            if let Event::Migrated(migrated) = event {
                found = found.map(|ix| migrated.elements.get(&ix).copied().unwrap_or(ix));
            } else if found.is_none() {
                found = find(event);
            }
        }
        found.unwrap()
    }

    fn apply(&mut self, events: Vec<Event>) -> String {
        let before = self.instance.clone();
        self.instance.apply(&events);
        let entries = history::entries(&self.process, Some(&before), &events, self.now, None);
        let counted = self.instance.history - before.history;
        assert_eq!(entries.len(), counted as usize, "each entry is counted");
        self.remembered.extend(entries);
        self.history.push(events);
        let events = self.history.last().unwrap();
        let trace: Vec<String> = events
            .iter()
            .filter_map(|event| self.short(event))
            .collect();
        self.check();
        trace.join(" ")
    }

    /// What holds after every transition.
    fn check(&self) {
        let mut replayed = self.blank.clone();
        for events in &self.history {
            let stored = serde_json::to_string(events).unwrap();
            let events: Vec<Event> = serde_json::from_str(&stored).unwrap();
            replayed.apply(&events);
        }
        assert_eq!(replayed, self.instance, "a replay gives the same state");
        let stored = serde_json::to_string(&self.instance).unwrap();
        let loaded: Instance = serde_json::from_str(&stored).unwrap();
        assert_eq!(loaded, self.instance, "storing loses nothing");

        let instance = &self.instance;
        let held = |token| instance.token(token).is_some();
        let waited = |token, element| match self.process.element(element).kind {
            Kind::EventStart { .. } if token == TokenId(0) => !instance.tokens.is_empty(),
            _ => held(token),
        };
        assert!(
            instance
                .timers
                .iter()
                .all(|timer| waited(timer.token, timer.element))
        );
        assert!(
            instance
                .waits
                .iter()
                .all(|wait| waited(wait.token, wait.element))
        );
        assert!(
            instance
                .conditions
                .iter()
                .all(|waits| waited(waits.token, waits.element))
        );
        assert!(
            instance
                .work
                .iter()
                .all(|work| held(work.token) && work.retries > 0)
        );
        assert!(
            instance
                .signals
                .iter()
                .all(|wait| waited(wait.token, wait.element))
        );
        assert!(
            instance
                .happened
                .iter()
                .all(|part| waited(part.token, part.element))
        );
        assert!(instance.calls.iter().all(|call| held(call.token)));
        assert!(instance.open_tasks().all(|task| held(task.token)));
        assert!(
            instance
                .incidents
                .iter()
                .all(|incident| held(incident.token))
        );
        for token in &instance.tokens {
            let scope = token.scope;
            assert!(scope == ScopeId::ROOT || instance.scope(scope).is_some());
        }
        for gate in &instance.gates {
            assert!(gate.scope == ScopeId::ROOT || instance.scope(gate.scope).is_some());
        }
        for done in &instance.compensable {
            let kept = instance.compensable.iter();
            let around = done.scope == ScopeId::ROOT
                || instance.scope(done.scope).is_some()
                || kept.clone().any(|it| it.token.0 == done.scope.0);
            assert!(around, "what is done is remembered with what is around it");
            assert!(done.claimed.is_none_or(held));
        }
        let running = matches!(
            instance.state,
            InstanceState::Active | InstanceState::Suspended
        );
        assert_eq!(running, !instance.tokens.is_empty());
        assert!(running || instance.scopes.is_empty() && instance.compensable.is_empty());
        assert_eq!(running, instance.ended_at.is_none());
    }

    /// The element of work that was there once.
    fn worked_at(&self, id: WorkId) -> ElementIx {
        self.first_at(|event| {
            let Event::WorkCreated(work) = event else {
                return None;
            };
            (work.id == id).then_some(work.element)
        })
    }

    fn short(&self, event: &Event) -> Option<String> {
        let timer = |id| {
            self.id(self.first_at(|event| {
                let Event::TimerSet(timer) = event else {
                    return None;
                };
                (timer.id == id).then_some(timer.element)
            }))
        };
        let scope = |id: ScopeId| {
            self.id(self.first_at(|event| {
                let Event::Entered { token, element, .. } = event else {
                    return None;
                };
                (token.0 == id.0).then_some(*element)
            }))
        };
        Some(match event {
            Event::Entered { element, .. } => format!(">{}", self.id(*element)),
            Event::Completed { element, .. } => format!("<{}", self.id(*element)),
            Event::Cancelled { element, .. } => format!("x{}", self.id(*element)),
            Event::ScopeOpened { .. } => "[".to_owned(),
            Event::Conversed { key, .. } => format!("key:{key}"),
            Event::Furnished { .. } => "own".to_owned(),
            Event::RoundsOpened { all, .. } => {
                all.map_or("rounds".to_owned(), |all| format!("rounds:{all}"))
            }
            Event::Merged { .. } => "merged".to_owned(),
            Event::TurnTaken { token } => {
                format!("turn:{}", scope(ScopeId(token.0)))
            }
            Event::GatewayStarted(gate) => format!("started:{}", self.id(gate.element)),
            Event::GatewayReset { element, .. } => format!("reset:{}", self.id(*element)),
            Event::Remembered(done) => format!("+{}", self.id(done.element)),
            Event::CompensationBegun { undoing, of, .. } => format!("{undoing:?}:{}", of.len()),
            Event::Compensated { activity, .. } => format!("undo:{}", scope(ScopeId(activity.0))),
            Event::ScopeClosed { scope: id } => format!("]{}", scope(*id)),
            Event::DataSet { field, value, .. } => format!("{field}={}", value.to_json()),
            Event::Relisted { .. } => "relisted".to_owned(),
            Event::TaskCreated(task) => format!("task:{}", self.id(task.element)),
            Event::Task { task, event } => {
                let task = self.instance.task(*task)?;
                format!("{}:{}", short_task(event), self.id(task.element))
            }
            Event::TimerSet(timer) => format!("timer:{}", self.id(timer.element)),
            Event::TimerCleared(id) => format!("clear:{}", timer(*id)),
            Event::MessageAwaited(wait) => format!("wait:{}", wait.name),
            Event::MessageCleared { element, .. } => format!("unwait:{}", self.id(*element)),
            Event::ConditionJudged(judged) => {
                let sign = if judged.held { "true" } else { "false" };
                format!("{sign}:{}", self.id(judged.element))
            }
            Event::ConditionCleared { element, .. } => format!("unjudge:{}", self.id(*element)),
            Event::PartHappened(part) => format!("part:{}", self.id(part.element)),
            Event::PartsCleared { element, .. } => format!("unpart:{}", self.id(*element)),
            Event::SignalAwaited(wait) => format!("hear:{}", wait.name),
            Event::SignalCleared { element, .. } => format!("unhear:{}", self.id(*element)),
            Event::WorkCreated(work) => format!("work:{}", self.id(work.element)),
            Event::Work { work, event } => {
                format!("{}:{}", short_work(event), self.id(self.worked_at(*work)))
            }
            Event::WorkCleared(work) => format!("unwork:{}", self.id(self.worked_at(*work))),
            Event::Called(_) | Event::CallReaders { .. } => return None,
            Event::CallReturned { .. } => "kept".to_owned(),
            Event::CallCleared { .. } => "called".to_owned(),
            Event::Asked(effect) => match effect {
                Effect::Signal { name, .. } => format!("signal:{name}"),
                Effect::Message { name, .. } => format!("message:{name}"),
                Effect::Call(calling) => format!("call:{}", calling.callee),
                Effect::End(_) => "end-call".to_owned(),
                Effect::Return(outcome) => match outcome {
                    Outcome::Completed(_) => "return".to_owned(),
                    Outcome::Error(code) => format!("return:{code}"),
                    Outcome::Ended | Outcome::NotCalled(_) => "return-nothing".to_owned(),
                },
                Effect::Escalate(code) => format!("escalate:{code}"),
                Effect::Participants(people) => {
                    format!("participants:{}", Vec::from_iter(people.clone()).join("+"))
                }
            },
            Event::IncidentRaised(incident) => {
                format!("!{}: {}", self.id(incident.element), incident.message)
            }
            Event::Suspended { .. } => "suspended".to_owned(),
            Event::Resumed { .. } => "resumed".to_owned(),
            Event::Modified { .. } => "modified".to_owned(),
            Event::Migrated(_) => "migrated".to_owned(),
            Event::IncidentRetried { number, .. } => format!("retry:{number}"),
            Event::IncidentResolved { number, .. } => format!("pass:{number}"),
            Event::Ended { state, .. } => format!("ended:{state:?}"),
        })
    }
}

fn short_work(event: &WorkEvent) -> String {
    match event {
        WorkEvent::Locked(lock) => format!("locked({})", lock.worker),
        WorkEvent::Extended { .. } => "extended".to_owned(),
        WorkEvent::Renewed { kind, .. } => format!("renewed({kind})"),
        WorkEvent::Failed { retries, .. } => format!("failed({retries})"),
        WorkEvent::Completed { .. } => "worked".to_owned(),
        WorkEvent::Thrown { .. } => "threw".to_owned(),
    }
}

fn short_task(event: &TaskEvent) -> &'static str {
    match event {
        TaskEvent::Claimed { .. } => "claimed",
        TaskEvent::Unclaimed => "unclaimed",
        TaskEvent::Delegated { .. } => "delegated",
        TaskEvent::Returned { .. } => "returned",
        TaskEvent::Reassigned { .. } => "reassigned",
        TaskEvent::Updated { .. } => "updated",
        TaskEvent::Suspended => "asleep",
        TaskEvent::Resumed => "awake",
        TaskEvent::Commented => "commented",
        TaskEvent::Renewed { .. } => "renewed",
        TaskEvent::Completed { .. } => "done",
        TaskEvent::Cancelled => "gone",
    }
}

fn fresh(next: &mut u128) -> Uuid {
    *next += 1;
    Uuid::from_u128(*next)
}
