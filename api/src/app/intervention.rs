//! What administrators do to running work, and who may write to what is held.

use std::sync::Arc;

use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::Process;
use docket_domain::engine::command::{Command, Fresh, MOST_OPERATIONS, Operation, Rejection};
use docket_domain::engine::effect::Effect;
use docket_domain::engine::instance::Instance;
use docket_domain::engine::{self};
use docket_domain::history;
use docket_domain::ids::InstanceId;
use docket_domain::value::{Data, Name};
use docket_infra::clock::Clock;
use docket_infra::store::{Held, InstanceStatus, Read, Suspension, SuspensionKind};

use super::instance::{Transition, status};
use super::unit::asked;
use super::{App, AppError, Invalid, MAX_REASON, require, retry};

/// What is asked of what holds an instance.
#[derive(Clone, Debug)]
pub struct IncidentRequest {
    /// Which instance.
    pub instance: InstanceId,
    /// Which incident of it; `None` are all.
    pub incident: Option<u32>,
    /// Fields that may mend it.
    pub data: Data,
}

/// What is asked of a modification.
#[derive(Clone, Debug)]
pub struct ModificationRequest {
    /// Which instance.
    pub instance: InstanceId,
    /// What to do, in order; at most so many as [`MOST_OPERATIONS`].
    pub operations: Vec<Operation>,
    /// Why, in the administrator's words.
    pub reason: String,
    /// The revision that the asker has seen.
    pub expected_revision: Option<u32>,
}

impl ModificationRequest {
    fn command<'a>(&self, actor: &'a Actor) -> Result<Command<'a>, AppError> {
        if self.operations.is_empty() || self.operations.len() > MOST_OPERATIONS {
            return Err(Invalid::Operations.into());
        }
        Ok(Command::Modify {
            actor,
            operations: self.operations.clone(),
            reason: required(&self.reason)?,
        })
    }

    async fn subject(&self, tx: &Read, actor: &Actor) -> Result<Instance, AppError> {
        let before = subject(tx, actor, Gate::Administrators, self.instance).await?;
        match self.expected_revision {
            Some(expected) if expected != before.revision => Err(Rejection::Stale {
                expected,
                actual: before.revision,
            }
            .into()),
            Some(_) | None => Ok(before),
        }
    }
}

/// What a modification would do.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The model.
    pub model: Arc<Process>,
    /// What the history would say.
    pub steps: Vec<history::Entry>,
    /// The instance after it.
    pub after: Instance,
    /// What would be asked of others: what those would do is not followed.
    pub asks: Vec<Effect>,
}

/// Whom an intervention is open to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gate {
    /// Administrators, whoever may read the instance.
    Administrators,
    /// Administrators, and who reads the instance; the rules ask for more.
    Readers,
}

impl App {
    /// Tries what holds an instance again, for administrators and for who may write to it.
    pub async fn retry_incident(
        &self,
        actor: &Actor,
        request: &IncidentRequest,
    ) -> Result<Transition, AppError> {
        self.intervene(actor, Gate::Readers, request.instance, || Command::Retry {
            actor,
            incident: request.incident,
            data: request.data.clone(),
        })
        .await
    }

    /// Lets a token pass what holds it. Takes the privilege `administrator`.
    pub async fn resolve_incident(
        &self,
        actor: &Actor,
        instance: InstanceId,
        incident: u32,
        reason: &str,
    ) -> Result<Transition, AppError> {
        require(actor, Privilege::Administrator)?;
        let reason = required(reason)?;
        self.intervene(actor, Gate::Administrators, instance, || Command::Resolve {
            actor,
            incident,
            reason: reason.clone(),
        })
        .await
    }

    /// Stops an instance for the time being. Takes the privilege `administrator`.
    pub async fn suspend_instance(
        &self,
        actor: &Actor,
        instance: InstanceId,
        reason: Option<&str>,
    ) -> Result<Transition, AppError> {
        require(actor, Privilege::Administrator)?;
        let reason = optional(reason)?;
        self.intervene(actor, Gate::Administrators, instance, || Command::Suspend {
            actor,
            reason: reason.clone(),
        })
        .await
    }

