//! Workers fetch work and say how it went.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use docket_domain::ids::WorkId;
use docket_domain::value::Name;
use docket_domain::work::{LOCKS, RESTS, WorkCommand};
use jiff::SignedDuration;
use serde_json::Value as Json;

use super::{cursor, data, key, once, settled};
use crate::app::work::{ActivateRequest, MAX_WORK, WorkRequest};
use crate::app::{AppError, Invalid, KeyField, MAX_COMMENT, MAX_FIELDS, MAX_WORKER};
use crate::graphql::error::{Result, UserError};
use crate::graphql::id::Id;
use crate::graphql::session::Asking;
use crate::graphql::types::scalar::Duration;
use crate::graphql::types::work::Work;

/// What `activateWork` takes.
#[derive(Clone, Debug, InputObject)]
pub struct ActivateWorkInput {
    /// Work of this type, as the model says it.
    #[graphql(name = "type")]
    kind: String,
    /// What the worker calls itself, 1 to 128 bytes: what it has in hand is its own among all workers of the viewer.
    worker: String,
    /// So many pieces at most, 1 to 100.
    #[graphql(default = 1)]
    max: i32,
    /// For how long, 1 second to 24 hours; without, as the model says, else 5 minutes.
    lock: Option<Duration>,
    /// Only these fields of the data, 100 at most.
    fields: Option<Vec<String>>,
}

/// What `completeWork` takes.
#[derive(Clone, Debug, InputObject)]
pub struct CompleteWorkInput {
    /// Which work.
    work: Id,
    /// What the worker calls itself.
    worker: String,
    /// What came of it: an object of named values. It goes into the output mappings of the element; without any, into the
    /// fields of the instance.
    data: Option<Json>,
}

/// What `failWork` takes.
#[derive(Clone, Debug, InputObject)]
pub struct FailWorkInput {
    /// Which work.
    work: Id,
    /// What the worker calls itself.
    worker: String,
    /// How often it is to be tried still; never more often than the model says, 0 is never again.
    retries: Option<u32>,
    /// How long it rests before, 30 days at most; without, as the model says, else not at all.
    backoff: Option<Duration>,
    /// What went wrong, at most 4,000 characters: for workers of the same user who try again, and nobody else.
    message: Option<String>,
}

/// What `throwWorkError` takes.
#[derive(Clone, Debug, InputObject)]
pub struct ThrowWorkErrorInput {
    /// Which work.
    work: Id,
    /// What the worker calls itself.
    worker: String,
    /// The code of the error, as the model knows it.
    code: String,
    /// Fields that come along: an object of named values.
    data: Option<Json>,
}

/// What `extendWorkLock` takes.
#[derive(Clone, Debug, InputObject)]
pub struct ExtendWorkLockInput {
    /// Which work.
    work: Id,
    /// What the worker calls itself.
    worker: String,
    /// For how long from now on, 1 second to 24 hours.
    lock: Duration,
}

/// What was fetched.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct ActivateWorkPayload {
    /// The work that the viewer has in hand now: the most urgent first, and of these what has been free the longest.
    work: Vec<Work>,
    /// Why nothing was fetched.
    user_errors: Vec<UserError>,
}

/// What came of what was said about work.
#[derive(Default, SimpleObject)]
#[graphql(serial)]
pub struct WorkPayload {
    /// The work after it. Null if the viewer does not have it in hand any more.
    work: Option<Work>,
    /// Where the feeds stand after this commit: a subscription with it in `after` shows what comes later.
    cursor: Option<String>,
    /// Why nothing was changed.
    user_errors: Vec<UserError>,
}

/// The mutations of work. All take the privilege `WORKER`.
#[derive(Default)]
pub struct WorkMutation;

#[Object(serial)]
impl WorkMutation {
    /// Fetches work that is free and that the viewer may do. Nobody else gets it while its lock lasts.
    async fn activate_work(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to fetch.")] input: ActivateWorkInput,
    ) -> Result<ActivateWorkPayload> {
        let asking = Asking::writing(ctx)?;
        let asked = async {
            let request = activation(input)?;
            asking.app.activate_work(asking.actor(), &request).await
        };
        Ok(match settled(asked).await? {
            Ok(held) => ActivateWorkPayload {
                work: held.into_iter().map(Work).collect(),
                user_errors: Vec::new(),
            },
            Err(user_errors) => ActivateWorkPayload {
                user_errors,
                ..ActivateWorkPayload::default()
            },
        })
    }

