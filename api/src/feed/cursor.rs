//! Places in the journal, as clients hold them: sealed, so that the gaps between them tell nothing.

use docket_domain::access::Actor;
use docket_infra::store::Position;

use crate::app::{App, AppError};

/// The cursor of a commit of this person: every subscription of theirs takes it.
pub async fn after_commit(
    app: &App,
    actor: &Actor,
    position: Position,
) -> Result<String, AppError> {
    let keys = app.keys(actor.tenant).await?;
    Ok(keys.seal_token(b"x", &position.0.to_be_bytes()))
}
