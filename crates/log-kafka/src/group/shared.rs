//! What a membership knows, shared by its thread, its callbacks and its handle: what is ours and what of it is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};

use super::{Listener, MembershipStatus, Protocol};

/// How long a refused commit waits before it is tried again.
const AFTER_REFUSAL: Duration = Duration::from_millis(200);

/// What is committed for a partition: how far, and which edition of the card.
pub(super) type Claim = (Offset, u64);

pub(super) struct Shared {
    pub(super) topic: String,
    /// How many the topic had when we joined.
    partitions: u32,
    listener: Arc<dyn Listener>,
    state: Mutex<State>,
    stopping: Condvar,
}

struct State {
    card: String,
    edition: u64,
    owned: BTreeMap<Partition, Owned>,
    last_commit: Option<Instant>,
    not_before: Option<Instant>,
    protocol: Protocol,
    refused: u64,
    last_error: Option<String>,
    ended: Option<String>,
    stopped: bool,
}

#[derive(Default)]
struct Owned {
    checkpoint: Option<Offset>,
    claimed: Option<Claim>,
}

/// What is to be committed now.
pub(super) struct Due {
    pub(super) card: String,
    pub(super) edition: u64,
    /// By partition; `None` where nobody has told yet how far it is.
    pub(super) partitions: BTreeMap<Partition, Option<Offset>>,
}

