//! Session windows: what may be sent to a customer, what it costs, and until when that holds.

use std::collections::BTreeMap;

use origem_domain::price::NoPrice;
use origem_domain::time::Timestamp;
use origem_domain::windows as domain;
use origem_domain::windows::{Charge, Way};
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Price;

/// What may be sent to a customer at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Windows {
    /// The instant.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The time zone of the account: it decides the tariff, and where a month begins.
    #[schema(example = "America/Sao_Paulo")]
    pub time_zone: String,
    /// The tariff in force: the date it began. Absent where the provider charges nothing by message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-10-01")]
    pub tariff: Option<&'static str>,
    /// Why there are no windows: `not_cloud_api`, `webchat`, `group`. Absent where there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The customer service window; on Messenger and Instagram the standard window of 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_care: Option<CustomerCare>,
    /// The free entry point of an ad click; WhatsApp only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_entry_point: Option<FreeEntryPoint>,
    /// A person may still answer, with the tag `HUMAN_AGENT`; Messenger and Instagram only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub human_agent: Option<Grace>,
    /// The last comment may be answered in private, once; Messenger and Instagram only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_reply: Option<Grace>,
    /// Since when the customer wants no marketing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub marketing_stopped_at: Option<Timestamp>,
    /// The number's free service messages of the month; from 2026-10-01.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_messages: Option<ServiceMessages>,
    /// Conversations the provider reported, still open; before 2025-07-01.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conversations: Vec<LegacyConversation>,
    /// What may be sent: `free_form`, `utility`, `marketing`, `authentication`; on Messenger and Instagram `free_form`,
    /// `human_agent`, `private_reply`.
    pub send: BTreeMap<&'static str, Send>,
    /// What is open and closes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_next: Option<Closing>,
    /// The first instant at which an answer in `send` changes if nothing else happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_change: Option<Timestamp>,
    /// The cheapest permitted way to write, and what changes next; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
}

/// The customer service window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerCare {
    /// `open`, `closed`.
    pub state: &'static str,
    /// The customer's last word, which opened or refreshed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opened_at: Option<Timestamp>,
    /// When it closes or closed: at that instant it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Timestamp>,
    /// Seconds it stays open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_s: Option<i64>,
    /// `inferred` from messages, `reported` by the provider.
    pub source: &'static str,
    /// What is special: `never_opened`, `refused_by_provider`, `unsupported_message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// The free entry point of an ad click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FreeEntryPoint {
    /// `none`, `candidate`, `estimated`, `confirmed`, `rejected`, `expired`.
    pub state: &'static str,
    /// `not_answered_in_time`, `answer_was_priced`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The message that came through the ad.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub clicked_at: Option<Timestamp>,
    /// It came through a boosted post, which qualifies less certainly. Absent means no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_post: bool,
    /// The last instant to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub reply_by: Option<Timestamp>,
    /// Our answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opened_at: Option<Timestamp>,
    /// When it ends or ended: at that instant it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closes_at: Option<Timestamp>,
    /// Seconds to its end; of a candidate, to the last instant to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_s: Option<i64>,
    /// Where the end is from: `inferred`, `reported`. Absent while there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// It may last longer, until here at most; only the provider knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub may_last_until: Option<Timestamp>,
}

/// Something that may be done until an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Grace {
    /// `open`, `closed`, `used`.
    pub state: &'static str,
    /// The customer's word it answers.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// The end.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
}

/// The number's free service messages of the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceMessages {
    /// How many are free.
    pub free_per_month: u32,
    /// How many were delivered, as far as was reported here. Absent: not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<u32>,
    /// When the next month begins.
    #[schema(value_type = String, format = DateTime)]
    pub resets_at: Timestamp,
}

/// A conversation of the time before prices per message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LegacyConversation {
    /// `service`, `utility`, `marketing`, `authentication`, `business_initiated`.
    pub category: &'static str,
    /// When it opened.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// Its end.
    #[schema(value_type = String, format = DateTime)]
    pub closes_at: Timestamp,
}

/// Whether one kind of message may be sent, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Send {
    /// It may be sent.
    pub allowed: bool,
    /// `free`, `rate`, `unknown`. Absent where it may not be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge: Option<&'static str>,
    /// The category whose rate applies where it is not free, or turns out not to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<&'static str>,
    /// What it costs, where `charge` is `rate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// What it costs if it turns out to be charged, where `charge` is not `rate` and that is not certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_if_charged: Option<Price>,
    /// Why neither is told though it is or may be charged: `no_rate_card`, `currency_not_chosen`, `market_unknown`,
    /// `not_on_rate_card`. Absent before 2025-07-01: messages had no price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_price: Option<&'static str>,
    /// Why, for a machine.
    #[schema(example = "free_entry_point_estimated")]
    pub basis: &'static str,
    /// Why, for a person; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<&'static str>,
    /// `high`, `medium`, `low`.
    pub confidence: &'static str,
    /// What it costs if the free entry point turns out to be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<&'static str>,
    /// Until when this holds if nothing else happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// Something that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Closing {
    /// When: at that instant it is over.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `customer_care`, `free_entry_point`, `ad_click`: the time to answer one.
    pub what: &'static str,
}

