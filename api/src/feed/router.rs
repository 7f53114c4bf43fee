//! Who is to be told of an entry. The index leads from a principal to the subscriptions of those who are it: an entry
//! touches only the subscriptions of the principals on its lists before and after, however many others there are.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use docket_domain::access::{Actor, Principal};
use docket_domain::ids::{InstanceId, TaskId, TenantId};
use docket_domain::journal::Entry;
use docket_domain::value::Name;
use docket_infra::store::Position;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::Hub;

/// Entries that wait for a slow subscription at most.
const QUEUE: usize = 256;

/// What a subscription is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// Tasks: any list of them.
    Tasks,
    /// One task.
    Task(TaskId),
    /// One instance.
    Instance(InstanceId),
    /// Work of a type.
    Work(Name),
}

/// What a listener hears.
#[derive(Debug)]
pub enum Heard {
    /// An entry that may concern it.
    Entry(Position, Arc<Entry>),
    /// More came than it took, or an entry could not be read: something is missing from here on.
    Missing,
}

#[derive(Default)]
pub(super) struct Router {
    next: u64,
    by_principal: HashMap<(TenantId, Principal), HashSet<u64>>,
    subscriptions: HashMap<u64, Subscription>,
}

struct Subscription {
    subject: Subject,
    queue: Sender<Heard>,
    overflowed: Arc<AtomicBool>,
}

/// One subscription's end of the hub. Dropping it leaves the hub.
pub struct Listener {
    hub: Hub,
    id: u64,
    tenant: TenantId,
    principals: BTreeSet<Principal>,
    queue: Receiver<Heard>,
    overflowed: Arc<AtomicBool>,
}

impl Router {
    pub(super) fn len(&self) -> usize {
        self.subscriptions.len()
    }

    /// Puts an entry into the queues of those it may concern. Nobody waits for a slow one.
    pub(super) fn route(&mut self, tenant: TenantId, at: Position, entry: &Arc<Entry>) {
        let mut concerned = HashSet::new();
        for principal in principals(entry) {
            let found = self.by_principal.get(&(tenant, principal.clone()));
            concerned.extend(found.into_iter().flatten().copied());
        }
        for id in concerned {
            if let Some(subscription) = self.subscriptions.get(&id)
                && subscription.subject.is_in(entry)
            {
                subscription.tell(Heard::Entry(at, entry.clone()));
            }
        }
    }

    /// Tells every subscription of a tenant that an entry is missing.
    pub(super) fn miss(&mut self, tenant: TenantId) {
        let everyone = self.by_principal.get(&(tenant, Principal::Everyone));
        for id in everyone.into_iter().flatten() {
            if let Some(subscription) = self.subscriptions.get(id) {
                subscription.tell(Heard::Missing);
            }
        }
    }

    fn join(
        &mut self,
        tenant: TenantId,
        principals: &BTreeSet<Principal>,
        of: Subscription,
    ) -> u64 {
        let id = self.next;
        self.next += 1;
        for principal in principals {
            let key = (tenant, principal.clone());
            self.by_principal.entry(key).or_default().insert(id);
        }
        self.subscriptions.insert(id, of);
        id
    }

    fn leave(&mut self, id: u64, tenant: TenantId, principals: &BTreeSet<Principal>) {
        self.subscriptions.remove(&id);
        for principal in principals {
            let key = (tenant, principal.clone());
            if let Some(ids) = self.by_principal.get_mut(&key) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.by_principal.remove(&key);
                }
            }
        }
    }
}

impl Subscription {
    fn tell(&self, heard: Heard) {
        if !self.overflowed.load(Ordering::Acquire) && self.queue.try_send(heard).is_err() {
            self.overflowed.store(true, Ordering::Release);
        }
    }
}

impl Subject {
    fn is_in(&self, entry: &Entry) -> bool {
        match self {
            Subject::Tasks => !entry.tasks.is_empty(),
            Subject::Task(id) => entry.tasks.iter().any(|change| change.after.task.id == *id),
            Subject::Instance(id) => entry.instance == *id,
            Subject::Work(kind) => entry.work.iter().any(|image| image.kind == *kind),
        }
    }
}

/// Everybody whom a list of the entry grants something, before or after. Reading takes a grant, so nobody else is concerned.
fn principals(entry: &Entry) -> BTreeSet<&Principal> {
    let instances = entry.before.iter().chain([&entry.after]);
    let tasks = entry
        .tasks
        .iter()
        .flat_map(|change| change.before.iter().chain([&change.after]));
    instances
        .map(|image| &image.acl)
        .chain(tasks.map(|image| &image.acl))
        .chain(entry.work.iter().map(|image| &image.acl))
        .flat_map(|acl| &acl.grants)
        .collect()
}

impl Listener {
    pub(super) fn join(hub: Hub, actor: &Actor, subject: Subject) -> Listener {
        let (sender, queue) = mpsc::channel(QUEUE);
        let overflowed = Arc::new(AtomicBool::new(false));
        let subscription = Subscription {
            subject,
            queue: sender,
            overflowed: overflowed.clone(),
        };
        let principals = actor.principals().clone();
        let id = hub.router().join(actor.tenant, &principals, subscription);
        Listener {
            hub,
            id,
            tenant: actor.tenant,
            principals,
            queue,
            overflowed,
        }
    }

    /// The next thing to hear; nothing when the hub is gone. After an overflow the queue is empty, and listening goes on.
    pub async fn next(&mut self) -> Option<Heard> {
        if self.overflowed.load(Ordering::Acquire) {
            while self.queue.try_recv().is_ok() {}
            self.overflowed.store(false, Ordering::Release);
            return Some(Heard::Missing);
        }
        self.queue.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.hub
            .router()
            .leave(self.id, self.tenant, &self.principals);
    }
}

#[cfg(test)]
mod tests;
