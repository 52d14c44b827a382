//! The bulk load: a long prefix of a partition into new views, at the same cost for every event however many there are.
//!
//! A projector folds batches onto rows that it reads back from the store, which grows slower as it fills. A load that nobody reads
//! yet need not: it resolves the whole prefix first, then folds one conversation after the other, each whole and in memory, and
//! writes every row once, in order of keys. It is the fold of one batch as long as the prefix, done by the same code, so it gives
//! the same rows; see `docs/decisions/0012-views-are-loaded-in-bulk.md`.
//!
//! ```text
//! 1 route   log --decode, resolve--> tasks by parts (ranges of conversations)      shared rows
//! 2 fold    part --lanes--> rows                                                      |
//! 3 write   sorted runs of all rows --merge--> packed into the store, counters, checkpoint
//! ```
//! What does not fit the memory it is given goes to files beside the store. Once everything is resolved they are durable, and a load
//! that was interrupted goes on with the parts that are left.

mod manifest;
mod pace;
mod part;
mod route;
mod runs;
mod shared;
mod sort;
mod spill;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition, Position};
use origem_log::{EventLog, ReadError};
use origem_views::anomalies::Tally;
use origem_views::counts;
use origem_views::meta::{self, Checkpoint, Versions};
use origem_views::rows::{Changes, MapRows, RowsError, Store};
use tokio::sync::watch;
use tracing::{info, warn};

pub(crate) use manifest::Manifest;
pub use pace::Costs;
use pace::{Clock, Pass};
use part::{Folded, Homes, fold_part};
use route::Routed;
use sort::Sorter;
use spill::Spill;

use crate::handle::Progress;
use crate::hold::Hold;
use crate::run::{Options, ProjectError};

/// When and how views are loaded in bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Loads of fewer records are folded as they come.
    pub records_min: u64,
    /// Bytes of memory for what waits, about; the rest goes to files.
    pub memory_bytes: usize,
    /// Records of the conversations that are folded at once, about.
    pub part_records: u64,
    /// What a load of about the same records cost before, if that is known: by this it is told how far this one is.
    pub costs: Option<Costs>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            records_min: 20_000,
            memory_bytes: 512 << 20,
            part_records: 20_000,
            costs: None,
        }
    }
}

/// Rows that are merged between two looks at whether to go on.
const ROWS_BETWEEN_LOOKS: u64 = 4_096;

/// A load of the records `from..to` of a partition into an empty store.
pub(crate) struct Bulk<'a> {
    pub(crate) log: &'a dyn EventLog,
    pub(crate) store: &'a dyn Store,
    pub(crate) partition: Partition,
    pub(crate) options: &'a Options,
    pub(crate) settings: Settings,
    pub(crate) versions: &'a Versions,
    pub(crate) from: Offset,
    pub(crate) to: Offset,
    pub(crate) stop: &'a AtomicBool,
    pub(crate) hold: &'a Hold,
    pub(crate) progress: &'a watch::Sender<Progress>,
}

/// Why a load does not go on.
pub(crate) enum Stop {
    /// It was told to.
    Told,
    /// The log cannot be read there.
    Log(Offset, ReadError),
    /// Rows, or the files of the load, cannot be read or written.
    Rows(RowsError),
}

