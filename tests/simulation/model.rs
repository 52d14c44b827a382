//! What the views have to be: the fold of a prefix of the log, one record after the other, in one lane, without any of the machinery
//! that is under test. That fold would do with what comes again whatever the views do, so in the end it is compared with one of the
//! different events alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use origem_domain::position::Position;
use origem_domain::rules::Rulebook;
use origem_projector::{Decoded, Folding, Reading, decode, fold};
use origem_views::identity::Settled;
use origem_views::rows::MapRows;
use origem_views::{counts, meta};

/// Folds of prefixes of one log under one book of rules.
pub struct Model {
    folding: Folding,
    /// The rows after so many records, as far as somebody asked, and their hash.
    folded: BTreeMap<u64, (MapRows, u128)>,
}

impl Model {
    pub fn new(rulebook: &Arc<Rulebook>) -> Self {
        Self {
            folding: Folding {
                lanes: 1,
                rulebook: rulebook.clone(),
            },
            folded: BTreeMap::from([(0, hashed(MapRows::default()))]),
        }
    }

    /// What is behind `records` was not acknowledged, and is another by now.
    pub fn forget_from(&mut self, records: u64) {
        self.folded.retain(|next, _| *next <= records);
    }

    /// The hash of the views of the first `next` records.
    pub fn fingerprint(&mut self, log: &[Vec<u8>], next: u64) -> u128 {
        let (from, (rows, fingerprint)) = self.folded.range(..=next).next_back().unwrap();
        if *from == next {
            return *fingerprint;
        }
        let (from, mut rows) = (*from, rows.clone());
        for at in from..next {
            self.fold(&mut rows, &decoded(log, at));
        }
        let (rows, fingerprint) = hashed(rows);
        self.folded.insert(next, (rows, fingerprint));
        fingerprint
    }

    /// How many different events a log has, and the views of these alone, each where it stands first.
    pub fn different(&self, log: &[Vec<u8>]) -> (u64, MapRows) {
        let (mut rows, mut seen) = (MapRows::default(), BTreeSet::new());
        for at in 0..log.len() as u64 {
            let mut records = decoded(log, at);
            records.retain(|record| seen.insert(named(record)));
            self.fold(&mut rows, &records);
        }
        (seen.len() as u64, rows)
    }

    fn fold(&self, rows: &mut MapRows, records: &[Decoded]) {
        let folded = fold(rows, &mut Settled::default(), records, &self.folding).unwrap();
        let mut changes = folded.changes;
        counts::settle(&mut changes, rows).unwrap();
        rows.commit(&changes);
    }
}

fn decoded(log: &[Vec<u8>], at: u64) -> Vec<Decoded> {
    let mut decoded = Vec::new();
    decode(
        Position::new(0, at),
        &log[at as usize],
        &Reading::Recorded,
        &mut decoded,
    );
    decoded
}

/// What makes an event the same as another, by the words of the format and none of our hashes. What happens here is of one conversation
/// if it has one key on one channel.
fn named(record: &Decoded) -> String {
    match record {
        Decoded::Event(recorded) => {
            let event = &recorded.event;
            let kind = event.body.kind();
            format!("{} {:?} {kind:?} {}", event.account, event.channel, event.dedup_key)
        }
        Decoded::Undecodable { position, detail } => panic!("nobody wrote what stands at {position}: {detail}"),
    }
}

fn hashed(rows: MapRows) -> (MapRows, u128) {
    let fingerprint = meta::fingerprint(&rows).unwrap();
    (rows, fingerprint)
}
