//! The thread of a conversation: what was written, in order, with texts. The personal side of the ledger.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use origem_domain::event::{Body, CallEvent, Direction, Media, Message};
use origem_domain::fact::SortKey;
use origem_domain::key::{ConversationId, Key};
use origem_domain::record::Recorded;
use origem_domain::rules::Rulebook;

use crate::amended;
use crate::chunks::{self, Chunks, Item, Start};
use crate::layout::THREAD;
use crate::preview::{self, Preview};
use crate::rows::{Changes, Rows, RowsError};

const NAME: &str = "thread";

/// One line of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its place.
    pub key: SortKey,
    /// What it is.
    pub content: Content,
}

/// What a line of a thread is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// A message of either side.
    Message {
        /// Who wrote it.
        direction: Direction,
        /// The provider's id.
        id: Option<String>,
        /// Key of the id, which edits and deletions name.
        key: Option<Key>,
        /// `text`, `image`, ...
        kind: String,
        /// What a person would read.
        text: Option<String>,
        /// Who wrote it for the business.
        agent: Option<String>,
        /// What is attached, as a reference.
        attachment: Option<Attachment>,
        /// What it says is not kept: only that it came.
        withheld: bool,
    },
    /// A message was edited.
    Edited {
        /// Which.
        message: Option<Key>,
        /// To what.
        text: Option<String>,
    },
    /// A message was deleted.
    Revoked {
        /// Which.
        message: Option<Key>,
    },
    /// Anything else worth a line: a reaction, a comment, a call, what an agent did.
    Event {
        /// `message_reaction`, `comment_received`, ...
        kind: String,
        /// What a person would read.
        text: Option<String>,
        /// Who did it for the business.
        agent: Option<String>,
        /// It was decided too late and changed nothing.
        voided: bool,
    },
}

/// A reference to a medium, which stays with the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The provider's id of it.
    pub id: Option<String>,
    /// MIME type.
    pub mime_type: Option<String>,
    /// File name of a document.
    pub filename: Option<String>,
    /// Where it can be fetched for a while.
    pub url: Option<String>,
}

impl Attachment {
    fn of(media: &Media) -> Self {
        let Media {
            id,
            mime_type,
            filename,
            url,
        } = media.clone();
        Self {
            id,
            mime_type,
            filename,
            url,
        }
    }
}

impl Item for Line {
    fn key(&self) -> SortKey {
        self.key
    }
}

impl Line {
    /// The line of an event, if it has one.
    #[must_use]
    pub fn of(recorded: &Recorded) -> Option<Self> {
        let message_key = recorded.keys.message;
        let message = |direction, message: &Message, agent: Option<&String>| Content::Message {
            direction,
            id: message.id.clone(),
            key: message_key,
            kind: message.kind.clone(),
            text: message.text.clone(),
            agent: agent.cloned(),
            attachment: message.media.as_ref().map(Attachment::of),
            withheld: false,
        };
        let event = |text: Option<String>, agent: Option<String>| Content::Event {
            kind: recorded.event.body.kind().name().to_owned(),
            text,
            agent,
            voided: false,
        };
        let content = match &recorded.event.body {
            Body::MessageReceived { message: content, .. } => message(Direction::In, content, None),
            Body::MessageSent {
                message: content,
                details,
            } => message(Direction::Out, content, details.agent.as_ref()),
            Body::HistoryImported {
                direction,
                message: content,
            } => message(*direction, content, None),
            Body::MessageEdited { edit } => Content::Edited {
                message: message_key,
                text: edit.text.clone(),
            },
            Body::MessageRevoked { .. } => Content::Revoked { message: message_key },
            Body::MessageReaction { reaction } => event(reaction.emoji.clone(), None),
            Body::CommentReceived { comment } => event(comment.text.clone(), None),
            Body::CallReceived { call } if call.event == CallEvent::Connect => event(None, None),
            Body::PreferenceChanged { preference } => {
                event(Some(format!("{:?}", preference.value).to_lowercase()), None)
            }
            Body::IdentityChanged { from, to } if from != to => event(None, None),
            Body::ConversionReported { conversion } => event(Some(conversion.name.clone()), None),
            Body::TicketClaimed(command)
            | Body::TicketAssigned(command)
            | Body::TicketTransferred(command)
            | Body::TicketFinished(command)
            | Body::TicketReopened(command)
            | Body::TicketTakenOver(command)
            | Body::NoteAdded(command)
            | Body::ContactEdited(command)
            | Body::StageSet(command)
            | Body::LeadLinked(command) => event(command.ticket.note.clone(), command.agent.clone()),
            Body::OutreachRequested(command) => {
                let gist = command.outreach.as_ref().and_then(|outreach| outreach.gist());
                event(gist.map(str::to_owned), command.agent.clone())
            }
            Body::MessageStatus { .. }
            | Body::ReferralOpened { .. }
            | Body::CallReceived { .. }
            | Body::IdentityChanged { .. }
            | Body::LinkClicked { .. }
            | Body::AccountUpdated { .. }
            | Body::Unrecognised { .. } => return None,
        };
        let key = SortKey {
            at: recorded.event.occurred_at,
            kind: recorded.event.body.kind(),
            dedup: recorded.keys.dedup,
        };
        Some(Self { key, content })
    }

    /// The line under a rulebook: what messages of some types say is not kept.
    #[must_use]
    pub(crate) fn under(mut self, rulebook: &Rulebook) -> Self {
        if let Content::Message {
            kind,
            text,
            attachment,
            withheld,
            ..
        } = &mut self.content
            && !rulebook.keeps(kind)
        {
            (*text, *attachment, *withheld) = (None, None, true);
        }
        self
    }

