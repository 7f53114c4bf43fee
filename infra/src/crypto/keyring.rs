//! The keyring: gives out opened keys, mints new ones, keeps what is in use at hand. Every key that it hands out is already
//! durable, so that no value is ever sealed under a key that a crash could lose.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use docket_domain::access::Principal;
use docket_domain::ids::TenantId;
use moka::sync::Cache;
use tokio::sync::{Mutex, OnceCell};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::KeyError;
use super::blind_index::{MacKey, Pseudonym};
use super::envelope::{Cipher, KeyId, OpenError, Place, fill_random};
use super::keystore::{Keystore, Wrapped};
use super::root::RootKey;

/// Instance keys are made durable this many at a time, so that starting an instance costs no commit of its own.
const BATCH: usize = 64;
/// Opened instance keys at hand, about 1 KiB each.
const INSTANCE_KEYS: u64 = 100_000;
const TENANTS: u64 = 10_000;
/// Tokens of clients that are longer are not looked at.
const MAX_TOKEN: usize = 8 * 1024;

const ROOT_CHECK: &str = "root-check";
const TENANT_TABLE: &str = "tenant_keys";
const INSTANCE_TABLE: &str = "instance_keys";

/// The keys of one tenant.
pub struct TenantKeys {
    tenant: TenantId,
    /// Seals what belongs to no one instance (XAES-256-GCM).
    pub data: Cipher,
    pseudonym: MacKey,
    index: MacKey,
    cursor: Cipher,
}

impl TenantKeys {
    /// Takes apart what `mint` made: four keys in this order.
    fn from_bytes(tenant: TenantId, bytes: &[u8]) -> Option<TenantKeys> {
        let (keys, rest) = bytes.as_chunks::<32>();
        let [data, pseudonym, index, cursor] = keys else {
            return None;
        };
        rest.is_empty().then(|| TenantKeys {
            tenant,
            data: Cipher::xaes(data),
            pseudonym: MacKey::new(pseudonym),
            index: MacKey::new(index),
            cursor: Cipher::xaes(cursor),
        })
    }

    fn mint() -> Zeroizing<[u8; 128]> {
        let mut bytes = Zeroizing::new([0; 128]);
        fill_random(bytes.as_mut_slice());
        bytes
    }

    /// The pseudonym of a principal in this tenant.
    pub fn pseudonym(&self, principal: &Principal) -> Pseudonym {
        self.pseudonym.pseudonym(principal)
    }

    /// The blind index of a value, under a purpose ("business-key", "idempotency", "field").
    pub fn blind_index(&self, purpose: &str, value: &[u8]) -> Pseudonym {
        self.index.index(purpose, value)
    }

    /// Seals a small token for a client (cursors): URL-safe text bound to a purpose.
    pub fn seal_token(&self, purpose: &[u8], plain: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.cursor.seal(&self.token_place(purpose), plain))
    }

    /// Opens a token of the same purpose.
    pub fn open_token(&self, purpose: &[u8], token: &str) -> Result<Vec<u8>, OpenError> {
        if token.len() > MAX_TOKEN {
            return Err(OpenError);
        }
        let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| OpenError)?;
        self.cursor.open(&self.token_place(purpose), &sealed)
    }

    fn token_place<'a>(&self, purpose: &'a [u8]) -> Place<'a> {
        Place {
            tenant: self.tenant,
            table: "token",
            row: Uuid::nil(),
            field: purpose,
        }
    }
}

impl fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantKeys").finish_non_exhaustive()
    }
}

/// Root key, tenant keys, instance keys. The key store is a database of its own.
pub struct Keyring {
    root: Cipher,
    keystore: Keystore,
    tenants: Cache<TenantId, Arc<Tenant>>,
    /// By tenant as well: a key that is at hand for one tenant is still absent for another.
    instances: Cache<(TenantId, KeyId), Cipher>,
}

/// What is at hand of one tenant.
#[derive(Default)]
struct Tenant {
    keys: OnceCell<Arc<TenantKeys>>,
    /// Durable instance keys that nobody uses yet. A restart forgets them; their rows stay behind unused.
    fresh: Mutex<Vec<Cipher>>,
}

impl Keyring {
    /// Opens the key store with the root key, making it if there is none. A store that was made with another root key is
    /// refused before anything is written.
    pub async fn open(root: RootKey, keystore: &Path) -> Result<Keyring, KeyError> {
        let root = root.wrapping();
        let check = |mark: Vec<u8>| {
            root.open(&root_check_place(), &mark)
                .map_err(|OpenError| KeyError::WrongKey {
                    keystore: keystore.into(),
                })
        };
        if let Some(mark) = Keystore::peek(keystore, ROOT_CHECK).await {
            check(mark)?;
        }
        let store = Keystore::open(keystore).await?;
        if store.mark(ROOT_CHECK).await?.is_none() {
            // Keys without the mark that is set before them: whose they are cannot be told.
            if store.has_tenants().await? {
                return Err(KeyError::Damaged {
                    table: "meta",
                    row: Uuid::nil(),
                });
            }
            let mark = root.seal(&root_check_place(), ROOT_CHECK.as_bytes());
            store.set_mark(ROOT_CHECK, mark).await?;
        }
        // Read again, for another process may have been faster.
        check(store.mark(ROOT_CHECK).await?.unwrap_or_default())?;
        Ok(Keyring {
            root,
            keystore: store,
            tenants: Cache::new(TENANTS),
            instances: Cache::new(INSTANCE_KEYS),
        })
    }

