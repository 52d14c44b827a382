//! Anomalies of two generations of views, compared by the positions of their events.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::position::Offset;
use origem_views::anomalies::{self, Anomaly, Filter};

use crate::error::EngineError;
use crate::rebuild::diff::Counts;
use crate::shard::View;

/// Anomalies by the name of their reason.
pub type AnomalyCounts = BTreeMap<String, Counts>;

/// What was compared so far.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub counts: AnomalyCounts,
    /// All below are compared.
    below: Offset,
}

impl Compared {
    /// Compares what is below `below` and was not compared yet.
    pub fn compare(&mut self, old: &View<'_>, new: &View<'_>, below: Offset) -> Result<(), EngineError> {
        /// Of each of the two at a time.
        const PAGE: usize = 1_000;
        let mut before = below;
        while before > self.below {
            let page = |view: &View<'_>| anomalies::page(view.rows, view.partition, before, &Filter::default(), PAGE);
            let (olds, news) = (page(old)?, page(new)?);
            // Below it, at least one of the two has more than its page says.
            let floor = olds.below.max(news.below).unwrap_or_default().max(self.below);
            self.count(olds.items, news.items, floor);
            before = floor;
        }
        self.below = self.below.max(below);
        Ok(())
    }

    /// Counts what is at `floor` or above.
    fn count(&mut self, olds: Vec<Anomaly>, news: Vec<Anomaly>, floor: Offset) {
        let keyed = |page: Vec<Anomaly>| -> BTreeMap<_, Anomaly> {
            page.into_iter()
                .filter(|anomaly| anomaly.position.offset >= floor)
                .map(|anomaly| ((anomaly.position, anomaly.reason, anomaly.event), anomaly))
                .collect()
        };
        let (olds, news) = (keyed(olds), keyed(news));
        let keys: BTreeSet<_> = olds.keys().chain(news.keys()).collect();
        for key in keys {
            let counts = self.counts.entry(key.1.name().to_owned()).or_default();
            match (olds.get(key), news.get(key)) {
                (Some(old), Some(new)) if old == new => counts.equal += 1,
                (Some(_), Some(_)) => counts.changed += 1,
                (Some(_), None) => counts.only_old += 1,
                (None, _) => counts.only_new += 1,
            }
        }
    }
}
