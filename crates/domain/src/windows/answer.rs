//! What is told of session windows: plain data, named as the API names it.

use std::collections::BTreeMap;

use crate::price::{NoPrice, Price};
use crate::time::{Micros, Timestamp};
use crate::windows::{Advice, Category, Closing};
use crate::zone::Zone;

/// What may be sent to a customer at an instant, what that costs, and until when that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// The instant.
    pub as_of: Timestamp,
    /// The account's time zone, which decides the tariff and where a month begins.
    pub zone: Zone,
    /// The tariff in force: the date it began. `None` where the provider charges nothing by message.
    pub tariff: Option<&'static str>,
    /// Why there are no windows.
    pub reason: Option<NoWindows>,
    /// Free text and what else needs a recent word of the customer.
    pub customer_care: Option<CustomerCare>,
    /// What an answered ad click makes free.
    pub free_entry_point: Option<FreeEntryPoint>,
    /// A person may still answer (Messenger, Instagram).
    pub human_agent: Option<Grace>,
    /// The last comment may be answered in private, once (Messenger, Instagram).
    pub private_reply: Option<Grace>,
    /// Since when the customer wants no marketing.
    pub marketing_stopped_at: Option<Timestamp>,
    /// The monthly thousand of the number, where it counts.
    pub service_messages: Option<ServiceMessages>,
    /// Conversations the provider reported, still open; only before 2025-07-01.
    pub conversations: Vec<LegacyConversation>,
    /// What is open and closes first.
    pub closes_next: Option<Closing>,
    /// What may be sent, by kind.
    pub send: BTreeMap<Way, Send>,
    /// What a message of a category costs, or why that is not known; of those in `send` that are or may be charged, once
    /// [`priced`](Windows::priced).
    pub prices: BTreeMap<Category, Result<Price, NoPrice>>,
    /// The first instant at which an answer in `send` changes if nothing else happens.
    pub next_change: Option<Timestamp>,
    /// What may be sent from then on.
    pub(super) send_then: Option<BTreeMap<Way, Send>>,
}

impl Windows {
    /// The same for a person: the cheapest permitted way to write, and what changes next.
    #[must_use]
    pub fn advice(&self) -> Advice {
        Advice::of(self)
    }
}

/// Why a channel has no windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoWindows {
    /// A library of the WhatsApp Web protocol: no provider session, no price.
    NotCloudApi,
    /// A chat widget of our own.
    Webchat,
    /// The window of a group is the group's, not one member's.
    Group,
}

impl NoWindows {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotCloudApi => "not_cloud_api",
            Self::Webchat => "webchat",
            Self::Group => "group",
        }
    }
}

/// The customer service window; on Messenger and Instagram the standard window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CustomerCare {
    /// It is open.
    pub open: bool,
    /// The customer's last word, which opened or refreshed it.
    pub opened_at: Option<Timestamp>,
    /// When it closes or closed, exclusive.
    pub closes_at: Option<Timestamp>,
    /// Known by the provider's own word, not by counting from messages.
    pub reported: bool,
    /// What is special.
    pub reason: Option<Reason>,
}

/// What is special about a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The customer never wrote.
    NeverOpened,
    /// The provider refused a message because the window was closed.
    RefusedByProvider,
    /// The provider withheld the customer's last message; it may have opened nothing.
    UnsupportedMessage,
    /// The ad click was not answered in time.
    NotAnsweredInTime,
    /// The provider priced our answer: the click did not qualify, from a desktop for instance.
    AnswerWasPriced,
}

impl Reason {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NeverOpened => "never_opened",
            Self::RefusedByProvider => "refused_by_provider",
            Self::UnsupportedMessage => "unsupported_message",
            Self::NotAnsweredInTime => "not_answered_in_time",
            Self::AnswerWasPriced => "answer_was_priced",
        }
    }
}

/// How far a free entry point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EntryState {
    /// Nothing.
    #[default]
    None,
    /// A click waits for our answer.
    Candidate,
    /// We answered in time.
    Estimated,
    /// The provider says so.
    Confirmed,
    /// The provider says no.
    Rejected,
    /// It has ended.
    Expired,
}

