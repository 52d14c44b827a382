//! The table of owners: what the members of a group have committed, read by anybody.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};

use super::GroupError;
use crate::cluster::Context;
use crate::{Cluster, ClusterError};

/// The longest that reading the table takes.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// A topic that was created this long ago may be unknown to a broker.
const GRACE: Duration = Duration::from_secs(1);
/// How long who asks for the table waits for a coordinator that a broker is just finding or loading.
const SETTLING: Duration = Duration::from_secs(15);

/// The owner of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// What it tells about itself.
    pub card: String,
    /// How far it was when it last said so: a hint.
    pub offset: Offset,
}

/// Watches who owns the partitions of a topic in a group, without being a member.
pub struct Owners {
    reader: Arc<Reader>,
    thread: Option<JoinHandle<()>>,
}

struct Reader {
    consumer: BaseConsumer<Context>,
    bootstrap: String,
    topic: String,
    group: String,
    partitions: i32,
    state: Mutex<State>,
    changed: Condvar,
}

/// The owners, and what is committed for each partition, owned or not.
type Table = (BTreeMap<Partition, Owner>, BTreeMap<Partition, Offset>);

#[derive(Default)]
struct State {
    version: u64,
    owners: BTreeMap<Partition, Owner>,
    committed: BTreeMap<Partition, Offset>,
    stopped: bool,
}

impl Owners {
    /// Begins to watch; the table is read at once and then every `interval`. The partitions are those the topic has now.
    ///
    /// # Errors
    /// `Cluster`, `Thread`.
    pub fn watch(cluster: &Cluster, topic: &str, group: &str, interval: Duration) -> Result<Self, GroupError> {
        let context = cluster.context();
        let failed = |error: KafkaError| GroupError::Cluster {
            group: group.to_owned(),
            source: ClusterError::explain(&error, &cluster.bootstrap, topic, context.report().as_ref()),
        };
        let consumer: BaseConsumer<Context> = cluster
            .client(&[], &[("group.id", group), ("enable.auto.commit", "false")])
            .create_with_context(context.clone())
            .map_err(failed)?;
        let partitions = partitions(&consumer, topic).map_err(failed)?;
        let reader = Arc::new(Reader {
            consumer,
            bootstrap: cluster.bootstrap.clone(),
            topic: topic.to_owned(),
            group: group.to_owned(),
            partitions,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let watched = Arc::clone(&reader);
        let thread = std::thread::Builder::new()
            .name("owners".to_owned())
            .spawn(move || watched.run(interval))
            .map_err(|source| GroupError::Thread { source })?;
        Ok(Self {
            reader,
            thread: Some(thread),
        })
    }

    /// The owners as last read. A partition is absent while nobody owns it.
    #[must_use]
    pub fn owners(&self) -> BTreeMap<Partition, Owner> {
        self.reader.state().owners.clone()
    }

    /// What was last committed for each partition, owned or not: a hint of how far it is.
    #[must_use]
    pub fn committed(&self) -> BTreeMap<Partition, Offset> {
        self.reader.state().committed.clone()
    }

    /// How many partitions are watched.
    #[must_use]
    pub fn partitions(&self) -> u32 {
        self.reader.partitions.unsigned_abs()
    }

    /// Counts how often an owner or its card changed. Progress alone does not count.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.reader.state().version
    }

    /// Waits until the version is another than `seen`, or `timeout` has passed; returns the version.
    #[must_use]
    pub fn wait(&self, seen: u64, timeout: Duration) -> u64 {
        let until = Instant::now() + timeout;
        let mut state = self.reader.state();
        while state.version == seen && !state.stopped {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                break;
            };
            state = self.reader.wait(state, left);
        }
        state.version
    }

    /// Reads the table now.
    ///
    /// # Errors
    /// `Cluster`; the table stays as it was.
    pub fn refresh(&self) -> Result<(), GroupError> {
        self.reader.refresh(SETTLING)
    }

    /// The same for who has no time to wait.
    pub(super) fn refresh_now(&self) -> Result<(), GroupError> {
        self.reader.refresh(Duration::ZERO)
    }
}

impl Drop for Owners {
    fn drop(&mut self) {
        self.reader.state().stopped = true;
        self.reader.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that reads the owners panicked");
        }
    }
}

