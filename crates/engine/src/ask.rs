//! Asking: every shard here, the owners of the rest, warm copies where an owner cannot answer, and one answer out of all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use origem_domain::position::Partition;

use crate::engine::Engine;
use crate::error::{EngineError, ErrorCode};
use crate::query;
use crate::question::{Answered, Asked, Peers, Question, Refused, VERSIONS};
use crate::shard::Shard;

impl Engine {
    /// Asks all shards, here and elsewhere. Blocks.
    ///
    /// # Errors
    /// What the question's own answers may fail with; `Loading`, `Nobody` and `Unreachable` while a partition it needs is on its
    /// way from one instance to another, `Peer` for what another instance refused.
    pub fn ask<Q: Question>(&self, question: &Q) -> Result<Q::Answer, EngineError> {
        let shards = readable(self.shards());
        let here: BTreeSet<Partition> = shards.iter().map(|shard| shard.partition()).collect();
        let mut found = Found::<Q>::default();
        found.take(self.answers(question, &shards));
        let elsewhere: BTreeSet<Partition> = self
            .partitions()
            .filter(|partition| !here.contains(partition))
            .collect();
        if !elsewhere.is_empty() && !found.is_settled() {
            self.ask_elsewhere(question, elsewhere, &mut found);
        }
        found.put_together(question)
    }

    /// What is answered for these partitions, which are not here, by whoever can: perhaps for some of them only. Blocks.
    pub(crate) fn ask_some<Q: Question>(&self, question: &Q, partitions: BTreeSet<Partition>) -> Vec<Q::Answer> {
        let mut found = Found::<Q>::default();
        self.ask_elsewhere(question, partitions, &mut found);
        found.answers
    }

    /// What each of these shards answers.
    fn answers<Q: Question>(&self, question: &Q, shards: &[Arc<Shard>]) -> Vec<Result<Q::Answer, EngineError>> {
        shards
            .iter()
            .map(|shard| question.answer(self.pin(shard)?.view()))
            .collect()
    }

    /// Asks the owners of partitions that are not here; whoever has a warm copy for those that cannot answer.
    fn ask_elsewhere<Q: Question>(&self, question: &Q, partitions: BTreeSet<Partition>, found: &mut Found<Q>) {
        let peers = self.peers();
        // An instance that hangs must not take this one with it.
        let Ok(_turn) = self.limits.forwarded.try_acquire() else {
            return found.fail(EngineError::Crowded);
        };
        let owners = peers.as_ref().map(|peers| peers.owners()).unwrap_or_default();
        let mut at: BTreeMap<String, BTreeSet<Partition>> = BTreeMap::new();
        for (partition, address) in owners {
            if partitions.contains(&partition) {
                at.entry(address).or_default().insert(partition);
            }
        }
        let mut asking = Asking {
            missing: partitions,
            unreachable: BTreeMap::new(),
        };
        if let Some(peers) = &peers {
            asking.ask(&**peers, question, &at, false, found);
        }
        if asking.missing.is_empty() || found.is_settled() {
            return;
        }
        // A copy may have become the owner's while others were asked.
        let mut warm = readable(self.kept(|_| true));
        warm.retain(|shard| asking.missing.contains(&shard.partition()));
        asking
            .missing
            .retain(|partition| !warm.iter().any(|shard| shard.partition() == *partition));
        found.take(self.answers(question, &warm));
        if let Some(peers) = peers.filter(|_| !asking.missing.is_empty()) {
            for address in peers.others() {
                if !asking.missing.is_empty() && !asking.unreachable.contains_key(&address) {
                    let at = BTreeMap::from([(address, asking.missing.clone())]);
                    asking.ask(&*peers, question, &at, true, found);
                }
            }
        }
        let Some(first) = asking.missing.first() else {
            return;
        };
        // The owner knows best why there is no answer. If it could give one by now, there is none for the rest all the same.
        let owner = self.shards().into_iter().find(|shard| shard.partition() == *first);
        let loading = owner.and_then(|shard| self.pin(&shard).err());
        found.fail(loading.unwrap_or_else(|| asking.why()));
    }

    /// Answers another instance: bytes for bytes. Blocks.
    #[must_use]
    pub fn answer_peer(&self, bytes: &[u8]) -> Vec<u8> {
        let Ok(asked) = postcard::from_bytes::<Asked>(bytes) else {
            return refusal("the question cannot be read");
        };
        if asked.versions != VERSIONS {
            return refusal("this instance runs another version; wait until all instances run the same");
        }
        query::dispatch(self, &asked).unwrap_or_else(|| refusal("this instance does not know the question"))
    }

