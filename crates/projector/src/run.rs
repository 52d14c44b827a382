//! A projector: the handle to its two threads, and the one that folds and commits.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use origem_domain::position::{Offset, Partition, Position};
use origem_domain::time::Timestamp;
use origem_log::{EventLog, ReadError};
use origem_views::identity::Settled;
use origem_views::meta::{self, Checkpoint, Versions};
use origem_views::rows::{Changes, RowsError, Store};
use origem_views::{card, counts};
use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use crate::decode::Reading;
use crate::dirty::Dirty;
use crate::fold::{Decoded, Folding, fold};
use crate::outcomes::Outcomes;
use crate::read::{Decodes, Reader};

/// How a projector works.
#[derive(Debug, Clone)]
pub struct Options {
    /// How batches are folded.
    pub folding: Folding,
    /// How records are read.
    pub reading: Reading,
    /// Records of one commit while it keeps up with the tail: small, because a commit shuts readers out.
    pub live_records_max: usize,
    /// Records of one commit while it is far behind: large, because rows that many events change are written once.
    pub behind_records_max: usize,
    /// Bytes of records read at once.
    pub read_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        let lanes = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            folding: Folding::in_lanes(lanes),
            reading: Reading::default(),
            live_records_max: 64,
            behind_records_max: 50_000,
            read_bytes_max: 64 << 20,
        }
    }
}

/// How far a projector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// What is committed.
    pub checkpoint: Checkpoint,
    /// The tail of the log when it last looked.
    pub tail: Offset,
    /// The views are new and not whole yet: they must not be read.
    pub loading: bool,
    /// When the oldest record that waits to be committed was received, as far as that is known.
    pub waiting_since: Option<Timestamp>,
    /// The log could not be read when it last tried; it goes on trying.
    pub log_away: bool,
    /// It has stopped for good; the log says why.
    pub failed: bool,
}

impl Progress {
    /// Records that are appended and not folded yet.
    #[must_use]
    pub const fn lag(&self) -> u64 {
        self.tail.0.saturating_sub(self.checkpoint.next.0)
    }
}

/// Why a projector stopped.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The log cannot be read.
    #[error("cannot read the log at {position}")]
    Log {
        /// Where.
        position: Position,
        /// Why.
        source: ReadError,
    },
    /// The rows cannot be read or written.
    #[error("cannot project to the views at {position}")]
    Rows {
        /// Where.
        position: Position,
        /// Why.
        source: RowsError,
    },
    /// The system gives no thread.
    #[error("cannot start a thread for partition {partition}")]
    Thread {
        /// Whose.
        partition: Partition,
        /// Why.
        source: std::io::Error,
    },
}

/// A handle to a running projector; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    partition: Partition,
    progress: watch::Receiver<Progress>,
    outcomes: Arc<Mutex<Outcomes>>,
    dirty: Arc<Dirty>,
    stop: Arc<AtomicBool>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Handle {
    /// How far it is now.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Follows how far it is.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// The partition it folds.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// How many of the records in `range` were duplicates, as far as that is remembered.
    #[must_use]
    pub fn duplicates(&self, range: Range<Offset>) -> u64 {
        self.outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .duplicates(range)
    }

    /// The conversations that change.
    #[must_use]
    pub fn dirty(&self) -> &Dirty {
        &self.dirty
    }

    /// Lets it stop after the batch at hand, and does not wait for that: so that several stop at the same time.
    pub fn tell_to_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Stops after the batch at hand and waits for that.
    pub fn stop(&self) {
        self.tell_to_stop();
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            if thread.join().is_err() {
                error!(partition = %self.partition, "a projector thread panicked");
            }
        }
    }
}

