//! A small case for the tests of the gates: people, a process of user tasks, an instance that stands at one of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Actor, Principal, Privilege, state};
use crate::bpmn::{
    AccessPolicy, Classification, Element, ElementIx, FieldRule, Kind, Mask, Naming, Place,
    Principals, Process, StateList,
};
use crate::engine::instance::{Instance, InstanceState, Lists, Scope, ScopeId, Token, TokenId};
use crate::expr::{MAX_STEPS, Meter};
use crate::ids::{InstanceId, ProcessId, TaskId, TenantId};
use crate::task::{Task, TaskState};
use crate::value::{Data, Name, Value};

pub(crate) fn name(text: &str) -> Name {
    Name::from(text)
}

pub(crate) fn user(text: &str) -> Principal {
    Principal::User(name(text))
}

pub(crate) fn group(text: &str) -> Principal {
    Principal::Group(name(text))
}

pub(crate) fn role(text: &str) -> Principal {
    Principal::Role(name(text))
}

pub(crate) fn set<const N: usize>(principals: [Principal; N]) -> BTreeSet<Principal> {
    BTreeSet::from(principals)
}

/// A person with the privileges `user` and `instantiator`, whose groups and roles are written `group:hr role:boss`.
pub(crate) fn person(user: &str, memberships: &str) -> Actor {
    person_with(
        user,
        memberships,
        &[Privilege::User, Privilege::Instantiator],
    )
}

pub(crate) fn person_with(user: &str, memberships: &str, privileges: &[Privilege]) -> Actor {
    let of = |kind: &str| -> Vec<Name> {
        memberships
            .split_whitespace()
            .filter_map(|item| item.strip_prefix(kind))
            .map(name)
            .collect()
    };
    Actor::new(
        TenantId(Uuid::nil()),
        name(user),
        of("group:"),
        of("role:"),
        privileges.iter().copied(),
    )
}

/// A list as the model would write it: `@initiator user:x group:y role:z field:f`.
pub(crate) fn list(text: &str) -> Vec<Principals> {
    text.split_whitespace()
        .map(|item| match item.split_once(':') {
            Some(("user", name)) => Principals::Named(Naming::User, name.into()),
            Some(("group", name)) => Principals::Named(Naming::Group, name.into()),
            Some(("role", name)) => Principals::Named(Naming::Role, name.into()),
            Some(("field", name)) => Principals::Field(name.into()),
            _ => match item {
                "@everyone" => Principals::Everyone,
                "@initiator" => Principals::Initiator,
                "@creator" => Principals::Creator,
                "@participants" => Principals::Participants,
                "@pastParticipants" => Principals::PastParticipants,
                other => panic!("no such item: {other}"),
            },
        })
        .collect()
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(crate) fn data<const N: usize>(fields: [(&str, Value); N]) -> Data {
    fields
        .into_iter()
        .map(|(field, value)| (name(field), value))
        .collect()
}

pub(crate) fn element(id: &str, kind: Kind) -> Element {
    Element {
        id: name(id),
        name: None,
        tag: name("task"),
        kind,
        repeat: None,
        parent: None,
        incoming: Vec::new(),
        outgoing: Vec::new(),
        default: None,
        boundaries: Vec::new(),
        working_days: false,
        compensation: None,
        start_quantity: 1,
        completion_quantity: 1,
        for_compensation: false,
        acl: StateList::default(),
        fields: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        place: Place::default(),
    }
}

/// A process with a user task for each id.
pub(crate) fn process(ids: &[&str]) -> Process {
    process_of(
        ids.iter()
            .map(|id| element(id, Kind::UserTask(Box::default())))
            .collect(),
    )
}

pub(crate) fn process_of(elements: Vec<Element>) -> Process {
    Process {
        key: name("case"),
        name: None,
        by_id: elements
            .iter()
            .enumerate()
            .map(|(ix, element)| (element.id.clone(), ElementIx(ix as u32)))
            .collect::<HashMap<_, _>>(),
        elements,
        flows: Vec::new(),
        security_roles: None,
        policy: AccessPolicy::AllowAll,
        acl: StateList::default(),
        fields: Vec::new(),
        starters: None,
        correlations: Vec::new(),
        initial: Vec::new(),
        openers: Vec::new(),
        initiator_field: None,
        initiator_variable: None,
        start_form: None,
        version_tag: None,
    }
}

pub(crate) fn field_rule(field: &str, class: Classification) -> FieldRule {
    FieldRule {
        name: name(field),
        class,
        mask: None,
        clear: None,
        writers: None,
    }
}

pub(crate) fn masked(field: &str, mask: Mask) -> FieldRule {
    FieldRule {
        mask: Some(mask),
        ..field_rule(field, Classification::Confidential)
    }
}

/// A running instance of emma's, that stands nowhere yet.
pub(crate) fn instance() -> Instance {
    Instance {
        id: InstanceId(Uuid::from_u128(1)),
        process: ProcessId(Uuid::from_u128(2)),
        state: InstanceState::Active,
        business_key: None,
        initiator: name("emma"),
        created_by: name("emma"),
        started_at: at(0),
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

/// Puts a token on an element, with the lists of that element, and those of the process where it has none.
pub(crate) fn stand(process: &Process, instance: &mut Instance, element: &str) -> TokenId {
    let element = process.by_id[element];
    let id = TokenId(instance.next_token);
    instance.next_token += 1;
    let layers = [&instance.data];
    let meter = Meter::new(MAX_STEPS);
    let calendar = crate::time::Calendar::default();
    let people = state::People::of(instance, &layers, (at(1), &calendar), &meter);
    let own = &process.element(element).acl;
    let resolved = |own: &Option<Vec<Principals>>, first: &Option<Vec<Principals>>| {
        own.as_ref()
            .or(first.as_ref())
            .map(|list| state::resolve(list, &people))
    };
    let mut lists = Lists {
        readers: resolved(&own.readers, &process.acl.readers),
        writers: resolved(&own.writers, &process.acl.writers),
        ..Lists::default()
    };
    lists.owners = resolved(&own.owners, &process.acl.owners);
    instance.tokens.push_back(Token {
        id,
        element,
        scope: ScopeId(0),
        via: None,
        gathered: 0,
        since: at(1),
        lists,
    });
    id
}

/// Opens a sub-process at a token.
pub(crate) fn open_scope(instance: &mut Instance, token: TokenId, data: Data) -> ScopeId {
    let host = instance
        .tokens
        .iter()
        .find(|host| host.id == token)
        .unwrap();
    instance.scopes.push(Scope {
        id: ScopeId(token.0),
        parent: host.scope,
        element: host.element,
        data,
        own: false,
        rounds: None,
        undoing: None,
        turn: None,
    });
    ScopeId(token.0)
}

/// A task that lies ready at an element, for a token that stands there.
pub(crate) fn ready(process: &Process, element: &str) -> Task {
    let element = process.by_id[element];
    Task {
        id: TaskId(Uuid::from_u128(100 + u128::from(element.0))),
        token: TokenId(1),
        scope: ScopeId(0),
        element,
        state: TaskState::Ready,
        assignee: None,
        owner: None,
        candidates: BTreeSet::new(),
        excluded: BTreeSet::new(),
        priority: 50,
        created_at: at(1),
        due_at: None,
        follow_up_at: None,
        draft: None,
        comments: 0,
        completed_by: None,
        revision: 1,
    }
}

/// The same, in somebody's hand.
pub(crate) fn claimed(process: &Process, element: &str, by: &str) -> Task {
    Task {
        state: TaskState::Claimed,
        assignee: Some(name(by)),
        ..ready(process, element)
    }
}
