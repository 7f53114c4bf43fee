//! The cryptography of tokens on `ring`. The stock providers bring `rsa` (RUSTSEC-2023-0071) or a C library that needs cmake.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::{hmac, signature};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| match algorithm {
        Algorithm::HS256 => Ok(Box::new(RingSigner::new(key))),
        _ => Err(ErrorKind::UnsupportedAlgorithm.into()),
    },
    verifier_factory: |algorithm, key| Ok(Box::new(RingVerifier::new(*algorithm, key)?)),
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes `jsonwebtoken` use this provider in this process. Only the first call has an effect.
pub(super) fn install() {
    // An error says that one is installed already: this one, for nobody else installs any.
    let _ = PROVIDER.install_default();
}

struct RingSigner(hmac::Key);

impl RingSigner {
    fn new(key: &EncodingKey) -> RingSigner {
        RingSigner(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()))
    }
}

impl Signer<Vec<u8>> for RingSigner {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl JwtSigner for RingSigner {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

enum RingVerifier {
    Hs256(hmac::Key),
    Rs256 { n: Vec<u8>, e: Vec<u8> },
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
}

impl RingVerifier {
    /// A key is of use for the one algorithm of its kind, and for no other.
    fn new(algorithm: Algorithm, key: &DecodingKey) -> Result<RingVerifier> {
        if algorithm.family() != key.family() {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Ok(match (algorithm, key.kind()) {
            (Algorithm::HS256, DecodingKeyKind::SecretOrDer(secret)) => {
                RingVerifier::Hs256(hmac::Key::new(hmac::HMAC_SHA256, secret))
            }
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RingVerifier::Rs256 {
                    n: n.clone(),
                    e: e.clone(),
                }
            }
            (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => {
                RingVerifier::Es256(point.clone())
            }
            (Algorithm::EdDSA, DecodingKeyKind::SecretOrDer(point)) => {
                RingVerifier::EdDsa(point.clone())
            }
            _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
        })
    }
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), Error> {
        match self {
            RingVerifier::Hs256(key) => hmac::verify(key, message, tag),
            RingVerifier::Rs256 { n, e } => signature::RsaPublicKeyComponents { n, e }.verify(
                &signature::RSA_PKCS1_2048_8192_SHA256,
                message,
                tag,
            ),
            RingVerifier::Es256(point) => {
                signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, tag)
            }
            RingVerifier::EdDsa(point) => {
                signature::UnparsedPublicKey::new(&signature::ED25519, point).verify(message, tag)
            }
        }
        .map_err(|ring::error::Unspecified| Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        match self {
            RingVerifier::Hs256(_) => Algorithm::HS256,
            RingVerifier::Rs256 { .. } => Algorithm::RS256,
            RingVerifier::Es256(_) => Algorithm::ES256,
            RingVerifier::EdDsa(_) => Algorithm::EdDSA,
        }
    }
}
