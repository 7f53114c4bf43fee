//! The engine: judges what is asked of an instance and runs it to rest, as BPMN 2.0.2 section 13 says. A pure state
//! machine: no clock, no randomness, no I/O; the same inputs give the same events.
//!
//! ```text
//!              start / decide                                    Instance::apply
//!  Command ──▶ judge ──▶ Run ──▶ Vec<Event> ──────────────▶ Instance, revision + 1
//!                │        │
//!            Rejection    │   ┌────────────── queue of tokens ◀─────────────┐
//!                         └──▶│ step one: element/<kind>                    │
//!                             │   waits  ─▶ task, timer, message: it rests  │
//!                             │   leaves ─▶ outputs, ways ─▶ Entered … ─────┘
//!                             │   ends   ─▶ its scope settles: the sub-process leaves, or the instance has ended
//!                             │   cannot ─▶ incident: the token is held where it stands, never lost
//! ```
//!
//! A run steps at most [`BUDGET`] times; what still spins then is held by an incident, so that every transition comes to
//! rest. A rejection leaves no events. An incident goes with its token: when what it held is cancelled or ends, it is over.
//!
//! Fields are written to the nearest scope around the writer that already holds the name, and else to the instance. What an
//! element has for itself is in `own`.

pub mod call;
pub mod command;
pub mod compensable;
pub mod correlation;
pub mod effect;
pub mod event;
pub mod gate;
pub mod incident;
pub mod instance;
pub mod migrate;
pub mod schedule;

mod begin;
mod data;
mod element;
mod intervene;
mod lists;
mod modify;
mod own;
mod pending;
mod run;
mod suspension;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::SignedDuration;

use call::Outcome;
use command::{Begin, Command, Fresh, Rejection, Start, Starter};
use event::Event;
use incident::Phase;
use instance::{Instance, InstanceState, Lists, ScopeId};
use run::Run;

use crate::access::{self, Actor, Principal, Privilege};
use crate::bpmn::{ElementIx, Kind, Process};
use crate::ids::{InstanceId, TaskId, TimerId, WorkId};
use crate::task::{self, TaskCommand, TaskEvent, form};
use crate::value::{Data, Name, Value};
use crate::work::{self, WorkCommand, WorkEvent};

pub use run::BUDGET;

/// Judges a start: the instance before anything happened to it, and what happens.
pub fn start(
    process: &Process,
    start: &Start,
    by: Starter<'_>,
    fresh: &mut Fresh<'_>,
) -> Result<(Instance, Vec<Event>), Rejection> {
    let actor = match by {
        Starter::Person(actor) if !access::instance::may_start(process, actor) => {
            return Err(Rejection::MayNotStart);
        }
        Starter::Person(actor) => Some(actor),
        Starter::System | Starter::Call(_) => None,
    };
    let (initiator, creator) = match by {
        Starter::Person(actor) => {
            let initiator = initiator(process, &start.data, actor)?;
            check_form(process, start)?;
            (initiator, actor.user.clone())
        }
        Starter::System => (Name::from(""), Name::from("")),
        Starter::Call(heir) => (heir.initiator.clone(), heir.creator.clone()),
    };
    let mut blank = blank(start, initiator, creator, fresh);
    let mut before = Lists::default();
    if let Starter::Call(heir) = by {
        blank.parent = Some(heir.parent.clone());
        before.readers = heir.readers.clone();
    }
    let mut run = Run::new(process, blank.clone(), actor, fresh);
    run.write_all(ScopeId::ROOT, &start.data)?;
    initialise(&mut run, process)?;
    if let Begin::Message(name) = &start.begin {
        let named = correlation::given(process, name, &start.data, run.clock());
        run.converse(name, named);
    }
    if let Some(field) = &process.initiator_variable {
        let name = match run.instance.initiator.is_empty() {
            false => Value::Text(run.instance.initiator.clone()),
            true => Value::Null,
        };
        run.write(ScopeId::ROOT, field, name)?;
    }
    let begins = begin::find(&run, &start.begin);
    let Some(first) = begins.first() else {
        return Err(Rejection::NoStart);
    };
    let seed = lists::seed(&run, &before);
    match element::event_sub_process::arm(&mut run, None) {
        Ok(armed) => {
            for event in armed {
                run.emit(event);
            }
            for beginning in &begins {
                beginning.go(&mut run, &seed);
            }
        }
        // As with a sub-process, what cannot be waited for holds the scope before it begins.
        Err(trouble) => {
            let spot = run.enter(first.element(), ScopeId::ROOT, None, &seed);
            run.hold_at(spot.token, trouble, Phase::Opening);
        }
    }
    Ok((blank, run.finish()))
}

