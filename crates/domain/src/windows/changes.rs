//! What one fact changed of the session windows: told from the sessions before and after it, for whoever asks why.

use serde::{Deserialize, Serialize};

use crate::rules::windows::{CARE, PRIVATE_REPLY};
use crate::time::Timestamp;
use crate::windows::entry::Known;
use crate::windows::{Category, Sessions};

/// A window that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Window {
    /// The customer service window; on Messenger and Instagram the standard window.
    CustomerCare,
    /// The free entry point of an ad click.
    FreeEntryPoint,
    /// The private reply to a comment.
    PrivateReply,
    /// What the customer wants of marketing.
    Marketing,
    /// A conversation as the provider counted them until 2025-06-30.
    Conversation(Category),
}

impl Window {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CustomerCare => "customer_care",
            Self::FreeEntryPoint => "free_entry_point",
            Self::PrivateReply => "private_reply",
            Self::Marketing => "marketing",
            Self::Conversation(_) => "conversation",
        }
    }
}

/// What a fact did to a window. The instants are ends, exclusive; of a candidate, the last to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It opened.
    Opened {
        /// When it closes.
        until: Timestamp,
    },
    /// The customer spoke while it was open: it stays open longer.
    Refreshed {
        /// When it closes.
        until: Timestamp,
    },
    /// The provider refused a message because it was closed.
    Refused,
    /// An ad click waits for our answer.
    Candidate {
        /// The last instant to answer.
        reply_by: Timestamp,
        /// Through a boosted post, which qualifies less certainly.
        by_post: bool,
    },
    /// The customer spoke: there is more time to answer the click.
    Extended {
        /// The last instant to answer.
        reply_by: Timestamp,
    },
    /// We answered the click in time: open, as an estimate.
    Estimated {
        /// When it closes.
        until: Timestamp,
    },
    /// The provider says that it is open.
    Confirmed {
        /// When it closes.
        until: Timestamp,
        /// The provider told that too.
        end_is_told: bool,
    },
    /// The end moved.
    Moved {
        /// To here.
        until: Timestamp,
    },
    /// The provider priced our answer: there is none.
    Rejected,
    /// The message that was taken for our answer is none: typed in the phone app, or not delivered.
    Withdrawn,
    /// The private reply was given.
    Used,
    /// The customer wants no marketing.
    Stopped,
    /// The customer wants marketing again.
    Resumed,
}

impl Change {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Refreshed { .. } => "refreshed",
            Self::Refused => "refused_by_provider",
            Self::Candidate { .. } => "candidate",
            Self::Extended { .. } => "extended",
            Self::Estimated { .. } => "estimated",
            Self::Confirmed { .. } => "confirmed",
            Self::Moved { .. } => "moved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Used => "used",
            Self::Stopped => "stopped",
            Self::Resumed => "resumed",
        }
    }

    /// When the window closes from then on; of a candidate, the last instant to answer.
    #[must_use]
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Opened { until }
            | Self::Refreshed { until }
            | Self::Candidate { reply_by: until, .. }
            | Self::Extended { reply_by: until }
            | Self::Estimated { until }
            | Self::Confirmed { until, .. }
            | Self::Moved { until } => Some(until),
            Self::Refused | Self::Rejected | Self::Withdrawn | Self::Used | Self::Stopped | Self::Resumed => None,
        }
    }
}

impl Sessions {
    /// What the fact at `at` changed, if the sessions were `before` before it.
    #[must_use]
    pub fn changes_since(&self, before: &Self, at: Timestamp) -> Vec<(Window, Change)> {
        let changes = [
            (Window::CustomerCare, self.care_change(before, at)),
            (Window::FreeEntryPoint, self.click_change(before)),
            (Window::FreeEntryPoint, self.entry_change(before)),
            (Window::PrivateReply, self.comment_change(before)),
            (Window::Marketing, self.marketing_change(before)),
        ];
        let conversations = self.conversations.iter().filter_map(|now| {
            let same = |then: &&super::Conversation| then.category == now.category;
            let then = before.conversations.iter().find(same);
            let until = now.closes_at;
            let change = match then {
                Some(then) if then == now => None,
                Some(then) if then.opened_at == now.opened_at => Some(Change::Moved { until }),
                _ => Some(Change::Opened { until }),
            };
            Some((Window::Conversation(now.category), change?))
        });
        let changes = changes
            .into_iter()
            .filter_map(|(window, change)| Some((window, change?)));
        changes.chain(conversations).collect()
    }

    fn care_change(&self, before: &Self, at: Timestamp) -> Option<Change> {
        let care = self.care?;
        let then = before.care;
        if then.is_some_and(|then| then.at == care.at && then.refused_at.is_none()) {
            return care.refused_at.map(|_| Change::Refused);
        }
        if then.is_some_and(|then| then == care) {
            return None;
        }
        let until = care.at.plus(CARE);
        Some(if before.is_open(at) {
            Change::Refreshed { until }
        } else {
            Change::Opened { until }
        })
    }

    fn click_change(&self, before: &Self) -> Option<Change> {
        let candidate = self.entry.candidate?;
        let then = before.entry.candidate;
        if then == Some(candidate) {
            return None;
        }
        // A click that is back because its answer was none is told by the window that is gone.
        if before
            .entry
            .window
            .is_some_and(|window| window.click == Some(candidate))
            && self.entry.window.is_none()
        {
            return None;
        }
        let reply_by = candidate.reply_by;
        Some(match then {
            Some(then) if then.clicked_at == candidate.clicked_at => Change::Extended { reply_by },
            _ => Change::Candidate {
                reply_by,
                by_post: candidate.post,
            },
        })
    }

    fn entry_change(&self, before: &Self) -> Option<Change> {
        let (then, now) = (before.entry.window, self.entry.window);
        let Some(now) = now else {
            return then.map(|_| Change::Withdrawn);
        };
        let until = now.closes_at;
        let is_same = then.is_some_and(|then| then.opened_at == now.opened_at && then.known == now.known);
        match now.known {
            _ if is_same && then.is_some_and(|then| then.closes_at == until) => None,
            Known::Rejected => Some(Change::Rejected),
            _ if is_same => Some(Change::Moved { until }),
            Known::Estimated => Some(Change::Estimated { until }),
            Known::Confirmed => Some(Change::Confirmed {
                until,
                end_is_told: now.end_is_told,
            }),
        }
    }

    fn comment_change(&self, before: &Self) -> Option<Change> {
        let comment = self.comment?;
        let then = before.comment;
        match then {
            Some(then) if then == comment => None,
            Some(then) if then.at == comment.at && comment.replied => Some(Change::Used),
            _ => Some(Change::Opened {
                until: comment.at.plus(PRIVATE_REPLY),
            }),
        }
    }

    fn marketing_change(&self, before: &Self) -> Option<Change> {
        match (before.marketing_stopped_at, self.marketing_stopped_at) {
            (None, Some(_)) => Some(Change::Stopped),
            (Some(_), None) => Some(Change::Resumed),
            _ => None,
        }
    }
}
