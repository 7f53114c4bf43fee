//! Running instances that go to another version of their process: one after the other, each in a transaction of its own, so
//! that one that cannot go keeps no other from it. The preview decides the same, in one snapshot, and stores nothing.

use std::collections::HashSet;
use std::sync::Arc;

use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::Process;
use docket_domain::engine::command::{Fresh, Rejection};
use docket_domain::engine::effect::Effect;
use docket_domain::engine::instance::Instance;
use docket_domain::engine::migrate::{self, MOST_ENTRIES, MappingEntry, Migration, Move, Plan};
use docket_domain::history;
use docket_domain::ids::{InstanceId, ProcessId};
use docket_domain::process::{ProcessRejection, ProcessState};
use docket_domain::value::Name;
use docket_infra::clock::Clock;
use docket_infra::store::{Position, ProcessRecord, Read, Write};

use super::instance::Transition;
use super::intervention::required;
use super::unit::{Moved, Unit, asked};
use super::{App, AppError, Invalid, require, retry};

/// Instances that are moved by one request at most.
pub const MOST_MIGRATED: usize = 100;

/// What is asked of a migration.
#[derive(Clone, Debug)]
pub struct MigrationRequest {
    /// The version to go to.
    pub to: ProcessId,
    /// Which instances.
    pub subjects: Subjects,
    /// Which elements stand for which, where not those of the same id do.
    pub mapping: Vec<MappingEntry>,
    /// Why, in the administrator's words.
    pub reason: String,
}

/// Which instances are to go.
#[derive(Clone, Debug)]
pub enum Subjects {
    /// These; each with the revision that the asker has seen, if it is named.
    Named(Vec<(InstanceId, Option<u32>)>),
    /// The first hundred of a version that are not over, behind one of them.
    Running {
        /// The version that they run.
        process: ProcessId,
        /// Where the hundred before has ended.
        after: Option<InstanceId>,
    },
}

/// What came of a migration, or would.
#[derive(Debug)]
pub struct Migrations {
    /// Of each instance, in the order of the request.
    pub outcomes: Vec<(InstanceId, Result<Outcome, AppError>)>,
    /// Whether there are more of the version behind these.
    pub has_more: bool,
}

/// What came of the migration of one instance, or would.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The number of the version that it has left.
    pub from_version: u32,
    /// The number of the version that it goes to.
    pub to_version: u32,
    /// The model of that.
    pub model: Arc<Process>,
    /// What becomes of what it stands at and waits for.
    pub plan: Plan,
    /// What its history says of it.
    pub steps: Vec<history::Entry>,
    /// What it asks of others.
    pub asks: Vec<Effect>,
    /// The instance after it.
    pub after: Instance,
    /// Its place in the journal, once it is done.
    pub position: Option<Position>,
}

/// A request that is right in itself.
struct Order<'a> {
    actor: &'a Actor,
    to: ProcessRecord,
    model: Arc<Process>,
    mapping: &'a [MappingEntry],
    reason: Name,
}

impl App {
    /// Moves instances to another version of their process, which must be published. Takes the privilege `administrator`.
    pub async fn migrate_instances(
        &self,
        actor: &Actor,
        request: &MigrationRequest,
    ) -> Result<Migrations, AppError> {
        let tx = self.store.read(actor.tenant).await?;
        let order = &self.order(&tx, actor, request).await?;
        let (subjects, has_more) = subjects(&tx, &request.subjects).await?;
        drop(tx);
        let mut outcomes = Vec::with_capacity(subjects.len());
        for (id, expected) in subjects {
            let moved = retry(&self.store, actor.tenant, move |tx| {
                Box::pin(async move { self.migrate_in(tx, order, id, expected).await })
            })
            .await;
            outcomes.push((id, moved));
        }
        Ok(Migrations { outcomes, has_more })
    }

    /// What moving instances to another version would do, without doing it. Takes the privilege `administrator`.
    pub async fn preview_migration(
        &self,
        actor: &Actor,
        request: &MigrationRequest,
    ) -> Result<Migrations, AppError> {
        let tx = self.store.read(actor.tenant).await?;
        let order = self.order(&tx, actor, request).await?;
        let (subjects, has_more) = subjects(&tx, &request.subjects).await?;
        let mut outcomes = Vec::with_capacity(subjects.len());
        for (id, expected) in subjects {
            outcomes.push((id, self.preview_in(&tx, &order, id, expected).await));
        }
        Ok(Migrations { outcomes, has_more })
    }

