//! Databases that this version did not make.

use sea_orm::ConnectionTrait;

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
