//! Events: facts a channel or an agent produced, in the one shape all providers are normalised to.
//!
//! The serde shape of [`Event`] is the public JSON of `contract.md` ("Events as JSON"); the stored shape is `codec`'s.
//! Adding a kind: a variant of [`Body`] with its struct in the module it belongs to, one arm in [`Body::kind`], a stored
//! form in `codec`, a corpus file. See docs/howto/add-an-event.md.

mod account;
mod click;
mod command;
mod dedup;
mod message;
mod outreach;
mod referral;
mod status;

pub use account::{AccountUpdate, Conversion, Preference, PreferenceValue};
pub use click::Click;
pub use command::{Command, ContactEdit, TicketFields};
pub use message::{
    Call, CallEvent, Comment, Direction, Edit, Media, Message, Reaction, Revoke, SentDetails, Template, Via,
};
pub use outreach::{Offer, Outreach};
pub use referral::Referral;
pub use status::{DeliveryState, Pricing, PricingModel, ProviderConversation, ProviderError, Status};

use serde::{Deserialize, Serialize};

use crate::alias::Alias;
use crate::time::Timestamp;

/// A fact that happened on one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The tenant.
    #[serde(default = "default_account")]
    pub account: String,
    /// The business address it happened on; the partition key of the log.
    pub channel: Channel,
    /// The person it concerns; absent for account-level events and statuses that name nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The group it happened in; group traffic stays out of one-to-one conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// When it happened, by the provider's own time.
    pub occurred_at: Timestamp,
    /// Where `occurred_at` comes from; absent means the payload.
    #[serde(default, skip_serializing_if = "TimeSource::is_payload")]
    pub time_source: TimeSource,
    /// Equal for two deliveries of the same fact, unique among facts of one kind and conversation. Source:
    /// reference/meta-platform.md 3.4. Empty only before [`Event::with_dedup_key`].
    #[serde(default)]
    pub dedup_key: String,
    /// The library or provider that produced the payload, where it is not Meta's own API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Oddities of the payload that the reader noticed and that become anomalies: `bad_time`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oddities: Vec<String>,
    /// What happened.
    #[serde(flatten)]
    pub body: Body,
}

fn default_account() -> String {
    DEFAULT_ACCOUNT.to_owned()
}

/// The account of events that name none.
pub const DEFAULT_ACCOUNT: &str = "default";

/// Oddity of an event whose payload carried a time that cannot be right; it has the time of receipt.
pub const BAD_TIME: &str = "bad_time";

/// A business address: kind and the provider's id of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Channel {
    /// The platform.
    pub kind: ChannelKind,
    /// Phone number id, page id, Instagram account id, widget id; digits of the number for Twilio.
    pub id: String,
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.id)
    }
}

/// The text is no business address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not KIND:ID, such as whatsapp:200000000000002")]
pub struct NotAChannel(String);

impl std::str::FromStr for Channel {
    type Err = NotAChannel;

    fn from_str(text: &str) -> Result<Self, NotAChannel> {
        let kind_of = |name| ChannelKind::ALL.into_iter().find(|kind| kind.name() == name);
        text.split_once(':')
            .and_then(|(kind, id)| Some((kind_of(kind)?, id)))
            .filter(|(_, id)| !id.is_empty())
            .map(|(kind, id)| Self {
                kind,
                id: id.to_owned(),
            })
            .ok_or_else(|| NotAChannel(text.to_owned()))
    }
}

/// A messaging platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// A WhatsApp number.
    Whatsapp,
    /// An Instagram professional account.
    Instagram,
    /// A Facebook page.
    Messenger,
    /// A chat widget on a web site.
    Webchat,
}

impl ChannelKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Whatsapp, Self::Instagram, Self::Messenger, Self::Webchat];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Instagram => "instagram",
            Self::Messenger => "messenger",
            Self::Webchat => "webchat",
        }
    }
}

/// A person, as one event knows them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// Every alias the event carries; aliases in one event belong to one person.
    #[serde(default)]
    pub aliases: Vec<Alias>,
    /// Profile name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Username without `@`. Not an alias: it can be given up and taken by somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Where the profile picture can be fetched; Origem never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo_url: Option<String>,
}

