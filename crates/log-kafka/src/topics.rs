//! The names of our topics.

/// The names of all topics of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// Anything a producer has: raw webhooks of any provider or channel events, with any key.
    pub inbound: String,
    /// The event log: records keyed by channel.
    pub events: String,
    /// Conversations as they are now; compacted, keyed by conversation.
    pub conversations: String,
    /// All touches of a conversation; compacted, keyed by conversation.
    pub touches: String,
    /// The session windows of a conversation; compacted, keyed by conversation.
    pub windows: String,
    /// Where a conversation stands in the queue; compacted, keyed by conversation.
    pub queue: String,
    /// What the business maintains beside the events: changes of entries, in one partition; compacted, keyed by entry.
    pub directory: String,
}

impl Topics {
    /// The names with `prefix`, which is `origem.` unless several installations share a cluster.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        let name = |topic: &str| format!("{prefix}{topic}.v1");
        Self {
            inbound: name("inbound"),
            events: name("events"),
            conversations: name("conversations"),
            touches: name("touches"),
            windows: name("windows"),
            queue: name("queue"),
            directory: name("directory"),
        }
    }
}

impl Default for Topics {
    fn default() -> Self {
        Self::new("origem.")
    }
}
