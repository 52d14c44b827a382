//! What comes under one click code or ad click, from whatever conversation: clicks, who used it, what waits for the other side.

use origem_domain::fact::{ClickFact, Fact, SortKey};
use origem_domain::key::ConversationId;
use origem_domain::position::{Offset, Position};
use origem_domain::time::{DAY, HOUR, Micros, Timestamp};
use serde::{Deserialize, Serialize};

/// How many clicks of one code are known; later ones do not count.
const CLICKS_MAX: usize = 16;

/// A click of a code so long after the one before is another visitor's, who was given the same code.
const RECYCLED_AFTER: Micros = 30 * DAY;

/// By how much the clocks of those who see clicks and of those who see messages may differ.
const SKEW: Micros = HOUR;

/// How many users of a code are told when its click comes in after them.
const USERS_MAX: usize = 64;

/// How many records under one join key the past of whoever uses it is told from.
const RECORDS_MAX: usize = 4 * USERS_MAX;

/// What waits under a click code or ad click for the other side.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Join {
    /// Messages that carry the code, with their conversations.
    pub(super) users: Vec<(SortKey, ConversationId)>,
    /// The clicks of the code, the earliest first. There are only so many codes: after a long time one is used again.
    pub(super) clicks: Vec<ClickFact>,
    /// Facts that wait for the first user.
    pub(super) waiting: Vec<Fact>,
    /// Where the records of all these stand, also of those that went on from here, in the order they came.
    pub(super) records: Vec<Offset>,
}

impl Join {
    /// Notes a message that carries the code; `false` if it is known. The conversation it is known under may have been merged
    /// into another since, and its time is the one of its first delivery.
    pub(super) fn add_user(&mut self, message: SortKey, conversation: ConversationId) -> bool {
        let same = |(known, _): &(SortKey, ConversationId)| known.kind == message.kind && known.dedup == message.dedup;
        let is_new = !self.users.iter().any(same);
        if is_new {
            self.users.push((message, conversation));
            // A code that went viral: who used it first matters, who used it last is told at its own message.
            if self.users.len() > USERS_MAX
                && let Some(last) = (0..self.users.len()).max_by_key(|index| self.users[*index])
            {
                self.users.remove(last);
            }
        }
        is_new
    }

    /// Notes a click; `false` if it is known, or there are too many.
    pub(super) fn add_click(&mut self, click: ClickFact) -> bool {
        let at = self.clicks.partition_point(|known| known.at < click.at);
        if self.clicks.len() == CLICKS_MAX || self.clicks.get(at).is_some_and(|known| known.at == click.at) {
            return false;
        }
        self.clicks.insert(at, click);
        true
    }

    /// Which life of the code an instant falls into, by the click that began it: a click long after that begins another. None before the
    /// first: a message is of no click that came later.
    pub(super) fn life(&self, at: Timestamp) -> Option<&ClickFact> {
        let mut life = self.clicks.first().filter(|click| click.at <= at.plus(SKEW))?;
        for click in &self.clicks {
            if click.at.since(life.at) >= RECYCLED_AFTER && click.at <= at.plus(SKEW) {
                life = click;
            }
        }
        Some(life)
    }

    /// Who used the code first in the life that an instant falls into.
    pub(super) fn first_user(&self, at: Timestamp) -> Option<(SortKey, ConversationId)> {
        let life = self.life(at).map(|click| click.at);
        let same = |(message, _): &&(SortKey, ConversationId)| self.life(message.at).map(|click| click.at) == life;
        self.users.iter().filter(same).min().copied()
    }

    /// Notes a record that comes under this key, for the past.
    pub(super) fn note(&mut self, position: Position) {
        if self.records.len() < RECORDS_MAX {
            self.records.push(position.offset);
        }
    }
}

#[cfg(test)]
mod tests;
