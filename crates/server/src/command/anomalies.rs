//! `origem anomalies`: what could not be understood or applied, with its bytes, through the same routes as the API.

use std::io::{IsTerminal as _, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use comfy_table::{Table, presets};
use origem_channels::Source;
use origem_domain::position::Position;
use serde_json::{Value, json};

use crate::api::Api;
use crate::args::{Anomalies, AnomaliesAction, Format, Which};
use crate::command::printable::printable;
use crate::command::query::{encode, table};
use crate::failure::Failure;

/// Items asked for at once.
const PAGE: u32 = 200;

/// Columns of a list: a heading and where the value is.
const COLUMNS: &[(&str, &[&str])] = &[
    ("position", &["/position"]),
    ("received", &["/received_at"]),
    ("reason", &["/reason"]),
    ("kind", &["/kind"]),
    ("channel", &["/channel/kind"]),
    ("detail", &["/detail"]),
    ("conversation", &["/conversation"]),
];

/// Carries out the action.
pub fn run(args: &Anomalies) -> Result<(), Failure> {
    let api = Api::at(args.place.url.as_deref(), &args.place.settings.shared())?;
    let printed = print(args, &api);
    api.close()?;
    printed
}

fn print(args: &Anomalies, api: &Api) -> Result<(), Failure> {
    let usual = Format::usual(std::io::stdout().is_terminal());
    let format = args.place.format.unwrap_or(usual);
    let mut out = std::io::stdout().lock();
    match &args.action {
        AnomaliesAction::List { which, limit } => {
            let (items, next) = list(api, which, *limit)?;
            let mut answer = json!({ "items": items });
            if let Some(next) = next {
                answer["next"] = next;
            }
            match format {
                Format::Json => writeln!(out, "{answer}")?,
                Format::Table => writeln!(out, "{}", table(COLUMNS, &answer))?,
            }
        }
        AnomaliesAction::Show { position } => {
            let case = api.get(&path_of(position))?;
            match format {
                Format::Json => writeln!(out, "{case}")?,
                Format::Table => show(&case, &mut out)?,
            }
        }
        AnomaliesAction::Export { which, raw: false, .. } => {
            for position in positions(api, which) {
                writeln!(out, "{}", api.get(&path_of(&position?))?)?;
            }
        }
        AnomaliesAction::Export { which, source, .. } => export_raw(api, which, (*source).into(), &mut out)?,
        AnomaliesAction::Count { account } => {
            let account = account.as_ref().map(|account| format!("?account={}", encode(account)));
            let counts = api.get(&format!("/v1/anomalies/counts{}", account.unwrap_or_default()))?;
            match format {
                Format::Json => writeln!(out, "{counts}")?,
                Format::Table => writeln!(out, "{}", counted(&counts))?,
            }
        }
    }
    Ok(())
}

fn path_of(position: &str) -> String {
    format!("/v1/anomalies/{}", encode(position))
}

/// A filter as the query of a route.
fn query(which: &Which) -> String {
    let told = [
        ("reason", &which.reason),
        ("kind", &which.kind),
        ("account", &which.account),
        ("channel", &which.channel),
        ("conversation", &which.conversation),
        ("since", &which.since),
        ("until", &which.until),
    ];
    let pairs = told
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)));
    pairs
        .map(|(name, value)| format!("&{name}={}", encode(value)))
        .collect()
}

/// Up to `limit` anomalies and a little more where one event has several, and where the list goes on.
fn list(api: &Api, which: &Which, limit: u32) -> Result<(Vec<Value>, Option<Value>), Failure> {
    let filter = query(which);
    let (mut items, mut next) = (Vec::new(), None::<Value>);
    loop {
        let left = usize::try_from(limit)?.saturating_sub(items.len());
        let cursor = next
            .as_ref()
            .and_then(Value::as_str)
            .map(|next| format!("&cursor={}", encode(next)));
        let size = left.min(usize::try_from(PAGE)?);
        let mut page = api.get(&format!(
            "/v1/anomalies?limit={size}{filter}{}",
            cursor.unwrap_or_default()
        ))?;
        if let Some(found) = page["items"].as_array_mut() {
            items.append(found);
        }
        next = page.get("next").cloned();
        if next.is_none() || items.len() >= usize::try_from(limit)? {
            return Ok((items, next));
        }
    }
}

