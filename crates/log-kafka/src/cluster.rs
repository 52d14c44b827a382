//! How a cluster is reached: settings that every client of it shares.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::ClientConfig;

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
}

impl Cluster {
    /// A cluster that asks for neither encryption nor a name.
    #[must_use]
    pub fn new(bootstrap: &str) -> Self {
        Self {
            bootstrap: bootstrap.to_owned(),
            client_id: "origem".to_owned(),
            properties: BTreeMap::new(),
        }
    }

    /// The configuration of a client: `defaults`, then the properties of the cluster, then `fixed`.
    pub(crate) fn client(&self, defaults: &[(&str, &str)], fixed: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config.set("client.id", &self.client_id);
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
}

/// Properties may hold passwords.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("bootstrap", &self.bootstrap)
            .field("client_id", &self.client_id)
            .field("properties", &self.properties.keys())
            .finish()
    }
}
