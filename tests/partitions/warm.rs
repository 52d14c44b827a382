//! Shards, copies and peers that are not what they should be: stopped, lost, gone, slow.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use origem_domain::position::{Offset, Partition, Position, Positions};
use origem_engine::query::Heads;
use origem_engine::{Accepted, Cause, Engine, EngineError, ErrorCode, Options, Peers};
use origem_log::{EventLog, MemoryLog};
use origem_testkit::SECRET;
use origem_views::rows::{Changes, MemoryStore, Rows, RowsError, Scan, Store};

use crate::installation::{Installation, deliveries};

const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_place_in_the_feed_may_be_ahead_of_the_views_and_not_of_the_log() {
    let log = Arc::new(MemoryLog::new(2));
    log.append(Partition(0), &[b"one", b"two"]).unwrap();
    // Its views are nowhere: whoever had them may have told of both.
    let engine = Engine::over(log, SECRET, Options::default()).unwrap();
    for (text, is_known) in [
        ("0:0", true),
        ("0:1", true),
        ("0:2", false),
        ("1:0", false),
        ("2:0", false),
        ("0:1,1:0", false),
        ("0", false),
        ("", false),
    ] {
        match engine.seen("after", text) {
            Ok(seen) => assert!(is_known && seen.to_string() == text, "{text}: {seen}"),
            Err(error) => assert!(!is_known && error.code() == ErrorCode::Invalid, "{text}: {error}"),
        }
    }
    engine.stop().unwrap();
}

#[test]
fn what_is_lost_is_a_copy_until_it_comes_back() {
    let installation = Installation::of(&[&[0, 1], &[2]]);
    installation.take(&deliveries()[..300]);
    let [first, second] = &installation.instances[..] else {
        panic!("two instances")
    };
    let before = first.ask(&Heads).unwrap();
    assert!(first.demote(Partition(1)) && !first.demote(Partition(1)) && !first.demote(Partition(2)));
    assert_eq!((first.shards().len(), first.warm_shards().len()), (1, 1));
    for instance in [first, second] {
        assert_eq!(instance.ask(&Heads).unwrap(), before, "the copy answers");
    }
    assert!(first.promote(Partition(1)));
    assert_eq!(first.shards().len(), 2);
    first.disown_all([0, 1, 2].map(Partition)).unwrap();
    assert!(first.shards().is_empty() && first.warm_shards().is_empty());
}

#[test]
fn one_partition_that_is_nowhere_does_not_hold_up_the_wait_for_another() {
    let installation = Installation::of(&[&[0, 1], &[2, 3]]);
    let last = installation.take(&deliveries()[..300]);
    let [first, second] = &installation.instances[..] else {
        panic!("two instances")
    };
    second.disown(Partition(3)).unwrap();
    let wait = |positions: Positions, timeout| installation.runtime.block_on(first.wait(&positions, timeout));
    let (there, gone): (Vec<Position>, Vec<Position>) =
        last.iter().partition(|position| position.partition != Partition(3));
    assert!(there.iter().any(|position| position.partition == Partition(2)));
    wait(there.into_iter().collect(), PATIENCE).unwrap();
    let refused = wait(gone.into_iter().collect(), Duration::from_millis(50)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NotThereYet, "{refused}");
}

/// Somebody else has everything, and says nothing before all that are to ask have asked.
struct Frozen {
    asked: Barrier,
    answer: Mutex<()>,
}

impl Peers for Frozen {
    fn owners(&self) -> Vec<(Partition, String)> {
        vec![(Partition(0), "elsewhere".to_owned())]
    }

    fn ask(&self, _: &str, _: &[u8], _: Duration) -> Result<Vec<u8>, String> {
        self.asked.wait();
        drop(self.answer.lock());
        Err("it does not answer".to_owned())
    }
}