/// Judges a command on a running instance and runs it to rest. Changes nothing.
pub fn decide(
    process: &Process,
    instance: &Instance,
    command: &Command<'_>,
    fresh: &mut Fresh<'_>,
) -> Result<Vec<Event>, Rejection> {
    let case = Case { process, instance };
    match command {
        Command::Task {
            task,
            actor,
            command,
            expected_revision,
        } => case.task(*task, actor, command, *expected_revision, fresh),
        Command::UpdateData { actor, data } => case.update_data(actor, data, fresh),
        Command::Message {
            actor,
            name,
            correlation,
            data,
        } => {
            let element = case.may_send(actor)?;
            access::field::check_write(process, instance, actor, element, data)?;
            case.message(Some(actor), name, correlation.as_ref(), data, fresh)
        }
        Command::Fire(timer) => case.fire(*timer, fresh),
        Command::Signal { name, data } => case.signal(name, data, fresh),
        Command::Deliver {
            name,
            correlation,
            data,
        } => {
            case.must_run()?;
            case.message(None, name, correlation.as_ref(), data, fresh)
        }
        Command::Activate {
            actor,
            worker,
            work,
            lock,
        } => case.activate((actor, worker), work, *lock, fresh),
        Command::Work {
            actor,
            worker,
            work,
            command,
        } => case.work((actor, worker), *work, command, fresh),
        Command::Returned(calls) => case.returned(calls, fresh),
        Command::Escalated { child, codes } => case.escalated(*child, codes, fresh),
        Command::Participants { child, people } => case.participants(*child, people, fresh),
        Command::Abandon => {
            case.must_live()?;
            Ok(case.end(InstanceState::Terminated, None, fresh))
        }
        Command::Retry {
            actor,
            incident,
            data,
        } => case.retry(actor, *incident, data, fresh),
        Command::Resolve {
            actor,
            incident,
            reason,
        } => case.resolve(actor, *incident, reason, fresh),
        Command::Suspend { actor, reason } => case.suspend(actor, reason.as_ref(), fresh),
        Command::Resume { actor, reason } => case.resume(actor, reason.as_ref(), fresh),
        Command::Modify {
            actor,
            operations,
            reason,
        } => case.modify(actor, operations, reason, fresh),
        Command::Withdraw(actor) => {
            case.must_run()?;
            if !access::instance::may_withdraw(process, instance, actor) {
                return Err(Rejection::MayNotWithdraw);
            }
            Ok(case.end(InstanceState::Withdrawn, Some(actor), fresh))
        }
        Command::Terminate(actor) => {
            if !actor.has(Privilege::Administrator) {
                return Err(Rejection::Privilege(Privilege::Administrator));
            }
            case.must_live()?;
            Ok(case.end(InstanceState::Terminated, Some(actor), fresh))
        }
    }
}

/// What a command is judged against.
#[derive(Clone, Copy)]
struct Case<'a> {
    process: &'a Process,
    instance: &'a Instance,
}

impl<'a> Case<'a> {
    fn must_run(&self) -> Result<(), Rejection> {
        match self.instance.state {
            InstanceState::Active => Ok(()),
            InstanceState::Suspended => Err(Rejection::Suspended),
            InstanceState::Completed | InstanceState::Withdrawn | InstanceState::Terminated => {
                Err(Rejection::Ended)
            }
        }
    }

    /// What is suspended can be ended all the same.
    fn must_live(&self) -> Result<(), Rejection> {
        match self.must_run() {
            Ok(()) | Err(Rejection::Suspended) => Ok(()),
            refused => refused,
        }
    }

    /// What is over knows by itself that nothing waits any more.
    fn must_be_awake(&self) -> Result<(), Rejection> {
        match self.instance.state == InstanceState::Suspended {
            true => Err(Rejection::Suspended),
            false => Ok(()),
        }
    }

