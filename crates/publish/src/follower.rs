//! The work of a publisher, step by step: take over, read what the topics hold, compare, follow. No thread and no clock of
//! its own, so that tests stop it anywhere.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::str;
use std::sync::Arc;
use std::time::Duration;

use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_log::{Held, Outlet, OutletError, Projected, Publication};
use tracing::{info, warn};

use crate::digest::Digest;
use crate::headers::{About, DIGEST, POSITION};
use crate::known::{Digests, Known};
use crate::options::Options;
use crate::routes::Routes;
use crate::source::{Source, SourceError};
use crate::value::Value;

/// What a publisher does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nobody was fenced yet.
    TakingOver,
    /// What the topics hold is not known.
    Reading,
    /// What the topics hold is known, what the views hold is not.
    Comparing,
    /// Everything that differed when the stage began is waiting to be published.
    Following,
}

/// Why a step was not done. What it was about stays to be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// See the outlet; `Fenced` is for good.
    #[error(transparent)]
    Outlet(#[from] OutletError),
    /// The views cannot be read.
    #[error("the views cannot be read")]
    Source(#[source] SourceError),
    /// The views are not as far as what was published; once they are, it goes on.
    #[error("the views are not folded up to {published}, which is published already")]
    Behind {
        /// The latest version in the topics.
        published: Position,
    },
    /// The views are being loaded.
    #[error("the views are being loaded")]
    Loading,
}

/// What was published since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Values.
    pub values: u64,
    /// Removals.
    pub removals: u64,
    /// Values that were left out because they do not fit even without touches.
    pub unfit: u64,
}

/// A publisher without a thread.
pub(crate) struct Follower {
    source: Arc<dyn Source>,
    outlet: Box<dyn Outlet>,
    options: Options,
    routes: Routes,
    known: Known,
    stage: Stage,
    /// Changed, and not published yet.
    changed: BTreeSet<ConversationId>,
    /// Not compared yet, in descending order.
    uncompared: Vec<ConversationId>,
    /// The latest version in the topics.
    version: Option<Position>,
    /// What the outlet takes, or less if it turned out to take less.
    bytes_max: usize,
    counts: Counts,
    /// Whether to break off what takes long.
    stopped: Box<dyn Fn() -> bool + Send>,
}

/// What a transaction is to do.
#[derive(Default)]
struct Round {
    publications: Vec<Publication>,
    /// What the topics hold of each conversation, once it is done.
    digests: Vec<(ConversationId, Digests)>,
    unfit: u64,
}

impl Follower {
    pub(crate) fn new(source: Arc<dyn Source>, outlet: Box<dyn Outlet>, options: Options) -> Self {
        Self {
            source,
            outlet,
            routes: Routes::new(&options),
            known: Known::new(),
            stage: Stage::TakingOver,
            changed: BTreeSet::new(),
            uncompared: Vec::new(),
            version: None,
            bytes_max: usize::MAX,
            counts: Counts::default(),
            stopped: Box::new(|| false),
            options,
        }
    }

    /// Asks `stopped`, once for each record it reads, whether to break off.
    pub(crate) fn while_not(mut self, stopped: impl Fn() -> bool + Send + 'static) -> Self {
        self.stopped = Box::new(stopped);
        self
    }

    /// What was published.
    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    /// The latest version in the topics.
    pub(crate) const fn version(&self) -> Option<Position> {
        self.version
    }

    /// Conversations that are known to wait.
    pub(crate) fn behind(&self) -> usize {
        self.changed.len() + self.uncompared.len()
    }

    /// Whether everything that differed on takeover was published.
    pub(crate) fn follows(&self) -> bool {
        self.stage == Stage::Following && self.uncompared.is_empty()
    }

    /// Reads what the topics hold and compares once more.
    pub(crate) fn reconcile(&mut self) {
        if self.stage != Stage::TakingOver {
            self.stage = Stage::Reading;
        }
    }

    /// Does the next thing; while following waits up to `timeout` for something to do.
    pub(crate) fn step(&mut self, timeout: Duration) -> Result<(), StepError> {
        match self.stage {
            Stage::TakingOver => {
                self.outlet.take_over(self.options.partition)?;
                self.bytes_max = self.outlet.value_bytes_max();
                self.stage = Stage::Reading;
            }
            Stage::Reading => {
                // Before anything is read, so that no change falls between.
                self.source.follow();
                if self.read()?.is_continue() {
                    self.stage = Stage::Comparing;
                }
            }
            Stage::Comparing => {
                self.ready()?;
                let mut all: BTreeSet<_> = self
                    .source
                    .conversations()
                    .map_err(StepError::Source)?
                    .into_iter()
                    .collect();
                all.extend(self.known.conversations());
                self.uncompared = all.into_iter().rev().collect();
                self.stage = Stage::Following;
                info!(partition = %self.options.partition, conversations = self.uncompared.len(), "comparing projected topics");
            }
            Stage::Following => self.follow(timeout)?,
        }
        Ok(())
    }