/// Starts a projector, which counts its commits in `news`, for a partition at its checkpoint. Views that were never finished, that another version made, that are
/// of another log or ahead of this one are dropped and folded from the start.
///
/// # Errors
/// `Rows` if the store cannot be read or cleared, `Log` if the tail cannot be read, `Thread`.
pub fn spawn(
    log: Arc<dyn EventLog>,
    store: Arc<dyn Store>,
    partition: Partition,
    options: Options,
    news: watch::Sender<u64>,
) -> Result<Handle, ProjectError> {
    let start = Position {
        partition,
        offset: Offset(0),
    };
    let rows = |source| ProjectError::Rows {
        position: start,
        source,
    };
    let tail = log.tail(partition).map_err(|source| ProjectError::Log {
        position: start,
        source,
    })?;
    let versions = Versions::current(log.identity());
    let checkpoint = usable_checkpoint(&*store, &versions, partition, tail).map_err(rows)?;
    let loading = checkpoint.is_none();
    let checkpoint = checkpoint.unwrap_or_default();
    info!(%partition, next = %checkpoint.next, %tail, "projector starts");
    let (progress, watched) = watch::channel(Progress {
        checkpoint,
        tail,
        loading,
        ..Progress::default()
    });
    let stop = Arc::new(AtomicBool::new(false));
    let outcomes = Arc::new(Mutex::new(Outcomes::default()));
    let dirty = Arc::new(Dirty::default());
    // One batch is folded while the next is decoded.
    let (batches, inbox) = sync_channel(1);
    let reader = Reader {
        log: log.clone(),
        partition,
        options: options.clone(),
        progress: progress.clone(),
        stop: stop.clone(),
    };
    let writer = Writer {
        loading_to: loading.then_some(tail),
        versions,
        settled: Settled::default(),
        store,
        partition,
        options,
        progress,
        news,
        outcomes: outcomes.clone(),
        dirty: dirty.clone(),
        checkpoint,
        stop: stop.clone(),
    };
    let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
        let thread = std::thread::Builder::new().name(format!("{name}-{partition}"));
        thread
            .spawn(work)
            .map_err(|source| ProjectError::Thread { partition, source })
    };
    // In this order: a writer whose reader does not start ends by itself.
    let threads = vec![
        start("project", Box::new(move || writer.run(&inbox)))?,
        start("read", Box::new(move || reader.run(checkpoint.next, &batches)))?,
    ];
    Ok(Handle {
        partition,
        progress: watched,
        outcomes,
        dirty,
        stop,
        threads: Arc::new(Mutex::new(threads)),
    })
}

/// The checkpoint of views that can be used; `None` after dropping whatever was there.
fn usable_checkpoint(
    store: &dyn Store,
    current: &Versions,
    partition: Partition,
    tail: Offset,
) -> Result<Option<Checkpoint>, RowsError> {
    let cause = match meta::versions(store) {
        // Nothing, or the remains of a load that was interrupted.
        Ok(None) => None,
        Ok(Some(versions)) if versions == *current => match meta::checkpoint(store, partition) {
            Ok(checkpoint) if checkpoint.next <= tail => return Ok(Some(checkpoint)),
            Ok(_) => Some("they are ahead of the log"),
            Err(_) => Some("their checkpoint cannot be read"),
        },
        Ok(Some(versions)) if versions.log != current.log => Some("they are of another log"),
        Ok(Some(_)) => Some("another version made them"),
        Err(_) => Some("their version cannot be read"),
    };
    if let Some(cause) = cause {
        warn!(%partition, cause, "the views are dropped and folded again from the log");
    }
    store.clear()?;
    if tail == Offset(0) {
        let mut changes = Changes::default();
        meta::put_versions(&mut changes, current);
        store.commit(&changes)?;
        return Ok(Some(Checkpoint::default()));
    }
    Ok(None)
}

struct Writer {
    /// The views are new and nobody may read them yet: rows are loaded, not committed, up to here. The versions are their
    /// completion mark.
    loading_to: Option<Offset>,
    versions: Versions,
    settled: Settled,
    store: Arc<dyn Store>,
    partition: Partition,
    options: Options,
    progress: watch::Sender<Progress>,
    news: watch::Sender<u64>,
    outcomes: Arc<Mutex<Outcomes>>,
    dirty: Arc<Dirty>,
    checkpoint: Checkpoint,
    stop: Arc<AtomicBool>,
}

