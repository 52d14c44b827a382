//! Lists of conversations: pages of those that fit a filter, in some order, with how many there are.
//!
//! ```text
//! filter --wanted--> marks   many share them                         -> rows of the list that fit, then their cards
//!                            few do in any hour                      -> their cards, hour by hour
//!                    who has it                                      -> of those who wait, rows of theirs alone, then their cards
//!                    words   a search finds few on any day           -> their cards, day by day
//! ```
//! Whichever way, what is told is decided by the card, and hardly another card is read: each lies somewhere else, rows of an index beside
//! each other. A page and its counts are read from one commit. Only of those whose windows close soon a whole minute is put in order,
//! however many it has.

mod cursor;
mod joined;
mod read;
mod wanted;

use std::collections::BTreeMap;

use origem_domain::access::Sight;
use origem_domain::event::Channel;
use origem_domain::key::ConversationId;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_domain::touch::{OriginKind, Platform};
use origem_views::queue::Place;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::Conversation;
use crate::query::totals::add_up;
use crate::question::Question;
use crate::shard::View;
use joined::Joined;

/// Cards that are counted one by one at most.
const COUNTED_MAX: usize = 20_000;

/// Which conversations to list. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The tenant.
    pub account: String,
    /// What whoever asks may see; nothing else is listed or counted.
    pub sight: Sight,
    /// Status of the latest ticket.
    pub status: Option<TicketStatus>,
    /// The business address.
    pub channel: Option<Channel>,
    /// Which origins those below are about.
    pub origins: Origins,
    /// Kind of an origin.
    pub origin: Option<OriginKind>,
    /// Platform of an origin.
    pub platform: Option<Platform>,
    /// Campaign of an origin.
    pub campaign: Option<String>,
    /// Ad of an origin.
    pub ad: Option<String>,
    /// Link of an origin.
    pub link: Option<String>,
    /// Hashtag of an origin, as touches hold it.
    pub hashtag: Option<String>,
    /// Team of the latest ticket.
    pub team: Option<String>,
    /// Who has the latest ticket.
    pub agent: Option<Assignee>,
    /// The sales stage.
    pub stage: Option<String>,
    /// How the latest ticket was closed.
    pub classification: Option<String>,
    /// The customer wrote since the business last did.
    pub unread: bool,
    /// Beginnings of words of a name, or of a number.
    pub search: Option<String>,
    /// Last activity at or after.
    pub from: Option<Timestamp>,
    /// Last activity before.
    pub to: Option<Timestamp>,
    /// The latest ticket opened at or after.
    pub opened_from: Option<Timestamp>,
    /// The latest ticket opened before.
    pub opened_to: Option<Timestamp>,
    /// A window of the customer is open and closes soon. What closes first comes first then, whatever the order.
    pub expiring: Option<Expiring>,
    /// What comes first.
    pub order: Order,
}

/// Which origins of a conversation are looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origins {
    /// The current one.
    #[default]
    Current,
    /// Every one of the latest ticket; each condition may hold of another of them.
    OfTicket,
}

/// Who has a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Assignee {
    /// There is a ticket, and nobody has it.
    Nobody,
    /// This agent, by id.
    Agent(String),
}

impl Assignee {
    /// What stands for nobody where an agent is named.
    pub const NOBODY: &'static str = "none";

    /// Reads the id of an agent, or the word for nobody.
    #[must_use]
    pub fn named(text: String) -> Self {
        if text == Self::NOBODY {
            Self::Nobody
        } else {
            Self::Agent(text)
        }
    }
}

/// Which windows close soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiring {
    /// They are open at this instant.
    pub now: Timestamp,
    /// They are closed then.
    pub by: Timestamp,
}

/// What comes first in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// The latest activity.
    #[default]
    Latest,
    /// The longest silence.
    Oldest,
    /// Who waits longest for an answer; nobody else is listed.
    Waiting,
}

/// A page of conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The conversations.
    pub items: Vec<Conversation>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    /// Conversations of the account that whoever asks sees, by status of the latest ticket, whatever else the filter says.
    pub counts: BTreeMap<TicketStatus, u64>,
}

/// How many conversations fit a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// By status of the latest ticket.
    pub counts: BTreeMap<TicketStatus, u64>,
    /// There may be more: the search was given up.
    pub at_least: bool,
}

/// What stands before and behind a conversation in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Nearer to the top.
    pub previous: Option<ConversationId>,
    /// Further down.
    pub next: Option<ConversationId>,
}

/// A question for a page of conversations.
#[derive(Serialize, Deserialize)]
pub(super) struct List {
    filter: Filter,
    after: Option<Place>,
    /// From the bottom up.
    back: bool,
    limit: usize,
    #[serde(deserialize_with = "joined::or_nothing")]
    joined: Joined,
}

/// A page of one shard, or of several.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Part {
    /// Each at its place in the list as it was read: a card may be newer, and a cursor that points behind it would skip what lies
    /// between.
    items: Vec<(Place, Conversation)>,
    /// The shard has no items up to here but these; `None`: none at all.
    end: Option<Place>,
    counts: BTreeMap<TicketStatus, u64>,
}

impl Question for List {
    const NAME: &'static str = "conversations";
    type Answer = Part;

    fn answer(&self, view: View<'_>) -> Result<Part, EngineError> {
        let one_commit = view.rows.snapshot();
        let view = view.over(one_commit.as_deref());
        let reader = read::Reader::new(view, &self.filter, &self.joined, self.back)?;
        let (found, end) = reader.page(self.after, self.limit)?;
        let counts = reader.counts()?;
        let mut items = Vec::with_capacity(found.len());
        for (place, card) in found {
            items.extend(reader.conversation(place, card)?);
        }
        Ok(Part { items, end, counts })
    }

