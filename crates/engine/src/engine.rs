//! The engine itself: the log, the shards that are here, and the way to those that are not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use origem_channels::Delivery;
use origem_domain::key::Secret;
use origem_domain::position::{Offset, Partition};
use origem_log::EventLog;
use origem_projector::{self as projector, Signals};
use origem_views::generations::Home;
use tokio::sync::watch;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

use crate::append::Appenders;
use crate::catalogue::Latest;
use crate::directory::Directory;
use crate::error::EngineError;
use crate::generation::{Pinned, Projecting};
use crate::intake::{Accepted, IntakeLimits, Prepared, Span};
use crate::limits::Limits;
use crate::meter::{QueueMeter, QueueReading};
use crate::question::Peers;
use crate::readiness::{self, Watchdog};
use crate::rebuild::{self, Rebuilds, Shards};
use crate::shard::Shard;
use crate::status::{PartitionStatus, Status};
use crate::trace::TARGET;

/// How an engine works.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How it projects.
    pub projector: projector::Options,
    /// What the business maintains beside the events.
    pub directory: Directory,
    /// How it rebuilds.
    pub rebuild: rebuild::Settings,
    /// From when on it is not ready.
    pub readiness: readiness::Limits,
    /// How much may wait to be taken in.
    pub intake: IntakeLimits,
}

/// A log, the shards of its views that are here, and other instances that have the rest.
pub struct Engine {
    pub(crate) projecting: Projecting,
    pub(crate) options: Options,
    shards: Arc<Shards>,
    pub(crate) rebuilds: Arc<Rebuilds>,
    peers: RwLock<Option<Arc<dyn Peers>>>,
    appenders: Mutex<Option<Arc<Appenders>>>,
    pub(crate) limits: Limits,
    pub(crate) watchdog: Watchdog,
    /// Held once more by each follower of changes.
    pub(crate) follows: Arc<()>,
    /// Counts whatever the shards commit.
    news: watch::Sender<u64>,
    /// What answers join, of the directory as it is folded.
    pub(crate) catalogue: Arc<Latest>,
}

/// For whom a shard answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// There are no others: what is here is all there is to read.
    Alone,
    /// It took over from another instance.
    Owner,
    /// Another instance owns the partition.
    Warm,
}

impl Engine {
    /// Starts projecting `log`, which has one partition, into the generation of `home` that serves; `home` may be a plain store.
    ///
    /// # Errors
    /// `Projector` if the checkpoint cannot be read, `Closed` if no thread can be started.
    pub fn start(
        log: Arc<dyn EventLog>,
        home: impl Into<Home>,
        secret: Secret,
        options: Options,
    ) -> Result<Self, EngineError> {
        let engine = Self::over(log, secret, options)?;
        engine.project(Partition(0), home.into(), Role::Alone)?;
        Ok(engine)
    }

    /// An engine of `log` that has no shard yet.
    ///
    /// # Errors
    /// `Closed` if no thread can be started.
    pub fn over(log: Arc<dyn EventLog>, secret: Secret, options: Options) -> Result<Self, EngineError> {
        let appenders = Appenders::spawn(&log, &options.intake).map_err(|_| EngineError::Closed)?;
        let projecting = Projecting {
            log,
            secret,
            options: options.projector.clone(),
        };
        let catalogue = Latest::new(projecting.secret.clone());
        options.directory.keep(&catalogue);
        let shards = Arc::<Shards>::default();
        let rebuilds = Rebuilds::new(projecting.clone(), shards.clone(), options.rebuild.clone());
        Ok(Self {
            projecting,
            options,
            shards,
            rebuilds: Arc::new(rebuilds),
            peers: RwLock::default(),
            appenders: Mutex::new(Some(Arc::new(appenders))),
            limits: Limits::default(),
            watchdog: Watchdog::default(),
            follows: Arc::default(),
            news: watch::Sender::new(0),
            catalogue,
        })
    }

    /// Begins to project a partition into the generation of `home` that serves, and to answer for it once it is as far as the log is now: no caller goes back in
    /// time because the partition moved.
    ///
    /// # Errors
    /// `Projector` if the checkpoint or the log cannot be read.
    pub fn own(&self, partition: Partition, home: impl Into<Home>) -> Result<Arc<Shard>, EngineError> {
        self.project(partition, home.into(), Role::Owner)
    }

