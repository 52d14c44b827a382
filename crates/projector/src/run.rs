//! A projector: its two threads, and the one of them that folds and commits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{error, io};

use origem_domain::position::{Offset, Partition, Position};
use origem_log::{EventLog, ReadError};
use origem_views::anomalies::Tally;
use origem_views::identity::Settled;
use origem_views::meta::{self, Checkpoint, Versions};
use origem_views::rows::{Changes, RowsError, Store};
use origem_views::{card, counts};
use tracing::{debug, error, info, info_span, warn};

use crate::bulk::{self, Bulk, Manifest};
use crate::decode::Reading;
use crate::fold::{Decoded, Folding, fold};
use crate::handle::{Handle, Progress, Signals};
use crate::hold::Hold;
use crate::read::{Decodes, Reader};
use crate::start::{self, Start, complete, versions_of};
use crate::trace::TARGET;

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
    /// The share of one core that may be taken, over 0 and up to 1: after each batch it rests for as long as that needs. `None`: all
    /// there is. With a share it also reads less ahead.
    pub cpu_share: Option<f64>,
    /// When and how new views are loaded in bulk; `None`: never.
    pub bulk: Option<bulk::Settings>,
    /// It is held here from the start, until it is [released](Handle::release).
    pub held_at: Option<Offset>,
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
            cpu_share: None,
            bulk: Some(bulk::Settings::default()),
            held_at: None,
        }
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
    /// The views end before the log begins: what is between them was dropped from the log before it was folded.
    #[error(
        "the views end at {next} and the log begins at {start} by now: what is between was dropped before it was folded, so they \
         cannot be brought up to date; restore a backup that has it, or move the views away to have folded what the log still holds"
    )]
    Behind {
        /// The next position that the views need.
        next: Position,
        /// The first that there is.
        start: Position,
    },
    /// The views cannot go on, and hold what the log does not hold any more.
    #[error(
        "the views cannot go on here: {cause}; they hold events from before {start}, where the log begins by now, so they are not \
         dropped; start the version that made them, restore a backup, or move the views away to have folded what the log still holds"
    )]
    Irreplaceable {
        /// The first position that there is.
        start: Position,
        /// Why they cannot go on.
        cause: &'static str,
    },
    /// The log has nothing at all, and the views hold events of it.
    #[error(
        "the log is empty, and the views hold its events up to {next}: it was lost, moved away, or its disk is not mounted; they are not \
         dropped. Put the log back or restore it from a backup; move the views away only if this log is to begin anew"
    )]
    LogLost {
        /// Where the views end.
        next: Position,
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

/// Starts a projector of a partition at the checkpoint of its views. Whole views that this build can read go on as they were made,
/// also under other rules than those of `options`; so does an interrupted load under the same. Others are dropped and folded from
/// the start of the log, unless they hold what the log does not hold any more.
///
/// # Errors
/// `Rows` if the store cannot be read or cleared, `Log` if the tail cannot be read, `Behind` and `Irreplaceable` where the log begins
/// too late for these views, `LogLost` where it is empty and they are not, `Thread`.
pub fn spawn(
    log: Arc<dyn EventLog>,
    store: Arc<dyn Store>,
    partition: Partition,
    mut options: Options,
    signals: Signals,
) -> Result<Handle, ProjectError> {
    let start = Position {
        partition,
        offset: Offset(0),
    };
    let unread = |source| ProjectError::Log {
        position: start,
        source,
    };
    let (first, tail) = (
        log.start(partition).map_err(unread)?,
        log.tail(partition).map_err(unread)?,
    );
    let wanted = versions_of(&*log, &options.folding.rulebook, &options.reading);
    let Start {
        versions,
        checkpoint,
        from,
        loading,
    } = start::start(&*store, wanted, partition, first, tail)?;
    options.folding.rulebook = Arc::new(versions.rulebook.clone());
    info!(%partition, next = %checkpoint.next, %tail, "projector starts");
    let bulk = options
        .bulk
        .filter(|bulk| loading && checkpoint.next == from && tail.0 - from.0 >= bulk.records_min)
        .map(|settings| {
            let interrupted = bulk::interrupted(&*store, &versions, from, tail);
            let to = interrupted.as_ref().map_or(tail, |manifest| manifest.to);
            Load {
                settings,
                interrupted,
                to,
            }
        });
    if bulk.is_none() {
        bulk::clean(&*store);
    }
    // What was done before an interruption is not done again, nor is it to be taken for the speed of what is.
    let resumed = bulk.as_ref().and_then(|load| {
        let manifest = load.interrupted.as_ref()?;
        Some(bulk::resumed_at(manifest, &load.settings, &options))
    });
    signals.progress.send_replace(Progress {
        checkpoint: Checkpoint {
            next: resumed.unwrap_or(checkpoint.next),
            ..checkpoint
        },
        tail,
        loading,
        ..Progress::default()
    });
    // What is loaded in bulk is read apart.
    let next = bulk.as_ref().map_or(checkpoint.next, |load| load.to);
    let (versions, stop, hold) = (Arc::new(versions), Arc::<AtomicBool>::default(), Arc::<Hold>::default());
    hold.committed(checkpoint.next);
    hold.set(options.held_at);
    // One batch is folded while the next is decoded.
    let (batches, inbox) = sync_channel(usize::from(options.cpu_share.is_none()));
    let reader = Reader {
        log: log.clone(),
        partition,
        options: options.clone(),
        progress: signals.progress.clone(),
        hold: hold.clone(),
        stop: stop.clone(),
    };
    let writer = Writer {
        log: log.clone(),
        bulk,
        loading_to: loading.then_some(tail),
        from,
        versions: versions.clone(),
        settled: Settled::default(),
        store,
        partition,
        options,
        signals: signals.clone(),
        checkpoint,
        hold: hold.clone(),
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
        start("read", Box::new(move || reader.run(next, &batches)))?,
    ];
    Ok(Handle {
        partition,
        signals,
        versions,
        hold,
        stop,
        threads: Arc::new(Mutex::new(threads)),
    })
}

/// A load in bulk that is to be done first.
struct Load {
    settings: bulk::Settings,
    interrupted: Option<Manifest>,
    to: Offset,
}

struct Writer {
    log: Arc<dyn EventLog>,
    bulk: Option<Load>,
    /// The views are new and nobody may read them yet: rows are loaded, not committed, up to here. The versions are their
    /// completion mark.
    loading_to: Option<Offset>,
    /// The first offset that they are folded from.
    from: Offset,
    versions: Arc<Versions>,
    settled: Settled,
    store: Arc<dyn Store>,
    partition: Partition,
    options: Options,
    signals: Signals,
    checkpoint: Checkpoint,
    hold: Arc<Hold>,
    stop: Arc<AtomicBool>,
}

/// Says that the projector has failed when its writer ends without having been told to stop, whatever ended it: an error, a panic,
/// a reader that is gone.
struct Ending {
    signals: Signals,
    hold: Arc<Hold>,
    stop: Arc<AtomicBool>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.stop.load(Ordering::Relaxed) {
            self.signals.progress.send_modify(|progress| progress.failed = true);
            self.signals.news.send_modify(|count| *count += 1);
        }
        self.hold.end();
    }
}

