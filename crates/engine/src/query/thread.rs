//! The thread of a conversation: messages, what was done to them, and the markers of origins where they happened.

mod page;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use origem_domain::event::Direction;
use origem_domain::fact::SortKey;
use origem_domain::key::{ConversationId, Key};
use origem_views::amended::{self, Amended};
use origem_views::chunks::Start;
use origem_views::thread::{Attachment, Content, Line};

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
    /// Only rows of these types: of messages `text`, `image`, ..., of what happened `note_added`, ..., of markers the kind of origin. None named: all.
    pub types: Vec<String>,
    /// The latest first.
    pub latest_first: bool,
    /// Only rows behind this one, in the order that is asked for.
    pub after: Option<ThreadPlace>,
    /// How many rows at most.
    pub limit: usize,
}

/// The place of a row in its thread. Rows that come later do not move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ThreadPlace([u8; 18]);

impl ThreadPlace {
    /// The marker of an origin stands before the message it comes from.
    fn of(row: &ThreadRow) -> Self {
        match row {
            ThreadRow::Touch(view) => Self::at(&view.touch.fact, 0),
            ThreadRow::Message { key, .. } | ThreadRow::Event { key, .. } => Self::at(key, 1),
        }
    }

    fn at(key: &SortKey, rank: u8) -> Self {
        let mut place = [rank; 18];
        place[..17].copy_from_slice(&key.bytes());
        Self(place)
    }

    /// Where it is in ledger and lines.
    fn key(self) -> Start {
        let Self([key @ .., _]) = self;
        key
    }
}

impl fmt::Display for ThreadPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for ThreadPlace {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self, EngineError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let place = bytes.and_then(|bytes| bytes.try_into().ok());
        place.map(Self).ok_or_else(|| EngineError::Invalid {
            what: "cursor",
            reason: "it is none of a page before".to_owned(),
        })
    }
}

/// A page of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadPage {
    /// The tenant, whose agents the rows name.
    pub account: String,
    /// The rows, in the order that was asked for.
    pub rows: Vec<ThreadRow>,
    /// The place of the last row, if more follow.
    pub next: Option<ThreadPlace>,
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
        /// What is attached, as a reference; `None` once deleted.
        attachment: Option<Attachment>,
        /// What it says is not kept.
        withheld: bool,
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

/// Lines to rows: edits and deletions are applied to the messages they name, in order of time.
pub(super) fn rows_of(lines: Vec<Line>) -> Vec<ThreadRow> {
    let mut done: BTreeMap<Key, Amended> = BTreeMap::new();
    for line in &lines {
        if let Some(message) = amended::message(&line.content) {
            done.entry(message).or_default().see(&line.content);
        }
    }
    let nothing = Amended::default();
    let to = |line: &Line| match &line.content {
        Content::Message { key: Some(key), .. } => done.get(key).unwrap_or(&nothing),
        _ => &nothing,
    };
    let rows = lines.into_iter().map(|line| {
        let amended = to(&line);
        row_of(line, amended)
    });
    rows.flatten().collect()
}

/// A line as a row, after what was done to its message; `None` of what only changes how others read.
fn row_of(line: Line, amended: &Amended) -> Option<ThreadRow> {
    let place = line.key;
    match line.content {
        Content::Message {
            direction,
            id,
            kind,
            text,
            agent,
            attachment,
            withheld,
            ..
        } => {
            let hidden = amended.revoked || withheld;
            let text = if hidden {
                None
            } else {
                amended.edit.clone().unwrap_or(text)
            };
            Some(ThreadRow::Message {
                key: place,
                direction,
                id,
                kind,
                text,
                agent,
                attachment: attachment.filter(|_| !hidden),
                withheld,
                edited: amended.edit.is_some(),
                revoked: amended.revoked,
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
