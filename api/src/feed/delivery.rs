//! What one subscription is told, in order and numbered: the list as it is, or what happened since a cursor; then what
//! happens. Who loses a right is told once that something left, and nothing afterwards.
//!
//! Listening begins first, then the list is read together with its place in the journal, then what the list already holds
//! is dropped: nothing is lost in between, and nothing comes twice.

use std::collections::VecDeque;
use std::sync::Arc;

use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, TaskId};
use docket_domain::journal::Entry;
use docket_domain::task::worklist::{
    LeaveReason, Step, TaskChange, TaskFilter, TaskImage, Worklist, step, task_step,
};
use docket_infra::crypto::TenantKeys;
use docket_infra::store::{Page, Position, Read, TaskOrder, TaskSort, WorklistCounts};
use jiff::Timestamp;

use super::cursor::{self, Place};
use super::{Heard, Listener, Subject};
use crate::app::{App, AppError, Viewer};

/// Entries that are replayed after a cursor at most; more than that is read anew.
const REPLAY: u32 = 1_000;
/// Tasks of a snapshot at most; the counts say how many there are.
pub const SNAPSHOT: u32 = 100;

/// What is watched.
#[derive(Clone, PartialEq, Debug)]
pub enum Watch {
    /// A worklist of the viewer, narrowed.
    Worklist(Worklist, Box<TaskFilter>),
    /// How many tasks the worklists of the viewer have.
    Counts,
    /// One task.
    Task(TaskId),
    /// One instance.
    Instance(InstanceId),
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    /// Counts from 1 without a gap.
    pub sequence: u32,
    /// Where to go on after it, sealed.
    pub cursor: String,
    /// When what it tells of was committed; of a list, when it was read.
    pub at: Timestamp,
    /// What it tells.
    pub news: News,
}

/// What a message tells.
#[derive(Clone, Debug)]
pub enum News {
    /// The counts have changed, or may have.
    Counts,
    /// The list as it is.
    Tasks(Vec<Arc<TaskImage>>, WorklistCounts),
    /// The task as it is.
    Task(Box<TaskImage>),
    /// The instance as it is.
    Instance(Arc<Instance>),
    /// A task came onto the list.
    Entered(Box<TaskImage>),
    /// A task changed.
    Updated(Box<TaskImage>),
    /// A task is not here any more.
    Left(TaskId, LeaveReason),
    /// The instance changed, as it is now.
    InstanceUpdated(Arc<Instance>),
    /// The instance may not be read any more.
    InstanceLeft(InstanceId),
    /// Something is missing before this: forget what was told. What there is now follows.
    Reset,
}

/// A subscription at work.
pub struct Delivery {
    app: App,
    viewer: Viewer,
    watch: Watch,
    /// What cursors are bound to.
    subject: String,
    keys: Arc<TenantKeys>,
    listener: Listener,
    /// What was taken in so far.
    seen: Position,
    sequence: u32,
    waiting: VecDeque<(Place, Timestamp, News)>,
}

impl Delivery {
    /// Begins, after a cursor if there is one. What is absent or unreadable is `NotAvailable`.
    pub async fn open(
        app: &App,
        viewer: &Viewer,
        watch: Watch,
        after: Option<&str>,
    ) -> Result<Delivery, AppError> {
        let actor = &viewer.actor;
        let keys = app.keys(actor.tenant).await?;
        let subject = format!("{watch:?}");
        let place = after
            .map(|after| cursor::open(&keys, actor, &subject, after).ok_or(AppError::Cursor))
            .transpose()?;
        let listener = app.hub.listen(&app.store, actor, watch.subject()).await?;
        let mut delivery = Delivery {
            app: app.clone(),
            viewer: viewer.clone(),
            watch,
            subject,
            keys,
            listener,
            seen: Position::default(),
            sequence: 0,
            waiting: VecDeque::new(),
        };
        match place {
            Some(place) => delivery.resume(place).await?,
            None => delivery.snapshot().await?,
        }
        Ok(delivery)
    }

