//! Asking: every shard here, every other instance for the rest, and one answer out of all.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::position::Partition;

use crate::engine::Engine;
use crate::error::{EngineError, ErrorCode};
use crate::query;
use crate::question::{Answered, Asked, Question, Refused, VERSIONS};

impl Engine {
    /// Asks all shards, here and elsewhere. Blocks.
    ///
    /// # Errors
    /// What the question's own answers may fail with; `Loading` and `Nobody` while a partition it needs is on its way from one
    /// instance to another, `Peer` for what another instance refused.
    pub fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, EngineError> {
        let here: BTreeSet<Partition> = self.shards().iter().map(|shard| shard.partition()).collect();
        let mut found = Found::<Q>::default();
        found.take(self.answers(question, &here));
        let elsewhere: BTreeSet<Partition> = self
            .partitions()
            .filter(|partition| !here.contains(partition))
            .collect();
        if !elsewhere.is_empty() && !found.is_settled() {
            self.ask_peers(question, elsewhere, &mut found);
        }
        found.put_together(question)
    }

    /// What the shards of `partitions` that are here answer, each by itself.
    fn answers<Q: Question>(
        &self,
        question: &Q,
        partitions: &BTreeSet<Partition>,
    ) -> Vec<Result<Q::Answer, EngineError>> {
        let shards = self.shards();
        let meant = shards.iter().filter(|shard| partitions.contains(&shard.partition()));
        meant.map(|shard| question.answer(self.view(shard)?)).collect()
    }

    /// Asks the other instances, all at once.
    fn ask_peers<Q: Question>(&self, question: &Q, mut partitions: BTreeSet<Partition>, found: &mut Found<Q>) {
        let Some(peers) = self.peers() else {
            return found.fail(EngineError::Nobody { partitions });
        };
        let mut at: BTreeMap<String, Vec<Partition>> = BTreeMap::new();
        for (partition, address) in peers.owners() {
            if partitions.remove(&partition) {
                at.entry(address).or_default().push(partition);
            }
        }
        let bytes = postcard::to_stdvec(question).unwrap_or_default();
        let asked = |partitions: &[Partition]| Asked {
            versions: VERSIONS,
            partitions: partitions.to_vec(),
            name: Q::NAME.to_owned(),
            question: bytes.clone(),
        };
        let replies: Vec<_> = std::thread::scope(|scope| {
            let peers = &*peers;
            let threads: Vec<_> = at
                .iter()
                .map(|(address, partitions)| {
                    let body = postcard::to_stdvec(&asked(partitions)).unwrap_or_default();
                    (partitions, scope.spawn(move || peers.ask(address, &body)))
                })
                .collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads
                .into_iter()
                .map(|(asked, thread)| (asked, join(thread)))
                .collect()
        });
        for (asked, reply) in replies {
            let answered = reply.and_then(|bytes| {
                let read = postcard::from_bytes::<Answered<Q::Answer>>(&bytes);
                read.map_err(|_| "it answers in words of another version".to_owned())
            });
            match answered {
                Ok(Answered { covered, answers }) => {
                    partitions.extend(asked.iter().filter(|partition| !covered.contains(partition)));
                    match answers {
                        Ok(answers) => found.take(answers.into_iter().map(Ok).collect()),
                        Err(refused) => found.take(vec![Err(refused.into())]),
                    }
                }
                Err(reason) => found.fail(EngineError::Unreachable { reason }),
            }
        }
        if !partitions.is_empty() {
            found.fail(EngineError::Nobody { partitions });
        }
    }

    /// Answers another instance: bytes for bytes. Blocks.
    #[must_use]
    pub fn answer_peer(&self, bytes: &[u8]) -> Vec<u8> {
        let Ok(asked) = postcard::from_bytes::<Asked>(bytes) else {
            return refusal("the question cannot be read");
        };
        if asked.versions != VERSIONS {
            return refusal("this instance runs another version of the views");
        }
        query::dispatch(self, &asked).unwrap_or_else(|| refusal("this instance does not know the question"))
    }

    /// Answers one question of another instance.
    pub(crate) fn answer_asked<Q: Question>(&self, asked: &Asked) -> Vec<u8> {
        let Ok(question) = postcard::from_bytes::<Q>(&asked.question) else {
            return refusal("the question cannot be read");
        };
        let partitions: BTreeSet<Partition> = asked.partitions.iter().copied().collect();
        let here = self.shards().iter().map(|shard| shard.partition()).collect();
        let covered: BTreeSet<Partition> = partitions.intersection(&here).copied().collect();
        let mut found = Found::<Q>::default();
        found.take(self.answers(&question, &covered));
        let answered = Answered {
            covered: covered.into_iter().collect(),
            answers: found.told(),
        };
        postcard::to_stdvec(&answered).unwrap_or_default()
    }
}

fn refusal(message: &str) -> Vec<u8> {
    let refused = Refused {
        code: ErrorCode::PartitionUnavailable,
        message: message.to_owned(),
    };
    let answered: Answered<()> = Answered {
        covered: Vec::new(),
        answers: Err(refused),
    };
    postcard::to_stdvec(&answered).unwrap_or_default()
}

/// What was answered so far.
struct Found<Q: Question> {
    answers: Vec<Q::Answer>,
    /// Nobody here has it.
    missing: Option<EngineError>,
    /// Somebody could not answer.
    failed: Option<EngineError>,
}

impl<Q: Question> Default for Found<Q> {
    fn default() -> Self {
        Self {
            answers: Vec::new(),
            missing: None,
            failed: None,
        }
    }
}

impl<Q: Question> Found<Q> {
    fn take(&mut self, answers: Vec<Result<Q::Answer, EngineError>>) {
        for answer in answers {
            match answer {
                Ok(answer) => self.answers.push(answer),
                Err(error) if Q::SEEKS && error.code() == ErrorCode::NotFound => self.missing = Some(error),
                Err(error) => self.fail(error),
            }
        }
    }

    /// The first failure is told.
    fn fail(&mut self, error: EngineError) {
        self.failed.get_or_insert(error);
    }

    fn is_settled(&self) -> bool {
        (Q::SEEKS && !self.answers.is_empty()) || self.failed.is_some()
    }

    fn put_together(self, question: &Q) -> Result<Q::Answer, EngineError> {
        let settled = Q::SEEKS && !self.answers.is_empty();
        // Who could not answer may be the one that has what is sought.
        if let Some(error) = self.failed.or(self.missing).filter(|_| !settled) {
            return Err(error);
        }
        let nobody = || EngineError::Nobody {
            partitions: BTreeSet::new(),
        };
        question.combine(self.answers).ok_or_else(nobody)
    }

    /// The same for another instance: answers if there are any that matter, else why not.
    fn told(self) -> Result<Vec<Q::Answer>, Refused> {
        let settled = Q::SEEKS && !self.answers.is_empty();
        match self.failed.or(self.missing).filter(|_| !settled) {
            Some(error) => Err(Refused {
                code: error.code(),
                message: error.to_string(),
            }),
            None => Ok(self.answers),
        }
    }
}
