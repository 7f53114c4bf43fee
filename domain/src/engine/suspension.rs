//! Stopping an instance for the time being, and letting it go on. Nothing of it changes but that: what is asked of it
//! meanwhile is refused, its timers wait, and what became due fires once it goes on.

use super::Case;
use super::command::{Fresh, Rejection};
use super::event::Event;
use super::instance::InstanceState;
use super::migrate;
use crate::access::{Actor, Privilege};
use crate::task::TaskEvent;
use crate::value::Name;

impl<'a> Case<'a> {
    pub(super) fn suspend(
        &self,
        actor: &Actor,
        reason: Option<&Name>,
        fresh: &Fresh<'_>,
    ) -> Result<Vec<Event>, Rejection> {
        administrates(actor)?;
        self.must_run()?;
        let suspended = Event::Suspended {
            by: actor.user.clone(),
            at: fresh.now,
            reason: reason.cloned(),
        };
        Ok(self.with_tasks(suspended, &TaskEvent::Suspended))
    }

    pub(super) fn resume<'f>(
        &self,
        actor: &'a Actor,
        reason: Option<&Name>,
        fresh: &'a mut Fresh<'f>,
    ) -> Result<Vec<Event>, Rejection> {
        administrates(actor)?;
        match self.instance.state {
            InstanceState::Suspended => {}
            InstanceState::Active => return Err(Rejection::NotSuspended),
            InstanceState::Completed | InstanceState::Withdrawn | InstanceState::Terminated => {
                return Err(Rejection::Ended);
            }
        }
        let resumed = Event::Resumed {
            by: actor.user.clone(),
            at: fresh.now,
            reason: reason.cloned(),
        };
        let mut run = self.run(Some(actor), fresh);
        for event in self.with_tasks(resumed, &TaskEvent::Resumed) {
            run.emit(event);
        }
        // It may have gone to another version meanwhile, in which something can go on that could not before.
        migrate::stir(&mut run);
        Ok(run.finish())
    }

    /// What happens to the instance, and with it to each of its open tasks.
    fn with_tasks(&self, event: Event, of_task: &TaskEvent) -> Vec<Event> {
        let tasks = self.instance.open_tasks().map(|task| Event::Task {
            task: task.id,
            event: of_task.clone(),
        });
        std::iter::once(event).chain(tasks).collect()
    }
}

/// Whether the actor may do this to running work at all.
pub(super) fn administrates(actor: &Actor) -> Result<(), Rejection> {
    match actor.has(Privilege::Administrator) {
        true => Ok(()),
        false => Err(Rejection::Privilege(Privilege::Administrator)),
    }
}
