//! WhatsApp Cloud API: statuses of our messages.

use origem_domain::time::Timestamp;

use super::seconds;
use crate::business::people::Person;
use crate::json::object;
use crate::pricing::{Price, Session};
use crate::rng::mix;

/// How far a message of ours came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Sent,
    Delivered,
    Read,
    Failed(&'static Failure),
}

/// Why a message failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    code: i64,
    title: &'static str,
    details: &'static str,
}

/// The customer service window is closed.
pub(crate) static CLOSED: Failure = Failure {
    code: 131_047,
    title: "Re-engagement message",
    details: "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
};
/// The message cannot be delivered.
pub(crate) static UNDELIVERABLE: Failure = Failure {
    code: 131_026,
    title: "Message undeliverable",
    details: "Message Undeliverable.",
};
/// Held back to keep the customer from getting too much marketing.
pub(crate) static HELD_BACK: Failure = Failure {
    code: 131_049,
    title: "This message was not delivered to maintain healthy ecosystem engagement.",
    details: "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
};
/// The customer stopped marketing.
pub(crate) static STOPPED: Failure = Failure {
    code: 131_050,
    title: "User has stopped marketing messages",
    details: "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages from your business.",
};

/// What a status tells besides its state.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Report<'a> {
    /// What the sender asked to be told back.
    pub callback: Option<&'a str>,
    /// The price, where this status tells it.
    pub price: Option<Price>,
    /// The free entry point session it belongs to, where this status tells it.
    pub session: Option<Session>,
    /// The group it was sent to.
    pub group: Option<&'a str>,
}

/// An element of `statuses[]`.
pub(crate) fn status(person: &Person, id: &str, at: Timestamp, state: State, report: Report<'_>) -> Vec<u8> {
    object(|json| {
        json.text("id", id)
            .text("status", name(state))
            .digits("timestamp", seconds(at));
        if let Some(group) = report.group {
            json.text("recipient_id", group).text("recipient_type", "group");
            json.maybe("recipient_participant_id", person.shown_phone());
            json.maybe("recipient_participant_user_id", person.shown_bsuid());
        } else {
            json.maybe("recipient_id", person.shown_phone());
            let sent_to_phone = person.shown_phone().is_some() && matches!(state, State::Failed(_));
            json.maybe("recipient_user_id", person.shown_bsuid().filter(|_| !sent_to_phone));
        }
        json.maybe("biz_opaque_callback_data", report.callback);
        if let Some(session) = report.session {
            json.object("conversation", |json| {
                json.text("id", &format!("{:016x}{:016x}", mix(session.id), session.id));
                if state == State::Sent {
                    json.digits("expiration_timestamp", seconds(session.ends_at));
                }
                json.object("origin", |json| _ = json.text("type", "referral_conversion"));
            });
        }
        if let Some(price) = report.price {
            json.object("pricing", |json| {
                json.flag("billable", price.billable).text("pricing_model", "PMP");
                json.text("category", price.category).text("type", price.kind);
            });
        }
        if let State::Failed(failure) = state {
            json.array("errors", |json| {
                json.item(|json| {
                    json.number("code", failure.code)
                        .text("title", failure.title)
                        .text("message", failure.title);
                    json.object("error_data", |json| _ = json.text("details", failure.details));
                    json.text(
                        "href",
                        "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
                    );
                });
            });
        }
    })
}

const fn name(state: State) -> &'static str {
    match state {
        State::Sent => "sent",
        State::Delivered => "delivered",
        State::Read => "read",
        State::Failed(_) => "failed",
    }
}