    /// The next message; nothing when the session has ended.
    pub async fn next(&mut self) -> Result<Option<Message>, AppError> {
        loop {
            if self.app.clock.now() >= self.viewer.expires_at {
                return Ok(None);
            }
            if let Some((place, at, news)) = self.waiting.pop_front() {
                return Ok(Some(self.numbered(place, at, news)));
            }
            match self.listener.next().await {
                None => return Ok(None),
                // The loop goes round before anything is delivered: the session may have ended while this waited.
                Some(Heard::Entry(at, entry)) if at > self.seen => {
                    self.take(at, &entry, 0).await?;
                    self.seen = at;
                }
                Some(Heard::Entry(..)) => {}
                Some(Heard::Overflow) => self.reset().await?,
            }
        }
    }

    fn numbered(&mut self, place: Place, at: Timestamp, news: News) -> Message {
        self.sequence += 1;
        Message {
            sequence: self.sequence,
            cursor: cursor::seal(&self.keys, &self.viewer.actor, &self.subject, place),
            at,
            news,
        }
    }

    /// Something is missing: says so, then what there is now.
    async fn reset(&mut self) -> Result<(), AppError> {
        self.waiting.clear();
        let place = Place::after(self.seen);
        let now = self.app.clock.now();
        self.waiting.push_back((place, now, News::Reset));
        let gone = match (self.snapshot().await, &self.watch) {
            (Err(AppError::NotAvailable), Watch::Task(id)) => {
                News::Left(*id, LeaveReason::NoLongerVisible)
            }
            (Err(AppError::NotAvailable), Watch::Instance(id)) => News::InstanceLeft(*id),
            (done, Watch::Worklist(..) | Watch::Counts | Watch::Task(_) | Watch::Instance(_)) => {
                return done;
            }
        };
        self.waiting.push_back((place, now, gone));
        Ok(())
    }

    /// The list as it is, together with its place in the journal.
    async fn snapshot(&mut self) -> Result<(), AppError> {
        let tx = self.app.store.read(self.viewer.actor.tenant).await?;
        let position = tx.position().await?;
        let news = self.current(&tx).await?;
        let now = self.app.clock.now();
        self.waiting.push_back((Place::after(position), now, news));
        self.seen = position;
        Ok(())
    }

    async fn current(&self, tx: &Read) -> Result<News, AppError> {
        let actor = &self.viewer.actor;
        match &self.watch {
            Watch::Worklist(worklist, filter) => {
                let slice = tx
                    .tasks(actor, Some(worklist), filter, OLDEST_FIRST, &FIRST_PAGE)
                    .await?;
                let tasks = slice.items.into_iter().map(|(_, image)| image).collect();
                let now = self.app.clock.now();
                let worklists = std::slice::from_ref(worklist);
                let counts = tx.worklist_counts(actor, worklists, filter, now).await?;
                Ok(News::Tasks(
                    tasks,
                    counts.first().copied().unwrap_or_default(),
                ))
            }
            Watch::Counts => Ok(News::Counts),
            Watch::Task(id) => {
                let image = tx.task(actor, *id).await?;
                Ok(News::Task(Box::new(image.ok_or(AppError::NotAvailable)?)))
            }
            Watch::Instance(id) => {
                let instance = tx.instance(actor, *id).await?;
                Ok(News::Instance(Arc::new(
                    instance.ok_or(AppError::NotAvailable)?,
                )))
            }
        }
    }