/// A group chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The provider's id of the group.
    pub id: String,
}

/// Where an event's time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// From the payload.
    #[default]
    Payload,
    /// The payload has none, or a senseless one: the time of receipt.
    Received,
}

impl TimeSource {
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde's skip_serializing_if hands a reference
    fn is_payload(&self) -> bool {
        matches!(self, Self::Payload)
    }
}

/// What happened. `kind` in JSON; the bodies by kind are in `contract.md`, "Details of events".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // events are built once, moved once and read by reference
pub enum Body {
    /// The customer wrote.
    MessageReceived {
        /// The message.
        message: Message,
        /// The ad, post or link it came through.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        referral: Option<Referral>,
    },
    /// The business wrote, from the phone app, a console, an integration or a campaign.
    MessageSent {
        /// The message.
        message: Message,
        /// By what way and for what.
        #[serde(flatten)]
        details: SentDetails,
    },
    /// The provider reported on a message of ours.
    MessageStatus {
        /// The report.
        status: Status,
    },
    /// Either side edited a message.
    MessageEdited {
        /// The edit.
        edit: Edit,
    },
    /// Either side deleted a message.
    MessageRevoked {
        /// The deletion.
        revoke: Revoke,
    },
    /// The customer reacted to a message.
    MessageReaction {
        /// The reaction.
        reaction: Reaction,
    },
    /// The customer opened the thread through an ad or link and has not written yet.
    ReferralOpened {
        /// What it was opened through; absent where the provider only says that it was opened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        referral: Option<Referral>,
    },
    /// The customer commented on a post or ad.
    CommentReceived {
        /// The comment.
        comment: Comment,
    },
    /// A voice call began, was accepted or ended.
    CallReceived {
        /// The call.
        call: Call,
    },
    /// A person's aliases changed.
    IdentityChanged {
        /// Aliases that are given up.
        from: Vec<Alias>,
        /// Aliases that take their place; equal to `from` for a mere change of security code.
        to: Vec<Alias>,
    },
    /// The customer stopped or resumed marketing, or signed up for it.
    PreferenceChanged {
        /// The preference.
        preference: Preference,
    },
    /// The provider reported a lead or purchase.
    ConversionReported {
        /// The conversion.
        conversion: Conversion,
    },
    /// Somebody followed a link of ours, or a link in a message of ours.
    LinkClicked {
        /// The click.
        click: Click,
    },
    /// One message of a history that was handed over when the number joined.
    HistoryImported {
        /// Who wrote it.
        direction: Direction,
        /// The message.
        message: Message,
    },
    /// Templates, quality, tiers and other things of the business account.
    AccountUpdated {
        /// The update.
        account_update: AccountUpdate,
    },
    /// A payload, or a part of one, that no reader understood. Its bytes are the record's raw bytes.
    Unrecognised {
        /// Why, in a few words.
        reason: String,
    },
    /// An agent took a ticket from the queue.
    TicketClaimed(Command),
    /// A ticket was given to an agent.
    TicketAssigned(Command),
    /// A ticket moved to another agent or team.
    TicketTransferred(Command),
    /// A ticket was closed.
    TicketFinished(Command),
    /// A finished ticket was opened again.
    TicketReopened(Command),
    /// An agent took over a conversation that was not waiting in the queue.
    TicketTakenOver(Command),
    /// An agent left a note.
    NoteAdded(Command),
    /// An agent edited the contact.
    ContactEdited(Command),
    /// The sales stage was set.
    StageSet(Command),
    /// The conversation was linked to a lead.
    LeadLinked(Command),
    /// Somebody wants a message sent to the contact. It was not sent by this.
    OutreachRequested(Command),
}

/// The kind of an event. The order breaks ties between facts of one instant in a conversation (see
/// [`crate::fact::SortKey`]): identity before evidence, evidence before messages, the customer before us, commands last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the variants are those of `Body`
pub enum Kind {
    IdentityChanged,
    LinkClicked,
    ReferralOpened,
    CommentReceived,
    HistoryImported,
    MessageReceived,
    CallReceived,
    MessageSent,
    MessageStatus,
    MessageEdited,
    MessageRevoked,
    MessageReaction,
    PreferenceChanged,
    ConversionReported,
    TicketClaimed,
    TicketAssigned,
    TicketTransferred,
    TicketTakenOver,
    TicketFinished,
    TicketReopened,
    NoteAdded,
    ContactEdited,
    StageSet,
    LeadLinked,
    OutreachRequested,
    AccountUpdated,
    Unrecognised,
}

