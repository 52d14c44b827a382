//! What a rule makes of a fact, and what becomes of it: told by the fold itself, so that an explanation cannot disagree with it.
//!
//! ```text
//! rule --> Finding --+-- Origin --> seen before? --> won | kept beside the winner
//!                    +-- Missed: the rule nearly held, and this stood in its way
//! ```
//! The fold keeps the winners and passes the rest to an [`Observer`], which is nobody unless somebody asks why.

use serde::{Deserialize, Serialize};

use crate::time::{Micros, Timestamp};
use crate::touch::{Origin, OriginKind};

/// What one rule makes of a fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// The fact has nothing that the rule is about.
    Nothing,
    /// The rule holds.
    Origin(Origin),
    /// The rule nearly holds.
    Missed(OriginKind, Obstacle),
}

impl Finding {
    /// The origin, if the rule holds; else `observer` is told what stood in its way.
    pub(crate) fn told(self, observer: &mut impl Observer) -> Option<Origin> {
        match self {
            Self::Nothing => None,
            Self::Origin(origin) => Some(origin),
            Self::Missed(kind, obstacle) => {
                observer.missed(kind, obstacle);
                None
            }
        }
    }

    /// The same where something stands in the way of the rule, whatever it finds.
    pub(crate) fn behind(self, obstacle: Option<Obstacle>) -> Self {
        match (self, obstacle) {
            (Self::Origin(origin), Some(obstacle)) => Self::Missed(origin.kind, obstacle),
            (finding, _) => finding,
        }
    }
}

impl From<Option<Origin>> for Finding {
    fn from(origin: Option<Origin>) -> Self {
        origin.map_or(Self::Nothing, Self::Origin)
    }
}

/// Why a rule that nearly held did not. Instants are those of the fact it hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Obstacle {
    /// No new interaction: the silence before the message was shorter than the gap.
    InInteraction {
        /// The last message before.
        last: Timestamp,
        /// How long a silence ends an interaction.
        gap: Micros,
    },
    /// A thread opened through something, or a comment, explains the message.
    Withheld {
        /// When that was.
        by: Timestamp,
        /// How long it explains messages.
        limit: Micros,
    },
    /// A stronger explanation was found.
    Explained,
    /// The dispatch was sent too long before.
    DispatchTooOld {
        /// When it was sent.
        sent: Timestamp,
        /// The reply window.
        limit: Micros,
    },
    /// The report that stands for a message of ours is too old.
    ReportTooOld {
        /// When it was sent.
        sent: Timestamp,
        /// From this age on it is.
        limit: Micros,
    },
    /// The business message had its first answer before.
    Answered {
        /// When it was sent.
        sent: Timestamp,
    },
    /// A later dispatch is the one that is answered.
    LaterDispatch {
        /// When this one was sent.
        sent: Timestamp,
    },
    /// The message quotes another one than the dispatch.
    QuotesAnother {
        /// When the dispatch was sent.
        sent: Timestamp,
    },
    /// The message is priced as a dispatch, but rules alone say what is one, and none does.
    NotRecognised,
    /// The dispatch is no origin before somebody answers it.
    WaitsForAnswer,
    /// The message of ours is the private reply to a comment.
    RepliesToComment {
        /// When that was written.
        commented: Timestamp,
    },
    /// The comment had no private reply before the message.
    NotReplied {
        /// When it was written.
        commented: Timestamp,
    },
    /// The comment is too old.
    CommentTooOld {
        /// When it was written.
        commented: Timestamp,
        /// How long comment, reply and thread belong together.
        limit: Micros,
    },
    /// A link was followed too long before.
    FollowedTooLongAgo {
        /// When it was.
        clicked: Timestamp,
        /// How long that explains messages.
        limit: Micros,
    },
    /// Nobody recorded the click behind the code.
    ClickNotRecorded,
    /// Somebody else used the code before: the text was forwarded.
    ClickOfAnother,
    /// The click behind the code is too old.
    ClickTooOld {
        /// When it was.
        clicked: Timestamp,
        /// How long a code stands for its click.
        limit: Micros,
    },
    /// The provider does not say through what the thread was opened.
    NothingReferred,
    /// Another imported message stands for the history.
    NotFirst,
    /// What waits in the queue is claimed, not taken over.
    WasWaiting,
}

