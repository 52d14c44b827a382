//! What an instance on Kafka tells operators: whether it is ready, and what it measures.

use std::collections::BTreeSet;

use origem_domain::position::Partition;
use origem_engine::Cause;
use origem_http::{Beside, Labels, Metric, Sample, Value};
use origem_publish::Phase;

use super::{Instance, locked};

const JOINING: Cause = Cause {
    code: "joining",
    message: "the instance has not joined its group yet",
    advice: "wait; if it stays so, look at the brokers and the rights of this instance",
};
const OPENING: Cause = Cause {
    code: "opening",
    message: "the instance is opening the views of its partitions",
    advice: "wait; the server's log says if one cannot be opened",
};
const LEFT_GROUP: Cause = Cause {
    code: "left_group",
    message: "the instance left its group and will not come back",
    advice: "look in the server's log for the reason, mend that, then restart the server",
};

const OWNED: Metric = Metric::gauge("group_partitions", "Partitions of the log that this instance owns");
const COMMITS_REFUSED: Metric = Metric::counter("group_commits_refused", "Commits that the group refused");
const DELIVERIES: Metric = Metric::counter("intake_deliveries", "Deliveries taken from topics");
const EVENTS: Metric = Metric::counter("intake_events", "Events they became");
const UNRECOGNISED: Metric = Metric::counter("intake_unrecognised", "Deliveries not understood; kept");
const REFUSED: Metric = Metric::counter("intake_refused", "Deliveries too large for the log, replaced by a mark");
const GIVEN_UP: Metric = Metric::counter("intake_given_up", "Deliveries whose mark was too large too");
const TRANSACTIONS: Metric = Metric::counter("intake_transactions", "Transactions committed");
const ABORTED: Metric = Metric::counter("intake_transactions_aborted", "Transactions aborted and done again");
const ENDED: Metric = Metric::gauge("intake_ended", "1 if intake ended and will not come back");
const INTAKE_LAG: Metric = Metric::gauge("intake_lag_deliveries", "Deliveries that wait in topics");
const PUBLISHED: Metric = Metric::counter("published", "Values published to projected topics");
const REMOVED: Metric = Metric::counter("published_removals", "Removals published to projected topics");
const BEHIND: Metric = Metric::gauge(
    "publish_behind_conversations",
    "Conversations that wait for publication",
);
const RECONCILING: Metric = Metric::gauge(
    "publish_reconciling",
    "1 while projected topics are compared with the views or cannot be written",
);

/// All of them, in the order they are written in.
const METRICS: &[Metric] = &[
    OWNED,
    COMMITS_REFUSED,
    DELIVERIES,
    EVENTS,
    UNRECOGNISED,
    REFUSED,
    GIVEN_UP,
    TRANSACTIONS,
    ABORTED,
    ENDED,
    INTAKE_LAG,
    PUBLISHED,
    REMOVED,
    BEHIND,
    RECONCILING,
];

impl Beside for Instance {
    fn unready(&self) -> Option<Cause> {
        let open: BTreeSet<Partition> = self.engine.shards().iter().map(|shard| shard.partition()).collect();
        let membership = locked(&self.membership);
        let Some((membership, _)) = membership.as_ref() else {
            return (open.len() < self.engine.partitions().count()).then_some(OPENING);
        };
        let status = membership.status();
        if status.ended.is_some() {
            Some(LEFT_GROUP)
        } else if status.assigned.is_empty() && membership.owners().is_empty() {
            Some(JOINING)
        } else if !status.assigned.is_subset(&open) {
            Some(OPENING)
        } else {
            None
        }
    }

    fn metrics(&self) -> &'static [Metric] {
        METRICS
    }

    fn samples(&self) -> Vec<Sample> {
        let mut samples = Vec::new();
        self.sample_group(&mut samples);
        self.sample_intake(&mut samples);
        self.sample_publishers(&mut samples);
        samples
    }
}

impl Instance {
    fn sample_group(&self, samples: &mut Vec<Sample>) {
        let membership = locked(&self.membership);
        let Some((membership, _)) = membership.as_ref() else {
            return;
        };
        let status = membership.status();
        samples.extend([
            OWNED.sample(Labels::new(), status.assigned.len() as u64),
            COMMITS_REFUSED.sample(Labels::new(), status.refused),
        ]);
    }

    fn sample_intake(&self, samples: &mut Vec<Sample>) {
        let intake = locked(&self.intake);
        let Some(status) = intake.as_ref().map(origem_log_kafka::Intake::status) else {
            return;
        };
        for (metric, value) in [
            (DELIVERIES, status.deliveries),
            (EVENTS, status.events),
            (UNRECOGNISED, status.unrecognised),
            (REFUSED, status.refused),
            (GIVEN_UP, status.given_up),
            (TRANSACTIONS, status.transactions),
            (ABORTED, status.aborted),
            (ENDED, u64::from(status.ended.is_some())),
        ] {
            samples.push(metric.sample(Labels::new(), value));
        }
        for ((topic, partition), lag) in status.lag {
            let labels = vec![("topic", topic), ("partition", partition.to_string())];
            samples.push(INTAKE_LAG.sample(labels, lag));
        }
    }

    fn sample_publishers(&self, samples: &mut Vec<Sample>) {
        for (partition, status) in self.keeper.publishers() {
            let reconciling = status.phase == Phase::Reconciling;
            let values: [(Metric, Value); 4] = [
                (PUBLISHED, status.published.into()),
                (REMOVED, status.removed.into()),
                (BEHIND, (status.behind as u64).into()),
                (RECONCILING, reconciling.into()),
            ];
            for (metric, value) in values {
                let labels = vec![("partition", partition.to_string())];
                samples.push(metric.sample(labels, value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../../docs/metrics.md");

    #[test]
    fn what_an_instance_on_kafka_measures_is_documented() {
        let (_, page) = PAGE.split_once("## On Kafka").expect("a chapter of its own");
        let documented: BTreeSet<String> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
            .map(|(name, _)| name.to_owned())
            .collect();
        let exported: BTreeSet<String> = METRICS.iter().map(Metric::exported).collect();
        assert_eq!(documented, exported);
    }
}
