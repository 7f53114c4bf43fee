//! The database: one concrete store on SeaORM. Everything is read and written within a tenant; every read that takes an
//! actor decides in the query what the actor may see, before anything is opened. What is said about people or by them is
//! sealed before it gets here (`row`); who may read what is rows of pseudonyms (`access`).
//!
//! ```text
//!  Store ──read()───▶ Read   a snapshot                     processes instances tasks comments journal idempotency
//!        ──write()──▶ Write  the write lock, reads as well        │        │       │
//!                                                             condition, access, page ──▶ SQL ──▶ row ──▶ values
//! ```

use std::collections::{HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use docket_domain::access::Actor;
use docket_domain::ids::TenantId;
use jiff::Timestamp;
use moka::sync::Cache;
use sea_orm::sea_query::SelectStatement;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection,
    DatabaseTransaction, EntityTrait, QueryFilter, Set, SqliteTransactionMode, TransactionOptions,
    TransactionTrait, TryGetableMany, TryInsertResult,
};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

use crate::clock::Clock;
use crate::crypto::{Cipher, KeyError, KeyId, Keyring, TenantKeys};

pub mod error;
pub mod page;

mod access;
mod calendars;
mod comments;
mod condition;
mod decisions;
mod effects;
mod entity;
mod history;
mod idempotency;
mod instances;
mod journal;
mod migrate;
mod opened;
mod processes;
mod row;
mod schedules;
mod statement;
mod statuses;
mod suspensions;
mod tasks;
mod timers;
mod transitions;
mod versions;
mod waits;
mod work;

#[cfg(test)]
mod tests;

use opened::Opened;

pub use comments::Comment;
pub use decisions::{DecisionRecord, NewDecision};
pub use effects::{DueDelivery, Recipient, Thrown};
pub use error::StoreError;
pub use history::{HistoryFilter, HistoryPage, Remembrance};
pub use idempotency::Remembered;
pub use instances::InstanceFilter;
pub use journal::Position;
pub use page::{Key, Page, Slice};
pub use processes::{NewProcess, ProcessRecord};
pub use schedules::DueSchedule;
pub use statuses::{Held, InstanceStatus};
pub use suspensions::{Suspension, SuspensionKind};
pub use tasks::{Surrounded, TaskOrder, TaskSort, WorklistCounts};
pub use timers::DueTimer;
pub use transitions::{Prepared, Transition};
pub use versions::VersionFilter;
pub use work::{FreeWork, WorkTimes};

/// How long a statement waits for another process that holds the write lock.
const BUSY: Duration = Duration::from_secs(5);
/// How long a caller waits for a connection of the pool.
const ACQUIRE: Duration = Duration::from_secs(10);

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    db: DatabaseConnection,
    /// One connection for all writing: what it has read of the database stays true between two transactions, as nobody else
    /// writes, and is not read again from the file.
    writing: DatabaseConnection,
    file: Arc<DatabaseFile>,
    keyring: Arc<Keyring>,
    /// Writers wait here, in order, instead of polling SQLite's lock: that one is not fair.
    writer: Arc<Mutex<()>>,
    tenants: Cache<String, TenantId>,
    opened: Arc<Opened>,
    statements: Arc<AtomicU64>,
}

impl Store {
    /// Opens the database in a file, making and migrating it as needed, with a pool of so many connections.
    pub async fn open(
        path: &Path,
        keyring: Arc<Keyring>,
        connections: u32,
    ) -> Result<Store, StoreError> {
        let opened = DatabaseFile::make(path).map_err(StoreError::File)?;
        let mut writing = connect(path, 1).await?;
        migrate::up(&writing).await?;
        let mut db = connect(path, connections.max(1)).await?;
        let statements = Arc::new(AtomicU64::new(0));
        for db in [&mut db, &mut writing] {
            let counter = statements.clone();
            db.set_metric_callback(move |_| {
                counter.fetch_add(1, Ordering::Relaxed);
            });
        }
        Ok(Store {
            db,
            writing,
            file: Arc::new(opened),
            keyring,
            writer: Arc::new(Mutex::new(())),
            tenants: Cache::new(10_000),
            opened: Arc::default(),
            statements,
        })
    }

