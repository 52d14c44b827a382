//! The words for what differs. Nothing personal: of names, numbers and texts only that they are there.

use std::collections::BTreeSet;

use origem_domain::event::Direction;
use origem_domain::fact::SortKey;
use origem_domain::key::AliasKey;
use origem_domain::ticket::Ticket;
use origem_domain::time::Timestamp;
use origem_domain::touch::{Entry, Origin};
use origem_domain::windows::{Context, Windows};
use origem_domain::zone::Zone;
use origem_views::card::{Card, Seen};

use crate::query::{ThreadRow, TouchView};

/// An origin, such as `ad/instagram 1202`.
pub(super) fn origin(origin: &Origin) -> String {
    let mut text = origin.kind.name().to_owned();
    if let Some(platform) = origin.platform {
        text = format!("{text}/{}", platform.name());
    }
    if let Some(via) = &origin.via {
        text = format!("{text} via {via}");
    }
    match &origin.entry {
        Some(Entry::Hashtag(hashtag)) => text = format!("{text} #{hashtag}"),
        Some(Entry::Ad(value) | Entry::Post(value) | Entry::Link(value)) => text = format!("{text} {value}"),
        None => {}
    }
    if let Some(campaign) = &origin.campaign_id {
        text = format!("{text} campaign {campaign}");
    }
    match &origin.recognised_by {
        Some(rule) => format!("{text} by {rule}"),
        None => text,
    }
}

/// A touch in both, or in one of them: as much as it takes to tell them apart.
pub(super) fn touches(old: Option<&TouchView>, new: Option<&TouchView>) -> (String, String) {
    let brief = |view: &TouchView| origin(&view.touch.origin);
    let with_ticket = |view: &TouchView| match view.ticket {
        Some(ticket) => format!("{} in {ticket}", brief(view)),
        None => format!("{} in no ticket", brief(view)),
    };
    let whole = |view: &TouchView| {
        let Origin {
            ad, click, confidence, ..
        } = &view.touch.origin;
        let parts = [
            ad.as_ref().map(|_| "details of the ad"),
            click.as_ref().map(|_| "a click"),
            view.message_id.as_ref().map(|_| "a message"),
        ];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        let also: Vec<String> = view.touch.also.iter().map(origin).collect();
        format!(
            "{} ({}; with {}; also {})",
            with_ticket(view),
            confidence.name(),
            listed(&parts),
            listed(&also)
        )
    };
    let told =
        |text: &dyn Fn(&TouchView) -> String| (old.map(text).unwrap_or_default(), new.map(text).unwrap_or_default());
    let [first, second, last] = [told(&brief), told(&with_ticket), told(&whole)];
    [first, second]
        .into_iter()
        .find(|(old, new)| old != new)
        .unwrap_or(last)
}

fn listed<T: AsRef<str>>(parts: &[T]) -> String {
    if parts.is_empty() {
        return "nothing".to_owned();
    }
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    parts.join(", ")
}

/// A place in the queue, such as `unanswered, agent ana, team sales`.
pub(super) fn status(ticket: &Ticket) -> String {
    joined(
        ticket.status().name(),
        [
            ticket.assignee.as_ref().map(|agent| format!("agent {agent}")),
            ticket.team.as_ref().map(|team| format!("team {team}")),
        ],
    )
}

/// A ticket.
pub(super) fn ticket(ticket: &Ticket) -> String {
    joined(
        &status(ticket),
        [
            Some(format!("opened {}", ticket.opened_at)),
            ticket.first_response_at.map(|at| format!("answered {at}")),
            ticket.closed_at.map(|at| format!("finished {at}")),
            ticket.classification.as_ref().map(|code| format!("as {code}")),
            ticket.value.as_ref().map(|_| "with a value".to_owned()),
            Some(format!("revision {}", ticket.revision)),
            Some(format!("{} touches from before it", ticket.adopts.len())).filter(|_| !ticket.adopts.is_empty()),
        ],
    )
}

