//! Timers that are due, fired many at once: their instances are read and decided on in a snapshot, without holding anybody
//! up, and the transitions are stored in one transaction, each on the condition that its instance is where it was. What
//! does not go together goes alone, so that one timer that cannot fire stops no other.
//!
//! ```text
//!  due ──▶ snapshot: read, decide ──▶ one write for all ──▶ fired
//!             │ asks for something outside,   │ somebody was faster
//!             │ cannot be read, panics        ▼
//!             └──────────────────────────▶ each in a transaction of its own
//! ```

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use docket_domain::bpmn::Process;
use docket_domain::engine;
use docket_domain::engine::command::{Command, Fresh, Known, Rejection};
use docket_domain::engine::event::Event;
use docket_domain::engine::instance::Instance;
use docket_domain::history;
use docket_domain::ids::{InstanceId, TenantId};
use docket_domain::journal;
use docket_infra::clock::Clock;
use docket_infra::store::{DueTimer, Transition};
use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::task::yield_now;

use super::{App, AppError, retry};

/// How long the write lock may be held for many timers: who waits for a mutation meanwhile should not notice.
const HELD: Duration = Duration::from_millis(50);
/// Timers in one transaction, at least and at most.
const LEAST: u32 = 8;
const MOST: u32 = 512;
/// Instances decided on before others have a turn on this thread.
const BREATH: usize = 16;

/// How many timers go together: fewer when the lock was held for too long.
#[derive(Clone, Copy, Debug)]
pub struct Pace(u32);

impl Default for Pace {
    fn default() -> Pace {
        Pace(128)
    }
}

impl Pace {
    /// One by one: what the figures measure batches against.
    pub fn alone() -> Pace {
        Pace(1)
    }

    /// The size of the next batch.
    pub fn size(self) -> u32 {
        self.0
    }

    fn took(&mut self, held: Duration) {
        if held > HELD {
            self.0 = (self.0 / 2).max(LEAST);
        } else if held < HELD / 2 {
            self.0 = (self.0 * 2).min(MOST);
        }
    }
}

/// One timer, decided and not stored.
struct Decided {
    model: Arc<Process>,
    before: Instance,
    after: Instance,
    entry: journal::Entry,
    remembered: Vec<history::Entry>,
}

impl Decided {
    fn transition(&self) -> Transition<'_> {
        Transition {
            process: &self.model,
            before: Some(&self.before),
            after: &self.after,
            entry: &self.entry,
            remembered: &self.remembered,
        }
    }
}

impl App {
    /// Fires timers that are due, a batch of them; how many fired. One that fails is logged and does not stop the others:
    /// while none of a batch fires, those behind it are tried.
    pub async fn fire_due_timers(&self, pace: &mut Pace) -> Result<usize, AppError> {
        let now = self.clock.now();
        let mut last = None;
        loop {
            let due = self
                .store
                .due_timers(now, last.as_ref(), pace.size())
                .await?;
            let mut tenants: HashMap<TenantId, Vec<DueTimer>> = HashMap::new();
            for timer in &due {
                tenants.entry(timer.tenant).or_default().push(*timer);
            }
            let mut fired = 0;
            for (tenant, timers) in tenants {
                fired += self.fire_of(tenant, &timers, pace).await;
            }
            last = due.last().copied();
            if fired > 0 || last.is_none() {
                return Ok(fired);
            }
        }
    }

    /// Fires timers of one tenant: together, and what is left of them one by one.
    async fn fire_of(&self, tenant: TenantId, timers: &[DueTimer], pace: &mut Pace) -> usize {
        let (mut fired, left) = match self.fire_together(tenant, timers, pace).await {
            Ok(done) => done,
            Err(error) => {
                tracing::debug!(
                    tenant.id = %tenant,
                    error = &error as &dyn std::error::Error,
                    "timers that are due do not go together"
                );
                (0, timers.to_vec())
            }
        };
        for timer in left {
            let alone = AssertUnwindSafe(self.fire(timer)).catch_unwind().await;
            let error = match alone {
                Ok(Ok(())) => {
                    fired += 1;
                    continue;
                }
                // Another node was faster.
                Ok(Err(AppError::Rejected(Rejection::NoTimer))) => continue,
                Ok(Err(error)) => format!("{error:?}"),
                Err(_) => "it panicked".to_owned(),
            };
            tracing::warn!(
                timer.id = %timer.timer,
                instance.id = %timer.instance,
                error,
                "a due timer did not fire"
            );
        }
        fired
    }

