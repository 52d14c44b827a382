//! Helpers: data directories, payloads, and what is compared between runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use origem_store_sled::{Options, SledGenerations};
use origem_views::generations::Generations as _;
use origem_views::meta;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{on, origem};

/// A temporary directory for the data and the files of a test.
pub struct World {
    dir: TempDir,
}

impl World {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file with `content`; its path as an argument.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs `origem` on the data directory.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> crate::process::Ran {
        on(&self.data(), arguments)
    }

    /// Appends a file of `content`; the summary.
    #[track_caller]
    pub fn ingest(&self, source: &str, content: impl AsRef<[u8]>) -> Value {
        let file = self.file("ingested.ndjson", content);
        self.run(&["ingest", "--source", source, &file]).value()
    }

    /// All conversations as the command line tells them, with their timelines, tickets and threads, by id. Without what may be
    /// sent now, which depends on when it is asked.
    #[track_caller]
    pub fn told(&self) -> BTreeMap<String, Value> {
        let mut told = BTreeMap::new();
        let mut page = self.run(&["query", "conversations", "--filter", "limit=5"]).value();
        for conversation in page["items"].as_array_mut().unwrap() {
            let id = conversation["id"].as_str().unwrap().to_owned();
            let part = |view: &str| self.run(&["query", view, &id]).value();
            let mut parts = json!([part("conversation"), part("timeline"), part("tickets"), part("thread")]);
            for told in [&mut *conversation, &mut parts[0]] {
                told.as_object_mut().unwrap().remove("windows");
            }
            told.insert(id, json!([conversation.take(), parts]));
        }
        told
    }
}

/// Hash and checkpoint of the views of a data directory that no process has open.
pub fn fingerprint(data: &Path) -> (u128, u64) {
    let generations = SledGenerations::open(&data.join("views"), &Options::default()).unwrap();
    let store = generations.open(generations.standing().unwrap().serving).unwrap();
    let checkpoint = meta::checkpoint(&*store, origem_domain::position::Partition(0)).unwrap();
    (meta::fingerprint(&*store).unwrap(), checkpoint.next.0)
}

/// The same log folded from the start: a copy of `data` without its views, opened once.
pub fn folded_afresh(data: &Path, into: &Path) -> (u128, u64) {
    fs::create_dir_all(into.join("log")).unwrap();
    fs::copy(data.join("secret.key"), into.join("secret.key")).unwrap();
    for entry in fs::read_dir(data.join("log")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), into.join("log").join(entry.file_name())).unwrap();
    }
    on(into, &["query", "conversations", "--filter", "limit=1"]).done();
    fingerprint(into)
}

/// Deliveries of the simulated business, one a line.
#[track_caller]
pub fn simulated(events: u64, seed: u64) -> String {
    origem(&["simulate", "--events", &events.to_string(), "--seed", &seed.to_string()]).done()
}

/// A webhook of WhatsApp with `messages`, all of one person.
pub fn whatsapp(messages: &Value) -> String {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": "200000000000002"},
        "contacts": [{"profile": {"name": "Rita Teste"}, "wa_id": "5511955550101", "user_id": "BR.1000000000000001"}],
        "messages": messages,
    });
    json!({"object": "whatsapp_business_account", "entry": [{"id": "100000000000001", "changes": [{"field": "messages", "value": value}]}]})
        .to_string()
}

/// A text message of a person, `second` seconds after 2026-09-26 10:00.
pub fn text(from: &str, id: &str, second: u32, body: &str) -> Value {
    let timestamp = (1_790_416_800 + u64::from(second)).to_string();
    json!({"from": from, "id": id, "timestamp": timestamp, "type": "text", "text": {"body": body}})
}
