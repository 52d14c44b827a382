//! The rows that peers are compared with, from what Origem knows of a conversation.

use origem_domain::event::ChannelKind;
use origem_domain::ticket::TicketStatus;
use origem_domain::time::Timestamp;
use origem_domain::touch::{Entry, Touch};
use origem_domain::windows::{Context, Sessions};
use origem_domain::zone::Zone;
use origem_engine::Engine;
use origem_engine::query::Conversation;
use origem_testkit::traffic::Line;

use crate::exchange::{Rows, conversations_of, told};

/// Before and after everything: what is told at the first is the last window, at the second the last click.
const FIRST: Timestamp = Timestamp::from_seconds(0);
const LAST: Timestamp = Timestamp::from_seconds(4_000_000_000);

/// The rows of all conversations, in order.
pub fn all(engine: &Engine, lines: &[Line]) -> Vec<Rows> {
    let row = |key: &str| {
        let id = engine.find(key, None).unwrap();
        of(key, &engine.conversation(id).unwrap())
    };
    conversations_of(lines).into_iter().map(row).collect()
}

/// The rows of one conversation.
pub fn of(key: &str, conversation: &Conversation) -> Rows {
    let card = &conversation.card;
    let state = &card.state;
    let at = |at: Option<Timestamp>| told(at.map(Timestamp::micros));
    let text = card.last_message.as_ref().and_then(|message| message.text.clone());
    let conversation = format!(
        "{key},{},{},{},{},{},{},{}",
        told(card.shown_name()),
        at(state.first_activity_at),
        at(state.last_message_at),
        at(state.last_inbound_at),
        at(state.last_outbound_at),
        state.unread,
        told(text),
    );
    let touch = |touch: &Touch| {
        let origin = &touch.origin;
        let (touches, kind, rule) = (state.touches, origin.kind.name(), origin.rule.name());
        format!("{key},{touches},{kind},{},{rule},{}", touch.at.micros(), entry(touch))
    };
    let queue = state.ticket.as_ref().map(|ticket| {
        let status: TicketStatus = ticket.status();
        let (assignee, opened) = (told(ticket.assignee.as_ref()), ticket.opened_at.micros());
        format!(
            "{key},{},{assignee},{opened},{}",
            status.name(),
            at(state.waiting_since())
        )
    });
    [
        Some(conversation),
        state.landmarks.current().map(touch),
        windows(key, &state.windows),
        queue,
    ]
}

fn entry(touch: &Touch) -> String {
    match &touch.origin.entry {
        Some(Entry::Ad(value) | Entry::Post(value) | Entry::Link(value) | Entry::Hashtag(value)) => value.clone(),
        None => told(touch.origin.campaign_id.as_ref()),
    }
}

fn windows(key: &str, sessions: &Sessions) -> Option<String> {
    let context = Context {
        channel: ChannelKind::Whatsapp,
        provider: None,
        group: false,
        zone: Zone::UTC,
        service_delivered_this_month: None,
    };
    let [first, last] = [FIRST, LAST].map(|now| sessions.at(now, &context));
    let care_until = first.customer_care?.closes_at?;
    let window = first.free_entry_point.filter(|entry| entry.opened_at.is_some());
    let click = last.free_entry_point.filter(|entry| entry.opened_at.is_none());
    let at = |at: Option<Timestamp>| told(at.map(Timestamp::micros));
    let [reply_by, opened_at, until] = [
        click.and_then(|click| click.reply_by),
        window.and_then(|window| window.opened_at),
        window.and_then(|window| window.closes_at),
    ]
    .map(at);
    Some(format!("{key},{},{reply_by},{opened_at},{until}", care_until.micros()))
}
