//! Whether the log takes appends: how much room there is, and whether an earlier write is in doubt.
//!
//! ```text
//!   free space   |------------------------------|-- margin --|---- reserve ----|
//!                 appends are taken               as before    refused, until more than the margin is free again
//! ```
//!
//! The reserve is what views, checkpoints and everybody else need to go on while nothing is taken in. Without one, and where the
//! system does not tell what is free (a quota), the first write that fails says that there is no room.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use origem_log::Refusal;
use tracing::{error, info};

use crate::storage::Storage;

/// Part of the reserve that has to be free beside it before appends are taken again, so that they do not come and go.
const MARGIN: u64 = 8;

/// The condition of an open log, for its writer and for those who watch over it.
#[derive(Debug)]
pub(crate) struct Condition {
    storage: Arc<dyn Storage>,
    reserve_bytes: u64,
    /// Appends would have gone into the reserve.
    low: AtomicBool,
    /// A write failed for want of room.
    full: AtomicBool,
    poisoned: AtomicBool,
}

/// Appends are refused before the disk is really full.
#[derive(Debug, thiserror::Error)]
#[error(
    "{free} bytes are free in {place} and {needed} have to be: make room, and appends are taken again by themselves"
)]
struct NoRoom {
    place: String,
    free: u64,
    needed: u64,
}

impl Condition {
    pub(crate) fn new(storage: Arc<dyn Storage>, reserve_bytes: u64) -> Self {
        Self {
            storage,
            reserve_bytes,
            low: AtomicBool::new(false),
            full: AtomicBool::new(false),
            poisoned: AtomicBool::new(false),
        }
    }

    /// Refuses `bytes` that would go into the reserve.
    pub(crate) fn admit(&self, bytes: u64) -> io::Result<()> {
        let needed = self.needed().saturating_add(bytes);
        let Some(free) = self.free().filter(|free| *free < needed) else {
            return Ok(());
        };
        if !self.low.swap(true, Ordering::Relaxed) {
            let reserve = self.reserve_bytes;
            error!(
                free,
                reserve, "too little space is free, refusing appends until there is more"
            );
        }
        let place = self.storage.place();
        Err(io::Error::new(
            io::ErrorKind::StorageFull,
            NoRoom { place, free, needed },
        ))
    }

    /// A write failed and was taken back; whether that was for want of room.
    pub(crate) fn failed(&self, cause: &io::Error) -> bool {
        let is_full = matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        if is_full && !self.full.swap(true, Ordering::Relaxed) {
            error!(%cause, "no space is left to append to the log; every append tries again");
        }
        is_full
    }

    /// An append went through.
    pub(crate) fn written(&self) {
        let was_low = self.low.swap(false, Ordering::Relaxed);
        let was_full = self.full.swap(false, Ordering::Relaxed);
        if was_low || was_full {
            info!("there is space again, appends are taken");
        }
    }

    /// A write is in doubt: only opening the log again helps.
    pub(crate) fn poisoned(&self) {
        self.poisoned.store(true, Ordering::Relaxed);
    }

    /// Why appends are refused, as far as it is known without trying.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let is_low = || self.low.load(Ordering::Relaxed) && self.free().is_some_and(|free| free < self.needed());
        if self.poisoned.load(Ordering::Relaxed) {
            Some(Refusal::Unconfirmed)
        } else if self.full.load(Ordering::Relaxed) || is_low() {
            Some(Refusal::NoSpace)
        } else {
            None
        }
    }

    /// What has to stay free.
    fn needed(&self) -> u64 {
        if self.low.load(Ordering::Relaxed) {
            self.reserve_bytes.saturating_add(self.reserve_bytes / MARGIN)
        } else {
            self.reserve_bytes
        }
    }

    /// What is free, if there is a reserve and the system tells: else only trying shows.
    fn free(&self) -> Option<u64> {
        (self.reserve_bytes > 0).then(|| self.storage.free().ok().flatten())?
    }
}
