//! Signals and messages at rest: each delivery once, whoever dies in between.

use docket_domain::bpmn::ElementIx;
use docket_domain::engine::effect::Effect;
use docket_domain::engine::instance::{PendingMessage, PendingSignal, TokenId};
use docket_domain::ids::InstanceId;
use docket_domain::value::{Data, Value};

use super::super::{DueDelivery, Recipient, Thrown};
use super::*;

fn alarm(by: Option<InstanceId>) -> Thrown {
    Thrown {
        effect: Effect::Signal {
            name: name("alarm"),
            data: Data::from([(name("secret"), Value::text("sesame"))]),
        },
        by,
        hops: 0,
    }
}

async fn waiting(world: &World, number: u128) -> Instance {
    let mut instance = world.instance(number);
    instance.signals.push(PendingSignal {
        token: TokenId(1),
        element: ElementIx(0),
        part: 0,
        name: name("alarm"),
    });
    instance.waits.push(PendingMessage {
        token: TokenId(1),
        element: ElementIx(0),
        part: 0,
        name: name("paid"),
        correlation: Some(Value::text(format!("order {number}"))),
    });
    world.insert(&instance, &readers(["emma"]), &[]).await;
    instance
}

async fn throw(world: &World, thrown: &Thrown) {
    let write = world.store.write(world.acme).await.unwrap();
    write.throw(thrown, at(1)).await.unwrap();
    write.commit().await.unwrap();
}

async fn due(world: &World) -> Vec<DueDelivery> {
    world.store.due_deliveries(at(10), 100).await.unwrap()
}

#[tokio::test]
async fn what_was_thrown_is_taken_once_and_comes_back_if_the_taker_dies() {
    let world = World::new().await;
    let (one, two) = (waiting(&world, 1).await, waiting(&world, 2).await);
    let thrower = waiting(&world, 3).await;
    let thrown = alarm(Some(thrower.id));
    throw(&world, &thrown).await;
    let found = due(&world).await;
    let mut to: Vec<_> = found.iter().map(|due| due.to).collect();
    to.sort_by_key(|to| format!("{to:?}"));
    let mut expected = vec![Recipient::Instance(one.id), Recipient::Instance(two.id)];
    expected.sort_by_key(|to| format!("{to:?}"));
    assert_eq!(to, expected, "who throws does not hear it");

    // One takes it and dies before the commit.
    let write = world.store.write(world.acme).await.unwrap();
    let taken = write.take_delivery(&found[0]).await.unwrap();
    assert_eq!(taken.as_ref(), Some(&thrown));
    drop(write);
    assert_eq!(due(&world).await.len(), 2);

    for delivery in &found {
        let write = world.store.write(world.acme).await.unwrap();
        let taken = write.take_delivery(delivery).await.unwrap();
        assert_eq!(taken.as_ref(), Some(&thrown));
        assert_eq!(write.take_delivery(delivery).await.unwrap(), None);
        write.commit().await.unwrap();
    }
    assert_eq!(due(&world).await, []);
    let write = world.store.write(world.acme).await.unwrap();
    assert_eq!(write.take_delivery(&found[0]).await.unwrap(), None);
}

#[tokio::test]
async fn a_throw_that_is_not_committed_and_one_that_nobody_hears_leave_nothing() {
    let world = World::new().await;
    let instance = waiting(&world, 1).await;
    let write = world.store.write(world.acme).await.unwrap();
    write.throw(&alarm(None), at(1)).await.unwrap();
    assert!(write.has_thrown());
    drop(write);
    assert_eq!(due(&world).await, []);
    let write = world.store.write(world.globex).await.unwrap();
    write.throw(&alarm(None), at(1)).await.unwrap();
    assert!(!write.has_thrown(), "another tenant hears nothing");
    drop(write);
    // An instance that does not wait any more hears nothing either.
    let mut after = instance.clone();
    after.signals.clear();
    after.revision += 1;
    let entry = changed(&instance, &after, &readers(["emma"]));
    world.save(Some(&instance), &after, &entry).await.unwrap();
    throw(&world, &alarm(None)).await;
    assert_eq!(due(&world).await, []);
}

#[tokio::test]
async fn a_delivery_that_fails_lets_others_pass() {
    let world = World::new().await;
    waiting(&world, 1).await;
    waiting(&world, 2).await;
    throw(&world, &alarm(None)).await;
    let found = due(&world).await;
    world.store.put_off(&found[0], at(60)).await.unwrap();
    assert_eq!(due(&world).await, [found[1]]);
    let later = world.store.due_deliveries(at(61), 100).await.unwrap();
    assert_eq!(later.len(), 2);
    assert_eq!(later[1].tries, 1);
}

#[tokio::test]
async fn a_message_finds_the_longest_wait_that_it_fits() {
    let world = World::new().await;
    let (one, two) = (waiting(&world, 1).await, waiting(&world, 2).await);
    let read = world.store.read(world.acme).await.unwrap();
    let receiver = |order: &'static str| {
        let read = &read;
        async move {
            let correlation = Value::text(order);
            read.receivers_for_engine(&name("paid"), &[correlation], 9)
                .await
                .unwrap()
        }
    };
    assert_eq!(receiver("order 1").await, [one.id]);
    assert_eq!(receiver("order 2").await, [two.id]);
    assert_eq!(receiver("order 3").await, []);
    assert_eq!(
        read.receivers_for_engine(&name("paid"), &[], 9)
            .await
            .unwrap(),
        []
    );
    let asking = |message: &'static str| {
        let read = &read;
        async move { read.askers_for_engine(&name(message), 9).await.unwrap() }
    };
    assert_eq!(asking("paid").await, [one.process]);
    assert_eq!(asking("shipped").await, []);
}

#[tokio::test]
async fn what_is_behind_something_earlier_knows_it() {
    let world = World::new().await;
    let (parent, other) = (waiting(&world, 1).await, waiting(&world, 2).await);
    let write = world.store.write(world.acme).await.unwrap();
    for code in ["first", "second"] {
        let said = Thrown {
            effect: Effect::Escalate(name(code)),
            by: Some(other.id),
            hops: 0,
        };
        write.throw_to(parent.id, &said, at(1)).await.unwrap();
        write.throw_to(other.id, &said, at(1)).await.unwrap();
    }
    write.commit().await.unwrap();
    let mut found = due(&world).await;
    found.retain(|due| due.to == Recipient::Instance(parent.id));
    let [first, second] = found.as_slice() else {
        panic!("two are due: {found:?}");
    };
    // One that was put off is ahead all the same.
    world.store.put_off(first, at(60)).await.unwrap();
    let write = world.store.write(world.acme).await.unwrap();
    assert!(!write.is_behind(first).await.unwrap());
    assert!(write.is_behind(second).await.unwrap());
    write.take_delivery(first).await.unwrap();
    assert!(!write.is_behind(second).await.unwrap());
}
