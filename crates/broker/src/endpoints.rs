//! How to reach a broker: addresses and credentials, also as environment variables.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The user of the clusters started here; clusters of others are told by `KAFKA_USER`.
pub(crate) const USER: &str = "origem";
/// The password of [`USER`]. Not a secret: these clusters listen on loopback only.
pub(crate) const PASSWORD: &str = "origem-password";

/// Where a cluster listens. Addresses are `bootstrap.servers` of Kafka clients: `host:port`, with commas between nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// Without TLS or login.
    pub bootstrap: String,
    /// The listeners with TLS or login. Absent for a cluster of others that names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure: Option<Secure>,
}

/// The listeners with TLS or login, and what is needed to use them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secure {
    /// TLS without login.
    pub ssl: String,
    /// Login without TLS, mechanisms as for `sasl_ssl`.
    pub sasl_plaintext: String,
    /// TLS and login: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER (unsecured tokens with a `sub` and an `exp`).
    pub sasl_ssl: String,
    /// The certificate of the authority that clients have to trust, a PEM file.
    pub ca_pem: PathBuf,
    /// The user that may log in.
    pub user: String,
    /// The password of the user.
    pub password: String,
}

const BOOTSTRAP: &str = "KAFKA_BOOTSTRAP";
const SSL: &str = "KAFKA_SSL_BOOTSTRAP";
const SASL_PLAINTEXT: &str = "KAFKA_SASL_PLAINTEXT_BOOTSTRAP";
const SASL_SSL: &str = "KAFKA_SASL_SSL_BOOTSTRAP";
const CA: &str = "KAFKA_CA";
const USER_NAME: &str = "KAFKA_USER";
const USER_PASSWORD: &str = "KAFKA_PASSWORD";

impl Endpoints {
    /// The cluster that the environment names, if it names one: `KAFKA_BOOTSTRAP`; the secure listeners if all of `KAFKA_SSL_BOOTSTRAP`,
    /// `KAFKA_SASL_PLAINTEXT_BOOTSTRAP`, `KAFKA_SASL_SSL_BOOTSTRAP`, `KAFKA_CA`, `KAFKA_USER` and `KAFKA_PASSWORD` are set too.
    /// `variable` looks one up.
    #[must_use]
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let given = |name| variable(name).filter(|value| !value.is_empty());
        let secure = || {
            Some(Secure {
                ssl: given(SSL)?,
                sasl_plaintext: given(SASL_PLAINTEXT)?,
                sasl_ssl: given(SASL_SSL)?,
                ca_pem: given(CA)?.into(),
                user: given(USER_NAME)?,
                password: given(USER_PASSWORD)?,
            })
        };
        Some(Self {
            bootstrap: given(BOOTSTRAP)?,
            secure: secure(),
        })
    }

    /// The environment variables that tell another process of this cluster.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![(BOOTSTRAP, self.bootstrap.clone())];
        if let Some(secure) = &self.secure {
            variables.extend([
                (SSL, secure.ssl.clone()),
                (SASL_PLAINTEXT, secure.sasl_plaintext.clone()),
                (SASL_SSL, secure.sasl_ssl.clone()),
                (CA, secure.ca_pem.display().to_string()),
                (USER_NAME, secure.user.clone()),
                (USER_PASSWORD, secure.password.clone()),
            ]);
        }
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Endpoints {
        Endpoints {
            bootstrap: "127.0.0.1:1".to_owned(),
            secure: Some(Secure {
                ssl: "127.0.0.1:2".to_owned(),
                sasl_plaintext: "127.0.0.1:3".to_owned(),
                sasl_ssl: "127.0.0.1:4".to_owned(),
                ca_pem: "/ca.pem".into(),
                user: "u".to_owned(),
                password: "p".to_owned(),
            }),
        }
    }

    #[test]
    fn the_environment_tells_the_same_cluster_again() {
        let plain = Endpoints { secure: None, ..all() };
        let cases: &[(&str, &[&str], Option<Endpoints>)] = &[
            ("everything is set", &[], Some(all())),
            ("no bootstrap", &[BOOTSTRAP], None),
            ("no authority", &[CA], Some(plain.clone())),
            ("no password", &[USER_PASSWORD], Some(plain.clone())),
            (
                "no login",
                &[SASL_PLAINTEXT, SASL_SSL, USER_NAME, USER_PASSWORD],
                Some(plain),
            ),
        ];
        for (case, missing, expected) in cases {
            let variables = all().environment();
            let lookup = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found
                    .filter(|_| !missing.contains(&name))
                    .map(|(_, value)| value.clone())
            };
            assert_eq!(Endpoints::from_environment(lookup), *expected, "{case}");
        }
    }

    #[test]
    fn an_empty_variable_is_none() {
        assert_eq!(Endpoints::from_environment(|_| Some(String::new())), None);
    }
}
