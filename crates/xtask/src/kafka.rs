//! `cargo xtask kafka`: a real Apache Kafka on this machine, in the background, for trying things and for tests.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use origem_broker::running::{self, Running};
use origem_broker::{Cluster, Error, KAFKA_VERSION, Options, answers, at_hand, class_path, home, is_required};

/// What `cargo xtask kafka` is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    /// Start a cluster in the background.
    Start(Options),
    /// Stop it.
    Stop,
    /// Tell of it.
    Status,
    /// Print the class path.
    Libs,
    /// Be the process in the background.
    Hold(Options),
}

impl Chore {
    /// Reads the words after `kafka`; `None` if they make no sense.
    pub fn read(words: &[&str]) -> Option<Self> {
        match words {
            ["start", rest @ ..] => options(rest).map(Self::Start),
            ["hold", rest @ ..] => options(rest).map(Self::Hold),
            ["stop"] => Some(Self::Stop),
            ["status"] => Some(Self::Status),
            ["libs"] => Some(Self::Libs),
            _ => None,
        }
    }
}

fn options(words: &[&str]) -> Option<Options> {
    let mut options = Options::default();
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let brokers = match word {
            "--measured" => {
                options.measured = true;
                continue;
            }
            "--brokers" => words.next()?,
            word => word.strip_prefix("--brokers=")?,
        };
        match brokers.parse() {
            Ok(brokers @ (1 | 3)) => options.brokers = brokers,
            _ => return None,
        }
    }
    Some(options)
}

/// Does a chore; `false` if it failed, which has been told then. `status` fails if nothing runs.
pub fn run(chore: Chore) -> bool {
    let done = match chore {
        Chore::Start(options) => start(options),
        Chore::Stop => stop(),
        Chore::Status => Ok(status()),
        Chore::Libs => class_path().map(|path| {
            say(&path);
            true
        }),
        Chore::Hold(options) => running::hold(options).map(|never| match never {}),
    };
    done.unwrap_or_else(|error| {
        eprintln!("kafka: {}", error.chain());
        false
    })
}

/// The broker that the tests get. None where there is one at hand, which they find themselves, and where there cannot be one and none is
/// required: they then skip their stories by name.
pub fn for_tests() -> Result<Option<Cluster>, Error> {
    if at_hand().is_some() {
        return Ok(None);
    }
    match Cluster::start(Options::default()) {
        Ok(cluster) => {
            say(&format!("Kafka for the tests: {}", cluster.endpoints().bootstrap));
            Ok(Some(cluster))
        }
        Err(error) if error.is_missing_prerequisite() && !is_required() => {
            say(&format!("no Kafka for the tests: {}", error.chain()));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn start(options: Options) -> Result<bool, Error> {
    let _turn = running::turn()?;
    if let Some(running) = running::find() {
        say("Kafka is running already.");
        describe(&running);
        return Ok(true);
    }
    say(&format!(
        "Starting Apache Kafka {KAFKA_VERSION}; the first time it is downloaded from Maven Central (43 MB)."
    ));
    let log = home().join("hold.log");
    let mut holder = hold(options, &log).map_err(|source| Error::Io {
        doing: "start the process in the background, whose log is",
        path: log.clone(),
        source,
    })?;
    // It ends by itself if it cannot start its brokers: that is bounded there.
    loop {
        if let Some(running) = running::find() {
            describe(&running);
            return Ok(true);
        }
        if !matches!(holder.try_wait(), Ok(None)) {
            eprint!("{}", std::fs::read_to_string(&log).unwrap_or_default());
            eprintln!("Kafka did not start; the log is {}", log.display());
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// This program again, in the background: it goes on when we and our terminal have gone.
fn hold(options: Options, log: &std::path::Path) -> std::io::Result<Child> {
    std::fs::create_dir_all(home())?;
    let log = File::create(log)?;
    Command::new(std::env::current_exe()?)
        .args(["kafka", "hold", "--brokers", &options.brokers.to_string()])
        .args(options.measured.then_some("--measured"))
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

fn stop() -> Result<bool, Error> {
    let _turn = running::turn()?;
    match running::find() {
        Some(running) => {
            running::stop(&running)?;
            say("Kafka has stopped; its data is gone.");
        }
        None => say("Kafka is not running."),
    }
    Ok(true)
}

fn status() -> bool {
    let Some(running) = running::find() else {
        say("Kafka is not running; start it with: cargo xtask kafka start");
        return false;
    };
    for node in &running.nodes {
        let answer = if answers(node.port) {
            "answers"
        } else {
            "does NOT answer"
        };
        let memory =
            memory(node.process).map_or_else(|| "no such process".to_owned(), |mebibytes| format!("{mebibytes} MiB"));
        let (number, port, process) = (node.node, node.port, node.process);
        say(&format!(
            "node {number}: {answer} on 127.0.0.1:{port}, process {process}, {memory}"
        ));
    }
    describe(&running);
    true
}

/// Prints a line. Nobody may be reading any more (`| head`); what is done is done all the same.
fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

fn describe(running: &Running) {
    let endpoints = &running.endpoints;
    say(&format!("bootstrap       {}", endpoints.bootstrap));
    if let Some(secure) = &endpoints.secure {
        say(&format!("ssl             {}", secure.ssl));
        say(&format!("sasl_plaintext  {}", secure.sasl_plaintext));
        say(&format!("sasl_ssl        {}", secure.sasl_ssl));
        say(&format!("login           {} / {}", secure.user, secure.password));
        say(&format!("authority       {}", secure.ca_pem.display()));
    }
    say(&format!("logs            {}/<node>/log", running.folder.display()));
    say("Try it:");
    say(&format!("  kcat -b {} -L", endpoints.bootstrap));
    say("  cargo xtask kafka stop");
}

/// The resident memory of a process in MiB, as `ps` tells it.
fn memory(process: u32) -> Option<u64> {
    let output = Command::new("ps")
        .args(["-o", "rss=", "-p", &process.to_string()])
        .output()
        .ok()?;
    let kibibytes: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().ok()?;
    Some(kibibytes / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_chore() {
        let one = Options::default();
        let three = Options { brokers: 3, ..one };
        let measured = Options {
            measured: true,
            ..three
        };
        let cases: &[(&[&str], Option<Chore>)] = &[
            (&["start"], Some(Chore::Start(one))),
            (&["start", "--brokers", "3"], Some(Chore::Start(three))),
            (&["start", "--brokers=1"], Some(Chore::Start(one))),
            (&["start", "--brokers", "2"], None),
            (&["start", "--brokers"], None),
            (&["start", "3"], None),
            (&["stop"], Some(Chore::Stop)),
            (&["stop", "now"], None),
            (&["status"], Some(Chore::Status)),
            (&["libs"], Some(Chore::Libs)),
            (&["hold", "--brokers", "3"], Some(Chore::Hold(three))),
            (&["start", "--measured", "--brokers", "3"], Some(Chore::Start(measured))),
            (&["hold", "--brokers=3", "--measured"], Some(Chore::Hold(measured))),
            (&["start", "--measure"], None),
            (&[], None),
        ];
        for (words, expected) in cases {
            assert_eq!(Chore::read(words), *expected, "{words:?}");
        }
    }

    #[test]
    fn the_memory_of_this_process_is_known() {
        assert!(memory(std::process::id()).is_some_and(|mebibytes| mebibytes > 0));
    }
}
