//! What differs between two books of rules.

use std::collections::BTreeSet;

use origem_domain::rules::{Rulebook, Rules};
use origem_domain::time::{Micros, Timestamp};
use serde::{Deserialize, Serialize};

/// A length of time that is not the same under two books of rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleChange {
    /// From when on; `None`: from the beginning.
    pub from: Option<Timestamp>,
    /// Its name, as settings have it without `rules.`.
    pub name: String,
    /// How long it was.
    pub old: Micros,
    /// How long it is.
    pub new: Micros,
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
            old: *old,
            new: *new,
        }));
        before = differing;
    }
    changes
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
            changes
                .iter()
                .map(|change| (change.from, change.old / HOUR, change.new / HOUR))
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
}