    /// The pages of the shards in one order, up to the first place where one of them ends.
    fn combine(&self, parts: Vec<Part>) -> Option<Part> {
        let rank = |place: Place| self.filter.rank(self.back, place);
        let mut end = parts
            .iter()
            .filter_map(|part| part.end)
            .min_by_key(|place| rank(*place));
        let (mut items, mut counts) = (Vec::new(), Vec::new());
        for part in parts {
            items.extend(part.items);
            counts.push(part.counts);
        }
        items.sort_by_key(|(place, _)| rank(*place));
        items.retain(|(place, _)| end.is_none_or(|end| rank(*place) <= rank(end)));
        if items.len() > self.limit {
            items.truncate(self.limit);
            end = items.last().map(|(place, _)| *place);
        }
        let counts = add_up(counts);
        Some(Part { items, end, counts })
    }
}

/// A question for how many conversations fit.
#[derive(Serialize, Deserialize)]
pub(super) struct Count {
    filter: Filter,
    #[serde(deserialize_with = "joined::or_nothing")]
    joined: Joined,
}

impl Question for Count {
    const NAME: &'static str = "tally";
    type Answer = Counted;

    fn answer(&self, view: View<'_>) -> Result<Counted, EngineError> {
        let one_commit = view.rows.snapshot();
        let view = view.over(one_commit.as_deref());
        let reader = read::Reader::new(view, &self.filter, &self.joined, false)?;
        if self.filter.is_whole() {
            return Ok(Counted {
                counts: reader.counts()?,
                at_least: false,
            });
        }
        let (found, end) = reader.all(COUNTED_MAX)?;
        let mut counts: BTreeMap<_, _> = TicketStatus::ALL.into_iter().map(|status| (status, 0)).collect();
        for status in found.iter().filter_map(|(_, card)| card.state.status()) {
            *counts.entry(status).or_default() += 1;
        }
        Ok(Counted {
            counts,
            at_least: end.is_some(),
        })
    }

    fn combine(&self, answers: Vec<Counted>) -> Option<Counted> {
        Some(Counted {
            at_least: answers.iter().any(|answer| answer.at_least),
            counts: add_up(answers.into_iter().map(|answer| answer.counts)),
        })
    }
}

impl Filter {
    /// Nothing is left out but what is not seen.
    fn is_whole(&self) -> bool {
        let whole = Self {
            account: self.account.clone(),
            sight: self.sight.clone(),
            ..Self::default()
        };
        *self == whole
    }

    /// What a list is sorted by, ties included.
    fn rank(&self, back: bool, place: Place) -> (i128, i128) {
        let (at, conversation) = (i128::from(place.at.micros()), i128::from(place.conversation.0));
        let rank = match (self.expiring, self.order) {
            (Some(_), _) | (None, Order::Waiting) => (at, conversation),
            (None, Order::Latest) => (-at, conversation),
            (None, Order::Oldest) => (at, -conversation),
        };
        if back { (-rank.0, -rank.1) } else { rank }
    }
}

impl Engine {
    /// A page of conversations behind `cursor`.
    ///
    /// # Errors
    /// `Invalid` for a cursor that is none of ours, or of another list; as [`Engine::ask`].
    pub fn conversations(&self, filter: &Filter, cursor: Option<&str>, limit: usize) -> Result<Page, EngineError> {
        let list = List {
            joined: Joined::of(&self.catalogue(), filter),
            filter: filter.clone(),
            after: cursor.map(|cursor| cursor::read(filter, cursor)).transpose()?,
            back: false,
            limit: limit.clamp(1, 500),
        };
        let Part { items, end, counts } = self.ask(&list)?;
        Ok(Page {
            items: items.into_iter().map(|(_, item)| item).collect(),
            next: end.map(|place| cursor::write(filter, place)),
            counts,
        })
    }

    /// How many conversations fit a filter, by status of the latest ticket; its own status and order do not count.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn tally(&self, filter: &Filter) -> Result<Counted, EngineError> {
        let filter = Filter {
            status: None,
            order: Order::default(),
            ..filter.clone()
        };
        let joined = Joined::of(&self.catalogue(), &filter);
        self.ask(&Count { filter, joined })
    }

    /// What stands before and behind a conversation in a list, also if it is itself not in it but would have a place there.
    ///
    /// # Errors
    /// `NoConversation`, also for one that is not seen; as [`Engine::ask`].
    pub fn neighbours(&self, id: ConversationId, filter: &Filter) -> Result<Neighbours, EngineError> {
        let Conversation { id, card, .. } = self.conversation(id)?;
        if !filter
            .sight
            .sees(&card.account, &card.channel, card.state.ticket.as_ref())
        {
            return Err(EngineError::NoConversation { what: id.to_string() });
        }
        let Some(at) = read::placed_at(filter, &card) else {
            return Ok(Neighbours::default());
        };
        let place = Place { at, conversation: id };
        Ok(Neighbours {
            previous: self.neighbour(filter, place, true)?,
            next: self.neighbour(filter, place, false)?,
        })
    }

    /// The conversation next to a place; `None` also if it is too far to be found.
    fn neighbour(&self, filter: &Filter, place: Place, back: bool) -> Result<Option<ConversationId>, EngineError> {
        /// Pages without an item that are looked through.
        const PAGES_MAX: usize = 10;
        let mut after = Some(place);
        let joined = Joined::of(&self.catalogue(), filter);
        for _ in 0..PAGES_MAX {
            let list = List {
                filter: filter.clone(),
                joined: joined.clone(),
                after,
                back,
                limit: 1,
            };
            let part = self.ask(&list)?;
            if let Some((_, item)) = part.items.first() {
                return Ok(Some(item.id));
            }
            after = part.end;
            if after.is_none() {
                break;
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
