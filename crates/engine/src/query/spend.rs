//! What was charged and what was free, by day, channel, category and campaign, with how often the estimate was right.
//!
//! ```text
//! index of reported prices --conversations--> ledgers --fold--> priced messages --counted by shard--> counts --rate cards--> amounts
//! ```
//! Shards count; whoever asked joins names of days and prices, so that all instances say the same. A price is that of one day, one
//! country and one category, so it is looked up once for all messages that share them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use origem_domain::amount::Amount;
use origem_domain::day::Day;
use origem_domain::event::Channel;
use origem_domain::fold::Folding;
use origem_domain::price::{Country, Prices};
use origem_domain::time::Timestamp;
use origem_domain::windows::{Category, Charged, Context, Estimate, spent};
use origem_domain::zone::Zone;
use origem_views::calendar;
use origem_views::layout::AccountKey;
use origem_views::ledger::Ledger;
use origem_views::service::quarter_start;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::{Clock, Conversation};
use crate::question::Question;
use crate::shard::View;

/// What a report is asked for. Days are those of the account's time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendQuery {
    /// The tenant.
    pub account: String,
    /// From this day on; the first of the month if not told.
    pub from: Option<Day>,
    /// Until this day, exclusive; all that is known if not told.
    pub to: Option<Day>,
    /// What lines are told apart by; none is one line for everything.
    pub group_by: BTreeSet<GroupBy>,
}

/// What lines of a report are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // they say what they are
pub enum GroupBy {
    Day,
    Month,
    Channel,
    Category,
    Campaign,
}

/// What the messages of a line have in common, in order of the lines; `None` where it was not asked for, or is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Group {
    /// The day, or the first day of the month.
    pub day: Option<Day>,
    /// The channel they went through.
    pub channel: Option<Channel>,
    /// The price category reported.
    pub category: Option<Category>,
    /// The campaign.
    pub campaign: Option<String>,
}

/// What became of the messages of a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// How they were priced.
    pub charged: BTreeMap<Charged, u64>,
    /// Whether what was told before they were sent was right.
    pub estimates: BTreeMap<Estimate, u64>,
    /// The list price of what was charged, by currency.
    pub amounts: BTreeMap<String, Amount>,
    /// Messages that were charged and have no price here.
    pub no_price: u64,
}

/// What was charged and what was free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// The first day of it.
    pub from: Day,
    /// The day after the last one, as far as it was told.
    pub to: Option<Day>,
    /// Where days begin.
    pub zone: Zone,
    /// In order of day, channel, category, campaign.
    pub lines: Vec<(Group, Totals)>,
    /// All lines together.
    pub totals: Totals,
}

/// A question for the priced messages of an account.
#[derive(Serialize, Deserialize)]
pub(super) struct Counts {
    account: String,
    from: Timestamp,
    to: Timestamp,
    zone: Zone,
    /// When prices change within a day.
    turn: Option<Timestamp>,
}

/// What messages have in common that one price is asked for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Alike {
    day: Day,
    /// After prices changed within the day; what the provider told the rate of does not change by it.
    turned: bool,
    channel: Channel,
    category: Category,
    international: Option<bool>,
    campaign: Option<String>,
    country: Option<Country>,
    charged: Charged,
    estimate: Estimate,
}

/// How many there are, and when one of them was.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Count {
    number: u64,
    at: Timestamp,
}

impl Question for Counts {
    const NAME: &'static str = "spend";
    // It reads every conversation that had a price reported in the time.
    const PATIENCE: Duration = Duration::from_secs(120);
    type Answer = Vec<(Alike, Count)>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        let mut counting = Counting {
            asked: self,
            view,
            counts: BTreeMap::new(),
            delivered: BTreeMap::new(),
        };
        let account = AccountKey::of(&self.account);
        let mut seen = BTreeSet::new();
        for id in calendar::priced(view.rows, account, self.from, self.to)? {
            let conversation = view.conversation(id)?;
            // One may have become part of another meanwhile.
            if seen.insert(conversation.id) {
                counting.count(&conversation)?;
            }
        }
        Ok(counting.counts.into_iter().collect())
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        let mut sums = BTreeMap::new();
        for (alike, count) in answers.into_iter().flatten() {
            add(&mut sums, alike, count);
        }
        Some(sums.into_iter().collect())
    }
}

fn add(sums: &mut BTreeMap<Alike, Count>, alike: Alike, count: Count) {
    sums.entry(alike)
        .and_modify(|sum| {
            sum.number += count.number;
            sum.at = sum.at.min(count.at);
        })
        .or_insert(count);
}

/// The counting of one shard.
struct Counting<'a> {
    asked: &'a Counts,
    view: View<'a>,
    counts: BTreeMap<Alike, Count>,
    /// Service messages that a number delivered in the month, by quarter of an hour: many messages share one.
    delivered: BTreeMap<(Channel, Timestamp), Option<u32>>,
}

