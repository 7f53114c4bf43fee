//! The envelope: one sealed value, bound to its place.
//!
//! ```text
//!  0   1  version 0x01
//!  1   1  algorithm: 0x01 AES-256-GCM (an instance's key), 0x02 XAES-256-GCM (a tenant's or the root key)
//!  2  16  key id
//! 18  ..  nonce, 12 or 24 bytes
//! ..   n  ciphertext of: type tag (1) || payload || 0x80 || zeros up to a Padmé size of at least 32
//! ..  16  tag
//! ```
//!
//! A random 12-byte nonce is good for 2^32 values under one key: one instance never gets there, a tenant does.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Tag};
use docket_domain::ids::TenantId;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use xaes_256_gcm::Xaes256Gcm;

const VERSION: u8 = 0x01;
/// Bumped when the meaning of stored bytes changes in a way that an old value must not be taken for a new one.
const SCHEMA: u32 = 1;
/// The one type of payload so far.
const BYTES: u8 = 0x00;
/// Ends the payload; zeros follow.
const END: u8 = 0x80;
const PAD_FLOOR: usize = 32;
const HEADER: usize = 18;
const TAG: usize = 16;

/// The name of a key, and a commitment to it: SHA-256("wf/kid/v1" || key), first 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct KeyId(pub [u8; 16]);

impl KeyId {
    pub(super) fn of(key: &[u8; 32]) -> KeyId {
        let digest = Sha256::new()
            .chain_update(b"wf/kid/v1")
            .chain_update(key)
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        KeyId(id)
    }
}

/// Where a sealed value lives; bound into it, so that it opens nowhere else.
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

/// A sealed value did not open. No reason: there is nothing a caller could do with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a sealed value does not open")]
pub struct OpenError;

/// A key, ready to seal and open: the expanded key, not its bytes, which are set up once. Cheap to clone, zeroized with its
/// last clone; `Debug` shows the key id only.
#[derive(Clone)]
pub struct Cipher {
    inner: Arc<Inner>,
}

struct Inner {
    id: KeyId,
    suite: Suite,
}

enum Suite {
    Aes(Aes256Gcm),
    Xaes(Xaes256Gcm),
}

impl Suite {
    fn algorithm(&self) -> u8 {
        match self {
            Suite::Aes(_) => 0x01,
            Suite::Xaes(_) => 0x02,
        }
    }

    fn nonce_len(&self) -> usize {
        match self {
            Suite::Aes(_) => 12,
            Suite::Xaes(_) => 24,
        }
    }

    fn encrypt(&self, nonce: &[u8], ad: &[u8], text: &mut [u8]) -> Result<Tag, OpenError> {
        match self {
            Suite::Aes(aes) => {
                let nonce = nonce.try_into().map_err(|_| OpenError)?;
                aes.encrypt_inout_detached(nonce, ad, text.into())
            }
            Suite::Xaes(xaes) => {
                let nonce = nonce.try_into().map_err(|_| OpenError)?;
                xaes.encrypt_inout_detached(nonce, ad, text.into())
            }
        }
        .map_err(|_| OpenError)
    }

    fn decrypt(
        &self,
        nonce: &[u8],
        ad: &[u8],
        text: &mut [u8],
        tag: &Tag,
    ) -> Result<(), OpenError> {
        match self {
            Suite::Aes(aes) => {
                let nonce = nonce.try_into().map_err(|_| OpenError)?;
                aes.decrypt_inout_detached(nonce, ad, text.into(), tag)
            }
            Suite::Xaes(xaes) => {
                let nonce = nonce.try_into().map_err(|_| OpenError)?;
                xaes.decrypt_inout_detached(nonce, ad, text.into(), tag)
            }
        }
        .map_err(|_| OpenError)
    }
}

impl Cipher {
    /// For what one instance holds: AES-256-GCM.
    pub(super) fn aes(key: &[u8; 32]) -> Cipher {
        Cipher::new(key, Suite::Aes(Aes256Gcm::new(key.into())))
    }

    /// For what a whole tenant holds: XAES-256-GCM.
    pub(super) fn xaes(key: &[u8; 32]) -> Cipher {
        Cipher::new(key, Suite::Xaes(Xaes256Gcm::new(key.into())))
    }

    fn new(key: &[u8; 32], suite: Suite) -> Cipher {
        let id = KeyId::of(key);
        Cipher {
            inner: Arc::new(Inner { id, suite }),
        }
    }

    /// The key's name; every value sealed with it bears it.
    pub fn key_id(&self) -> KeyId {
        self.inner.id
    }