    /// Begins to project a partition that another instance owns: a warm copy, which answers where the owner cannot and makes
    /// taking the partition over a matter of [`Engine::promote`].
    ///
    /// # Errors
    /// As [`Engine::own`].
    pub fn keep_warm(&self, partition: Partition, home: impl Into<Home>) -> Result<Arc<Shard>, EngineError> {
        self.project(partition, home.into(), Role::Warm)
    }

    fn project(&self, partition: Partition, home: Home, role: Role) -> Result<Arc<Shard>, EngineError> {
        let Home(generations) = home;
        let signals = Signals {
            news: self.news.clone(),
            ..Signals::default()
        };
        let serving = generations.standing()?.serving;
        let generation = self
            .projecting
            .open(&*generations, serving, partition, signals.clone(), None)?;
        let answers_from = match role {
            Role::Owner | Role::Warm => generation.projector.progress().tail,
            Role::Alone => Offset(0),
        };
        let shard = Arc::new(Shard {
            partition,
            generations,
            current: RwLock::new(Arc::new(generation)),
            signals,
            alone: role == Role::Alone,
            warm: AtomicBool::new(role == Role::Warm),
            answers_from: AtomicU64::new(answers_from.0),
            ended: AtomicBool::new(false),
        });
        let mut shards = self.shards.write().unwrap_or_else(PoisonError::into_inner);
        shards.insert(partition, shard.clone());
        drop(shards);
        self.rebuilds.tend();
        self.news.send_modify(|count| *count += 1);
        Ok(shard)
    }

    /// Makes a warm copy the shard that answers, once it is as far as the log is now; false if there is none.
    pub fn promote(&self, partition: Partition) -> bool {
        let shards = self.shards.read().unwrap_or_else(PoisonError::into_inner);
        let shard = shards.get(&partition).cloned();
        drop(shards);
        let Some(shard) = shard else {
            return false;
        };
        // A log that cannot be asked now was asked a moment ago, when the projector last looked.
        let tail = self
            .projecting
            .log
            .tail(partition)
            .unwrap_or_else(|_| shard.progress().tail);
        shard.answers_from.store(tail.0, Ordering::Relaxed);
        shard.warm.store(false, Ordering::Relaxed);
        self.rebuilds.tend();
        true
    }

    /// Makes the shard of a partition a warm copy: it is projected and read as before, and no longer counts as owned here; false if
    /// there is none.
    pub fn demote(&self, partition: Partition) -> bool {
        let shard = self.shard(partition);
        if let Some(shard) = &shard {
            shard.warm.store(true, Ordering::Relaxed);
            self.news.send_modify(|count| *count += 1);
        }
        shard.is_some()
    }

    /// Stops projecting a partition and answering for it; when this returns, nothing here writes its views. Blocks.
    ///
    /// # Errors
    /// `Rows` if the views cannot be written; they are folded again from the log then.
    pub fn disown(&self, partition: Partition) -> Result<(), EngineError> {
        self.disown_all([partition])
    }

    /// The same for several partitions, which stop at the same time. Blocks for as long as the slowest.
    ///
    /// # Errors
    /// As [`Engine::disown`], the first; the rest is stopped all the same.
    pub fn disown_all(&self, partitions: impl IntoIterator<Item = Partition>) -> Result<(), EngineError> {
        let mut shards = self.shards.write().unwrap_or_else(PoisonError::into_inner);
        let gone: Vec<Arc<Shard>> = partitions
            .into_iter()
            .filter_map(|partition| shards.remove(&partition))
            .collect();
        drop(shards);
        gone.iter().for_each(|shard| shard.ended.store(true, Ordering::Relaxed));
        let partitions: Vec<Partition> = gone.iter().map(|shard| shard.partition()).collect();
        self.rebuilds.leave(&partitions);
        self.news.send_modify(|count| *count += 1);
        stop_all(&gone)
    }

    /// Tells who answers for the partitions that are not here.
    pub fn set_peers(&self, peers: Arc<dyn Peers>) {
        *self.peers.write().unwrap_or_else(PoisonError::into_inner) = Some(peers);
    }