    /// Lets an instance go on. Takes the privilege `administrator`.
    pub async fn resume_instance(
        &self,
        actor: &Actor,
        instance: InstanceId,
        reason: Option<&str>,
    ) -> Result<Transition, AppError> {
        require(actor, Privilege::Administrator)?;
        let reason = optional(reason)?;
        let command = &Command::Resume { actor, reason };
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                let before = subject(&tx, actor, Gate::Administrators, instance).await?;
                let (model, after) = self.decide(&tx, &before, command).await?;
                tx.wake_deliveries(instance, self.clock.now()).await?;
                self.finish(tx, model, after).await
            })
        })
        .await
    }

    /// Moves an instance by hand. Takes the privilege `administrator`.
    pub async fn modify_instance(
        &self,
        actor: &Actor,
        request: &ModificationRequest,
    ) -> Result<Transition, AppError> {
        require(actor, Privilege::Administrator)?;
        let command = &request.command(actor)?;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                let before = request.subject(&tx, actor).await?;
                let (model, after) = self.decide(&tx, &before, command).await?;
                self.finish(tx, model, after).await
            })
        })
        .await
    }

    /// What moving an instance by hand would do, without doing it. Takes the privilege `administrator`. What it asks of other
    /// instances is said, and not followed.
    pub async fn preview_modification(
        &self,
        actor: &Actor,
        request: &ModificationRequest,
    ) -> Result<Preview, AppError> {
        require(actor, Privilege::Administrator)?;
        let command = request.command(actor)?;
        let tx = self.store.read(actor.tenant).await?;
        let before = request.subject(&tx, actor).await?;
        let model = self.model(&tx, before.process).await?;
        if tx.is_suspended(&model.key, before.process).await? {
            return Err(Rejection::Suspended.into());
        }
        let known = self.known_to(&tx, before.process, &model).await?;
        let now = self.clock.now();
        let fresh = &mut Fresh {
            now,
            id: &mut Clock::fresh_id,
            known: &known,
        };
        let events = engine::decide(&model, &before, &command, fresh)?;
        let steps = history::entries(&model, Some(&before), &events, now, Some(&actor.user));
        let mut after = before;
        after.apply(&events);
        Ok(Preview {
            model,
            steps,
            after,
            asks: asked(&events),
        })
    }

    /// Stops every instance of a process, or of versions of it, and lets no new ones begin, without touching any of them.
    /// Takes the privilege `administrator`.
    pub async fn suspend_process(
        &self,
        actor: &Actor,
        key: &str,
        versions: &[u32],
        reason: Option<&str>,
    ) -> Result<(), AppError> {
        require(actor, Privilege::Administrator)?;
        let suspension =
            &self.suspension(actor, key, versions, SuspensionKind::Suspended, reason)?;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                if !tx.has_process(key, versions).await? {
                    return Err(AppError::NotAvailable);
                }
                if !tx.suspend_process(suspension).await? {
                    return Err(Rejection::Suspended.into());
                }
                tx.commit().await?;
                Ok(())
            })
        })
        .await
    }

    /// Lets the instances of a process, or of versions of it, go on: those that were suspended by the same names. Takes the
    /// privilege `administrator`.
    pub async fn resume_process(
        &self,
        actor: &Actor,
        key: &str,
        versions: &[u32],
        reason: Option<&str>,
    ) -> Result<(), AppError> {
        require(actor, Privilege::Administrator)?;
        let resumption = &self.suspension(actor, key, versions, SuspensionKind::Resumed, reason)?;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                if !tx.has_process(key, versions).await? {
                    return Err(AppError::NotAvailable);
                }
                if !tx.resume_process(resumption).await? {
                    return Err(Rejection::NotSuspended.into());
                }
                tx.wake_deliveries_of(key, self.clock.now()).await?;
                let waited = tx.has_thrown();
                tx.commit().await?;
                // Timers have waited for this.
                self.hub.wake();
                if waited {
                    self.follow_up().await;
                }
                Ok(())
            })
        })
        .await
    }

    fn suspension(
        &self,
        actor: &Actor,
        key: &str,
        versions: &[u32],
        kind: SuspensionKind,
        reason: Option<&str>,
    ) -> Result<Suspension, AppError> {
        let reason = optional(reason)?;
        Ok(Suspension {
            process_key: Name::from(key),
            versions: versions.to_vec(),
            kind,
            by: actor.user.clone(),
            at: self.clock.now(),
            reason: reason.map(|reason| Arc::from(&*reason)),
        })
    }

    async fn intervene<'a>(
        &self,
        actor: &Actor,
        gate: Gate,
        id: InstanceId,
        command: impl Fn() -> Command<'a> + Send + Sync,
    ) -> Result<Transition, AppError> {
        let command = &command;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                let before = subject(&tx, actor, gate, id).await?;
                let (model, after) = self.decide(&tx, &before, &command()).await?;
                self.finish(tx, model, after).await
            })
        })
        .await
    }
}

/// The instance that an administrator names, or that a reader reads.
async fn subject(
    tx: &Read,
    actor: &Actor,
    gate: Gate,
    id: InstanceId,
) -> Result<Instance, AppError> {
    let read = match gate {
        Gate::Administrators => None,
        Gate::Readers => tx.instance(actor, id).await?,
    };
    let found = match read {
        None if actor.has(Privilege::Administrator) => tx.instance_for_engine(id).await?,
        read => read,
    };
    found.ok_or(AppError::NotAvailable)
}

/// A reason that may be given; a blank one is none.
pub(super) fn optional(reason: Option<&str>) -> Result<Option<Name>, AppError> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    if reason.is_some_and(|reason| reason.chars().count() > MAX_REASON) {
        return Err(Invalid::Reason.into());
    }
    Ok(reason.map(Name::from))
}

/// A reason that must be given.
pub(super) fn required(reason: &str) -> Result<Name, AppError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return Err(Invalid::ReasonMissing.into());
    }
    Ok(Name::from(reason))
}

impl Transition {
    /// What an administrator is told of it: no data.
    pub fn status(&self) -> InstanceStatus {
        status(self, None, None)
    }

    /// Where incidents hold the instance after it.
    pub(super) fn held(&self) -> Vec<Held> {
        Held::of(&self.model, &self.instance)
    }
}