impl EntryState {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Candidate => "candidate",
            Self::Estimated => "estimated",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }

    /// It is open as far as is known.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Estimated | Self::Confirmed)
    }
}

/// The free entry point window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FreeEntryPoint {
    /// How far it is.
    pub state: EntryState,
    /// Why it is none, or rejected.
    pub reason: Option<Reason>,
    /// The click.
    pub clicked_at: Option<Timestamp>,
    /// Through a boosted post, which qualifies less certainly than an ad.
    pub by_post: bool,
    /// The last instant to answer.
    pub reply_by: Option<Timestamp>,
    /// Our answer.
    pub opened_at: Option<Timestamp>,
    /// When it ends or ended, exclusive.
    pub closes_at: Option<Timestamp>,
    /// The end was told by the provider.
    pub end_is_told: bool,
    /// It may last longer, until here at most; only the provider knows. `None`: it will not.
    pub may_last_until: Option<Timestamp>,
}

/// Something that may be done until an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grace {
    /// It may be done.
    pub open: bool,
    /// The customer's word it answers.
    pub opened_at: Timestamp,
    /// The end, exclusive.
    pub closes_at: Timestamp,
    /// It was done, and can be done once only.
    pub used: bool,
}

/// The monthly thousand of service messages of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceMessages {
    /// How many are free.
    pub free_per_month: u32,
    /// How many were delivered this month; `None` if that was not counted.
    pub delivered: Option<u32>,
    /// When the next month begins.
    pub resets_at: Timestamp,
}

/// A conversation of the time before prices per message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegacyConversation {
    /// Its category.
    pub category: Category,
    /// When it opened.
    pub opened_at: Timestamp,
    /// Its end, exclusive.
    pub closes_at: Timestamp,
}

/// A kind of message to send. In the order of preference where two cost the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Free text, media, buttons.
    FreeForm,
    /// A template of the category.
    Utility,
    /// A template of the category.
    Authentication,
    /// A template of the category.
    Marketing,
    /// A message of a person, tagged so (Messenger, Instagram).
    HumanAgent,
    /// The private reply to a comment (Messenger, Instagram).
    PrivateReply,
}

impl Way {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FreeForm => "free_form",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
            Self::Marketing => "marketing",
            Self::HumanAgent => "human_agent",
            Self::PrivateReply => "private_reply",
        }
    }
}

/// Whether one kind of message may be sent, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Send {
    /// It may be sent.
    pub allowed: bool,
    /// What it costs; `None` where it may not be sent.
    pub charge: Option<Charge>,
    /// The category whose rate applies where it is not free.
    pub rate: Option<Category>,
    /// Why.
    pub basis: Basis,
    /// How sure.
    pub confidence: Certainty,
    /// What it costs if the free entry point turns out to be none.
    pub otherwise: Option<Charge>,
    /// Until when this holds if nothing happens.
    pub until: Option<Timestamp>,
}

/// What a message costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// No fee of the provider's.
    Free,
    /// The rate of its category.
    Rate,
    /// One or the other.
    Unknown,
}

impl Charge {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Rate => "rate",
            Self::Unknown => "unknown",
        }
    }
}

/// How sure an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It hangs on something not known here.
    Low,
    /// It follows from what is known, and the provider may know better.
    Medium,
    /// The provider said so, or its rules leave no doubt.
    High,
}

