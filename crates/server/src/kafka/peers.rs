//! The way to the other instances: their addresses from the group, their answers over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use origem_domain::key::Secret;
use origem_domain::position::Partition;
use origem_engine::Peers;
use origem_log_kafka::{Membership, Owner};

use crate::kafka::card::{self, Card};

/// How long reaching it may take.
const CONNECTING: Duration = Duration::from_secs(1);
/// How long one that was silent is not asked again.
const REST: Duration = Duration::from_secs(3);

/// The other instances of the group.
pub struct Others {
    /// Whoever holds a membership keeps the place in the group.
    membership: Weak<Membership>,
    own: Card,
    secret: Secret,
    /// What says that a question comes from one of us.
    bearer: String,
    agent: ureq::Agent,
    silent: Mutex<Silent>,
}

impl Others {
    pub fn new(membership: &Arc<Membership>, own: Card, secret: &Secret) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(true)
            .timeout_connect(Some(CONNECTING))
            .build()
            .into();
        Self {
            membership: Arc::downgrade(membership),
            own,
            secret: secret.clone(),
            bearer: format!("Bearer {}", card::token(secret)),
            agent,
            silent: Mutex::default(),
        }
    }

    /// The addresses of other instances by partition.
    fn addresses(&self, owners: BTreeMap<Partition, Owner>) -> Vec<(Partition, String)> {
        let others = owners.into_iter().filter_map(|(partition, owner)| {
            let card = Card::ours(&owner, &self.secret)?;
            (card.url != self.own.url).then_some((partition, card.url))
        });
        others.collect()
    }

    fn silent<T>(&self, of: impl FnOnce(&mut Silent) -> T) -> T {
        of(&mut self.silent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Peers for Others {
    fn owners(&self) -> Vec<(Partition, String)> {
        let membership = self.membership.upgrade();
        membership
            .map(|membership| self.addresses(membership.owners()))
            .unwrap_or_default()
    }

    fn ask(&self, address: &str, question: &[u8], patience: Duration) -> Result<Vec<u8>, String> {
        if !self.silent(|silent| silent.may_be_asked(address, Instant::now())) {
            return Err(format!("{address}: it did not answer a moment ago"));
        }
        let asked = self
            .agent
            .post(format!("{address}/internal/v1/ask"))
            .header("authorization", &self.bearer)
            .header("content-type", "application/octet-stream")
            .config()
            .timeout_global(Some(patience))
            .build()
            .send(question);
        let answered = asked.and_then(|mut answer| answer.body_mut().with_config().limit(u64::MAX).read_to_vec());
        // Who refuses says so at once; only waiting is to be spared.
        let was_silent = matches!(answered, Err(ureq::Error::Timeout(_)));
        self.silent(|silent| silent.learn(address, was_silent, Instant::now()));
        answered.map_err(|error| format!("{address}: {error}"))
    }
}

/// Instances that did not answer, and when one caller may try again whether they do. The others go on without waiting.
#[derive(Default)]
struct Silent(BTreeMap<String, Instant>);

impl Silent {
    fn may_be_asked(&mut self, address: &str, now: Instant) -> bool {
        match self.0.get_mut(address) {
            None => true,
            Some(again) if now < *again => false,
            Some(again) => {
                *again = now + REST;
                true
            }
        }
    }

    fn learn(&mut self, address: &str, was_silent: bool, now: Instant) {
        if was_silent {
            self.0.insert(address.to_owned(), now + REST);
        } else {
            self.0.remove(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_silent_is_asked_by_one_caller_after_a_rest() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut silent = Silent::default();
        for (millis, address, is_asked, is_silent) in [
            (0, "a", true, true),
            (100, "a", false, true),
            (100, "b", true, false),
            (2999, "a", false, true),
            (3000, "a", true, true),
            (5999, "a", false, false),
            (6000, "a", true, false),
            (6001, "a", true, false),
        ] {
            let asked = silent.may_be_asked(address, at(millis));
            assert_eq!(asked, is_asked, "{address} after {millis} ms");
            if asked {
                silent.learn(address, is_silent, at(millis));
            }
        }
        // While one tries, the others do not wait with it.
        silent.learn("a", true, at(7000));
        assert!(silent.may_be_asked("a", at(10_000)));
        assert!(!silent.may_be_asked("a", at(10_001)));
    }
}
