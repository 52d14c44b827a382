//! A machine: a disk and stores that outlive the engine which runs on them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use origem_domain::directory::{Item, Kind};
use origem_domain::position::Offset;
use origem_domain::rules::Rulebook;
use origem_engine::rebuild::{RebuildOptions, Settings};
use origem_engine::{Engine, EngineError, Options, Progress, Wish, Writer};
use origem_log::EventLog as _;
use origem_log_segments::{Disk, OpenError, Options as LogOptions, Plan, Recovery, Restart, SegmentLog};
use origem_projector::{BulkSettings, Folding};
use origem_testkit::SECRET;
use origem_testkit::chance::Chance;
use origem_views::generations::Generations;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::gate::GatedLog;
use crate::store::SimGenerations;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at what tells nobody when it changes.
const LOOK: Duration = Duration::from_millis(1);
/// Who works here.
pub const AGENTS: [&str; 2] = ["ana", "bia"];

/// What is decided before an engine starts.
#[derive(Debug, Clone)]
pub struct Start {
    pub rulebook: Arc<Rulebook>,
    /// Rebuilds are begun and gone on with by themselves.
    pub automatic: bool,
    /// New views are loaded in bulk.
    pub bulk: bool,
    /// Records of one commit.
    pub records_max: usize,
    /// Up to where the log is seen.
    pub visible: Offset,
}

/// Disk and stores, and the engine while it runs.
pub struct Machine {
    pub disk: Disk,
    pub generations: Arc<SimGenerations>,
    runtime: Runtime,
    running: Option<Running>,
}

/// An engine on its log.
pub struct Running {
    pub engine: Arc<Engine>,
    pub log: Arc<GatedLog>,
}

/// Segments of a few records each.
fn log_options() -> LogOptions {
    LogOptions {
        segment_bytes_max: 6_000,
        record_bytes_max: 1 << 20,
        batch_bytes_max: 4 << 20,
        reserve_bytes: 0,
        ..LogOptions::default()
    }
}

/// A rebuild of one record after the other, so that it can be stopped at any.
pub fn step_by_step() -> RebuildOptions {
    RebuildOptions {
        cpu_share: 1.0,
        records_max: 1,
        ..RebuildOptions::default()
    }
}

impl Machine {
    /// A machine with this disk and no views yet.
    pub fn with(disk: Disk) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self {
            disk,
            generations: Arc::default(),
            runtime: runtime.unwrap(),
            running: None,
        }
    }

    /// Starts an engine; what opening the log found.
    ///
    /// # Errors
    /// Those of opening the log. That the engine cannot be started on a log that opens is a broken promise.
    pub fn start(&mut self, start: &Start) -> Result<Recovery, OpenError> {
        self.generations.heal();
        let (log, recovery) = SegmentLog::open_on_disk(&self.disk, &log_options())?;
        let log = Arc::new(GatedLog::new(log, start.visible));
        let mut options = Options {
            rebuild: Settings {
                automatic: start.automatic,
                usual: step_by_step(),
            },
            ..Options::default()
        };
        let projector = &mut options.projector;
        projector.folding = Folding {
            rulebook: start.rulebook.clone(),
            ..Folding::in_lanes(2)
        };
        (projector.live_records_max, projector.behind_records_max) = (start.records_max, start.records_max);
        projector.bulk = start.bulk.then(|| BulkSettings {
            records_min: 1,
            ..BulkSettings::default()
        });
        let home: Arc<dyn Generations> = self.generations.clone();
        let engine = Engine::start(log.clone(), home, SECRET, options).unwrap();
        for agent in AGENTS {
            let wish = Wish {
                account: "default".to_owned(),
                id: agent.to_owned(),
                item: Item::read(Kind::Agent, json!({"name": agent, "role": "manager"})).unwrap(),
            };
            engine.directory().put(&[wish], &Writer::default()).unwrap();
        }
        self.running = Some(Running {
            engine: Arc::new(engine),
            log,
        });
        Ok(recovery)
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.running().engine
    }

    /// Runs something of the engine to its end.
    pub fn wait_for<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, what).await.expect("it takes too long") })
    }

    /// Waits until nothing moves any more: the views are as far as the log is seen, or will never be; a rebuild has ended, or waits
    /// where it was told to.
    pub fn settle(&self) -> Progress {
        let Running { engine, log } = self.running();
        let shard = engine.shards()[0].clone();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let progress = shard.progress();
            let seen = log.tail(shard.partition()).unwrap();
            let is_there = progress.failed || (!progress.loading && progress.checkpoint.next >= seen);
            if is_there && (progress.failed || self.generations.is_paused() || !engine.is_rebuilding()) {
                return progress;
            }
            assert!(
                Instant::now() < deadline,
                "it does not settle: {progress:?} of {seen}, {:?}",
                engine.rebuilds()
            );
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until whatever rebuilds by itself has what it wants: nothing half made, and views under `rulebook`.
    pub fn settle_by_itself(&self, rulebook: &Rulebook) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let progress = self.settle();
            let is_done =
                self.generations.standing().unwrap().others.is_empty() && self.rules().as_ref() == Some(rulebook);
            if progress.failed || is_done {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "nothing rebuilds by itself: {:?}",
                self.engine().rebuilds()
            );
            std::thread::sleep(LOOK);
        }
    }

    /// The rules that the views which serve were made under; `None` while they are not whole.
    pub fn rules(&self) -> Option<Rulebook> {
        let rows = self.engine().shards()[0].rows();
        let versions = origem_views::meta::versions(&*rows).unwrap();
        versions.map(|versions| versions.rulebook)
    }

    /// Stops the engine as an init system does.
    ///
    /// # Errors
    /// Those of stopping.
    pub fn stop(&mut self) -> Result<(), EngineError> {
        self.generations.go_on();
        let Some(Running { engine, log }) = self.running.take() else {
            return Ok(());
        };
        log.close();
        engine.stop()
    }

    /// The machine goes down at once, and comes back with what is on its disk.
    pub fn crash(&mut self, how: Restart, chance: &mut Chance) {
        self.generations.die();
        self.disk.plan(Plan::Crash(0));
        // Nothing that it writes from here on arrives.
        drop(self.stop());
        self.disk.restart(how);
        self.generations.come_back(chance);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.stop());
    }
}