    /// The id of a tenant by its name, made on first sight. Cached.
    pub async fn tenant(&self, name: &str, now: Timestamp) -> Result<TenantId, StoreError> {
        use entity::tenant::{ActiveModel, Column, Entity};

        if let Some(id) = self.tenants.get(name) {
            return Ok(id);
        }
        let find = || Entity::find().filter(Column::Name.eq(name)).one(&self.db);
        let found = match find().await? {
            Some(found) => Some(found),
            None => {
                let _writer = self.writer.lock().await;
                let new = ActiveModel {
                    id: Set(Clock::fresh_id()),
                    name: Set(name.to_owned()),
                    created_at: Set(row::micros(now)),
                };
                Entity::insert(new)
                    .on_conflict_do_nothing_on([Column::Name])
                    .exec_without_returning(&self.writing)
                    .await?;
                find().await?
            }
        };
        let id = TenantId(found.ok_or(StoreError::Conflict)?.id);
        self.tenants.insert(name.to_owned(), id);
        Ok(id)
    }

    /// A snapshot of one tenant.
    pub async fn read(&self, tenant: TenantId) -> Result<Read, StoreError> {
        let keys = self.keyring.tenant(tenant).await?;
        self.begin(&self.db, tenant, keys, SqliteTransactionMode::Deferred)
            .await
    }

    /// The unit of work of one tenant: takes the write lock at once.
    pub async fn write(&self, tenant: TenantId) -> Result<Write, StoreError> {
        let keys = self.keyring.tenant(tenant).await?;
        let writer = self.writer.clone().lock_owned().await;
        let read = self
            .begin(
                &self.writing,
                tenant,
                keys,
                SqliteTransactionMode::Immediate,
            )
            .await?;
        Ok(Write {
            read,
            position: AtomicI64::new(0),
            thrown: AtomicBool::new(false),
            _writer: writer,
        })
    }

    /// Whether the database answers, and is where it was.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.file.check()?;
        self.db.ping().await?;
        Ok(())
    }

    /// SQL statements sent since the start, for metrics and tests.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    async fn begin(
        &self,
        db: &DatabaseConnection,
        tenant: TenantId,
        keys: Arc<TenantKeys>,
        mode: SqliteTransactionMode,
    ) -> Result<Read, StoreError> {
        self.file.check()?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(mode),
            ..TransactionOptions::default()
        };
        Ok(Read {
            tx: Box::pin(db.begin_with_options(options)).await?,
            tenant,
            keys,
            keyring: self.keyring.clone(),
            opened: self.opened.clone(),
        })
    }
}

/// How many migrations [`Store::open`] would make in a database that is there; makes none of them. A database of another
/// version is [`StoreError::OtherVersion`].
pub async fn pending_migrations(path: &Path) -> Result<usize, StoreError> {
    migrate::pending(&connect(path, 1).await?).await
}

/// A pool of so many connections to the database in a file.
async fn connect(path: &Path, connections: u32) -> Result<DatabaseConnection, StoreError> {
    let file = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://docket.db");
    options
        // Without a number, the driver opens a single SQLite connection and hides every race.
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |options| {
            options
                .filename(&file)
                // A connection that is made later must not make another database where this one was.
                .create_if_missing(false)
                // In the default journal mode an open reader blocks a writer's commit.
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(BUSY)
                .statement_cache_capacity(256)
                // A page with what surrounds it fits: its rows are sent without waiting for their reader.
                .row_buffer_size(256)
                .pragma("temp_store", "MEMORY")
        });
    Ok(Database::connect(options).await?)
}

/// The file that was opened. SQLite goes on with a file that was removed or replaced: what it then commits is nowhere after
/// a restart, so nothing begins on it any more.
struct DatabaseFile {
    path: PathBuf,
    /// Device and number.
    identity: (u64, u64),
}

impl DatabaseFile {
    /// SQLite gives its logs the mode of the database.
    fn make(path: &Path) -> io::Result<DatabaseFile> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)?;
        let metadata = file.metadata()?;
        Ok(DatabaseFile {
            path: path.to_owned(),
            identity: (metadata.dev(), metadata.ino()),
        })
    }

    /// Asks the file system, which takes about a microsecond: less than giving it to another thread.
    fn check(&self) -> Result<(), StoreError> {
        match fs::metadata(&self.path) {
            Ok(metadata) if (metadata.dev(), metadata.ino()) == self.identity => Ok(()),
            Ok(_) => Err(StoreError::File(io::ErrorKind::NotFound.into())),
            Err(error) => Err(StoreError::File(error)),
        }
    }
}

