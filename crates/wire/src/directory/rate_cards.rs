//! Rate cards as the provider publishes them: CSV, with words before the table, a row a market and a column a category.
//!
//! ```text
//! Cost per message in BRL,,,,,,
//! Market,Currency,Marketing,Utility,Authentication,"Authentication-
//! International",Service
//! Brazil,BRL,0.3217,0.0350,0.0350,n/a,0.0350
//! ```
//! The table may also have a row a category: columns `category` and `rate` then. Volume tiers are rows with a `from` column: the
//! number of the month's first message they are for. A column `effective date` tells the day of each row; without one it is told
//! beside the file. The columns may stand in any order; what they are called is read without case, spaces and hyphens, and other
//! columns are passed over. Source of the layout: the files linked from Meta's page on pricing, as others read them; that of its
//! volume tiers could not be seen.

use std::collections::{BTreeMap, BTreeSet};

use csv::{ReaderBuilder, StringRecord};
use origem_domain::amount::Amount;
use origem_domain::day::Day;
use origem_domain::directory::{Faults, Item, Rate, RateCard, RateCategory};
use origem_domain::price::MarketName;

use super::Named;
use super::table::LineNumbers;

/// Reads the cards of a file: one for each currency and day. `effective_from` is the day of rows that do not tell theirs.
///
/// # Errors
/// Everything that is wrong, by line.
pub fn read(body: &[u8], effective_from: Option<Day>) -> Result<Vec<Named>, Faults> {
    let mut faults = Faults::default();
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut lines = LineNumbers::of(text);
    let mut table = None;
    let mut cards: BTreeMap<(String, Day), Lines> = BTreeMap::new();
    for record in reader.records() {
        if faults.is_full() {
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                faults.add(place(lines.at(error.position())), "it is not CSV in UTF-8");
                continue;
            }
        };
        let line = lines.at(record.position());
        match &table {
            None => table = Table::of(&record),
            Some(_) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Some(table) => match table.row(&record, effective_from) {
                Ok(row) => {
                    let card = cards.entry((row.currency, row.effective_from)).or_default();
                    if row.rates.is_empty() {
                        card.unpriced.push((line, row.market));
                    }
                    card.rates.extend(row.rates.into_iter().map(|rate| (line, rate)));
                }
                Err(wrong) => wrong.into_iter().for_each(|reason| faults.add(place(line), reason)),
            },
        }
    }
    if table.is_none() {
        faults.add("", "there is no line with the columns `Market` and `Currency`");
    } else if cards.is_empty() && faults.0.is_empty() {
        faults.add("", "there is no rate in it");
    }
    let mut read = Vec::new();
    for ((currency, effective_from), lines) in cards {
        let Lines { rates, mut unpriced } = lines;
        // Where each category has a row of its own, another may have a price.
        let priced: BTreeSet<_> = rates.iter().map(|(_, rate)| rate.market.key()).collect();
        unpriced.retain(|(_, market)| !priced.contains(&market.key()));
        drop(priced);
        let (lines, rates): (Vec<u64>, Vec<Rate>) = rates.into_iter().unzip();
        let (unpriced_lines, unpriced): (Vec<u64>, Vec<MarketName>) = unpriced.into_iter().unzip();
        let card = RateCard {
            currency,
            effective_from,
            regions: BTreeMap::new(),
            rates,
            unpriced,
        };
        let id = RateCard::id_of(&card.currency, card.effective_from);
        let item = Item::RateCard(card);
        faults.add_all(by_line(&lines, &unpriced_lines, item.check()));
        read.push((id, item));
    }
    faults.none()?;
    Ok(read)
}

/// Rates with the lines they stand in, and markets of rows without any.
#[derive(Default)]
struct Lines {
    rates: Vec<(u64, Rate)>,
    unpriced: Vec<(u64, MarketName)>,
}

fn place(line: u64) -> String {
    format!("line {line}")
}

/// Faults of a card by the lines of the file: `rates.3.market` is in the line of the fourth rate.
fn by_line(rates: &[u64], unpriced: &[u64], checked: Result<(), Faults>) -> Faults {
    let Err(mut faults) = checked else {
        return Faults::default();
    };
    for fault in &mut faults.0 {
        let mut parts = fault.place.split('.');
        let lines = match parts.next() {
            Some("unpriced") => unpriced,
            _ => rates,
        };
        let index = parts.next().and_then(|index| index.parse::<usize>().ok());
        if let Some(line) = index.and_then(|index| lines.get(index)) {
            fault.place = place(*line);
        }
    }
    faults
}

/// Where the columns are.
struct Table {
    market: usize,
    currency: usize,
    categories: Vec<(usize, RateCategory)>,
    /// Category and rate, where each category has a row of its own.
    single: Option<(usize, usize)>,
    from: Option<usize>,
    effective: Option<usize>,
}

