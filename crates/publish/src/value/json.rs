//! The values as JSON: the shapes of the HTTP API, with the version as `position`.

use origem_domain::key::{ConversationId, TicketId};
use origem_domain::position::Position;
use origem_domain::ticket::{Ticket, TicketStatus};
use origem_domain::time::Timestamp;
use origem_domain::touch as domain;
use origem_engine::query::TouchView;
use origem_log::Projected;
use origem_wire::json::{Campaign, Channel, Conversation, CustomerCare, FreeEntryPoint, Grace, Touch, Windows};
use serde::Serialize;
use utoipa::ToSchema;

use crate::source::Snapshot;

/// A conversation as it is now: what `GET /v1/conversations/{id}` answers. `position` is the version.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ConversationValue {
    /// The conversation.
    #[serde(flatten)]
    pub conversation: Conversation,
    /// The oldest of `origins` were left out, because the value would be too large. Absent means no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub truncated: bool,
}

/// All touches of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TouchesValue {
    /// The conversation.
    #[schema(value_type = String, example = "cv_00000000000000ab")]
    pub conversation: ConversationId,
    /// The tenant.
    pub account: String,
    /// The business address.
    pub channel: Channel,
    /// The touches, in order of time.
    pub touches: Vec<Touch>,
    /// How many touches there are.
    pub touches_count: u32,
    /// The oldest of `touches` were left out, because the value would be too large. Absent means no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub truncated: bool,
    /// The version.
    #[schema(value_type = String, example = "0:42")]
    pub position: Position,
}

/// What the events of a conversation opened and closed. Ends by time alone are not told: compare `closes_at` with the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WindowsValue {
    /// The conversation.
    #[schema(value_type = String, example = "cv_00000000000000ab")]
    pub conversation: ConversationId,
    /// The tenant.
    pub account: String,
    /// The business address.
    pub channel: Channel,
    /// When the latest of them opened, was refreshed or was closed: what is said of states holds at that instant.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
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
    /// The version.
    #[schema(value_type = String, example = "0:42")]
    pub position: Position,
}

/// Where a conversation stands in the queue: its latest ticket, open or finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueValue {
    /// The conversation.
    #[schema(value_type = String, example = "cv_00000000000000ab")]
    pub conversation: ConversationId,
    /// The tenant.
    pub account: String,
    /// The business address.
    pub channel: Channel,
    /// The ticket.
    #[schema(value_type = String, example = "tk_00000000000000ab")]
    pub ticket_id: TicketId,
    /// `new`, `unanswered`, `awaiting_customer`, `finished`.
    #[schema(value_type = String, example = "new")]
    pub status: TicketStatus,
    /// The team it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The agent it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// What a command on the ticket is decided on.
    pub revision: u64,
    /// Messages and comments of the customer since the business last wrote.
    pub unread: u32,
    /// When the ticket opened.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    /// The latest thing either side did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_activity_at: Option<Timestamp>,
    /// The current origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<QueueOrigin>,
    /// The version.
    #[schema(value_type = String, example = "0:42")]
    pub position: Position,
}

/// The current origin, as much of it as a queue shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QueueOrigin {
    /// As the kind of a touch.
    #[schema(value_type = String, example = "ad")]
    pub kind: domain::OriginKind,
    /// As the platform of a touch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub platform: Option<domain::Platform>,
    /// What people call it, in Brazilian Portuguese.
    pub label: &'static str,
    /// The campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign>,
}

impl ConversationValue {
    /// A conversation with `touches`, the latest of its touches.
    pub(crate) fn of(snapshot: &Snapshot, touches: &[TouchView], version: Position) -> Self {
        Self {
            conversation: Conversation {
                position: version,
                ..Conversation::of(&snapshot.conversation, Some(touches))
            },
            truncated: touches.len() < snapshot.timeline.len(),
        }
    }
}

impl TouchesValue {
    /// The touches of a conversation, of which `touches` are the latest.
    pub(crate) fn of(snapshot: &Snapshot, touches: &[TouchView], version: Position) -> Self {
        let card = &snapshot.conversation.card;
        Self {
            conversation: snapshot.conversation.id,
            account: card.account.clone(),
            channel: Channel::of(&card.channel),
            touches: touches.iter().map(Touch::of).collect(),
            touches_count: card.state.touches,
            truncated: touches.len() < snapshot.timeline.len(),
            position: version,
        }
    }
}

impl WindowsValue {
    /// The windows of a conversation, where it has any.
    pub(crate) fn of(snapshot: &Snapshot, version: Position) -> Option<Self> {
        let card = &snapshot.conversation.card;
        let windows = Windows::brief(&snapshot.conversation.recorded_windows()?);
        Some(Self {
            conversation: snapshot.conversation.id,
            account: card.account.clone(),
            channel: Channel::of(&card.channel),
            as_of: windows.as_of,
            // What is left is left of the reader's time, not of this instant's.
            customer_care: windows.customer_care.map(|care| CustomerCare {
                remaining_s: None,
                ..care
            }),
            free_entry_point: windows.free_entry_point.map(|entry| FreeEntryPoint {
                remaining_s: None,
                ..entry
            }),
            human_agent: windows.human_agent,
            private_reply: windows.private_reply,
            marketing_stopped_at: windows.marketing_stopped_at,
            position: version,
        })
    }
}

impl QueueValue {
    /// Where a conversation stands whose latest ticket is `ticket`.
    pub(crate) fn of(snapshot: &Snapshot, ticket: &Ticket, version: Position) -> Self {
        let card = &snapshot.conversation.card;
        let current = card.state.landmarks.current();
        Self {
            conversation: snapshot.conversation.id,
            account: card.account.clone(),
            channel: Channel::of(&card.channel),
            ticket_id: ticket.id,
            status: ticket.status(),
            team: ticket.team.clone(),
            assignee: ticket.assignee.clone(),
            revision: ticket.revision,
            unread: card.state.unread,
            opened_at: ticket.opened_at,
            last_activity_at: card.state.last_activity_at,
            origin: current.map(|touch| QueueOrigin::of(&touch.origin)),
            position: version,
        }
    }
}

impl QueueOrigin {
    fn of(origin: &domain::Origin) -> Self {
        Self {
            kind: origin.kind,
            platform: origin.platform,
            label: origin.label(),
            campaign: origin.campaign_id.clone().map(Campaign::bare),
        }
    }
}

/// The value of a conversation in a topic, with `touches`, the latest of its touches.
pub(crate) fn write(topic: Projected, snapshot: &Snapshot, touches: &[TouchView], version: Position) -> Vec<u8> {
    match topic {
        Projected::Conversations => bytes(&ConversationValue::of(snapshot, touches, version)),
        Projected::Touches => bytes(&TouchesValue::of(snapshot, touches, version)),
        Projected::Windows => bytes(&WindowsValue::of(snapshot, version)),
        Projected::Queue => {
            let ticket = snapshot.conversation.card.state.ticket.as_ref();
            bytes(&ticket.map(|ticket| QueueValue::of(snapshot, ticket, version)))
        }
    }
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    // Cannot fail: every key is a string and every number finite.
    serde_json::to_vec(value).unwrap_or_default()
}