impl Writer {
    fn run(mut self, inbox: &Receiver<Result<Decodes, ProjectError>>) {
        let _ending = Ending {
            signals: self.signals.clone(),
            hold: self.hold.clone(),
            stop: self.stop.clone(),
        };
        match self.load() {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return self.tell_failure(&error),
        }
        for batch in inbox {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let began = Instant::now();
            let projected = batch.and_then(|batch| self.project(&batch).map(|()| batch.took));
            if let Ok(read_in) = &projected {
                self.rest(*read_in, began.elapsed());
            }
            if let Err(error) = projected {
                // What it tried again until it was told to stop is no failure of its own.
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                return self.tell_failure(&error);
            }
        }
    }

    fn tell_failure(&self, error: &ProjectError) {
        let error: &dyn error::Error = error;
        error!(partition = %self.partition, error, "projector stops: views stay as they are, restart to go on");
    }

    /// Loads in bulk what is to be loaded so; `false` if it was told to stop before that was done.
    fn load(&mut self) -> Result<bool, ProjectError> {
        let Some(load) = self.bulk.take() else {
            return Ok(true);
        };
        let (from, to) = (self.from, load.to);
        let position = Position {
            partition: self.partition,
            offset: from,
        };
        let rows = |source| ProjectError::Rows { position, source };
        // What is begun is known as such from here on.
        let mut begun = Changes::default();
        meta::put_loading(&mut begun, &self.versions);
        meta::put_folded_from(&mut begun, from);
        meta::put_checkpoint(&mut begun, self.partition, &self.checkpoint);
        self.store.commit(&begun).map_err(rows)?;
        let bulk = Bulk {
            log: &*self.log,
            store: &*self.store,
            partition: self.partition,
            options: &self.options,
            settings: load.settings,
            versions: &self.versions,
            from,
            to,
            stop: &self.stop,
            hold: &self.hold,
            progress: &self.signals.progress,
        };
        let (mut changes, checkpoint) = match bulk.run(load.interrupted) {
            Ok(loaded) => loaded,
            Err(stop) => return stop.failure(self.partition, from).map_or(Ok(false), Err),
        };
        meta::put_checkpoint(&mut changes, self.partition, &checkpoint);
        self.write(&mut changes, to).map_err(rows)?;
        self.store.flush().map_err(rows)?;
        bulk::clean(&*self.store);
        self.checkpoint = checkpoint;
        // Whoever followed meanwhile has it all before them.
        self.signals.dirty.add(card::all(&*self.store).filter_map(Result::ok));
        self.committed(to);
        Ok(true)
    }

