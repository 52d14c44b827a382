//! A partition on its way from one instance to another: what was told before is never taken back.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use origem_domain::position::Partition;
use origem_engine::query::{Filter, Heads};
use origem_engine::{Delivery, Engine, ErrorCode, Options, Peers, Source};
use origem_log::guarded::{Guard, Guarded};
use origem_log::{EventLog as _, MemoryLog, ReadError};
use origem_testkit::SECRET;
use origem_views::rows::MemoryStore;
use tokio::runtime::Runtime;

use crate::installation::deliveries;

const PATIENCE: Duration = Duration::from_secs(30);

/// A log whose partitions can be kept from being read.
#[derive(Default)]
struct Gate {
    closed: Mutex<BTreeSet<Partition>>,
    opened: Condvar,
}

impl Gate {
    fn close(&self, partition: Partition) {
        self.closed.lock().unwrap().insert(partition);
    }

    fn open(&self, partition: Partition) {
        self.closed.lock().unwrap().remove(&partition);
        self.opened.notify_all();
    }
}

impl Guard for Gate {
    fn before_read(&self, partition: Partition) -> Result<(), ReadError> {
        let closed = self.closed.lock().unwrap();
        drop(self.opened.wait_while(closed, |closed| closed.contains(&partition)));
        Ok(())
    }
}

/// A log of two partitions with something in both, and an engine over it that has none yet.
struct Place {
    log: Arc<Guarded<Gate>>,
    engine: Arc<Engine>,
    runtime: Runtime,
}

impl Place {
    fn new() -> Self {
        let log = Arc::new(Guarded::new(Arc::new(MemoryLog::new(2)), Gate::default()));
        let engine = Arc::new(Engine::over(log.clone(), SECRET, Options::default()).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Self { log, engine, runtime }
    }

    /// Appends deliveries.
    fn take(&self, numbers: Range<usize>) {
        let told = &deliveries()[numbers];
        let taken = told.iter().map(|(body, received_at, account)| Delivery {
            source: Source::Meta,
            body,
            received_at: *received_at,
            account,
        });
        self.runtime.block_on(self.engine.accept_all(taken)).unwrap();
    }

    /// Waits until what is here is as far as the log.
    fn settle(&self) {
        for shard in [self.engine.shards(), self.engine.warm_shards()].concat() {
            let tail = self.log.tail(shard.partition()).unwrap();
            let mut progress = shard.progress_watch();
            let folded = progress.wait_for(|progress| progress.checkpoint.next >= tail);
            let waited = self
                .runtime
                .block_on(async { tokio::time::timeout(PATIENCE, folded).await });
            drop(waited.expect("it is not folded").unwrap());
        }
    }

    fn conversations(&self) -> Result<u64, ErrorCode> {
        let contents = self.engine.ask(&origem_engine::query::Fingerprint);
        contents
            .map(|contents| contents.conversations)
            .map_err(|error| error.code())
    }
}

#[test]
fn who_takes_over_answers_once_it_is_as_far_as_the_log() {
    // A copy may stand in for its owner at any moment.
    for begin in [Engine::own, Engine::keep_warm] {
        let place = Place::new();
        place.take(0..300);
        let stores = [0, 1].map(|number| (Partition(number), Arc::new(MemoryStore::default())));
        for (partition, store) in &stores {
            place.engine.own(*partition, store.clone()).unwrap();
        }
        place.settle();
        let before = place.conversations().unwrap();
        // It loses them, more comes, which others tell of, and it has them again with what it had.
        place
            .engine
            .disown_all(stores.each_ref().map(|(partition, _)| *partition))
            .unwrap();
        place.take(300..900);
        for (partition, store) in &stores {
            place.log.guard.close(*partition);
            begin(&place.engine, *partition, store.clone()).unwrap();
        }
        assert_eq!(place.conversations(), Err(ErrorCode::PartitionUnavailable));
        for (partition, _) in &stores {
            place.log.guard.open(*partition);
        }
        place.settle();
        assert!(place.conversations().unwrap() > before);
        place.engine.stop().unwrap();
    }
}

/// Asked who has the rest, lets one partition be folded to its end before it says: nobody.
struct Meanwhile {
    log: Arc<Guarded<Gate>>,
    engine: Arc<Engine>,
}

impl Peers for Meanwhile {
    fn owners(&self) -> Vec<(Partition, String)> {
        self.log.guard.open(Partition(0));
        let tail = self.log.tail(Partition(0)).unwrap();
        let began = std::time::Instant::now();
        let first = || {
            self.engine
                .shards()
                .into_iter()
                .find(|shard| shard.partition() == Partition(0))
        };
        while first().unwrap().progress().checkpoint.next < tail {
            assert!(began.elapsed() < PATIENCE, "the first partition is not folded");
            std::thread::yield_now();
        }
        Vec::new()
    }

    fn ask(&self, _: &str, _: &[u8], _: Duration) -> Result<Vec<u8>, String> {
        Err("nobody is there".to_owned())
    }
}

#[test]
fn a_part_that_comes_while_it_is_asked_for_does_not_stand_for_the_rest() {
    let place = Place::new();
    place.take(0..300);
    for partition in [0, 1].map(Partition) {
        place.log.guard.close(partition);
        place.engine.own(partition, Arc::new(MemoryStore::default())).unwrap();
    }
    place.engine.set_peers(Arc::new(Meanwhile {
        log: place.log.clone(),
        engine: place.engine.clone(),
    }));
    let refused = place.engine.conversations(&Filter::default(), None, 10).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::PartitionUnavailable, "{refused}");
    assert!(place.engine.ask(&Heads).is_err());
    place.log.guard.open(Partition(1));
    place.settle();
    assert!(place.conversations().unwrap() > 0);
    place.engine.stop().unwrap();
}
