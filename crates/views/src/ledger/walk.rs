//! A ledger read from a place on, one chunk at a time: for whoever wants a part of it and not the whole.

use std::collections::VecDeque;
use std::iter::Peekable;
use std::sync::Arc;

use origem_domain::event::ChannelKind;
use origem_domain::fact::{Fact, SortKey};
use origem_domain::fold::{Folding, Outcome, fold};
use origem_domain::key::{ConversationId, TicketId};
use origem_domain::rules::Rulebook;
use origem_domain::state::State;
use origem_domain::ticket::Ticket;
use origem_domain::touch::Touch;

use super::{Ledger, NAME};
use crate::chunks::{self, Chunk, Start};
use crate::layout::LEDGER;
use crate::rows::{Rows, RowsError};

type Part = Result<(Start, Chunk<State, Fact>), RowsError>;

impl Ledger {
    /// The facts of a conversation, the latest first.
    pub fn latest_first(
        rows: &dyn Rows,
        conversation: ConversationId,
    ) -> impl Iterator<Item = Result<Fact, RowsError>> + '_ {
        let parts = chunks::walk::<State, Fact>(rows, LEDGER, NAME, conversation, None, true);
        parts.flat_map(|part| {
            let facts = part.map_or_else(
                |error| vec![Err(error)],
                |(_, chunk)| chunk.items.into_iter().map(Ok).collect(),
            );
            chunks::in_direction(facts, true)
        })
    }

    /// The fact at a place, if there is one. Reads one chunk.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn fact(&mut self, rows: &dyn Rows, key: &SortKey) -> Result<Option<Fact>, RowsError> {
        let start = self.chunks.locate(rows, key)?;
        let chunk = self.chunks.get(&start);
        let found = chunk.and_then(|chunk| chunk.items.iter().find(|fact| fact.key == *key));
        Ok(found.cloned())
    }

    /// The ticket that a touch without one belongs to: the next that opened, if it adopted it. `latest` is that of the conversation.
    /// Reads on from the touch until a ticket opens or would come too late.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn adopter(
        &self,
        rows: &dyn Rows,
        conversation: ConversationId,
        touch: &Touch,
        latest: Option<&Ticket>,
    ) -> Result<Option<TicketId>, RowsError> {
        let adopts = |ticket: &&Ticket| ticket.adopts.contains(&touch.id);
        if let Some(found) = latest.filter(adopts) {
            return Ok(Some(found.id));
        }
        let from = touch.fact.bytes();
        for part in chunks::walk::<State, Fact>(rows, LEDGER, NAME, conversation, Some(from), false) {
            let (_, mut chunk) = part?;
            let too_late = |fact: &Fact| fact.key.at.since(touch.at) > self.rulebook.organic_withheld_max();
            if chunk.items.first().is_some_and(too_late) {
                break;
            }
            let Outcome { tickets, .. } = fold(&mut chunk.head, self.folding(), &chunk.items);
            if let Some(found) = tickets.iter().chain(&chunk.head.ticket).find(adopts) {
                return Ok(Some(found.id));
            }
        }
        Ok(None)
    }
}

/// The touches of a conversation, in order or backwards, folded from its ledger as far as somebody asks.
pub struct Touches<'a> {
    parts: Peekable<Box<dyn Iterator<Item = Part> + 'a>>,
    channel: ChannelKind,
    rulebook: Arc<Rulebook>,
    back: bool,
    ready: VecDeque<Touch>,
    /// Where the chunk starts that was folded last.
    start: Option<Start>,
}

impl<'a> Touches<'a> {
    /// From the chunk on that `from` is in or would be; without, from the end that is begun at.
    #[must_use]
    pub fn new(
        rows: &'a dyn Rows,
        conversation: ConversationId,
        channel: ChannelKind,
        rulebook: &Arc<Rulebook>,
        from: Option<Start>,
        back: bool,
    ) -> Self {
        let parts = chunks::walk::<State, Fact>(rows, LEDGER, NAME, conversation, from, back);
        let parts: Box<dyn Iterator<Item = Part> + 'a> = Box::new(parts);
        Self {
            parts: parts.peekable(),
            channel,
            rulebook: rulebook.clone(),
            back,
            ready: VecDeque::new(),
            start: None,
        }
    }

    /// The next touch if it comes before a line at `bound`: in order the marker of an origin stands before what it comes from,
    /// backwards behind it. Without a bound, the next one.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn next_before(&mut self, bound: Option<&Start>) -> Result<Option<Touch>, RowsError> {
        loop {
            if let Some(touch) = self.ready.front() {
                let place = touch.fact.bytes();
                let comes = bound.is_none_or(|bound| if self.back { place > *bound } else { place <= *bound });
                return Ok(if comes { self.ready.pop_front() } else { None });
            }
            if !self.fold_next(bound)? {
                return Ok(None);
            }
        }
    }

    /// Folds the next chunk if what is wanted may be in it; whether it did.
    fn fold_next(&mut self, bound: Option<&Start>) -> Result<bool, RowsError> {
        let may_have = |start: &Start| bound.is_none_or(|bound| start <= bound);
        let is_wanted = match self.parts.peek() {
            None => false,
            Some(Err(_)) => true,
            // All that is left is of before the chunk that was folded last.
            Some(Ok(_)) if self.back => {
                let end = self.start.unwrap_or([u8::MAX; 17]);
                bound.is_none_or(|bound| *bound < end)
            }
            Some(Ok((start, _))) => may_have(start),
        };
        let Some(part) = is_wanted.then(|| self.parts.next()).flatten() else {
            return Ok(false);
        };
        let (start, mut chunk) = part?;
        let folding = Folding {
            channel: self.channel,
            rulebook: &self.rulebook,
        };
        let Outcome { touches, .. } = fold(&mut chunk.head, folding, &chunk.items);
        self.ready.extend(chunks::in_direction(touches, self.back));
        self.start = Some(start);
        Ok(true)
    }
}