fn joined<const N: usize>(first: &str, others: [Option<String>; N]) -> String {
    let others = others.into_iter().flatten();
    std::iter::once(first.to_owned())
        .chain(others)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Session windows of both at one instant, that of the last activity: no clock is read. Beside them the word of the customer that
/// they begin at.
pub(super) fn windows(old: &Card, new: &Card) -> ((String, String), Option<Timestamp>) {
    let at = old
        .state
        .last_activity_at
        .max(new.state.last_activity_at)
        .unwrap_or_default();
    let told = |card: &Card| {
        let context = Context {
            channel: card.channel.kind,
            provider: card.provider.as_ref().map(|seen| seen.value.as_str()),
            group: card.group,
            zone: Zone::UTC,
            service_delivered_this_month: None,
        };
        card.state.windows.at(at, &context)
    };
    let (old, new) = (told(old), told(new));
    let begins = |windows: &Windows| windows.customer_care.and_then(|care| care.opened_at);
    let texts = (windows_text(&old), windows_text(&new));
    let texts = if texts.0 == texts.1 {
        (
            format!("{}; other reports", texts.0),
            format!("{}; other reports", texts.1),
        )
    } else {
        texts
    };
    (texts, begins(&new).or(begins(&old)))
}

fn windows_text(windows: &Windows) -> String {
    let instant = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    let care = windows.customer_care.map(|care| {
        let (from, to) = (instant(care.opened_at), instant(care.closes_at));
        format!("customer care {from} to {to}")
    });
    let entry = windows.free_entry_point.map(|entry| {
        let until = instant(entry.closes_at.or(entry.reply_by));
        format!("free entry point {} until {until}", entry.state.name())
    });
    let stopped = windows
        .marketing_stopped_at
        .map(|at| format!("no marketing since {at}"));
    let reply = windows
        .private_reply
        .map(|grace| format!("private reply until {}", grace.closes_at));
    let told: Vec<String> = [care, entry, stopped, reply].into_iter().flatten().collect();
    if told.is_empty() {
        "none".to_owned()
    } else {
        told.join("; ")
    }
}

/// What differs between two cards.
pub(super) fn card(old: &Card, new: &Card) -> (String, String) {
    let told: Vec<(String, String)> = fields(old)
        .into_iter()
        .zip(fields(new))
        .filter(|(old, new)| old != new)
        .collect();
    let (old, new): (Vec<String>, Vec<String>) = told.into_iter().unzip();
    if old.is_empty() {
        let other = "another name or contact data";
        return (other.to_owned(), other.to_owned());
    }
    (old.join(", "), new.join(", "))
}

fn fields(card: &Card) -> Vec<String> {
    let state = &card.state;
    let instant = |name: &str, at: Option<Timestamp>| match at {
        Some(at) => format!("{name} {at}"),
        None => format!("no {name}"),
    };
    let seen = |name: &str, seen: &Option<Seen>| instant(&format!("{name} of"), seen.as_ref().map(|seen| seen.at));
    let text = |name: &str, value: &Option<String>| match value {
        Some(value) => format!("{name} {value}"),
        None => format!("no {name}"),
    };
    vec![
        format!("account {}", card.account),
        format!("channel {}:{}", card.channel.kind.name(), card.channel.id),
        format!("group {}", card.group),
        instant("last message", state.last_message_at),
        instant("last message of the customer", state.last_inbound_at),
        instant("last message of ours", state.last_outbound_at),
        instant("last activity", state.last_activity_at),
        format!("unread {}", state.unread),
        format!("touches {}", state.touches),
        text("stage", &state.stage),
        text("lead", &state.lead),
        instant("history until", state.imported_until),
        seen("name", &card.name),
        seen("user name", &card.username),
        seen("provider", &card.provider),
        seen("edited name", &card.edited.name),
        seen("edited phone", &card.edited.phone),
        seen("edited e-mail", &card.edited.email),
    ]
}

/// The place of a row of a thread.
pub(super) fn place(row: &ThreadRow) -> SortKey {
    match row {
        ThreadRow::Message { key, .. } | ThreadRow::Event { key, .. } => *key,
        ThreadRow::Touch(view) => view.touch.fact,
    }
}

/// A row of a thread.
pub(super) fn row(row: &ThreadRow) -> String {
    match row {
        ThreadRow::Message {
            direction,
            kind,
            text,
            edited,
            revoked,
            ..
        } => joined(
            match direction {
                Direction::In => "message of the customer",
                Direction::Out => "message of ours",
            },
            [
                Some(kind.clone()),
                text.as_ref().map(|text| format!("{} characters", text.chars().count())),
                edited.then(|| "edited".to_owned()),
                revoked.then(|| "deleted".to_owned()),
            ],
        ),
        ThreadRow::Event { kind, voided, .. } => joined(kind, [voided.then(|| "without effect".to_owned())]),
        ThreadRow::Touch(view) => origin(&view.touch.origin),
    }
}

/// Names that somebody is known by: how many of which kind.
pub(super) fn names(names: &BTreeSet<(AliasKey, String)>) -> String {
    let kinds: BTreeSet<&str> = names.iter().map(|(key, _)| key.kind.name()).collect();
    let told: Vec<String> = kinds
        .into_iter()
        .map(|kind| {
            let count = names.iter().filter(|(key, _)| key.kind.name() == kind).count();
            format!("{count} {kind}")
        })
        .collect();
    listed(&told)
}
