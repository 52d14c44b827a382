//! Fresh click codes: one after the other, none twice within a month, in an order that nobody can guess.
//!
//! Time is cut into slots of a tenth of a second, and each slot has one code: the slot's number, shuffled with the secret of the
//! installation. So a server that starts again goes on where it was without having kept anything, and the code of somebody else's
//! click does not follow from one's own. There are as many slots in 33 days as there are codes; a code that comes round again is
//! told apart by its time.

use super::code::{CODES, code_from_number};
use crate::key::Secret;
use crate::time::Timestamp;

/// Length of a slot in microseconds.
const SLOT: i64 = 100_000;
/// Half the bits of a number that is shuffled: numbers of 26 bits hold all codes.
const HALF_BITS: u32 = 13;
const HALF: u64 = (1 << HALF_BITS) - 1;
/// Rounds of shuffling.
const ROUNDS: u32 = 4;

/// The slot of an instant.
#[must_use]
pub const fn slot(at: Timestamp) -> u64 {
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
