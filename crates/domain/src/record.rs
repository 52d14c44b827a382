//! An event with its place in the log: what `codec` reads and the fold takes.

use crate::event::Event;
use crate::key::Keys;
use crate::marks::Marks;
use crate::position::Position;
use crate::time::Timestamp;

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Where.
    pub position: Position,
    /// When it was taken in.
    pub received_at: Timestamp,
    /// The reader that made it: `meta`, `twilio`, `whatsapp_web`, `event`.
    pub source: String,
    /// The event.
    pub event: Event,
    /// Its keys, as computed at intake.
    pub keys: Keys,
    /// The marks of its text, as extracted at intake.
    pub marks: Marks,
}
