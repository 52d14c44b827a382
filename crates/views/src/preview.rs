//! The latest message of a conversation, as a row of a list shows it: as it reads now, edits and deletions included, and not longer
//! than a row is.

use origem_domain::event::Direction;
use origem_domain::key::Key;
use origem_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::thread::{Content, Line};

/// Characters of a text that are kept; a row shows fewer.
const TEXT_CHARS_MAX: usize = 120;

/// The latest message of either side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub direction: Direction,
    /// `text`, `image`, ...
    pub kind: String,
    /// The beginning of what a person would read; `None` where there is nothing to read, or once deleted.
    pub text: Option<String>,
    /// Who wrote it for the business.
    pub agent: Option<String>,
    /// It was deleted.
    pub revoked: bool,
}

/// Whether a line is a message, or changes how one reads.
pub(crate) fn concerns(line: &Line) -> bool {
    !matches!(line.content, Content::Event { .. })
}

/// The latest message of lines that are given the latest first; `None` if there is none among them.
pub(crate) fn of<'a>(lines: impl Iterator<Item = &'a Line>) -> Option<Preview> {
    let (mut edits, mut revoked): (Vec<(Key, Option<&String>)>, Vec<Key>) = Default::default();
    for line in lines {
        match &line.content {
            Content::Edited {
                message: Some(message),
                text,
            } => edits.push((*message, text.as_ref())),
            Content::Revoked { message: Some(message) } => revoked.push(*message),
            Content::Message {
                direction,
                key,
                kind,
                text,
                agent,
                ..
            } => {
                let is_revoked = key.is_some_and(|key| revoked.contains(&key));
                // The latest edit comes first.
                let edit = edits.iter().find(|(message, _)| Some(*message) == *key);
                let text = edit.map_or(text.as_ref(), |(_, text)| *text).filter(|_| !is_revoked);
                return Some(Preview {
                    at: line.key.at,
                    direction: *direction,
                    kind: kind.clone(),
                    text: text.map(|text| text.chars().take(TEXT_CHARS_MAX).collect()),
                    agent: agent.clone(),
                    revoked: is_revoked,
                });
            }
            Content::Edited { message: None, .. } | Content::Revoked { message: None } | Content::Event { .. } => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use origem_domain::event::Kind;
    use origem_domain::fact::SortKey;

    use super::*;

    fn line(second: i64, kind: Kind, content: Content) -> Line {
        let key = SortKey {
            at: Timestamp::from_seconds(second),
            kind,
            dedup: Key(second as u64),
        };
        Line { key, content }
    }

    fn message(second: i64, direction: Direction, text: &str) -> Line {
        let content = Content::Message {
            direction,
            id: None,
            key: Some(Key(second as u64)),
            kind: "text".to_owned(),
            text: Some(text.to_owned()),
            agent: None,
            attachment: None,
            withheld: false,
        };
        line(second, Kind::MessageReceived, content)
    }

    fn edited(second: i64, of: u64, text: &str) -> Line {
        let (message, text) = (Some(Key(of)), Some(text.to_owned()));
        line(second, Kind::MessageEdited, Content::Edited { message, text })
    }

    fn revoked(second: i64, of: u64) -> Line {
        let message = Some(Key(of));
        line(second, Kind::MessageRevoked, Content::Revoked { message })
    }

    #[test]
    fn the_latest_message_is_shown_as_it_reads_now() {
        let long = "ã".repeat(TEXT_CHARS_MAX + 1);
        let cut = "ã".repeat(TEXT_CHARS_MAX);
        let hello = || message(1, Direction::In, "oi");
        let answer = || message(2, Direction::Out, "bom dia");
        for (lines, expected) in [
            (vec![], None),
            (vec![hello()], Some((1, Some("oi"), false))),
            (vec![hello(), answer()], Some((2, Some("bom dia"), false))),
            (vec![hello(), edited(3, 1, "olá")], Some((1, Some("olá"), false))),
            (
                vec![hello(), edited(3, 1, "olá"), edited(4, 1, "olá!")],
                Some((1, Some("olá!"), false)),
            ),
            (
                vec![hello(), answer(), edited(3, 1, "olá")],
                Some((2, Some("bom dia"), false)),
            ),
            (vec![hello(), answer(), revoked(3, 2)], Some((2, None, true))),
            (
                vec![hello(), answer(), revoked(3, 1)],
                Some((2, Some("bom dia"), false)),
            ),
            (vec![message(5, Direction::In, &long)], Some((5, Some(&*cut), false))),
        ] {
            let shown = of(lines.iter().rev());
            let expected = expected.map(|(at, text, revoked)| (Timestamp::from_seconds(at), text, revoked));
            let told = shown
                .as_ref()
                .map(|shown| (shown.at, shown.text.as_deref(), shown.revoked));
            assert_eq!(told, expected, "{lines:?}");
        }
    }
}
