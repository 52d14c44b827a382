//! What was charged and what was free.

use std::collections::BTreeMap;

use origem_domain::amount::Amount;
use origem_domain::day::Day;
use origem_domain::windows::{Charged, Estimate};
use origem_engine::query;
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Channel;

/// What was charged and what was free in some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Spend {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    /// The day after the last; absent: all that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub to: Option<Day>,
    /// The time zone of the account: where days begin.
    #[schema(example = "America/Sao_Paulo")]
    pub time_zone: String,
    /// A line for all messages that have in common what was asked for, in order of that.
    pub items: Vec<SpendLine>,
    /// All lines together.
    pub totals: SpendTotals,
}

/// The messages that have a day, channel, category or campaign in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpendLine {
    /// The day, or the first day of the month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub day: Option<Day>,
    /// The channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The price category reported; `referral_conversion` in a free entry point window.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "marketing")]
    pub category: Option<&'static str>,
    /// The campaign; absent too where the messages belong to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// How many, and what they cost.
    #[serde(flatten)]
    pub totals: SpendTotals,
}

/// How many messages, and what they cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpendTotals {
    /// Messages with a price reported, each counted once.
    pub messages: u64,
    /// Delivered and charged.
    pub charged: u64,
    /// Delivered and free.
    pub free: SpendFree,
    /// Of the time before prices by message: what cost was the conversation.
    pub by_conversation: u64,
    /// Priced, but not reported as delivered: not charged.
    pub undelivered: u64,
    /// The report does not tell.
    pub unknown: u64,
    /// What would have been told before they were sent, beside what was reported.
    pub estimate: SpendEstimate,
    /// The list price of what was charged, by currency.
    #[schema(value_type = BTreeMap<String, f64>)]
    pub amounts: BTreeMap<String, Amount>,
    /// Charged messages that no rate card has a price for; not in the amounts.
    pub no_price: u64,
}

/// Messages that cost nothing, by why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpendFree {
    /// Of all reasons.
    pub total: u64,
    /// In the customer service window, or of the number's monthly thousand.
    pub customer_service: u64,
    /// In a free entry point window.
    pub entry_point: u64,
    /// For another reason.
    pub other: u64,
}

/// How often the estimate was right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SpendEstimate {
    /// Free was free, charged was charged.
    pub right: u64,
    /// It was not.
    pub wrong: u64,
    /// There is nothing to compare.
    pub unknown: u64,
}

impl Spend {
    /// A report.
    #[must_use]
    pub fn of(spend: &query::Spend) -> Self {
        Self {
            from: spend.from,
            to: spend.to,
            time_zone: spend.zone.to_string(),
            items: spend.lines.iter().map(SpendLine::of).collect(),
            totals: SpendTotals::of(&spend.totals),
        }
    }
}

impl SpendLine {
    fn of((group, totals): &(query::Group, query::Totals)) -> Self {
        Self {
            day: group.day,
            channel: group.channel.as_ref().map(Channel::of),
            category: group.category.map(|category| category.name()),
            campaign: group.campaign.clone(),
            totals: SpendTotals::of(totals),
        }
    }
}

impl SpendTotals {
    fn of(totals: &query::Totals) -> Self {
        let priced = |how| totals.charged.get(&how).copied().unwrap_or_default();
        let estimates = |how| totals.estimates.get(&how).copied().unwrap_or_default();
        let free = totals.charged.iter().filter(|(how, _)| how.is_free());
        Self {
            messages: totals.charged.values().sum(),
            charged: priced(Charged::Charged),
            free: SpendFree {
                total: free.map(|(_, number)| number).sum(),
                customer_service: priced(Charged::FreeCustomerService),
                entry_point: priced(Charged::FreeEntryPoint),
                other: priced(Charged::FreeOther),
            },
            by_conversation: priced(Charged::ByConversation),
            undelivered: priced(Charged::Undelivered),
            unknown: priced(Charged::Unknown),
            estimate: SpendEstimate {
                right: estimates(Estimate::Right),
                wrong: estimates(Estimate::Wrong),
                unknown: estimates(Estimate::Unknown),
            },
            amounts: totals.amounts.clone(),
            no_price: totals.no_price,
        }
    }
}
