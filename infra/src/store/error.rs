//! Why the store did not do it.

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster; trying again makes sense.
    #[error("the row has changed since it was read")]
    Conflict,
}
