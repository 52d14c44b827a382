//! One part: its conversations, each folded whole onto nothing, by the very code that folds batches.

use std::collections::BTreeMap;

use origem_codec as codec;
use origem_domain::event::Body;
use origem_domain::fact::Fact;
use origem_domain::key::ConversationId;
use origem_domain::position::{Partition, Position};
use origem_views::resolve::Step;
use origem_views::rows::{Changes, MapRows, Overlay, Row, RowsError};

use super::spill::{Rest, Task, damaged, tasks};
use crate::by_view::ByView;
use crate::fold::{Decoded, Folding, Outcome, Queues, merge};

/// What folding a part gave.
#[derive(Default)]
pub(super) struct Folded {
    /// Rows, each key once.
    pub rows: Vec<Row>,
    /// Counters only.
    pub counts: Changes,
    pub duplicates: u64,
    /// Not understood, duplicates apart.
    pub unrecognised: u64,
}

/// Where the tasks of conversations that were merged are folded: with those of the one they ended in.
pub(super) type Homes = BTreeMap<ConversationId, ConversationId>;

/// Folds the conversations of a part: of `late` ones those that were merged, else the others.
pub(super) fn fold_part(
    bytes: &[u8],
    partition: Partition,
    homes: &Homes,
    late: bool,
    folding: &Folding,
) -> Result<Folded, RowsError> {
    let mut groups: BTreeMap<ConversationId, Vec<Task<'_>>> = BTreeMap::new();
    for task in tasks(bytes).map_err(unread)? {
        let home = homes.get(&task.conversation);
        if home.is_some() == late {
            groups
                .entry(*home.unwrap_or(&task.conversation))
                .or_default()
                .push(task);
        }
    }
    let (mut folded, mut written) = (Folded::default(), ByView::default());
    for mut tasks in groups.into_values() {
        tasks.sort_by_key(|task| task.sequence);
        let rows = fold_group(&tasks, partition, folding, &mut folded)?;
        written.extend(rows);
    }
    // Here, in parallel: what is sorted in parts is soon sorted as a whole. What was removed was never written.
    let rows = written.in_order();
    folded.rows = rows.filter_map(|(key, value)| Some((key, value?))).collect();
    Ok(folded)
}

fn unread(error: std::io::Error) -> RowsError {
    RowsError::Store(Box::new(error))
}

/// A task, decoded.
struct Ready {
    step: Step,
    anomalies: Vec<origem_views::anomalies::Anomaly>,
}

fn ready(task: &Task<'_>, partition: Partition) -> Result<(Decoded, Ready), RowsError> {
    let position = Position {
        partition,
        offset: task.offset,
    };
    let recorded = codec::decode(position, task.record).map_err(|_| unread(damaged("records")))?;
    let rest: Rest = postcard::from_bytes(task.rest).map_err(|_| unread(damaged("steps")))?;
    let ready = Ready {
        step: rest.step.unwrap_or_else(|| Step::Event {
            conversation: task.conversation,
            fact: Fact::of(&recorded),
            taught: rest.taught,
        }),
        anomalies: rest.anomalies,
    };
    Ok((Decoded::Event(Box::new(recorded)), ready))
}

/// Folds conversations that end as one, or the one that never met another; gives their rows, in order of keys.
fn fold_group(
    tasks: &[Task<'_>],
    partition: Partition,
    folding: &Folding,
    folded: &mut Folded,
) -> Result<BTreeMap<Vec<u8>, Option<Vec<u8>>>, RowsError> {
    let (mut batch, mut all) = (Vec::with_capacity(tasks.len()), Vec::with_capacity(tasks.len()));
    for task in tasks {
        let (decoded, ready) = ready(task, partition)?;
        batch.push(decoded);
        all.push(ready);
    }
    let nothing = MapRows::default();
    let mut overlay = Overlay::new(&nothing);
    let mut outcomes = vec![Outcome::default(); batch.len()];
    let (mut queues, mut anomalies) = (Queues::default(), BTreeMap::new());
    for (index, Ready { step, anomalies: found }) in all.into_iter().enumerate() {
        match (step, &batch[index]) {
            (Step::Merge { from, into }, Decoded::Event(recorded)) => {
                queues.run(&mut overlay, &batch, &mut outcomes, &mut anomalies, folding)?;
                merge(&mut overlay, from, into, recorded, &folding.rulebook)?;
            }
            (step, decoded) => {
                let is_event = matches!(step, Step::Event { .. });
                if let (true, Decoded::Event(recorded)) = (is_event, decoded) {
                    outcomes[index].unrecognised = matches!(recorded.event.body, Body::Unrecognised { .. });
                }
                queues.push(index, step);
                if !found.is_empty() {
                    anomalies.insert(index, found);
                }
            }
        }
    }
    queues.run(&mut overlay, &batch, &mut outcomes, &mut anomalies, folding)?;
    let count = |of: fn(&&Outcome) -> bool| outcomes.iter().filter(of).count() as u64;
    folded.duplicates += count(|outcome| outcome.duplicate);
    folded.unrecognised += count(|outcome| outcome.unrecognised && !outcome.duplicate);
    folded.counts.extend(overlay.changes.take_counts());
    Ok(overlay.changes.into_rows())
}
