//! The free entry point of WhatsApp as a state machine: click, our answer, what the provider says of it.
//!
//! ```text
//! none -- ad message --> candidate -- our answer in time --> estimated --+-- a report says free --> confirmed
//!                            |                                          +-- the answer was priced --> rejected
//!                            +-- nobody answered: none
//! ```
//! That a window has ended is time passing, so it is told by whoever asks, not here. The webhook does not tell the device of
//! the click, so without a report a window stays an estimate. Source: reference/meta-platform.md 4.3, 9.

use serde::{Deserialize, Serialize};

use crate::event::DeliveryState;
use crate::key::Key;
use crate::rules::windows::{CARE, EntryRules};
use crate::time::Timestamp;
use crate::windows::Report;

/// The last click that waits for an answer, and the last window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EntryPoint {
    pub(super) candidate: Option<Candidate>,
    pub(super) window: Option<EntryWindow>,
}

/// A click that our answer would turn into a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Candidate {
    /// The message that came through the ad.
    pub clicked_at: Timestamp,
    /// The last instant to answer.
    pub reply_by: Timestamp,
    /// Through a post: whether that qualifies is less certain.
    pub post: bool,
}

impl Candidate {
    pub(super) fn is_alive(&self, at: Timestamp) -> bool {
        self.clicked_at <= at && at <= self.reply_by
    }
}

/// A window that our answer opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryWindow {
    /// How it is known.
    pub(super) known: Known,
    /// Our answer.
    pub(super) opened_at: Timestamp,
    /// When it ends, exclusive.
    pub(super) closes_at: Timestamp,
    /// The click; `None` if only the provider knew of it.
    pub(super) click: Option<Candidate>,
    /// The message that opened it.
    reply: Option<Key>,
    /// The next message that would have, should the first turn out to be none.
    next_reply: Option<(Timestamp, Key)>,
    /// The provider's id of it.
    conversation: Option<Key>,
    /// The end was told by the provider.
    pub(super) end_is_told: bool,
}

/// How a window is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Known {
    /// From our answer in time.
    Estimated,
    /// The provider said so.
    Confirmed,
    /// The provider priced the answer: there was none.
    Rejected,
}

/// Which window a report is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    This,
    New,
    /// One before this.
    Past,
}

impl EntryWindow {
    pub(super) fn is_open(&self, at: Timestamp) -> bool {
        self.known != Known::Rejected && at < self.closes_at
    }

    fn estimated(click: Candidate, at: Timestamp, reply: Option<Key>) -> Self {
        Self {
            known: Known::Estimated,
            opened_at: at,
            closes_at: at.plus(EntryRules::at(at).base),
            click: Some(click),
            reply,
            next_reply: None,
            conversation: None,
            end_is_told: false,
        }
    }

    /// Which window a report that a message was free is about.
    fn of(&self, at: Timestamp, report: &Report, is_reply: bool) -> Of {
        // Reports of a past window come late; only a message sent now, or a later end, tells of a new one.
        let later = report.expires_at.is_none_or(|expires| expires > self.closes_at);
        let is_news = later && (report.is_sent() || report.expires_at.is_some());
        match (self.conversation, report.conversation) {
            _ if is_reply => Of::This,
            (Some(ours), Some(told)) if ours == told => Of::This,
            (Some(_), Some(_)) => {
                if is_news {
                    Of::New
                } else {
                    Of::Past
                }
            }
            _ if is_news && at >= self.closes_at => Of::New,
            _ => Of::This,
        }
    }

    fn begins(&mut self, at: Timestamp) {
        self.opened_at = at;
        if !self.end_is_told {
            self.closes_at = at.plus(EntryRules::at(at).base);
        }
    }
}

impl EntryPoint {
    /// The customer wrote through an ad. Of several clicks the latest counts.
    pub(super) fn clicked(&mut self, at: Timestamp, post: bool) {
        self.candidate = Some(Candidate {
            clicked_at: at,
            reply_by: at.plus(EntryRules::at(at).reply),
            post,
        });
    }

