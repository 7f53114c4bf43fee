//! Tokens: verified against keys and a clock that are handed in, and issued for development. The library checks the
//! signature; the claims are checked here, because its checks look at the system's clock.

use std::path::Path;

use docket_domain::value::Name;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};

use super::jwks::{self, JwksError, PublicKey};
use super::{Bearer, Unauthenticated, provider};
use crate::crypto::RootKey;

const MAX_TOKEN: usize = 8 * 1024;
const MAX_NAMES: usize = 200;
const MAX_NAME: usize = 256;
/// What the clocks of the identity provider and of this machine may differ by.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

const DEV_KEY: &str = "wf/dev-issuer/v1";
const DEV_ISSUER: &str = "docket-dev";
const DEV_AUDIENCE: &str = "docket";

/// Verifies bearer tokens.
pub struct Verifier {
    keys: Vec<PublicKey>,
    issuer: Option<String>,
    audience: String,
    leeway: SignedDuration,
}

impl Verifier {
    /// Accepts what the [`DevIssuer`] of the same root key issues, and nothing else; to the second.
    pub fn dev(root: &RootKey) -> Verifier {
        provider::install();
        Verifier {
            keys: vec![PublicKey {
                kid: None,
                algorithm: Algorithm::HS256,
                key: DecodingKey::from_secret(root.derive(DEV_KEY).as_slice()),
            }],
            issuer: Some(DEV_ISSUER.to_owned()),
            audience: DEV_AUDIENCE.to_owned(),
            leeway: SignedDuration::ZERO,
        }
    }

    /// Accepts what an identity provider signs with a key of a JSON Web Key Set, for this audience and, if one is named, of
    /// this issuer; clocks may differ by 30 seconds.
    pub fn jwks(file: &Path, issuer: Option<&str>, audience: &str) -> Result<Verifier, JwksError> {
        provider::install();
        Ok(Verifier {
            keys: jwks::load(file)?,
            issuer: issuer.map(str::to_owned),
            audience: audience.to_owned(),
            leeway: LEEWAY,
        })
    }

    /// The bearer of a token that is valid now.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Bearer, Unauthenticated> {
        if token.len() > MAX_TOKEN {
            return Err(Unauthenticated::TooLong);
        }
        let header = decode_header(token).map_err(|_| Unauthenticated::Malformed)?;
        // RFC 7515, 4.1.11: extensions that must be understood, and are not.
        if header.crit.is_some() {
            return Err(Unauthenticated::Malformed);
        }
        let key = self.key_for(&header)?;
        let claims = decode::<Claims>(token, &key.key, &signature_only(key.algorithm))
            .map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => Unauthenticated::Signature,
                ErrorKind::Json(_) => Unauthenticated::Claims,
                _ => Unauthenticated::Malformed,
            })?
            .claims;
        self.accept(claims, now)
    }

    fn key_for(&self, header: &Header) -> Result<&PublicKey, Unauthenticated> {
        let mut keys = self
            .keys
            .iter()
            .filter(|key| key.algorithm == header.alg)
            .peekable();
        if keys.peek().is_none() {
            return Err(Unauthenticated::Algorithm);
        }
        if header.kid.is_some() {
            return keys
                .find(|key| key.kid == header.kid)
                .ok_or(Unauthenticated::Key);
        }
        match (keys.next(), keys.next()) {
            (Some(only), None) => Ok(only),
            (Some(_) | None, Some(_) | None) => Err(Unauthenticated::Key),
        }
    }

    fn accept(&self, claims: Claims, now: Timestamp) -> Result<Bearer, Unauthenticated> {
        if self.issuer.is_some() && claims.iss != self.issuer {
            return Err(Unauthenticated::Issuer);
        }
        if !claims.aud.names(&self.audience) {
            return Err(Unauthenticated::Audience);
        }
        let expires_at = moment(claims.exp, self.leeway)?;
        if now >= expires_at {
            return Err(Unauthenticated::Expired);
        }
        if let Some(from) = claims.nbf
            && now < moment(from, -self.leeway)?
        {
            return Err(Unauthenticated::NotYet);
        }
        let lists = [&claims.groups, &claims.roles, &claims.privileges];
        let names = lists
            .into_iter()
            .flatten()
            .chain([&claims.sub, &claims.tenant]);
        if lists.iter().any(|list| list.len() > MAX_NAMES) || !names.into_iter().all(in_bounds) {
            return Err(Unauthenticated::Claims);
        }
        Ok(Bearer {
            tenant: claims.tenant.to_string(),
            user: claims.sub,
            groups: claims.groups,
            roles: claims.roles,
            // A newer identity provider may know privileges that this version does not: they open nothing here.
            privileges: claims
                .privileges
                .iter()
                .filter_map(|name| name.parse().ok())
                .collect(),
            expires_at,
        })
    }
}

/// Signs tokens for development with a key that is derived from the root key.
pub struct DevIssuer {
    key: EncodingKey,
}

impl DevIssuer {
    /// The issuer of a root key.
    pub fn new(root: &RootKey) -> DevIssuer {
        provider::install();
        DevIssuer {
            key: EncodingKey::from_secret(root.derive(DEV_KEY).as_slice()),
        }
    }

    /// A token (HS256) for a bearer, issued at a moment and good until the bearer's `expires_at`, in whole seconds.
    pub fn issue(&self, bearer: &Bearer, iat: Timestamp) -> String {
        let claims = DevClaims {
            iss: DEV_ISSUER,
            aud: DEV_AUDIENCE,
            sub: &bearer.user,
            tenant: &bearer.tenant,
            groups: &bearer.groups,
            roles: &bearer.roles,
            privileges: bearer
                .privileges
                .iter()
                .map(|privilege| privilege.name())
                .collect(),
            iat: iat.as_second(),
            exp: bearer.expires_at.as_second(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.key)
            .expect("text and numbers serialize, and the key is for HS256")
    }
}

#[derive(Serialize)]
struct DevClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    tenant: &'a str,
    groups: &'a [Name],
    roles: &'a [Name],
    privileges: Vec<&'static str>,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Claims {
    sub: Name,
    tenant: Name,
    aud: Audience,
    /// Seconds since 1970, perhaps with a fraction (RFC 7519, 2: NumericDate).
    exp: f64,
    nbf: Option<f64>,
    iss: Option<String>,
    #[serde(default)]
    groups: Vec<Name>,
    #[serde(default)]
    roles: Vec<Name>,
    #[serde(default)]
    privileges: Vec<Name>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Audience::One(name) => name == audience,
            Audience::Many(names) => names.iter().any(|name| name == audience),
        }
    }
}

fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn in_bounds(name: &Name) -> bool {
    (1..=MAX_NAME).contains(&name.len())
}

fn moment(seconds: f64, leeway: SignedDuration) -> Result<Timestamp, Unauthenticated> {
    // The cast saturates; what lies outside the calendar is refused.
    let micros = (seconds * 1e6) as i64;
    Timestamp::from_microsecond(micros)
        .and_then(|at| at.checked_add(leeway))
        .map_err(|_| Unauthenticated::Claims)
}
