//! What has to hold after a kill: what was acknowledged is in the log where it was said to be, is folded once, and the views are the
//! fold of the log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use origem_codec as codec;
use origem_domain::event::Body;
use origem_domain::position::{Offset, Partition, Position};
use origem_log::ReadLimit;
use origem_log_segments::SegmentReader;
use origem_store_sled::{Options, SledGenerations};
use origem_views::generations::Generations as _;
use origem_views::thread::Thread;
use origem_views::{card, meta};

use crate::client::Told;
use crate::world::{World, fingerprint, folded_afresh};

/// What was found wrong; empty lists are what is wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Acknowledged, and not in the log at its place, or not in the views.
    pub lost: Vec<String>,
    /// In the views more than once.
    pub doubled: Vec<String>,
    /// Anything else that is not as it has to be.
    pub wrong: Vec<String>,
}

impl Found {
    pub fn add(&mut self, other: Self) {
        self.lost.extend(other.lost);
        self.doubled.extend(other.doubled);
        self.wrong.extend(other.wrong);
    }

    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Messages of the log from an offset on: ids by offset, and the keys that tell duplicates.
struct Messages {
    ids: BTreeMap<u64, String>,
    keys: BTreeSet<String>,
    tail: u64,
}

impl Messages {
    /// Reads a log that no process has open; changes nothing.
    fn read(data: &Path, from: u64) -> Self {
        let log = SegmentReader::open(&data.join("log")).unwrap();
        let (start, tail) = log.range();
        assert_eq!(start, Offset(0), "nothing is ever dropped here");
        let (mut ids, mut keys, mut next) = (BTreeMap::new(), BTreeSet::new(), Offset(from));
        while next < tail {
            let batch = log.read(next, ReadLimit::default()).unwrap();
            for (offset, bytes) in batch.iter() {
                let recorded = codec::decode(Position::new(0, offset.0), bytes).unwrap();
                keys.insert(recorded.event.dedup_key);
                let (Body::MessageReceived { message, .. } | Body::MessageSent { message, .. }) = recorded.event.body
                else {
                    panic!("nobody sent what stands at {offset}");
                };
                ids.insert(offset.0, message.id.unwrap());
            }
            next = batch.next();
        }
        Self {
            ids,
            keys,
            tail: tail.0,
        }
    }

    /// Acknowledgements that do not stand where they were said to.
    fn lost<'a>(&self, told: impl IntoIterator<Item = &'a Told>) -> Vec<String> {
        let mut lost = Vec::new();
        for told in told {
            for (back, id) in told.ids.iter().rev().enumerate() {
                let at = told.last - back as u64;
                if self.ids.get(&at) != Some(id) {
                    let there = self.ids.get(&at);
                    lost.push(format!(
                        "{id}, acknowledged at {at} in life {}: there is {there:?}",
                        told.life
                    ));
                }
            }
        }
        lost
    }
}

/// Looks whether what was just acknowledged is in the log. Quick: reads only from there on.
pub fn log_holds(data: &Path, told: &[&[Told]]) -> Found {
    let all = || told.iter().flat_map(|told| told.iter());
    let Some(from) = all().map(|told| told.last + 1 - told.ids.len() as u64).min() else {
        return Found::default();
    };
    Found {
        lost: Messages::read(data, from).lost(all()),
        ..Found::default()
    }
}

/// Looks at everything: the whole log, its checksums, every thread, and a fold of the log from the start.
pub fn everything(world: &World, told: &[&[Told]], name: &str) -> Found {
    let data = world.data();
    world.run(&["log", "verify"]).done();
    // Brings the views up to the log.
    world.run(&["query", "conversations", "--filter", "limit=1"]).done();
    let messages = Messages::read(&data, 0);
    let mut found = Found {
        lost: messages.lost(told.iter().flat_map(|told| told.iter())),
        ..Found::default()
    };
    // Within a connection, and so within a client, positions only grow.
    for told in told {
        let back = told.windows(2).filter(|pair| pair[1].last <= pair[0].last);
        found
            .wrong
            .extend(back.map(|pair| format!("{} was acknowledged after {}", pair[1].last, pair[0].last)));
    }
    views_hold(&data, &messages, &mut found);
    let (served, afresh) = (fingerprint(&data), folded_afresh(&data, &world.path(name)));
    if served != afresh {
        found
            .wrong
            .push(format!("the views are {served:?}, and a fold of the log is {afresh:?}"));
    }
    std::fs::remove_dir_all(world.path(name)).unwrap();
    found
}

/// Every message of the log stands in one thread, once, and counts say so too.
fn views_hold(data: &Path, messages: &Messages, found: &mut Found) {
    let generations = SledGenerations::open(&data.join("views"), &Options::default()).unwrap();
    let store = generations.open(generations.standing().unwrap().serving).unwrap();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for id in card::all(&*store) {
        let lines = Thread::new(id.unwrap()).lines(&*store).unwrap();
        for id in lines.iter().filter_map(|line| line.message_id()) {
            *seen.entry(id.to_owned()).or_default() += 1;
        }
    }
    let logged: BTreeSet<&String> = messages.ids.values().collect();
    let missing = logged.iter().filter(|id| !seen.contains_key(**id));
    found
        .lost
        .extend(missing.map(|id| format!("{id} is in the log and in no thread")));
    let doubled = seen.iter().filter(|(_, times)| **times != 1);
    found
        .doubled
        .extend(doubled.map(|(id, times)| format!("{id} stands {times} times")));
    let checkpoint = meta::checkpoint(&*store, Partition(0)).unwrap();
    let counted = (
        checkpoint.next.0,
        checkpoint.events,
        checkpoint.events - checkpoint.duplicates,
    );
    let there = (messages.tail, messages.tail, messages.keys.len() as u64);
    if counted != there {
        found
            .wrong
            .push(format!("the views count {counted:?}, the log {there:?}"));
    }
}
