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

use crate::kafka::keeper::Keeper;
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
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                sides.report();
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
    fn report(&self) {
        for shard in self.engine.shards() {
            self.membership
                .progress(shard.partition(), shard.progress().checkpoint.next);
        }
        if self.standbys > 0 {
            let owners = self.membership.owners().into_iter();
            let owners = owners
                .filter_map(|(partition, owner)| Some((partition, Card::of(&owner)?.url)))
                .collect();
            self.keeper.keep_warm(warm_at(&self.url, &owners, self.standbys));
        }
    }
}

/// The partitions of which the instance `own` keeps a warm copy: instances stand in a ring, and those behind the owner have
/// copies. Every instance finds the same from the same owners, so nobody has to tell.
fn warm_at(own: &str, owners: &BTreeMap<Partition, String>, standbys: usize) -> BTreeSet<Partition> {
    let ring: BTreeSet<&str> = owners.values().map(String::as_str).chain([own]).collect();
    let behind = |owner: &str| {
        let after = ring.range::<str, _>((Bound::Excluded(owner), Bound::Unbounded));
        let before = ring.range::<str, _>((Bound::Unbounded, Bound::Excluded(owner)));
        after.chain(before).take(standbys).any(|instance| *instance == own)
    };
    let warm = owners
        .iter()
        .filter(|(_, owner)| owner.as_str() != own && behind(owner));
    warm.map(|(partition, _)| *partition).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_behind_the_owner_have_copies() {
        let owners = [(0, "a"), (1, "b"), (2, "c"), (3, "a")];
        let owners: BTreeMap<_, _> = owners
            .map(|(partition, url)| (Partition(partition), url.to_owned()))
            .into();
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
            let warm: Vec<u32> = warm_at(own, &owners, standbys)
                .into_iter()
                .map(|partition| partition.0)
                .collect();
            assert_eq!(warm, expected, "{own} {standbys}");
        }
    }
}
