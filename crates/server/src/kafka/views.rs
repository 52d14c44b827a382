//! The views of one shard, as a publisher of projected topics reads them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_engine::{Engine, Shard};
use origem_publish::{Snapshot, Source, SourceError};

/// The views of a shard.
pub struct ShardViews {
    pub engine: Arc<Engine>,
    pub shard: Arc<Shard>,
}

impl Source for ShardViews {
    fn follow(&self) {
        self.shard.dirty().follow();
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
        Ok(self.engine.view(&self.shard)?.conversations()?)
    }

    fn read(&self, id: ConversationId) -> Result<Option<Snapshot>, SourceError> {
        Ok(Snapshot::of(self.engine.view(&self.shard)?, id)?)
    }

    fn changed(&self, timeout: Duration) -> BTreeSet<ConversationId> {
        self.shard.dirty().take(timeout)
    }
}
