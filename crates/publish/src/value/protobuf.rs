//! The values as protobuf, made from the JSON shapes, so that both say the same. What the JSON says by `truncated` follows
//! from the counts.

use origem_domain::position::Position;
use origem_engine::query::TouchView;
use origem_log::Projected;
use origem_wire::json::Grace;
use origem_wire::proto;
use prost::Message as _;

use super::json::{ConversationValue, QueueOrigin, QueueValue, TouchesValue, WindowsValue};
use crate::source::Snapshot;

/// The value of a conversation in a topic, with `touches`, the latest of its touches.
pub(crate) fn write(topic: Projected, snapshot: &Snapshot, touches: &[TouchView], version: Position) -> Vec<u8> {
    match topic {
        Projected::Conversations => {
            let value = ConversationValue::of(snapshot, touches, version);
            proto::Conversation::from(value.conversation).encode_to_vec()
        }
        Projected::Touches => touches_of(TouchesValue::of(snapshot, touches, version)).encode_to_vec(),
        Projected::Windows => {
            let value = WindowsValue::of(snapshot, version).map(windows_of);
            value.map(|value| value.encode_to_vec()).unwrap_or_default()
        }
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

fn windows_of(value: WindowsValue) -> proto::WindowsValue {
    proto::WindowsValue {
        conversation: value.conversation.to_string(),
        account: value.account,
        channel: Some(value.channel.into()),
        as_of: Some(proto::timestamp(value.as_of)),
        customer_care: value.customer_care.map(|care| proto::CustomerCare {
            state: care.state.to_owned(),
            opened_at: care.opened_at.map(proto::timestamp),
            closes_at: care.closes_at.map(proto::timestamp),
            source: care.source.to_owned(),
            reason: care.reason.map(str::to_owned),
        }),
        free_entry_point: value.free_entry_point.map(|entry| proto::FreeEntryPoint {
            state: entry.state.to_owned(),
            reason: entry.reason.map(str::to_owned),
            clicked_at: entry.clicked_at.map(proto::timestamp),
            by_post: entry.by_post,
            reply_by: entry.reply_by.map(proto::timestamp),
            opened_at: entry.opened_at.map(proto::timestamp),
            closes_at: entry.closes_at.map(proto::timestamp),
            source: entry.source.map(str::to_owned),
            may_last_until: entry.may_last_until.map(proto::timestamp),
        }),
        human_agent: value.human_agent.map(grace_of),
        private_reply: value.private_reply.map(grace_of),
        marketing_stopped_at: value.marketing_stopped_at.map(proto::timestamp),
        position: value.position.to_string(),
    }
}

fn grace_of(grace: Grace) -> proto::Grace {
    proto::Grace {
        state: grace.state.to_owned(),
        opened_at: Some(proto::timestamp(grace.opened_at)),
        closes_at: Some(proto::timestamp(grace.closes_at)),
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

#[cfg(test)]
mod tests {
    use origem_wire::json::Touch;
    use serde_json::{Value, json};

    use super::*;
    use crate::Source as _;
    use crate::tests::views::Views;

    /// Without what is null: absent, in JSON.
    fn present(mut value: Value) -> Value {
        if let Some(fields) = value.as_object_mut() {
            *fields = std::mem::take(fields)
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, present(value)))
                .collect();
        }
        value
    }

    fn of_queue(value: proto::QueueValue) -> Value {
        let time = |at: prost_types::Timestamp| proto::time(&at).unwrap();
        let channel = value.channel.unwrap();
        present(json!({
            "conversation": value.conversation, "account": value.account,
            "channel": {"kind": channel.kind, "id": channel.id}, "ticket_id": value.ticket_id, "status": value.status,
            "team": value.team, "assignee": value.assignee, "revision": value.revision, "unread": value.unread,
            "opened_at": value.opened_at.map(time), "last_activity_at": value.last_activity_at.map(time),
            "origin": value.origin.map(|origin| json!({
                "kind": origin.kind, "platform": origin.platform, "label": origin.label,
                "campaign": origin.campaign.map(|campaign| json!({"id": campaign.id})),
            })),
            "position": value.position,
        }))
    }

    fn of_windows(value: proto::WindowsValue) -> Value {
        let time = |at: prost_types::Timestamp| proto::time(&at).unwrap();
        let grace = |grace: proto::Grace| json!({"state": grace.state, "opened_at": grace.opened_at.map(time), "closes_at": grace.closes_at.map(time)});
        let channel = value.channel.unwrap();
        present(json!({
            "conversation": value.conversation, "account": value.account,
            "channel": {"kind": channel.kind, "id": channel.id}, "as_of": value.as_of.map(time),
            "customer_care": value.customer_care.map(|care| json!({
                "state": care.state, "opened_at": care.opened_at.map(time), "closes_at": care.closes_at.map(time),
                "source": care.source, "reason": care.reason,
            })),
            "free_entry_point": value.free_entry_point.map(|entry| json!({
                "state": entry.state, "reason": entry.reason, "clicked_at": entry.clicked_at.map(time),
                "by_post": entry.by_post.then_some(true), "reply_by": entry.reply_by.map(time),
                "opened_at": entry.opened_at.map(time), "closes_at": entry.closes_at.map(time), "source": entry.source,
                "may_last_until": entry.may_last_until.map(time),
            })),
            "human_agent": value.human_agent.map(grace), "private_reply": value.private_reply.map(grace),
            "marketing_stopped_at": value.marketing_stopped_at.map(time), "position": value.position,
        }))
    }

    #[test]
    fn protobuf_says_what_json_says() {
        let views = Views::of(
            "1.10:00 p1 in m1 ad=A clid=x name=Rita; 1.10:01 p1 out m5 via=api; 1.10:02 p1 transfer agent=ana to=ana team=sales
             2.11:00 p2 out m2 campaign=c1; 2.12:00 p2 in m3 quote=m2; 5.10:00 p3 in m4 tag=promo",
        );
        let version = Position::new(3, 42);
        let mut campaigns = 0;
        for id in views.conversations().unwrap() {
            let snapshot = views.read(id).unwrap().unwrap();
            let touches = &snapshot.timeline[..];
            let json = |topic| -> Value {
                serde_json::from_slice(&crate::value::json::write(topic, &snapshot, touches, version)).unwrap()
            };
            let bytes = |topic| write(topic, &snapshot, touches, version);

            let queue = of_queue(proto::QueueValue::decode(&bytes(Projected::Queue)[..]).unwrap());
            assert_eq!(queue, json(Projected::Queue));
            let windows = proto::WindowsValue::decode(&bytes(Projected::Windows)[..]).unwrap();
            assert_eq!(of_windows(windows), json(Projected::Windows));
            campaigns += usize::from(queue["origin"].get("campaign").is_some());

            let value = proto::TouchesValue::decode(&bytes(Projected::Touches)[..]).unwrap();
            let expected: Vec<proto::Touch> = touches.iter().map(|touch| Touch::of(touch).into()).collect();
            assert_eq!(value.touches, expected);
            let mut rest = json(Projected::Touches);
            rest.as_object_mut().unwrap().remove("touches");
            let channel = value.channel.unwrap();
            let told = json!({
                "conversation": value.conversation, "account": value.account, "touches_count": value.touches_count,
                "channel": {"kind": channel.kind, "id": channel.id}, "position": value.position,
            });
            assert_eq!(told, rest);

            let conversation = proto::Conversation::decode(&bytes(Projected::Conversations)[..]).unwrap();
            assert_eq!(conversation.origins, expected);
            assert_eq!(
                (conversation.id, conversation.position),
                (id.to_string(), "3:42".to_owned())
            );
        }
        assert_eq!(campaigns, 1);
    }
}
