//! Sealing: what is written down is unreadable without the root key. Nothing here knows tables, GraphQL or who may read;
//! it is handed bytes and the place where they will lie.
//!
//! ```text
//! root key (a file)                                                 root.rs
//!  └─ a tenant's keys: data, pseudonym, index, cursor               keyring.rs, blind_index.rs
//!      └─ an instance's key                                         wrapped in keystore.rs
//!          └─ fields                                                envelope.rs
//! ```

use std::path::PathBuf;

use uuid::Uuid;

mod blind_index;
mod envelope;
mod keyring;
mod keystore;
mod root;

pub use blind_index::Pseudonym;
pub use envelope::{Cipher, KeyId, OpenError, Place};
pub use keyring::{Keyring, TenantKeys};
pub use root::RootKey;

/// Why keys are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key store was made with another root key.
    #[error("the key store `{}` does not open with this root key", keystore.display())]
    WrongKey {
        /// The key store's file.
        keystore: PathBuf,
    },
    /// A wrapped key does not open, or is not the key that its row names: somebody edited the key store.
    #[error("the key store is damaged: table `{table}`, row `{row}`")]
    Damaged {
        /// The table.
        table: &'static str,
        /// The row.
        row: Uuid,
    },
    /// The key store's database failed.
    #[error("the key store's database failed")]
    Database(#[from] sea_orm::DbErr),
    /// The key store's file cannot be made.
    #[error("the key store `{}` cannot be made", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no root key file.
    #[error("there is no root key file `{}`", path.display())]
    RootMissing {
        /// The file.
        path: PathBuf,
    },
    /// A new root key was asked for where a file is.
    #[error("`{}` exists already and is not overwritten", path.display())]
    RootExists {
        /// The file.
        path: PathBuf,
    },
    /// The root key file cannot be read or written.
    #[error("the root key file `{}` cannot be used", path.display())]
    RootFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Others than the owner may read or write the root key file.
    #[error(
        "the root key file `{}` is open to others (mode {mode:04o}): run `chmod 600` on it",
        path.display()
    )]
    RootExposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The root key file does not hold 64 hexadecimal digits.
    #[error("the root key file `{}` does not hold 64 hexadecimal digits", path.display())]
    RootShape {
        /// The file.
        path: PathBuf,
    },
}
