//! Helpers: a log and generations of views in memory, which outlive the engines that are started on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use origem_codec::RawParts;
use origem_domain::position::{Offset, Partition};
use origem_domain::rules::Rulebook;
use origem_domain::time::{HOUR, Timestamp};
use origem_domain::zone::Zone;
use origem_engine::query::Clock;
use origem_engine::rebuild::{RebuildOptions, RebuildStatus, Settings};
use origem_engine::{Engine, EngineError, Options};
use origem_log::{EventLog, MemoryLog};
use origem_projector::BulkSettings;
use origem_testkit::{SECRET, script};
use origem_views::generations::{Generations, MemoryGenerations, Standing};
use origem_views::meta;

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
pub const PARTITION: Partition = Partition(0);

/// What outlives an engine.
#[derive(Default)]
pub struct Place {
    pub log: Arc<MemoryLog>,
    pub generations: Arc<MemoryGenerations>,
    /// New views are loaded in bulk, however short the log is.
    pub bulk: bool,
    messages: AtomicU64,
}

/// When questions are asked.
pub fn clock() -> Clock {
    Clock {
        at: Timestamp::parse("2027-01-01T00:00:00Z").unwrap(),
        zone: Zone::UTC,
    }
}

/// The rules in which an interaction ends after so many hours.
pub fn gap(hours: i64) -> Arc<Rulebook> {
    Arc::new(Rulebook::default().changed(Timestamp::MIN, |rules| rules.interaction_gap = hours * HOUR))
}

/// A rebuild as fast as it can be.
pub fn quickly() -> RebuildOptions {
    RebuildOptions {
        cpu_share: 1.0,
        ..RebuildOptions::default()
    }
}

impl Place {
    /// A log in which `people` wrote twice, nineteen hours apart.
    pub fn of(people: u64) -> Self {
        let place = Self::default();
        for person in 0..people {
            place.say(&format!("1.10:00 p{person} in"));
            place.say(&format!("2.05:00 p{person} in"));
        }
        place
    }

    /// One whose views of a gap of 24 hours were about to be rebuilt for one of 12 when the engine was stopped.
    pub fn interrupted() -> Self {
        let place = Self::of(50);
        place.caught_up(&gap(24)).stop().unwrap();
        let slowly = RebuildOptions {
            cpu_share: 0.001,
            records_max: 1,
            ..quickly()
        };
        let engine = place.engine_with(&gap(12), true, slowly);
        told(&engine, |engine| {
            (engine.rebuilds().first()?.events_done > 0).then_some(())
        });
        engine.stop().unwrap();
        assert_eq!(place.standing().others, [2]);
        place
    }

    /// Appends a message, which gets an id.
    pub fn say(&self, line: &str) {
        let number = self.messages.fetch_add(1, Ordering::Relaxed);
        let recorded = &script::records(&format!("{line} m{number}"))[0];
        let (event, source, at) = (&recorded.event, &recorded.source, recorded.received_at);
        let record = origem_codec::encode(event, source, at, RawParts::default(), &SECRET);
        self.log.append(PARTITION, &[&record]).unwrap();
    }

    /// An engine under rules, which rebuilds by itself or not.
    pub fn engine(&self, rulebook: &Arc<Rulebook>, automatic: bool) -> Arc<Engine> {
        self.engine_with(rulebook, automatic, quickly())
    }

    pub fn engine_with(&self, rulebook: &Arc<Rulebook>, automatic: bool, usual: RebuildOptions) -> Arc<Engine> {
        self.start(rulebook, Settings { automatic, usual }).unwrap()
    }

    /// The same, which may be refused.
    pub fn start(&self, rulebook: &Arc<Rulebook>, rebuild: Settings) -> Result<Arc<Engine>, EngineError> {
        self.start_on(self.generations.clone(), rulebook, rebuild)
    }

    /// The same on other generations.
    pub fn start_on(
        &self,
        generations: Arc<dyn Generations>,
        rulebook: &Arc<Rulebook>,
        rebuild: Settings,
    ) -> Result<Arc<Engine>, EngineError> {
        let mut options = Options {
            rebuild,
            ..Options::default()
        };
        options.projector.folding.rulebook = rulebook.clone();
        if self.bulk {
            options.projector.bulk = Some(BulkSettings {
                records_min: 1,
                ..BulkSettings::default()
            });
        }
        Engine::start(self.log.clone(), generations, SECRET, options).map(Arc::new)
    }

    /// An engine whose views are as far as the log.
    pub fn caught_up(&self, rulebook: &Arc<Rulebook>) -> Arc<Engine> {
        let engine = self.engine(rulebook, false);
        catch_up(&engine);
        engine
    }

    pub fn standing(&self) -> Standing {
        self.generations.standing().unwrap()
    }

    /// What a fold of the whole log under these rules gives.
    pub fn afresh(&self, rulebook: &Arc<Rulebook>) -> u128 {
        let fresh = Self {
            log: self.log.clone(),
            // As they come: what a load in bulk gives is compared with that.
            ..Self::default()
        };
        let engine = fresh.caught_up(rulebook);
        let fingerprint = fingerprint(&engine);
        engine.stop().unwrap();
        fingerprint
    }
}

fn wait<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, what).await.expect("it takes too long") })
}

/// Waits until the views are as far as the log is now.
pub fn catch_up(engine: &Engine) {
    projected(engine, engine.log().tail(PARTITION).unwrap());
}

/// Waits until the views hold everything before an offset.
pub fn projected(engine: &Engine, next: Offset) {
    let mut news = engine.news();
    wait(async {
        while engine.shards()[0].progress().checkpoint.next < next {
            news.changed().await.unwrap();
        }
    });
}

/// The hash of what serves.
pub fn fingerprint(engine: &Engine) -> u128 {
    meta::fingerprint(&*engine.shards()[0].rows()).unwrap()
}

/// Where the views are.
pub fn next(engine: &Engine) -> Offset {
    engine.pin(&engine.shards()[0]).unwrap().view().checkpoint.next
}

/// Waits until something can be told of rebuilds; gives it.
pub fn told<T>(engine: &Engine, mut what: impl FnMut(&Engine) -> Option<T>) -> T {
    let mut news = engine.rebuild_watch();
    wait(async {
        loop {
            news.mark_unchanged();
            if let Some(told) = what(engine) {
                return told;
            }
            news.changed().await.unwrap();
        }
    })
}

/// Waits for the end of a rebuild; gives how it ended.
pub fn ended(engine: &Engine, id: u64) -> RebuildStatus {
    told(engine, |engine| {
        engine.rebuild(id).ok().filter(|status| status.phase.is_over())
    })
}
