//! Helpers: an installation of its own on the shared broker, and the examples run against it.

use std::path::Path;
use std::process::Command;

use origem_broker::Endpoints;
use serde_json::Value;
use tempfile::TempDir;

use crate::pages;
use crate::process::{self, Ran, eventually, finish};
use crate::server::Server;

/// Topics with a prefix of their own, and a server on them.
pub struct Installation {
    server: Server,
    variables: Vec<(&'static str, String)>,
    prefix: String,
    directory: TempDir,
}

impl Installation {
    /// Makes the topics and serves. `name` is unique among the stories, `format` that of the projected topics.
    #[track_caller]
    pub fn start(kafka: &Endpoints, name: &str, format: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let unique = format!("examples-{name}-{}", std::process::id());
        let prefix = format!("{unique}.");
        let variables = vec![
            ("ORIGEM_KAFKA_BOOTSTRAP", kafka.bootstrap.clone()),
            ("ORIGEM_KAFKA_PREFIX", prefix.clone()),
            ("ORIGEM_KAFKA_GROUP", unique),
            ("ORIGEM_KAFKA_PUBLISH", format.to_owned()),
        ];
        let origem = |arguments| {
            let mut command = process::command(arguments);
            command.envs(variables.iter().cloned());
            command
        };
        finish(origem(&["kafka", "init", "--apply", "--partitions", "2"]), b"").done();
        let mut serve = origem(&["serve", "--log", "kafka", "--listen", "127.0.0.1:0"]);
        serve.arg("--data").arg(directory.path().join("data"));
        Self {
            server: Server::start(serve),
            variables,
            prefix,
            directory,
        }
    }

    /// A directory for whatever an example needs; `data` in it is the data directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Where it is asked.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// The topic that producers publish to.
    pub fn inbound(&self) -> String {
        format!("{}inbound.v1", self.prefix)
    }

    /// Runs a command line of `page` where the examples are, as somebody would who has it from there. `stands_for` replaces
    /// what is another on every machine.
    #[track_caller]
    pub fn run(&self, page: &str, line: &str, stands_for: &[(&str, &str)]) -> Ran {
        assert!(pages::read(page).contains(line), "{page} does not show `{line}`");
        let line = stands_for
            .iter()
            .fold(line.to_owned(), |line, (text, value)| line.replace(text, value));
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).current_dir(pages::examples());
        shell.envs(self.variables.iter().cloned());
        finish(shell, b"")
    }

    /// Waits until the contact with this alias has a conversation; gives its id.
    #[track_caller]
    pub fn conversation_of(&self, alias: &str, origin: &Value) -> String {
        let path = format!("/v1/conversations?q={alias}");
        let mut found = Value::Null;
        let came = eventually(|| {
            let answer = self.server.ask(&path, &[]);
            if answer.status == 200 {
                found = answer.ok();
            }
            found["items"][0]["origin"].is_object()
        });
        assert!(came, "nobody called {alias}: {found}");
        let conversation = &found["items"][0];
        for (name, expected) in origin.as_object().unwrap() {
            assert_eq!(&conversation["origin"][name], expected, "{conversation}");
        }
        conversation["id"].as_str().unwrap().to_owned()
    }

    /// Runs an example that reads a projected topic until it prints a line that begins with each of `conversations` and holds
    /// `text`: values are published a moment after the views have them.
    #[track_caller]
    pub fn reads(&self, page: &str, line: &str, stands_for: &[(&str, &str)], conversations: &[String], text: &str) {
        let mut printed = String::new();
        let complete = eventually(|| {
            printed = self.run(page, line, stands_for).done();
            let told = |id: &String| printed.lines().any(|line| line.starts_with(id) && line.contains(text));
            conversations.iter().all(told)
        });
        assert!(complete, "no {text} of {conversations:?} in {printed}");
    }

    /// The table of `origem kafka status`.
    #[track_caller]
    pub fn status(&self) -> String {
        let mut command = process::command(&["kafka", "status", "--format", "table"]);
        command.envs(self.variables.iter().cloned());
        finish(command, b"").done()
    }

    /// Waits until the server measures all of `names`; some of it is known a moment after the start only.
    #[track_caller]
    pub fn measures(&self, names: &[String]) {
        let mut missing = Vec::new();
        let complete = eventually(|| {
            let metrics = self.server.ask("/metrics", &[]).body;
            let measured = |name: &String| {
                metrics
                    .lines()
                    .any(|line| line.split(['{', ' ']).next() == Some(name.as_str()))
            };
            missing = names.iter().filter(|name| !measured(name)).collect();
            missing.is_empty()
        });
        assert!(complete, "nobody measures {missing:?}");
    }

    /// Ends it; it must end well.
    #[track_caller]
    pub fn stop(self) {
        self.server.stop();
    }
}
