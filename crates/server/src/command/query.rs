//! `origem query`: the views, through the same routes as the API: in this process on a data directory, or on a server.

mod hint;
mod windows;

use std::io::{IsTerminal as _, Write as _};

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use crate::api::Api;
use crate::args::{Format, Query, View};
use crate::command::printable::printable;
use crate::failure::Failure;

/// How far ahead `expiring` looks unless told.
const WITHIN: &str = "1h";

/// Prints a view.
pub fn run(args: &Query) -> Result<(), Failure> {
    let is_of_all = matches!(
        args.view,
        View::Conversations | View::Queue | View::Expiring | View::Campaigns | View::Anomalies | View::Fingerprint
    );
    if !is_of_all && args.id.is_none() && args.contact.is_none() {
        return Err(Failure::usage("name the conversation by its id or with --contact"));
    }
    if is_of_all && (args.position.is_some() || args.at.is_some() && args.view != View::Queue) {
        return Err(Failure::usage(
            "of the past there are single conversations (--at, --position) and the queue (--at)",
        ));
    }
    let api = Api::at(args.url.as_deref(), &args.settings)?;
    let answer = ask(args, &api);
    api.close()?;
    let answer = answer?;
    let format = args.format.unwrap_or(if std::io::stdout().is_terminal() {
        Format::Table
    } else {
        Format::Json
    });
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{answer}")?,
        Format::Table if args.view == View::SendOptions => {
            writeln!(out, "{}", table(columns(args.view), &answer))?;
            for advice in ["/windows/advice/en", "/windows/advice/pt-BR"] {
                writeln!(
                    out,
                    "{}",
                    answer.pointer(advice).and_then(Value::as_str).unwrap_or_default()
                )?;
            }
        }
        Format::Table if args.view == View::Windows => writeln!(out, "{}", windows::lines(&answer))?,
        Format::Table => writeln!(out, "{}", table(columns(args.view), &answer))?,
    }
    // Beside the result, which stays what it is for whoever reads it by a program.
    if let (Format::Table, Some(hint)) = (format, hint::hint(args.view, args.within.as_deref(), &answer)) {
        writeln!(std::io::stderr(), "{hint}")?;
    }
    Ok(())
}

fn ask(args: &Query, api: &Api) -> Result<Value, Failure> {
    let at = args.at.iter().map(|at| format!("at={}", encode(at)));
    let position = args
        .position
        .iter()
        .map(|position| format!("position={}", encode(position)));
    let filters: Vec<String> = args
        .filters
        .iter()
        .map(|filter| encode_pair(filter))
        .chain(at)
        .chain(position)
        .collect();
    let query = |separator: &str| {
        if filters.is_empty() {
            String::new()
        } else {
            format!("{separator}{}", filters.join("&"))
        }
    };
    let part = match args.view {
        View::Conversations => {
            let channel = args
                .channel
                .iter()
                .map(|channel| format!("channel={}", encode(channel)));
            let contact = args
                .contact
                .iter()
                .map(|contact| format!("contact={}", encode(contact)));
            let all: Vec<String> = filters.iter().cloned().chain(channel).chain(contact).collect();
            return api.get(&format!("/v1/conversations?{}", all.join("&")));
        }
        View::Expiring => {
            let within = args.within.as_deref().unwrap_or(WITHIN);
            return api.get(&format!(
                "/v1/conversations?expiring_within={}{}",
                encode(within),
                query("&")
            ));
        }
        View::SendOptions => {
            let Some(contact) = &args.contact else {
                return Err(Failure::usage("name whom to write to with --contact"));
            };
            let channel = args.channel.iter();
            let channel = channel.map(|channel| format!("&channel={}", encode(channel)));
            let more: String = channel
                .chain(filters.iter().map(|filter| format!("&{filter}")))
                .collect();
            return api.get(&format!("/v1/send-options?contact={}{more}", encode(contact)));
        }
        View::Anomalies => return api.get(&format!("/v1/anomalies{}", query("?"))),
        View::Fingerprint => return api.get("/v1/fingerprint"),
        View::Queue => return api.get(&format!("/v1/queue{}", query("?"))),
        View::Campaigns => return api.get(&format!("/v1/reports/origins?group_by=campaign{}", query("&"))),
        View::Conversation => "",
        View::Timeline => "/timeline",
        View::Tickets => "/tickets",
        View::Thread => "/thread",
        View::Windows => "/windows",
    };
    let id = match (&args.id, &args.contact) {
        (Some(id), _) => id.clone(),
        (None, Some(contact)) => find(api, contact, args.channel.as_deref())?,
        (None, None) => return Err(Failure::usage("no conversation is named")),
    };
    api.get(&format!("/v1/conversations/{}{part}{}", encode(&id), query("?")))
}