impl From<RowsError> for Stop {
    fn from(error: RowsError) -> Self {
        Self::Rows(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Rows(RowsError::Store(Box::new(error)))
    }
}

impl Stop {
    /// The failure of a projector; `None` if it was told to stop.
    pub(crate) fn failure(self, partition: Partition, from: Offset) -> Option<ProjectError> {
        let at = |offset| Position { partition, offset };
        match self {
            Self::Told => None,
            Self::Log(offset, source) => Some(ProjectError::Log {
                position: at(offset),
                source,
            }),
            Self::Rows(source) => Some(ProjectError::Rows {
                position: at(from),
                source,
            }),
        }
    }
}

/// A load whose records are all resolved.
struct Loading {
    tasks: Spill,
    late: Spill,
    homes: Homes,
    sorter: Sorter,
    counts: Changes,
    checkpoint: Checkpoint,
    /// Parts that are folded.
    done: usize,
}

impl Loading {
    /// Its tasks did not fit the memory: all of them are in files, and it goes on with these after a crash.
    fn is_large(&self) -> bool {
        self.tasks.is_on_disk() || self.late.is_on_disk()
    }
}

/// What was left of a load of the same views that was interrupted, if all its records were resolved.
pub(crate) fn interrupted(store: &dyn Store, versions: &Versions, from: Offset, tail: Offset) -> Option<Manifest> {
    let manifest = Manifest::read(&store.scratch()?)?;
    (manifest.versions == *versions && manifest.from == from && manifest.to <= tail).then_some(manifest)
}

/// Where a load that was interrupted goes on, as [`Progress`] tells it.
pub(crate) fn resumed_at(manifest: &Manifest, settings: &Settings, options: &Options) -> Offset {
    let (done, all) = manifest.folded();
    let costs = Costs::expected(settings.costs, lanes(options));
    costs.told_at(manifest.from, manifest.to, Pass::Fold, done, all)
}

/// Threads of a load: one if it keeps to a share of the processor.
fn lanes(options: &Options) -> usize {
    match options.cpu_share {
        Some(_) => 1,
        None => options.folding.lanes.max(1),
    }
}

/// Whether files of a load are not what was written.
fn is_damage(error: &RowsError) -> bool {
    use std::io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    let RowsError::Store(cause) = error else { return false };
    let file = cause.downcast_ref::<std::io::Error>();
    file.is_some_and(|error| matches!(error.kind(), InvalidData | NotFound | UnexpectedEof))
}

/// Removes what a load left beside a store whose views are whole.
pub(crate) fn clean(store: &dyn Store) {
    if let Some(directory) = store.scratch().filter(|directory| directory.exists())
        && let Err(error) = fs::remove_dir_all(&directory)
    {
        warn!(directory = %directory.display(), %error, "files of a load that is done cannot be removed");
    }
}

impl Bulk<'_> {
    /// Loads; gives the counters and the checkpoint, which are to be written last. Everything else is durable then.
    pub(crate) fn run(&self, interrupted: Option<Manifest>) -> Result<(Changes, Checkpoint), Stop> {
        let directory = self.store.scratch();
        let loaded = self.load(interrupted, directory.as_deref());
        if let (Some(directory), Err(Stop::Rows(error))) = (&directory, &loaded)
            && is_damage(error)
            && Manifest::forget(directory).is_ok()
        {
            warn!(partition = %self.partition, "the files of a load are damaged: the next start begins it anew");
        }
        loaded
    }

    fn load(&self, interrupted: Option<Manifest>, directory: Option<&Path>) -> Result<(Changes, Checkpoint), Stop> {
        let (began, mut clock) = (Instant::now(), Clock::start());
        let resumed = match (directory, interrupted) {
            (Some(directory), Some(manifest)) => self.resume(directory, manifest),
            _ => None,
        };
        let is_resumed = resumed.is_some();
        let mut loading = match resumed {
            Some(loading) => loading,
            None => self.begin(directory, &mut clock)?,
        };
        info!(partition = %self.partition, to = %self.to, took = ?began.elapsed(), "records resolved");
        self.fold(&mut loading, directory)?;
        clock.end(Pass::Fold);
        info!(partition = %self.partition, rows = loading.sorter.rows(), took = ?began.elapsed(), "conversations folded");
        self.gather(&mut loading, directory)?;
        let Loading {
            sorter,
            mut counts,
            mut checkpoint,
            ..
        } = loading;
        self.write(sorter)?;
        checkpoint.anomalies = Tally::noted(&counts);
        counts::settle(&mut counts, &MapRows::default())?;
        self.store.flush()?;
        clock.end(Pass::Write);
        // What is known of a load that was interrupted is a part of what it cost.
        let before = self.settings.costs;
        let cpu_share = self.options.cpu_share.unwrap_or(1.0);
        let measured = (!is_resumed).then(|| clock.costs(self.to.0 - self.from.0, self.lanes(), cpu_share));
        if let Some(costs) = measured.map(|measured| measured.after(before)).or(before) {
            costs.note(&mut counts);
        }
        info!(partition = %self.partition, took = ?began.elapsed(), "rows written");
        Ok((counts, checkpoint))
    }

