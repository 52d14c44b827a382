//! The port to the views: what a publisher must be able to ask of one partition of them.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_engine::query::{Conversation, TouchView};
use origem_engine::{EngineError, View};

/// Why the views could not be read. Reading again may work.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// A conversation as the views have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Card and contact.
    pub conversation: Conversation,
    /// Every touch, in order of time.
    pub timeline: Vec<TouchView>,
}

impl Snapshot {
    /// What a view has under this very id; `None` if the conversation was erased, merged into another, or never was.
    ///
    /// A commit may fall between card and touches. Then the conversation is among the changed ones again, and what is read
    /// after that is whole.
    ///
    /// # Errors
    /// `Rows`.
    pub fn of(view: View<'_>, id: ConversationId) -> Result<Option<Self>, EngineError> {
        let read = || {
            let conversation = view.conversation(id)?;
            let timeline = view.timeline(id)?;
            Ok(Self { conversation, timeline })
        };
        match read() {
            Ok(snapshot) => Ok(Some(snapshot).filter(|snapshot| snapshot.conversation.id == id)),
            Err(EngineError::NoConversation { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// One partition of the views. Every method may block on reading rows.
pub trait Source: Send + Sync {
    /// Begins to keep what changes: what is committed after this call is given by [`Source::changed`]. Again has no effect.
    fn follow(&self);

    /// Up to where the views are folded: the next position. `None` while they are being loaded and must not be read.
    fn checkpoint(&self) -> Option<Position>;

    /// Every conversation there is, groups included.
    ///
    /// # Errors
    /// If the rows cannot be read.
    fn conversations(&self) -> Result<Vec<ConversationId>, SourceError>;

    /// A conversation as it is now, or later than [`Source::checkpoint`] was before. `None` if there is none under this very
    /// id: it was erased or merged into another.
    ///
    /// # Errors
    /// If the rows cannot be read.
    fn read(&self, id: ConversationId) -> Result<Option<Snapshot>, SourceError>;

    /// Waits until conversations were written or removed, `timeout` at most, and takes them all; after the commit, so that
    /// reading them gives what they became.
    fn changed(&self, timeout: Duration) -> BTreeSet<ConversationId>;
}
