//! The views of one shard, as a publisher of projected topics reads them.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_engine::{Engine, Shard};
use origem_projector::Follower;
use origem_publish::{Snapshot, Source, SourceError};

/// The views of a shard.
pub struct ShardViews {
    engine: Arc<Engine>,
    shard: Arc<Shard>,
    follower: OnceLock<Follower>,
}

impl ShardViews {
    /// Those of `shard`, which is one of `engine`.
    pub const fn new(engine: Arc<Engine>, shard: Arc<Shard>) -> Self {
        Self {
            engine,
            shard,
            follower: OnceLock::new(),
        }
    }
}

impl Source for ShardViews {
    fn follow(&self) {
        // Before anything is read; the shard tells whichever generation serves.
        self.follower.get_or_init(|| self.shard.dirty().follow());
    }

    fn checkpoint(&self) -> Option<Position> {
        let progress = self.shard.progress();
        let position = Position {
            partition: self.shard.partition(),
            offset: progress.checkpoint.next,
        };
        self.shard.is_readable().then_some(position)
    }

    fn conversations(&self) -> Result<Vec<ConversationId>, SourceError> {
        Ok(self.engine.pin(&self.shard)?.view().conversations()?)
    }

    fn read(&self, id: ConversationId) -> Result<Option<Snapshot>, SourceError> {
        Ok(Snapshot::of(self.engine.pin(&self.shard)?.view(), id)?)
    }

    fn changed(&self, timeout: Duration) -> BTreeSet<ConversationId> {
        self.follower.get_or_init(|| self.shard.dirty().follow()).take(timeout)
    }
}
