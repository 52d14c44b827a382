//! What can be set at this edge.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use origem_domain::event::DEFAULT_ACCOUNT;
use origem_engine::Cause;

/// How the edge works.
#[derive(Debug, Clone)]
pub struct Options {
    /// The tenant of events that name none, and of lists that do not say whose.
    pub account: String,
    /// By what callers prove who they are. Where there is nothing of it and no key in the directory, anybody may do everything.
    pub access: origem_access::Settings,
    /// Bytes of a message of a caller at most.
    pub message_bytes_max: usize,
    /// Submissions of one `AppendEvents` at most.
    pub submissions_max: usize,
    /// Submissions of one `Publish` stream that may be under way; the stream is not read further until some are durable.
    pub under_way_max: usize,
    /// How long a read waits for `min_position`.
    pub wait_timeout: Duration,
    /// What else keeps the server from being ready.
    pub unready: Unready,
    /// How often the health service looks whether the server is ready.
    pub health_interval: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            account: DEFAULT_ACCOUNT.to_owned(),
            access: origem_access::Settings::default(),
            message_bytes_max: 8 << 20,
            submissions_max: 1_000,
            under_way_max: 1_000,
            wait_timeout: Duration::from_secs(5),
            unready: Unready::default(),
            health_interval: Duration::from_secs(1),
        }
    }
}

/// Asks what runs beside the engine, such as the group of instances, why no requests should be sent here. By default nothing is
/// against it.
#[derive(Clone)]
pub struct Unready(Arc<dyn Fn() -> Option<Cause> + Send + Sync>);

impl Unready {
    /// Asks by calling `cause`, which must not block.
    #[must_use]
    pub fn new(cause: impl Fn() -> Option<Cause> + Send + Sync + 'static) -> Self {
        Self(Arc::new(cause))
    }

    /// Why no requests should be sent here; `None`: nothing is against it.
    pub(crate) fn cause(&self) -> Option<Cause> {
        (self.0)()
    }
}

impl Default for Unready {
    fn default() -> Self {
        Self::new(|| None)
    }
}

impl fmt::Debug for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unready").field(&self.cause()).finish()
    }
}
