//! Fresh click codes: one after the other, none twice within a month, in an order that nobody can guess.
//!
//! Time is cut into slots of a tenth of a second, and each slot has one code: the slot's number, shuffled with the secret of the
//! installation. A process takes the slots that pass while it runs, each once, also later than they were, up to two days: so one that
//! starts again takes none that it took before, without having kept anything. There are as many slots in 33 days as there are codes; a
//! code that comes round again is told apart by its time. Who has no slot left, or shares the clock with other instances, draws one of
//! 2.5e16 longer codes instead.

use super::code::{CODES, code_from_draw, code_from_number};
use crate::key::Secret;
use crate::time::Timestamp;

/// Length of a slot in microseconds.
const SLOT: i64 = 100_000;
/// Slots that are kept for later: with two days of 33 there are 31 between two uses of a code.
const KEPT: u64 = 2 * 24 * 3_600 * 10;
/// Half the bits of a number that is shuffled: numbers of 26 bits hold all codes.
const HALF_BITS: u32 = 13;
const HALF: u64 = (1 << HALF_BITS) - 1;
/// Rounds of shuffling.
const ROUNDS: u32 = 4;

/// The slot of an instant.
const fn slot(at: Timestamp) -> u64 {
    at.micros().div_euclid(SLOT).unsigned_abs()
}

/// The code of a slot.
#[must_use]
pub fn fresh_code(slot: u64, secret: &Secret) -> String {
    let mut number = slot % CODES;
    loop {
        number = shuffled(number, secret);
        // Numbers beyond the codes go round once more: still no two slots have one code.
        if number < CODES {
            return code_from_number(number);
        }
    }
}

/// The slots of one process.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// Up to here they are taken, or not ours. 0 before the first.
    taken: u64,
}

impl Slots {
    /// From `start` on: what passed before may be another's, the slot of the instant too.
    #[must_use]
    pub const fn since(start: Timestamp) -> Self {
        Self { taken: slot(start) }
    }

    /// A slot that passed and is not taken; `None` where there is none: the clock is not there yet.
    pub fn take(&mut self, now: Timestamp) -> Option<u64> {
        let next = (self.taken + 1).max(slot(now).saturating_sub(KEPT));
        // The slot of now may be half over: whoever starts in it leaves it out.
        (next <= slot(now)).then(|| {
            self.taken = next;
            next
        })
    }
}

/// A code that is drawn by lot: `lot` is told once, by whoever has a good source of chance.
#[must_use]
pub fn drawn_code(lot: &str, secret: &Secret) -> String {
    code_from_draw(secret.join("drawn click code", lot).0)
}

/// A number of 26 bits for another, each for one only: a Feistel network.
#[allow(clippy::cast_possible_truncation)] // a part of the hash is meant
fn shuffled(number: u64, secret: &Secret) -> u64 {
    let (mut left, mut right) = (number >> HALF_BITS, number & HALF);
    for round in 0..ROUNDS {
        let mixed = secret.join("click code", &format!("{round} {right}")).0 as u64;
        (left, right) = (right, left ^ (mixed & HALF));
    }
    left << HALF_BITS | right
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::marks::click_code;

    #[test]
    fn no_two_slots_have_one_code() {
        let secret = Secret::new([3; 16]);
        let first = slot(Timestamp::parse("2026-09-26T10:00:00Z").unwrap());
        let codes: BTreeSet<String> = (first..first + 20_000).map(|slot| fresh_code(slot, &secret)).collect();
        assert_eq!(codes.len(), 20_000);
        for code in codes.iter().take(100) {
            assert_eq!(click_code(&format!("[{code}]")).as_ref(), Some(code));
        }
        assert_eq!(fresh_code(first, &secret), fresh_code(first + CODES, &secret));
    }

    #[test]
    fn no_slot_is_taken_twice_however_busy_and_however_often_started() {
        let start = Timestamp::parse("2026-09-26T10:00:00Z").unwrap();
        // Lives of a process: when it starts and how often somebody clicks, each a minute long.
        let (mut taken, mut refused) = (BTreeSet::new(), 0);
        for life in 0..5 {
            let began = start.plus(life * 60_000_000);
            let mut slots = Slots::since(began);
            for click in 0..3_000 {
                match slots.take(began.plus(click * 20_000)) {
                    Some(slot) => assert!(taken.insert(slot), "{slot} in life {life}"),
                    None => refused += 1,
                }
            }
        }
        // Ten a second, but for those of the starts; the others are drawn.
        assert_eq!((taken.len(), refused), (5 * 599, 5 * 2_401));
    }

    #[test]
    fn slots_are_kept_for_a_rush_but_not_until_their_codes_come_round() {
        let start = Timestamp::parse("2026-09-26T10:00:00Z").unwrap();
        for (seconds, free) in [(0, 0), (1, 10), (3_600, 36_000), (30 * 86_400, KEPT + 1)] {
            let now = start.plus(seconds * 1_000_000);
            let mut slots = Slots::since(start);
            let mut count = 0;
            while let Some(taken) = slots.take(now) {
                assert!(slot(now) - taken <= KEPT);
                count += 1;
            }
            assert_eq!(count, free, "{seconds}");
        }
        // A clock that was set back gives none.
        assert_eq!(Slots::since(start).take(start.plus(-60_000_000)), None);
        let month: u64 = 30 * 24 * 3_600 * 10;
        assert!(CODES - KEPT > month);
    }

    #[test]
    fn no_two_lots_have_one_code() {
        let secret = Secret::new([3; 16]);
        let codes: BTreeSet<String> = (0..20_000).map(|lot| drawn_code(&lot.to_string(), &secret)).collect();
        assert_eq!(codes.len(), 20_000);
        assert_ne!(drawn_code("1", &secret), drawn_code("1", &Secret::new([4; 16])));
    }

    #[test]
    fn another_installation_has_another_order() {
        let (one, two) = (Secret::new([3; 16]), Secret::new([4; 16]));
        let same = (0..1_000).filter(|slot| fresh_code(*slot, &one) == fresh_code(*slot, &two));
        assert!(same.count() < 5);
    }

    #[test]
    fn slots_follow_the_clock() {
        for (at, next) in [
            ("2026-09-26T10:00:00Z", "2026-09-26T10:00:00.1Z"),
            ("2026-09-26T10:00:00.99Z", "2026-09-26T10:00:01Z"),
        ] {
            let slot_of = |text: &str| slot(Timestamp::parse(text).unwrap());
            assert_eq!(slot_of(at) + 1, slot_of(next));
        }
    }
}