/// The id of the conversation of a contact.
pub fn find(api: &Api, contact: &str, channel: Option<&str>) -> Result<String, Failure> {
    let channel = channel
        .map(|channel| format!("&channel={}", encode(channel)))
        .unwrap_or_default();
    let page = api.get(&format!("/v1/conversations?contact={}{channel}", encode(contact)))?;
    let id = page["items"][0]["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| format!("no conversation of contact {contact} (not_found)").into())
}

fn encode_pair(filter: &str) -> String {
    let (name, value) = filter.split_once('=').unwrap_or((filter, ""));
    format!("{}={}", encode(name), encode(value))
}

/// A text as a part of a path or query.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// Columns of a view: a heading and where the value is.
fn columns(view: View) -> &'static [(&'static str, &'static [&'static str])] {
    match view {
        View::Conversations | View::Conversation => &[
            ("conversation", &["/id"]),
            ("channel", &["/channel/kind"]),
            ("contact", &["/contact/name", "/contact/phone"]),
            ("phone", &["/contact/phone"]),
            ("origin", &["/origin/label"]),
            ("entry", &["/origin/entry/value", "/origin/campaign/id"]),
            ("status", &["/ticket/status"]),
            ("assignee", &["/ticket/assignee"]),
            ("unread", &["/unread"]),
            ("last message", &["/last_message_at"]),
        ],
        View::Queue => &[
            ("as of", &["/as_of"]),
            ("new", &["/counts/new"]),
            ("unanswered", &["/counts/unanswered"]),
            ("awaiting customer", &["/counts/awaiting_customer"]),
            ("finished", &["/counts/finished"]),
        ],
        View::Campaigns => &[
            ("campaign", &["/campaign/name", "/campaign/id"]),
            ("id", &["/campaign/id"]),
            ("opened", &["/opened"]),
            ("answered", &["/answered"]),
            ("finished", &["/finished"]),
            ("won", &["/won"]),
            ("revenue", &["/revenue"]),
        ],
        View::Timeline => &[
            ("at", &["/at"]),
            ("kind", &["/kind"]),
            ("platform", &["/platform"]),
            ("via", &["/via"]),
            ("label", &["/label"]),
            ("entry", &["/entry/value", "/campaign/id"]),
            ("confidence", &["/confidence"]),
            ("rule", &["/rule"]),
            ("evidence", &["/evidence/position"]),
            ("ticket", &["/ticket_id"]),
        ],
        View::Tickets => &[
            ("ticket", &["/id"]),
            ("status", &["/status"]),
            ("opened", &["/opened_at"]),
            ("closed", &["/closed_at"]),
            ("assignee", &["/assignee"]),
            ("classification", &["/classification"]),
            ("value", &["/value"]),
            ("first origin", &["/origins/0/label"]),
            ("second origin", &["/origins/1/label"]),
        ],
        View::Thread => &[
            ("at", &["/at"]),
            ("kind", &["/kind"]),
            ("direction", &["/direction"]),
            ("type", &["/type"]),
            ("text", &["/text", "/touch/label"]),
            ("agent", &["/agent"]),
        ],
        // They have a table of their own.
        View::Windows => &[],
        View::Expiring => &[
            ("conversation", &["/id"]),
            ("contact", &["/contact/name", "/contact/phone"]),
            ("closes next", &["/windows/closes_next/at"]),
            ("what", &["/windows/closes_next/what"]),
            ("status", &["/ticket/status"]),
            ("assignee", &["/ticket/assignee"]),
            ("last message", &["/last_message_at"]),
        ],
        View::SendOptions => &[
            ("send as", &["/way"]),
            ("template", &["/template/name"]),
            ("language", &["/template/language"]),
            ("charge", &["/charge"]),
            ("price", &["/price/amount", "/price_if_charged/amount"]),
            ("currency", &["/price/currency", "/price_if_charged/currency"]),
            ("sure", &["/confidence"]),
            ("why", &["/no_price", "/basis"]),
            ("text", &["/template/body"]),
        ],
        View::Anomalies => &[
            ("position", &["/position"]),
            ("at", &["/at"]),
            ("reason", &["/reason"]),
            ("kind", &["/kind"]),
            ("detail", &["/detail"]),
            ("conversation", &["/conversation"]),
        ],
        View::Fingerprint => &[
            ("conversations", &["/conversations"]),
            ("fingerprint", &["/fingerprint"]),
        ],
    }
}

/// An answer as a table: one row an item, or one row of the whole.
pub fn table(columns: &[(&str, &[&str])], answer: &Value) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    let single = std::slice::from_ref(answer);
    let rows = answer["items"].as_array().map_or(single, Vec::as_slice);
    for row in rows {
        table.add_row(columns.iter().map(|(_, places)| {
            let value = places
                .iter()
                .find_map(|place| row.pointer(place))
                .unwrap_or(&Value::Null);
            match value {
                Value::Null => String::new(),
                Value::String(text) => printable(text),
                other => printable(&other.to_string()),
            }
        }));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_percent_encoded() {
        assert_eq!(encode_pair("q=João 1&2"), "q=Jo%C3%A3o%201%262");
    }
}
