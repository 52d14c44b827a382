//! `origem rates`: what the provider charges, taken in and shown through the same routes as the API.

use std::collections::BTreeMap;
use std::fs;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::Path;

use axum::http::Method;
use origem_domain::day::Day;
use origem_domain::directory::Kind;
use origem_wire::directory::{read_many, read_rate_cards};
use serde_json::{Value, json};

use super::query::{encode, table};
use crate::api::Api;
use crate::args::{Format, Place, Rates, RatesAction, Settings};
use crate::config::Resolved;
use crate::failure::Failure;

const ROUTE: &str = "/v1/rate-cards";

const CARDS: &[(&str, &[&str])] = &[
    ("rate card", &["/id"]),
    ("currency", &["/currency"]),
    ("from", &["/effective_from"]),
    ("rates", &["/count"]),
    ("written", &["/updated_at"]),
];

const PRICES: &[(&str, &[&str])] = &[
    ("rate card", &["/id"]),
    ("market", &["/market"]),
    ("tier from", &["/from_message"]),
    ("marketing", &["/marketing"]),
    ("utility", &["/utility"]),
    ("authentication", &["/authentication"]),
    ("auth. intl.", &["/authentication_international"]),
    ("service", &["/service"]),
];

/// Carries an action out.
pub fn run(args: &Rates) -> Result<(), Failure> {
    match &args.action {
        RatesAction::Load {
            file,
            effective_from,
            place,
        } => {
            let read = |text: &String| {
                Day::parse(text).ok_or_else(|| Failure::usage(format!("`{text}` is no date like 2026-10-01")))
            };
            let cards = cards(file, effective_from.as_ref().map(read).transpose()?)
                .map_err(|failure| failure.context(format!("nothing was taken from {}", file.display())))?;
            let path = format!("{ROUTE}{}", of(place));
            let answer = asked(place, Api::open_or_begin, |api| {
                api.send(&Method::PUT, &path, Some(&cards))
            })?;
            print(place, &answer, CARDS, counted)
        }
        RatesAction::Show { market, place } => {
            let path = format!("{ROUTE}{}", of(place));
            let answer = asked(place, Api::open, |api| api.get(&path))?;
            match market {
                Some(market) => print(place, &only(answer, market), PRICES, by_market),
                None => print(place, &answer, PRICES, by_market),
            }
        }
    }
}

/// The cards of a file, as the API takes them. What is wrong with them is told before anything is opened.
fn cards(file: &Path, effective_from: Option<Day>) -> Result<Value, Failure> {
    let mut body = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut body)?;
    } else {
        body = fs::read(file)?;
    }
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let cards = match first {
        Some(b'[' | b'{') => read_many(Kind::RateCard, &body)?,
        // The reader of cards knows no flags.
        _ if effective_from.is_none() => read_rate_cards(&body, None).map_err(|faults| {
            Failure::from(faults).context("where the file does not say from which day on, --effective-from does")
        })?,
        _ => read_rate_cards(&body, effective_from)?,
    };
    Ok(Value::Array(cards.into_iter().map(|(_, card)| json!(card)).collect()))
}

pub(super) fn of(place: &Place) -> String {
    let account = place.account.as_deref();
    account
        .map(|account| format!("?account={}", encode(account)))
        .unwrap_or_default()
}

/// Asks the API of a server, or of this process as `open` opens it.
pub(super) fn asked(
    place: &Place,
    open: fn(&Settings) -> Result<Api, Failure>,
    question: impl Fn(&Api) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    let api = match &place.url {
        Some(url) => Api::remote(
            url,
            Resolved::new(None, std::env::vars(), [])?.optional("operators.token"),
        ),
        None => open(&place.settings)?,
    };
    let answer = question(&api);
    api.close()?;
    answer
}

pub(super) fn print(
    place: &Place,
    answer: &Value,
    columns: &[(&str, &[&str])],
    lines: impl Fn(&Value) -> Vec<Value>,
) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let format = place.format.unwrap_or(if std::io::stdout().is_terminal() {
        Format::Table
    } else {
        Format::Json
    });
    match format {
        Format::Json => writeln!(out, "{answer}")?,
        Format::Table => {
            let cards = answer["items"].as_array().into_iter().flatten();
            let items: Vec<Value> = cards.flat_map(lines).collect();
            writeln!(out, "{}", table(columns, &json!({ "items": items })))?;
        }
    }
    Ok(())
}

/// A card in one line.
fn counted(card: &Value) -> Vec<Value> {
    let mut card = card.clone();
    card["count"] = json!(card["rates"].as_array().map_or(0, Vec::len));
    vec![card]
}

/// A card as a line a market and tier, in the order of the card.
fn by_market(card: &Value) -> Vec<Value> {
    let mut lines: Vec<Value> = Vec::new();
    let mut places: BTreeMap<(String, u64), usize> = BTreeMap::new();
    for rate in card["rates"].as_array().into_iter().flatten() {
        let tier = rate["from_message"].as_u64().unwrap_or(1);
        let market = rate["market"].as_str().unwrap_or_default();
        let place = *places.entry((market.to_owned(), tier)).or_insert_with(|| {
            lines.push(json!({"id": card["id"], "market": market, "from_message": tier}));
            lines.len() - 1
        });
        if let Some(category) = rate["category"].as_str() {
            lines[place][category] = json!(format!(
                "{} {}",
                card["currency"].as_str().unwrap_or_default(),
                rate["amount"]
            ));
        }
    }
    lines
}

/// The cards with the prices of one market only.
fn only(mut answer: Value, market: &str) -> Value {
    for card in answer["items"].as_array_mut().into_iter().flatten() {
        if let Some(rates) = card["rates"].as_array_mut() {
            rates.retain(|rate| {
                rate["market"]
                    .as_str()
                    .is_some_and(|name| name.eq_ignore_ascii_case(market))
            });
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_a_line_a_market_and_tier() {
        let rate = |market: &str, category: &str, amount: f64| json!({"market": market, "category": category, "amount": amount});
        let mut tier = rate("Brazil", "utility", 0.03);
        tier["from_message"] = json!(1001);
        let card = json!({"id": "BRL-2026-10-01", "currency": "BRL",
            "rates": [rate("Brazil", "utility", 0.035), rate("Chile", "utility", 0.1), tier, rate("Brazil", "service", 0.035)]});
        let lines = by_market(&card);
        let told: Vec<String> = lines
            .iter()
            .map(|line| {
                format!(
                    "{} {} {} {}",
                    line["market"], line["from_message"], line["utility"], line["service"]
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                r#""Brazil" 1 "BRL 0.035" "BRL 0.035""#,
                r#""Chile" 1 "BRL 0.1" null"#,
                r#""Brazil" 1001 "BRL 0.03" null"#,
            ]
        );
        assert_eq!(counted(&card)[0]["count"], json!(4));
        let shown = only(json!({ "items": [card] }), "chile");
        assert_eq!(shown["items"][0]["rates"].as_array().map(Vec::len), Some(1));
    }
}