    /// The line of a command that was decided too late.
    #[must_use]
    pub(crate) fn voided(mut self) -> Self {
        if let Content::Event { voided, .. } = &mut self.content {
            *voided = true;
        }
        self
    }

    /// The provider's id of the message, if it is one.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        match &self.content {
            Content::Message { id, .. } => id.as_deref(),
            _ => None,
        }
    }
}

/// The thread of one conversation in a unit of work.
pub struct Thread {
    conversation: ConversationId,
    chunks: Chunks<(), Line>,
    /// Rows of [`amended`] to be written, or removed.
    amended: BTreeMap<Vec<u8>, Option<SortKey>>,
}

impl Thread {
    /// The thread of a conversation that may exist.
    #[must_use]
    pub fn new(conversation: ConversationId) -> Self {
        Self::of(conversation, Chunks::new(THREAD, NAME, conversation))
    }

    /// The thread of a conversation that has none yet.
    #[must_use]
    pub fn empty(conversation: ConversationId) -> Self {
        Self::of(conversation, Chunks::empty(THREAD, NAME, conversation))
    }

    fn of(conversation: ConversationId, chunks: Chunks<(), Line>) -> Self {
        Self {
            conversation,
            chunks,
            amended: BTreeMap::new(),
        }
    }

    /// The lines of a conversation, from the chunk on that `from` is in or would be; with `back`, backwards, and without `from` from
    /// the end that is begun at. One chunk is read at a time.
    pub fn walk<'a>(
        rows: &'a dyn Rows,
        conversation: ConversationId,
        from: Option<Start>,
        back: bool,
    ) -> impl Iterator<Item = Result<Line, RowsError>> + 'a {
        let chunks = chunks::walk::<(), Line>(rows, THREAD, NAME, conversation, from, back);
        chunks.flat_map(move |chunk| {
            let lines = chunk.map_or_else(
                |error| vec![Err(error)],
                |(_, chunk)| chunk.items.into_iter().map(Ok).collect(),
            );
            chunks::in_direction(lines, back)
        })
    }

    /// Inserts a line; the ledger has made sure that it is new.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn insert(&mut self, rows: &dyn Rows, line: Line) -> Result<(), RowsError> {
        let start = self.chunks.locate(rows, &line.key)?;
        if let Some(row) = amended::key(self.conversation, &line) {
            self.amended.insert(row, Some(line.key));
        }
        if let Some(chunk) = self.chunks.get_mut(&start) {
            let place = chunk.items.partition_point(|other| other.key < line.key);
            if chunk.items.get(place).is_none_or(|other| other.key != line.key) {
                chunk.items.insert(place, line);
            }
        }
        self.chunks.split(&start);
        Ok(())
    }

    /// Removes the line of a fact.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn remove(&mut self, rows: &dyn Rows, key: &SortKey) -> Result<(), RowsError> {
        let start = self.chunks.locate(rows, key)?;
        if let Some(chunk) = self.chunks.get_mut(&start) {
            let gone = chunk.items.extract_if(.., |line| line.key == *key);
            let rows = gone.filter_map(|line| amended::key(self.conversation, &line));
            self.amended.extend(rows.map(|row| (row, None)));
        }
        Ok(())
    }

    /// All lines, in order.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn lines(&mut self, rows: &dyn Rows) -> Result<Vec<Line>, RowsError> {
        self.chunks.load_all(rows)?;
        Ok(self
            .chunks
            .iter_from([0; 17])
            .flat_map(|(_, chunk)| chunk.items.iter().cloned())
            .collect())
    }

    /// The latest message, as it reads now.
    ///
    /// # Errors
    /// As reading rows does.
    pub(crate) fn latest(&mut self, rows: &dyn Rows) -> Result<Option<Preview>, RowsError> {
        let last = self.chunks.last(rows)?;
        let lines = |chunks: &Chunks<(), Line>, from| {
            let lines = chunks
                .iter_from(from)
                .rev()
                .flat_map(|(_, chunk)| chunk.items.iter().rev());
            preview::of(lines)
        };
        if let Some(latest) = lines(&self.chunks, last) {
            return Ok(Some(latest));
        }
        self.chunks.load_all(rows)?;
        Ok(lines(&self.chunks, [0; 17]))
    }

    /// The line of a fact.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn line(&mut self, rows: &dyn Rows, key: &SortKey) -> Result<Option<Line>, RowsError> {
        let start = self.chunks.locate(rows, key)?;
        let chunk = self.chunks.get(&start);
        Ok(chunk
            .and_then(|chunk| chunk.items.iter().find(|line| line.key == *key))
            .cloned())
    }

    /// Takes all lines out and removes the rows: for a merge.
    ///
    /// # Errors
    /// As reading rows does.
    pub fn drain(&mut self, rows: &dyn Rows, changes: &mut Changes) -> Result<Vec<Line>, RowsError> {
        let lines = self.chunks.drain(rows, changes)?;
        self.amended.clear();
        for row in lines.iter().filter_map(|line| amended::key(self.conversation, line)) {
            changes.remove(row);
        }
        Ok(lines)
    }

    /// Writes what changed.
    pub fn save(&mut self, changes: &mut Changes) {
        self.chunks.save(changes);
        for (row, place) in std::mem::take(&mut self.amended) {
            match place {
                Some(place) => changes.put(row, &place),
                None => changes.remove(row),
            }
        }
    }
}