/// A snapshot of one tenant. Every method that takes an actor finds only what the actor may read; what is not there and
/// what may not be read are the same, and cost the same statements.
pub struct Read {
    tx: DatabaseTransaction,
    tenant: TenantId,
    keys: Arc<TenantKeys>,
    keyring: Arc<Keyring>,
    opened: Arc<Opened>,
}

impl Read {
    /// Whose snapshot it is.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    async fn rows<T: TryGetableMany>(
        &self,
        statement: &SelectStatement,
    ) -> Result<Vec<T>, StoreError> {
        // Boxed: the driver's future has kilobytes, and would be carried about in that of each field that may read.
        Box::pin(rows(&self.tx, statement)).await
    }

    async fn row<T: TryGetableMany>(
        &self,
        statement: &SelectStatement,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    async fn count(&self, statement: &SelectStatement) -> Result<u64, StoreError> {
        let count: Option<i64> = self.row(statement).await?;
        Ok(count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or(0))
    }

    /// The pseudonyms of everything that the actor is; where a gate is closed, as many that nobody has: the statements stay
    /// the same.
    fn principals(&self, actor: &Actor, gate: bool) -> Vec<Uuid> {
        let open = gate && actor.tenant == self.tenant;
        actor
            .principals()
            .iter()
            .map(|principal| {
                let pseudonym = row::uuid(self.keys.pseudonym(principal));
                if open { pseudonym } else { Uuid::nil() }
            })
            .collect()
    }

    /// The ciphers of these keys; those that were destroyed are missing.
    async fn ciphers(
        &self,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashMap<KeyId, Cipher>, StoreError> {
        ciphers(&self.keyring, self.tenant, ids).await
    }
}

async fn rows<T: TryGetableMany>(
    db: &impl ConnectionTrait,
    statement: &SelectStatement,
) -> Result<Vec<T>, StoreError> {
    let statement = statement::statement(statement, db.get_database_backend());
    let rows = db.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| Ok(row.try_get_many_by_index()?))
        .collect()
}

async fn ciphers(
    keyring: &Keyring,
    tenant: TenantId,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<KeyId, Cipher>, StoreError> {
    let ids: HashSet<KeyId> = ids.into_iter().map(key_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<KeyId> = ids.into_iter().collect();
    match Box::pin(keyring.instance_keys(tenant, &ids)).await {
        Ok(found) => Ok(found),
        // One that is damaged must not take the others with it.
        Err(KeyError::Damaged { .. }) => Box::pin(undamaged(keyring, tenant, &ids)).await,
        Err(error) => Err(error.into()),
    }
}

async fn undamaged(
    keyring: &Keyring,
    tenant: TenantId,
    ids: &[KeyId],
) -> Result<HashMap<KeyId, Cipher>, StoreError> {
    let mut all = HashMap::new();
    for id in ids {
        match keyring.instance_keys(tenant, &[*id]).await {
            Ok(found) => all.extend(found),
            Err(error @ KeyError::Damaged { .. }) => {
                tracing::error!(%error, "what it has sealed is left out");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(all)
}

/// Whether so many rows were inserted, where one that is already there is nothing to write over.
fn inserted(result: TryInsertResult<u64>, wanted: usize) -> Result<(), StoreError> {
    match result {
        TryInsertResult::Inserted(rows) if rows == wanted as u64 => Ok(()),
        TryInsertResult::Inserted(_) | TryInsertResult::Conflicted | TryInsertResult::Empty => {
            Err(StoreError::Conflict)
        }
    }
}

fn key_id(id: Uuid) -> KeyId {
    KeyId(id.into_bytes())
}

/// The unit of work of one tenant. Reads what it has written; what is not committed is rolled back on drop.
pub struct Write {
    read: Read,
    /// The position of the last journal entry that this unit has written; 0 is none.
    position: AtomicI64,
    /// Whether it has thrown something that is to be delivered.
    thrown: AtomicBool,
    /// Released after the transaction: fields are dropped in order.
    _writer: OwnedMutexGuard<()>,
}

impl std::ops::Deref for Write {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.read
    }
}

impl Write {
    /// Makes it durable; the position of its journal entry, or of the last one.
    pub async fn commit(self) -> Result<Position, StoreError> {
        let position = match self.position.into_inner() {
            0 => self.read.position().await?,
            position => Position(position),
        };
        self.read.tx.commit().await?;
        Ok(position)
    }
}
