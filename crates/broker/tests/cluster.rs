//! Real brokers: they start, die, come back and are gone when nobody holds them any more.

#![allow(clippy::unwrap_used)] // helpers of tests; a failure is meant to stop them

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use origem_broker::{Cluster, Options, answers, story, story_of_own};

const ONE: Options = Options {
    brokers: 1,
    measured: false,
};

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "waited too long until {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether the process is there and has not ended.
fn is_alive(process: u32) -> bool {
    let output = Command::new("ps")
        .args(["-o", "stat=", "-p", &process.to_string()])
        .output();
    let state = String::from_utf8(output.unwrap().stdout).unwrap();
    !state.trim().is_empty() && !state.starts_with('Z')
}

fn processes(cluster: &mut Cluster) -> Vec<u32> {
    cluster.nodes().iter().filter_map(|node| node.process).collect()
}

fn port(address: &str) -> u16 {
    address.rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
fn a_broker_is_killed_paused_and_started_again() {
    let Some(mut cluster) = story_of_own("a broker is killed, paused and started again", ONE) else {
        return;
    };
    let endpoints = cluster.endpoints().clone();
    let (plain, secure) = (port(&endpoints.bootstrap), endpoints.secure.unwrap());
    // Logins begin after this request, so the listener without TLS answers it too.
    assert!(answers(plain) && answers(port(&secure.sasl_plaintext)));
    assert!(
        std::fs::read_to_string(&secure.ca_pem)
            .unwrap()
            .contains("BEGIN CERTIFICATE")
    );
    let first = processes(&mut cluster);

    cluster.pause(1).unwrap();
    assert!(!answers(plain));
    cluster.resume(1).unwrap();
    wait_until("it answers after the pause", || answers(plain));
    assert!(cluster.start_again(1).is_err(), "it runs");

    cluster.kill(1).unwrap();
    assert!(!answers(plain) && !is_alive(first[0]));
    assert!(cluster.kill(1).is_err() && cluster.pause(1).is_err(), "it does not run");
    assert!(cluster.kill(2).is_err(), "there is no such node");

    // Its port was taken meanwhile: the error says so, and it can be tried again.
    let taken = TcpListener::bind(("127.0.0.1", plain)).unwrap();
    let refused = cluster.start_again(1).unwrap_err().to_string();
    assert!(refused.contains("Address already in use"), "{refused}");
    drop(taken);

    cluster.start_again(1).unwrap();
    assert!(answers(plain));
    let second = processes(&mut cluster);
    assert_ne!(first, second);

    let folder = cluster.folder().to_owned();
    cluster.stop();
    assert!(!answers(plain) && !is_alive(second[0]) && !folder.exists());
}

#[test]
fn three_brokers_do_without_one() {
    let Some(mut cluster) = story_of_own("three brokers do without one", Options { brokers: 3, ..ONE }) else {
        return;
    };
    let ports: Vec<u16> = cluster.endpoints().bootstrap.split(',').map(port).collect();
    assert_eq!(ports.iter().collect::<HashSet<_>>().len(), 3);
    let all = processes(&mut cluster);
    cluster.kill(2).unwrap();
    let answering = |ports: &[u16]| ports.iter().map(|port| answers(*port)).collect::<Vec<_>>();
    assert_eq!(answering(&ports), [true, false, true]);
    cluster.start_again(2).unwrap();
    assert_eq!(answering(&ports), [true, true, true]);
    drop(cluster);
    assert!(all.iter().all(|process| !is_alive(*process)));
}

#[test]
fn two_that_start_at_once_do_not_disturb_each_other() {
    let name = "two that start at once do not disturb each other";
    let started = std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| story_of_own(name, ONE)));
        both.map(|one| one.join().unwrap())
    });
    let [Some(one), Some(other)] = started else {
        return;
    };
    assert_ne!(one.folder(), other.folder());
    for cluster in [one, other] {
        assert!(answers(port(&cluster.endpoints().bootstrap)));
    }
}

#[test]
fn a_story_gets_the_same_broker_again() {
    let name = "a story gets the same broker again";
    let Some(first) = story(name) else {
        return;
    };
    assert_eq!(story(name), Some(first.clone()));
    // A cluster of others, named by the environment, may be anywhere.
    if first.bootstrap.starts_with("127.0.0.1:") {
        assert!(first.bootstrap.split(',').all(|address| answers(port(address))));
    }
}

#[test]
fn nothing_is_left_when_the_owner_is_killed() {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "owner_to_be_killed",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(owner.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix(TOLD).map(str::to_owned));
    owner.kill().unwrap();
    owner.wait().unwrap();
    // It told nothing: it had no broker, and has said so by name.
    let Some((process, folder)) = told.as_deref().and_then(|told| told.split_once(' ')) else {
        return;
    };
    let process: u32 = process.parse().unwrap();
    wait_until("the broker has ended", || !is_alive(process));
    // It may be gone altogether: the next cluster that starts sweeps.
    if let Ok(lock) = File::open(Path::new(folder).join("lock")) {
        wait_until("nothing holds the cluster", || lock.try_lock_shared().is_ok());
    }
}

/// What the owner prints before its process and folder.
const TOLD: &str = "OWNED ";

#[test]
#[ignore = "runs in a process of its own, which another test kills"]
fn owner_to_be_killed() {
    let Some(mut cluster) = story_of_own("nothing is left when the owner is killed", ONE) else {
        return;
    };
    let process = processes(&mut cluster)[0];
    println!("\n{TOLD}{process} {}", cluster.folder().display());
    // Run by hand, it ends when its stdin does.
    let mut nothing = Vec::new();
    std::io::stdin().read_to_end(&mut nothing).unwrap();
}
