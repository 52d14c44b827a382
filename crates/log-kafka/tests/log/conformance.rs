//! The suite that every log passes, each case on a topic of its own.

use std::sync::Arc;

use origem_log::EventLog;
use origem_log::conformance::{self, Subject};
use origem_log_kafka::{Cluster, KafkaLog};

use crate::support;

struct Topic {
    cluster: Cluster,
    name: String,
    log: Option<Arc<KafkaLog>>,
}

impl Subject for Topic {
    fn log(&self) -> Arc<dyn EventLog> {
        Arc::<KafkaLog>::clone(self.log.as_ref().unwrap())
    }

    fn reopen(&mut self) {
        self.log = None;
        self.log = Some(Arc::new(support::open(&self.cluster, &self.name)));
    }
}

#[test]
fn the_log_on_a_topic_conforms() {
    let Some(broker) = origem_broker::story("the log on a topic conforms") else {
        return;
    };
    let cluster = Cluster::new(&broker.bootstrap);
    conformance::check(|| {
        let name = support::topic(&cluster, "conformance");
        let log = Some(Arc::new(support::open(&cluster, &name)));
        Topic {
            cluster: cluster.clone(),
            name,
            log,
        }
    });
}
