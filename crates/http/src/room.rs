//! The room that the bodies of all requests under way share. A large body has its place before it is read, a small one as it comes; both
//! keep it until their request is answered. What finds no place is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Up to this size a body is a small one, as nearly all webhooks and commands are.
pub(crate) const SMALL_BYTES_MAX: usize = 64 << 10;
/// Of the room, the part that large bodies leave to small ones: few slow callers with large bodies must not keep out everybody else.
const KEPT_FOR_SMALL: usize = 4;

/// The room, and who was refused for want of it.
#[derive(Debug)]
pub(crate) struct Room {
    bytes_max: usize,
    held: AtomicUsize,
    refused: AtomicU64,
}

impl Room {
    pub(crate) const fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            held: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Bytes of bodies that are under way.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Requests that were refused before all of their body was read.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}

/// The place of a body, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Arc<Room>,
    bytes: usize,
}

impl Place {
    /// A place without room in it.
    pub(crate) fn of(room: &Arc<Room>) -> Self {
        Self {
            room: room.clone(),
            bytes: 0,
        }
    }

    /// Makes it `bytes` large; `false` where there is no room for that, and it stays as it was. A body that is alone may always come,
    /// however large.
    #[must_use]
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let (own, more) = (self.bytes, bytes.saturating_sub(self.bytes));
        if more == 0 {
            return true;
        }
        let mut bytes_max = self.room.bytes_max;
        if bytes > SMALL_BYTES_MAX {
            bytes_max -= bytes_max / KEPT_FOR_SMALL;
        }
        let fits = |held: usize| (held == own || held.saturating_add(more) <= bytes_max).then(|| held + more);
        let grown = self
            .room
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .is_ok();
        if grown {
            self.bytes = bytes;
        }
        grown
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.room.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1 << 10;

    #[test]
    fn large_bodies_leave_room_to_small_ones_and_whoever_is_alone_may_always_come() {
        // Room; held by others; own; wanted; whether it is had.
        for (room, others, own, wanted, had) in [
            (400, 0, 0, 400, true),
            (400, 0, 0, 900, true), // alone
            (400, 0, 300, 900, true),
            (400, 1, 0, 900, false),
            (400, 300, 0, 64, true),
            (400, 336, 0, 64, true),
            (400, 337, 0, 64, false), // small, and there is none left
            (400, 200, 0, 100, true),
            (400, 201, 0, 100, false), // large, and would take of what small ones have
            (400, 201, 64, 100, false),
            (400, 200, 64, 100, true),
            (400, 400, 64, 64, true), // nothing more than it has
            (400, 400, 64, 10, true),
            (0, 0, 0, 10, true),
            (0, 1, 0, 10, false),
        ] {
            let room = Arc::new(Room::new(room * KIB));
            room.held.store((others + own) * KIB, Ordering::Relaxed);
            let mut place = Place {
                room: room.clone(),
                bytes: own * KIB,
            };
            let case = format!("{others} {own} {wanted}");
            assert_eq!(place.grow(wanted * KIB), had, "{case}");
            let now = if had { wanted.max(own) } else { own };
            assert_eq!(room.held(), (others + now) * KIB, "{case}");
            drop(place);
            assert_eq!(room.held(), others * KIB, "{case}");
        }
    }
}
