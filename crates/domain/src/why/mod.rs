//! Why: each origin, status and window of a conversation with the facts behind it, and what was considered and lost.
//!
//! ```text
//! facts in ledger order --fold again, step by step, watched--> Story: origins weighed, status steps, window steps
//! ```
//! It is the fold itself that tells what it considered ([`crate::origin::Observer`]), and the difference between two steps that
//! tells what changed: a story can say nothing else than what the fold did. Reasons are data; sentences for people, in two
//! languages, are made of them in [`text`]. Ids and bytes of messages are not here: a [`Proof`] says where they are.

mod late;
mod origins;
mod status;
#[cfg(test)]
mod tests;
pub mod text;
mod windows;

pub use origins::{Considered, Quiet, Replaced, Weighing};
pub use status::{Cause, Ignored, StatusStep};
pub use windows::WindowStep;

use serde::{Deserialize, Serialize};

use crate::fact::{Fact, SortKey};
use crate::fold::{Folding, Outcome, evolve_before};
use crate::position::Position;
use crate::state::State;

/// The fact behind something: where it stands in the ledger, and its event in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Proof {
    /// When, what kind, which.
    pub fact: SortKey,
    /// Where the event stands in the log.
    pub position: Position,
}

impl Proof {
    /// A fact as proof.
    #[must_use]
    pub const fn of(fact: &Fact) -> Self {
        Self {
            fact: fact.key,
            position: fact.position,
        }
    }
}

/// Why a conversation is what it is. Everything in ledger order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Story {
    /// Facts that made a touch, or that might have for a reason worth telling.
    pub weighed: Vec<Weighing>,
    /// All others that were weighed: messages that went on with an interaction.
    pub quiet: Quiet,
    /// What happened to tickets.
    pub status: Vec<StatusStep>,
    /// What happened to session windows.
    pub windows: Vec<WindowStep>,
}

/// Folds `facts`, all of one conversation in ledger order, and tells why they give what they give.
#[must_use]
pub fn explain(folding: Folding<'_>, facts: &[Fact]) -> Story {
    let mut story = Story::default();
    let mut state = State::default();
    let mut outcome = Outcome::default();
    let mut origins = origins::Trace::new(folding, facts);
    let mut windows = windows::Trace::default();
    for (index, fact) in facts.iter().enumerate() {
        let (ticket, sessions) = (state.ticket.clone(), state.windows.clone());
        let mut watched = origins.watch(&state);
        evolve_before(&mut state, folding, fact, &mut outcome, &mut watched);
        origins.take(watched, index, &outcome.touches);
        story.status.extend(status::step(ticket, state.ticket.as_ref(), fact));
        windows.take(&sessions, &state.windows, fact);
    }
    story.windows = windows.steps();
    (story.weighed, story.quiet) = origins.told();
    story
}
