//! Helpers: is a tool there, and what happens to a story whose tool is missing.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Something that a story needs beside a broker.
pub struct Tool {
    /// What the reason calls it.
    pub name: &'static str,
    /// A command line that succeeds where it is there.
    pub probe: &'static [&'static str],
    /// How to get it.
    pub advice: &'static str,
    /// Whether it must be there where a broker must be.
    pub required: bool,
}

pub const KCAT: Tool = Tool {
    name: "kcat",
    probe: &["kcat", "-V"],
    advice: "`.ci/setup` installs it",
    required: true,
};

pub const JAVA_COMPILER: Tool = Tool {
    name: "the compiler of Java",
    probe: &["javac", "-version"],
    advice: "`.ci/setup` installs it",
    required: true,
};

pub const JQ: Tool = Tool {
    name: "jq",
    probe: &["jq", "--version"],
    advice: "apt-get install jq",
    required: false,
};

pub const PYTHON_CLIENT: Tool = Tool {
    name: "confluent-kafka for Python",
    probe: &["python3", "-c", "import confluent_kafka"],
    advice: "pip install confluent-kafka",
    required: false,
};

pub const PYTHON_PROTOBUF: Tool = Tool {
    name: "protobuf for Python",
    probe: &["python3", "-c", "import google.protobuf, grpc_tools"],
    advice: "pip install protobuf grpcio-tools",
    required: false,
};

pub const NODE_CLIENT: Tool = Tool {
    name: "a Kafka client for Node",
    probe: &["node", "-e", "require('@confluentinc/kafka-javascript')"],
    advice: "npm install @confluentinc/kafka-javascript, and NODE_PATH",
    required: false,
};

impl Tool {
    /// Whether `story` has its tool; skips it by name otherwise.
    #[track_caller]
    pub fn is_there_for(&self, story: &str) -> bool {
        let probed = Command::new(self.probe[0])
            .args(&self.probe[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if probed.is_ok_and(|status| status.success()) {
            return true;
        }
        let reason = format!("{} is missing; {}", self.name, self.advice);
        assert!(
            !(self.required && origem_broker::is_required()),
            "{story}: ORIGEM_KAFKA=required, but {reason}"
        );
        // Past the capturing of the test harness, so that a skipped story is seen.
        drop(writeln!(std::io::stderr(), "SKIPPED {story}: {reason}"));
        false
    }
}
