//! Ad spend as CSV: our own columns, or those that ads managers export.
//!
//! ```text
//! day,campaign_id,ad_id,amount,currency            Day,Campaign ID,Ad ID,Amount spent (BRL)
//! 2026-10-01,1200,120201,35.90,BRL                 2026-10-01,1200,120201,35.90
//! ```
//! What columns are called is read without case, accents, spaces, hyphens and underscores, in English or Portuguese; others are passed
//! over, and so are lines without an amount or without any id, such as totals. Lines of the same day and ad are added up: an export may be broken down further.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};
use origem_domain::amount::Amount;
use origem_domain::day::Day;
use origem_domain::directory::{AdSpend, Faults, Item};
use origem_domain::marks::fold_text;

use super::Named;

/// Reads what was spent, an entry a day and ad.
///
/// # Errors
/// Everything that is wrong, by line.
pub fn read(body: &[u8]) -> Result<Vec<Named>, Faults> {
    let mut faults = Faults::default();
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text);
    let columns = match reader.headers().map(Columns::of) {
        Ok(Ok(columns)) => columns,
        Ok(Err(reason)) => return Err(super::fault("", &reason)),
        Err(_) => return Err(super::fault("line 1", "it is not CSV in UTF-8")),
    };
    let mut spent: BTreeMap<String, AdSpend> = BTreeMap::new();
    for (number, record) in (2..).zip(reader.records()) {
        if faults.is_full() {
            break;
        }
        let Ok(record) = record else {
            faults.add(format!("line {number}"), "it is not CSV in UTF-8");
            continue;
        };
        let line = record.position().map_or(number, csv::Position::line);
        match columns.entry(&record) {
            Ok(Some(entry)) => add(&mut spent, entry, line, &mut faults),
            Ok(None) => {}
            Err(reason) => faults.add(format!("line {line}"), reason),
        }
    }
    if spent.is_empty() && faults.0.is_empty() {
        faults.add("", "there is no line with an amount and an ad or a campaign in it");
    }
    faults.none()?;
    Ok(spent
        .into_iter()
        .map(|(id, entry)| (id, Item::AdSpend(entry)))
        .collect())
}

