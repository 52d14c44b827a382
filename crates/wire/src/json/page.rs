//! Pages of lists.

use std::collections::BTreeMap;

use origem_domain::key::ConversationId;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_engine::query;
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::{Conversation, Windows};

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// What to give as `cursor` for the next page; absent at the end. Opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A whole list.
    #[must_use]
    pub fn whole(items: impl IntoIterator<Item = T>) -> Self {
        Self {
            items: items.into_iter().collect(),
            next: None,
        }
    }
}

/// A page of conversations, with how many there are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Conversations {
    /// The conversations. A filter that fits few may give a short page that is not the last.
    pub items: Vec<Conversation>,
    /// What to give as `cursor` for the next page; absent at the end. Opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Conversations of the account that the caller sees, by status of the latest ticket, whatever else the filter says. Of the same
    /// moment as the list.
    pub counts: Counts,
}

/// How many conversations have their latest ticket in each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    /// Nobody's yet.
    pub new: u64,
    /// Assigned, the last word is the customer's.
    pub unanswered: u64,
    /// The last word is ours.
    pub awaiting_customer: u64,
    /// Closed.
    pub finished: u64,
}

/// The queue in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Queue {
    /// The instant it is told of.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// Conversations that fit the filter and that the caller sees, by status of the latest ticket.
    pub counts: Counts,
    /// There may be more of them: the search was given up after many that do not fit. Absent means no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
}

/// What stands before and behind a conversation in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Neighbours {
    /// Nearer to the top. Absent: there is none, or it is too far to be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "cv_00000000000000ab")]
    pub previous: Option<ConversationId>,
    /// Further down. Absent: there is none, or it is too far to be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "cv_00000000000000cd")]
    pub next: Option<ConversationId>,
}

impl Neighbours {
    /// As the engine says.
    #[must_use]
    pub const fn of(neighbours: &query::Neighbours) -> Self {
        Self {
            previous: neighbours.previous,
            next: neighbours.next,
        }
    }
}

impl Queue {
    /// Counts by status at an instant.
    #[must_use]
    pub fn of(as_of: Timestamp, counts: &BTreeMap<TicketStatus, u64>) -> Self {
        Self {
            as_of,
            counts: Counts::of(counts),
            at_least: false,
        }
    }

    /// What fits a filter now.
    #[must_use]
    pub fn counted(now: Timestamp, counted: &query::Counted) -> Self {
        Self {
            at_least: counted.at_least,
            ..Self::of(now, &counted.counts)
        }
    }
}

impl Conversations {
    /// A page of conversations.
    #[must_use]
    pub fn of(page: &query::Page) -> Self {
        let items = page
            .items
            .iter()
            .map(|conversation| Conversation::of(conversation, None));
        Self {
            items: items.collect(),
            next: page.next.clone(),
            counts: Counts::of(&page.counts),
        }
    }
}

impl Conversations {
    /// The same with the windows of each.
    #[must_use]
    pub fn with_windows(mut self, windows: impl IntoIterator<Item = Windows>) -> Self {
        for (item, windows) in self.items.iter_mut().zip(windows) {
            item.windows = Some(windows);
        }
        self
    }
}

impl Counts {
    /// Counts by status.
    #[must_use]
    pub fn of(counts: &BTreeMap<TicketStatus, u64>) -> Self {
        let count = |status| counts.get(&status).copied().unwrap_or_default();
        Self {
            new: count(TicketStatus::New),
            unanswered: count(TicketStatus::Unanswered),
            awaiting_customer: count(TicketStatus::AwaitingCustomer),
            finished: count(TicketStatus::Finished),
        }
    }
}
