//! The directory as the settings have it: what a new installation begins with. The API maintains it from then on, so an entry that is there
//! already is left as it is.

use origem_domain::directory::{Faults, Kind};
use origem_domain::time::Timestamp;
use origem_engine::{Engine, Wish, Writer};
use origem_wire::directory::read_one;
use serde_json::{Map, Value};
use tracing::info;

use crate::failure::Failure;

/// Who wrote these entries.
const WRITER: &str = "settings";

/// Writes the entries of the settings that the directory does not have yet: `{"teams":{"sales":{"name":"Sales"}}}`.
///
/// # Errors
/// Everything that is wrong with any, by its name in the settings; nothing is written then.
pub fn sow(engine: &Engine, entries: &str, account: &str, at: Timestamp) -> Result<(), Failure> {
    if entries.is_empty() {
        return Ok(());
    }
    let wishes = read(entries, account)?;
    let snapshot = engine.directory().snapshot();
    let is_new = |wish: &Wish| snapshot.entry(&wish.account, wish.item.kind(), &wish.id).is_err();
    let new: Vec<Wish> = wishes.into_iter().filter(is_new).collect();
    if !new.is_empty() {
        let by = Some(WRITER.to_owned());
        engine.directory().put(&new, &Writer { at, by })?;
        info!(
            entries = new.len(),
            "the directory took the entries of the settings that it did not have"
        );
    }
    Ok(())
}

fn read(entries: &str, account: &str) -> Result<Vec<Wish>, Faults> {
    let mut faults = Faults::default();
    let kinds = serde_json::from_str::<Map<String, Value>>(entries).unwrap_or_else(|error| {
        faults.add("directory", error.to_string());
        Map::new()
    });
    let mut wishes = Vec::new();
    for (plural, of_kind) in kinds {
        let place = format!("directory.{plural}");
        // In TOML, names with a hyphen need quotes: both are read.
        let named = |kind: &&Kind| kind.plural().replace('-', "_") == plural.replace('-', "_");
        let Some(kind) = Kind::ALL.iter().find(named) else {
            let all: Vec<&str> = Kind::ALL.iter().map(|kind| kind.plural()).collect();
            faults.add(place, format!("there is no such kind; there are {}", all.join(", ")));
            continue;
        };
        let Value::Object(of_kind) = of_kind else {
            faults.add(
                place,
                format!("write entries as tables, such as [directory.{plural}.some-id]"),
            );
            continue;
        };
        for (id, entry) in of_kind {
            match read_one(*kind, Some(&id), entry.to_string().as_bytes()) {
                Ok((id, item)) => wishes.push(Wish {
                    account: if *kind == Kind::Account {
                        id.clone()
                    } else {
                        account.to_owned()
                    },
                    id,
                    item,
                }),
                Err(wrong) => faults.add_all(wrong.inside(&format!("{place}.{id}"))),
            }
        }
    }
    faults.none()?;
    Ok(wishes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_or_everything_wrong_is_told_by_name() {
        for (entries, told) in [
            (
                r#"{"teams":{"sales":{"name":"Sales"}},"accounts":{"shop":{"currency":"BRL"}}}"#,
                "shop/account shop, default/team sales",
            ),
            (r#"{"rate_cards":{}}"#, ""),
            (
                r#"{"tribes":{"a":{}}}"#,
                "directory.tribes: there is no such kind; there are accounts, rate-cards",
            ),
            (r#"{"teams":3}"#, "directory.teams: write entries as tables"),
            (
                r#"{"teams":{"a":{},"b":{"name":""}}}"#,
                "directory.teams.a: missing field `name`; directory.teams.b.name: it must not be empty",
            ),
        ] {
            let read = match read(entries, "default") {
                Ok(wishes) => {
                    let told = wishes
                        .iter()
                        .map(|wish| format!("{}/{} {}", wish.account, wish.item.kind().name(), wish.id));
                    told.collect::<Vec<_>>().join(", ")
                }
                Err(faults) => faults.to_string(),
            };
            assert!(
                read.contains(told) && (read.is_empty() == told.is_empty()),
                "{entries}: {read}"
            );
        }
    }
}
