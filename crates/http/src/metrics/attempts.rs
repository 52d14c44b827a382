//! Wrong keys that were shown, at any edge. Never from where.

use std::fmt;
use std::sync::Arc;

use origem_access::Attempts;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sample::{Metric, write};

const WRONG_KEYS: Metric = Metric::counter("wrong_keys", "Wrong keys that were shown, by what they were answered");

/// The count of all edges.
#[derive(Debug)]
pub(super) struct Attempted(pub(super) Arc<Attempts>);

impl Collector for Attempted {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = [("refused", self.0.refused()), ("told_to_wait", self.0.limited())];
        let samples = counts.map(|(answer, count)| WRONG_KEYS.sample(vec![("answer", answer.to_owned())], count));
        write(&[WRONG_KEYS], &samples, &mut encoder)
    }
}
