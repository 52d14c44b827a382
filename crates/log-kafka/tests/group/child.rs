//! A member in a process of its own, so that it can be frozen as a whole. It is this test binary, told by its environment what
//! to be.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use origem_domain::position::{Offset, Partition};
use origem_log_kafka::{Cluster, GroupOptions, Listener, Membership, Protocol};

use super::broker::PATIENCE;

/// What the member tells about itself.
pub const CARD: &str = "child";

const BOOTSTRAP: &str = "GROUP_CHILD_BOOTSTRAP";
const TOPIC: &str = "GROUP_CHILD_TOPIC";
const GROUP: &str = "GROUP_CHILD_GROUP";
const CLASSIC: &str = "GROUP_CHILD_CLASSIC";

pub struct Child {
    process: std::process::Child,
    lines: Receiver<String>,
}

impl Child {
    pub fn start(cluster: &Cluster, topic: &str, group: &str, protocol: Protocol) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::be_a_member", "--ignored", "--nocapture"])
            .env(BOOTSTRAP, &cluster.bootstrap)
            .env(TOPIC, topic)
            .env(GROUP, group)
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

    pub fn pause(&self) {
        self.signal("STOP");
    }

    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([format!("-{signal}"), self.process.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// The next line that holds `word`.
    pub fn line_with(&mut self, word: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            if line.contains(word) {
                return line;
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Prints;

impl Listener for Prints {
    fn assigned(&self, partitions: &[Partition]) {
        #[expect(clippy::print_stdout, reason = "the parent reads it")]
        {
            println!("assigned {partitions:?}");
        }
    }

    fn revoked(&self, partitions: &[Partition], lost: bool) {
        #[expect(clippy::print_stdout, reason = "the parent reads it")]
        {
            println!("revoked {partitions:?} lost={lost}");
        }
    }
}

#[test]
#[ignore = "the process that other tests start and freeze"]
fn be_a_member() {
    let told = |name: &str| std::env::var(name).ok();
    let (Some(bootstrap), Some(topic), Some(group)) = (told(BOOTSTRAP), told(TOPIC), told(GROUP)) else {
        return;
    };
    let protocol = match told(CLASSIC).as_deref() {
        Some("true") => Protocol::Classic,
        _ => Protocol::Consumer,
    };
    let options = GroupOptions {
        session_timeout: Duration::from_secs(2),
        handover_max: Duration::from_secs(10),
        protocol,
        commit_interval: Duration::from_millis(50),
        ..GroupOptions::new(&group)
    };
    let member = Membership::join(
        &Cluster::new(&bootstrap),
        &topic,
        options,
        CARD.to_owned(),
        Arc::new(Prints),
    )
    .unwrap();
    // Commits all the time, so that a commit is under way whenever it is frozen. Ends when the parent does: stdin closes.
    let (ended, end) = channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().lines().count();
        let _ = ended.send(());
    });
    let mut offset = 0;
    while end.recv_timeout(Duration::from_millis(10)).is_err() {
        offset += 1;
        for partition in member.status().assigned {
            member.progress(partition, Offset(offset));
        }
    }
}
