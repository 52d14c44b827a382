//! The past of a conversation, exactly: the records that concern it, up to a moment, are folded again in memory, and the ordinary
//! question is asked of what that gives. So the answer is the one of an installation that was fed with these events only.
//!
//! ```text
//! views: positions of the records --log--> records up to the moment --fold, today's rules--> rows in memory --question--> answer
//! ```
//!
//! By time, the records are those that happened up to then, whenever they came; by position, those that had come by then. What both
//! leave to the views of today: who is asked for, and how many service messages the number delivered.

mod replay;
#[cfg(test)]
mod tests;

use std::time::Duration;

use origem_domain::key::ConversationId;
use origem_domain::position::Positions;
use origem_domain::time::Timestamp;
use origem_domain::windows::Windows;
use origem_domain::zone::Zone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::windows::{Basis, Zones};
use crate::query::{
    Clock, Conversation, HistoryPage, HistoryQuery, ThreadPage, ThreadQuery, TicketView, TouchView, WhyQuery, why,
};
use crate::question::Question;
use crate::shard::View;

/// A moment of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    /// What had happened up to this instant, inclusive, as it is known today.
    At(Timestamp),
    /// What was known once the event at this position, of the partition that the conversation is in, was taken in: this event
    /// included, as a writer is told its position.
    Position(Positions),
}

/// A conversation as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Portrait {
    /// The conversation, under the id it has today.
    pub conversation: Conversation,
    /// Its touches, in order of time.
    pub timeline: Vec<TouchView>,
    /// What might be sent.
    pub windows: Windows,
}

/// What a question finds of a past moment.
pub(crate) struct Then<'a> {
    /// The conversation as it is called today.
    today: ConversationId,
    /// The same, as it was called.
    id: ConversationId,
    /// The instant of the moment: of a position, when its event was taken in.
    at: Timestamp,
    /// What was.
    view: View<'a>,
    /// What is.
    now: View<'a>,
}

/// A question for a conversation that can be asked of the past.
pub(crate) trait OfThePast: Serialize + DeserializeOwned + Send + Sync {
    /// What it is called between instances.
    const NAME: &'static str;
    /// What is answered.
    type Answer: Serialize + DeserializeOwned + Send;
    /// The answer.
    fn answer(&self, then: &Then<'_>) -> Result<Self::Answer, EngineError>;
}

/// A question of the past.
#[derive(Serialize, Deserialize)]
pub(crate) struct Past<Q> {
    conversation: ConversationId,
    moment: Moment,
    question: Q,
}

/// An answer, and of which instant it is.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told<A> {
    at: Timestamp,
    answer: A,
}

impl<Q: OfThePast> Question for Past<Q> {
    const NAME: &'static str = Q::NAME;
    const SEEKS: bool = true;
    // A long conversation is read from a broker piece by piece.
    const PATIENCE: Duration = Duration::from_secs(30);
    type Answer = Told<Q::Answer>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        let replay = replay::of(view, self.conversation, &self.moment)?;
        let then = Then {
            today: replay.today,
            id: replay.id,
            at: replay.at,
            view: View {
                rows: &replay.rows,
                ..view
            },
            now: view,
        };
        let answer = self.question.answer(&then)?;
        Ok(Told { at: then.at, answer })
    }
}

/// The card with all that is shown with it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Whole {
    zones: Zones,
}

impl OfThePast for Whole {
    const NAME: &'static str = "conversation_then";
    type Answer = (Conversation, Vec<TouchView>, Basis);

    fn answer(&self, then: &Then<'_>) -> Result<Self::Answer, EngineError> {
        let mut conversation = then.view.conversation(then.id)?;
        conversation.id = then.today;
        let timeline = then.view.timeline(then.id)?;
        Ok((conversation, timeline, then.basis(&self.zones)?))
    }
}

/// The touches.
#[derive(Serialize, Deserialize)]
pub(crate) struct Timeline;

impl OfThePast for Timeline {
    const NAME: &'static str = "timeline_then";
    type Answer = Vec<TouchView>;

    fn answer(&self, then: &Then<'_>) -> Result<Self::Answer, EngineError> {
        then.view.timeline(then.id)
    }
}

/// The tickets.
#[derive(Serialize, Deserialize)]
pub(crate) struct Tickets;

impl OfThePast for Tickets {
    const NAME: &'static str = "tickets_then";
    type Answer = Vec<TicketView>;

    fn answer(&self, then: &Then<'_>) -> Result<Self::Answer, EngineError> {
        then.view.tickets(then.id)
    }
}

/// A page of the thread.
#[derive(Serialize, Deserialize)]
pub(crate) struct Thread {
    query: ThreadQuery,
}

impl OfThePast for Thread {
    const NAME: &'static str = "thread_then";
    type Answer = ThreadPage;

    fn answer(&self, then: &Then<'_>) -> Result<Self::Answer, EngineError> {
        then.view.thread(then.id, &self.query)
    }
}

/// A page of the change log.
#[derive(Serialize, Deserialize)]
pub(crate) struct History {
    query: HistoryQuery,
}

impl OfThePast for History {
    const NAME: &'static str = "history_then";
    type Answer = HistoryPage;

    fn answer(&self, then: &Then<'_>) -> Result<Self::Answer, EngineError> {
        then.view.changes_of(then.id, self.query)
    }
}

