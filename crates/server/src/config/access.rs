//! By what callers prove who they are.

use std::path::PathBuf;
use std::sync::Arc;

use origem_access::{Secret, Settings, jwt};

use crate::config::{ConfigError, Resolved};

/// The settings under `access`, and the tokens of before.
pub fn settings(resolved: &Resolved) -> Result<Settings, ConfigError> {
    let secret = |key| resolved.optional(key).map(Secret::from);
    let jwt = jwt::Verifier::new(jwt::Options {
        secret: secret("access.jwt_secret"),
        jwks_file: resolved.optional("access.jwks_file").map(PathBuf::from),
        issuer: resolved.optional("access.jwt_issuer"),
        audience: resolved.optional("access.jwt_audience"),
    })?;
    Ok(Settings {
        account: resolved.get("account").0.to_owned(),
        operator_token: secret("operators.token"),
        producer_token: secret("producers.token"),
        jwt: jwt.map(Arc::new),
        open_metrics: flag(resolved, "access.open_metrics")?,
        attempts: Arc::default(),
    })
}

/// Whether the doors may stand open on any address.
pub fn is_open(resolved: &Resolved) -> Result<bool, ConfigError> {
    flag(resolved, "access.open")
}

fn flag(resolved: &Resolved, key: &'static str) -> Result<bool, ConfigError> {
    resolved.parse(key, "`true` or `false`", |value| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_proves() {
        let of = |told: &[(&'static str, &str)]| {
            let flags = told.iter().map(|(key, value)| (*key, (*value).to_owned()));
            settings(&Resolved::new(None, [], flags).unwrap())
        };
        assert!(!of(&[]).unwrap().is_set());
        for key in ["operators.token", "producers.token"] {
            assert!(of(&[(key, "token")]).unwrap().is_set(), "{key}");
        }
        assert!(of(&[("access.jwt_secret", &"s".repeat(32))]).unwrap().is_set());
        let short = of(&[("access.jwt_secret", "short")]).unwrap_err();
        let source = std::error::Error::source(&short).unwrap().to_string();
        assert!(source.contains("it needs 32") && !source.contains("short"), "{source}");
        assert!(of(&[("access.jwks_file", "/nowhere/jwks.json")]).is_err());
        assert!(of(&[("access.open_metrics", "perhaps")]).is_err());
    }
}
