//! Conversations that changed since somebody last asked: what a follower of the views has to look at again. Each follower has its
//! own, kept from when it began to follow, each conversation once: one that is slow costs memory for conversations, not for events.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use origem_domain::key::ConversationId;

/// Tells followers which conversations change.
#[derive(Debug, Default)]
pub struct Dirty {
    followers: Mutex<Vec<Weak<Waiting>>>,
}

/// Conversations that changed since somebody began to follow, and were not taken yet.
#[derive(Debug)]
pub struct Follower(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    changed: Mutex<BTreeSet<ConversationId>>,
    grown: Condvar,
}

impl Dirty {
    fn followers(&self) -> MutexGuard<'_, Vec<Weak<Waiting>>> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A follower of what is committed after this call.
    #[must_use]
    pub fn follow(&self) -> Follower {
        let waiting = Arc::new(Waiting::default());
        self.followers().push(Arc::downgrade(&waiting));
        Follower(waiting)
    }

    /// Adds what a commit changed; after the commit, so that whoever takes it reads the new rows.
    pub fn add(&self, changed: impl Iterator<Item = ConversationId>) {
        let mut followers = self.followers();
        followers.retain(|follower| follower.strong_count() > 0);
        if followers.is_empty() {
            return;
        }
        let changed: BTreeSet<ConversationId> = changed.collect();
        for follower in followers.iter().filter_map(Weak::upgrade) {
            let mut waiting = follower.changed.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.extend(&changed);
            follower.grown.notify_all();
        }
    }
}

impl Follower {
    /// Waits until something changed, `timeout` at most, and takes all of it.
    #[must_use]
    pub fn take(&self, timeout: Duration) -> BTreeSet<ConversationId> {
        let waiting = self.0.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .0
            .grown
            .wait_timeout_while(waiting, timeout, |waiting| waiting.is_empty());
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_follower_takes_each_once_from_when_it_began() {
        let ids = |numbers: &[u64]| numbers.iter().copied().map(ConversationId).collect::<BTreeSet<_>>();
        let dirty = Dirty::default();
        dirty.add(ids(&[1]).into_iter());
        let first = dirty.follow();
        assert_eq!(first.take(Duration::ZERO), ids(&[]));
        dirty.add(ids(&[2, 3]).into_iter());
        let second = dirty.follow();
        dirty.add(ids(&[3]).into_iter());
        assert_eq!(first.take(Duration::from_secs(60)), ids(&[2, 3]));
        assert_eq!(first.take(Duration::ZERO), ids(&[]));
        drop(first);
        dirty.add(ids(&[4]).into_iter());
        assert_eq!(second.take(Duration::from_secs(60)), ids(&[3, 4]));
    }
}
