//! Anomalies: lists over all partitions, one event with its bytes, how many of each reason.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use origem_codec as codec;
use origem_domain::position::{Offset, Partition, Position};
use origem_domain::record::Recorded;
use origem_domain::time::Timestamp;
use origem_log::{ReadError, ReadLimit};
use origem_views::anomalies::{self, Anomaly, Filter, Page, Tally};
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::question::Question;
use crate::shard::View;

/// How far a list has been given, by partition: it goes on below these offsets. A partition that is not named has not begun.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AnomalyCursor(BTreeMap<Partition, Offset>);

impl fmt::Display for AnomalyCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self
            .0
            .iter()
            .map(|(&partition, &offset)| Position { partition, offset });
        let places: Vec<String> = places.map(|place| place.to_string()).collect();
        f.write_str(&places.join(","))
    }
}

impl FromStr for AnomalyCursor {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self, EngineError> {
        let place = |part: &str| {
            let Position { partition, offset } = part.parse().ok()?;
            Some((partition, offset))
        };
        let places: Option<_> = text.split(',').map(place).collect();
        places.map(Self).ok_or_else(|| EngineError::Invalid {
            what: "cursor",
            reason: "it is none of a page before".to_owned(),
        })
    }
}

/// A page of anomalies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnomalyPage {
    /// The anomalies: of each partition the latest first, and of several partitions what was received last first. All of one
    /// event stand on one page.
    pub items: Vec<Anomaly>,
    /// Where the list goes on; `None`: it ends here.
    pub next: Option<AnomalyCursor>,
}

/// What is odd about one event, and all that is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The event.
    pub position: Position,
    /// Its anomalies, by reason.
    pub anomalies: Vec<Anomaly>,
    /// The record; `None`: the log does not reach back to it any more.
    pub kept: Option<Kept>,
}

/// A record, read as far as it can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The record as it stands in the log.
    pub bytes: Vec<u8>,
    /// What it says, as far as that can be decoded.
    pub recorded: Option<Recorded>,
    /// Why it cannot be decoded, or not all of it.
    pub trouble: Option<String>,
    /// The exact bytes the event was read from; `None`: erased, or not to be found in the record.
    pub raw: Option<Vec<u8>>,
    /// A delivery of the same source that reads as the event again: `raw` in its envelope.
    pub delivery: Option<Vec<u8>>,
}

impl Kept {
    /// Reads a record. Where its personal part cannot be read, its structure still may be.
    fn of(position: Position, bytes: Vec<u8>) -> Self {
        let whole = codec::decode(position, &bytes);
        let trouble = whole.as_ref().err().map(ToString::to_string);
        let recorded = whole.or_else(|_| codec::decode_structure(position, &bytes)).ok();
        let parts = codec::raw(&bytes).ok().flatten();
        let raw = parts.map(|parts| parts.raw.to_vec());
        let delivery = parts.map(|parts| parts.delivery());
        Self {
            bytes,
            recorded,
            trouble,
            raw,
            delivery,
        }
    }
}

/// A question for a page of anomalies.
#[derive(Serialize, Deserialize)]
pub(super) struct List {
    filter: Filter,
    after: AnomalyCursor,
    limit: usize,
}

/// A page of one partition.
#[derive(Serialize, Deserialize)]
pub(super) struct Part {
    partition: Partition,
    /// It was read from here down.
    below: Offset,
    page: Page,
}

impl Question for List {
    const NAME: &'static str = "anomalies";
    type Answer = Vec<Part>;

    fn answer(&self, view: View<'_>) -> Result<Vec<Part>, EngineError> {
        let partition = view.partition;
        // What is noted while somebody pages stands on the first page of a list that is begun anew.
        let below = self.after.0.get(&partition).copied();
        let below = below.unwrap_or(view.checkpoint.next);
        let page = anomalies::page(view.rows, partition, below, &self.filter, self.limit)?;
        Ok(vec![Part { partition, below, page }])
    }

    fn combine(&self, answers: Vec<Vec<Part>>) -> Option<Vec<Part>> {
        Some(answers.into_iter().flatten().collect())
    }
}

/// What is left of the page of one partition while pages are put together.
struct Rest {
    partition: Partition,
    /// The latest that is left is the last.
    events: Vec<Vec<Anomaly>>,
    /// The list goes on below here.
    below: Offset,
    /// Where it goes on once nothing is left of the page; `None`: it ends.
    end: Option<Offset>,
}

impl Rest {
    fn of(part: Part) -> Self {
        let mut events: Vec<Vec<Anomaly>> = Vec::new();
        for anomaly in part.page.items {
            match events.last_mut() {
                Some(event) if event[0].position == anomaly.position => event.push(anomaly),
                _ => events.push(vec![anomaly]),
            }
        }
        events.reverse();
        Self {
            partition: part.partition,
            events,
            below: part.below,
            end: part.page.below,
        }
    }

    /// When the next event was received. What has no time comes first: nothing later may hide behind it.
    fn received_at(&self) -> Option<Timestamp> {
        let event = self.events.last()?;
        let received_at = event.first()?.received_at;
        Some(received_at.unwrap_or(Timestamp::from_micros(i64::MAX)))
    }

