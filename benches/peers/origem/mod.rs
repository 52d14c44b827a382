//! Ours: the real engine, as it is.

mod pages;
mod rows;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::time::Timestamp;
use origem_engine::{Delivery, Engine, Options, Source};
use origem_log_segments::SegmentLog;
use origem_measure::Figure;
use origem_projector::BulkSettings;
use origem_store_sled::SledStore;
use origem_testkit::SECRET;
use origem_testkit::build::at;
use origem_testkit::traffic::Line;
use tokio::runtime::Runtime;

use crate::exchange::{Rows, count, read_events, write_views};

/// Events of one append.
const BATCH: usize = 1_000;
const LONG: Duration = Duration::from_secs(4 * 3_600);

/// Runs all figures on the data; leaves the rows that a rebuild made in `out`.
pub fn run(data: &Path, out: &Path) -> Vec<Figure> {
    let lines = read_events(data);
    let bodies = bodies(&lines);
    let events = count(&lines);
    let place = out.join("store");
    let rate =
        |name: &str, took: Duration| figure(name, events, &[], "events/s", &[events as f64 / took.as_secs_f64()]);

    let loaded = load(&bodies, &place);
    let began = Instant::now();
    let views = engine(&place, in_bulk());
    wait(&views);
    views.stop().unwrap();
    let rebuilt = began.elapsed();
    drop(views);
    // Stopped, so that all of it is on stable storage; opened again to be asked.
    let views = engine(&place, in_bulk());
    write_views(out, &rows::all(&views, &lines));
    let mut figures = vec![rate("load", loaded), rate("rebuild", rebuilt)];
    figures.extend(pages::all(&views, data, events));
    views.stop().unwrap();
    drop(views);
    fs::remove_dir_all(&place).unwrap();

    let (views, ingested) = ingest(&bodies, &place);
    figures.push(rate("ingest", ingested));
    views.stop().unwrap();
    drop(views);
    fs::remove_dir_all(&place).unwrap();
    figures
}

/// The rows of the views as a projector has them that followed the log from its beginning; works in `place` and removes it.
pub fn followed(lines: &[Line], place: &Path) -> Vec<Rows> {
    let (views, _) = ingest(&bodies(lines), place);
    let rows = rows::all(&views, lines);
    views.stop().unwrap();
    drop(views);
    fs::remove_dir_all(place).unwrap();
    rows
}

/// A figure of ours.
fn figure(name: &str, events: u64, more: &[(&str, &str)], unit: &str, values: &[f64]) -> Figure {
    let events = events.to_string();
    let parameters = [("peer", "origem"), ("events", &events), ("durability", "fsync")];
    Figure::of(&format!("peers/{name}"), &[&parameters, more].concat(), unit, values)
}

/// The events as producers send them, made before anything is measured.
fn bodies(lines: &[Line]) -> Vec<String> {
    let time = |line: &Line| Timestamp::from_micros(line.occurred_at).to_string();
    lines.iter().map(|line| line.event(&time(line)).to_string()).collect()
}

/// Views are made in bulk however few the events are, as they are of many.
fn in_bulk() -> Options {
    let mut options = Options::default();
    options.projector.bulk = Some(BulkSettings {
        records_min: 1,
        ..BulkSettings::default()
    });
    options
}

fn engine(place: &Path, options: Options) -> Arc<Engine> {
    let (log, _) = SegmentLog::open(&place.join("log"), &Default::default()).unwrap();
    let store = SledStore::open(&place.join("views"), &Default::default()).unwrap();
    Arc::new(Engine::start(Arc::new(log), Arc::new(store), SECRET, options).unwrap())
}

/// Into the log, with nobody who projects.
fn load(bodies: &[String], place: &Path) -> Duration {
    let (log, _) = SegmentLog::open(&place.join("log"), &Default::default()).unwrap();
    let intake = Engine::over(Arc::new(log), SECRET, Options::default()).unwrap();
    let began = Instant::now();
    append(&intake, bodies);
    let took = began.elapsed();
    intake.stop().unwrap();
    took
}

/// Into the log while the views follow; until they have everything on stable storage. Gives the views, open again.
fn ingest(bodies: &[String], place: &Path) -> (Arc<Engine>, Duration) {
    let views = engine(place, Options::default());
    let began = Instant::now();
    append(&views, bodies);
    wait(&views);
    views.stop().unwrap();
    let took = began.elapsed();
    drop(views);
    (engine(place, Options::default()), took)
}

fn append(engine: &Engine, bodies: &[String]) {
    for batch in bodies.chunks(BATCH) {
        let deliveries = batch.iter().map(|body| Delivery {
            source: Source::Event,
            body: body.as_bytes(),
            received_at: at("2026-12-31T00:00:00Z"),
            account: "default",
        });
        engine.prepare(deliveries).append(engine.log()).unwrap();
    }
}

fn wait(engine: &Arc<Engine>) {
    let runtime = Runtime::new().unwrap();
    let last = engine.status().unwrap().last();
    runtime.block_on(engine.wait(&last, LONG)).unwrap();
}
