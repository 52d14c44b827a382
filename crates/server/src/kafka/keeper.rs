//! Keeps the shards of an instance in step with the group: opens the views of what is assigned, gives up what is revoked.
//!
//! ```text
//! group --assigned, revoked--> wanted --keeper thread--> engine.own / disown, publishers
//! ```
//! What cannot be opened now (views that a query still reads, a broker that is away) is tried again until it can or is not
//! wanted any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use origem_domain::position::Partition;
use origem_engine::Engine;
use origem_log_kafka::Listener;
use origem_publish::{Handle, Phase};
use tracing::{error, info, warn};

use crate::config::Config;
use crate::data;
use crate::kafka::Publishing;

/// How long a publisher that another took over from stays away, while the group still says that the partition is ours.
const FENCED: Duration = Duration::from_secs(60);
/// How often what failed is tried again.
const TICK: Duration = Duration::from_millis(200);

/// What a keeper works with.
pub struct Tools {
    pub engine: Arc<Engine>,
    pub config: Config,
    /// `None`: nothing is published.
    pub publishing: Option<Publishing>,
}

enum Task {
    Open(Vec<Partition>),
    /// Answered when nothing works on them any more.
    Close(Vec<Partition>, Sender<()>),
    /// Exactly these are to have warm copies here.
    KeepWarm(BTreeSet<Partition>),
    End,
}

/// The handle to a keeper.
pub struct Keeper {
    tasks: Mutex<Sender<Task>>,
    publishers: Arc<Mutex<BTreeMap<Partition, Handle>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    /// Starts a keeper that has nothing to keep yet.
    pub fn spawn(tools: Tools) -> std::io::Result<Self> {
        let (tasks, inbox) = channel();
        let publishers: Arc<Mutex<BTreeMap<Partition, Handle>>> = Arc::default();
        let worker = Worker {
            tools,
            publishers: publishers.clone(),
            wanted: BTreeSet::new(),
            warm: BTreeSet::new(),
            fenced_at: BTreeMap::new(),
        };
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || worker.run(&inbox))?;
        Ok(Self {
            tasks: Mutex::new(tasks),
            publishers,
            thread: Mutex::new(Some(thread)),
        })
    }

    fn send(&self, task: Task) {
        // The worker ends after `End` only, and nobody sends after that.
        drop(self.tasks.lock().unwrap_or_else(PoisonError::into_inner).send(task));
    }

    /// Opens all of these, where there is no group to say so.
    pub fn open(&self, partitions: Vec<Partition>) {
        self.send(Task::Open(partitions));
    }

    /// Keeps warm copies of exactly these, as far as they are not owned.
    pub fn keep_warm(&self, partitions: BTreeSet<Partition>) {
        self.send(Task::KeepWarm(partitions));
    }

    /// How the publishers of projected topics are.
    pub fn publishers(&self) -> BTreeMap<Partition, origem_publish::Status> {
        let publishers = self.publishers.lock().unwrap_or_else(PoisonError::into_inner);
        publishers
            .iter()
            .map(|(partition, handle)| (*partition, handle.status()))
            .collect()
    }

    /// Gives everything up and waits until nothing works any more.
    pub fn end(&self) {
        self.send(Task::End);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(thread.join());
        }
    }
}

impl Listener for Keeper {
    fn assigned(&self, partitions: &[Partition]) {
        self.send(Task::Open(partitions.to_vec()));
    }

    fn revoked(&self, partitions: &[Partition], _lost: bool) {
        // Views are this instance's own and what it publishes is fenced: lost or handed over, the same has to be done.
        let (done, waiting) = channel();
        self.send(Task::Close(partitions.to_vec(), done));
        if waiting.recv().is_err() {
            info!("the keeper has ended, with all it kept");
        }
    }
}

