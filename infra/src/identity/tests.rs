use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use ring::{hmac, signature};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::*;
use crate::crypto::RootKey;

const NOW: i64 = 1_800_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn emma() -> Bearer {
    Bearer {
        tenant: "acme".to_owned(),
        user: "emma".into(),
        groups: vec!["employees".into(), "hr".into()],
        roles: vec!["employee".into()],
        privileges: vec![Privilege::User, Privilege::Instantiator],
        expires_at: at(NOW + 3_600),
    }
}

fn claims() -> Json {
    json!({
        "sub": "emma", "tenant": "acme", "aud": "docket", "iss": "https://id.example",
        "groups": ["employees", "hr"], "roles": ["employee"], "privileges": ["user", "instantiator"],
        "exp": NOW + 3_570,
    })
}

/// The claims with one of them replaced, or taken away by `null`.
fn claims_with(name: &str, value: Json) -> Json {
    let mut claims = claims();
    match value {
        Json::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

/// An identity provider with one key of each type.
struct Provider {
    folder: TempDir,
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Provider {
    fn new() -> Provider {
        let random = SystemRandom::new();
        let text: String = include_str!("tests/rsa_key.pkcs8.b64")
            .split_whitespace()
            .collect();
        let rsa = RsaKeyPair::from_pkcs8(&STANDARD.decode(text).unwrap()).unwrap();
        let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let ed = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
        Provider {
            folder: tempfile::tempdir().unwrap(),
            rsa,
            ec: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, ec.as_ref(), &random)
                .unwrap(),
            ed: Ed25519KeyPair::from_pkcs8(ed.as_ref()).unwrap(),
        }
    }

    fn modulus(&self) -> Vec<u8> {
        signature::RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key()).n
    }

    fn rsa_jwk(&self) -> Json {
        json!({"kty": "RSA", "kid": "r", "use": "sig", "alg": "RS256", "n": URL_SAFE_NO_PAD.encode(self.modulus()), "e": "AQAB"})
    }

    fn ec_jwk(&self) -> Json {
        let point = self.ec.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        json!({"kty": "EC", "kid": "e", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)})
    }

    fn ed_jwk(&self) -> Json {
        let x = URL_SAFE_NO_PAD.encode(self.ed.public_key().as_ref());
        json!({"kty": "OKP", "kid": "d", "crv": "Ed25519", "alg": "EdDSA", "x": x})
    }

    fn file(&self, keys: Json) -> PathBuf {
        let path = self.folder.path().join("jwks.json");
        std::fs::write(&path, json!({ "keys": keys }).to_string()).unwrap();
        path
    }

    fn load(&self, keys: Json) -> Result<Verifier, JwksError> {
        Verifier::jwks(&self.file(keys), Some("https://id.example"), "docket")
    }

    fn verifier(&self) -> Verifier {
        self.load(json!([self.rsa_jwk(), self.ec_jwk(), self.ed_jwk()]))
            .unwrap()
    }

    fn sign(&self, header: &Json, claims: &Json) -> String {
        let message = [header, claims]
            .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
            .join(".");
        let random = SystemRandom::new();
        let signature = match header["alg"].as_str().unwrap() {
            "RS256" => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                self.rsa
                    .sign(
                        &RSA_PKCS1_SHA256,
                        &random,
                        message.as_bytes(),
                        &mut signature,
                    )
                    .unwrap();
                signature
            }
            "ES256" => self
                .ec
                .sign(&random, message.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            "EdDSA" => self.ed.sign(message.as_bytes()).as_ref().to_vec(),
            _ => Vec::new(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn token(&self, claims: &Json) -> String {
        self.sign(&json!({"alg": "EdDSA", "kid": "d"}), claims)
    }
}

fn hs256(secret: &[u8], claims: &Json) -> String {
    let message = [json!({"alg": "HS256"}), claims.clone()]
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".");
    let tag = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, secret),
        message.as_bytes(),
    );
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

#[test]
fn what_the_development_issuer_issues_is_accepted() {
    let root = RootKey::random();
    let token = DevIssuer::new(&root).issue(&emma(), at(NOW));
    assert_eq!(Verifier::dev(&root).verify(&token, at(NOW)), Ok(emma()));
}

#[test]
fn a_development_token_ends_to_the_second() {
    let root = RootKey::random();
    let token = DevIssuer::new(&root).issue(&emma(), at(NOW));
    let verifier = Verifier::dev(&root);
    assert!(verifier.verify(&token, at(NOW + 3_599)).is_ok());
    assert_eq!(
        verifier.verify(&token, at(NOW + 3_600)),
        Err(Unauthenticated::Expired)
    );
}

#[test]
fn another_root_key_accepts_no_token() {
    let token = DevIssuer::new(&RootKey::random()).issue(&emma(), at(NOW));
    let verifier = Verifier::dev(&RootKey::random());
    assert_eq!(
        verifier.verify(&token, at(NOW)),
        Err(Unauthenticated::Signature)
    );
}

#[test]
fn each_kind_of_key_verifies_its_tokens() {
    let provider = Provider::new();
    let verifier = provider.verifier();
    for (algorithm, kid) in [("RS256", "r"), ("ES256", "e"), ("EdDSA", "d")] {
        let named = provider.sign(
            &json!({"alg": algorithm, "kid": kid, "typ": "JWT"}),
            &claims(),
        );
        assert_eq!(verifier.verify(&named, at(NOW)), Ok(emma()), "{algorithm}");
        let unnamed = provider.sign(&json!({"alg": algorithm}), &claims());
        assert_eq!(
            verifier.verify(&unnamed, at(NOW)),
            Ok(emma()),
            "{algorithm}"
        );
    }
}

#[test]
fn an_audience_may_be_one_of_several() {
    let provider = Provider::new();
    let token = provider.token(&claims_with("aud", json!(["other", "docket"])));
    assert_eq!(provider.verifier().verify(&token, at(NOW)), Ok(emma()));
}

#[test]
fn lists_may_be_missing_and_unknown_privileges_open_nothing() {
    let provider = Provider::new();
    let bare = json!({"sub": "emma", "tenant": "acme", "aud": "docket", "iss": "https://id.example", "exp": NOW + 10});
    let bearer = provider
        .verifier()
        .verify(&provider.token(&bare), at(NOW))
        .unwrap();
    assert!(bearer.groups.is_empty() && bearer.roles.is_empty() && bearer.privileges.is_empty());

    let odd = claims_with("privileges", json!(["root", "User", "monitor"]));
    let bearer = provider
        .verifier()
        .verify(&provider.token(&odd), at(NOW))
        .unwrap();
    assert_eq!(bearer.privileges, [Privilege::Monitor]);
}

#[test]
fn clocks_may_differ_by_half_a_minute() {
    let provider = Provider::new();
    let verifier = provider.verifier();
    let token = provider.token(&claims_with("exp", json!(NOW)));
    assert!(verifier.verify(&token, at(NOW + 29)).is_ok());
    assert_eq!(
        verifier.verify(&token, at(NOW + 30)),
        Err(Unauthenticated::Expired)
    );

    let token = provider.token(&claims_with("nbf", json!(NOW)));
    assert!(verifier.verify(&token, at(NOW - 30)).is_ok());
    assert_eq!(
        verifier.verify(&token, at(NOW - 31)),
        Err(Unauthenticated::NotYet)
    );
}

#[test]
fn claims_that_are_missing_or_wrong_are_refused() {
    let many: Vec<String> = (0..201).map(|i| format!("g{i}")).collect();
    let table = [
        ("iss", Json::Null, Unauthenticated::Issuer),
        (
            "iss",
            json!("https://evil.example"),
            Unauthenticated::Issuer,
        ),
        (
            "iss",
            json!(["https://id.example"]),
            Unauthenticated::Claims,
        ),
        ("aud", Json::Null, Unauthenticated::Claims),
        ("aud", json!("docket2"), Unauthenticated::Audience),
        ("aud", json!([]), Unauthenticated::Audience),
        ("exp", Json::Null, Unauthenticated::Claims),
        ("exp", json!("soon"), Unauthenticated::Claims),
        ("exp", json!(1e300), Unauthenticated::Claims),
        ("exp", json!(-1e300), Unauthenticated::Claims),
        ("exp", json!(NOW - 31), Unauthenticated::Expired),
        ("nbf", json!(NOW + 60), Unauthenticated::NotYet),
        ("nbf", json!("now"), Unauthenticated::Claims),
        ("tenant", Json::Null, Unauthenticated::Claims),
        ("tenant", json!(""), Unauthenticated::Claims),
        ("tenant", json!(["acme"]), Unauthenticated::Claims),
        ("tenant", json!("t".repeat(257)), Unauthenticated::Claims),
        ("sub", Json::Null, Unauthenticated::Claims),
        ("sub", json!(""), Unauthenticated::Claims),
        ("sub", json!("u".repeat(257)), Unauthenticated::Claims),
        ("groups", json!("hr"), Unauthenticated::Claims),
        ("groups", json!([1]), Unauthenticated::Claims),
        ("groups", json!([""]), Unauthenticated::Claims),
        ("groups", json!(many), Unauthenticated::Claims),
        ("roles", json!(many), Unauthenticated::Claims),
        ("privileges", json!(many), Unauthenticated::Claims),
        (
            "groups",
            json!(["g".repeat(9_000)]),
            Unauthenticated::TooLong,
        ),
    ];
    let provider = Provider::new();
    let verifier = provider.verifier();
    for (name, value, expected) in table {
        let token = provider.token(&claims_with(name, value.clone()));
        assert_eq!(
            verifier.verify(&token, at(NOW)),
            Err(expected),
            "{name}: {value}"
        );
    }
}

#[test]
fn the_token_does_not_choose_its_algorithm() {
    let provider = Provider::new();
    let verifier = provider.verifier();

    let unsigned = provider.sign(&json!({"alg": "none"}), &claims());
    assert_eq!(
        verifier.verify(&unsigned, at(NOW)),
        Err(Unauthenticated::Malformed)
    );

    // The public key as a secret: the classic confusion.
    let ed = provider.ed.public_key().as_ref();
    for secret in [
        ed,
        provider.ec.public_key().as_ref(),
        &provider.modulus(),
        b"",
    ] {
        let token = hs256(secret, &claims());
        assert_eq!(
            verifier.verify(&token, at(NOW)),
            Err(Unauthenticated::Algorithm)
        );
    }

    // A key of another type under the name that the token gives.
    let crossed = provider.sign(&json!({"alg": "EdDSA", "kid": "r"}), &claims());
    assert_eq!(
        verifier.verify(&crossed, at(NOW)),
        Err(Unauthenticated::Key)
    );
    let unknown = provider.sign(&json!({"alg": "RS384", "kid": "r"}), &claims());
    assert_eq!(
        verifier.verify(&unknown, at(NOW)),
        Err(Unauthenticated::Algorithm)
    );

    let dev = Verifier::dev(&RootKey::random());
    let foreign = provider.token(&claims());
    assert_eq!(
        dev.verify(&foreign, at(NOW)),
        Err(Unauthenticated::Algorithm)
    );
}

#[test]
fn a_key_inside_the_token_is_not_used() {
    let (provider, stranger) = (Provider::new(), Provider::new());
    let header = json!({"alg": "EdDSA", "jwk": stranger.ed_jwk()});
    let token = stranger.sign(&header, &claims());
    assert_eq!(
        provider.verifier().verify(&token, at(NOW)),
        Err(Unauthenticated::Signature)
    );
}

#[test]
fn critical_extensions_are_refused() {
    let provider = Provider::new();
    let header = json!({"alg": "EdDSA", "kid": "d", "crit": ["b64"], "b64": true});
    let token = provider.sign(&header, &claims());
    assert_eq!(
        provider.verifier().verify(&token, at(NOW)),
        Err(Unauthenticated::Malformed)
    );
}

#[test]
fn a_token_changed_anywhere_is_refused() {
    let root = RootKey::random();
    let verifier = Verifier::dev(&root);
    let token = DevIssuer::new(&root).issue(&emma(), at(NOW));
    for i in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(verifier.verify(&changed, at(NOW)).is_err(), "byte {i}");
        assert!(verifier.verify(&token[..i], at(NOW)).is_err(), "length {i}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let verifier = Verifier::dev(&RootKey::random());
    for text in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "Bearer x",
        "\u{fffd}.\u{fffd}.\u{fffd}",
    ] {
        assert_eq!(
            verifier.verify(text, at(NOW)),
            Err(Unauthenticated::Malformed),
            "{text}"
        );
    }
    let long = "A".repeat(8 * 1024 + 1);
    assert_eq!(
        verifier.verify(&long, at(NOW)),
        Err(Unauthenticated::TooLong)
    );
}

#[test]
fn keys_that_do_not_sign_are_left_out() {
    let provider = Provider::new();
    let mut sealing = provider.rsa_jwk();
    sealing["use"] = json!("enc");
    let mut other = provider.rsa_jwk();
    other["alg"] = json!("RS512");
    let secret = json!({"kty": "oct", "kid": "s", "k": "c2VjcmV0"});
    let p384 = json!({"kty": "EC", "kid": "p", "crv": "P-384", "x": "AA", "y": "AA"});
    let new = json!({"kty": "NEW", "kid": "n"});
    let left_out = json!([sealing, other, secret, p384, new]);
    assert!(matches!(
        provider.load(left_out.clone()),
        Err(JwksError::Empty { .. })
    ));

    let mut keys = left_out;
    keys.as_array_mut().unwrap().push(provider.ed_jwk());
    let verifier = provider.load(keys).unwrap();
    assert_eq!(
        verifier.verify(&provider.token(&claims()), at(NOW)),
        Ok(emma())
    );
    let confused = hs256(b"secret", &claims());
    assert_eq!(
        verifier.verify(&confused, at(NOW)),
        Err(Unauthenticated::Algorithm)
    );
}

#[test]
fn a_key_set_that_cannot_be_used_is_refused_by_name() {
    let provider = Provider::new();
    let mut short = provider.rsa_jwk();
    short["n"] = json!(URL_SAFE_NO_PAD.encode([0xff; 128]));
    let mut cut = provider.ec_jwk();
    cut["y"] = json!("AA");
    let mut odd = provider.ed_jwk();
    odd["x"] = json!("!");
    for bad in [short, cut, odd] {
        assert!(matches!(
            provider.load(json!([bad])),
            Err(JwksError::BadKey { index: 0, .. })
        ));
    }
    let twice = json!([provider.ed_jwk(), provider.ed_jwk()]);
    assert!(matches!(
        provider.load(twice),
        Err(JwksError::Ambiguous { .. })
    ));

    let path = provider.folder.path().join("none.json");
    let error = Verifier::jwks(&path, None, "docket").err().unwrap();
    assert!(error.to_string().contains("none.json"));
    std::fs::write(&path, "[]").unwrap();
    assert!(matches!(
        Verifier::jwks(&path, None, "docket"),
        Err(JwksError::Parse { .. })
    ));
}
