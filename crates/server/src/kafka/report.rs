//! What an instance on Kafka tells operators: whether it is ready, and what it measures.

use std::collections::BTreeSet;

use origem_domain::position::Partition;
use origem_http::{Beside, Sample};
use origem_publish::Phase;

use super::{Instance, locked};

impl Beside for Instance {
    fn unready(&self) -> Option<&'static str> {
        let open: BTreeSet<Partition> = self.engine.shards().iter().map(|shard| shard.partition()).collect();
        let membership = locked(&self.membership);
        let Some((membership, _)) = membership.as_ref() else {
            return (open.len() < self.engine.partitions().count()).then_some("opening");
        };
        let status = membership.status();
        if status.ended.is_some() {
            Some("left_group")
        } else if status.assigned.is_empty() && membership.owners().is_empty() {
            Some("joining")
        } else if !status.assigned.is_subset(&open) {
            Some("opening")
        } else {
            None
        }
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
        let owned = "Partitions of the log that this instance owns";
        samples.push(sample(
            "group_partitions",
            owned,
            Vec::new(),
            status.assigned.len() as u64,
        ));
        let refused = "Commits of this instance that the group refused, since its start";
        samples.push(sample("group_commits_refused", refused, Vec::new(), status.refused));
    }

    fn sample_intake(&self, samples: &mut Vec<Sample>) {
        let intake = locked(&self.intake);
        let Some(status) = intake.as_ref().map(origem_log_kafka::Intake::status) else {
            return;
        };
        for (name, help, value) in [
            ("intake_deliveries", "Deliveries taken from topics", status.deliveries),
            ("intake_events", "Events they became", status.events),
            (
                "intake_unrecognised",
                "Deliveries not understood; kept",
                status.unrecognised,
            ),
            (
                "intake_refused",
                "Deliveries too large for the log, replaced by a mark",
                status.refused,
            ),
            (
                "intake_given_up",
                "Deliveries whose mark was too large too",
                status.given_up,
            ),
            ("intake_transactions", "Transactions committed", status.transactions),
            (
                "intake_transactions_aborted",
                "Transactions aborted and done again",
                status.aborted,
            ),
            (
                "intake_ended",
                "1 if intake ended and will not come back",
                u64::from(status.ended.is_some()),
            ),
        ] {
            samples.push(sample(name, help, Vec::new(), value));
        }
        for ((topic, partition), lag) in status.lag {
            let labels = vec![("topic", topic), ("partition", partition.to_string())];
            samples.push(sample("intake_lag", "Deliveries that wait in topics", labels, lag));
        }
    }

    fn sample_publishers(&self, samples: &mut Vec<Sample>) {
        let publishers = self.keeper.publishers();
        let mut each = |name, help, of: fn(&origem_publish::Status) -> u64| {
            for (partition, status) in &publishers {
                let labels = vec![("partition", partition.to_string())];
                samples.push(sample(name, help, labels, of(status)));
            }
        };
        each(
            "published",
            "Values published to projected topics, since the start",
            |status| status.published,
        );
        each("published_removals", "Removals published, since the start", |status| {
            status.removed
        });
        each("publish_behind", "Conversations that wait for publication", |status| {
            status.behind as u64
        });
        let help = "1 while projected topics are compared with the views or cannot be written";
        each("publish_reconciling", help, |status| {
            u64::from(status.phase == Phase::Reconciling)
        });
    }
}

fn sample(name: &'static str, help: &'static str, labels: Vec<(&'static str, String)>, value: u64) -> Sample {
    Sample {
        name,
        help,
        labels,
        value,
    }
}
