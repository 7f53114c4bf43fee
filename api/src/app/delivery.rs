//! Signals and messages on their way: thrown in the transaction of whoever throws, and delivered afterwards, each to each
//! in a transaction of its own that removes the delivery. Right after the commit by whoever threw; what is left, by a worker.
//!
//! A message is for the instance that waits longest for it, else for the process that begins with it; if there is neither
//! when it is delivered, it is lost (BPMN 2.0.2, 13.5.1 keeps none). What a called instance tells one that is suspended takes
//! the same way, and waits until that goes on.

use docket_domain::access::{Actor, Privilege};
use docket_domain::engine::command::{Begin, Command, Rejection, Start, Starter};
use docket_domain::engine::correlation;
use docket_domain::engine::effect::Effect;
use docket_domain::ids::{InstanceId, ProcessId};
use docket_domain::value::{Data, Name, Value};
use docket_infra::clock::Clock;
use docket_infra::store::{DueDelivery, Position, Read, Recipient, Thrown, Write};
use jiff::SignedDuration;

use super::instance::{StartRequest, Transition};
use super::unit::Unit;
use super::{App, AppError, require, retry};

/// Throws in answer to throws: what would go on after so many is not thrown any more.
pub(super) const MOST_HOPS: u32 = 32;
/// Deliveries that whoever threw does before they answer.
const FOLLOW_UP: u32 = 64;
/// Rounds of them, for what is thrown in answer.
const FOLLOW_UPS: u32 = 4;
/// Instances that are asked whether the actor may send them a message.
const MOST_ASKED: u32 = 20;

