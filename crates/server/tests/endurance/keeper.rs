//! Whoever maintains the directory while the server dies: an entry that was acknowledged is there, in that version or the one that
//! was being written.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::process::PATIENCE;
use crate::server::Server;

/// Writes the same few entries again and again.
pub struct Keeper {
    agent: ureq::Agent,
    versions: [Versions; 4],
    turn: usize,
}

/// Versions of one entry, counted from 1.
#[derive(Debug, Clone, Copy, Default)]
struct Versions {
    tried: u64,
    acknowledged: u64,
}

impl Keeper {
    pub fn new() -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build();
        Self {
            agent: config.into(),
            versions: Default::default(),
            turn: 0,
        }
    }

    /// Writes until the server is gone, or until `enough`.
    pub fn run(&mut self, server: &Server, enough: &AtomicBool) {
        while !enough.load(Ordering::Relaxed) {
            self.turn = (self.turn + 1) % self.versions.len();
            let entry = &mut self.versions[self.turn];
            entry.tried += 1;
            let url = format!("{}/v1/agents/agent{}", server.url, self.turn);
            let body = json!({"name": format!("Version {}", entry.tried)}).to_string();
            match self.agent.put(url).send(body) {
                Ok(_) => entry.acknowledged = entry.tried,
                Err(ureq::Error::StatusCode(status)) => panic!("an entry got {status}"),
                Err(_) => return,
            }
        }
    }

    /// Entries acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.versions.iter().map(|entry| entry.acknowledged).sum()
    }

    /// Entries that are older than what was acknowledged, as the server tells them now.
    pub fn lost(&self, server: &Server) -> Vec<String> {
        let mut lost = Vec::new();
        for (number, entry) in self
            .versions
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.acknowledged > 0)
        {
            let answer = server.ask(&format!("/v1/agents/agent{number}"), &[]);
            let known = || {
                let name = answer.ok()["name"].as_str()?.strip_prefix("Version ")?.parse().ok();
                name.filter(|version| (entry.acknowledged..=entry.tried).contains(version))
            };
            if answer.status != 200 || known().is_none() {
                lost.push(format!("agent{number}: {entry:?}, and there is {}", answer.body));
            }
        }
        lost
    }
}
