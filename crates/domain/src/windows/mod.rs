//! Session windows: what may be sent to a customer and what it would cost, now or at an instant of the past.
//!
//! ```text
//! facts in ledger order --fold--> Sessions (part of the state) --at(now, context)--> Windows: care, entry, send, advice
//! ```
//! The fold keeps what happened: the last word of the customer, an ad click and our answer to it, what the provider said of
//! our messages. It reads no clock and knows no prices; whether something is open is told only when it is asked for. App echoes
//! and imported history open nothing; what the provider reports beats what was computed. Source: reference/meta-platform.md 4.

mod advice;
mod answer;
mod changes;
mod charge;
mod closing;
mod entry;
mod evaluate;
mod options;
mod priced;
mod report;
mod spent;
#[cfg(test)]
mod table;

pub use advice::Advice;
pub use answer::{
    Basis, Certainty, Charge, CustomerCare, EntryState, FreeEntryPoint, Grace, LegacyConversation, NoWindows, Reason,
    Send, ServiceMessages, Way, Windows,
};
pub use changes::{Change, Window};
pub use closing::{Closes, Closing, OPEN_AT_MOST};
pub use entry::{EntryPoint, EntryWindow};
pub use evaluate::{Context, counts_service};
pub use options::{SendOption, Wanted};
pub use report::{Category, PricingKind, Report};
pub use spent::{Charged, Estimate, Spent, spent};

use serde::{Deserialize, Serialize};

use crate::event::PricingModel;
use crate::key::Key;
use crate::rules::windows::{CARE, CONVERSATION, CONVERSATIONS_UNTIL};
use crate::time::Timestamp;

/// What the fold keeps for session windows. Bounded and small: it is part of every chunk of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sessions {
    /// The last word of the customer.
    pub(crate) care: Option<Care>,
    /// The free entry point of WhatsApp.
    pub(crate) entry: EntryPoint,
    /// Conversations that the provider reported, the latest of each category; of the time before 2025-07-01.
    pub(crate) conversations: Vec<Conversation>,
    /// The last comment that may be answered in private.
    pub(crate) comment: Option<Commented>,
    /// Since when the customer wants no marketing.
    pub(crate) marketing_stopped_at: Option<Timestamp>,
    /// The last message that went through the API.
    last_sent: Option<Key>,
}

/// The last word of the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Care {
    /// When.
    pub at: Timestamp,
    /// The provider withheld what it was: whether it opened the window is not certain.
    pub uncertain: bool,
    /// The provider refused a message since, because the window was closed.
    pub refused_at: Option<Timestamp>,
    /// The last message of ours before it: that one may be refused without saying anything of this window.
    sent_before: Option<Key>,
}

/// A conversation of 24 hours, as the provider counted until 2025-06-30.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub category: Category,
    pub opened_at: Timestamp,
    pub closes_at: Timestamp,
    id: Option<Key>,
}

/// A comment and whether it had its private reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commented {
    pub at: Timestamp,
    pub replied: bool,
}

impl Conversation {
    /// Whether a report of `at` on a conversation of that id is about this one.
    fn is(&self, id: Option<Key>, at: Timestamp) -> bool {
        match (self.id, id) {
            (Some(ours), Some(told)) => ours == told,
            _ => at < self.closes_at,
        }
    }
}

impl Sessions {
    /// The customer wrote or called.
    pub(crate) fn customer_spoke(&mut self, at: Timestamp, uncertain: bool) {
        self.care = Some(Care {
            at,
            uncertain,
            refused_at: None,
            sent_before: self.last_sent,
        });
        self.entry.customer_spoke(at);
    }

    /// The customer came through an ad, or through a post that was boosted.
    pub(crate) fn clicked_ad(&mut self, at: Timestamp, post: bool) {
        self.entry.clicked(at, post);
    }

    /// The customer commented.
    pub(crate) fn commented(&mut self, at: Timestamp) {
        self.comment = Some(Commented { at, replied: false });
    }

    /// The business sent something through the API.
    pub(crate) fn replied(&mut self, at: Timestamp, message: Option<Key>) {
        self.last_sent = message.or(self.last_sent);
        if self.entry.replied(at, message) {
            self.entry_opened(at);
        }
    }

    /// The business sent something, by whatever tool. Outside the window that can only be the private reply to a comment.
    pub(crate) fn spoke(&mut self, at: Timestamp) {
        let open = self.is_open(at);
        if let Some(comment) = self.comment.as_mut().filter(|_| !open) {
            comment.replied = true;
        }
    }

    /// A message of the business was typed in the phone app: no answer, even if a report on it was taken for one.
    pub(crate) fn echoed(&mut self, message: Option<Key>) {
        self.entry.withdraw(message);
    }

    /// The customer stopped or resumed marketing.
    pub(crate) fn prefers(&mut self, at: Timestamp, stop: bool) {
        self.marketing_stopped_at = stop.then_some(at);
    }

    /// The provider reported on a message of ours.
    pub(crate) fn reported(&mut self, at: Timestamp, report: &Report) {
        if report.closes_care()
            && let Some(care) = &mut self.care
            && (report.message.is_none() || report.message != care.sent_before)
        {
            care.refused_at.get_or_insert(at);
        }
        if report.stops_marketing() {
            self.marketing_stopped_at.get_or_insert(at);
        }
        if self.entry.reported(at, report) {
            self.entry_opened(at);
        }
        self.counted(at, report);
    }

    /// The latest instant at which an event opened, refreshed or closed something; `None` before the first. What time alone ends
    /// is none.
    #[must_use]
    pub fn changed_at(&self) -> Option<Timestamp> {
        let care = self.care.iter().flat_map(|care| [Some(care.at), care.refused_at]);
        let entry = [
            self.entry.candidate.map(|candidate| candidate.clicked_at),
            self.entry.window.map(|window| window.opened_at),
        ];
        let others = [self.comment.map(|comment| comment.at), self.marketing_stopped_at];
        care.chain(entry).chain(others).flatten().max()
    }

    fn is_open(&self, at: Timestamp) -> bool {
        self.care
            .is_some_and(|care| at.since(care.at) < CARE && care.refused_at.is_none())
    }

    /// A free entry point window opened: until 2025-06-30 that closed all other conversations.
    fn entry_opened(&mut self, at: Timestamp) {
        for conversation in &mut self.conversations {
            conversation.closes_at = conversation.closes_at.min(at);
        }
    }

    /// A conversation of the time before prices per message.
    fn counted(&mut self, at: Timestamp, report: &Report) {
        let by_conversation = match report.model {
            Some(model) => model == PricingModel::Cbp,
            None => at < CONVERSATIONS_UNTIL,
        };
        let Some(category) = report.category.filter(|_| by_conversation && report.in_conversation) else {
            return;
        };
        if category == Category::ReferralConversion {
            return;
        }
        let (id, expires_at) = (report.conversation, report.expires_at);
        let known = self.conversations.iter_mut().find(|known| known.category == category);
        let is_news = report.is_sent() || expires_at.is_some();
        match known {
            Some(known) if known.is(id, at) => known.closes_at = expires_at.unwrap_or(known.closes_at),
            // A late report on a conversation before this one.
            Some(_) if !is_news => {}
            known => {
                let opened = Conversation {
                    category,
                    opened_at: at,
                    closes_at: expires_at.unwrap_or_else(|| at.plus(CONVERSATION)),
                    id,
                };
                match known {
                    Some(known) => *known = opened,
                    None => self.conversations.push(opened),
                }
            }
        }
    }
}
