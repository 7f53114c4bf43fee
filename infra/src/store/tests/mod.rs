//! The store against a real file and real keys. What is stored here is made by hand, so that any access list and any state
//! can be stored, also those that the engine would not come to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use docket_domain::access::{Acl, Actor, Principal, Privilege};
use docket_domain::bpmn::{self, ElementIx, Process};
use docket_domain::engine::instance::{
    Incident, IncidentKind, Instance, InstanceState, Lists, PendingMessage, PendingTimer, Phase,
    Scope, ScopeId, Token, TokenId,
};
use docket_domain::ids::{InstanceId, ProcessId, TaskId, TenantId, TimerId};
use docket_domain::journal::{Entry, InstanceImage};
use docket_domain::task::worklist::{TaskChange, TaskImage};
use docket_domain::task::{Task, TaskState};
use docket_domain::value::{Name, Value};
use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;

use super::{NewProcess, Page, Store, StoreError};
use crate::crypto::{Keyring, RootKey};

mod effects;
mod history;
mod opening;
mod paging;
mod processes;
mod reading;
mod saving;

mod sealing;
mod work;

/// A store in a folder of its own, with a process and a tenant to store under.
struct World {
    folder: TempDir,
    store: Store,
    keyring: Arc<Keyring>,
    acme: TenantId,
    globex: TenantId,
    process: Process,
    process_id: ProcessId,
}

impl World {
    async fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let keystore = folder.path().join("keys.db");
        let keyring = Keyring::open(RootKey::random(), &keystore).await.unwrap();
        let keyring = Arc::new(keyring);
        let path = folder.path().join("docket.db");
        let store = Store::open(&path, keyring.clone(), 4).await.unwrap();
        let acme = store.tenant("acme", at(0)).await.unwrap();
        let globex = store.tenant("globex", at(0)).await.unwrap();
        let process_id = ProcessId(id(1));
        let write = store.write(acme).await.unwrap();
        write.insert_process(&model(process_id)).await.unwrap();
        write.commit().await.unwrap();
        World {
            folder,
            store,
            keyring,
            acme,
            globex,
            process: process("vacation"),
            process_id,
        }
    }

    /// Stores a new instance, readable by those whom the list says, with tasks under lists of their own.
    async fn insert(&self, instance: &Instance, acl: &Acl, tasks: &[Acl]) {
        let entry = started(instance, acl, tasks);
        self.save(None, instance, &entry).await.unwrap();
    }

    async fn save(
        &self,
        before: Option<&Instance>,
        after: &Instance,
        entry: &Entry,
    ) -> Result<super::Position, StoreError> {
        let write = self.store.write(self.acme).await?;
        write
            .save_instance(&self.process, before, after, entry, &[])
            .await?;
        write.commit().await
    }

    fn actor(&self, user: &str) -> Actor {
        actor(self.acme, user, &[], &[], &[Privilege::User])
    }

    fn instance(&self, number: u128) -> Instance {
        instance(number, self.process_id)
    }
}

fn model(id: ProcessId) -> NewProcess {
    NewProcess {
        upload: Uuid::nil(),
        version_tag: None,
        id,
        key: name("vacation"),
        name: Some(name("Vacation request")),
        xml: "<definitions/>".into(),
        security_roles: None,
        uploaded_by: name("dora"),
        uploaded_at: at(0),
    }
}

fn process(key: &str) -> Process {
    let xml = format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">
             <process id="{key}" isExecutable="true"><startEvent id="start"/></process>
           </definitions>"#
    );
    let draft = bpmn::read::read_text(&xml).unwrap();
    bpmn::resolve::resolve(&draft, key).unwrap()
}

fn name(text: &str) -> Name {
    Name::from(text)
}

/// A moment, in seconds of the test's own time.
fn at(second: i64) -> Timestamp {
    Timestamp::from_microsecond(1_800_000_000_000_000 + second * 1_000_000 + 7).unwrap()
}

/// An id whose order has nothing to do with the number.
fn id(number: u128) -> Uuid {
    Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

fn user(text: &str) -> Principal {
    Principal::User(name(text))
}

fn readers<'a>(users: impl IntoIterator<Item = &'a str>) -> Acl {
    Acl {
        grants: users.into_iter().map(user).collect(),
        ..Acl::default()
    }
}

fn actor(
    tenant: TenantId,
    user: &str,
    groups: &[&str],
    roles: &[&str],
    privileges: &[Privilege],
) -> Actor {
    Actor::new(
        tenant,
        name(user),
        groups.iter().copied().map(name),
        roles.iter().copied().map(name),
        privileges.iter().copied(),
    )
}

fn instance(number: u128, process: ProcessId) -> Instance {
    Instance {
        id: InstanceId(id(1000 + number)),
        process,
        state: InstanceState::Active,
        business_key: None,
        initiator: name("emma"),
        created_by: name("emma"),
        started_at: at(i64::try_from(number).unwrap()),
        ended_at: None,
        data: BTreeMap::new(),
        tokens: Default::default(),
        next_token: 1,
        scopes: Vec::new(),
        tasks: Vec::new(),
        timers: Vec::new(),
        waits: Vec::new(),
        keys: Default::default(),
        conditions: Vec::new(),
        signals: Vec::new(),
        work: Vec::new(),
        happened: Vec::new(),
        calls: Vec::new(),
        parent: None,
        incidents: Vec::new(),
        next_incident: 1,
        compensable: Vec::new(),
        gates: Vec::new(),
        past: BTreeSet::new(),
        last_lists: Lists::default(),
        history: 0,
        revision: 1,
    }
}