    async fn order<'a>(
        &self,
        tx: &Read,
        actor: &'a Actor,
        request: &'a MigrationRequest,
    ) -> Result<Order<'a>, AppError> {
        require(actor, Privilege::Administrator)?;
        if request.mapping.len() > MOST_ENTRIES {
            return Err(Invalid::Mapping.into());
        }
        let reason = required(&request.reason)?;
        let to = record(tx, request.to).await?;
        if to.state != ProcessState::Published {
            return Err(ProcessRejection::WrongState(to.state).into());
        }
        Ok(Order {
            actor,
            model: self.model(tx, to.id).await?,
            to,
            mapping: &request.mapping,
            reason,
        })
    }

    async fn migrate_in(
        &self,
        tx: Write,
        order: &Order<'_>,
        id: InstanceId,
        expected: Option<u32>,
    ) -> Result<Outcome, AppError> {
        let (before, version) = subject(&tx, id, expected).await?;
        let models = (self.model(&tx, before.process).await?, order.model.clone());
        let migration = order.migration(version);
        let unit = Unit::of(self, &tx);
        let Moved {
            model,
            instance,
            plan,
            remembered,
            asks,
        } = unit.migrate(&before, models, &migration).await?;
        let Transition {
            model,
            instance,
            position,
        } = self.finish(tx, model, instance).await?;
        Ok(Outcome {
            from_version: version,
            to_version: order.to.version,
            model,
            plan,
            steps: remembered,
            asks,
            after: Instance::clone(&instance),
            position: Some(position),
        })
    }

    async fn preview_in(
        &self,
        tx: &Read,
        order: &Order<'_>,
        id: InstanceId,
        expected: Option<u32>,
    ) -> Result<Outcome, AppError> {
        let (before, version) = subject(tx, id, expected).await?;
        let (from, to) = (self.model(tx, before.process).await?, &order.model);
        if tx.is_suspended(&to.key, order.to.id).await? {
            return Err(Rejection::Suspended.into());
        }
        let known = self.known_to(tx, order.to.id, to).await?;
        let now = self.clock.now();
        let fresh = &mut Fresh {
            now,
            id: &mut Clock::fresh_id,
            known: &known,
        };
        let migration = order.migration(version);
        let Move { events, plan } = migrate::migrate(&from, to, &before, &migration, fresh)?;
        let by = Some(&order.actor.user);
        let steps = history::entries(to, Some(&before), &events, now, by);
        let mut after = before;
        after.apply(&events);
        Ok(Outcome {
            from_version: version,
            to_version: order.to.version,
            model: to.clone(),
            plan,
            steps,
            asks: asked(&events),
            after,
            position: None,
        })
    }
}

impl Order<'_> {
    fn migration(&self, from_version: u32) -> Migration<'_> {
        Migration {
            actor: self.actor,
            from_version,
            to: self.to.id,
            to_version: self.to.version,
            mapping: self.mapping,
            reason: &self.reason,
        }
    }
}

/// A version, whoever may read it: for administrators.
async fn record(tx: &Read, id: ProcessId) -> Result<ProcessRecord, AppError> {
    let found = tx.processes_by_id(&[id]).await?.remove(&id);
    found.ok_or(AppError::NotAvailable)
}

/// An instance as the asker has seen it, and the number of the version that it runs.
async fn subject(
    tx: &Read,
    id: InstanceId,
    expected: Option<u32>,
) -> Result<(Instance, u32), AppError> {
    let before = tx.instance_for_engine(id).await?;
    let before = before.ok_or(AppError::NotAvailable)?;
    if let Some(expected) = expected.filter(|expected| *expected != before.revision) {
        let actual = before.revision;
        return Err(Rejection::Stale { expected, actual }.into());
    }
    let version = record(tx, before.process).await?.version;
    Ok((before, version))
}

/// The instances that are meant, and whether there are more.
async fn subjects(
    tx: &Read,
    subjects: &Subjects,
) -> Result<(Vec<(InstanceId, Option<u32>)>, bool), AppError> {
    match subjects {
        Subjects::Named(named) => {
            let ids: HashSet<InstanceId> = named.iter().map(|(id, _)| *id).collect();
            let each_once = ids.len() == named.len();
            match (1..=MOST_MIGRATED).contains(&named.len()) && each_once {
                true => Ok((named.clone(), false)),
                false => Err(Invalid::Subjects.into()),
            }
        }
        Subjects::Running { process, after } => {
            record(tx, *process).await?;
            let most = u32::try_from(MOST_MIGRATED + 1).unwrap_or(u32::MAX);
            let mut found = tx.running_for_engine(*process, *after, most).await?;
            let has_more = found.len() > MOST_MIGRATED;
            found.truncate(MOST_MIGRATED);
            Ok((found.into_iter().map(|id| (id, None)).collect(), has_more))
        }
    }
}
