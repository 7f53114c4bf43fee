//! G7 while tokens move: which lists a token has when it comes to an element, what a join makes of several, and which
//! follow the data. Resolving itself is `access::state`.
//!
//! An element's list beats what came before, which is carried; the process's own lists come before the first element.
//! What a sub-process declares inside holds inside: behind it, the lists that it was entered with go on.

use std::collections::BTreeSet;

use super::event::Event;
use super::instance::{Lists, ScopeId, Source, Sources, TokenId};
use super::run::Run;
use crate::access::Principal;
use crate::access::state::{self, People};
use crate::bpmn::{ElementIx, Principals, Process, StateList};
use crate::value::Name;

type Resolved = Option<BTreeSet<Principal>>;

/// The lists before the first element: the process's own, and for what it does not say those that came with a call.
pub(super) fn seed(run: &Run<'_, '_>, before: &Lists) -> Lists {
    let list = &run.process.acl;
    resolve(run, ScopeId::ROOT, Source::Process, list, before)
}

/// The lists of a token that comes to an element.
pub(super) fn on_entry(
    run: &Run<'_, '_>,
    element: ElementIx,
    scope: ScopeId,
    before: &Lists,
) -> Lists {
    let list = &run.process.element(element).acl;
    resolve(run, scope, Source::Element(element), list, before)
}

/// Resolves every live list anew that the data or the people of the case have changed.
pub(super) fn refresh(run: &mut Run<'_, '_>) {
    let live: Vec<TokenId> = run
        .instance
        .tokens
        .iter()
        .filter(|token| !token.lists.live.is_none())
        .map(|token| token.id)
        .collect();
    for id in live {
        let Some(token) = run.instance.token(id) else {
            continue;
        };
        // Nothing is declared, so every live list comes from its source and the others are carried.
        let none = StateList::default();
        let scope = run.instance.scope_of(token);
        let lists = resolve(run, scope, Source::Process, &none, &token.lists);
        if lists != token.lists {
            run.emit(Event::Relisted { token: id, lists });
        }
    }
}

/// The lists of tokens that become one: whoever one of them names. Where one says nothing and another does, the one that
/// says nothing stands for the initiator, who would have been its reader and writer. A list stays live only if all agree
/// where it comes from.
pub(super) fn union<'a>(lists: impl IntoIterator<Item = &'a Lists>, initiator: &Name) -> Lists {
    let mut lists = lists.into_iter();
    let Some(first) = lists.next() else {
        return Lists::default();
    };
    lists.fold(first.clone(), |all, next| Lists {
        readers: either(&all.readers, &next.readers, Some(initiator)),
        writers: either(&all.writers, &next.writers, Some(initiator)),
        owners: either(&all.owners, &next.owners, None),
        live: agreed_all(&all.live, &next.live),
        from: agreed_all(&all.from, &next.from),
    })
}

fn either(one: &Resolved, other: &Resolved, silent: Option<&Name>) -> Resolved {
    match (one, other) {
        (None, None) => None,
        (Some(one), Some(other)) => Some(one.union(other).cloned().collect()),
        (Some(set), None) | (None, Some(set)) => {
            let mut set = set.clone();
            let silent = silent.filter(|name| !name.is_empty());
            set.extend(silent.map(|name| Principal::User(name.clone())));
            Some(set)
        }
    }
}

fn agreed_all(one: &Sources, other: &Sources) -> Sources {
    Sources {
        readers: agreed(one.readers, other.readers),
        writers: agreed(one.writers, other.writers),
        owners: agreed(one.owners, other.owners),
    }
}

fn agreed(one: Option<Source>, other: Option<Source>) -> Option<Source> {
    one.filter(|_| one == other)
}

fn resolve(
    run: &Run<'_, '_>,
    scope: ScopeId,
    source: Source,
    list: &StateList,
    before: &Lists,
) -> Lists {
    let silent = list.readers.is_none() && list.writers.is_none() && list.owners.is_none();
    if silent && before.live.is_none() {
        return before.clone();
    }
    let layers = state::layers(&run.instance, scope);
    let people = People::of(&run.instance, &layers, run.clock(), &run.meter);
    let one = |declared: &Option<Vec<Principals>>,
               part: fn(&StateList) -> &Option<Vec<Principals>>,
               carried: &Resolved,
               live: Option<Source>| {
        match (declared, live) {
            (Some(declared), _) => (
                Some(state::resolve(declared, &people)),
                list.live.then_some(source),
            ),
            (None, Some(from)) => {
                let declared = part(declared_by(run.process, from)).as_deref();
                (Some(state::resolve(declared.unwrap_or(&[]), &people)), live)
            }
            (None, None) => (carried.clone(), None),
        }
    };
    let was = &before.live;
    let (readers, live_readers) = one(&list.readers, |l| &l.readers, &before.readers, was.readers);
    let (writers, live_writers) = one(&list.writers, |l| &l.writers, &before.writers, was.writers);
    let (owners, live_owners) = one(&list.owners, |l| &l.owners, &before.owners, was.owners);
    let said = |declared: &Option<Vec<Principals>>, carried| match declared {
        Some(_) => Some(source),
        None => carried,
    };
    Lists {
        readers,
        writers,
        owners,
        live: Sources {
            readers: live_readers,
            writers: live_writers,
            owners: live_owners,
        },
        from: Sources {
            readers: said(&list.readers, before.from.readers),
            writers: said(&list.writers, before.from.writers),
            owners: said(&list.owners, before.from.owners),
        },
    }
}

pub(super) fn declared_by(process: &Process, source: Source) -> &StateList {
    match source {
        Source::Process => &process.acl,
        Source::Element(element) => &process.element(element).acl,
    }
}
