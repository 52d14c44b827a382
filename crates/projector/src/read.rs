//! The reading thread of a projector: reads and decodes ahead of the one that folds, and sees how the log is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition, Position};
use origem_log::{Batch, EventLog, ReadError, ReadLimit};
use tokio::sync::watch;
use tracing::warn;

use crate::decode::decode;
use crate::fold::Decoded;
use crate::handle::Progress;
use crate::hold::Hold;
use crate::run::{Options, ProjectError};

/// What the reader hands to the writer.
pub(crate) struct Decodes {
    pub(crate) from: Offset,
    pub(crate) next: Offset,
    pub(crate) records: Vec<Decoded>,
    /// How long reading and decoding took.
    pub(crate) took: Duration,
}

/// How long a reader waits before it tries again what the medium refused: twice as long each time.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

pub(crate) struct Reader {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) partition: Partition,
    pub(crate) options: Options,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) hold: Arc<Hold>,
    pub(crate) stop: Arc<AtomicBool>,
}

impl Reader {
    pub(crate) fn run(&self, mut next: Offset, batches: &SyncSender<Result<Decodes, ProjectError>>) {
        let mut pause = PAUSE_MIN;
        while !self.stop.load(Ordering::Relaxed) {
            self.hold.park(next);
            match self.read(next) {
                Ok(read) => {
                    pause = PAUSE_MIN;
                    let Some(decodes) = read else { continue };
                    next = decodes.next;
                    if batches.send(Ok(decodes)).is_err() {
                        return;
                    }
                }
                // The medium may come back, as a broker does: the views wait for it.
                Err(ReadError::Io { place, source }) => {
                    warn!(partition = %self.partition, %next, place, error = %source, "the log cannot be read; trying again");
                    self.tell(|progress| progress.log_away = true);
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Err(source) => {
                    let position = Position {
                        partition: self.partition,
                        offset: next,
                    };
                    // The writer may be gone already; then nobody is left to tell.
                    drop(batches.send(Err(ProjectError::Log { position, source })));
                    return;
                }
            }
        }
    }

    /// The next batch; `None` if there is nothing for a while.
    fn read(&self, next: Offset) -> Result<Option<Decodes>, ReadError> {
        const PATIENCE: Duration = Duration::from_millis(50);
        let tail = self.log.wait(self.partition, next, PATIENCE)?;
        if tail <= next {
            self.tell(|progress| progress.log_away = false);
            return Ok(None);
        }
        self.tell(|progress| progress.tail = progress.tail.max(tail));
        // Somebody may have held it while it waited.
        let until = self.hold.until();
        if until <= next {
            return Ok(None);
        }
        let began = Instant::now();
        let behind = tail.0 - next.0 > 4 * self.options.live_records_max as u64;
        let records_max = if behind {
            self.options.behind_records_max
        } else {
            self.options.live_records_max
        };
        let limit = ReadLimit {
            bytes_max: self.options.read_bytes_max,
            records_max: records_max.min(usize::try_from(until.0 - next.0).unwrap_or(usize::MAX)),
        };
        let batch = self.log.read(self.partition, next, limit)?;
        self.tell(|progress| progress.log_away = false);
        let records = self.decode(&batch, until);
        Ok(Some(Decodes {
            from: next,
            next: batch.next().min(until),
            records,
            took: began.elapsed(),
        }))
    }

    /// Tells what it sees of the log, if that is new.
    fn tell(&self, what: impl FnOnce(&mut Progress)) {
        self.progress.send_if_modified(|progress| {
            let before = *progress;
            what(progress);
            *progress != before
        });
    }

    fn decode(&self, batch: &Batch, until: Offset) -> Vec<Decoded> {
        const RECORDS_PER_LANE_MIN: usize = 512;
        let lanes = self
            .options
            .folding
            .lanes
            .min(batch.len() / RECORDS_PER_LANE_MIN)
            .max(1);
        // On a broker there may be fewer records than offsets.
        let records: Vec<(Offset, &[u8])> = batch.iter().take_while(|(offset, _)| *offset < until).collect();
        let decode = |records: &[(Offset, &[u8])]| -> Vec<Decoded> {
            let mut decoded = Vec::with_capacity(records.len());
            for (offset, bytes) in records {
                let position = Position {
                    partition: self.partition,
                    offset: *offset,
                };
                decode(position, bytes, &self.options.reading, &mut decoded);
            }
            decoded
        };
        if lanes == 1 {
            return decode(&records);
        }
        std::thread::scope(|scope| {
            let shares = records.chunks(records.len().div_ceil(lanes));
            let threads: Vec<_> = shares.map(|share| scope.spawn(move || decode(share))).collect();
            threads
                .into_iter()
                .flat_map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        })
    }
}
