//! Pages stay where they are while others write, and cost the same however much there is.

use docket_domain::task::worklist::{TaskFilter, Worklist};

use std::sync::Mutex;

use sea_orm::{ConnectionTrait, Statement};

use super::super::{InstanceFilter, TaskOrder, TaskSort};
use super::*;

const ORDER: TaskOrder = TaskOrder {
    sort: TaskSort::Created,
    descending: false,
};

async fn insert_task(world: &World, number: u128, created: i64) {
    let mut instance = world.instance(number);
    let mut task = task(number);
    task.created_at = at(created);
    task.candidates = BTreeSet::from([Principal::Group(name("hr"))]);
    instance.tasks.push(task);
    let acl = Acl {
        grants: BTreeSet::from([Principal::Group(name("hr")), user("emma")]),
        ..Acl::default()
    };
    world
        .insert(&instance, &acl, std::slice::from_ref(&acl))
        .await;
}

#[tokio::test]
async fn a_page_begins_after_the_one_before_whatever_was_inserted_since() {
    let world = World::new().await;
    for number in 0..6 {
        insert_task(&world, number, 10 * i64::try_from(number).unwrap()).await;
    }
    let emma = world.actor("emma");
    let all = TaskFilter::default();
    let page = async |page: Page| {
        let read = world.store.read(world.acme).await.unwrap();
        read.tasks(&emma, None, &all, ORDER, &page).await.unwrap()
    };
    let created = |slice: &super::super::Slice<Arc<TaskImage>>| -> Vec<Timestamp> {
        let items = slice.items.iter();
        items.map(|(_, image)| image.task.created_at).collect()
    };
    let one = page(first(2)).await;
    assert_eq!(created(&one), [at(0), at(10)]);
    assert!(one.has_next && !one.has_previous);
    insert_task(&world, 100, 5).await;
    insert_task(&world, 101, 15).await;
    let two = page(Page {
        after: Some(one.items[1].0),
        ..first(2)
    })
    .await;
    assert_eq!(created(&two), [at(15), at(20)]);
    assert!(two.has_next && two.has_previous);
    let back = page(Page {
        before: Some(two.items[0].0),
        from_end: true,
        ..first(2)
    })
    .await;
    assert_eq!(created(&back), [at(5), at(10)]);
    assert!(back.has_next && back.has_previous);
    let between = page(Page {
        after: Some(one.items[0].0),
        before: Some(two.items[1].0),
        ..first(9)
    })
    .await;
    assert_eq!(created(&between), [at(5), at(10), at(15)]);
}

