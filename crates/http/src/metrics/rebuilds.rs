//! How far the latest rebuild of this instance is, when somebody asks. Without any, only the names are told.

use std::fmt;
use std::sync::Arc;

use origem_engine::rebuild::{Phase, RebuildStatus};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::sample::{Labels, Metric, Sample, write};
use crate::state::Health;

const PHASE: Metric = Metric::gauge("rebuild_phase", "1 for what the latest rebuild does, or how it ended");
const RUNNING: Metric = Metric::gauge("rebuild_running", "1 while a rebuild is under way");
const DONE: Metric = Metric::gauge("rebuild_events_done", "Events the latest rebuild has folded");
const TOTAL: Metric = Metric::gauge("rebuild_events_goal", "Events the latest rebuild has to fold");
const RATE: Metric = Metric::gauge("rebuild_events_per_second", "Events it folds in a second, lately");
const LEFT: Metric = Metric::gauge(
    "rebuild_eta_seconds",
    "Time until all is folded and compared, at the rate of lately",
);
const COMPARED: Metric = Metric::gauge("rebuild_conversations_compared", "Conversations it has compared");
const DIFFERING: Metric = Metric::gauge("rebuild_conversations_differing", "Conversations that differ");

const METRICS: [Metric; 8] = [PHASE, RUNNING, DONE, TOTAL, RATE, LEFT, COMPARED, DIFFERING];

/// What is measured of the rebuilds of an engine.
pub(super) struct Rebuilds(pub(super) Arc<Health>);

impl fmt::Debug for Rebuilds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rebuilds(..)")
    }
}

impl Collector for Rebuilds {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let rebuilds = self.0.engine().rebuilds();
        let latest = rebuilds.iter().max_by_key(|rebuild| rebuild.id);
        write(&METRICS, &latest.map(samples).unwrap_or_default(), &mut encoder)
    }
}

fn samples(latest: &RebuildStatus) -> Vec<Sample> {
    let none = Labels::new;
    let phases = Phase::ALL.map(|phase| PHASE.sample(vec![("phase", phase.name().to_owned())], phase == latest.phase));
    let differing = latest.diff.as_ref().map(|diff| diff.conversations.differing());
    let others = [
        Some(RUNNING.sample(none(), !latest.phase.is_over())),
        Some(DONE.sample(none(), latest.events_done)),
        Some(TOTAL.sample(none(), latest.events_total)),
        Some(RATE.sample(none(), latest.rate_per_s)),
        latest.eta_s.map(|seconds| LEFT.sample(none(), seconds)),
        Some(COMPARED.sample(none(), latest.compared)),
        differing.map(|count| DIFFERING.sample(none(), count)),
    ];
    phases.into_iter().chain(others.into_iter().flatten()).collect()
}
