//! Versions of processes: their numbers, their life, and who knows of them.

use docket_domain::process::ProcessState;

use super::super::{StoreError, VersionFilter};
use super::*;

async fn insert(world: &World, number: u128, key: &str, roles: Option<&[&str]>) -> ProcessId {
    let new = NewProcess {
        key: name(key),
        security_roles: roles.map(|roles| roles.iter().copied().map(name).collect()),
        ..model(ProcessId(id(100 + number)))
    };
    let write = world.store.write(world.acme).await.unwrap();
    write.insert_process(&new).await.unwrap();
    write.commit().await.unwrap();
    new.id
}

async fn publish(world: &World, process: ProcessId, to: ProcessState) {
    let write = world.store.write(world.acme).await.unwrap();
    let record = write.processes_by_id(&[process]).await.unwrap()[&process].clone();
    let saved = write
        .save_process_state(&record, to, &name("pia"), at(3))
        .await
        .unwrap();
    assert_eq!(
        write.processes_by_id(&[process]).await.unwrap()[&process],
        saved
    );
    let again = write
        .save_process_state(&record, to, &name("pia"), at(3))
        .await;
    assert!(matches!(again, Err(StoreError::Conflict)));
    write.commit().await.unwrap();
}

#[tokio::test]
async fn versions_count_up_by_key_and_the_latest_published_one_is_found() {
    let world = World::new().await;
    let one = insert(&world, 1, "claim", None).await;
    let two = insert(&world, 2, "claim", Some(&["boss"])).await;
    let three = insert(&world, 3, "claim", None).await;
    publish(&world, one, ProcessState::Published).await;
    publish(&world, two, ProcessState::Published).await;
    let read = world.store.read(world.acme).await.unwrap();
    let ann = world.actor("ann");
    let boss = actor(world.acme, "bob", &[], &["boss"], &[]);
    let dora = actor(world.acme, "dora", &[], &[], &[Privilege::Designer]);
    let found = async |actor: &Actor, version: Option<u32>| {
        let found = read.process_by_key(actor, "claim", version).await;
        found.unwrap().map(|record| (record.id, record.version))
    };
    assert_eq!(found(&boss, None).await, Some((two, 2)));
    // Who may not read the latest is not led to an older one.
    assert_eq!(found(&ann, None).await, None);
    assert_eq!(found(&ann, Some(1)).await, Some((one, 1)));
    assert_eq!(found(&ann, Some(3)).await, None);
    assert_eq!(found(&dora, Some(3)).await, Some((three, 3)));
    assert_eq!(read.process(&ann, three).await.unwrap(), None);
    assert_eq!(
        read.process(&dora, three).await.unwrap().unwrap().version,
        3
    );
    let xml = read.model(one).await.unwrap();
    assert_eq!(xml.as_deref(), Some("<definitions/>"));
}

#[tokio::test]
async fn processes_are_listed_by_key_and_version_page_by_page() {
    let world = World::new().await;
    for (number, key) in (1..).zip(["b", "a", "b", "c", "a"]) {
        let process = insert(&world, number, key, None).await;
        publish(&world, process, ProcessState::Published).await;
    }
    publish(&world, ProcessId(id(103)), ProcessState::Retired).await;
    let read = world.store.read(world.acme).await.unwrap();
    let ann = world.actor("ann");
    let list = async |filter: &VersionFilter, from_end: bool| {
        let mut page = Page {
            from_end,
            ..first(2)
        };
        let mut all = Vec::new();
        loop {
            let slice = read.processes(&ann, filter, &page).await.unwrap();
            let place =
                |record: &super::super::ProcessRecord| (record.key.to_string(), record.version);
            let places: Vec<_> = slice
                .items
                .iter()
                .map(|(_, record)| place(record))
                .collect();
            if from_end {
                all.splice(0..0, places);
                page.before = slice.items.first().map(|(key, _)| *key);
            } else {
                all.extend(places);
                page.after = slice.items.last().map(|(key, _)| *key);
            }
            if !(if from_end {
                slice.has_previous
            } else {
                slice.has_next
            }) {
                assert_eq!(
                    read.count_processes(&ann, filter).await.unwrap(),
                    all.len() as u64
                );
                return all;
            }
        }
    };
    let place = |key: &str, version: u32| (key.to_owned(), version);
    let all = VersionFilter::default();
    let expected = [place("a", 1), place("a", 2), place("b", 1), place("c", 1)];
    assert_eq!(list(&all, false).await, expected);
    assert_eq!(list(&all, true).await, expected);
    let latest = VersionFilter {
        latest: true,
        ..VersionFilter::default()
    };
    let expected = [place("a", 2), place("b", 1), place("c", 1)];
    assert_eq!(list(&latest, false).await, expected);
    let of_key = VersionFilter {
        key: Some(name("a")),
        ..VersionFilter::default()
    };
    assert_eq!(list(&of_key, false).await.len(), 2);
}

#[tokio::test]
async fn another_tenant_has_its_own_versions_and_sees_no_other() {
    let world = World::new().await;
    let process = insert(&world, 1, "claim", None).await;
    publish(&world, process, ProcessState::Published).await;
    let everything = actor(world.globex, "gus", &[], &[], &Privilege::ALL);
    let write = world.store.write(world.globex).await.unwrap();
    let all = VersionFilter::default();
    assert_eq!(write.process(&everything, process).await.unwrap(), None);
    assert_eq!(
        write.processes_by_id(&[process]).await.unwrap(),
        HashMap::new()
    );
    assert_eq!(write.model(process).await.unwrap(), None);
    assert_eq!(write.count_processes(&everything, &all).await.unwrap(), 0);
    let new = NewProcess {
        key: name("claim"),
        ..model(ProcessId(id(900)))
    };
    assert_eq!(write.insert_process(&new).await.unwrap().version, 1);
}
