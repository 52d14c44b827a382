//! Journeys: the touches and tickets of a conversation in short, for reports over all of them. One row a conversation, written
//! only when one of them changed.
//!
//! ```text
//! 17 account conversation -> opening of the latest ticket | channel, touches by time, tickets by opening
//! ```
//! Whatever a row holds follows from the ledger; the ledger of a long conversation is not folded again for it, but from the first
//! chunk that changed. References only: names are joined by whoever reports.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use origem_domain::amount::Amount;
use origem_domain::event::ChannelKind;
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::rules::Rule;
use origem_domain::state::State;
use origem_domain::ticket::Ticket;
use origem_domain::time::Timestamp;
use origem_domain::touch::{Entry, Origin, OriginKind, Platform, Touch};

use crate::card::Card;
use crate::layout::{self, AccountKey};
use crate::ledger::Ledger;
use crate::rows::{self, Changes, Rows, RowsError};

const VIEW: &str = "journey";

/// A conversation as reports see it. `T` is a text: owned, or borrowed from the row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey<T> {
    /// When the latest ticket opened; the first thing in a row, so that whoever looks for later ones can pass over it.
    pub opened_last: Timestamp,
    /// The kind of its channel.
    pub channel_kind: ChannelKind,
    /// The id of its channel.
    pub channel_id: T,
    /// Every touch, by time.
    pub touches: Vec<Step<T>>,
    /// Every ticket, by opening.
    pub tickets: Vec<Service<T>>,
}

/// A touch as reports see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step<T> {
    /// When.
    pub at: Timestamp,
    /// What kind of origin.
    pub kind: OriginKind,
    /// On which platform.
    pub platform: Option<Platform>,
    /// The campaign, as the evidence names it.
    pub campaign: Option<T>,
    /// The ad.
    pub ad: Option<T>,
    /// The link; also where another origin of the same message gave the touch its name. A code whose click is not known is none.
    pub link: Option<T>,
    /// The hashtag; likewise.
    pub hashtag: Option<T>,
    /// The rule that says so.
    pub rule: Rule,
    /// What of the message's text only the catalogue knows.
    pub hint: Option<Hint<T>>,
}

/// See [`origem_domain::fact::Hint`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // told there
pub struct Hint<T> {
    pub wording: Vec<u32>,
    pub hashtags: Vec<T>,
}

/// A ticket as reports see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service<T> {
    /// Its id.
    pub id: TicketId,
    /// When it opened.
    pub opened_at: Timestamp,
    /// When the business first wrote after the customer.
    pub answered_at: Option<Timestamp>,
    /// When it was finished.
    pub closed_at: Option<Timestamp>,
    /// The agent it belongs to.
    pub agent: Option<T>,
    /// The team it belongs to.
    pub team: Option<T>,
    /// The closing code.
    pub classification: Option<T>,
    /// What was sold.
    pub value: Option<Amount>,
    /// ISO 4217.
    pub currency: Option<T>,
    /// The sales stage set during it, and when.
    pub stage: Option<(Timestamp, T)>,
}

impl Step<String> {
    /// A touch in short.
    #[must_use]
    pub fn of(touch: &Touch) -> Self {
        let told = || std::iter::once(&touch.origin).chain(&touch.also);
        // Of a click that was not recorded there is a code, which is the name of no link.
        let known = || told().filter(|origin| origin.rule != Rule::UnknownCode);
        let entry =
            |pick: fn(&Entry) -> Option<&String>| known().find_map(|origin| pick(origin.entry.as_ref()?)).cloned();
        Self {
            at: touch.at,
            kind: touch.origin.kind,
            platform: touch.origin.platform,
            campaign: told().find_map(|origin| origin.campaign_id.clone()),
            ad: ad(&touch.origin).cloned(),
            link: entry(|entry| match entry {
                Entry::Link(link) => Some(link),
                _ => None,
            }),
            hashtag: entry(|entry| match entry {
                Entry::Hashtag(hashtag) => Some(hashtag),
                _ => None,
            }),
            rule: touch.origin.rule,
            hint: touch.hint.as_deref().map(|hint| Hint {
                wording: hint.wording.clone(),
                hashtags: hint.hashtags.clone(),
            }),
        }
    }
}

