//! Where writing begins. A resolver translates its input, hands it to the application and wraps the answer; a refusal is
//! data in the payload.

use async_graphql::MergedObject;
use docket_domain::value::{Data, Name, data_from_json};
use docket_infra::store::Position;
use serde::Serialize;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::error::{Result, UserError, user_errors};
use super::session::Asking;
use crate::app::instance::Idempotency;
use crate::app::{AppError, Invalid, KeyField, MAX_KEY};

pub mod calendar;
pub mod decision;
pub mod instance;
pub mod intervention;
pub mod migration;
pub mod process;
pub mod task;
pub mod work;

/// Where writing begins. What can be mended comes back as `userErrors`; then nothing was changed.
#[derive(Default, MergedObject)]
pub struct Mutation(
    process::ProcessMutation,
    decision::DecisionMutation,
    instance::InstanceMutation,
    intervention::InterventionMutation,
    migration::MigrationMutation,
    task::TaskMutation,
    calendar::CalendarMutation,
    work::WorkMutation,
);

/// A value, or the refusal in its place.
pub async fn settled<T>(
    asked: impl Future<Output = std::result::Result<T, AppError>>,
) -> Result<std::result::Result<T, Vec<UserError>>> {
    match asked.await {
        Ok(done) => Ok(Ok(done)),
        Err(error) => Ok(Err(user_errors(error)?)),
    }
}

/// The cursor of a commit: any subscription of this viewer goes on after it.
async fn cursor(asking: &Asking<'_>, position: Position) -> Result<Option<String>> {
    let cursor = crate::feed::cursor::after_commit(asking.app, asking.actor(), position).await?;
    Ok(Some(cursor))
}

/// Process data from what was sent; nothing sent is no data.
fn data(json: Option<Json>) -> std::result::Result<Data, AppError> {
    let data = json.as_ref().map(data_from_json).transpose();
    Ok(data.map_err(Invalid::Data)?.unwrap_or_default())
}

/// A key of a size that can be stored.
pub fn key(field: KeyField, key: String) -> std::result::Result<Name, AppError> {
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(Invalid::Key(field).into());
    }
    Ok(Name::from(key))
}

/// The key of a request that is answered once, with a hash of what it asks for.
fn once(
    idempotency_key: Option<String>,
    request: &impl Serialize,
) -> std::result::Result<Option<Idempotency>, AppError> {
    let Some(chosen) = idempotency_key else {
        return Ok(None);
    };
    let key = key(KeyField::Idempotency, chosen)?.to_string();
    // Maps are sorted and everything in it came in as JSON: it always goes out as JSON again.
    let json = serde_json::to_vec(request).unwrap_or_default();
    let request = Sha256::digest(json).into();
    Ok(Some(Idempotency { key, request }))
}
