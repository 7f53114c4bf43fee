//! Decision versions: uploaded, published, retired, tried out; and what processes ask of them.

use std::collections::HashMap;
use std::sync::Arc;

use docket_domain::access::{Actor, Privilege};
use docket_domain::bpmn::{DecisionBinding, DecisionRef, Problem, Process};
use docket_domain::dmn::read::Draft;
use docket_domain::dmn::{self, Decision, MAX_DECISIONS, Verdict};
use docket_domain::expr::{Env, Meter};
use docket_domain::ids::{DecisionFileId, DecisionId, ProcessId};
use docket_domain::process::{self, ProcessCommand};
use docket_domain::value::Data;
use docket_infra::clock::Clock;
use docket_infra::store::{DecisionRecord, NewDecision, Read, Write};

use super::process::errors;
use super::{App, AppError, Invalid, Judged, require, retry};

/// Steps that trying a decision takes at most: as many as a transition.
const TRIAL: u32 = 1_000_000;

/// What an upload made.
#[derive(Debug)]
pub struct UploadedDecisions {
    /// A new version of each decision of the file, in its order.
    pub decisions: Vec<DecisionRecord>,
    /// What validation found in them.
    pub findings: Vec<Problem>,
}

/// What came of trying a decision.
#[derive(Debug)]
pub struct Trial {
    /// The version that was tried.
    pub decision: DecisionRecord,
    /// What it says, or why it says nothing.
    pub said: Result<Verdict, String>,
}