/// Positions of every event that fits, the latest first, each once, a page after the other as they are asked for.
fn positions<'a>(api: &'a Api, which: &'a Which) -> impl Iterator<Item = Result<String, Failure>> + 'a {
    let filter = query(which);
    let mut page = std::collections::VecDeque::new();
    let (mut next, mut last, mut is_last) = (None::<String>, String::new(), false);
    std::iter::from_fn(move || {
        loop {
            if let Some(position) = page.pop_front() {
                // Those of one event stand next to each other.
                if position == last {
                    continue;
                }
                last.clone_from(&position);
                return Some(Ok(position));
            }
            if is_last {
                return None;
            }
            let cursor = next.as_ref().map(|next| format!("&cursor={}", encode(next)));
            let asked = format!("/v1/anomalies?limit={PAGE}{filter}{}", cursor.unwrap_or_default());
            let answer = match api.get(&asked) {
                Ok(answer) => answer,
                Err(failure) => {
                    is_last = true;
                    return Some(Err(failure));
                }
            };
            let items = answer["items"].as_array().into_iter().flatten();
            page.extend(items.filter_map(|item| item["position"].as_str().map(str::to_owned)));
            next = answer["next"].as_str().map(str::to_owned);
            is_last = next.is_none();
        }
    })
}

/// Prints the deliveries of a source, one a line, the oldest first, and says what it leaves out. Of a long list no more than the
/// positions is kept.
fn export_raw(api: &Api, which: &Which, source: Source, out: &mut impl Write) -> Result<(), Failure> {
    const NAMED: usize = 20;
    let parsed = |position: Result<String, Failure>| Ok(position?.parse::<Position>()?);
    let positions: Vec<Position> = positions(api, which).map(parsed).collect::<Result<_, Failure>>()?;
    let (mut named, mut left_out) = (Vec::new(), 0_usize);
    for position in positions.iter().rev() {
        match line_of(&api.get(&path_of(&position.to_string()))?, source) {
            Ok(line) => writeln!(out, "{line}")?,
            Err(why) => {
                left_out += 1;
                if named.len() < NAMED {
                    named.push(format!("{position} ({why})"));
                }
            }
        }
    }
    if left_out > 0 {
        let more = match left_out - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let advice = "`origem anomalies show POSITION` has each of them";
        drop(writeln!(
            std::io::stderr(),
            "left out: {}{more}; {advice}",
            named.join(", ")
        ));
    }
    Ok(())
}

/// The delivery of a case in one line; or why it is none of this source that fits on one.
fn line_of(case: &Value, source: Source) -> Result<String, String> {
    let wrote = case["source"].as_str().unwrap_or("nobody known");
    if wrote != source.name() {
        return Err(format!("written by {wrote}"));
    }
    let delivery = ["delivery", "raw"].iter().find_map(|name| case[name].as_str());
    let delivery = delivery.ok_or_else(|| match case.get("gone") {
        Some(_) => "the log has it no more".to_owned(),
        None => "not text".to_owned(),
    })?;
    // In JSON, line breaks stand between values only; anything else would be read as several deliveries, or not at all.
    match serde_json::from_str::<serde::de::IgnoredAny>(delivery) {
        Ok(_) => Ok(delivery.trim().replace(['\n', '\r'], " ")),
        Err(_) => Err("no JSON".to_owned()),
    }
}

