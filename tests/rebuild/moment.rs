//! At which moment a rebuild tells what, and what it does where there is no room: its views are watched from outside.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use origem_domain::position::Offset;
use origem_engine::Engine;
use origem_engine::rebuild::{Phase, Settings};
use origem_log::EventLog as _;
use origem_views::generations::{Generations, Standing};
use origem_views::rows::{Changes, Rows, RowsError, Scan, Store};

use crate::place::{PARTITION, Place, catch_up, ended, fingerprint, gap, quickly};
use crate::standing;

/// Generations of a place, with something that happens right before another one serves; those that are made lie on a disk which may
/// be full.
struct Watched {
    place: Arc<Place>,
    before_switch: fn(&Place),
    is_full: Arc<AtomicBool>,
}

impl Watched {
    fn engine(self, hours: i64) -> Arc<Engine> {
        let place = self.place.clone();
        let settings = Settings {
            automatic: false,
            usual: quickly(),
        };
        place.start_on(Arc::new(self), &gap(hours), settings).unwrap()
    }
}

impl Generations for Watched {
    fn standing(&self) -> Result<Standing, RowsError> {
        self.place.generations.standing()
    }

    fn open(&self, generation: u64) -> Result<Arc<dyn Store>, RowsError> {
        let store = self.place.generations.open(generation)?;
        if generation == 1 {
            return Ok(store);
        }
        let is_full = self.is_full.clone();
        Ok(Arc::new(OnDisk { store, is_full }))
    }

    fn create(&self) -> Result<u64, RowsError> {
        self.place.generations.create()
    }

    fn serve(&self, generation: u64) -> Result<(), RowsError> {
        (self.before_switch)(&self.place);
        self.place.generations.serve(generation)
    }

    fn remove(&self, generation: u64) -> Result<(), RowsError> {
        self.place.generations.remove(generation)
    }
}

/// A store whose disk has room for a note, and none for views while it is full.
struct OnDisk {
    store: Arc<dyn Store>,
    is_full: Arc<AtomicBool>,
}

impl Rows for OnDisk {
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

impl Store for OnDisk {
    fn commit(&self, changes: &Changes) -> Result<(), RowsError> {
        self.store.commit(changes)
    }

    fn load(&self, changes: &Changes) -> Result<(), RowsError> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(RowsError::Store(Box::new(io::Error::from(io::ErrorKind::StorageFull))));
        }
        self.store.load(changes)
    }

    fn flush(&self) -> Result<(), RowsError> {
        self.store.flush()
    }
}

const PEOPLE: u64 = 40;

fn everybody_writes(place: &Place) {
    for person in 0..PEOPLE {
        place.say(&format!("2.20:00 p{person} in"));
    }
}

#[test]
fn what_differs_is_told_of_one_position() {
    let place = Arc::new(Place::of(PEOPLE));
    place.caught_up(&gap(24)).stop().unwrap();
    let engine = Watched {
        place: place.clone(),
        before_switch: everybody_writes,
        is_full: Arc::default(),
    }
    .engine(12);
    let until = place.log.tail(PARTITION).unwrap();
    let status = ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
    assert_eq!(status.phase, Phase::Switched, "{:?}", status.error);
    let examples = status.diff.unwrap().examples;
    assert_eq!(examples.len(), quickly().examples);
    for example in &examples {
        assert!(!example.differences.is_empty());
        let sides = example.differences.iter().flat_map(|one| [&one.old, &one.new]);
        let proofs: Vec<Offset> = sides
            .flatten()
            .filter_map(|side| side.evidence)
            .map(|at| at.offset)
            .collect();
        assert!(!proofs.is_empty());
        assert!(
            proofs.iter().all(|offset| *offset < until),
            "it came after what was compared: {example:?}"
        );
    }
    catch_up(&engine);
    assert_eq!(fingerprint(&engine), place.afresh(&gap(12)));
    engine.stop().unwrap();
}

#[test]
fn without_room_a_rebuild_ends_and_gives_back_what_it_took() {
    let place = Arc::new(Place::of(PEOPLE));
    place.caught_up(&gap(24)).stop().unwrap();
    let is_full = Arc::new(AtomicBool::new(true));
    let engine = Watched {
        place: place.clone(),
        before_switch: |_| {},
        is_full: is_full.clone(),
    }
    .engine(12);
    let status = ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
    assert_eq!(status.phase, Phase::Failed);
    assert!(status.error.unwrap().contains("disk of the views is full"));
    assert_eq!(place.standing(), standing(1, None));
    place.say("3.01:00 p3 in");
    catch_up(&engine);
    assert_eq!(fingerprint(&engine), place.afresh(&gap(24)), "what serves goes on");
    is_full.store(false, Ordering::Relaxed);
    let status = ended(&engine, engine.start_rebuild(quickly()).unwrap().id);
    assert_eq!(status.phase, Phase::Switched, "{:?}", status.error);
    assert_eq!(fingerprint(&engine), place.afresh(&gap(12)));
    engine.stop().unwrap();
}
