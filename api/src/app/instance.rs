//! Instances: started, told something, ended.

use std::sync::Arc;

use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::Process;
use docket_domain::engine::command::{Begin, Command, Rejection, Start, Starter};
use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, ProcessId};
use docket_domain::process::{ProcessRejection, ProcessState};
use docket_domain::value::{Data, Name, Value};
use docket_infra::clock::Clock;
use docket_infra::store::{InstanceStatus, Position, Read, Remembered, Write};

use super::intervention::optional;
use super::unit::Unit;
use super::{App, AppError, require, retry};

/// A request that is answered once: who sends it again gets the first answer.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The key that the sender chose.
    pub key: String,
    /// A hash of what is asked.
    pub request: [u8; 32],
}

/// What is asked of a start.
#[derive(Clone, Debug)]
pub struct StartRequest {
    /// The key of the process.
    pub process: Name,
    /// Which version; `None` is the latest published one.
    pub version: Option<u32>,
    /// The message that starts it; `None` begins at the none start event.
    pub message: Option<Name>,
    /// The key that the outside knows it by.
    pub business_key: Option<Name>,
    /// Its first data.
    pub data: Data,
    /// Whose case it is, if not the actor's.
    pub on_behalf_of: Option<Name>,
    /// Answered once.
    pub once: Option<Idempotency>,
}

/// Which running instance is meant.
#[derive(Clone, Debug)]
pub enum Target {
    /// By id.
    Id(InstanceId),
    /// By the key that the outside knows it by.
    BusinessKey {
        /// The key of its process.
        process: Name,
        /// Its own.
        key: Name,
    },
}

/// One transition that was committed.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The model that it ran on.
    pub model: Arc<Process>,
    /// The instance after it, with the tasks that it closed.
    pub instance: Arc<Instance>,
    /// Its place in the journal.
    pub position: Position,
}

