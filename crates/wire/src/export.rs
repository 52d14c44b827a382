//! The export of tickets, a row each: CSV for spreadsheets, NDJSON for programs.

use csv::{Terminator, WriterBuilder};
use origem_domain::time::Timestamp;
use origem_domain::touch::{Entry, Touch};
use origem_engine::query::TouchView;
use origem_engine::query::report::{self, Exported, Opening};
use serde::Serialize;

use crate::cell::harmless;
use crate::json::{Channel, Ticket};

/// The columns of the CSV.
pub const COLUMNS: &[&str] = &[
    "ticket_id",
    "conversation_id",
    "channel",
    "status",
    "opened_at",
    "opened_by",
    "first_response_at",
    "closed_at",
    "won_at",
    "team",
    "agent",
    "closed_by",
    "classification",
    "stage",
    "value",
    "currency",
    "origin",
    "platform",
    "via",
    "campaign_id",
    "ad_id",
    "link",
    "hashtag",
    "ctwa_clid",
    "confidence",
    "rule",
    "touched_at",
    "position",
    "message_id",
    "all_origins",
];

/// A line of the NDJSON.
#[derive(Serialize)]
struct Line {
    conversation_id: String,
    channel: Channel,
    #[serde(skip_serializing_if = "Option::is_none")]
    won_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    #[serde(flatten)]
    ticket: Ticket,
}

/// Tickets as lines of JSON, each with its origins.
///
/// # Errors
/// Those of the format.
pub fn ndjson(tickets: &[Exported]) -> Result<Vec<u8>, serde_json::Error> {
    let mut lines = Vec::new();
    for exported in tickets {
        let line = Line {
            conversation_id: exported.conversation.to_string(),
            channel: Channel::of(&exported.channel),
            won_at: exported.won_at,
            stage: exported.view.ticket.stage.as_ref().map(|(_, stage)| stage.clone()),
            ticket: Ticket::of(&exported.view),
        };
        serde_json::to_writer(&mut lines, &line)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Tickets as lines of CSV; `with_header` for the first of them. The columns of an origin are those of the one that opened the
/// ticket, as reports tell it apart; all origins of the ticket are in the last column.
///
/// # Errors
/// Those of the format.
pub fn csv(tickets: &[Exported], with_header: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    if with_header {
        writer.write_record(COLUMNS)?;
    }
    for exported in tickets {
        let cells = cells(exported);
        writer.write_record(cells.iter().map(|text| harmless(text).into_owned()))?;
    }
    writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))
}

fn cells(exported: &Exported) -> Vec<String> {
    let ticket = &exported.view.ticket;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let mut cells = vec![
        ticket.id.to_string(),
        exported.conversation.to_string(),
        exported.channel.to_string(),
        ticket.status().name().to_owned(),
        ticket.opened_at.to_string(),
        ticket.opened_by.name().to_owned(),
        time(ticket.first_response_at),
        time(ticket.closed_at),
        time(exported.won_at),
        text(&ticket.team),
        text(&ticket.assignee),
        text(&ticket.closed_by),
        text(&ticket.classification),
        ticket
            .stage
            .as_ref()
            .map(|(_, stage)| stage.clone())
            .unwrap_or_default(),
        ticket.value.map(|value| value.decimal()).unwrap_or_default(),
        text(&ticket.currency),
    ];
    match &exported.opening {
        Some(opening) => cells.extend(opened_by(opening)),
        None => cells.extend(std::iter::repeat_n(String::new(), 13)),
    }
    let all: Vec<String> = exported.view.origins.iter().map(in_words).collect();
    cells.push(all.join(" | "));
    cells
}

/// The touch that opened a ticket, told apart as in reports.
fn opened_by(opening: &Opening) -> [String; 13] {
    let report::Origin {
        kind,
        platform,
        campaign,
        ad,
        link,
        hashtag,
        unknown_code: _, // the rule says it
    } = opening.origin.clone();
    let [_, _, via, _, _, _, _, clid, confidence, rule, at, position, message] = origin(&opening.touch);
    let text = Option::unwrap_or_default;
    [
        kind.map(|kind| kind.name().to_owned()).unwrap_or_default(),
        platform.map(|platform| platform.name().to_owned()).unwrap_or_default(),
        via,
        text(campaign),
        text(ad),
        text(link),
        text(hashtag),
        clid,
        confidence,
        rule,
        at,
        position,
        message,
    ]
}

fn origin(view: &TouchView) -> [String; 13] {
    let Touch {
        at, origin, position, ..
    } = &view.touch;
    let ad = origin.ad.as_deref();
    let entry = |pick: fn(&Entry) -> Option<&String>| origin.entry.as_ref().and_then(pick).cloned().unwrap_or_default();
    [
        origin.kind.name().to_owned(),
        origin
            .platform
            .map(|platform| platform.name().to_owned())
            .unwrap_or_default(),
        origin.via.clone().unwrap_or_default(),
        origin.campaign_id.clone().unwrap_or_default(),
        ad.and_then(|ad| ad.id.clone()).unwrap_or_default(),
        entry(|entry| match entry {
            Entry::Link(link) => Some(link),
            _ => None,
        }),
        entry(|entry| match entry {
            Entry::Hashtag(hashtag) => Some(hashtag),
            _ => None,
        }),
        ad.and_then(|ad| ad.ctwa_clid.clone()).unwrap_or_default(),
        origin.confidence.name().to_owned(),
        origin.rule.name().to_owned(),
        at.to_string(),
        position.to_string(),
        view.message_id.clone().unwrap_or_default(),
    ]
}

/// An origin with its proof in one text: `ad instagram 1202 at 2026-10-01T10:00:00Z, certain by ad_referral/1, 0:41 wamid.A`.
fn in_words(view: &TouchView) -> String {
    let [
        kind,
        platform,
        via,
        campaign,
        ad,
        link,
        hashtag,
        _,
        confidence,
        rule,
        at,
        position,
        message,
    ] = origin(view);
    let what = [kind, platform, via, campaign, ad, link, hashtag];
    let what: Vec<String> = what.into_iter().filter(|text| !text.is_empty()).collect();
    let proof = format!("{position} {message}");
    format!(
        "{} at {at}, {confidence} by {rule}, {}",
        what.join(" "),
        proof.trim_end()
    )
}