/// The group's coordinator is on its way: a broker has just come, or come back.
fn is_settling(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator};
    let code = error.rdkafka_error_code();
    matches!(
        code,
        Some(CoordinatorLoadInProgress | CoordinatorNotAvailable | NotCoordinator)
    )
}

impl Reader {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, timeout: Duration) -> MutexGuard<'a, State> {
        self.changed
            .wait_timeout(state, timeout)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn run(&self, interval: Duration) {
        let mut last_error = None;
        while !self.state().stopped {
            let error = self.refresh(Duration::ZERO).err().map(|error| chain(&error));
            if error != last_error
                && let Some(text) = &error
            {
                tracing::warn!(group = self.group, "{text}");
            }
            last_error = error;
            // Serves librdkafka's events; this consumer has no partitions, so no record comes.
            while self.consumer.poll(Duration::ZERO).is_some() {}
            let until = Instant::now() + interval;
            let mut state = self.state();
            while !state.stopped
                && let Some(left) = until.checked_duration_since(Instant::now())
            {
                state = self.wait(state, left);
            }
        }
    }

    /// Reads the table; waits for a coordinator that is being found or is loading, `patience` at most.
    fn refresh(&self, patience: Duration) -> Result<(), GroupError> {
        const PAUSE: Duration = Duration::from_millis(200);
        let began = Instant::now();
        let read = loop {
            match self.read() {
                Err(error) if is_settling(&error) && began.elapsed() < patience => std::thread::sleep(PAUSE),
                read => break read,
            }
        };
        let report = || self.consumer.context().report();
        let (owners, committed) = read.map_err(|error| GroupError::Cluster {
            group: self.group.clone(),
            source: ClusterError::explain(&error, &self.bootstrap, &self.topic, report().as_ref()),
        })?;
        let mut state = self.state();
        let cards = |owners: &BTreeMap<Partition, Owner>| -> Vec<(Partition, String)> {
            owners.iter().map(|(at, owner)| (*at, owner.card.clone())).collect()
        };
        let changed = cards(&state.owners) != cards(&owners);
        state.owners = owners;
        state.committed = committed;
        if changed {
            state.version += 1;
            self.changed.notify_all();
        }
        Ok(())
    }

    fn read(&self) -> Result<Table, KafkaError> {
        let mut wanted = TopicPartitionList::new();
        wanted.add_partition_range(&self.topic, 0, self.partitions - 1);
        let found = self.consumer.committed_offsets(wanted, READ_TIMEOUT)?;
        let mut owners = BTreeMap::new();
        let mut committed = BTreeMap::new();
        for element in found.elements() {
            element.error()?;
            let (Ok(partition), KafkaOffset::Offset(offset)) = (u32::try_from(element.partition()), element.offset())
            else {
                continue;
            };
            let offset = Offset(offset.unsigned_abs());
            committed.insert(Partition(partition), offset);
            let card = element.metadata();
            if !card.is_empty() {
                let card = card.to_owned();
                owners.insert(Partition(partition), Owner { card, offset });
            }
        }
        Ok((owners, committed))
    }
}

/// How many partitions the topic has.
fn partitions(consumer: &BaseConsumer<Context>, topic: &str) -> Result<i32, KafkaError> {
    let asked = Instant::now();
    loop {
        // Events are served in between: a token is asked for by one.
        while consumer.poll(Duration::from_millis(10)).is_some() {}
        match count(consumer, topic) {
            Ok(count) => return Ok(count),
            Err(error) => {
                let missing = error.rdkafka_error_code() == Some(RDKafkaErrorCode::UnknownTopicOrPartition);
                let patience = if missing { GRACE } else { READ_TIMEOUT };
                if asked.elapsed() >= patience {
                    return Err(error);
                }
            }
        }
    }
}

fn count(consumer: &BaseConsumer<Context>, topic: &str) -> Result<i32, KafkaError> {
    let metadata = consumer.fetch_metadata(Some(topic), READ_TIMEOUT / 5)?;
    metadata
        .topics()
        .iter()
        .filter(|found| found.name() == topic && found.error().is_none())
        .map(|found| found.partitions().len())
        .find_map(|count| i32::try_from(count).ok().filter(|count| *count > 0))
        .ok_or(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition))
}

/// An error with its causes, for people.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.ends_with(&next_text) {
            text.push_str(": ");
            text.push_str(&next_text);
        }
        cause = next.source();
    }
    text
}
