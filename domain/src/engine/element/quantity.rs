//! `startQuantity` (BPMN 2.0.2, table 10.3): an activity that takes several tokens to begin. They are gathered in the first.

use crate::engine::event::Event;
use crate::engine::instance::Token;
use crate::engine::lists;
use crate::engine::run::{Run, Spot};

/// A token has come to an activity that takes so many: where the activity begins, if they are all there now.
pub(super) fn gather(run: &mut Run<'_, '_>, spot: Spot, needed: u32) -> Option<Spot> {
    let here = run.instance.token(spot.token)?;
    if here.gathered + 1 >= needed {
        return Some(spot);
    }
    let gathers = |token: &&Token| {
        token.element == spot.element
            && token.scope == spot.scope
            && token.id < spot.token
            && token.gathered + 1 < needed
    };
    let first = run.instance.tokens.iter().find(gathers)?;
    let (into, all) = (first.id, first.gathered + 2 >= needed);
    let lists = lists::union([&first.lists, &here.lists], &run.instance.initiator);
    let changed = first.lists != lists;
    run.emit(Event::Merged {
        token: spot.token,
        element: spot.element,
        into,
    });
    if changed {
        run.emit(Event::Relisted { token: into, lists });
    }
    all.then_some(Spot {
        token: into,
        ..spot
    })
}
