//! The client side of the API, for commands that ask a running server.

use std::io::Write;

use std::sync::OnceLock;

use axum::http::{Method, Request};
use serde_json::Value;

use crate::args::Identity;
use crate::failure::Failure;

/// The key that this process shows servers: told once, for all its questions.
static KEY: OnceLock<String> = OnceLock::new();

/// Takes the key that was told.
pub fn identify(identity: &Identity) -> Result<(), Failure> {
    let key = match (&identity.key, &identity.key_file) {
        (Some(key), _) => key.clone(),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| Failure::from(error).context(format!("cannot read the key from {}", file.display())))?,
        (None, None) => return Ok(()),
    };
    let key = key.trim();
    if !key.is_empty() {
        KEY.get_or_init(|| key.to_owned());
    }
    Ok(())
}

/// The header by which a command is known that was given before.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What to show a server: the key that was told, else the `token` of the settings.
fn shown(token: Option<&str>) -> Option<String> {
    let known = KEY.get().map(String::as_str).or(token);
    known.map(|key| format!("Bearer {key}"))
}

fn agent() -> ureq::Agent {
    // Errors of the server come with a body that says more than their number.
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

/// Asks a server; with a body of JSON, or with none. What is asked with a `key` is done once, however often it is asked.
pub fn send(
    method: &Method,
    url: &str,
    token: Option<&str>,
    key: Option<&str>,
    body: Option<&Value>,
) -> Result<Value, Failure> {
    let mut request = Request::builder().method(method).uri(url);
    if let Some(key) = key {
        request = request.header(IDEMPOTENCY_KEY, key);
    }
    if let Some(shown) = shown(token) {
        request = request.header("authorization", shown);
    }
    let mut response = match body {
        Some(body) => {
            let request = request.header("content-type", "application/json");
            agent().run(request.body(body.to_string())?)?
        }
        None => agent().run(request.body(())?)?,
    };
    let success = response.status().is_success();
    understood(
        success,
        &response.body_mut().with_config().limit(u64::MAX).read_to_vec()?,
    )
}

/// Writes what a server answers to `out` as it comes.
pub fn copy(url: &str, token: Option<&str>, out: &mut dyn Write) -> Result<(), Failure> {
    let mut request = agent().get(url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut response = request.call()?;
    if !response.status().is_success() {
        let told = response.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
        return understood(false, &told).map(drop);
    }
    std::io::copy(&mut response.body_mut().as_reader(), out)?;
    Ok(())
}

/// Posts a body to a server; gives its answer.
pub fn post(url: &str, token: Option<&str>, body: &[u8]) -> Result<Value, Failure> {
    let mut request = agent().post(url).header("content-type", "application/x-ndjson");
    if let Some(shown) = shown(token) {
        request = request.header("authorization", shown);
    }
    let mut response = request.send(body)?;
    let success = response.status().is_success();
    understood(
        success,
        &response.body_mut().with_config().limit(u64::MAX).read_to_vec()?,
    )
}

/// An answer of a server, or what it says about why there is none.
pub fn understood(success: bool, bytes: &[u8]) -> Result<Value, Failure> {
    // What is done and has nothing to tell.
    if success && bytes.is_empty() {
        return Ok(Value::Null);
    }
    let answer: Value = serde_json::from_slice(bytes).map_err(|error| {
        Failure::from(error).context("the server did not answer with JSON; is it an Origem server?")
    })?;
    if success {
        return Ok(answer);
    }
    let error = &answer["error"];
    let code = error["code"].as_str().unwrap_or("unknown");
    Err(format!(
        "{} ({code})",
        error["message"].as_str().unwrap_or("the request was refused")
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_server() {
        let failure = understood(
            false,
            br#"{"error":{"code":"not_found","message":"no conversation cv_1"}}"#,
        );
        assert!(format!("{:?}", failure.unwrap_err()).contains("no conversation cv_1 (not_found)"));
    }
}
