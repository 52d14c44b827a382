//! Topics and a group of a test's own on the broker.

use std::time::Duration;

use origem_domain::position::Partition;
use origem_log_kafka::{Cluster, KafkaOutlet, OutletOptions, Topics, admin};
use rdkafka::ClientConfig;
use rdkafka::producer::BaseProducer;

/// Nothing in these tests takes this long on a machine that works.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A name that no other test uses.
pub fn unique(word: &str) -> String {
    format!("{word}-{}.", uuid::Uuid::new_v4().simple())
}

/// A broker with topics for one test.
#[derive(Clone)]
pub struct World {
    pub cluster: Cluster,
    pub topics: Topics,
    pub group: String,
}

impl World {
    /// Two partitions a topic; `None` where there is no broker.
    pub fn of(name: &str) -> Option<Self> {
        let endpoints = origem_broker::story(name)?;
        let cluster = Cluster::new(&endpoints.bootstrap);
        let topics = Topics::new(&unique("outlet"));
        let plan = admin::plan(&cluster, &topics, 2, 1).unwrap();
        admin::apply(&cluster, &plan).unwrap();
        Some(Self {
            cluster,
            topics,
            group: unique("group"),
        })
    }

    pub fn outlet(&self) -> KafkaOutlet {
        let options = OutletOptions {
            timeout: PATIENCE / 3,
            ..OutletOptions::new(&self.group)
        };
        KafkaOutlet::new(&self.cluster, &self.topics, options)
    }

    /// A producer with the identity of the outlet of a partition.
    pub fn producer(&self, partition: Partition) -> BaseProducer {
        ClientConfig::new()
            .set("bootstrap.servers", &self.cluster.bootstrap)
            .set("transactional.id", format!("{}-projected-{partition}", self.group))
            .create()
            .unwrap()
    }
}
