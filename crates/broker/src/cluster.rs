//! A cluster of one or three brokers that lives as long as its value.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::endpoints::{Endpoints, PASSWORD, Secure, USER};
use crate::error::{Error, end_of};
use crate::ports::{self, Ports, Reserved};
use crate::supervised::Supervised;
use crate::tls::{self, Certificates};
use crate::{answer, home, libs, properties, tool};

/// What kind of cluster to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many brokers, each also a controller: 1, or 3 for tests of fail-over.
    pub brokers: usize,
    /// Whether something is measured with it: Java is then set up as by Kafka's own start script, instead of starting quickly in little memory.
    pub measured: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            brokers: 1,
            measured: false,
        }
    }
}

/// A running cluster of Apache Kafka. Its processes end with it: when it is stopped or dropped, and also when this process is killed.
/// Nodes are numbered from 1. Topics are not created by themselves; data is thrown away at the end.
pub struct Cluster {
    endpoints: Endpoints,
    nodes: Vec<Node>,
    /// Java and its arguments up to the class to run.
    java: Vec<String>,
    folder: PathBuf,
    lock: File,
}

struct Node {
    number: usize,
    ports: Ports,
    folder: PathBuf,
    process: Option<Supervised>,
}

/// A node as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeInfo {
    /// Its number, from 1.
    pub node: usize,
    /// The port of its listener without TLS or login.
    pub port: u16,
    /// Its process id; none if it was killed.
    pub process: Option<u32>,
}

/// How long a node may take to start. On an idle machine it takes some seconds.
const START_SECONDS_MAX: u64 = 120;
/// How often a start is tried again with other ports, if somebody took one in the meantime.
const TRIES: usize = 3;
const POLL: Duration = Duration::from_millis(50);

impl Cluster {
    /// Starts a cluster on free ports of 127.0.0.1; gets Kafka first if it is not here yet. On return every node takes requests.
    /// # Errors
    /// `NoTool`, `OldJava`, `Download`: something is missing on this machine, see [`Error::is_missing_prerequisite`]. `Ended`, `NotReady`: a
    /// broker did not start.
    pub fn start(options: Options) -> Result<Self, Error> {
        if !matches!(options.brokers, 1 | 3) {
            return Err(Error::Brokers {
                brokers: options.brokers,
            });
        }
        tool::check_java()?;
        let class_path = libs::class_path()?;
        let certificates = tls::certificates_in(&home::home())?;
        for _ in 1..TRIES {
            match Self::start_on_free_ports(options, &class_path, &certificates) {
                Err(Error::Ended { log, .. }) if log.contains("Address already in use") => {}
                result => return result,
            }
        }
        Self::start_on_free_ports(options, &class_path, &certificates)
    }

    fn start_on_free_ports(options: Options, class_path: &str, certificates: &Certificates) -> Result<Self, Error> {
        let (folder, lock) = home::new_cluster(&home::home())?;
        let (ports, reserved) = ports::reserve(options.brokers)?;
        let mut this = Self {
            endpoints: endpoints(&ports, certificates),
            nodes: (1..)
                .zip(&ports)
                .map(|(number, ports)| Node {
                    number,
                    ports: *ports,
                    folder: folder.join(number.to_string()),
                    process: None,
                })
                .collect(),
            java: java(options.measured, class_path, &folder),
            folder,
            lock,
        };
        this.write(&ports, certificates)?;
        this.format()?;
        this.run(reserved)?;
        Ok(this)
    }

    /// Where the cluster listens, and the credentials.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The nodes as they are now, in order.
    pub fn nodes(&mut self) -> Vec<NodeInfo> {
        let info = |node: &mut Node| NodeInfo {
            node: node.number,
            port: node.ports.plaintext,
            process: node.running().map(|process| process.id()),
        };
        self.nodes.iter_mut().map(info).collect()
    }

    /// The folder of the cluster: `<node>/log` is what a node printed.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Kills a node with SIGKILL; it is gone on return.
    /// # Errors
    /// `NoSuchNode`; `WrongState` if it does not run.
    pub fn kill(&mut self, node: usize) -> Result<(), Error> {
        let node = self.node(node)?;
        node.signal("KILL")?;
        // Dropping waits for the end.
        node.process = None;
        Ok(())
    }

