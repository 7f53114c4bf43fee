//! What was opened lately. Who may read is asked of the database each time, and so is what is stored; but a row that holds
//! the same sealed bytes as before says the same as before, and is not opened and parsed again. Bytes that were changed by
//! whatever hand are other bytes. Nothing here is found by anybody who has not got the bytes and their key.

use std::sync::Arc;

use docket_domain::engine::instance::Instance;
use docket_domain::ids::TenantId;
use docket_domain::task::worklist::TaskImage;
use moka::sync::Cache;
use uuid::Uuid;

/// Bytes of instances at hand, and half as many of tasks.
const BYTES: u64 = 24 * 1024 * 1024;
/// What is opened is about three times as large as what is sealed, which is kept beside it.
const TIMES: u32 = 4;

type Kept<T> = Cache<(TenantId, Uuid), (Arc<Vec<u8>>, Arc<T>)>;

/// Opened rows of every tenant.
pub struct Opened {
    pub instances: Rows<Instance>,
    pub tasks: Rows<TaskImage>,
}

/// Opened rows of one table.
pub struct Rows<T>(Kept<T>);

impl Default for Opened {
    fn default() -> Self {
        Opened {
            instances: Rows::of(BYTES),
            tasks: Rows::of(BYTES / 2),
        }
    }
}

impl<T: Send + Sync + 'static> Rows<T> {
    fn of(bytes: u64) -> Rows<T> {
        let weigh = |_: &_, (sealed, _): &(Arc<Vec<u8>>, Arc<T>)| {
            u32::try_from(sealed.len())
                .unwrap_or(u32::MAX)
                .saturating_mul(TIMES)
        };
        Rows(Cache::builder().max_capacity(bytes).weigher(weigh).build())
    }

    /// What the row holds, if it was opened when it held these bytes.
    pub fn find(&self, tenant: TenantId, row: Uuid, sealed: &[u8]) -> Option<Arc<T>> {
        let (kept, value) = self.0.get(&(tenant, row))?;
        (*kept == sealed).then_some(value)
    }

    /// Keeps what the row holds.
    pub fn keep(&self, tenant: TenantId, row: Uuid, sealed: Vec<u8>, value: T) -> Arc<T> {
        let value = Arc::new(value);
        self.0
            .insert((tenant, row), (Arc::new(sealed), value.clone()));
        value
    }
}
