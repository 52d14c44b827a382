//! Writing what was committed to the trees, beside everybody who reads and commits.
//!
//! A layer is closed, stands in the journal, synced, and is then written row by row: sled shuts readers out while it applies a batch,
//! but hardly while it inserts. A crash in between is mended from the journal. Rows that change many times between two drains are
//! written once.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use origem_views::rows::{Changes, RowsError};
use tracing::{error, info};

use crate::disk::{Disk, PART_BYTES};
use crate::journal::Journal;
use crate::layer::Written;
use crate::overlay::Overlay;
use crate::trees::Trees;

/// Bytes of the open layer from which on it is drained at once, not at its time.
const BYTES_MANY: usize = if cfg!(test) { 2 << 10 } else { 16 << 20 };

/// Whoever commits waits while the open layer has so many: sled takes less than comes in.
const BYTES_MAX: usize = 8 * BYTES_MANY;

/// Bytes in the journal after a drain from which on sled is made to write to disk, and the journal begins anew.
const JOURNAL_BYTES_MAX: u64 = if cfg!(test) { 200 } else { 8 << 20 };

/// Views of one commit live for milliseconds: how often it is looked whether they are gone.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Whoever drains at leisure works so long at a time, and rests as long in between: on few cores readers and the projector would wait
/// for a whole layer otherwise.
const TURN: Duration = Duration::from_micros(250);

/// Where the rows of a store are.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) trees: Trees,
    pub(crate) overlay: Overlay,
    pub(crate) damage_mark: PathBuf,
    disk: Disk,
    journal: Mutex<Journal>,
    /// The closed layer stands in the journal, and has only to be written to the trees.
    is_journaled: AtomicBool,
}

impl Core {
    pub(crate) fn new(trees: Trees, journal: Journal, damage_mark: PathBuf, disk: Disk) -> Self {
        Self {
            trees,
            overlay: Overlay::default(),
            damage_mark,
            disk,
            journal: Mutex::new(journal),
            is_journaled: AtomicBool::default(),
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

    /// Whether the journal has room for rows.
    pub(crate) fn check_for_journal(&self, rows: &Written) -> Result<(), RowsError> {
        let bytes = rows.iter().map(|(key, value)| bytes_of(key, value.as_ref())).sum();
        self.disk.check_for_journal(bytes).map_err(unwritten)
    }

    /// Makes sled write what it was given to disk, and forgets the journal. Not with a closed layer that stands in it.
    pub(crate) fn settle(&self, journal: &mut Journal) -> Result<(), RowsError> {
        self.trees.db.flush().map_err(|error| self.failed(error))?;
        if journal.bytes() > 0 {
            journal.empty().map_err(unwritten)?;
        }
        Ok(())
    }

    /// Writes rows to the trees, in order of keys. They stand in the journal: half of it is mended by an opening.
    pub(crate) fn write(&self, rows: &Written) -> Result<(), RowsError> {
        self.write_while(rows, &|| false)
    }

    fn write_while(&self, rows: &Written, has_leisure: &dyn Fn() -> bool) -> Result<(), RowsError> {
        let (mut began, mut part) = (Instant::now(), 0);
        for (key, value) in rows {
            // What stands half in the trees is written again from its beginning, by whoever tries again.
            if part == 0 {
                self.disk.check_for_trees().map_err(unwritten)?;
            }
            part += bytes_of(key, value.as_ref());
            if part >= PART_BYTES {
                part = 0;
            }
            let written = self.trees.write(key, value.as_deref());
            written.map_err(|error| self.failed(error))?;
            let worked = began.elapsed();
            if worked >= TURN {
                if has_leisure() {
                    std::thread::sleep(worked);
                }
                began = Instant::now();
            }
        }
        Ok(())
    }

    /// Writes everything to the trees that was committed before.
    pub(crate) fn drain(&self, journal: &mut Journal) -> Result<(), RowsError> {
        self.drain_while(journal, &|| false)
    }

    /// The same, with rests as long as there is leisure.
    fn drain_while(&self, journal: &mut Journal, has_leisure: &dyn Fn() -> bool) -> Result<(), RowsError> {
        if self.overlay.has_closed() {
            self.drain_layer(journal, has_leisure)?;
        }
        self.drain_layer(journal, has_leisure)?;
        if journal.bytes() >= JOURNAL_BYTES_MAX {
            self.settle(journal)?;
        }
        Ok(())
    }

    fn drain_layer(&self, journal: &mut Journal, has_leisure: &dyn Fn() -> bool) -> Result<(), RowsError> {
        let Some(layer) = self.overlay.close() else {
            return Ok(());
        };
        // Before the rows are copied: a full disk is asked often.
        self.disk.check_for_trees().map_err(unwritten)?;
        let rows = layer.rows();
        // Once, however often it is tried: a journal that grew with every try would take the disk from the log.
        if !self.is_journaled.load(Ordering::Acquire) {
            self.check_for_journal(&rows)?;
            journal.append(&rows).map_err(unwritten)?;
            self.is_journaled.store(true, Ordering::Release);
        }
        while self.overlay.has_earlier_views() {
            std::thread::sleep(LOOK_AGAIN);
        }
        self.write_while(&rows, has_leisure)?;
        self.overlay.retire();
        self.is_journaled.store(false, Ordering::Release);
        Ok(())
    }
}

/// The bytes of a row.
fn bytes_of(key: &[u8], value: Option<&Vec<u8>>) -> u64 {
    (key.len() + value.map_or(0, Vec::len)) as u64
}

/// The journal cannot be written, or the disk has no room.
pub(crate) fn unwritten(error: std::io::Error) -> RowsError {
    RowsError::Store(Box::new(error))
}

/// The thread that drains has ended: what is committed would stay in memory.
#[derive(Debug, thiserror::Error)]
#[error("the thread that writes views to disk has ended unexpectedly; restart to go on from what was written")]
struct Ended;

/// What was committed cannot be written: more would only stay in memory.
#[derive(Debug, thiserror::Error)]
#[error("what was committed to the views before cannot be written to disk")]
struct Unwritable(#[source] Arc<RowsError>);

/// sled keeps its first error and writes nothing more; the disk and the journal may take it again.
fn is_for_good(failed: &RowsError) -> bool {
    matches!(failed, RowsError::Store(cause) if cause.is::<sled::Error>())
}

/// What those who commit and the thread that drains tell each other.
#[derive(Debug, Default)]
struct Told {
    closing: bool,
    /// There is much to drain.
    urgent: bool,
    /// So many wait for the right to write to the trees.
    wanted: usize,
    /// Why it could not be drained the last time.
    failed: Option<Arc<RowsError>>,
    ended: bool,
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

    /// Nobody waits for the drain.
    fn has_leisure(&self) -> bool {
        let told = self.told();
        !told.closing && !told.urgent && told.wanted == 0
    }

    fn wait<'a>(&self, told: MutexGuard<'a, Told>, at_most: Duration) -> MutexGuard<'a, Told> {
        let waited = self.changed.wait_timeout(told, at_most);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The thread that drains a store, from time to time and when there is much. Dropping this lets it drain once more, and waits for it;
/// whoever wants to be told whether that succeeds flushes before.
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
        let Core { overlay, .. } = &*self.core;
        overlay.add(changes.rows());
        if overlay.waiting() >= BYTES_MANY {
            self.signal.told().urgent = true;
            self.signal.changed.notify_all();
        }
        Ok(())
    }

    /// The right to write to the trees, for whoever does not want to wait for rests.
    pub(crate) fn journal_soon(&self) -> MutexGuard<'_, Journal> {
        self.signal.told().wanted += 1;
        let journal = self.core.journal();
        self.signal.told().wanted -= 1;
        journal
    }

