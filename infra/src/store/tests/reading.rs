//! One policy, one decision: whatever lists say who reads what, what the database finds is what `Acl::admits`,
//! `Worklist::holds` and `TaskFilter::holds` say, in a lookup, in a list and in a count.

use docket_domain::task::worklist::{Span, TaskFilter, Worklist};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};

use super::super::page::Key;
use super::super::{InstanceFilter, Read, TaskOrder, TaskSort, WorklistCounts};
use super::*;

const NOW: i64 = 43_200;
const DAY: i64 = 86_400;

/// Some instances with a task each, who asks, and for what.
#[derive(Clone, Debug)]
struct Case {
    instances: Vec<(Acl, &'static str, i64, InstanceState)>,
    tasks: Vec<(Acl, TaskSpec)>,
    actors: Vec<ActorSpec>,
    filters: Vec<(TaskFilter, TaskOrder)>,
}

#[derive(Clone, Debug)]
struct TaskSpec {
    state: TaskState,
    assignee: Option<&'static str>,
    owner: Option<&'static str>,
    candidates: BTreeSet<Principal>,
    excluded: BTreeSet<Principal>,
    priority: i32,
    created: i64,
    due: Option<i64>,
    element: &'static str,
}

#[derive(Clone, Debug)]
struct ActorSpec {
    user: &'static str,
    groups: Vec<&'static str>,
    roles: Vec<&'static str>,
    privileges: Vec<Privilege>,
}

const USERS: [&str; 3] = ["ann", "bob", "cid"];
const NAMES: [&str; 2] = ["hr", "ann"];

fn principal() -> impl Strategy<Value = Principal> {
    prop_oneof![
        4 => select(&USERS[..]).prop_map(user),
        3 => select(&NAMES[..]).prop_map(|text| Principal::Group(name(text))),
        2 => select(&NAMES[..]).prop_map(|text| Principal::Role(name(text))),
        1 => Just(Principal::Everyone),
        1 => Just(Principal::Privilege(Privilege::Manager)),
    ]
}

fn acl() -> impl Strategy<Value = Acl> {
    let rarely = |most: usize| prop_oneof![3 => Just(0), 1 => 1..=most];
    (
        btree_set(principal(), 0..4),
        rarely(2).prop_flat_map(|sets| vec(btree_set(principal(), 0..4), sets)),
        rarely(1).prop_flat_map(|size| btree_set(principal(), size)),
    )
        .prop_map(|(grants, require, denied)| Acl {
            grants,
            require,
            denied,
        })
}

fn state() -> impl Strategy<Value = TaskState> {
    select(vec![
        TaskState::Ready,
        TaskState::Ready,
        TaskState::Claimed,
        TaskState::Delegated,
        TaskState::Completed,
        TaskState::Cancelled,
    ])
}

fn task_spec() -> impl Strategy<Value = TaskSpec> {
    (
        state(),
        option::of(select(&USERS[..])),
        option::of(select(&USERS[..])),
        btree_set(principal(), 0..3),
        prop_oneof![
            Just(BTreeSet::new()),
            principal().prop_map(|one| [one].into())
        ],
        (0..3i32, 0..4i64, select(vec!["approve", "check"])),
        option::of(select(vec![NOW - 1, NOW, NOW + 5, DAY - 1, DAY])),
    )
        .prop_map(
            |(state, assignee, owner, candidates, excluded, more, due)| {
                let (priority, created, element) = more;
                TaskSpec {
                    state,
                    assignee,
                    owner,
                    candidates,
                    excluded,
                    priority,
                    created,
                    due,
                    element,
                }
            },
        )
}

fn actor_spec() -> impl Strategy<Value = ActorSpec> {
    (
        select(&USERS[..]),
        subsequence(NAMES.to_vec(), 0..=2),
        subsequence(NAMES.to_vec(), 0..=2),
        prop_oneof![
            4 => Just(vec![Privilege::User]),
            1 => Just(vec![Privilege::User, Privilege::Manager]),
            1 => Just(vec![Privilege::Manager]),
        ],
    )
        .prop_map(|(user, groups, roles, privileges)| ActorSpec {
            user,
            groups,
            roles,
            privileges,
        })
}

fn span() -> impl Strategy<Value = Span> {
    (option::of(0..4i64), option::of(0..4i64)).prop_map(|(from, until)| Span {
        from: from.map(moment),
        until: until.map(moment),
    })
}

fn filter() -> impl Strategy<Value = TaskFilter> {
    let sometimes = |probability: f64| proptest::option::weighted(probability, Just(()));
    (
        (
            option::weighted(0.2, select(&USERS[..])),
            option::weighted(0.2, select(&NAMES[..])),
        ),
        (sometimes(0.1), option::weighted(0.2, 0..8u128)),
        option::weighted(0.2, select(vec!["approve", "check"])),
        option::weighted(0.3, vec(state(), 0..3)),
        (option::weighted(0.2, span()), option::weighted(0.2, span())),
        (
            option::weighted(0.2, 0..3i32),
            option::weighted(0.2, 0..3i32),
        ),
    )
        .prop_map(
            |((assignee, group), (process, instance), element, state, spans, most)| TaskFilter {
                assignee: assignee.map(name),
                candidate_group: group.map(name),
                process: process.map(|()| name("other")),
                instance: instance.map(|number| InstanceId(id(1000 + number))),
                element_id: element.map(name),
                state,
                due: spans.0,
                created: spans.1,
                min_priority: most.0,
                max_priority: most.1,
            },
        )
}

fn order() -> impl Strategy<Value = TaskOrder> {
    let sorts = vec![TaskSort::Created, TaskSort::Due, TaskSort::Priority];
    (select(sorts), any::<bool>()).prop_map(|(sort, descending)| TaskOrder { sort, descending })
}

fn case() -> impl Strategy<Value = Case> {
    let states = vec![InstanceState::Active, InstanceState::Completed];
    let instance = (acl(), select(&USERS[..]), 0..4i64, select(states));
    (
        vec(instance, 8),
        vec((acl(), task_spec()), 40),
        vec(actor_spec(), 3),
        vec((filter(), order()), 4),
    )
        .prop_map(|(instances, tasks, actors, mut filters)| {
            // Most filters leave little: one narrows nothing, so that there are pages.
            filters[0].0 = TaskFilter::default();
            Case {
                instances,
                tasks,
                actors,
                filters,
            }
        })
}

/// Dates lie in one day, so that "today" means something.
fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_057_600 + second).unwrap()
}

