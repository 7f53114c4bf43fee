//! Start, tell, change and end instances.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use docket_domain::value::{Name, Value};
use serde_json::Value as Json;

use super::{cursor, data, key, once, settled};
use crate::app::instance::{StartRequest, Target, Transition};
use crate::app::{AppError, Invalid, KeyField};
use crate::graphql::error::{Code, Result, UserError};
use crate::graphql::id::Id;
use crate::graphql::query::BusinessKeyInput;
use crate::graphql::session::Asking;
use crate::graphql::types::instance::ProcessInstance;
use crate::graphql::types::monitor::ProcessInstanceStatus;

/// What `startProcess` takes.
#[derive(Clone, Debug, InputObject)]
pub struct StartProcessInput {
    /// The key of the process.
    key: String,
    /// Which version; the latest published one unless named.
    version: Option<u32>,
    /// The key that the outside knows the instance by.
    business_key: Option<String>,
    /// Its first data: an object of named values. If the process has a start form: what that asks for, and no more.
    data: Option<Json>,
    /// Whose case it is, if not the viewer's own. The process must allow it.
    on_behalf_of: Option<Id>,
    /// A request with a key that this viewer has used for the same request gets the first answer again.
    idempotency_key: Option<String>,
}

/// What `correlateMessage` takes. Names an instance by id or by business key, or the process that the message starts; or none
/// of them: then it is for the instance that waits longest for it among those that the viewer may send to, else for a process
/// that it starts and the viewer may start.
#[derive(Clone, Debug, InputObject)]
pub struct CorrelateMessageInput {
    /// The name of the message.
    name: String,
    /// The instance that waits for it.
    process_instance: Option<Id>,
    /// The instance that waits for it, by the key that the outside knows it by.
    business_key: Option<BusinessKeyInput>,
    /// The key of the process that the message starts.
    process: Option<String>,
    /// What the model asks the sender to name, where it does not read that from the data that comes along.
    correlation: Option<Json>,
    /// Data that comes along: an object of named values.
    data: Option<Json>,
    /// The key that the outside is to know the instance by that the message starts.
    new_business_key: Option<String>,
}

/// What `signalEvent` takes.
#[derive(Clone, Debug, InputObject)]
pub struct SignalEventInput {
    /// The name of the signal.
    name: String,
    /// Data that comes along: an object of named values.
    data: Option<Json>,
}

/// What came of a signal. Who heard it is not said.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct SignalEventPayload {
    /// Where the feeds stood when it was thrown: a subscription with it in `after` shows what comes of it.
    cursor: Option<String>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// What `updateData` takes.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateDataInput {
    /// Which instance.
    process_instance: Id,
    /// The fields to change: an object of named values. What is not named stays.
    data: Json,
    /// The revision of the instance that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
}

/// What `withdrawInstance` takes.
#[derive(Clone, Debug, InputObject)]
pub struct WithdrawInstanceInput {
    /// Which instance.
    process_instance: Id,
    /// The revision of the instance that the viewer has seen; another one is a conflict.
    expected_revision: Option<u32>,
}

/// What `terminateInstance` takes.
#[derive(Clone, Debug, InputObject)]
pub struct TerminateInstanceInput {
    /// Which instance.
    process_instance: Id,
    /// Why, for those who monitor: at most 1,000 characters, and nothing that is in its data.
    reason: Option<String>,
}

/// What came of a mutation of an instance.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct ProcessInstancePayload {
    /// The instance after it. Null if nothing was changed, or if the viewer may not read it now.
    process_instance: Option<ProcessInstance>,
    /// Where the feeds stand after this commit: a subscription with it in `after` shows what comes later.
    cursor: Option<String>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// What came of a mutation by an administrator: status, never data.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct StatusPayload {
    /// The status after it.
    status: Option<ProcessInstanceStatus>,
    /// Where the feeds stand after this commit.
    cursor: Option<String>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// The mutations of instances.
#[derive(Default)]
pub struct InstanceMutation;

#[Object(serial)]
impl InstanceMutation {
    /// Starts an instance of a process. Takes the privilege `INSTANTIATOR`.
    async fn start_process(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to start.")] input: StartProcessInput,
    ) -> Result<ProcessInstancePayload> {
        let asking = Asking::writing(ctx)?;
        let on_behalf_of = input.on_behalf_of.clone().map(Id::user).transpose()?;
        payload(&asking, async {
            let request = start_request(input, on_behalf_of)?;
            asking.app.start(asking.actor(), &request).await
        })
        .await
    }