/// The id of the ad an origin is; what stands for it where the evidence tells none.
fn ad(origin: &Origin) -> Option<&String> {
    let known = origin.ad.as_deref().and_then(|ad| ad.id.as_ref());
    known.or(match &origin.entry {
        Some(Entry::Ad(ad)) => Some(ad),
        _ => None,
    })
}

impl Service<String> {
    fn of(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id,
            opened_at: ticket.opened_at,
            answered_at: ticket.first_response_at,
            closed_at: ticket.closed_at,
            agent: ticket.assignee.clone(),
            team: ticket.team.clone(),
            classification: ticket.classification.clone(),
            value: ticket.value,
            currency: ticket.currency.clone(),
            stage: ticket.stage.clone(),
        }
    }
}

/// What of a state shows in the row.
pub(crate) type Shown = (u32, Option<Service<String>>);

/// What of a state shows in the row; as long as it stays and facts come in order, so does the row.
pub(crate) fn shown(state: &State) -> Shown {
    (state.touches, state.ticket.as_ref().map(Service::of))
}

/// The row as it is stored, if what changed is behind the first chunk of the ledger: what is before it is taken from there.
pub(crate) fn stored(
    rows: &dyn Rows,
    card: &Card,
    conversation: ConversationId,
) -> Result<Option<Journey<String>>, RowsError> {
    rows::read(
        rows,
        VIEW,
        &layout::journey(AccountKey::of(&card.account), conversation),
    )
}

/// Writes the row: what `stored` has of before the first chunk that changed, then what the ledger gives from there on.
pub(crate) fn save(
    changes: &mut Changes,
    conversation: ConversationId,
    card: &Card,
    ledger: &Ledger,
    stored: Option<Journey<String>>,
) {
    let Some((before, outcome)) = ledger.changed_part() else {
        return;
    };
    let (mut touches, mut tickets) = stored.map(|row| (row.touches, row.tickets)).unwrap_or_default();
    touches.truncate(before.touches as usize);
    touches.extend(outcome.touches.iter().map(Step::of));
    // The latest ticket of before may have changed since, and comes again.
    let latest = before.ticket.as_ref().map(|ticket| ticket.id);
    let kept = tickets.iter().position(|ticket| Some(ticket.id) == latest);
    tickets.truncate(kept.unwrap_or_default());
    let news = outcome.tickets.iter().chain(&card.state.ticket);
    tickets.extend(news.map(Service::of));
    let key = layout::journey(AccountKey::of(&card.account), conversation);
    let opened_last = tickets.last().map(|ticket| ticket.opened_at);
    if touches.is_empty() && tickets.is_empty() {
        return changes.remove(key);
    }
    let journey = Journey {
        opened_last: opened_last.unwrap_or(Timestamp::MIN),
        channel_kind: card.channel.kind,
        channel_id: card.channel.id.clone(),
        touches,
        tickets,
    };
    changes.put(key, &journey);
}

/// Removes the row of a conversation that became part of another.
pub(crate) fn remove(changes: &mut Changes, account: AccountKey, conversation: ConversationId) {
    changes.remove(layout::journey(account, conversation));
}

/// Shows `see` the conversations of an account, among those with ids in `ids`, that have a ticket opened at `from` or later.
/// Several threads may each have a part of the ids.
///
/// # Errors
/// As reading rows does; what `see` returns.
pub fn each<E: From<RowsError>>(
    rows: &dyn Rows,
    account: AccountKey,
    ids: RangeInclusive<ConversationId>,
    from: Timestamp,
    mut see: impl FnMut(ConversationId, Journey<&str>) -> Result<(), E>,
) -> Result<(), E> {
    let first = layout::journey(account, *ids.start());
    // The first key behind the last: itself and a zero byte.
    let end = [layout::journey(account, *ids.end()), vec![0]].concat();
    for row in rows.scan(&first, &end) {
        let (key, bytes) = row?;
        let damaged = |source| RowsError::Damaged { view: VIEW, source };
        let (opened_last, _) = postcard::take_from_bytes::<Timestamp>(&bytes).map_err(damaged)?;
        if opened_last < from {
            continue;
        }
        let journey = postcard::from_bytes(&bytes).map_err(damaged)?;
        see(layout::conversation_of(&key).unwrap_or_default(), journey)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
