//! Tells the group how far the views of this instance are.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use origem_engine::Engine;
use origem_log_kafka::Membership;

/// How often the group is told.
const INTERVAL: Duration = Duration::from_millis(200);

/// A thread that tells the group how far we are.
pub struct Reporter {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Reporter {
    pub fn spawn(engine: Arc<Engine>, membership: Arc<Membership>) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name("report".to_owned()).spawn(move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                for shard in engine.shards() {
                    membership.progress(shard.partition(), shard.progress().checkpoint.next);
                }
            }
        })?;
        Ok(Self { stop, thread })
    }

    /// Ends when the report at hand is given.
    pub fn end(self) {
        drop(self.stop);
        drop(self.thread.join());
    }
}
