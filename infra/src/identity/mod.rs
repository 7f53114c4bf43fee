//! Who asks: a bearer token becomes a [`Bearer`], or nothing. Tokens come from an identity provider whose public keys lie
//! in a file, or from the development issuer. Nothing here knows requests, tenants' ids or what a person may do.

use docket_domain::access::Privilege;
use docket_domain::value::Name;
use jiff::Timestamp;

mod jwks;
mod provider;
mod token;

pub use jwks::JwksError;
pub use token::{DevIssuer, Verifier};

/// What a valid token says about its bearer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bearer {
    /// The tenant's name, 1 to 256 bytes.
    pub tenant: String,
    /// The token's subject, 1 to 256 bytes.
    pub user: Name,
    /// Groups, at most 200.
    pub groups: Vec<Name>,
    /// Roles, at most 200.
    pub roles: Vec<Name>,
    /// Privileges; names that are none are left out.
    pub privileges: Vec<Privilege>,
    /// From this moment on the token is refused, allowance for clocks included: sessions end here.
    pub expires_at: Timestamp,
}

/// Why a token is refused. For the log: a client learns no more than that it is not authenticated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unauthenticated {
    /// Longer than 8 KiB.
    #[error("the token is longer than 8 KiB")]
    TooLong,
    /// Not a signed token in compact form, or one with critical extensions.
    #[error("the token is malformed")]
    Malformed,
    /// No key of ours is for the algorithm that the token names; `none` never is.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// The token names no key of ours, or none where there are several.
    #[error("the token's key is not known")]
    Key,
    /// The signature does not fit.
    #[error("the token's signature does not fit")]
    Signature,
    /// Subject, tenant, expiry or audience is missing, or a name or list is out of bounds.
    #[error("the token's claims are missing or out of bounds")]
    Claims,
    /// Issued by somebody else.
    #[error("the token has another issuer")]
    Issuer,
    /// Issued for somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
}

#[cfg(test)]
mod tests;