    /// The keys of a tenant; made on first use, durably, before they are returned.
    pub async fn tenant(&self, tenant: TenantId) -> Result<Arc<TenantKeys>, KeyError> {
        let slot = self.slot(tenant);
        let keys = slot
            .keys
            // Boxed: it happens once, and every future that may need keys would be as large.
            .get_or_try_init(|| Box::pin(self.open_tenant(tenant)))
            .await?;
        Ok(keys.clone())
    }

    /// A fresh key for a new instance, from a batch that is already durable.
    pub async fn fresh_instance_key(&self, tenant: TenantId) -> Result<Cipher, KeyError> {
        let keys = self.tenant(tenant).await?;
        let slot = self.slot(tenant);
        let mut fresh = slot.fresh.lock().await;
        if fresh.is_empty() {
            *fresh = self.mint_instance_keys(tenant, &keys).await?;
        }
        let cipher = fresh.pop().expect("a batch has just been minted");
        self.instances
            .insert((tenant, cipher.key_id()), cipher.clone());
        Ok(cipher)
    }

    /// Instance keys by id; those that were destroyed are missing. One statement for all that are not cached.
    pub async fn instance_keys(
        &self,
        tenant: TenantId,
        ids: &[KeyId],
    ) -> Result<HashMap<KeyId, Cipher>, KeyError> {
        let mut found = HashMap::with_capacity(ids.len());
        let mut absent = Vec::new();
        for id in ids {
            match self.instances.get(&(tenant, *id)) {
                Some(cipher) => drop(found.insert(*id, cipher)),
                None => absent.push(Uuid::from_bytes(id.0)),
            }
        }
        if absent.is_empty() {
            return Ok(found);
        }
        let keys = self.tenant(tenant).await?;
        for wrapped in self.keystore.instance_keys(tenant.0, absent).await? {
            let cipher = unwrap_instance_key(tenant, &keys, &wrapped)?;
            self.instances
                .insert((tenant, cipher.key_id()), cipher.clone());
            found.insert(cipher.key_id(), cipher);
        }
        Ok(found)
    }

    fn slot(&self, tenant: TenantId) -> Arc<Tenant> {
        self.tenants.get_with(tenant, Arc::default)
    }

    async fn open_tenant(&self, tenant: TenantId) -> Result<Arc<TenantKeys>, KeyError> {
        let damaged = || KeyError::Damaged {
            table: TENANT_TABLE,
            row: tenant.0,
        };
        let place = tenant_place(tenant);
        if self.keystore.tenant_keys(tenant.0).await?.is_none() {
            let sealed = self.root.seal(&place, TenantKeys::mint().as_slice());
            self.keystore.insert_tenant_keys(tenant.0, sealed).await?;
        }
        let sealed = self.keystore.tenant_keys(tenant.0).await?;
        let sealed = sealed.ok_or_else(damaged)?;
        let bytes = Zeroizing::new(self.root.open(&place, &sealed).map_err(|_| damaged())?);
        TenantKeys::from_bytes(tenant, &bytes)
            .map(Arc::new)
            .ok_or_else(damaged)
    }

    async fn mint_instance_keys(
        &self,
        tenant: TenantId,
        keys: &TenantKeys,
    ) -> Result<Vec<Cipher>, KeyError> {
        let mut ciphers = Vec::with_capacity(BATCH);
        let mut rows = Vec::with_capacity(BATCH);
        for _ in 0..BATCH {
            let mut key = Zeroizing::new([0; 32]);
            fill_random(key.as_mut_slice());
            let cipher = Cipher::aes(&key);
            let key_id = Uuid::from_bytes(cipher.key_id().0);
            let sealed = keys
                .data
                .seal(&instance_place(tenant, key_id), key.as_slice());
            rows.push(Wrapped { key_id, sealed });
            ciphers.push(cipher);
        }
        self.keystore.insert_instance_keys(tenant.0, rows).await?;
        Ok(ciphers)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

fn unwrap_instance_key(
    tenant: TenantId,
    keys: &TenantKeys,
    wrapped: &Wrapped,
) -> Result<Cipher, KeyError> {
    let place = instance_place(tenant, wrapped.key_id);
    let cipher = keys
        .data
        .open(&place, &wrapped.sealed)
        .ok()
        .map(Zeroizing::new)
        .and_then(|key| Some(Cipher::aes(key.as_slice().try_into().ok()?)));
    match cipher {
        Some(cipher) if cipher.key_id().0 == *wrapped.key_id.as_bytes() => Ok(cipher),
        Some(_) | None => Err(KeyError::Damaged {
            table: INSTANCE_TABLE,
            row: wrapped.key_id,
        }),
    }
}

fn root_check_place() -> Place<'static> {
    Place {
        tenant: TenantId(Uuid::nil()),
        table: "meta",
        row: Uuid::nil(),
        field: ROOT_CHECK.as_bytes(),
    }
}

fn tenant_place(tenant: TenantId) -> Place<'static> {
    Place {
        tenant,
        table: TENANT_TABLE,
        row: tenant.0,
        field: b"keys",
    }
}

fn instance_place(tenant: TenantId, key_id: Uuid) -> Place<'static> {
    Place {
        tenant,
        table: INSTANCE_TABLE,
        row: key_id,
        field: b"key",
    }
}

#[cfg(test)]
mod tests;
