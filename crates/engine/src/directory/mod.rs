//! The directory: a small log of its own, folded in memory into what queries read.
//!
//! ```text
//! put --check--> change --append--> log of the directory --fold--> snapshot (immutable) <-- queries
//! ```
//! The last change by the log's order wins. A write answers when it is durable and what this instance reads has it; other instances
//! on a shared log read it a moment later.

mod snapshot;

pub use snapshot::{Entry, Snapshot};

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use origem_codec::directory::{Change, ChangeError, VERSION};
use origem_domain::directory::{Item, Kind};
use origem_domain::position::{Offset, Partition};
use origem_domain::time::Timestamp;
use origem_log::{EventLog, MemoryLog, ReadLimit};
use serde_json::value::RawValue;

use crate::catalogue::Latest;
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
    /// Held while links are written.
    links: Mutex<()>,
    latest: RwLock<Arc<Snapshot>>,
    /// What is made anew of each snapshot.
    catalogues: Mutex<Vec<Weak<Latest>>>,
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
            links: Mutex::default(),
            latest: RwLock::default(),
            catalogues: Mutex::default(),
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
            links: Mutex::default(),
            latest: RwLock::default(),
            catalogues: Mutex::default(),
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
    /// `Faulty` where one makes no sense, `LinkTaken` where another account has a link of that code; nothing is written then.
    /// `NoDirectory`, `Append`, `Log`.
    pub fn put(&self, wishes: &[Wish], writer: &Writer) -> Result<(), EngineError> {
        for wish in wishes {
            wish.item.check_as(&wish.id)?;
        }
        let is_link = |wish: &Wish| wish.item.kind() == Kind::Link;
        // Until they are read here: no two accounts find the same code free.
        let one_by_one = wishes
            .iter()
            .any(is_link)
            .then(|| self.0.links.lock().unwrap_or_else(PoisonError::into_inner));
        if one_by_one.is_some() {
            // What other instances wrote counts too, as far as it is in the log.
            self.catch_up()?;
            self.check_links(wishes)?;
        }
        let changes = wishes.iter().map(|wish| {
            let text = serde_json::to_string(&wish.item).and_then(RawValue::from_string);
            let value = text.map_err(|error| EngineError::Directory(ChangeError::Json(error)))?;
            Ok(change(&wish.account, wish.item.kind(), &wish.id, Some(value), writer))
        });
        self.append(&changes.collect::<Result<Vec<_>, EngineError>>()?)
    }

    /// No two accounts have a link of one code: what they lead to stands in one address. Who has one already may change it.
    fn check_links(&self, wishes: &[Wish]) -> Result<(), EngineError> {
        let mut wanted: BTreeMap<&str, &str> = BTreeMap::new();
        for wish in wishes.iter().filter(|wish| wish.item.kind() == Kind::Link) {
            let account = wanted.entry(&wish.id).or_insert(&wish.account);
            if *account != wish.account {
                return Err(EngineError::LinkTaken { code: wish.id.clone() });
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let snapshot = self.snapshot();
        let own = |account: &str, code: &str| snapshot.link(account, code).is_some();
        let taken = snapshot.links_of_all().find(|(account, code, _)| {
            let by = wanted.get(code);
            by.is_some_and(|by| by != account && !own(by, code))
        });
        match taken {
            Some((_, code, _)) => Err(EngineError::LinkTaken { code: code.to_owned() }),
            None => Ok(()),
        }
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
        let folded = self.fold(&mut next);
        let mut catalogues = self.0.catalogues.lock().unwrap_or_else(PoisonError::into_inner);
        catalogues.retain(|latest| latest.strong_count() > 0);
        let snapshot = self.snapshot();
        catalogues
            .iter()
            .filter_map(Weak::upgrade)
            .for_each(|latest| latest.renew(&snapshot));
        folded
    }

    /// Keeps a catalogue up to date from here on. Blocks.
    pub(crate) fn keep(&self, latest: &Arc<Latest>) {
        let _one_by_one = self.0.next.lock().unwrap_or_else(PoisonError::into_inner);
        latest.renew(&self.snapshot());
        let mut catalogues = self.0.catalogues.lock().unwrap_or_else(PoisonError::into_inner);
        catalogues.push(Arc::downgrade(latest));
    }

    fn fold(&self, next: &mut Offset) -> Result<(), EngineError> {
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
            links: Mutex::default(),
            latest: RwLock::default(),
            catalogues: Mutex::default(),
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
