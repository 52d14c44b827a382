//! Why a conversation is what it is: its facts folded again before the eyes of whoever asks, and the events behind each step.

use std::collections::BTreeMap;

use origem_codec as codec;
use origem_domain::event::Body;
use origem_domain::fact::{Fact, SortKey, What};
use origem_domain::fold::Folding;
use origem_domain::key::{ConversationId, Key, TouchId};
use origem_domain::position::Position;
use origem_domain::rules::Rulebook;
use origem_domain::time::Timestamp;
use origem_domain::why::{self, Proof, Story};
use origem_domain::windows::Windows;
use origem_views::ledger::Ledger;
use origem_views::thread::{Content, Line, Thread};
use serde::{Deserialize, Serialize};

use crate::directory::Snapshot;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::windows::{Basis, Zones};
use crate::query::{Clock, TouchView};
use crate::question::Question;
use crate::shard::View;

/// Which part of a story, and how much of the events behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyQuery {
    /// Only what is about this touch.
    pub touch: Option<TouchId>,
    /// Read the records too: time of receipt and exact bytes.
    pub raw: bool,
    /// How many entries of each list at most: the latest.
    pub limit: usize,
}

/// Why a conversation is what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The conversation, where it is now.
    pub conversation: ConversationId,
    /// The rules it was folded under.
    pub rulebook: Rulebook,
    /// What was considered, what happened.
    pub story: Story,
    /// The touches that the story names, in order of time.
    pub touches: Vec<TouchView>,
    /// What is known of the events that the story names, besides their places.
    pub events: BTreeMap<Position, EventView>,
    /// How much of the story was left out for its length: always what is oldest.
    pub left_out: LeftOut,
    /// What may be sent now, and why.
    pub windows: Windows,
}

/// What is known of an event besides its place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EventView {
    /// The provider's id of the message it is or is about.
    pub message_id: Option<String>,
    /// When it was taken in; only where records were asked for.
    pub received_at: Option<Timestamp>,
    /// The exact bytes it was read from, as `received_at`; `None` too if they were erased, or the record is gone.
    pub raw: Option<Vec<u8>>,
    /// The log does not hold the record any more; only told where records were asked for.
    pub record_gone: bool,
}

/// How many entries of each list of a story were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LeftOut {
    /// Facts that were weighed.
    pub weighed: usize,
    /// Steps of tickets.
    pub status: usize,
    /// Steps of windows.
    pub windows: usize,
}

/// A question for why a conversation is what it is.
#[derive(Serialize, Deserialize)]
pub(super) struct Of {
    id: ConversationId,
    query: WhyQuery,
    at: Timestamp,
    zones: Zones,
}

/// The answer, before windows are told.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told {
    conversation: ConversationId,
    rulebook: Rulebook,
    story: Story,
    touches: Vec<TouchView>,
    events: BTreeMap<Position, EventView>,
    left_out: LeftOut,
    basis: Basis,
}

impl Question for Of {
    const NAME: &'static str = "why";
    const SEEKS: bool = true;
    type Answer = Told;

    fn answer(&self, view: View<'_>) -> Result<Told, EngineError> {
        let conversation = view.conversation(self.id)?;
        let basis = Basis::at(view, &conversation, self.at, &self.zones)?;
        view.why(conversation.id, &self.query, basis)
    }
}

impl Told {
    /// The same of a conversation that is called otherwise today.
    pub(super) fn called(self, conversation: ConversationId) -> Self {
        Self { conversation, ..self }
    }

    /// The answer to `query`, with the windows at an instant.
    pub(super) fn at(self, clock: Clock, directory: &Snapshot, query: &WhyQuery) -> Result<Why, EngineError> {
        let mut story = self.story;
        if let Some(touch) = query.touch.filter(|_| story.weighed.is_empty()) {
            return Err(EngineError::NoTouch { touch });
        }
        let windows = self.basis.windows(clock, directory);
        if windows.reason.is_some() {
            // What the fold keeps for windows means nothing on a channel that has none.
            story.windows.clear();
        }
        Ok(Why {
            conversation: self.conversation,
            rulebook: self.rulebook,
            story,
            touches: self.touches,
            events: self.events,
            left_out: self.left_out,
            windows,
        })
    }
}

/// Leaves what is about one touch.
fn narrow(story: &mut Story, touch: TouchId) {
    story.weighed.retain(|weighing| weighing.touch == Some(touch));
    let own = story.weighed.first().map(|weighing| weighing.proof);
    story.status.retain(|step| Some(step.proof) == own);
    story.windows.retain(|step| Some(step.proof) == own);
    story.quiet = why::Quiet::default();
}

/// Leaves the latest `limit` of each list.
fn shorten(story: &mut Story, limit: usize) -> LeftOut {
    fn shorten<T>(list: &mut Vec<T>, limit: usize) -> usize {
        let left_out = list.len().saturating_sub(limit);
        list.drain(..left_out);
        left_out
    }
    LeftOut {
        weighed: shorten(&mut story.weighed, limit),
        status: shorten(&mut story.status, limit),
        windows: shorten(&mut story.windows, limit),
    }
}

