//! What differs between two books of rules.

use std::collections::BTreeSet;

use origem_domain::rules::dispatches::Dispatches;
use origem_domain::rules::{Rulebook, Rules};
use origem_domain::time::{Micros, Timestamp};
use serde::{Deserialize, Serialize};

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RuleValue {
    /// A length of time.
    Length(Micros),
    /// What settings have.
    Text(String),
}

/// A rule that is not the same in two books of rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleChange {
    /// From when on; `None`: from the beginning.
    pub from: Option<Timestamp>,
    /// Its name, as settings have it without `rules.`.
    pub name: String,
    /// What it said.
    pub old: RuleValue,
    /// What it says.
    pub new: RuleValue,
}

/// The lengths of time by name.
const fn lengths(rules: &Rules) -> [(&'static str, Micros); 5] {
    let Rules {
        interaction_gap,
        campaign_reply_window,
        organic_withheld,
        private_reply_window,
        click_valid,
    } = *rules;
    [
        ("interaction_gap", interaction_gap),
        ("campaign_reply_window", campaign_reply_window),
        ("organic_withheld", organic_withheld),
        ("private_reply_window", private_reply_window),
        ("click_valid", click_valid),
    ]
}

/// What differs, by the instants from which on it does.
pub(super) fn changes(old: &Rulebook, new: &Rulebook) -> Vec<RuleChange> {
    let begins: BTreeSet<Timestamp> = [old, new]
        .iter()
        .flat_map(|book| book.regimes().iter().map(|(begins, _)| *begins))
        .collect();
    let mut before = Vec::new();
    let mut changes = Vec::new();
    for at in begins {
        let pairs = lengths(&old.at(at).rules).into_iter().zip(lengths(&new.at(at).rules));
        let differing: Vec<(&str, Micros, Micros)> = pairs
            .filter(|((_, old), (_, new))| old != new)
            .map(|((name, old), (_, new))| (name, old, new))
            .collect();
        // What went on from the regime before is told already.
        let begun = differing.iter().filter(|change| !before.contains(*change));
        changes.extend(begun.map(|(name, old, new)| RuleChange {
            from: Some(at).filter(|at| *at != Timestamp::MIN),
            name: (*name).to_owned(),
            old: RuleValue::Length(*old),
            new: RuleValue::Length(*new),
        }));
        before = differing;
    }
    changes.extend(of_dispatches(old.dispatches(), new.dispatches()));
    changes
}

/// What differs between the rules that recognise dispatches; each says itself when it holds.
fn of_dispatches(old: &Dispatches, new: &Dispatches) -> Vec<RuleChange> {
    let rules = |dispatches: &Dispatches| {
        let lines = dispatches.rules().iter().map(ToString::to_string);
        lines.collect::<Vec<_>>().join(", ")
    };
    let strict = |dispatches: &Dispatches| match dispatches.strict_from() {
        None => "false".to_owned(),
        Some(Timestamp::MIN) => "true".to_owned(),
        Some(from) => format!("from {from}"),
    };
    let told = [
        ("dispatches", rules(old), rules(new)),
        ("dispatches_strict", strict(old), strict(new)),
    ];
    let differing = told.into_iter().filter(|(_, old, new)| old != new);
    let change = |(name, old, new): (&str, String, String)| RuleChange {
        from: None,
        name: name.to_owned(),
        old: RuleValue::Text(old),
        new: RuleValue::Text(new),
    };
    differing.map(change).collect()
}

#[cfg(test)]
mod tests {
    use origem_domain::time::HOUR;

    use super::*;

    #[test]
    fn every_change_is_told_once_with_its_date() {
        let day = |day: i64| Timestamp::from_seconds(day * 86_400);
        let gap = |hours: i64| move |rules: &mut Rules| rules.interaction_gap = hours * HOUR;
        let usual = Rulebook::default;
        let told = |old: &Rulebook, new: &Rulebook| -> Vec<(Option<Timestamp>, i64, i64)> {
            let changes = changes(old, new);
            assert!(changes.iter().all(|change| change.name == "interaction_gap"));
            let hours = |value: &RuleValue| match value {
                RuleValue::Length(micros) => micros / HOUR,
                RuleValue::Text(text) => panic!("no length: {text}"),
            };
            changes
                .iter()
                .map(|change| (change.from, hours(&change.old), hours(&change.new)))
                .collect()
        };
        for (name, old, new, expected) in [
            ("nothing", usual(), usual(), vec![]),
            (
                "always",
                usual(),
                usual().changed(Timestamp::MIN, gap(12)),
                vec![(None, 24, 12)],
            ),
            (
                "from a date",
                usual(),
                usual().changed(day(10), gap(12)),
                vec![(Some(day(10)), 24, 12)],
            ),
            (
                "another date",
                usual().changed(day(20), gap(12)),
                usual().changed(day(10), gap(12)),
                vec![(Some(day(10)), 24, 12)],
            ),
            (
                "in steps",
                usual(),
                usual().changed(day(10), gap(12)).changed(day(20), gap(6)),
                vec![(Some(day(10)), 24, 12), (Some(day(20)), 24, 6)],
            ),
        ] {
            assert_eq!(told(&old, &new), expected, "{name}");
        }
    }

    #[test]
    fn rules_for_dispatches_are_told_as_settings_have_them() {
        let book = |text: &str, strict| {
            let dispatches: Dispatches = text.parse().unwrap();
            Rulebook::default().recognising(dispatches.strict(strict))
        };
        let day = Timestamp::from_seconds(86_400);
        let shop = "shop: callback_data=camp-{campaign}";
        for (old, new, expected) in [
            (book("", None), book("", None), vec![]),
            (book(shop, None), book(shop, None), vec![]),
            (book("", None), book(shop, None), vec![("dispatches", "", shop)]),
            (
                book(shop, None),
                book(shop, Some(day)),
                vec![("dispatches_strict", "false", "from 1970-01-02T00:00:00Z")],
            ),
            (
                book("a: template=a -> a, b: template=b -> b", Some(Timestamp::MIN)),
                book("b: template=b -> b,a: template=a -> a", None),
                vec![
                    (
                        "dispatches",
                        "a: template=a -> a, b: template=b -> b",
                        "b: template=b -> b, a: template=a -> a",
                    ),
                    ("dispatches_strict", "true", "false"),
                ],
            ),
        ] {
            let told = changes(&old, &new);
            let text = |value: &RuleValue| match value {
                RuleValue::Text(text) => text.clone(),
                RuleValue::Length(_) => panic!("no text"),
            };
            let told: Vec<_> = told
                .iter()
                .map(|change| (change.name.clone(), text(&change.old), text(&change.new)))
                .collect();
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(name, old, new)| (name.to_owned(), old.to_owned(), new.to_owned()))
                .collect();
            assert_eq!(told, expected);
        }
    }
}
