//! One batch of the log to changes of rows. The result is the same for any number of lanes and any cut of the stream.
//!
//! ```text
//! records --resolve, serial--> steps by conversation --lanes, parallel--> changes
//!                  a merge is a barrier: lanes finish, the merge runs alone, resolving goes on
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use origem_domain::event::Body;
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_domain::record::Recorded;
use origem_domain::rules::Rulebook;
use origem_domain::time::Timestamp;
use origem_views::anomalies::{Anomaly, Reason};
use origem_views::identity::Settled;
use origem_views::resolve::{self, Step};
use origem_views::rows::{Change, Changes, Overlay, Rows, RowsError};
use origem_views::work::{Applied, Work};

use crate::by_view::ByView;

/// A record as it comes out of the decoder.
#[derive(Debug)]
pub enum Decoded {
    /// An event.
    Event(Box<Recorded>),
    /// A record that cannot be decoded; it becomes an anomaly, never a stalled partition.
    Undecodable {
        /// Where it stands.
        position: Position,
        /// Why.
        detail: String,
    },
}

impl Decoded {
    /// Where it stands.
    pub(crate) fn position(&self) -> Position {
        match self {
            Self::Event(recorded) => recorded.position,
            Self::Undecodable { position, .. } => *position,
        }
    }

    /// When it was received, as far as that can be told.
    pub(crate) fn received_at(&self) -> Option<Timestamp> {
        match self {
            Self::Event(recorded) => Some(recorded.received_at),
            Self::Undecodable { .. } => None,
        }
    }
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// It was seen before.
    pub duplicate: bool,
    /// No reader understood the payload.
    pub unrecognised: bool,
    /// A conversation began with it.
    pub created: bool,
}

/// What folding a batch gave.
#[derive(Debug)]
pub struct Folded {
    /// What is to be written.
    pub changes: Changes,
    /// What became of each record, in order.
    pub outcomes: Vec<Outcome>,
    /// Conversations that were merged into others.
    pub merged: u64,
}

/// How batches are folded.
#[derive(Debug, Clone)]
pub struct Folding {
    /// Threads.
    pub lanes: usize,
    /// The rules.
    pub rulebook: Arc<Rulebook>,
}

impl Folding {
    /// In so many threads, by the rules of this build.
    #[must_use]
    pub fn in_lanes(lanes: usize) -> Self {
        Self {
            lanes,
            rulebook: Arc::default(),
        }
    }
}

/// Folds a batch on top of `rows`. `settled` may be kept as long as every batch is committed.
///
/// # Errors
/// As reading rows does.
pub fn fold(rows: &dyn Rows, settled: &mut Settled, batch: &[Decoded], folding: &Folding) -> Result<Folded, RowsError> {
    let mut overlay = Overlay::new(rows);
    let mut outcomes = vec![Outcome::default(); batch.len()];
    let mut queues = Queues::default();
    let mut anomalies: BTreeMap<usize, Vec<Anomaly>> = BTreeMap::new();
    let mut merged = 0;
    for (index, decoded) in batch.iter().enumerate() {
        let recorded = match decoded {
            Decoded::Event(recorded) => recorded,
            Decoded::Undecodable { position, detail } => {
                let anomaly = resolve::undecodable(*position, detail.clone());
                resolve::note_anomalies(&mut overlay.changes, &[anomaly]);
                continue;
            }
        };
        let routed = resolve::route(&mut overlay, settled, recorded)?;
        let outcome = &mut outcomes[index];
        outcome.unrecognised = matches!(recorded.event.body, Body::Unrecognised { .. });
        outcome.created = routed.created;
        outcome.duplicate = routed.duplicate;
        let in_conversation = routed.steps.iter().any(|step| matches!(step, Step::Event { .. }));
        if !in_conversation && !routed.duplicate {
            resolve::note_anomalies(&mut overlay.changes, &routed.anomalies);
        }
        for step in routed.steps {
            if let Step::Merge { from, into } = step {
                queues.run(&mut overlay, batch, &mut outcomes, &mut anomalies, folding)?;
                merge(&mut overlay, from, into, recorded, &folding.rulebook)?;
                merged += 1;
            } else {
                queues.push(index, step);
            }
        }
        // After the merges: those run what waits, with its anomalies.
        if in_conversation && !routed.anomalies.is_empty() {
            anomalies.insert(index, routed.anomalies);
        }
    }
    queues.run(&mut overlay, batch, &mut outcomes, &mut anomalies, folding)?;
    Ok(Folded {
        changes: overlay.changes,
        outcomes,
        merged,
    })
}

/// Merges two conversations; nothing of either may wait.
pub(crate) fn merge(
    overlay: &mut Overlay<'_>,
    from: ConversationId,
    into: ConversationId,
    recorded: &Recorded,
    rulebook: &Arc<Rulebook>,
) -> Result<(), RowsError> {
    let Some(other) = Work::existing(overlay, from, rulebook)? else {
        return Ok(());
    };
    let mut changes = Changes::default();
    let mut work = Work::load(overlay, into, recorded, rulebook)?;
    work.absorb(overlay, other, &mut changes)?;
    work.save(overlay, &mut changes)?;
    overlay.changes.extend(changes);
    Ok(())
}