    /// Pauses a node with SIGSTOP: its ports accept connections, but it neither answers nor knows that time passes.
    /// # Errors
    /// `NoSuchNode`; `WrongState` if it does not run.
    pub fn pause(&mut self, node: usize) -> Result<(), Error> {
        self.node(node)?.signal("STOP")
    }

    /// Lets a paused node go on.
    /// # Errors
    /// `NoSuchNode`; `WrongState` if it does not run.
    pub fn resume(&mut self, node: usize) -> Result<(), Error> {
        self.node(node)?.signal("CONT")
    }

    /// Starts a killed node again, on the same ports and the same data. On return it takes requests.
    /// # Errors
    /// `NoSuchNode`; `WrongState` if it runs; `Ended`, `NotReady` if it does not come back.
    pub fn start_again(&mut self, node: usize) -> Result<(), Error> {
        let java = self.java.clone();
        let lock = self
            .lock
            .try_clone()
            .map_err(Error::io("share the lock of", &self.folder))?;
        let node = self.node(node)?;
        if node.running().is_some() {
            return Err(Error::WrongState {
                node: node.number,
                state: "running",
                advice: "kill it first",
            });
        }
        let logged = node.start(&java, &lock)?;
        node.wait_until_ready(logged)
    }

    /// Stops all nodes; they are gone on return. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }

    fn node(&mut self, number: usize) -> Result<&mut Node, Error> {
        let nodes = self.nodes.len();
        let found = self.nodes.iter_mut().find(|node| node.number == number);
        found.ok_or(Error::NoSuchNode { node: number, nodes })
    }

    /// Writes the configuration of all nodes.
    fn write(&self, ports: &[Ports], certificates: &Certificates) -> Result<(), Error> {
        let put = |path: &Path, text: &str| fs::write(path, text).map_err(Error::io("write", path));
        put(&self.folder.join(LOGGING_FILE), properties::LOGGING)?;
        for node in &self.nodes {
            fs::create_dir_all(&node.folder).map_err(Error::io("make the folder", &node.folder))?;
            let text = properties::server(node.number, ports, &node.folder.join("data"), certificates);
            put(&node.properties(), &text)?;
        }
        Ok(())
    }

    /// Formats the data of all nodes, all at once.
    fn format(&self) -> Result<(), Error> {
        let cluster = cluster_id();
        let format = |node: &Node| {
            let mut command = Command::new(&self.java[0]);
            command
                .args(&self.java[1..])
                .args([
                    "kafka.tools.StorageTool",
                    "format",
                    "--cluster-id",
                    &cluster,
                    "--config",
                ])
                .arg(node.properties());
            for user in properties::scram_users() {
                command.args(["--add-scram", &user]);
            }
            tool::run_java("kafka.tools.StorageTool format", &mut command)
        };
        std::thread::scope(|scope| {
            let running: Vec<_> = self
                .nodes
                .iter()
                .map(|node| scope.spawn(move || format(node)))
                .collect();
            // A thread that panicked has formatted nothing; the node will say so when it starts.
            running.into_iter().try_for_each(|one| one.join().unwrap_or(Ok(())))
        })
    }

    /// Starts all nodes and waits for them. They need each other: a majority has to be up before any is ready.
    fn run(&mut self, reserved: Reserved) -> Result<(), Error> {
        reserved.release();
        for node in &mut self.nodes {
            node.start(&self.java, &self.lock)?;
        }
        self.nodes.iter_mut().try_for_each(|node| node.wait_until_ready(0))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // All are asked before any is waited for: they end at the same time.
        for process in self.nodes.iter_mut().filter_map(|node| node.process.as_mut()) {
            process.end();
        }
        for node in &mut self.nodes {
            node.process = None;
        }
        // What cannot be removed now is swept by the next cluster.
        drop(home::remove(&self.folder));
    }
}

