//! An instance of intake in a process of its own, so that it can be killed and frozen as a whole. It is this test binary, told
//! by its environment what to be.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use origem_log_kafka::{Cluster, Inbound, Intake, IntakeOptions, Outgoing, Protocol, Refusal, Transform};

use super::broker::PATIENCE;
use super::topics::{Identity, Topics};

const BOOTSTRAP: &str = "INTAKE_CHILD_BOOTSTRAP";
const INBOUND: &str = "INTAKE_CHILD_INBOUND";
const EVENTS: &str = "INTAKE_CHILD_EVENTS";
const GROUP: &str = "INTAKE_CHILD_GROUP";
const NAME: &str = "INTAKE_CHILD_NAME";
const CLASSIC: &str = "INTAKE_CHILD_CLASSIC";

pub struct Child {
    process: std::process::Child,
    lines: Receiver<String>,
}

impl Child {
    /// An instance whose transactions are called `name`; by the classic protocol it keeps its place over restarts.
    pub fn start(topics: &Topics, name: &str, protocol: Protocol) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::be_an_instance", "--ignored", "--nocapture"])
            .env(BOOTSTRAP, &topics.cluster.bootstrap)
            .env(INBOUND, &topics.inbound)
            .env(EVENTS, &topics.events)
            .env(GROUP, &topics.group)
            .env(NAME, name)
            .env(CLASSIC, (protocol == Protocol::Classic).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { process, lines }
    }

    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([format!("-{signal}"), self.process.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// SIGKILL; it is gone on return.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits until it says that one of its numbers is at least `count`.
    pub fn wait_for(&self, number: &str, count: u64) {
        let of_line = |line: &str| -> Option<u64> {
            let (name, value) = line
                .split(' ')
                .filter_map(|word| word.split_once('='))
                .find(|(name, _)| *name == number)?;
            assert_eq!(name, number);
            value.parse().ok()
        };
        let begun = Instant::now();
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if of_line(&line).is_some_and(|found| found >= count) {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "waited in vain for {number}={count}: {line}"
            );
        }
    }

    /// Forgets the lines said so far.
    pub fn forget(&self) {
        while self.lines.try_recv().is_ok() {}
    }
}

impl Drop for Child {
    #[allow(clippy::print_stdout)] // it is for whoever reads how a story failed
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Why it stands still, perhaps.
            println!("an instance said last: {:?}", self.lines.try_iter().last());
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Slow enough that nearly all the time some transaction is open.
struct Slow;

impl Transform for Slow {
    fn transform(&self, inbound: &Inbound<'_>) -> Vec<Outgoing> {
        std::thread::sleep(Duration::from_micros(200));
        Identity.transform(inbound)
    }

    fn refused(&self, inbound: &Inbound<'_>, why: Refusal) -> Vec<Outgoing> {
        Identity.refused(inbound, why)
    }
}

#[test]
#[ignore = "the process that other tests start, kill and freeze"]
fn be_an_instance() {
    let told = |name: &str| std::env::var(name).ok();
    let (Some(bootstrap), Some(inbound), Some(events), Some(group), Some(name)) =
        (told(BOOTSTRAP), told(INBOUND), told(EVENTS), told(GROUP), told(NAME))
    else {
        return;
    };
    let topics = Topics {
        cluster: Cluster::new(&bootstrap),
        inbound,
        events,
        group,
    };
    let classic = told(CLASSIC).as_deref() == Some("true");
    let options = IntakeOptions {
        protocol: if classic { Protocol::Classic } else { Protocol::Consumer },
        instance_id: classic.then(|| name.clone()),
        batch_records_max: 100,
        ..topics.options(&name)
    };
    let intake = Intake::start(&topics.cluster, options, Arc::new(Slow)).unwrap();
    // Ends when the parent does: stdin closes.
    let (ended, end) = channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().lines().count();
        let _ = ended.send(());
    });
    while end.recv_timeout(Duration::from_millis(50)).is_err() {
        let status = intake.status();
        let failed = u64::from(status.last_error.is_some());
        println!(
            "deliveries={} aborted={} assigned={} failed={failed} {:?} {:?}",
            status.deliveries,
            status.aborted,
            status.assigned.len(),
            status.last_error,
            status.ended
        );
    }
}
