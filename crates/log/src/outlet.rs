//! The port for projected topics: the latest value of each key, for whoever is downstream. Values are bytes; what they mean
//! is the publisher's business.
//!
//! ```text
//!   publisher --publish: all or none--> [ conversations | touches | windows | queue ]  one partition each, compacted by key
//!             <--contents: what is there, oldest first
//!             <--take_over: whoever had the partition before is refused from then on
//! ```
//! Here live the trait, its errors and topics in memory. Blocking, as the log is.

mod memory;

use std::error::Error;
use std::ops::ControlFlow;
use std::str;
use std::sync::Arc;

use origem_domain::position::Partition;

pub use memory::{MemoryOutlet, MemoryTopics};

/// A projected topic. Its name on a broker is the adapter's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Projected {
    /// Conversations as they are now, with all their touches.
    Conversations,
    /// All touches of a conversation.
    Touches,
    /// The session windows of a conversation, as its events left them.
    Windows,
    /// Where a conversation stands in the queue.
    Queue,
}

impl Projected {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Conversations, Self::Touches, Self::Windows, Self::Queue];
}

/// The latest value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The topic.
    pub topic: Projected,
    /// The partition of the topic.
    pub partition: Partition,
    /// The key.
    pub key: String,
    /// The value; `None` removes the key.
    pub value: Option<Vec<u8>>,
    /// Headers, in order.
    pub headers: Vec<(&'static str, String)>,
}

/// A record of a projected topic, as it is read back.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The topic.
    pub topic: Projected,
    /// The partition of the topic.
    pub partition: Partition,
    /// The key.
    pub key: &'a [u8],
    /// The value; `None` where the key was removed.
    pub value: Option<&'a [u8]>,
    /// Headers, in order.
    pub headers: &'a [(&'a str, &'a [u8])],
}

impl<'a> Held<'a> {
    /// The first header of that name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.and_then(|(_, value)| str::from_utf8(value).ok())
    }
}

/// Projected topics that can be written. One publisher owns an outlet; every method may block on IO.
pub trait Outlet: Send {
    /// Takes the projected values of `partition`, a partition of the log, over: whoever took it over before gets `Fenced` from
    /// then on, and what it had not committed is not seen. Must come before anything else.
    ///
    /// # Errors
    /// `Unavailable`; may be tried again.
    fn take_over(&mut self, partition: Partition) -> Result<(), OutletError>;

    /// Everything that `partition` of each topic holds, up to now, to `each`: in one topic oldest first, so that the last
    /// record of a key is its value. Older records of a key may be left out. Committed records only. Ends early once `each`
    /// breaks off.
    ///
    /// # Errors
    /// `Unavailable`; `each` may have been called by then.
    fn contents(
        &mut self,
        partition: Partition,
        each: &mut dyn FnMut(Held<'_>) -> ControlFlow<()>,
    ) -> Result<(), OutletError>;

    /// Publishes all of `publications` or none. Seen by readers, and durable, on return.
    ///
    /// # Errors
    /// `Fenced` and `TooLarge`: none of it is there. `Unavailable`: all of it or none; the same may be published again.
    fn publish(&mut self, publications: &[Publication]) -> Result<(), OutletError>;

    /// How many bytes a value may have, as far as is known after [`Outlet::take_over`].
    fn value_bytes_max(&self) -> usize;
}

/// Why nothing was published or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OutletError {
    /// Somebody else publishes the values of the partition now. For good: this outlet must be given up.
    #[error("another publisher took over the projected values of partition {partition}")]
    Fenced {
        /// The partition of the log.
        partition: Partition,
    },
    /// A value is larger than its topic takes.
    #[error("value of {bytes} bytes of {key} exceeds what the topic takes, raise its `max.message.bytes`")]
    TooLarge {
        /// The key.
        key: String,
        /// Size of the value.
        bytes: usize,
    },
    /// The topics cannot be reached or written now; trying again later may work.
    #[error("projected topics cannot be {doing} now")]
    Unavailable {
        /// `taken over`, `read`, `written`.
        doing: &'static str,
        /// The cause, in the adapter's words.
        source: Arc<dyn Error + Send + Sync>,
    },
}