    pub(crate) fn peers(&self) -> Option<Arc<dyn Peers>> {
        self.peers.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The shards that this instance owns, in order of partitions.
    #[must_use]
    pub fn shards(&self) -> Vec<Arc<Shard>> {
        self.kept(|shard| !shard.is_warm())
    }

    /// The warm copies of shards that others own, in order of partitions.
    #[must_use]
    pub fn warm_shards(&self) -> Vec<Arc<Shard>> {
        self.kept(Shard::is_warm)
    }

    pub(crate) fn kept(&self, which: impl Fn(&Shard) -> bool) -> Vec<Arc<Shard>> {
        let shards = self.shards.read().unwrap_or_else(PoisonError::into_inner);
        shards.values().filter(|shard| which(shard)).cloned().collect()
    }

    /// Holds on to what can be read of a shard by itself.
    ///
    /// # Errors
    /// `Loading` while it is not readable.
    pub fn pin(&self, shard: &Shard) -> Result<Pinned<'_>, EngineError> {
        shard.pin(&*self.projecting.log, &self.projecting.secret)
    }

    /// The shard of a partition that this instance owns.
    pub(crate) fn shard(&self, partition: Partition) -> Option<Arc<Shard>> {
        let shards = self.shards.read().unwrap_or_else(PoisonError::into_inner);
        shards.get(&partition).filter(|shard| !shard.is_warm()).cloned()
    }

    /// Every partition of the log.
    pub fn partitions(&self) -> impl Iterator<Item = Partition> + use<> {
        (0..self.projecting.log.partitions()).map(Partition)
    }

    /// Takes a delivery in; done when its events are durable.
    ///
    /// # Errors
    /// `Overloaded`, `Append`, `Closed`.
    pub async fn accept(&self, delivery: Delivery<'_>) -> Result<Accepted, EngineError> {
        self.accept_all([delivery]).await
    }