/// Steps that wait for their lanes, by conversation, each with the index of its record.
#[derive(Default)]
pub(crate) struct Queues(BTreeMap<ConversationId, Vec<(usize, Step)>>);

/// What a lane gives back.
#[derive(Default)]
struct LaneResult {
    /// In order of keys.
    rows: Vec<Change>,
    /// Counters only.
    counts: Changes,
    duplicates: Vec<usize>,
}

type Queue<'a> = (ConversationId, Vec<(usize, Step)>);

impl Queues {
    pub(crate) fn push(&mut self, index: usize, step: Step) {
        self.0.entry(step.conversation()).or_default().push((index, step));
    }

    /// Runs what waits, in lanes, and puts the results on the overlay.
    pub(crate) fn run(
        &mut self,
        overlay: &mut Overlay<'_>,
        batch: &[Decoded],
        outcomes: &mut [Outcome],
        anomalies: &mut BTreeMap<usize, Vec<Anomaly>>,
        folding: &Folding,
    ) -> Result<(), RowsError> {
        let queues: Vec<Queue<'_>> = std::mem::take(&mut self.0).into_iter().collect();
        // A thread costs more than a few conversations do.
        const QUEUES_PER_LANE_MIN: usize = if cfg!(test) { 1 } else { 256 };
        let lanes = folding.lanes.min(queues.len() / QUEUES_PER_LANE_MIN).max(1);
        let anomalies_now = std::mem::take(anomalies);
        let results: Vec<Result<LaneResult, RowsError>> = if lanes == 1 {
            vec![lane(overlay, batch, queues, &anomalies_now, &folding.rulebook)]
        } else {
            let mut shares: Vec<Vec<Queue<'_>>> = (0..lanes).map(|_| Vec::new()).collect();
            for (index, queue) in queues.into_iter().enumerate() {
                shares[index % lanes].push(queue);
            }
            let (overlay, anomalies_now) = (&*overlay, &anomalies_now);
            std::thread::scope(|scope| {
                let run = |share| scope.spawn(move || lane(overlay, batch, share, anomalies_now, &folding.rulebook));
                let threads: Vec<_> = shares.into_iter().map(run).collect();
                // A lane that panicked is a bug of ours: pass it on instead of folding half a batch.
                threads
                    .into_iter()
                    .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                    .collect()
            })
        };
        let mut all = Vec::new();
        for result in results {
            let LaneResult {
                rows,
                counts,
                duplicates,
            } = result?;
            overlay.changes.extend(counts);
            if all.is_empty() {
                all = rows;
            } else {
                all.extend(rows);
            }
            for index in duplicates {
                outcomes[index].duplicate = true;
            }
        }
        overlay.changes.extend_rows(all);
        Ok(())
    }
}

/// Folds the queues of one lane, one conversation after the other.
fn lane(
    rows: &dyn Rows,
    batch: &[Decoded],
    queues: Vec<Queue<'_>>,
    anomalies: &BTreeMap<usize, Vec<Anomaly>>,
    rulebook: &Arc<Rulebook>,
) -> Result<LaneResult, RowsError> {
    // Of one conversation at a time: few rows are soon put in order.
    let mut changes = Changes::default();
    let (mut written, mut duplicates) = (ByView::default(), Vec::new());
    for (conversation, steps) in queues {
        let mut work: Option<Work> = None;
        for (index, step) in steps {
            let Decoded::Event(recorded) = &batch[index] else {
                continue;
            };
            if work.is_none() {
                work = match step {
                    Step::Event { .. } => Some(Work::load(rows, conversation, recorded, rulebook)?),
                    _ => Work::existing(rows, conversation, rulebook)?,
                };
            }
            let Some(work) = work.as_mut() else { continue };
            match step {
                Step::Event { fact, taught, .. } => match work.apply(rows, recorded, fact, taught)? {
                    Applied::Duplicate => duplicates.push(index),
                    applied => {
                        if let Some(found) = anomalies.get(&index) {
                            resolve::note_anomalies(&mut changes, found);
                        }
                        let reason = match applied {
                            Applied::Voided => Some(Reason::Voided),
                            Applied::NoEffect => Some(Reason::NoEffect),
                            Applied::New | Applied::Duplicate => None,
                        };
                        if let Some(reason) = reason {
                            let anomaly = resolve::ineffective(recorded, reason, conversation);
                            resolve::note_anomalies(&mut changes, &[anomaly]);
                        }
                    }
                },
                Step::Waited { fact, .. } => work.insert_waited(rows, fact)?,
                Step::Click { message, click, .. } => work.set_click(rows, &message, &click)?,
                Step::Merge { .. } => {}
            }
        }
        if let Some(work) = work {
            work.save(rows, &mut changes)?;
        }
        written.extend(changes.take_rows());
    }
    Ok(LaneResult {
        rows: written.in_order().collect(),
        counts: changes,
        duplicates,
    })
}
