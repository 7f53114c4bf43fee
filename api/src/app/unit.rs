//! One unit of work on instances: a transition, and what it asks of other instances, and what those ask in turn, all in
//! the transaction of the first. Each transition of each instance has a journal entry and a revision of its own.
//!
//! ```text
//!  parent ──Call──▶ child begins … ends ──Return──▶ parent goes on
//!         ──End───▶ child ends            Escalate, Participants ──▶ parent
//! ```
//!
//! Bounded: so many instances begin in one unit at most, with so much data; the calls behind that come back as not called,
//! which is an incident there. Everything else follows from what has begun, and each instance ends once.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use docket_domain::bpmn::Process;
use docket_domain::engine::call::{Calling, NotCalled, Outcome};
use docket_domain::engine::command::{Begin, Command, Fresh, Rejection, Start, Starter};
use docket_domain::engine::effect::Effect;
use docket_domain::engine::event::Event;
use docket_domain::engine::instance::Instance;
use docket_domain::engine::migrate::{Migration, Move, Plan};
use docket_domain::engine::{self};
use docket_domain::ids::InstanceId;
use docket_domain::value::{self, Name};
use docket_domain::{history, journal};
use docket_infra::clock::Clock;
use docket_infra::store::{Thrown, Write};
use jiff::Timestamp;

use super::delivery::MOST_HOPS;
use super::{App, AppError};

/// Instances that are called in one unit at most.
const MOST_CALLED: usize = 1_000;
/// Bytes of data that they are given, all together at most.
const MOST_GIVEN: usize = 64 * 1024 * 1024;

/// One unit of work on instances.
pub(super) struct Unit<'a> {
    app: &'a App,
    tx: &'a Write,
    now: Timestamp,
    /// The instances that it has met, as they are now.
    met: HashMap<InstanceId, (Arc<Process>, Instance)>,
    /// What is asked and not done: by whom, and what.
    asked: VecDeque<(InstanceId, Effect)>,
    called: usize,
    given: usize,
    /// How many throws led here.
    hops: u32,
}

/// An instance that has gone to another version.
pub(super) struct Moved {
    /// The version that it has gone to.
    pub model: Arc<Process>,
    /// The instance.
    pub instance: Instance,
    /// What became of what it stood at and waited for.
    pub plan: Plan,
    /// What is remembered of its transition.
    pub remembered: Vec<history::Entry>,
    /// What that asked of others.
    pub asks: Vec<Effect>,
}

/// What a transition asks to be done outside of its instance.
pub(super) fn asked(events: &[Event]) -> Vec<Effect> {
    let asked = events.iter().filter_map(|event| {
        if let Event::Asked(effect) = event {
            return Some(effect.clone());
        }
        None
    });
    asked.collect()
}

