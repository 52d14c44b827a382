//! Session windows: which fact opened, refreshed, confirmed or closed what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::why::Proof;
use crate::windows::{Basis, Change, Sessions, Window};

/// What a fact did to a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowStep {
    /// The fact; of several that refreshed a window one after the other, the last.
    pub proof: Proof,
    /// Which window.
    pub window: Window,
    /// What happened to it.
    pub change: Change,
    /// How many facts in a row did the same.
    pub times: u32,
}

impl WindowStep {
    /// Whether what a message costs rests on this window.
    #[must_use]
    pub fn bears(&self, basis: Basis) -> bool {
        let window = match basis {
            Basis::CareClosed
            | Basis::CareRefused
            | Basis::CareOpen
            | Basis::UtilityInCare
            | Basis::FreeTier
            | Basis::FreeTierUsed
            | Basis::FreeTierNotCounted
            | Basis::ConversationsFreeTier
            | Basis::NoPrice
            | Basis::HumanAgent
            | Basis::HumanAgentOver => Window::CustomerCare,
            Basis::EntryConfirmed | Basis::EntryEstimated | Basis::EntryAnswer => Window::FreeEntryPoint,
            Basis::MarketingStopped => Window::Marketing,
            Basis::PrivateReply | Basis::PrivateReplyUsed | Basis::PrivateReplyOver => Window::PrivateReply,
            Basis::InConversation => return matches!(self.window, Window::Conversation(_)),
            Basis::Template | Basis::OpensConversation | Basis::NoWindows => return false,
        };
        self.window == window
    }
}

/// The steps so far.
#[derive(Default)]
pub(super) struct Trace {
    steps: Vec<WindowStep>,
    /// The last step of each window.
    last: BTreeMap<Window, usize>,
}

impl Trace {
    /// Takes the step of `fact`. What only moves the end joins the step before, if that did the same.
    pub(super) fn take(&mut self, before: &Sessions, after: &Sessions, fact: &Fact) {
        if before == after {
            return;
        }
        let proof = Proof::of(fact);
        for (window, change) in after.changes_since(before, fact.key.at) {
            let last = self.last.get(&window).and_then(|index| self.steps.get_mut(*index));
            if let Some(step) = last.filter(|step| continues(step.change, change)) {
                step.proof = proof;
                step.change = change;
                step.times += 1;
                continue;
            }
            self.last.insert(window, self.steps.len());
            self.steps.push(WindowStep {
                proof,
                window,
                change,
                times: 1,
            });
        }
    }

    /// All steps, in order.
    pub(super) fn steps(mut self) -> Vec<WindowStep> {
        self.steps.sort_by_key(|step| step.proof);
        self.steps
    }
}

const fn continues(last: Change, next: Change) -> bool {
    matches!(
        (last, next),
        (Change::Refreshed { .. }, Change::Refreshed { .. })
            | (Change::Extended { .. }, Change::Extended { .. })
            | (Change::Moved { .. }, Change::Moved { .. })
    )
}