/// Says that the projector has failed when its writer ends without having been told to stop, whatever ended it: an error, a panic,
/// a reader that is gone.
struct Ending {
    progress: watch::Sender<Progress>,
    news: watch::Sender<u64>,
    stop: Arc<AtomicBool>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.stop.load(Ordering::Relaxed) {
            self.progress.send_modify(|progress| progress.failed = true);
            self.news.send_modify(|count| *count += 1);
        }
    }
}

impl Writer {
    fn run(mut self, inbox: &Receiver<Result<Decodes, ProjectError>>) {
        let _ending = Ending {
            progress: self.progress.clone(),
            news: self.news.clone(),
            stop: self.stop.clone(),
        };
        for batch in inbox {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            if let Err(error) = batch.and_then(|batch| self.project(&batch)) {
                let error: &dyn std::error::Error = &error;
                error!(partition = %self.partition, error, "projector stops: views stay as they are, restart to go on");
                return;
            }
        }
    }

    fn project(&mut self, batch: &Decodes) -> Result<(), ProjectError> {
        let position = Position {
            partition: self.partition,
            offset: batch.from,
        };
        let rows = |source| ProjectError::Rows { position, source };
        let began = Instant::now();
        let received = || batch.records.iter().filter_map(Decoded::received_at);
        let oldest = received().min();
        self.progress.send_modify(|progress| progress.waiting_since = oldest);
        let folded = fold(&*self.store, &mut self.settled, &batch.records, &self.options.folding).map_err(rows)?;
        let count =
            |of: fn(&crate::Outcome) -> bool| folded.outcomes.iter().filter(|outcome| of(outcome)).count() as u64;
        let checkpoint = Checkpoint {
            next: batch.next,
            events: self.checkpoint.events + batch.records.len() as u64,
            duplicates: self.checkpoint.duplicates + count(|outcome| outcome.duplicate),
            unrecognised: self.checkpoint.unrecognised + count(|outcome| outcome.unrecognised && !outcome.duplicate),
            conversations: self.checkpoint.conversations + count(|outcome| outcome.created) - folded.merged,
        };
        let mut changes = folded.changes;
        counts::settle(&mut changes, &*self.store).map_err(rows)?;
        meta::put_checkpoint(&mut changes, self.partition, &checkpoint);
        let folded_in = began.elapsed();
        self.write(&mut changes, batch.next).map_err(rows)?;
        debug!(records = batch.records.len(), rows = changes.len(), ?folded_in, in_all = ?began.elapsed(), "batch projected");
        self.checkpoint = checkpoint;
        self.dirty.add(card::changed(&changes));
        let outcomes = batch.records.iter().zip(&folded.outcomes);
        let duplicates = outcomes.filter(|(_, outcome)| outcome.duplicate);
        self.outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(duplicates.map(|(record, _)| record.position().offset));
        let loading = self.loading_to.is_some();
        let latest = received().max();
        self.progress.send_modify(|progress| {
            progress.checkpoint = checkpoint;
            progress.tail = progress.tail.max(batch.next);
            progress.loading = loading;
            // What comes next was hardly received before this.
            progress.waiting_since = latest.filter(|_| batch.next < progress.tail);
        });
        self.news.send_modify(|count| *count += 1);
        Ok(())
    }

    fn write(&mut self, changes: &mut Changes, next: Offset) -> Result<(), RowsError> {
        let Some(to) = self.loading_to else {
            return self.store.commit(changes);
        };
        self.store.load(changes)?;
        if next >= to {
            let mut mark = Changes::default();
            meta::put_versions(&mut mark, &self.versions);
            self.store.commit(&mark)?;
            self.loading_to = None;
            info!(partition = %self.partition, %next, "views loaded");
        }
        Ok(())
    }
}