impl Node {
    fn properties(&self) -> PathBuf {
        self.folder.join("server.properties")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn running(&mut self) -> Option<&mut Supervised> {
        self.process
            .as_mut()
            .and_then(|process| process.is_running().then_some(process))
    }

    fn signal(&mut self, name: &str) -> Result<(), Error> {
        let number = self.number;
        let process = self.running().ok_or(Error::WrongState {
            node: number,
            state: "not running",
            advice: "start it again first",
        })?;
        process.signal(name);
        Ok(())
    }

    /// Starts the process; gives how long its log was before.
    fn start(&mut self, java: &[String], lock: &File) -> Result<usize, Error> {
        let logged = self.logged().len();
        let mut command = java.to_vec();
        command.extend(["kafka.Kafka".to_owned(), self.properties().display().to_string()]);
        self.process = Some(Supervised::start(&command, &self.log(), lock)?);
        Ok(logged)
    }

    /// Waits until the log after its first `logged` bytes says that the node has started, and it answers.
    fn wait_until_ready(&mut self, logged: usize) -> Result<(), Error> {
        let began = Instant::now();
        loop {
            let started = self
                .logged()
                .get(logged..)
                .is_some_and(|new| new.contains(properties::STARTED));
            if started && answer::answers(self.ports.plaintext) {
                return Ok(());
            }
            let (node, log) = (self.number, end_of(&self.logged()));
            if self.running().is_none() {
                return Err(Error::Ended { node, log });
            }
            if began.elapsed().as_secs() >= START_SECONDS_MAX {
                let seconds = START_SECONDS_MAX;
                return Err(Error::NotReady { node, seconds, log });
            }
            std::thread::sleep(POLL);
        }
    }

    /// What the node has printed so far, over all its starts.
    fn logged(&self) -> String {
        // No log yet is an empty log.
        fs::read(self.log()).map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

const LOGGING_FILE: &str = "log4j2.properties";

/// A small heap, and a compiler that is quick rather than good.
const QUICK: &[&str] = &["-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/// What `kafka-server-start.sh` and `kafka-run-class.sh` of Kafka's releases give Java.
const MEASURED: &[&str] = &[
    "-Xms1g",
    "-Xmx1g",
    "-server",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
];

/// Java and its arguments up to the class to run.
fn java(measured: bool, class_path: &str, folder: &Path) -> Vec<String> {
    let program = tool::of_java("java").to_string_lossy().into_owned();
    let logging = format!("-Dlog4j2.configurationFile={}", folder.join(LOGGING_FILE).display());
    let mut words = vec![program];
    words.extend(
        if measured { MEASURED } else { QUICK }
            .iter()
            .map(|word| (*word).to_owned()),
    );
    words.extend([
        "-Xshare:auto".to_owned(),
        "-Djava.awt.headless=true".to_owned(),
        logging,
        "-cp".to_owned(),
        class_path.to_owned(),
    ]);
    words
}

fn endpoints(ports: &[Ports], certificates: &Certificates) -> Endpoints {
    let all = |port: fn(&Ports) -> u16| {
        let addresses: Vec<String> = ports.iter().map(|ports| format!("127.0.0.1:{}", port(ports))).collect();
        addresses.join(",")
    };
    Endpoints {
        bootstrap: all(|ports| ports.plaintext),
        secure: Some(Secure {
            ssl: all(|ports| ports.ssl),
            sasl_plaintext: all(|ports| ports.sasl_plaintext),
            sasl_ssl: all(|ports| ports.sasl_ssl),
            ca_pem: certificates.authority_pem.clone(),
            user: USER.to_owned(),
            password: PASSWORD.to_owned(),
        }),
    }
}

/// A cluster id as Kafka wants it: 16 bytes in base64url without padding, hence 22 letters of which the last has four bits of zero. Hexadecimal
/// digits are such letters.
fn cluster_id() -> String {
    let digits = format!("{:016x}{:016x}", home::random(), home::random());
    format!("{}A", &digits[..21])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_id_is_what_kafka_takes() {
        let id = cluster_id();
        assert_eq!(id.len(), 22);
        assert!(
            id.chars().all(|c| c.is_ascii_alphanumeric()) && id.ends_with('A'),
            "{id}"
        );
        assert_ne!(id, cluster_id());
    }

    #[test]
    fn only_one_or_three_brokers() {
        for brokers in [0, 2, 4] {
            let options = Options {
                brokers,
                ..Options::default()
            };
            assert!(matches!(Cluster::start(options), Err(Error::Brokers { brokers: b }) if b == brokers));
        }
    }
}
