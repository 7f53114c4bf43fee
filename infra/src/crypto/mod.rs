//! (stub) sealing.

use std::path::Path;
use std::sync::Arc;

use docket_domain::access::Principal;
use docket_domain::ids::TenantId;
use uuid::Uuid;

/// The name of a key: SHA-256("wf/kid/v1" || key), first 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct KeyId(pub [u8; 16]);

/// A keyed pseudonym or blind index: HMAC-SHA256, first 16 bytes.
pub type Pseudonym = [u8; 16];

/// Where a sealed value lives; bound into it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// The table's immutable name.
    pub table: &'static str,
    /// The row.
    pub row: Uuid,
    /// The field's immutable id.
    pub field: &'a [u8],
}

/// A key, ready to seal and open. Cheap to clone; `Debug` shows the key id only.
#[derive(Clone)]
pub struct Cipher {}

/// A sealed value did not open. No reason: there is nothing a caller could do with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a sealed value does not open")]
pub struct OpenError;

impl Cipher {
    /// Its name.
    pub fn key_id(&self) -> KeyId {
        todo!()
    }

    /// Seals bytes for a place.
    pub fn seal(&self, _place: &Place<'_>, _plain: &[u8]) -> Vec<u8> {
        todo!()
    }

    /// Opens what was sealed for this place under this key.
    pub fn open(&self, _place: &Place<'_>, _sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        todo!()
    }
}

/// The keys of one tenant.
pub struct TenantKeys {
    /// Seals what belongs to no one instance (XAES-256-GCM).
    pub data: Cipher,
}

impl TenantKeys {
    /// The pseudonym of a principal in this tenant.
    pub fn pseudonym(&self, _principal: &Principal) -> Pseudonym {
        todo!()
    }

    /// The blind index of a value, under a purpose ("business-key", "idempotency", "field").
    pub fn blind_index(&self, _purpose: &str, _value: &[u8]) -> Pseudonym {
        todo!()
    }

    /// Seals a small token for a client (cursors): URL-safe text bound to a purpose.
    pub fn seal_token(&self, _purpose: &[u8], _plain: &[u8]) -> String {
        todo!()
    }

    /// Opens a token of the same purpose.
    pub fn open_token(&self, _purpose: &[u8], _token: &str) -> Result<Vec<u8>, OpenError> {
        todo!()
    }
}

/// Why keys are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No such key, or the wrong root key.
    #[error("the key store does not open with this root key")]
    WrongKey,
}

/// Root key, tenant keys, instance keys. The key store is a database of its own.
pub struct Keyring {}

impl Keyring {
    /// Opens the key store with the root key, making it if there is none.
    pub async fn open(_root: RootKey, _keystore: &Path) -> Result<Keyring, KeyError> {
        todo!()
    }

    /// The keys of a tenant; made on first use, durably, before they are returned.
    pub async fn tenant(&self, _tenant: TenantId) -> Result<Arc<TenantKeys>, KeyError> {
        todo!()
    }

    /// A fresh key for a new instance, from a batch that is already durable.
    pub async fn fresh_instance_key(&self, _tenant: TenantId) -> Result<Cipher, KeyError> {
        todo!()
    }

    /// Instance keys by id; those that were destroyed are missing. One statement for all that are not cached.
    pub async fn instance_keys(
        &self,
        _tenant: TenantId,
        _ids: &[KeyId],
    ) -> Result<std::collections::HashMap<KeyId, Cipher>, KeyError> {
        todo!()
    }
}

/// The root key (32 bytes), zeroized on drop; no `Debug` of its content.
pub struct RootKey {}
