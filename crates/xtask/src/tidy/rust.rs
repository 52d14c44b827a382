//! Rules on Rust files: module docs, length, unfinished code, purity.

use super::Finding;
use super::tree::Tree;

/// A file of more lines usually holds two concepts.
const LINES_MAX: usize = 500;
/// Files that may be longer, each with its reason beside it. Empty is how it should stay.
const LONG_ALLOWED: &[&str] = &[];

/// Crates that do no IO and read no clock.
pub const PURE: &[&str] = &["crates/domain", "crates/channels", "crates/codec", "crates/views"];

/// What has no place in a pure crate, and why.
const IMPURE: &[(&str, &str)] = &[
    ("std::fs", "no IO here: take bytes"),
    ("std::net", "no IO here: take bytes"),
    ("std::process", "no IO here"),
    ("std::env", "configuration is an argument"),
    ("std::thread", "threads belong to the projector"),
    ("SystemTime", "time is an argument"),
    ("Instant", "time is an argument"),
    ("Utc::now", "time is an argument"),
    ("Local::now", "time is an argument"),
    ("HashMap", "its order differs between runs: BTreeMap"),
    ("HashSet", "its order differs between runs: BTreeSet"),
    ("RandomState", "random by design"),
    ("rand", "random choices are arguments"),
    ("println!", "the pure crates do not log"),
    ("eprintln!", "the pure crates do not log"),
    ("tracing", "the pure crates do not log"),
];

/// Every Rust file opens with `//!`: what lives here, what does not.
pub fn module_docs(tree: &Tree) -> Vec<Finding> {
    tree.texts("", ".rs")
        .filter(|(_, text)| !text.trim_start_matches('\u{feff}').starts_with("//!"))
        .map(|(path, _)| Finding::new(path, 1, "the file does not open with `//!`: say what lives here"))
        .collect()
}

/// No Rust file is too long.
pub fn length(tree: &Tree) -> Vec<Finding> {
    tree.texts("", ".rs")
        .filter(|(path, _)| !LONG_ALLOWED.contains(path))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| {
            Finding::new(
                path,
                0,
                format!("{lines} lines, more than {LINES_MAX}: split by concept"),
            )
        })
        .collect()
}

/// Nothing is left unfinished, and no debugging aid is left behind.
pub fn unfinished(tree: &Tree) -> Vec<Finding> {
    // Put together, so that this file does not find itself.
    let words = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
    ];
    let mut found = Vec::new();
    for ending in [".rs", ".proto", ".toml"] {
        for (path, text) in tree.texts("", ending) {
            for (index, line) in text.lines().enumerate() {
                if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                    found.push(Finding::new(path, index + 1, format!("`{word}` must not be committed")));
                }
            }
        }
    }
    found
}

/// The sources of pure crates name nothing impure. Their tests may: they read fixtures.
pub fn purity(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for pure in PURE {
        for (path, text) in tree.texts(&format!("{pure}/src/"), ".rs") {
            for (index, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                for (word, reason) in IMPURE.iter().filter(|(word, _)| names(code, word)) {
                    found.push(Finding::new(
                        path,
                        index + 1,
                        format!("`{word}` in a pure crate: {reason}"),
                    ));
                }
            }
        }
    }
    found
}

/// Whether `code` has `word` as a whole word.
fn names(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        let after = code[start + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_opens_with_its_docs() {
        for (text, findings) in [("//! Why.\n", 0), ("use x;\n", 1), ("/// Item.\n", 1), ("", 1)] {
            assert_eq!(module_docs(&Tree::of(&[("a.rs", text)])).len(), findings, "{text:?}");
        }
    }

    #[test]
    fn long_files_are_found() {
        for (lines, findings) in [(LINES_MAX, 0), (LINES_MAX + 1, 1)] {
            assert_eq!(length(&Tree::of(&[("a.rs", &"\n".repeat(lines))])).len(), findings);
        }
    }

    #[test]
    fn unfinished_code_is_found() {
        for (line, findings) in [
            (concat!("to", "do!()"), 1),
            (concat!("// FIX", "ME later"), 1),
            ("let mastodon = 1;", 0),
        ] {
            assert_eq!(unfinished(&Tree::of(&[("a.rs", line)])).len(), findings, "{line}");
        }
    }

    #[test]
    fn pure_crates_name_nothing_impure() {
        for (path, line, findings) in [
            ("crates/domain/src/a.rs", "use std::fs;", 1),
            ("crates/domain/src/a.rs", "// never std::fs", 0),
            ("crates/domain/src/a.rs", "let operand = brand;", 0),
            ("crates/domain/src/a.rs", "use std::collections::HashMap;", 1),
            ("crates/domain/tests/a.rs", "use std::fs;", 0),
            ("crates/server/src/a.rs", "use std::fs;", 0),
        ] {
            assert_eq!(purity(&Tree::of(&[(path, line)])).len(), findings, "{path}: {line}");
        }
    }
}