/// What a row says.
struct Row {
    market: MarketName,
    currency: String,
    effective_from: Day,
    rates: Vec<Rate>,
}

/// A name of a column or category as it is compared.
fn folded(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase()
}

fn category(name: &str) -> Option<RateCategory> {
    let name = folded(name);
    RateCategory::ALL
        .into_iter()
        .find(|category| folded(category.name()) == name)
}

impl Table {
    /// The table that a line begins; `None`: it is one of the words before.
    fn of(record: &StringRecord) -> Option<Self> {
        let names: Vec<String> = record.iter().map(folded).collect();
        let column = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.as_str()));
        let categories = record
            .iter()
            .enumerate()
            .filter_map(|(at, name)| Some((at, category(name)?)));
        let single = column(&["category", "messagecategory"]).zip(column(&["rate", "price", "amount", "listrate"]));
        Some(Self {
            market: column(&["market"])?,
            currency: column(&["currency"])?,
            categories: categories.collect(),
            single,
            from: column(&["from", "frommessage", "tierstart", "volumefrom"]),
            effective: column(&["effectivedate", "effectivefrom", "effective"]),
        })
    }

    /// What a line of it says, or everything that is wrong with it.
    fn row(&self, record: &StringRecord, effective_from: Option<Day>) -> Result<Row, Vec<String>> {
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let mut wrong = Vec::new();
        let market = MarketName::new(cell(self.market));
        if market.name().is_empty() {
            wrong.push("the market is missing".to_owned());
        }
        let currency = match cell(self.currency) {
            // As files of before 2025 have it.
            "$US" => "USD",
            written => written,
        };
        if currency.is_empty() {
            wrong.push("the currency is missing".to_owned());
        }
        let told = self.effective.map(cell).filter(|text| !text.is_empty());
        let effective_from = match told.map(|text| Day::parse(text).ok_or(text)) {
            Some(Ok(day)) => Some(day),
            Some(Err(text)) => {
                wrong.push(format!("`{text}` is no date like 2026-10-01"));
                None
            }
            None => {
                if effective_from.is_none() {
                    let advice = "add the column `Effective date`, or tell `effective_from` beside the file";
                    wrong.push(format!("it does not say from which day on: {advice}"));
                }
                effective_from
            }
        };
        let from_message = match self
            .from
            .map(cell)
            .filter(|text| !text.is_empty())
            .map(|text| (text, number(text)))
        {
            None => 1,
            Some((_, Some(from))) => from.max(1),
            Some((text, None)) => {
                wrong.push(format!("`{text}` is no number of messages"));
                1
            }
        };
        let mut columns = self.categories.clone();
        if let Some((category_at, rate_at)) = self.single {
            match category(cell(category_at)) {
                Some(category) => columns.push((rate_at, category)),
                None => wrong.push(format!("`{}` is no category", cell(category_at))),
            }
        }
        let mut rates = Vec::new();
        for (at, category) in columns {
            match amount(cell(at)) {
                Ok(Some(amount)) => rates.push(Rate {
                    market: market.clone(),
                    category,
                    from_message,
                    amount,
                }),
                Ok(None) => {}
                Err(text) => wrong.push(format!(
                    "{}: `{text}` is no amount of up to six decimals",
                    category.name()
                )),
            }
        }
        match effective_from {
            Some(effective_from) if wrong.is_empty() => Ok(Row {
                market,
                currency: currency.to_owned(),
                effective_from,
                rates,
            }),
            _ => Err(wrong),
        }
    }
}

/// An amount; `None` where there is none for the market.
fn amount(text: &str) -> Result<Option<Amount>, &str> {
    match text {
        "" | "-" | "n/a" | "N/A" => Ok(None),
        text => Amount::parse_exactly(text.trim_start_matches('$'))
            .map(Some)
            .ok_or(text),
    }
}