    /// The customer wrote again: from 2026-09-28 on the time to answer ends with the service window.
    pub(super) fn customer_spoke(&mut self, at: Timestamp) {
        if let Some(candidate) = self.candidate.as_mut().filter(|candidate| candidate.is_alive(at))
            && EntryRules::at(candidate.clicked_at).reply_follows_care
        {
            candidate.reply_by = at.plus(CARE);
        }
    }

    /// The business sent something through the API; `true` if that opened a window.
    pub(super) fn replied(&mut self, at: Timestamp, message: Option<Key>) -> bool {
        let open = self.window.as_mut().filter(|window| window.is_open(at));
        let alive = self.candidate.filter(|candidate| candidate.is_alive(at));
        match (open, alive) {
            (Some(window), alive) => {
                if window.known == Known::Estimated && window.reply != message {
                    window.next_reply = window.next_reply.or(message.map(|message| (at, message)));
                }
                // Whether a second click starts the clock again is unknown: only the provider's word does.
                if alive.is_some() {
                    self.candidate = None;
                }
                false
            }
            (None, Some(click)) => {
                self.window = Some(EntryWindow::estimated(click, at, message));
                self.candidate = None;
                true
            }
            (None, None) => false,
        }
    }

    /// A message that was taken for our answer is none: it was typed in the phone app, or did not arrive.
    pub(super) fn withdraw(&mut self, message: Option<Key>) {
        let Some(window) = &mut self.window else { return };
        if window.next_reply.map(|(_, reply)| reply) == message {
            window.next_reply = None;
        }
        if window.known != Known::Estimated || message.is_none() || window.reply != message {
            return;
        }
        match (window.click, window.next_reply) {
            (Some(click), Some((at, reply))) if click.is_alive(at) => {
                *window = EntryWindow::estimated(click, at, Some(reply));
            }
            (click, _) => {
                self.candidate = self.candidate.or(click);
                self.window = None;
            }
        }
    }

    /// The provider reported on a message of ours; `true` if that is the first word of a window.
    pub(super) fn reported(&mut self, at: Timestamp, report: &Report) -> bool {
        if report.state == Some(DeliveryState::Failed) {
            self.withdraw(report.message);
            return false;
        }
        let is_reply = report.message.is_some() && self.window.is_some_and(|window| window.reply == report.message);
        if let Some(window) = self.window.as_mut().filter(|_| is_reply)
            && report.is_sent()
        {
            window.begins(at);
        }
        match report.by_entry_point() {
            Some(true) => self.confirmed(at, report, is_reply),
            Some(false) => {
                if let Some(window) = self.window.as_mut().filter(|window| window.known == Known::Estimated)
                    && is_reply
                {
                    window.known = Known::Rejected;
                }
                false
            }
            None => false,
        }
    }

    /// A message was free by the entry point, so a window was open when it was sent.
    fn confirmed(&mut self, at: Timestamp, report: &Report, is_reply: bool) -> bool {
        let expires_at = report.expires_at;
        let of = self.window.map(|window| window.of(at, report, is_reply));
        if of == Some(Of::Past) {
            return false;
        }
        if let Some(window) = self.window.as_mut().filter(|_| of == Some(Of::This)) {
            let first = window.known != Known::Confirmed;
            window.known = Known::Confirmed;
            window.conversation = window.conversation.or(report.conversation);
            if let Some(expires_at) = expires_at {
                // The provider's end replaces ours in both directions; a later end of its own lengthens it.
                window.closes_at = if window.end_is_told {
                    window.closes_at.max(expires_at)
                } else {
                    expires_at
                };
                window.end_is_told = true;
            }
            return first;
        }
        let click = self.candidate.take().filter(|candidate| candidate.clicked_at <= at);
        // When it was sent is known only from the report that it was; from others, that it was after the click.
        let opened_at = match click.filter(|_| !report.is_sent()) {
            None => at,
            Some(click) => click.clicked_at,
        };
        self.window = Some(EntryWindow {
            known: Known::Confirmed,
            opened_at,
            closes_at: expires_at.unwrap_or_else(|| opened_at.plus(EntryRules::at(opened_at).base)),
            click,
            reply: None,
            next_reply: None,
            conversation: report.conversation,
            end_is_told: expires_at.is_some(),
        });
        true
    }
}
