//! Why a conversation is what it is: reasons for machines, and for people as sentences in their language.

mod tell;

use std::collections::BTreeMap;

use origem_domain::event::Kind;
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::position::Position;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_domain::touch::OriginKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::json::{Origin, Touch};

/// Why a conversation has its origins, its status and its windows. Lists are in order of time, the newest last.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Why {
    /// The conversation; the one that another was merged into, where that was asked for.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// The language of the sentences: `en`, `pt-BR`.
    pub language: &'static str,
    /// The rules that were applied.
    pub rules: WhyRules,
    /// The touches, each with what was considered for its event.
    pub touches: Vec<WhyTouch>,
    /// Events that made no touch for a reason worth telling.
    pub without_touch: Vec<WhyWeighed>,
    /// All other messages.
    pub quiet: WhyQuiet,
    /// What happened to the tickets.
    pub status: Vec<WhyStatus>,
    /// What may be sent now and why, and what happened to the windows.
    pub windows: WhyWindows,
    /// How much was left out because it is more than `limit`: always what is oldest. Absent if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<WhyLeftOut>,
}

/// The rules that were applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyRules {
    /// The version of the rules as a whole.
    pub version: u32,
    /// Their lengths of time, by the date from which on they hold.
    pub regimes: Vec<Regime>,
    /// The rules that recognise dispatches, in order, as the setting `rules.dispatches` has them; `recognised_by` names one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["shop: callback_data=camp-{campaign}"]))]
    pub dispatches: Vec<String>,
    /// From when on these alone say what a dispatch is, of messages known by reports only; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub dispatches_strict_from: Option<Timestamp>,
}

/// Lengths of time that hold from a date on, in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Regime {
    /// From when on; absent: from the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// A message after this long a silence opens a new interaction.
    pub interaction_gap_s: i64,
    /// How long a message without a quote may be the answer to a dispatch.
    pub campaign_reply_window_s: i64,
    /// How long an opened thread, a comment or a click explains a plain message.
    pub organic_withheld_s: i64,
    /// How long a comment, our private reply and the thread that follows belong together.
    pub private_reply_window_s: i64,
    /// How long a code stands for its click.
    pub click_valid_s: i64,
}

/// The event behind something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Proof {
    /// Where it stands in the log.
    #[schema(value_type = String, example = "0:41")]
    pub position: Position,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    /// What kind of event.
    #[schema(value_type = String, example = "message_received")]
    pub kind: Kind,
    /// The provider's id of the message it is, or is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// When it was taken in; with `raw` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub received_at: Option<Timestamp>,
    /// The exact bytes it was read from, where they are text; with `raw` only, and not if they were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The same where they are not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<String>,
    /// The log does not hold the event any more, so neither its receipt nor its bytes can be told; with `raw` only. Absent: it does.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub record_gone: bool,
}

/// A touch and why it is one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WhyTouch {
    /// The touch.
    pub touch: Touch,
    /// Name and version of the rule that made it.
    pub rule: &'static str,
    /// What the rule says.
    pub because: &'static str,
    /// What was considered.
    #[serde(flatten)]
    pub weighed: WhyWeighed,
}

/// An event, and all that was considered for it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WhyWeighed {
    /// The event.
    pub evidence: Proof,
    /// From when on the lengths of time hold that were applied: names one of `rules.regimes`. Absent: the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub rules_from: Option<Timestamp>,
    /// The origins that were considered, in order of precedence.
    pub considered: Vec<Considered>,
    /// What the event was told as until an earlier one came in late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Replaced>,
}

/// An origin that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Considered {
    /// `ad`, `whatsapp_campaign`, `organic`, ...
    #[schema(value_type = String)]
    pub kind: OriginKind,
    /// What people call it; in the language of the sentences where only the kind can be told.
    pub label: &'static str,
    /// `won`; `kept` beside the winner; `seen_before` in this interaction; `lost` to something stronger; `not_applicable`.
    pub verdict: &'static str,
    /// Why it did not win, for a machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "dispatch_too_old")]
    pub reason: Option<&'static str>,
    /// Seconds since the event it hangs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_s: Option<i64>,
    /// The length of time that decided, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_s: Option<i64>,
    /// The same for a person.
    #[schema(example = "dispatched 80 h before, the reply window is 72 h")]
    pub text: String,
    /// The origin it is, or would have been; absent where only its kind can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Another event that it hangs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Proof>,
}

/// What an event was told as until an earlier one came in late.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Replaced {
    /// The origin it had.
    pub origin: Origin,
    /// For a person.
    pub text: String,
    /// What came in late.
    pub evidence: Proof,
}

/// Messages that went on with an interaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyQuiet {
    /// Of the customer.
    pub received: u64,
    /// Of the business.
    pub sent: u64,
    /// For a person.
    pub text: String,
}

/// What happened to a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyStatus {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The ticket; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ticket_id: Option<TicketId>,
    /// Whose turn it was; absent before the first ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub from: Option<TicketStatus>,
    /// Whose turn it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub to: Option<TicketStatus>,
    /// `opened`, `customer_spoke`, `business_spoke`, `claimed`, `assigned`, `transferred`, `taken_over`, `finished`, `reopened`; of a
    /// command that changed nothing `stale_revision`, `other_ticket`, `no_ticket`, `already_claimed`, `ticket_finished`,
    /// `ticket_still_open`, `names_nobody`.
    pub reason: &'static str,
    /// `true` of a command that changed nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
    /// The revision a stale command was decided on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<u64>,
    /// The revision of the ticket where a stale command stands in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<u64>,
    /// Who did it for the business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Whose the ticket is afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// For a person.
    pub text: String,
    /// The event.
    pub evidence: Proof,
}

/// Session windows, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyWindows {
    /// The instant that `send` is told of.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The tariff in force: the date it began. Absent where the provider charges nothing by message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<&'static str>,
    /// Why there are no windows: `not_cloud_api`, `webchat`, `group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What each kind of message rests on: `free_form`, `utility`, ...
    pub send: BTreeMap<&'static str, WhySend>,
    /// What happened to the windows.
    pub steps: Vec<WhyWindow>,
}

/// What may be sent, and what that rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhySend {
    /// It may be sent.
    pub allowed: bool,
    /// `free`, `rate`, `unknown`. Absent where it may not be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge: Option<&'static str>,
    /// Why, for a machine.
    #[schema(example = "utility_in_customer_care")]
    pub basis: &'static str,
    /// Why, for a person.
    pub text: &'static str,
    /// The latest event of the window it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Proof>,
}

/// What happened to a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyWindow {
    /// When; of several times in a row, the last.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `customer_care`, `free_entry_point`, `private_reply`, `marketing`, `conversation`.
    pub window: &'static str,
    /// Of a conversation as the provider counted them: its category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<&'static str>,
    /// `opened`, `refreshed`, `refused_by_provider`, `candidate`, `extended`, `estimated`, `confirmed`, `moved`, `rejected`,
    /// `withdrawn`, `used`, `stopped`, `resumed`.
    pub change: &'static str,
    /// How many times in a row.
    pub times: u32,
    /// When the window closes from then on; of a candidate, the last instant to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    /// For a person.
    pub text: String,
    /// The event; of several times in a row, the last.
    pub evidence: Proof,
}

/// How much was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyLeftOut {
    /// Of `touches` and `without_touch` together.
    pub weighed: usize,
    /// Of `status`.
    pub status: usize,
    /// Of `windows.steps`.
    pub windows: usize,
}
