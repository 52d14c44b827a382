//! Keeps the shards of an instance in step with the group: opens the views of what is assigned, gives up what is revoked.
//!
//! ```text
//! group --assigned, revoked--> wanted --keeper thread--> engine.own / disown, publishers
//! ```
//! One partition is opened at a time, and what comes in is looked at in between: opening can take long where brokers are
//! away, and nobody who wants a partition back waits for the rest. What cannot be opened now (views that a query still reads,
//! a broker that is away) is tried again until it can or is not wanted any more.

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
    Close(Closing),
    End,
}

struct Closing {
    partitions: Vec<Partition>,
    /// They were taken away: nobody else is known to have them.
    lost: bool,
    /// Answered when nothing works on them any more.
    done: Sender<()>,
}

/// What the table of owners means for copies that are kept here.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Exactly these are to have warm copies here.
    pub warm: BTreeSet<Partition>,
    /// These have another owner.
    pub elsewhere: BTreeSet<Partition>,
}

/// The handle to a keeper.
pub struct Keeper {
    tasks: Mutex<Sender<Task>>,
    /// Only the newest counts.
    placement: Arc<Mutex<Option<Placement>>>,
    publishers: Arc<Mutex<BTreeMap<Partition, Handle>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    /// Starts a keeper that has nothing to keep yet.
    pub fn spawn(tools: Tools) -> std::io::Result<Self> {
        let (tasks, inbox) = channel();
        let publishers: Arc<Mutex<BTreeMap<Partition, Handle>>> = Arc::default();
        let placement: Arc<Mutex<Option<Placement>>> = Arc::default();
        let worker = Worker {
            tools,
            placement: placement.clone(),
            publishers: publishers.clone(),
            wanted: BTreeSet::new(),
            warm: BTreeSet::new(),
            lost: BTreeSet::new(),
            tried: BTreeSet::new(),
            fenced_at: BTreeMap::new(),
        };
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || worker.run(&inbox))?;
        Ok(Self {
            tasks: Mutex::new(tasks),
            placement,
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

    /// Keeps warm copies as the table of owners has them now, as far as partitions are not owned here.
    pub fn place(&self, placement: Placement) {
        *self.placement.lock().unwrap_or_else(PoisonError::into_inner) = Some(placement);
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

    fn revoked(&self, partitions: &[Partition], lost: bool) {
        let (done, waiting) = channel();
        self.send(Task::Close(Closing {
            partitions: partitions.to_vec(),
            lost,
            done,
        }));
        if waiting.recv().is_err() {
            info!("the keeper has ended, with all it kept");
        }
    }
}

struct Worker {
    tools: Tools,
    placement: Arc<Mutex<Option<Placement>>>,
    publishers: Arc<Mutex<BTreeMap<Partition, Handle>>>,
    wanted: BTreeSet<Partition>,
    warm: BTreeSet<Partition>,
    /// Taken away while no other owner was known: they stay readable until there is one.
    lost: BTreeSet<Partition>,
    /// What could not be opened in this round.
    tried: BTreeSet<Partition>,
    /// Since when publishers are known to have been taken over.
    fenced_at: BTreeMap<Partition, Instant>,
}

impl Worker {
    fn run(mut self, inbox: &Receiver<Task>) {
        loop {
            let patience = if self.next().is_some() { Duration::ZERO } else { TICK };
            match inbox.recv_timeout(patience) {
                Ok(Task::Open(partitions)) => {
                    info!(?partitions, "assigned");
                    for partition in partitions {
                        self.lost.remove(&partition);
                        self.wanted.insert(partition);
                    }
                }
                Ok(Task::Close(closing)) => self.give_up(&closing),
                Err(RecvTimeoutError::Timeout) => self.tend(),
                Ok(Task::End) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let all = open(&self.tools.engine)
            .into_iter()
            .chain(kept_warm(&self.tools.engine));
        self.close(&all.collect());
    }

    /// Hands over what is revoked. Nobody may be there to take what was lost, as while all brokers are away: it stays readable.
    fn give_up(&mut self, closing: &Closing) {
        let (partitions, lost) = (&closing.partitions, closing.lost);
        info!(?partitions, lost, "revoked");
        self.wanted.retain(|partition| !partitions.contains(partition));
        if lost {
            self.stop_publishing(&partitions.iter().copied().collect());
            let kept = partitions.iter().filter(|one| self.tools.engine.demote(**one));
            self.lost.extend(kept);
        } else {
            self.close(&partitions.iter().copied().collect());
        }
        if closing.done.send(()).is_err() {
            info!("nobody waits any more for partitions to be closed");
        }
    }

    /// Closes what is not to be kept, opens one of those that are to be open, looks after what is published.
    fn tend(&mut self) {
        let placement = self.placement.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(placement) = placement {
            self.lost.retain(|partition| !placement.elsewhere.contains(partition));
            if placement.warm != self.warm {
                info!(partitions = ?placement.warm, "warm copies");
                self.warm = placement.warm;
            }
        }
        let superfluous = |one: &Partition| !self.warm.contains(one) && !self.lost.contains(one);
        let mut closing: BTreeSet<Partition> = kept_warm(&self.tools.engine).into_iter().filter(superfluous).collect();
        // Those wait to be promoted.
        closing.retain(|one| !self.wanted.contains(one));
        self.close(&closing);
        if self.next().is_none() {
            self.tried.clear();
        }
        if let Some((partition, warm)) = self.next() {
            self.tried.insert(partition);
            self.open(partition, warm);
        }
        self.tend_publishers();
    }

    /// What is to be opened next, and whether as a warm copy; `None` if nothing is left that was not tried in this round.
    fn next(&self) -> Option<(Partition, bool)> {
        let (open, kept) = (open(&self.tools.engine), kept_warm(&self.tools.engine));
        let owned = self.wanted.difference(&open).map(|one| (*one, false));
        let warm = self.warm.difference(&kept).map(|one| (*one, true));
        let warm = warm.filter(|(one, _)| !self.wanted.contains(one) && !open.contains(one));
        owned.chain(warm).find(|(one, _)| !self.tried.contains(one))
    }

    /// Opens a partition, or owns what was a warm copy of it.
    fn open(&mut self, partition: Partition, warm: bool) {
        let Tools { engine, config, .. } = &self.tools;
        if !warm && engine.promote(partition) {
            self.tried.remove(&partition);
            info!(%partition, "the warm copy takes over");
            return;
        }
        match data::project(config, engine, partition, warm) {
            // What was closed and is wanted again soon is not to wait for the next round.
            Ok(()) => drop(self.tried.remove(&partition)),
            Err(failure) => warn!(%partition, warm, %failure, "the views cannot be opened yet; trying again"),
        }
    }

    /// Has every partition that is wanted and open published.
    fn tend_publishers(&mut self) {
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

    /// Ends all work on partitions.
    fn close(&mut self, partitions: &BTreeSet<Partition>) {
        self.stop_publishing(partitions);
        if let Err(error) = self.tools.engine.disown_all(partitions.iter().copied()) {
            warn!(?partitions, %error, "views could not be made durable; they are folded again");
        }
    }

    /// Ends what publishes partitions, all at once: each may have a transaction at hand.
    fn stop_publishing(&mut self, partitions: &BTreeSet<Partition>) {
        let publishers = self.take_publishers(partitions);
        std::thread::scope(|scope| {
            for publisher in publishers {
                // Stops when dropped.
                scope.spawn(move || drop(publisher));
            }
        });
    }

    fn take_publishers(&mut self, partitions: &BTreeSet<Partition>) -> Vec<Handle> {
        let mut publishers = self.publishers.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = partitions.iter().filter_map(|partition| {
            self.fenced_at.remove(partition);
            publishers.remove(partition)
        });
        taken.collect()
    }
}

/// The partitions that the engine owns.
fn open(engine: &Engine) -> BTreeSet<Partition> {
    engine.shards().iter().map(|shard| shard.partition()).collect()
}

/// The partitions that the engine has warm copies of.
fn kept_warm(engine: &Engine) -> BTreeSet<Partition> {
    engine.warm_shards().iter().map(|shard| shard.partition()).collect()
}
