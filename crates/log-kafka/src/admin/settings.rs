//! Settings of topics as the cluster has them, and the wait for an answer of the admin client.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::error::KafkaError;

use crate::cluster::{Cluster, Context};
use crate::error::ClusterError;

/// Values by name.
pub(crate) type Settings = BTreeMap<String, String>;

/// The largest batch that the topic takes, bytes. Untold, it is what our plan gives a topic: the broker has the last word.
pub(crate) fn max_message_bytes(settings: &Settings) -> u64 {
    let told = settings.get("max.message.bytes").and_then(|value| value.parse().ok());
    told.unwrap_or(super::plan::MESSAGE_BYTES)
}

/// The settings of those of `topics` that exist. Blocks up to `timeout`.
pub(crate) fn read(
    cluster: &Cluster,
    topics: &[&str],
    timeout: Duration,
) -> Result<BTreeMap<String, Settings>, ClusterError> {
    let admin = client(cluster)?;
    let resources: Vec<_> = topics.iter().map(|topic| ResourceSpecifier::Topic(topic)).collect();
    let told = block_on(admin.describe_configs(&resources, &options(timeout)));
    let told = told.map_err(|error| ClusterError::explain(&error, &cluster.bootstrap, &topics.join(", "), None))?;
    // The answers come in the order of the questions.
    let mut settings = BTreeMap::new();
    for (topic, result) in topics.iter().zip(told) {
        let explain = |code| ClusterError::explain(&KafkaError::AdminOp(code), &cluster.bootstrap, topic, None);
        match result.map_err(explain) {
            Ok(resource) => {
                let entries = resource.entries.into_iter();
                let values = entries.filter_map(|entry| Some((entry.name, entry.value?))).collect();
                settings.insert((*topic).to_owned(), values);
            }
            Err(ClusterError::UnknownTopic { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(settings)
}

/// An admin client.
pub(super) fn client(cluster: &Cluster) -> Result<AdminClient<Context>, ClusterError> {
    let mechanism = ["sasl.mechanism", "sasl.mechanisms"]
        .iter()
        .find_map(|name| cluster.properties.get(*name));
    if mechanism.is_some_and(|mechanism| mechanism == "OAUTHBEARER") {
        // The admin client of rdkafka never serves its main queue, so it would wait for its token for ever.
        return Err(ClusterError::Other {
            reason:
                "topics cannot be administrated with OAUTHBEARER; use another mechanism or the tools of the cluster"
                    .to_owned(),
        });
    }
    cluster
        .client(&[], &[])
        .create_with_context(cluster.context())
        .map_err(|error| ClusterError::explain(&error, &cluster.bootstrap, "", None))
}

/// Both times, the client's and the broker's, are `timeout`.
pub(super) fn options(timeout: Duration) -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(timeout))
        .operation_timeout(Some(timeout))
}

/// Waits for `future` on this thread. The admin client's own thread completes it.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = TaskContext::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
