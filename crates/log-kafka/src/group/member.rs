//! The thread of a membership: polls, so that librdkafka's callbacks run, and commits what is due.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::context::{Context, commits, farewell};
use super::owners::Owners;
use super::shared::{Due, Shared};
use super::{AfterFatal, GroupClient, GroupError, GroupOptions, Protocol, after_fatal};
use crate::{Cluster, ClusterError};

/// The longest that a change of the card or a request to stop waits.
const TICK: Duration = Duration::from_millis(50);
/// Between a client that is beyond repair and the next.
const BETWEEN_CLIENTS: Duration = Duration::from_secs(1);

pub(super) struct Member {
    cluster: Cluster,
    options: GroupOptions,
    shared: Arc<Shared>,
    owners: Arc<Owners>,
}

/// Why serving a client ended.
enum End {
    Stopped,
    Fatal(RDKafkaErrorCode, String),
}

impl Member {
    /// Fails where librdkafka refuses the settings, so that it is not found out later on the thread.
    pub(super) fn new(
        cluster: Cluster,
        options: GroupOptions,
        shared: Arc<Shared>,
        owners: Arc<Owners>,
    ) -> Result<Self, GroupError> {
        let member = Self {
            cluster,
            options,
            shared,
            owners,
        };
        match member.config(member.options.protocol).create::<BaseConsumer>() {
            Ok(_) => Ok(member),
            Err(error) => Err(GroupError::Cluster {
                source: ClusterError::explain(&error, &member.cluster.bootstrap, &member.shared.topic, None),
                group: member.options.group,
            }),
        }
    }

    fn config(&self, protocol: Protocol) -> ClientConfig {
        let client = GroupClient {
            group: &self.options.group,
            instance_id: self.options.instance_id.as_deref(),
            session_timeout: self.options.session_timeout,
            poll_max: self.options.handover_max,
        };
        // Nothing is read here; what slips in between assigning and pausing is to be little.
        let fixed = [("queued.min.messages", "1"), ("queued.max.messages.kbytes", "64")];
        // A commit is waited for, and while it is, nobody can be told that partitions go.
        let defaults = [("socket.timeout.ms", "10000")];
        client.config(&self.cluster, protocol, &defaults, &fixed)
    }

    pub(super) fn run(&self) {
        let mut protocol = self.options.protocol.first();
        while !self.shared.stopped() {
            self.shared.speaks(protocol);
            let (code, reason) = match self.session(protocol) {
                Ok(End::Stopped) => return,
                Ok(End::Fatal(code, reason)) => (code, reason),
                Err(error) => {
                    self.shared.failed(format!("cannot join the group: {error}"));
                    self.shared.pause(BETWEEN_CLIENTS);
                    continue;
                }
            };
            match after_fatal(code, self.options.protocol, protocol) {
                AfterFatal::Classic => protocol = Protocol::Classic,
                AfterFatal::Again => {
                    self.shared.failed(reason);
                    self.shared.pause(BETWEEN_CLIENTS);
                }
                AfterFatal::End(advice) => {
                    self.shared.ended(format!("{reason}: {advice}"));
                    return;
                }
            }
        }
    }

    /// One client from joining to leaving.
    fn session(&self, protocol: Protocol) -> Result<End, KafkaError> {
        let context = Context {
            client: self.cluster.context(),
            shared: Arc::clone(&self.shared),
        };
        let consumer: BaseConsumer<Context> = self.config(protocol).create_with_context(context)?;
        consumer.subscribe(&[&self.shared.topic])?;
        let end = self.serve(&consumer);
        let ours: Vec<Partition> = self.shared.owned().into_iter().collect();
        match &end {
            End::Stopped => {
                let left = self.shared.revoked(&ours, false);
                if let Err(error) = farewell(&consumer, &self.shared.topic, &left, CommitMode::Sync) {
                    self.shared
                        .failed(format!("cannot tell that partitions are handed over: {error}"));
                }
            }
            End::Fatal(..) => {
                self.shared.revoked(&ours, true);
            }
        }
        drop(consumer);
        Ok(end)
    }

    fn serve(&self, consumer: &BaseConsumer<Context>) -> End {
        while !self.shared.stopped() {
            match consumer.poll(TICK) {
                None => {}
                // It slipped in before its partition was paused.
                Some(Ok(_)) => {
                    if let Err(error) = consumer.assignment().and_then(|ours| consumer.pause(&ours)) {
                        self.shared.failed(format!("cannot pause partitions: {error}"));
                    }
                }
                Some(Err(error)) => {
                    if let Some((code, reason)) = consumer.client().fatal_error() {
                        return End::Fatal(code, reason);
                    }
                    let report = consumer.context().client.report();
                    let bootstrap = &self.cluster.bootstrap;
                    let error = ClusterError::explain(&error, bootstrap, &self.shared.topic, report.as_ref());
                    self.shared.failed(error.to_string());
                }
            }
            let now = Instant::now();
            if let Some(due) = self.shared.due(now, self.options.commit_interval) {
                self.commit(consumer, due, now);
            }
        }
        End::Stopped
    }

    /// Commits what is due and waits for the answer: librdkafka tells the outcome of a manual commit only to who waits. Where
    /// nobody has told yet how far a partition is, its former owner knew best.
    fn commit(&self, consumer: &BaseConsumer<Context>, due: Due, now: Instant) {
        let mut former = None;
        let mut offsets: BTreeMap<Partition, Offset> = BTreeMap::new();
        for (partition, checkpoint) in due.partitions {
            let offset = checkpoint.unwrap_or_else(|| {
                let former = former.get_or_insert_with(|| self.former());
                former.get(&partition).copied().unwrap_or_default()
            });
            offsets.insert(partition, offset);
        }
        let list = commits(&self.shared.topic, &offsets, &due.card);
        let result = list.and_then(|list| consumer.commit(&list, CommitMode::Sync));
        let claims = offsets
            .into_iter()
            .map(|(partition, offset)| (partition, (offset, due.edition)))
            .collect();
        self.shared
            .committed(&claims, result.map_err(|error| error.to_string()), now);
    }

    fn former(&self) -> BTreeMap<Partition, Offset> {
        if let Err(error) = self.owners.refresh_now() {
            tracing::debug!("the former offsets are those last read: {error}");
        }
        self.owners.committed()
    }
}
