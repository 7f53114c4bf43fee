//! Work is found from the queues of a worker: most urgent first, at the same cost however much there is for others.

use std::collections::HashSet;
use std::sync::Mutex;

use docket_domain::ids::WorkId;
use docket_domain::work::{Lock, PendingWork};
use jiff::SignedDuration;
use sea_orm::{ConnectionTrait, Statement};

use super::super::WorkTimes;
use super::*;

fn work(number: u128, priority: i32, free: i64) -> PendingWork {
    PendingWork {
        id: WorkId(id(700_000 + number)),
        token: TokenId(1),
        scope: ScopeId(0),
        element: ElementIx(0),
        kind: name("pay"),
        retries: 3,
        priority,
        backoff: SignedDuration::ZERO,
        timeout: SignedDuration::from_mins(5),
        workers: None,
        created_at: at(0),
        available_at: at(free),
        lock: None,
        failure: None,
    }
}

async fn insert(world: &World, number: u128, work: Vec<PendingWork>) -> Instance {
    let mut instance = world.instance(number);
    instance.work = work;
    world.insert(&instance, &readers(["emma"]), &[]).await;
    instance
}

async fn found(world: &World, worker: &Actor, now: i64, limit: usize) -> Vec<u128> {
    let read = world.store.read(world.acme).await.unwrap();
    let skip = HashSet::new();
    let free = read.free_work(worker, "pay", at(now), limit, &skip).await;
    let number = |work: WorkId| (0..100).find(|number| work.0 == id(700_000 + number));
    let free = free.unwrap().into_iter();
    free.map(|free| number(free.work).unwrap()).collect()
}

fn worker(world: &World, user: &str, groups: &[&str]) -> Actor {
    actor(world.acme, user, groups, &[], &[Privilege::Worker])
}

#[tokio::test]
async fn the_most_urgent_comes_first_then_what_has_waited_longest() {
    let world = World::new().await;
    let all = vec![
        work(1, 50, 9),
        work(2, 90, 8),
        work(3, 50, 4),
        work(4, 10, 1),
    ];
    insert(&world, 1, all).await;
    insert(&world, 2, vec![work(5, 90, 7), work(6, 90, 30)]).await;
    let rob = worker(&world, "rob", &[]);
    assert_eq!(found(&world, &rob, 10, 100).await, [5, 2, 3, 1, 4]);
    assert_eq!(found(&world, &rob, 10, 3).await, [5, 2, 3]);
    assert_eq!(found(&world, &rob, 0, 100).await, []);
    let read = world.store.read(world.acme).await.unwrap();
    let times = read.work_times(&rob, "pay", at(10)).await.unwrap();
    let next = Some(at(30));
    assert_eq!(times, WorkTimes { now: true, next });
    let times = read.work_times(&rob, "other", at(10)).await.unwrap();
    assert_eq!(
        times,
        WorkTimes {
            now: false,
            next: None
        }
    );
}

#[tokio::test]
async fn work_for_others_is_not_found_and_what_is_for_several_ways_is_found_once() {
    let world = World::new().await;
    let mut narrowed = work(1, 50, 0);
    let both = [Principal::Group(name("bots")), user("rob")];
    narrowed.workers = Some(BTreeSet::from(both));
    let mut nobodys = work(2, 50, 0);
    nobodys.workers = Some(BTreeSet::new());
    insert(&world, 1, vec![narrowed, nobodys]).await;
    for (who, expected) in [
        (worker(&world, "rob", &["bots"]), vec![1]),
        (worker(&world, "eve", &["bots"]), vec![1]),
        (worker(&world, "eve", &[]), vec![]),
        (
            actor(world.globex, "rob", &["bots"], &[], &[Privilege::Worker]),
            vec![],
        ),
    ] {
        assert_eq!(found(&world, &who, 1, 9).await, expected, "{who:?}");
    }
}

#[tokio::test]
async fn rows_follow_the_work_through_its_life() {
    let world = World::new().await;
    let rob = worker(&world, "rob", &[]);
    let before = insert(&world, 1, vec![work(1, 50, 0), work(2, 50, 0)]).await;
    let mut after = before.clone();
    after.work[0].lock = Some(Lock {
        user: name("rob"),
        worker: name("w1"),
        until: at(60),
    });
    after.revision = 2;
    let entry = changed(&before, &after, &readers(["emma"]));
    world.save(Some(&before), &after, &entry).await.unwrap();
    assert_eq!(found(&world, &rob, 1, 9).await, [2]);
    assert_eq!(found(&world, &rob, 60, 9).await, [2, 1]);
    let read = world.store.read(world.acme).await.unwrap();
    let (held, free) = (after.work[0].id, after.work[1].id);
    let mut statements = Vec::new();
    for (who, as_worker, work, expected) in [
        (&rob, "w1", held, Some(after.id)),
        (&rob, "w2", held, None),
        (&worker(&world, "eve", &[]), "w1", held, None),
        (&rob, "w1", free, None),
        (&rob, "w1", WorkId(id(1)), None),
    ] {
        let sent = world.store.statements();
        let found = read.held_work(who, as_worker, work).await.unwrap();
        statements.push(world.store.statements() - sent);
        assert_eq!(found, expected, "{as_worker} {work}");
    }
    assert_eq!(
        statements, [1; 5],
        "a hit and a miss take the same statements"
    );
    drop(read);
    let mut gone = after.clone();
    gone.work.remove(0);
    gone.state = InstanceState::Terminated;
    gone.revision = 3;
    let entry = changed(&after, &gone, &readers(["emma"]));
    world.save(Some(&after), &gone, &entry).await.unwrap();
    assert_eq!(
        found(&world, &rob, 99, 9).await,
        [],
        "an instance that does not run has none"
    );
}