fn task(number: u128) -> Task {
    Task {
        id: TaskId(id(500_000 + number)),
        token: TokenId(1),
        scope: ScopeId(0),
        element: ElementIx(0),
        state: TaskState::Ready,
        assignee: None,
        owner: None,
        candidates: BTreeSet::new(),
        excluded: BTreeSet::new(),
        priority: 50,
        created_at: at(0),
        due_at: None,
        follow_up_at: None,
        draft: None,
        comments: 0,
        completed_by: None,
        revision: 1,
    }
}

/// An instance in which everything that can be filled is.
fn full_instance(world: &World) -> Instance {
    let lists = Lists {
        readers: Some(BTreeSet::from([user("emma"), Principal::Everyone])),
        writers: Some(BTreeSet::new()),
        ..Lists::default()
    };
    let mut first = task(1);
    first.candidates = BTreeSet::from([Principal::Group(name("hr")), user("mark")]);
    first.excluded = BTreeSet::from([user("emma")]);
    first.due_at = Some(at(900));
    first.follow_up_at = Some(at(800));
    first.draft = Some(BTreeMap::from([(name("note"), Value::text("draft"))]));
    let mut second = task(2);
    second.state = TaskState::Delegated;
    second.assignee = Some(name("hanna"));
    second.owner = Some(name("mark"));
    second.comments = 3;
    Instance {
        business_key: Some(name("V-17")),
        data: BTreeMap::from([
            (name("days"), Value::Number("12.50".parse().unwrap())),
            (name("iban"), Value::text("DE02120300000000202051")),
            (
                name("list"),
                Value::List(vec![Value::Null, Value::Bool(true)]),
            ),
            (
                name("object"),
                Value::Object(BTreeMap::from([(name("#"), Value::text("not a number"))])),
            ),
        ]),
        tokens: vec![Token {
            id: TokenId(1),
            element: ElementIx(3),
            scope: ScopeId(0),
            via: Some(2),
            gathered: 0,
            since: at(5),
            lists: lists.clone(),
        }]
        .into(),
        next_token: 4,
        scopes: vec![Scope {
            id: ScopeId(1),
            parent: ScopeId(0),
            element: ElementIx(2),
            data: BTreeMap::from([(name("inner"), Value::text("scoped"))]),
            own: false,
            rounds: None,
            undoing: None,
            turn: None,
        }],
        // The second one first: the order of tasks is the instance's own.
        tasks: vec![second, first],
        timers: vec![
            PendingTimer {
                id: TimerId(id(71)),
                token: TokenId(1),
                element: ElementIx(4),
                part: 0,
                due_at: at(600),
                repeats: Some(2),
                series: None,
            },
            PendingTimer {
                id: TimerId(id(72)),
                token: TokenId(1),
                element: ElementIx(5),
                part: 0,
                due_at: at(300),
                repeats: None,
                series: None,
            },
        ],
        waits: vec![PendingMessage {
            token: TokenId(1),
            element: ElementIx(6),
            part: 0,
            name: name("paid"),
            correlation: Some(Value::text("V-17")),
        }],
        next_incident: 8,
        incidents: vec![Incident {
            number: 7,
            token: TokenId(1),
            element: ElementIx(7),
            at: at(6),
            message: "no flow's condition holds".to_owned(),
            kind: IncidentKind::NoWay,
            phase: Phase::Leaving,
            done: 2,
        }],
        past: BTreeSet::from([name("mark")]),
        last_lists: lists,
        ..world.instance(1)
    }
}

fn instance_image(instance: &Instance, acl: &Acl) -> InstanceImage {
    InstanceImage {
        acl: acl.clone(),
        process: instance.process,
        process_key: name("vacation"),
        state: instance.state,
        revision: instance.revision,
    }
}

fn task_image(instance: &Instance, task: &Task, acl: &Acl) -> TaskImage {
    TaskImage {
        task: task.clone(),
        acl: acl.clone(),
        element_id: name("approve"),
        name: name("Approve the request"),
        instance: instance.id,
        process: instance.process,
        process_key: name("vacation"),
        initiator: instance.initiator.clone(),
    }
}

/// The entry of a new instance.
fn started(instance: &Instance, acl: &Acl, tasks: &[Acl]) -> Entry {
    Entry {
        at: instance.started_at,
        instance: instance.id,
        before: None,
        after: instance_image(instance, acl),
        tasks: instance
            .tasks
            .iter()
            .zip(tasks)
            .map(|(task, acl)| TaskChange {
                before: None,
                after: task_image(instance, task, acl),
            })
            .collect(),
        work: Vec::new(),
    }
}

/// The entry of a transition after which the same people read the instance and each task.
fn changed(before: &Instance, after: &Instance, acl: &Acl) -> Entry {
    Entry {
        at: after.started_at,
        instance: after.id,
        before: Some(instance_image(before, acl)),
        after: instance_image(after, acl),
        tasks: after
            .tasks
            .iter()
            .filter_map(|task| {
                let was = before.tasks.iter().find(|was| was.id == task.id);
                let change = TaskChange {
                    before: was.map(|was| task_image(before, was, acl)),
                    after: task_image(after, task, acl),
                };
                (change.before.as_ref() != Some(&change.after)).then_some(change)
            })
            .collect(),
        work: Vec::new(),
    }
}

fn first(size: u32) -> Page {
    Page {
        size,
        after: None,
        before: None,
        from_end: false,
    }
}
