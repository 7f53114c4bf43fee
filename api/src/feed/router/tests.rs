use docket_domain::access::{Acl, Privilege};
use docket_domain::engine::instance::InstanceState;
use docket_domain::ids::ProcessId;
use docket_domain::journal::InstanceImage;
use docket_domain::value::Name;
use futures_util::FutureExt;
use jiff::Timestamp;
use uuid::Uuid;

use super::*;

const ACME: TenantId = TenantId(Uuid::from_u128(1));
const GLOBEX: TenantId = TenantId(Uuid::from_u128(2));
const CASE: InstanceId = InstanceId(Uuid::from_u128(3));

fn person(tenant: TenantId, user: &str, groups: &[&str]) -> Actor {
    let groups = groups.iter().map(|group| Name::from(*group));
    Actor::new(tenant, Name::from(user), groups, [], [Privilege::User])
}

fn image(grants: &[Principal]) -> InstanceImage {
    InstanceImage {
        acl: Acl {
            grants: grants.iter().cloned().collect(),
            ..Acl::default()
        },
        process: ProcessId(Uuid::from_u128(4)),
        process_key: Name::from("key"),
        state: InstanceState::Active,
        revision: 1,
    }
}

fn entry(before: Option<&[Principal]>, after: &[Principal]) -> Arc<Entry> {
    Arc::new(Entry {
        at: Timestamp::UNIX_EPOCH,
        instance: CASE,
        before: before.map(image),
        after: image(after),
        tasks: Vec::new(),
        work: Vec::new(),
    })
}

fn listen(hub: &Hub, actor: &Actor) -> Listener {
    Listener::join(hub.clone(), actor, Subject::Instance(CASE))
}

fn hears(listener: &mut Listener) -> bool {
    listener.next().now_or_never().flatten().is_some()
}

#[test]
fn who_is_on_the_list_before_or_after_hears_of_it_and_nobody_else() {
    let hub = Hub::default();
    let [emma, crew] = [
        Principal::User("emma".into()),
        Principal::Group("crew".into()),
    ];
    let mut emmas = listen(&hub, &person(ACME, "emma", &[]));
    let mut bens = listen(&hub, &person(ACME, "ben", &["crew"]));
    let mut noras = listen(&hub, &person(ACME, "nora", &["hr"]));
    let mut strangers = listen(&hub, &person(GLOBEX, "emma", &["crew"]));
    let handed_over = entry(Some(&[crew]), &[emma]);
    hub.router().route(ACME, Position(1), &handed_over);
    let heard = [&mut emmas, &mut bens, &mut noras, &mut strangers].map(hears);
    assert_eq!(heard, [true, true, false, false]);
}

#[test]
fn an_entry_of_another_instance_is_not_heard() {
    let hub = Hub::default();
    let emma = person(ACME, "emma", &[]);
    let other = Subject::Instance(InstanceId(Uuid::from_u128(9)));
    let mut listener = Listener::join(hub.clone(), &emma, other);
    let of_case = entry(None, &[Principal::Everyone]);
    hub.router().route(ACME, Position(1), &of_case);
    assert!(!hears(&mut listener));
}

#[tokio::test]
async fn a_slow_listener_is_told_once_that_something_is_missing_and_hears_what_comes_later() {
    let hub = Hub::default();
    let mut slow = listen(&hub, &person(ACME, "emma", &[]));
    let told = entry(None, &[Principal::Everyone]);
    for position in 0..=QUEUE as i64 {
        hub.router().route(ACME, Position(position), &told);
    }
    assert!(matches!(slow.next().await, Some(Heard::Missing)));
    hub.router().route(ACME, Position(1_000), &told);
    assert!(matches!(
        slow.next().await,
        Some(Heard::Entry(Position(1_000), _))
    ));
    assert!(!hears(&mut slow));
}

#[test]
fn an_entry_that_is_missing_is_told_to_its_tenant_alone() {
    let hub = Hub::default();
    let mut emmas = listen(&hub, &person(ACME, "emma", &[]));
    let mut strangers = listen(&hub, &person(GLOBEX, "emma", &[]));
    hub.router().miss(ACME);
    let heard = emmas.next().now_or_never().flatten();
    assert!(matches!(heard, Some(Heard::Missing)), "{heard:?}");
    assert!(!hears(&mut strangers));
}

#[test]
fn who_has_left_leaves_nothing_behind() {
    let hub = Hub::default();
    drop(listen(&hub, &person(ACME, "emma", &["crew"])));
    assert_eq!(hub.subscriptions(), 0);
    assert!(hub.router().by_principal.is_empty());
}
