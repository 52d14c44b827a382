//! Folding the past of one conversation again: which records, reading them in few reads, folding them, and which of the conversations
//! that come out is the one that was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;

use origem_domain::key::{ConversationId, JoinKey};
use origem_domain::position::{Offset, Position};
use origem_domain::record::Recorded;
use origem_domain::time::Timestamp;
use origem_log::{ReadError, ReadLimit};
use origem_projector::{Decoded, Folding, decode, fold};
use origem_views::card::{self, Card};
use origem_views::identity::{self, Settled};
use origem_views::layout::Scope;
use origem_views::rows::MapRows;
use origem_views::{positions, resolve};

use super::Moment;
use crate::error::EngineError;
use crate::shard::View;

/// Records of one past that are folded at once, in memory.
const RECORDS_MAX: usize = 250_000;
/// Records that are read over where two that are wanted lie near each other: cheaper than another read.
const GAP_MAX: u64 = 64;
/// Bytes that are read for a record, at a guess, and in one read at most.
const RECORD_BYTES: usize = 2 << 10;
const READ_BYTES_MAX: usize = 1 << 20;

/// A conversation folded up to a moment.
pub(super) struct Replay {
    /// The rows that came out: of the conversation, and of whoever has to do with it.
    pub(super) rows: MapRows,
    /// The conversation as it is called today.
    pub(super) today: ConversationId,
    /// The same, as it was called.
    pub(super) id: ConversationId,
    /// The instant of the moment.
    pub(super) at: Timestamp,
}

/// Folds the past of a conversation.
///
/// # Errors
/// As [`Engine::conversation_at`](crate::Engine::conversation_at).
pub(super) fn of(view: View<'_>, asked: ConversationId, moment: &Moment) -> Result<Replay, EngineError> {
    let (today, card) = view.card(asked)?;
    let past = folded(view, today, &card, moment)?;
    let id = find(&past.rows, &past.own, [asked, today])?;
    let missing = || EngineError::NoConversation {
        what: format!("{asked} at that moment: it began later"),
    };
    let id = id.ok_or_else(missing)?;
    let Folded { rows, at, .. } = past;
    Ok(Replay { rows, today, id, at })
}

/// What came of the records that concern a conversation.
pub(super) struct Folded {
    pub(super) rows: MapRows,
    /// Where those of them stand that are its own today.
    own: BTreeSet<Offset>,
    at: Timestamp,
}

/// Folds whatever concerns a conversation, up to a moment.
pub(super) fn folded(
    view: View<'_>,
    today: ConversationId,
    card: &Card,
    moment: &Moment,
) -> Result<Folded, EngineError> {
    let until = Until::of(view, moment)?;
    let history = History { view, until };
    let (own, records) = history.of(today, card)?;
    let at = match moment {
        Moment::At(at) => *at,
        Moment::Position(_) => history.taken_in(&records)?,
    };
    let batch: Vec<Decoded> = records.into_values().flatten().collect();
    let mut rows = MapRows::default();
    let folding = Folding {
        lanes: 1,
        rulebook: view.rulebook.clone(),
    };
    let folded = fold(&rows, &mut Settled::default(), &batch, &folding)?;
    rows.commit(&folded.changes);
    Ok(Folded { rows, own, at })
}

/// Which of the conversations in `rows` is the one that the records `own` belong to today: one of the ids it was asked by, if that
/// had any of them; else the one that had the latest of them. Aliases do not tell: they may have been somebody else's.
fn find(
    rows: &MapRows,
    own: &BTreeSet<Offset>,
    ids: [ConversationId; 2],
) -> Result<Option<ConversationId>, EngineError> {
    let mut holders: BTreeMap<ConversationId, Offset> = BTreeMap::new();
    for id in card::all(rows) {
        let id = id?;
        let places = positions::of(rows, id)?.into_iter().map(|(offset, _)| offset);
        let last = places.filter(|offset| own.contains(offset)).max();
        holders.extend(last.map(|last| (id, last)));
    }
    for id in ids {
        let then = identity::current(rows, id)?;
        if holders.contains_key(&then) {
            return Ok(Some(then));
        }
    }
    let latest = holders.into_iter().max_by_key(|(_, last)| *last);
    Ok(latest.map(|(id, _)| id))
}

