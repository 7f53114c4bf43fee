//! The identity provider's public keys: a JSON Web Key Set (RFC 7517) in a file. Each key gets the one algorithm that its
//! type allows (RS256, ES256, EdDSA), whatever a token says. Keys for encryption and of other types are left out.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};

/// Why a key set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// The file cannot be read.
    #[error("the key set `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no key set.
    #[error("`{}` is no JSON Web Key Set", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A signing key has parts of the wrong form or size.
    #[error("key {index} of the key set `{}` is malformed or too short", path.display())]
    BadKey {
        /// The file.
        path: PathBuf,
        /// Which key, from 0.
        index: usize,
    },
    /// Two keys have one name, or have none, and a token could not tell them apart.
    #[error("two signing keys of the key set `{}` have the same `kid` or none", path.display())]
    Ambiguous {
        /// The file.
        path: PathBuf,
    },
    /// Nothing to verify with.
    #[error("the key set `{}` holds no RS256, ES256 or EdDSA signing key", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// A public key, its name and its algorithm.
pub(super) struct PublicKey {
    pub kid: Option<String>,
    pub algorithm: Algorithm,
    pub key: DecodingKey,
}

/// Reads the signing keys of a file.
pub(super) fn load(path: &Path) -> Result<Vec<PublicKey>, JwksError> {
    let text = std::fs::read(path).map_err(|source| JwksError::Read {
        path: path.into(),
        source,
    })?;
    let set: JwkSet = serde_json::from_slice(&text).map_err(|source| JwksError::Parse {
        path: path.into(),
        source,
    })?;
    let mut keys = Vec::new();
    for (index, jwk) in set.keys.iter().enumerate() {
        let Some(algorithm) = signing_algorithm(jwk) else {
            continue;
        };
        let key = public_key(jwk).ok_or_else(|| JwksError::BadKey {
            path: path.into(),
            index,
        })?;
        let kid = jwk.common.key_id.clone();
        keys.push(PublicKey {
            kid,
            algorithm,
            key,
        });
    }
    if keys.is_empty() {
        return Err(JwksError::Empty { path: path.into() });
    }
    let names: HashSet<_> = keys.iter().map(|key| &key.kid).collect();
    if names.len() < keys.len() {
        return Err(JwksError::Ambiguous { path: path.into() });
    }
    Ok(keys)
}

fn signing_algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let signs = matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let fits = jwk
        .common
        .key_algorithm
        .is_none_or(|stated| stated == named);
    (signs && fits).then_some(algorithm)
}

fn public_key(jwk: &Jwk) -> Option<DecodingKey> {
    let sized = match &jwk.algorithm {
        // ring refuses moduli below 2048 bits at each token; better to hear of it at the start.
        AlgorithmParameters::RSA(key) => bytes_in(&key.n)? >= 256 && bytes_in(&key.e)? > 0,
        AlgorithmParameters::EllipticCurve(key) => {
            bytes_in(&key.x)? == 32 && bytes_in(&key.y)? == 32
        }
        AlgorithmParameters::OctetKeyPair(key) => bytes_in(&key.x)? == 32,
        _ => false,
    };
    if !sized {
        return None;
    }
    DecodingKey::from_jwk(jwk).ok()
}

fn bytes_in(base64url: &str) -> Option<usize> {
    Some(URL_SAFE_NO_PAD.decode(base64url).ok()?.len())
}
