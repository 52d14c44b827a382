//! The directory: a small log of its own, folded in memory into what queries read.
//!
//! ```text
//! put --check--> change --append--> log of the directory --fold--> snapshot (immutable) <-- queries
//! ```
//! The last change by the log's order wins. A write answers when it is durable and what this instance reads has it; other instances
//! on a shared log read it a moment later.

mod snapshot;

pub use snapshot::{Entry, Snapshot};

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use origem_codec::directory::{Change, ChangeError, VERSION};
use origem_domain::directory::{Item, Kind};
use origem_domain::position::{Offset, Partition};
use origem_domain::time::Timestamp;
use origem_log::{EventLog, MemoryLog, ReadLimit};
use serde_json::value::RawValue;

use crate::error::EngineError;

/// It has one partition: what is in it must be in one order.
const PARTITION: Partition = Partition(0);

/// A change that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The tenant.
    pub account: String,
    /// The entry.
    pub id: String,
    /// What it shall say.
    pub item: Item,
}

/// Who writes, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writer {
    /// Now, by the edge's clock.
    pub at: Timestamp,
    /// Who, as far as that is known.
    pub by: Option<String>,
}

/// The directory of all accounts; cheap to clone.
#[derive(Clone)]
pub struct Directory(Arc<Shared>);

struct Shared {
    log: Arc<dyn EventLog>,
    /// Why nothing can be written.
    refusal: Option<String>,
    /// The next offset to be folded. Held while it is.
    next: Mutex<Offset>,
    latest: RwLock<Arc<Snapshot>>,
}

impl Directory {
    /// The directory of a log: reads all of it. Blocks.
    ///
    /// # Errors
    /// `Log`; `Directory` where a record was written by a newer Origem.
    pub fn open(log: Arc<dyn EventLog>) -> Result<Self, EngineError> {
        let start = log.start(PARTITION).map_err(EngineError::Log)?;
        let directory = Self(Arc::new(Shared {
            log,
            refusal: None,
            next: Mutex::new(start),
            latest: RwLock::default(),
        }));
        directory.catch_up()?;
        Ok(directory)
    }

    /// An empty one that takes nothing, and says why.
    #[must_use]
    pub fn closed(reason: &str) -> Self {
        Self(Arc::new(Shared {
            log: Arc::new(MemoryLog::default()),
            refusal: Some(reason.to_owned()),
            next: Mutex::default(),
            latest: RwLock::default(),
        }))
    }

    /// All entries as they are now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.latest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes entries, all or none; done when they are durable and read here. Blocks.
    ///
    /// # Errors
    /// `Faulty` where one makes no sense; nothing is written then. `NoDirectory`, `Append`, `Log`.
    pub fn put(&self, wishes: &[Wish], writer: &Writer) -> Result<(), EngineError> {
        for wish in wishes {
            wish.item.check_as(&wish.id)?;
        }
        let changes = wishes.iter().map(|wish| {
            let text = serde_json::to_string(&wish.item).and_then(RawValue::from_string);
            let value = text.map_err(|error| EngineError::Directory(ChangeError::Json(error)))?;
            Ok(change(&wish.account, wish.item.kind(), &wish.id, Some(value), writer))
        });
        self.append(&changes.collect::<Result<Vec<_>, EngineError>>()?)
    }

    /// Takes an entry away; done when that is durable and read here. Blocks.
    ///
    /// # Errors
    /// `NoEntry` if there is none; `NoDirectory`, `Append`, `Log`.
    pub fn remove(&self, account: &str, kind: Kind, id: &str, writer: &Writer) -> Result<(), EngineError> {
        self.snapshot().entry(account, kind, id)?;
        self.append(&[change(account, kind, id, None, writer)])
    }

    fn append(&self, changes: &[Change]) -> Result<(), EngineError> {
        if let Some(reason) = &self.0.refusal {
            return Err(EngineError::NoDirectory { reason: reason.clone() });
        }
        let records = changes.iter().map(Change::encode).collect::<Result<Vec<_>, _>>()?;
        let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
        self.0.log.append(PARTITION, &records).map_err(EngineError::Append)?;
        self.catch_up()
    }

    /// Folds what the log has and is not folded yet.
    ///
    /// # Errors
    /// As [`Directory::open`]; what could be read is folded.
    pub fn catch_up(&self) -> Result<(), EngineError> {
        let mut next = self.0.next.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let batch = self
                .0
                .log
                .read(PARTITION, *next, ReadLimit::default())
                .map_err(EngineError::Log)?;
            if batch.next() == *next {
                return Ok(());
            }
            let mut snapshot = Snapshot::clone(&self.snapshot());
            for (offset, record) in batch.iter() {
                match Change::decode(record) {
                    Ok(change) => snapshot.apply(&change, offset),
                    Err(newer @ ChangeError::Newer { .. }) => return Err(newer.into()),
                    // Nothing of ours: it is passed over, and does not take the others with it.
                    Err(error) => tracing::warn!(%offset, %error, "a record of the directory cannot be read"),
                }
            }
            *self.0.latest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
            *next = batch.next();
        }
    }

    /// Waits for changes of other instances, for `patience` at most, and folds them. Blocks.
    ///
    /// # Errors
    /// As [`Directory::catch_up`].
    pub fn follow(&self, patience: Duration) -> Result<(), EngineError> {
        let next = *self.0.next.lock().unwrap_or_else(PoisonError::into_inner);
        let tail = self.0.log.wait(PARTITION, next, patience).map_err(EngineError::Log)?;
        if tail > next { self.catch_up() } else { Ok(()) }
    }
}

fn change(account: &str, kind: Kind, id: &str, value: Option<Box<RawValue>>, writer: &Writer) -> Change {
    Change {
        version: VERSION,
        account: account.to_owned(),
        kind: kind.name().to_owned(),
        id: id.to_owned(),
        value,
        at: writer.at,
        by: writer.by.clone(),
    }
}

/// One in memory, for whoever keeps nothing.
impl Default for Directory {
    fn default() -> Self {
        Self(Arc::new(Shared {
            log: Arc::new(MemoryLog::default()),
            refusal: None,
            next: Mutex::default(),
            latest: RwLock::default(),
        }))
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory")
            .field("entries", &self.snapshot().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