impl Shared {
    pub(super) fn new(
        topic: &str,
        partitions: u32,
        card: String,
        protocol: Protocol,
        listener: Arc<dyn Listener>,
    ) -> Self {
        Self {
            topic: topic.to_owned(),
            partitions,
            listener,
            state: Mutex::new(State {
                card,
                edition: 0,
                owned: BTreeMap::new(),
                last_commit: None,
                not_before: None,
                protocol,
                refused: 0,
                last_error: None,
                ended: None,
                stopped: false,
            }),
            stopping: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn progress(&self, partition: Partition, checkpoint: Offset) {
        if let Some(owned) = self.state().owned.get_mut(&partition) {
            owned.checkpoint = Some(checkpoint);
        }
    }

    pub(super) fn set_card(&self, card: String) {
        let mut state = self.state();
        state.card = card;
        state.edition += 1;
    }

    pub(super) fn status(&self) -> MembershipStatus {
        let state = self.state();
        MembershipStatus {
            protocol: state.protocol,
            assigned: state.owned.keys().copied().collect(),
            refused: state.refused,
            last_error: state.last_error.clone(),
            ended: state.ended.clone(),
        }
    }

    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.stopping.notify_all();
    }

    pub(super) fn stopped(&self) -> bool {
        self.state().stopped
    }

    /// Waits for `time` or until stopped.
    pub(super) fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.state();
        while !state.stopped
            && let Some(left) = until.checked_duration_since(Instant::now())
        {
            state = self
                .stopping
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(super) fn failed(&self, error: String) {
        tracing::warn!(topic = self.topic, "{error}");
        self.state().last_error = Some(error);
    }

    pub(super) fn ended(&self, why: String) {
        tracing::error!(topic = self.topic, "{why}");
        self.state().ended = Some(why);
    }

    pub(super) fn speaks(&self, protocol: Protocol) {
        self.state().protocol = protocol;
    }

    /// Partitions became ours. Those that were added to the topic since we joined hold nothing of ours and are left alone: a log
    /// keeps the number it was opened with.
    pub(super) fn assigned(&self, partitions: &[Partition]) {
        let (known, added): (Vec<Partition>, Vec<Partition>) =
            partitions.iter().partition(|partition| partition.0 < self.partitions);
        if !added.is_empty() {
            tracing::warn!(
                topic = self.topic,
                partitions = self.partitions,
                ?added,
                "partitions were added to the topic; they stay unused, and an instance that starts now refuses them"
            );
        }
        if known.is_empty() {
            return;
        }
        let mut state = self.state();
        for partition in &known {
            state.owned.insert(*partition, Owned::default());
        }
        state.not_before = None;
        drop(state);
        tracing::info!(topic = self.topic, partitions = ?known, "partitions assigned");
        self.listener.assigned(&known);
    }

    /// Partitions stop being ours: the listener is told, then they are forgotten. Returns how far each of ours was, where known.
    pub(super) fn revoked(&self, partitions: &[Partition], lost: bool) -> BTreeMap<Partition, Option<Offset>> {
        let ours: Vec<Partition> = {
            let state = self.state();
            let ours = partitions
                .iter()
                .filter(|partition| state.owned.contains_key(partition));
            ours.copied().collect()
        };
        if ours.is_empty() {
            return BTreeMap::new();
        }
        tracing::info!(topic = self.topic, partitions = ?ours, lost, "partitions revoked");
        self.listener.revoked(&ours, lost);
        let mut state = self.state();
        ours.into_iter()
            .map(|partition| {
                let owned = state.owned.remove(&partition).unwrap_or_default();
                let claimed = owned.claimed.map(|(offset, _)| offset);
                (partition, owned.checkpoint.or(claimed))
            })
            .collect()
    }

    pub(super) fn owned(&self) -> BTreeSet<Partition> {
        self.state().owned.keys().copied().collect()
    }

    /// What is to be committed at `now`: at once what nobody can read yet, progress every `interval`.
    pub(super) fn due(&self, now: Instant, interval: Duration) -> Option<Due> {
        let state = self.state();
        if state.not_before.is_some_and(|until| now < until) {
            return None;
        }
        let progress_too = state
            .last_commit
            .is_none_or(|last| now.duration_since(last) >= interval);
        let partitions: BTreeMap<Partition, Option<Offset>> = state
            .owned
            .iter()
            .filter(|(_, owned)| match owned.claimed {
                None => true,
                Some((offset, edition)) => {
                    edition != state.edition || (progress_too && owned.checkpoint.is_some_and(|to| to != offset))
                }
            })
            .map(|(partition, owned)| (*partition, owned.checkpoint.or(owned.claimed.map(|(offset, _)| offset))))
            .collect();
        (!partitions.is_empty()).then(|| Due {
            card: state.card.clone(),
            edition: state.edition,
            partitions,
        })
    }

    /// A commit of `claims` at `now` was accepted, or refused for a reason.
    pub(super) fn committed(&self, claims: &BTreeMap<Partition, Claim>, result: Result<(), String>, now: Instant) {
        let mut state = self.state();
        state.last_commit = Some(now);
        match result {
            Ok(()) => {
                for (partition, claim) in claims {
                    if let Some(owned) = state.owned.get_mut(partition) {
                        owned.claimed = Some(*claim);
                    }
                }
            }
            Err(error) => {
                tracing::debug!(topic = self.topic, "progress not committed: {error}");
                state.refused += 1;
                state.not_before = Some(now + AFTER_REFUSAL);
                state.last_error = Some(error);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    struct Deaf;

    impl Listener for Deaf {
        fn assigned(&self, _: &[Partition]) {}
        fn revoked(&self, _: &[Partition], _: bool) {}
    }

    const INTERVAL: Duration = Duration::from_secs(1);

    fn due(shared: &Shared, at: Instant) -> Vec<(u32, Option<u64>)> {
        shared.due(at, INTERVAL).map_or_else(Vec::new, |due| {
            let numbers = |(partition, offset): (Partition, Option<Offset>)| (partition.0, offset.map(|o| o.0));
            due.partitions.into_iter().map(numbers).collect()
        })
    }

    fn commit(shared: &Shared, at: Instant, accepted: bool) {
        let due = shared.due(at, INTERVAL).unwrap();
        let claim = |(at, offset): (&Partition, &Option<Offset>)| (*at, (offset.unwrap_or_default(), due.edition));
        let claims: BTreeMap<Partition, Claim> = due.partitions.iter().map(claim).collect();
        let result = if accepted { Ok(()) } else { Err("refused".to_owned()) };
        shared.committed(&claims, result, at);
    }

    #[test]
    fn claims_are_due_at_once_and_progress_now_and_then() {
        let shared = Shared::new("t", 2, "card".to_owned(), Protocol::Classic, Arc::new(Deaf));
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        assert_eq!(due(&shared, start), []);
        // One was added to the topic meanwhile.
        shared.assigned(&[Partition(2)]);
        assert_eq!(due(&shared, start), []);
        shared.assigned(&[Partition(0), Partition(1), Partition(2)]);
        assert_eq!(due(&shared, start), [(0, None), (1, None)], "new ones at once");
        commit(&shared, start, false);
        assert_eq!(due(&shared, after(100)), [], "a refusal is not repeated at once");
        assert_eq!(due(&shared, after(200)), [(0, None), (1, None)]);
        assert_eq!(shared.status().refused, 1);
        commit(&shared, after(200), true);
        assert_eq!(due(&shared, after(5000)), [], "nothing moved");
        shared.progress(Partition(1), Offset(7));
        shared.progress(Partition(9), Offset(7));
        assert_eq!(due(&shared, after(1100)), [], "progress waits for its turn");
        assert_eq!(due(&shared, after(1200)), [(1, Some(7))]);
        shared.set_card("another".to_owned());
        assert_eq!(due(&shared, after(300)), [(0, Some(0)), (1, Some(7))], "a card at once");
        commit(&shared, after(1200), true);
        let far = shared.revoked(&[Partition(1), Partition(9)], false);
        assert_eq!(far, BTreeMap::from([(Partition(1), Some(Offset(7)))]));
        assert_eq!(shared.owned(), BTreeSet::from([Partition(0)]));
    }
}
