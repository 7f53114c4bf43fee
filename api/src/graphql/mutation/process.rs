//! Upload, publish and retire processes.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use docket_domain::process::ProcessCommand;
use std::sync::Arc;

use super::settled;
use crate::app::{AppError, Invalid};
use crate::graphql::error::{Result, UserError};
use crate::graphql::id::Id;
use crate::graphql::session::Asking;
use crate::graphql::types::process::{Finding, Process};

/// What `uploadProcess` takes.
#[derive(Clone, Debug, InputObject)]
pub struct UploadProcessInput {
    /// A BPMN 2.0 file as text.
    bpmn_xml: String,
}

/// What `publishProcess` takes.
#[derive(Clone, Debug, InputObject)]
pub struct PublishProcessInput {
    /// Which version.
    process: Id,
}

/// What `retireProcess` takes.
#[derive(Clone, Debug, InputObject)]
pub struct RetireProcessInput {
    /// Which version.
    process: Id,
}

/// What came of a mutation of a process.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct ProcessPayload {
    /// The version after it.
    process: Option<Process>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// What came of an upload.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct UploadProcessPayload {
    /// The first process of the file, as a draft.
    process: Option<Process>,
    /// Every process of the file, as drafts, in its order.
    processes: Vec<Process>,
    /// What validation found, in the order of the file. Errors stand in the way of publishing, not of uploading; only a
    /// file that cannot be read is refused.
    findings: Vec<Finding>,
    /// Why nothing was stored.
    user_errors: Vec<UserError>,
}

/// The mutations of processes.
#[derive(Default)]
pub struct ProcessMutation;

#[Object(serial)]
impl ProcessMutation {
    /// Stores every process of a BPMN file as a new version, a draft. Takes the privilege `DESIGNER`.
    async fn upload_process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to upload.")] input: UploadProcessInput,
    ) -> Result<UploadProcessPayload> {
        let asking = Asking::writing(ctx)?;
        let xml = Arc::from(input.bpmn_xml);
        let uploaded = asking.app.upload(asking.actor(), xml).await;
        let findings = match &uploaded {
            Ok(uploaded) => uploaded.findings.clone(),
            Err(AppError::Invalid(Invalid::Model(problems))) => problems.clone(),
            Err(_) => Vec::new(),
        };
        let findings = findings.into_iter().map(Finding::from).collect();
        Ok(match settled(async { uploaded }).await? {
            Ok(uploaded) => UploadProcessPayload {
                process: uploaded.processes.first().cloned().map(Process::from),
                processes: uploaded.processes.into_iter().map(Process::from).collect(),
                findings,
                user_errors: Vec::new(),
            },
            Err(user_errors) => UploadProcessPayload {
                findings,
                user_errors,
                ..UploadProcessPayload::default()
            },
        })
    }

    /// Lets people start a version. Takes the privilege `MANAGER`, and another person than the one who uploaded it.
    async fn publish_process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to publish.")] input: PublishProcessInput,
    ) -> Result<ProcessPayload> {
        moved(ctx, &input.process, ProcessCommand::Publish).await
    }

    /// Lets nobody start a version any more; its instances go on. Takes the privilege `MANAGER`.
    async fn retire_process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to retire.")] input: RetireProcessInput,
    ) -> Result<ProcessPayload> {
        moved(ctx, &input.process, ProcessCommand::Retire).await
    }
}

async fn moved(ctx: &Context<'_>, id: &Id, command: ProcessCommand) -> Result<ProcessPayload> {
    let asking = Asking::writing(ctx)?;
    let asked = asking
        .app
        .move_process(asking.actor(), id.process()?, command);
    Ok(match settled(asked).await? {
        Ok(record) => ProcessPayload {
            process: Some(Process::from(record)),
            user_errors: Vec::new(),
        },
        Err(user_errors) => ProcessPayload {
            process: None,
            user_errors,
        },
    })
}
