//! Between the group and this instance, every moment: how far our views are, and of which partitions of others we keep warm
//! copies.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use origem_domain::position::Partition;
use origem_engine::Engine;
use origem_log_kafka::Membership;

use crate::kafka::keeper::{Keeper, Placement};
use crate::kafka::peers::Card;

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
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                sides.report(&mut ring);
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
    fn report(&self, ring: &mut Ring) {
        for shard in self.engine.shards() {
            self.membership
                .progress(shard.partition(), shard.progress().checkpoint.next);
        }
        let owners = self.membership.owners().into_iter();
        let owners = owners.filter_map(|(partition, owner)| Some((partition, Card::of(&owner)?.url)));
        self.keeper.place(ring.place(owners.collect()));
    }
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