    /// Learns what the topics hold; that may be much.
    fn read(&mut self) -> Result<ControlFlow<()>, StepError> {
        self.known.learn();
        let partitions = self.routes.all();
        let (known, routes, version) = (&mut self.known, &mut self.routes, &mut self.version);
        let (partition, stopped) = (self.options.partition, &self.stopped);
        let more = Cell::new(ControlFlow::Continue(()));
        let mut each = |held: Held<'_>| {
            if stopped() {
                more.set(ControlFlow::Break(()));
                return more.get();
            }
            let Some(id) = str::from_utf8(held.key).ok().and_then(|key| key.parse().ok()) else {
                warn!(topic = ?held.topic, partition = %held.partition, "a record of somebody else is left alone");
                return more.get();
            };
            let at: Option<Position> = held.header(POSITION).and_then(|text| text.parse().ok());
            *version = at.filter(|at| at.partition == partition).max(*version);
            let digest = held.value.map(|_| {
                let told = held.header(DIGEST).and_then(Digest::parse);
                told.unwrap_or(Digest::FOREIGN)
            });
            known.found(id, held.topic, digest);
            routes.found(id, held.partition);
            more.get()
        };
        for partition in partitions {
            self.outlet.contents(partition, &mut each)?;
            if more.get().is_break() {
                break;
            }
        }
        Ok(more.get())
    }

    /// The version of what is read from now on.
    fn ready(&self) -> Result<Position, StepError> {
        let checkpoint = self.source.checkpoint().ok_or(StepError::Loading)?;
        match self.version {
            Some(published) if checkpoint < published => Err(StepError::Behind { published }),
            _ => Ok(checkpoint),
        }
    }

    /// One transaction: what changed, and a part of what is not compared yet.
    fn follow(&mut self, timeout: Duration) -> Result<(), StepError> {
        let timeout = if self.behind() == 0 { timeout } else { Duration::ZERO };
        self.changed.extend(self.source.changed(timeout));
        let mut ids: BTreeSet<_> = self
            .changed
            .iter()
            .copied()
            .take(self.options.conversations_max)
            .collect();
        let compared = self.uncompared.len().saturating_sub(self.options.conversations_max);
        ids.extend(&self.uncompared[compared..]);
        let ids: Vec<_> = ids.into_iter().collect();
        self.publish(&ids)?;
        for id in &ids {
            self.changed.remove(id);
        }
        self.uncompared.truncate(compared);
        if self.uncompared.is_empty() && self.known.settle() {
            info!(partition = %self.options.partition, "projected topics agree with the views");
        }
        Ok(())
    }

    /// Publishes what differs of some conversations, in one transaction; one by one where a value turns out too large.
    fn publish(&mut self, ids: &[ConversationId]) -> Result<(), StepError> {
        match self.publish_at_once(ids) {
            Err(StepError::Outlet(OutletError::TooLarge { key, bytes })) if ids.len() > 1 => {
                warn!(%key, bytes, "a value is larger than its topic takes");
                ids.iter().try_for_each(|id| self.publish(&[*id]))
            }
            Err(StepError::Outlet(OutletError::TooLarge { bytes, .. })) => {
                self.bytes_max = bytes - bytes.div_ceil(4);
                self.publish(ids)
            }
            done => done,
        }
    }

    fn publish_at_once(&mut self, ids: &[ConversationId]) -> Result<(), StepError> {
        if ids.is_empty() {
            return Ok(());
        }
        let version = self.ready()?;
        let mut round = Round::default();
        for id in ids {
            self.add(&mut round, *id, version)?;
        }
        if !round.publications.is_empty() {
            if let Err(error) = self.outlet.publish(&round.publications) {
                ids.iter().for_each(|id| self.known.doubt(*id));
                return Err(error.into());
            }
            self.version = Some(version);
        }
        for (id, digests) in round.digests {
            self.known.set(id, digests);
        }
        let removals = round
            .publications
            .iter()
            .filter(|publication| publication.value.is_none())
            .count() as u64;
        self.counts.removals += removals;
        self.counts.values += round.publications.len() as u64 - removals;
        self.counts.unfit += round.unfit;
        Ok(())
    }

    /// Adds what differs of a conversation.
    fn add(&mut self, round: &mut Round, id: ConversationId, version: Position) -> Result<(), StepError> {
        let known = self.known.of(id);
        let snapshot = self.source.read(id).map_err(StepError::Source)?;
        // A group never has values: there is nothing to remove unless something is there.
        let nothing = snapshot
            .as_ref()
            .is_some_and(|snapshot| snapshot.conversation.card.group);
        if nothing && known.is_none_or(|digests| digests == Digests::default()) {
            return Ok(());
        }
        let partition = match &snapshot {
            Some(snapshot) => Some(self.routes.to(&snapshot.conversation)),
            None => self.routes.of_gone(id),
        };
        let Some(partition) = partition else { return Ok(()) };
        let mut digests = Digests::default();
        for topic in Projected::ALL {
            let value = match &snapshot {
                Some(snapshot) => Value::of(topic, snapshot, self.options.format, self.bytes_max),
                None => Ok(None),
            };
            let value = match value {
                Ok(value) => value,
                Err(unfit) => {
                    warn!(conversation = %id, ?topic, bytes = unfit.bytes, "a value does not fit even without touches, it is left out");
                    round.unfit += 1;
                    None
                }
            };
            let digest = value.as_ref().map(|value| value.digest);
            digests[topic as usize] = digest;
            if known.is_some_and(|known| known[topic as usize] == digest) {
                continue;
            }
            let about = About {
                topic,
                id,
                version,
                digest,
                truncated: value.as_ref().is_some_and(Value::truncated),
                options: &self.options,
            };
            round.publications.push(Publication {
                topic,
                partition,
                key: id.to_string(),
                headers: about.headers(),
                value: value.map(|value| value.bytes(version)),
            });
        }
        round.digests.push((id, digests));
        Ok(())
    }
}
