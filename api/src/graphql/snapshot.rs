//! What one execution reads is one snapshot of the viewer's tenant: one answer says one thing, and a page with all that
//! surrounds its rows begins one transaction. A mutation begins a new one with each of its fields, so that its payload shows
//! what it has written.

use std::sync::{Arc, Mutex, PoisonError};

use docket_domain::ids::TenantId;
use docket_infra::store::{Read, Store};
use tokio::sync::OnceCell;

use crate::app::AppError;

type Cell = Arc<OnceCell<Arc<Read>>>;

/// The snapshot of an execution, taken when the first of its resolvers reads. Cheap to clone.
#[derive(Clone)]
pub struct Snapshot {
    store: Store,
    tenant: TenantId,
    cell: Arc<Mutex<Cell>>,
}

impl Snapshot {
    /// Of a tenant.
    pub fn of(store: Store, tenant: TenantId) -> Snapshot {
        Snapshot {
            store,
            tenant,
            cell: Arc::default(),
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

    /// Lets whoever reads from now on read what was committed meanwhile.
    pub fn renew(&self) {
        *self.cell() = Cell::default();
    }

    fn cell(&self) -> std::sync::MutexGuard<'_, Cell> {
        self.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