/// One sentence for whoever is about to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Advice {
    /// In Portuguese.
    #[serde(rename = "pt-BR")]
    pub pt_br: String,
    /// In English.
    pub en: String,
}

impl Windows {
    /// Windows.
    #[must_use]
    pub fn of(windows: &domain::Windows) -> Self {
        let domain::Advice { pt_br, en } = windows.advice();
        let mut whole = Self::brief(windows);
        whole.advice = Some(Advice { pt_br, en });
        for (way, send) in &windows.send {
            if let Some(told) = whole.send.get_mut(way.name()) {
                told.explanation = Some(send.basis.explain());
            }
        }
        whole
    }

    /// The same for a row of a list: without sentences.
    #[must_use]
    pub fn brief(windows: &domain::Windows) -> Self {
        let now = windows.as_of;
        Self {
            as_of: now,
            time_zone: windows.zone.to_string(),
            tariff: windows.tariff,
            reason: windows.reason.map(domain::NoWindows::name),
            customer_care: windows.customer_care.map(|care| CustomerCare::of(care, now)),
            free_entry_point: windows.free_entry_point.map(|entry| FreeEntryPoint::of(entry, now)),
            human_agent: windows.human_agent.map(Grace::of),
            private_reply: windows.private_reply.map(Grace::of),
            marketing_stopped_at: windows.marketing_stopped_at,
            service_messages: windows.service_messages.map(|service| ServiceMessages {
                free_per_month: service.free_per_month,
                delivered: service.delivered,
                resets_at: service.resets_at,
            }),
            conversations: windows
                .conversations
                .iter()
                .map(|conversation| LegacyConversation {
                    category: conversation.category.name(),
                    opened_at: conversation.opened_at,
                    closes_at: conversation.closes_at,
                })
                .collect(),
            send: windows
                .send
                .iter()
                .map(|(way, send)| (Way::name(*way), Send::of(send, windows)))
                .collect(),
            closes_next: windows.closes_next.map(|closing| Closing {
                at: closing.at,
                what: closing.what.name(),
            }),
            next_change: windows.next_change,
            advice: None,
        }
    }
}

const fn source(reported: bool) -> &'static str {
    if reported { "reported" } else { "inferred" }
}

impl CustomerCare {
    fn of(care: domain::CustomerCare, now: Timestamp) -> Self {
        Self {
            state: if care.open { "open" } else { "closed" },
            opened_at: care.opened_at,
            closes_at: care.closes_at,
            remaining_s: care.remaining_s(now),
            source: source(care.reported),
            reason: care.reason.map(domain::Reason::name),
        }
    }
}

impl FreeEntryPoint {
    fn of(entry: domain::FreeEntryPoint, now: Timestamp) -> Self {
        Self {
            state: entry.state.name(),
            reason: entry.reason.map(domain::Reason::name),
            clicked_at: entry.clicked_at,
            by_post: entry.by_post,
            reply_by: entry.reply_by,
            opened_at: entry.opened_at,
            closes_at: entry.closes_at,
            remaining_s: entry.remaining_s(now),
            source: entry.closes_at.map(|_| source(entry.end_is_told)),
            may_last_until: entry.may_last_until,
        }
    }
}

impl Grace {
    fn of(grace: domain::Grace) -> Self {
        Self {
            state: match (grace.open, grace.used) {
                (true, _) => "open",
                (false, true) => "used",
                (false, false) => "closed",
            },
            opened_at: grace.opened_at,
            closes_at: grace.closes_at,
        }
    }
}

impl Send {
    pub(super) fn of(send: &domain::Send, windows: &domain::Windows) -> Self {
        let price = windows.price(send);
        let told = price.and_then(Result::ok).map(Price::of);
        let is_charged = send.charge == Some(Charge::Rate);
        Self {
            price: told.clone().filter(|_| is_charged),
            price_if_charged: told.filter(|_| !is_charged),
            no_price: price.and_then(Result::err).map(NoPrice::name),
            allowed: send.allowed,
            charge: send.charge.map(Charge::name),
            rate: send.rate.map(domain::Category::name),
            basis: send.basis.name(),
            explanation: None,
            confidence: send.confidence.name(),
            otherwise: send.otherwise.map(Charge::name),
            until: send.until,
        }
    }
}
