//! Intake: deliveries to records of the log. How these get there, and who is told: `append`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use origem_channels::{Decoded, Delivery, Source, decode};
use origem_codec::{self as codec, RawParts};
use origem_domain::event::Body;
use origem_domain::key::Secret;
use origem_domain::partition::{key_of, partition_of};
use origem_domain::position::{Offset, Partition, Position, Positions};
use origem_log::{AppendError, EventLog};
use serde_json::Value;

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

    /// The records of each partition, in order.
    pub(crate) fn into_partitions(self) -> impl Iterator<Item = (Partition, Vec<Vec<u8>>)> {
        self.records.into_iter()
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
