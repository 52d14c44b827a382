//! Who sent a delivery: signatures over the exact bytes, and bearer tokens. Checked before anything is parsed.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, Uri, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::error::Refusal;
use crate::options::{Credential, Options};

/// Meta's signature: `sha256=` and the HMAC of the exact bytes in hexadecimal, with any of `secrets`.
/// Source: reference/meta-platform.md 3.2.
pub(crate) fn meta(secrets: &[Credential], headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    if secrets.is_empty() {
        return Ok(());
    }
    let given = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    let tag = given.and_then(|text| text.strip_prefix("sha256=")).and_then(unhex);
    let tag = tag.ok_or(Refusal::Signature)?;
    let signed = |secret: &Credential| {
        Hmac::<Sha256>::new_from_slice(secret.bytes())
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(&tag).is_ok())
    };
    if secrets.iter().any(signed) {
        Ok(())
    } else {
        Err(Refusal::Signature)
    }
}

/// Twilio's signature: HMAC-SHA1 of the address and the sorted fields of the form; for other bodies of the address alone,
/// whose `bodySHA256` names the body. Source: twilio.com/docs/usage/webhooks/webhooks-security.
pub(crate) fn twilio(options: &Options, headers: &HeaderMap, uri: &Uri, body: &[u8]) -> Result<(), Refusal> {
    let Some(token) = &options.twilio_auth_token else {
        return Ok(());
    };
    let given = headers.get("x-twilio-signature").map(|value| value.as_bytes());
    let tag = given
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .ok_or(Refusal::Signature)?;
    let mut mac = Hmac::<Sha1>::new_from_slice(token.bytes()).map_err(|_| Refusal::Signature)?;
    mac.update(address(options, headers, uri).as_bytes());
    match named_hash(uri) {
        Some(hash) if unhex(&hash).is_none_or(|hash| hash[..] != Sha256::digest(body)[..]) => {
            return Err(Refusal::Signature);
        }
        Some(_) => {}
        None => {
            let fields: BTreeSet<_> = form_urlencoded::parse(body).collect();
            for (name, value) in fields {
                mac.update(name.as_bytes());
                mac.update(value.as_bytes());
            }
        }
    }
    mac.verify_slice(&tag).map_err(|_| Refusal::Signature)
}

/// A bearer token, where one is configured.
pub(crate) fn bearer(token: Option<&Credential>, headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(token) = token else {
        return Ok(());
    };
    let given = headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
    let given = given.and_then(|text| {
        let (scheme, given) = text.split_first_chunk::<7>()?;
        scheme.eq_ignore_ascii_case(b"bearer ").then_some(given)
    });
    if given.is_some_and(|given| token.is(given)) {
        Ok(())
    } else {
        Err(Refusal::Token)
    }
}

/// The address Twilio called, as far as we can tell.
fn address(options: &Options, headers: &HeaderMap, uri: &Uri) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    match &options.public_url {
        Some(base) => format!("{}{path}", base.trim_end_matches('/')),
        None => {
            let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
            format!("https://{}{path}", host.unwrap_or_default())
        }
    }
}

fn named_hash(uri: &Uri) -> Option<String> {
    let mut parameters = form_urlencoded::parse(uri.query()?.as_bytes());
    parameters
        .find(|(name, _)| name == "bodySHA256")
        .map(|(_, value)| value.into_owned())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}
