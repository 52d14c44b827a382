//! Conversions: what was sold, told to who asked; and what became of it.

use std::collections::BTreeMap;

use origem_conversions::{self as conversions, Item, Judged, State};
use origem_domain::amount::Amount;
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::position::{Position, Positions};
use origem_domain::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::json::Channel;

/// A conversion in the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Conversion {
    /// Its id: also what destinations are told as the id of the event, equal each time it is sent.
    pub id: String,
    /// `meta` or `webhook`.
    pub destination: String,
    /// What it is called there.
    #[schema(example = "Purchase")]
    pub event: String,
    /// `waiting`, `sent`, `refused`, `gave_up`, `skipped`, `dry_run`, `withdrawn`.
    pub state: String,
    /// Why it stands there, or why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ConversionReason>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Since when it waits, or waited.
    #[schema(value_type = String, format = DateTime)]
    pub queued_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Not to be tried before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Timestamp>,
    /// When it was seen that the ticket was opened again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn_at: Option<Timestamp>,
    /// What the destination calls its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// The rule that says so.
    #[schema(example = "finished outcome=won value>0 -> Purchase")]
    pub rule: String,
    /// What happened: `finished`, `stage`, `lead`.
    pub trigger: String,
    /// The event in the log.
    #[schema(value_type = String, example = "0:41")]
    pub position: Position,
    /// The tenant.
    pub account: String,
    /// The business address.
    pub channel: Channel,
    /// The conversation.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// The ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ticket: Option<TicketId>,
    /// The closing code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// What was sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub value: Option<Amount>,
    /// ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The sales stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// The team of the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The agent of the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Where the customer came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<ConversionOrigin>,
    /// The click of an ad that it is credited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctwa_clid: Option<String>,
    /// What its request holds, but for who the customer is; of one conversion only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub request: Option<Value>,
}

/// Why something is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversionReason {
    /// Such as `no_click`, `too_old`, `rate_limited`.
    pub code: String,
    /// For a person.
    pub message: String,
}

/// Where a customer came from, by reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversionOrigin {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What kind.
    pub kind: String,
    /// On which platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The ad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ad: Option<String>,
    /// The link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The hashtag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashtag: Option<String>,
}

/// A page of conversions, the latest first, with how the destinations are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Conversions {
    /// The conversions.
    pub items: Vec<Conversion>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many there are of each state, of all destinations, whatever the filter.
    pub counts: BTreeMap<String, u64>,
    /// The destinations that are configured.
    pub destinations: Vec<ConversionDestination>,
}

/// How a destination is: to the conversions of an account where one was asked for, or is the caller's; to all otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConversionDestination {
    /// `meta` or `webhook`.
    pub name: String,
    /// It is told what happened from here on; absent until it has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub began_at: Option<Timestamp>,
    /// The last event that was decided for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "0:41")]
    pub seen: Option<Positions>,
    /// Conversions that wait.
    pub waiting: u64,
    /// Since when the oldest of them does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest_at: Option<Timestamp>,
    /// When it last took something, since the start; not told of an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub taken_at: Option<Timestamp>,
    /// Requests that failed since one did not; of an account, attempts at the latest of its conversions that waits after one.
    pub failures: u32,
    /// Nothing is sent before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub rests_until: Option<Timestamp>,
    /// Why the last request failed, unless one has not since; of an account, why that conversion still waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<ConversionReason>,
}

/// What the rules make of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConversionsExplained {
    /// Everything in it that may become a conversion, by ticket.
    pub items: Vec<ConversionExplained>,
}

/// What the rules make of an end, a stage or a lead.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConversionExplained {
    /// What happened: `finished`, `stage`, `lead`.
    pub trigger: String,
    /// When; of stages and leads, at the latest.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ticket: Option<TicketId>,
    /// What the rules make of it; empty where none holds.
    pub conversions: Vec<ConversionWouldBe>,
}

