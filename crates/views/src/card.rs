//! The card of a conversation: what lists show and what the next fact is folded on.

use serde::{Deserialize, Serialize};

use origem_domain::event::Channel;
use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_domain::state::State;
use origem_domain::time::Timestamp;

use crate::layout::{self, CARD, IDENTITY};
use crate::preview::Preview;
use crate::profile::Profile;
use crate::rows::{self, Changes, Rows, RowsError};

const VIEW: &str = "conversation";

/// What is known of a conversation, in one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The tenant.
    pub account: String,
    /// The business address.
    pub channel: Channel,
    /// It is one person's part of a group: no tickets, no origins, in no list.
    pub group: bool,
    /// The first event of it.
    pub created: Position,
    /// The latest event that was not a duplicate.
    pub position: Position,
    /// The state after its last fact.
    pub state: State,
    /// The latest profile name, and when it was seen.
    pub name: Option<Seen>,
    /// The latest username, and when it was seen.
    pub username: Option<Seen>,
    /// The library or provider, where it is not Meta's own API.
    pub provider: Option<Seen>,
    /// What an agent wrote over it.
    pub edited: Edited,
    /// What the contact let be known of itself.
    pub profile: Profile,
    /// The latest message of either side.
    pub last_message: Option<Preview>,
}

/// A value and when it was seen; the latest wins, in whatever order they come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Seen {
    /// When.
    pub at: Timestamp,
    /// What.
    pub value: String,
}

/// Contact data an agent edited.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Edited {
    /// Wins over the profile name.
    pub name: Option<Seen>,
    /// Digits.
    pub phone: Option<Seen>,
    /// E-mail address.
    pub email: Option<Seen>,
}

impl Card {
    /// The name to show.
    #[must_use]
    pub fn shown_name(&self) -> Option<&str> {
        self.edited
            .name
            .as_ref()
            .or(self.name.as_ref())
            .map(|seen| seen.value.as_str())
    }

    /// Where it stands in the list of its account; `None` if nothing happened yet that a list should show.
    #[must_use]
    pub fn listed_at(&self) -> Option<Timestamp> {
        self.state.last_activity_at.filter(|_| !self.group)
    }
}

/// Keeps the later of what is known and what was seen.
pub(crate) fn see(known: &mut Option<Seen>, at: Timestamp, value: Option<&String>) {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return;
    };
    match known {
        // Most events say what is known.
        Some(known) if (at, value) <= (known.at, &known.value) => {}
        Some(known) => {
            known.at = at;
            if known.value != *value {
                known.value.clone_from(value);
            }
        }
        None => {
            *known = Some(Seen {
                at,
                value: value.clone(),
            });
        }
    }
}

/// The card of a conversation.
///
/// # Errors
/// As reading rows does.
pub fn load(rows: &dyn Rows, conversation: ConversationId) -> Result<Option<Card>, RowsError> {
    rows::read(rows, VIEW, &layout::card(conversation))
}

/// The conversations whose card or contact a unit of work writes or removes; some twice. A duplicate can bring an alias, which
/// leaves the card as it was.
pub fn changed(changes: &Changes) -> impl Iterator<Item = ConversationId> + '_ {
    let of_view = |view: u8| changes.rows().range(vec![view]..vec![view + 1]);
    let rows = of_view(CARD).chain(of_view(IDENTITY));
    rows.filter_map(|(key, _)| layout::conversation_of(key))
}

/// Every conversation there is, groups included, in order of ids.
pub fn all(rows: &dyn Rows) -> impl Iterator<Item = Result<ConversationId, RowsError>> + '_ {
    rows.scan(&[CARD], &[CARD + 1])
        .map(|row| Ok(layout::conversation_of(&row?.0).unwrap_or_default()))
}
