//! The history: pages by number over rows of any size, for those who may read the instance.

use docket_domain::history::{Entry, Kind};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sea_orm::{ConnectionTrait, Statement};

use super::super::history::WINDOW;
use super::super::page::Key;
use super::super::{HistoryFilter, HistoryPage};
use super::*;

/// The entry of a number: a hundred elements in turn, of two kinds.
fn remembered(number: u32) -> Entry {
    Entry {
        kind: match number.is_multiple_of(2) {
            true => Kind::Completed,
            false => Kind::Entered,
        },
        element_id: name(&format!("e{}", number % 100)),
        element_name: None,
        element_type: name("task"),
        token: TokenId(number),
        scope: None,
        repetition: None,
        at: at(i64::from(number)),
        by: Some(name("emma")),
        task: None,
        called: None,
        message: None,
        versions: None,
    }
}

/// An instance that emma reads, with so many entries from each of its transitions.
async fn stored(world: &World, transitions: &[u32]) -> Instance {
    let acl = readers(["emma"]);
    let mut before: Option<Instance> = None;
    for added in transitions {
        let mut after = before.clone().unwrap_or_else(|| world.instance(1));
        let new: Vec<Entry> = (1..=*added)
            .map(|number| remembered(after.history + number))
            .collect();
        after.history += added;
        let entry = match &before {
            None => started(&after, &acl, &[]),
            Some(before) => {
                after.revision += 1;
                changed(before, &after, &acl)
            }
        };
        let write = world.store.write(world.acme).await.unwrap();
        write
            .save_instance(&world.process, before.as_ref(), &after, &entry, &new)
            .await
            .unwrap();
        write.commit().await.unwrap();
        before = Some(after);
    }
    before.unwrap()
}

async fn page(world: &World, instance: &Instance, page: &Page) -> HistoryPage {
    filtered(world, instance, &HistoryFilter::default(), page).await
}

async fn filtered(
    world: &World,
    instance: &Instance,
    filter: &HistoryFilter,
    page: &Page,
) -> HistoryPage {
    let read = world.store.read(world.acme).await.unwrap();
    let emma = world.actor("emma");
    read.history(&emma, instance, filter, page).await.unwrap()
}

fn numbers(page: &HistoryPage) -> Vec<u32> {
    let items = page.items.iter();
    items.map(|(_, found)| found.sequence).collect()
}

fn at_number(instance: &Instance, number: u32) -> Option<Key> {
    Some(Key {
        sort: number.into(),
        id: instance.id.0,
    })
}

#[test]
fn every_page_is_what_a_list_of_all_entries_would_give() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sizes = prop_oneof![4 => 0_u32..6, 1 => 195_u32..410];
    let case = (
        vec(sizes, 1..6),
        0_u32..12,
        0_u32..700,
        0_u32..700,
        any::<bool>(),
    );
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    let run = |(transitions, size, after, before, from_end): (Vec<u32>, u32, u32, u32, bool)| {
        runtime.block_on(async {
            let world = World::new().await;
            let instance = stored(&world, &transitions).await;
            let all = instance.history;
            let asked = Page {
                size,
                after: at_number(&instance, after),
                before: at_number(&instance, before),
                from_end,
            };
            let mut expected: Vec<u32> = (1..=all)
                .filter(|number| *number > after && *number < before)
                .collect();
            let size = (size as usize).min(expected.len());
            match from_end {
                true => drop(expected.drain(..expected.len() - size)),
                false => expected.truncate(size),
            }
            let found = page(&world, &instance, &asked).await;
            assert_eq!(numbers(&found), expected);
            for (key, found) in &found.items {
                assert_eq!(found.entry, remembered(found.sequence));
                assert_eq!(Some(*key), at_number(&instance, found.sequence));
            }
            if let (Some(first), Some(last)) = (expected.first(), expected.last()) {
                assert_eq!(
                    (found.has_previous, found.has_next),
                    (*first > 1, *last < all)
                );
            }
        });
        Ok(())
    };
    runner.run(&case, run).unwrap();
}