#[test]
fn only_so_many_wait_for_an_instance_that_hangs() {
    const FORWARDED_MAX: usize = 64;
    let engine = Engine::over(Arc::new(MemoryLog::new(1)), SECRET, Options::default()).unwrap();
    let frozen = Arc::new(Frozen {
        asked: Barrier::new(FORWARDED_MAX + 1),
        answer: Mutex::default(),
    });
    engine.set_peers(frozen.clone());
    std::thread::scope(|scope| {
        let hangs = frozen.answer.lock().unwrap();
        let waiting: Vec<_> = (0..FORWARDED_MAX).map(|_| scope.spawn(|| engine.ask(&Heads))).collect();
        frozen.asked.wait();
        let refused = engine.ask(&Heads).unwrap_err();
        assert!(matches!(refused, EngineError::Crowded), "{refused}");
        assert!(refused.code().is_retryable());
        drop(hangs);
        for asked in waiting {
            let refused = asked.join().unwrap().unwrap_err();
            assert!(matches!(refused, EngineError::Unreachable { .. }), "{refused}");
        }
    });
    engine.stop().unwrap();
}

#[test]
fn duplicates_are_told_only_where_they_are_known() {
    let installation = Installation::of(&[&[0], &[1]]);
    let accepted = |events, spans: &[(u32, u64, u64)]| Accepted {
        events,
        spans: spans
            .iter()
            .map(|(partition, from, to)| (Partition(*partition), Offset(*from)..Offset(*to)))
            .collect(),
        ..Accepted::default()
    };
    for (accepted, expected) in [
        (accepted(0, &[]), Some(0)),
        (accepted(2, &[(0, 0, 2)]), Some(0)),
        // Somebody else's stands between, or the views are elsewhere.
        (accepted(2, &[(0, 0, 3)]), None),
        (accepted(3, &[(0, 0, 2), (1, 0, 1)]), None),
    ] {
        assert_eq!(
            installation.instances[0].duplicates(&accepted),
            expected,
            "{accepted:?}"
        );
    }
}

/// A store that can be full.
#[derive(Default)]
struct Full {
    store: MemoryStore,
    full: AtomicBool,
}

impl Rows for Full {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.store.get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.store.scan(from, to)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.store.scan_back(from, to)
    }
}

impl Store for Full {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(RowsError::Store("the disk is full".into()));
        }
        self.store.commit(changes)
    }

    fn flush(&self) -> Result<(), RowsError> {
        self.store.flush()
    }
}

#[test]
fn views_that_stand_still_are_read_only_where_there_are_no_others() {
    let alone = |log, store| Engine::start(log, store, SECRET, Options::default()).unwrap();
    let owner = |log, store| {
        let engine = Engine::over(log, SECRET, Options::default()).unwrap();
        engine.own(Partition(0), store).unwrap();
        engine
    };
    type Begin = fn(Arc<dyn EventLog>, Arc<dyn Store>) -> Engine;
    for (begin, expected) in [
        (alone as Begin, Ok(1)),
        (
            owner,
            Err("the views of partition 0 are no longer kept up to date here: the log says why; try again".to_owned()),
        ),
    ] {
        let (log, store) = (Arc::new(MemoryLog::new(1)), Arc::new(Full::default()));
        let engine = begin(log.clone(), store.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let comes = |how: fn(&origem_engine::Progress) -> bool| {
            let mut progress = engine.shards()[0].progress_watch();
            let waited = async { tokio::time::timeout(PATIENCE, progress.wait_for(how)).await.map(drop) };
            runtime.block_on(waited).unwrap();
        };
        log.append(Partition(0), &[b"one"]).unwrap();
        comes(|progress| progress.checkpoint.next == Offset(1));
        store.full.store(true, Ordering::Relaxed);
        log.append(Partition(0), &[b"two"]).unwrap();
        comes(|progress| progress.failed);
        let heads = engine.ask(&Heads).map(|heads| heads[&Partition(0)].next.0);
        assert_eq!(heads.map_err(|error| error.to_string()), expected);
        assert_eq!(engine.readiness(Instant::now()).cause, Some(Cause::PROJECTOR_FAILED));
        engine.stop().unwrap();
    }
}
