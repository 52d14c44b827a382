//! Facts that came in late: what a message was told as before an earlier one was known.

use crate::fact::{Fact, SortKey, What};
use crate::fold::{Folding, fold};
use crate::origin::Fate;
use crate::state::State;
use crate::touch::Origin;
use crate::why::{Proof, Replaced, Weighing};

/// How many facts of a conversation are looked into, the latest first: each costs a fold of its own.
const LOOKED_INTO_MAX: usize = 32;

/// Notes which origins facts had until an earlier fact came in after them, where they have another one, or none, now.
pub(super) fn note(folding: Folding<'_>, facts: &[Fact], weighed: &mut [Weighing]) {
    let overtaken = weighed.iter_mut().rev().filter_map(|weighing| {
        let own = weighing.proof;
        let others = weighing.considered.iter().filter_map(|considered| considered.proof);
        let by = others.into_iter().find(|other| came_in_after(*other, own))?;
        Some((weighing, by))
    });
    for (weighing, by) in overtaken.take(LOOKED_INTO_MAX) {
        let won = weighing
            .considered
            .iter()
            .find(|considered| considered.fate == Fate::Won);
        let now = won.and_then(|won| won.origin.as_ref());
        let then = before_it_was_known(folding, facts, &weighing.proof.fact);
        weighing.replaced = then
            .filter(|then| Some(then) != now)
            .map(|origin| Replaced { origin, by });
    }
}

/// The origin that the fact at `place` made when it came in: from the facts that were known by then.
fn before_it_was_known(folding: Folding<'_>, facts: &[Fact], place: &SortKey) -> Option<Origin> {
    let index = facts.binary_search_by(|fact| fact.key.cmp(place)).ok()?;
    let mut fact = facts.get(index)?.clone();
    let own = Proof::of(&fact);
    let known = || {
        facts[..index]
            .iter()
            .filter(|other| !came_in_after(Proof::of(other), own))
    };
    if let What::Inbound(inbound) = &mut fact.what
        && let Some(quoted) = inbound.quoted.as_ref().and_then(|quoted| quoted.message)
        && !known().any(|other| other.about_ours() == Some(quoted))
    {
        inbound.quoted = None;
    }
    let outcome = fold(&mut State::default(), folding, known().chain([&fact]));
    let touch = outcome.touches.into_iter().next_back()?;
    (touch.fact == fact.key).then_some(touch.origin)
}

/// Whether `other` came in after `own`. Positions tell an order within one partition only.
fn came_in_after(other: Proof, own: Proof) -> bool {
    let (ours, theirs) = (own.position, other.position);
    ours.partition == theirs.partition && ours.offset < theirs.offset
}
