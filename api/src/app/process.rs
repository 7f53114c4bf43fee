//! Process versions: uploaded, published, retired.

use std::sync::Arc;

use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::{self, Form, Problem, Severity, read::Draft};
use docket_domain::ids::ProcessId;
use docket_domain::process::{self, ProcessCommand, ProcessState};
use docket_infra::clock::Clock;
use docket_infra::store::{NewProcess, ProcessRecord, Read, Write};

use super::{App, AppError, Invalid, Judged, require, retry};

/// What an upload made.
#[derive(Debug)]
pub struct Uploaded {
    /// A new version of each process of the file, in its order.
    pub processes: Vec<ProcessRecord>,
    /// What validation found in them.
    pub findings: Vec<Problem>,
}

impl App {
    /// Stores every process of a file as a draft. Takes the privilege `designer`.
    pub async fn upload(&self, actor: &Actor, xml: Arc<str>) -> Result<Uploaded, AppError> {
        require(actor, Privilege::Designer)?;
        let draft = bpmn::read::read_text(&xml).map_err(Invalid::Model)?;
        if draft.processes().is_empty() {
            return Err(Invalid::NoProcess.into());
        }
        // Before the transaction: it holds the one writer.
        let processes = draft.processes();
        let found = processes
            .iter()
            .map(|process| bpmn::lint::findings(&draft, &process.key));
        let found: Vec<Arc<[Problem]>> = found.map(Arc::from).collect();
        let (draft, xml) = (&draft, &xml);
        let processes = retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move { self.insert_drafts(tx, actor, draft, xml).await })
        })
        .await?;
        for (record, found) in processes.iter().zip(&found) {
            self.findings
                .insert(Judged::Process(record.id), found.clone());
        }
        Ok(Uploaded {
            processes,
            findings: found
                .iter()
                .flat_map(|found| found.iter().cloned())
                .collect(),
        })
    }

    async fn insert_drafts(
        &self,
        tx: Write,
        actor: &Actor,
        draft: &Draft,
        xml: &Arc<str>,
    ) -> Result<Vec<ProcessRecord>, AppError> {
        let mut uploaded = Vec::new();
        let upload = Clock::fresh_id();
        for process in draft.processes() {
            let model = bpmn::resolve::resolve(draft, &process.key).ok();
            let new = NewProcess {
                id: ProcessId(Clock::fresh_id()),
                name: process.name,
                xml: xml.clone(),
                upload,
                version_tag: model.as_ref().and_then(|model| model.version_tag.clone()),
                // Without a model that resolves nobody publishes it: only designers and managers will ever see it.
                security_roles: model.and_then(|model| model.security_roles),
                uploaded_by: actor.user.clone(),
                uploaded_at: self.clock.now(),
                key: process.key,
            };
            uploaded.push(tx.insert_process(&new).await?);
        }
        tx.commit().await?;
        Ok(uploaded)
    }

    /// Publishes or retires a version. Takes the privilege `manager`.
    pub async fn move_process(
        &self,
        actor: &Actor,
        id: ProcessId,
        command: ProcessCommand,
    ) -> Result<ProcessRecord, AppError> {
        require(actor, Privilege::Manager)?;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                let record = tx.process(actor, id).await?;
                let record = record.ok_or(AppError::NotAvailable)?;
                let errors = errors(&self.findings(&tx, &record).await?);
                let to =
                    process::decide(record.state, &record.uploaded_by, errors, actor, command)?;
                let now = self.clock.now();
                let latest = tx.latest_for_engine(&record.key).await?;
                let moved = tx.save_process_state(&record, to, &actor.user, now).await?;
                if to == ProcessState::Published {
                    let model = self.model(&tx, id).await?;
                    tx.save_beginnings(id, &model).await?;
                }
                self.reschedule(&tx, &record.key, latest, command).await?;
                tx.commit().await?;
                // It may have been scheduled.
                self.hub.wake();
                Ok(moved)
            })
        })
        .await
    }

    /// Whether the actor may start this version now.
    pub async fn may_start(
        &self,
        tx: &Read,
        actor: &Actor,
        record: &ProcessRecord,
    ) -> Result<bool, AppError> {
        Ok(record.state == ProcessState::Published
            && docket_domain::access::instance::may_start(
                self.model(tx, record.id).await?.as_ref(),
                actor,
            ))
    }

    /// What validation finds in a version that the caller was found to read. A version never changes, so that is kept: what
    /// can happen in a large model is not explored anew for each row of a list.
    pub async fn findings(
        &self,
        tx: &Read,
        record: &ProcessRecord,
    ) -> Result<Arc<[Problem]>, AppError> {
        if let Some(known) = self.findings.get(&Judged::Process(record.id)) {
            return Ok(known);
        }
        let draft = draft(tx, record).await?;
        let found: Arc<[Problem]> = bpmn::lint::findings(&draft, &record.key).into();
        self.findings
            .insert(Judged::Process(record.id), found.clone());
        Ok(found)
    }

    /// The form of a start, for a version that the caller was found to read. A draft that cannot be published has none.
    pub async fn start_form(
        &self,
        tx: &Read,
        record: &ProcessRecord,
    ) -> Result<Option<Form>, AppError> {
        match self.model(tx, record.id).await {
            Ok(model) => Ok(model.start_form.clone()),
            Err(AppError::Model(_)) if record.state == ProcessState::Draft => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The file of a version that the caller was found to read.
pub async fn draft(tx: &Read, record: &ProcessRecord) -> Result<Draft, AppError> {
    let xml = tx.model(record.id).await?;
    let xml = xml.ok_or(AppError::Model(record.id))?;
    bpmn::read::read_text(&xml).map_err(|_| AppError::Model(record.id))
}

/// How many findings stand in the way of publishing.
pub fn errors(findings: &[Problem]) -> usize {
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count()
}