    fn run<'f>(&self, actor: Option<&'a Actor>, fresh: &'a mut Fresh<'f>) -> Run<'a, 'f> {
        Run::new(self.process, self.instance.clone(), actor, fresh)
    }

    fn task<'f>(
        &self,
        id: TaskId,
        actor: &'a Actor,
        command: &TaskCommand,
        expected_revision: Option<u32>,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        let task = self.instance.task(id).ok_or(Rejection::TaskClosed)?;
        let happened = task::decide(
            self.process,
            self.instance,
            task,
            actor,
            command,
            expected_revision,
        )?;
        let mut run = self.run(Some(actor), fresh);
        let mut completed = false;
        for event in happened {
            completed |= matches!(event, TaskEvent::Completed { .. });
            run.emit(Event::Task { task: id, event });
        }
        if completed && let TaskCommand::Complete { data, outcome } = command {
            element::user_task::complete(&mut run, task, data, outcome.as_ref())?;
        }
        Ok(run.finish())
    }

    fn update_data<'f>(
        &self,
        actor: &'a Actor,
        data: &Data,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        self.must_run()?;
        if !access::instance::may_write(self.process, self.instance, actor) {
            return Err(Rejection::NotWriter);
        }
        access::field::check_write(self.process, self.instance, actor, None, data)?;
        let mut run = self.run(Some(actor), fresh);
        run.write_all(ScopeId::ROOT, data)?;
        Ok(run.finish())
    }

    /// Who may write may send messages, and so may the assignee of an open task: the element of that task.
    fn may_send(&self, actor: &Actor) -> Result<Option<ElementIx>, Rejection> {
        self.must_run()?;
        if access::instance::may_write(self.process, self.instance, actor) {
            return Ok(None);
        }
        self.instance
            .open_tasks()
            .find(|task| task.assignee.as_ref() == Some(&actor.user))
            .map(|task| Some(task.element))
            .ok_or(Rejection::NotWriter)
    }

    /// One message is for one wait: the oldest that it fits.
    fn message<'f>(
        &self,
        actor: Option<&'a Actor>,
        name: &Name,
        correlation: Option<&Value>,
        data: &Data,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        let mut run = self.run(actor, fresh);
        if !element::message::deliver(&mut run, name, correlation, data)? {
            return Err(Rejection::NotWaiting(name.clone()));
        }
        Ok(run.finish())
    }

    fn fire<'f>(&self, id: TimerId, fresh: &'a mut Fresh<'f>) -> Result<Vec<Event>, Rejection> {
        self.must_be_awake()?;
        let mut timers = self.instance.timers.iter();
        let timer = timers
            .find(|timer| timer.id == id)
            .ok_or(Rejection::NoTimer)?;
        let mut run = self.run(None, fresh);
        element::wait::fired(&mut run, timer);
        Ok(run.finish())
    }

    /// A signal is for every event that waits for it; its fields are written for each.
    fn signal<'f>(
        &self,
        name: &Name,
        data: &Data,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        self.must_run()?;
        let mut run = self.run(None, fresh);
        if element::signal::hear(&mut run, name, data)? == 0 {
            return Err(Rejection::NotWaiting(name.clone()));
        }
        Ok(run.finish())
    }

    fn returned<'f>(
        &self,
        calls: &[(InstanceId, Outcome)],
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        self.must_be_awake()?;
        let mut run = self.run(None, fresh);
        let mut waited = false;
        for (child, outcome) in calls {
            // One that came back before may have taken this one away.
            let call = run.instance.call_of(*child).cloned();
            if let Some(call) = call.filter(|call| call.returned.is_none()) {
                element::call_activity::returned(&mut run, &call, outcome);
                waited = true;
            }
        }
        waited.then(|| run.finish()).ok_or(Rejection::NoCall)
    }

    fn escalated<'f>(
        &self,
        child: InstanceId,
        codes: &[Name],
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        self.must_be_awake()?;
        let call = self.instance.call_of(child).ok_or(Rejection::NoCall)?;
        let mut run = self.run(None, fresh);
        for code in codes {
            // One that interrupts has taken the call away from those behind it.
            if run.instance.call_of(child).is_some() {
                element::call_activity::escalated(&mut run, call, code);
            }
        }
        Ok(run.finish())
    }

    fn participants<'f>(
        &self,
        child: InstanceId,
        people: &BTreeSet<Name>,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        let call = self.instance.call_of(child).ok_or(Rejection::NoCall)?;
        // What was called goes by the model that called it; the instance may be in another version by now.
        let kind = &self.process.element(call.element).kind;
        let up = matches!(kind, Kind::Call(call) if call.readers_up);
        let mut run = self.run(None, fresh);
        run.emit(Event::CallReaders {
            child,
            readers: people.iter().filter(|_| up).cloned().collect(),
        });
        Ok(run.finish())
    }

    fn activate<'f>(
        &self,
        by: (&'a Actor, &Name),
        asked: &[WorkId],
        lock: Option<SignedDuration>,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        if !by.0.has(Privilege::Worker) {
            return Err(Rejection::Privilege(Privilege::Worker));
        }
        self.must_run()?;
        let now = fresh.now;
        let mut run = self.run(Some(by.0), fresh);
        let among = self.instance.work.iter();
        for work in among.filter(|work| asked.contains(&work.id)) {
            let locked = work::lock(self.process, self.instance, work, by, lock, now);
            if let Some(event) = locked {
                let work = work.id;
                run.emit(Event::Work { work, event });
            }
        }
        Ok(run.finish())
    }

    fn work<'f>(
        &self,
        by: (&'a Actor, &Name),
        id: WorkId,
        command: &WorkCommand,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        if !by.0.has(Privilege::Worker) {
            return Err(Rejection::Privilege(Privilege::Worker));
        }
        let mut pending = self.instance.work.iter();
        let work = pending.find(|work| work.id == id);
        let work = work.ok_or(Rejection::NotInHand)?;
        let event = work::decide(self.process, self.instance, work, by, command, fresh.now)?;
        self.must_run()?;
        let mut run = self.run(Some(by.0), fresh);
        let given_up = matches!(event, WorkEvent::Failed { retries: 0, .. });
        run.emit(Event::Work { work: id, event });
        match command {
            WorkCommand::Complete { data } => element::work::complete(&mut run, work, data)?,
            WorkCommand::Throw { code, data } => element::work::threw(&mut run, work, code, data)?,
            WorkCommand::Fail { .. } if given_up => element::work::given_up(&mut run, work),
            WorkCommand::Fail { .. } | WorkCommand::Extend { .. } => {}
        }
        Ok(run.finish())
    }

    /// Ends everything. Who could read any of the last states reads how it ended.
    fn end<'f>(
        &self,
        state: InstanceState,
        actor: Option<&'a Actor>,
        fresh: &'a mut Fresh<'f>,
    ) -> Vec<Event> {
        let lists = lists::union(
            access::instance::leaves(self.instance).map(|token| &token.lists),
            &self.instance.initiator,
        );
        let mut run = self.run(actor, fresh);
        run.cancel_scope(ScopeId::ROOT, None);
        run.end(state, lists);
        run.finish()
    }
}

