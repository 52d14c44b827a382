//! What the pages for operators tell to type and to look for is there: commands and flags, settings, metrics, lines of the log.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::process::origem;

/// Pages whose commands are checked, below `docs/howto`.
const PAGES: [&str; 7] = [
    "anomalies.md",
    "backup.md",
    "observe.md",
    "rebuild.md",
    "renormalise.md",
    "runbook.md",
    "kafka/operators.md",
];
const RUNBOOK: &str = "runbook.md";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs/howto").join(name)).unwrap()
}

/// What stands in backticks, and lines of indented blocks up to their remark.
fn code(page: &str) -> Vec<String> {
    let (blocks, prose): (Vec<&str>, Vec<&str>) = page.lines().partition(|line| line.starts_with("    "));
    let commands = blocks
        .iter()
        .map(|line| line.trim().split("   ").next().unwrap_or_default().to_owned());
    let prose = prose.join("\n");
    let inline = prose.split('`').skip(1).step_by(2).map(|text| text.replace('\n', " "));
    commands.chain(inline).collect()
}

/// The help of commands, asked for once each.
#[derive(Default)]
struct Help(BTreeMap<Vec<String>, String>);

impl Help {
    fn of(&mut self, command: &[String]) -> &str {
        self.0.entry(command.to_vec()).or_insert_with(|| {
            let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
            arguments.push("--help");
            origem(&arguments).done()
        })
    }

    /// Whether `command` has an action of that name.
    fn has_action(&mut self, command: &[String], name: &str) -> bool {
        let help = self.of(command);
        let actions = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
        let mut actions = actions.lines().take_while(|line| !line.is_empty());
        actions.any(|line| line.split_whitespace().next() == Some(name))
    }
}

#[test]
fn commands_can_be_typed_as_they_are_told() {
    let mut help = Help::default();
    let mut checked = 0;
    for name in PAGES {
        for code in code(&page(name)) {
            let words: Vec<&str> = code.split_whitespace().collect();
            let Some(start) = words.iter().position(|word| *word == "origem") else {
                continue;
            };
            // Before it: variables of the environment, and nothing else.
            if !words[..start].iter().all(|word| word.contains('=')) {
                continue;
            }
            let words = words[start + 1..]
                .iter()
                .take_while(|word| !matches!(**word, "|" | ">" | "#" | "&&"));
            let mut command: Vec<String> = Vec::new();
            for word in words {
                if help.has_action(&command, word) {
                    command.push((*word).to_owned());
                } else if let Some(flag) = word.strip_prefix("--") {
                    let flag = format!("--{}", flag.split('=').next().unwrap_or_default());
                    let flag = flag.trim_end_matches([',', '.', ')']);
                    assert!(help.of(&command).contains(flag), "{name}: `{code}` has no {flag}");
                } else {
                    assert!(!command.is_empty(), "{name}: `{code}`: there is no command {word}");
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "only {checked} words");
}

/// All sources of the crates in one text, without the line ends inside of literals.
fn sources() -> String {
    fn add(directory: &Path, text: &mut String) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut text = String::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        add(&entry.unwrap().path().join("src"), &mut text);
    }
    text
}

#[test]
fn the_runbook_names_what_there_is() {
    let (settings, metrics, sources) = (
        origem(&["config", "explain"]).done(),
        fs::read_to_string(root().join("docs/metrics.md")).unwrap(),
        sources(),
    );
    let runbook = code(&page(RUNBOOK));
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.');
    let (mut lines, mut seen) = (0, [0; 3]);
    for code in &runbook {
        let first = code.split(['{', '[', ' ', ')']).next().unwrap_or_default();
        if let Some(metric) = first
            .strip_prefix("rate(")
            .or(Some(first))
            .filter(|name| name.starts_with("origem_"))
        {
            assert!(
                metrics.contains(&format!("`{metric}`")),
                "docs/metrics.md has no {metric}"
            );
            seen[0] += 1;
        } else if is_word(code) && code.contains('.') && !code.ends_with(".md") {
            assert!(settings.contains(code.as_str()), "there is no setting {code}");
            seen[1] += 1;
        } else if is_word(code) && code.contains('_') {
            assert!(sources.contains(code.as_str()), "nothing says {code}");
            seen[2] += 1;
        } else if code.split(' ').count() > 4 && !code.contains("origem") && !code.contains("data/") {
            let parts = code.split("...").map(|part| part.trim_matches([' ', ':', ')', '(']));
            for part in parts.filter(|part| part.split(' ').count() > 2) {
                assert!(sources.contains(part), "nobody logs `{part}`");
                lines += 1;
            }
        }
    }
    assert!(lines > 6 && seen.iter().all(|count| *count > 3), "{lines} {seen:?}");
}
