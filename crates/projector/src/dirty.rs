//! Conversations that changed since somebody last asked: what a follower of the views has to look at again. Kept from the
//! first question on, each conversation once, so that a follower that is slow costs memory for conversations, not for events.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use origem_domain::key::ConversationId;

/// Conversations that changed and were not taken yet.
#[derive(Debug, Default)]
pub struct Dirty {
    /// `None` until somebody follows.
    waiting: Mutex<Option<BTreeSet<ConversationId>>>,
    grown: Condvar,
}

impl Dirty {
    /// Begins to keep what changes: what is committed after this call will be taken.
    pub fn follow(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get_or_insert_default();
    }

    /// Waits until something changed, `timeout` at most, and takes all of it.
    #[must_use]
    pub fn take(&self, timeout: Duration) -> BTreeSet<ConversationId> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |waiting: &mut Option<BTreeSet<_>>| waiting.as_ref().is_none_or(BTreeSet::is_empty);
        let waited = self.grown.wait_timeout_while(waiting, timeout, idle);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Adds what a commit changed; after the commit, so that whoever takes it reads the new rows.
    pub(crate) fn add(&self, changed: impl Iterator<Item = ConversationId>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = waiting.as_mut() {
            waiting.extend(changed);
            self.grown.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_taken_once_and_only_after_somebody_follows() {
        let ids = |numbers: &[u64]| numbers.iter().copied().map(ConversationId).collect::<BTreeSet<_>>();
        let dirty = Dirty::default();
        dirty.add(ids(&[1]).into_iter());
        dirty.follow();
        assert_eq!(dirty.take(Duration::ZERO), ids(&[]));
        dirty.add(ids(&[2, 3]).into_iter());
        dirty.add(ids(&[3]).into_iter());
        assert_eq!(dirty.take(Duration::from_secs(60)), ids(&[2, 3]));
        assert_eq!(dirty.take(Duration::ZERO), ids(&[]));
    }
}
