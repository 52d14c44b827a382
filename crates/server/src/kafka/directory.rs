//! The directory on its topic: compacted, one partition, keyed by entry. Every instance reads all of it and follows it.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use origem_codec::directory::Change;
use origem_engine::Directory;
use origem_log_kafka::{Attributes, ClusterError, Described, JSON, KafkaLog, LogOptions, OpenError};
use tracing::{info, warn};

use crate::failure::Failure;
use crate::kafka::{Settings, cluster};

/// One wait for changes; as long as the end of this instance may have to wait.
const WAIT: Duration = Duration::from_millis(500);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(2);

/// Opens the directory on its topic. Without the topic, which installations of before do not have, it is empty and takes nothing.
pub fn open(settings: &Settings) -> Result<Directory, Failure> {
    let topic = &settings.topics.directory;
    let options = LogOptions {
        may_be_compacted: true,
        ..LogOptions::default()
    };
    let log = match KafkaLog::open_with(cluster(settings)?, topic, Arc::new(describe), options) {
        Ok(log) => log,
        Err(OpenError::Cluster {
            source: missing @ ClusterError::UnknownTopic { .. },
            ..
        }) => {
            warn!(
                topic,
                "there is no topic for the directory, nothing can be written to it; make it with `origem kafka init --apply`"
            );
            return Ok(Directory::closed(&format!("{missing}, then start the servers again")));
        }
        Err(error) => return Err(Failure::from(error).context("cannot open the directory on Kafka")),
    };
    let directory = Directory::open(Arc::new(log))?;
    info!(topic, entries = directory.snapshot().len(), "directory opened");
    Ok(directory)
}

/// Key and CloudEvents attributes of a change.
fn describe(record: &[u8]) -> Described {
    // Changes come from our own encoder.
    let Ok(change) = Change::decode(record) else {
        return Described::default();
    };
    Described {
        key: change.key().into_bytes(),
        attributes: Attributes {
            kind: Some(format!("origem.directory.{}.v1", change.kind)),
            source: Some(format!("/{}", change.account)),
            time: Some(change.at.to_string()),
            content_type: Some(JSON.to_owned()),
            ..Attributes::default()
        },
    }
}

/// A thread that folds what other instances wrote.
pub struct Follower {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Follower {
    /// Follows from now on.
    pub fn spawn(directory: Directory) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("directory".to_owned())
            .spawn(move || {
                let mut pause = Duration::ZERO;
                while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                    pause = Duration::ZERO;
                    if let Err(error) = directory.follow(WAIT) {
                        let error: &dyn std::error::Error = &error;
                        warn!(
                            error,
                            "the directory cannot be followed; what others write is not seen here until it can"
                        );
                        pause = PAUSE;
                    }
                }
            })?;
        Ok(Self { stop, thread })
    }

    /// Ends when the wait at hand is over.
    pub fn end(self) {
        drop(self.stop);
        drop(self.thread.join());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_keyed_by_its_entry() {
        let record = br#"{"version":1,"account":"default","kind":"template","id":"a.pt","at":"2026-10-01T00:00:00Z"}"#;
        let described = describe(record);
        assert_eq!(described.key, b"default/template/a.pt");
        assert_eq!(
            described.attributes.kind.as_deref(),
            Some("origem.directory.template.v1")
        );
        assert_eq!(describe(b"?"), Described::default());
    }
}