    /// Tells that everything before `next` is committed.
    fn committed(&self, next: Offset) {
        let (checkpoint, loading) = (self.checkpoint, self.loading_to.is_some());
        self.signals.progress.send_modify(|progress| {
            progress.checkpoint = checkpoint;
            progress.tail = progress.tail.max(next);
            progress.loading = loading;
        });
        self.signals.news.send_modify(|count| *count += 1);
        self.hold.committed(next);
    }

    /// Keeps to its share: reading and projecting a batch took so long, of which the reading went on beside.
    fn rest(&self, read_in: Duration, projected_in: Duration) {
        let Some(share) = self.options.cpu_share.filter(|share| *share > 0.0) else {
            return;
        };
        let in_all = (read_in + projected_in).div_f64(share.min(1.0));
        self.hold.rest(in_all.saturating_sub(projected_in));
    }

    fn project(&mut self, batch: &Decodes) -> Result<(), ProjectError> {
        let position = Position {
            partition: self.partition,
            offset: batch.from,
        };
        let rows = |source| ProjectError::Rows { position, source };
        let span = info_span!(
            target: TARGET, parent: None, "batch",
            partition = self.partition.0, from = batch.from.0, next = batch.next.0, events = batch.records.len(),
        )
        .entered();
        let began = Instant::now();
        let received = || batch.records.iter().filter_map(Decoded::received_at);
        let oldest = received().min();
        self.signals
            .progress
            .send_modify(|progress| progress.waiting_since = oldest);
        let folded = info_span!(target: TARGET, "fold")
            .in_scope(|| fold(&*self.store, &mut self.settled, &batch.records, &self.options.folding))
            .map_err(rows)?;
        let count =
            |of: fn(&crate::Outcome) -> bool| folded.outcomes.iter().filter(|outcome| of(outcome)).count() as u64;
        let checkpoint = Checkpoint {
            next: batch.next,
            events: self.checkpoint.events + batch.records.len() as u64,
            duplicates: self.checkpoint.duplicates + count(|outcome| outcome.duplicate),
            unrecognised: self.checkpoint.unrecognised + count(|outcome| outcome.unrecognised && !outcome.duplicate),
            conversations: self.checkpoint.conversations + count(|outcome| outcome.created) - folded.merged,
            anomalies: self.checkpoint.anomalies.plus(&Tally::noted(&folded.changes)),
        };
        let mut changes = folded.changes;
        counts::settle(&mut changes, &*self.store).map_err(rows)?;
        meta::put_checkpoint(&mut changes, self.partition, &checkpoint);
        let folded_in = began.elapsed();
        info_span!(target: TARGET, "commit", rows = changes.len())
            .in_scope(|| self.write_with_patience(&mut changes, batch.next))
            .map_err(rows)?;
        debug!(records = batch.records.len(), rows = changes.len(), ?folded_in, in_all = ?began.elapsed(), "batch projected");
        self.checkpoint = checkpoint;
        self.signals.dirty.add(card::changed(&changes));
        let outcomes = batch.records.iter().zip(&folded.outcomes);
        let duplicates = outcomes.filter(|(_, outcome)| outcome.duplicate);
        self.signals
            .outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(duplicates.map(|(record, _)| record.position().offset));
        let loading = self.loading_to.is_some();
        let latest = received().max();
        self.signals.progress.send_modify(|progress| {
            progress.checkpoint = checkpoint;
            progress.tail = progress.tail.max(batch.next);
            progress.loading = loading;
            // What comes next was hardly received before this.
            progress.waiting_since = latest.filter(|_| batch.next < progress.tail);
        });
        self.signals.news.send_modify(|count| *count += 1);
        self.signals.followed.committed(batch.next, &span);
        self.hold.committed(batch.next);
        Ok(())
    }

