//! The state of a conversation between two facts: bounded, whatever the length of its history.

mod landmarks;
mod warmth;

pub use landmarks::Landmarks;
pub use warmth::{Temperature, Warmth};

use serde::{Deserialize, Serialize};

use crate::fact::Sent;
use crate::key::{Key, TouchId};
use crate::origin::Obstacle;
use crate::rules::Moment;
use crate::ticket::{Ticket, TicketStatus};
use crate::time::{Micros, Timestamp};
use crate::touch::{Origin, Touch};
use crate::windows::Sessions;

/// How many of each recent thing the state remembers. More than a conversation holds within the windows that ask for them;
/// beyond it the oldest is forgotten, deterministically.
const RECENT_MAX: usize = 16;

/// What the fold knows of a conversation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct State {
    /// The latest message of either side, dispatches not counted.
    pub last_message_at: Option<Timestamp>,
    /// The latest message or call of the customer.
    pub last_inbound_at: Option<Timestamp>,
    /// The latest message of the business.
    pub last_outbound_at: Option<Timestamp>,
    /// The latest thing either side did, before that when somebody first wanted to write; what lists are ordered by.
    pub last_activity_at: Option<Timestamp>,
    /// The first thing either side did.
    pub first_activity_at: Option<Timestamp>,
    /// How lively the exchange is.
    pub warmth: Warmth,
    /// Messages and comments of the customer since the business last wrote.
    pub unread: u32,
    /// The first message or comment of these.
    pub unread_since: Option<Timestamp>,
    /// The latest ticket, open or finished.
    pub ticket: Option<Ticket>,
    /// The touches to show.
    pub landmarks: Landmarks,
    /// How many touches there are.
    pub touches: u32,
    /// The sales stage.
    pub stage: Option<String>,
    /// The lead.
    pub lead: Option<String>,
    /// What session windows are told from.
    pub windows: Sessions,
    /// The latest message of imported history.
    pub imported_until: Option<Timestamp>,
    /// When a thread was last opened through something, or a comment written.
    pub(crate) hint_at: Option<Timestamp>,
    /// The last click of the person.
    pub(crate) clicked: Option<Clicked>,
    /// The last comment.
    pub(crate) comment: Option<Comment>,
    /// Recent dispatches, oldest first.
    pub(crate) dispatches: Vec<Dispatch>,
    /// Origins seen in this interaction, or by the way within the last day.
    seen: Vec<(Key, Timestamp)>,
    /// When this interaction began.
    interaction_at: Option<Timestamp>,
    /// Recent messages of ours, so that their reports are not taken for messages.
    sent: Vec<Key>,
    /// Touches without a ticket, for the ticket that may open.
    homeless: Vec<(TouchId, Timestamp)>,
}

/// A click of the person on a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clicked {
    /// When.
    pub at: Timestamp,
    /// Which link.
    pub link: Option<String>,
}

/// A comment and whether we answered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// When.
    pub at: Timestamp,
    /// The origin it is.
    pub origin: Origin,
    /// The business wrote after it, before the customer did.
    pub replied: bool,
}

/// A business message whose answer is an origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// When.
    pub at: Timestamp,
    /// What.
    pub sent: Sent,
    /// It has had its answer.
    pub answered: bool,
}

impl State {
    /// Whether a message at `at` opens an interaction: silence of both sides for the gap.
    #[must_use]
    pub fn opens_interaction(&self, moment: &Moment) -> bool {
        self.last_message_at
            .is_none_or(|last| moment.at.since(last) >= moment.rules.interaction_gap)
    }

    /// What stands in the way of whatever needs a message to open an interaction; `None` if it opens one.
    #[must_use]
    pub(crate) fn interaction(&self, moment: &Moment) -> Option<Obstacle> {
        let gap = moment.rules.interaction_gap;
        let last = self.last_message_at.filter(|_| !self.opens_interaction(moment))?;
        Some(Obstacle::InInteraction { last, gap })
    }

    /// Whose turn it is; `None` without any ticket.
    #[must_use]
    pub fn status(&self) -> Option<TicketStatus> {
        self.ticket.as_ref().map(Ticket::status)
    }

    /// Since when the customer waits for an answer: the first message without one, within the ticket; `None` where it is not our turn.
    #[must_use]
    pub fn waiting_since(&self) -> Option<Timestamp> {
        let ticket = self.ticket.as_ref()?;
        let waits = matches!(ticket.status(), TicketStatus::New | TicketStatus::Unanswered);
        waits.then(|| ticket.opened_at.max(self.unread_since.unwrap_or_default()))
    }

    pub(crate) fn begin_interaction(&mut self, moment: &Moment) {
        let at = moment.at;
        self.interaction_at = Some(at);
        let kept = moment.rules.organic_withheld;
        // What opened the thread within the last day belongs to the interaction that begins.
        self.seen
            .retain(|(_, seen)| at.since(*seen) <= kept && self.last_message_at.is_none_or(|last| *seen > last));
    }

