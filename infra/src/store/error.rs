//! Why the store did not do it. `Conflict` is folded here and nowhere else, because each database has its own words for it.

use sea_orm::{DbErr, RuntimeErr};
use uuid::Uuid;

use crate::crypto::KeyError;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster; trying again makes sense.
    #[error("the row has changed since it was read")]
    Conflict,
    /// A stored value does not parse, or a sealed one that the engine needs does not open.
    #[error("the stored value in `{table}`.`{column}` of row {row} is corrupt")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        row: Uuid,
    },
    /// The keys of a tenant or an instance are not to be had.
    #[error("the keys are not to be had")]
    Keys(#[from] KeyError),
    /// The database's file cannot be made, or is not the one any more that was opened.
    #[error("the database's file is not there, or is another one than was opened")]
    File(#[source] std::io::Error),
    /// Another version of Docket made the database, and this one does not know its tables.
    #[error(
        "the database was made by another version of docket, whose tables this one does not know: use that version, or move the \
         database and its keys away"
    )]
    OtherVersion,
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] DbErr),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> StoreError {
        if is_conflict(&error) {
            StoreError::Conflict
        } else {
            StoreError::Database(error)
        }
    }
}

/// SQLite's `SQLITE_BUSY` and `SQLITE_BUSY_SNAPSHOT`; Postgres' `serialization_failure` and `deadlock_detected`.
fn is_conflict(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause))
    | DbErr::Query(RuntimeErr::SqlxError(cause))
    | DbErr::Conn(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    cause
        .as_database_error()
        .and_then(|cause| cause.code())
        .is_some_and(|code| matches!(code.as_ref(), "5" | "517" | "40001" | "40P01"))
}