    /// Writes; where the disk has no room, again and again until it has, or until it is told to stop: who makes room need not know
    /// of projectors. What is written twice is the same.
    fn write_with_patience(&mut self, changes: &mut Changes, next: Offset) -> Result<(), RowsError> {
        /// Between two tries. One that is refused costs next to nothing.
        const PAUSE: Duration = Duration::from_millis(100);
        let mut is_waiting = false;
        loop {
            let written = self.write(changes, next);
            let refusal = written.as_ref().err().filter(|error| lacks_room(error));
            let has_room = refusal.is_none();
            if has_room == is_waiting {
                is_waiting = !has_room;
                self.signals
                    .progress
                    .send_modify(|progress| progress.no_space = is_waiting);
                match refusal {
                    Some(error) => {
                        let error: &dyn error::Error = error;
                        warn!(partition = %self.partition, %next, error, "the disk of the views is full; trying again until there is room");
                    }
                    None => info!(partition = %self.partition, %next, "the disk of the views has room again"),
                }
            }
            if has_room || self.stop.load(Ordering::Relaxed) {
                return written;
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn write(&mut self, changes: &mut Changes, next: Offset) -> Result<(), RowsError> {
        let Some(to) = self.loading_to else {
            return self.store.commit(changes);
        };
        meta::put_loading(changes, &self.versions);
        meta::put_folded_from(changes, self.from);
        self.store.load(changes)?;
        if next >= to {
            complete(&*self.store, &self.versions, self.from)?;
            self.loading_to = None;
            info!(partition = %self.partition, %next, "views loaded");
        }
        Ok(())
    }
}

/// Whether a store refused for want of room on its disk: that passes as soon as somebody makes some.
fn lacks_room(error: &RowsError) -> bool {
    let causes = std::iter::successors(Some(error as &(dyn error::Error + 'static)), |error| error.source());
    let mut of_system = causes.filter_map(<dyn error::Error>::downcast_ref::<io::Error>);
    of_system.any(|error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
}