/// What separates cells: spreadsheets of countries with a decimal comma write `;`.
fn delimiter(text: &[u8]) -> u8 {
    let head = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |sign: u8| head.iter().filter(|byte| **byte == sign).count();
    let signs = [b'\t', b';', b','];
    signs.into_iter().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

/// An amount with a decimal point, or with a decimal comma and points between thousands. `1,234` may be either and is none.
fn amount(text: &str) -> Option<Amount> {
    let Some((units, rest)) = text.split_once(',') else {
        return Amount::parse_exactly(text);
    };
    let mut thousands = units.split('.');
    let first = thousands.next().unwrap_or_default();
    let is_grouped = units.contains('.');
    let groups_fit = !is_grouped || (first.len() <= 3 && thousands.all(|group| group.len() == 3));
    if !groups_fit || (rest.len() == 3 && !is_grouped) {
        return None;
    }
    Amount::parse_exactly(&format!("{}.{rest}", units.replace('.', "")))
}

fn add(spent: &mut BTreeMap<String, AdSpend>, entry: AdSpend, line: u64, faults: &mut Faults) {
    let item = Item::AdSpend(entry.clone());
    if let Err(wrong) = item.check() {
        return faults.add_all(wrong.inside(&format!("line {line}")));
    }
    let id = item.own_id().unwrap_or_default();
    match spent
        .get_mut(&id)
        .map(|known| (known.amount.0.checked_add(entry.amount.0), known))
    {
        Some((Some(sum), known)) => known.amount = Amount(sum),
        Some((None, _)) => faults.add(format!("line {line}"), "the sum of the day is out of range"),
        None => drop(spent.insert(id, entry)),
    }
}

/// Where the columns stand.
#[derive(Default)]
struct Columns {
    day: Option<usize>,
    ad: Option<usize>,
    campaign: Option<usize>,
    amount: Option<usize>,
    currency: Option<usize>,
    /// Of a column such as `Amount spent (BRL)`.
    told: Option<String>,
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, String> {
        let mut columns = Self::default();
        for (index, cell) in header.iter().enumerate() {
            let (name, told) = named(cell);
            match name.as_str() {
                "day" | "date" | "reportingstarts" | "dia" | "data" | "iniciodosrelatorios" => {
                    columns.day.get_or_insert(index);
                }
                "adid" | "iddoanuncio" | "identificacaodoanuncio" => columns.ad = Some(index),
                "campaignid" | "iddacampanha" | "identificacaodacampanha" => columns.campaign = Some(index),
                "amount" | "spend" | "cost" | "amountspent" | "valor" | "valorusado" | "valorgasto" | "custo" => {
                    columns.amount = Some(index);
                    columns.told = told;
                }
                "currency" | "moeda" => columns.currency = Some(index),
                _ => {}
            }
        }
        let missing = match (&columns.day, &columns.amount) {
            (None, _) => Some("day"),
            (_, None) => Some("amount"),
            _ if columns.ad.is_none() && columns.campaign.is_none() => Some("ad_id` or `campaign_id"),
            _ if columns.currency.is_none() && columns.told.is_none() => Some("currency"),
            _ => None,
        };
        match missing {
            Some(name) => Err(format!("there is no column `{name}`; the first line names the columns")),
            None => Ok(columns),
        }
    }

    /// The entry of a line; `None` of one that tells no amount, or neither ad nor campaign: a sum.
    fn entry(&self, record: &StringRecord) -> Result<Option<AdSpend>, String> {
        let cell = |index: Option<usize>| {
            let cell = index.and_then(|index| record.get(index)).map(str::trim);
            cell.filter(|cell| !cell.is_empty())
        };
        let (Some(told), true) = (cell(self.amount), cell(self.ad).or(cell(self.campaign)).is_some()) else {
            return Ok(None);
        };
        let day = cell(self.day).unwrap_or_default();
        let currency = cell(self.currency).or(self.told.as_deref()).unwrap_or_default();
        Ok(Some(AdSpend {
            day: Day::parse(day).ok_or_else(|| format!("`{day}` is no day such as 2026-10-01"))?,
            ad_id: cell(self.ad).map(str::to_owned),
            campaign_id: cell(self.campaign).map(str::to_owned),
            amount: amount(told).ok_or_else(|| format!("`{told}` is no amount such as 35.90"))?,
            currency: currency.to_owned(),
        }))
    }
}

/// What a column is called without what writers differ in, and the currency in parentheses behind it.
fn named(cell: &str) -> (String, Option<String>) {
    let (name, rest) = cell.split_once('(').unwrap_or((cell, ""));
    let name = fold_text(name);
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let told = rest.split_once(')').map(|(told, _)| told.trim().to_owned());
    (letters.collect(), told)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries in words, or what is wrong.
    fn check(body: &str, told: &str) {
        let read = match read(body.as_bytes()) {
            Ok(entries) => {
                let words = entries.iter().map(|(id, item)| match item {
                    Item::AdSpend(spent) => format!("{id} {}", spent.amount.decimal()),
                    _ => id.clone(),
                });
                words.collect::<Vec<_>>().join(", ")
            }
            Err(faults) => faults.to_string(),
        };
        assert_eq!(read, told, "{body}");
    }

    #[test]
    fn spend_is_read_from_our_columns_and_from_those_of_exports() {
        for (body, told) in [
            (
                "day,ad_id,amount,currency\n2026-10-01,A,35.90,BRL\n2026-10-02,A,1,BRL\n",
                "2026-10-01.ad.A.BRL 35.9, 2026-10-02.ad.A.BRL 1",
            ),
            (
                "\u{feff}Campaign name,Day,Campaign ID,Amount spent (BRL)\n\"Sale, big\",2026-10-01,C,10.5\nTotal,,,\n",
                "2026-10-01.campaign.C.BRL 10.5",
            ),
            // As Meta exports them in Portuguese: the first line is the sum.
            (
                "Início dos relatórios;Identificação do anúncio;Valor usado (BRL)\n2026-10-01;;1.270,40\n2026-10-01;A;1.234,50\n\
                 2026-10-02;A;35,9\n",
                "2026-10-01.ad.A.BRL 1234.5, 2026-10-02.ad.A.BRL 35.9",
            ),
            (
                "Dia,ID da campanha,Valor gasto (BRL)\n2026-10-01,C,\"35,90\"\n",
                "2026-10-01.campaign.C.BRL 35.9",
            ),
            // Thousands or a fraction: nobody can tell.
            (
                "dia;id do anúncio;valor;moeda\n2026-10-01;A;1,234;BRL\n2026-10-01;A;12.34,5;BRL\n2026-10-01;A;1,2,3;BRL\n",
                "line 2: `1,234` is no amount such as 35.90; line 3: `12.34,5` is no amount such as 35.90; \
                 line 4: `1,2,3` is no amount such as 35.90",
            ),
            // Broken down by hour: one day.
            (
                "day,ad_id,amount,currency\n2026-10-01,A,1.5,BRL\n2026-10-01,A,2,BRL\n2026-10-01,A,2,USD\n",
                "2026-10-01.ad.A.BRL 3.5, 2026-10-01.ad.A.USD 2",
            ),
            (
                "day,ad_id,amount,currency\n01/10/2026,A,1,BRL\n2026-10-01,A,1.5.2,BRL\n2026-10-01,,1,BRL\n2026-10-01,A,-1,R$\n",
                "line 2: `01/10/2026` is no day such as 2026-10-01; line 3: `1.5.2` is no amount such as 35.90; \
                 line 5.amount: what was spent is not below zero; \
                 line 5.currency: `R$` is no currency; write three capital letters, such as BRL",
            ),
            (
                "day,ad_id,amount\n2026-10-01,A,1\n",
                "there is no column `currency`; the first line names the columns",
            ),
            ("", "there is no column `day`; the first line names the columns"),
            (
                "day,ad_id,amount,currency\n",
                "there is no line with an amount and an ad or a campaign in it",
            ),
        ] {
            check(body, told);
        }
    }
}
