//! What a page of rows needs besides, loaded together: one statement for all instances of the page, one for all processes.
//! The loaders belong to one execution and hold its actor. What they loaded they keep until its end, so that one answer says
//! one thing; a subscription lives for hours, and each of its messages is an execution of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use docket_domain::access::Actor;
use docket_domain::bpmn;
use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, ProcessId, TaskId};
use docket_domain::task::worklist::{TaskFilter, TaskImage, Worklist};
use docket_infra::store::{ProcessRecord, WorklistCounts};

use super::batch::Batches;
use super::snapshot::Snapshot;
use crate::app::{App, AppError};

/// The loaders of one execution.
pub type Loaders = DataLoader<Source, HashMapCache>;

/// Where the loaders read, and as whom.
pub struct Source {
    app: App,
    actor: Actor,
    snapshot: Snapshot,
}

/// Asks for the executable model of a version.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ModelOf(pub ProcessId);

/// The loaders of an execution, whose batches wait in `batches` until it can do nothing else.
pub fn loaders(app: App, actor: Actor, snapshot: Snapshot, batches: Batches) -> Loaders {
    let spawn = move |batch| batches.push(batch);
    let source = Source {
        app,
        actor,
        snapshot,
    };
    DataLoader::with_cache(source, spawn, HashMapCache::default()).delay(Duration::ZERO)
}

impl Loader<InstanceId> for Source {
    type Value = Arc<Instance>;
    type Error = Arc<AppError>;

    async fn load(
        &self,
        ids: &[InstanceId],
    ) -> Result<HashMap<InstanceId, Self::Value>, Self::Error> {
        let found = async {
            let tx = self.snapshot.read().await?;
            Ok::<_, AppError>(tx.instances_by_id(&self.actor, ids).await?)
        };
        found.await.map_err(Arc::new)
    }
}

impl Loader<ProcessId> for Source {
    type Value = Arc<ProcessRecord>;
    type Error = Arc<AppError>;

    async fn load(
        &self,
        ids: &[ProcessId],
    ) -> Result<HashMap<ProcessId, Self::Value>, Self::Error> {
        let found = async {
            let tx = self.snapshot.read().await?;
            let found = tx.processes_by_id(ids).await?.into_iter();
            Ok::<_, AppError>(found.map(|(id, record)| (id, Arc::new(record))).collect())
        };
        found.await.map_err(Arc::new)
    }
}

impl Loader<TaskId> for Source {
    type Value = TaskImage;
    type Error = Arc<AppError>;

    async fn load(&self, ids: &[TaskId]) -> Result<HashMap<TaskId, Self::Value>, Self::Error> {
        let found = async {
            let tx = self.app.store.read(self.actor.tenant).await?;
            Ok::<_, AppError>(tx.tasks_by_id(&self.actor, ids).await?)
        };
        found.await.map_err(Arc::new)
    }
}

impl Loader<ModelOf> for Source {
    type Value = Arc<bpmn::Process>;
    type Error = Arc<AppError>;

    async fn load(&self, ids: &[ModelOf]) -> Result<HashMap<ModelOf, Self::Value>, Self::Error> {
        let found = async {
            let tx = self.snapshot.read().await?;
            let mut models = HashMap::with_capacity(ids.len());
            for id in ids {
                models.insert(*id, self.app.model(&tx, id.0).await?);
            }
            Ok::<_, AppError>(models)
        };
        found.await.map_err(Arc::new)
    }
}

impl Loader<Worklist> for Source {
    type Value = WorklistCounts;
    type Error = Arc<AppError>;

    async fn load(
        &self,
        worklists: &[Worklist],
    ) -> Result<HashMap<Worklist, Self::Value>, Self::Error> {
        let counts = async {
            let tx = self.snapshot.read().await?;
            let now = self.app.clock.now();
            let all = TaskFilter::default();
            Ok::<_, AppError>(
                tx.worklist_counts(&self.actor, worklists, &all, now)
                    .await?,
            )
        };
        let counts = counts.await.map_err(Arc::new)?;
        Ok(worklists.iter().cloned().zip(counts).collect())
    }
}
