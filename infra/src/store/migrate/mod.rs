//! The tables, as a sequence of migrations: a change is a new one at the end, never an edit of an old one. Names are
//! written out here instead of being taken from `entity`, so that an old migration keeps meaning what it meant.
//!
//! Times are microseconds since 1970, ids and pseudonyms 16 bytes, what is sealed is bytes. Nothing here is SQLite's
//! alone.

use std::collections::HashSet;

use sea_orm::DatabaseConnection;
use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;

use super::StoreError;

mod first;

use first::First;

/// Every migration, oldest first.
struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(First)]
    }
}

/// Makes the tables, or brings them up to date. A database with migrations that this version does not know was made by
/// another one, and is left as it is.
pub(super) async fn up(db: &DatabaseConnection) -> Result<(), StoreError> {
    pending(db).await?;
    Ok(Migrator::up(db, None).await?)
}

/// How many migrations [`up`] would make; makes none of them.
pub(super) async fn pending(db: &DatabaseConnection) -> Result<usize, StoreError> {
    Migrator::install(db).await?;
    let migrations = Migrator::migrations();
    let known: HashSet<&str> = migrations.iter().map(|it| it.name()).collect();
    let applied = Migrator::get_migration_models(db).await?;
    if applied
        .iter()
        .any(|it| !known.contains(it.version.as_str()))
    {
        return Err(StoreError::OtherVersion);
    }
    Ok(known.len().saturating_sub(applied.len()))
}
