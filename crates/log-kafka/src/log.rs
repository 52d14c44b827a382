//! The event log on a topic: the port, put together from a [`Writer`] and a [`Reader`].

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use origem_domain::position::{Offset, Partition};
use origem_log::{AppendError, Batch, EventLog, ReadError, ReadLimit};

use crate::admin::settings;
use crate::cluster::{Client, Cluster};
use crate::error::{ClusterError, OpenError};
use crate::headers::Attributes;
use crate::reader::Reader;
use crate::writer::Writer;

/// What Kafka shows of a record beside its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    /// The key: the channel.
    pub key: Vec<u8>,
    /// The CloudEvents attributes.
    pub attributes: Attributes,
}

/// Tells key and attributes of a record: a log never looks inside one, so whoever opens it knows. Called on the appender's
/// thread, once for each record.
pub type Describe = Arc<dyn Fn(&[u8]) -> Described + Send + Sync>;

/// How long a log on a topic is patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOptions {
    /// After this time without an acknowledgement an append is `NotConfirmed`. Default 30 s.
    pub append_timeout: Duration,
    /// After this time without an answer opening and reading fail with the reason. Default 10 s.
    pub reply_timeout: Duration,
    /// Of the records of one key the latest is enough, so the topic may be compacted. A log of events must keep them all. Default no.
    pub may_be_compacted: bool,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            append_timeout: Duration::from_secs(30),
            reply_timeout: Duration::from_secs(10),
            may_be_compacted: false,
        }
    }
}

/// The event log on a topic of a cluster; a partition of the log is a partition of the topic.
///
/// Durable on return means: acknowledged by all in-sync replicas (`acks=all`). Records of others may come between; marks of
/// their transactions take offsets, so offsets have gaps. What an open transaction of another producer holds back is beyond
/// the tail until that ends, records of ours that were acknowledged meanwhile included.
///
/// A broker that is gone makes calls fail after the times in [`LogOptions`]; the log goes on by itself when it is back.
pub struct KafkaLog {
    topic: String,
    /// The cluster's id and the topic.
    identity: String,
    reader: Reader,
    writer: Writer,
}

impl KafkaLog {
    /// Opens the log on `topic`, which must exist. The number of partitions is read here.
    ///
    /// # Errors
    /// `Cluster` if the cluster cannot be reached, refuses us or has no such topic; `Setting` if the topic is compacted and may not be.
    pub fn open(cluster: &Cluster, topic: &str, describe: Describe) -> Result<Self, OpenError> {
        Self::open_with(cluster, topic, describe, LogOptions::default())
    }

    /// [`KafkaLog::open`] with other times.
    ///
    /// # Errors
    /// As [`KafkaLog::open`].
    pub fn open_with(
        cluster: &Cluster,
        topic: &str,
        describe: Describe,
        options: LogOptions,
    ) -> Result<Self, OpenError> {
        let failed = |source: ClusterError| OpenError::Cluster {
            topic: topic.to_owned(),
            source,
        };
        let client = Client::start(cluster, options.reply_timeout).map_err(failed)?;
        let partitions = client.partitions(topic).map_err(failed)?;
        let limit = limit_of(cluster, topic, options)?;
        let append_timeout = options.append_timeout;
        let writer =
            Writer::open(cluster.clone(), topic, describe, partitions, limit, append_timeout).map_err(failed)?;
        Ok(Self {
            topic: topic.to_owned(),
            identity: format!("{}/{topic}", client.cluster_id(topic).map_err(failed)?),
            reader: Reader::new(cluster.clone(), topic, client, partitions, options.reply_timeout),
            writer,
        })
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }
}

/// The largest batch the topic takes, bytes. The default where its settings cannot be read.
fn limit_of(cluster: &Cluster, topic: &str, options: LogOptions) -> Result<u64, OpenError> {
    let settings = match settings::read(cluster, &[topic], options.reply_timeout) {
        Ok(mut settings) => settings.remove(topic).unwrap_or_default(),
        Err(error) => {
            tracing::warn!(topic, %error, "cannot read the settings of the topic, defaults are assumed");
            settings::Settings::default()
        }
    };
    match settings.get("cleanup.policy") {
        Some(value) if value.contains("compact") && !options.may_be_compacted => Err(OpenError::Setting {
            topic: topic.to_owned(),
            name: "cleanup.policy",
            value: value.clone(),
            wanted: "delete",
        }),
        _ => Ok(settings::max_message_bytes(&settings)),
    }
}

impl EventLog for KafkaLog {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn partitions(&self) -> u32 {
        self.reader.partitions()
    }

    fn append(&self, partition: Partition, records: &[&[u8]]) -> Result<Range<Offset>, AppendError> {
        if !records.is_empty() || partition.0 >= self.partitions() {
            return self.writer.append(partition, records);
        }
        let tail = self.tail(partition).map_err(|error| AppendError::NotWritten {
            source: Arc::new(std::io::Error::other(error)),
        })?;
        Ok(tail..tail)
    }

    fn start(&self, partition: Partition) -> Result<Offset, ReadError> {
        Ok(self.reader.ends(partition)?.0)
    }

    fn tail(&self, partition: Partition) -> Result<Offset, ReadError> {
        Ok(self.reader.ends(partition)?.1)
    }

    fn read(&self, partition: Partition, from: Offset, limit: ReadLimit) -> Result<Batch, ReadError> {
        self.reader.read(partition, from, limit)
    }

    fn wait(&self, partition: Partition, offset: Offset, timeout: Duration) -> Result<Offset, ReadError> {
        self.reader.wait(partition, offset, timeout)
    }
}