    /// Says that work is done: the instance goes on. Said again by the same worker with the same data, it is answered again,
    /// for a day.
    async fn complete_work(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is done, and what came of it.")] input: CompleteWorkInput,
    ) -> Result<WorkPayload> {
        let work = input.work.work()?;
        payload(ctx, || {
            let key = Some(format!("{work}/{}", input.worker));
            Ok(WorkRequest {
                once: once(key, &input.data)?,
                ..request(
                    work,
                    &input.worker,
                    WorkCommand::Complete {
                        data: data(input.data)?,
                    },
                )?
            })
        })
        .await
    }

    /// Says that work did not succeed: it is tried again after a rest, or has failed and waits for somebody who looks after it.
    async fn fail_work(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What failed, and how.")] input: FailWorkInput,
    ) -> Result<WorkPayload> {
        let work = input.work.work()?;
        payload(ctx, || {
            let backoff = input.backoff.map(|backoff| backoff.0);
            if backoff.is_some_and(|backoff| !RESTS.contains(&backoff)) {
                return Err(Invalid::Backoff.into());
            }
            let message = input.message.filter(|message| !message.trim().is_empty());
            if message
                .as_ref()
                .is_some_and(|it| it.chars().count() > MAX_COMMENT)
            {
                return Err(Invalid::Message.into());
            }
            let command = WorkCommand::Fail {
                retries: input.retries,
                backoff,
                message,
            };
            request(work, &input.worker, command)
        })
        .await
    }

    /// Ends work with an error of the model: the nearest event that catches its code goes on. If none does, the work has
    /// failed. Said again by the same worker, it is answered again, for a day.
    async fn throw_work_error(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What ended, and how.")] input: ThrowWorkErrorInput,
    ) -> Result<WorkPayload> {
        let work = input.work.work()?;
        payload(ctx, || {
            let again = Some(format!("{work}/{}", input.worker));
            let asked = (&input.code, &input.data);
            Ok(WorkRequest {
                once: once(again, &asked)?,
                ..request(
                    work,
                    &input.worker,
                    WorkCommand::Throw {
                        code: key(KeyField::Code, input.code)?,
                        data: data(input.data)?,
                    },
                )?
            })
        })
        .await
    }

    /// Keeps work in hand for longer.
    async fn extend_work_lock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to keep, and for how long.")] input: ExtendWorkLockInput,
    ) -> Result<WorkPayload> {
        let work = input.work.work()?;
        payload(ctx, || {
            let lock = locked(Some(input.lock))?.unwrap_or(input.lock.0);
            request(work, &input.worker, WorkCommand::Extend { lock })
        })
        .await
    }
}

async fn payload(
    ctx: &Context<'_>,
    request: impl FnOnce() -> std::result::Result<WorkRequest, AppError> + Send,
) -> Result<WorkPayload> {
    let asking = Asking::writing(ctx)?;
    let asked = async {
        let request = request()?;
        asking.app.ask_work(asking.actor(), &request).await
    };
    Ok(match settled(asked).await? {
        Ok((held, position)) => WorkPayload {
            work: held.map(Work),
            cursor: cursor(&asking, position).await?,
            user_errors: Vec::new(),
        },
        Err(user_errors) => WorkPayload {
            user_errors,
            ..WorkPayload::default()
        },
    })
}

fn request(
    work: WorkId,
    worker: &str,
    command: WorkCommand,
) -> std::result::Result<WorkRequest, AppError> {
    Ok(WorkRequest {
        work,
        worker: named(worker)?,
        command,
        once: None,
    })
}

fn activation(input: ActivateWorkInput) -> std::result::Result<ActivateRequest, AppError> {
    let max = usize::try_from(input.max).unwrap_or(0);
    if !(1..=MAX_WORK).contains(&max) {
        return Err(Invalid::Max.into());
    }
    let fields = input.fields;
    if fields
        .as_ref()
        .is_some_and(|names| names.len() > MAX_FIELDS)
    {
        return Err(Invalid::Fields.into());
    }
    Ok(ActivateRequest {
        kind: key(KeyField::WorkType, input.kind)?,
        worker: named(&input.worker)?,
        max,
        lock: locked(input.lock)?,
        fields: fields.map(|names| names.into_iter().map(Name::from).collect()),
    })
}

fn named(worker: &str) -> std::result::Result<Name, AppError> {
    match worker.len() {
        1..=MAX_WORKER => Ok(Name::from(worker)),
        _ => Err(Invalid::Worker.into()),
    }
}

fn locked(lock: Option<Duration>) -> std::result::Result<Option<SignedDuration>, AppError> {
    let lock = lock.map(|lock| lock.0);
    match lock {
        Some(lock) if !LOCKS.contains(&lock) => Err(Invalid::Lock.into()),
        lock => Ok(lock),
    }
}