impl App {
    /// Stores every decision of a file as a draft. Takes the privilege `designer`.
    pub async fn upload_decisions(
        &self,
        actor: &Actor,
        xml: Arc<str>,
    ) -> Result<UploadedDecisions, AppError> {
        require(actor, Privilege::Designer)?;
        let draft = dmn::read::read_text(&xml).map_err(Invalid::Decisions)?;
        match draft.decisions().len() {
            0 => return Err(Invalid::NoDecision.into()),
            1..=MAX_DECISIONS => {}
            _ => return Err(Invalid::ManyDecisions.into()),
        }
        let (draft, xml) = (&draft, &xml);
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move { self.insert_decisions(tx, actor, draft, xml).await })
        })
        .await
    }

    async fn insert_decisions(
        &self,
        tx: Write,
        actor: &Actor,
        draft: &Draft,
        xml: &Arc<str>,
    ) -> Result<UploadedDecisions, AppError> {
        let mut findings: Vec<Problem> = Vec::new();
        let mut new = Vec::new();
        for decision in draft.decisions() {
            for found in dmn::lint::findings(draft, &decision.key) {
                // What several decisions require is found for each of them.
                if !findings.contains(&found) {
                    findings.push(found);
                }
            }
            new.push(NewDecision {
                id: DecisionId(Clock::fresh_id()),
                key: decision.key,
                name: decision.name,
                version_tag: decision.version_tag,
            });
        }
        let file = DecisionFileId(Clock::fresh_id());
        let now = self.clock.now();
        let decisions = tx
            .insert_decisions(file, xml, &new, &actor.user, now)
            .await?;
        tx.commit().await?;
        Ok(UploadedDecisions {
            decisions,
            findings,
        })
    }

    /// Publishes or retires a version: the rules are those of a process. Takes the privilege `manager`.
    pub async fn move_decision(
        &self,
        actor: &Actor,
        id: DecisionId,
        command: ProcessCommand,
    ) -> Result<DecisionRecord, AppError> {
        require(actor, Privilege::Manager)?;
        retry(&self.store, actor.tenant, move |tx| {
            Box::pin(async move {
                let record = tx.decision(actor, id).await?;
                let record = record.ok_or(AppError::NotAvailable)?;
                let errors = errors(&self.decision_findings(&tx, &record).await?);
                let to =
                    process::decide(record.state, &record.uploaded_by, errors, actor, command)?;
                let now = self.clock.now();
                let moved = tx
                    .save_decision_state(&record, to, &actor.user, now)
                    .await?;
                tx.commit().await?;
                Ok(moved)
            })
        })
        .await
    }

    /// What a decision says of some data. Nothing is stored. `None` without a decision that the actor may read.
    pub async fn try_decision(
        &self,
        actor: &Actor,
        key: &str,
        version: Option<u32>,
        data: &Data,
    ) -> Result<Option<Trial>, AppError> {
        let tx = self.store.read(actor.tenant).await?;
        let Some(record) = tx.decision_by_key(actor, key, version).await? else {
            return Ok(None);
        };
        let calendar = self.calendar(&tx).await?;
        let env = Env {
            layers: &[data],
            now: self.clock.now(),
            calendar: &calendar,
            actor: Some(actor),
        };
        let said = match self.compiled(&tx, &record).await? {
            Some(decision) => decision
                .evaluate(&env, &Meter::new(TRIAL))
                .map_err(|error| error.to_string()),
            None => Err("the decision has errors: see the findings".to_owned()),
        };
        Ok(Some(Trial {
            decision: record,
            said,
        }))
    }

    /// What validation finds in a version that the caller was found to read. It is kept, as that of processes is.
    pub async fn decision_findings(
        &self,
        tx: &Read,
        record: &DecisionRecord,
    ) -> Result<Arc<[Problem]>, AppError> {
        if let Some(known) = self.findings.get(&Judged::Decision(record.id)) {
            return Ok(known);
        }
        let draft = draft(tx, record).await?;
        let found: Arc<[Problem]> = dmn::lint::findings(&draft, &record.key).into();
        self.findings
            .insert(Judged::Decision(record.id), found.clone());
        Ok(found)
    }

    /// A version that the caller was found to read, as it is evaluated; `None` if something stands in the way.
    pub async fn compiled(
        &self,
        tx: &Read,
        record: &DecisionRecord,
    ) -> Result<Option<Arc<Decision>>, AppError> {
        if let Some(known) = self.decisions.get(&record.id) {
            return Ok(Some(known));
        }
        let draft = draft(tx, record).await?;
        let Ok(decision) = dmn::read::resolve(&draft, &record.key) else {
            return Ok(None);
        };
        let decision = Arc::new(decision);
        self.decisions.insert(record.id, decision.clone());
        Ok(Some(decision))
    }

    /// The decisions that a process asks, as they stand now. One that is not there, or not any more, is left out: asking it
    /// is an incident.
    pub(super) async fn decisions_of(
        &self,
        tx: &Read,
        process: ProcessId,
        model: &Process,
    ) -> Result<HashMap<DecisionRef, Arc<Decision>>, AppError> {
        let asked = model.decisions();
        let by_deployment = |decision: &&DecisionRef| match decision.binding {
            DecisionBinding::Deployment => true,
            DecisionBinding::Latest
            | DecisionBinding::Version(_)
            | DecisionBinding::VersionTag(_) => false,
        };
        let deployed_at = match asked.iter().any(by_deployment) {
            true => tx.processes_by_id(&[process]).await?.remove(&process),
            false => None,
        };
        let deployed_at = deployed_at.and_then(|record| record.published_at);
        let mut found = HashMap::with_capacity(asked.len());
        for decision in asked {
            let Some((id, file)) = tx.decision_for_engine(decision, deployed_at).await? else {
                continue;
            };
            let compiled = self.published(tx, id, file, decision).await?;
            found.insert(decision.clone(), compiled);
        }
        Ok(found)
    }

    /// A version that was published once: it resolved then.
    async fn published(
        &self,
        tx: &Read,
        id: DecisionId,
        file: DecisionFileId,
        decision: &DecisionRef,
    ) -> Result<Arc<Decision>, AppError> {
        if let Some(known) = self.decisions.get(&id) {
            return Ok(known);
        }
        let gone = || AppError::Decision(id);
        let xml = tx.decision_source(file).await?.ok_or_else(gone)?;
        let draft = dmn::read::read_text(&xml).map_err(|_| gone())?;
        let resolved = dmn::read::resolve(&draft, &decision.key).map_err(|_| gone())?;
        let resolved = Arc::new(resolved);
        self.decisions.insert(id, resolved.clone());
        Ok(resolved)
    }
}

async fn draft(tx: &Read, record: &DecisionRecord) -> Result<Draft, AppError> {
    let xml = tx.decision_source(record.file).await?;
    let xml = xml.ok_or(AppError::Decision(record.id))?;
    dmn::read::read_text(&xml).map_err(|_| AppError::Decision(record.id))
}
