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
    /// Instances of different versions do not understand each other's rows, or questions.
    pub versions: (u32, u32, u32),
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

/// Of the shapes of questions and answers. They are read by position, without names: an instance of before would not see a field that
/// is new, a sight among them. So it grows with any change of one, and while instances of both versions run none answers for another.
pub(crate) const QUESTIONS_VERSION: u32 = 2;

/// The versions of this build.
pub(crate) const VERSIONS: (u32, u32, u32) = (VIEWS_VERSION, RULES_VERSION, QUESTIONS_VERSION);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use origem_domain::key::Secret;
    use origem_log::MemoryLog;
    use origem_views::rows::MemoryStore;

    use super::*;
    use crate::engine::{Engine, Options};
    use crate::query::Heads;

    /// What instances sent before questions had a version of their own.
    #[derive(Serialize)]
    struct Before {
        versions: (u32, u32),
        partitions: Vec<Partition>,
        warm: bool,
        name: String,
        question: Vec<u8>,
    }

    #[test]
    fn an_instance_of_another_version_gets_no_answer_and_is_told_to_wait() {
        let (log, store) = (Arc::new(MemoryLog::default()), Arc::new(MemoryStore::default()));
        let engine = Engine::start(log, store, Secret::new([7; 16]), Options::default()).unwrap();
        let question = || postcard::to_stdvec(&Heads).unwrap();
        let asked = |versions| {
            let asked = Asked {
                versions,
                partitions: vec![Partition(0)],
                warm: false,
                name: Heads::NAME.to_owned(),
                question: question(),
            };
            postcard::to_stdvec(&asked).unwrap()
        };
        let before = Before {
            versions: (VIEWS_VERSION, RULES_VERSION),
            partitions: vec![Partition(0)],
            warm: false,
            name: Heads::NAME.to_owned(),
            question: question(),
        };
        let before = postcard::to_stdvec(&before).unwrap();
        let (views, rules, questions) = VERSIONS;
        for (bytes, is_answered) in [
            (asked(VERSIONS), true),
            (asked((views + 1, rules, questions)), false),
            (asked((views, rules + 1, questions)), false),
            (asked((views, rules, questions + 1)), false),
            (asked((views, rules, questions - 1)), false),
            (before, false),
        ] {
            let answer = engine.answer_peer(&bytes);
            let answered: Answered<<Heads as Question>::Answer> = postcard::from_bytes(&answer).unwrap();
            match answered.answers {
                Ok(answers) => assert_eq!((answers.len(), answered.covered.len()), (1, 1)),
                Err(refused) => assert_eq!(refused.code, ErrorCode::PartitionUnavailable),
            }
            assert_eq!(!answered.covered.is_empty(), is_answered, "{bytes:?}");
        }
        engine.stop().unwrap();
    }
}
