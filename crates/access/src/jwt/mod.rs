//! JSON Web Tokens of somebody else who knows our users: a shared secret (HS256), or a file of public keys (JWKS).
//!
//! `jsonwebtoken` reads and checks them; `ring`, which is here for TLS already, does the arithmetic. Whatever a key is made for
//! decides the algorithm, never the token: `none` is no algorithm, and no public key is ever taken for a shared secret.

mod crypto;
mod jwks;

use std::path::PathBuf;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use origem_domain::access::Role;
use serde::Deserialize;

pub use jwks::JwksError;

use crate::caller::Caller;
use crate::guard::Unproven;
use crate::secret::Secret;
use jwks::Jwks;

/// RFC 7518 3.2: a shared secret is at least as long as the hash.
const SECRET_BYTES_MIN: usize = 32;
/// How far clocks may be apart.
const LEEWAY_S: u64 = 60;

/// Whose tokens are taken.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The shared secret of HS256.
    pub secret: Option<Secret>,
    /// A file of public keys, as a JSON Web Key Set; read again when it changes.
    pub jwks_file: Option<PathBuf>,
    /// What `iss` must be.
    pub issuer: Option<String>,
    /// What `aud` must be, or hold.
    pub audience: Option<String>,
}

/// Why settings make no verifier.
#[derive(Debug, thiserror::Error)]
pub enum JwtError {
    /// Too short to withstand guessing.
    #[error("the secret of tokens has {bytes} bytes, it needs {SECRET_BYTES_MIN}: `openssl rand -hex 32` makes one")]
    Short {
        /// How many it has.
        bytes: usize,
    },
    /// The file of keys.
    #[error("the keys of tokens cannot be used")]
    Jwks(#[from] JwksError),
}

/// Checks tokens.
#[derive(Debug)]
pub struct Verifier {
    secret: Option<DecodingKey>,
    jwks: Option<Jwks>,
    issuer: Option<String>,
    audience: Option<String>,
}

/// What a token says. Others are passed over.
#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    sub: Option<String>,
    role: Option<Role>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

impl Verifier {
    /// A verifier of these settings; `None` where neither a secret nor a file is set.
    ///
    /// # Errors
    /// [`JwtError`].
    pub fn new(options: Options) -> Result<Option<Self>, JwtError> {
        let Options {
            secret,
            jwks_file,
            issuer,
            audience,
        } = options;
        if secret.is_none() && jwks_file.is_none() {
            return Ok(None);
        }
        if let Some(bytes) = secret.as_ref().map(|secret| secret.bytes().len())
            && bytes < SECRET_BYTES_MIN
        {
            return Err(JwtError::Short { bytes });
        }
        crypto::install();
        Ok(Some(Self {
            secret: secret.map(|secret| DecodingKey::from_secret(secret.bytes())),
            jwks: jwks_file.map(Jwks::open).transpose()?,
            issuer,
            audience,
        }))
    }

    /// Whose token it is. Reads the file of keys again if it has changed: rarely, and it is small.
    ///
    /// # Errors
    /// [`Unproven`].
    pub(crate) fn caller(&self, token: &str) -> Result<Caller, Unproven> {
        let header = decode_header(token).map_err(|_| Unproven::Unknown)?;
        let claims = match header.alg {
            Algorithm::HS256 => {
                let key = self.secret.as_ref().ok_or(Unproven::Unknown)?;
                self.claims(token, key, Algorithm::HS256)?
            }
            algorithm => {
                let keys = self.jwks.as_ref().ok_or(Unproven::Unknown)?.keys();
                let fitting = keys.iter().filter(|key| key.fits(header.kid.as_deref(), algorithm));
                let mut refusal = Unproven::Unknown;
                let found = fitting
                    .map(|key| self.claims(token, &key.key, algorithm))
                    .find_map(|told| told.map_err(|why| refusal = why).ok());
                found.ok_or(refusal)?
            }
        };
        of(claims)
    }

    /// What a token says, if that key signed it and it is of now.
    fn claims(&self, token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Claims, Unproven> {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_S;
        validation.validate_nbf = true;
        validation.set_required_spec_claims(&["exp"]);
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        match &self.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                validation.required_spec_claims.insert("aud".to_owned());
            }
            // Nobody said whom tokens are to be for.
            None => validation.validate_aud = false,
        }
        let token = decode::<Claims>(token, key, &validation).map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => Unproven::Claims("it has expired"),
            ErrorKind::ImmatureSignature => Unproven::Claims("it is not valid yet"),
            ErrorKind::MissingRequiredClaim(_) => Unproven::Claims("it lacks `exp`, `iss` or `aud`"),
            ErrorKind::InvalidIssuer => Unproven::Claims("it is of another issuer"),
            ErrorKind::InvalidAudience => Unproven::Claims("it is for another audience"),
            ErrorKind::Json(_) => Unproven::Claims("its claims are not `sub`, `role` and `account` as texts"),
            _ => Unproven::Unknown,
        })?;
        Ok(token.claims)
    }
}

/// Whom the claims name.
fn of(claims: Claims) -> Result<Caller, Unproven> {
    let Claims {
        sub,
        role,
        account,
        name,
    } = claims;
    let told = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let role = role.ok_or(Unproven::Claims("it has no `role`"))?;
    let agent = told(sub).filter(|_| !matches!(role, Role::Operator | Role::Producer));
    if role == Role::Agent && agent.is_none() {
        return Err(Unproven::Claims("it has no `sub`, the id of the agent"));
    }
    let account = told(account);
    if role == Role::Operator && account.is_some() {
        return Err(Unproven::Claims("an operator is of no account, and it has `account`"));
    }
    Ok(Caller {
        open: false,
        account,
        role,
        agent,
        name: told(name),
    })
}

#[cfg(test)]
mod tests;
