//! G7 after a migration: the lists of each token are those of the other version. The nearest place that says something holds:
//! the element, what last said it on the way there, the sub-processes around, the process. What both versions say in the same words
//! stays as it was resolved; what nobody knows the origin of, since several branches have brought it, stays as it is.

use std::collections::BTreeSet;

use super::mapping::Mapping;
use crate::access::Principal;
use crate::access::state::{self, People};
use crate::bpmn::{ElementIx, Principals, Process, StateList};
use crate::engine::event::Event;
use crate::engine::instance::{Instance, Lists, Source, Sources, Token};
use crate::engine::lists::declared_by;
use crate::engine::run::Run;

/// One of the three lists.
#[derive(Clone, Copy)]
struct Part {
    declared: fn(&StateList) -> &Option<Vec<Principals>>,
    list: fn(&mut Lists) -> &mut Option<BTreeSet<Principal>>,
    source: fn(&mut Sources) -> &mut Option<Source>,
}

const PARTS: [Part; 3] = [
    Part {
        declared: |list| &list.readers,
        list: |lists| &mut lists.readers,
        source: |sources| &mut sources.readers,
    },
    Part {
        declared: |list| &list.writers,
        list: |lists| &mut lists.writers,
        source: |sources| &mut sources.writers,
    },
    Part {
        declared: |list| &list.owners,
        list: |lists| &mut lists.owners,
        source: |sources| &mut sources.owners,
    },
];

/// Where a list of a token came from, in terms of the other version.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Known(Source),
    /// It was said where nothing is any more, or by nobody.
    Gone,
    Unknown,
}

/// Gives every token the lists that it has in the other version. The run is on that version, the instance is as it was.
pub(super) fn relist(run: &mut Run<'_, '_>, from: &Process, mapping: &Mapping, was: &Instance) {
    for old in &was.tokens {
        let Some(token) = run.instance.token(old.id) else {
            continue;
        };
        let mut lists = token.lists.clone();
        for part in PARTS {
            renew(run, from, mapping, (old, token), part, &mut lists);
        }
        if lists != token.lists {
            let token = old.id;
            run.emit(Event::Relisted { token, lists });
        }
    }
}

fn renew(
    run: &Run<'_, '_>,
    from: &Process,
    mapping: &Mapping,
    (old, token): (&Token, &Token),
    part: Part,
    lists: &mut Lists,
) {
    let mut was = old.lists.clone();
    let said_by = (part.source)(&mut was.from).or(*(part.source)(&mut was.live));
    let origin = match said_by {
        Some(Source::Process) => Origin::Known(Source::Process),
        Some(Source::Element(ix)) => mapping
            .element(ix)
            .map_or(Origin::Gone, |ix| Origin::Known(Source::Element(ix))),
        None if (part.list)(&mut was).is_none() => Origin::Gone,
        None => Origin::Unknown,
    };
    let to = run.process;
    let says = |source| (part.declared)(declared_by(to, source)).as_ref();
    let Some(source) = says_now(to, token.element, origin, |source| says(source).is_some()) else {
        if origin != Origin::Unknown {
            *(part.list)(lists) = None;
            *(part.source)(&mut lists.live) = None;
            *(part.source)(&mut lists.from) = None;
        }
        return;
    };
    let same = said_by.is_some_and(|said_by| {
        let (before, now) = (declared_by(from, said_by), declared_by(to, source));
        origin == Origin::Known(source)
            && (part.declared)(before) == (part.declared)(now)
            && before.live == now.live
    });
    if same {
        return;
    }
    let layers = state::layers(&run.instance, run.instance.scope_of(token));
    let people = People::of(&run.instance, &layers, run.clock(), &run.meter);
    let declared = says(source).map_or(&[][..], Vec::as_slice);
    *(part.list)(lists) = Some(state::resolve(declared, &people));
    *(part.source)(&mut lists.live) = declared_by(to, source).live.then_some(source);
    *(part.source)(&mut lists.from) = Some(source);
}

/// What says a list for a token at an element; nothing if nobody does.
fn says_now(
    to: &Process,
    element: ElementIx,
    origin: Origin,
    says: impl Fn(Source) -> bool,
) -> Option<Source> {
    let mut around = Some(element);
    while let Some(at) = around {
        // What was said inside of a sub-process is nearer than what the sub-process says.
        if let Origin::Known(Source::Element(ix)) = origin
            && at != element
            && is_inside(to, ix, at)
            && says(Source::Element(ix))
        {
            return Some(Source::Element(ix));
        }
        if says(Source::Element(at)) {
            return Some(Source::Element(at));
        }
        around = to.element(at).parent.filter(|parent| *parent < at);
    }
    match origin {
        Origin::Known(source) if says(source) => Some(source),
        Origin::Known(_) | Origin::Gone => Some(Source::Process).filter(|it| says(*it)),
        Origin::Unknown => None,
    }
}

fn is_inside(process: &Process, ix: ElementIx, of: ElementIx) -> bool {
    let mut around = process.element(ix).parent;
    while let Some(at) = around {
        if at == of {
            return true;
        }
        around = process.element(at).parent.filter(|parent| *parent < at);
    }
    false
}
