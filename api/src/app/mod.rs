//! Use cases: one load, decide, save function per noun. Nothing here judges; nothing here knows GraphQL or HTTP.
//!
//! ```text
//!  tx = store.write(tenant)            the unit of work, and the write lock
//!  before = tx.instance(actor, id)?    access is decided in the query
//!  events = engine::decide(…)?         the rules
//!  after = before.apply(&events)
//!  tx.save_instance(…, entry); tx.commit(); hub.wake()
//! ```

use std::sync::Arc;

use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::{self, Problem, Process};
use docket_domain::dmn::Decision;
use docket_domain::engine::command::{Known, Rejection};
use docket_domain::ids::{DecisionId, ProcessId, TenantId};
use docket_domain::value::Name;
use docket_infra::clock::Clock;
use docket_infra::crypto::{Keyring, TenantKeys};
use docket_infra::identity::Bearer;
use docket_infra::store::{ProcessRecord, Read, Store, Write};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use moka::sync::Cache;
use tokio::sync::Notify;

use crate::feed::Hub;

mod batch;
mod calendar;
pub mod decision;
mod delivery;
mod error;
pub mod instance;
pub mod intervention;
pub mod migration;
pub mod process;
mod schedule;
pub mod task;
pub mod timer;
mod unit;
pub mod work;

pub use error::{
    AppError, Invalid, KeyField, MAX_COMMENT, MAX_FIELDS, MAX_KEY, MAX_REASON, MAX_WORKER,
};

/// How often a use case is tried when somebody else was faster.
const TRIES: u32 = 3;
/// Models that are kept resolved, and decisions.
const MODELS: u64 = 1_024;
/// Bytes of findings that are kept.
const FINDINGS: u64 = 8 * 1024 * 1024;

/// Everything that a request needs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The keys.
    pub keyring: Arc<Keyring>,
    /// The time.
    pub clock: Arc<Clock>,
    /// Live subscriptions.
    pub hub: Hub,
    /// Hints that something was thrown and is left to deliver.
    pub thrown: Arc<Notify>,
    models: Cache<ProcessId, Arc<Process>>,
    decisions: Cache<DecisionId, Arc<Decision>>,
    calendars: calendar::Calendars,
    versions: Cache<ProcessId, Arc<ProcessRecord>>,
    findings: Cache<Judged, Arc<[Problem]>>,
}

/// Whose findings are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Judged {
    Process(ProcessId),
    Decision(DecisionId),
}

/// Who asks, and until when the session holds. The protocol layer puts it into the request's data.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Who, as the rules see it.
    pub actor: Actor,
    /// What the tenant is called.
    pub tenant_name: Name,
    /// From this moment on nothing more is answered or delivered.
    pub expires_at: Timestamp,
}

impl App {
    /// An application over a store.
    pub fn new(store: Store, keyring: Arc<Keyring>, clock: Arc<Clock>) -> App {
        App {
            store,
            keyring,
            clock,
            hub: Hub::default(),
            thrown: Arc::default(),
            models: Cache::new(MODELS),
            decisions: Cache::new(MODELS),
            calendars: calendar::calendars(),
            versions: Cache::new(MODELS),
            findings: Cache::builder()
                .weigher(|_, found: &Arc<[Problem]>| weight(found))
                .max_capacity(FINDINGS)
                .build(),
        }
    }

    /// The viewer that a verified token stands for. Makes the tenant on first sight.
    pub async fn viewer(&self, bearer: &Bearer) -> Result<Viewer, AppError> {
        let now = self.clock.now();
        let tenant = self.store.tenant(&bearer.tenant, now).await?;
        Ok(Viewer {
            actor: Actor::new(
                tenant,
                bearer.user.clone(),
                bearer.groups.iter().cloned(),
                bearer.roles.iter().cloned(),
                bearer.privileges.iter().copied(),
            ),
            tenant_name: Name::from(bearer.tenant.as_str()),
            expires_at: bearer.expires_at,
        })
    }

    /// The keys of a tenant, for cursors.
    pub async fn keys(&self, tenant: TenantId) -> Result<Arc<TenantKeys>, AppError> {
        Ok(self.keyring.tenant(tenant).await?)
    }

    /// The executable model of a version, if it is kept: see [`App::model`].
    pub fn model_at_hand(&self, id: ProcessId) -> Option<Arc<Process>> {
        self.models.get(&id)
    }

    /// A version as it was found once: true of what never changes of it, as its key, number and name. After something that
    /// runs it was found to be readable.
    pub fn version_at_hand(&self, id: ProcessId) -> Option<Arc<ProcessRecord>> {
        self.versions.get(&id)
    }

    /// Keeps a version for [`App::version_at_hand`].
    pub fn keep_version(&self, record: &Arc<ProcessRecord>) {
        self.versions.insert(record.id, record.clone());
    }

    /// The executable model of a version. A version never changes its model, so it is kept. For the engine, or after
    /// something that runs it was found to be readable.
    pub async fn model(&self, tx: &Read, id: ProcessId) -> Result<Arc<Process>, AppError> {
        if let Some(model) = self.model_at_hand(id) {
            return Ok(model);
        }
        let gone = || AppError::Model(id);
        let record = tx.processes_by_id(&[id]).await?.remove(&id);
        let key = record.ok_or_else(gone)?.key;
        let xml = tx.model(id).await?.ok_or_else(gone)?;
        let draft = bpmn::read::read_text(&xml).map_err(|_| gone())?;
        let model = Arc::new(bpmn::resolve::resolve(&draft, &key).map_err(|_| gone())?);
        self.models.insert(id, model.clone());
        Ok(model)
    }

    /// What a process refers to by name, as it stands in this transaction.
    async fn known_to(
        &self,
        tx: &Read,
        process: ProcessId,
        model: &Process,
    ) -> Result<Known, AppError> {
        Ok(Known {
            decisions: self.decisions_of(tx, process, model).await?,
            ..self.known(tx).await?
        })
    }
}

/// Runs a unit of work, again if somebody else was faster.
///
/// The future is boxed because those of async closures are not known to be `Send` where resolvers ask for it.
async fn retry<'a, T>(
    store: &Store,
    tenant: TenantId,
    work: impl Fn(Write) -> BoxFuture<'a, Result<T, AppError>>,
) -> Result<T, AppError> {
    let mut tries = 1;
    loop {
        let done = match store.write(tenant).await {
            Ok(tx) => work(tx).await,
            Err(error) => Err(error.into()),
        };
        match done {
            Err(AppError::Conflict) if tries < TRIES => tries += 1,
            done => return done,
        }
    }
}

/// G2 for what has no object yet, or must not be looked up first.
fn require(actor: &Actor, privilege: Privilege) -> Result<(), Rejection> {
    if actor.has(privilege) {
        Ok(())
    } else {
        Err(Rejection::Privilege(privilege))
    }
}

/// About how many bytes findings take.
fn weight(found: &[Problem]) -> u32 {
    let bytes = found.iter().map(|problem| 128 + problem.message.len());
    u32::try_from(64 + bytes.sum::<usize>()).unwrap_or(u32::MAX)
}
