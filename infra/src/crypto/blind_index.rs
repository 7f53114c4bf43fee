//! Names and values that can be compared for equality without being readable: HMAC-SHA256 under a tenant's key, cut to
//! 16 bytes. Equal values under one key and purpose have equal results; that is the point, and all a thief learns.

use docket_domain::access::Principal;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::envelope::prefix;

/// A keyed pseudonym or blind index: HMAC-SHA256, first 16 bytes.
pub type Pseudonym = [u8; 16];

/// A key that only ever goes into HMAC-SHA256.
pub(super) struct MacKey(Zeroizing<[u8; 32]>);

impl MacKey {
    pub(super) fn new(key: &[u8; 32]) -> MacKey {
        MacKey(Zeroizing::new(*key))
    }

    /// HMAC over length-prefixed parts, so that no two lists of parts collide.
    pub(super) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(&prefix(part));
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn short(&self, parts: &[&[u8]]) -> Pseudonym {
        let mut short = [0; 16];
        short.copy_from_slice(&self.mac(parts)[..16]);
        short
    }

    pub(super) fn pseudonym(&self, principal: &Principal) -> Pseudonym {
        let (kind, name): (&[u8], &[u8]) = match principal {
            Principal::Everyone => (b"everyone", b""),
            Principal::User(name) => (b"user", name.as_bytes()),
            Principal::Group(name) => (b"group", name.as_bytes()),
            Principal::Role(name) => (b"role", name.as_bytes()),
            Principal::Privilege(privilege) => (b"privilege", privilege.name().as_bytes()),
        };
        self.short(&[b"wf/pseudonym/v1", kind, name])
    }

    pub(super) fn index(&self, purpose: &str, value: &[u8]) -> Pseudonym {
        self.short(&[b"wf/index/v1", purpose.as_bytes(), value])
    }
}
