//! The rules that an operator may change: lengths of time, each from a date on if one is told, what is a dispatch of which campaign, and
//! what threads keep.

use origem_domain::rules::dispatches::Dispatches;
use origem_domain::rules::{Rulebook, Rules};
use origem_domain::time::{Micros, Timestamp};
use origem_engine::rebuild::{RebuildOptions, Settings};

use crate::config::duration::duration;
use crate::config::{ConfigError, Resolved};

/// A length of time of the rules, by its setting.
type Length = (&'static str, fn(&mut Rules) -> &mut Micros);

const LENGTHS: [Length; 5] = [
    ("rules.interaction_gap", |rules| &mut rules.interaction_gap),
    ("rules.campaign_reply_window", |rules| &mut rules.campaign_reply_window),
    ("rules.organic_withheld", |rules| &mut rules.organic_withheld),
    ("rules.private_reply_window", |rules| &mut rules.private_reply_window),
    ("rules.click_valid", |rules| &mut rules.click_valid),
];

const EXPECTED: &str = "a duration such as 12h or 7d, or several with the instant from which on each holds, ascending: \
                        24h, 12h from 2026-11-01T00:00:00Z";

/// The rules of the settings.
pub fn rulebook(resolved: &Resolved) -> Result<Rulebook, ConfigError> {
    let mut book = Rulebook::default();
    for (key, length) in LENGTHS {
        for (from, micros) in resolved.parse(key, EXPECTED, changes)? {
            book = book.changed(from, |rules| *length(rules) = micros);
        }
    }
    let withheld = resolved.parse(
        "thread.withheld_types",
        "types of messages such as sticker,location, or none",
        types,
    )?;
    Ok(book.withholding(withheld).recognising(dispatches(resolved)?))
}

/// The rules that recognise dispatches.
fn dispatches(resolved: &Resolved) -> Result<Dispatches, ConfigError> {
    let (rules, origin) = resolved.get("rules.dispatches");
    let rules: Dispatches = rules.parse().map_err(|source| ConfigError::Dispatch {
        origin: origin.clone(),
        source,
    })?;
    let strict = resolved.parse(
        "rules.dispatches_strict",
        "`false`, `true`, or from when on: from 2026-11-01T00:00:00Z",
        |text| match text {
            "false" => Some(None),
            "true" => Some(Some(Timestamp::MIN)),
            _ => Timestamp::parse(text.strip_prefix("from ")?.trim()).map(Some),
        },
    )?;
    Ok(rules.strict(strict))
}

/// Memory for what waits while new views are made. With less than this, files would be written a few rows at a time.
pub fn rebuild_memory(resolved: &Resolved) -> Result<usize, ConfigError> {
    const LEAST: usize = 64 << 20;
    let enough = |value: &str| value.parse().ok().filter(|bytes| *bytes >= LEAST);
    resolved.parse(
        "rebuild.memory_bytes",
        "a number of bytes, 67108864 (64 MiB) or more",
        enough,
    )
}

/// Types of messages, separated by commas; `none`: none. `None` if a name is empty.
fn types(text: &str) -> Option<Vec<String>> {
    if text.trim() == "none" {
        return Some(Vec::new());
    }
    let words = text.split(',').map(|word| word.trim().to_owned());
    let words: Vec<String> = words.collect();
    words.iter().all(|word| !word.is_empty()).then_some(words)
}

/// Lengths with the instants from which on they hold, ascending; the first may have none. `None` if it is nothing of the kind.
fn changes(text: &str) -> Option<Vec<(Timestamp, Micros)>> {
    let change = |part: &str| {
        let Some((length, from)) = part.split_once(" from ") else {
            return Some((Timestamp::MIN, duration(part)?));
        };
        Some((Timestamp::parse(from.trim())?, duration(length.trim())?))
    };
    let changes: Vec<_> = text.split(',').map(|part| change(part.trim())).collect::<Option<_>>()?;
    changes
        .is_sorted_by(|(one, _), (next, _)| one < next)
        .then_some(changes)
}

/// How views are rebuilt.
pub fn rebuild(resolved: &Resolved) -> Result<Settings, ConfigError> {
    let share = |text: &str| text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
    let count = |text: &str| text.parse().ok().filter(|count| *count > 0);
    Ok(Settings {
        // What a server does; commands do only what they are told.
        automatic: false,
        usual: RebuildOptions {
            cpu_share: resolved.parse("rebuild.cpu_share", "over 0 and up to 1", share)?,
            records_max: resolved.parse("rebuild.records_max", "a number of records", count)?,
            ..RebuildOptions::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use origem_domain::time::{DAY, HOUR};

    use super::*;
    use crate::config::SETTINGS;

    fn of(settings: &[(&'static str, &str)]) -> Result<Rulebook, ConfigError> {
        let flags = settings.iter().map(|(key, value)| (*key, (*value).to_owned()));
        rulebook(&Resolved::new(None, [], flags)?)
    }

    #[test]
    fn the_defaults_are_those_of_the_rules() {
        assert_eq!(of(&[]).unwrap(), Rulebook::default());
        let resolved = Resolved::new(None, [], []).unwrap();
        assert_eq!(rebuild(&resolved).unwrap(), Settings::default());
        let listed = SETTINGS.iter().filter(|setting| setting.key.starts_with("rules."));
        let of_dispatches = 2;
        assert_eq!(listed.count(), LENGTHS.len() + of_dispatches);
    }

    #[test]
    fn a_length_may_change_at_a_date() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let book = of(&[
            (
                "rules.interaction_gap",
                "24h, 12h from 2026-11-01T00:00:00Z,6h from 2026-12-01T00:00:00-03:00",
            ),
            ("rules.click_valid", "3d from 2026-11-15T00:00:00Z"),
        ])
        .unwrap();
        for (instant, gap, valid) in [
            ("2026-10-31T23:59:59Z", 24, 7),
            ("2026-11-01T00:00:00Z", 12, 7),
            ("2026-11-15T00:00:00Z", 12, 3),
            ("2026-12-01T02:59:59Z", 12, 3),
            ("2026-12-01T03:00:00Z", 6, 3),
        ] {
            let rules = book.at(at(instant)).rules;
            assert_eq!(
                (rules.interaction_gap / HOUR, rules.click_valid / DAY),
                (gap, valid),
                "{instant}"
            );
        }
        assert_eq!(of(&[("rules.interaction_gap", "24h")]).unwrap(), Rulebook::default());
    }

    #[test]
    fn rules_for_dispatches_are_read_in_order_and_may_stand_alone() {
        let shop = "shop: callback_data=camp-{campaign}";
        let both = format!("{shop}, crm: callback_data=*\"c\":\"{{campaign}}\"*");
        let at = |text: &str| Timestamp::parse(text).unwrap();
        for (settings, rules, strict) in [
            (vec![], 0, None),
            (vec![("rules.dispatches", shop)], 1, None),
            (
                vec![("rules.dispatches", &*both), ("rules.dispatches_strict", "true")],
                2,
                Some(Timestamp::MIN),
            ),
            (
                vec![("rules.dispatches_strict", "from 2026-11-01T00:00:00-03:00")],
                0,
                Some(at("2026-11-01T03:00:00Z")),
            ),
        ] {
            let book = of(&settings).unwrap();
            assert_eq!(book.dispatches().rules().len(), rules, "{settings:?}");
            assert_eq!(book.dispatches().strict_from(), strict, "{settings:?}");
        }
        let error = of(&[("rules.dispatches", "shop: callback_data=camp-")]).unwrap_err();
        assert!(matches!(error, ConfigError::Dispatch { .. }), "{error}");
        for text in ["", "yes", "2026-11-01T00:00:00Z", "from monday"] {
            let error = of(&[("rules.dispatches_strict", text)]).unwrap_err();
            assert!(error.to_string().contains("rules.dispatches_strict"), "{text}: {error}");
        }
    }

    #[test]
    fn what_threads_keep_is_told_by_types() {
        for (text, sticker, text_kept) in [
            ("sticker", false, true),
            ("text, sticker", false, false),
            ("none", true, true),
        ] {
            let book = of(&[("thread.withheld_types", text)]).unwrap();
            assert_eq!(
                (book.keeps("sticker"), book.keeps("text")),
                (sticker, text_kept),
                "{text}"
            );
        }
        assert!(of(&[("thread.withheld_types", "a,,b")]).is_err());
    }

    #[test]
    fn what_is_no_length_is_refused_with_an_example() {
        for wrong in [
            "",
            "soon",
            "24",
            "0h",
            "12h from tomorrow",
            "12h from 2026-11-01",
            "24h, 12h",
            "12h from 2026-11-01T00:00:00Z, 24h",
            "6h from 2026-12-01T00:00:00Z, 12h from 2026-11-01T00:00:00Z",
        ] {
            let said = of(&[("rules.interaction_gap", wrong)]).unwrap_err().to_string();
            assert!(
                said.contains("rules.interaction_gap") && said.contains("12h from 2026"),
                "{wrong}: {said}"
            );
        }
    }
}
