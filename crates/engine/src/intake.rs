//! Intake: deliveries to records of the log, acknowledged once they are durable.
//!
//! ```text
//! accept --decode, encode--> queue --one thread, many deliveries per append--> log
//!    ^                                                                          |
//!    +----------------------------- durable -----------------------------------+
//! ```

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use origem_channels::{Decoded, Delivery, decode};
use origem_codec::{self as codec, RawParts};
use origem_domain::event::Body;
use origem_domain::key::Secret;
use origem_domain::position::{Offset, Partition, Position};
use origem_log::{AppendError, EventLog};
use tokio::sync::oneshot;

use crate::error::EngineError;

/// Deliveries that may wait for the log; more are turned away.
const WAITING_MAX: usize = 4096;
/// Bytes of records that one append takes at most, apart from a single larger delivery.
const APPEND_BYTES_MAX: usize = 8 << 20;

/// What became of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Events read from it.
    pub events: u64,
    /// Of these, not understood.
    pub unrecognised: u64,
    /// Where they stand in the log; `None` if there was nothing to keep.
    pub range: Option<Range<Offset>>,
}

impl Accepted {
    /// The position of the last event.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let last = self.range.as_ref()?.end.0.checked_sub(1)?;
        Some(Position::new(0, last))
    }
}

/// The records of one or more deliveries, ready to be appended.
#[derive(Debug, Default)]
pub struct Prepared {
    records: Vec<Vec<u8>>,
    unrecognised: u64,
}

impl Prepared {
    /// Decodes deliveries and encodes their events, in order.
    #[must_use]
    pub fn of<'a>(deliveries: impl IntoIterator<Item = Delivery<'a>>, secret: &Secret) -> Self {
        let mut prepared = Self::default();
        for delivery in deliveries {
            for Decoded { event, fragment } in decode(&delivery) {
                prepared.unrecognised += u64::from(matches!(event.body, Body::Unrecognised { .. }));
                let raw = RawParts {
                    before: &fragment.before,
                    raw: fragment.raw,
                    after: &fragment.after,
                };
                let record = codec::encode(&event, delivery.source.name(), delivery.received_at, raw, secret);
                prepared.records.push(record);
            }
        }
        prepared
    }

    fn accepted(&self, range: Option<Range<Offset>>) -> Accepted {
        Accepted {
            events: self.records.len() as u64,
            unrecognised: self.unrecognised,
            range,
        }
    }

    /// Appends everything at once and waits until it is durable. For callers that have a thread of their own.
    ///
    /// # Errors
    /// As [`EventLog::append`].
    pub fn append(&self, log: &dyn EventLog) -> Result<Accepted, AppendError> {
        if self.records.is_empty() {
            return Ok(self.accepted(None));
        }
        let records: Vec<&[u8]> = self.records.iter().map(Vec::as_slice).collect();
        let range = log.append(Partition(0), &records)?;
        Ok(self.accepted(Some(range)))
    }
}

struct Job {
    prepared: Prepared,
    reply: oneshot::Sender<Result<Accepted, AppendError>>,
}

/// The queue in front of the log.
pub(crate) struct Appender {
    queue: SyncSender<Job>,
}

impl Appender {
    pub(crate) fn spawn(log: Arc<dyn EventLog>) -> (Self, std::io::Result<JoinHandle<()>>) {
        let (queue, jobs) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("append".to_owned())
            .spawn(move || run(&*log, &jobs));
        (Self { queue }, thread)
    }

    /// Appends in company with whatever else waits; done when durable.
    pub(crate) async fn append(&self, prepared: Prepared) -> Result<Accepted, EngineError> {
        if prepared.records.is_empty() {
            return Ok(prepared.accepted(None));
        }
        let (reply, answer) = oneshot::channel();
        self.queue
            .try_send(Job { prepared, reply })
            .map_err(|error| match error {
                TrySendError::Full(_) => EngineError::Overloaded,
                TrySendError::Disconnected(_) => EngineError::Closed,
            })?;
        answer
            .await
            .map_err(|_| EngineError::Closed)?
            .map_err(EngineError::Append)
    }
}

/// Takes all that waits, appends it at once, answers each.
fn run(log: &dyn EventLog, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        let size = |job: &Job| job.prepared.records.iter().map(Vec::len).sum::<usize>();
        let mut bytes = size(&group[0]);
        while bytes < APPEND_BYTES_MAX
            && let Ok(next) = jobs.try_recv()
        {
            bytes += size(&next);
            group.push(next);
        }
        append_group(log, group);
    }
}

fn append_group(log: &dyn EventLog, group: Vec<Job>) {
    let records: Vec<&[u8]> = group
        .iter()
        .flat_map(|job| &job.prepared.records)
        .map(Vec::as_slice)
        .collect();
    let appended = log.append(Partition(0), &records);
    // One delivery that is too large must not fail its neighbours.
    if group.len() > 1 && appended.as_ref().is_err_and(AppendError::has_no_side_effects) {
        for job in group {
            append_group(log, vec![job]);
        }
        return;
    }
    let mut next = appended.as_ref().map_or(Offset(0), |range| range.start);
    for job in group {
        let range = next..next.plus(job.prepared.records.len() as u64);
        next = range.end;
        let answer = appended
            .as_ref()
            .map(|_| job.prepared.accepted(Some(range)))
            .map_err(AppendError::clone);
        // A caller that went away does not need the answer; its events are kept all the same.
        drop(job.reply.send(answer));
    }
}
