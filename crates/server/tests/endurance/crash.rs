//! The server is killed (`kill -9`) at any moment under load, again and again. Nothing acknowledged is lost, nothing is folded twice,
//! and the views are what a fold of the log from the start gives.
//!
//! ```text
//! life:   start ---- load, beside it perhaps a rebuild or a backup ---- kill -9 ---- look at the log
//!           \--- or killed here, before anybody could ask                              every so often: look at everything
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use origem_store_sled::{Options as StoreOptions, SledGenerations};
use origem_testkit::chance::Chance;
use origem_views::generations::Generations as _;

use crate::check::{self, Found};
use crate::client::{Client, Told};
use crate::keeper::Keeper;
use crate::knobs;
use crate::over::Over;
use crate::process::{self, command, on, origem};
use crate::server::{SECRET, Server};
use crate::world::{World, fingerprint};

const CLIENTS: u64 = 4;
/// Milliseconds that a server works, at most, before it is killed.
const LOAD_MS_MAX: u64 = 400;
/// Milliseconds after which a server that is killed while it starts is killed, at most.
const START_MS_MAX: u64 = 250;
/// Lives between two looks at everything.
const LOOK_EVERY: usize = 50;

/// When the server is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    UnderLoad,
    WhileStarting,
    WhileRebuilding,
    WhileBackedUp,
}

impl Moment {
    /// The first lives have one of each, the others what chance gives.
    fn of(life: usize, chance: &mut Chance) -> Self {
        let each = [
            Self::UnderLoad,
            Self::WhileRebuilding,
            Self::WhileStarting,
            Self::WhileBackedUp,
        ];
        let usual = [
            Self::UnderLoad,
            Self::UnderLoad,
            Self::WhileRebuilding,
            Self::WhileStarting,
            Self::WhileBackedUp,
        ];
        each.get(life).copied().unwrap_or_else(|| *chance.pick(&usual))
    }
}

/// What a run did and found.
#[derive(Default)]
struct Report {
    seed: u64,
    kills: BTreeMap<Moment, usize>,
    /// Kills that left a generation of views half made.
    half_made: usize,
    /// Backups that were killed with the server, or ended in spite of it.
    backups: [usize; 2],
    acknowledged: u64,
    again: u64,
    unanswered: u64,
    entries: u64,
    took: Duration,
    found: Found,
    /// The data, where something was found.
    kept: Option<PathBuf>,
}

impl Report {
    fn line(&self) -> String {
        let kills: usize = self.kills.values().sum();
        let found = &self.found;
        let (lost, doubled) = (found.lost.len(), found.doubled.len());
        let mut line = format!("{kills} kills, {lost} lost, {doubled} doubled (seed {})", self.seed);
        if !found.wrong.is_empty() {
            write!(line, ", and {} wrong", found.wrong.len()).unwrap();
        }
        line
    }

    /// The same as a table for a page.
    fn table(&self) -> String {
        let mut table = String::from("| what | count |\n|---|---|\n");
        for (moment, kills) in &self.kills {
            writeln!(table, "| kills {} | {kills} |", name(*moment)).unwrap();
        }
        let rows = [
            ("kills with views half made", self.half_made as u64),
            ("backups killed with the server", self.backups[0] as u64),
            ("backups that ended beside a killed server", self.backups[1] as u64),
            ("deliveries acknowledged", self.acknowledged),
            ("of these, sent again on purpose", self.again),
            ("deliveries without an answer, sent again", self.unanswered),
            ("entries of the directory acknowledged", self.entries),
            ("lost", self.found.lost.len() as u64),
            ("doubled", self.found.doubled.len() as u64),
            ("seconds", self.took.as_secs()),
        ];
        for (what, count) in rows {
            writeln!(table, "| {what} | {count} |").unwrap();
        }
        table
    }
}

const fn name(moment: Moment) -> &'static str {
    match moment {
        Moment::UnderLoad => "under load",
        Moment::WhileStarting => "while it starts",
        Moment::WhileRebuilding => "while views are rebuilt",
        Moment::WhileBackedUp => "while it is backed up",
    }
}

/// The world of a run. It stays on the disk if the run panics: it is the evidence.
struct Evidence(Option<World>);

impl Evidence {
    /// Nobody removes it; where its data is.
    fn keep(&mut self) -> Option<PathBuf> {
        let world = self.0.take()?;
        let data = world.data();
        std::mem::forget(world);
        Some(data)
    }
}

impl Deref for Evidence {
    type Target = World;

    fn deref(&self) -> &World {
        self.0.as_ref().unwrap()
    }
}

impl Drop for Evidence {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("data kept in {:?}", self.keep());
        }
    }
}

/// Whatever happens to one data directory.
struct Run {
    world: Evidence,
    chance: Chance,
    clients: Vec<Client>,
    keeper: Keeper,
    report: Report,
    /// Acknowledgements of each client that were looked at.
    looked_at: Vec<usize>,
}