#[tokio::test]
async fn a_page_takes_one_statement_however_many_rows_and_groups_there_are() {
    let world = World::new().await;
    for number in 0..60 {
        insert_task(&world, number, 0).await;
    }
    let many: Vec<String> = (0..300).map(|number| format!("group-{number}")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.push("hr");
    let few = actor(world.acme, "mark", &["hr"], &[], &[Privilege::User]);
    let many = actor(world.acme, "mark", &many, &[], &[Privilege::User]);
    let nobody = actor(world.acme, "nora", &[], &[], &[]);
    let filter = TaskFilter::default();
    let read = world.store.read(world.acme).await.unwrap();
    for (actor, expected) in [(&few, 50), (&many, 50), (&nobody, 0)] {
        let orders = [TaskSort::Created, TaskSort::Due, TaskSort::Priority]
            .map(|sort| [false, true].map(|descending| TaskOrder { sort, descending }));
        for order in orders.into_iter().flatten() {
            for worklist in [None, Some(&Worklist::Claimable), Some(&Worklist::Assigned)] {
                let before = world.store.statements();
                let page = first(50);
                let slice = read.tasks(actor, worklist, &filter, order, &page).await;
                let expected = match worklist {
                    Some(Worklist::Assigned) => 0,
                    _ => expected,
                };
                assert_eq!(slice.unwrap().items.len(), expected);
                assert_eq!(world.store.statements() - before, 1);
            }
        }
        let before = world.store.statements();
        let worklists = Worklist::all_of(&few);
        let counts = read
            .worklist_counts(actor, &worklists, &filter, at(0))
            .await
            .unwrap();
        assert_eq!(counts[1].total, if expected == 0 { 0 } else { 60 });
        read.count_tasks(actor, None, &filter).await.unwrap();
        read.instances(actor, &InstanceFilter::default(), true, &first(50))
            .await
            .unwrap();
        assert_eq!(world.store.statements() - before, 3);
    }
}

#[tokio::test]
async fn a_hit_and_a_miss_take_the_same_statements() {
    let world = World::new().await;
    insert_task(&world, 1, 0).await;
    let read = world.store.read(world.acme).await.unwrap();
    let (there, absent) = (TaskId(id(500_001)), TaskId(id(9)));
    let (emma, nora) = (world.actor("emma"), world.actor("nora"));
    let mut counts = Vec::new();
    for (actor, task, found) in [
        (&emma, there, true),
        (&emma, absent, false),
        (&nora, there, false),
        (&nora, absent, false),
    ] {
        let before = world.store.statements();
        let image = read.task(actor, task).await.unwrap();
        assert_eq!(image.is_some(), found);
        let instance = InstanceId(id(if task == there { 1001 } else { 9 }));
        let instance = read.instance(actor, instance).await.unwrap();
        assert_eq!(instance.is_some(), found);
        counts.push(world.store.statements() - before);
    }
    assert_eq!(counts, [2; 4]);
}

#[tokio::test]
async fn no_list_or_lookup_reads_a_whole_table() {
    let mut world = World::new().await;
    let sent: Arc<Mutex<Vec<Statement>>> = Arc::default();
    let seen = sent.clone();
    world.store.db.set_metric_callback(move |info| {
        seen.lock().unwrap().push(info.statement.clone());
    });
    let emma = actor(world.acme, "emma", &["hr"], &["r"], &[Privilege::User]);
    let read = world.store.read(world.acme).await.unwrap();
    let page = first(50);
    let of_instance = TaskFilter {
        instance: Some(InstanceId(id(1))),
        ..TaskFilter::default()
    };
    let of_assignee = TaskFilter {
        assignee: Some(name("mark")),
        ..TaskFilter::default()
    };
    for filter in [&TaskFilter::default(), &of_instance, &of_assignee] {
        let mut worklists: Vec<_> = Worklist::all_of(&emma).into_iter().map(Some).collect();
        worklists.push(None);
        for worklist in &worklists {
            for sort in [TaskSort::Created, TaskSort::Due, TaskSort::Priority] {
                let order = TaskOrder {
                    sort,
                    descending: true,
                };
                read.tasks(&emma, worklist.as_ref(), filter, order, &page)
                    .await
                    .unwrap();
            }
            read.count_tasks(&emma, worklist.as_ref(), filter)
                .await
                .unwrap();
        }
        let worklists = Worklist::all_of(&emma);
        read.worklist_counts(&emma, &worklists, filter, at(0))
            .await
            .unwrap();
    }
    // As many as a page has: of few, the planner thinks otherwise.
    let some: Vec<_> = (1..=50).map(|number| TaskId(id(number))).collect();
    read.tasks_by_id(&emma, &some).await.unwrap();
    let some: Vec<_> = (1..=50).map(|number| InstanceId(id(number))).collect();
    read.instances_by_id(&emma, &some).await.unwrap();
    read.instance_for_engine(some[0]).await.unwrap();
    read.instance_by_business_key(&emma, "vacation", "k")
        .await
        .unwrap();
    for initiator in [None, Some(name("emma"))] {
        let filter = InstanceFilter {
            initiator,
            ..InstanceFilter::default()
        };
        read.instances(&emma, &filter, true, &page).await.unwrap();
        read.count_instances(&emma, &filter).await.unwrap();
    }
    read.comments(&emma, TaskId(id(1)), &page).await.unwrap();

    let sent = std::mem::take(&mut *sent.lock().unwrap());
    assert!(sent.len() > 40);
    for statement in sent {
        let sql = statement.sql.clone();
        let explained = Statement {
            sql: format!("EXPLAIN QUERY PLAN {sql}"),
            ..statement
        };
        for row in world.store.db.query_all_raw(explained).await.unwrap() {
            let step: String = row.try_get_by_index(3).unwrap();
            // `f`, `p`, `u`, `v` and `w` are what the statement has found so far or was given.
            let whole = step.starts_with("SCAN ")
                && !["f", "p", "u", "v", "w"].contains(&&step[5..6])
                && !step.contains("CONSTANT ROW");
            let guessed = step.contains("AUTOMATIC") || step.ends_with("(tenant_id=?)");
            assert!(!whole && !guessed, "{step}\n{sql}");
        }
    }
}

/// What is large is not sent beside each of its tasks, and is there all the same.
#[tokio::test]
async fn a_page_brings_small_instances_along_and_large_ones_once() {
    let world = World::new().await;
    let emma = world.actor("emma");
    let acl = Acl {
        grants: BTreeSet::from([user("emma")]),
        ..Acl::default()
    };
    for (number, length, statements) in [(1, 100, 2), (2, 100_000, 3)] {
        let mut instance = world.instance(number);
        let text = "x".repeat(length);
        instance.data.insert(name("note"), Value::text(text));
        instance.tasks = vec![task(10 * number), task(10 * number + 1)];
        let acls = [acl.clone(), acl.clone()];
        world.insert(&instance, &acl, &acls).await;
        let filter = TaskFilter {
            instance: Some(instance.id),
            ..TaskFilter::default()
        };
        let read = world.store.read(world.acme).await.unwrap();
        let before = world.store.statements();
        let page = first(5);
        let found = read.tasks_with_instances(&emma, None, &filter, ORDER, &page);
        let found = found.await.unwrap();
        assert_eq!(world.store.statements() - before, statements);
        assert_eq!(found.tasks.items.len(), 2);
        assert_eq!(found.instances.len(), 1);
        assert_eq!(found.instances[&instance.id].data, instance.data);
    }
}
