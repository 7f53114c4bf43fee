//! What administrators do to running work, and who may write to what is held.

use docket_domain::access::{Actor, Privilege};
use docket_domain::engine::command::Command;
use docket_domain::engine::instance::Instance;
use docket_domain::ids::InstanceId;
use docket_domain::value::{Data, Name};
use docket_infra::store::{Held, InstanceStatus, Read};

use super::instance::{Transition, status};
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
