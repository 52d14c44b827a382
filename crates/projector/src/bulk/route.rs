//! The first pass: every record is read once, in the order of the log, and resolved to tasks of conversations.
//!
//! ```text
//! log --read, decode, a thread of its own--> events --resolve, serial--> tasks by parts, and the rows that conversations share
//! ```

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use origem_domain::event::Body;
use origem_domain::fact::Fact;
use origem_domain::key::ConversationId;
use origem_domain::position::{Offset, Position};
use origem_domain::record::Recorded;
use origem_log::{ReadError, ReadLimit};
use origem_views::anomalies::Anomaly;
use origem_views::identity::Settled;
use origem_views::meta::Checkpoint;
use origem_views::resolve::{self, Step};
use origem_views::rows::{Changes, Overlay};
use tracing::warn;

use super::pace::{Clock, Pass};
use super::part::Homes;
use super::shared::Shared;
use super::spill::{Rest, Spill, tasks};
use super::{Bulk, Stop};
use crate::decode::{Kept, decode_kept};
use crate::fold::Decoded;

/// Records that are read and decoded at once.
const RECORDS_AT_ONCE: usize = if cfg!(test) { 7 } else { 8_192 };

/// What the first pass gave.
pub(super) struct Routed<'a> {
    pub tasks: Spill,
    /// Tasks of conversations that were merged, by where they ended: copies of those in `tasks`.
    pub late: Spill,
    pub homes: Homes,
    /// Rows that conversations share.
    pub shared: Shared<'a>,
    pub counts: Changes,
    pub checkpoint: Checkpoint,
}

/// Events up to an offset.
struct Batch {
    events: Vec<Kept>,
    next: Offset,
    took: Duration,
}

/// The first pass under way.
struct Routing<'a> {
    bulk: &'a Bulk<'a>,
    shared: Shared<'a>,
    resolving: Resolving,
}

/// What resolving gives, apart from shared rows.
struct Resolving {
    settled: Settled,
    tasks: Spill,
    sequence: u64,
    moved: BTreeMap<ConversationId, ConversationId>,
    counts: Changes,
    checkpoint: Checkpoint,
}

impl Bulk<'_> {
    /// Reads and resolves all there is.
    pub(super) fn route(&self, clock: &mut Clock) -> Result<Routed<'_>, Stop> {
        let mut routing = Routing {
            bulk: self,
            shared: Shared::new(self.store),
            resolving: Resolving {
                settled: Settled::within(self.memory_bytes() / 8),
                tasks: self.spill("tasks"),
                sequence: 0,
                moved: BTreeMap::new(),
                counts: Changes::default(),
                checkpoint: Checkpoint {
                    next: self.to,
                    ..Checkpoint::default()
                },
            },
        };
        if self.options.cpu_share.is_some() {
            let mut next = self.from;
            while next < self.to {
                let batch = self.read(next)?;
                next = batch.next;
                routing.take(batch)?;
            }
        } else {
            std::thread::scope(|scope| {
                let (sender, batches) = sync_channel(1);
                scope.spawn(move || {
                    let mut next = self.from;
                    while next < self.to {
                        let batch = self.read(next);
                        next = batch.as_ref().map_or(self.to, |batch| batch.next);
                        if sender.send(batch).is_err() {
                            return;
                        }
                    }
                });
                for batch in batches {
                    routing.take(batch?)?;
                }
                Ok::<(), Stop>(())
            })?;
        }
        clock.end(Pass::Route);
        routing.end()
    }

    /// Reads and decodes from `next` on, which is before the end. A log that is away is waited for.
    fn read(&self, next: Offset) -> Result<Batch, Stop> {
        const PAUSE: Duration = Duration::from_millis(500);
        let began = Instant::now();
        let limit = ReadLimit {
            bytes_max: self.options.read_bytes_max,
            records_max: RECORDS_AT_ONCE.min(usize::try_from(self.to.0 - next.0).unwrap_or(usize::MAX)),
        };
        let batch = loop {
            self.check()?;
            match self.log.read(self.partition, next, limit) {
                Err(ReadError::Io { place, source }) => {
                    warn!(partition = %self.partition, %next, place, error = %source, "the log cannot be read; trying again");
                    std::thread::sleep(PAUSE);
                }
                other => break other.map_err(|source| Stop::Log(next, source))?,
            }
        };
        let records: Vec<(Offset, &[u8])> = batch.iter().take_while(|(offset, _)| *offset < self.to).collect();
        let decode = |records: &[(Offset, &[u8])]| {
            let mut kept = Vec::with_capacity(records.len());
            for (offset, bytes) in records {
                let position = Position {
                    partition: self.partition,
                    offset: *offset,
                };
                decode_kept(position, bytes, &self.options.reading, &mut kept);
            }
            kept
        };
        let share = records.len().div_ceil(self.lanes()).max(1);
        let events = std::thread::scope(|scope| {
            let threads: Vec<_> = records
                .chunks(share)
                .map(|share| scope.spawn(move || decode(share)))
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        Ok(Batch {
            events,
            next: batch.next().min(self.to),
            took: began.elapsed(),
        })
    }
}

impl<'a> Routing<'a> {
    fn take(&mut self, batch: Batch) -> Result<(), Stop> {
        self.bulk.check()?;
        let began = Instant::now();
        // Changes of a batch are few and ordered; what was before is many and found by key.
        let mut overlay = Overlay::new(&self.shared);
        for kept in &batch.events {
            self.resolving.take(&mut overlay, kept)?;
        }
        let mut changes = overlay.changes;
        self.resolving.counts.extend(changes.take_counts());
        self.shared.add(changes)?;
        let tasks = &mut self.resolving.tasks;
        if tasks.is_full() {
            self.bulk.has_room(tasks.held_bytes())?;
            tasks.write(false)?;
        }
        if self.shared.memory_bytes() > self.bulk.memory_bytes() / 8 * 5 {
            self.load_shared()?;
        }
        self.bulk.told_routed(batch.next);
        self.bulk.rest(batch.took + began.elapsed());
        Ok(())
    }

    /// There are more shared rows than memory for them: they go to the store, where they are looked up from now on.
    fn load_shared(&mut self) -> Result<(), Stop> {
        const ROWS_AT_ONCE: usize = 20_000;
        let mut rows = self.shared.rows();
        loop {
            self.bulk.check()?;
            let (mut changes, mut bytes) = (Changes::default(), 0);
            for (key, value) in rows.by_ref().take(ROWS_AT_ONCE) {
                bytes += (key.len() + value.map_or(0, <[u8]>::len)) as u64;
                match value {
                    Some(value) => changes.put_bytes(key.to_vec(), value.to_vec()),
                    None => changes.remove(key.to_vec()),
                }
            }
            if changes.is_empty() {
                break;
            }
            // A store may write them twice, to be able to go on.
            self.bulk.has_room(2 * bytes)?;
            self.bulk.store.load(&changes)?;
        }
        drop(rows);
        self.shared.loaded();
        Ok(())
    }

    fn end(mut self) -> Result<Routed<'a>, Stop> {
        if self.shared.is_loaded() {
            self.load_shared()?;
        }
        let resolving = self.resolving;
        let homes = homes(&resolving.moved);
        let mut late = self.bulk.spill("late");
        let parts: std::collections::BTreeSet<usize> = homes
            .keys()
            .map(|conversation| resolving.tasks.part_of(*conversation))
            .collect();
        for part in parts {
            self.bulk.check()?;
            let bytes = resolving.tasks.read(part)?;
            for task in tasks(&bytes)? {
                if let Some(home) = homes.get(&task.conversation) {
                    late.copy(*home, &task);
                }
            }
            if late.is_full() {
                self.bulk.has_room(late.held_bytes())?;
                late.write(false)?;
            }
        }
        Ok(Routed {
            tasks: resolving.tasks,
            late,
            homes,
            shared: self.shared,
            counts: resolving.counts,
            checkpoint: resolving.checkpoint,
        })
    }
}