    /// Fires what can be fired in one transaction; how many, and what is left.
    async fn fire_together(
        &self,
        tenant: TenantId,
        timers: &[DueTimer],
        pace: &mut Pace,
    ) -> Result<(usize, Vec<DueTimer>), AppError> {
        if timers.len() < 2 {
            return Ok((0, timers.to_vec()));
        }
        let (decided, left) = self.decide_due(tenant, timers).await?;
        if decided.is_empty() {
            return Ok((0, left));
        }
        let tx = self.store.write(tenant).await?;
        let begun = Instant::now();
        // Whose process was suspended since the snapshot stays where it is.
        let mut rests = HashMap::new();
        for one in &decided {
            let process = one.before.process;
            if let Entry::Vacant(unknown) = rests.entry(process) {
                unknown.insert(tx.is_suspended(&one.model.key, process).await?);
            }
        }
        let moving = |one: &&Decided| rests.get(&one.before.process) == Some(&false);
        let transitions: Vec<Transition<'_>> = decided
            .iter()
            .filter(moving)
            .map(Decided::transition)
            .collect();
        if transitions.is_empty() {
            return Ok((0, left));
        }
        tx.save_instances(&transitions).await?;
        tx.commit().await?;
        pace.took(begun.elapsed());
        self.hub.wake();
        Ok((transitions.len(), left))
    }

    /// Decides on the instances of timers, in a snapshot; what cannot be decided, or asks for something outside of its
    /// instance, is left.
    async fn decide_due(
        &self,
        tenant: TenantId,
        timers: &[DueTimer],
    ) -> Result<(Vec<Decided>, Vec<DueTimer>), AppError> {
        let tx = self.store.read(tenant).await?;
        let mut seen = HashSet::new();
        // A second timer of an instance finds another revision than the snapshot's.
        let (first, mut left): (Vec<DueTimer>, Vec<DueTimer>) =
            timers.iter().partition(|timer| seen.insert(timer.instance));
        let ids: Vec<InstanceId> = first.iter().map(|timer| timer.instance).collect();
        let found = tx.instances_for_engine(&ids).await?;
        let mut found: HashMap<InstanceId, Instance> = found
            .into_iter()
            .filter_map(|(id, instance)| Some((id, instance.ok()?)))
            .collect();
        let mut models = HashMap::new();
        for process in found.values().map(|instance| instance.process) {
            if !models.contains_key(&process)
                && let Ok(model) = self.model(&tx, process).await
            {
                let known = self.known_to(&tx, process, &model).await?;
                models.insert(process, (model, known));
            }
        }
        drop(tx);
        let now = self.clock.now();
        let mut decided = Vec::with_capacity(first.len());
        for (number, timer) in first.into_iter().enumerate() {
            if number % BREATH == BREATH - 1 {
                yield_now().await;
            }
            let one = found.remove(&timer.instance).and_then(|before| {
                let (model, known) = models.get(&before.process)?;
                let alone = || decide(model.clone(), before, timer, known, now);
                catch_unwind(AssertUnwindSafe(alone)).ok().flatten()
            });
            match one {
                Some(one) => decided.push(one),
                None => left.push(timer),
            }
        }
        Ok((decided, left))
    }

    async fn fire(&self, timer: DueTimer) -> Result<(), AppError> {
        retry(&self.store, timer.tenant, move |tx| {
            Box::pin(async move {
                let before = tx.instance_for_engine(timer.instance).await?;
                let before = before.ok_or(AppError::NotAvailable)?;
                let command = Command::Fire(timer.timer);
                let (model, after) = self.decide(&tx, &before, &command).await?;
                self.finish(tx, model, after).await.map(drop)
            })
        })
        .await
    }
}

/// What follows from a timer in its instance; nothing if that is not all.
fn decide(
    model: Arc<Process>,
    before: Instance,
    timer: DueTimer,
    known: &Known,
    now: Timestamp,
) -> Option<Decided> {
    let mut fresh = Fresh {
        now,
        id: &mut Clock::fresh_id,
        known,
    };
    let events = engine::decide(&model, &before, &Command::Fire(timer.timer), &mut fresh).ok()?;
    if events.iter().any(|event| matches!(event, Event::Asked(_))) {
        return None;
    }
    let mut after = before.clone();
    after.apply(&events);
    Some(Decided {
        entry: journal::entry(&model, Some(&before), &after, now),
        remembered: history::entries(&model, Some(&before), &events, now, None),
        model,
        before,
        after,
    })
}
