//! Work that is done outside: fetched by workers, and told how it went. A worker reads no instance; what it gets of one is
//! what [`WorkView`] holds.

use std::collections::{HashMap, HashSet};

use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::Process;
use docket_domain::engine::command::{Command, Rejection};
use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, WorkId};
use docket_domain::time::Calendar;
use docket_domain::value::Name;
use docket_domain::work::{self, WorkCommand, WorkView};
use docket_infra::store::{FreeWork, Position, Read, Remembered, StoreError, Transition, Write};
use jiff::{SignedDuration, Timestamp};

use super::batch::{Decided, Model};
use super::instance::Idempotency;
use super::{App, AppError, require, retry};

/// Pieces of work that one request fetches at most.
pub const MAX_WORK: usize = 100;
/// Pieces of work that one request passes over at most because they are not to be had after all.
const MAX_PASSED: usize = 1_000;

/// What a worker asks for.
#[derive(Clone, Debug)]
pub struct ActivateRequest {
    /// Work of this type.
    pub kind: Name,
    /// What the worker calls itself.
    pub worker: Name,
    /// So many pieces, [`MAX_WORK`] at most.
    pub max: usize,
    /// For how long; without, as the model says.
    pub lock: Option<SignedDuration>,
    /// Only these fields of the data.
    pub fields: Option<Vec<Name>>,
}

/// What a worker says of work that it has in hand.
#[derive(Clone, Debug)]
pub struct WorkRequest {
    /// Which.
    pub work: WorkId,
    /// What the worker calls itself.
    pub worker: Name,
    /// What.
    pub command: WorkCommand,
    /// Answered once.
    pub once: Option<Idempotency>,
}

/// Work that a worker has in hand.
#[derive(Clone, Debug)]
pub struct Held {
    /// The work, as the worker sees it.
    pub view: WorkView,
    /// The key of its process.
    pub process_key: Name,
    /// The version of its process.
    pub process_version: u32,
}

impl App {
    /// Takes work in hand that is free and for the actor, in one unit of work: nobody else gets any of it while its lock
    /// lasts. Takes the privilege `worker`.
    pub async fn activate_work(
        &self,
        actor: &Actor,
        request: &ActivateRequest,
    ) -> Result<Vec<Held>, AppError> {
        require(actor, Privilege::Worker)?;
        // Who asks in vain does not keep those waiting who write.
        let tx = self.store.read(actor.tenant).await?;
        let now = self.clock.now();
        if !tx.work_times(actor, &request.kind, now).await?.now {
            return Ok(Vec::new());
        }
        drop(tx);
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                let now = self.clock.now();
                let views = self.take_work(&tx, actor, request, now).await?;
                let held = named(&tx, views).await?;
                if !held.is_empty() {
                    tx.commit().await?;
                    self.hub.wake();
                }
                Ok(held)
            })
        })
        .await
    }

    async fn take_work(
        &self,
        tx: &Write,
        actor: &Actor,
        request: &ActivateRequest,
        now: Timestamp,
    ) -> Result<Vec<WorkView>, AppError> {
        let mut taken = Vec::new();
        let mut seen = HashSet::new();
        while taken.len() < request.max && seen.len() < taken.len() + MAX_PASSED {
            let most = request.max - taken.len();
            let free = tx.free_work(actor, &request.kind, now, most, &seen).await?;
            if free.is_empty() {
                break;
            }
            seen.extend(free.iter().map(|one| one.work));
            let mut views = self.take(tx, actor, request, &free, now).await?;
            // In the order in which it was found, whatever it belongs to.
            taken.extend(free.iter().filter_map(|one| views.remove(&one.work)));
        }
        Ok(taken)
    }

    /// Takes what of it there is for the actor, in all of its instances together: nothing in those whose process is suspended.
    async fn take(
        &self,
        tx: &Write,
        actor: &Actor,
        request: &ActivateRequest,
        found: &[FreeWork],
        now: Timestamp,
    ) -> Result<HashMap<WorkId, WorkView>, AppError> {
        let by_instance = by_instance(found);
        let ids: Vec<InstanceId> = by_instance.keys().copied().collect();
        let opened = tx.instances_for_engine(&ids).await?;
        let opened: Vec<Instance> = opened.into_iter().filter_map(usable).collect();
        let models = self
            .models_of(tx, opened.iter().map(|it| it.process))
            .await?;
        let mut decided = Vec::with_capacity(opened.len());
        for before in opened {
            let Some(Model::Usable(model, known)) = models.get(&before.process) else {
                continue;
            };
            let among = by_instance.get(&before.id).map_or(&[][..], Vec::as_slice);
            let work = free_in(model, &before, among, (actor, request), now);
            if work.is_empty() {
                continue;
            }
            let command = Command::Activate {
                actor,
                worker: request.worker.clone(),
                work: work.clone(),
                lock: request.lock,
            };
            // A lock asks nothing of others.
            if let Some(one) = Decided::on(model.clone(), before, &command, known, now)? {
                decided.push((one, work));
            }
        }
        let transitions: Vec<Transition<'_>> =
            decided.iter().map(|(one, _)| one.transition()).collect();
        tx.save_instances(&transitions).await?;
        let names = request.fields.as_deref();
        let calendar = self.calendar(tx).await?;
        let clock = (now, &*calendar);
        let mut views = HashMap::with_capacity(found.len());
        for (Decided { model, after, .. }, work) in &decided {
            for taken in after.work.iter().filter(|one| work.contains(&one.id)) {
                let view = work::view(model, after, taken, actor, names, clock);
                views.insert(taken.id, view);
            }
        }
        Ok(views)
    }

    /// Hears what a worker says of work that it has in hand; the work after it, if it still has it. Takes the privilege
    /// `worker`. Whatever is not there, free or in other hands is the same: not available.
    pub async fn ask_work(
        &self,
        actor: &Actor,
        request: &WorkRequest,
    ) -> Result<(Option<Held>, Position), AppError> {
        require(actor, Privilege::Worker)?;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                let held = tx.held_work(actor, &request.worker, request.work).await?;
                if let Some(once) = &request.once
                    && let Some(made) = tx.recall(actor, said(&request.command), &once.key).await?
                {
                    return match made.request == once.request {
                        true => Ok((None, tx.position().await?)),
                        false => Err(Rejection::WorkDone.into()),
                    };
                }
                let instance = held.ok_or(Rejection::NotInHand)?;
                self.hear(tx, actor, request, instance).await
            })
        })
        .await
    }

    async fn hear(
        &self,
        tx: Write,
        actor: &Actor,
        request: &WorkRequest,
        instance: InstanceId,
    ) -> Result<(Option<Held>, Position), AppError> {
        let before = tx.instance_for_engine(instance).await?;
        let before = before.ok_or(Rejection::NotInHand)?;
        let command = Command::Work {
            actor,
            worker: request.worker.clone(),
            work: request.work,
            command: request.command.clone(),
        };
        let (model, after) = self.decide(&tx, &before, &command).await?;
        if let Some(once) = &request.once {
            let made = Remembered {
                request: once.request,
                instance,
                task: None,
            };
            let (operation, now) = (said(&request.command), self.clock.now());
            tx.remember(actor, operation, &once.key, &made, now).await?;
        }
        let calendar = self.calendar(&tx).await?;
        let clock = (self.clock.now(), &*calendar);
        let still = still_held(&model, &after, actor, request, clock);
        let still = named(&tx, still.into_iter().collect()).await?.pop();
        let done = self.finish(tx, model, after).await?;
        Ok((still, done.position))
    }
}

