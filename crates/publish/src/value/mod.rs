//! The values of a conversation, one a topic: which there are, how large they may be, what they are compared by.

pub(crate) mod json;
mod protobuf;

use origem_domain::position::Position;
use origem_log::Projected;

use crate::digest::Digest;
use crate::options::Format;
use crate::source::Snapshot;

/// A value that can be written at any version.
#[derive(Debug)]
pub(crate) struct Value<'a> {
    topic: Projected,
    snapshot: &'a Snapshot,
    format: Format,
    /// How many of the latest touches it has.
    touches: usize,
    /// What it is compared by.
    pub digest: Digest,
}

/// A value does not fit, not even without touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unfit {
    /// Size without touches.
    pub bytes: usize,
}

impl<'a> Value<'a> {
    /// The value of a conversation in a topic, `None` where it has none there: a group in all, one that never had windows
    /// among them, one without a ticket in the queue. If it is larger than `bytes_max`, its oldest touches are left out.
    pub(crate) fn of(
        topic: Projected,
        snapshot: &'a Snapshot,
        format: Format,
        bytes_max: usize,
    ) -> Result<Option<Self>, Unfit> {
        /// The longest version.
        const VERSION_BYTES_MAX: usize = "4294967295:18446744073709551615".len();
        let bytes_max = bytes_max.saturating_sub(VERSION_BYTES_MAX);
        let card = &snapshot.conversation.card;
        let there = match topic {
            Projected::Conversations | Projected::Touches => true,
            Projected::Windows => snapshot.conversation.recorded_windows().is_some(),
            Projected::Queue => card.state.ticket.is_some(),
        };
        if card.group || !there {
            return Ok(None);
        }
        let mut touches = snapshot.timeline.len();
        loop {
            let bytes = write(topic, snapshot, format, touches, Position::default());
            if bytes.len() <= bytes_max {
                let digest = Digest::of(format.content_type(), &bytes);
                return Ok(Some(Self {
                    topic,
                    snapshot,
                    format,
                    touches,
                    digest,
                }));
            }
            if touches == 0 || matches!(topic, Projected::Windows | Projected::Queue) {
                return Err(Unfit { bytes: bytes.len() });
            }
            // As many as would fit if all were of one size, and fewer each time.
            touches = (touches * bytes_max / bytes.len()).min(touches - 1);
        }
    }

    /// Touches were left out.
    pub(crate) const fn truncated(&self) -> bool {
        self.touches < self.snapshot.timeline.len()
    }

    /// The bytes of the value at a version.
    pub(crate) fn bytes(&self, version: Position) -> Vec<u8> {
        write(self.topic, self.snapshot, self.format, self.touches, version)
    }
}

/// The value with its latest `touches`.
fn write(topic: Projected, snapshot: &Snapshot, format: Format, touches: usize, version: Position) -> Vec<u8> {
    let kept = &snapshot.timeline[snapshot.timeline.len() - touches..];
    match format {
        Format::Json => json::write(topic, snapshot, kept, version),
        Format::Protobuf => protobuf::write(topic, snapshot, kept, version),
    }
}
