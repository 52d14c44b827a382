//! Entries of the directory as people and programs write them: JSON of any kind, and tables of some: rate cards as the provider
//! publishes them, ads as the ads manager exports them, links and campaigns as people keep them.
//! Everything that is wrong is told at once, by field or by line.

mod ad_spend;
mod ads;
mod campaigns;
mod links;
mod rate_cards;
mod table;

pub use ad_spend::read as read_ad_spend;
pub use ads::read as read_ads;
pub use campaigns::read as read_campaigns;
pub use links::{read as read_links, write as write_links};
pub use rate_cards::read as read_rate_cards;

use std::collections::BTreeSet;

use origem_domain::directory::{Faults, Item, Kind};
use serde_json::{Map, Value};
use serde_path_to_error::{Deserializer, Track};

/// Members of an answer that are about the entry and not of it: whoever sends an answer back may leave them in.
const ABOUT: [&str; 3] = ["id", "updated_at", "updated_by"];

/// An entry that was read, with the id it goes by.
pub type Named = (String, Item);

/// Reads one entry as JSON. `id`: what the path says, if it does; otherwise what the entry says, or is named by.
///
/// # Errors
/// Everything that is wrong with it, by field.
pub fn read_one(kind: Kind, id: Option<&str>, body: &[u8]) -> Result<Named, Faults> {
    named(kind, id, value(body)?)
}

/// Reads several entries: a JSON array of them, or an object with the array as `items`.
///
/// # Errors
/// Everything that is wrong with any, by its number in the array and field.
pub fn read_many(kind: Kind, body: &[u8]) -> Result<Vec<Named>, Faults> {
    let mut value = value(body)?;
    let items = match value.get_mut("items") {
        Some(items) => items.take(),
        None => value,
    };
    let Value::Array(items) = items else {
        return Err(fault(
            "",
            "it must be a JSON array of entries, or an object with the array as `items`",
        ));
    };
    let mut faults = Faults::default();
    let mut read = Vec::with_capacity(items.len());
    let mut ids = BTreeSet::new();
    for (index, item) in items.into_iter().enumerate() {
        if faults.is_full() {
            break;
        }
        match named(kind, None, item) {
            // Written one after the other, the first would be lost without a word.
            Ok((id, _)) if ids.contains(&id) => faults.add(index.to_string(), format!("`{id}` is told twice")),
            Ok(entry) => {
                ids.insert(entry.0.clone());
                read.push(entry);
            }
            Err(wrong) => faults.add_all(wrong.inside(&index.to_string())),
        }
    }
    faults.none()?;
    Ok(read)
}

fn value(body: &[u8]) -> Result<Value, Faults> {
    serde_json::from_slice(body).map_err(|error| fault("", &format!("the body is not JSON: {error}")))
}

fn fault(place: &str, reason: &str) -> Faults {
    let mut faults = Faults::default();
    faults.add(place, reason);
    faults
}

fn named(kind: Kind, id: Option<&str>, value: Value) -> Result<Named, Faults> {
    let Value::Object(mut members) = value else {
        return Err(fault("", "it must be a JSON object"));
    };
    let told = about(&mut members);
    let mut track = Track::new();
    let item = Item::read(kind, Deserializer::new(Value::Object(members), &mut track));
    let item = item.map_err(|error| fault(track.path().to_string().trim_matches('.'), &error.to_string()))?;
    let own = item.own_id();
    let named = id.map(str::to_owned).or(told).or_else(|| own.clone());
    let Some(named) = named.filter(|id| !id.trim().is_empty()) else {
        return Err(fault("id", "it is missing"));
    };
    match own {
        Some(own) if own != named => {
            let reason = format!("by what it says the entry is `{own}`, not `{named}`");
            Err(fault("id", &reason))
        }
        _ => {
            item.check_as(&named)?;
            Ok((named, item))
        }
    }
}

/// Takes what is about the entry out of its members; the id among it.
fn about(members: &mut Map<String, Value>) -> Option<String> {
    let [id, ..] = ABOUT.map(|name| members.remove(name));
    id.as_ref().and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_or_everything_wrong_with_it_is_told() {
        let hello = r#"{"name":"hello","language":"pt_BR","category":"utility"}"#;
        for (kind, id, body, told) in [
            (Kind::Template, None, hello, "hello.pt_BR"),
            (Kind::Template, Some("hello.pt_BR"), hello, "hello.pt_BR"),
            (
                Kind::Template,
                Some("bye"),
                hello,
                "id: by what it says the entry is `hello.pt_BR`, not `bye`",
            ),
            (Kind::Account, Some("acme"), "{}", "acme"),
            (
                Kind::Account,
                None,
                r#"{"id":"acme","updated_at":"x","time_zone":"UTC"}"#,
                "acme",
            ),
            (Kind::Account, None, "{}", "id: it is missing"),
            (
                Kind::Account,
                Some("a"),
                r#"{"time_zone":"Mars"}"#,
                "time_zone: `Mars` is no time zone",
            ),
            (
                Kind::RateCard,
                None,
                r#"{"currency":"BRL","effective_from":"2026-10-01","rates":[{"market":"Brazil","category":"promo","amount":1}]}"#,
                "rates[0].category: unknown variant `promo`, expected one of `marketing`, `utility`, `authentication`, \
                 `authentication_international`, `service`",
            ),
            (Kind::Account, Some("a"), "[]", "it must be a JSON object"),
            (
                Kind::Account,
                Some("a"),
                "{",
                "the body is not JSON: EOF while parsing an object at line 1 column 1",
            ),
        ] {
            let read = match read_one(kind, id, body.as_bytes()) {
                Ok((id, _)) => id,
                Err(faults) => faults.to_string(),
            };
            assert_eq!(read, told, "{body}");
        }
    }

    #[test]
    fn of_several_each_is_told_by_its_number() {
        let hello = r#"{"name":"hello","language":"pt_BR","category":"utility"}"#;
        let bye = r#"{"name":"bye","language":"pt_BR","category":"utility"}"#;
        let wrong = r#"{"name":"","language":"pt_BR","category":"utility"}"#;
        for (body, told) in [
            (format!("[{hello}]"), Ok(1)),
            (format!(r#"{{"items":[{hello},{bye}]}}"#), Ok(2)),
            (
                format!(r#"{{"items":[{hello},{bye},{hello}]}}"#),
                Err("2: `hello.pt_BR` is told twice"),
            ),
            (
                format!("[{wrong},{hello},{{}}]"),
                Err("0.name: it must not be empty; 2: missing field `name`"),
            ),
            (
                hello.to_owned(),
                Err("it must be a JSON array of entries, or an object with the array as `items`"),
            ),
        ] {
            let read = read_many(Kind::Template, body.as_bytes());
            let read = read.map(|entries| entries.len()).map_err(|faults| faults.to_string());
            assert_eq!(read, told.map_err(str::to_owned), "{body}");
        }
    }
    #[test]
    fn a_body_full_of_faults_is_not_read_to_its_end() {
        let body = format!("[{}{{}}]", "{},".repeat(100_000));
        let faults = read_many(Kind::Template, body.as_bytes()).unwrap_err();
        assert!(faults.is_full());
        assert_eq!(faults.0.len(), 1_001);
        assert_eq!(
            faults.0[1_000].to_string(),
            "there is more than these 1000 things wrong"
        );
    }
}