struct Worker {
    tools: Tools,
    publishers: Arc<Mutex<BTreeMap<Partition, Handle>>>,
    wanted: BTreeSet<Partition>,
    warm: BTreeSet<Partition>,
    /// Since when publishers are known to have been taken over.
    fenced_at: BTreeMap<Partition, Instant>,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Task>) {
        loop {
            match inbox.recv_timeout(TICK) {
                Ok(Task::Open(partitions)) => {
                    info!(?partitions, "assigned");
                    self.wanted.extend(partitions);
                    self.open_wanted();
                }
                Ok(Task::Close(partitions, done)) => {
                    info!(?partitions, "revoked");
                    for partition in &partitions {
                        self.wanted.remove(partition);
                        self.close(*partition);
                    }
                    if done.send(()).is_err() {
                        info!("nobody waits any more for partitions to be closed");
                    }
                }
                Ok(Task::KeepWarm(partitions)) => {
                    if partitions != self.warm {
                        info!(?partitions, "warm copies");
                        self.warm = partitions;
                    }
                    self.tend();
                }
                Err(RecvTimeoutError::Timeout) => self.tend(),
                Ok(Task::End) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.warm.clear();
        self.open_warm();
        for partition in std::mem::take(&mut self.wanted) {
            self.close(partition);
        }
    }

    /// Does again what could not be done before.
    fn tend(&mut self) {
        self.open_wanted();
        self.open_warm();
    }

    /// Opens warm copies that are to be kept, and closes the others.
    fn open_warm(&mut self) {
        let engine = self.tools.engine.clone();
        let kept: BTreeSet<Partition> = engine.warm_shards().iter().map(|shard| shard.partition()).collect();
        let superfluous: Vec<Partition> = kept.difference(&self.warm).copied().collect();
        for partition in superfluous {
            self.close(partition);
        }
        for partition in self
            .warm
            .difference(&kept)
            .filter(|partition| !self.wanted.contains(partition))
        {
            if let Err(failure) = data::project(&self.tools.config, &engine, *partition, true) {
                warn!(%partition, %failure, "a warm copy cannot be opened yet; trying again");
            }
        }
    }

    /// Opens what is wanted and not open.
    fn open_wanted(&mut self) {
        let open: BTreeSet<Partition> = self
            .tools
            .engine
            .shards()
            .iter()
            .map(|shard| shard.partition())
            .collect();
        for partition in self.wanted.difference(&open) {
            // A copy that is warm already has nothing left to do.
            if self.tools.engine.promote(*partition) {
                continue;
            }
            if let Err(failure) = data::project(&self.tools.config, &self.tools.engine, *partition, false) {
                warn!(%partition, %failure, "the views cannot be opened yet; trying again");
            }
        }
        let mut publishers = self.publishers.lock().unwrap_or_else(PoisonError::into_inner);
        for (partition, handle) in publishers.iter() {
            if handle.status().phase == Phase::Fenced {
                self.fenced_at.entry(*partition).or_insert_with(Instant::now);
            }
        }
        // The group knows by then whose the partition is: if it is still ours, the broker only lost patience with a transaction.
        self.fenced_at.retain(|partition, at| {
            let over = at.elapsed() > FENCED;
            if over {
                drop(publishers.remove(partition));
            }
            !over
        });
        let silent: Vec<Partition> = self
            .wanted
            .iter()
            .copied()
            .filter(|one| !publishers.contains_key(one))
            .collect();
        drop(publishers);
        for partition in silent {
            self.publish(partition);
        }
    }

    fn publish(&self, partition: Partition) {
        let engine = &self.tools.engine;
        let (Some(publishing), Some(shard)) = (
            &self.tools.publishing,
            engine.shards().into_iter().find(|shard| shard.partition() == partition),
        ) else {
            return;
        };
        match publishing.spawn(engine, &shard) {
            Ok(handle) => {
                let mut publishers = self.publishers.lock().unwrap_or_else(PoisonError::into_inner);
                publishers.insert(partition, handle);
            }
            Err(failure) => error!(%partition, %failure, "cannot publish"),
        }
    }

    fn close(&mut self, partition: Partition) {
        self.fenced_at.remove(&partition);
        let mut publishers = self.publishers.lock().unwrap_or_else(PoisonError::into_inner);
        let publisher = publishers.remove(&partition);
        drop(publishers);
        // Stops when dropped.
        drop(publisher);
        if let Err(error) = self.tools.engine.disown(partition) {
            warn!(%partition, %error, "the views could not be made durable; they are folded again");
        }
    }
}
