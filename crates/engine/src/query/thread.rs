//! The thread of a conversation: messages, what was done to them, and the markers of origins where they happened.

use std::collections::BTreeMap;

use origem_domain::event::Direction;
use origem_domain::fact::SortKey;
use origem_domain::key::{ConversationId, Key};
use origem_domain::marks::fold_text;
use origem_views::thread::{Content, Line, Thread};

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::query::TouchView;
use crate::question::Question;
use crate::shard::View;

/// Which part of a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadQuery {
    /// Only messages that contain this, case and accents folded.
    pub search: Option<String>,
    /// How many rows to skip.
    pub skip: usize,
    /// How many rows at most.
    pub limit: usize,
}

/// A page of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadPage {
    /// The rows, in order of time.
    pub rows: Vec<ThreadRow>,
    /// Whether more follow.
    pub more: bool,
}

/// A row of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ThreadRow {
    /// A message as it reads now.
    Message {
        /// Its place.
        key: SortKey,
        /// Who wrote it.
        direction: Direction,
        /// The provider's id.
        id: Option<String>,
        /// `text`, `image`, ...
        kind: String,
        /// What a person would read, after edits; `None` once deleted.
        text: Option<String>,
        /// Who wrote it for the business.
        agent: Option<String>,
        /// It was edited.
        edited: bool,
        /// It was deleted.
        revoked: bool,
    },
    /// An origin was observed here.
    Touch(Box<TouchView>),
    /// Something else happened.
    Event {
        /// Its place.
        key: SortKey,
        /// The kind of event.
        kind: String,
        /// What a person would read.
        text: Option<String>,
        /// Who did it for the business.
        agent: Option<String>,
        /// It was decided too late and changed nothing.
        voided: bool,
    },
}

impl ThreadRow {
    fn place(&self) -> (SortKey, u8) {
        match self {
            // The marker stands before the message it comes from.
            Self::Touch(view) => (view.touch.fact, 0),
            Self::Message { key, .. } | Self::Event { key, .. } => (*key, 1),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Message { text, .. } | Self::Event { text, .. } => text.as_deref(),
            Self::Touch(_) => None,
        }
    }
}

/// A question for a page of a thread.
#[derive(Serialize, Deserialize)]
pub(super) struct Part {
    id: ConversationId,
    query: ThreadQuery,
}

impl Question for Part {
    const NAME: &'static str = "thread";
    const SEEKS: bool = true;
    type Answer = ThreadPage;

    fn answer(&self, view: View<'_>) -> Result<ThreadPage, EngineError> {
        view.thread(self.id, &self.query)
    }
}

impl Engine {
    /// A page of the thread of a conversation, in order of time.
    ///
    /// # Errors
    /// `NoConversation`; as [`Engine::ask`].
    pub fn thread(&self, id: ConversationId, query: &ThreadQuery) -> Result<ThreadPage, EngineError> {
        let query = query.clone();
        self.ask(&Part { id, query })
    }
}

impl View<'_> {
    /// A page of the thread of a conversation, in order of time.
    ///
    /// # Errors
    /// `NoConversation`; `Rows`.
    pub fn thread(&self, id: ConversationId, query: &ThreadQuery) -> Result<ThreadPage, EngineError> {
        let (id, _) = self.card(id)?;
        let lines = Thread::new(id).lines(self.rows)?;
        let mut rows = rows_of(lines);
        rows.extend(
            self.timeline(id)?
                .into_iter()
                .map(|view| ThreadRow::Touch(Box::new(view))),
        );
        rows.sort_by_key(ThreadRow::place);
        if let Some(search) = query
            .search
            .as_deref()
            .map(fold_text)
            .filter(|search| !search.is_empty())
        {
            rows.retain(|row| row.text().is_some_and(|text| fold_text(text).contains(&search)));
        }
        let more = rows.len() > query.skip.saturating_add(query.limit);
        Ok(ThreadPage {
            rows: rows.into_iter().skip(query.skip).take(query.limit).collect(),
            more,
        })
    }
}

/// Lines to rows: edits and deletions are applied to the messages they name, in order of time.
pub(super) fn rows_of(lines: Vec<Line>) -> Vec<ThreadRow> {
    let mut edits: BTreeMap<Key, Option<String>> = BTreeMap::new();
    let mut revoked: Vec<Key> = Vec::new();
    for line in &lines {
        match &line.content {
            Content::Edited {
                message: Some(message),
                text,
            } => drop(edits.insert(*message, text.clone())),
            Content::Revoked { message: Some(message) } => revoked.push(*message),
            _ => {}
        }
    }
    lines
        .into_iter()
        .filter_map(|line| row_of(line, &edits, &revoked))
        .collect()
}

fn row_of(line: Line, edits: &BTreeMap<Key, Option<String>>, revoked: &[Key]) -> Option<ThreadRow> {
    let place = line.key;
    match line.content {
        Content::Message {
            direction,
            id,
            key,
            kind,
            text,
            agent,
        } => {
            let edit = key.and_then(|key| edits.get(&key));
            let revoked = key.is_some_and(|key| revoked.contains(&key));
            let text = if revoked { None } else { edit.cloned().unwrap_or(text) };
            Some(ThreadRow::Message {
                key: place,
                direction,
                id,
                kind,
                text,
                agent,
                edited: edit.is_some(),
                revoked,
            })
        }
        Content::Event {
            kind,
            text,
            agent,
            voided,
        } => Some(ThreadRow::Event {
            key: place,
            kind,
            text,
            agent,
            voided,
        }),
        Content::Edited { .. } | Content::Revoked { .. } => None,
    }
}
