//! A conversion, and what became of it: the plain data that the outbox keeps. It names nobody: a person's ids are read from the
//! views at the moment of sending.

use std::fmt;

use origem_domain::amount::Amount;
use origem_domain::event::Channel;
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::position::Position;
use origem_domain::time::Timestamp;
use origem_domain::touch::{Entry, Touch};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// Meta's Conversions API for Business Messaging.
    Meta,
    /// A server of the business.
    Webhook,
}

impl Destination {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Meta, Self::Webhook];

    /// The name in JSON and settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Webhook => "webhook",
        }
    }

    /// The destination of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|destination| destination.name() == name)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What makes a conversion of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// It was finished.
    Finished,
    /// A sales stage was set.
    Stage,
    /// It was linked to a lead.
    Lead,
}

impl Trigger {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Finished, Self::Stage, Self::Lead];

    /// The name in JSON and settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Stage => "stage",
            Self::Lead => "lead",
        }
    }
}

/// What is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// Our own key: equal for the same event of the same ticket at the same destination. Sent along as the id of the event.
    pub key: String,
    /// Who is told.
    pub destination: Destination,
    /// What it is called there.
    pub event: String,
    /// The rule that says so, as it is written in the settings.
    pub rule: String,
    /// What happened.
    pub trigger: Trigger,
    /// When it happened.
    pub at: Timestamp,
    /// The event in the log.
    pub position: Position,
    /// The tenant.
    pub account: String,
    /// The business address.
    pub channel: Channel,
    /// The conversation, as it was called then.
    pub conversation: ConversationId,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// The closing code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// What was sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
    /// ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The sales stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// The team of the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The agent of the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Where the customer came from: the latest origin of the ticket, else of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The click of an ad that it is credited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ctwa_clid: Option<String>,
}

/// An origin, by reference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: String,
    /// On which platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The ad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ad: Option<String>,
    /// The link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The hashtag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashtag: Option<String>,
}

impl Origin {
    /// The origin of a touch.
    #[must_use]
    pub fn of(touch: &Touch) -> Self {
        let origin = &touch.origin;
        let (mut link, mut hashtag) = (None, None);
        match &origin.entry {
            Some(Entry::Link(name)) => link = Some(name.clone()),
            Some(Entry::Hashtag(name)) => hashtag = Some(name.clone()),
            Some(Entry::Ad(_) | Entry::Post(_)) | None => {}
        }
        Self {
            at: touch.at,
            kind: origin.kind.name().to_owned(),
            platform: origin.platform.map(|platform| platform.name().to_owned()),
            campaign: origin.campaign_id.clone(),
            ad: origin.ad.as_ref().and_then(|ad| ad.id.clone()),
            link,
            hashtag,
        }
    }
}

/// The key of a conversion: 128 bits of a hash of all that tells it from others, in hexadecimal.
pub(crate) fn key(destination: Destination, subject: &str, event: &str) -> String {
    let mut hash = Sha256::new();
    for part in ["conversion", destination.name(), subject, event] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Where a conversion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be sent, or to be sent again.
    Waiting,
    /// The destination has taken it.
    Sent,
    /// The destination will not take it.
    Refused,
    /// It could not be sent while it was worth sending.
    GaveUp,
    /// A rule names it, and there is no use in sending it.
    Skipped,
    /// It would have been sent.
    DryRun,
    /// The ticket was opened again before it was sent.
    Withdrawn,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Sent,
        Self::Refused,
        Self::GaveUp,
        Self::Skipped,
        Self::DryRun,
        Self::Withdrawn,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::GaveUp => "gave_up",
            Self::Skipped => "skipped",
            Self::DryRun => "dry_run",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Why something is as it is: a word for machines, a sentence for people. Without personal data of ours; what a destination
/// said stands in it as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Such as `no_click`, `too_old`, `rate_limited`.
    pub code: String,
    /// For a person.
    pub message: String,
}

impl Reason {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// A conversion in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Numbers grow in the order in which conversions came in.
    pub number: u64,
    /// What is told.
    pub conversion: Conversion,
    /// Where it stands.
    pub state: State,
    /// Why it stands there, or why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// How often it was tried.
    #[serde(default)]
    pub attempts: u32,
    /// Since when it waits, or waited.
    pub queued_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Not to be tried before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// The ticket was opened again after this was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
    /// What the destination calls its answer, for asking its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

impl Item {
    /// Whether nothing more will happen to it by itself.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.state != State::Waiting
    }
}