/// All about one event, for a person.
fn show(case: &Value, out: &mut impl Write) -> std::io::Result<()> {
    for (name, value) in case.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("anomalies" | "event" | "raw" | "delivery", _) => {}
            (_, Value::String(text)) => writeln!(out, "{name}: {}", printable(text))?,
            (_, other) => writeln!(out, "{name}: {}", printable(&other.to_string()))?,
        }
    }
    let anomalies = json!({ "items": case["anomalies"] });
    writeln!(out, "{}", table(COLUMNS, &anomalies))?;
    if let Some(event) = case.get("event") {
        // JSON leaves some control characters as they are.
        writeln!(out, "event:\n{}", printable(&format!("{event:#}")))?;
    }
    for name in ["raw", "delivery"] {
        if let Some(text) = case[name].as_str() {
            writeln!(out, "{name}:\n{}", printable(text))?;
        }
    }
    for name in ["raw_base64", "delivery_base64", "record_base64"] {
        let bytes = case[name].as_str().and_then(|text| STANDARD.decode(text).ok());
        if let Some(bytes) = bytes {
            writeln!(out, "{}:\n{}", name.trim_end_matches("_base64"), bytes.escape_ascii())?;
        }
    }
    Ok(())
}

/// Counts as a table: reasons that there are, the most frequent first.
fn counted(counts: &Value) -> Table {
    let of = |(reason, count): (&String, &Value)| (reason.clone(), count.as_u64().unwrap_or_default());
    let mut reasons: Vec<(String, u64)> = counts["reasons"].as_object().into_iter().flatten().map(of).collect();
    reasons.retain(|(_, count)| *count > 0);
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        .set_header(["reason", "anomalies"]);
    for (reason, count) in reasons {
        table.add_row([reason, count.to_string()]);
    }
    table.add_row(["in all".to_owned(), counts["total"].to_string()]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_one_line_of_its_source_or_is_said_to_be_none() {
        for (case, line) in [
            (json!({"source": "meta", "raw": "{\"a\":1}"}), Ok("{\"a\":1}")),
            (
                json!({"source": "meta", "raw": "1", "delivery": "{\"in\":\n [1]}\n"}),
                Ok("{\"in\":  [1]}"),
            ),
            (json!({"source": "twilio", "raw": "{}"}), Err("written by twilio")),
            (json!({"source": "meta", "raw": "bom dia"}), Err("no JSON")),
            (json!({"source": "meta", "raw_base64": "/w=="}), Err("not text")),
            (json!({"source": "meta", "gone": true}), Err("the log has it no more")),
            (json!({"record_base64": "/w=="}), Err("written by nobody known")),
        ] {
            let found = line_of(&case, Source::Meta);
            assert_eq!(found.as_deref().map_err(String::as_str), line, "{case}");
        }
    }

    #[test]
    fn what_a_sender_wrote_does_not_steer_the_terminal() {
        const CLEAR: &str = "\u{1b}[2J\u{9b}H";
        let anomaly = json!({ "position": "0:1", "detail": CLEAR });
        for case in [
            json!({ "kind": CLEAR, "anomalies": [anomaly] }),
            json!({ "channel": { "id": CLEAR }, "anomalies": [anomaly] }),
            json!({ "event": { "text": CLEAR }, "anomalies": [anomaly] }),
            json!({ "raw": CLEAR, "anomalies": [] }),
            json!({ "delivery": CLEAR, "anomalies": [] }),
            json!({ "raw_base64": STANDARD.encode(CLEAR), "anomalies": [] }),
        ] {
            let mut out = Vec::new();
            show(&case, &mut out).unwrap();
            let shown = String::from_utf8(out).unwrap();
            let steers = shown.chars().any(|char| char.is_control() && char != '\n');
            assert!(!steers && shown.contains("[2J"), "{shown:?}");
        }
    }

    #[test]
    fn filters_are_told_as_the_route_has_them() {
        let which = Which {
            reason: Some("bad_time".to_owned()),
            channel: Some("whatsapp:1".to_owned()),
            since: Some("2026-10-01T00:00:00-03:00".to_owned()),
            ..Which::default()
        };
        let expected = "&reason=bad_time&channel=whatsapp%3A1&since=2026-10-01T00%3A00%3A00-03%3A00";
        assert_eq!(query(&which), expected);
    }
}
