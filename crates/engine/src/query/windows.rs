//! Session windows of a conversation.
//!
//! Shards answer with what the windows are told from; whoever asked evaluates it, so that all instances say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use origem_domain::alias::{Alias, AliasKind};
use origem_domain::event::{Channel, ChannelKind};
use origem_domain::key::ConversationId;
use origem_domain::price::Country;
use origem_domain::time::Timestamp;
use origem_domain::windows::{Closing, Context, Sessions, Windows, counts_service};
use origem_domain::zone::Zone;
use origem_views::card::Card;
use origem_views::identity::Identity;
use origem_views::layout::Scope;
use origem_views::service;

use serde::{Deserialize, Serialize};

use crate::directory::Snapshot;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::Conversation;
use crate::question::Question;
use crate::shard::View;

/// When, and by which calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The instant that windows are told of.
    pub at: Timestamp,
    /// The time zone of accounts that have none of their own in the directory.
    pub zone: Zone,
}

/// The time zones of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Zones {
    /// Of accounts that have none of their own.
    pub(super) usual: Zone,
    pub(super) own: BTreeMap<String, Zone>,
}

impl Zones {
    /// That of an account.
    pub(super) fn of(&self, account: &str) -> Zone {
        self.own.get(account).copied().unwrap_or(self.usual)
    }
}

/// What the windows of a list are told from besides its conversations: the service messages that numbers delivered in the month,
/// and the directory with the calendars and prices of accounts.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    delivered: Vec<(Number, u32)>,
    directory: Arc<Snapshot>,
}

/// A number of an account.
type Number = (String, Channel);

/// A question for the windows of a conversation.
#[derive(Serialize, Deserialize)]
pub(super) struct Of {
    id: ConversationId,
    at: Timestamp,
    zones: Zones,
}

/// What windows are told from.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Basis {
    account: String,
    /// The customer's.
    country: Option<Country>,
    sessions: Sessions,
    channel: ChannelKind,
    provider: Option<String>,
    group: bool,
    pub(super) delivered: Option<u32>,
}

impl Question for Of {
    const NAME: &'static str = "windows";
    const SEEKS: bool = true;
    type Answer = Basis;

    fn answer(&self, view: View<'_>) -> Result<Basis, EngineError> {
        let conversation = view.conversation(self.id)?;
        Basis::at(view, &conversation, self.at, &self.zones)
    }
}

impl Basis {
    /// As things stand.
    pub(super) fn at(
        view: View<'_>,
        conversation: &Conversation,
        at: Timestamp,
        zones: &Zones,
    ) -> Result<Self, EngineError> {
        let card = &conversation.card;
        let zone = zones.of(&card.account);
        let delivered = view.delivered(Clock { at, zone }, false, &card.account, &card.channel)?;
        Ok(Self::of(conversation, delivered))
    }

    /// With the service messages that the number delivered, where they matter.
    pub(super) fn of(conversation: &Conversation, delivered: Option<u32>) -> Self {
        let card = &conversation.card;
        Self {
            account: card.account.clone(),
            country: conversation.country(),
            sessions: card.state.windows.clone(),
            channel: card.channel.kind,
            provider: provider(card).map(str::to_owned),
            group: card.group,
            delivered,
        }
    }

    /// The windows at an instant, priced.
    pub(super) fn windows(&self, clock: Clock, directory: &Snapshot) -> Windows {
        let zone = directory.zone(&self.account, clock.zone);
        let context = Context {
            channel: self.channel,
            provider: self.provider.as_deref(),
            group: self.group,
            zone,
            service_delivered_this_month: self.delivered,
        };
        let windows = self.sessions.at(clock.at, &context);
        windows.priced(&directory.prices(&self.account, zone), self.country)
    }
}

/// A question for the service messages that numbers delivered in the month, each by the calendar of its account.
#[derive(Serialize, Deserialize)]
pub(super) struct Counts {
    at: Timestamp,
    numbers: Vec<(Number, Zone)>,
}

impl Question for Counts {
    const NAME: &'static str = "service_counts";
    type Answer = Vec<u32>;

    fn answer(&self, view: View<'_>) -> Result<Vec<u32>, EngineError> {
        let counts = self.numbers.iter().map(|((account, channel), zone)| {
            let clock = Clock {
                at: self.at,
                zone: *zone,
            };
            Ok(view.delivered(clock, false, account, channel)?.unwrap_or_default())
        });
        counts.collect()
    }

    /// A number is in one partition; after its topic got more of them, in several.
    fn combine(&self, answers: Vec<Vec<u32>>) -> Option<Vec<u32>> {
        let mut sums = vec![0_u32; self.numbers.len()];
        for answer in answers {
            for (sum, count) in sums.iter_mut().zip(answer) {
                *sum = sum.saturating_add(count);
            }
        }
        Some(sums)
    }
}

impl Terms {
    fn delivered(&self, card: &Card) -> Option<u32> {
        let found = self
            .delivered
            .iter()
            .find(|((account, channel), _)| *account == card.account && *channel == card.channel);
        found.map(|(_, count)| *count)
    }
}

