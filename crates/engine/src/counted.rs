//! For tests: the views of a script, and how many rows a question reads of them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use origem_domain::key::ConversationId;
use origem_domain::position::Partition;
use origem_domain::record::Recorded;
use origem_domain::rules::Rulebook;
use origem_log::MemoryLog;
use origem_projector::{Decoded, Folding, Reading, fold};
use origem_testkit::SECRET;
use origem_views::identity::{self, Settled};
use origem_views::layout::Scope;
use origem_views::meta::Checkpoint;
use origem_views::rows::{MapRows, Rows, RowsError, Scan};

use crate::shard::View;

static RULEBOOK: LazyLock<Arc<Rulebook>> = LazyLock::new(Arc::default);
static LOG: LazyLock<MemoryLog> = LazyLock::new(|| MemoryLog::new(1));

/// Rows that count how many of them were read.
pub(crate) struct Counted {
    pub(crate) rows: MapRows,
    read: AtomicUsize,
}

impl Counted {
    /// The views of records, folded a few at a time.
    pub(crate) fn of(records: &[Recorded], at_once: usize) -> Self {
        let (mut rows, mut settled) = (MapRows::default(), Settled::default());
        for part in records.chunks(at_once) {
            let batch: Vec<Decoded> = part.iter().map(|one| Decoded::Event(Box::new(one.clone()))).collect();
            let mut changes = fold(&rows, &mut settled, &batch, &Folding::in_lanes(1))
                .unwrap()
                .changes;
            origem_views::counts::settle(&mut changes, &rows).unwrap();
            rows.commit(&changes);
        }
        Self {
            rows,
            read: AtomicUsize::new(0),
        }
    }

    /// How many rows were read since it was last asked.
    pub(crate) fn read(&self) -> usize {
        self.read.swap(0, Ordering::Relaxed)
    }

    pub(crate) fn view(&self) -> View<'_> {
        View {
            log: &*LOG,
            partition: Partition(0),
            checkpoint: Checkpoint::default(),
            rows: self,
            secret: &SECRET,
            rulebook: &RULEBOOK,
            reading: &Reading::Recorded,
        }
    }

    /// The conversations that records lead to.
    pub(crate) fn conversations(&self, records: &[Recorded]) -> BTreeSet<ConversationId> {
        let owners = records.iter().flat_map(|recorded| {
            let scope = Scope::of(&recorded.event.account, &recorded.event.channel, recorded.keys.group);
            let aliases = recorded.keys.aliases.iter();
            aliases.filter_map(move |alias| identity::owner(&self.rows, scope, *alias).unwrap())
        });
        owners.map(|id| identity::current(&self.rows, id).unwrap()).collect()
    }

    fn counting<'a>(&'a self, scan: Scan<'a>) -> Scan<'a> {
        Box::new(scan.inspect(|_: &Result<_, RowsError>| {
            self.read.fetch_add(1, Ordering::Relaxed);
        }))
    }
}

impl Rows for Counted {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.read.fetch_add(1, Ordering::Relaxed);
        self.rows.get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.counting(self.rows.scan(from, to))
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.counting(self.rows.scan_back(from, to))
    }
}
