//! What the way from the provider does to deliveries: latency, lateness, swaps, repetition, batches.
//!
//! Source: reference/meta-platform.md 3.3.

use origem_domain::time::{HOUR, Micros};

use crate::delivery::Slot;
use crate::rng::Rng;

const MILLISECOND: Micros = 1_000;
const SECOND: Micros = 1_000_000;
const MINUTE: Micros = 60 * SECOND;

/// How long a piece is under way.
pub(crate) fn latency(rng: &mut Rng, slot: Slot) -> Micros {
    if rng.chance(10) {
        return rng.skewed(2 * MINUTE, 40 * MINUTE);
    }
    // Statuses overtake one another more than messages do.
    let slow = if slot == Slot::Status { 40 } else { 15 };
    if rng.chance(slow) {
        return rng.between(SECOND, 20 * SECOND);
    }
    rng.between(120 * MILLISECOND, 900 * MILLISECOND)
}

/// How much longer a message with a referral sometimes is under way than the one that follows it.
pub(crate) fn referral_delay(rng: &mut Rng) -> Micros {
    if rng.chance(40) {
        rng.between(20 * SECOND, 3 * MINUTE)
    } else {
        0
    }
}

/// When a delivery comes once more, if it does: its first answer was lost.
pub(crate) fn repetition(rng: &mut Rng) -> Option<Micros> {
    rng.chance(20).then(|| rng.skewed(3 * SECOND, 8 * HOUR))
}

/// For how long the provider collects more pieces before it posts, if it does.
pub(crate) fn collecting(rng: &mut Rng) -> Option<Micros> {
    rng.chance(60).then(|| rng.skewed(SECOND, MINUTE))
}

/// Pieces after which it posts at once.
pub(crate) const BATCH_PIECES_MAX: usize = 40;

/// Whether the provider now sends something that nobody knows yet.
pub(crate) fn invention(rng: &mut Rng) -> bool {
    rng.below(2_000) == 0
}
