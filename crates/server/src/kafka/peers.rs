//! The way to the other instances: their addresses from the group, their answers over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use origem_domain::key::Secret;
use origem_domain::position::Partition;
use origem_engine::Peers;
use origem_log_kafka::{Membership, Owner};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What an instance tells about itself in the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Where it is asked.
    pub url: String,
    /// Tells secrets apart without telling them.
    pub secret: String,
    /// Its version.
    pub version: String,
}

impl Card {
    /// The card of this instance.
    pub fn new(url: &str, secret: &Secret) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            secret: derived(secret, "fingerprint")[..16].to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// As text, for the group.
    pub fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// The card of an owner; `None` if it is none of ours.
    pub fn of(owner: &Owner) -> Option<Self> {
        serde_json::from_str(&owner.card).ok()
    }
}

/// The token that instances of one installation show each other.
pub fn token(secret: &Secret) -> String {
    derived(secret, "peer")
}

/// Something that follows from the secret and does not lead back to it, in hexadecimal.
fn derived(secret: &Secret, purpose: &str) -> String {
    let hash = Sha256::new()
        .chain_update(b"origem/")
        .chain_update(purpose)
        .chain_update(secret.bytes())
        .finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The other instances of the group.
pub struct Others {
    /// Whoever holds a membership keeps the place in the group.
    membership: Weak<Membership>,
    own: Card,
    token: String,
    agent: ureq::Agent,
}

impl Others {
    pub fn new(membership: &Arc<Membership>, own: Card, secret: &Secret) -> Self {
        /// An instance that is alive and cannot answer within this has more to do than it can.
        const PATIENCE: Duration = Duration::from_secs(10);
        const CONNECTING: Duration = Duration::from_secs(2);
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(true)
            .timeout_connect(Some(CONNECTING))
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        Self {
            membership: Arc::downgrade(membership),
            own,
            token: token(secret),
            agent,
        }
    }

    /// The addresses of other instances by partition.
    fn addresses(&self, owners: BTreeMap<Partition, Owner>) -> Vec<(Partition, String)> {
        let others = owners.into_iter().filter_map(|(partition, owner)| {
            let card = Card::of(&owner)?;
            (card != self.own).then_some((partition, card.url))
        });
        others.collect()
    }
}

impl Peers for Others {
    fn owners(&self) -> Vec<(Partition, String)> {
        let membership = self.membership.upgrade();
        membership
            .map(|membership| self.addresses(membership.owners()))
            .unwrap_or_default()
    }

    fn ask(&self, address: &str, question: &[u8]) -> Result<Vec<u8>, String> {
        let asked = self
            .agent
            .post(format!("{address}/internal/v1/ask"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/octet-stream")
            .send(question);
        let answered = asked.and_then(|mut answer| answer.body_mut().with_config().limit(u64::MAX).read_to_vec());
        answered.map_err(|error| format!("{address}: {error}"))
    }
}