#[tokio::test]
async fn no_way_to_work_reads_a_whole_table_or_sorts_a_queue() {
    let mut world = World::new().await;
    insert(&world, 1, vec![work(1, 50, 0), work(2, 90, 0)]).await;
    crowd(&world).await;
    let sent: Arc<Mutex<Vec<Statement>>> = Arc::default();
    for db in [&mut world.store.db, &mut world.store.writing] {
        let seen = sent.clone();
        db.set_metric_callback(move |info| {
            seen.lock().unwrap().push(info.statement.clone());
        });
    }
    let rob = actor(
        world.acme,
        "rob",
        &["bots"],
        &["bank"],
        &[Privilege::Worker],
    );
    assert_eq!(found(&world, &rob, 1, 1).await, [2]);
    assert_eq!(found(&world, &rob, 1, 9).await, [2, 1]);
    let read = world.store.read(world.acme).await.unwrap();
    read.work_times(&rob, "pay", at(1)).await.unwrap();
    read.held_work(&rob, "w1", WorkId(id(1))).await.unwrap();
    let looking = sent.lock().unwrap().len();
    assert!((8..40).contains(&looking), "{looking} statements");
    drop(read);
    take(&world, &[1]).await;

    let sent = std::mem::take(&mut *sent.lock().unwrap());
    assert!(sent.len() > looking + 3);
    let plans = |statement: &&Statement| !statement.sql.starts_with("INSERT");
    for statement in sent.iter().filter(plans).cloned() {
        let sql = statement.sql.clone();
        let explained = Statement {
            sql: format!("EXPLAIN QUERY PLAN {sql}"),
            ..statement
        };
        for row in world.store.db.query_all_raw(explained).await.unwrap() {
            let step: String = row.try_get_by_index(3).unwrap();
            let whole = step.starts_with("SCAN ")
                && &step[5..6] != "v"
                && !step.contains("CONSTANT ROW")
                && !step.contains("VALUES CLAUSE");
            let guessed = step.contains("AUTOMATIC") || step.ends_with("(tenant_id=?)");
            let sorted = step.contains("TEMP B-TREE");
            assert!(!whole && !guessed && !sorted, "{step}\n{sql}");
        }
    }
}

/// A hundred thousand pieces of work in queues of others, and as many rows of them as a table has in earnest.
async fn crowd(world: &World) {
    use super::super::entity::work::{ActiveModel, Entity};
    use sea_orm::{EntityTrait, Set};

    let row = |number: u32| ActiveModel {
        work_id: Set(id(900_000 + u128::from(number))),
        queue: Set(id(800_000 + u128::from(number % 50))),
        tenant_id: Set(world.acme.0),
        instance_id: Set(world.instance(1).id.0),
        priority: Set(i64::from(number % 7)),
        free_at: Set(i64::from(number)),
        holder: Set(None),
    };
    for part in (0..100_000).collect::<Vec<u32>>().chunks(4_000) {
        Entity::insert_many(part.iter().map(|number| row(*number)))
            .exec_without_returning(&world.store.writing)
            .await
            .unwrap();
    }
}

/// Takes the first piece of work of each of these instances in hand, all in one unit of work.
async fn take(world: &World, instances: &[u128]) {
    let write = world.store.write(world.acme).await.unwrap();
    let ids: Vec<InstanceId> = instances
        .iter()
        .map(|number| world.instance(*number).id)
        .collect();
    let found = write.instances_for_engine(&ids).await.unwrap();
    let acl = readers(["emma"]);
    let changes: Vec<_> = found
        .into_iter()
        .map(|(_, before)| {
            let before = before.unwrap();
            let mut after = before.clone();
            after.revision += 1;
            after.work[0].lock = Some(Lock {
                user: name("rob"),
                worker: name("w1"),
                until: at(60),
            });
            let mut entry = started(&after, &acl, &[]);
            entry.before = Some(entry.after.clone());
            (before, after, entry)
        })
        .collect();
    let transitions: Vec<_> = changes
        .iter()
        .map(|(before, after, entry)| super::super::Transition {
            process: &world.process,
            before: Some(before),
            after,
            entry,
            remembered: &[],
        })
        .collect();
    write.save_instances(&transitions).await.unwrap();
    write.commit().await.unwrap();
}
