//! What was done to the messages of a thread since they were written. An edit is a line of its own, perhaps long after the message; the
//! row leads from the message to it, so that a page of the thread is read without all that follows. The row is the place of the line.

use origem_domain::fact::SortKey;
use origem_domain::key::{ConversationId, Key};

use crate::layout;
use crate::rows::{self, Rows, RowsError, prefix_end};
use crate::thread::{Content, Line, Thread};

const NAME: &str = "amended";

/// What was done to a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amended {
    /// What it says since it was edited, if that is kept; `None`: it was not edited.
    pub edit: Option<Option<String>>,
    /// It was deleted.
    pub revoked: bool,
}

impl Amended {
    /// Takes in what a line does, in order of lines: the latest edit counts.
    pub fn see(&mut self, content: &Content) {
        match content {
            Content::Edited { text, .. } => self.edit = Some(text.clone()),
            Content::Revoked { .. } => self.revoked = true,
            Content::Message { .. } | Content::Event { .. } => {}
        }
    }
}

/// The message that a line edits or deletes.
#[must_use]
pub const fn message(content: &Content) -> Option<Key> {
    match content {
        Content::Edited { message, .. } | Content::Revoked { message } => *message,
        Content::Message { .. } | Content::Event { .. } => None,
    }
}

/// The key of the row of a line, if it has one.
pub(crate) fn key(conversation: ConversationId, line: &Line) -> Option<Vec<u8>> {
    Some(layout::amended(conversation, message(&line.content)?, &line.key))
}

/// Whether anything was done to any message of a conversation.
///
/// # Errors
/// As reading rows does.
pub fn any(rows: &dyn Rows, conversation: ConversationId) -> Result<bool, RowsError> {
    let prefix = layout::amendments(conversation);
    Ok(rows.scan(&prefix, &prefix_end(&prefix)).next().transpose()?.is_some())
}

/// What was done to a message; `thread` is that of the conversation.
///
/// # Errors
/// As reading rows does.
pub fn of(
    rows: &dyn Rows,
    conversation: ConversationId,
    thread: &mut Thread,
    message: Key,
) -> Result<Amended, RowsError> {
    let prefix = layout::amendments_of(conversation, message);
    let mut amended = Amended::default();
    for row in rows.scan(&prefix, &prefix_end(&prefix)) {
        let place: SortKey = rows::decode(NAME, &row?.1)?;
        if let Some(line) = thread.line(rows, &place)? {
            amended.see(&line.content);
        }
    }
    Ok(amended)
}
