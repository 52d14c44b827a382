//! Helpers: an installation on Kafka with topics, a group and a secret of its own, and what it should say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use origem_broker::Endpoints;
use serde_json::Value;

use crate::process::{self, Ran, eventually};
use crate::server::{Answer, SECRET, Server};
use crate::topic::{self, Publisher, Record};
use crate::world::World;

/// An installation: its instances, its topics, its files.
pub struct Place {
    pub bootstrap: String,
    /// What the names of its topics begin with.
    pub prefix: String,
    pub world: World,
    settings: Vec<(String, String)>,
}

impl Place {
    /// On the broker that stories share; `None` where there is none. Nothing is made yet.
    pub fn begin(name: &str) -> Option<Self> {
        origem_broker::story(name).map(|endpoints| Self::on(&endpoints))
    }

    /// On a cluster that is given.
    pub fn on(endpoints: &Endpoints) -> Self {
        let name = format!("t{}", uuid::Uuid::new_v4().simple());
        let place = Self {
            bootstrap: endpoints.bootstrap.clone(),
            prefix: format!("{name}."),
            world: World::new(),
            settings: Vec::new(),
        };
        let (bootstrap, prefix) = (place.bootstrap.clone(), place.prefix.clone());
        place
            .with("SECRET", "000102030405060708090a0b0c0d0e0f")
            .with("META_APP_SECRETS", SECRET)
            .with("KAFKA_BOOTSTRAP", &bootstrap)
            .with("KAFKA_PREFIX", &prefix)
            .with("KAFKA_GROUP", &name)
    }

    /// The same with a setting, by the name of its variable without `ORIGEM_`.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The topics with `partitions` each.
    #[track_caller]
    pub fn init(self, partitions: u32) -> Self {
        self.run(&["kafka", "init", "--apply", "--partitions", &partitions.to_string()])
            .done();
        self
    }

    /// The name of one of its topics.
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}.v1", self.prefix)
    }

    /// `origem` with the settings of this installation.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = process::command(arguments);
        for (name, value) in &self.settings {
            command.env(format!("ORIGEM_{name}"), value);
        }
        command
    }

    /// Runs `origem` to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        process::finish(self.command(arguments), b"")
    }

    /// The command of the instance called `name`, which keeps its data under that name.
    pub fn instance(&self, name: &str) -> Command {
        let mut command = self.command(&["serve", "--log", "kafka", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(self.world.path(name));
        command
    }

    /// Starts an instance.
    #[track_caller]
    pub fn serve(&self, name: &str) -> Server {
        Server::start(self.instance(name))
    }

    /// Starts several.
    #[track_caller]
    pub fn serve_all<const N: usize>(&self, names: [&str; N]) -> [Server; N] {
        names.map(|name| self.serve(name))
    }

    /// Publishes to one of its topics.
    pub fn publisher(&self, topic: &str) -> Publisher {
        Publisher::to(&self.bootstrap, &self.topic(topic))
    }

    /// Publishes raw deliveries to inbound, under any key.
    pub fn publish(&self, deliveries: &[String]) {
        let records: Vec<Record> = deliveries.iter().map(|delivery| raw(delivery)).collect();
        self.publisher("inbound").publish(&records);
    }

    /// The last JSON value of each conversation in a projected topic.
    #[track_caller]
    pub fn last_values(&self, topic: &str) -> BTreeMap<String, Value> {
        topic::last_values(&self.bootstrap, &self.topic(topic))
    }

    /// Ingests into segments in a directory called `name`, with the same secret; the summary.
    #[track_caller]
    pub fn ingest_on_segments(&self, name: &str, source: &str, deliveries: &[String]) -> Value {
        let mut text = String::new();
        for delivery in deliveries {
            writeln!(text, "{delivery}").unwrap();
        }
        let file = self.world.file(&format!("{name}.ndjson"), text);
        let data = self.world.path(name);
        self.run(&["ingest", "--source", source, "--data", data.to_str().unwrap(), &file])
            .value()
    }

    /// What all views say in the directory of segments called `name`.
    #[track_caller]
    pub fn fingerprint_on_segments(&self, name: &str) -> Value {
        let data = self.world.path(name);
        self.run(&["query", "fingerprint", "--data", data.to_str().unwrap()])
            .value()
    }

    /// What all views would say had `deliveries` come to segments.
    #[track_caller]
    pub fn expected(&self, deliveries: &[String]) -> Value {
        self.ingest_on_segments("segments", "meta", deliveries);
        self.fingerprint_on_segments("segments")
    }

    /// Which partitions each instance owns, by its address, as the group says; nothing while a busy broker does not answer.
    #[track_caller]
    pub fn owned(&self) -> BTreeMap<String, Vec<u64>> {
        let mut owned = BTreeMap::<_, Vec<u64>>::new();
        let status = self.run(&["kafka", "status", "--format", "json"]);
        if status.code != Some(0) {
            assert!(status.err.contains("no broker answers"), "{}", status.err);
            return owned;
        }
        let status = status.value();
        for item in status["items"].as_array().unwrap() {
            if let Some(owner) = item["owner"].as_str() {
                let partition = item["partition"].as_u64().unwrap();
                owned.entry(owner.to_owned()).or_default().push(partition);
            }
        }
        owned
    }
}

/// A raw delivery under a key that says nothing.
pub fn raw(delivery: &str) -> Record {
    Record::of(delivery).key(&format!("any-{}", delivery.len() % 7))
}

/// Waits until all views say what is expected, asked at `server`.
#[track_caller]
pub fn comes_to(server: &Server, expected: &Value) {
    let mut last = String::new();
    let came = eventually(|| {
        let answer = server.ask("/v1/fingerprint", &[]);
        unavailable_or(&answer, 200);
        last = answer.body;
        answer.status == 200 && process::value(&last) == *expected
    });
    assert!(came, "{last} does not come to {expected}; {:#?}", server.said());
}

/// The status is `status`, or the answer says that a part is on its way and when to ask again.
#[track_caller]
pub fn unavailable_or(answer: &Answer, status: u16) {
    if answer.status != status {
        assert_eq!(answer.refused(), "503 partition_unavailable", "{}", answer.body);
    }
}

/// Waits until every partition has an owner that answers.
#[track_caller]
pub fn is_ready(server: &Server) {
    let mut last = String::new();
    let ready = eventually(|| {
        let answer = server.ask("/v1/conversations?limit=1", &[]);
        unavailable_or(&answer, 200);
        last = answer.body;
        answer.status == 200
    });
    assert!(ready, "{last}; {:#?}", server.said());
}
