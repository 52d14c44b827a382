//! What a conversation says, whole: what two installations are compared by, and two generations of views.

use std::collections::BTreeSet;
use std::hash::Hasher as _;
use std::time::Duration;

use origem_domain::key::{AliasKey, ConversationId};
use origem_domain::position::Position;
use origem_domain::state::Landmarks;
use origem_domain::ticket::Ticket;
use origem_domain::touch::Touch;
use origem_views::card::{self, Card};
use origem_views::thread::Thread;
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::thread::rows_of;
use crate::query::{Conversation, ThreadRow, TouchView};
use crate::question::Question;
use crate::shard::View;

/// A question for what the views say, in one number: equal for equal contents, whatever the log, the number of its partitions
/// and where in it the events stand.
#[derive(Debug, Serialize, Deserialize)]
pub struct Fingerprint;

/// What the views say, in two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contents {
    /// Conversations, groups included.
    pub conversations: u64,
    /// The sum of a hash of each.
    pub fingerprint: u128,
}

impl Contents {
    /// Counts a conversation in, by its hash.
    pub(crate) const fn add(&mut self, hash: u128) {
        self.conversations += 1;
        self.fingerprint = self.fingerprint.wrapping_add(hash);
    }

    /// What both say together.
    #[must_use]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            conversations: self.conversations + other.conversations,
            fingerprint: self.fingerprint.wrapping_add(other.fingerprint),
        }
    }
}

impl Question for Fingerprint {
    const NAME: &'static str = "fingerprint";
    // It reads everything.
    const PATIENCE: Duration = Duration::from_secs(600);
    type Answer = Contents;

    fn answer(&self, view: View<'_>) -> Result<Contents, EngineError> {
        let mut contents = Contents::default();
        for id in card::all(view.rows) {
            contents.add(view.whole(id?)?.hash());
        }
        Ok(contents)
    }

    fn combine(&self, answers: Vec<Contents>) -> Option<Contents> {
        Some(answers.into_iter().fold(Contents::default(), Contents::and))
    }
}

/// All that a conversation says but for positions in the log.
#[derive(Serialize)]
pub(crate) struct Whole {
    pub id: ConversationId,
    /// Without landmarks: the timeline has all of them.
    pub card: Card,
    /// Known by the same names, whichever was seen first.
    pub names: BTreeSet<(AliasKey, String)>,
    pub timeline: Vec<TouchView>,
    pub tickets: Vec<Ticket>,
    /// Without markers of touches.
    pub thread: Vec<ThreadRow>,
    /// The origin to show; one of the timeline.
    #[serde(skip)]
    pub origin: Option<Touch>,
}

impl Whole {
    /// A hash of all of it.
    pub fn hash(&self) -> u128 {
        // Rows always serialise: they were rows of the store before.
        let bytes = postcard::to_stdvec(self).unwrap_or_default();
        let mut hasher = SipHasher13::new();
        hasher.write(&bytes);
        hasher.finish128().as_u128()
    }
}

impl View<'_> {
    /// All that a conversation says.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub(crate) fn whole(&self, id: ConversationId) -> Result<Whole, EngineError> {
        let Conversation { id, mut card, identity } = self.conversation(id)?;
        let nowhere = Position::default();
        let unplaced = |touch: Touch| Touch {
            position: nowhere,
            ..touch
        };
        let (mut timeline, tickets) = self.history(id)?;
        for view in &mut timeline {
            view.touch.position = nowhere;
        }
        let origin = card.state.landmarks.current().cloned().map(unplaced);
        (card.created, card.position) = (nowhere, nowhere);
        card.state.landmarks = Landmarks::default();
        let names = identity.aliases.into_iter();
        Ok(Whole {
            id,
            card,
            names: names.map(|known| (known.key, known.value)).collect(),
            timeline,
            tickets,
            thread: rows_of(Thread::new(id).lines(self.rows)?),
            origin,
        })
    }
}

impl Engine {
    /// What all views say, in one number. Reads everything, so only one at a time is worked out. Blocks, for minutes if there is much.
    ///
    /// # Errors
    /// `Crowded` while another is worked out; as [`Engine::ask`].
    pub fn fingerprint(&self) -> Result<Contents, EngineError> {
        let turn = self.limits.fingerprints.try_acquire();
        let _turn = turn.map_err(|_| EngineError::Crowded)?;
        self.ask(&Fingerprint)
    }
}
