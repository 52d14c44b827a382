//! The log as the engine under test sees it: real segment files on a disk that fails as it is told to, of which readers see as much
//! as the schedule has let through. So it is the seed that decides how the stream is cut, and not the threads.

use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use origem_log::{AppendError, Batch, EventLog, Piece, ReadError, ReadLimit, Refusal, TrimError};
use origem_log_segments::SegmentLog;

/// A log behind a gate.
pub struct GatedLog {
    log: SegmentLog,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Readers see what is before.
    visible: Offset,
    /// Nobody waits any more: whoever reads is about to stop.
    closing: bool,
    /// So many reads fail, as those of a disk that is away for a moment.
    failing: u32,
}

impl GatedLog {
    /// Lets readers see what is before `visible`, if it is there.
    pub fn new(log: SegmentLog, visible: Offset) -> Self {
        Self {
            log,
            state: Mutex::new(State {
                visible,
                closing: false,
                failing: 0,
            }),
            changed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets readers see up to here.
    pub fn let_through(&self, visible: Offset) {
        self.state().visible = visible;
        self.changed.notify_all();
    }

    /// Has so many reads fail.
    pub fn fail_reads(&self, count: u32) {
        self.state().failing = count;
    }

    /// Whoever waits for records waits no more.
    pub fn close(&self) {
        self.state().closing = true;
        self.changed.notify_all();
    }

    /// The tail of the log itself.
    pub fn whole_tail(&self) -> Offset {
        self.log.tail(Partition(0)).unwrap()
    }

    /// Every record of the log itself from `from` on, whatever readers see.
    pub fn records(&self, from: Offset) -> Vec<Vec<u8>> {
        let (mut records, mut next) = (Vec::new(), from);
        while next < self.whole_tail() {
            let batch = self.log.read(Partition(0), next, ReadLimit::default()).unwrap();
            records.extend(batch.iter().map(|(_, bytes)| bytes.to_vec()));
            next = batch.next();
        }
        records
    }
}

impl EventLog for GatedLog {
    fn partitions(&self) -> u32 {
        1
    }

    fn append(&self, partition: Partition, records: &[&[u8]]) -> Result<Range<Offset>, AppendError> {
        self.log.append(partition, records)
    }

    fn start(&self, partition: Partition) -> Result<Offset, ReadError> {
        self.log.start(partition)
    }

    fn tail(&self, partition: Partition) -> Result<Offset, ReadError> {
        Ok(self.log.tail(partition)?.min(self.state().visible))
    }

    fn read(&self, partition: Partition, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        let visible = {
            let mut state = self.state();
            if state.failing > 0 {
                state.failing -= 1;
                return Err(ReadError::Io {
                    place: "the disk of the log".to_owned(),
                    source: std::io::ErrorKind::TimedOut.into(),
                });
            }
            state.visible
        };
        let left = usize::try_from(visible.0.saturating_sub(from.0)).unwrap_or(usize::MAX);
        let limit = ReadLimit {
            records_max: limit.records_max.min(left),
            ..limit
        };
        self.log.read(partition, from, limit)
    }

    fn wait(&self, partition: Partition, offset: Offset, timeout: Duration) -> Result<Offset, ReadError> {
        let deadline = Instant::now() + timeout;
        let mut state = self.state();
        loop {
            let tail = self.log.tail(partition)?.min(state.visible);
            let left = deadline.saturating_duration_since(Instant::now());
            if tail > offset || state.closing || left.is_zero() {
                return Ok(tail);
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn pieces(&self, partition: Partition) -> Result<Vec<Piece>, ReadError> {
        self.log.pieces(partition)
    }

    fn refusal(&self) -> Option<Refusal> {
        self.log.refusal()
    }

    fn trim(&self, partition: Partition, before: Offset) -> Result<Offset, TrimError> {
        self.log.trim(partition, before)
    }
}