/// The windows.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sessions {
    zones: Zones,
}

impl OfThePast for Sessions {
    const NAME: &'static str = "windows_then";
    type Answer = Basis;

    fn answer(&self, then: &Then<'_>) -> Result<Self::Answer, EngineError> {
        then.basis(&self.zones)
    }
}

/// Why it was what it was.
#[derive(Serialize, Deserialize)]
pub(crate) struct Why {
    query: WhyQuery,
    zones: Zones,
}

impl OfThePast for Why {
    const NAME: &'static str = "why_then";
    type Answer = why::Told;

    fn answer(&self, then: &Then<'_>) -> Result<Self::Answer, EngineError> {
        let told = then.view.why(then.id, &self.query, then.basis(&self.zones)?)?;
        Ok(told.called(then.today))
    }
}

impl Then<'_> {
    fn basis(&self, zones: &Zones) -> Result<Basis, EngineError> {
        let conversation = self.view.conversation(self.id)?;
        let card = &conversation.card;
        let clock = Clock {
            at: self.at,
            zone: zones.of(&card.account),
        };
        let delivered = self.now.delivered(clock, true, &card.account, &card.channel)?;
        Ok(Basis::of(&conversation, delivered))
    }
}

impl Engine {
    fn ask_past<Q: OfThePast>(
        &self,
        id: ConversationId,
        moment: &Moment,
        question: Q,
    ) -> Result<Told<Q::Answer>, EngineError> {
        let _turn = self.limits.pasts.try_acquire().map_err(|_| EngineError::Crowded)?;
        let conversation = id;
        let moment = moment.clone();
        self.ask(&Past {
            conversation,
            moment,
            question,
        })
    }

    /// A conversation as it was, with its windows by the calendar of its account, of `zone` where that has none.
    ///
    /// # Errors
    /// `Crowded` while too many others ask for a past; `NoConversation` if it did not exist then; `HistoryGone` if the log does not hold all of it any more; `NotThereYet` for a
    /// position that the views have not reached; `Invalid` for a position without a place in the conversation's partition; `TooLong`;
    /// as [`Engine::ask`].
    pub fn conversation_at(&self, id: ConversationId, moment: &Moment, zone: Zone) -> Result<Portrait, EngineError> {
        let Told { at, answer } = self.ask_past(
            id,
            moment,
            Whole {
                zones: self.zones(zone),
            },
        )?;
        let (conversation, timeline, basis) = answer;
        Ok(Portrait {
            conversation,
            timeline,
            windows: basis.windows(Clock { at, zone }, &self.directory().snapshot()),
        })
    }

    /// Every touch that a conversation had, in order of time.
    ///
    /// # Errors
    /// As [`Engine::conversation_at`].
    pub fn timeline_at(&self, id: ConversationId, moment: &Moment) -> Result<Vec<TouchView>, EngineError> {
        Ok(self.ask_past(id, moment, Timeline)?.answer)
    }

    /// Every ticket that a conversation had, in order of opening, each with its origins.
    ///
    /// # Errors
    /// As [`Engine::conversation_at`].
    pub fn tickets_at(&self, id: ConversationId, moment: &Moment) -> Result<Vec<TicketView>, EngineError> {
        Ok(self.ask_past(id, moment, Tickets)?.answer)
    }

    /// A page of the thread of a conversation as it was, in order of time.
    ///
    /// # Errors
    /// As [`Engine::conversation_at`].
    pub fn thread_at(
        &self,
        id: ConversationId,
        moment: &Moment,
        query: &ThreadQuery,
    ) -> Result<ThreadPage, EngineError> {
        let query = query.clone();
        Ok(self.ask_past(id, moment, Thread { query })?.answer)
    }

    /// A page of the change log of a conversation as it was, in order of time.
    ///
    /// # Errors
    /// As [`Engine::conversation_at`].
    pub fn history_at(
        &self,
        id: ConversationId,
        moment: &Moment,
        query: HistoryQuery,
    ) -> Result<HistoryPage, EngineError> {
        Ok(self.ask_past(id, moment, History { query })?.answer)
    }

    /// The windows of a conversation as they were, by the calendar of `zone`. Of a position, they are told of the instant at which
    /// its event was taken in.
    ///
    /// # Errors
    /// As [`Engine::conversation_at`].
    pub fn windows_at(&self, id: ConversationId, moment: &Moment, zone: Zone) -> Result<Windows, EngineError> {
        let Told { at, answer } = self.ask_past(
            id,
            moment,
            Sessions {
                zones: self.zones(zone),
            },
        )?;
        Ok(answer.windows(Clock { at, zone }, &self.directory().snapshot()))
    }

    /// Why a conversation was what it was, by the calendar of `zone`.
    ///
    /// # Errors
    /// As [`Engine::conversation_at`]; `NoTouch` if it had no such touch then.
    pub fn why_at(
        &self,
        id: ConversationId,
        moment: &Moment,
        query: &WhyQuery,
        zone: Zone,
    ) -> Result<why::Why, EngineError> {
        let question = Why {
            query: query.clone(),
            zones: self.zones(zone),
        };
        let Told { at, answer } = self.ask_past(id, moment, question)?;
        answer.at(Clock { at, zone }, &self.directory().snapshot(), query)
    }
}
