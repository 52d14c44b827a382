//! The threads of the outbox: one that feeds it, one for each destination that sends. The clock is read here only.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use origem_domain::time::{HOUR, Timestamp};
use origem_engine::Engine;
use tracing::{error, warn};

use crate::conversion::Destination;
use crate::desk::{self, Desk};
use crate::feeder::Feeder;
use crate::outbox::Outbox;
use crate::sender::{Find, Sender, Shared};
use crate::settings::Settings;

/// How often is looked whether agents did something.
const POLL: Duration = Duration::from_millis(250);
/// How often is looked whether the time of a conversion has come.
const TICK: Duration = Duration::from_millis(500);
/// How long to wait after what should not happen.
const PATIENCE: Duration = Duration::from_secs(2);

/// An outbox at work.
pub struct Service {
    desk: Desk,
    outbox: Outbox,
    stopping: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Service {
    /// Begins to feed the outbox and to send from it, by a clock.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(
        engine: &Arc<Engine>,
        outbox: &Outbox,
        settings: Settings,
        clock: fn() -> Timestamp,
    ) -> io::Result<Self> {
        let settings = Arc::new(settings);
        let conditions: BTreeMap<Destination, Shared> = settings
            .destinations()
            .map(|destination| (destination, Shared::default()))
            .collect();
        let mut service = Self {
            desk: Desk::with(engine.clone(), outbox.clone(), settings.clone(), conditions.clone()),
            outbox: outbox.clone(),
            stopping: Arc::default(),
            threads: Vec::new(),
        };
        let feeder = Feeder::new(engine.clone(), outbox.clone(), settings.clone());
        service.spawn("conversions", move |stopping| feed(feeder, clock, stopping))?;
        let finder = engine.clone();
        let find: Arc<Find> = Arc::new(move |conversion, kind| desk::person(&finder, conversion, kind));
        for (destination, condition) in conditions {
            let sender = Sender::new(destination, outbox.clone(), settings.clone(), find.clone(), condition);
            let outbox = outbox.clone();
            service.spawn(destination.name(), move |stopping| {
                send(sender, &outbox, clock, stopping)
            })?;
        }
        Ok(service)
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce(&AtomicBool) + Send + 'static) -> io::Result<()> {
        let stopping = Arc::clone(&self.stopping);
        let thread = thread::Builder::new().name(format!("conversions-{name}"));
        self.threads.push(thread.spawn(move || run(&stopping))?);
        Ok(())
    }

    /// What people ask of it.
    #[must_use]
    pub fn desk(&self) -> Desk {
        self.desk.clone()
    }

    /// Stops; a request under way is finished, which takes as long as an answer may. Blocks.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.outbox.wake();
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            if thread.join().is_err() {
                error!("a thread of conversions panicked");
            }
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

fn feed(mut feeder: Feeder, clock: fn() -> Timestamp, stopping: &AtomicBool) {
    let (mut has_begun, mut tidied_at, mut said) = (false, clock(), String::new());
    while !stopping.load(Ordering::Relaxed) {
        let now = clock();
        let done = match has_begun {
            true => feeder.step(now),
            false => feeder.begin(now).map(|()| has_begun = true).map(|()| true),
        };
        match done {
            Ok(true) => {}
            Ok(false) => thread::park_timeout(POLL),
            Err(failure) => {
                // Views that are being folded say so for long.
                let text = failure.to_string();
                if text != said {
                    warn!(
                        error = &failure as &dyn std::error::Error,
                        "conversions are not decided now"
                    );
                    said = text;
                }
                thread::park_timeout(PATIENCE);
            }
        }
        if now.since(tidied_at) > HOUR {
            tidied_at = now;
            feeder.tidy(now);
        }
    }
    if has_begun {
        feeder.close();
    }
}

fn send(mut sender: Sender, outbox: &Outbox, clock: fn() -> Timestamp, stopping: &AtomicBool) {
    while !stopping.load(Ordering::Relaxed) {
        match sender.step(clock()) {
            Ok(true) => {}
            Ok(false) => outbox.wait(TICK),
            Err(failure) => {
                error!(
                    error = &failure as &dyn std::error::Error,
                    "what became of conversions cannot be noted: nothing is sent"
                );
                outbox.wait(PATIENCE);
            }
        }
    }
}
