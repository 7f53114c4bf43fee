//! Why a use case did not do it.

use docket_domain::engine::command::Rejection;
use docket_domain::process::ProcessRejection;
use docket_infra::store::StoreError;

/// Why a use case did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The rules say no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The rules for process versions say no.
    #[error(transparent)]
    ProcessRejected(#[from] ProcessRejection),
    /// Absent or unreadable, which are the same.
    #[error("not available")]
    NotAvailable,
    /// Somebody else was faster, three times; or an idempotency key was used for something else.
    #[error("the object was changed at the same time")]
    Conflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
