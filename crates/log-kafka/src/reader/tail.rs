//! What is known of the tail of a partition without asking the broker again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use origem_domain::position::Offset;

/// While nothing comes, the broker is asked this often whether it is still there and where the tail is.
const LOOK: Duration = Duration::from_secs(1);

/// The tail as last heard: from the broker, or because a reader came by there. It may be further by now, never less far.
#[derive(Default)]
pub(super) struct KnownTail(Mutex<Option<Known>>);

#[derive(Debug, Clone, Copy)]
struct Known {
    tail: Offset,
    /// When the broker was last asked.
    asked: Instant,
    /// When a reader was last at the tail or beyond what was known.
    passed: Option<Instant>,
}

impl KnownTail {
    /// The broker answered a question of `asked`.
    pub fn answered(&self, tail: Offset, asked: Instant) {
        let mut known = self.lock();
        // What a reader saw meanwhile is news; what it saw before may be of a topic that was made anew since.
        let passed = known.and_then(|known| known.passed).filter(|passed| *passed >= asked);
        let tail = match *known {
            Some(known) if passed.is_some() => known.tail.max(tail),
            _ => tail,
        };
        *known = Some(Known { tail, asked, passed });
    }

    /// A reader has read everything before `next`.
    pub fn passed(&self, next: Offset, now: Instant) {
        if let Some(known) = self.lock().as_mut()
            && next > known.tail
        {
            known.tail = next;
            known.passed = Some(now);
        }
    }

    /// The tail, if the broker told not long before `now`.
    pub fn lately(&self, now: Instant) -> Option<Offset> {
        let lately = |known: &Known| now.saturating_duration_since(known.asked) < LOOK;
        (*self.lock()).filter(lately).map(|known| known.tail)
    }

    /// The tail, if it is beyond `offset`: then there is something, whenever that was told.
    pub fn beyond(&self, offset: Offset) -> Option<Offset> {
        self.lock().map(|known| known.tail).filter(|tail| *tail > offset)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_that_was_heard_counts_and_the_broker_is_asked_again_after_a_while() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let known = KnownTail::default();
        known.passed(Offset(3), at(0));
        assert_eq!((known.lately(at(0)), known.beyond(Offset(0))), (None, None));
        known.answered(Offset(5), at(0));
        assert_eq!(known.lately(at(999)), Some(Offset(5)));
        assert_eq!(known.lately(at(1_000)), None, "a second has passed");
        assert_eq!(
            (known.beyond(Offset(4)), known.beyond(Offset(5))),
            (Some(Offset(5)), None)
        );
        known.passed(Offset(4), at(1_100));
        known.passed(Offset(9), at(1_200));
        known.answered(Offset(7), at(1_150));
        assert_eq!(known.lately(at(1_300)), Some(Offset(9)), "seen after it was asked");
        known.answered(Offset(2), at(1_300));
        assert_eq!(known.lately(at(1_300)), Some(Offset(2)), "the topic was made anew");
    }
}
