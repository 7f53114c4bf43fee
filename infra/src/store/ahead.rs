//! Snapshots that are begun before anybody asks for one, so that a page does not wait for the thread of a connection once
//! more. A deferred transaction of SQLite takes nothing and sees nothing until it first reads: one that begun a while ago
//! shows what is committed when it is used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};
use tokio::runtime::Handle;

use super::{SqliteTransactionMode, begin};

/// Of so many connections one is kept begun.
const SHARE: u32 = 4;

/// The begun transactions of a pool that nobody has yet.
pub struct Ahead {
    db: DatabaseConnection,
    most: usize,
    begun: Mutex<Begun>,
}

#[derive(Default)]
struct Begun {
    ready: Vec<DatabaseTransaction>,
    /// Those that are just beginning.
    beginning: usize,
}

impl Ahead {
    /// Of a pool with so many connections.
    pub fn of(db: DatabaseConnection, connections: u32) -> Arc<Ahead> {
        Arc::new(Ahead {
            db,
            most: (connections / SHARE) as usize,
            begun: Mutex::default(),
        })
    }

    /// A transaction that sees what is committed when it first reads.
    pub async fn take(self: &Arc<Self>) -> Result<DatabaseTransaction, DbErr> {
        let ready = self.begun().ready.pop();
        self.prepare();
        match ready {
            Some(ready) => Ok(ready),
            None => begin(&self.db, SqliteTransactionMode::Deferred).await,
        }
    }

    /// Begins the next one, if there are not enough.
    fn prepare(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        {
            let mut begun = self.begun();
            if begun.ready.len() + begun.beginning >= self.most {
                return;
            }
            begun.beginning += 1;
        }
        let ahead = self.clone();
        runtime.spawn(async move {
            let next = begin(&ahead.db, SqliteTransactionMode::Deferred).await;
            let mut begun = ahead.begun();
            begun.beginning -= 1;
            // One that failed is told to whoever finds none.
            begun.ready.extend(next.ok());
        });
    }

    fn begun(&self) -> MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