impl Conversation {
    /// The windows as things stand, with prices.
    #[must_use]
    pub fn windows(&self, clock: Clock, terms: &Terms) -> Windows {
        let card = &self.card;
        let zone = terms.directory.zone(&card.account, clock.zone);
        let context = Context {
            channel: card.channel.kind,
            provider: provider(card),
            group: card.group,
            zone,
            service_delivered_this_month: terms.delivered(card),
        };
        let windows = card.state.windows.at(clock.at, &context);
        windows.priced(&terms.directory.prices(&card.account, zone), self.country())
    }

    /// The country the contact is charged as.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        country(&self.identity)
    }
}

/// What is open and closes first. The calendar has no say in that.
pub(super) fn closes_next(card: &Card, now: Timestamp) -> Option<Closing> {
    card.state.windows.closes_next(now, &timeless(card))
}

/// Whether the conversation has windows at all.
pub(super) fn has_windows(card: &Card) -> bool {
    timeless(card).no_windows().is_none()
}

/// The context of what depends on no calendar.
fn timeless(card: &Card) -> Context<'_> {
    Context {
        channel: card.channel.kind,
        provider: provider(card),
        group: card.group,
        zone: Zone::UTC,
        service_delivered_this_month: None,
    }
}

/// The country a contact is charged as.
fn country(identity: &Identity) -> Option<Country> {
    let bsuids = identity
        .aliases
        .iter()
        .filter(|known| known.key.kind != AliasKind::Phone && identity.is_current(known));
    let bsuids = bsuids.map(|known| Alias::new(known.key.kind, &known.value));
    let aliases: Vec<Alias> = identity
        .phone()
        .map(|phone| Alias::new(AliasKind::Phone, phone))
        .into_iter()
        .chain(bsuids)
        .collect();
    Country::of(&aliases)
}

impl Conversation {
    /// The windows as the latest event that changed them left them, at its time; `None` where nothing ever did, or where the
    /// channel has none. Reads no clock, so it says nothing of prices by date.
    #[must_use]
    pub fn recorded_windows(&self) -> Option<Windows> {
        let sessions = &self.card.state.windows;
        let clock = Clock {
            at: sessions.changed_at()?,
            zone: Zone::UTC,
        };
        let windows = self.windows(clock, &Terms::default());
        windows.reason.is_none().then_some(windows)
    }
}

fn provider(card: &Card) -> Option<&str> {
    card.provider.as_ref().map(|seen| seen.value.as_str())
}

impl Engine {
    /// The windows of a conversation as things stand, told at `clock.at`. Accounts that the directory knows go by their own time
    /// zone. Prices are those of today's rate cards by their dates.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn windows(&self, id: ConversationId, clock: Clock) -> Result<Windows, EngineError> {
        let basis = self.ask(&Of {
            id,
            at: clock.at,
            zones: self.zones(clock.zone),
        })?;
        Ok(basis.windows(clock, &self.directory().snapshot()))
    }

    /// The time zones of accounts; `usual` for those that have none of their own.
    pub(super) fn zones(&self, usual: Zone) -> Zones {
        Zones {
            usual,
            own: self.directory().snapshot().zones(),
        }
    }

    /// What the windows of these conversations are told from besides: the service messages that their numbers delivered in the
    /// month so far, where they matter, and the directory.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn terms(&self, of: &[Conversation], clock: Clock) -> Result<Terms, EngineError> {
        let directory = self.directory().snapshot();
        let cards = of.iter().map(|conversation| &conversation.card);
        let metered = cards.filter(|card| card.channel.kind == ChannelKind::Whatsapp && !card.group);
        let numbers: BTreeSet<(&str, &Channel)> = metered.map(|card| (card.account.as_str(), &card.channel)).collect();
        let numbers = numbers.into_iter().filter_map(|(account, channel)| {
            let zone = directory.zone(account, clock.zone);
            counts_service(clock.at, zone).then(|| ((account.to_owned(), channel.clone()), zone))
        });
        let numbers: Vec<(Number, Zone)> = numbers.collect();
        let delivered = if numbers.is_empty() {
            Vec::new()
        } else {
            let counts = self.ask(&Counts {
                at: clock.at,
                numbers: numbers.clone(),
            })?;
            numbers.into_iter().map(|(number, _)| number).zip(counts).collect()
        };
        Ok(Terms { delivered, directory })
    }
}

impl View<'_> {
    /// Service messages delivered in the month so far; `None` where they do not matter. They are counted by quarters of an hour:
    /// of the past, the quarter under way does not count, so that nothing is told of what came after.
    pub(super) fn delivered(
        &self,
        clock: Clock,
        past: bool,
        account: &str,
        channel: &Channel,
    ) -> Result<Option<u32>, EngineError> {
        let Clock { at, zone } = clock;
        if channel.kind != ChannelKind::Whatsapp || !counts_service(at, zone) {
            return Ok(None);
        }
        let scope = Scope::of(account, channel, None);
        let until = if past { service::quarter_start(at) } else { at };
        Ok(Some(service::delivered(self.rows, scope, zone.month_start(at), until)?))
    }
}
