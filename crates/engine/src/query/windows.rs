//! Session windows of a conversation, now or at an instant of the past.
//!
//! Shards answer with what the windows are told from; whoever asked evaluates it, so that all instances say the same.

use origem_domain::event::{Channel, ChannelKind};
use origem_domain::key::ConversationId;
use origem_domain::time::Timestamp;
use origem_domain::windows::{Context, Sessions, Windows, counts_service};
use origem_domain::zone::Zone;
use origem_views::card::Card;
use origem_views::layout::Scope;
use origem_views::ledger::Ledger;
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
    /// The instant that windows are told of: now, or one of the past.
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
    past: bool,
}

/// What windows are told from.
#[derive(Serialize, Deserialize)]
pub(super) struct Basis {
    sessions: Sessions,
    channel: ChannelKind,
    provider: Option<String>,
    group: bool,
    delivered: Option<u32>,
}

impl Question for Of {
    const NAME: &'static str = "windows";
    const SEEKS: bool = true;
    type Answer = Basis;

    fn answer(&self, view: View<'_>) -> Result<Basis, EngineError> {
        let (id, card) = view.card(self.id)?;
        let sessions = if self.past {
            let mut ledger = Ledger::new(id, card.channel.kind, view.rulebook);
            ledger.state_at(view.rows, self.clock.at)?.windows
        } else {
            card.state.windows.clone()
        };
        Ok(Basis {
            sessions,
            channel: card.channel.kind,
            provider: provider(&card).map(str::to_owned),
            group: card.group,
            delivered: view.delivered(self.clock, self.past, &card.account, &card.channel)?,
        })
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
        let windows = self.windows(clock, &ServiceCounts::default());
        windows.reason.is_none().then_some(windows)
    }
}

fn provider(card: &Card) -> Option<&str> {
    card.provider.as_ref().map(|seen| seen.value.as_str())
}

impl Engine {
    /// The windows of a conversation as things stand, told at `clock.at`; with `past`, from what had happened up to then.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn windows(&self, id: ConversationId, clock: Clock, past: bool) -> Result<Windows, EngineError> {
        let basis = self.ask(&Of { id, clock, past })?;
        let context = Context {
            channel: basis.channel,
            provider: basis.provider.as_deref(),
            group: basis.group,
            zone: clock.zone,
            service_delivered_this_month: basis.delivered,
        };
        Ok(basis.sessions.at(clock.at, &context))
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
    fn delivered(
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
