//! One conversation, and pages of them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use origem_domain::key::ConversationId;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_domain::touch::{Entry, OriginKind, Platform, Touch};
use origem_views::card::{self, Card, Place};
use origem_views::identity::{self, Identity};
use origem_views::layout::AccountKey;
use origem_views::{contacts, counts};

use crate::engine::Engine;
use crate::error::EngineError;

/// A conversation with its contact.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// What is known of it.
    pub card: Card,
    /// The contact's aliases.
    pub identity: Identity,
}

/// Which conversations to list. Everything that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Which end first.
    pub order: Order,
}

/// Which end of a list first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The latest activity first.
    #[default]
    Latest,
    /// The longest silent first.
    Oldest,
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
            && self.from.is_none_or(|from| at >= from)
            && self.to.is_none_or(|to| at < to)
    }
}

impl Engine {
    /// A conversation.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub fn conversation(&self, id: ConversationId) -> Result<Conversation, EngineError> {
        let id = self.current(id)?;
        let missing = || EngineError::NoConversation { what: id.to_string() };
        let card = card::load(self.rows(), id)?.ok_or_else(missing)?;
        let identity = identity::load(self.rows(), id)?.ok_or_else(missing)?;
        Ok(Conversation { id, card, identity })
    }

    /// A page of conversations behind `cursor`.
    ///
    /// # Errors
    /// `Invalid` for a cursor that is none of ours; `Rows`.
    pub fn conversations(&self, filter: &Filter, cursor: Option<&str>, limit: usize) -> Result<Page, EngineError> {
        let account = AccountKey::of(&filter.account);
        let after = cursor.map(read_cursor).transpose()?;
        let limit = limit.clamp(1, 500);
        let candidates: Box<dyn Iterator<Item = Result<ConversationId, EngineError>> + '_> = match &filter.search {
            Some(query) => Box::new(self.found(account, query, filter.order, after)?.into_iter().map(Ok)),
            None => Box::new(card::list(self.rows(), account, filter.order == Order::Oldest, after).map(|id| Ok(id?))),
        };
        let (mut items, mut next) = (Vec::new(), None);
        for (looked_at, id) in candidates.enumerate() {
            let id = id?;
            let Some(card) = card::load(self.rows(), id)? else {
                continue;
            };
            let place = Place {
                at: card.state.last_activity_at.unwrap_or_default(),
                conversation: id,
            };
            if filter.fits(&card)
                && let Some(identity) = identity::load(self.rows(), id)?
            {
                items.push(Conversation { id, card, identity });
            }
            if items.len() == limit || looked_at + 1 == LOOKED_AT_MAX {
                next = Some(write_cursor(place));
                break;
            }
        }
        Ok(Page {
            items,
            next,
            counts: counts::by_status(self.rows(), account)?,
        })
    }

    /// What a search finds, in the order of the list.
    fn found(
        &self,
        account: AccountKey,
        query: &str,
        order: Order,
        after: Option<Place>,
    ) -> Result<Vec<ConversationId>, EngineError> {
        /// More than anybody pages through; a longer query narrows it down.
        const FOUND_MAX: usize = 1_000;
        let mut places = Vec::new();
        for conversation in contacts::search(self.rows(), account, query, FOUND_MAX)? {
            if let Some(at) = card::load(self.rows(), conversation)?.and_then(|card| card.listed_at()) {
                places.push(Place { at, conversation });
            }
        }
        places.sort();
        if order == Order::Latest {
            places.reverse();
        }
        places.retain(|place| match (after, order) {
            (None, _) => true,
            (Some(after), Order::Latest) => *place < after,
            (Some(after), Order::Oldest) => *place > after,
        });
        Ok(places.into_iter().map(|place| place.conversation).collect())
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
