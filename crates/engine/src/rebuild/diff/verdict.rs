//! What became of one conversation: read from both generations, for many of them in several threads.

use origem_domain::key::ConversationId;

use super::{Differing, Parts, existing};
use crate::error::EngineError;
use crate::query::Whole;
use crate::shard::View;

/// What became of one conversation.
pub(super) enum Verdict {
    /// Neither has it.
    Nowhere,
    /// Both say the same; the hash of it.
    Equal(u128),
    Differs(Differing),
}

impl Verdict {
    pub(super) fn of(old: &View<'_>, new: &View<'_>, id: ConversationId) -> Result<Self, EngineError> {
        let (before, after) = (existing(old, id)?, existing(new, id)?);
        let hashes = (before.as_ref().map(Whole::hash), after.as_ref().map(Whole::hash));
        Ok(match (hashes, before.zip(after)) {
            ((Some(hash), Some(other)), _) if hash == other => Self::Equal(hash),
            ((None, None), _) => Self::Nowhere,
            ((old, new), both) => {
                let parts = both.map_or(Parts::ALL, |(before, after)| Parts::of(&before, &after));
                Self::Differs(Differing { old, new, parts })
            }
        })
    }

    /// Those of all, in the same order, found in so many threads.
    pub(super) fn of_all(
        threads: usize,
        old: &View<'_>,
        new: &View<'_>,
        ids: &[ConversationId],
    ) -> Result<Vec<Self>, EngineError> {
        let share = ids.len().div_ceil(threads.max(1)).max(1);
        let of_some = |ids: &[ConversationId]| -> Result<Vec<Self>, EngineError> {
            ids.iter().map(|id| Self::of(old, new, *id)).collect()
        };
        if ids.len() <= share {
            return of_some(ids);
        }
        let found: Result<Vec<Vec<Self>>, EngineError> = std::thread::scope(|scope| {
            let threads: Vec<_> = ids.chunks(share).map(|ids| scope.spawn(move || of_some(ids))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        Ok(found?.into_iter().flatten().collect())
    }
}
