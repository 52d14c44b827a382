//! A file of public keys, read again when it changes: whoever rotates keys only writes the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use tracing::{info, warn};

/// How often the file is looked at, at most.
const LOOK: Duration = Duration::from_secs(1);
/// A file of keys has some kilobytes.
const BYTES_MAX: u64 = 1 << 20;

/// Why a file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no set of keys.
    #[error("{} is not a JSON Web Key Set", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// It has none that can check a signature.
    #[error(
        "{} has no public key to check signatures with: RSA, EC (P-256, P-384) or Ed25519; a shared secret is a setting of its own",
        path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// Longer than any set of keys.
    #[error("{} is longer than {BYTES_MAX} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
}

/// A public key, and what it is for.
pub(super) struct PublicKey {
    id: Option<String>,
    algorithms: &'static [Algorithm],
    pub(super) key: DecodingKey,
}

impl PublicKey {
    /// Whether a token of that header may be signed by it.
    pub(super) fn fits(&self, id: Option<&str>, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm) && (id.is_none() || self.id.as_deref() == id)
    }
}

/// The keys of a file.
pub(super) struct Jwks {
    path: PathBuf,
    latest: Mutex<Latest>,
}

struct Latest {
    keys: Arc<Vec<PublicKey>>,
    /// What the file was like when it was read.
    stamp: Option<(SystemTime, u64)>,
    looked_at: Instant,
}

impl Jwks {
    /// Reads the file.
    ///
    /// # Errors
    /// [`JwksError`].
    pub(super) fn open(path: PathBuf) -> Result<Self, JwksError> {
        let stamp = stamp(&path);
        let keys = Arc::new(read(&path)?);
        let latest = Latest {
            keys,
            stamp,
            looked_at: Instant::now(),
        };
        Ok(Self {
            path,
            latest: Mutex::new(latest),
        })
    }

    /// The keys as they are now. If the file cannot be used any more, those it had last: a slip in rotating locks nobody out.
    pub(super) fn keys(&self) -> Arc<Vec<PublicKey>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.looked_at.elapsed() >= LOOK {
            latest.looked_at = Instant::now();
            self.look(&mut latest);
        }
        Arc::clone(&latest.keys)
    }

    fn look(&self, latest: &mut Latest) {
        let stamp = stamp(&self.path);
        if stamp == latest.stamp {
            return;
        }
        latest.stamp = stamp;
        match read(&self.path) {
            Ok(keys) => {
                info!(file = %self.path.display(), keys = keys.len(), "the keys of tokens were read again");
                latest.keys = Arc::new(keys);
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                warn!(error, "the keys of tokens cannot be read again; those of before stay");
            }
        }
    }

    /// Lets the file be looked at again at once.
    #[cfg(test)]
    pub(super) fn expire(&self) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.looked_at = Instant::now().checked_sub(LOOK).unwrap_or(latest.looked_at);
        latest.stamp = None;
    }
}

impl std::fmt::Debug for Jwks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jwks").field("path", &self.path).finish_non_exhaustive()
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

fn read(path: &Path) -> Result<Vec<PublicKey>, JwksError> {
    let failed = |source| JwksError::Read {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(failed)?.len() > BYTES_MAX {
        return Err(JwksError::TooLong { path: path.to_owned() });
    }
    let bytes = fs::read(path).map_err(failed)?;
    let set: Set = serde_json::from_slice(&bytes).map_err(|source| JwksError::Json {
        path: path.to_owned(),
        source,
    })?;
    // RFC 7517 5: keys of kinds that are not known are passed over.
    let known = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
    let keys: Vec<PublicKey> = known.filter_map(|key| public_key(&key)).collect();
    if keys.is_empty() {
        return Err(JwksError::NoKey { path: path.to_owned() });
    }
    Ok(keys)
}

/// What checks signatures; `None` for keys of other kinds and uses.
fn public_key(jwk: &Jwk) -> Option<PublicKey> {
    let signs = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let algorithms = algorithms(&jwk.algorithm, jwk.common.key_algorithm)?;
    Some(PublicKey {
        id: jwk.common.key_id.clone(),
        algorithms,
        key: DecodingKey::from_jwk(jwk).ok().filter(|_| signs)?,
    })
}

/// The algorithms that a key may be used with: the one it names, if its kind has that, else those of its kind.
fn algorithms(kind: &AlgorithmParameters, named: Option<KeyAlgorithm>) -> Option<&'static [Algorithm]> {
    use Algorithm as A;
    let all: &'static [A] = match kind {
        AlgorithmParameters::RSA(_) => &[A::RS256, A::RS384, A::RS512, A::PS256, A::PS384, A::PS512],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[A::ES256],
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => &[A::ES384],
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[A::EdDSA],
        // Shared secrets have no place among public keys.
        _ => return None,
    };
    let Some(named) = named else { return Some(all) };
    let at = all
        .iter()
        .position(|algorithm| KeyAlgorithm::from(*algorithm) == named)?;
    all.get(at..=at)
}