impl Resolving {
    fn take(&mut self, overlay: &mut Overlay<'_>, kept: &Kept) -> Result<(), Stop> {
        self.checkpoint.events += 1;
        match &kept.decoded {
            Decoded::Event(recorded) => self.resolve(overlay, recorded, &kept.bytes),
            Decoded::Undecodable { position, detail } => {
                let anomaly = resolve::undecodable(*position, detail.clone());
                resolve::note_anomalies(&mut overlay.changes, &[anomaly]);
                Ok(())
            }
        }
    }

    /// As [`fold`](crate::fold()) does, up to the queues of the lanes.
    fn resolve(&mut self, overlay: &mut Overlay<'_>, recorded: &Recorded, bytes: &[u8]) -> Result<(), Stop> {
        let routed = resolve::route(overlay, &mut self.settled, recorded)?;
        self.checkpoint.conversations += u64::from(routed.created);
        let in_conversation = routed.steps.iter().any(|step| matches!(step, Step::Event { .. }));
        if !in_conversation {
            let unrecognised = matches!(recorded.event.body, Body::Unrecognised { .. });
            self.checkpoint.unrecognised += u64::from(unrecognised && !routed.duplicate);
            self.checkpoint.duplicates += u64::from(routed.duplicate);
            if !routed.duplicate {
                resolve::note_anomalies(&mut overlay.changes, &routed.anomalies);
            }
        }
        let mut anomalies = routed.anomalies;
        for step in routed.steps {
            self.push(recorded, bytes, step, &mut anomalies)?;
        }
        Ok(())
    }

    fn push(
        &mut self,
        recorded: &Recorded,
        bytes: &[u8],
        step: Step,
        anomalies: &mut Vec<Anomaly>,
    ) -> Result<(), Stop> {
        let conversation = step.conversation();
        let rest = match step {
            // Only a click code makes the fact of an event another one than it is by itself.
            Step::Event { fact, taught, .. } if recorded.keys.code.is_none() || fact == Fact::of(recorded) => Rest {
                taught,
                step: None,
                anomalies: std::mem::take(anomalies),
            },
            step => {
                if let Step::Merge { from, into } = &step {
                    self.moved.insert(*from, *into);
                    self.checkpoint.conversations -= 1;
                }
                Rest {
                    taught: false,
                    anomalies: match &step {
                        Step::Event { .. } => std::mem::take(anomalies),
                        _ => Vec::new(),
                    },
                    step: Some(step),
                }
            }
        };
        let rest = postcard::to_stdvec(&rest).map_err(std::io::Error::other)?;
        let offset = recorded.position.offset;
        self.tasks.push(conversation, self.sequence, offset, bytes, &rest)?;
        self.sequence += 1;
        Ok(())
    }
}

/// Where each of those who took part in merges ended.
fn homes(moved: &BTreeMap<ConversationId, ConversationId>) -> Homes {
    let end_of = |mut one: ConversationId| {
        while let Some(into) = moved.get(&one) {
            one = *into;
        }
        one
    };
    let both = moved.iter().flat_map(|(from, into)| [*from, *into]);
    both.map(|one| (one, end_of(one))).collect()
}