    /// Seals bytes for a place.
    ///
    /// # Panics
    ///
    /// If the operating system gives no random bytes: there is no safe way to go on.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Vec<u8> {
        let suite = &self.inner.suite;
        let start = HEADER + suite.nonce_len();
        let end = start + padded_len(plain.len());
        let mut sealed = Vec::with_capacity(end + TAG);
        sealed.extend_from_slice(&[VERSION, suite.algorithm()]);
        sealed.extend_from_slice(&self.inner.id.0);
        sealed.resize(start, 0);
        fill_nonce(&mut sealed[HEADER..]);
        sealed.push(BYTES);
        sealed.extend_from_slice(plain);
        sealed.push(END);
        sealed.resize(end, 0);
        let (head, text) = sealed.split_at_mut(start);
        let tag = suite
            .encrypt(&head[HEADER..], &associated_data(place, head), text)
            .expect("the nonce has the suite's length and no value is larger than 64 GiB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens what was sealed for this place under this key.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let suite = &self.inner.suite;
        let start = HEADER + suite.nonce_len();
        let (head, rest) = sealed.split_at_checked(start).ok_or(OpenError)?;
        let known = head[..2] == [VERSION, suite.algorithm()] && head[2..HEADER] == self.inner.id.0;
        let (text, tag) = rest.split_last_chunk::<TAG>().ok_or(OpenError)?;
        if !known || text.len() < PAD_FLOOR {
            return Err(OpenError);
        }
        let mut text = text.to_vec();
        suite.decrypt(
            &head[HEADER..],
            &associated_data(place, head),
            &mut text,
            &Tag::from(*tag),
        )?;
        let end = text.iter().rposition(|byte| *byte != 0).ok_or(OpenError)?;
        if end == 0 || text[end] != END || text[0] != BYTES {
            return Err(OpenError);
        }
        text.truncate(end);
        text.remove(0);
        Ok(text)
    }

    /// The name of the key that sealed a value; `None` if it is no envelope.
    pub fn key_of(sealed: &[u8]) -> Option<KeyId> {
        let (head, _) = sealed.split_first_chunk::<HEADER>()?;
        if head[0] != VERSION {
            return None;
        }
        let mut id = [0; 16];
        id.copy_from_slice(&head[2..]);
        Some(KeyId(id))
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cipher").field(&self.inner.id).finish()
    }
}

/// Fills with bytes of the operating system.
pub(super) fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

/// Bytes of the operating system that no nonce has used yet, at the end of the array.
struct NoncePool {
    bytes: [u8; 960],
    left: usize,
}

thread_local! {
    static NONCES: RefCell<NoncePool> = const { RefCell::new(NoncePool { bytes: [0; 960], left: 0 }) };
}

/// Fills a nonce from the operating system, which is asked once for 40 to 80 nonces: the call costs more than sealing a field.
/// Nonces are no secrets, so they may lie about; keys are never taken from here.
fn fill_nonce(nonce: &mut [u8]) {
    NONCES.with_borrow_mut(|pool| {
        if pool.left < nonce.len() {
            fill_random(&mut pool.bytes);
            pool.left = pool.bytes.len();
        }
        let start = pool.left - nonce.len();
        nonce.copy_from_slice(&pool.bytes[start..pool.left]);
        pool.left = start;
    });
}

/// Appends `u32 length || part`. Without the lengths, `("instance", "vars.iban")` and `("instancev", "ars.iban")` would collide.
pub(super) fn push_prefixed(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&prefix(part));
    out.extend_from_slice(part);
}

/// The length of a part, as it stands before it.
pub(super) fn prefix(part: &[u8]) -> [u8; 4] {
    u32::try_from(part.len())
        .expect("a name or a header is shorter than 4 GiB")
        .to_be_bytes()
}

fn associated_data(place: &Place<'_>, head: &[u8]) -> Vec<u8> {
    let mut ad = Vec::with_capacity(64 + place.table.len() + place.field.len() + head.len());
    ad.extend_from_slice(b"WFE1");
    push_prefixed(&mut ad, place.tenant.0.as_bytes());
    push_prefixed(&mut ad, place.table.as_bytes());
    push_prefixed(&mut ad, place.row.as_bytes());
    push_prefixed(&mut ad, place.field);
    push_prefixed(&mut ad, &SCHEMA.to_be_bytes());
    push_prefixed(&mut ad, head);
    ad
}

/// The padded size of a payload, type tag and end marker counted. Padmé: at most 12 % more, and only O(log log n) bits of
/// the length are left to see.
fn padded_len(payload: usize) -> usize {
    let len = (payload + 2).max(PAD_FLOOR);
    let exponent = len.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1_usize << (exponent - kept)) - 1;
    (len + mask) & !mask
}

#[cfg(test)]
mod tests;
