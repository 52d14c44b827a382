//! `origem report`: what is counted over time, through the same routes as the API.

mod origins;
mod paths;

use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value, json};

use super::query::{encode, table};
use crate::api::Api;
use crate::args::{Days, ExportFormat, Format, FunnelBy, Place, Report, ReportAction};
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

const FUNNEL: &[(&str, &[&str])] = &[
    ("id", &["/id"]),
    ("name", &["/name"]),
    ("clicks", &["/clicks"]),
    ("conversations", &["/conversations"]),
    ("answered", &["/answered"]),
    ("classified", &["/classified"]),
    ("won", &["/won"]),
    ("revenue", &["/revenue_told"]),
];

/// Prints a report.
pub fn run(args: &Report) -> Result<(), Failure> {
    match &args.action {
        ReportAction::Spend { days, group_by, place } => {
            let told = [("group_by", group_by.clone())];
            print(place, "spend", days, &told, |answer| {
                table(SPEND, &spent(answer)).to_string()
            })
        }
        ReportAction::Origins {
            days,
            group_by,
            model,
            lookback_days,
            half_life_days,
            place,
        } => {
            let told = [
                ("group_by", group_by.clone()),
                ("model", model.clone()),
                ("lookback_days", lookback_days.map(|days| days.to_string())),
                ("half_life_days", half_life_days.map(|days| days.to_string())),
            ];
            print(place, "origins", days, &told, origins::table_of)
        }
        ReportAction::Funnel { days, by, place } => {
            let name = |by: &FunnelBy| match by {
                FunnelBy::Link => "link",
                FunnelBy::Campaign => "campaign",
            };
            let told = [("by", by.as_ref().map(|by| name(by).to_owned()))];
            print(place, "funnel", days, &told, |answer| {
                table(FUNNEL, &with_revenue(answer)).to_string()
            })
        }
        ReportAction::Paths {
            days,
            group_by,
            lookback_days,
            steps,
            limit,
            place,
        } => {
            let told = [
                ("group_by", group_by.clone()),
                ("lookback_days", lookback_days.map(|days| days.to_string())),
                ("steps", steps.map(|steps| steps.to_string())),
                ("limit", limit.map(|limit| limit.to_string())),
            ];
            print(place, "paths", days, &told, paths::table_of)
        }
        ReportAction::Tickets {
            days,
            format,
            account,
            url,
            settings,
        } => {
            let format = match format {
                ExportFormat::Csv => "csv",
                ExportFormat::Ndjson => "ndjson",
            };
            let path = path(
                "tickets",
                account.as_ref(),
                days,
                &[("format", Some(format.to_owned()))],
            );
            let api = Api::at(url.as_deref(), settings)?;
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            let copied = api.copy(&path, &mut out);
            api.close()?;
            copied?;
            Ok(out.flush()?)
        }
    }
}

/// Asks for a report and prints it: as it is, or as a table.
fn print(
    place: &Place,
    report: &str,
    days: &Days,
    told: &[(&str, Option<String>)],
    as_table: impl Fn(&Value) -> String,
) -> Result<(), Failure> {
    let api = Api::at(place.url.as_deref(), &place.settings)?;
    let answer = api.get(&path(report, place.account.as_ref(), days, told));
    api.close()?;
    let answer = answer?;
    let mut out = std::io::stdout().lock();
    match place.format.unwrap_or(Format::usual(std::io::stdout().is_terminal())) {
        Format::Json => writeln!(out, "{answer}")?,
        Format::Table => writeln!(out, "{}", as_table(&answer))?,
    }
    Ok(())
}

fn path(report: &str, account: Option<&String>, days: &Days, told: &[(&str, Option<String>)]) -> String {
    let usual = [
        ("account", account.cloned()),
        ("from", days.from.clone()),
        ("to", days.to.clone()),
    ];
    let told = usual.iter().chain(told);
    let told: Vec<String> = told
        .filter_map(|(name, value)| Some(format!("{name}={}", encode(value.as_ref()?))))
        .collect();
    format!("/v1/reports/{report}?{}", told.join("&"))
}

/// The lines of a report on spend with the totals as the last one, amounts in words.
fn spent(answer: &Value) -> Value {
    let mut totals = answer["totals"].clone();
    totals["day"] = json!("total");
    let items = answer["items"].as_array().into_iter().flatten().cloned();
    let items = items.chain([totals]).map(|mut line| {
        line["amount"] = json!(amounts(&line["amounts"]));
        line
    });
    json!({ "items": items.collect::<Vec<_>>() })
}

/// The lines of a funnel, revenue in words.
fn with_revenue(answer: &Value) -> Value {
    let items = answer["items"].as_array().into_iter().flatten().cloned();
    let items = items.map(|mut line| {
        line["revenue_told"] = json!(amounts(&line["revenue"]));
        line
    });
    json!({ "items": items.collect::<Vec<_>>() })
}

/// Amounts by currency in words: `BRL 10.5, USD 2`.
fn amounts(amounts: &Value) -> String {
    let amounts = amounts.as_object().into_iter().flatten();
    let told: Vec<String> = amounts
        .map(|(currency, amount)| format!("{currency} {amount}"))
        .collect();
    told.join(", ")
}
