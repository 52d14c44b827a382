//! The rule on the top level: it stays a page one can take in at a glance.

use std::collections::BTreeSet;

use super::Finding;
use super::tree::Tree;

/// What the top level holds beside dotfiles: all of it, and nothing else.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "rust-toolchain.toml",
    "crates",
    "proto",
    "docs",
    "tests",
    "benches",
];

/// The top level holds what was agreed, dotfiles apart.
pub fn top_level(tree: &Tree) -> Vec<Finding> {
    let names: BTreeSet<&str> = tree.files().filter_map(|(path, _)| path.split('/').next()).collect();
    let agreed = |name: &str| name.starts_with('.') || TOP_LEVEL.contains(&name);
    let extra = names.iter().filter(|name| !agreed(name));
    let mut found: Vec<Finding> = extra
        .map(|name| Finding::new(name, 0, "does not belong at the top level: see docs/ARCHITECTURE.md"))
        .collect();
    for name in TOP_LEVEL.iter().filter(|name| !names.contains(*name)) {
        found.push(Finding::new(name, 0, "is missing at the top level"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_level_holds_what_was_agreed() {
        let mut files: Vec<(String, &str)> = Vec::new();
        for name in TOP_LEVEL {
            let is_file = name.contains('.') || name.starts_with("LICENSE");
            files.push((
                if is_file {
                    (*name).to_owned()
                } else {
                    format!("{name}/x")
                },
                "",
            ));
        }
        let tree = |extra: Option<&str>, without: &str| {
            let kept = files.iter().filter(|(name, _)| name != without);
            let mut all: Vec<(&str, &str)> = kept.map(|(name, text)| (name.as_str(), *text)).collect();
            all.extend(extra.map(|name| (name, "")));
            Tree::of(&all)
        };
        assert_eq!(top_level(&tree(None, "")).len(), 0);
        assert_eq!(top_level(&tree(Some(".editorconfig"), "")).len(), 0);
        assert_eq!(top_level(&tree(Some("notes.txt"), "")).len(), 1);
        assert_eq!(top_level(&tree(None, "README.md")).len(), 1);
    }
}
