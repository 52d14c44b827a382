//! One conversation, and pages of them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use origem_domain::key::ConversationId;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_domain::touch::{Entry, OriginKind, Platform, Touch};
use origem_domain::windows::OPEN_AT_MOST;
use origem_views::card::{self, Card, Place};
use origem_views::identity::{self, Identity};
use origem_views::layout::AccountKey;
use origem_views::{contacts, counts};

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::totals::add_up;
use crate::query::windows;
use crate::question::Question;
use crate::shard::View;

/// A conversation with its contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// What is known of it.
    pub card: Card,
    /// The contact's aliases.
    pub identity: Identity,
}

/// Which conversations to list. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// The tenant.
    pub account: String,
    /// Status of the latest ticket.
    pub status: Option<TicketStatus>,
    /// Kind of the current origin.
    pub origin: Option<OriginKind>,
    /// Platform of the current origin.
    pub platform: Option<Platform>,
    /// Campaign of the current origin.
    pub campaign: Option<String>,
    /// Ad of the current origin.
    pub ad: Option<String>,
    /// Link of the current origin.
    pub link: Option<String>,
    /// Hashtag of the current origin.
    pub hashtag: Option<String>,
    /// Team of the latest ticket.
    pub team: Option<String>,
    /// Assignee of the latest ticket.
    pub agent: Option<String>,
    /// Beginning of words of a name, or of a number.
    pub search: Option<String>,
    /// Last activity at or after.
    pub from: Option<Timestamp>,
    /// Last activity before.
    pub to: Option<Timestamp>,
    /// A window of the customer is open and closes soon.
    pub expiring: Option<Expiring>,
    /// Which end first.
    pub order: Order,
}

/// Which windows close soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiring {
    /// They are open at this instant.
    pub now: Timestamp,
    /// They are closed then.
    pub by: Timestamp,
}

/// Which end of a list first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// The latest activity first.
    #[default]
    Latest,
    /// The longest silent first.
    Oldest,
}

impl Order {
    /// What a list is sorted by: as the index of the views is, ties included.
    fn rank(self, place: Place) -> (i128, i128) {
        let (at, conversation) = (i128::from(place.at.micros()), i128::from(place.conversation.0));
        match self {
            Self::Latest => (-at, conversation),
            Self::Oldest => (at, -conversation),
        }
    }
}

/// A page of conversations.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The conversations.
    pub items: Vec<Conversation>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    /// Conversations of the account by status of the latest ticket, whatever the filter.
    pub counts: BTreeMap<TicketStatus, u64>,
}

/// Cards one page may look at; a filter that fits few gives a short page and a cursor.
const LOOKED_AT_MAX: usize = 20_000;

impl Filter {
    fn fits(&self, card: &Card) -> bool {
        let touch = card.state.landmarks.current();
        let of_origin = |wanted: &Option<String>, is: &dyn Fn(&Touch) -> Option<String>| {
            wanted.is_none() || wanted.as_ref() == touch.and_then(is).as_ref()
        };
        let ticket = card.state.ticket.as_ref();
        let at = card.state.last_activity_at.unwrap_or_default();
        self.status.is_none_or(|status| card.state.status() == Some(status))
            && self
                .origin
                .is_none_or(|kind| touch.is_some_and(|touch| touch.origin.kind == kind))
            && self
                .platform
                .is_none_or(|platform| touch.is_some_and(|touch| touch.origin.platform == Some(platform)))
            && of_origin(&self.campaign, &|touch| touch.origin.campaign_id.clone())
            && of_origin(&self.ad, &|touch| touch.origin.ad.as_ref()?.id.clone())
            && of_origin(&self.link, &|touch| match touch.origin.entry.as_ref()? {
                Entry::Link(link) => Some(link.clone()),
                _ => None,
            })
            && of_origin(&self.hashtag, &|touch| match touch.origin.entry.as_ref()? {
                Entry::Hashtag(hashtag) => Some(hashtag.clone()),
                _ => None,
            })
            && (self.team.is_none() || ticket.is_some_and(|ticket| ticket.team == self.team))
            && (self.agent.is_none() || ticket.is_some_and(|ticket| ticket.assignee == self.agent))
            && self.expiring.is_none_or(|expiring| expiring.fits(card))
            && self.from.is_none_or(|from| at >= from)
            && self.to.is_none_or(|to| at < to)
    }
}

impl Filter {
    /// Whether nothing of the list fits from a place on, because of when it was last active.
    fn ends_at(&self, place: Place) -> bool {
        let from = self
            .expiring
            .map(|expiring| expiring.now.plus(-OPEN_AT_MOST))
            .max(self.from);
        match self.order {
            Order::Latest => from.is_some_and(|from| place.at < from),
            Order::Oldest => self.to.is_some_and(|to| place.at >= to),
        }
    }
}

impl Expiring {
    fn fits(self, card: &Card) -> bool {
        windows::closes_next(card, self.now).is_some_and(|closing| closing.at <= self.by)
    }
}

/// A question for one conversation.
#[derive(Serialize, Deserialize)]
pub(super) struct One(ConversationId);

impl Question for One {
    const NAME: &'static str = "conversation";
    const SEEKS: bool = true;
    type Answer = Conversation;