/// Gives data objects and properties of the process what they begin with, where the start has not said it.
fn initialise(run: &mut Run<'_, '_>, process: &Process) -> Result<(), Rejection> {
    for initial in &process.initial {
        if run.instance.data.contains_key(&initial.field) {
            continue;
        }
        let value = run.eval(ScopeId::ROOT, &initial.value);
        let value = value.map_err(|_| Rejection::FieldInvalid {
            field: initial.field.clone(),
            reason: "has no first value".to_owned(),
        })?;
        run.put(ScopeId::ROOT, &initial.field, value)?;
    }
    Ok(())
}

/// Whose case it is: the actor's own, or that of the person in the process's initiator field. The field is an argument of
/// the request, so naming anybody else takes the role `actOnBehalf`, for every process or for this one.
fn initiator(process: &Process, data: &Data, actor: &Actor) -> Result<Name, Rejection> {
    let Some((field, value)) = process
        .initiator_field
        .as_ref()
        .and_then(|field| data.get_key_value(field))
    else {
        return Ok(actor.user.clone());
    };
    let name = match value {
        Value::Null => return Ok(actor.user.clone()),
        Value::Text(name) if name.trim().is_empty() => return Ok(actor.user.clone()),
        Value::Text(name) => Name::from(name.trim()),
        Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => {
            return Err(Rejection::FieldInvalid {
                field: field.clone(),
                reason: "must be the name of a user".to_owned(),
            });
        }
    };
    let general = Principal::Role(Name::from("actOnBehalf"));
    let special = Principal::Role(Name::from(format!("actOnBehalf:{}", process.key)));
    if name == actor.user || actor.is(&general) || actor.is(&special) {
        Ok(name)
    } else {
        Err(Rejection::OnBehalf)
    }
}

/// With a form, a person sends only what it asks for, and all of it. Whose case it is, is no question of the form's.
fn check_form(process: &Process, start: &Start) -> Result<(), Rejection> {
    let form = process.start_form.as_ref();
    let schema = form.and_then(|form| form.schema.as_ref());
    let (Begin::Plain, Some(schema)) = (&start.begin, schema) else {
        return Ok(());
    };
    let mut data = start.data.clone();
    if let Some(field) = &process.initiator_field
        && !form::fields(schema).contains(field)
    {
        data.remove(field);
    }
    form::check(schema, &data, &[], true)
}

fn blank(start: &Start, initiator: Name, created_by: Name, fresh: &Fresh<'_>) -> Instance {
    Instance {
        id: start.id,
        process: start.process,
        state: InstanceState::Active,
        business_key: start.business_key.clone(),
        initiator,
        created_by,
        started_at: fresh.now,
        ended_at: None,
        data: Data::new(),
        tokens: VecDeque::new(),
        // 0 is the root's number as a scope.
        next_token: 1,
        scopes: Vec::new(),
        tasks: Vec::new(),
        timers: Vec::new(),
        waits: Vec::new(),
        conditions: Vec::new(),
        keys: BTreeMap::new(),
        signals: Vec::new(),
        work: Vec::new(),
        happened: Vec::new(),
        calls: Vec::new(),
        parent: None,
        incidents: Vec::new(),
        next_incident: 1,
        compensable: Vec::new(),
        gates: Vec::new(),
        past: BTreeSet::new(),
        last_lists: Lists::default(),
        history: 0,
        revision: 0,
    }
}