impl App {
    /// Throws a signal for the whole tenant. It writes to instances whoever may read them, so it takes the privilege
    /// `administrator`.
    pub async fn signal(
        &self,
        actor: &Actor,
        name: &Name,
        data: &Data,
    ) -> Result<Position, AppError> {
        require(actor, Privilege::Administrator)?;
        let position = retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move { self.throw_in(tx, name, data).await })
        })
        .await?;
        self.follow_up().await;
        Ok(position)
    }

    async fn throw_in(&self, tx: Write, name: &Name, data: &Data) -> Result<Position, AppError> {
        let thrown = Thrown {
            effect: Effect::Signal {
                name: name.clone(),
                data: data.clone(),
            },
            by: None,
            hops: 0,
        };
        tx.throw(&thrown, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// A message for whoever waits longest for it among those that the actor may send to, else for a process that it begins
    /// and that the actor may start.
    pub async fn correlate_any(
        &self,
        actor: &Actor,
        name: &Name,
        correlation: Option<&Value>,
        request: &StartRequest,
    ) -> Result<Transition, AppError> {
        let done = retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                self.correlate_first(tx, actor, name, correlation, &request.data)
                    .await
            })
        })
        .await?;
        if let Some(done) = done {
            return Ok(done);
        }
        let tx = self.store.read(actor.tenant).await?;
        let beginners = tx.beginners(actor, name, MOST_ASKED).await?;
        let found = tx.processes_by_id(&beginners).await?;
        for id in beginners {
            let Some(record) = found.get(&id) else {
                continue;
            };
            if self.may_start(&tx, actor, record).await? {
                drop(tx);
                let request = StartRequest {
                    process: record.key.clone(),
                    ..request.clone()
                };
                return self.start(actor, &request).await;
            }
        }
        Err(Rejection::NotWaiting(name.clone()).into())
    }

    async fn correlate_first(
        &self,
        tx: Write,
        actor: &Actor,
        name: &Name,
        correlation: Option<&Value>,
        data: &Data,
    ) -> Result<Option<Transition>, AppError> {
        let command = Command::Message {
            actor,
            name: name.clone(),
            correlation: correlation.cloned(),
            data: data.clone(),
        };
        let named = match correlation {
            Some(named) => vec![named.clone()],
            None => {
                let askers = tx.askers(actor, name, MOST_ASKED).await?;
                self.given(&tx, &askers, name, data).await?
            }
        };
        for id in tx.receivers(actor, name, &named, MOST_ASKED).await? {
            let Some(before) = tx.instance(actor, id).await? else {
                continue;
            };
            match self.decide(&tx, &before, &command).await {
                Ok((model, after)) => return self.finish(tx, model, after).await.map(Some),
                Err(AppError::Rejected(Rejection::NotWriter | Rejection::NotWaiting(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// What a message gives of itself to the instances of some versions, each thing once.
    async fn given(
        &self,
        tx: &Read,
        askers: &[ProcessId],
        name: &Name,
        data: &Data,
    ) -> Result<Vec<Value>, AppError> {
        let calendar = self.calendar(tx).await?;
        let mut given = Vec::new();
        for id in askers {
            let model = self.model(tx, *id).await?;
            let value = correlation::given(&model, name, data, (self.clock.now(), &calendar));
            given.extend(value.filter(|value| !given.contains(value)));
        }
        Ok(given)
    }

    /// Delivers what was just thrown, as far as that is soon done; the worker does the rest, also of what fails.
    pub(super) async fn follow_up(&self) {
        for _ in 0..FOLLOW_UPS {
            match self.deliver_due(FOLLOW_UP).await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "what was thrown is left to the worker"
                    );
                    break;
                }
            }
        }
        self.thrown.notify_one();
    }

    /// Does deliveries that are due, each in a transaction of its own; how many were looked at. One that fails is put off,
    /// so that those behind it come next.
    pub async fn deliver_due(&self, limit: u32) -> Result<usize, AppError> {
        let due = self.store.due_deliveries(self.clock.now(), limit).await?;
        for delivery in &due {
            if let Err(error) = self.deliver(delivery).await {
                tracing::warn!(
                    effect.id = %delivery.effect,
                    error = &error as &dyn std::error::Error,
                    "a delivery failed and is put off"
                );
                let pause = SignedDuration::from_secs(1 << delivery.tries.min(11));
                self.store
                    .put_off(delivery, self.clock.now() + pause)
                    .await?;
            }
        }
        Ok(due.len())
    }

    async fn deliver(&self, due: &DueDelivery) -> Result<(), AppError> {
        let delivered = retry(&self.store, due.tenant, move |tx| {
            Box::pin(async move {
                let Some(thrown) = tx.take_delivery(due).await? else {
                    return Ok(());
                };
                // After its return nobody listens to a child any more: what it said before goes first.
                if matches!(thrown.effect, Effect::Return(_)) && tx.is_behind(due).await? {
                    return Err(Rejection::Suspended.into());
                }
                self.deliver_in(&tx, due.to, &thrown).await?;
                tx.commit().await?;
                self.hub.wake();
                Ok(())
            })
        })
        .await;
        let rejection = match delivered {
            // What is suspended takes it when it goes on: until then it is put off.
            Err(AppError::Rejected(rejection)) if rejection != Rejection::Suspended => rejection,
            delivered => return delivered,
        };
        // Who does not take it today does not take it tomorrow: it is over, and nothing of it is kept.
        tracing::debug!(effect.id = %due.effect, %rejection, "a delivery was refused");
        retry(&self.store, due.tenant, move |tx| {
            Box::pin(async move {
                tx.take_delivery(due).await?;
                tx.commit().await?;
                Ok(())
            })
        })
        .await
    }

    async fn deliver_in(&self, tx: &Write, to: Recipient, thrown: &Thrown) -> Result<(), AppError> {
        let hops = thrown.hops;
        match &thrown.effect {
            Effect::Signal { name, data } => match to {
                Recipient::Instance(id) => {
                    let command = Command::Signal {
                        name: name.clone(),
                        data: data.clone(),
                    };
                    self.tell(tx, id, &command, hops).await
                }
                Recipient::Process(id) => {
                    let begin = Begin::Signal(name.clone());
                    self.begin(tx, id, begin, data, hops).await
                }
                Recipient::First => Ok(()),
            },
            Effect::Message {
                name,
                correlation,
                data,
            } => {
                let mut named: Vec<Value> = correlation.iter().cloned().collect();
                if named.is_empty() {
                    let askers = tx.askers_for_engine(name, MOST_ASKED).await?;
                    named = self.given(tx, &askers, name, data).await?;
                }
                let command = Command::Deliver {
                    name: name.clone(),
                    correlation: correlation.clone(),
                    data: data.clone(),
                };
                for id in tx.receivers_for_engine(name, &named, MOST_ASKED).await? {
                    match self.tell(tx, id, &command, hops).await {
                        // What it gives is for the instances of another process.
                        Err(AppError::Rejected(Rejection::NotWaiting(_))) => {}
                        told => return told,
                    }
                }
                match tx.beginner_for_engine(name).await? {
                    Some(id) => {
                        let begin = Begin::Message(name.clone());
                        self.begin(tx, id, begin, data, hops).await
                    }
                    None => Ok(()),
                }
            }
            Effect::Return(outcome) => match (to, thrown.by) {
                (Recipient::Instance(id), Some(child)) => {
                    let command = Command::Returned(vec![(child, outcome.clone())]);
                    self.tell(tx, id, &command, hops).await
                }
                (_, _) => Ok(()),
            },
            Effect::Escalate(code) => match (to, thrown.by) {
                (Recipient::Instance(id), Some(child)) => {
                    let codes = vec![code.clone()];
                    let command = Command::Escalated { child, codes };
                    self.tell(tx, id, &command, hops).await
                }
                (_, _) => Ok(()),
            },
            Effect::Call(_) | Effect::End(_) | Effect::Participants(_) => Ok(()),
        }
    }

    async fn tell(
        &self,
        tx: &Write,
        id: InstanceId,
        command: &Command<'_>,
        hops: u32,
    ) -> Result<(), AppError> {
        let before = tx.instance_for_engine(id).await?;
        let before = before.ok_or(AppError::NotAvailable)?;
        let unit = Unit::of(self, tx).after(hops);
        unit.decide(&before, command).await.map(drop)
    }

    async fn begin(
        &self,
        tx: &Write,
        process: ProcessId,
        begin: Begin,
        data: &Data,
        hops: u32,
    ) -> Result<(), AppError> {
        let model = self.model(tx, process).await?;
        let start = Start {
            id: InstanceId(Clock::fresh_id()),
            process,
            begin,
            business_key: None,
            data: data.clone(),
        };
        let unit = Unit::of(self, tx).after(hops);
        unit.start(model, &start, Starter::System).await.map(drop)
    }
}
