//! Intake: deliveries to records of the log, acknowledged once they are durable.
//!
//! ```text
//! accept --decode, encode--> queue of the partition --one thread, many deliveries per append--> log
//!    ^                                                                                           |
//!    +---------------------------------------- durable ------------------------------------------+
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use origem_channels::{Decoded, Delivery, Source, decode};
use origem_codec::{self as codec, RawParts};
use origem_domain::event::Body;
use origem_domain::key::Secret;
use origem_domain::partition::{key_of, partition_of};
use origem_domain::position::{Offset, Partition, Position, Positions};
use origem_log::{AppendError, EventLog};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::error::EngineError;
use crate::meter::QueueMeter;

/// What may wait in front of a partition of the log. More is turned away at once, so that neither memory nor the time until an answer
/// grows without bound when more comes in than the log can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntakeLimits {
    /// Deliveries.
    pub deliveries_max: usize,
    /// Bytes of their records, those that are being appended included. One delivery may always wait, however large.
    pub bytes_max: usize,
}

impl Default for IntakeLimits {
    fn default() -> Self {
        Self {
            deliveries_max: 4096,
            bytes_max: 64 << 20,
        }
    }
}

/// Bytes of records that one append takes at most, apart from a single larger delivery.
const APPEND_BYTES_MAX: usize = 8 << 20;

/// Records of one partition, and where they stand.
pub type Span = (Partition, Range<Offset>);

/// What became of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Events read from it.
    pub events: u64,
    /// Of these, not understood.
    pub unrecognised: u64,
    /// Where they stand in the log; empty if there was nothing to keep.
    pub spans: Vec<Span>,
}

impl Accepted {
    /// Takes another into account.
    pub fn add(&mut self, other: Self) {
        self.events += other.events;
        self.unrecognised += other.unrecognised;
        self.spans.extend(other.spans);
    }

    /// Whether nothing of others stands between its events: where others write too, nobody knows whose is where.
    #[must_use]
    pub fn is_dense(&self) -> bool {
        let offsets = |(_, range): &Span| range.end.0 - range.start.0;
        self.spans.iter().map(offsets).sum::<u64>() == self.events
    }

    /// The positions of the last events, one for each partition that took some.
    #[must_use]
    pub fn positions(&self) -> Positions {
        let lasts = self.spans.iter().filter_map(|(partition, range)| {
            let last = range.end.0.checked_sub(1)?;
            Some(Position::new(partition.0, last))
        });
        lasts.collect()
    }
}

/// The records of one or more deliveries, ready to be appended.
#[derive(Debug, Default)]
pub struct Prepared {
    records: BTreeMap<Partition, Vec<Vec<u8>>>,
    unrecognised: u64,
    accounts: BTreeSet<String>,
}

impl Prepared {
    /// Decodes deliveries and encodes their events, in order, for a log of `partitions`.
    #[must_use]
    pub fn of<'a>(deliveries: impl IntoIterator<Item = Delivery<'a>>, secret: &Secret, partitions: u32) -> Self {
        let mut prepared = Self::default();
        for delivery in deliveries {
            for Decoded { event, fragment } in decode(&delivery) {
                if matches!(event.body, Body::Unrecognised { .. }) {
                    prepared.unrecognised += 1;
                    if delivery.source == Source::Event {
                        named(
                            &serde_json::from_slice(fragment.raw).unwrap_or_default(),
                            &mut prepared.accounts,
                        );
                    }
                }
                if !prepared.accounts.contains(&event.account) {
                    prepared.accounts.insert(event.account.clone());
                }
                let raw = RawParts {
                    before: &fragment.before,
                    raw: fragment.raw,
                    after: &fragment.after,
                };
                let record = codec::encode(&event, delivery.source.name(), delivery.received_at, raw, secret);
                let partition = match partitions {
                    1 => Partition(0),
                    many => partition_of(&key_of(&event.account, &event.channel), many),
                };
                prepared.records.entry(partition).or_default().push(record);
            }
        }
        prepared
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.values().map(Vec::len).sum()
    }

    /// Whether there is nothing to append.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Of the events, how many were not understood.
    #[must_use]
    pub const fn unrecognised(&self) -> u64 {
        self.unrecognised
    }

    /// Whose the events are: every account that one of them is of, or would be of if it were understood one day.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().map(String::as_str)
    }

    /// The records, those of a partition in order.
    pub fn into_records(self) -> impl Iterator<Item = (Partition, Vec<u8>)> {
        let each = |(partition, records): (Partition, Vec<Vec<u8>>)| {
            records.into_iter().map(move |record| (partition, record))
        };
        self.records.into_iter().flat_map(each)
    }

    /// Appends everything and waits until it is durable. For callers that have a thread of their own.
    ///
    /// # Errors
    /// As [`EventLog::append`]; in a log of several partitions some of them may have taken theirs.
    pub fn append(&self, log: &dyn EventLog) -> Result<Accepted, AppendError> {
        let append = |(&partition, records): (&Partition, &Vec<Vec<u8>>)| {
            let records: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
            Ok((partition, log.append(partition, &records)?))
        };
        let spans = self.records.iter().map(append).collect::<Result<_, AppendError>>()?;
        Ok(Accepted {
            events: self.len() as u64,
            unrecognised: self.unrecognised,
            spans,
        })
    }
}

/// The accounts that what is no event of ours names: a better reader may find events in it, also in arrays of arrays.
fn named(value: &Value, accounts: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| named(item, accounts)),
        Value::Object(members) => accounts.extend(members.get("account").and_then(Value::as_str).map(str::to_owned)),
        _ => {}
    }
}