impl<'a> Unit<'a> {
    /// A unit that has done nothing.
    pub fn of(app: &'a App, tx: &'a Write) -> Unit<'a> {
        Unit {
            app,
            tx,
            now: app.clock.now(),
            met: HashMap::new(),
            asked: VecDeque::new(),
            called: 0,
            given: 0,
            hops: 0,
        }
    }

    /// The same, in answer to something that was thrown after so many others.
    pub fn after(self, hops: u32) -> Unit<'a> {
        Unit { hops, ..self }
    }

    /// Begins an instance, and does what follows from it.
    pub async fn start(
        mut self,
        model: Arc<Process>,
        start: &Start,
        by: Starter<'_>,
    ) -> Result<(Arc<Process>, Instance), AppError> {
        self.begin(model, start, by).await?;
        self.settle(start.id).await
    }

    /// Decides on an instance, and does what follows from it.
    pub async fn decide(
        mut self,
        before: &Instance,
        command: &Command<'_>,
    ) -> Result<(Arc<Process>, Instance), AppError> {
        let model = self.app.model(self.tx, before.process).await?;
        self.met.insert(before.id, (model, before.clone()));
        self.tell(before.id, command).await?;
        self.settle(before.id).await
    }

    /// Moves an instance to another version, and does what follows from it: the instance after it, what became of what it
    /// waited for, and what is remembered. The version that it leaves may be suspended, the one that it goes to may not.
    pub async fn migrate(
        mut self,
        before: &Instance,
        (from, to): (Arc<Process>, Arc<Process>),
        migration: &Migration<'_>,
    ) -> Result<Moved, AppError> {
        if self.tx.is_suspended(&to.key, migration.to).await? {
            return Err(Rejection::Suspended.into());
        }
        let known = self.app.known_to(self.tx, migration.to, &to).await?;
        let Move { events, plan } = engine::migrate::migrate(
            &from,
            &to,
            before,
            migration,
            &mut Fresh {
                now: self.now,
                id: &mut Clock::fresh_id,
                known: &known,
            },
        )?;
        let mut after = before.clone();
        after.apply(&events);
        let entry = journal::migrated((&from, before), (&to, &after), self.now);
        let by = Some(&migration.actor.user);
        let remembered = history::entries(&to, Some(before), &events, self.now, by);
        self.tx
            .save_instance(&to, Some(before), &after, &entry, &remembered)
            .await?;
        let asks = asked(&events);
        for event in events {
            if let Event::Asked(effect) = event {
                self.asked.push_back((after.id, effect));
            }
        }
        self.met.insert(after.id, (to, after));
        let (model, instance) = self.settle(before.id).await?;
        Ok(Moved {
            model,
            instance,
            plan,
            remembered,
            asks,
        })
    }

    /// Does everything that is asked; the instance that the unit was about, as it is then.
    async fn settle(mut self, about: InstanceId) -> Result<(Arc<Process>, Instance), AppError> {
        while let Some((asker, effect)) = self.asked.pop_front() {
            match effect {
                Effect::Call(calling) => self.call(asker, *calling).await?,
                Effect::End(child) => self.ask(child, &Command::Abandon).await?,
                Effect::Return(outcome) => self.give_back(asker, outcome).await?,
                Effect::Escalate(code) => {
                    let mut codes = vec![code];
                    while let Some((_, Effect::Escalate(code))) =
                        self.asked.pop_front_if(|(by, effect)| {
                            *by == asker && matches!(effect, Effect::Escalate(_))
                        })
                    {
                        codes.push(code);
                    }
                    self.escalate(asker, codes).await?;
                }
                Effect::Participants(people) => {
                    let child = asker;
                    let participants = Command::Participants { child, people };
                    self.ask_parent(asker, &participants).await?;
                }
                Effect::Signal { .. } | Effect::Message { .. } => {
                    self.throw(asker, effect).await?;
                }
            }
        }
        self.met.remove(&about).ok_or(AppError::NotAvailable)
    }

    /// Throws what is for others, to be delivered after the commit.
    async fn throw(&mut self, by: InstanceId, effect: Effect) -> Result<(), AppError> {
        let thrown = Thrown {
            effect,
            by: Some(by),
            hops: self.hops + 1,
        };
        if thrown.hops > MOST_HOPS {
            tracing::warn!(instance.id = %by, "instances throw in answer to each other: it ends here");
            return Ok(());
        }
        Ok(self.tx.throw(&thrown, self.now).await?)
    }

    /// Calls a process. What cannot be called comes back as such.
    async fn call(&mut self, asker: InstanceId, calling: Calling) -> Result<(), AppError> {
        // What was taken away again before its turn never begins.
        let waits = self.met.get(&asker);
        if waits.is_none_or(|(_, asker)| asker.call_of(calling.child).is_none()) {
            return Ok(());
        }
        let child = calling.child;
        if let Err(why) = self.try_call(asker, calling).await? {
            let returned = vec![(child, Outcome::NotCalled(why))];
            self.ask(asker, &Command::Returned(returned)).await?;
        }
        Ok(())
    }

    async fn try_call(
        &mut self,
        asker: InstanceId,
        calling: Calling,
    ) -> Result<Result<(), NotCalled>, AppError> {
        self.called += 1;
        self.given += value::bytes(&calling.data);
        if self.called > MOST_CALLED || self.given > MOST_GIVEN {
            return Ok(Err(NotCalled::TooMany));
        }
        let Some((_, caller)) = self.met.get(&asker) else {
            return Ok(Ok(()));
        };
        let (caller, key) = (caller.process, &calling.callee);
        let callee = self.tx.callee_for_engine(caller, key, &calling.version);
        let Some(callee) = callee.await? else {
            return Ok(Err(NotCalled::NotPublished));
        };
        let model = match self.app.model(self.tx, callee.id).await {
            Ok(model) => model,
            Err(AppError::Model(_)) => return Ok(Err(NotCalled::Unusable)),
            Err(error) => return Err(error),
        };
        let start = Start {
            id: calling.child,
            process: callee.id,
            begin: Begin::Plain,
            business_key: calling.business_key,
            data: calling.data,
        };
        match self
            .begin(model, &start, Starter::Call(&calling.heir))
            .await
        {
            Ok(()) => Ok(Ok(())),
            Err(AppError::Rejected(Rejection::NoStart)) => Ok(Err(NotCalled::NoStart)),
            Err(AppError::Rejected(Rejection::TooLarge)) => Ok(Err(NotCalled::TooLarge)),
            Err(error) => Err(error),
        }
    }

    /// Gives back to a parent what has come back by now, in one transition: of many calls many may.
    async fn give_back(&mut self, child: InstanceId, outcome: Outcome) -> Result<(), AppError> {
        let Some(parent) = self.parent(child) else {
            return Ok(());
        };
        let mut returned = vec![(child, outcome)];
        let met = &self.met;
        let is_sibling = |by: &InstanceId| {
            let above = met.get(by).and_then(|(_, child)| child.parent.as_ref());
            above.is_some_and(|above| above.instance == parent)
        };
        while let Some((child, Effect::Return(outcome))) = self
            .asked
            .pop_front_if(|(by, effect)| matches!(effect, Effect::Return(_)) && is_sibling(by))
        {
            returned.push((child, outcome));
        }
        let asked = self.ask(parent, &Command::Returned(returned.clone())).await;
        let kept = returned.into_iter();
        let kept = kept.map(|(child, outcome)| (child, Effect::Return(outcome)));
        self.or_later(asked, parent, kept.collect()).await
    }

    /// Keeps what instances tell their parent, if that is suspended: it hears it when it goes on.
    async fn or_later(
        &self,
        asked: Result<(), AppError>,
        parent: InstanceId,
        told: Vec<(InstanceId, Effect)>,
    ) -> Result<(), AppError> {
        let Err(AppError::Rejected(Rejection::Suspended)) = asked else {
            return asked;
        };
        for (child, effect) in told {
            let thrown = Thrown {
                effect,
                by: Some(child),
                hops: self.hops,
            };
            self.tx.throw_to(parent, &thrown, self.now).await?;
        }
        Ok(())
    }

    async fn escalate(&mut self, child: InstanceId, codes: Vec<Name>) -> Result<(), AppError> {
        let Some(parent) = self.parent(child) else {
            return Ok(());
        };
        let kept = codes
            .iter()
            .map(|code| (child, Effect::Escalate(code.clone())));
        let kept = kept.collect();
        let asked = self.ask(parent, &Command::Escalated { child, codes }).await;
        self.or_later(asked, parent, kept).await
    }

    fn parent(&self, child: InstanceId) -> Option<InstanceId> {
        let (_, child) = self.met.get(&child)?;
        child.parent.as_ref().map(|parent| parent.instance)
    }

    async fn ask_parent(
        &mut self,
        child: InstanceId,
        command: &Command<'_>,
    ) -> Result<(), AppError> {
        match self.parent(child) {
            Some(parent) => self.ask(parent, command).await,
            None => Ok(()),
        }
    }

    /// Asks an instance on behalf of another. One that is over, or does not wait for it any more, has nothing to do.
    async fn ask(&mut self, id: InstanceId, command: &Command<'_>) -> Result<(), AppError> {
        if !self.met.contains_key(&id) {
            let Some(instance) = self.tx.instance_for_engine(id).await? else {
                return Ok(());
            };
            let model = self.app.model(self.tx, instance.process).await?;
            self.met.insert(id, (model, instance));
        }
        match self.tell(id, command).await {
            Err(AppError::Rejected(Rejection::NoCall | Rejection::Ended)) => Ok(()),
            told => told,
        }
    }

    /// Decides on an instance that was met.
    async fn tell(&mut self, id: InstanceId, command: &Command<'_>) -> Result<(), AppError> {
        let (model, before) = self.met.get(&id).ok_or(AppError::NotAvailable)?;
        if command.moves() && self.tx.is_suspended(&model.key, before.process).await? {
            return Err(Rejection::Suspended.into());
        }
        let known = self.app.known_to(self.tx, before.process, model).await?;
        let events = engine::decide(
            model,
            before,
            command,
            &mut Fresh {
                now: self.now,
                id: &mut Clock::fresh_id,
                known: &known,
            },
        )?;
        let (model, before) = (model.clone(), before.clone());
        let by = command.actor().map(|actor| &actor.user);
        self.save(model, Some(&before), before.clone(), events, by)
            .await
    }

    async fn begin(
        &mut self,
        model: Arc<Process>,
        start: &Start,
        by: Starter<'_>,
    ) -> Result<(), AppError> {
        if self.tx.is_suspended(&model.key, start.process).await? {
            return Err(Rejection::Suspended.into());
        }
        let known = self.app.known_to(self.tx, start.process, &model).await?;
        let (blank, events) = engine::start(
            &model,
            start,
            by,
            &mut Fresh {
                now: self.now,
                id: &mut Clock::fresh_id,
                known: &known,
            },
        )?;
        let by = match by {
            Starter::Person(actor) => Some(&actor.user),
            Starter::System | Starter::Call(_) => None,
        };
        self.save(model, None, blank, events, by).await
    }

    async fn save(
        &mut self,
        model: Arc<Process>,
        before: Option<&Instance>,
        mut after: Instance,
        events: Vec<Event>,
        by: Option<&Name>,
    ) -> Result<(), AppError> {
        after.apply(&events);
        let entry = journal::entry(&model, before, &after, self.now);
        let remembered = history::entries(&model, before, &events, self.now, by);
        self.tx
            .save_instance(&model, before, &after, &entry, &remembered)
            .await?;
        for event in events {
            if let Event::Asked(effect) = event {
                self.asked.push_back((after.id, effect));
            }
        }
        self.met.insert(after.id, (model, after));
        Ok(())
    }
}