    /// Answers one question of another instance.
    pub(crate) fn answer_asked<Q: Question>(&self, asked: &Asked) -> Vec<u8> {
        let Ok(question) = postcard::from_bytes::<Q>(&asked.question) else {
            return refusal("the question cannot be read");
        };
        let mut shards = readable(self.kept(|shard| asked.warm || !shard.is_warm()));
        shards.retain(|shard| asked.partitions.contains(&shard.partition()));
        let mut found = Found::<Q>::default();
        found.take(self.answers(&question, &shards));
        let answered = Answered {
            covered: shards.iter().map(|shard| shard.partition()).collect(),
            answers: found.told(),
        };
        postcard::to_stdvec(&answered).unwrap_or_default()
    }
}

/// Shards whose views can be read.
fn readable(mut shards: Vec<Arc<Shard>>) -> Vec<Arc<Shard>> {
    shards.retain(|shard| shard.is_readable());
    shards
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

/// Partitions that nobody has answered for yet, and who could not be asked.
struct Asking {
    missing: BTreeSet<Partition>,
    unreachable: BTreeMap<String, String>,
}

impl Asking {
    /// Asks these instances for these partitions, all at once.
    fn ask<Q: Question>(
        &mut self,
        peers: &dyn Peers,
        question: &Q,
        at: &BTreeMap<String, BTreeSet<Partition>>,
        warm: bool,
        found: &mut Found<Q>,
    ) {
        let question = postcard::to_stdvec(question).unwrap_or_default();
        let body = |partitions: &BTreeSet<Partition>| {
            let asked = Asked {
                versions: VERSIONS,
                partitions: partitions.iter().copied().collect(),
                warm,
                name: Q::NAME.to_owned(),
                question: question.clone(),
            };
            postcard::to_stdvec(&asked).unwrap_or_default()
        };
        let replies: Vec<(&String, Result<Vec<u8>, String>)> = std::thread::scope(|scope| {
            let mut threads = Vec::new();
            for (address, partitions) in at {
                let body = body(partitions);
                threads.push((address, scope.spawn(move || peers.ask(address, &body, Q::PATIENCE))));
            }
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads
                .into_iter()
                .map(|(address, thread)| (address, join(thread)))
                .collect()
        });
        for (address, reply) in replies {
            let answered = reply.and_then(|bytes| {
                let read = postcard::from_bytes::<Answered<Q::Answer>>(&bytes);
                read.map_err(|_| format!("{address}: it answers in words of another version"))
            });
            match answered {
                Ok(Answered { covered, answers }) => {
                    self.missing.retain(|partition| !covered.contains(partition));
                    match answers {
                        Ok(answers) => found.take(answers.into_iter().map(Ok).collect()),
                        Err(refused) => found.take(vec![Err(refused.into())]),
                    }
                }
                Err(reason) => drop(self.unreachable.insert(address.clone(), reason)),
            }
        }
    }

    /// Why there is no answer.
    fn why(self) -> EngineError {
        match self.unreachable.into_values().next() {
            Some(reason) => EngineError::Unreachable { reason },
            None => EngineError::Nobody {
                partitions: self.missing,
            },
        }
    }
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

    /// What was sought is found.
    fn has_it(&self) -> bool {
        Q::SEEKS && !self.answers.is_empty()
    }

    fn is_settled(&self) -> bool {
        self.has_it() || self.failed.is_some()
    }

    /// Why there is no answer. Who could not answer may be the one that has what is sought.
    fn refusal(&mut self) -> Option<EngineError> {
        let has_it = self.has_it();
        self.failed.take().or(self.missing.take()).filter(|_| !has_it)
    }

    fn put_together(mut self, question: &Q) -> Result<Q::Answer, EngineError> {
        if let Some(error) = self.refusal() {
            return Err(error);
        }
        let nobody = || EngineError::Nobody {
            partitions: BTreeSet::new(),
        };
        question.combine(self.answers).ok_or_else(nobody)
    }

    /// The same for another instance: answers if there are any that matter, else why not.
    fn told(mut self) -> Result<Vec<Q::Answer>, Refused> {
        match self.refusal() {
            Some(error) => Err(Refused {
                code: error.code(),
                message: error.to_string(),
            }),
            None => Ok(self.answers),
        }
    }
}
