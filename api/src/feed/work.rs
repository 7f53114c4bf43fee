//! Tells a worker that there is work for it: at once if there is some, and then whenever some becomes free. What becomes
//! free by a commit is heard from the journal; what becomes free by the passing of time, after a lock or a rest, rings an
//! alarm of the subscription's own. Whoever is told may find that others were faster.

use std::time::Duration;

use docket_domain::access::Privilege;
use docket_domain::value::Name;
use docket_domain::work::WorkImage;
use docket_infra::store::Position;
use jiff::Timestamp;
use tokio::time::timeout;

use super::{Heard, Listener, Subject};
use crate::app::{App, AppError, Viewer};

/// One message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hint {
    /// Counts from 1 without a gap.
    pub sequence: u32,
    /// When it was seen that there is work.
    pub at: Timestamp,
}

/// A subscription to the work of one type.
pub struct Waiting {
    app: App,
    viewer: Viewer,
    kind: Name,
    listener: Listener,
    /// When something becomes free by itself next.
    alarm: Option<Timestamp>,
    /// Whether nobody has looked yet.
    fresh: bool,
    /// Up to where the journal was taken in when this looked last.
    seen: Position,
    sequence: u32,
}

impl Waiting {
    /// Begins. Without the privilege `worker` there is no work: `NotAvailable`.
    pub async fn open(app: &App, viewer: &Viewer, kind: Name) -> Result<Waiting, AppError> {
        if !viewer.actor.has(Privilege::Worker) {
            return Err(AppError::NotAvailable);
        }
        let subject = Subject::Work(kind.clone());
        let listener = app.hub.listen(&app.store, &viewer.actor, subject).await?;
        Ok(Waiting {
            app: app.clone(),
            viewer: viewer.clone(),
            kind,
            listener,
            alarm: None,
            fresh: true,
            seen: Position::default(),
            sequence: 0,
        })
    }

    /// The next message; nothing when the session has ended.
    pub async fn next(&mut self) -> Result<Option<Hint>, AppError> {
        loop {
            if self.app.clock.wall() >= self.viewer.expires_at {
                return Ok(None);
            }
            let look = if std::mem::take(&mut self.fresh) {
                true
            } else {
                tokio::select! {
                    heard = self.listener.next() => match heard {
                        None => return Ok(None),
                        // What was there already when this looked last.
                        Some(Heard::Entry(at, _)) if at <= self.seen => false,
                        Some(Heard::Entry(_, entry)) => self.concerns(&entry.work),
                        Some(Heard::Missing) => true,
                    },
                    () = rings(&self.app, self.alarm) => true,
                }
            };
            if look && self.look().await? {
                self.sequence += 1;
                return Ok(Some(Hint {
                    sequence: self.sequence,
                    at: self.app.clock.now(),
                }));
            }
        }
    }

    /// Whether there is some now; sets the alarm for what comes later. A session that has ended is told nothing.
    async fn look(&mut self) -> Result<bool, AppError> {
        let actor = &self.viewer.actor;
        let now = self.app.clock.now();
        let tx = self.app.store.read(actor.tenant).await?;
        let times = tx.work_times(actor, &self.kind, now).await?;
        self.alarm = times.next;
        self.seen = tx.position().await?;
        Ok(times.now && self.app.clock.wall() < self.viewer.expires_at)
    }

    /// Whether a commit has made some free at once; what it makes free later is waited for.
    fn concerns(&mut self, freed: &[WorkImage]) -> bool {
        let now = self.app.clock.now();
        let mine = freed
            .iter()
            .filter(|image| image.kind == self.kind && image.acl.admits(&self.viewer.actor));
        let mut at_once = false;
        for image in mine {
            if image.free_at <= now {
                at_once = true;
            } else {
                self.alarm = self.alarm.into_iter().chain([image.free_at]).min();
            }
        }
        at_once
    }
}

/// Until our clock has come to a moment, which somebody may move it to; for ever, if there is none.
async fn rings(app: &App, at: Option<Timestamp>) {
    let Some(at) = at else {
        return std::future::pending().await;
    };
    loop {
        let moved = app.hub.clock_moved();
        let left = at.duration_since(app.clock.now());
        let Ok(left) = Duration::try_from(left) else {
            return;
        };
        if left.is_zero() {
            return;
        }
        // The end of either is a reason to look at the clock.
        timeout(left, moved).await.ok();
    }
}
