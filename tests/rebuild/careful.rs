//! What has to be on disk, and when: stores that know what a crash would take away, and that can be full.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use origem_engine::rebuild::Settings;
use origem_engine::{Engine, EngineError, Options};
use origem_projector::BulkSettings;
use origem_testkit::SECRET;
use origem_views::generations::{Generations, MemoryGenerations, Standing};
use origem_views::meta::{self, Versions};
use origem_views::rows::{Changes, Rows, RowsError, Scan, Store};

use crate::place::{Place, catch_up, ended, gap, quickly};
use crate::standing;

/// What is known of all stores.
#[derive(Default)]
struct Known {
    /// Generations of which a crash would take something away.
    unsaved: Mutex<BTreeSet<u64>>,
    /// New generations take nothing more.
    is_full: AtomicBool,
    /// Generations that began to serve, each with whether it said durably then what was gone back from.
    served: Mutex<Vec<(u64, bool)>>,
}

struct Careful {
    inner: Arc<MemoryGenerations>,
    known: Arc<Known>,
}

struct CarefulStore {
    inner: Arc<dyn Store>,
    number: u64,
    known: Arc<Known>,
}

impl Rows for CarefulStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RowsError> {
        self.inner.get(key)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.inner.scan(from, to)
    }

    fn scan_back<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.inner.scan_back(from, to)
    }

    fn snapshot(&self) -> Option<Box<dyn Rows + '_>> {
        self.inner.snapshot()
    }
}

impl Store for CarefulStore {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        // Notes of whoever begins it still fit.
        if self.number > 1 && changes.len() > 1 && self.known.is_full.load(Ordering::Relaxed) {
            return Err(RowsError::Store("full".into()));
        }
        self.known.unsaved.lock().unwrap().insert(self.number);
        self.inner.commit(changes)
    }

    fn flush(&self) -> Result<(), RowsError> {
        self.known.unsaved.lock().unwrap().remove(&self.number);
        self.inner.flush()
    }
}

impl Generations for Careful {
    fn standing(&self) -> Result<Standing, RowsError> {
        self.inner.standing()
    }

    fn open(&self, generation: u64) -> Result<Arc<dyn Store>, RowsError> {
        Ok(Arc::new(CarefulStore {
            inner: self.inner.open(generation)?,
            number: generation,
            known: self.known.clone(),
        }))
    }

    fn create(&self) -> Result<u64, RowsError> {
        self.inner.create()
    }

    fn serve(&self, generation: u64) -> Result<(), RowsError> {
        let declined: Option<Versions> = meta::note(&*self.inner.open(generation)?, "declined")?;
        let is_saved = !self.known.unsaved.lock().unwrap().contains(&generation);
        let served = (generation, declined.is_some() && is_saved);
        self.known.served.lock().unwrap().push(served);
        self.inner.serve(generation)
    }

    fn remove(&self, generation: u64) -> Result<(), RowsError> {
        self.inner.remove(generation)
    }
}

/// A place whose stores are watched, and an engine there.
fn watched(place: &Place) -> (Arc<Known>, Arc<Engine>) {
    let known = Arc::<Known>::default();
    let generations: Arc<dyn Generations> = Arc::new(Careful {
        inner: place.generations.clone(),
        known: known.clone(),
    });
    let mut options = Options {
        rebuild: Settings {
            automatic: false,
            usual: quickly(),
        },
        ..Options::default()
    };
    options.projector.folding.rulebook = gap(24);
    options.projector.bulk = Some(BulkSettings {
        records_min: 1,
        ..BulkSettings::default()
    });
    let engine = Engine::start(place.log.clone(), generations, SECRET, options).unwrap();
    (known, Arc::new(engine))
}

#[test]
fn what_somebody_decided_is_on_disk_once_it_serves() {
    let place = Place::of(10);
    let (known, engine) = watched(&place);
    catch_up(&engine);
    ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
    assert!(!known.unsaved.lock().unwrap().contains(&2), "the rebuild is noted");
    engine.rollback().unwrap();
    assert!(!known.unsaved.lock().unwrap().contains(&1), "the way back is noted");
    engine.rollback().unwrap();
    assert!(!known.unsaved.lock().unwrap().contains(&2), "and the way forth");
    assert_eq!(*known.served.lock().unwrap(), [(2, false), (1, true), (2, true)]);
    engine.stop().unwrap();
}

#[test]
fn what_cannot_be_folded_anew_is_not_left_behind() {
    let place = Place::of(5);
    let (known, engine) = watched(&place);
    catch_up(&engine);
    engine.pause();
    for person in 0..40 {
        place.say(&format!("4.10:00 p{person} in"));
    }
    assert!(engine.is_far_behind().unwrap());
    known.is_full.store(true, Ordering::Relaxed);
    let failed = engine.fold_anew().unwrap_err();
    assert!(matches!(failed, EngineError::Stopped { .. }), "{failed}");
    assert_eq!(place.standing(), standing(1, None));
    engine.stop().unwrap();
}
