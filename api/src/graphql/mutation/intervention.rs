//! What is done to running work beside its model: by administrators, who see no data by it, and by who may write to what
//! is held.

use async_graphql::{Context, Enum, InputObject, Object, OneofObject, SimpleObject};
use docket_domain::access::Privilege;
use docket_domain::engine::command::{Operation, Side, Taken};
use docket_domain::engine::instance::TokenId;
use docket_domain::ids::InstanceId;
use docket_domain::value::Name;
use serde_json::Value as Json;

use super::{cursor, data, settled};
use crate::app::AppError;
use crate::app::instance::Transition;
use crate::app::intervention::{IncidentRequest, ModificationRequest};
use crate::graphql::error::{Code, Result, UserError};
use crate::graphql::id::{Id, Malformed};
use crate::graphql::session::Asking;
use crate::graphql::types::instance::ProcessInstance;
use crate::graphql::types::monitor::ProcessInstanceStatus;

/// Versions that are named at once at most.
const MOST_VERSIONS: usize = 100;

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

/// What `resumeInstance` takes.
#[derive(Clone, Debug, InputObject)]
pub struct ResumeInstanceInput {
    /// Which instance.
    process_instance: Id,
    /// Why: at most 1,000 characters.
    reason: Option<String>,
}

/// What `suspendInstance` takes.
#[derive(Clone, Debug, InputObject)]
pub struct SuspendInstanceInput {
    /// Which instance.
    process_instance: Id,
    /// Why: at most 1,000 characters.
    reason: Option<String>,
}

/// What `suspendProcess` takes.
#[derive(Clone, Debug, InputObject)]
pub struct SuspendProcessInput {
    /// The key of the process.
    process: String,
    /// Only these versions, 100 at most; unless named all, also those to come.
    versions: Option<Vec<u32>>,
    /// Why: at most 1,000 characters.
    reason: Option<String>,
}

/// What `resumeProcess` takes.
#[derive(Clone, Debug, InputObject)]
pub struct ResumeProcessInput {
    /// The key of the process.
    process: String,
    /// The versions, if they were suspended by number.
    versions: Option<Vec<u32>>,
    /// Why: at most 1,000 characters.
    reason: Option<String>,
}

/// What `modifyInstance` and `previewModification` take.
#[derive(Clone, Debug, InputObject)]
pub struct ModifyInstanceInput {
    /// Which instance.
    process_instance: Id,
    /// What to do, in this order: 1 to 100 operations, all or none.
    operations: Vec<ModificationInput>,
    /// Why: 1 to 1,000 characters.
    reason: String,
    /// The revision of the instance that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
}

impl ModifyInstanceInput {
    /// The instance that it names.
    pub fn instance(&self) -> std::result::Result<InstanceId, Malformed> {
        self.process_instance.instance()
    }
}

/// One operation on an instance.
#[derive(Clone, Debug, OneofObject)]
pub enum ModificationInput {
    /// Takes tokens away, with everything inside of them. A sub-process in which nothing is left goes too; without a token
    /// left the instance has been terminated.
    Cancel(CancelInput),
    /// Puts a token somewhere. What is around is opened, or used if it is open.
    Activate(ActivateInput),
    /// Sets fields of the instance. Takes the right to write to it.
    SetData(SetDataInput),
}

/// Which tokens are taken away.
#[derive(Clone, Debug, OneofObject)]
pub enum CancelInput {
    /// All that stand at the element of this id.
    Element(String),
    /// The one of this number.
    Token(u32),
}

/// Where a token is put.
#[derive(Clone, Debug, InputObject)]
pub struct ActivateInput {
    /// The id of the element.
    element: String,
    /// On which side of it.
    side: ActivationSide,
    /// Fields: an object of named values. Takes the right to write to the instance.
    data: Option<Json>,
}

/// On which side of an element a token is put.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "Side")]
pub enum ActivationSide {
    /// At the element, which then begins.
    Before,
    /// Behind it, as if it were done: its ways out are chosen as always, its outputs are not assigned.
    After,
}

/// Which fields are set.
#[derive(Clone, Debug, InputObject)]
pub struct SetDataInput {
    /// An object of named values.
    fields: Json,
}

