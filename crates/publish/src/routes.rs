//! Which partition of the topics a conversation's values go to.

use std::collections::HashMap;

use origem_domain::key::ConversationId;
use origem_domain::partition::{key_of, partition_of};
use origem_domain::position::Partition;
use origem_engine::query::Conversation;

use crate::options::{Options, Partitions};

/// Which partition of the topics a conversation's values go to.
#[derive(Debug)]
pub(crate) enum Routes {
    /// All to one.
    Same(Partition),
    /// By channel.
    ByChannel {
        /// How many there are.
        partitions: u32,
        /// Where the values of each conversation are: once it is gone, nothing else tells its channel.
        known: HashMap<ConversationId, Partition>,
    },
}

impl Routes {
    pub(crate) fn new(options: &Options) -> Self {
        match options.partitions {
            Partitions::Same => Self::Same(options.partition),
            Partitions::ByChannel(partitions) => Self::ByChannel {
                partitions,
                known: HashMap::new(),
            },
        }
    }

    /// All partitions of a topic that hold values of this publisher.
    pub(crate) fn all(&self) -> Vec<Partition> {
        match self {
            Self::Same(partition) => vec![*partition],
            Self::ByChannel { partitions, .. } => (0..*partitions).map(Partition).collect(),
        }
    }

    /// Values of a conversation were found there.
    pub(crate) fn found(&mut self, id: ConversationId, partition: Partition) {
        if let Self::ByChannel { known, .. } = self {
            known.insert(id, partition);
        }
    }

    /// Where the values of a conversation go.
    pub(crate) fn to(&mut self, conversation: &Conversation) -> Partition {
        match self {
            Self::Same(partition) => *partition,
            Self::ByChannel { partitions, known } => {
                let card = &conversation.card;
                let partition = || partition_of(&key_of(&card.account, &card.channel), *partitions);
                *known.entry(conversation.id).or_insert_with(partition)
            }
        }
    }

    /// Where the values of a conversation are that is gone; `None` if there never were any.
    pub(crate) fn of_gone(&self, id: ConversationId) -> Option<Partition> {
        match self {
            Self::Same(partition) => Some(*partition),
            Self::ByChannel { known, .. } => known.get(&id).copied(),
        }
    }
}