    /// Tells every instance of the tenant that waits for a signal, and starts the processes that begin with it. Takes the
    /// privilege `ADMINISTRATOR`.
    async fn signal_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to tell.")] input: SignalEventInput,
    ) -> Result<SignalEventPayload> {
        let asking = Asking::writing(ctx)?;
        let asked = async {
            let data = data(input.data)?;
            let name = Name::from(input.name);
            asking.app.signal(asking.actor(), &name, &data).await
        };
        Ok(match settled(asked).await? {
            Ok(position) => SignalEventPayload {
                cursor: cursor(&asking, position).await?,
                user_errors: Vec::new(),
            },
            Err(user_errors) => SignalEventPayload {
                user_errors,
                ..SignalEventPayload::default()
            },
        })
    }

    /// Tells a waiting instance of a message, or starts the process that the message starts.
    async fn correlate_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to tell, and whom.")] input: CorrelateMessageInput,
    ) -> Result<ProcessInstancePayload> {
        let asking = Asking::writing(ctx)?;
        match receiver(&input)? {
            Receiver::Instance(target) => payload(&asking, correlate(&asking, input, target)).await,
            Receiver::First => payload(&asking, correlate_any(&asking, input)).await,
            Receiver::Process(process) => {
                payload(&asking, async {
                    let request = message_start(input, process)?;
                    asking.app.start(asking.actor(), &request).await
                })
                .await
            }
        }
    }

    /// Changes fields of an instance that the viewer may write.
    async fn update_data(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateDataInput,
    ) -> Result<ProcessInstancePayload> {
        let asking = Asking::writing(ctx)?;
        let id = input.process_instance.instance()?;
        payload(&asking, async {
            let data = data(Some(input.data))?;
            let expected = input.expected_revision;
            asking
                .app
                .update_data(asking.actor(), id, &data, expected)
                .await
        })
        .await
    }

    /// Takes an instance back, for its initiator.
    async fn withdraw_instance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to take back.")] input: WithdrawInstanceInput,
    ) -> Result<ProcessInstancePayload> {
        let asking = Asking::writing(ctx)?;
        let id = input.process_instance.instance()?;
        let expected = input.expected_revision;
        payload(&asking, asking.app.withdraw(asking.actor(), id, expected)).await
    }

    /// Ends an instance, whoever may read it. Takes the privilege `ADMINISTRATOR`; no data comes back.
    async fn terminate_instance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to end.")] input: TerminateInstanceInput,
    ) -> Result<StatusPayload> {
        let asking = Asking::writing(ctx)?;
        let id = input.process_instance.instance()?;
        let reason = input.reason.as_deref();
        let asked = asking.app.terminate(asking.actor(), id, reason);
        Ok(match settled(asked).await? {
            Ok((status, position)) => StatusPayload {
                status: Some(ProcessInstanceStatus(status)),
                cursor: cursor(&asking, position).await?,
                user_errors: Vec::new(),
            },
            Err(user_errors) => StatusPayload {
                user_errors,
                ..StatusPayload::default()
            },
        })
    }
}

/// Whom a message is for.
enum Receiver {
    Instance(Target),
    Process(Name),
    First,
}

fn receiver(input: &CorrelateMessageInput) -> Result<Receiver> {
    match (&input.process_instance, &input.business_key, &input.process) {
        (Some(id), None, None) => Ok(Receiver::Instance(Target::Id(id.instance()?))),
        (None, Some(named), None) => Ok(Receiver::Instance(Target::BusinessKey {
            process: Name::from(named.process.as_str()),
            key: Name::from(named.key.as_str()),
        })),
        (None, None, Some(process)) => Ok(Receiver::Process(Name::from(process.as_str()))),
        (None, None, None) => Ok(Receiver::First),
        _ => Err(Code::BadInput
            .error("name at most one of `processInstance`, `businessKey` and `process`")),
    }
}

async fn correlate_any(
    asking: &Asking<'_>,
    input: CorrelateMessageInput,
) -> std::result::Result<Transition, AppError> {
    let name = Name::from(input.name.as_str());
    let correlation = input.correlation.as_ref().map(Value::from_json).transpose();
    let correlation = correlation.map_err(Invalid::Correlation)?;
    let request = message_start(input, Name::from(""))?;
    asking
        .app
        .correlate_any(asking.actor(), &name, correlation.as_ref(), &request)
        .await
}

async fn correlate(
    asking: &Asking<'_>,
    input: CorrelateMessageInput,
    target: Target,
) -> std::result::Result<Transition, AppError> {
    let name = Name::from(input.name);
    let correlation = input.correlation.as_ref().map(Value::from_json).transpose();
    let correlation = correlation.map_err(Invalid::Correlation)?;
    let data = data(input.data)?;
    asking
        .app
        .correlate(asking.actor(), &target, &name, correlation.as_ref(), &data)
        .await
}

fn start_request(
    input: StartProcessInput,
    on_behalf_of: Option<Name>,
) -> std::result::Result<StartRequest, AppError> {
    let asked = (
        &input.key,
        input.version,
        &input.business_key,
        &input.data,
        on_behalf_of.as_deref(),
    );
    let once = once(input.idempotency_key, &asked)?;
    let business_key = input.business_key;
    Ok(StartRequest {
        process: Name::from(input.key),
        version: input.version,
        message: None,
        business_key: business_key
            .map(|chosen| key(KeyField::Business, chosen))
            .transpose()?,
        data: data(input.data)?,
        on_behalf_of,
        once,
    })
}

fn message_start(
    input: CorrelateMessageInput,
    process: Name,
) -> std::result::Result<StartRequest, AppError> {
    let business_key = input.new_business_key;
    Ok(StartRequest {
        process,
        version: None,
        message: Some(Name::from(input.name)),
        business_key: business_key
            .map(|chosen| key(KeyField::Business, chosen))
            .transpose()?,
        data: data(input.data)?,
        on_behalf_of: None,
        once: None,
    })
}

async fn payload(
    asking: &Asking<'_>,
    asked: impl Future<Output = std::result::Result<Transition, AppError>>,
) -> Result<ProcessInstancePayload> {
    Ok(match settled(asked).await? {
        Ok(done) => ProcessInstancePayload {
            cursor: cursor(asking, done.position).await?,
            process_instance: done
                .readable_by(asking.actor())
                .then_some(ProcessInstance(done.instance)),
            user_errors: Vec::new(),
        },
        Err(user_errors) => ProcessInstancePayload {
            user_errors,
            ..ProcessInstancePayload::default()
        },
    })
}
