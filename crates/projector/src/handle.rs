//! The handle to a running projector, and what it tells.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use origem_domain::position::{Offset, Partition};
use origem_domain::time::Timestamp;
use origem_views::meta::{Checkpoint, Versions};
use tokio::sync::watch;
use tracing::{Span, error};

use crate::dirty::Dirty;
use crate::hold::Hold;
use crate::outcomes::Outcomes;
use crate::trace::Followed;

/// How far a projector is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// What is committed. While views are loaded in bulk: how much of that work is done, as records.
    pub checkpoint: Checkpoint,
    /// The tail of the log when it last looked.
    pub tail: Offset,
    /// The views are new and not whole yet: they must not be read.
    pub loading: bool,
    /// When the oldest record that waits to be committed was received, as far as that is known.
    pub waiting_since: Option<Timestamp>,
    /// The log could not be read when it last tried; it goes on trying.
    pub log_away: bool,
    /// The disk of the views had no room when it last tried to write; it goes on trying.
    pub no_space: bool,
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

/// Whom a projector tells. They may outlive it: the next one tells the same.
#[derive(Debug, Clone)]
pub struct Signals {
    /// Counts commits.
    pub news: watch::Sender<u64>,
    /// How far it is.
    pub progress: watch::Sender<Progress>,
    /// What changes.
    pub dirty: Arc<Dirty>,
    /// Spans that end with a commit.
    pub followed: Arc<Followed>,
    /// What was folded to nothing.
    pub outcomes: Arc<Mutex<Outcomes>>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            news: watch::Sender::new(0),
            progress: watch::Sender::new(Progress::default()),
            dirty: Arc::default(),
            followed: Arc::default(),
            outcomes: Arc::default(),
        }
    }
}

impl Signals {
    /// Keeps `span` open until the records up to `end` are committed.
    pub fn follow(&self, end: Offset, span: Span) {
        self.followed.add(end, span, || self.progress.borrow().checkpoint.next);
    }
}

/// A handle to a running projector; cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) partition: Partition,
    pub(crate) signals: Signals,
    pub(crate) versions: Arc<Versions>,
    pub(crate) hold: Arc<Hold>,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Handle {
    /// How far it is now.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.signals.progress.borrow()
    }

    /// Follows how far it is.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.signals.progress.subscribe()
    }

    /// The partition it folds.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        self.partition
    }

    /// How many of the records in `range` were duplicates, as far as that is remembered.
    #[must_use]
    pub fn duplicates(&self, range: Range<Offset>) -> u64 {
        self.signals
            .outcomes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .duplicates(range)
    }

    /// The conversations that change.
    #[must_use]
    pub fn dirty(&self) -> &Dirty {
        &self.signals.dirty
    }

    /// What its views are made with.
    #[must_use]
    pub const fn versions(&self) -> &Arc<Versions> {
        &self.versions
    }

    /// Holds it: nothing is read from `until` on. Gives where it stands still with everything committed: at `until`, or behind it if
    /// it was further already. `None` if it does not within `patience`, or has ended; it is held all the same. Blocks.
    #[must_use]
    pub fn hold(&self, until: Offset, patience: Duration) -> Option<Offset> {
        self.hold.at(until, patience)
    }

    /// Lets it go on.
    pub fn release(&self) {
        self.hold.release();
    }

    /// Lets it stop after the batch at hand, and does not wait for that: so that several stop at the same time.
    pub fn tell_to_stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.hold.end();
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