    /// Notes an origin; if this interaction has it already, since when.
    pub(crate) fn seen_before(&mut self, mark: Key, moment: &Moment) -> Option<Timestamp> {
        let at = moment.at;
        let kept = moment.rules.organic_withheld;
        let in_interaction = |seen: Timestamp| {
            at.since(seen) <= kept
                || (self.interaction_at.is_some_and(|began| seen >= began) && !self.opens_interaction(moment))
        };
        let same = |(known, seen): &&(Key, Timestamp)| *known == mark && in_interaction(*seen);
        let before = self.seen.iter().find(same).map(|(_, seen)| *seen);
        if before.is_none() {
            remember(&mut self.seen, (mark, at));
        }
        before
    }

    pub(crate) fn record_touch(&mut self, touch: &Touch) {
        self.touches += 1;
        if touch.ticket.is_none() {
            remember(&mut self.homeless, (touch.id, touch.at));
        }
        self.landmarks.record(touch);
        self.active(touch.at);
    }

    /// Touches of at most `since` before `at` that have no ticket.
    pub(crate) fn take_homeless(&mut self, at: Timestamp, since: Micros) -> Vec<TouchId> {
        let homeless = std::mem::take(&mut self.homeless);
        homeless
            .into_iter()
            .filter(|(_, seen)| at.since(*seen) <= since)
            .map(|(id, _)| id)
            .collect()
    }

    pub(crate) fn customer_spoke(&mut self, at: Timestamp) {
        self.last_message_at = Some(at);
        self.last_inbound_at = Some(at);
        self.clicked = None;
        self.comment = None;
        self.waits_for_us(at);
    }

    pub(crate) fn customer_commented(&mut self, at: Timestamp) {
        self.last_inbound_at = Some(at);
        self.waits_for_us(at);
    }

    fn waits_for_us(&mut self, at: Timestamp) {
        self.warmth.customer_spoke(at);
        self.unread = self.unread.saturating_add(1);
        self.unread_since.get_or_insert(at);
        if let Some(ticket) = self.ticket.as_mut().filter(|ticket| ticket.is_open()) {
            ticket.answered = false;
        }
        self.active(at);
    }

    pub(crate) fn business_spoke(&mut self, at: Timestamp) {
        self.last_message_at = Some(at);
        self.last_outbound_at = Some(at);
        self.warmth.business_spoke(at);
        self.unread = 0;
        self.unread_since = None;
        if let Some(ticket) = self.ticket.as_mut().filter(|ticket| ticket.is_open()) {
            ticket.answered = true;
            ticket.first_response_at.get_or_insert(at);
        }
        self.active(at);
    }

    /// A message of the past: somebody spoke, and nobody waits.
    pub(crate) fn imported(&mut self, at: Timestamp) {
        self.last_message_at = Some(at);
        self.imported_until = Some(at);
        self.active(at);
    }

    /// Somebody wants to write: lists show it, though nobody spoke.
    pub(crate) fn outreach_requested(&mut self, at: Timestamp) {
        self.last_activity_at = self.last_activity_at.max(Some(at));
    }

    fn active(&mut self, at: Timestamp) {
        self.last_activity_at = self.last_activity_at.max(Some(at));
        self.first_activity_at.get_or_insert(at);
    }

    /// The time of the comment that a message of ours is the private reply to; notes that it was answered.
    pub(crate) fn reply_to_comment(&mut self, moment: &Moment) -> Option<Timestamp> {
        let (at, window) = (moment.at, moment.rules.private_reply_window);
        let comment = self.comment.as_mut().filter(|comment| at.since(comment.at) <= window)?;
        comment.replied = true;
        Some(comment.at)
    }

    pub(crate) fn remember_sent(&mut self, message: Option<Key>) {
        if let Some(message) = message.filter(|message| !self.knows_sent(*message)) {
            remember(&mut self.sent, message);
        }
    }

    pub(crate) fn knows_sent(&self, message: Key) -> bool {
        self.sent.contains(&message)
    }

    pub(crate) fn dispatched(&mut self, at: Timestamp, sent: Sent) {
        remember(
            &mut self.dispatches,
            Dispatch {
                at,
                sent,
                answered: false,
            },
        );
    }

    pub(crate) fn forget_dispatch(&mut self, message: Key) {
        self.dispatches
            .retain(|dispatch| dispatch.sent.message != Some(message));
    }

    /// Notes which dispatches have had their answer, and drops those beyond any window. A message that opens an interaction
    /// answers all that wait; one that quotes answers the quoted one.
    pub(crate) fn mark_answered(&mut self, moment: &Moment, opens: bool, quoted: Option<Key>) {
        let (at, window) = (moment.at, moment.rules.campaign_reply_window);
        self.dispatches.retain(|dispatch| at.since(dispatch.at) <= window);
        for dispatch in &mut self.dispatches {
            dispatch.answered |= opens || (quoted.is_some() && dispatch.sent.message == quoted);
        }
    }
}

fn remember<T>(list: &mut Vec<T>, item: T) {
    if list.len() == RECENT_MAX {
        list.remove(0);
    }
    list.push(item);
}
