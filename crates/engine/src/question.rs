//! Questions: what can be asked of the views, wherever they are. A question is answered by every shard by itself and the
//! answers are put together; shards of other instances get it over the wire, so that any instance answers anything.

use std::collections::BTreeSet;
use std::time::Duration;

use origem_domain::position::Partition;
use origem_domain::rules::RULES_VERSION;
use origem_views::layout::VIEWS_VERSION;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{EngineError, ErrorCode};
use crate::shard::View;

/// Something to ask of the views.
pub trait Question: Serialize + DeserializeOwned + Send + Sync {
    /// What it is called between instances.
    const NAME: &'static str;
    /// One shard alone has the answer: whoever has it settles the question, the others say `NoConversation`.
    const SEEKS: bool = false;
    /// How long another instance may take for its answer.
    const PATIENCE: Duration = Duration::from_secs(3);
    /// What is answered.
    type Answer: Serialize + DeserializeOwned + Send;

    /// The answer of one shard.
    ///
    /// # Errors
    /// `NoConversation` where the shard does not have what is sought; `Rows`, `Log`, `Invalid`.
    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError>;

    /// One answer out of those of all shards, in no particular order; of a question that seeks, the one there is. `None` if
    /// there is nothing to make an answer of.
    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        answers.into_iter().next()
    }
}

/// Who answers for the partitions that are not here.
pub trait Peers: Send + Sync {
    /// Where each partition is served, by address. A partition that is not named has nobody at the moment.
    fn owners(&self) -> Vec<(Partition, String)>;

    /// Every other instance that is known, by address: one of them may have a warm copy.
    fn others(&self) -> Vec<String> {
        let addresses: BTreeSet<String> = self.owners().into_iter().map(|(_, address)| address).collect();
        addresses.into_iter().collect()
    }

    /// Asks the instance at an address; gives the bytes of its answer. Blocks, for `patience` at most.
    ///
    /// # Errors
    /// The reason for a person. Whoever asks tells its own caller to try again.
    fn ask(&self, address: &str, question: &[u8], patience: Duration) -> Result<Vec<u8>, String>;
}

/// What one instance sends to another.
#[derive(Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Instances of different versions do not understand each other's rows.
    pub versions: (u32, u32),
    /// Which shards are meant.
    pub partitions: Vec<Partition>,
    /// Warm copies are meant: the owners cannot answer.
    pub warm: bool,
    /// The question's name.
    pub name: String,
    /// The question.
    pub question: Vec<u8>,
}

/// What comes back.
#[derive(Serialize, Deserialize)]
pub(crate) struct Answered<A> {
    /// The shards that answered; others are not there any more.
    pub covered: Vec<Partition>,
    /// Their answers, or why there is none.
    pub answers: Result<Vec<A>, Refused>,
}

/// An error on its way between instances.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refused {
    pub code: ErrorCode,
    pub message: String,
}

/// The versions of this build.
pub(crate) const VERSIONS: (u32, u32) = (VIEWS_VERSION, RULES_VERSION);