    /// The first pass, and everything that is left of an earlier attempt removed before it.
    fn begin(&self, directory: Option<&Path>, clock: &mut Clock) -> Result<Loading, Stop> {
        if let Some(directory) = directory {
            if directory.exists() {
                fs::remove_dir_all(directory)?;
            }
            fs::create_dir_all(directory)?;
        }
        meta::clear_views(self.store)?;
        let Routed {
            mut tasks,
            mut late,
            homes,
            shared,
            counts,
            checkpoint,
        } = self.route(clock)?;
        let half = self.memory_bytes() / 2;
        let mut sorter = Sorter::new(directory, half);
        let is_large = tasks.is_on_disk() || late.is_on_disk();
        if is_large {
            self.has_room(tasks.held_bytes() + late.held_bytes() + shared.memory_bytes() as u64)?;
            tasks.write(true)?;
            late.write(true)?;
        }
        if !shared.is_loaded() {
            let rows = shared.rows().filter_map(|(key, value)| Some((key, value?)));
            if is_large {
                sorter.write_in_order(rows)?;
            } else {
                sorter.add(rows.map(|(key, value)| (key.to_vec(), value.to_vec())).collect());
            }
        }
        drop(shared);
        let mut loading = Loading {
            tasks,
            late,
            homes,
            sorter,
            counts,
            checkpoint,
            done: 0,
        };
        if let Some(directory) = directory.filter(|_| is_large) {
            // Of the shared rows some may be there.
            self.store.flush()?;
            self.note(&mut loading, directory)?;
        }
        clock.end(Pass::Keep);
        self.told(Pass::Keep, 1, 1);
        Ok(loading)
    }

    /// Notes how far a load is, with its rows.
    fn note(&self, loading: &mut Loading, directory: &Path) -> Result<(), Stop> {
        self.write_run(&mut loading.sorter)?;
        let manifest = Manifest {
            format: manifest::FORMAT,
            versions: self.versions.clone(),
            from: self.from,
            to: self.to,
            tasks: loading.tasks.written(),
            late: loading.late.written(),
            homes: loading.homes.clone(),
            done: loading.done,
            runs: loading.sorter.runs().to_vec(),
            counts: loading.counts.clone(),
            checkpoint: loading.checkpoint,
        };
        let bytes = manifest.bytes()?;
        self.has_room(bytes.len() as u64)?;
        Ok(Manifest::write(&bytes, directory)?)
    }

    fn write_run(&self, sorter: &mut Sorter) -> Result<(), Stop> {
        self.has_room(sorter.held_bytes())?;
        Ok(sorter.write()?)
    }

    /// Makes the files of rows as few as are merged at once. What was merged is removed once nobody goes on with it.
    fn gather(&self, loading: &mut Loading, directory: Option<&Path>) -> Result<(), Stop> {
        while let (Some(directory), Some(runs)) = (directory, loading.sorter.superfluous()) {
            self.has_room(runs.iter().map(|run| run.bytes).sum())?;
            let (mut rows, mut began) = (0, Instant::now());
            loading.sorter.gather(&runs, || {
                rows += 1;
                if rows % ROWS_BETWEEN_LOOKS == 0 {
                    self.check()?;
                    self.rest(began.elapsed());
                    began = Instant::now();
                }
                Ok(())
            })?;
            if loading.is_large() {
                self.note(loading, directory)?;
            }
            for run in runs {
                fs::remove_file(run.path(directory))?;
            }
        }
        Ok(())
    }

    /// Whether there is room for so many bytes more.
    fn has_room(&self, bytes: u64) -> Result<(), Stop> {
        Ok(self.store.has_room(bytes)?)
    }

    /// A load that was interrupted, as it was when it was noted; `None` if its files are not as it left them.
    fn resume(&self, directory: &Path, manifest: Manifest) -> Option<Loading> {
        let half = self.memory_bytes() / 2;
        let reopen = || {
            let tasks = Spill::reopen(directory, "tasks", &manifest.tasks)?;
            let late = Spill::reopen(directory, "late", &manifest.late)?;
            let sorter = Sorter::reopen(directory, manifest.runs.clone(), half)?;
            Ok((tasks, late, sorter))
        };
        let (tasks, late, sorter) = reopen()
            .map_err(|error: std::io::Error| warn!(partition = %self.partition, %error, "a load begins anew"))
            .ok()?;
        info!(partition = %self.partition, done = manifest.done, parts = manifest.tasks.len() + manifest.late.len(), "an interrupted load goes on");
        Some(Loading {
            tasks,
            late,
            homes: manifest.homes,
            sorter,
            counts: manifest.counts,
            checkpoint: manifest.checkpoint,
            done: manifest.done,
        })
    }