impl Obstacle {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InInteraction { .. } => "in_interaction",
            Self::Withheld { .. } => "withheld",
            Self::Explained => "explained_better",
            Self::DispatchTooOld { .. } => "dispatch_too_old",
            Self::ReportTooOld { .. } => "report_too_old",
            Self::Answered { .. } => "already_answered",
            Self::LaterDispatch { .. } => "later_dispatch",
            Self::QuotesAnother { .. } => "quotes_another",
            Self::NotRecognised => "not_recognised",
            Self::WaitsForAnswer => "waits_for_answer",
            Self::RepliesToComment { .. } => "replies_to_comment",
            Self::NotReplied { .. } => "comment_not_replied",
            Self::CommentTooOld { .. } => "comment_too_old",
            Self::FollowedTooLongAgo { .. } => "followed_too_long_ago",
            Self::ClickNotRecorded => "click_not_recorded",
            Self::ClickOfAnother => "click_of_another",
            Self::ClickTooOld { .. } => "click_too_old",
            Self::NothingReferred => "nothing_referred",
            Self::NotFirst => "not_first",
            Self::WasWaiting => "was_waiting",
        }
    }

    /// The rule held, and something stronger beat it.
    #[must_use]
    pub const fn is_defeat(self) -> bool {
        matches!(self, Self::Explained | Self::LaterDispatch { .. })
    }

    /// The instant of the fact it hangs on.
    #[must_use]
    pub const fn instant(self) -> Option<Timestamp> {
        match self {
            Self::InInteraction { last: at, .. }
            | Self::Withheld { by: at, .. }
            | Self::DispatchTooOld { sent: at, .. }
            | Self::ReportTooOld { sent: at, .. }
            | Self::Answered { sent: at }
            | Self::LaterDispatch { sent: at }
            | Self::QuotesAnother { sent: at }
            | Self::RepliesToComment { commented: at }
            | Self::NotReplied { commented: at }
            | Self::CommentTooOld { commented: at, .. }
            | Self::FollowedTooLongAgo { clicked: at, .. }
            | Self::ClickTooOld { clicked: at, .. } => Some(at),
            Self::Explained
            | Self::NotRecognised
            | Self::WaitsForAnswer
            | Self::ClickNotRecorded
            | Self::ClickOfAnother
            | Self::NothingReferred
            | Self::NotFirst
            | Self::WasWaiting => None,
        }
    }

    /// The length of time that decided.
    #[must_use]
    pub const fn limit(self) -> Option<Micros> {
        match self {
            Self::InInteraction { gap: limit, .. }
            | Self::Withheld { limit, .. }
            | Self::DispatchTooOld { limit, .. }
            | Self::ReportTooOld { limit, .. }
            | Self::CommentTooOld { limit, .. }
            | Self::FollowedTooLongAgo { limit, .. }
            | Self::ClickTooOld { limit, .. } => Some(limit),
            _ => None,
        }
    }
}

/// What became of an origin that was considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It is the touch.
    Won,
    /// It stands beside the touch, which is stronger.
    Kept,
    /// This interaction has it already.
    SeenBefore {
        /// Since when.
        at: Timestamp,
    },
    /// It was none.
    Missed(Obstacle),
}

/// Who is told what the fold considers.
pub trait Observer {
    /// Whether anybody is told: what cannot win any more need not be looked into for nobody.
    const WATCHES: bool = true;

    /// An origin that the fact gives evidence of: `Won`, `Kept` or `SeenBefore`.
    fn found(&mut self, _origin: &Origin, _fate: Fate) {}

    /// A rule that nearly held.
    fn missed(&mut self, _kind: OriginKind, _obstacle: Obstacle) {}
}

/// Nobody.
impl Observer for () {
    const WATCHES: bool = false;
}
