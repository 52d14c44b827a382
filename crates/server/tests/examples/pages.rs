//! The pages: each example stands in one of them, as it is.

use std::fs;
use std::path::{Path, PathBuf};

pub const PRODUCERS: &str = "producers.md";
pub const DOWNSTREAM: &str = "downstream.md";
pub const OPERATORS: &str = "operators.md";
pub const ALL: [&str; 3] = [PRODUCERS, DOWNSTREAM, OPERATORS];

/// The directory of the pages.
fn directory() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../../docs/howto/kafka").canonicalize().unwrap()
}

/// The directory of the examples.
pub fn examples() -> PathBuf {
    directory().join("examples")
}

/// The text of a page.
#[track_caller]
pub fn read(page: &str) -> String {
    let path = directory().join(page);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file as an indented block shows it.
fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("    {line}\n"),
    });
    lines.collect()
}

#[test]
fn every_example_stands_in_a_page_as_it_is() {
    let pages = [read(PRODUCERS), read(DOWNSTREAM)];
    let mut seen = 0;
    for entry in fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let shown = indented(&fs::read_to_string(&path).unwrap());
        let shows = pages.iter().any(|page| page.contains(&shown));
        assert!(
            shows,
            "no page shows {} as it is; it should read:\n\n{shown}",
            path.display()
        );
        seen += 1;
    }
    assert!(seen > 5, "only {seen} examples");
}
