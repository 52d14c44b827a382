//! What is asked of all shards together: counts, anomalies, how far they are, whether two installations hold the same.

use std::collections::{BTreeMap, BTreeSet};

use origem_domain::key::{AliasKey, ConversationId};
use origem_domain::position::{Partition, Position};
use origem_domain::state::Landmarks;
use origem_domain::ticket::{Ticket, TicketStatus};
use origem_views::anomalies::{self, Anomaly};
use origem_views::layout::AccountKey;
use origem_views::meta::Checkpoint;
use origem_views::{card, counts};
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher13};
use std::hash::Hasher as _;
use std::time::Duration;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::{Conversation, ThreadQuery, ThreadRow};
use crate::question::Question;
use crate::shard::View;

/// A question for the conversations of an account by status.
#[derive(Serialize, Deserialize)]
pub(super) struct Counts {
    account: String,
}

impl Question for Counts {
    const NAME: &'static str = "counts";
    type Answer = BTreeMap<TicketStatus, u64>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        Ok(counts::by_status(view.rows, AccountKey::of(&self.account))?)
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        Some(add_up(answers))
    }
}

/// Adds up counts by status.
pub(super) fn add_up(answers: impl IntoIterator<Item = BTreeMap<TicketStatus, u64>>) -> BTreeMap<TicketStatus, u64> {
    let mut sums = BTreeMap::new();
    for (status, count) in answers.into_iter().flatten() {
        *sums.entry(status).or_default() += count;
    }
    sums
}

/// A question for anomalies.
#[derive(Serialize, Deserialize)]
pub(super) struct Anomalies {
    before: Option<Position>,
    limit: usize,
}

impl Question for Anomalies {
    const NAME: &'static str = "anomalies";
    type Answer = Vec<Anomaly>;

    fn answer(&self, view: View<'_>) -> Result<Vec<Anomaly>, EngineError> {
        Ok(anomalies::page(view.rows, self.before, self.limit)?)
    }

    fn combine(&self, answers: Vec<Vec<Anomaly>>) -> Option<Vec<Anomaly>> {
        let mut all: Vec<Anomaly> = answers.into_iter().flatten().collect();
        all.sort_by_key(|anomaly| std::cmp::Reverse((anomaly.position, anomaly.reason)));
        all.truncate(self.limit);
        Some(all)
    }
}

/// A question for how far the views of every partition are.
#[derive(Debug, Serialize, Deserialize)]
pub struct Heads;

impl Question for Heads {
    const NAME: &'static str = "heads";
    type Answer = BTreeMap<Partition, Checkpoint>;

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        Ok(BTreeMap::from([(view.partition, view.checkpoint)]))
    }

    fn combine(&self, answers: Vec<Self::Answer>) -> Option<Self::Answer> {
        Some(answers.into_iter().flatten().collect())
    }
}

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

impl Question for Fingerprint {
    const NAME: &'static str = "fingerprint";
    // It reads everything.
    const PATIENCE: Duration = Duration::from_secs(600);
    type Answer = Contents;

    fn answer(&self, view: View<'_>) -> Result<Contents, EngineError> {
        let mut contents = Contents::default();
        for id in card::all(view.rows) {
            contents.conversations += 1;
            contents.fingerprint = contents.fingerprint.wrapping_add(view.contents_of(id?)?);
        }
        Ok(contents)
    }

    fn combine(&self, answers: Vec<Contents>) -> Option<Contents> {
        let sum = |sum: Contents, one: Contents| Contents {
            conversations: sum.conversations + one.conversations,
            fingerprint: sum.fingerprint.wrapping_add(one.fingerprint),
        };
        Some(answers.into_iter().fold(Contents::default(), sum))
    }
}

impl View<'_> {
    /// A hash of all that a conversation says but for positions.
    fn contents_of(&self, id: ConversationId) -> Result<u128, EngineError> {
        let Conversation { id, mut card, identity } = self.conversation(id)?;
        let nowhere = Position::default();
        (card.created, card.position) = (nowhere, nowhere);
        // The timeline has all of them.
        card.state.landmarks = Landmarks::default();
        // Known by the same names, whichever was seen first.
        let names: BTreeSet<(AliasKey, String)> = identity
            .aliases
            .into_iter()
            .map(|known| (known.key, known.value))
            .collect();
        let mut timeline = self.timeline(id)?;
        timeline.iter_mut().for_each(|view| view.touch.position = nowhere);
        let tickets: Vec<Ticket> = self.tickets(id)?.into_iter().map(|view| view.ticket).collect();
        let everything = ThreadQuery {
            limit: usize::MAX,
            ..ThreadQuery::default()
        };
        let mut thread = self.thread(id, &everything)?.rows;
        thread.retain(|row| !matches!(row, ThreadRow::Touch(_)));
        // Rows always serialise: they were rows of the store before.
        let bytes = postcard::to_stdvec(&(id, card, names, timeline, tickets, thread)).unwrap_or_default();
        let mut hasher = SipHasher13::new();
        hasher.write(&bytes);
        Ok(hasher.finish128().as_u128())
    }
}

impl Engine {
    /// How many conversations of an account have their latest ticket in each status.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn counts(&self, account: &str) -> Result<BTreeMap<TicketStatus, u64>, EngineError> {
        let account = account.to_owned();
        self.ask(&Counts { account })
    }

    /// What all views say, in one number. Reads everything, so only one at a time is worked out. Blocks, for minutes if there is much.
    ///
    /// # Errors
    /// `Crowded` while another is worked out; as [`Engine::ask`].
    pub fn fingerprint(&self) -> Result<Contents, EngineError> {
        let _turn = self
            .limits
            .fingerprints
            .try_acquire()
            .map_err(|_| EngineError::Crowded)?;
        self.ask(&Fingerprint)
    }

    /// A page of anomalies below `before`, and where the next begins; `None` at the end. All of one event stand on one page, which
    /// may therefore be a little longer than `limit`.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn anomalies_page(
        &self,
        before: Option<Position>,
        limit: usize,
    ) -> Result<(Vec<Anomaly>, Option<Position>), EngineError> {
        /// Kinds of anomaly one event can have.
        const REASONS: usize = 6;
        let limit = limit.max(1);
        let mut found = self.anomalies(before, limit + REASONS)?;
        let last = found.get(limit - 1).map(|anomaly| anomaly.position);
        let of_last = |anomaly: &&Anomaly| Some(anomaly.position) == last;
        let end = match last {
            Some(_) => limit + found.iter().skip(limit).take_while(of_last).count(),
            None => found.len(),
        };
        let more = found.len() > end;
        found.truncate(end);
        Ok((found, last.filter(|_| more)))
    }

    /// Anomalies below `before`: of the last partition first, the latest of a partition first.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn anomalies(&self, before: Option<Position>, limit: usize) -> Result<Vec<Anomaly>, EngineError> {
        self.ask(&Anomalies { before, limit })
    }
}