    /// What happened since a place; the list anew if that is too long ago, or cannot be read.
    async fn resume(&mut self, place: Place) -> Result<(), AppError> {
        let tx = self.app.store.read(self.viewer.actor.tenant).await?;
        let end = tx.position().await?;
        let before = match place.within {
            None => place.position,
            Some(_) => Position(place.position.0.saturating_sub(1)),
        };
        let entries = match tx.journal_after(before, REPLAY + 1).await {
            Ok(entries) if entries.len() <= REPLAY as usize && place.position <= end => entries,
            Ok(_) => return self.reset_known(&tx).await,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the journal could not be replayed: a subscription begins anew"
                );
                return self.reset_known(&tx).await;
            }
        };
        for (at, entry) in entries {
            let within = place.within.filter(|_| at == place.position);
            self.take(at, &entry, within.unwrap_or(0)).await?;
        }
        self.seen = end;
        if self.waiting.is_empty() {
            // Nothing to tell, so nothing says yet that it is readable.
            self.check(&tx).await?;
        }
        Ok(())
    }

    async fn reset_known(&mut self, tx: &Read) -> Result<(), AppError> {
        self.check(tx).await?;
        self.reset().await
    }

    /// What is absent or unreadable is refused in the same way; lists are always there.
    async fn check(&self, tx: &Read) -> Result<(), AppError> {
        match self.watch {
            Watch::Worklist(..) | Watch::Counts => Ok(()),
            Watch::Task(_) | Watch::Instance(_) => self.current(tx).await.map(drop),
        }
    }

    /// Takes in what an entry means for the viewer, from one of its tasks on.
    async fn take(&mut self, at: Position, entry: &Entry, from: u32) -> Result<(), AppError> {
        let whole = match self.watch {
            Watch::Instance(id) => self.instance_news(id, entry).await?,
            Watch::Counts => self.concerns_tasks(entry).then_some(News::Counts),
            Watch::Worklist(..) | Watch::Task(_) => None,
        };
        if let Some(news) = whole {
            self.waiting.push_back((Place::after(at), entry.at, news));
        }
        let last = entry.tasks.len().saturating_sub(1);
        for (index, change) in entry.tasks.iter().enumerate().skip(from as usize) {
            let Some(news) = self.task_news(change) else {
                continue;
            };
            let place = Place {
                position: at,
                within: (index < last).then(|| u32::try_from(index + 1).unwrap_or(u32::MAX - 1)),
            };
            self.waiting.push_back((place, entry.at, news));
        }
        Ok(())
    }

    /// Whether the viewer sees one of the entry's tasks, before or after it.
    fn concerns_tasks(&self, entry: &Entry) -> bool {
        let mut images = entry
            .tasks
            .iter()
            .flat_map(|change| change.before.iter().chain([&change.after]));
        images.any(|image| image.visible_to(&self.viewer.actor))
    }

    fn task_news(&self, change: &TaskChange) -> Option<News> {
        let actor = &self.viewer.actor;
        let after = || Box::new(change.after.clone());
        let id = change.after.task.id;
        match &self.watch {
            Watch::Worklist(worklist, filter) => {
                Some(match step(worklist, filter, actor, change)? {
                    Step::Entered => News::Entered(after()),
                    Step::Updated => News::Updated(after()),
                    Step::Left(reason) => News::Left(id, reason),
                })
            }
            Watch::Task(watched) if *watched == id => Some(match task_step(actor, change)? {
                Step::Entered | Step::Updated => News::Updated(after()),
                Step::Left(reason) => News::Left(id, reason),
            }),
            Watch::Counts | Watch::Task(_) | Watch::Instance(_) => None,
        }
    }

    /// The instance is read anew as the viewer: the entry holds no data.
    async fn instance_news(&self, id: InstanceId, entry: &Entry) -> Result<Option<News>, AppError> {
        if entry.instance != id {
            return Ok(None);
        }
        let actor = &self.viewer.actor;
        let before = entry.before.as_ref();
        let was = before.is_some_and(|image| image.acl.admits(actor));
        if !entry.after.acl.admits(actor) {
            return Ok(was.then_some(News::InstanceLeft(id)));
        }
        let tx = self.app.store.read(actor.tenant).await?;
        let instance = tx.instance(actor, id).await?;
        // Unreadable again already: the entry that says so is on its way.
        Ok(instance.map(|instance| News::InstanceUpdated(Arc::new(instance))))
    }
}

impl Watch {
    fn subject(&self) -> Subject {
        match self {
            Watch::Worklist(..) | Watch::Counts => Subject::Tasks,
            Watch::Task(id) => Subject::Task(*id),
            Watch::Instance(id) => Subject::Instance(*id),
        }
    }
}

const OLDEST_FIRST: TaskOrder = TaskOrder {
    sort: TaskSort::Created,
    descending: false,
};

const FIRST_PAGE: Page = Page {
    size: SNAPSHOT,
    after: None,
    before: None,
    from_end: false,
};
