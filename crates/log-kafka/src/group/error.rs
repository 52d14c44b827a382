//! Why a group cannot be joined or read.

use crate::ClusterError;

/// Why a group cannot be joined or read.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// The card does not fit beside a committed offset.
    #[error("the card has {bytes} bytes and needs 1 to {limit}; shorten what an instance tells about itself")]
    Card {
        /// What it has.
        bytes: usize,
        /// What it may have.
        limit: usize,
    },
    /// The cluster did not do what was asked.
    #[error("cannot join or read the group {group}")]
    Cluster {
        /// The group.
        group: String,
        /// Why.
        source: ClusterError,
    },
    /// The operating system gives no thread.
    #[error("cannot start a thread for the group")]
    Thread {
        /// The cause.
        source: std::io::Error,
    },
}