/// How far a past goes.
#[derive(Clone, Copy)]
enum Until {
    Time(Timestamp),
    Offset(Offset),
}

impl Until {
    fn of(view: View<'_>, moment: &Moment) -> Result<Self, EngineError> {
        let positions = match moment {
            Moment::At(at) => return Ok(Self::Time(*at)),
            Moment::Position(positions) => positions,
        };
        let offset = positions.get(view.partition).ok_or_else(|| EngineError::Invalid {
            what: "position",
            reason: format!(
                "{positions} has no place in partition {}, where the conversation is",
                view.partition
            ),
        })?;
        if view.checkpoint.next <= offset {
            let positions = positions.clone();
            return Err(EngineError::NotThereYet { positions });
        }
        Ok(Self::Offset(offset))
    }

    fn holds(self, offset: Offset, at: Timestamp) -> bool {
        match self {
            Self::Time(until) => at <= until,
            Self::Offset(until) => offset <= until,
        }
    }
}

/// Records by where they stand, each with the events it holds.
type Records = BTreeMap<Offset, Vec<Decoded>>;

/// What a past is read from.
struct History<'a> {
    view: View<'a>,
    until: Until,
}

impl History<'_> {
    /// The records that concern a conversation, up to the moment; and where those of them stand that are its own today.
    fn of(&self, today: ConversationId, card: &Card) -> Result<(BTreeSet<Offset>, Records), EngineError> {
        let (own, wanted) = self.wanted(today, card)?;
        let mut records = Records::new();
        self.read(&wanted, &mut records)?;
        let joins: BTreeSet<(Scope, JoinKey)> = events(&records).flat_map(joins).collect();
        let mut others = BTreeSet::new();
        for (scope, join) in joins {
            let under = resolve::joined(self.view.rows, scope, join)?.into_iter();
            // When they happened is not known before they are read.
            let by_offset = |offset: &Offset| match self.until {
                Until::Offset(until) => *offset <= until,
                Until::Time(_) => true,
            };
            others.extend(under.filter(by_offset).filter(|offset| !wanted.contains(offset)));
        }
        self.read(&others, &mut records)?;
        for (offset, events) in &mut records {
            events.retain(|event| match event {
                Decoded::Event(recorded) => self.until.holds(*offset, recorded.event.occurred_at),
                Decoded::Undecodable { .. } => false,
            });
        }
        Ok((own, records))
    }

    /// Where the records of a conversation stand, and those of everybody it has to do with.
    fn wanted(&self, today: ConversationId, card: &Card) -> Result<(BTreeSet<Offset>, BTreeSet<Offset>), EngineError> {
        let rows = self.view.rows;
        let scope = self.scope(today, card)?;
        loop {
            let relatives = identity::relatives(rows, scope, today)?;
            let (mut own, mut wanted) = (BTreeSet::new(), BTreeSet::new());
            for relative in &relatives {
                let places = positions::of(rows, *relative)?.into_iter();
                let places = places.filter(|(offset, at)| self.until.holds(*offset, *at));
                let places: BTreeSet<Offset> = places.map(|(offset, _)| offset).collect();
                wanted.extend(&places);
                if *relative == today {
                    own = places;
                }
            }
            if wanted.len() > RECORDS_MAX {
                return Err(EngineError::TooLong {
                    events: wanted.len(),
                    limit: RECORDS_MAX,
                });
            }
            // Two of them may have been merged meanwhile, which moves records from one to the other.
            if identity::relatives(rows, scope, today)? == relatives {
                return Ok((own, wanted));
            }
        }
    }

    /// Where the aliases of a conversation are unique. Which group it is part of only its records tell.
    fn scope(&self, today: ConversationId, card: &Card) -> Result<Scope, EngineError> {
        let mut group = None;
        if card.group {
            let mut records = Records::new();
            let first = positions::of(self.view.rows, today)?
                .into_iter()
                .map(|(offset, _)| offset)
                .min();
            self.read(&first.into_iter().collect(), &mut records)?;
            group = events(&records).find_map(|recorded| recorded.keys.group);
        }
        Ok(Scope::of(&card.account, &card.channel, group))
    }

    /// When the last event of the moment was taken in. Where a broker has a mark of its own in that place: the last event of the
    /// conversation.
    fn taken_in(&self, records: &Records) -> Result<Timestamp, EngineError> {
        let mut last = Records::new();
        if let Until::Offset(offset) = self.until {
            self.read_run(offset, offset, &mut |found, bytes| self.decode(found, bytes, &mut last))?;
        }
        let received = |records: &Records| events(records).map(|recorded| recorded.received_at).max();
        Ok(received(&last).or(received(records)).unwrap_or_default())
    }

    /// Reads the records at these places, in as many threads as there are cores for if they are many.
    fn read(&self, wanted: &BTreeSet<Offset>, records: &mut Records) -> Result<(), EngineError> {
        /// A thread costs more than to read a few.
        const RECORDS_PER_THREAD_MIN: usize = 512;
        let wanted: Vec<Offset> = wanted.iter().copied().collect();
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = cores.min(wanted.len() / RECORDS_PER_THREAD_MIN).max(1);
        if threads == 1 {
            return self.read_share(&wanted).map(|mut share| records.append(&mut share));
        }
        let shares = wanted.chunks(wanted.len().div_ceil(threads));
        let read = std::thread::scope(|scope| {
            let threads: Vec<_> = shares
                .map(|share| scope.spawn(move || self.read_share(share)))
                .collect();
            // A thread that panicked is a bug of ours: pass it on instead of telling a part of the past.
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect::<Result<Vec<Records>, EngineError>>()
        })?;
        for mut share in read {
            records.append(&mut share);
        }
        Ok(())
    }

    /// Reads the records at these places, which ascend; near ones in one go.
    fn read_share(&self, wanted: &[Offset]) -> Result<Records, EngineError> {
        let mut records = Records::new();
        for run in wanted.chunk_by(|one, next| next.0 - one.0 <= GAP_MAX) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else {
                continue;
            };
            self.read_run(*first, *last, &mut |offset, bytes| {
                if run.binary_search(&offset).is_ok() {
                    self.decode(offset, bytes, &mut records);
                }
            })?;
        }
        // What the log had when the views were folded, and has no more.
        match wanted.iter().find(|offset| !records.contains_key(offset)) {
            Some(offset) => Err(self.gone(*offset)),
            None => Ok(records),
        }
    }

    fn decode(&self, offset: Offset, bytes: &[u8], records: &mut Records) {
        let position = self.position(offset);
        decode(position, bytes, self.view.reading, records.entry(offset).or_default());
    }

    /// Reads the records from `first` to `last`, inclusive.
    fn read_run(&self, first: Offset, last: Offset, found: &mut dyn FnMut(Offset, &[u8])) -> Result<(), EngineError> {
        let mut from = first;
        while from <= last {
            let records_max = usize::try_from(last.0 - from.0 + 1).unwrap_or(usize::MAX);
            let limit = ReadLimit {
                bytes_max: records_max.saturating_mul(RECORD_BYTES).min(READ_BYTES_MAX),
                records_max,
            };
            let batch = self.view.log.read(self.view.partition, from, limit);
            let batch = batch.map_err(|error| match error {
                ReadError::OutOfRange { start, .. } if from < start => self.gone(from),
                other => EngineError::Log(other),
            })?;
            for (offset, bytes) in batch.iter().filter(|(offset, _)| *offset <= last) {
                found(offset, bytes);
            }
            if batch.next() <= from {
                break;
            }
            from = batch.next();
        }
        Ok(())
    }

    fn gone(&self, offset: Offset) -> EngineError {
        let position = self.position(offset);
        EngineError::HistoryGone { position }
    }

    fn position(&self, offset: Offset) -> Position {
        Position {
            partition: self.view.partition,
            offset,
        }
    }
}

fn events(records: &Records) -> impl Iterator<Item = &Recorded> {
    records.values().flatten().filter_map(|decoded| match decoded {
        Decoded::Event(recorded) => Some(&**recorded),
        Decoded::Undecodable { .. } => None,
    })
}

/// The click code and ad click of an event, which others may share.
fn joins(recorded: &Recorded) -> impl Iterator<Item = (Scope, JoinKey)> {
    let scope = Scope::of(&recorded.event.account, &recorded.event.channel, recorded.keys.group);
    let keys = [recorded.keys.code, recorded.keys.ad_click];
    keys.into_iter().flatten().map(move |key| (scope, key))
}
