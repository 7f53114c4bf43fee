//! What one execution reads is one snapshot of the viewer's tenant: one answer says one thing, and a page with all that
//! surrounds its rows begins one transaction. A mutation begins a new one with each of its fields, so that its payload shows
//! what it has written.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, ProcessId, TenantId};
use docket_infra::store::{ProcessRecord, Read, Store};
use futures_util::future::{Either, select};
use tokio::sync::OnceCell;

use crate::app::AppError;

type Cell = Arc<OnceCell<Arc<Read>>>;

/// What a page has loaded for its rows, so that none of them has to ask and wait.
#[derive(Default)]
struct Foreseen {
    /// Those that may not be read are here as well, as nothing.
    instances: HashMap<InstanceId, Option<Arc<Instance>>>,
    processes: HashMap<ProcessId, Arc<ProcessRecord>>,
}

/// The snapshot of an execution, taken when the first of its resolvers reads. Cheap to clone.
#[derive(Clone)]
pub struct Snapshot {
    store: Store,
    tenant: TenantId,
    cell: Arc<Mutex<Cell>>,
    foreseen: Arc<Mutex<Foreseen>>,
}

impl Snapshot {
    /// Of a tenant.
    pub fn of(store: Store, tenant: TenantId) -> Snapshot {
        Snapshot {
            store,
            tenant,
            cell: Arc::default(),
            foreseen: Arc::default(),
        }
    }

    /// The snapshot.
    pub async fn read(&self) -> Result<Arc<Read>, AppError> {
        let cell = self.cell().clone();
        let read = cell.get_or_try_init(|| async {
            Ok::<_, AppError>(Arc::new(self.store.read(self.tenant).await?))
        });
        read.await.cloned()
    }

    /// Begins it while something else runs, which may read and ends when it likes. Until its first statement a snapshot sees
    /// nothing, so that nothing is missed.
    pub async fn beside<T>(&self, running: impl Future<Output = T>) -> T {
        let begun = pin!(self.read());
        match select(begun, pin!(running)).await {
            // Whoever reads tries again where this failed, and is told.
            Either::Left((_, running)) => running.await,
            Either::Right((done, _)) => done,
        }
    }

    /// Lets whoever reads from now on read what was committed meanwhile.
    pub fn renew(&self) {
        *self.cell() = Cell::default();
        *self.foreseen() = Foreseen::default();
    }

    /// Keeps instances that the rows of a page are going to ask for; those that were not found may not be read.
    pub fn foreseen_instances(
        &self,
        asked: impl IntoIterator<Item = InstanceId>,
        mut found: HashMap<InstanceId, Arc<Instance>>,
    ) {
        let mut foreseen = self.foreseen();
        for id in asked {
            let instance = found.remove(&id);
            foreseen.instances.entry(id).or_insert(instance);
        }
    }

    /// Loads process versions that the rows of a page are going to ask for.
    pub async fn foresee_processes(&self, processes: &[ProcessId]) -> Result<(), AppError> {
        if processes.is_empty() {
            return Ok(());
        }
        let found = self.read().await?.processes_by_id(processes).await?;
        let found = found.into_iter().map(|(id, record)| (id, Arc::new(record)));
        self.foreseen().processes.extend(found);
        Ok(())
    }

    /// An instance that was foreseen; `Some(None)` is one that may not be read.
    pub fn instance(&self, id: InstanceId) -> Option<Option<Arc<Instance>>> {
        self.foreseen().instances.get(&id).cloned()
    }

    /// A process version that was foreseen.
    pub fn process(&self, id: ProcessId) -> Option<Arc<ProcessRecord>> {
        self.foreseen().processes.get(&id).cloned()
    }

    fn foreseen(&self) -> MutexGuard<'_, Foreseen> {
        self.foreseen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cell(&self) -> MutexGuard<'_, Cell> {
        self.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