impl Run {
    fn new(seed: u64) -> Self {
        Self {
            world: Evidence(Some(World::new())),
            chance: Chance::new(seed, 0),
            clients: (0..CLIENTS).map(|number| Client::new(seed, number)).collect(),
            keeper: Keeper::new(),
            report: Report {
                seed,
                ..Report::default()
            },
            looked_at: vec![0; CLIENTS as usize],
        }
    }

    /// Kills so often, and looks at everything in the end; stops at the first life after which something is wrong.
    fn go(mut self, kills: usize) -> Report {
        let began = Instant::now();
        for life in 0..kills {
            let moment = Moment::of(life, &mut self.chance);
            match moment {
                Moment::WhileStarting => self.start_and_kill(),
                _ => self.load_and_kill(life, moment),
            }
            *self.report.kills.entry(moment).or_default() += 1;
            self.look(life);
            if (life + 1) % LOOK_EVERY == 0 && self.report.found.is_nothing() {
                self.look_at_everything(life);
                println!("{} after {:.0} s", self.report.line(), began.elapsed().as_secs_f64());
            }
            if !self.report.found.is_nothing() {
                break;
            }
        }
        if self.report.found.is_nothing() {
            self.end(kills);
        }
        self.report.took = began.elapsed();
        if !self.report.found.is_nothing() {
            self.report.kept = self.world.keep();
        }
        self.report
    }

    fn start_and_kill(&mut self) {
        let mut server = serve(&self.world.data())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // No condition to wait for: at any moment is what is tried.
        thread::sleep(Duration::from_millis(self.chance.below(START_MS_MAX)));
        server.kill().unwrap();
        server.wait().unwrap();
    }