impl Counting<'_> {
    fn count(&mut self, conversation: &Conversation) -> Result<(), EngineError> {
        let (asked, view) = (self.asked, self.view);
        let card = &conversation.card;
        let country = conversation.country();
        let facts = Ledger::new(conversation.id, card.channel.kind, view.rulebook).facts(view.rows)?;
        let folding = Folding {
            channel: card.channel.kind,
            rulebook: view.rulebook,
        };
        let spent = spent(folding, &facts);
        for message in spent
            .into_iter()
            .filter(|message| asked.from <= message.at && message.at < asked.to)
        {
            let Some(day) = Day::of(message.at, asked.zone) else {
                continue;
            };
            let context = Context {
                channel: card.channel.kind,
                provider: card.provider.as_ref().map(|seen| seen.value.as_str()),
                group: card.group,
                zone: asked.zone,
                service_delivered_this_month: self.delivered(&card.channel, message.sent_at)?,
            };
            let alike = Alike {
                day,
                turned: message.international.is_none() && asked.turn.is_some_and(|turn| turn <= message.at),
                channel: card.channel.clone(),
                category: message.category,
                international: message.international,
                estimate: message.estimate(&context),
                charged: message.charged,
                campaign: message.campaign,
                country,
            };
            let count = Count {
                number: 1,
                at: message.at,
            };
            add(&mut self.counts, alike, count);
        }
        Ok(())
    }

    fn delivered(&mut self, channel: &Channel, at: Timestamp) -> Result<Option<u32>, EngineError> {
        let key = (channel.clone(), quarter_start(at));
        if let Some(known) = self.delivered.get(&key) {
            return Ok(*known);
        }
        let clock = Clock {
            at,
            zone: self.asked.zone,
        };
        let delivered = self.view.delivered(clock, true, &self.asked.account, channel)?;
        self.delivered.insert(key, delivered);
        Ok(delivered)
    }
}

impl Totals {
    fn take(&mut self, alike: &Alike, count: Count, prices: &Prices<'_>) {
        *self.charged.entry(alike.charged).or_default() += count.number;
        *self.estimates.entry(alike.estimate).or_default() += count.number;
        if alike.charged != Charged::Charged {
            return;
        }
        let price = prices
            .price_of(count.at, alike.country, alike.category, alike.international)
            .ok();
        let amount = price.and_then(|price| {
            let number = i64::try_from(count.number).ok()?;
            let sum = self.amounts.get(&price.currency).copied().unwrap_or_default();
            let sum = price.amount.0.checked_mul(number)?.checked_add(sum.0)?;
            Some((price.currency, Amount(sum)))
        });
        match amount {
            Some((currency, sum)) => {
                self.amounts.insert(currency, sum);
            }
            None => self.no_price += count.number,
        }
    }
}

impl Group {
    fn of(alike: &Alike, by: &BTreeSet<GroupBy>) -> Self {
        let asked = |what| by.contains(&what);
        let day = asked(GroupBy::Day).then_some(alike.day);
        Self {
            day: day.or_else(|| asked(GroupBy::Month).then(|| alike.day.month())),
            channel: asked(GroupBy::Channel).then(|| alike.channel.clone()),
            category: asked(GroupBy::Category).then_some(alike.category),
            campaign: alike.campaign.clone().filter(|_| asked(GroupBy::Campaign)),
        }
    }
}

impl Engine {
    /// What was charged and what was free in some days, by the calendar of the account, of `clock.zone` where it has none. Amounts are
    /// list prices of today's rate cards at the time of the report. Reads every conversation with a priced message in these days, so
    /// only one at a time is worked out.
    ///
    /// # Errors
    /// `Invalid` if the days are none; `Crowded` while another is worked out; as [`Engine::ask`].
    pub fn spend(&self, query: &SpendQuery, clock: Clock) -> Result<Spend, EngineError> {
        let directory = self.directory().snapshot();
        let account = query.account.as_str();
        let zone = directory.zone(account, clock.zone);
        let first = || Day::of(clock.at, zone).map(Day::month);
        let from = query.from.or_else(first).ok_or_else(|| EngineError::Invalid {
            what: "from",
            reason: "name a day like 2026-10-01".to_owned(),
        })?;
        if query.to.is_some_and(|to| to <= from) {
            return Err(EngineError::Invalid {
                what: "to",
                reason: format!("it must be after {from}, the first day; the day itself is not in the report"),
            });
        }
        let international = directory
            .account(account)
            .and_then(|account| account.authentication_international.as_ref());
        let _turn = self.limits.queues.try_acquire().map_err(|_| EngineError::Crowded)?;
        let counts = self.ask(&Counts {
            account: account.to_owned(),
            from: from.begins(zone),
            to: query.to.map_or(Timestamp::MAX, |to| to.begins(zone)),
            zone,
            turn: international.map(|announced| announced.from),
        })?;
        let prices = directory.prices(account, zone);
        let mut lines: BTreeMap<Group, Totals> = BTreeMap::new();
        let mut totals = Totals::default();
        for (alike, count) in &counts {
            let group = Group::of(alike, &query.group_by);
            lines.entry(group).or_default().take(alike, *count, &prices);
            totals.take(alike, *count, &prices);
        }
        Ok(Spend {
            from,
            to: query.to,
            zone,
            lines: lines.into_iter().collect(),
            totals,
        })
    }
}
