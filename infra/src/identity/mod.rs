//! (stub) identity.

/// Refused.
#[derive(Debug, thiserror::Error)]
#[error("unauthenticated")]
pub struct Unauthenticated;

/// Verifies tokens.
pub struct Verifier {}

impl Verifier {
    /// Development.
    pub fn dev(_key: &crate::crypto::RootKey) -> Verifier {
        Verifier {}
    }

    /// The bearer of a token.
    pub fn verify(&self, _token: &str, _now: Timestamp) -> Result<Bearer, Unauthenticated> {
        Err(Unauthenticated)
    }
}

/// Issues tokens.
pub struct DevIssuer {}

impl DevIssuer {
    /// Development.
    pub fn new(_key: &crate::crypto::RootKey) -> DevIssuer {
        DevIssuer {}
    }

    /// A token.
    pub fn issue(&self, _bearer: &Bearer, _now: Timestamp) -> String {
        String::new()
    }
}