    /// Takes several deliveries in as one; done when all their events are durable. After an error some of them may be in the
    /// log; to give all again is safe.
    ///
    /// # Errors
    /// As [`Engine::accept`].
    pub async fn accept_all<'a>(
        &self,
        deliveries: impl IntoIterator<Item = Delivery<'a>>,
    ) -> Result<Accepted, EngineError> {
        self.append(self.prepare(deliveries)).await
    }

    /// Takes in what was prepared before; done when all of it is durable.
    ///
    /// # Errors
    /// As [`Engine::accept_all`].
    pub async fn append(&self, prepared: Prepared) -> Result<Accepted, EngineError> {
        let appenders = self.appenders()?;
        let span = info_span!(target: TARGET, "append", events = prepared.len(), position = Empty);
        let accepted = appenders.append(prepared).instrument(span.clone()).await?;
        if !span.is_disabled() {
            span.record("position", accepted.positions().to_string());
            self.follow(&accepted);
        }
        Ok(accepted)
    }

    /// Refuses a delivery of `bytes` bytes that would find no room in front of the log: for edges, before they read it. Whoever is let
    /// through may be refused nevertheless, by others who were faster.
    ///
    /// # Errors
    /// `Overloaded`; `Closed` after [`Engine::stop`].
    pub fn admit(&self, bytes: usize) -> Result<(), EngineError> {
        self.appenders()?.admit(bytes)
    }

    fn appenders(&self) -> Result<Arc<Appenders>, EngineError> {
        let appenders = self.appenders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        appenders.ok_or(EngineError::Closed)
    }

    /// Keeps spans open until what was appended is in the views that are here.
    fn follow(&self, accepted: &Accepted) {
        for (partition, range) in &accepted.spans {
            if let Some(shard) = self.shard(*partition) {
                let (first, next) = (range.start.0, range.end.0);
                let span = info_span!(target: TARGET, "project", partition = partition.0, first, next);
                shard.signals.follow(range.end, span);
            }
        }
    }

    /// The records of deliveries, ready to be appended to the log.
    #[must_use]
    pub fn prepare<'a>(&self, deliveries: impl IntoIterator<Item = Delivery<'a>>) -> Prepared {
        let span = info_span!(target: TARGET, "read", events = Empty, unrecognised = Empty).entered();
        let prepared = Prepared::of(deliveries, &self.projecting.secret, self.projecting.log.partitions());
        span.record("events", prepared.len());
        span.record("unrecognised", prepared.unrecognised());
        prepared
    }

    /// The log, for bulk appends and reads by whoever has a thread of their own.
    #[must_use]
    pub fn log(&self) -> &dyn EventLog {
        &*self.projecting.log
    }

    /// What the business maintains beside the events.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.options.directory
    }

    /// The secret that keys are made with.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.projecting.secret
    }

    /// How many of the events were duplicates, as far as that is remembered; `None` if it cannot be told here: other instances
    /// have some of the views, or records of others stand between.
    #[must_use]
    pub fn duplicates(&self, accepted: &Accepted) -> Option<u64> {
        let of =
            |(partition, range): &Span| Some(self.shard(*partition)?.current().projector.duplicates(range.clone()));
        let counts = accepted.is_dense().then(|| accepted.spans.iter().map(of));
        counts?.sum()
    }

    /// How the partitions that are here were when their projectors last looked, a moment ago: asks nobody, so it answers whatever
    /// the log does.
    #[must_use]
    pub fn last_status(&self) -> Status {
        let of = |shard: &Arc<Shard>| {
            let status = shard.status();
            // What was appended here is there, even if the projector hangs before it looks.
            let appended = self.queue(status.partition, QueueMeter::tail).unwrap_or_default();
            PartitionStatus {
                tail: status.tail.max(appended),
                ..status
            }
        };
        let partitions = self.shards().iter().map(of).collect();
        Status { partitions }
    }

    /// How the partitions that are here are, as far as the log is now.
    ///
    /// # Errors
    /// `Log`.
    pub fn status(&self) -> Result<Status, EngineError> {
        let of = |shard: &Arc<Shard>| {
            // Before the tail, so that what is appended in between counts as lag and never the other way round.
            let status = shard.status();
            let tail = self.projecting.log.tail(status.partition).map_err(EngineError::Log)?;
            Ok(PartitionStatus { tail, ..status })
        };
        let partitions = self.shards().iter().map(of).collect::<Result<_, EngineError>>()?;
        Ok(Status { partitions })
    }

    /// What the views of a partition that is here take on disk, in bytes; `None` where that cannot be told.
    #[must_use]
    pub fn store_bytes(&self, partition: Partition) -> Option<u64> {
        self.shard(partition)?.current().store.bytes_on_disk()
    }

    /// What was measured of the queue in front of each partition of the log, as far as deliveries are taken in here.
    #[must_use]
    pub fn queues(&self) -> Vec<(Partition, QueueReading)> {
        let read = |partition| Some((partition, self.queue(partition, QueueMeter::read)?));
        self.partitions().filter_map(read).collect()
    }

    fn queue<T>(&self, partition: Partition, what: impl FnOnce(&QueueMeter) -> T) -> Option<T> {
        let appenders = self.appenders.lock().unwrap_or_else(PoisonError::into_inner);
        appenders.as_ref()?.meter(partition).map(what)
    }

    /// Changes whenever a shard that is here commits, comes or goes.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Takes no more deliveries, finishes the batches at hand, makes the views durable. Blocks.
    ///
    /// # Errors
    /// `Rows` if the views cannot be written; they are folded again from the log then.
    pub fn stop(&self) -> Result<(), EngineError> {
        let appenders = self.appenders.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(appenders) = appenders {
            appenders.join();
        }
        self.rebuilds.close();
        self.rebuilds.join();
        self.rebuilds.leave(&self.partitions().collect::<Vec<_>>());
        stop_all(&self.kept(|_| true))
    }
}

impl Drop for Engine {
    /// What is under way beside must not outlive it for long.
    fn drop(&mut self) {
        self.rebuilds.close();
    }
}

/// Tells all of them to stop before it waits for the first.
fn stop_all(shards: &[Arc<Shard>]) -> Result<(), EngineError> {
    shards.iter().for_each(|shard| shard.current().projector.tell_to_stop());
    let stopped = shards.iter().map(|shard| shard.stop());
    stopped.fold(Ok(()), Result::and)
}
