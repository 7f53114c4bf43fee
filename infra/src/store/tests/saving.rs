//! What is saved is what is loaded, once, and by one of those who try.

use docket_domain::task::TaskState;
use docket_domain::value::Value;

use super::super::{Comment, DueTimer, Position, Remembered, StoreError, Transition};
use super::*;
use docket_domain::ids::CommentId;

#[tokio::test]
async fn an_instance_comes_back_as_it_was_saved() {
    let world = World::new().await;
    let instance = full_instance(&world);
    let acl = readers(["emma"]);
    world
        .insert(&instance, &acl, &[acl.clone(), acl.clone()])
        .await;

    let read = world.store.read(world.acme).await.unwrap();
    let emma = world.actor("emma");
    let loaded = read.instance(&emma, instance.id).await.unwrap().unwrap();
    assert_eq!(loaded, instance);
    let engine = read.instance_for_engine(instance.id).await.unwrap();
    assert_eq!(engine.as_ref(), Some(&instance));
    let by_key = read
        .instance_by_business_key(&emma, "vacation", "V-17")
        .await
        .unwrap();
    assert_eq!(by_key.as_ref(), Some(&instance));
    for (process, key) in [("vacation", "V-18"), ("other", "V-17")] {
        let other = read.instance_by_business_key(&emma, process, key).await;
        assert_eq!(other.unwrap(), None);
    }
    for task in &instance.tasks {
        let image = read.task(&emma, task.id).await.unwrap().unwrap();
        assert_eq!(image, task_image(&instance, task, &acl));
    }
}

#[tokio::test]
async fn a_transition_replaces_what_it_changed_and_closed_tasks_stay_readable() {
    let world = World::new().await;
    let before = full_instance(&world);
    let acl = readers(["emma"]);
    world
        .insert(&before, &acl, &[acl.clone(), acl.clone()])
        .await;

    let mut after = before.clone();
    after.revision = 2;
    after.tasks[0].state = TaskState::Completed;
    after.tasks[0].completed_by = Some(name("hanna"));
    after.tasks[0].revision = 2;
    after.tasks.push(task(3));
    after.data.remove("list");
    after.data.insert(name("iban"), Value::text("changed"));
    after.timers.remove(0);
    after.timers[0].due_at = at(301);
    let entry = changed(&before, &after, &acl);
    world.save(Some(&before), &after, &entry).await.unwrap();

    let read = world.store.read(world.acme).await.unwrap();
    let loaded = read.instance_for_engine(after.id).await.unwrap().unwrap();
    let mut open = after.clone();
    open.tasks.remove(0);
    assert_eq!(loaded, open);
    let emma = world.actor("emma");
    let closed = read.task(&emma, after.tasks[0].id).await.unwrap().unwrap();
    assert_eq!(closed.task, after.tasks[0]);
    let timer = DueTimer {
        tenant: world.acme,
        instance: after.id,
        timer: after.timers[0].id,
        due_at: at(301),
        tries: 0,
    };
    assert_eq!(
        world.store.next_timer(at(300)).await.unwrap(),
        Some(at(301))
    );
    assert_eq!(world.store.next_timer(at(301)).await.unwrap(), None);
    let due = async |now, after| world.store.due_timers(now, after, 9).await.unwrap();
    assert_eq!(due(at(300), None).await, []);
    assert_eq!(due(at(301), None).await, [timer]);
    // One that cannot fire does not stand in the way of those behind it.
    assert_eq!(due(at(301), Some(&timer)).await, []);
    let before = DueTimer {
        due_at: at(300),
        ..timer
    };
    assert_eq!(due(at(301), Some(&before)).await, [timer]);
    // One that has failed is put off, and counted; who read it before that puts nothing off.
    let put_off = async |until| world.store.put_off_timer(&timer, until).await.unwrap();
    put_off(at(400)).await;
    put_off(at(500)).await;
    assert_eq!(due(at(399), None).await, []);
    let again = DueTimer {
        due_at: at(400),
        tries: 1,
        ..timer
    };
    assert_eq!(due(at(400), None).await, [again]);
}

