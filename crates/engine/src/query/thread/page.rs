//! A page of a thread, read from its place on: of lines and ledger only the chunks that the page is made of, and what is done to its
//! messages later.
//!
//! ```text
//! lines   --chunk by chunk-->  |             places that pass the filter
//!                              | by place --> with edits, tickets, ids of messages --> page
//! touches --folded by chunk--> |
//! ```

use std::iter::Peekable;

use origem_domain::key::ConversationId;
use origem_domain::marks::fold_text;
use origem_domain::touch::Touch;
use origem_views::amended::{self, Amended};
use origem_views::card::Card;
use origem_views::chunks::Start;
use origem_views::ledger::{Ledger, Touches};
use origem_views::rows::RowsError;
use origem_views::thread::{Content, Line, Thread};

use super::{ThreadPage, ThreadPlace, ThreadQuery, ThreadRow, row_of};
use crate::error::EngineError;
use crate::query::TouchView;
use crate::shard::View;

impl View<'_> {
    /// A page of the thread of a conversation, in order of time.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub fn thread(&self, id: ConversationId, query: &ThreadQuery) -> Result<ThreadPage, EngineError> {
        let (id, card) = self.card(id)?;
        let search = query.search.as_deref().map(fold_text);
        let search = search.filter(|search| !search.is_empty());
        let mut walk = Walk::new(*self, id, &card, query)?;
        let mut rows: Vec<ThreadRow> = Vec::new();
        let mut last = query.after;
        let mut next = None;
        while let Some(found) = walk.next()? {
            let place = found.place();
            let is_behind = last.is_none_or(|last| if query.latest_first { place < last } else { place > last });
            if !is_behind || !found.is_of(&query.types) {
                continue;
            }
            let Some(row) = walk.row(found)? else { continue };
            let text = row.text().map(fold_text).unwrap_or_default();
            if search.as_ref().is_some_and(|search| !text.contains(search)) {
                continue;
            }
            if rows.len() >= query.limit {
                next = rows.last().map(ThreadPlace::of);
                break;
            }
            rows.push(row);
            // A chunk that is split while it is read may give a row twice.
            last = Some(place);
        }
        Ok(ThreadPage {
            account: card.account.clone(),
            rows,
            next,
        })
    }
}

/// What stands at a place, as it is stored.
enum Found {
    Line(Line),
    Touch(Touch),
}

impl Found {
    fn place(&self) -> ThreadPlace {
        match self {
            Self::Touch(touch) => ThreadPlace::at(&touch.fact, 0),
            Self::Line(line) => ThreadPlace::at(&line.key, 1),
        }
    }

    /// Whether it is of one of some types; none named: of any.
    fn is_of(&self, types: &[String]) -> bool {
        let own = match self {
            Self::Touch(touch) => touch.origin.kind.name(),
            Self::Line(line) => match &line.content {
                Content::Message { kind, .. } | Content::Event { kind, .. } => kind,
                Content::Edited { .. } | Content::Revoked { .. } => return false,
            },
        };
        types.is_empty() || types.iter().any(|kind| kind == own)
    }
}

/// Lines and touches of a conversation by place, from a place on.
struct Walk<'a> {
    view: View<'a>,
    id: ConversationId,
    card: &'a Card,
    lines: Peekable<Box<dyn Iterator<Item = Result<Line, RowsError>> + 'a>>,
    touches: Touches<'a>,
    /// For what is looked up by its place.
    thread: Thread,
    ledger: Ledger,
    /// Something was done to some message: without, nothing is looked up.
    has_amendments: bool,
}

impl<'a> Walk<'a> {
    fn new(view: View<'a>, id: ConversationId, card: &'a Card, query: &ThreadQuery) -> Result<Self, EngineError> {
        let (from, back) = (query.after.map(|place| place.key()), query.latest_first);
        let (channel, rulebook) = (card.channel.kind, view.rulebook);
        let lines: Box<dyn Iterator<Item = _> + 'a> = Box::new(Thread::walk(view.rows, id, from, back));
        Ok(Self {
            view,
            id,
            card,
            lines: lines.peekable(),
            touches: Touches::new(view.rows, id, channel, rulebook, from, back),
            thread: Thread::new(id),
            ledger: Ledger::new(id, channel, rulebook),
            has_amendments: amended::any(view.rows, id)?,
        })
    }

    /// What comes next.
    fn next(&mut self) -> Result<Option<Found>, EngineError> {
        let bound: Option<Start> = match self.lines.peek() {
            Some(Ok(line)) => Some(line.key.bytes()),
            Some(Err(_)) | None => None,
        };
        if let Some(touch) = self.touches.next_before(bound.as_ref())? {
            return Ok(Some(Found::Touch(touch)));
        }
        Ok(self.lines.next().transpose()?.map(Found::Line))
    }

    /// As it is told; `None` of what only changes how others read.
    fn row(&mut self, found: Found) -> Result<Option<ThreadRow>, EngineError> {
        let (rows, id) = (self.view.rows, self.id);
        match found {
            Found::Line(line) => {
                let amended = match &line.content {
                    Content::Message { key: Some(key), .. } if self.has_amendments => {
                        amended::of(rows, id, &mut self.thread, *key)?
                    }
                    _ => Amended::default(),
                };
                Ok(row_of(line, &amended))
            }
            Found::Touch(touch) => {
                let ticket = match touch.ticket {
                    None => self.ledger.adopter(rows, id, &touch, self.card.state.ticket.as_ref())?,
                    own => own,
                };
                let line = self.thread.line(rows, &touch.fact)?;
                let view = TouchView::of(touch, ticket, line.as_ref(), self.card);
                Ok(Some(ThreadRow::Touch(Box::new(view))))
            }
        }
    }
}
