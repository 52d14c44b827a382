//! Between the group and this instance, every moment: how far our views are, of which partitions of others we keep warm
//! copies, and whether all have the same secret.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use origem_domain::position::Partition;
use origem_engine::Engine;
use origem_log_kafka::Membership;
use tracing::warn;

use crate::command::serve::Troubles;
use crate::data;
use crate::failure::Failure;
use crate::kafka::card::{Card, Standing, fingerprint};
use crate::kafka::keeper::{Keeper, Placement};

/// How often.
const INTERVAL: Duration = Duration::from_millis(200);

/// What a reporter works with.
pub struct Sides {
    pub engine: Arc<Engine>,
    pub membership: Arc<Membership>,
    pub keeper: Arc<Keeper>,
    /// Where we are asked.
    pub url: String,
    /// Warm copies of each partition.
    pub standbys: usize,
    /// Where it is told that this instance must not go on.
    pub troubles: Troubles,
}

/// A thread that tells the group how far we are.
pub struct Reporter {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Reporter {
    pub fn spawn(sides: Sides) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name("report".to_owned()).spawn(move || {
            let mut ring = Ring::new(&sides.url, sides.standbys);
            let mut strangers = BTreeMap::new();
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                sides.report(&mut ring, &mut strangers);
            }
        })?;
        Ok(Self { stop, thread })
    }

    /// Ends when the report at hand is given.
    pub fn end(self) {
        drop(self.stop);
        drop(self.thread.join());
    }
}

impl Sides {
    fn report(&self, ring: &mut Ring, strangers: &mut BTreeMap<Partition, Card>) {
        for shard in self.engine.shards() {
            self.membership
                .progress(shard.partition(), shard.progress().checkpoint.next);
        }
        let secret = self.engine.secret();
        let mut owners = BTreeMap::new();
        let mut others = BTreeMap::new();
        for (partition, owner) in self.membership.owners() {
            match Card::of(&owner) {
                Some(card) if card.standing(secret) == Standing::Ours => drop(owners.insert(partition, card.url)),
                Some(card) => drop(others.insert(partition, card)),
                None => {}
            }
        }
        self.keeper.place(ring.place(owners));
        if others != *strangers && self.judge(&others) {
            *strangers = others;
        }
    }

    /// Instances with different secrets give the same person different keys: all but those whose secret the log was written
    /// with must end, or while it names nobody, all but those with the least fingerprint. False if that cannot be told now.
    fn judge(&self, strangers: &BTreeMap<Partition, Card>) -> bool {
        let secret = self.engine.secret();
        for (partition, card) in strangers {
            if card.standing(secret) == Standing::Forged {
                warn!(%partition, url = card.url, "a card that was not written with our secret is ignored");
                continue;
            }
            let stays = match data::wrote(secret, self.engine.log()) {
                Ok(Some(wrote)) => wrote,
                Ok(None) => fingerprint(secret) < card.secret,
                Err(error) => {
                    warn!(%error, "cannot see which secret the log was written with; trying again");
                    return false;
                }
            };
            if stays {
                warn!(%partition, url = card.url, "an instance with another secret is in the group; it should end by itself");
            } else {
                self.troubles.end(another_secret(&card.url));
                break;
            }
        }
        true
    }
}

fn another_secret(url: &str) -> Failure {
    let advice =
        "give all instances of the group the same: set ORIGEM_SECRET, or copy secret.key of the one that goes on";
    format!("the instance at {url} has another secret; {advice}").into()
}

/// Instances stand in a ring by their addresses, and those behind an owner have copies of its partitions. Every instance finds
/// the same from the same owners, so nobody has to tell.
///
/// Who hands over leaves the table before another stands there, and just then copies are needed: an owner counts until there is
/// another.
struct Ring {
    own: String,
    standbys: usize,
    owners: BTreeMap<Partition, String>,
}

impl Ring {
    fn new(own: &str, standbys: usize) -> Self {
        Self {
            own: own.to_owned(),
            standbys,
            owners: BTreeMap::new(),
        }
    }

    /// What the table of `owners` means for us.
    fn place(&mut self, owners: BTreeMap<Partition, String>) -> Placement {
        let of_others = owners.iter().filter(|(_, owner)| **owner != self.own);
        let elsewhere = of_others.map(|(partition, _)| *partition).collect();
        self.owners.extend(owners);
        Placement {
            warm: self.warm(),
            elsewhere,
        }
    }

    /// The partitions of which we keep a warm copy.
    fn warm(&self) -> BTreeSet<Partition> {
        let own = self.own.as_str();
        let ring: BTreeSet<&str> = self.owners.values().map(String::as_str).chain([own]).collect();
        let behind = |owner: &str| {
            let after = ring.range::<str, _>((Bound::Excluded(owner), Bound::Unbounded));
            let before = ring.range::<str, _>((Bound::Unbounded, Bound::Excluded(owner)));
            after.chain(before).take(self.standbys).any(|instance| *instance == own)
        };
        let warm = self.owners.iter().filter(|(_, owner)| *owner != own && behind(owner));
        warm.map(|(partition, _)| *partition).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(owners: &[(u32, &str)]) -> BTreeMap<Partition, String> {
        let owner = |(partition, url): &(u32, &str)| (Partition(*partition), (*url).to_owned());
        owners.iter().map(owner).collect()
    }

    fn numbers(partitions: &BTreeSet<Partition>) -> Vec<u32> {
        partitions.iter().map(|partition| partition.0).collect()
    }

    #[test]
    fn those_behind_the_owner_have_copies() {
        let owners = table(&[(0, "a"), (1, "b"), (2, "c"), (3, "a")]);
        for (own, standbys, expected) in [
            ("b", 1, &[0, 3][..]),
            ("c", 1, &[1]),
            ("a", 1, &[2]),
            ("a", 2, &[1, 2]),
            ("a", 9, &[1, 2]),
            // Who owns nothing stands in the ring too.
            ("d", 1, &[2]),
            ("d", 0, &[]),
        ] {
            let placement = Ring::new(own, standbys).place(owners.clone());
            assert_eq!(numbers(&placement.warm), expected, "{own} {standbys}");
        }
    }

    #[test]
    fn copies_stay_until_another_owns_the_partition() {
        let mut ring = Ring::new("b", 1);
        for (owners, warm, elsewhere) in [
            (&[(0, "a"), (1, "b"), (2, "a")][..], &[0, 2][..], &[0, 2][..]),
            // It stops: nobody owns what it had, and that is when it is needed.
            (&[(1, "b")], &[0, 2], &[]),
            (&[], &[0, 2], &[]),
            // We take one over, a third instance takes the other.
            (&[(0, "b"), (1, "b")], &[2], &[]),
            (&[(0, "b"), (1, "b"), (2, "c")], &[2], &[2]),
            (&[(0, "b"), (1, "a"), (2, "c")], &[1], &[1, 2]),
        ] {
            let placement = ring.place(table(owners));
            assert_eq!(numbers(&placement.warm), warm, "{owners:?}");
            assert_eq!(numbers(&placement.elsewhere), elsewhere, "{owners:?}");
        }
    }
}
