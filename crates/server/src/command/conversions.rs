//! `origem conversions`: what was sold, told to who asked, through the same routes as the API.

use std::io::{IsTerminal as _, Write};

use axum::http::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::args::{Conversions, ConversionsAction, Format, WhichConversions};
use crate::command::printable::printable;
use crate::command::query::{encode, table};
use crate::failure::Failure;

/// Items asked for at once.
const PAGE: usize = 200;

/// Columns of a list: a heading and where the value is.
const COLUMNS: &[(&str, &[&str])] = &[
    ("id", &["/id"]),
    ("at", &["/at"]),
    ("destination", &["/destination"]),
    ("event", &["/event"]),
    ("value", &["/value"]),
    ("currency", &["/currency"]),
    ("state", &["/state"]),
    ("attempts", &["/attempts"]),
    ("reason", &["/reason/code"]),
    ("conversation", &["/conversation"]),
];

/// Columns of destinations.
const DESTINATIONS: &[(&str, &[&str])] = &[
    ("destination", &["/name"]),
    ("since", &["/began_at"]),
    ("seen", &["/seen"]),
    ("waiting", &["/waiting"]),
    ("oldest", &["/oldest_at"]),
    ("last taken", &["/taken_at"]),
    ("failures", &["/failures"]),
    ("rests until", &["/rests_until"]),
    ("trouble", &["/trouble/message"]),
];

/// Columns of what would be sent.
const EXPLAINED: &[(&str, &[&str])] = &[
    ("what", &["/trigger"]),
    ("at", &["/at"]),
    ("ticket", &["/ticket"]),
    ("destination", &["/destination"]),
    ("event", &["/event"]),
    ("rule", &["/rule"]),
    ("objection", &["/objection/message"]),
    ("state", &["/state"]),
];

/// Carries out the action.
pub fn run(args: &Conversions) -> Result<(), Failure> {
    let api = Api::at(args.place.url.as_deref(), &args.place.settings.shared())?;
    let printed = print(args, &api);
    api.close()?;
    printed
}

fn print(args: &Conversions, api: &Api) -> Result<(), Failure> {
    let usual = Format::usual(std::io::stdout().is_terminal());
    let format = args.place.format.unwrap_or(usual);
    let mut out = std::io::stdout().lock();
    let (answer, columns) = match &args.action {
        ConversionsAction::List { which, limit } => (list(api, which, *limit)?, COLUMNS),
        ConversionsAction::Show { id: None } => {
            let answer = api.get("/v1/conversions?limit=1")?;
            (
                json!({"items": answer["destinations"], "counts": answer["counts"]}),
                DESTINATIONS,
            )
        }
        ConversionsAction::Show { id: Some(id) } => {
            let conversion = api.get(&format!("/v1/conversions/{}", encode(id)))?;
            match format {
                Format::Json => writeln!(out, "{conversion}")?,
                Format::Table => show(&conversion, &mut out)?,
            }
            return Ok(());
        }
        ConversionsAction::Retry { id } => {
            let path = format!("/v1/admin/conversions/{}/retry", encode(id));
            (api.send(&Method::POST, &path, None)?, COLUMNS)
        }
        ConversionsAction::Explain { conversation, .. } => {
            let answer = api.get(&format!(
                "/v1/conversions/explain?conversation={}",
                encode(conversation)
            ))?;
            match format {
                Format::Json => writeln!(out, "{answer}")?,
                Format::Table => writeln!(out, "{}", table(EXPLAINED, &rows(&answer)))?,
            }
            return Ok(());
        }
    };
    match format {
        Format::Json => writeln!(out, "{answer}")?,
        Format::Table => writeln!(out, "{}", table(columns, &answer))?,
    }
    Ok(())
}

/// A filter as the query of a route.
fn query(which: &WhichConversions) -> String {
    let told = [
        ("destination", &which.destination),
        ("state", &which.state),
        ("account", &which.account),
        ("conversation", &which.conversation),
        ("ticket", &which.ticket),
        ("event", &which.event),
    ];
    let pairs = told
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)));
    pairs
        .map(|(name, value)| format!("&{name}={}", encode(value)))
        .collect()
}

/// Up to `limit` conversions, page by page; what else the first page tells stays with them.
fn list(api: &Api, which: &WhichConversions, limit: u32) -> Result<Value, Failure> {
    let (filter, limit) = (query(which), usize::try_from(limit)?);
    let mut answer = api.get(&format!("/v1/conversions?limit={}{filter}", limit.min(PAGE)))?;
    let mut items = answer["items"].as_array().cloned().unwrap_or_default();
    while let Some(next) = answer["next"].as_str().filter(|_| items.len() < limit) {
        let left = (limit - items.len()).min(PAGE);
        let page = api.get(&format!("/v1/conversions?limit={left}&cursor={}{filter}", encode(next)))?;
        items.extend(page["items"].as_array().cloned().unwrap_or_default());
        match page.get("next") {
            Some(next) => answer["next"] = next.clone(),
            None => drop(answer.as_object_mut().and_then(|answer| answer.remove("next"))),
        }
    }
    answer["items"] = json!(items);
    Ok(answer)
}

/// A row for each thing that would be sent, and one for what makes nothing.
fn rows(answer: &Value) -> Value {
    let mut rows = Vec::new();
    for item in answer["items"].as_array().into_iter().flatten() {
        let conversions = item["conversions"].as_array().cloned().unwrap_or_default();
        if conversions.is_empty() {
            let mut row = item.clone();
            row["objection"] = json!({"message": "no rule holds"});
            rows.push(row);
        }
        for mut row in conversions {
            for name in ["trigger", "at", "ticket"] {
                row[name] = item[name].clone();
            }
            rows.push(row);
        }
    }
    json!({ "items": rows })
}

/// All about one conversion, for a person.
fn show(conversion: &Value, out: &mut impl Write) -> std::io::Result<()> {
    for (name, value) in conversion.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("request", _) => {}
            (_, Value::String(text)) => writeln!(out, "{name}: {}", printable(text))?,
            (_, other) => writeln!(out, "{name}: {}", printable(&other.to_string()))?,
        }
    }
    if let Some(request) = conversion.get("request") {
        writeln!(out, "request:\n{}", printable(&format!("{request:#}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_nothing_has_a_row_too() {
        let answer = json!({"items": [
            {"trigger": "finished", "at": "t1", "ticket": "k1", "conversions": [{"event": "Purchase"}, {"event": "LeadSubmitted"}]},
            {"trigger": "stage", "at": "t2", "conversions": []},
        ]});
        let rows = rows(&answer);
        let told = rows["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| format!("{} {} {}", row["trigger"], row["event"], row["objection"]["message"]));
        let expected = [
            "\"finished\" \"Purchase\" null",
            "\"finished\" \"LeadSubmitted\" null",
            "\"stage\" null \"no rule holds\"",
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }
}
