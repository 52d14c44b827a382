//! Tokens that are taken and tokens that are not. Those of public keys are signed here, by `ring`.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Header and claims as they are signed, and the signature that `sign` gives them.
fn token(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!(
        "{}.{}",
        BASE64.encode(header.to_string()),
        BASE64.encode(claims.to_string())
    );
    let signature = BASE64.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn by_secret(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

fn hs256(claims: &Value) -> String {
    token(
        &json!({"alg": "HS256", "typ": "JWT"}),
        claims,
        by_secret(SECRET.as_bytes()),
    )
}

fn shared() -> Options {
    Options {
        secret: Some(SECRET.into()),
        ..Options::default()
    }
}

fn told(verifier: &Verifier, token: &str) -> Result<String, Unproven> {
    let caller = verifier.caller(token)?;
    assert!(!caller.open);
    let Caller {
        account, role, agent, ..
    } = caller;
    Ok(format!(
        "{} {} {}",
        role.name(),
        account.unwrap_or_default(),
        agent.unwrap_or_default()
    ))
}

#[test]
fn claims_say_who_calls() {
    let verifier = Verifier::new(shared()).unwrap().unwrap();
    let soon = now() + 600;
    for (claims, expected) in [
        (
            json!({"sub": "ana", "role": "agent", "account": "acme", "exp": soon, "more": [1]}),
            Ok("agent acme ana"),
        ),
        (
            json!({"sub": "mia", "role": "manager", "exp": soon}),
            Ok("manager  mia"),
        ),
        (json!({"sub": "job", "role": "producer", "exp": soon}), Ok("producer  ")),
        (
            json!({"role": "administrator", "account": "acme", "exp": soon}),
            Ok("administrator acme "),
        ),
        (
            json!({"sub": "ana", "role": "agent", "exp": soon, "nbf": now() + 30, "aud": "whoever"}),
            Ok("agent  ana"),
        ),
        (json!({"sub": "ops", "role": "operator", "exp": soon}), Ok("operator  ")),
        (
            json!({"role": "operator", "account": "acme", "exp": soon}),
            Err(Unproven::Claims("an operator is of no account, and it has `account`")),
        ),
        (
            json!({"role": "agent", "exp": soon}),
            Err(Unproven::Claims("it has no `sub`, the id of the agent")),
        ),
        (
            json!({"sub": " ", "role": "agent", "exp": soon}),
            Err(Unproven::Claims("it has no `sub`, the id of the agent")),
        ),
        (
            json!({"sub": "ana", "exp": soon}),
            Err(Unproven::Claims("it has no `role`")),
        ),
        (
            json!({"sub": "ana", "role": "owner", "exp": soon}),
            Err(Unproven::Claims(
                "its claims are not `sub`, `role` and `account` as texts",
            )),
        ),
        (
            json!({"sub": "ana", "role": "agent"}),
            Err(Unproven::Claims("it lacks `exp`, `iss` or `aud`")),
        ),
        (
            json!({"sub": "ana", "role": "agent", "exp": now() - 120}),
            Err(Unproven::Claims("it has expired")),
        ),
        (
            json!({"sub": "ana", "role": "agent", "exp": soon, "nbf": now() + 300}),
            Err(Unproven::Claims("it is not valid yet")),
        ),
    ] {
        let told = told(&verifier, &hs256(&claims));
        assert_eq!(told.as_deref().map_err(|why| *why), expected, "{claims}");
    }
    for claims in [
        json!({"sub": "ana", "role": "agent", "exp": "never"}),
        json!({"sub": "ana", "role": "agent", "exp": soon, "nbf": "soon"}),
    ] {
        assert!(told(&verifier, &hs256(&claims)).is_err(), "{claims}");
    }
}

#[test]
fn issuer_and_audience_must_be_ours_where_they_are_set() {
    let options = Options {
        issuer: Some("https://id.example".to_owned()),
        audience: Some("origem".to_owned()),
        ..shared()
    };
    let verifier = Verifier::new(options).unwrap().unwrap();
    for (issuer, audience, taken) in [
        (json!("https://id.example"), json!("origem"), true),
        (json!("https://id.example"), json!(["other", "origem"]), true),
        (json!("https://id.example"), json!("other"), false),
        (json!("https://evil.example"), json!("origem"), false),
        (Value::Null, json!("origem"), false),
        (json!("https://id.example"), Value::Null, false),
    ] {
        let mut claims = json!({"sub": "ana", "role": "agent", "exp": now() + 600});
        for (name, value) in [("iss", &issuer), ("aud", &audience)] {
            if !value.is_null() {
                claims[name] = value.clone();
            }
        }
        assert_eq!(told(&verifier, &hs256(&claims)).is_ok(), taken, "{claims}");
    }
}

#[test]
fn what_is_not_signed_by_us_is_nobodys() {
    let verifier = Verifier::new(shared()).unwrap().unwrap();
    let claims = json!({"sub": "ana", "role": "operator", "exp": now() + 600});
    let good = hs256(&claims);
    let (message, _) = good.rsplit_once('.').unwrap();
    let (_, signature) = good.rsplit_once('.').unwrap();
    let other = json!({"sub": "bia", "role": "operator", "exp": now() + 600});
    let head = BASE64.encode(json!({"alg": "HS256"}).to_string());
    for bad in [
        token(&json!({"alg": "none"}), &claims, |_| Vec::new()),
        token(&json!({"alg": "None"}), &claims, |_| Vec::new()),
        format!("{message}."),
        message.to_owned(),
        format!("{head}.{}.{signature}", BASE64.encode(other.to_string())),
        token(
            &json!({"alg": "HS256"}),
            &claims,
            by_secret(b"another secret that is long enough"),
        ),
        // Longer hashes with the same secret, and algorithms that nobody set a key for.
        token(&json!({"alg": "HS512"}), &claims, by_secret(SECRET.as_bytes())),
        token(&json!({"alg": "RS256"}), &claims, by_secret(SECRET.as_bytes())),
        token(&json!({"typ": "JWT"}), &claims, by_secret(SECRET.as_bytes())),
        String::new(),
        "..".to_owned(),
        "a.b.c.d".to_owned(),
    ] {
        assert_eq!(told(&verifier, &bad), Err(Unproven::Unknown), "{bad}");
    }
    assert!(told(&verifier, &good).is_ok());
}

/// A key pair of each kind, as its public key and what signs.
fn pairs() -> (Value, EcdsaKeyPair, Value, Ed25519KeyPair) {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).unwrap();
    let point = ec.public_key().as_ref()[1..].to_vec();
    let ec_public = json!({"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig",
        "x": BASE64.encode(&point[..32]), "y": BASE64.encode(&point[32..])});
    let made = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let ed = Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap();
    let ed_public = json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "alg": "EdDSA", "x": BASE64.encode(ed.public_key().as_ref())});
    (ec_public, ec, ed_public, ed)
}

