//! The outbox: what is to be told, what was, and why something was not. A log of its own, folded in memory; no view, so no rebuild
//! touches it.
//!
//! ```text
//! log    | item 0 waiting | place | item 0 sent | item 1 skipped | place | ...
//! book     the last record of each item and place
//! ```
//! Whatever changes is in the log before it counts. Once most records are of the past, those that count are written again and
//! the rest is let go of.

mod book;
mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use origem_domain::position::{Offset, Partition, Positions};
use origem_domain::time::{Micros, Timestamp};
use origem_log::{AppendError, EventLog, ReadError, ReadLimit, TrimError};
use tracing::warn;

use crate::conversion::{Destination, Item, State};
use crate::decide::Judged;
use book::Book;
pub(crate) use book::{Attempt, Outcome, Reopened};
pub use record::Place;
use record::{Record, RecordError};

/// It has one partition: what is in it is in one order.
const PARTITION: Partition = Partition(0);
/// Records beyond four for each item after which the log is written anew.
const RECORDS_SPARE: u64 = 4096;

/// Why the outbox cannot do what it should.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Its log refuses records.
    #[error("the outbox of conversions cannot be written")]
    Append(#[from] AppendError),
    /// Its log cannot be read.
    #[error("the outbox of conversions cannot be read")]
    Read(#[from] ReadError),
    /// The oldest of its records cannot be dropped.
    #[error("the oldest records of the outbox of conversions cannot be dropped")]
    Trim(#[from] TrimError),
    /// A newer Origem wrote it.
    #[error("the outbox of conversions was written by a newer Origem (version {version}); run that one")]
    Newer {
        /// The version of the record.
        version: u32,
    },
    /// A record cannot be made.
    #[error("a record of the outbox of conversions cannot be made")]
    Encode(#[source] serde_json::Error),
}

/// What feeds the outbox from one stretch of the log.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// In order.
    pub entries: Vec<Entry>,
    /// How far destinations are served then.
    pub seen: BTreeMap<Destination, Positions>,
    /// Whether that is worth a record by itself.
    pub keeps_place: bool,
}

/// One thing to take in.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A conversion was decided.
    Decided(Box<Judged>),
    /// A ticket was opened again.
    Reopened(Reopened),
}

/// How many conversions there are, by destination and state; and since when the oldest waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// By destination and state.
    pub items: BTreeMap<(Destination, State), u64>,
    /// Since when the oldest that waits does, by destination.
    pub oldest: BTreeMap<Destination, Timestamp>,
}

/// The outbox; cheap to clone.
#[derive(Clone)]
pub struct Outbox(Arc<Shared>);

struct Shared {
    log: Arc<dyn EventLog>,
    keep: Micros,
    state: Mutex<Kept>,
    /// Something waits that did not before.
    news: Condvar,
}

struct Kept {
    book: Book,
    /// From here on the log has everything that counts.
    rewritten: Offset,
}

