//! What a migration does to what an instance stands at and waits for, as those are told who decide whether to do it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::carry::Migrated;
use crate::bpmn::{ElementIx, Process};
use crate::engine::instance::{Instance, TokenId};
use crate::ids::TimerId;
use crate::value::{Name, Value};

/// What becomes of everything: before anything moves on because of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Where each token goes, in order of their numbers.
    pub tokens: Vec<MovedToken>,
    /// What becomes of what is waited for: first what was, then what is new.
    pub waits: Vec<PlannedWait>,
}

/// A token that goes from one element to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MovedToken {
    /// Its number.
    pub token: TokenId,
    /// The id of the element that it leaves.
    pub from: Name,
    /// The id of the element that it goes to.
    pub to: Name,
}

/// Something that is or was waited for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedWait {
    /// What for.
    pub kind: WaitKind,
    /// What becomes of it.
    pub fate: Fate,
    /// The token that waits; 0 for the instance itself.
    pub token: TokenId,
    /// The id of the event in the version that is left, unless it is new.
    pub from: Option<Name>,
    /// The id of the event in the version to go to, unless it is gone.
    pub to: Option<Name>,
    /// When a timer fires, or would have.
    pub due_at: Option<Timestamp>,
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WaitKind {
    /// A moment.
    Timer,
    /// A message.
    Message,
    /// A signal.
    Signal,
    /// A condition over the data.
    Condition,
}

/// What becomes of what is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It goes on as it is: a timer fires when it would have.
    Kept,
    /// It is waited for at the same event, for what the other version says.
    Renewed,
    /// It is waited for from now on.
    Begun,
    /// Nobody waits for it any more.
    Removed,
}

/// One thing that is waited for, wherever that is kept.
#[derive(Clone, PartialEq)]
struct Wait {
    kind: WaitKind,
    token: TokenId,
    element: ElementIx,
    part: u32,
    timer: Option<(TimerId, Timestamp)>,
    what: Option<(Name, Option<Value>)>,
}

/// What tells waits apart: what for, who, where, and which of several.
type Place = (WaitKind, TokenId, ElementIx, u32);

impl Plan {
    /// Compares an instance with what it is in the other version; of conditions it is said which have become others.
    pub(super) fn of(
        (from, before): (&Process, &Instance),
        (to, after): (&Process, &Instance),
        migrated: &Migrated,
        conditions: &BTreeSet<(TokenId, ElementIx)>,
    ) -> Plan {
        let at = |process: &Process, ix: ElementIx| process.element(ix).id.clone();
        let target = |ix: ElementIx| migrated.elements.get(&ix).copied();
        let tokens = before.tokens.iter().filter_map(|token| {
            Some(MovedToken {
                token: token.id,
                from: at(from, token.element),
                to: at(to, target(token.element)?),
            })
        });
        let mut coming: Vec<Option<Wait>> = waits(after).into_iter().map(Some).collect();
        let places: BTreeMap<Place, usize> = coming
            .iter()
            .enumerate()
            .filter_map(|(at, is)| Some((is.as_ref()?.place(), at)))
            .collect();
        let mut planned = Vec::new();
        for was in waits(before) {
            let place = target(was.element).map(|ix| (was.kind, was.token, ix, was.part));
            let is = place.and_then(|place| coming.get_mut(*places.get(&place)?)?.take());
            let fate = match &is {
                None => Fate::Removed,
                Some(is) if is.is_as(&was) && !conditions.contains(&(is.token, is.element)) => {
                    Fate::Kept
                }
                Some(_) => Fate::Renewed,
            };
            let timer = is.as_ref().map_or(was.timer, |is| is.timer);
            planned.push(PlannedWait {
                kind: was.kind,
                fate,
                token: was.token,
                from: Some(at(from, was.element)),
                to: is.map(|is| at(to, is.element)),
                due_at: timer.map(|(_, due_at)| due_at),
            });
        }
        planned.extend(coming.into_iter().flatten().map(|is| PlannedWait {
            kind: is.kind,
            fate: Fate::Begun,
            token: is.token,
            from: None,
            to: Some(at(to, is.element)),
            due_at: is.timer.map(|(_, due_at)| due_at),
        }));
        Plan {
            tokens: tokens.collect(),
            waits: planned,
        }
    }
}

impl Wait {
    fn place(&self) -> Place {
        (self.kind, self.token, self.element, self.part)
    }

    /// Whether both are the same wait, at whatever element.
    fn is_as(&self, other: &Wait) -> bool {
        (&self.timer, &self.what) == (&other.timer, &other.what)
    }
}

fn waits(instance: &Instance) -> Vec<Wait> {
    let wait = |kind, token, element, part| Wait {
        kind,
        token,
        element,
        part,
        timer: None,
        what: None,
    };
    let timers = instance.timers.iter().map(|it| Wait {
        timer: Some((it.id, it.due_at)),
        ..wait(WaitKind::Timer, it.token, it.element, it.part)
    });
    let messages = instance.waits.iter().map(|it| Wait {
        what: Some((it.name.clone(), it.correlation.clone())),
        ..wait(WaitKind::Message, it.token, it.element, it.part)
    });
    let signals = instance.signals.iter().map(|it| Wait {
        what: Some((it.name.clone(), None)),
        ..wait(WaitKind::Signal, it.token, it.element, it.part)
    });
    let conditions = instance.conditions.iter();
    let conditions = conditions.map(|it| wait(WaitKind::Condition, it.token, it.element, it.part));
    timers
        .chain(messages)
        .chain(signals)
        .chain(conditions)
        .collect()
}