#[test]
fn public_keys_of_a_file_check_tokens_and_may_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let (ec_public, ec, ed_public, ed) = pairs();
    // Keys of kinds that are not known, and for other uses, are passed over.
    let unknown = json!({"kty": "XX", "crv": "P-1"});
    let of_wrapping = json!({"kty": "oct", "k": BASE64.encode(SECRET), "kid": "oct"});
    fs::write(
        &file,
        json!({"keys": [unknown, of_wrapping, ec_public, ed_public]}).to_string(),
    )
    .unwrap();
    let options = Options {
        jwks_file: Some(file.clone()),
        ..Options::default()
    };
    let verifier = Verifier::new(options).unwrap().unwrap();
    let claims = json!({"sub": "ana", "role": "agent", "exp": now() + 600});
    let by_ec = |message: &[u8]| ec.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec();
    let by_ed = |message: &[u8]| ed.sign(message).as_ref().to_vec();
    let ec_bytes = ec.public_key().as_ref().to_vec();
    let cases = [
        (token(&json!({"alg": "ES256", "kid": "ec"}), &claims, by_ec), true),
        (token(&json!({"alg": "ES256"}), &claims, by_ec), true),
        (token(&json!({"alg": "EdDSA", "kid": "ed"}), &claims, by_ed), true),
        (token(&json!({"alg": "EdDSA", "kid": "ec"}), &claims, by_ed), false),
        (token(&json!({"alg": "ES256", "kid": "gone"}), &claims, by_ec), false),
        (token(&json!({"alg": "ES256", "kid": "ec"}), &claims, by_ed), false),
        // A public key, which everybody has, is no shared secret; nor is one that lies among them.
        (
            token(&json!({"alg": "HS256", "kid": "ec"}), &claims, by_secret(&ec_bytes)),
            false,
        ),
        (
            token(
                &json!({"alg": "HS256", "kid": "oct"}),
                &claims,
                by_secret(SECRET.as_bytes()),
            ),
            false,
        ),
        (
            token(&json!({"alg": "none", "kid": "ec"}), &claims, |_| Vec::new()),
            false,
        ),
    ];
    for (token, taken) in &cases {
        assert_eq!(told(&verifier, token).is_ok(), *taken, "{token}");
    }

    fs::write(&file, json!({"keys": [ed_public]}).to_string()).unwrap();
    verifier.jwks.as_ref().unwrap().expire();
    assert_eq!(told(&verifier, &cases[0].0), Err(Unproven::Unknown));
    assert!(told(&verifier, &cases[2].0).is_ok());
    // Half a file locks nobody out.
    fs::write(&file, "{\"keys\":").unwrap();
    verifier.jwks.as_ref().unwrap().expire();
    assert!(told(&verifier, &cases[2].0).is_ok());
}

/// A token by a key that OpenSSL made, for `ring` makes none of RSA.
#[test]
fn tokens_signed_by_rsa_are_taken() {
    let vector: Value = serde_json::from_str(include_str!("rsa.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    fs::write(&file, vector["jwks"].to_string()).unwrap();
    let options = Options {
        jwks_file: Some(file),
        ..Options::default()
    };
    let verifier = Verifier::new(options).unwrap().unwrap();
    for (name, taken) in [
        ("rs256", true),
        ("ps256", true),
        ("rs256_expired", false),
        ("rs256_by_another", false),
    ] {
        let token = vector[name].as_str().unwrap();
        assert_eq!(told(&verifier, token).is_ok(), taken, "{name}");
    }
}

#[test]
fn settings_that_protect_nothing_are_refused() {
    assert!(Verifier::new(Options::default()).unwrap().is_none());
    let short = Options {
        secret: Some("short".into()),
        ..Options::default()
    };
    let said = Verifier::new(short).unwrap_err().to_string();
    assert!(
        said.contains("has 5 bytes, it needs 32") && said.contains("openssl rand"),
        "{said}"
    );
    let folder = tempfile::tempdir().unwrap();
    for (content, expected) in [
        (None, "cannot read"),
        (Some("[]"), "is not a JSON Web Key Set"),
        (Some(r#"{"keys":[]}"#), "has no public key"),
        (Some(r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#), "has no public key"),
    ] {
        let file = folder.path().join("jwks.json");
        if let Some(content) = content {
            fs::write(&file, content).unwrap();
        }
        let options = Options {
            jwks_file: Some(file),
            ..Options::default()
        };
        let error = Verifier::new(options).unwrap_err();
        let said = std::error::Error::source(&error).unwrap().to_string();
        assert!(said.contains(expected), "{said}");
    }
}
