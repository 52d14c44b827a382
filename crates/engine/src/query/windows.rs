//! Session windows of a conversation.
//!
//! Shards answer with what the windows are told from; whoever asked evaluates it, so that all instances say the same.

use origem_domain::event::{Channel, ChannelKind};
use origem_domain::key::ConversationId;
use origem_domain::time::Timestamp;
use origem_domain::windows::{Context, Sessions, Windows, counts_service};
use origem_domain::zone::Zone;
use origem_views::card::Card;
use origem_views::layout::Scope;
use origem_views::service;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

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
    /// The time zone of the account.
    pub zone: Zone,
}

/// Service messages that numbers delivered in the month of an instant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceCounts(Vec<(Counted, u32)>);

/// A number of an account.
type Counted = (String, Channel);

/// A question for the windows of a conversation.
#[derive(Serialize, Deserialize)]
pub(super) struct Of {
    id: ConversationId,
    clock: Clock,
}

/// What windows are told from.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Basis {
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
        let (_, card) = view.card(self.id)?;
        let delivered = view.delivered(self.clock, false, &card.account, &card.channel)?;
        Ok(Basis::of(&card, delivered))
    }
}

impl Basis {
    /// With the service messages that the number delivered, where they matter.
    pub(super) fn of(card: &Card, delivered: Option<u32>) -> Self {
        Self {
            sessions: card.state.windows.clone(),
            channel: card.channel.kind,
            provider: provider(card).map(str::to_owned),
            group: card.group,
            delivered,
        }
    }

    /// The windows at an instant.
    pub(super) fn windows(&self, clock: Clock) -> Windows {
        let context = Context {
            channel: self.channel,
            provider: self.provider.as_deref(),
            group: self.group,
            zone: clock.zone,
            service_delivered_this_month: self.delivered,
        };
        self.sessions.at(clock.at, &context)
    }
}

/// A question for the service messages that numbers delivered in the month.
#[derive(Serialize, Deserialize)]
pub(super) struct Counts {
    clock: Clock,
    numbers: Vec<Counted>,
}

impl Question for Counts {
    const NAME: &'static str = "service_counts";
    type Answer = Vec<u32>;

    fn answer(&self, view: View<'_>) -> Result<Vec<u32>, EngineError> {
        let counts = self
            .numbers
            .iter()
            .map(|(account, channel)| Ok(view.delivered(self.clock, false, account, channel)?.unwrap_or_default()));
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

impl ServiceCounts {
    fn of(&self, card: &Card) -> Option<u32> {
        let found = self
            .0
            .iter()
            .find(|((account, channel), _)| *account == card.account && *channel == card.channel);
        found.map(|(_, count)| *count)
    }
}

impl Conversation {
    /// The windows as things stand.
    #[must_use]
    pub fn windows(&self, clock: Clock, counts: &ServiceCounts) -> Windows {
        let card = &self.card;
        let context = Context {
            channel: card.channel.kind,
            provider: provider(card),
            group: card.group,
            zone: clock.zone,
            service_delivered_this_month: counts.of(card),
        };
        card.state.windows.at(clock.at, &context)
    }
}

fn provider(card: &Card) -> Option<&str> {
    card.provider.as_ref().map(|seen| seen.value.as_str())
}

impl Engine {
    /// The windows of a conversation as things stand, told at `clock.at`.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn windows(&self, id: ConversationId, clock: Clock) -> Result<Windows, EngineError> {
        Ok(self.ask(&Of { id, clock })?.windows(clock))
    }

    /// The service messages that the numbers of these conversations delivered in the month so far; nothing where they do not
    /// matter.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn service_counts(&self, of: &[Conversation], clock: Clock) -> Result<ServiceCounts, EngineError> {
        let cards = of.iter().map(|conversation| &conversation.card);
        let metered = cards.filter(|card| card.channel.kind == ChannelKind::Whatsapp && !card.group);
        let numbers: BTreeSet<(&str, &Channel)> = metered.map(|card| (card.account.as_str(), &card.channel)).collect();
        if numbers.is_empty() || !counts_service(clock.at, clock.zone) {
            return Ok(ServiceCounts::default());
        }
        let numbers: Vec<Counted> = numbers
            .into_iter()
            .map(|(account, channel)| (account.to_owned(), channel.clone()))
            .collect();
        let counts = self.ask(&Counts {
            clock,
            numbers: numbers.clone(),
        })?;
        Ok(ServiceCounts(numbers.into_iter().zip(counts).collect()))
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