struct Job {
    records: Vec<Vec<u8>>,
    bytes: usize,
    reply: oneshot::Sender<Result<Range<Offset>, AppendError>>,
}

/// The queues in front of the log, one for each partition, so that none waits for another.
pub(crate) struct Appenders {
    queues: Mutex<Vec<SyncSender<Job>>>,
    meters: Vec<Arc<QueueMeter>>,
    held: Vec<Arc<Held>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Bytes of records that wait for a partition or are being appended.
#[derive(Debug)]
struct Held {
    bytes: AtomicUsize,
    bytes_max: usize,
}

impl Held {
    /// Whether there is room for so many more, which are counted from here on then.
    fn take(&self, more: usize) -> bool {
        let fits = |held: usize| (held == 0 || held.saturating_add(more) <= self.bytes_max).then(|| held + more);
        let taken = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        taken.is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Appenders {
    pub(crate) fn spawn(log: &Arc<dyn EventLog>, limits: &IntakeLimits) -> std::io::Result<Self> {
        let (mut queues, mut meters, mut threads, mut all_held) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for partition in (0..log.partitions()).map(Partition) {
            let (queue, jobs) = sync_channel(limits.deliveries_max);
            let (log, meter) = (log.clone(), Arc::new(QueueMeter::default()));
            let held = Arc::new(Held {
                bytes: AtomicUsize::new(0),
                bytes_max: limits.bytes_max,
            });
            meters.push(meter.clone());
            all_held.push(held.clone());
            let thread = std::thread::Builder::new().name(format!("append-{partition}"));
            threads.push(thread.spawn(move || run(&*log, partition, &jobs, &meter, &held))?);
            queues.push(queue);
        }
        Ok(Self {
            queues: Mutex::new(queues),
            meters,
            held: all_held,
            threads: Mutex::new(threads),
        })
    }

    /// Appends in company with whatever else waits; done when durable.
    pub(crate) async fn append(&self, mut prepared: Prepared) -> Result<Accepted, EngineError> {
        let events = prepared.len() as u64;
        let mut answers = Vec::new();
        for (partition, records) in std::mem::take(&mut prepared.records) {
            let (reply, answer) = oneshot::channel();
            let queue = {
                let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
                queues.get(partition.0 as usize).cloned()
            };
            let (queue, meter) = queue.zip(self.meter(partition)).ok_or(EngineError::Closed)?;
            let held = self.held.get(partition.0 as usize).ok_or(EngineError::Closed)?;
            let bytes = records.iter().map(Vec::len).sum();
            // Before it can be taken out again.
            meter.come();
            if !held.take(bytes) {
                meter.turned_away();
                return Err(EngineError::Overloaded);
            }
            let sent = queue.try_send(Job { records, bytes, reply });
            sent.map_err(|error| {
                held.give_back(bytes);
                meter.turned_away();
                match error {
                    TrySendError::Full(_) => EngineError::Overloaded,
                    TrySendError::Disconnected(_) => EngineError::Closed,
                }
            })?;
            answers.push((partition, answer));
        }
        let mut spans = Vec::new();
        for (partition, answer) in answers {
            let appended = answer.await.map_err(|_| EngineError::Closed)?;
            spans.push((partition, appended.map_err(EngineError::Append)?));
        }
        Ok(Accepted {
            events,
            unrecognised: prepared.unrecognised,
            spans,
        })
    }

    /// What is measured of the queue of a partition.
    pub(crate) fn meter(&self, partition: Partition) -> Option<&QueueMeter> {
        self.meters.get(partition.0 as usize).map(|meter| &**meter)
    }

    /// Ends the queues, when what waits in them is appended.
    pub(crate) fn join(&self) {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).clear();
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            drop(thread.join());
        }
    }
}

/// Takes all that waits, appends it at once, answers each.
fn run(log: &dyn EventLog, partition: Partition, jobs: &Receiver<Job>, meter: &QueueMeter, held: &Held) {
    while let Ok(first) = jobs.recv() {
        meter.taken();
        let mut bytes = first.bytes;
        let mut group = vec![first];
        while bytes < APPEND_BYTES_MAX
            && let Ok(next) = jobs.try_recv()
        {
            meter.taken();
            bytes += next.bytes;
            group.push(next);
        }
        append_group(log, partition, group, meter);
        held.give_back(bytes);
    }
}

fn append_group(log: &dyn EventLog, partition: Partition, group: Vec<Job>, meter: &QueueMeter) {
    let records: Vec<&[u8]> = group.iter().flat_map(|job| &job.records).map(Vec::as_slice).collect();
    let began = Instant::now();
    let appended = log.append(partition, &records);
    meter.appended(began.elapsed(), appended.as_ref().ok().map(|range| range.end));
    let is_too_large = matches!(
        appended,
        Err(AppendError::RecordTooLarge { .. } | AppendError::BatchTooLarge { .. })
    );
    // One delivery that is too large must not fail its neighbours. A log that takes nothing at all is not asked for each of them.
    if group.len() > 1 && is_too_large {
        for job in group {
            append_group(log, partition, vec![job], meter);
        }
        return;
    }
    let whole = appended.as_ref().map_or(Offset(0)..Offset(0), Range::clone);
    // Where others write too, their records may stand between ours; then nobody knows whose is where.
    let dense = whole.end.0 - whole.start.0 == records.len() as u64;
    let mut next = whole.start;
    for job in group {
        let own = next..next.plus(job.records.len() as u64);
        next = own.end;
        let range = if dense { own } else { whole.clone() };
        // A caller that went away does not need the answer; its events are kept all the same.
        drop(
            job.reply
                .send(appended.as_ref().map(|_| range).map_err(AppendError::clone)),
        );
    }
}
