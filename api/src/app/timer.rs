//! Timers that are due, fired many at once: their instances are read, decided on and sealed in a snapshot, without holding
//! anybody up, and the transitions are stored in one transaction, each on the condition that its instance is where it was.
//! While one batch is stored, the next one is decided. What does not go together goes alone, so that one timer that cannot
//! fire stops no other; what fails alone is put off.
//!
//! ```text
//!  due ──▶ snapshot: read, decide, seal ──▶ one write for all ──▶ fired
//!             │ asks for something outside,     │ somebody was faster: once more, then
//!             │ cannot be read, panics          ▼
//!             └────────────────────────────▶ each in a transaction of its own ──▶ fired, or put off
//! ```

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use docket_domain::bpmn::Process;
use docket_domain::engine::command::{Command, Rejection};
use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, ProcessId, TenantId};
use docket_infra::store::{DueTimer, Prepared, Transition};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::task::yield_now;

use super::batch::{Decided, Model};
use super::{App, AppError, retry};

/// How long the write lock may be held for many timers: who waits for a mutation meanwhile should not notice.
const HELD: Duration = Duration::from_millis(50);
/// Timers in one transaction, at least and at most.
const LEAST: u32 = 8;
const MOST: u32 = 500;
/// Instances decided on before others have a turn on this thread.
const BREATH: usize = 16;

/// How many timers go together, fewer when the lock was held for too long, and the batch that was looked at ahead.
pub struct Pace {
    size: u32,
    ahead: Option<Batch>,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace::of(128)
    }
}

impl Pace {
    /// One by one: what the figures measure batches against.
    pub fn alone() -> Pace {
        Pace::of(1)
    }

    fn of(size: u32) -> Pace {
        Pace { size, ahead: None }
    }

    fn took(&mut self, held: Duration) {
        if held > HELD {
            self.size = (self.size / 2).max(LEAST);
        } else if held < HELD / 2 && self.size > 1 {
            self.size = (self.size * 2).min(MOST);
        }
    }
}

/// Timers that are due, looked at and not stored.
#[derive(Default)]
struct Batch {
    /// Its last timer, behind which the next batch begins; none if nothing was due.
    last: Option<DueTimer>,
    /// The instances that it concerns: another batch that is decided before this one is stored finds other revisions.
    instances: HashSet<InstanceId>,
    parts: Vec<Part>,
}

/// What of a batch is one tenant's.
struct Part {
    tenant: TenantId,
    together: Option<Together>,
    /// What goes alone.
    left: Vec<DueTimer>,
}

/// Timers that go together.
struct Together {
    timers: Vec<DueTimer>,
    /// The processes that they move.
    processes: HashMap<ProcessId, Arc<Process>>,
    rows: Prepared,
}

impl App {
    /// Fires timers that are due, a batch of them; how many fired. One that fails is logged, put off, and does not stop the
    /// others: while none of a batch fires, those behind it are tried.
    pub async fn fire_due_timers(&self, pace: &mut Pace) -> Result<usize, AppError> {
        let mut batch = match pace.ahead.take() {
            Some(batch) => batch,
            None => self.look(None, pace.size).await?,
        };
        loop {
            if batch.last.is_none() {
                return Ok(0);
            }
            let behind = (batch.last, std::mem::take(&mut batch.instances));
            let look = self.look(Some((behind.0, &behind.1)), pace.size);
            let (fired, next) = tokio::join!(self.fire_batch(batch, pace), look);
            let next = next?;
            if fired > 0 {
                pace.ahead = next.last.is_some().then_some(next);
                return Ok(fired);
            }
            batch = next;
        }
    }

    /// Looks at timers that are due, only at those behind a batch that is being stored, if there is one, and decides on them.
    async fn look(
        &self,
        behind: Option<(Option<DueTimer>, &HashSet<InstanceId>)>,
        size: u32,
    ) -> Result<Batch, AppError> {
        let now = self.clock.now();
        let last = behind.and_then(|behind| behind.0);
        let due = self.store.due_timers(now, last.as_ref(), size).await?;
        let mut tenants: HashMap<TenantId, Vec<DueTimer>> = HashMap::new();
        for timer in &due {
            tenants.entry(timer.tenant).or_default().push(*timer);
        }
        let mut parts = Vec::with_capacity(tenants.len());
        for (tenant, timers) in tenants {
            let moving = |timer: &DueTimer| {
                behind.is_some_and(|(_, moving)| moving.contains(&timer.instance))
            };
            let (alone, timers): (Vec<DueTimer>, Vec<DueTimer>) =
                timers.into_iter().partition(moving);
            let mut part = self.part(tenant, timers).await;
            part.left.extend(alone);
            parts.push(part);
        }
        Ok(Batch {
            last: due.last().copied(),
            instances: due.iter().map(|timer| timer.instance).collect(),
            parts,
        })
    }

    /// Fires a batch; how many fired.
    async fn fire_batch(&self, batch: Batch, pace: &mut Pace) -> usize {
        let mut fired = 0;
        for part in batch.parts {
            fired += self.fire_part(part, pace).await;
        }
        fired
    }