    /// What cannot be written now is tried again, and nobody is told as long as little waits: space may return. Then everybody is
    /// told, until it has.
    fn wait_for_room(&self) -> Result<(), RowsError> {
        const WAIT: Duration = Duration::from_millis(20);
        let mut told = self.signal.told();
        loop {
            if told.ended {
                return Err(RowsError::Store(Box::new(Ended)));
            }
            let waiting = self.core.overlay.waiting();
            let failed = told.failed.as_ref();
            if let Some(failed) = failed.filter(|failed| waiting >= BYTES_MANY || is_for_good(failed)) {
                return Err(RowsError::Store(Box::new(Unwritable(Arc::clone(failed)))));
            }
            if waiting < BYTES_MAX {
                return Ok(());
            }
            told = self.signal.wait(told, WAIT);
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

/// Tells that the thread has ended, also by a panic of sled.
struct Ending<'a>(&'a Signal);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.told().ended = true;
        self.0.changed.notify_all();
    }
}

fn run(core: &Core, signal: &Signal, every: Duration) {
    let _ending = Ending(signal);
    let mut is_failing = false;
    loop {
        let mut told = signal.told();
        if !told.closing && (!told.urgent || is_failing) {
            told = signal.wait(told, every);
        }
        let closing = told.closing;
        told.urgent = false;
        drop(told);
        let drained = core.drain_while(&mut core.journal(), &|| signal.has_leisure());
        match &drained {
            Err(failed) if !is_failing => {
                error!(error = %failed, "what was committed to the views cannot be written; it is tried again");
            }
            Ok(()) if is_failing => info!("what was committed to the views is written again"),
            _ => {}
        }
        if closing {
            return;
        }
        is_failing = drained.is_err();
        signal.told().failed = drained.err().map(Arc::new);
        signal.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