impl Outbox {
    /// The outbox of a log: reads all of it. What was settled longer than `keep` before `now` is forgotten. Blocks.
    ///
    /// # Errors
    /// `Read`; `Newer` where a newer Origem wrote to it.
    pub fn open(log: Arc<dyn EventLog>, keep: Micros, now: Timestamp) -> Result<Self, OutboxError> {
        let start = log.start(PARTITION)?;
        let (mut book, mut next) = (Book::default(), start);
        loop {
            let batch = log.read(PARTITION, next, ReadLimit::default())?;
            if batch.next() == next {
                break;
            }
            for (offset, record) in batch.iter() {
                match Record::decode(record) {
                    Ok(record) => book.apply(record),
                    Err(RecordError::Newer(version)) => return Err(OutboxError::Newer { version }),
                    Err(error) => warn!(%offset, %error, "a record of the outbox of conversions is passed over"),
                }
            }
            next = batch.next();
        }
        book.forget(now, keep);
        let state = Kept { book, rewritten: start };
        Ok(Self(Arc::new(Shared {
            log,
            keep,
            state: Mutex::new(state),
            news: Condvar::new(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes records, and only then takes them in.
    fn write(&self, kept: &mut Kept, records: Vec<Record>) -> Result<(), OutboxError> {
        if records.is_empty() {
            return Ok(());
        }
        self.append(&records)?;
        records.into_iter().for_each(|record| kept.book.apply(record));
        self.0.news.notify_all();
        Ok(())
    }

    /// The offset of the first.
    fn append(&self, records: &[Record]) -> Result<Offset, OutboxError> {
        let bytes: Result<Vec<Vec<u8>>, _> = records.iter().map(serde_json::to_vec).collect();
        let bytes = bytes.map_err(OutboxError::Encode)?;
        let bytes: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        Ok(self.0.log.append(PARTITION, &bytes)?.start)
    }

    /// How far each destination has been served.
    pub(crate) fn places(&self) -> BTreeMap<Destination, Place> {
        self.lock().book.places().clone()
    }

    /// Has a destination be served from a place on.
    pub(crate) fn begin(&self, place: &Place) -> Result<(), OutboxError> {
        self.write(&mut self.lock(), vec![Record::of_place(place)])
    }

    /// Serves a destination no more.
    pub(crate) fn end(&self, destination: Destination) -> Result<(), OutboxError> {
        self.write(&mut self.lock(), vec![Record::of_end(destination)])
    }

    /// Takes in what a stretch of the log gives, all or nothing.
    pub(crate) fn take_in(&self, intake: Intake, dry_run: bool, now: Timestamp) -> Result<(), OutboxError> {
        let mut kept = self.lock();
        // Entries of one stretch may be about the same item.
        let mut changed: BTreeMap<String, Item> = BTreeMap::new();
        let mut number = kept.book.next_number();
        for entry in intake.entries {
            match entry {
                Entry::Decided(judged) => {
                    let key = judged.conversion.key.clone();
                    let known = changed.get(&key).or_else(|| kept.book.of_key(&key));
                    if let Some(item) = book::decided(known, *judged, dry_run, now, number) {
                        number = number.max(item.number + 1);
                        changed.insert(key, item);
                    }
                }
                Entry::Reopened(reopened) => {
                    let untouched = kept
                        .book
                        .items()
                        .filter(|item| !changed.contains_key(&item.conversion.key));
                    let concerned = untouched.chain(changed.values()).filter(|item| reopened.concerns(item));
                    let withdrawn: Vec<Item> = concerned.map(|item| book::withdrawn(item, now)).collect();
                    changed.extend(withdrawn.into_iter().map(|item| (item.conversion.key.clone(), item)));
                }
            }
        }
        let mut records: Vec<Record> = changed.values().map(Record::of_item).collect();
        let moved = intake.seen.into_iter().filter_map(|(destination, seen)| {
            let mut place = kept.book.places().get(&destination)?.clone();
            seen.iter().for_each(|position| place.seen.advance(position));
            Some(place)
        });
        let moved: Vec<Place> = moved.collect();
        if !records.is_empty() || intake.keeps_place {
            records.extend(moved.iter().map(Record::of_place));
        }
        self.write(&mut kept, records)?;
        for place in moved {
            if let Some(known) = kept.book.place_mut(place.destination) {
                *known = place;
            }
        }
        Ok(())
    }

    /// Up to `max` conversions of a destination whose time has come, in order.
    pub(crate) fn due(&self, destination: Destination, now: Timestamp, max: usize) -> Vec<Item> {
        let kept = self.lock();
        let due = kept.book.waiting(destination);
        due.filter(|item| item.next_at.is_none_or(|at| at <= now))
            .take(max)
            .cloned()
            .collect()
    }

    /// Notes what became of attempts.
    pub(crate) fn settle(&self, attempts: Vec<Attempt>, now: Timestamp) -> Result<(), OutboxError> {
        let mut kept = self.lock();
        let settled = attempts
            .into_iter()
            .filter_map(|attempt| kept.book.settled(attempt, now));
        let records = settled.map(|item| Record::of_item(&item)).collect();
        self.write(&mut kept, records)
    }

    /// Has an item be sent at once, if it may: nothing becomes of it between the look at it and that.
    pub(crate) fn send_again<E: From<OutboxError>>(
        &self,
        key: &str,
        may: impl FnOnce(&Item) -> Result<(), E>,
        now: Timestamp,
    ) -> Result<Option<Item>, E> {
        let mut kept = self.lock();
        let Some(item) = kept.book.of_key(key).cloned() else {
            return Ok(None);
        };
        may(&item)?;
        let item = Item {
            state: State::Waiting,
            queued_at: now,
            updated_at: now,
            next_at: None,
            ..item
        };
        self.write(&mut kept, vec![Record::of_item(&item)])?;
        Ok(Some(item))
    }

    /// Waits until something was written, for `patience` at most.
    pub(crate) fn wait(&self, patience: Duration) {
        drop(self.0.news.wait_timeout(self.lock(), patience));
    }

    /// Wakes whoever waits.
    pub(crate) fn wake(&self) {
        self.0.news.notify_all();
    }

    /// An item by its key.
    #[must_use]
    pub(crate) fn of_key(&self, key: &str) -> Option<Item> {
        self.lock().book.of_key(key).cloned()
    }

    /// Up to `limit` items that fit, the latest first, below a number; and whether there are more.
    pub(crate) fn list(&self, fits: impl Fn(&Item) -> bool, below: Option<u64>, limit: usize) -> (Vec<Item>, bool) {
        let kept = self.lock();
        let mut found = kept
            .book
            .latest_first()
            .filter(|item| below.is_none_or(|below| item.number < below) && fits(item));
        let items = found.by_ref().take(limit).cloned().collect();
        (items, found.next().is_some())
    }

    /// How many there are: of an account, or of all.
    #[must_use]
    pub fn counts(&self, account: Option<&str>) -> Counts {
        let kept = self.lock();
        let mut counts = Counts::default();
        let is_meant = |item: &&Item| account.is_none_or(|account| item.conversion.account == account);
        for item in kept.book.items().filter(is_meant) {
            let destination = item.conversion.destination;
            *counts.items.entry((destination, item.state)).or_default() += 1;
            if item.state == State::Waiting {
                let oldest = counts.oldest.entry(destination).or_insert(item.queued_at);
                *oldest = item.queued_at.min(*oldest);
            }
        }
        counts
    }

    /// Forgets what is long settled, and lets go of records that count no more.
    ///
    /// # Errors
    /// `Read`, `Append`, `Trim`. Nothing is lost by any of them.
    pub(crate) fn tidy(&self, now: Timestamp) -> Result<(), OutboxError> {
        let mut kept = self.lock();
        kept.book.forget(now, self.0.keep);
        let tail = self.0.log.tail(PARTITION)?;
        let records = tail.0.saturating_sub(kept.rewritten.0);
        if records <= 4 * kept.book.len() as u64 + RECORDS_SPARE {
            return Ok(());
        }
        let places = kept.book.places().values().map(Record::of_place);
        let items = kept.book.items().map(Record::of_item);
        let records: Vec<Record> = places.chain(items).collect();
        for part in records.chunks(1_000) {
            self.append(part)?;
        }
        // Where nothing counts any more there is nothing to write again.
        self.0.log.trim(PARTITION, tail)?;
        kept.rewritten = tail;
        Ok(())
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("items", &self.lock().book.len())
            .finish_non_exhaustive()
    }
}