    /// Fires timers of one tenant: together, and what is left of them one by one.
    async fn fire_part(&self, part: Part, pace: &mut Pace) -> usize {
        let Part {
            tenant,
            together,
            mut left,
        } = part;
        let mut fired = 0;
        if let Some(together) = together {
            let timers = together.timers.clone();
            match self.fire_together(tenant, together, pace).await {
                Ok(()) => fired += timers.len(),
                Err(AppError::Conflict) => {
                    // Somebody moved one of them meanwhile: the others go together all the same.
                    let again = self.part(tenant, timers).await;
                    left.extend(again.left);
                    if let Some(together) = again.together {
                        let timers = together.timers.clone();
                        match self.fire_together(tenant, together, pace).await {
                            Ok(()) => fired += timers.len(),
                            Err(error) => left.extend(apart(tenant, &error, timers)),
                        }
                    }
                }
                Err(error) => left.extend(apart(tenant, &error, timers)),
            }
        }
        for timer in left {
            fired += usize::from(self.fire_alone(timer).await);
        }
        fired
    }

    /// Fires one timer by itself; whether it fired. One that fails is put off, the longer the more often it failed.
    async fn fire_alone(&self, timer: DueTimer) -> bool {
        let alone = AssertUnwindSafe(self.fire(timer)).catch_unwind().await;
        let error = match alone {
            Ok(Ok(())) => return true,
            // Another node was faster.
            Ok(Err(AppError::Rejected(Rejection::NoTimer))) => return false,
            Ok(Err(error)) => format!("{error:?}"),
            Err(_) => "it panicked".to_owned(),
        };
        tracing::warn!(
            timer.id = %timer.timer,
            instance.id = %timer.instance,
            error,
            "a due timer did not fire and is put off"
        );
        let until = put_off(self.clock.now(), timer.tries);
        if let Err(error) = self.store.put_off_timer(&timer, until).await {
            tracing::error!(
                timer.id = %timer.timer,
                error = &error as &dyn std::error::Error,
                "a due timer cannot be put off"
            );
        }
        false
    }

    /// Stores what was decided together. `Conflict` if one of the instances was moved since then, or its process suspended.
    async fn fire_together(
        &self,
        tenant: TenantId,
        together: Together,
        pace: &mut Pace,
    ) -> Result<(), AppError> {
        let tx = self.store.write(tenant).await?;
        let begun = Instant::now();
        for (process, model) in &together.processes {
            if tx.is_suspended(&model.key, *process).await? {
                return Err(AppError::Conflict);
            }
        }
        tx.save_prepared(together.rows).await?;
        tx.commit().await?;
        pace.took(begun.elapsed());
        self.hub.wake();
        Ok(())
    }

    /// Decides on timers of one tenant; what cannot be decided together is left.
    async fn part(&self, tenant: TenantId, timers: Vec<DueTimer>) -> Part {
        let alone = |left| Part {
            tenant,
            together: None,
            left,
        };
        if timers.len() < 2 {
            return alone(timers);
        }
        match self.decide_due(tenant, &timers).await {
            Ok(part) => part,
            Err(error) => alone(apart(tenant, &error, timers)),
        }
    }

    /// Decides on the instances of timers, in a snapshot; what cannot be decided, or asks for something outside of its
    /// instance, is left. What was suspended meanwhile waits until it goes on.
    async fn decide_due(&self, tenant: TenantId, timers: &[DueTimer]) -> Result<Part, AppError> {
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
        let models = self
            .models_of(&tx, found.values().map(|it| it.process))
            .await?;
        let now = self.clock.now();
        let mut decided = Vec::with_capacity(first.len());
        let mut together = Vec::with_capacity(first.len());
        for (number, timer) in first.into_iter().enumerate() {
            if number % BREATH == BREATH - 1 {
                yield_now().await;
            }
            let before = found.remove(&timer.instance);
            let process = before.as_ref().map(|before| before.process);
            let one = match (before, process.and_then(|process| models.get(&process))) {
                (Some(before), Some(Model::Usable(model, known))) => {
                    let fire = Command::Fire(timer.timer);
                    let alone = || Decided::on(model.clone(), before, &fire, known, now);
                    let decided = catch_unwind(AssertUnwindSafe(alone));
                    decided.ok().and_then(Result::ok).flatten()
                }
                // It is found again when its process goes on.
                (Some(_), Some(Model::Suspended)) => continue,
                (_, _) => None,
            };
            match one {
                Some(one) => {
                    decided.push(one);
                    together.push(timer);
                }
                None => left.push(timer),
            }
        }
        let transitions: Vec<Transition<'_>> = decided.iter().map(Decided::transition).collect();
        let rows = tx.prepare(&transitions).await?;
        let processes = decided
            .iter()
            .map(|one| (one.before.process, one.model.clone()))
            .collect();
        Ok(Part {
            tenant,
            together: (!together.is_empty()).then_some(Together {
                timers: together,
                processes,
                rows,
            }),
            left,
        })
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

/// Until when rests what has failed so often by itself: seconds at first, a minute at most, since what it needs may go on any
/// time.
pub(super) fn put_off(now: Timestamp, tries: u32) -> Timestamp {
    now + SignedDuration::from_secs(1 << tries.min(6))
}

/// Timers that do not go together after all.
fn apart(tenant: TenantId, error: &AppError, timers: Vec<DueTimer>) -> Vec<DueTimer> {
    tracing::debug!(
        tenant.id = %tenant,
        error = error as &dyn std::error::Error,
        "timers that are due do not go together"
    );
    timers
}
