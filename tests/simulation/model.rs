//! What the views have to be: the fold of a prefix of the log, one record after the other, in one lane, without any of the machinery
//! that is under test.

use std::collections::BTreeMap;
use std::sync::Arc;

use origem_domain::position::Position;
use origem_domain::rules::Rulebook;
use origem_projector::{Folding, Reading, decode, fold};
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
            let mut decoded = Vec::new();
            let position = Position::new(0, at);
            decode(position, &log[at as usize], &Reading::Recorded, &mut decoded);
            let folded = fold(&rows, &mut Settled::default(), &decoded, &self.folding).unwrap();
            let mut changes = folded.changes;
            counts::settle(&mut changes, &rows).unwrap();
            rows.commit(&changes);
        }
        let (rows, fingerprint) = hashed(rows);
        self.folded.insert(next, (rows, fingerprint));
        fingerprint
    }
}

fn hashed(rows: MapRows) -> (MapRows, u128) {
    let fingerprint = meta::fingerprint(&rows).unwrap();
    (rows, fingerprint)
}