#[tokio::test]
async fn a_field_that_has_not_changed_keeps_its_bytes() {
    use super::super::entity::instance::{Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

    let world = World::new().await;
    let before = full_instance(&world);
    let acl = readers(["emma"]);
    world
        .insert(&before, &acl, &[acl.clone(), acl.clone()])
        .await;
    let data = async || {
        let row = Entity::find().filter(Column::Id.eq(before.id.0));
        row.one(&world.store.db).await.unwrap().unwrap().data
    };
    let old = data().await;
    let mut after = before.clone();
    after.revision = 2;
    after.data.insert(name("iban"), Value::text("changed"));
    let entry = changed(&before, &after, &acl);
    world.save(Some(&before), &after, &entry).await.unwrap();
    let new = data().await;
    let old = super::super::row::parse_frames(&old).unwrap();
    let new = super::super::row::parse_frames(&new).unwrap();
    let kept = new.iter().filter(|frame| old.contains(frame)).count();
    assert_eq!((old.len(), new.len(), kept), (4, 4, 3));
}

#[tokio::test]
async fn only_one_saves_over_a_revision() {
    let world = World::new().await;
    let before = world.instance(1);
    let acl = readers(["emma"]);
    world.insert(&before, &acl, &[]).await;
    let again = world
        .save(None, &before, &started(&before, &acl, &[]))
        .await;
    assert!(matches!(again, Err(StoreError::Conflict)));

    let mut after = before.clone();
    after.revision = 2;
    let entry = changed(&before, &after, &acl);
    world.save(Some(&before), &after, &entry).await.unwrap();
    let late = world.save(Some(&before), &after, &entry).await;
    assert!(matches!(late, Err(StoreError::Conflict)));
    let read = world.store.read(world.acme).await.unwrap();
    assert_eq!(read.journal_after(Position(0), 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn transitions_of_many_instances_are_stored_all_or_none() {
    let world = World::new().await;
    let acl = readers(["emma"]);
    let before: Vec<Instance> = (1..=3).map(|number| world.instance(number)).collect();
    for instance in &before[..2] {
        world.insert(instance, &acl, &[]).await;
    }
    let mut after = before.clone();
    for (number, instance) in after[..2].iter_mut().enumerate() {
        instance.revision = 2;
        instance.data.insert(name("total"), Value::text("7"));
        instance.tasks.push(task(10 + number as u128));
    }
    let entries = [
        changed(&before[0], &after[0], &acl),
        changed(&before[1], &after[1], &acl),
        started(&after[2], &acl, &[]),
    ];
    let transitions: Vec<Transition<'_>> = (0..3)
        .map(|at| Transition {
            process: &world.process,
            before: (at < 2).then(|| &before[at]),
            after: &after[at],
            entry: &entries[at],
            remembered: &[],
        })
        .collect();
    let save = async || {
        let write = world.store.write(world.acme).await?;
        write.save_instances(&transitions).await?;
        write.commit().await
    };
    assert_eq!(save().await.unwrap(), Position(5));
    let read = world.store.read(world.acme).await.unwrap();
    let ids: Vec<InstanceId> = after.iter().map(|one| one.id).collect();
    let mut found = read.instances_for_engine(&ids).await.unwrap();
    found.sort_by_key(|(id, _)| after.iter().position(|one| one.id == *id));
    let found: Vec<Instance> = found.into_iter().map(|(_, one)| one.unwrap()).collect();
    assert_eq!(found, after);
    drop(read);

    // The first two have moved on, and with them nothing is stored of the third.
    assert!(matches!(save().await, Err(StoreError::Conflict)));
    assert_eq!(world.store.position().await.unwrap(), Position(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twelve_writers_race_and_each_is_answered() {
    let world = Arc::new(World::new().await);
    let mut task = task(1);
    task.candidates = BTreeSet::from([Principal::Everyone]);
    let acl = everybody();
    let mut start = world.instance(1);
    start.tasks.push(task);
    world.insert(&start, &acl, std::slice::from_ref(&acl)).await;

    let claim = async |world: Arc<World>, number: usize| {
        let write = world.store.write(world.acme).await.unwrap();
        let me = world.actor(&format!("user{number}"));
        let before = write.instance(&me, InstanceId(id(1001))).await.unwrap();
        let before = before.unwrap();
        if before.tasks[0].state != TaskState::Ready {
            return false;
        }
        let mut after = before.clone();
        after.revision += 1;
        after.tasks[0].state = TaskState::Claimed;
        after.tasks[0].assignee = Some(me.user.clone());
        let entry = changed(&before, &after, &everybody());
        write
            .save_instance(&world.process, Some(&before), &after, &entry, &[])
            .await
            .unwrap();
        write.commit().await.unwrap();
        true
    };
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..12 {
        racers.spawn(claim(world.clone(), number));
    }
    let won = racers.join_all().await;
    assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
}

fn everybody() -> Acl {
    Acl {
        grants: BTreeSet::from([Principal::Everyone]),
        ..Acl::default()
    }
}

#[tokio::test]
async fn what_is_not_committed_never_was() {
    let world = World::new().await;
    let instance = world.instance(1);
    let acl = readers(["emma"]);
    let write = world.store.write(world.acme).await.unwrap();
    let entry = started(&instance, &acl, &[]);
    write
        .save_instance(&world.process, None, &instance, &entry, &[])
        .await
        .unwrap();
    let emma = world.actor("emma");
    assert!(write.instance(&emma, instance.id).await.unwrap().is_some());
    drop(write);
    let write = world.store.write(world.acme).await.unwrap();
    assert!(write.instance(&emma, instance.id).await.unwrap().is_none());
    assert_eq!(write.commit().await.unwrap(), Position(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_of_work_that_is_given_up_half_begun_holds_nothing() {
    let world = World::new().await;
    let instance = world.instance(1);
    let acl = readers(["emma"]);
    for patience in 0..200 {
        let patience = std::time::Duration::from_micros(patience);
        let begun = tokio::time::timeout(patience, world.store.write(world.acme)).await;
        if let Ok(write) = begun {
            let saving = write.unwrap();
            let entry = started(&instance, &acl, &[]);
            let save = saving.save_instance(&world.process, None, &instance, &entry, &[]);
            let _ = tokio::time::timeout(patience, save).await;
        }
    }
    let emma = world.actor("emma");
    for _ in 0..8 {
        let read = world.store.read(world.acme).await.unwrap();
        assert_eq!(read.instance(&emma, instance.id).await.unwrap(), None);
    }
    world.insert(&instance, &acl, &[]).await;
}

#[tokio::test]
async fn the_journal_is_read_in_the_order_of_commits_by_its_tenant() {
    let world = World::new().await;
    let acl = readers(["emma"]);
    let mut positions = Vec::new();
    for number in 1..=3 {
        let instance = world.instance(number);
        let entry = started(&instance, &acl, &[]);
        positions.push(world.save(None, &instance, &entry).await.unwrap());
    }
    assert!(positions.is_sorted());
    assert_eq!(world.store.position().await.unwrap(), positions[2]);
    let read = world.store.read(world.acme).await.unwrap();
    assert_eq!(read.position().await.unwrap(), positions[2]);
    let all = world.store.journal_after(Position(0), 2).await.unwrap();
    let seen: Vec<_> = all.iter().map(|(at, tenant, _)| (*at, *tenant)).collect();
    assert_eq!(
        seen,
        [(positions[0], world.acme), (positions[1], world.acme)]
    );
    let rest = read.journal_after(positions[1], 9).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].1, Some(started(&world.instance(3), &acl, &[])));
    let other = world.store.read(world.globex).await.unwrap();
    assert_eq!(other.journal_after(Position(0), 9).await.unwrap(), []);
}

/// Somebody edits the database: what they touched is missing at its place, and what follows is read all the same.
#[tokio::test]
async fn an_entry_that_does_not_open_keeps_its_place_and_stops_nobody() {
    use sea_orm::ConnectionTrait;

    let world = World::new().await;
    let acl = readers(["emma"]);
    let mut positions = Vec::new();
    for number in 1..=6 {
        let instance = world.instance(number);
        let entry = started(&instance, &acl, &[]);
        positions.push(world.save(None, &instance, &entry).await.unwrap());
    }
    for (position, change) in positions.iter().zip([
        "body = x'00'",
        "key_id = x'00'",
        "key_id = zeroblob(16)",
        "instance_id = 'no id'",
        "revision = 77",
    ]) {
        let sql = format!("UPDATE journal SET {change} WHERE seq = {}", position.0);
        world.store.db.execute_unprepared(&sql).await.unwrap();
    }
    let all = world.store.journal_after(Position(0), 9).await.unwrap();
    let seen: Vec<_> = all.iter().map(|(at, tenant, _)| (*at, *tenant)).collect();
    let expected: Vec<_> = positions.iter().map(|at| (*at, world.acme)).collect();
    assert_eq!(seen, expected);
    let readable: Vec<_> = all.iter().map(|(.., entry)| entry.is_some()).collect();
    assert_eq!(readable, [false, false, false, false, false, true]);
}

#[tokio::test]
async fn comments_are_kept_in_order_and_need_their_task() {
    let world = World::new().await;
    let mut instance = world.instance(1);
    instance.tasks.push(task(1));
    let acl = readers(["emma"]);
    world
        .insert(&instance, &acl, std::slice::from_ref(&acl))
        .await;
    let comment = |number: u128| Comment {
        id: CommentId(id(number)),
        task: instance.tasks[0].id,
        author: name("mark"),
        at: at(i64::try_from(number).unwrap() / 2),
        text: format!("comment {number}").into(),
    };
    let write = world.store.write(world.acme).await.unwrap();
    for number in (0..5).rev() {
        let comment = comment(number);
        write.insert_comment(instance.id, &comment).await.unwrap();
    }
    let elsewhere = write.insert_comment(InstanceId(id(9)), &comment(9)).await;
    assert!(matches!(elsewhere, Err(StoreError::Conflict)));
    write.commit().await.unwrap();

    let read = world.store.read(world.acme).await.unwrap();
    let emma = world.actor("emma");
    let task = instance.tasks[0].id;
    assert_eq!(read.count_comments(&emma, task).await.unwrap(), 5);
    let mut expected: Vec<Comment> = (0..5).map(comment).collect();
    expected.sort_by_key(|comment| (comment.at, comment.id));
    let page = read.comments(&emma, task, &first(3)).await.unwrap();
    assert!(page.has_next && !page.has_previous);
    let last = page.items[2].0;
    let rest = Page {
        after: Some(last),
        ..first(3)
    };
    let rest = read.comments(&emma, task, &rest).await.unwrap();
    assert!(!rest.has_next && rest.has_previous);
    let all: Vec<Comment> = page
        .items
        .into_iter()
        .chain(rest.items)
        .map(|(_, comment)| comment)
        .collect();
    assert_eq!(all, expected);
    let other = world.store.read(world.globex).await.unwrap();
    let stranger = world.actor("zoe");
    assert_eq!(read.count_comments(&stranger, task).await.unwrap(), 0);
    let nothing = read.comments(&stranger, task, &first(3)).await.unwrap();
    assert!(nothing.items.is_empty() && !nothing.has_next);
    assert_eq!(other.count_comments(&emma, task).await.unwrap(), 0);
}

#[tokio::test]
async fn a_remembered_answer_is_its_askers_own_and_forgotten_in_time() {
    let world = World::new().await;
    let emma = world.actor("emma");
    let made = Remembered {
        request: [7; 32],
        instance: InstanceId(id(5)),
        task: None,
    };
    let write = world.store.write(world.acme).await.unwrap();
    write
        .remember(&emma, "startProcess", "k", &made, at(10))
        .await
        .unwrap();
    let taken = write
        .remember(&emma, "startProcess", "k", &made, at(11))
        .await;
    assert!(matches!(taken, Err(StoreError::Conflict)));
    write.commit().await.unwrap();

    let read = world.store.read(world.acme).await.unwrap();
    let recall = async |who: &str, operation: &str, key: &str| {
        let actor = world.actor(who);
        read.recall(&actor, operation, key).await.unwrap()
    };
    assert_eq!(recall("emma", "startProcess", "k").await, Some(made));
    assert_eq!(recall("mark", "startProcess", "k").await, None);
    assert_eq!(recall("emma", "completeTask", "k").await, None);
    assert_eq!(recall("emma", "startProcess", "l").await, None);
    drop(read);
    assert_eq!(world.store.forget_before(at(10)).await.unwrap(), 0);
    assert_eq!(world.store.forget_before(at(11)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_tenant_is_made_once_by_whoever_asks_first() {
    let world = World::new().await;
    let asked = ask_at_once(&world).await;
    assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), 1);
    assert_ne!(asked[0], world.acme);
}

async fn ask_at_once(world: &World) -> Vec<TenantId> {
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = world.store.clone();
        asking.spawn(async move { store.tenant("initech", at(1)).await.unwrap() });
    }
    asking.join_all().await
}

#[tokio::test]
async fn a_stored_value_that_does_not_open_is_an_error_for_the_engine_and_absent_for_readers() {
    use super::super::entity::instance::{ActiveModel, Column, Entity};
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

    let world = World::new().await;
    let instance = full_instance(&world);
    let acl = readers(["emma"]);
    world
        .insert(&instance, &acl, &[acl.clone(), acl.clone()])
        .await;
    let spoilt = ActiveModel {
        body: Set(vec![1, 2, 3]),
        ..ActiveModel::default()
    };
    Entity::update_many()
        .set(spoilt)
        .filter(Column::Id.eq(instance.id.0))
        .exec(&world.store.db)
        .await
        .unwrap();
    let read = world.store.read(world.acme).await.unwrap();
    let emma = world.actor("emma");
    assert_eq!(read.instance(&emma, instance.id).await.unwrap(), None);
    let engine = read.instance_for_engine(instance.id).await;
    let Err(StoreError::Corrupt { table, column, row }) = engine else {
        panic!("the spoilt row was loaded");
    };
    assert_eq!((table, column, row), ("instances", "body", instance.id.0));
}

#[tokio::test]
async fn the_status_of_an_instance_names_who_ended_it() {
    use super::super::InstanceFilter;

    let world = World::new().await;
    let acl = readers(["emma"]);
    let before = world.instance(1);
    world.insert(&before, &acl, &[]).await;
    world.insert(&world.instance(2), &acl, &[]).await;
    let mut after = before.clone();
    after.revision = 2;
    after.state = InstanceState::Terminated;
    after.ended_at = Some(at(50));
    let entry = changed(&before, &after, &acl);
    let write = world.store.write(world.acme).await.unwrap();
    write
        .save_instance(&world.process, Some(&before), &after, &entry, &[])
        .await
        .unwrap();
    write
        .save_ended_by(after.id, &name("adam"), Some("stuck"))
        .await
        .unwrap();
    write.commit().await.unwrap();

    let read = world.store.read(world.acme).await.unwrap();
    let all = InstanceFilter::default();
    let statuses = read.statuses(&all, &first(9)).await.unwrap();
    let ids: Vec<InstanceId> = statuses.items.iter().map(|(_, status)| status.id).collect();
    assert_eq!(ids, [world.instance(2).id, after.id]);
    let status = &statuses.items[1].1;
    assert_eq!(status.ended_by, Some(name("adam")));
    assert_eq!(status.ended_reason.as_deref(), Some("stuck"));
    assert_eq!(status.ended_at, Some(at(50)));
    assert_eq!(read.count_statuses(&all).await.unwrap(), 2);
    let ended = InstanceFilter {
        state: Some(vec![InstanceState::Terminated]),
        ..InstanceFilter::default()
    };
    assert_eq!(read.count_statuses(&ended).await.unwrap(), 1);
    let other = world.store.read(world.globex).await.unwrap();
    assert_eq!(other.count_statuses(&all).await.unwrap(), 0);
    assert_eq!(other.statuses(&all, &first(9)).await.unwrap().items, []);
}