#[tokio::test]
async fn the_whole_history_is_walked_from_either_end() {
    let world = World::new().await;
    let instance = stored(&world, &[3, 450, 1, 0, 7, 212]).await;
    for from_end in [false, true] {
        let mut walked = Vec::new();
        let mut asked = Page {
            from_end,
            ..first(50)
        };
        loop {
            let found = page(&world, &instance, &asked).await;
            let numbers = numbers(&found);
            match from_end {
                true => walked.splice(0..0, numbers),
                false => walked.splice(walked.len().., numbers),
            };
            match from_end {
                true if found.has_previous => asked.before = found.start,
                false if found.has_next => asked.after = found.end,
                _ => break,
            }
        }
        assert_eq!(walked, (1..=673).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_filter_finds_what_fits_and_says_how_far_it_looked() {
    let world = World::new().await;
    let instance = stored(&world, &[2_500]).await;
    let filter = HistoryFilter {
        kinds: Some(vec![Kind::Completed]),
        elements: Some(vec![name("e2"), name("e3")]),
    };
    let found = filtered(&world, &instance, &filter, &first(3)).await;
    assert_eq!(numbers(&found), [2, 102, 202]);
    assert_eq!(found.end, at_number(&instance, 202));
    let last = Page {
        from_end: true,
        ..first(2)
    };
    let found = filtered(&world, &instance, &filter, &last).await;
    assert_eq!(numbers(&found), [2302, 2402]);
    assert_eq!(found.start, at_number(&instance, 2302));

    let none = HistoryFilter {
        elements: Some(vec![name("nowhere")]),
        ..HistoryFilter::default()
    };
    let mut asked = first(3);
    let found = filtered(&world, &instance, &none, &asked).await;
    assert_eq!((numbers(&found), found.has_next), (vec![], true));
    assert_eq!(found.end, at_number(&instance, WINDOW));
    asked.after = found.end;
    let rest = filtered(&world, &instance, &none, &asked).await;
    assert_eq!((numbers(&rest), rest.has_next), (vec![], false));
}

#[tokio::test]
async fn who_may_not_read_the_instance_reads_no_history() {
    let world = World::new().await;
    let instance = stored(&world, &[5]).await;
    let mut strangers = vec![(world.acme, world.actor("otto"))];
    let emma = actor(world.globex, "emma", &[], &[], &[Privilege::User]);
    strangers.extend([(world.globex, emma.clone()), (world.acme, emma)]);
    for (tenant, stranger) in strangers {
        let read = world.store.read(tenant).await.unwrap();
        let all = HistoryFilter::default();
        let found = read.history(&stranger, &instance, &all, &first(9)).await;
        assert_eq!(found.unwrap().items, []);
    }
    assert_eq!(numbers(&page(&world, &instance, &first(9)).await).len(), 5);
}

/// The statements of one page, and the plan of the one that reads rows.
async fn cost(world: &World, instance: &Instance, asked: &Page) -> (usize, Vec<String>) {
    let sent: Arc<std::sync::Mutex<Vec<Statement>>> = Arc::default();
    let seen = sent.clone();
    let mut db = world.store.db.clone();
    db.set_metric_callback(move |info| {
        seen.lock().unwrap().push(info.statement.clone());
    });
    let store = Store {
        db,
        ..world.store.clone()
    };
    let read = store.read(world.acme).await.unwrap();
    let emma = world.actor("emma");
    let all = HistoryFilter::default();
    read.history(&emma, instance, &all, asked).await.unwrap();
    let sent = std::mem::take(&mut *sent.lock().unwrap());
    let reading = sent.iter().find(|sent| sent.sql.contains("\"history\""));
    let explained = Statement {
        sql: format!("EXPLAIN QUERY PLAN {}", reading.unwrap().sql),
        ..reading.unwrap().clone()
    };
    let plan = world.store.db.query_all_raw(explained).await.unwrap();
    let steps = plan.iter().map(|row| row.try_get_by_index(3).unwrap());
    (sent.len(), steps.collect())
}

/// What a page costs at 100,000 entries is what it costs at 100: the same statements, by a range of the primary key.
#[tokio::test]
async fn a_page_of_a_hundred_thousand_entries_costs_as_one_of_a_hundred() {
    let small = World::new().await;
    let large = World::new().await;
    let few = stored(&small, &[100]).await;
    let many = stored(&large, &[40_000, 59_000, 1_000]).await;
    assert_eq!(many.history, 100_000);
    for from_end in [false, true] {
        let asked = Page {
            from_end,
            ..first(20)
        };
        let (statements, plan) = cost(&large, &many, &asked).await;
        assert_eq!((statements, plan.clone()), cost(&small, &few, &asked).await);
        let range = "(instance_id=? AND first>? AND first<?)";
        assert!(plan.iter().any(|step| step.contains(range)), "{plan:?}");
    }
    let middle = Page {
        after: at_number(&many, 50_000),
        ..first(20)
    };
    let found = page(&large, &many, &middle).await;
    assert_eq!(numbers(&found), (50_001..=50_020).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_row_that_is_moved_or_edited_is_left_out_and_the_others_stay() {
    let world = World::new().await;
    let instance = stored(&world, &[2, 2, 2, 2]).await;
    for edit in [
        "UPDATE history SET body = (SELECT body FROM history WHERE first = 1) WHERE first = 3",
        "UPDATE history SET last = 7 WHERE first = 5",
    ] {
        world.store.db.execute_unprepared(edit).await.unwrap();
    }
    assert_eq!(
        numbers(&page(&world, &instance, &first(9)).await),
        [1, 2, 7, 8]
    );
}