/// All events that a story names.
fn proofs(story: &Story) -> impl Iterator<Item = Proof> + '_ {
    let weighed = story.weighed.iter().flat_map(|weighing| {
        let others = weighing.considered.iter().filter_map(|considered| considered.proof);
        let late = weighing.replaced.as_ref().map(|replaced| replaced.by);
        others.chain(late).chain([weighing.proof])
    });
    let status = story.status.iter().map(|step| step.proof);
    let windows = story.windows.iter().map(|step| step.proof);
    weighed.chain(status).chain(windows)
}

impl View<'_> {
    /// The story of a conversation, and the events behind it.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`; `Log` where records are asked for.
    pub(super) fn why(&self, id: ConversationId, query: &WhyQuery, basis: Basis) -> Result<Told, EngineError> {
        let (id, card) = self.card(id)?;
        let facts = Ledger::new(id, card.channel.kind, self.rulebook).facts(self.rows)?;
        let folding = Folding {
            channel: card.channel.kind,
            rulebook: self.rulebook,
        };
        let mut story = why::explain(folding, &facts);
        if let Some(touch) = query.touch {
            narrow(&mut story, touch);
        }
        let left_out = shorten(&mut story, query.limit);
        let mut touches = self.timeline(id)?;
        touches.retain(|view| {
            story
                .weighed
                .iter()
                .any(|weighing| weighing.touch == Some(view.touch.id))
        });
        let lines = Thread::new(id).lines(self.rows)?;
        Ok(Told {
            conversation: id,
            rulebook: (**self.rulebook).clone(),
            touches,
            events: self.events(&story, &facts, &lines, query.raw)?,
            story,
            left_out,
            basis,
        })
    }

    /// What is known of the events that a story names.
    fn events(
        &self,
        story: &Story,
        facts: &[Fact],
        lines: &[Line],
        raw: bool,
    ) -> Result<BTreeMap<Position, EventView>, EngineError> {
        let ids = MessageIds::of(lines);
        let mut events = BTreeMap::new();
        for proof in proofs(story) {
            if events.contains_key(&proof.position) {
                continue;
            }
            let fact = facts.binary_search_by(|fact| fact.key.cmp(&proof.fact)).ok();
            let told = EventView {
                message_id: fact.and_then(|index| ids.id(&facts[index])),
                ..EventView::default()
            };
            let told = match raw.then(|| self.record(proof.position)).transpose()? {
                Some(Some(record)) => with_record(told, proof.position, &record),
                Some(None) => EventView {
                    record_gone: true,
                    ..told
                },
                None => told,
            };
            events.insert(proof.position, told);
        }
        Ok(events)
    }
}

/// The same with what the record tells; what it does not tell any more stays unknown.
fn with_record(told: EventView, position: Position, record: &[u8]) -> EventView {
    let raw = codec::raw(record).ok().flatten().map(|parts| parts.raw.to_vec());
    let recorded = codec::decode(position, record).or_else(|_| codec::decode_structure(position, record));
    let Ok(recorded) = recorded else {
        return EventView { raw, ..told };
    };
    EventView {
        message_id: told.message_id.or_else(|| message_id(&recorded.event.body)),
        received_at: Some(recorded.received_at),
        raw,
        record_gone: false,
    }
}

/// The id of the message, comment or call that an event is or is about.
fn message_id(body: &Body) -> Option<String> {
    let id = match body {
        Body::MessageReceived { message, .. }
        | Body::MessageSent { message, .. }
        | Body::HistoryImported { message, .. } => message.id.clone(),
        Body::MessageStatus { status } => status.message_id.clone(),
        Body::CommentReceived { comment } => Some(comment.id.clone()),
        Body::CallReceived { call } => Some(call.id.clone()),
        Body::MessageReaction { reaction } => Some(reaction.message_id.clone()),
        _ => None,
    };
    // Empty where the personal part of the record is gone.
    id.filter(|id| !id.is_empty())
}

/// The provider's ids of the messages of a thread.
struct MessageIds<'a> {
    by_place: BTreeMap<SortKey, &'a str>,
    by_key: BTreeMap<Key, &'a str>,
}

impl<'a> MessageIds<'a> {
    fn of(lines: &'a [Line]) -> Self {
        let mut ids = Self {
            by_place: BTreeMap::new(),
            by_key: BTreeMap::new(),
        };
        for line in lines {
            if let Content::Message { id: Some(id), key, .. } = &line.content {
                ids.by_place.insert(line.key, id);
                ids.by_key.extend(key.map(|key| (key, id.as_str())));
            }
        }
        ids
    }

    /// Of the message that a fact is, or reports on.
    fn id(&self, fact: &Fact) -> Option<String> {
        let about = || match &fact.what {
            What::Status { message, .. } | What::Noted { message } => *message,
            _ => None,
        };
        let own = self.by_place.get(&fact.key);
        let id = own.or_else(|| self.by_key.get(&about()?))?;
        Some((*id).to_owned())
    }
}

impl Engine {
    /// Why a conversation is what it is; `clock`: when windows are told of, and by which calendar.
    ///
    /// # Errors
    /// `NoConversation`; `NoTouch` if it has no such touch; `Log` where records were asked for and cannot be read; as
    /// [`Engine::ask`].
    pub fn why(&self, id: ConversationId, query: &WhyQuery, clock: Clock) -> Result<Why, EngineError> {
        let told = self.ask(&Of {
            id,
            query: query.clone(),
            at: clock.at,
            zones: self.zones(clock.zone),
        })?;
        told.at(clock, &self.directory().snapshot(), query)
    }
}
