//! Transitions of many instances that ask nothing of others: decided one by one, stored together.

use std::collections::HashMap;
use std::sync::Arc;

use docket_domain::bpmn::Process;
use docket_domain::engine;
use docket_domain::engine::command::{Command, Fresh, Known, Rejection};
use docket_domain::engine::event::Event;
use docket_domain::engine::instance::Instance;
use docket_domain::history;
use docket_domain::ids::ProcessId;
use docket_domain::journal;
use docket_infra::clock::Clock;
use docket_infra::store::{Read, Transition};
use jiff::Timestamp;

use super::{App, AppError};

/// The model of instances.
pub(super) enum Model {
    /// It is there, with what it refers to.
    Usable(Arc<Process>, Known),
    /// Its process rests.
    Suspended,
    /// It cannot be read.
    Unusable,
}

/// One transition, decided and not stored.
pub(super) struct Decided {
    /// The model that it runs on.
    pub model: Arc<Process>,
    /// The instance as it was read.
    pub before: Instance,
    /// The instance after it.
    pub after: Instance,
    entry: journal::Entry,
    remembered: Vec<history::Entry>,
}

impl Decided {
    /// What follows from a command in its instance; nothing if it asks something of others as well.
    pub fn on(
        model: Arc<Process>,
        before: Instance,
        command: &Command<'_>,
        known: &Known,
        now: Timestamp,
    ) -> Result<Option<Decided>, Rejection> {
        let mut fresh = Fresh {
            now,
            id: &mut Clock::fresh_id,
            known,
        };
        let events = engine::decide(&model, &before, command, &mut fresh)?;
        if events.iter().any(|event| matches!(event, Event::Asked(_))) {
            return Ok(None);
        }
        let mut after = before.clone();
        after.apply(&events);
        let by = command.actor().map(|actor| &actor.user);
        Ok(Some(Decided {
            entry: journal::entry(&model, Some(&before), &after, now),
            remembered: history::entries(&model, Some(&before), &events, now, by),
            model,
            before,
            after,
        }))
    }

    /// As it is to be stored.
    pub fn transition(&self) -> Transition<'_> {
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
    /// The models of processes, and whether these are suspended: one look for each.
    pub(super) async fn models_of(
        &self,
        tx: &Read,
        processes: impl Iterator<Item = ProcessId>,
    ) -> Result<HashMap<ProcessId, Model>, AppError> {
        let mut models = HashMap::new();
        for process in processes {
            if models.contains_key(&process) {
                continue;
            }
            let model = match self.model(tx, process).await {
                Ok(model) if tx.is_suspended(&model.key, process).await? => Model::Suspended,
                Ok(model) => {
                    let known = self.known_to(tx, process, &model).await?;
                    Model::Usable(model, known)
                }
                Err(_) => Model::Unusable,
            };
            models.insert(process, model);
        }
        Ok(models)
    }
}
