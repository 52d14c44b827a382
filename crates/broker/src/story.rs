//! What tests call to get a broker. Where none can be had they are skipped by name with the reason, or fail if one is required.

use std::io::Write as _;
use std::sync::OnceLock;

use crate::running::{self, Running};
use crate::{Cluster, Endpoints, Error, Options};

/// A broker for the test called `name`, shared with others: use topics and groups of your own.
///
/// In this order: the cluster that `KAFKA_BOOTSTRAP` names; the one of `cargo xtask kafka start` if it answers; one started for this process by Java and
/// Maven, which ends with it. Else `None`, after a line `SKIPPED <name>: <reason>` on stderr: return then.
/// # Panics
/// Where `ORIGEM_KAFKA=required` is set and there is none, and where a broker could have been started but would not.
#[must_use]
pub fn story(name: &str) -> Option<Endpoints> {
    /// Lives until the process ends; then the pipe to its processes closes and they end too.
    static OWN: OnceLock<Result<Cluster, Error>> = OnceLock::new();
    if let Some(endpoints) = at_hand() {
        return Some(endpoints);
    }
    match OWN.get_or_init(|| Cluster::start(Options::default())) {
        Ok(cluster) => Some(cluster.endpoints().clone()),
        Err(error) => skip(name, error),
    }
}

/// The broker that tests find without starting one: named by the environment, or running in the background.
#[must_use]
pub fn at_hand() -> Option<Endpoints> {
    let given = Endpoints::from_environment(|variable| std::env::var(variable).ok());
    given.or_else(|| {
        running::find()
            .filter(Running::answers)
            .map(|running| running.endpoints)
    })
}

/// A cluster that the test called `name` has for itself, to kill and pause its nodes. Skips as [`story`] does.
/// # Panics
/// As [`story`] does.
#[must_use]
pub fn story_of_own(name: &str, options: Options) -> Option<Cluster> {
    Cluster::start(options).map_or_else(|error| skip(name, &error), Some)
}

#[expect(clippy::panic, reason = "this is how a test fails")]
fn skip<T>(name: &str, error: &Error) -> Option<T> {
    match verdict(name, error, is_required()) {
        Verdict::Skip(line) => {
            // Written past the capturing of the test harness, so that a skipped story is seen. A closed stderr has no reader to tell.
            drop(writeln!(std::io::stderr(), "{line}"));
            None
        }
        Verdict::Fail(message) => panic!("{message}"),
    }
}

/// Whether the environment wants a test without a broker to fail: `ORIGEM_KAFKA=required`.
#[must_use]
pub fn is_required() -> bool {
    std::env::var("ORIGEM_KAFKA").is_ok_and(|value| value == "required")
}

enum Verdict {
    Skip(String),
    Fail(String),
}

fn verdict(name: &str, error: &Error, required: bool) -> Verdict {
    let reason = error.chain();
    match (error.is_missing_prerequisite(), required) {
        (true, false) => Verdict::Skip(format!("SKIPPED {name}: {reason}")),
        (true, true) => Verdict::Fail(format!("{name}: ORIGEM_KAFKA=required, but {reason}")),
        (false, _) => Verdict::Fail(format!("{name}: {reason}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_without_a_broker_is_skipped_or_fails() {
        let old = || Error::OldJava {
            found: "11".to_owned(),
            needed: 17,
        };
        let broken = || Error::Ended {
            node: 1,
            log: "boom".to_owned(),
        };
        let cases = [
            (old(), false, "SKIPPED"),
            (old(), true, "FAILED"),
            (broken(), false, "FAILED"),
            (broken(), true, "FAILED"),
        ];
        for (error, required, expected) in cases {
            let (word, text) = match verdict("a story", &error, required) {
                Verdict::Skip(text) => ("SKIPPED", text),
                Verdict::Fail(text) => ("FAILED", text),
            };
            assert_eq!(word, expected, "{error} {required}");
            assert!(text.contains("a story: "), "{text}");
            assert!(text.contains(&error.to_string()), "{text}");
        }
    }
}
