//! How a database is opened: what is looked at before, and what holds on every connection.

use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait;

use super::super::migrate::Migrator;
use super::super::{connect, pending_migrations};
use super::*;

#[tokio::test]
async fn looking_for_pending_migrations_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docket.db");
    std::fs::write(&path, b"").unwrap();
    let db = connect(&path, 1).await.unwrap();
    Migrator::up(&db, Some(3)).await.unwrap();
    let missing = Migrator::migrations().len() - 3;
    for _ in 0..2 {
        assert_eq!(pending_migrations(&path).await.unwrap(), missing);
    }
    Migrator::up(&db, None).await.unwrap();
    assert_eq!(pending_migrations(&path).await.unwrap(), 0);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_not_opened() {
    let world = World::new().await;
    let path = world.folder.path().join("docket.db");
    let db = connect(&path, 1).await.unwrap();
    db.execute_unprepared("insert into seaql_migrations values ('m9999_tomorrow', 0)")
        .await
        .unwrap();
    let opened = Store::open(&path, world.keyring.clone(), 1).await;
    assert!(matches!(opened.err(), Some(StoreError::Database(_))));
}

/// An acknowledged commit survives a loss of power, and readers do not hold up the writer.
#[tokio::test]
async fn every_connection_logs_ahead_and_waits_for_the_disk() {
    let world = World::new().await;
    for db in [&world.store.db, &world.store.writing] {
        for (pragma, expected) in [("journal_mode", "wal"), ("synchronous", "2")] {
            let asked = db
                .query_one_raw(sea_orm::Statement::from_string(
                    db.get_database_backend(),
                    format!("select cast({pragma} as text) from pragma_{pragma}"),
                ))
                .await
                .unwrap()
                .unwrap();
            let value: String = asked.try_get_by_index(0).unwrap();
            assert_eq!(value, expected, "{pragma}");
        }
    }
}