    fn answer(&self, view: View<'_>) -> Result<Conversation, EngineError> {
        view.conversation(self.0)
    }
}

/// A question for a page of conversations.
#[derive(Serialize, Deserialize)]
pub(super) struct List {
    filter: Filter,
    after: Option<Place>,
    limit: usize,
}

/// A page of one shard, or of several.
#[derive(Serialize, Deserialize)]
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
        view.page(&self.filter, self.after, self.limit)
    }

    /// The pages of the shards in one order, up to the first place where one of them ends.
    fn combine(&self, parts: Vec<Part>) -> Option<Part> {
        let rank = |place: Place| self.filter.order.rank(place);
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

impl Engine {
    /// A conversation.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn conversation(&self, id: ConversationId) -> Result<Conversation, EngineError> {
        self.ask(&One(id))
    }

    /// A page of conversations behind `cursor`. Of those whose windows close soon, what closes first comes first; a list that takes
    /// more than one page is in that order in each of them.
    ///
    /// # Errors
    /// `Invalid` for a cursor that is none of ours; as [`Engine::ask`].
    pub fn conversations(&self, filter: &Filter, cursor: Option<&str>, limit: usize) -> Result<Page, EngineError> {
        let list = List {
            filter: filter.clone(),
            after: cursor.map(read_cursor).transpose()?,
            limit: limit.clamp(1, 500),
        };
        let Part { items, end, counts } = self.ask(&list)?;
        let mut items: Vec<Conversation> = items.into_iter().map(|(_, item)| item).collect();
        if let Some(expiring) = filter.expiring {
            items.sort_by_cached_key(|item| (windows::closes_next(&item.card, expiring.now), item.id));
        }
        Ok(Page {
            items,
            next: end.map(write_cursor),
            counts,
        })
    }
}

impl View<'_> {
    /// A conversation.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub fn conversation(&self, id: ConversationId) -> Result<Conversation, EngineError> {
        let (id, card) = self.card(id)?;
        let missing = || EngineError::NoConversation { what: id.to_string() };
        let identity = identity::load(self.rows, id)?.ok_or_else(missing)?;
        Ok(Conversation { id, card, identity })
    }

    /// Every conversation there is, groups included, in order of ids.
    ///
    /// # Errors
    /// `Rows`.
    pub fn conversations(&self) -> Result<Vec<ConversationId>, EngineError> {
        Ok(card::all(self.rows).collect::<Result<_, _>>()?)
    }

    fn page(&self, filter: &Filter, after: Option<Place>, limit: usize) -> Result<Part, EngineError> {
        let account = AccountKey::of(&filter.account);
        let candidates: Box<dyn Iterator<Item = Result<Place, EngineError>> + '_> = match &filter.search {
            Some(query) => Box::new(self.found(account, query, filter.order, after)?.into_iter().map(Ok)),
            None => {
                Box::new(card::list(self.rows, account, filter.order == Order::Oldest, after).map(|place| Ok(place?)))
            }
        };
        let (mut items, mut end) = (Vec::new(), None);
        for (looked_at, place) in candidates.enumerate() {
            let place = place?;
            if filter.ends_at(place) {
                break;
            }
            let id = place.conversation;
            let Some(card) = card::load(self.rows, id)? else {
                continue;
            };
            if filter.fits(&card)
                && let Some(identity) = identity::load(self.rows, id)?
            {
                items.push((place, Conversation { id, card, identity }));
            }
            if items.len() == limit || looked_at + 1 == LOOKED_AT_MAX {
                end = Some(place);
                break;
            }
        }
        Ok(Part {
            items,
            end,
            counts: counts::by_status(self.rows, account)?,
        })
    }

    /// What a search finds, in the order of the list.
    fn found(
        &self,
        account: AccountKey,
        query: &str,
        order: Order,
        after: Option<Place>,
    ) -> Result<Vec<Place>, EngineError> {
        /// More than anybody pages through; a longer query narrows it down.
        const FOUND_MAX: usize = 1_000;
        let mut places = Vec::new();
        for conversation in contacts::search(self.rows, account, query, FOUND_MAX)? {
            if let Some(at) = card::load(self.rows, conversation)?.and_then(|card| card.listed_at()) {
                places.push(Place { at, conversation });
            }
        }
        places.sort_by_key(|place| order.rank(*place));
        places.retain(|place| after.is_none_or(|after| order.rank(*place) > order.rank(after)));
        Ok(places)
    }
}

fn write_cursor(place: Place) -> String {
    let bytes = [place.at.micros().to_be_bytes(), place.conversation.0.to_be_bytes()].concat();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn read_cursor(text: &str) -> Result<Place, EngineError> {
    let invalid = || EngineError::Invalid {
        what: "cursor",
        reason: "it is none of a page before".to_owned(),
    };
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
    let (at, conversation) = bytes.split_first_chunk::<8>().ok_or_else(invalid)?;
    let conversation: [u8; 8] = conversation.try_into().map_err(|_| invalid())?;
    Ok(Place {
        at: Timestamp::from_micros(i64::from_be_bytes(*at)),
        conversation: ConversationId(u64::from_be_bytes(conversation)),
    })
}
