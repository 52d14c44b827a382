//! The values as protobuf, made from the JSON shapes, so that both say the same. What the JSON says by `truncated` follows
//! from the counts.

use origem_domain::position::Position;
use origem_engine::query::TouchView;
use origem_log::Projected;
use origem_wire::proto;
use prost::Message as _;

use super::json::{ConversationValue, QueueOrigin, QueueValue, TouchesValue};
use crate::source::Snapshot;

/// The value of a conversation in a topic, with `touches`, the latest of its touches.
pub(crate) fn write(topic: Projected, snapshot: &Snapshot, touches: &[TouchView], version: Position) -> Vec<u8> {
    match topic {
        Projected::Conversations => {
            let value = ConversationValue::of(snapshot, touches, version);
            proto::Conversation::from(value.conversation).encode_to_vec()
        }
        Projected::Touches => touches_of(TouchesValue::of(snapshot, touches, version)).encode_to_vec(),
        Projected::Queue => {
            let ticket = snapshot.conversation.card.state.ticket.as_ref();
            let value = ticket.map(|ticket| queue_of(QueueValue::of(snapshot, ticket, version)));
            value.map(|value| value.encode_to_vec()).unwrap_or_default()
        }
    }
}

fn touches_of(value: TouchesValue) -> proto::TouchesValue {
    proto::TouchesValue {
        conversation: value.conversation.to_string(),
        account: value.account,
        channel: Some(value.channel.into()),
        touches: value.touches.into_iter().map(Into::into).collect(),
        touches_count: value.touches_count,
        position: value.position.to_string(),
    }
}

fn queue_of(value: QueueValue) -> proto::QueueValue {
    proto::QueueValue {
        conversation: value.conversation.to_string(),
        account: value.account,
        channel: Some(value.channel.into()),
        ticket_id: value.ticket_id.to_string(),
        status: value.status.name().to_owned(),
        team: value.team,
        assignee: value.assignee,
        revision: value.revision,
        unread: value.unread,
        opened_at: Some(proto::timestamp(value.opened_at)),
        last_activity_at: value.last_activity_at.map(proto::timestamp),
        origin: value.origin.map(origin_of),
        position: value.position.to_string(),
    }
}

fn origin_of(origin: QueueOrigin) -> proto::QueueOrigin {
    proto::QueueOrigin {
        kind: origin.kind.name().to_owned(),
        platform: origin.platform.map(|platform| platform.name().to_owned()),
        label: origin.label.to_owned(),
        campaign: origin.campaign.map(|campaign| proto::Campaign { id: campaign.id }),
    }
}
