//! What one subscription is told, in order and numbered: the list as it is, or what happened since a cursor; then what
//! happens. Who loses a right is told once that something left, and nothing afterwards.
//!
//! Listening begins first, then the list is read together with its place in the journal, then what the list already holds
//! is dropped: nothing is lost in between, and nothing comes twice.
//!
//! A change is judged by the lists of its own commit; one that is told later, after a cursor, by those of now as well.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use docket_domain::engine::instance::Instance;
use docket_domain::ids::{InstanceId, TaskId};
use docket_domain::journal::{Entry, instance_step};
use docket_domain::task::worklist::{
    LeaveReason, Step, TaskChange, TaskFilter, TaskImage, Worklist, step, task_step,
};
use docket_infra::crypto::TenantKeys;
use docket_infra::store::{Page, Position, Read, TaskOrder, TaskSort, WorklistCounts};
use jiff::Timestamp;

use super::cursor::{self, Place, Rights};
use super::{Heard, Listener, Subject};
use crate::app::{App, AppError, Viewer};

/// Entries that are replayed after a cursor at most; more than that is read anew.
const REPLAY: u32 = 1_000;
/// Tasks that are looked up in one statement.
const LOOKED_UP: usize = 500;
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
    rights: Rights,
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
        let rights = Rights::of(&keys, actor);
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
            rights,
            listener,
            seen: Position::default(),
            sequence: 0,
            waiting: VecDeque::new(),
        };
        let tx = app.store.read(actor.tenant).await?;
        match place {
            Some((place, had)) if had == rights => delivery.resume(&tx, place).await?,
            // What a right that came or went since then concerned is in no entry.
            Some(_) => delivery.reset_known(&tx).await?,
            None => delivery.snapshot(&tx).await?,
        }
        Ok(delivery)
    }

    /// The next message; nothing when the session has ended.
    pub async fn next(&mut self) -> Result<Option<Message>, AppError> {
        loop {
            if self.app.clock.wall() >= self.viewer.expires_at {
                return Ok(None);
            }
            if let Some((place, at, news)) = self.waiting.pop_front() {
                return Ok(Some(self.numbered(place, at, news)));
            }
            match self.listener.next().await {
                None => return Ok(None),
                // The loop goes round before anything is delivered: the session may have ended while this waited.
                Some(Heard::Entry(at, entry)) if at > self.seen => {
                    let instance = self.watched(&entry).await?;
                    self.take(at, &entry, 0, instance.as_ref());
                    self.seen = at;
                }
                Some(Heard::Entry(..)) => {}
                Some(Heard::Missing) => {
                    let tx = self.app.store.read(self.viewer.actor.tenant).await?;
                    self.reset(&tx).await?;
                }
            }
        }
    }

    fn numbered(&mut self, place: Place, at: Timestamp, news: News) -> Message {
        self.sequence += 1;
        Message {
            sequence: self.sequence,
            cursor: cursor::seal(
                &self.keys,
                &self.viewer.actor,
                self.rights,
                &self.subject,
                place,
            ),
            at,
            news,
        }
    }

    /// Something is missing: says so, then what there is now.
    async fn reset(&mut self, tx: &Read) -> Result<(), AppError> {
        self.waiting.clear();
        let place = Place::after(self.seen);
        let now = self.app.clock.now();
        self.waiting.push_back((place, now, News::Reset));
        let gone = match (self.snapshot(tx).await, &self.watch) {
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
    async fn snapshot(&mut self, tx: &Read) -> Result<(), AppError> {
        let position = tx.position().await?;
        let news = self.current(tx).await?;
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
    async fn resume(&mut self, tx: &Read, place: Place) -> Result<(), AppError> {
        let end = tx.position().await?;
        let before = match place.within {
            None => place.position,
            Some(_) => Position(place.position.0.saturating_sub(1)),
        };
        let entries = match tx.journal_after(before, REPLAY + 1).await {
            Ok(entries)
                if entries.len() <= REPLAY as usize
                    && place.position <= end
                    && entries.iter().all(|(_, entry)| entry.is_some()) =>
            {
                entries
            }
            Ok(_) => return self.reset_known(tx).await,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the journal could not be replayed: a subscription begins anew"
                );
                return self.reset_known(tx).await;
            }
        };
        let instance = match &self.watch {
            Watch::Instance(id) => tx.instance(&self.viewer.actor, *id).await?.map(Arc::new),
            Watch::Worklist(..) | Watch::Counts | Watch::Task(_) => None,
        };
        for (at, entry) in entries {
            let Some(entry) = entry else { continue };
            let within = place.within.filter(|_| at == place.position);
            self.take(at, &entry, within.unwrap_or(0), instance.as_ref());
        }
        self.seen = end;
        self.leave_out_the_lost(tx).await?;
        if self.waiting.is_empty() {
            // Nothing to tell, so nothing says yet that it is readable.
            self.check(tx).await?;
        }
        Ok(())
    }

    /// Of what the viewer may not read any more nothing is told but that it left, once, and only if they had it.
    async fn leave_out_the_lost(&mut self, tx: &Read) -> Result<(), AppError> {
        let ids: HashSet<TaskId> = self
            .waiting
            .iter()
            .filter_map(|(.., news)| told(news))
            .collect();
        let ids: Vec<TaskId> = ids.into_iter().collect();
        let mut readable = HashSet::new();
        for chunk in ids.chunks(LOOKED_UP) {
            readable.extend(tx.tasks_by_id(&self.viewer.actor, chunk).await?.into_keys());
        }
        // Whether the viewer has the task, as far as they were told.
        let mut has: HashMap<TaskId, bool> = HashMap::new();
        let mut left = false;
        self.waiting.retain(|(.., news)| match news {
            News::Entered(image) => {
                let id = image.task.id;
                has.entry(id).or_insert(false);
                readable.contains(&id)
            }
            News::Updated(image) => {
                let id = image.task.id;
                has.entry(id).or_insert(true);
                readable.contains(&id)
            }
            News::Left(id, _) => {
                readable.contains(id) || std::mem::replace(has.entry(*id).or_insert(true), false)
            }
            News::InstanceLeft(_) => !std::mem::replace(&mut left, true),
            News::InstanceUpdated(_) => {
                left = false;
                true
            }
            News::Counts | News::Tasks(..) | News::Task(_) | News::Instance(_) | News::Reset => {
                true
            }
        });
        Ok(())
    }

    async fn reset_known(&mut self, tx: &Read) -> Result<(), AppError> {
        self.check(tx).await?;
        self.reset(tx).await
    }

    /// What is absent or unreadable is refused in the same way; lists are always there.
    async fn check(&self, tx: &Read) -> Result<(), AppError> {
        match self.watch {
            Watch::Worklist(..) | Watch::Counts => Ok(()),
            Watch::Task(_) | Watch::Instance(_) => self.current(tx).await.map(drop),
        }
    }

    /// The watched instance as it is now, if the entry is about it and leaves it readable: an entry holds no data.
    async fn watched(&self, entry: &Entry) -> Result<Option<Arc<Instance>>, AppError> {
        let actor = &self.viewer.actor;
        match &self.watch {
            Watch::Instance(id) if entry.instance == *id && entry.after.acl.admits(actor) => {
                let tx = self.app.store.read(actor.tenant).await?;
                Ok(tx.instance(actor, *id).await?.map(Arc::new))
            }
            Watch::Worklist(..) | Watch::Counts | Watch::Task(_) | Watch::Instance(_) => Ok(None),
        }
    }

    /// Takes in what an entry means for the viewer, from one of its tasks on.
    fn take(&mut self, at: Position, entry: &Entry, from: u32, instance: Option<&Arc<Instance>>) {
        let whole = match self.watch {
            Watch::Instance(id) if entry.instance == id => self.instance_news(id, entry, instance),
            Watch::Counts => self.concerns_tasks(entry).then_some(News::Counts),
            Watch::Worklist(..) | Watch::Task(_) | Watch::Instance(_) => None,
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
    }

    /// Whether one of the entry's tasks came, went or changed for the viewer: that others came to read one tells nothing.
    fn concerns_tasks(&self, entry: &Entry) -> bool {
        let mut changes = entry.tasks.iter();
        changes.any(|change| task_step(&self.viewer.actor, change).is_some())
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

    fn instance_news(
        &self,
        id: InstanceId,
        entry: &Entry,
        now: Option<&Arc<Instance>>,
    ) -> Option<News> {
        match instance_step(&self.viewer.actor, entry)? {
            // Unreadable again already: the entry that says so is on its way.
            Step::Entered | Step::Updated => now.cloned().map(News::InstanceUpdated),
            Step::Left(_) => Some(News::InstanceLeft(id)),
        }
    }
}

/// Which task the news is about.
fn told(news: &News) -> Option<TaskId> {
    match news {
        News::Entered(image) | News::Updated(image) => Some(image.task.id),
        News::Left(id, _) => Some(*id),
        News::Counts
        | News::Tasks(..)
        | News::Task(_)
        | News::Instance(_)
        | News::InstanceUpdated(_)
        | News::InstanceLeft(_)
        | News::Reset => None,
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