#[test]
fn lookup_list_and_count_are_what_the_rules_say() {
    let config = Config {
        cases: 10,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let outcome = TestRunner::new(config).run(&case(), |case| {
        runtime.block_on(holds(&case));
        Ok(())
    });
    outcome.unwrap();
}

async fn holds(case: &Case) {
    let world = World::new().await;
    let mut instances = Vec::new();
    let mut images = Vec::new();
    for (number, (acl, initiator, started, state)) in (0u128..).zip(&case.instances) {
        let mut instance = world.instance(number);
        instance.initiator = name(initiator);
        instance.started_at = moment(*started);
        instance.state = *state;
        let own = case.tasks.iter().enumerate();
        let own = own.filter(|(index, _)| *index as u128 % 8 == number);
        let mut acls = Vec::new();
        for (index, (acl, spec)) in own {
            instance.tasks.push(specified(index as u128, spec));
            acls.push((acl.clone(), spec.element));
        }
        let mut entry = started_entry(&instance, acl);
        for (task, (acl, element)) in instance.tasks.iter().zip(&acls) {
            let mut image = task_image(&instance, task, acl);
            image.element_id = name(element);
            images.push(image.clone());
            entry.tasks.push(TaskChange {
                before: None,
                after: image,
            });
        }
        world.save(None, &instance, &entry).await.unwrap();
        instance.tasks.retain(|task| task.state.is_open());
        instances.push((instance, acl.clone()));
    }
    for spec in &case.actors {
        let actor = actor(
            world.acme,
            spec.user,
            &spec.groups,
            &spec.roles,
            &spec.privileges,
        );
        let read = world.store.read(world.acme).await.unwrap();
        instances_agree(&read, &actor, &instances).await;
        tasks_agree(&read, &actor, &images, &case.filters).await;
        let elsewhere = world.store.read(world.globex).await.unwrap();
        nothing_is_seen(&elsewhere, &actor, &instances, &images).await;
    }
}

fn started_entry(instance: &Instance, acl: &Acl) -> Entry {
    started(instance, acl, &[])
}

fn specified(number: u128, spec: &TaskSpec) -> Task {
    Task {
        state: spec.state,
        assignee: spec.assignee.map(name),
        owner: spec.owner.map(name),
        candidates: spec.candidates.clone(),
        excluded: spec.excluded.clone(),
        priority: spec.priority,
        created_at: moment(spec.created),
        due_at: spec.due.map(moment),
        ..task(number)
    }
}

async fn instances_agree(read: &Read, actor: &Actor, instances: &[(Instance, Acl)]) {
    let ids: Vec<InstanceId> = instances.iter().map(|(instance, _)| instance.id).collect();
    let found = read.instances_by_id(actor, &ids).await.unwrap();
    for (instance, acl) in instances {
        let expected = acl.admits(actor).then_some(instance);
        assert_eq!(found.get(&instance.id).map(AsRef::as_ref), expected);
    }
    for initiator in [None, Some(name("ann"))] {
        for descending in [false, true] {
            let filter = InstanceFilter {
                initiator: initiator.clone(),
                ..InstanceFilter::default()
            };
            let mut expected: Vec<&Instance> = instances
                .iter()
                .filter(|(_, acl)| acl.admits(actor))
                .map(|(instance, _)| instance)
                .filter(|instance| {
                    initiator
                        .as_ref()
                        .is_none_or(|of| instance.initiator == *of)
                })
                .collect();
            expected.sort_by_key(|instance| (instance.started_at, instance.id));
            if descending {
                expected.reverse();
            }
            let slice = read
                .instances(actor, &filter, descending, &first(100))
                .await
                .unwrap();
            let listed: Vec<&Instance> = slice.items.iter().map(|(_, item)| item).collect();
            assert_eq!(listed, expected);
            let count = read.count_instances(actor, &filter).await.unwrap();
            assert_eq!(count, expected.len() as u64);
        }
    }
}

async fn tasks_agree(
    read: &Read,
    actor: &Actor,
    images: &[TaskImage],
    filters: &[(TaskFilter, TaskOrder)],
) {
    let ids: Vec<TaskId> = images.iter().map(|image| image.task.id).collect();
    let found = read.tasks_by_id(actor, &ids).await.unwrap();
    for image in images {
        let expected = image.visible_to(actor).then_some(image);
        assert_eq!(found.get(&image.task.id), expected);
    }
    let mut worklists = Worklist::all_of(actor);
    worklists.extend(NAMES.map(|text| Worklist::Group(name(text))));
    for (filter, order) in filters {
        let visible = |image: &&TaskImage| image.visible_to(actor) && filter.holds(image);
        let all: Vec<&TaskImage> = images.iter().filter(visible).collect();
        task_list_agrees(read, actor, None, filter, *order, all).await;
        let mut expected_counts = Vec::new();
        for worklist in &worklists {
            let on = |image: &&TaskImage| worklist.holds(actor, image) && filter.holds(image);
            let on: Vec<&TaskImage> = images.iter().filter(on).collect();
            expected_counts.push(counts(&on));
            task_list_agrees(read, actor, Some(worklist), filter, *order, on).await;
        }
        let counts = read
            .worklist_counts(actor, &worklists, filter, moment(NOW))
            .await
            .unwrap();
        assert_eq!(counts, expected_counts);
    }
}

async fn task_list_agrees(
    read: &Read,
    actor: &Actor,
    worklist: Option<&Worklist>,
    filter: &TaskFilter,
    order: TaskOrder,
    mut expected: Vec<&TaskImage>,
) {
    expected.sort_by_key(|image| {
        let key = key(&image.task, order);
        (key.sort, key.id)
    });
    if order.descending {
        expected.reverse();
    }
    let count = read.count_tasks(actor, worklist, filter).await.unwrap();
    assert_eq!(count, expected.len() as u64, "{worklist:?} {filter:?}");
    for from_end in [false, true] {
        let mut listed = Vec::new();
        let mut page = Page {
            from_end,
            ..first(3)
        };
        loop {
            let slice = read
                .tasks(actor, worklist, filter, order, &page)
                .await
                .unwrap();
            for (at, image) in &slice.items {
                assert_eq!(*at, key(&image.task, order));
            }
            let page_of = read.tasks_with_instances(actor, worklist, filter, order, &page);
            let surrounded = page_of.await.unwrap();
            assert_eq!(surrounded.tasks, slice);
            let ids: Vec<InstanceId> = slice.items.iter().map(|(_, it)| it.instance).collect();
            let shown = read.instances_by_id(actor, &ids).await.unwrap();
            assert!(
                ids.iter()
                    .all(|id| surrounded.instances.get(id) == shown.get(id))
            );
            let more = if from_end {
                page.before = slice.items.first().map(|(key, _)| *key);
                slice.has_previous
            } else {
                page.after = slice.items.last().map(|(key, _)| *key);
                slice.has_next
            };
            let images = slice.items.into_iter().map(|(_, image)| image);
            if from_end {
                listed.splice(0..0, images);
            } else {
                listed.extend(images);
            }
            if !more {
                break;
            }
        }
        let listed: Vec<&TaskImage> = listed.iter().map(AsRef::as_ref).collect();
        assert_eq!(listed, expected, "{worklist:?} {filter:?} {order:?}");
    }
}

fn key(task: &Task, order: TaskOrder) -> Key {
    let never = if order.descending { i64::MIN } else { i64::MAX };
    let sort = match order.sort {
        TaskSort::Created => task.created_at.as_microsecond(),
        TaskSort::Due => task.due_at.map_or(never, Timestamp::as_microsecond),
        TaskSort::Priority => i64::from(task.priority),
    };
    Key {
        sort,
        id: task.id.0,
    }
}

fn counts(images: &[&TaskImage]) -> WorklistCounts {
    let count =
        |of: &dyn Fn(&Task) -> bool| images.iter().filter(|image| of(&image.task)).count() as u64;
    let due = |task: &Task, from: i64, until: i64| {
        task.due_at
            .is_some_and(|due| moment(from) <= due && due < moment(until))
    };
    WorklistCounts {
        total: count(&|_| true),
        overdue: count(&|task| due(task, -DAY, NOW)),
        due_today: count(&|task| due(task, NOW, DAY)),
        unassigned: count(&|task| task.assignee.is_none()),
    }
}

async fn nothing_is_seen(
    read: &Read,
    actor: &Actor,
    instances: &[(Instance, Acl)],
    images: &[TaskImage],
) {
    // The token's tenant is another than the one that is read: not even the same names are the same people.
    let ids: Vec<InstanceId> = instances.iter().map(|(instance, _)| instance.id).collect();
    assert!(read.instances_by_id(actor, &ids).await.unwrap().is_empty());
    let ids: Vec<TaskId> = images.iter().map(|image| image.task.id).collect();
    assert!(read.tasks_by_id(actor, &ids).await.unwrap().is_empty());
    let all = TaskFilter::default();
    assert_eq!(read.count_tasks(actor, None, &all).await.unwrap(), 0);
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_what_everybody_may_read() {
    let world = World::new().await;
    let everyone = Acl {
        grants: BTreeSet::from([Principal::Everyone]),
        ..Acl::default()
    };
    let mut instance = full_instance(&world);
    for task in &mut instance.tasks {
        task.candidates = everyone.grants.clone();
    }
    world
        .insert(&instance, &everyone, &[everyone.clone(), everyone.clone()])
        .await;
    // The same names, all privileges, and a token of the tenant that is read.
    let emma = actor(world.globex, "emma", &["hr"], &["hr"], &Privilege::ALL);
    let read = world.store.read(world.globex).await.unwrap();
    let filter = InstanceFilter::default();
    assert_eq!(read.instance(&emma, instance.id).await.unwrap(), None);
    assert_eq!(read.instance_for_engine(instance.id).await.unwrap(), None);
    let by_key = read.instance_by_business_key(&emma, "vacation", "V-17");
    assert_eq!(by_key.await.unwrap(), None);
    let list = read.instances(&emma, &filter, true, &first(9)).await;
    assert_eq!(list.unwrap().items, []);
    assert_eq!(read.count_instances(&emma, &filter).await.unwrap(), 0);
    let filter = TaskFilter {
        instance: Some(instance.id),
        ..TaskFilter::default()
    };
    let order = TaskOrder {
        sort: TaskSort::Created,
        descending: false,
    };
    for filter in [&filter, &TaskFilter::default()] {
        let list = read.tasks(&emma, None, filter, order, &first(9)).await;
        assert_eq!(list.unwrap().items, []);
        for worklist in Worklist::all_of(&emma) {
            let count = read.count_tasks(&emma, Some(&worklist), filter).await;
            assert_eq!(count.unwrap(), 0);
        }
    }
    let task = instance.tasks[0].id;
    assert_eq!(read.task(&emma, task).await.unwrap(), None);
    // And cannot write over it.
    let mut after = instance.clone();
    after.revision = 2;
    let entry = changed(&instance, &after, &everyone);
    let write = world.store.write(world.globex).await.unwrap();
    let saved = write
        .save_instance(&world.process, Some(&instance), &after, &entry, &[])
        .await;
    assert!(matches!(saved, Err(StoreError::Conflict)));
}