impl Certainty {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Why something may be sent, or costs what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // `explain` says what each means
pub enum Basis {
    CareClosed,
    CareRefused,
    CareOpen,
    UtilityInCare,
    MarketingStopped,
    EntryConfirmed,
    EntryEstimated,
    EntryAnswer,
    Template,
    FreeTier,
    FreeTierUsed,
    FreeTierNotCounted,
    InConversation,
    OpensConversation,
    ConversationsFreeTier,
    NoPrice,
    NoWindows,
    HumanAgent,
    HumanAgentOver,
    PrivateReply,
    PrivateReplyUsed,
    PrivateReplyOver,
}

impl Basis {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CareClosed => "customer_care_closed",
            Self::CareRefused => "customer_care_refused",
            Self::CareOpen => "customer_care_open",
            Self::UtilityInCare => "utility_in_customer_care",
            Self::MarketingStopped => "marketing_stopped",
            Self::EntryConfirmed => "free_entry_point_confirmed",
            Self::EntryEstimated => "free_entry_point_estimated",
            Self::EntryAnswer => "answers_ad_click",
            Self::Template => "template_rate",
            Self::FreeTier => "monthly_free_tier",
            Self::FreeTierUsed => "monthly_free_tier_used",
            Self::FreeTierNotCounted => "monthly_free_tier_not_counted",
            Self::InConversation => "conversation_open",
            Self::OpensConversation => "opens_conversation",
            Self::ConversationsFreeTier => "opens_conversation_maybe_free",
            Self::NoPrice => "no_price_on_channel",
            Self::NoWindows => "no_windows",
            Self::HumanAgent => "human_agent",
            Self::HumanAgentOver => "human_agent_over",
            Self::PrivateReply => "private_reply",
            Self::PrivateReplyUsed => "private_reply_used",
            Self::PrivateReplyOver => "private_reply_over",
        }
    }

    /// What it means, for a person.
    #[must_use]
    pub const fn explain(self) -> &'static str {
        match self {
            Self::CareClosed => "the customer's last message is 24 hours old or older: only templates",
            Self::CareRefused => "the provider refused a message because the service window is closed",
            Self::CareOpen => "free text inside the service window is free until 2026-09-30",
            Self::UtilityInCare => "utility templates inside the service window are free until 2026-09-30",
            Self::MarketingStopped => "the customer stopped marketing messages",
            Self::EntryConfirmed => "the provider reported an open free entry point window",
            Self::EntryEstimated => "an ad click was answered in time; the provider has not confirmed it",
            Self::EntryAnswer => "the answer to an ad click is free if the click was made on a phone",
            Self::Template => "templates are charged at the rate of their category",
            Self::FreeTier => "the number has service messages left of its monthly thousand",
            Self::FreeTierUsed => "the number has used its monthly thousand of service messages",
            Self::FreeTierNotCounted => "how much of the number's monthly thousand is left is not known",
            Self::InConversation => "it belongs to a conversation that is open already",
            Self::OpensConversation => "it opens a conversation of its category, which is charged once",
            Self::ConversationsFreeTier => "it opens a service conversation, free for the first thousand a month",
            Self::NoPrice => "the platform charges nothing by message",
            Self::NoWindows => "the channel has no windows",
            Self::HumanAgent => "a person may answer with the tag HUMAN_AGENT for seven days",
            Self::HumanAgentOver => "the customer's last message is seven days old or older",
            Self::PrivateReply => "the last comment may be answered in private, once, for seven days",
            Self::PrivateReplyUsed => "the last comment had its private reply",
            Self::PrivateReplyOver => "there is no comment of the last seven days",
        }
    }
}

/// What is left until `end`, in whole seconds; `None` if it is over.
pub(super) fn remaining_s(now: Timestamp, end: Timestamp) -> Option<i64> {
    const SECOND: Micros = 1_000_000;
    (end > now).then(|| end.since(now) / SECOND)
}

impl CustomerCare {
    /// Seconds it stays open.
    #[must_use]
    pub fn remaining_s(&self, now: Timestamp) -> Option<i64> {
        remaining_s(now, self.closes_at.filter(|_| self.open)?)
    }
}

impl FreeEntryPoint {
    /// Seconds to its end; of a candidate, to the last instant to answer.
    #[must_use]
    pub fn remaining_s(&self, now: Timestamp) -> Option<i64> {
        match self.state {
            EntryState::Candidate => remaining_s(now, self.reply_by?),
            EntryState::Estimated | EntryState::Confirmed => remaining_s(now, self.closes_at?),
            _ => None,
        }
    }
}
