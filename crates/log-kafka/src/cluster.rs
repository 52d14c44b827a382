//! How a cluster is reached: settings that every client of it shares.

mod client;
mod context;
mod token;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

pub(crate) use client::Client;
pub(crate) use context::{Context, Report};

/// A Kafka cluster and the right to use it.
#[derive(Clone, PartialEq, Eq)]
pub struct Cluster {
    /// `host:port`, comma-separated: where to begin.
    pub bootstrap: String,
    /// What the broker's logs call us.
    pub client_id: String,
    /// Further properties by librdkafka's names: `security.protocol`, `sasl.mechanism`, `ssl.ca.location`, ... They win over
    /// what this crate sets, except for what its promises rest on.
    pub properties: BTreeMap<String, String>,
    /// For `sasl.mechanism` `OAUTHBEARER`: a file that holds a JSON web token, read again at every refresh.
    pub oauth_token_file: Option<PathBuf>,
}

impl Cluster {
    /// A cluster that asks for neither encryption nor a name.
    #[must_use]
    pub fn new(bootstrap: &str) -> Self {
        Self {
            bootstrap: bootstrap.to_owned(),
            client_id: "origem".to_owned(),
            properties: BTreeMap::new(),
            oauth_token_file: None,
        }
    }

    /// The configuration of a client: `defaults`, then the properties of the cluster, then `fixed`.
    pub(crate) fn client(&self, defaults: &[(&str, &str)], fixed: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config.set("client.id", &self.client_id);
        config.set_log_level(RDKafkaLogLevel::Warning);
        for (name, value) in defaults {
            config.set(*name, *value);
        }
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        for (name, value) in fixed {
            config.set(*name, *value);
        }
        config
    }

    /// The context of a client of this cluster: every client has one of its own, so that its troubles are its own.
    pub(crate) fn context(&self) -> Context {
        Context::new(self.oauth_token_file.clone())
    }
}

/// Properties may hold passwords.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("bootstrap", &self.bootstrap)
            .field("client_id", &self.client_id)
            .field("properties", &self.properties.keys())
            .field("oauth_token_file", &self.oauth_token_file)
            .finish()
    }
}
