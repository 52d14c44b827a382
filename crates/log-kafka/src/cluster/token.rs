//! The token of OAUTHBEARER, read anew from its file at every refresh, so that whoever rotates it only writes the file.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rdkafka::client::OAuthToken;
use serde::Deserialize;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("sasl.mechanism is OAUTHBEARER but no token file is set")]
    NoFile,
    #[error("cannot read the token file {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the token in {} is not a JSON web token with `sub` and `exp`", path.display())]
    NotAToken { path: PathBuf },
}

/// What librdkafka asks to be told about a token; the broker checks the rest.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// Seconds since 1970; may have a fraction.
    exp: f64,
}

/// Reads the token in `path`.
pub(crate) fn read(path: Option<&Path>) -> Result<OAuthToken, TokenError> {
    let path = path.ok_or(TokenError::NoFile)?;
    let text = std::fs::read_to_string(path).map_err(|source| TokenError::Read {
        path: path.to_owned(),
        source,
    })?;
    let token = text.trim();
    let claims = claims(token).ok_or_else(|| TokenError::NotAToken { path: path.to_owned() })?;
    Ok(OAuthToken {
        token: token.to_owned(),
        principal_name: claims.sub,
        lifetime_ms: (claims.exp * 1_000.0) as i64,
    })
}

fn claims(token: &str) -> Option<Claims> {
    let body = token.split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::read;

    #[test]
    fn subject_and_expiry_are_read() {
        let token = |claims: &str| format!("e30.{}.", URL_SAFE_NO_PAD.encode(claims));
        let cases = [
            (
                token(r#"{"sub":"ana","exp":1790000000}"#),
                Some(("ana", 1_790_000_000_000)),
            ),
            (
                token(r#"{"sub":"ana","exp":1790000000.5,"x":1}"#),
                Some(("ana", 1_790_000_000_500)),
            ),
            (
                format!("\n{}\n", token(r#"{"sub":"ana","exp":1}"#)),
                Some(("ana", 1_000)),
            ),
            (token(r#"{"sub":"ana"}"#), None),
            (token("no json"), None),
            ("opaque".to_owned(), None),
            (String::new(), None),
        ];
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        for (text, expected) in cases {
            std::fs::write(&path, &text).unwrap();
            let token = read(Some(&path)).ok();
            let told = token
                .as_ref()
                .map(|token| (token.principal_name.as_str(), token.lifetime_ms));
            assert_eq!(told, expected, "{text}");
        }
        assert!(read(None).is_err());
        assert!(read(Some(&directory.path().join("missing"))).is_err());
    }
}