    fn load_and_kill(&mut self, life: usize, moment: Moment) {
        let mut server = Server::start(serve(&self.world.data()));
        let (before, after) = (self.chance.below(LOAD_MS_MAX / 2), self.chance.below(LOAD_MS_MAX / 2));
        let dies_with_it = self.chance.once_in(2);
        let over = AtomicBool::new(false);
        let (clients, keeper, world) = (&mut self.clients, &mut self.keeper, &*self.world);
        let backup = thread::scope(|scope| {
            for client in clients {
                scope.spawn(|| client.run(&server, life, &over));
            }
            scope.spawn(|| keeper.run(&server, &over));
            // The server that they work for is killed, unless what comes before that panics.
            let _over = Over(&over);
            // No condition to wait for: at any moment is what is tried.
            thread::sleep(Duration::from_millis(before));
            let backup = match moment {
                Moment::WhileBackedUp => Some(back_up(world)),
                Moment::WhileRebuilding => {
                    let answer = server.post("/v1/admin/rebuilds", &[], br#"{"cpu_share":1.0}"#);
                    // One that was interrupted goes on by itself; while views are still being folded there is none.
                    assert!([202, 409, 503].contains(&answer.status), "{answer:?}");
                    None
                }
                Moment::UnderLoad | Moment::WhileStarting => None,
            };
            thread::sleep(Duration::from_millis(after));
            server.crash();
            backup
        });
        server.kill();
        if let Some(backup) = backup {
            self.end_backup(backup, dies_with_it);
        }
        let generations = SledGenerations::open(&self.world.data().join("views"), &StoreOptions::default()).unwrap();
        self.report.half_made += usize::from(!generations.standing().unwrap().others.is_empty());
    }

    fn end_backup(&mut self, mut backup: Child, dies: bool) {
        if dies {
            drop(backup.kill());
            backup.wait().unwrap();
            self.report.backups[0] += 1;
        } else {
            let status = process::end(&mut backup);
            assert!(status.success(), "a backup does not need the server: {status}");
            self.report.backups[1] += 1;
        }
    }

    /// What was acknowledged in the last life is in the log.
    fn look(&mut self, life: usize) {
        let new: Vec<&[Told]> = self
            .clients
            .iter()
            .zip(&self.looked_at)
            .map(|(client, from)| &client.told[*from..])
            .collect();
        self.report.found.add(check::log_holds(&self.world.data(), &new));
        for (client, from) in self.clients.iter().zip(&mut self.looked_at) {
            *from = client.told.len();
        }
        self.tell(life);
    }

    fn tell(&self, life: usize) {
        if !self.report.found.is_nothing() {
            eprintln!("after life {life}: {:#?}", self.report.found);
        }
    }

    fn look_at_everything(&mut self, life: usize) {
        let told: Vec<&[Told]> = self.clients.iter().map(|client| &client.told[..]).collect();
        let found = check::everything(&self.world, &told, "afresh");
        self.report.found.add(found);
        self.tell(life);
    }

    /// A last life that ends well, then a look at everything: data, directory and backup.
    fn end(&mut self, life: usize) {
        self.look_at_everything(life);
        let server = Server::start(serve(&self.world.data()));
        for client in &mut self.clients {
            client.finish(&server, life);
        }
        self.report.found.lost.extend(self.keeper.lost(&server));
        server.stop();
        self.look_at_everything(life);
        self.restore();
        let sum = |count: fn(&Client) -> u64| self.clients.iter().map(count).sum();
        self.report.acknowledged = sum(|client| client.told.len() as u64);
        self.report.again = sum(|client| client.again);
        self.report.unanswered = sum(|client| client.unanswered);
        self.report.entries = self.keeper.acknowledged();
    }

    /// The backup, whatever became of those that were killed, brings everything back.
    fn restore(&mut self) {
        process::end(&mut back_up(&self.world));
        let backup = self.world.path("backup");
        let backup = backup.to_str().unwrap();
        origem(&["backup", "verify", backup]).done();
        let restored = self.world.path("restored");
        on(&restored, &["restore", "--from", backup]).done();
        on(&restored, &["query", "conversations", "--filter", "limit=1"]).done();
        if fingerprint(&restored) != fingerprint(&self.world.data()) {
            self.report
                .found
                .wrong
                .push("the restored backup tells something else".to_owned());
        }
    }
}

/// `serve` with every commit on the disk before it is acknowledged, and segments so small that many begin and end.
fn serve(data: &Path) -> Command {
    let mut serve = command(&["serve", "--listen", "127.0.0.1:0"]);
    serve.arg("--data").arg(data);
    serve.env("ORIGEM_META_APP_SECRETS", SECRET);
    serve.env("ORIGEM_LOG_SEGMENT_BYTES_MAX", (256 << 10).to_string());
    serve
}

fn back_up(world: &World) -> Child {
    let mut backup = command(&["backup", "--to"]);
    backup.arg(world.path("backup")).arg("--data").arg(world.data());
    backup.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs, and keeps what is found wrong in the message.
#[track_caller]
fn survives(kills: usize, seed: u64) -> Report {
    println!("seed {seed}");
    let report = Run::new(seed).go(kills);
    println!("{}", report.line());
    let (found, kept) = (&report.found, &report.kept);
    assert!(found.is_nothing(), "seed {seed}, data kept in {kept:?}: {found:#?}");
    report
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let report = survives(6, 7);
    assert_eq!(report.kills.len(), 4, "one of each");
    assert!(report.acknowledged > 0 && report.entries > 0);
}

#[test]
#[ignore = "minutes: cargo xtask crash"]
fn long() {
    let report = survives(
        knobs::number("ORIGEM_CRASH_KILLS", 300),
        knobs::seed("ORIGEM_CRASH_SEED"),
    );
    if knobs::is_set("ORIGEM_CRASH_REPORT") {
        println!("\n{}", report.table());
    }
}

#[test]
fn a_run_that_panics_leaves_its_data() {
    let data = Mutex::new(PathBuf::new());
    let run = || {
        let evidence = Evidence(Some(World::new()));
        std::fs::create_dir(evidence.data()).unwrap();
        *data.lock().unwrap() = evidence.data();
        assert_eq!(evidence.data(), Path::new(""), "something that does not hold");
    };
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    let data = data.lock().unwrap();
    assert!(data.exists(), "the evidence is there");
    std::fs::remove_dir_all(data.parent().unwrap()).unwrap();
    // One that ends well leaves nothing.
    let evidence = Evidence(Some(World::new()));
    let root = evidence.path("");
    drop(evidence);
    assert!(!root.exists());
}

/// A check that finds nothing proves nothing, unless it finds what is wrong.
#[test]
fn what_is_wrong_is_found() {
    let world = World::new();
    let server = Server::start(serve(&world.data()));
    let mut client = Client::new(1, 0);
    client.deliver(&server, 20);
    server.stop();
    assert_eq!(check::everything(&world, &[&client.told], "afresh"), Found::default());
    // Something else stands at the place that was told.
    let id = std::mem::replace(&mut client.told[3].ids[0], "wamid.never".to_owned());
    assert_eq!(check::everything(&world, &[&client.told], "afresh").lost.len(), 1);
    client.told[3].ids[0] = id;
    // What was acknowledged first stands behind what came later.
    client.told.swap(3, 9);
    assert_eq!(check::everything(&world, &[&client.told], "afresh").wrong.len(), 2);
    client.told.swap(3, 9);
    // The last bytes of the log are gone.
    let mut segments: Vec<_> = std::fs::read_dir(world.data().join("log"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    let last = segments.iter().max().unwrap();
    let bytes = std::fs::read(last).unwrap();
    std::fs::write(last, &bytes[..bytes.len() - 10]).unwrap();
    assert_ne!(check::log_holds(&world.data(), &[&client.told]), Found::default());
}