impl Body {
    /// The kind of event.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::MessageReceived { .. } => Kind::MessageReceived,
            Self::MessageSent { .. } => Kind::MessageSent,
            Self::MessageStatus { .. } => Kind::MessageStatus,
            Self::MessageEdited { .. } => Kind::MessageEdited,
            Self::MessageRevoked { .. } => Kind::MessageRevoked,
            Self::MessageReaction { .. } => Kind::MessageReaction,
            Self::ReferralOpened { .. } => Kind::ReferralOpened,
            Self::CommentReceived { .. } => Kind::CommentReceived,
            Self::CallReceived { .. } => Kind::CallReceived,
            Self::IdentityChanged { .. } => Kind::IdentityChanged,
            Self::PreferenceChanged { .. } => Kind::PreferenceChanged,
            Self::ConversionReported { .. } => Kind::ConversionReported,
            Self::LinkClicked { .. } => Kind::LinkClicked,
            Self::HistoryImported { .. } => Kind::HistoryImported,
            Self::AccountUpdated { .. } => Kind::AccountUpdated,
            Self::Unrecognised { .. } => Kind::Unrecognised,
            Self::TicketClaimed(_) => Kind::TicketClaimed,
            Self::TicketAssigned(_) => Kind::TicketAssigned,
            Self::TicketTransferred(_) => Kind::TicketTransferred,
            Self::TicketFinished(_) => Kind::TicketFinished,
            Self::TicketReopened(_) => Kind::TicketReopened,
            Self::TicketTakenOver(_) => Kind::TicketTakenOver,
            Self::NoteAdded(_) => Kind::NoteAdded,
            Self::ContactEdited(_) => Kind::ContactEdited,
            Self::StageSet(_) => Kind::StageSet,
            Self::LeadLinked(_) => Kind::LeadLinked,
            Self::OutreachRequested(_) => Kind::OutreachRequested,
        }
    }
}

impl Kind {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdentityChanged => "identity_changed",
            Self::LinkClicked => "link_clicked",
            Self::ReferralOpened => "referral_opened",
            Self::CommentReceived => "comment_received",
            Self::HistoryImported => "history_imported",
            Self::MessageReceived => "message_received",
            Self::CallReceived => "call_received",
            Self::MessageSent => "message_sent",
            Self::MessageStatus => "message_status",
            Self::MessageEdited => "message_edited",
            Self::MessageRevoked => "message_revoked",
            Self::MessageReaction => "message_reaction",
            Self::PreferenceChanged => "preference_changed",
            Self::ConversionReported => "conversion_reported",
            Self::TicketClaimed => "ticket_claimed",
            Self::TicketAssigned => "ticket_assigned",
            Self::TicketTransferred => "ticket_transferred",
            Self::TicketTakenOver => "ticket_taken_over",
            Self::TicketFinished => "ticket_finished",
            Self::TicketReopened => "ticket_reopened",
            Self::NoteAdded => "note_added",
            Self::ContactEdited => "contact_edited",
            Self::StageSet => "stage_set",
            Self::LeadLinked => "lead_linked",
            Self::OutreachRequested => "outreach_requested",
            Self::AccountUpdated => "account_updated",
            Self::Unrecognised => "unrecognised",
        }
    }

    /// Whether a command of the kind makes sense whatever the ticket is, and without any.
    #[must_use]
    pub const fn needs_no_ticket(self) -> bool {
        self.is_beside_ticket() || matches!(self, Self::StageSet | Self::LeadLinked | Self::TicketTakenOver)
    }

    /// Whether a command of the kind neither depends on the ticket nor changes it: none that came before voids it.
    #[must_use]
    pub const fn is_beside_ticket(self) -> bool {
        matches!(self, Self::NoteAdded | Self::ContactEdited | Self::OutreachRequested)
    }
}
