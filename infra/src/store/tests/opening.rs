//! How a database is opened: what is looked at before, and what holds on every connection.

use sea_orm::ConnectionTrait;

use super::super::{connect, migrate, pending_migrations};
use super::*;

#[tokio::test]
async fn a_database_of_another_version_is_refused_and_left_as_it_is() {
    let world = World::new().await;
    let path = world.folder.path().join("docket.db");
    let again = Store::open(&path, world.keyring.clone(), 1).await;
    assert!(again.is_ok(), "one of this version is opened again");
    let foreign = "INSERT INTO seaql_migrations VALUES ('m0002_ended_reason', 0)";
    world.store.db.execute_unprepared(foreign).await.unwrap();
    let refused = Store::open(&path, world.keyring.clone(), 1).await;
    let Err(error @ StoreError::OtherVersion) = refused else {
        panic!("it was opened");
    };
    assert!(error.to_string().contains("another version of docket"));
}

#[tokio::test]
async fn looking_for_pending_migrations_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docket.db");
    std::fs::write(&path, b"").unwrap();
    for _ in 0..2 {
        assert_eq!(pending_migrations(&path).await.unwrap(), 1);
    }
    let db = connect(&path, 1).await.unwrap();
    migrate::up(&db).await.unwrap();
    assert_eq!(pending_migrations(&path).await.unwrap(), 0);
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
