//! Writing what was committed to the trees, beside everybody who reads and commits.
//!
//! A layer is closed, stands in the journal, synced, and is then written row by row: sled shuts readers out while it applies a batch,
//! but hardly while it inserts. A crash in between is mended from the journal. Rows that change many times between two drains are
//! written once.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use origem_views::rows::{Changes, Gate, RowsError};
use tracing::error;

use crate::journal::Journal;
use crate::overlay::{Overlay, Written};
use crate::trees::Trees;

/// Rows of a layer from which on it is drained at once, not at its time.
const ROWS_MANY: usize = 8_192;

/// Whoever commits waits while the open layer has so many rows: sled takes fewer than come in.
const ROWS_MAX: usize = 8 * ROWS_MANY;

/// Bytes of drained rows in the journal after which sled is made to write to disk: what an opening after a crash writes once more.
const JOURNAL_BYTES_MAX: u64 = if cfg!(test) { 200 } else { 8 << 20 };

/// Where the rows of a store are.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) trees: Trees,
    pub(crate) gate: Gate,
    pub(crate) overlay: Overlay,
    pub(crate) damage_mark: PathBuf,
    journal: Mutex<Journal>,
    /// Rows of the open layer when it was last added to.
    waiting: AtomicUsize,
}

impl Core {
    pub(crate) fn new(trees: Trees, journal: Journal, damage_mark: PathBuf) -> Self {
        Self {
            trees,
            gate: Gate::default(),
            overlay: Overlay::default(),
            damage_mark,
            journal: Mutex::new(journal),
            waiting: AtomicUsize::default(),
        }
    }

    /// The right to write to the trees.
    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error of sled. Damage is remembered: the next opening sets the store aside.
    pub(crate) fn failed(&self, error: sled::Error) -> RowsError {
        if matches!(error, sled::Error::Corruption { .. } | sled::Error::ReportableBug(_)) {
            error!(%error, "the views are damaged: restart to have them folded again from the log");
            // If even that cannot be written, the damage is found again.
            drop(std::fs::write(&self.damage_mark, b""));
        }
        RowsError::Store(Box::new(error))
    }

    /// Makes sled write what it was given to disk, and forgets the journal.
    pub(crate) fn settle(&self, journal: &mut Journal) -> Result<(), RowsError> {
        self.trees.db.flush().map_err(|error| self.failed(error))?;
        if journal.bytes() > 0 {
            journal.empty().map_err(unwritten)?;
        }
        Ok(())
    }

    /// Writes rows to the trees so that after a crash all of them stand there or none.
    pub(crate) fn write(&self, journal: &mut Journal, rows: &Written, journal_bytes_max: u64) -> Result<(), RowsError> {
        journal.append(rows).map_err(unwritten)?;
        for (key, value) in rows {
            let written = self.trees.write(key, value.as_deref());
            written.map_err(|error| self.failed(error))?;
        }
        if journal.bytes() >= journal_bytes_max {
            self.settle(journal)?;
        }
        Ok(())
    }

    /// Writes everything to the trees that was committed before.
    pub(crate) fn drain(&self, journal: &mut Journal) -> Result<(), RowsError> {
        let had_failed = self.overlay.has_closed();
        self.drain_layer(journal)?;
        if had_failed { self.drain_layer(journal) } else { Ok(()) }
    }

    fn drain_layer(&self, journal: &mut Journal) -> Result<(), RowsError> {
        let Some(layer) = self.overlay.close() else {
            return Ok(());
        };
        self.waiting.store(0, Ordering::Release);
        self.write(journal, &layer.rows(), JOURNAL_BYTES_MAX)?;
        self.overlay.retire();
        Ok(())
    }
}

/// The journal cannot be written.
pub(crate) fn unwritten(error: std::io::Error) -> RowsError {
    RowsError::Store(Box::new(error))
}

/// What those who commit and the thread that drains tell each other.
#[derive(Debug, Default)]
struct Told {
    closing: bool,
    /// There is much to drain, or somebody waits for it.
    urgent: bool,
    /// Why it could not be drained; whoever commits next is told.
    failed: Option<RowsError>,
}

#[derive(Debug, Default)]
struct Signal {
    told: Mutex<Told>,
    changed: Condvar,
}

impl Signal {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, told: MutexGuard<'a, Told>, at_most: Duration) -> MutexGuard<'a, Told> {
        let waited = self.changed.wait_timeout(told, at_most);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The thread that drains a store, from time to time and when there is much. It ends, and drains once more, when this is dropped.
#[derive(Debug)]
pub(crate) struct Drain {
    core: Arc<Core>,
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

impl Drain {
    /// Begins to drain, at the latest so long after a commit.
    pub(crate) fn begin(core: Arc<Core>, every: Duration) -> std::io::Result<Self> {
        let signal = Arc::new(Signal::default());
        let theirs = (Arc::clone(&core), Arc::clone(&signal));
        let thread = std::thread::Builder::new()
            .name("drain".to_owned())
            .spawn(move || run(&theirs.0, &theirs.1, every))?;
        Ok(Self {
            core,
            signal,
            thread: Some(thread),
        })
    }

    /// Adds rows that readers see all at once. Waits while too many are there already.
    pub(crate) fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        self.wait_for_room()?;
        let rows = changes.rows().clone();
        let core = &self.core;
        let waiting = core.gate.commit(|| {
            let waiting = core.overlay.add(rows);
            core.waiting.store(waiting, Ordering::Release);
            waiting
        });
        if waiting >= ROWS_MANY {
            self.signal.told().urgent = true;
            self.signal.changed.notify_all();
        }
        Ok(())
    }

    fn wait_for_room(&self) -> Result<(), RowsError> {
        const LOOK_AGAIN: Duration = Duration::from_millis(20);
        let mut told = self.signal.told();
        loop {
            if let Some(failed) = told.failed.take() {
                return Err(failed);
            }
            if self.core.waiting.load(Ordering::Acquire) < ROWS_MAX {
                return Ok(());
            }
            told = self.signal.wait(told, LOOK_AGAIN);
        }
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.signal.told().closing = true;
        self.signal.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // Whether it panicked is told by its panic.
            drop(thread.join());
        }
    }
}

fn run(core: &Core, signal: &Signal, every: Duration) {
    loop {
        let mut told = signal.told();
        if !told.closing && !told.urgent {
            told = signal.wait(told, every);
        }
        told.urgent = false;
        let closing = told.closing;
        drop(told);
        if let Err(failed) = core.drain(&mut core.journal()) {
            error!(error = %failed, "what was committed to the views cannot be written");
            let mut told = signal.told();
            told.failed = Some(failed);
            if !closing && !told.closing {
                drop(signal.wait(told, every));
            }
        }
        signal.changed.notify_all();
        if closing {
            return;
        }
    }
}
