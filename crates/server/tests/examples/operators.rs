//! The page for operators: what it tells to write in a settings file is accepted, what it tells to watch is there.

use std::collections::BTreeSet;

use crate::installation::Installation;
use crate::pages::{self, OPERATORS};
use crate::process::origem;

/// The names in a page that begin with `prefix` and stand where `before` stands right before them.
fn names(page: &str, before: &str, prefix: &str) -> BTreeSet<String> {
    let text = pages::read(page);
    let begin = format!("{before}{prefix}");
    let parts = text.match_indices(&begin);
    let names = parts.map(|(at, _)| {
        let part = &text[at + before.len()..];
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
        part[..end.unwrap_or(part.len())].trim_end_matches('.').to_owned()
    });
    names.collect()
}

/// The indented blocks of a page, without the indentation.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in pages::read(page).lines() {
        match (line.strip_prefix("    "), line.is_empty()) {
            (Some(shown), _) => blocks.last_mut().unwrap().extend([shown, "\n"]),
            (None, true) => blocks.last_mut().unwrap().push('\n'),
            (None, false) => blocks.push(String::new()),
        }
    }
    blocks
}

#[test]
fn every_settings_file_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("secret.key", "00000000000000000000000000000001"),
        ("meta-app-secrets", "one,another"),
        ("kafka-password", "password"),
    ] {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    let files: Vec<String> = blocks(OPERATORS)
        .into_iter()
        .filter(|block| block.lines().any(|line| line == "[kafka]"))
        .collect();
    assert!(files.len() > 3, "{files:?}");
    for file in files {
        let path = directory.path().join("origem.toml");
        let here = format!("{}/", directory.path().display());
        std::fs::write(&path, file.replace("/etc/origem/", &here)).unwrap();
        let explained = origem(&["config", "explain", "--config", path.to_str().unwrap()]).done();
        assert!(explained.contains("kafka.bootstrap = "), "{explained}");
    }
}

#[test]
fn every_setting_that_a_page_names_is_there() {
    let explained = origem(&["config", "explain"]).done();
    let known: BTreeSet<&str> = explained.lines().filter_map(|line| line.split(" = ").next()).collect();
    let variables: BTreeSet<&str> = explained.lines().filter_map(|line| line.strip_prefix("# ")).collect();
    let mut seen = 0;
    for page in pages::ALL {
        for section in ["kafka.", "views.", "log.", "producers."] {
            for name in names(page, "`", section) {
                assert!(known.contains(name.trim_end_matches("_file")), "{page} names `{name}`");
                seen += 1;
            }
        }
        for name in names(page, "", "ORIGEM_") {
            assert!(variables.contains(name.as_str()), "{page} names {name}");
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} settings are named");
}

#[test]
fn every_metric_that_a_page_names_is_measured() {
    let name = "metrics that operators watch";
    let Some(kafka) = origem_broker::story(name) else {
        return;
    };
    let installation = Installation::start(&kafka, "metrics", "json");
    let named: Vec<String> = pages::ALL
        .into_iter()
        .flat_map(|page| names(page, "`", "origem_"))
        .collect();
    assert!(named.len() > 5, "{named:?}");
    installation.measures(&named);
    let status = installation.status();
    for column in ["tail", "committed", "lag", "owner"] {
        assert!(status.contains(column), "{status}");
    }
    installation.stop();
}