impl App {
    /// Starts an instance.
    pub async fn start(
        &self,
        actor: &Actor,
        request: &StartRequest,
    ) -> Result<Transition, AppError> {
        require(actor, Privilege::Instantiator)?;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                if let Some(once) = &request.once
                    && let Some(made) = recall(&tx, actor, "startProcess", once).await?
                {
                    return self.repeat(&tx, made.instance).await;
                }
                self.start_in(tx, actor, request).await
            })
        })
        .await
    }

    async fn start_in(
        &self,
        tx: Write,
        actor: &Actor,
        request: &StartRequest,
    ) -> Result<Transition, AppError> {
        let record = tx
            .process_by_key(actor, &request.process, request.version)
            .await?
            .ok_or(AppError::NotAvailable)?;
        if record.state != ProcessState::Published {
            return Err(ProcessRejection::WrongState(record.state).into());
        }
        let model = self.model(&tx, record.id).await?;
        let start = started(record.id, &model, request)?;
        let by = Starter::Person(actor);
        let (model, instance) = Unit::of(self, &tx).start(model, &start, by).await?;
        if let Some(once) = &request.once {
            let made = Remembered {
                request: once.request,
                instance: instance.id,
                task: None,
            };
            let now = self.clock.now();
            tx.remember(actor, "startProcess", &once.key, &made, now)
                .await?;
        }
        self.finish(tx, model, instance).await
    }

    /// A message for a running instance that the actor may read.
    pub async fn correlate(
        &self,
        actor: &Actor,
        target: &Target,
        name: &Name,
        correlation: Option<&Value>,
        data: &Data,
    ) -> Result<Transition, AppError> {
        self.command(actor, target, None, || Command::Message {
            actor,
            name: name.clone(),
            correlation: correlation.cloned(),
            data: data.clone(),
        })
        .await
    }

    /// Changes fields of a running instance that the actor may read.
    pub async fn update_data(
        &self,
        actor: &Actor,
        id: InstanceId,
        data: &Data,
        expected_revision: Option<u32>,
    ) -> Result<Transition, AppError> {
        self.command(actor, &Target::Id(id), expected_revision, || {
            Command::UpdateData {
                actor,
                data: data.clone(),
            }
        })
        .await
    }

    /// Takes an instance back, for its initiator.
    pub async fn withdraw(
        &self,
        actor: &Actor,
        id: InstanceId,
        expected_revision: Option<u32>,
    ) -> Result<Transition, AppError> {
        self.command(actor, &Target::Id(id), expected_revision, || {
            Command::Withdraw(actor)
        })
        .await
    }

    async fn command<'a>(
        &self,
        actor: &Actor,
        target: &Target,
        expected_revision: Option<u32>,
        command: impl Fn() -> Command<'a> + Send + Sync,
    ) -> Result<Transition, AppError> {
        let command = &command;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                let before = match target {
                    Target::Id(id) => tx.instance(actor, *id).await?,
                    Target::BusinessKey { process, key } => {
                        tx.instance_by_business_key(actor, process, key).await?
                    }
                };
                let before = before.ok_or(AppError::NotAvailable)?;
                if let Some(expected) = expected_revision
                    && expected != before.revision
                {
                    let actual = before.revision;
                    return Err(Rejection::Stale { expected, actual }.into());
                }
                let (model, after) = self.decide(&tx, &before, &command()).await?;
                self.finish(tx, model, after).await
            })
        })
        .await
    }

    /// Ends an instance, whoever may read it, for a reason that the monitor shows. Takes the privilege `administrator`; no
    /// data comes back.
    pub async fn terminate(
        &self,
        actor: &Actor,
        id: InstanceId,
        reason: Option<&str>,
    ) -> Result<(InstanceStatus, Position), AppError> {
        require(actor, Privilege::Administrator)?;
        let reason = &optional(reason)?;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                let before = tx.instance_for_engine(id).await?;
                let before = before.ok_or(AppError::NotAvailable)?;
                let reason = reason.as_deref();
                let command = Command::Terminate(actor);
                let (model, after) = self.decide(&tx, &before, &command).await?;
                tx.save_ended_by(id, &actor.user, reason).await?;
                let done = self.finish(tx, model, after).await?;
                Ok((status(&done, Some(&actor.user), reason), done.position))
            })
        })
        .await
    }

    /// Decides on an instance and saves what follows, there and in others; the caller commits.
    pub(super) async fn decide(
        &self,
        tx: &Write,
        before: &Instance,
        command: &Command<'_>,
    ) -> Result<(Arc<Process>, Instance), AppError> {
        Unit::of(self, tx).decide(before, command).await
    }

    /// Commits, hints to the feed, and delivers what was thrown.
    pub(super) async fn finish(
        &self,
        tx: Write,
        model: Arc<Process>,
        instance: Instance,
    ) -> Result<Transition, AppError> {
        let thrown = tx.has_thrown();
        let position = tx.commit().await?;
        self.hub.wake();
        if thrown {
            self.follow_up().await;
        }
        Ok(Transition {
            model,
            instance: Arc::new(instance),
            position,
        })
    }

    /// The answer to a request that was answered before: what it made, as it is now. As after the first, who asks sees of it
    /// what they may read.
    pub(super) async fn repeat(&self, tx: &Read, id: InstanceId) -> Result<Transition, AppError> {
        let instance = tx.instance_for_engine(id).await?;
        let instance = instance.ok_or(AppError::NotAvailable)?;
        Ok(Transition {
            model: self.model(tx, instance.process).await?,
            instance: Arc::new(instance),
            position: tx.position().await?,
        })
    }
}

/// What the same person made with the same key; refused if it was asked for something else.
pub(super) async fn recall(
    tx: &Read,
    actor: &Actor,
    operation: &str,
    once: &Idempotency,
) -> Result<Option<Remembered>, AppError> {
    let made = tx.recall(actor, operation, &once.key).await?;
    match made {
        Some(made) if made.request != once.request => Err(AppError::KeyReused),
        made => Ok(made),
    }
}

fn started(
    process: ProcessId,
    model: &Process,
    request: &StartRequest,
) -> Result<Start, Rejection> {
    let mut data = request.data.clone();
    if let Some(name) = &request.on_behalf_of {
        let field = model.initiator_field.clone().ok_or(Rejection::OnBehalf)?;
        data.insert(field, Value::text(name.clone()));
    }
    Ok(Start {
        id: InstanceId(Clock::fresh_id()),
        process,
        begin: request.message.clone().map_or(Begin::Plain, Begin::Message),
        business_key: request.business_key.clone(),
        data,
    })
}

pub(super) fn status(
    done: &Transition,
    ended_by: Option<&Name>,
    reason: Option<&str>,
) -> InstanceStatus {
    let instance = &done.instance;
    let open = instance.tasks.iter().filter(|task| task.state.is_open());
    InstanceStatus {
        id: instance.id,
        process: instance.process,
        process_key: done.model.key.clone(),
        state: instance.state,
        started_at: instance.started_at,
        ended_at: instance.ended_at,
        open_tasks: u32::try_from(open.count()).unwrap_or(u32::MAX),
        incidents: u32::try_from(instance.incidents.len()).unwrap_or(u32::MAX),
        held: done.held(),
        ended_by: ended_by.cloned(),
        ended_reason: reason.map(Arc::from),
    }
}
