//! The rule on the golden corpus of the codec: a stored record of every kind of event, for ever.

use super::Finding;
use super::tree::Tree;

const KINDS: &str = "crates/domain/src/event/mod.rs";
const CORPUS: &str = "crates/codec/corpus/";

/// Every kind has its record of version 1 and what it says; no file lacks its other half.
pub fn complete(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for kind in kinds(tree.text(KINDS).unwrap_or_default()) {
        let path = format!("{CORPUS}{kind}.v1.hex");
        if !tree.has(&path) {
            let what = format!("the corpus lacks kind `{kind}`: see docs/howto/add-an-event.md");
            found.push(Finding::new(&path, 0, what));
        }
    }
    for (path, _) in tree.files().filter(|(path, _)| path.starts_with(CORPUS)) {
        let other = match path.strip_suffix(".hex") {
            Some(stem) => format!("{stem}.json"),
            None => path.replace(".json", ".hex"),
        };
        if !tree.has(&other) {
            found.push(Finding::new(path, 0, format!("its other half {other} is missing")));
        }
    }
    found
}

/// The names that `Kind::name` gives.
fn kinds(source: &str) -> Vec<&str> {
    let body = source.split("impl Kind {").nth(1).unwrap_or_default();
    let body = body.split("\n}").next().unwrap_or_default();
    body.lines()
        .filter(|line| line.trim_start().starts_with("Self::"))
        .filter_map(|line| line.split('"').nth(1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_record() {
        let source = "impl Kind {\n    fn name() {\n        Self::A => \"a\",\n        Self::B => \"b\",\n    }\n}\n";
        let (hex, json) = ("crates/codec/corpus/a.v1.hex", "crates/codec/corpus/a.v1.json");
        let tree = Tree::of(&[(KINDS, source), (hex, ""), (json, "")]);
        assert_eq!(complete(&tree).len(), 1);
        let tree = Tree::of(&[(KINDS, "impl Kind {\n        Self::A => \"a\",\n}\n"), (hex, "")]);
        assert_eq!(complete(&tree).len(), 1);
    }

    #[test]
    fn the_kinds_are_found_in_the_real_source() {
        let tree = Tree::read(&crate::root()).expect("a tree");
        let kinds = kinds(tree.text(KINDS).expect("the source of kinds"));
        assert!(kinds.contains(&"message_received") && kinds.len() > 20, "{kinds:?}");
    }
}