    /// There is more, and what that is was not read.
    fn is_spent(&self) -> bool {
        self.events.is_empty() && self.end.is_some()
    }

    /// Where the list goes on in this partition.
    fn next(&self) -> Offset {
        match (self.events.is_empty(), self.end) {
            (false, _) => self.below,
            (true, end) => end.unwrap_or_default(),
        }
    }
}

/// Puts pages of partitions together. Each partition keeps its order, so nothing is skipped or repeated however clocks differ.
fn put_together(parts: Vec<Part>, limit: usize) -> AnomalyPage {
    let mut rests: Vec<Rest> = parts.into_iter().map(Rest::of).collect();
    let mut items = Vec::new();
    // Behind a page that is spent there may be something later than what the others have next.
    while items.len() < limit && !rests.iter().any(Rest::is_spent) {
        let latest = rests.iter_mut().filter(|rest| !rest.events.is_empty());
        let latest = latest.max_by_key(|rest| (rest.received_at(), rest.partition));
        let Some((rest, event)) = latest.and_then(|rest| rest.events.pop().map(|event| (rest, event))) else {
            return AnomalyPage { items, next: None };
        };
        rest.below = event.first().map_or(rest.below, |anomaly| anomaly.position.offset);
        items.extend(event);
    }
    let goes_on = rests.iter().any(|rest| rest.next() > Offset(0));
    let next = rests.iter().map(|rest| (rest.partition, rest.next())).collect();
    AnomalyPage {
        items,
        next: goes_on.then_some(AnomalyCursor(next)),
    }
}

/// A question for one event something is odd about: its anomalies, and its record unless the log has it no more.
#[derive(Serialize, Deserialize)]
pub(super) struct Of(Position);

impl Question for Of {
    const NAME: &'static str = "anomalies of an event";
    const SEEKS: bool = true;
    type Answer = (Vec<Anomaly>, Option<Vec<u8>>);

    fn answer(&self, view: View<'_>) -> Result<Self::Answer, EngineError> {
        let Self(position) = *self;
        let found = match position.partition == view.partition {
            true => anomalies::of(view.rows, position)?,
            false => Vec::new(),
        };
        if found.is_empty() {
            return Err(EngineError::NoAnomaly { position });
        }
        Ok((found, view.record(position)?))
    }
}

impl View<'_> {
    /// A record of the log as it stands there; `None`: the log does not reach back to it any more.
    ///
    /// # Errors
    /// `Log`.
    pub(super) fn record(&self, position: Position) -> Result<Option<Vec<u8>>, EngineError> {
        let limit = ReadLimit {
            records_max: 1,
            ..ReadLimit::default()
        };
        match self.log.read(position.partition, position.offset, limit) {
            Ok(batch) => {
                let mut records = batch.iter().filter(|(offset, _)| *offset == position.offset);
                Ok(records.next().map(|(_, bytes)| bytes.to_vec()))
            }
            Err(ReadError::OutOfRange { .. }) => Ok(None),
            Err(error) => Err(EngineError::Log(error)),
        }
    }
}

/// A question for how many anomalies there are.
#[derive(Serialize, Deserialize)]
pub(super) struct Counts {
    account: Option<String>,
}

impl Question for Counts {
    const NAME: &'static str = "counts of anomalies";
    type Answer = Tally;

    fn answer(&self, view: View<'_>) -> Result<Tally, EngineError> {
        Ok(anomalies::counts(view.rows, self.account.as_deref())?)
    }

    fn combine(&self, answers: Vec<Tally>) -> Option<Tally> {
        Some(answers.iter().fold(Tally::default(), Tally::plus))
    }
}

impl Engine {
    /// A page of `limit` anomalies behind `after`, the latest first; a little more where one event has several. A page may be
    /// short, or empty, although the list goes on: a filter that fits few looks at a bounded number of rows.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn anomalies(
        &self,
        filter: &Filter,
        after: Option<&AnomalyCursor>,
        limit: usize,
    ) -> Result<AnomalyPage, EngineError> {
        let list = List {
            filter: filter.clone(),
            after: after.cloned().unwrap_or_default(),
            limit: limit.clamp(1, 500),
        };
        Ok(put_together(self.ask(&list)?, list.limit))
    }

    /// What is odd about one event, and all that is kept of it.
    ///
    /// # Errors
    /// `NoAnomaly`; `Log` where its record cannot be read; as [`Engine::ask`].
    pub fn anomaly(&self, position: Position) -> Result<Case, EngineError> {
        let (anomalies, record) = self.ask(&Of(position))?;
        Ok(Case {
            position,
            anomalies,
            kept: record.map(|bytes| Kept::of(position, bytes)),
        })
    }

    /// How many anomalies there are, by reason: of an account, or of all.
    ///
    /// # Errors
    /// As [`Engine::ask`].
    pub fn anomaly_counts(&self, account: Option<&str>) -> Result<Tally, EngineError> {
        self.ask(&Counts {
            account: account.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests;