/// A number of messages, with or without separators of thousands.
fn number(text: &str) -> Option<u64> {
    text.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cards and their rates in lines, or everything that is wrong.
    fn told(text: &str, effective_from: Option<&str>) -> String {
        let read = match read(text.as_bytes(), effective_from.and_then(Day::parse)) {
            Ok(read) => read,
            Err(faults) => return faults.to_string(),
        };
        let lines = read.iter().flat_map(|(id, item)| {
            let Item::RateCard(card) = item else {
                panic!("{item:?} is no card");
            };
            let unpriced = card.unpriced.iter().map(move |market| format!("{id} {market} none"));
            let rates = card.rates.iter().map(move |rate| {
                let tier = if rate.from_message == 1 {
                    String::new()
                } else {
                    format!("@{}", rate.from_message)
                };
                format!(
                    "{id} {} {}{tier} {}",
                    rate.market,
                    rate.category.name(),
                    rate.amount.decimal()
                )
            });
            rates.chain(unpriced)
        });
        lines.collect::<Vec<_>>().join("; ")
    }

    const HEAD: &str =
        "Market,Currency,Marketing,Utility,Authentication,\"Authentication-\nInternational\",Service\r\n";

    #[test]
    fn files_are_read_as_they_are_published() {
        let day = Some("2026-10-01");
        let file = |rows: &str| format!("\u{feff}\"Cost per message in BRL\",,,,,,\r\n,,,,,,\r\n{HEAD}{rows}");
        for (text, day, expected) in [
            (
                file("Brazil,BRL,0.3217,0.0350,0.0350,n/a,0.0350\r\n"),
                day,
                "BRL-2026-10-01 Brazil marketing 0.3217; BRL-2026-10-01 Brazil utility 0.035; \
                 BRL-2026-10-01 Brazil authentication 0.035; BRL-2026-10-01 Brazil service 0.035",
            ),
            (
                file("India,$US,0.0118,,,0.0304,n/a\r\n,,,,,,\r\nRest of Central & Eastern Europe,$US,$0.086,,,,\r\n"),
                day,
                "USD-2026-10-01 India marketing 0.0118; USD-2026-10-01 India authentication_international 0.0304; \
                 USD-2026-10-01 Rest of Central & Eastern Europe marketing 0.086",
            ),
            (
                "effective date,market,CURRENCY,Utility,note\n2026-07-01,BR,BRL,0.04,old\n2026-10-01,BR,BRL,0.035,new\n".to_owned(),
                None,
                "BRL-2026-07-01 BR utility 0.04; BRL-2026-10-01 BR utility 0.035",
            ),
            (
                "Market,Currency,Category,From,To,Rate\nIndia,USD,Utility,0,\"25,000,000\",0.0014\n\
                 India,USD,Utility,\"25,000,001\",,0.0012\nIndia,USD,Authentication-International,,,0.0304\n"
                    .to_owned(),
                day,
                "USD-2026-10-01 India utility 0.0014; USD-2026-10-01 India utility@25000001 0.0012; \
                 USD-2026-10-01 India authentication_international 0.0304",
            ),
            (
                file("Cuba,USD,n/a,n/a,n/a,n/a,n/a\r\nOther,USD,0.1\r\n"),
                day,
                "USD-2026-10-01 Other marketing 0.1; USD-2026-10-01 Cuba none",
            ),
            (
                "Market,Currency,Category,Rate\nIndia,USD,Utility,n/a\nIN,USD,Service,1\nCuba,USD,Service,n/a\n".to_owned(),
                day,
                "USD-2026-10-01 IN service 1; USD-2026-10-01 Cuba none",
            ),
        ] {
            assert_eq!(told(&text, day), expected, "{text}");
        }
    }

    #[test]
    fn everything_wrong_is_told_by_line() {
        let day = Some("2026-10-01");
        for (text, day, expected) in [
            (
                String::new(),
                day,
                "there is no line with the columns `Market` and `Currency`",
            ),
            (HEAD.to_owned(), day, "there is no rate in it"),
            (
                format!("{HEAD}Brazil,BRL,0.3\n"),
                None,
                "line 3: it does not say from which day on: add the column `Effective date`, or tell `effective_from` beside \
                 the file",
            ),
            (
                format!("{HEAD}Brazil,BRL,0.3\r\nBrasilia,BRL,0.3\nChile,,0,1x\nBrazil,BRL,0.4\nPeru,BRL,0.1234567\n"),
                day,
                "line 5: the currency is missing; line 5: utility: `1x` is no amount of up to six decimals; \
                 line 7: marketing: `0.1234567` is no amount of up to six decimals; \
                 line 4: `Brasilia` is no market; name a country or region as the provider does, or tell its countries in \
                 `regions`; line 6: marketing of `Brazil` is told twice",
            ),
            (
                format!("{HEAD}Brazil,BRL,0.3\nBrasilia,BRL,n/a\n"),
                day,
                "line 4: `Brasilia` is no market; name a country or region as the provider does, or tell its countries in \
                 `regions`",
            ),
            (
                "Market,Currency,Category,Rate,From,Effective date\nChile,USD,Promo,1,many,soon\n".to_owned(),
                day,
                "line 2: `soon` is no date like 2026-10-01; line 2: `many` is no number of messages; line 2: `Promo` is no category",
            ),
            (
                format!("{HEAD}Brazil,R$,0.3\n"),
                day,
                "currency: `R$` is no currency; write three capital letters, such as BRL",
            ),
        ] {
            assert_eq!(told(&text, day), expected, "{text}");
        }
        let error = read(b"Market,Currency,Utility\nBrazil,BRL,\xff\n", Day::parse("2026-10-01")).unwrap_err();
        assert_eq!(error.to_string(), "line 2: it is not CSV in UTF-8");
        let error = read(format!("{HEAD}{}", "x,BRL,y\n".repeat(100_000)).as_bytes(), None).unwrap_err();
        assert_eq!((error.0.len(), error.is_full()), (1_001, true));
    }
}