/// The work after what was said of it, if the worker still has it in hand.
fn still_held(
    model: &Process,
    after: &Instance,
    actor: &Actor,
    request: &WorkRequest,
    clock: (Timestamp, &Calendar),
) -> Option<WorkView> {
    let work = after.work.iter().find(|work| work.id == request.work)?;
    let lock = work.lock.as_ref()?;
    let mine = lock.user == actor.user && lock.worker == request.worker;
    mine.then(|| work::view(model, after, work, actor, None, clock))
}

/// Under which name it is remembered that something was said.
fn said(command: &WorkCommand) -> &'static str {
    match command {
        WorkCommand::Complete { .. } => "completeWork",
        WorkCommand::Throw { .. } => "throwWorkError",
        WorkCommand::Fail { .. } => "failWork",
        WorkCommand::Extend { .. } => "extendWorkLock",
    }
}

fn by_instance(found: &[FreeWork]) -> HashMap<InstanceId, Vec<WorkId>> {
    let mut all: HashMap<InstanceId, Vec<WorkId>> = HashMap::new();
    for one in found {
        all.entry(one.instance).or_default().push(one.work);
    }
    all
}

/// What of this work the rules give to whoever asks.
fn free_in(
    model: &Process,
    instance: &Instance,
    among: &[WorkId],
    (actor, request): (&Actor, &ActivateRequest),
    now: Timestamp,
) -> Vec<WorkId> {
    let by = (actor, &request.worker);
    let work = instance.work.iter();
    work.filter(|one| among.contains(&one.id) && work::free_at(instance, one).is_some())
        .filter(|one| work::lock(model, instance, one, by, request.lock, now).is_some())
        .map(|one| one.id)
        .collect()
}

/// An instance that does not open is passed over, so that what stands behind its work is fetched; the operator is told.
fn usable((id, found): (InstanceId, Result<Instance, StoreError>)) -> Option<Instance> {
    found
        .inspect_err(|error| {
            tracing::error!(instance.id = %id, %error, "the work of an instance is passed over");
        })
        .ok()
}

/// Says of which process each is.
async fn named(tx: &Read, views: Vec<WorkView>) -> Result<Vec<Held>, AppError> {
    let ids: HashSet<_> = views.iter().map(|view| view.process).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let processes = tx.processes_by_id(&ids).await?;
    views
        .into_iter()
        .map(|view| {
            let gone = AppError::Model(view.process);
            let process = processes.get(&view.process).ok_or(gone)?;
            Ok(Held {
                process_key: process.key.clone(),
                process_version: process.version,
                view,
            })
        })
        .collect()
}
