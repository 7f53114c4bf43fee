//! What is written down is unreadable: canaries through every input, looked for in every file.

use std::fs;

use docket_domain::ids::CommentId;
use docket_domain::value::Value;

use super::super::{Comment, Remembered};
use super::*;

#[tokio::test]
async fn no_canary_is_in_any_file() {
    let world = World::new().await;
    let canary = |number: usize| name(&format!("canary-{number:02}-x7q"));
    let who = |number: usize| Principal::User(canary(number));
    let mut instance = full_instance(&world);
    instance.business_key = Some(canary(0));
    instance.initiator = canary(1);
    instance.created_by = canary(2);
    instance.data = BTreeMap::from([(canary(3), Value::Text(canary(4)))]);
    instance.scopes[0].data = BTreeMap::from([(canary(5), Value::Text(canary(6)))]);
    instance.incidents[0].message = canary(7).to_string();
    instance.waits[0].correlation = Some(Value::Text(canary(8)));
    instance.past = BTreeSet::from([canary(9)]);
    instance.last_lists.readers = Some(BTreeSet::from([who(10)]));
    instance.tasks[0].assignee = Some(canary(11));
    instance.tasks[0].owner = Some(canary(12));
    instance.tasks[0].candidates = BTreeSet::from([who(13), Principal::Group(canary(14))]);
    instance.tasks[0].excluded = BTreeSet::from([who(15)]);
    instance.tasks[0].draft = Some(BTreeMap::from([(canary(16), Value::Text(canary(17)))]));
    instance.tasks[0].completed_by = Some(canary(18));
    let acl = Acl {
        grants: BTreeSet::from([who(19), Principal::Role(canary(20))]),
        require: vec![BTreeSet::from([who(21)])],
        denied: BTreeSet::from([who(22)]),
    };
    world
        .insert(&instance, &acl, &[acl.clone(), acl.clone()])
        .await;
    let write = world.store.write(world.acme).await.unwrap();
    let comment = Comment {
        id: CommentId(id(3)),
        task: instance.tasks[0].id,
        author: canary(23),
        at: at(1),
        text: canary(24),
    };
    write.insert_comment(instance.id, &comment).await.unwrap();
    write
        .save_ended_by(instance.id, &canary(25), Some(&canary(33)))
        .await
        .unwrap();
    let asker = actor(world.acme, &canary(26), &[], &[], &[]);
    let made = Remembered {
        request: [1; 32],
        instance: instance.id,
        task: None,
    };
    write
        .remember(&asker, "startProcess", &canary(27), &made, at(1))
        .await
        .unwrap();
    let new = NewProcess {
        name: Some(canary(28)),
        xml: canary(29),
        security_roles: Some(vec![canary(30)]),
        uploaded_by: canary(31),
        ..model(ProcessId(id(77)))
    };
    let record = write.insert_process(&new).await.unwrap();
    write
        .save_process_state(
            &record,
            docket_domain::process::ProcessState::Published,
            &canary(32),
            at(2),
        )
        .await
        .unwrap();
    write.commit().await.unwrap();

    let mut control = 0;
    for file in fs::read_dir(world.folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let holds = |text: &str| {
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        assert!(!holds("-x7q"), "a canary is in {}", path.display());
        assert!(!holds("canary"), "a canary is in {}", path.display());
        control += usize::from(holds("vacation"));
    }
    assert!(control > 0, "what is in clear was not found either");
}

#[tokio::test]
async fn a_field_moved_to_another_instance_does_not_open() {
    use super::super::entity::instance::{ActiveModel, Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

    let world = World::new().await;
    let acl = readers(["emma"]);
    let mut instances = [world.instance(1), world.instance(2)];
    for (instance, value) in instances.iter_mut().zip(["one", "two"]) {
        instance.data = BTreeMap::from([(name("field"), Value::text(value))]);
        world.insert(instance, &acl, &[]).await;
    }
    let row = async |instance: &Instance| {
        let row = Entity::find().filter(Column::Id.eq(instance.id.0));
        row.one(&world.store.db).await.unwrap().unwrap()
    };
    let from = row(&instances[0]).await;
    // With its key, even: the place is sealed in as well.
    let moved = ActiveModel {
        data: Set(from.data),
        key_id: Set(from.key_id),
        ..ActiveModel::default()
    };
    Entity::update_many()
        .set(moved)
        .filter(Column::Id.eq(instances[1].id.0))
        .exec(&world.store.db)
        .await
        .unwrap();
    let read = world.store.read(world.acme).await.unwrap();
    let emma = world.actor("emma");
    assert_eq!(read.instance(&emma, instances[1].id).await.unwrap(), None);
    assert!(
        read.instance(&emma, instances[0].id)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn what_was_opened_lately_is_opened_again_when_its_bytes_change() {
    use super::super::entity::instance::{ActiveModel, Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

    let world = World::new().await;
    let instance = world.instance(1);
    world.insert(&instance, &readers(["emma"]), &[]).await;
    let (emma, nora) = (world.actor("emma"), world.actor("nora"));
    let found = async |actor: &Actor| {
        let read = world.store.read(world.acme).await.unwrap();
        let mut found = read.instances_by_id(actor, &[instance.id]).await.unwrap();
        found.remove(&instance.id)
    };
    let first = found(&emma).await.unwrap();
    let second = found(&emma).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second), "it is not opened twice");
    assert_eq!(found(&nora).await, None, "who may read is asked each time");
    let row = Entity::find().filter(Column::Id.eq(instance.id.0));
    let mut data = row.one(&world.store.db).await.unwrap().unwrap().data;
    *data.last_mut().unwrap() ^= 1;
    let changed = ActiveModel {
        data: Set(data),
        ..ActiveModel::default()
    };
    Entity::update_many()
        .set(changed)
        .filter(Column::Id.eq(instance.id.0))
        .exec(&world.store.db)
        .await
        .unwrap();
    assert_eq!(found(&emma).await, None, "what was changed does not open");
}

#[tokio::test]
async fn the_database_with_other_keys_shows_nothing() {
    let world = World::new().await;
    let instance = full_instance(&world);
    let acl = readers(["emma"]);
    world
        .insert(&instance, &acl, &[acl.clone(), acl.clone()])
        .await;
    let other = world.folder.path().join("other-keys.db");
    let other = Keyring::open(RootKey::random(), &other).await.unwrap();
    let path = world.folder.path().join("docket.db");
    let store = Store::open(&path, Arc::new(other), 2).await.unwrap();
    let read = store.read(world.acme).await.unwrap();
    let emma = world.actor("emma");
    assert_eq!(read.instance(&emma, instance.id).await.unwrap(), None);
    assert!(read.instance_for_engine(instance.id).await.is_err());
    assert!(read.model(world.process_id).await.is_err());
    let journal = store.journal_after(super::super::Position(0), 9).await;
    assert!(journal.unwrap().iter().all(|(.., entry)| entry.is_none()));
    let _ = &world.keyring;
}