    /// The second pass: part by part, as many at a time as there are lanes.
    fn fold(&self, loading: &mut Loading, directory: Option<&Path>) -> Result<(), Stop> {
        let parts = loading.tasks.parts();
        let bytes_of = |loading: &Loading, part: usize| match part.checked_sub(parts) {
            None => loading.tasks.bytes_of(part),
            Some(part) => loading.late.bytes_of(part),
        };
        let all = loading.tasks.bytes() + loading.late.bytes();
        let mut done: u64 = (0..loading.done).map(|part| bytes_of(loading, part)).sum();
        let is_large = loading.is_large();
        while loading.done < 2 * parts {
            self.check()?;
            let began = Instant::now();
            let now = loading.done..(loading.done + self.lanes()).min(2 * parts);
            for folded in self.fold_parts(loading, now.clone())? {
                loading.sorter.add(folded.rows);
                loading.counts.extend(folded.counts);
                loading.checkpoint.duplicates += folded.duplicates;
                loading.checkpoint.unrecognised += folded.unrecognised;
            }
            done += now.clone().map(|part| bytes_of(loading, part)).sum::<u64>();
            loading.done = now.end;
            if loading.sorter.is_full() {
                match directory {
                    Some(directory) if is_large => self.note(loading, directory)?,
                    _ => self.write_run(&mut loading.sorter)?,
                }
            }
            self.told(Pass::Fold, done, all);
            self.rest(began.elapsed());
        }
        Ok(())
    }

    fn fold_parts(&self, loading: &Loading, parts: std::ops::Range<usize>) -> Result<Vec<Folded>, Stop> {
        let first_late = loading.tasks.parts();
        let fold = |part: usize| -> Result<Folded, RowsError> {
            let read = match part.checked_sub(first_late) {
                None => loading.tasks.read(part),
                Some(part) => loading.late.read(part),
            };
            let bytes = read.map_err(|error| RowsError::Store(Box::new(error)))?;
            let is_late = part >= first_late;
            fold_part(&bytes, self.partition, &loading.homes, is_late, &self.options.folding)
        };
        let fold = &fold;
        let folded: Result<Vec<Folded>, RowsError> = std::thread::scope(|scope| {
            let threads: Vec<_> = parts.map(|part| scope.spawn(move || fold(part))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        Ok(folded?)
    }

    /// The third pass: every row once, in order of keys.
    fn write(&self, sorter: Sorter) -> Result<(), Stop> {
        let (all, mut done, mut began) = (sorter.rows(), 0, Instant::now());
        let mut rows = sorter.merge()?.map(|row| {
            done += 1;
            if done % ROWS_BETWEEN_LOOKS == 0 {
                if self.check().is_err() {
                    return Err(RowsError::Store("the load was told to stop".into()));
                }
                self.told(Pass::Write, done, all);
                self.rest(began.elapsed());
                began = Instant::now();
            }
            row
        });
        let written = self.store.pack(&mut rows);
        self.check()?;
        Ok(written?)
    }

    fn spill(&self, name: &str) -> Spill {
        let directory: Option<PathBuf> = self.store.scratch();
        Spill::new(directory.as_deref(), name, self.parts(), self.memory_bytes() / 4)
    }

    /// How many parts there are: each is folded in memory.
    fn parts(&self) -> usize {
        const PARTS_MAX: u64 = 4_096;
        let parts = (self.to.0 - self.from.0).div_ceil(self.settings.part_records.max(1));
        usize::try_from(parts.clamp(1, PARTS_MAX)).unwrap_or(1)
    }

    fn lanes(&self) -> usize {
        lanes(self.options)
    }

    const fn memory_bytes(&self) -> usize {
        self.settings.memory_bytes
    }

    fn check(&self) -> Result<(), Stop> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Stop::Told);
        }
        Ok(())
    }

    /// Keeps to its share, after having been busy for so long.
    fn rest(&self, busy: Duration) {
        if let Some(share) = self.options.cpu_share.filter(|share| *share > 0.0) {
            self.hold.rest(busy.div_f64(share.min(1.0)).saturating_sub(busy));
        }
    }

    fn told_routed(&self, next: Offset) {
        self.told(Pass::Route, next.0 - self.from.0, self.to.0 - self.from.0);
    }

    /// Tells how far it is. Nothing is committed before the end.
    fn told(&self, pass: Pass, done: u64, all: u64) {
        let costs = Costs::expected(self.settings.costs, self.lanes());
        let next = costs.told_at(self.from, self.to, pass, done, all);
        self.progress
            .send_modify(|progress| progress.checkpoint.next = next.max(progress.checkpoint.next));
    }
}