/// What would be sent, or why not.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConversionWouldBe {
    /// The id it has, or would have.
    pub id: String,
    /// `meta` or `webhook`.
    pub destination: String,
    /// What it is called there.
    pub event: String,
    /// The rule that says so.
    pub rule: String,
    /// Why there is no use in sending it; absent where there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objection: Option<ConversionReason>,
    /// Where it stands in the outbox; absent if it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What its request holds, but for who the customer is.
    #[schema(value_type = Object)]
    pub request: Value,
}

impl Conversion {
    /// A conversion in the outbox.
    #[must_use]
    pub fn of(item: &Item) -> Self {
        let conversion = &item.conversion;
        Self {
            id: conversion.key.clone(),
            destination: conversion.destination.name().to_owned(),
            event: conversion.event.clone(),
            state: item.state.name().to_owned(),
            reason: item.reason.as_ref().map(ConversionReason::of),
            attempts: item.attempts,
            at: conversion.at,
            queued_at: item.queued_at,
            updated_at: item.updated_at,
            next_attempt_at: item.next_at,
            withdrawn_at: item.withdrawn_at,
            trace: item.trace.clone(),
            rule: conversion.rule.clone(),
            trigger: conversion.trigger.name().to_owned(),
            position: conversion.position,
            account: conversion.account.clone(),
            channel: Channel::of(&conversion.channel),
            conversation: conversion.conversation,
            ticket: conversion.ticket,
            classification: conversion.classification.clone(),
            value: conversion.value,
            currency: conversion.currency.clone(),
            stage: conversion.stage.clone(),
            lead: conversion.lead.clone(),
            team: conversion.team.clone(),
            agent: conversion.agent.clone(),
            origin: conversion.origin.as_ref().map(ConversionOrigin::of),
            ctwa_clid: conversion.ctwa_clid.clone(),
            request: None,
        }
    }
}

impl ConversionReason {
    fn of(reason: &conversions::Reason) -> Self {
        Self {
            code: reason.code.clone(),
            message: reason.message.clone(),
        }
    }
}

impl ConversionOrigin {
    fn of(origin: &conversions::Origin) -> Self {
        Self {
            at: origin.at,
            kind: origin.kind.clone(),
            platform: origin.platform.clone(),
            campaign: origin.campaign.clone(),
            ad: origin.ad.clone(),
            link: origin.link.clone(),
            hashtag: origin.hashtag.clone(),
        }
    }
}

impl ConversionDestination {
    /// How a destination is.
    #[must_use]
    pub fn of(standing: &conversions::Standing) -> Self {
        Self {
            name: standing.destination.name().to_owned(),
            began_at: standing.began_at,
            seen: Some(standing.seen.clone()).filter(|seen| !seen.is_empty()),
            waiting: standing.waiting,
            oldest_at: standing.oldest_at,
            taken_at: standing.taken_at,
            failures: standing.failures,
            rests_until: standing.rests_until,
            trouble: standing.trouble.as_ref().map(ConversionReason::of),
        }
    }
}

impl ConversionsExplained {
    /// What the rules make of a conversation.
    #[must_use]
    pub fn of(explained: &[conversions::Explained]) -> Self {
        Self {
            items: explained.iter().map(ConversionExplained::of).collect(),
        }
    }
}

impl ConversionExplained {
    fn of(explained: &conversions::Explained) -> Self {
        let would_be = |(judged, state, request): &(Judged, Option<State>, Value)| ConversionWouldBe {
            id: judged.conversion.key.clone(),
            destination: judged.conversion.destination.name().to_owned(),
            event: judged.conversion.event.clone(),
            rule: judged.conversion.rule.clone(),
            objection: judged.objection.as_ref().map(ConversionReason::of),
            state: state.map(|state| state.name().to_owned()),
            request: request.clone(),
        };
        Self {
            trigger: explained.trigger.name().to_owned(),
            at: explained.at,
            ticket: explained.ticket,
            conversions: explained.conversions.iter().map(would_be).collect(),
        }
    }
}
