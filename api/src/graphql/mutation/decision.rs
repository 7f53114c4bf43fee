//! Upload, publish and retire decisions.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use docket_domain::process::ProcessCommand;

use super::settled;
use crate::app::{AppError, Invalid};
use crate::graphql::error::{Result, UserError};
use crate::graphql::id::Id;
use crate::graphql::session::Asking;
use crate::graphql::types::decision::DecisionDefinition;
use crate::graphql::types::process::Finding;

/// What `uploadDecision` takes.
#[derive(Clone, Debug, InputObject)]
pub struct UploadDecisionInput {
    /// A file of DMN 1.1 to 1.5 as text.
    dmn_xml: String,
}

/// What `publishDecision` takes.
#[derive(Clone, Debug, InputObject)]
pub struct PublishDecisionInput {
    /// Which version.
    decision: Id,
}

/// What `retireDecision` takes.
#[derive(Clone, Debug, InputObject)]
pub struct RetireDecisionInput {
    /// Which version.
    decision: Id,
}

/// What came of a mutation of a decision.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct DecisionPayload {
    /// The version after it.
    decision: Option<DecisionDefinition>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// What came of an upload.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct UploadDecisionPayload {
    /// The first decision of the file, as a draft.
    decision: Option<DecisionDefinition>,
    /// Every decision of the file, as drafts, in its order. Each has the whole file: what it requires goes with it.
    decisions: Vec<DecisionDefinition>,
    /// What validation found, in the order of the file. Errors stand in the way of publishing, not of uploading; only a
    /// file that cannot be read is refused.
    findings: Vec<Finding>,
    /// Why nothing was stored.
    user_errors: Vec<UserError>,
}

/// The mutations of decisions.
#[derive(Default)]
pub struct DecisionMutation;

#[Object(serial)]
impl DecisionMutation {
    /// Stores every decision of a DMN file as a new version, a draft. Takes the privilege `DESIGNER`.
    async fn upload_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to upload.")] input: UploadDecisionInput,
    ) -> Result<UploadDecisionPayload> {
        let asking = Asking::writing(ctx)?;
        let xml = Arc::from(input.dmn_xml);
        let uploaded = asking.app.upload_decisions(asking.actor(), xml).await;
        let findings = match &uploaded {
            Ok(uploaded) => uploaded.findings.clone(),
            Err(AppError::Invalid(Invalid::Decisions(problems))) => problems.clone(),
            Err(_) => Vec::new(),
        };
        let findings = findings.into_iter().map(Finding::from).collect();
        Ok(match settled(async { uploaded }).await? {
            Ok(uploaded) => UploadDecisionPayload {
                decision: uploaded.decisions.first().cloned().map(DecisionDefinition),
                decisions: uploaded
                    .decisions
                    .into_iter()
                    .map(DecisionDefinition)
                    .collect(),
                findings,
                user_errors: Vec::new(),
            },
            Err(user_errors) => UploadDecisionPayload {
                findings,
                user_errors,
                ..UploadDecisionPayload::default()
            },
        })
    }

    /// Lets processes ask a draft. Takes the privilege `MANAGER`, and somebody else than who uploaded it.
    async fn publish_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to publish.")] input: PublishDecisionInput,
    ) -> Result<DecisionPayload> {
        moved(ctx, &input.decision, ProcessCommand::Publish).await
    }

    /// Lets only processes ask a version that are bound to it. Takes the privilege `MANAGER`.
    async fn retire_decision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to retire.")] input: RetireDecisionInput,
    ) -> Result<DecisionPayload> {
        moved(ctx, &input.decision, ProcessCommand::Retire).await
    }
}

async fn moved(ctx: &Context<'_>, id: &Id, command: ProcessCommand) -> Result<DecisionPayload> {
    let asking = Asking::writing(ctx)?;
    let asked = asking
        .app
        .move_decision(asking.actor(), id.decision()?, command);
    Ok(match settled(asked).await? {
        Ok(record) => DecisionPayload {
            decision: Some(DecisionDefinition(record)),
            user_errors: Vec::new(),
        },
        Err(user_errors) => DecisionPayload {
            decision: None,
            user_errors,
        },
    })
}
