//! The key store: a database of its own, because a destroyed key would live on in the log and in every backup of the
//! database that it was destroyed in. It holds wrapped keys and knows nothing of how they are wrapped.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, EntityTrait,
    PaginatorTrait, QueryFilter, Set,
};
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::async_trait::async_trait;
use uuid::Uuid;

use super::KeyError;

/// Enough for a page of instances that are read while a batch is written.
const CONNECTIONS: u32 = 4;

pub(super) struct Keystore {
    database: DatabaseConnection,
}

/// A wrapped key and its name.
pub(super) struct Wrapped {
    pub key_id: Uuid,
    pub sealed: Vec<u8>,
}

impl Keystore {
    /// Opens the file, making it with mode 0600 if there is none, and brings its tables up to date.
    pub(super) async fn open(path: &Path) -> Result<Keystore, KeyError> {
        make_file(path)?;
        let database = connect(path, CONNECTIONS, |options| {
            options
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("secure_delete", "ON")
        })
        .await?;
        Migrator::up(&database, None).await?;
        Ok(Keystore { database })
    }

    /// Reads a mark without touching the file or its folder: not even SQLite's lock files come into being. `None` if there is
    /// no file, or if the mark is still in a write-ahead log.
    pub(super) async fn peek(path: &Path, name: &str) -> Option<Vec<u8>> {
        if !path.exists() {
            return None;
        }
        let database = connect(path, 1, |options| options.read_only(true).immutable(true))
            .await
            .ok()?;
        let mark = mark_in(&database, name).await.ok().flatten();
        database.close().await.ok()?;
        mark
    }

    /// A mark that was set once.
    pub(super) async fn mark(&self, name: &str) -> Result<Option<Vec<u8>>, DbErr> {
        mark_in(&self.database, name).await
    }

    /// Sets a mark unless it is set, and moves it out of the write-ahead log, so that `peek` finds it.
    pub(super) async fn set_mark(&self, name: &str, value: Vec<u8>) -> Result<(), DbErr> {
        let row = meta::ActiveModel {
            name: Set(name.to_owned()),
            value: Set(value),
        };
        meta::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.database)
            .await?;
        self.database
            .execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
            .await?;
        Ok(())
    }

    /// Whether any tenant has keys.
    pub(super) async fn has_tenants(&self) -> Result<bool, DbErr> {
        Ok(tenant_key::Entity::find().count(&self.database).await? > 0)
    }

    /// The wrapped keys of a tenant.
    pub(super) async fn tenant_keys(&self, tenant: Uuid) -> Result<Option<Vec<u8>>, DbErr> {
        let row = tenant_key::Entity::find_by_id(tenant)
            .one(&self.database)
            .await?;
        Ok(row.map(|row| row.sealed))
    }

    /// Stores the wrapped keys of a tenant, durably, unless another process was faster: read them again.
    pub(super) async fn insert_tenant_keys(
        &self,
        tenant: Uuid,
        sealed: Vec<u8>,
    ) -> Result<(), DbErr> {
        let row = tenant_key::ActiveModel {
            tenant: Set(tenant),
            sealed: Set(sealed),
        };
        tenant_key::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.database)
            .await?;
        Ok(())
    }

    /// Stores wrapped instance keys in one durable statement.
    pub(super) async fn insert_instance_keys(
        &self,
        tenant: Uuid,
        keys: Vec<Wrapped>,
    ) -> Result<(), DbErr> {
        let rows = keys.into_iter().map(|key| instance_key::ActiveModel {
            key_id: Set(key.key_id),
            tenant: Set(tenant),
            sealed: Set(key.sealed),
        });
        instance_key::Entity::insert_many(rows)
            .exec_without_returning(&self.database)
            .await?;
        Ok(())
    }

    /// The wrapped instance keys of these names, in one statement; those that were destroyed are missing.
    pub(super) async fn instance_keys(
        &self,
        tenant: Uuid,
        ids: Vec<Uuid>,
    ) -> Result<Vec<Wrapped>, DbErr> {
        let rows = instance_key::Entity::find()
            .filter(instance_key::Column::Tenant.eq(tenant))
            .filter(instance_key::Column::KeyId.is_in(ids))
            .all(&self.database)
            .await?;
        let wrapped = rows.into_iter().map(|row| Wrapped {
            key_id: row.key_id,
            sealed: row.sealed,
        });
        Ok(wrapped.collect())
    }
}

#[cfg(test)]
impl Keystore {
    pub(super) async fn execute(&self, sql: &str) {
        self.database.execute_unprepared(sql).await.unwrap();
    }

    pub(super) async fn close(&self) {
        self.database.close_by_ref().await.unwrap();
    }
}

async fn mark_in(database: &DatabaseConnection, name: &str) -> Result<Option<Vec<u8>>, DbErr> {
    let row = meta::Entity::find_by_id(name.to_owned())
        .one(database)
        .await?;
    Ok(row.map(|row| row.value))
}

/// The log files of SQLite take over the mode of the database file.
fn make_file(path: &Path) -> Result<(), KeyError> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => Ok(()),
        Err(source) if source.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(KeyError::Create {
            path: path.into(),
            source,
        }),
    }
}

async fn connect(
    path: &Path,
    connections: u32,
    with: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> Result<DatabaseConnection, DbErr> {
    let path = path.to_owned();
    // The path goes in as a path: in a URL, `?` and `%` would have a meaning.
    let mut options = ConnectOptions::new("sqlite:keystore");
    options
        .max_connections(connections)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            with(sqlite.filename(&path).busy_timeout(Duration::from_secs(10)))
        });
    Database::connect(options).await
}

mod meta {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "meta")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub value: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod tenant_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tenant_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: Uuid,
        pub sealed: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod instance_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "instance_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key_id: Uuid,
        pub tenant: Uuid,
        pub sealed: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
        vec![Box::new(migration::Tables)]
    }
}

/// Never edit a migration: add the next one.
mod migration {
    use sea_orm_migration::async_trait::async_trait;
    use sea_orm_migration::prelude::*;
    use sea_orm_migration::schema::{binary, string, uuid};

    pub struct Tables;

    impl MigrationName for Tables {
        fn name(&self) -> &str {
            "m001_tables"
        }
    }

    #[async_trait]
    impl MigrationTrait for Tables {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            let meta = Table::create()
                .table("meta")
                .col(string("name").primary_key())
                .col(binary("value"))
                .to_owned();
            let tenant_keys = Table::create()
                .table("tenant_keys")
                .col(uuid("tenant").primary_key())
                .col(binary("sealed"))
                .to_owned();
            let instance_keys = Table::create()
                .table("instance_keys")
                .col(uuid("key_id").primary_key())
                .col(uuid("tenant"))
                .col(binary("sealed"))
                .to_owned();
            for table in [meta, tenant_keys, instance_keys] {
                manager.create_table(table).await?;
            }
            Ok(())
        }
    }
}
