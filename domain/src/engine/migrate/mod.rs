//! Moving a running instance to another version of its process. One decision, for the preview and for doing it: every
//! obstacle, or the events.
//!
//! ```text
//!  mapping   which element stands for which            every obstacle, or
//!  check     whether all that is held can go on   ──▶  Migrated: all references translated (carry)
//!                                                      tasks, work and waits of the other version (renew), its lists (relist)
//!                                                      and then everything runs to rest
//! ```
//!
//! A token goes to the element that stands for its own, in the same scopes. Its task, work or call goes on; candidates, dates
//! and lists are the other version's. A timer at an event that is mapped fires when it would have; one that is new begins now. What
//! waits at an event that is not there any more waits no longer. A suspended instance moves as well, and goes on when it is resumed.

mod carry;
mod check;
mod mapping;
mod nature;
mod obstacle;
mod plan;
mod relist;
mod renew;

use std::collections::BTreeSet;

use super::Case;
use super::command::{Fresh, Rejection};
use super::event::Event;
use super::instance::{Instance, InstanceState};
use super::run::Run;
use super::suspension::administrates;
use crate::access::Actor;
use crate::bpmn::Process;
use crate::ids::ProcessId;
use crate::value::Name;

pub use carry::Migrated;
use check::Check;
use mapping::Mapping;
pub use mapping::{MOST_ENTRIES, MappingEntry};
pub use obstacle::{Obstacle, ObstacleKind};
pub use plan::{Fate, MovedToken, Plan, PlannedWait, WaitKind};
use renew::Renewal;
pub(super) use renew::stir;

/// What is asked of a migration.
#[derive(Clone, Copy, Debug)]
pub struct Migration<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// The number of the version that the instance runs.
    pub from_version: u32,
    /// The version to go to.
    pub to: ProcessId,
    /// Its number.
    pub to_version: u32,
    /// Which elements stand for which, where not those of the same id do; [`MOST_ENTRIES`] at most, which the caller sees to.
    pub mapping: &'a [MappingEntry],
    /// Why, in their words.
    pub reason: &'a Name,
}

/// A migration that can be done.
#[derive(Clone, PartialEq, Debug)]
pub struct Move {
    /// What happens.
    pub events: Vec<Event>,
    /// What becomes of what the instance stands at and waits for, before anything moves on.
    pub plan: Plan,
}

/// Why an instance stays where it is.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Whatever the versions are.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The versions do not fit: every obstacle. What has no value in the other version is known once everything has its place.
    #[error("the instance cannot go to this version: {} obstacles", .0.len())]
    Obstructed(Vec<Obstacle>),
}

/// Judges a migration from one version to another and runs the instance to rest there. Takes the privilege `administrator`;
/// changes nothing. The events are in terms of the version to go to, from [`Event::Migrated`] on, which comes first.
pub fn migrate(
    from: &Process,
    to: &Process,
    instance: &Instance,
    migration: &Migration<'_>,
    fresh: &mut Fresh<'_>,
) -> Result<Move, Refusal> {
    administrates(migration.actor)?;
    let case = Case {
        process: from,
        instance,
    };
    case.must_live()?;
    if from.key != to.key {
        return Err(Rejection::OtherProcess.into());
    }
    if instance.process == migration.to {
        return Err(Rejection::SameVersion.into());
    }
    let (mapping, mut obstacles) = Mapping::of(from, to, migration.mapping);
    let check = Check {
        from,
        to,
        mapping: &mapping,
        instance,
    };
    obstacles.extend(check.obstacles());
    if !obstacles.is_empty() {
        return Err(Refusal::Obstructed(obstacles));
    }
    let migrated = Migrated {
        to: migration.to,
        from_version: migration.from_version,
        to_version: migration.to_version,
        redone: redone(&check),
        elements: mapping.elements.clone(),
        flows: mapping.flows.clone(),
        by: migration.actor.user.clone(),
        at: fresh.now,
        reason: migration.reason.clone(),
    };
    let mut run = Run::new(to, instance.clone(), Some(migration.actor), fresh);
    run.emit(Event::Migrated(Box::new(migrated.clone())));
    let mut renewal = Renewal {
        run: &mut run,
        from,
        was: instance,
        mapping: &mapping,
        conditions: BTreeSet::new(),
        obstacles: Vec::new(),
    };
    renewal.renew();
    let (conditions, obstacles) = (renewal.conditions, renewal.obstacles);
    if !obstacles.is_empty() {
        return Err(Refusal::Obstructed(obstacles));
    }
    relist::relist(&mut run, from, &mapping, instance);
    let plan = Plan::of(
        (from, instance),
        (to, &run.instance),
        &migrated,
        &conditions,
    );
    let events = match instance.state {
        InstanceState::Active => {
            stir(&mut run);
            run.finish()
        }
        InstanceState::Suspended
        | InstanceState::Completed
        | InstanceState::Withdrawn
        | InstanceState::Terminated => run.rest(),
    };
    Ok(Move { events, plan })
}

/// The incidents before which other assignments were made than the other version makes first.
fn redone(check: &Check<'_>) -> BTreeSet<u32> {
    let incidents = check.instance.incidents.iter();
    let redone = incidents.filter(|incident| {
        incident.done > 0
            && check.mapping.element(incident.element).is_some_and(|ix| {
                let is = check.from.element(incident.element);
                !check::is_still_done(is, check.to.element(ix), incident)
            })
    });
    redone.map(|incident| incident.number).collect()
}
