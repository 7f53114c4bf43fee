//! Why a use case did not do it. The one place that turns these into codes is `graphql::error`.

use docket_domain::bpmn::Problem;
use docket_domain::dmn::MAX_DECISIONS;
use docket_domain::engine::command::{MOST_OPERATIONS, Rejection};
use docket_domain::engine::migrate::{MOST_ENTRIES, Obstacle, Refusal};
use docket_domain::ids::{DecisionId, ProcessId};
use docket_domain::process::ProcessRejection;
use docket_domain::time::CalendarProblem;
use docket_domain::value::ValueProblem;
use docket_infra::crypto::KeyError;
use docket_infra::store::StoreError;

use super::migration::MOST_MIGRATED;
use super::work::MAX_WORK;

/// Why a use case did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The rules for instances and tasks say no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The rules for process versions say no.
    #[error(transparent)]
    ProcessRejected(#[from] ProcessRejection),
    /// An instance does not fit into another version: everything that stands in the way.
    #[error("the instance cannot go to this version: {} obstacles", .0.len())]
    Obstructed(Vec<Obstacle>),
    /// What was sent is wrong in itself.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Absent or unreadable, which are the same.
    #[error("not available")]
    NotAvailable,
    /// Somebody else was faster, three times.
    #[error("the object was changed at the same time")]
    Conflict,
    /// The idempotency key stands for something else.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A feed's cursor that does not open for this person and subscription.
    #[error("the cursor does not belong to this subscription")]
    Cursor,
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] StoreError),
    /// The keys are not to be had.
    #[error("the keys are not to be had")]
    Keys(#[from] KeyError),
    /// A published model that does not resolve any more, or has gone.
    #[error("the model of the process `{0}` is not usable")]
    Model(ProcessId),
    /// A published decision that does not resolve any more, or has gone.
    #[error("the decision `{0}` is not usable")]
    Decision(DecisionId),
    /// A load that several waited for failed.
    #[error(transparent)]
    Batch(std::sync::Arc<AppError>),
}

/// What was sent is wrong in itself, whatever it is sent to.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Invalid {
    /// The file is no BPMN model; everything that reading it found.
    #[error("the file is no readable model")]
    Model(Vec<Problem>),
    /// The file is a model without a process.
    #[error("the file holds no process")]
    NoProcess,
    /// The file holds no readable decisions; everything that reading it found.
    #[error("the file is no readable table of decisions")]
    Decisions(Vec<Problem>),
    /// The file is readable and holds no decision.
    #[error("the file holds no decision")]
    NoDecision,
    /// The file holds more decisions than one may.
    #[error("the file holds more than {MAX_DECISIONS} decisions")]
    ManyDecisions,
    /// The data cannot be held.
    #[error(transparent)]
    Data(ValueProblem),
    /// The value that a message names cannot be held.
    #[error("the correlation cannot be held: {0}")]
    Correlation(ValueProblem),
    /// The calendar cannot be.
    #[error(transparent)]
    Calendar(#[from] CalendarProblem),
    /// A comment of no or of too many characters.
    #[error("a comment must have 1 to {MAX_COMMENT} characters")]
    Comment,
    /// A reason of too many characters.
    #[error("a reason must have at most {MAX_REASON} characters")]
    Reason,
    /// No reason, or one of too many characters.
    #[error("a reason of 1 to {MAX_REASON} characters must be given")]
    ReasonMissing,
    /// No operations, or too many.
    #[error("a modification has 1 to {MOST_OPERATIONS} operations")]
    Operations,
    /// No instances to move, or too many.
    #[error("1 to {MOST_MIGRATED} instances can be moved at once, each named once")]
    Subjects,
    /// Too many entries.
    #[error("a mapping has {MOST_ENTRIES} entries at most")]
    Mapping,
    /// A key of no or of too many bytes.
    #[error("a key must have 1 to {MAX_KEY} bytes")]
    Key(KeyField),
    /// A worker's name of no or of too many bytes.
    #[error("a worker's name must have 1 to {MAX_WORKER} bytes")]
    Worker,
    /// None, or too many pieces of work.
    #[error("1 to {MAX_WORK} pieces of work can be fetched at once")]
    Max,
    /// A lock that is too short or too long.
    #[error("work is locked for 1 second to 24 hours")]
    Lock,
    /// A rest that is too long.
    #[error("work rests for 30 days at most")]
    Backoff,
    /// What a worker says of a failure, of too many characters.
    #[error("a message must have at most {MAX_COMMENT} characters")]
    Message,
    /// More names of fields than are looked for.
    #[error("{MAX_FIELDS} fields can be named at most")]
    Fields,
}

/// Which key has the wrong size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyField {
    /// `businessKey`
    Business,
    /// `idempotencyKey`
    Idempotency,
    /// `type`
    WorkType,
    /// `code`
    Code,
}

/// Characters of a comment at most.
pub const MAX_COMMENT: usize = 4_000;
/// Characters of a reason at most.
pub const MAX_REASON: usize = 1_000;
/// Bytes of a business or idempotency key at most.
pub const MAX_KEY: usize = 256;

/// Bytes of a worker's name at most.
pub const MAX_WORKER: usize = 128;
/// Names of fields in one request at most.
pub const MAX_FIELDS: usize = 100;

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(rejection) => AppError::Rejected(rejection),
            Refusal::Obstructed(obstacles) => AppError::Obstructed(obstacles),
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Conflict) {
            AppError::Conflict
        } else {
            AppError::Store(error)
        }
    }
}
