//! What is done to running work beside its model: by administrators, who see no data by it, and by who may write to what
//! is held.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use docket_domain::access::Privilege;
use serde_json::Value as Json;

use super::{cursor, data, settled};
use crate::app::AppError;
use crate::app::instance::Transition;
use crate::app::intervention::IncidentRequest;
use crate::graphql::error::{Code, Result, UserError};
use crate::graphql::id::Id;
use crate::graphql::session::Asking;
use crate::graphql::types::instance::ProcessInstance;
use crate::graphql::types::monitor::ProcessInstanceStatus;

/// What `retryIncident` takes. Names one incident, or an instance for all that holds it.
#[derive(Clone, Debug, InputObject)]
pub struct RetryIncidentInput {
    /// Which incident.
    incident: Option<Id>,
    /// Everything that holds this instance.
    process_instance: Option<Id>,
    /// Fields that may mend it: an object of named values. Takes the right to write to the instance.
    data: Option<Json>,
}

/// What `resolveIncident` takes.
#[derive(Clone, Debug, InputObject)]
pub struct ResolveIncidentInput {
    /// Which incident.
    incident: Id,
    /// Why: 1 to 1,000 characters.
    reason: String,
}

/// What came of doing something to running work.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct InterventionPayload {
    /// The instance after it. Null if nothing was changed, or if the viewer may not read it now.
    process_instance: Option<ProcessInstance>,
    /// The status after it, for administrators: no data.
    status: Option<ProcessInstanceStatus>,
    /// Where the feeds stand after this commit: a subscription with it in `after` shows what comes later.
    cursor: Option<String>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// The mutations of running work.
#[derive(Default)]
pub struct InterventionMutation;

#[Object(serial)]
impl InterventionMutation {
    /// Tries again what holds an instance, exactly where it failed: an element whose outputs failed is not done twice. By
    /// administrators, and by who may write to the instance. An incident is tried again once: if it fails again, that is
    /// another incident.
    async fn retry_incident(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to try again.")] input: RetryIncidentInput,
    ) -> Result<InterventionPayload> {
        let asking = Asking::writing(ctx)?;
        let (instance, incident) = match (&input.incident, &input.process_instance) {
            (Some(id), None) => {
                let (instance, number) = id.incident()?;
                (instance, Some(number))
            }
            (None, Some(id)) => (id.instance()?, None),
            (Some(_), Some(_)) | (None, None) => {
                return Err(Code::BadInput.error("name one of `incident` and `processInstance`"));
            }
        };
        payload(&asking, async {
            let request = IncidentRequest {
                instance,
                incident,
                data: data(input.data)?,
            };
            asking.app.retry_incident(asking.actor(), &request).await
        })
        .await
    }

    /// Says that what holds an instance was dealt with: the token goes on past the element, which is not done and has no
    /// outputs; its ways out are chosen as always. Takes the privilege `ADMINISTRATOR`.
    async fn resolve_incident(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to pass, and why.")] input: ResolveIncidentInput,
    ) -> Result<InterventionPayload> {
        let asking = Asking::writing(ctx)?;
        let (instance, number) = input.incident.incident()?;
        let (app, actor) = (asking.app, asking.actor());
        payload(
            &asking,
            app.resolve_incident(actor, instance, number, &input.reason),
        )
        .await
    }
}

async fn payload(
    asking: &Asking<'_>,
    asked: impl Future<Output = std::result::Result<Transition, AppError>>,
) -> Result<InterventionPayload> {
    Ok(match settled(asked).await? {
        Ok(done) => InterventionPayload {
            cursor: cursor(asking, done.position).await?,
            status: asking
                .actor()
                .has(Privilege::Administrator)
                .then(|| ProcessInstanceStatus(done.status())),
            process_instance: done
                .readable_by(asking.actor())
                .then_some(ProcessInstance(done.instance)),
            user_errors: Vec::new(),
        },
        Err(user_errors) => InterventionPayload {
            user_errors,
            ..InterventionPayload::default()
        },
    })
}
