//! `origem report`: what is counted over time, through the same routes as the API.

use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value, json};

use super::query::{encode, table};
use crate::api::Api;
use crate::args::{Format, Place, Report, ReportAction};
use crate::failure::Failure;

const SPEND: &[(&str, &[&str])] = &[
    ("day", &["/day"]),
    ("channel", &["/channel/id"]),
    ("category", &["/category"]),
    ("campaign", &["/campaign"]),
    ("messages", &["/messages"]),
    ("charged", &["/charged"]),
    ("free", &["/free/total"]),
    ("by conversation", &["/by_conversation"]),
    ("not delivered", &["/undelivered"]),
    ("unknown", &["/unknown"]),
    ("estimate right", &["/estimate/right"]),
    ("wrong", &["/estimate/wrong"]),
    ("amount", &["/amount"]),
    ("no price", &["/no_price"]),
];

/// Prints a report.
pub fn run(args: &Report) -> Result<(), Failure> {
    let ReportAction::Spend {
        from,
        to,
        group_by,
        place,
    } = &args.action;
    let told = [
        ("account", &place.account),
        ("from", from),
        ("to", to),
        ("group_by", group_by),
    ];
    let told = told
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", encode(value.as_ref()?))));
    let told: Vec<String> = told.collect();
    let answer = asked(place, &format!("/v1/reports/spend?{}", told.join("&")))?;
    let mut out = std::io::stdout().lock();
    match place.format.unwrap_or(Format::usual(std::io::stdout().is_terminal())) {
        Format::Json => writeln!(out, "{answer}")?,
        Format::Table => writeln!(out, "{}", table(SPEND, &lines(&answer)))?,
    }
    Ok(())
}

/// Asks the API of a server or of this process.
fn asked(place: &Place, path: &str) -> Result<Value, Failure> {
    let api = match &place.url {
        Some(url) => Api::remote(url, None),
        None => Api::open(&place.settings)?,
    };
    let answer = api.get(path);
    api.close()?;
    answer
}

/// The lines of a report with the totals as the last one, amounts in words.
fn lines(answer: &Value) -> Value {
    let mut totals = answer["totals"].clone();
    totals["day"] = json!("total");
    let items = answer["items"].as_array().into_iter().flatten().cloned();
    let items = items.chain([totals]).map(|mut line| {
        let amounts = line["amounts"].as_object().into_iter().flatten();
        let amounts: Vec<String> = amounts
            .map(|(currency, amount)| format!("{currency} {amount}"))
            .collect();
        line["amount"] = json!(amounts.join(", "));
        line
    });
    json!({ "items": items.collect::<Vec<_>>() })
}
