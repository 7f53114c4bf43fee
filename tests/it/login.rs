//! Whose tokens are believed: without the development issuer, those that a key of the configured set has signed.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use docket_infra::crypto::RootKey;
use docket_tests::server::BEGIN;
use docket_tests::{Socket, TestServer};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

/// An identity provider with one key.
struct Provider {
    key: Ed25519KeyPair,
}

impl Provider {
    fn new() -> Provider {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key is made");
        Provider {
            key: Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("the key is read"),
        }
    }

    fn write_keys(&self, file: &Path) {
        let x = URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref());
        let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "a", "x": x }] });
        std::fs::write(file, keys.to_string()).expect("the key set can be written");
    }

    fn token(&self, claims: &Value) -> String {
        let message = [json!({ "alg": "EdDSA", "kid": "a" }), claims.clone()]
            .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
            .join(".");
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// So many minutes after the tests' clock begins, in seconds since 1970.
fn after(minutes: i64) -> i64 {
    let begin: Timestamp = BEGIN.parse().expect("the beginning is a timestamp");
    begin.as_second() + minutes * 60
}

/// Emma, for an hour.
fn claims() -> Value {
    json!({
        "iss": "https://id.example",
        "aud": "docket",
        "sub": "emma",
        "tenant": "acme",
        "groups": ["crew"],
        "privileges": ["user"],
        "exp": after(60),
    })
}

async fn server(provider: &Provider) -> TestServer {
    TestServer::start_with(|config| {
        RootKey::create(&config.root_key()).expect("the root key can be made");
        let keys = config.data.with_extension("jwks");
        provider.write_keys(&keys);
        config.dev = false;
        config.identity.jwks_file = Some(keys);
        config.identity.issuer = Some("https://id.example".to_owned());
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_identity_provider_is_believed_and_no_other() {
    let provider = Provider::new();
    let server = server(&provider).await;
    let who = "{ viewer { tenant { name } user { name } groups privileges } }";
    let token = provider.token(&claims());
    let emma = server.nobody("whoever").bearing(token.clone());
    let viewer = emma.ok(who, json!({})).await["viewer"].clone();
    assert_eq!(
        viewer,
        json!({ "tenant": { "name": "acme" }, "user": { "name": "emma" }, "groups": ["crew"], "privileges": ["USER"] })
    );
    assert!(Socket::open(server.addr, &token).await.is_ok());

    let but = |claim: &str, value: Value| {
        let mut claims = claims();
        claims[claim] = value;
        provider.token(&claims)
    };
    let (header, rest) = token.split_once('.').expect("a token has three parts");
    let (_, signature) = rest.split_once('.').expect("a token has three parts");
    let mut promoted = claims();
    promoted["privileges"] = json!(["administrator"]);
    let promoted = URL_SAFE_NO_PAD.encode(promoted.to_string());
    for (what, token) in [
        ("of the development issuer", server.user("emma").token()),
        ("of another key", Provider::new().token(&claims())),
        ("changed", format!("{header}.{promoted}.{signature}")),
        (
            "of another issuer",
            but("iss", json!("https://evil.example")),
        ),
        ("for another audience", but("aud", json!("other"))),
        ("that has expired", but("exp", json!(after(-5)))),
        ("without a tenant", but("tenant", Value::Null)),
    ] {
        let refused = server.nobody("emma").bearing(token.clone());
        let answer = refused.send(who, json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
            "a token {what}: {answer}"
        );
        assert!(answer.get("data").is_none(), "a token {what}: {answer}");
        assert!(
            Socket::open(server.addr, &token).await.is_err(),
            "a token {what}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_development_the_clock_is_not_moved_and_no_tokens_are_given() {
    let server = server(&Provider::new()).await;
    for path in ["dev/clock", "dev/token"] {
        let asked = docket_tests::server::client()
            .post(format!("http://{}/{path}", server.addr))
            .json(&json!({ "advance": "PT1H" }))
            .send()
            .await
            .expect("the server answers");
        assert_eq!(asked.status().as_u16(), 404, "{path}");
    }
}