/// What came of suspending or resuming a process.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct SuspensionPayload {
    /// The key of the process. Null if nothing was changed.
    process_key: Option<String>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
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

    /// Stops an instance for the time being: what is asked of it and of its tasks is refused, its timers wait, and messages
    /// for it are refused. Takes the privilege `ADMINISTRATOR`.
    async fn suspend_instance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to stop.")] input: SuspendInstanceInput,
    ) -> Result<InterventionPayload> {
        let asking = Asking::writing(ctx)?;
        let instance = input.process_instance.instance()?;
        let reason = input.reason.as_deref();
        let (app, actor) = (asking.app, asking.actor());
        payload(&asking, app.suspend_instance(actor, instance, reason)).await
    }

    /// Lets an instance go on that was stopped. Timers that became due meanwhile fire now, each once. Takes the privilege
    /// `ADMINISTRATOR`.
    async fn resume_instance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to let go on.")] input: ResumeInstanceInput,
    ) -> Result<InterventionPayload> {
        let asking = Asking::writing(ctx)?;
        let instance = input.process_instance.instance()?;
        let reason = input.reason.as_deref();
        let (app, actor) = (asking.app, asking.actor());
        payload(&asking, app.resume_instance(actor, instance, reason)).await
    }

    /// Moves an instance by hand: takes tokens away, puts tokens somewhere, sets fields; all or nothing, and then everything
    /// runs on. Takes the privilege `ADMINISTRATOR`.
    async fn modify_instance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do, and why.")] input: ModifyInstanceInput,
    ) -> Result<InterventionPayload> {
        let asking = Asking::writing(ctx)?;
        let instance = input.process_instance.instance()?;
        payload(&asking, async {
            let request = modification(instance, input)?;
            asking.app.modify_instance(asking.actor(), &request).await
        })
        .await
    }

    /// Stops every instance of a process and lets no new ones begin. The instances themselves are not changed: they say what
    /// they said, and refuse what is asked of them. Takes the privilege `ADMINISTRATOR`.
    async fn suspend_process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to stop.")] input: SuspendProcessInput,
    ) -> Result<SuspensionPayload> {
        let asking = Asking::writing(ctx)?;
        let versions = versions(input.versions)?;
        let (app, actor, key) = (asking.app, asking.actor(), &input.process);
        let asked = app.suspend_process(actor, key, &versions, input.reason.as_deref());
        Ok(suspension(settled(asked).await?, input.process))
    }

    /// Lets the instances of a process go on, and new ones begin. Takes the privilege `ADMINISTRATOR`.
    async fn resume_process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to let go on.")] input: ResumeProcessInput,
    ) -> Result<SuspensionPayload> {
        let asking = Asking::writing(ctx)?;
        let versions = versions(input.versions)?;
        let (app, actor) = (asking.app, asking.actor());
        let asked = app.resume_process(actor, &input.process, &versions, input.reason.as_deref());
        Ok(suspension(settled(asked).await?, input.process))
    }
}

fn suspension(settled: std::result::Result<(), Vec<UserError>>, key: String) -> SuspensionPayload {
    match settled {
        Ok(()) => SuspensionPayload {
            process_key: Some(key),
            user_errors: Vec::new(),
        },
        Err(user_errors) => SuspensionPayload {
            process_key: None,
            user_errors,
        },
    }
}

fn versions(versions: Option<Vec<u32>>) -> Result<Vec<u32>> {
    let mut versions = match versions {
        None => return Ok(Vec::new()),
        Some(versions) if (1..=MOST_VERSIONS).contains(&versions.len()) => versions,
        Some(_) => {
            let message = format!("`versions` takes 1 to {MOST_VERSIONS} numbers");
            return Err(Code::BadInput.error(message));
        }
    };
    versions.sort_unstable();
    versions.dedup();
    if versions.first() == Some(&0) {
        return Err(Code::BadInput.error("versions are counted from 1"));
    }
    Ok(versions)
}

/// What is asked of a modification, as the rules understand it.
pub fn modification(
    instance: InstanceId,
    input: ModifyInstanceInput,
) -> std::result::Result<ModificationRequest, AppError> {
    let operation = |input: ModificationInput| {
        Ok(match input {
            ModificationInput::Cancel(CancelInput::Element(element)) => {
                Operation::Cancel(Taken::Element(Name::from(element)))
            }
            ModificationInput::Cancel(CancelInput::Token(token)) => {
                Operation::Cancel(Taken::Token(TokenId(token)))
            }
            ModificationInput::Activate(activate) => Operation::Activate {
                element: Name::from(activate.element),
                side: activate.side.into(),
                data: data(activate.data)?,
            },
            ModificationInput::SetData(set) => Operation::SetData(data(Some(set.fields))?),
        })
    };
    let operations = input.operations.into_iter().map(operation);
    Ok(ModificationRequest {
        instance,
        operations: operations.collect::<std::result::Result<_, AppError>>()?,
        reason: input.reason,
        expected_revision: input.expected_revision,
    })
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
